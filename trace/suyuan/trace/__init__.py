"""Knows: GS1 identification, EPCIS events, evidence, lineage, tracing and recall."""
