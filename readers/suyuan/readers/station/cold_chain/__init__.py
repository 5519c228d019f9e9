"""The cold chain: what loggers and sensor tags measured, judged against a profile, and told in an event."""
