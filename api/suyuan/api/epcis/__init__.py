"""The EPCIS 2.0 interface over HTTP, a module for each kind of resource."""
