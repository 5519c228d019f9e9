"""What is sent to subscribers as it comes: webhooks and WebSockets (decision 0015)."""
