"""Delivers: the HTTP application, security, settings and the command line. The only composition root."""
