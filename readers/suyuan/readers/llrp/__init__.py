"""LLRP, the Low Level Reader Protocol of EPCglobal (versions 1.0.1 and 1.1): codec, driver and emulator."""
