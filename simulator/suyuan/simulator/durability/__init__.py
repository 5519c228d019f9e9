"""Campaigns against durability: power cuts, kills, a bad network, and the check of what came of it."""
