"""The incident workbench: investigations with their cases, sources, scopes, and the drawings of both."""
