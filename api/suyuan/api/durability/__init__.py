"""Campaigns against durability that need the real server: deliveries, kills, a station under faults."""
