"""Impinj readers with the IoT device interface (R700, R720): events, driver, and an emulated reader."""
