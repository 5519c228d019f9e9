"""One module per command; heavy imports stay inside the module that needs them."""
