"""A map of the way of goods, over the pictures of a map server that the operator named (decision 0038)."""
