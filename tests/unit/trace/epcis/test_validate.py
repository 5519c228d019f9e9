from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from suyuan.trace.epcis.document import Document
from suyuan.trace.epcis.event import EVENT_TYPES, QuantityElement, TypedReference
from suyuan.trace.epcis.fields import Reading
from suyuan.trace.epcis.problems import Problem
from suyuan.trace.epcis.validate import check_event

Valid = Callable[..., dict[str, Any]]
Read = Callable[..., Document]
Problems = Callable[..., tuple[Problem, ...]]

EVENT = "/epcisBody/eventList/0"
SGTIN = "urn:epc:id:sgtin:9506000.013435.123"
PLACE = {"id": "urn:epc:id:sgln:9506000.00001.0"}
EARLY, LATE = "2026-11-21T01:30:00Z", "2026-11-21T01:30:01Z"  # beside 09:30:00.125+08:00
REPORT = {"type": "Temperature", "value": 4.5, "uom": "CEL"}


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_the_plain_event_of_each_type_is_valid(kind: str, valid: Valid, document: Read) -> None:
    (event,) = document(valid(kind)).events
    assert event.type == kind
    assert event.event_time == datetime(2026, 11, 21, 1, 30, 0, 125000, tzinfo=UTC)
    assert event.event_time_zone_offset == "+08:00"


@pytest.mark.parametrize("kind", EVENT_TYPES)
@pytest.mark.parametrize(
    "name", ["eventTime", "eventTimeZoneOffset", "action", "parentID", "bizTransactionList"]
)
def test_a_missing_field_is_named(kind: str, name: str, valid: Valid, problems: Problems) -> None:
    needed = name in valid(kind) and not (kind == "TransactionEvent" and name == "parentID")
    if not needed:
        return
    found = problems(valid(kind, **{name: None}))
    assert [problem.where for problem in found] == [f"{EVENT}/{name}"]
    assert found[0].remedy


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"eventTime": "2026-11-21T09:30:00"}, "/eventTime"),
    ({"eventTime": "2026-02-30T09:30:00Z"}, "/eventTime"),
    ({"eventTime": "0001-01-01T00:00:00+14:00"}, "/eventTime"),
    ({"eventTime": "2026-11-21 09:30:00Z"}, "/eventTime"),
    ({"eventTime": "2026-11-21T24:00:00Z"}, "/eventTime"),
    ({"eventTime": "２026-11-21T09:30:00Z"}, "/eventTime"),
    ({"eventTime": 1763688600}, "/eventTime"),
    ({"eventTimeZoneOffset": "+15:00"}, "/eventTimeZoneOffset"),
    ({"eventTimeZoneOffset": "Z"}, "/eventTimeZoneOffset"),
    ({"recordTime": "yesterday"}, "/recordTime"),
    ({"action": "CREATE"}, "/action"),
    ({"action": ["ADD"]}, "/action"),
    ({"bizStep": "transforming"}, "/bizStep"),
    ({"bizStep": "Shipping"}, "/bizStep"),
    ({"bizStep": "https://ref.gs1.org/cbv/BizStep-transforming"}, "/bizStep"),
    ({"bizStep": "cbv:BizStep-transforming"}, "/bizStep"),
    ({"bizStep": "urn:epcglobal:cbv:bizstep:shipping"}, "/bizStep"),
    ({"disposition": "in_transport"}, "/disposition"),
    ({"persistentDisposition": {}}, "/persistentDisposition"),
    ({"persistentDisposition": {"set": []}}, "/persistentDisposition/set"),
    ({"persistentDisposition": {"set": ["recalled", "recalled"]}}, "/persistentDisposition/set"),
    (
        {"persistentDisposition": {"set": ["recalled"], "example:x": 1}},
        "/persistentDisposition/example:x",
    ),
    ({"epcList": "urn:epc:id:sgtin:9506000.013435.123"}, "/epcList"),
    ({"epcList": [SGTIN, SGTIN]}, "/epcList"),
    ({"epcList": ["not a uri"]}, "/epcList/0"),
    ({"epcList": ["urn:epc:id:sgtin:9506000.0134.123"]}, "/epcList/0"),
    ({"epcList": ["https://id.gs1.org/01/09506000134353/21/1"]}, "/epcList/0"),
    ({"epcList": ["urn:epc:id:sscc:9506000.000000000"]}, "/epcList/0"),
    ({"epcList": [None]}, "/epcList/0"),
    ({"quantityList": [{"quantity": 1}]}, "/quantityList/0/epcClass"),
    ({"quantityList": [{"epcClass": "urn:x:y", "quantity": "1"}]}, "/quantityList/0/quantity"),
    ({"quantityList": [{"epcClass": "urn:x:y", "quantity": True}]}, "/quantityList/0/quantity"),
    ({"quantityList": [{"epcClass": "urn:x:y", "quantity": -1}]}, "/quantityList/0/quantity"),
    ({"quantityList": [{"epcClass": "urn:x:y", "uom": "kg"}]}, "/quantityList/0/uom"),
    ({"quantityList": [{"epcClass": "urn:x:y", "example:a": 1}]}, "/quantityList/0/example:a"),
    ({"readPoint": "urn:epc:id:sgln:9506000.00001.0"}, "/readPoint"),
    ({"readPoint": {}}, "/readPoint/id"),
    ({"readPoint": {**PLACE, "name": "dock"}}, "/readPoint/name"),
    ({"bizTransactionList": [{"type": "po"}]}, "/bizTransactionList/0/bizTransaction"),
    ({"sourceList": [{"source": "urn:x:y"}]}, "/sourceList/0/type"),
    ({"destinationList": [{"type": "place", "destination": "urn:x:y"}]}, "/destinationList/0/type"),
    ({"certificationInfo": [{"a": 1}]}, "/certificationInfo/0"),
    ({"eventID": "1"}, "/eventID"),
    ({"errorDeclaration": {}}, "/errorDeclaration/declarationTime"),
    (
        {"errorDeclaration": {"declarationTime": "2026-11-21T09:30:00Z", "reason": "oops"}},
        "/errorDeclaration/reason",
    ),
    (
        {"errorDeclaration": {"declarationTime": "2026-11-21T09:30:00Z", "correctiveEventIDs": ["7"]}},
        "/errorDeclaration/correctiveEventIDs/0",
    ),
    (
        {"bizTransactionList": [{"bizTransaction": "urn:x:y", "example:a": 1}]},
        "/bizTransactionList/0/example:a",
    ),
    ({"bizTransactionList": [{"type": "order", "bizTransaction": "urn:x:y"}]}, "/bizTransactionList/0/type"),
    ({"sourceList": [{"type": "location", "source": "urn:x:y", "example:a": 1}]}, "/sourceList/0/example:a"),
    (
        {"destinationList": [{"type": "location", "destination": "urn:x:y", "example:a": 1}]},
        "/destinationList/0/example:a",
    ),
    ({"eventTimeZoneOffset": "-14:01"}, "/eventTimeZoneOffset"),
    ({"transformationID": "urn:x:y"}, "/transformationID"),
    ({"parentID": "urn:epc:id:sscc:9506000.0000000001"}, "/parentID"),
    ({"ilmd": {"cbvmda:lotNumber": "1"}}, "/ilmd"),
    ({"ilmd": {"lotNumber": "1"}, "action": "ADD"}, "/ilmd/lotNumber"),
    ({"note": "x"}, "/note"),
    ({"nope:foo": "x"}, "/nope:foo"),
    ({"example:a": {"example:b": [{"nope:c": 1}]}}, "/example:a/example:b/0/nope:c"),
    ({"example:a b": "x"}, "/example:a b"),
    ({"sensorElementList": [{}]}, "/sensorElementList/0/sensorReport"),
    ({"sensorElementList": [{"sensorReport": []}]}, "/sensorElementList/0/sensorReport"),
    (
        {"sensorElementList": [{"sensorReport": [{"value": 1}]}]},
        "/sensorElementList/0/sensorReport/0/type",
    ),
    (
        {"sensorElementList": [{"sensorReport": [{**REPORT, "type": "Warmth"}]}]},
        "/sensorElementList/0/sensorReport/0/type",
    ),
    *(
        (
            {"sensorElementList": [{"sensorReport": [{**REPORT, name: value}]}]},
            f"/sensorElementList/0/sensorReport/0/{name}",
        )
        for name, value in (
            ("exception", "ALARM"),
            ("component", "w"),
            ("minValue", "1"),
            ("uriValue", "7"),
            ("time", "noon"),
            ("microorganism", "salmonella"),
            ("chemicalSubstance", 7),
            ("coordinateReferenceSystem", "WGS84"),
            ("deviceID", ""),
            ("nope", 1),
            ("stringValue", 1),
        )
    ),
    (
        {"sensorElementList": [{"sensorMetadata": {"colour": "red"}, "sensorReport": [REPORT]}]},
        "/sensorElementList/0/sensorMetadata/colour",
    ),
    (
        {"sensorElementList": [{"sensorReport": [{**REPORT, "hexBinaryValue": "xyz"}]}]},
        "/sensorElementList/0/sensorReport/0/hexBinaryValue",
    ),
    (
        {"sensorElementList": [{"sensorReport": [{**REPORT, "booleanValue": "true"}]}]},
        "/sensorElementList/0/sensorReport/0/booleanValue",
    ),
    (
        {
            "sensorElementList": [
                {
                    "sensorMetadata": {
                        "startTime": "2026-11-21T09:30:00Z",
                        "endTime": "2026-11-21T09:30:00+08:00",
                    },
                    "sensorReport": [REPORT],
                }
            ]
        },
        "/sensorElementList/0/sensorMetadata/endTime",
    ),
]


@pytest.mark.parametrize(("fields", "where"), WRONG)
def test_a_wrong_field_is_told_with_its_place(
    fields: dict[str, Any], where: str, valid: Valid, problems: Problems
) -> None:
    found = problems(valid(**fields))
    assert [problem.where for problem in found] == [EVENT + where.replace("~", "~0")]
    assert found[0].detail
    assert found[0].remedy


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("ObjectEvent", {"epcList": None}),
        ("ObjectEvent", {"epcList": []}),
        ("ObjectEvent", {"epcList": None, "sensorElementList": [{"sensorReport": [REPORT]}]}),
        ("AggregationEvent", {"childEPCs": None}),
        ("AssociationEvent", {"childEPCs": []}),
        ("TransactionEvent", {"epcList": None}),
        ("TransactionEvent", {"bizTransactionList": []}),
        ("TransformationEvent", {"outputEPCList": None}),
        ("TransformationEvent", {"inputQuantityList": None}),
        (
            "TransformationEvent",
            {"transformationID": "urn:x:y", "inputQuantityList": None, "outputEPCList": None},
        ),
        ("TransformationEvent", {"action": "ADD"}),
        ("AggregationEvent", {"epcList": [SGTIN]}),
        ("AggregationEvent", {"ilmd": {}}),
        ("AssociationEvent", {"ilmd": {}}),
        ("TransactionEvent", {"ilmd": {}, "action": "ADD"}),
        ("AggregationEvent", {"parentID": None}),
        ("AggregationEvent", {"parentID": None, "action": "DELETE"}),
        ("AssociationEvent", {"parentID": None, "action": "OBSERVE"}),
    ],
)
def test_rules_across_fields(kind: str, fields: dict[str, Any], valid: Valid, problems: Problems) -> None:
    assert len(problems(valid(kind, **fields))) == 1


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (
            "ObjectEvent",
            {"epcList": None, "sensorElementList": [{"sensorReport": [REPORT]}], "readPoint": PLACE},
        ),
        (
            "ObjectEvent",
            {"epcList": [], "quantityList": [{"epcClass": "urn:epc:class:lgtin:9506000.013435.L1"}]},
        ),
        ("AggregationEvent", {"action": "DELETE", "childEPCs": None}),
        ("AggregationEvent", {"action": "OBSERVE", "parentID": None}),
        ("TransformationEvent", {"transformationID": "urn:x:y", "outputEPCList": None}),
        ("ObjectEvent", {"bizStep": "https://example.com/steps/roasting"}),
        ("ObjectEvent", {"https://example.com/field": 1}),
        ("ObjectEvent", {"eventTime": "2026-11-21T15:30:00+14:00", "eventTimeZoneOffset": "+14:00"}),
        ("ObjectEvent", {"certificationInfo": ["https://example.com/1", "urn:x:y"]}),
        ("ObjectEvent", {"bizTransactionList": [{"bizTransaction": "urn:x:y"}]}),
        ("ObjectEvent", {"sourceList": [{"type": "https://example.com/t", "source": "urn:x:y"}]}),
        ("ObjectEvent", {"readPoint": {**PLACE, "example:a": 1}, "bizLocation": {**PLACE, "example:a": {}}}),
        (
            "ObjectEvent",
            {"errorDeclaration": {"declarationTime": "2026-11-21T09:30:00Z", "example:a": ["b"]}},
        ),
        (
            "ObjectEvent",
            {
                "sensorElementList": [
                    {
                        "sensorMetadata": {"example:a": 1},
                        "sensorReport": [{**REPORT, "type": "gs1:Temperature", "example:a": 1}],
                        "example:a": {"example:b": 1},
                    }
                ]
            },
        ),
        ("TransformationEvent", {"ilmd": {"example:a": 1}, "persistentDisposition": {"unset": ["recalled"]}}),
        ("AssociationEvent", {"childEPCs": None, "action": "DELETE"}),
        ("TransactionEvent", {"epcList": None, "action": "DELETE"}),
        ("ObjectEvent", {"epcList": ["urn:epc:id:bic:CSQU3054383", "https://example.com/anything/7"]}),
    ],
)
def test_what_the_standard_allows_is_valid(
    kind: str, fields: dict[str, Any], valid: Valid, document: Read
) -> None:
    assert len(document(valid(kind, **fields)).events) == 1


def test_words_arrive_bare_from_web_uri_and_compact_form(valid: Valid, document: Read) -> None:
    (event,) = document(
        valid(
            bizStep="https://ref.gs1.org/cbv/BizStep-shipping",
            disposition="cbv:Disp-in_transit",
            persistentDisposition={"set": ["https://ref.gs1.org/cbv/Disp-recalled"]},
        )
    ).events
    assert (event.biz_step, event.disposition) == ("shipping", "in_transit")
    assert event.body["bizStep"] == "shipping"
    assert event.body["persistentDisposition"] == {"set": ["recalled"]}


def test_the_typed_fields_are_filled(valid: Valid, document: Read) -> None:
    (event,) = document(
        valid(
            "TransactionEvent",
            quantityList=[{"epcClass": "urn:epc:class:lgtin:9506000.013435.L1", "quantity": 2, "uom": "KGM"}],
            errorDeclaration={
                "declarationTime": "2026-11-22T00:00:00+08:00",
                "reason": "incorrect_data",
                "correctiveEventIDs": ["urn:uuid:1"],
            },
            readPoint=PLACE,
        )
    ).events
    assert event.quantity_list == (QuantityElement("urn:epc:class:lgtin:9506000.013435.L1", 2, "KGM"),)
    assert event.biz_transaction_list == (TypedReference("po", "urn:epcglobal:cbv:bt:9506000000000:1"),)
    assert event.error_declaration is not None
    assert event.error_declaration.declaration_time == datetime(2026, 11, 21, 16, tzinfo=UTC)
    assert event.error_declaration.corrective_event_ids == ("urn:uuid:1",)
    assert event.read_point == PLACE["id"]


def test_extended_event_types_need_a_known_prefix(valid: Valid, document: Read, problems: Problems) -> None:
    body = valid(type="example:Roasting", action=None, epcList=None)
    assert document(body).events[0].type == "example:Roasting"
    assert document(valid(type="https://example.com/Roasting")).events
    assert problems(valid(type="nope:Roasting"))[0].where == f"{EVENT}/type"
    assert problems(valid(type="Roasting"))[0].where == f"{EVENT}/type"


def test_persistent_disposition_elsewhere_is_a_warning(valid: Valid, document: Read) -> None:
    read = document(valid("AggregationEvent", persistentDisposition={"set": ["recalled"]}))
    assert [warning.where for warning in read.warnings] == [f"{EVENT}/persistentDisposition"]


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"eventTimeZoneOffset": "+09:00"}, ["eventTimeZoneOffset"]),
        ({"eventTime": "2026-11-21T01:30:00Z"}, []),
        ({"eventTime": "2026-11-21T01:30:00+00:00"}, []),
        (
            {
                "sensorElementList": [
                    {
                        "sensorMetadata": {"startTime": EARLY, "endTime": LATE},
                        "sensorReport": [{**REPORT, "time": EARLY}, {**REPORT, "time": LATE}],
                    }
                ]
            },
            [
                "sensorElementList/0/sensorMetadata/endTime",
                "sensorElementList/0/sensorReport/1/time",
            ],
        ),
    ],
)
def test_times_that_cannot_all_be_right_are_warnings(
    fields: dict[str, Any], where: list[str], valid: Valid, document: Read
) -> None:
    read = document(valid(**fields))
    assert [warning.where.removeprefix(EVENT + "/") for warning in read.warnings] == where
    assert all(warning.detail and warning.remedy for warning in read.warnings)


def test_at_most_a_hundred_problems_are_told(valid: Valid, problems: Problems) -> None:
    assert len(problems(*[valid(action="X", bizStep="x y") for _ in range(300)])) == 100


def test_an_event_after_too_many_problems_is_no_surprise() -> None:
    reading = Reading({})
    for kind in ("x:y", *EVENT_TYPES) * 50:
        check_event({"type": kind}, ("eventList", 0), reading)
    assert reading.findings.full


def test_hostile_values_are_quoted_short_and_printable(valid: Valid, problems: Problems) -> None:
    (problem,) = problems(valid(action="\x1b[31m" + "A" * 5000))
    assert len(problem.fields["value"]) <= 81
    assert problem.fields["value"].isprintable()
