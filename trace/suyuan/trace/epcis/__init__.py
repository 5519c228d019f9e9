"""EPCIS 2.0 and CBV 2.0: events, documents in JSON and XML, their validation and their hashes.

::

    bytes ── document.read_document ──> Document ── events ──> lineage, store
               ├── json_document (stations stop here: no lxml)  ──┐
               └── xml_document (2.0 and 1.2)                   ──┴── validate ── build ──> Event
    Event ── json_write.write_json | xml_write.write_xml ──> bytes
    Document ── json_write.write_document_json | xml_write.write_document_xml (2.0 and 1.2) ──> bytes, whole
    Event ── canonical.evidence_hash | canonical.event_hash ──> one hash for all spellings
"""

from __future__ import annotations

from suyuan.trace.epcis.event import ErrorDeclaration, Event, QuantityElement, TypedReference
from suyuan.trace.epcis.problems import Limits, Problem, ValidationError

__all__ = [
    "ErrorDeclaration",
    "Event",
    "Limits",
    "Problem",
    "QuantityElement",
    "TypedReference",
    "ValidationError",
]
