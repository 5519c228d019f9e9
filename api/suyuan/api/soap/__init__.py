"""The SOAP binding of the EPCIS query interface, 1.2 and 2.0, for partners who do not speak REST."""
