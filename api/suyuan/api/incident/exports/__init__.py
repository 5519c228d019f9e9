"""A trace or a scope to take along: tables, graphs, maps and pictures, each saying what it is of."""
