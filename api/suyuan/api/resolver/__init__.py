"""The GS1-conformant resolver of the house over HTTP (decision 0032)."""
