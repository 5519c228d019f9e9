"""The station: from tags at a read point to EPCIS events that are never lost."""
