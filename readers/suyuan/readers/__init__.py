"""Touches the world: reader drivers, their supervisor, and the station agent with its durable outbox."""
