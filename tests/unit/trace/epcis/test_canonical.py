from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from suyuan.trace.epcis.canonical import event_hash, evidence_hash, number_text
from suyuan.trace.epcis.document import Document
from suyuan.trace.epcis.event_hash import pre_hash

Valid = Callable[..., dict[str, Any]]
Read = Callable[..., Document]

SGTIN = "urn:epc:id:sgtin:9506000.013435.123"
LINK = "https://id.gs1.org/01/09506000134352/21/123"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"epcList": [SGTIN]}, {"epcList": [LINK]}),
        ({"epcList": [LINK]}, {"epcList": ["https://brand.example/01/09506000134352/21/123?17=261231"]}),
        ({"epcList": [SGTIN, "urn:x:1"]}, {"epcList": ["urn:x:1", SGTIN]}),
        ({"eventTime": "2026-11-21T09:30:00+08:00"}, {"eventTime": "2026-11-21T01:30:00.000Z"}),
        ({"recordTime": "2026-11-21T09:30:00+08:00"}, {}),
        ({"bizStep": "cbv:BizStep-shipping"}, {"bizStep": "shipping"}),
        (
            {"quantityList": [{"epcClass": "urn:x:1", "quantity": 2.0}]},
            {"quantityList": [{"epcClass": "urn:x:1", "quantity": 2}]},
        ),
        ({"example:a": ["x"]}, {"example:a": "x"}),
        ({"example:a": 1.50}, {"example:a": "1.5"}),
        ({"example:a": True}, {"example:a": "true"}),
        ({"example:a": []}, {}),
        ({"certificationInfo": "https://a.example/"}, {"certificationInfo": ["https://a.example/"]}),
    ],
)
def test_spellings_of_one_statement_have_one_hash(
    one: dict[str, Any], other: dict[str, Any], valid: Valid, document: Read
) -> None:
    (first,), (second,) = document(valid(**one)).events, document(valid(**other)).events
    assert evidence_hash(first) == evidence_hash(second)


@pytest.mark.parametrize(
    "fields",
    [
        {"eventID": "urn:uuid:1"},
        {"errorDeclaration": {"declarationTime": "2026-11-21T09:30:00+08:00"}},
        {"eventTimeZoneOffset": "+09:00"},
        {"eventTime": "2026-11-21T09:30:00.126+08:00"},
        {"epcList": [LINK + "4"]},
        {"example:a": "007"},
        {"example:a": ["x", "y"]},
        {"ilmd": {"example:a": "1"}, "action": "ADD"},
    ],
)
def test_another_statement_has_another_hash(fields: dict[str, Any], valid: Valid, document: Read) -> None:
    (first,), (second,) = document(valid()).events, document(valid(**fields)).events
    assert evidence_hash(first) != evidence_hash(second)


def test_text_that_looks_like_a_number_stays_text(valid: Valid, document: Read) -> None:
    lots = [document(valid(**{"example:lot": lot})).events[0] for lot in ("007", "7")]
    assert evidence_hash(lots[0]) != evidence_hash(lots[1])


def test_the_prefix_does_not_matter_the_namespace_does(valid: Valid, document: Read) -> None:
    standard = "https://ref.gs1.org/standards/epcis/epcis-context.jsonld"

    def one(prefix: str, namespace: str) -> str:
        body = valid(**{f"{prefix}:a": {f"{prefix}:b": "1"}})
        return evidence_hash(document(body, context=[standard, {prefix: namespace}]).events[0])

    assert one("a", "http://a.example/") == one("b", "http://a.example/")
    assert one("a", "http://a.example/") != one("a", "http://b.example/")


def test_the_event_hash_leaves_out_what_is_not_the_event(valid: Valid, document: Read) -> None:
    (plain,) = document(valid()).events
    (declared,) = document(
        valid(
            eventID="urn:uuid:1",
            recordTime="2026-11-21T09:30:00+08:00",
            errorDeclaration={"declarationTime": "2026-11-21T09:30:00+08:00"},
            **{"example:mark": "x"},
        )
    ).events
    assert event_hash(plain) == event_hash(declared, ("example:mark",))
    assert event_hash(plain) != event_hash(declared)


def test_the_event_hash_rounds_up_over_the_second(valid: Valid, document: Read) -> None:
    (event,) = document(valid(eventTime="2020-03-04T10:00:30.999600Z")).events
    assert "eventTime=2020-03-04T10:00:31.000Z" in pre_hash(event)
    (event,) = document(valid(eventTime="2020-03-04T10:00:30.000500Z")).events
    assert "eventTime=2020-03-04T10:00:30.001Z" in pre_hash(event)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (2.0, "2"),
        (12.5, "12.5"),
        (1e-7, "0.0000001"),
        (1e21, "1" + "0" * 21),
        (100, "100"),
    ],
)
def test_numbers_have_one_text(number: float, text: str) -> None:
    assert number_text(number) == text
