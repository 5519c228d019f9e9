"""A valid event of each type, to be spoilt by the tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from suyuan.trace.epcis.document import Document, read_document
from suyuan.trace.epcis.problems import Problem, ValidationError

SGTIN = "urn:epc:id:sgtin:9506000.013435.123"
SSCC = "urn:epc:id:sscc:9506000.0000000001"
LOT = "urn:epc:class:lgtin:9506000.013435.L1"
CONTEXT: list[Any] = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"example": "http://ns.example.com/epcis/"},
]
_WHEN = {"eventTime": "2026-11-21T09:30:00.125+08:00", "eventTimeZoneOffset": "+08:00"}
VALID: dict[str, dict[str, Any]] = {
    "ObjectEvent": {
        "type": "ObjectEvent",
        **_WHEN,
        "action": "OBSERVE",
        "epcList": [SGTIN],
        "bizStep": "shipping",
    },
    "AggregationEvent": {
        "type": "AggregationEvent",
        **_WHEN,
        "action": "ADD",
        "parentID": SSCC,
        "childEPCs": [SGTIN],
    },
    "AssociationEvent": {
        "type": "AssociationEvent",
        **_WHEN,
        "action": "ADD",
        "parentID": "urn:epc:id:grai:9506000.12345.1",
        "childEPCs": ["urn:epc:id:giai:9506000.77"],
    },
    "TransactionEvent": {
        "type": "TransactionEvent",
        **_WHEN,
        "action": "ADD",
        "epcList": [SGTIN],
        "bizTransactionList": [{"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:9506000000000:1"}],
    },
    "TransformationEvent": {
        "type": "TransformationEvent",
        **_WHEN,
        "inputQuantityList": [{"epcClass": LOT, "quantity": 12.5, "uom": "KGM"}],
        "outputEPCList": [SGTIN],
    },
}


def in_document(*bodies: dict[str, Any], context: Any = None) -> bytes:
    """The bodies as the events of one EPCISDocument."""
    return json.dumps(
        {
            "@context": CONTEXT if context is None else context,
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-11-21T01:30:00Z",
            "epcisBody": {"eventList": list(bodies)},
        }
    ).encode()


@pytest.fixture
def valid() -> Callable[..., dict[str, Any]]:
    """A valid event body of that type, with fields set; a field set to None is left out."""

    def body(kind: str = "ObjectEvent", **fields: Any) -> dict[str, Any]:
        made = {**json.loads(json.dumps(VALID[kind])), **fields}
        return {name: value for name, value in made.items() if value is not None}

    return body


@pytest.fixture
def document() -> Callable[..., Document]:
    """The document that holds these bodies."""
    return lambda *bodies, **options: read_document(in_document(*bodies, **options))


@pytest.fixture
def problems() -> Callable[..., tuple[Problem, ...]]:
    """The problems of a document with these bodies; their places are told from the event on."""

    def refused(*bodies: dict[str, Any], **options: Any) -> tuple[Problem, ...]:
        with pytest.raises(ValidationError) as caught:
            read_document(in_document(*bodies, **options))
        return caught.value.problems

    return refused
