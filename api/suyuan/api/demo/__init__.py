"""The demonstration: the sample world played into a real server, and the three stories told over HTTP."""
