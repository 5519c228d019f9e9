"""Readers that publish what they see to an MQTT broker: dialects, driver, and an emulated reader."""
