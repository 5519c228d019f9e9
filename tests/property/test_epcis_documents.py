"""Documents of every shape survive: JSON, XML 2.0 and XML 1.2, there and back, in either spelling of EPCs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from suyuan.trace.epcis.canonical import evidence_hash, extension_text
from suyuan.trace.epcis.context import EPCIS_CONTEXT, expand, prefixes
from suyuan.trace.epcis.conversion import in_form
from suyuan.trace.epcis.envelope import Document
from suyuan.trace.epcis.event_hash import event_hash
from suyuan.trace.epcis.json_document import read_json, write_document_json
from suyuan.trace.epcis.json_shapes import is_list, is_object
from suyuan.trace.epcis.xml_document import read_xml, write_document_xml
from suyuan.trace.gs1.prefixes import known_prefixes

NOW = datetime(2026, 11, 21, 1, 30, tzinfo=UTC)
FEW = settings(max_examples=25, deadline=None)

ITEMS = [
    *(f"urn:epc:id:sgtin:9506000.013435.{serial}" for serial in ("1", "A%2FB", "x'y")),
    "urn:epc:id:sscc:9506000.0000000001",
    "urn:epc:id:grai:9506000.12345.1",
]
CLASSES = ["urn:epc:class:lgtin:9506000.013435.L1", "urn:epc:idpat:sgtin:9506000.013435.*"]
PLACES = ["urn:epc:id:sgln:9506000.00001.0", "urn:epc:id:sgln:9506000.00002.dock"]
OWN = ["urn:uuid:3f1e0a86-8e35-4a4b-b2d4-0d0a0f5f0001", "https://a.example/x?y=1#z"]
TIMES = ["2026-11-21T09:30:00+08:00", "2026-11-21T01:30:00.125Z", "2026-11-20T20:30:00.5-05:00"]

text = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), max_size=8)
scalar = text | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(-1e9, 1e9, allow_subnormal=False)
free = st.recursive(
    scalar | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["one:a", "two:b", "plain"]), inner, max_size=3)
    ),
    max_leaves=5,
)
extensions = st.dictionaries(st.sampled_from(["one:a", "two:b", "two:c"]), free, max_size=2)
time = st.sampled_from(TIMES)
own = st.sampled_from(OWN)
amounts = st.fixed_dictionaries(
    {"epcClass": st.sampled_from(CLASSES)},
    optional={"quantity": st.integers(0, 9999) | st.floats(0, 9999), "uom": st.sampled_from(["KGM", "LTR"])},
)
quantities = st.lists(amounts, min_size=1, max_size=3)
items = st.lists(st.sampled_from(ITEMS), min_size=1, max_size=3, unique=True)


def objects(
    required: Mapping[str, Any], optional: Mapping[str, Any] | None = None
) -> st.SearchStrategy[dict[str, Any]]:
    """Objects of these members that may also have extensions."""
    plain = st.fixed_dictionaries(dict(required), optional=dict(optional or {}))
    return st.builds(_joined, plain, extensions)


def _joined(told: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    return {**told, **more}


reports = st.fixed_dictionaries(
    {"type": st.sampled_from(["Temperature", "RelativeHumidity", "https://a.example/Taste"])},
    optional={
        "value": st.floats(-50, 50), "uom": st.just("CEL"), "booleanValue": st.booleans(), "time": time,
        "exception": st.just("ALARM_CONDITION"), "component": st.just("x"), "stringValue": text,
        "deviceID": st.sampled_from(ITEMS), "uriValue": own, "one:measured": text,
    },
)  # fmt: skip
sensors = st.lists(
    objects(
        {"sensorReport": st.lists(reports, min_size=1, max_size=2)},
        {
            "sensorMetadata": st.fixed_dictionaries(
                {}, optional={"time": time, "bizRules": own, "two:m": text}
            )
        },
    ),
    min_size=1,
    max_size=2,
)
words = st.lists(
    st.sampled_from(["recalled", "available", "https://a.example/odd"]), min_size=1, max_size=2, unique=True
)
COMMON: dict[str, Any] = {
    "recordTime": time,
    "eventID": own,
    "certificationInfo": own,
    "errorDeclaration": objects(
        {"declarationTime": time},
        {"reason": st.just("incorrect_data"), "correctiveEventIDs": st.lists(own, min_size=1, max_size=2)},
    ),
    "bizStep": st.sampled_from(["shipping", "sampling", "https://a.example/roasting"]),
    "disposition": st.sampled_from(["in_transit", "recalled"]),
    "persistentDisposition": st.fixed_dictionaries({"set": words}, optional={"unset": words}),
    "readPoint": objects({"id": st.sampled_from(PLACES)}),
    "bizLocation": objects({"id": st.sampled_from(PLACES)}),
    "bizTransactionList": st.just([{"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:9506000000000:1"}]),
    "sourceList": st.just([{"type": "owning_party", "source": "urn:epc:id:pgln:9506000.00001"}]),
    "destinationList": st.just([{"type": "https://a.example/kind", "destination": "https://a.example/x"}]),
    "sensorElementList": sensors,
}
KINDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "ObjectEvent": (
        {"action": st.just("ADD"), "epcList": items},
        {"quantityList": quantities, "ilmd": extensions},
    ),
    "AggregationEvent": (
        {"action": st.just("DELETE"), "parentID": st.sampled_from(ITEMS)},
        {"childEPCs": items, "childQuantityList": quantities},
    ),
    "AssociationEvent": (
        {"action": st.just("ADD"), "parentID": st.sampled_from(ITEMS), "childEPCs": items},
        {"childQuantityList": quantities},
    ),
    "TransactionEvent": (
        {
            "action": st.just("OBSERVE"),
            "quantityList": quantities,
            "bizTransactionList": COMMON["bizTransactionList"],
        },
        {"epcList": items, "parentID": st.sampled_from(ITEMS)},
    ),
    "TransformationEvent": (
        {"inputQuantityList": quantities, "outputEPCList": items},
        {
            "inputEPCList": items,
            "outputQuantityList": quantities,
            "transformationID": own,
            "ilmd": extensions,
        },
    ),
}
events = st.one_of(
    *(
        objects(
            {
                "type": st.just(kind),
                "eventTime": time,
                "eventTimeZoneOffset": st.sampled_from(["+08:00", "-05:00"]),
                **required,
            },
            {name: field for name, field in {**COMMON, **optional}.items() if name not in required},
        )
        for kind, (required, optional) in KINDS.items()
    )
)
attributes = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["urn:epcglobal:cbv:mda:site", "https://a.example/m#name"]),
        "attribute": text | st.dictionaries(st.just("one:address"), scalar, min_size=1, max_size=1),
    }
)
vocabularies: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "type": st.just("urn:epcglobal:epcis:vtype:BusinessLocation"),
        "vocabularyElementList": st.lists(
            objects(
                {"id": st.sampled_from(PLACES)},
                {
                    "attributes": st.lists(attributes, min_size=1, max_size=2),
                    "children": st.lists(st.sampled_from(PLACES), min_size=1, max_size=2),
                },
            ),
            min_size=1,
            max_size=2,
        ),
    }
)
headers: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "epcisMasterData": st.fixed_dictionaries(
            {"vocabularyList": st.lists(vocabularies, min_size=1, max_size=2)}
        )
    },
    optional={"one:note": text},
)
party = st.sampled_from(["urn:epc:id:sgln:9506000.00001.0", "https://a.example/b", "9506000000002"])


def _document(told: dict[str, Any], listed: list[Any], more: dict[str, Any]) -> dict[str, Any]:
    return {
        "@context": [EPCIS_CONTEXT, {"one": "https://one.example/ns/", "two": "urn:two:"}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        **told,
        "epcisBody": {"eventList": listed},
        **more,
    }


documents: st.SearchStrategy[dict[str, Any]] = st.builds(
    _document,
    st.fixed_dictionaries(
        {"creationDate": time},
        optional={
            "id": own, "epcisHeader": headers,
            **dict.fromkeys(("sender", "receiver", "instanceIdentifier"), party),
        },
    ),
    st.lists(events, max_size=3),
    extensions,
)  # fmt: skip


def read(told: Mapping[str, Any]) -> Document:
    return read_json(json.dumps(told).encode())


def meaning(document: Document) -> Any:
    """What the document says, whatever the rendering: hashes of its events, and the rest in one form."""
    return (
        [(event.type, evidence_hash(event), event_hash(event)) for event in document.events],
        [event.record_time for event in document.events],
        _told(document.shell, prefixes(document.context)),
    )


def _told(value: Any, known: Mapping[str, str]) -> Any:
    """An XML element may stand for a list of one, for text, and for nothing; prefixes are only shorthand."""
    if is_list(value):
        found = [_told(entry, known) for entry in _flat(value)]
        return [entry for entry in found if entry is not None] or None
    if is_object(value):
        members = {
            expand(name, known) or name: _told(_several(member), known) for name, member in value.items()
        }
        return {name: member for name, member in members.items() if member is not None} or ""
    return None if value is None else extension_text(value)


def _several(value: Any) -> list[Any]:
    return value if is_list(value) else [value]


def _flat(value: list[Any]) -> list[Any]:
    return [inner for entry in value for inner in (_flat(entry) if is_list(entry) else [entry])]


def whole(document: Document) -> Any:
    """All that a document is, but for the number of its edition."""
    shell = {name: value for name, value in document.shell.items() if name != "schemaVersion"}
    return shell, [dict(event.body) for event in document.events], document.context


@FEW
@given(documents)
def test_json_comes_back_member_by_member(told: dict[str, Any]) -> None:
    assert json.loads(write_document_json(read(told), now=NOW)) == told


@FEW
@given(documents)
def test_a_document_says_the_same_in_json_and_in_both_editions_of_xml(told: dict[str, Any]) -> None:
    document = read(told)
    in_two = read_xml(write_document_xml(document, now=NOW))
    in_one = read_xml(write_document_xml(document, now=NOW, version="1.2"))
    assert meaning(in_two)[:2] == meaning(document)[:2]
    again = read_json(write_document_json(in_two, now=NOW))
    assert meaning(again) == meaning(document)
    assert whole(in_one) == whole(in_two)
    later = read_xml(write_document_xml(in_one, now=NOW))
    assert whole(later) == whole(in_two)
    assert whole(read_xml(write_document_xml(again, now=NOW))) == whole(in_two)


@FEW
@given(documents)
def test_a_document_says_the_same_with_urns_and_with_digital_links(told: dict[str, Any]) -> None:
    document = read(told)
    lengths = known_prefixes(["9506000"])
    linked = in_form(document, "Always_GS1_Digital_Link", lengths)
    assert [evidence_hash(e) for e in linked.events] == [evidence_hash(e) for e in document.events]
    assert [event_hash(e) for e in linked.events] == [event_hash(e) for e in document.events]
    back = in_form(linked, "Always_EPC_URN", lengths)
    assert whole(back) == whole(document)
    assert "urn:epc:id:sgln" not in json.dumps([one.id for one in linked.vocabularies])


@FEW
@given(events, st.randoms(use_true_random=False))
def test_the_order_of_fields_tells_nothing(body: dict[str, Any], dice: Any) -> None:
    def shuffled(value: Any) -> Any:
        if is_object(value):
            names = list(value)
            dice.shuffle(names)
            return {name: shuffled(value[name]) for name in names}
        return [shuffled(entry) for entry in value] if is_list(value) else value

    def document(one: Any) -> Document:
        return read(_document({"creationDate": TIMES[0]}, [one], {}))

    (first,), (second,) = document(body).events, document(shuffled(body)).events
    assume(first.body == second.body)
    assert evidence_hash(first) == evidence_hash(second)
    assert event_hash(first) == event_hash(second)
