"""The description of the HTTP interface (OpenAPI 3.1): what the framework does not see of our handlers."""
