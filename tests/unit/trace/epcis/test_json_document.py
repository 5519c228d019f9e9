from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from suyuan.trace.epcis.canonical import evidence_hash
from suyuan.trace.epcis.document import Document
from suyuan.trace.epcis.json_document import read_event_json, read_json, write_document_json, write_json
from suyuan.trace.epcis.problems import Limits, Problem, ValidationError
from suyuan.trace.errors import TooLarge

Valid = Callable[..., dict[str, Any]]
Read = Callable[..., Document]
Problems = Callable[..., tuple[Problem, ...]]

NOW = datetime(2026, 11, 21, 1, 30, tzinfo=UTC)
STANDARD = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"1",
        b"null",
        b'"text"',
        b"{}",
        b'{"type": "EPCISDocument"}',
        b'{"type": "ObjectEvent"}',
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        b'{"type": "\\ud800"}',
        b'{"a": 1e999}',
        b"[" * 2000,
        b'{"type": {"type": []}}',
        b'{"type": "EPCISDocument", "@context": 1, "schemaVersion": 2, "creationDate": 3, "epcisBody": 4}',
        b'{"type": "EPCISQueryDocument", "epcisBody": {"queryResults": []}}',
    ],
)
def test_what_is_no_document_is_refused(data: bytes) -> None:
    with pytest.raises(ValidationError) as caught:
        read_json(data)
    assert caught.value.code == "epcis-invalid"
    assert caught.value.status == 400
    assert caught.value.members()["problems"][0]["remedy"]


def test_limits_are_named() -> None:
    for data, limits, name in (
        (b'{"a": "' + b"x" * 100 + b'"}', Limits(body_bytes=50), "body_bytes"),
        (b'{"a": "' + b"x" * 100 + b'"}', Limits(text=50), "text"),
        (b"[" * 100 + b"]" * 100, Limits(), "depth"),
    ):
        with pytest.raises(TooLarge) as caught:
            read_json(data, limits)
        assert caught.value.fields["limit"] == name


def test_too_many_events_and_epcs_are_refused(valid: Valid) -> None:
    def data(*bodies: dict[str, Any]) -> bytes:
        return write_like(*bodies)

    with pytest.raises(TooLarge) as caught:
        read_json(data(valid(), valid()), Limits(events=1))
    assert caught.value.fields["limit"] == "events"
    many = valid(epcList=[f"urn:epc:id:sgtin:9506000.013435.{n}" for n in range(5)])
    with pytest.raises(TooLarge) as caught:
        read_json(data(many), Limits(epcs_per_event=4))
    assert caught.value.fields["limit"] == "epcs_per_event"
    with pytest.raises(TooLarge) as caught:
        read_json(data(many, many), Limits(epcs_per_document=9))
    assert caught.value.fields["limit"] == "epcs_per_document"
    assert len(read_json(data(many, many), Limits(epcs_per_document=10)).events) == 2


def write_like(*bodies: dict[str, Any], context: Any = None) -> bytes:
    return json.dumps(
        {
            "@context": context or [STANDARD, {"example": "http://ns.example.com/epcis/"}],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-11-21T01:30:00Z",
            "epcisBody": {"eventList": list(bodies)},
        }
    ).encode()


def test_a_member_twice_with_two_values_is_a_warning_and_the_last_counts(valid: Valid) -> None:
    once = write_like(valid())
    twice = once.replace(b'"action": "OBSERVE"', b'"action": "ADD", "action": "OBSERVE"')
    same = once.replace(b'"action": "OBSERVE"', b'"action": "OBSERVE", "action": "OBSERVE"')
    document = read_json(twice)
    assert document.events[0].action == "OBSERVE"
    assert [warning.fields for warning in document.warnings] == [{"name": "action"}]
    assert not read_json(same).warnings
    assert not read_json(once).warnings


@pytest.mark.parametrize("text", [':"', '":', '\\": "x"', 'a "b": c', "\\", '"', '\\\\":'])
def test_strings_that_look_like_members_are_no_members(text: str, valid: Valid) -> None:
    assert not read_json(write_like(valid(**{"example:note": text, "example:list": [text, text]}))).warnings


def test_a_deep_twin_that_is_dropped_does_no_harm() -> None:
    deep = b'{"a": ' + b"[" * 1000 + b"]" * 1000 + b', "a": 1}'
    with pytest.raises((ValidationError, TooLarge)):
        read_json(deep)


def test_nul_is_refused_and_its_escaped_spelling_is_not(valid: Valid) -> None:
    with pytest.raises(ValidationError, match="NUL"):
        read_json(write_like(valid(**{"example:note": "a\0b"})))
    assert read_json(write_like(valid(**{"example:note": "a\\u0000b"}))).events


def test_contexts_are_kept_beside_the_standard_one_and_never_fetched(
    valid: Valid, problems: Problems
) -> None:
    foreign = "https://ref.openepcis.io/extensions/us/fsma204/fsma204-context.jsonld"
    (event,) = read_json(write_like(valid(), context=[STANDARD, foreign])).events
    assert event.context == (foreign,)
    (problem,) = problems(valid(**{"usfsma:a": 1}), context=[STANDARD, foreign])
    assert "not fetched" in problem.remedy


@pytest.mark.parametrize("context", [None, "https://example.com/context", [], [{}], [1], {"a": "http://b/"}])
def test_the_epcis_context_is_required(context: Any, valid: Valid) -> None:
    data = json.loads(write_like(valid()))
    data["@context"] = context
    with pytest.raises(ValidationError) as caught:
        read_json(json.dumps(data).encode())
    assert caught.value.problems[0].where == "/@context"


def test_an_event_may_declare_its_own_prefix(valid: Valid, document: Read) -> None:
    own = valid(**{"@context": {"own": "https://own.example.com/"}, "own:field": "x"})
    read = document(own, valid())
    assert read.events[0].context == (
        {"example": "http://ns.example.com/epcis/"},
        {"own": "https://own.example.com/"},
    )
    assert "@context" not in read.events[0].body
    again = read_json(write_json(read.events, creation_date=NOW))
    assert [evidence_hash(e) for e in again.events] == [evidence_hash(e) for e in read.events]


def test_events_that_disagree_about_a_prefix_keep_their_own_meaning(valid: Valid) -> None:
    def one(iri: str) -> Any:
        return read_json(write_like(valid(**{"x:a": "1"}), context=[STANDARD, {"x": iri}])).events[0]

    events = [
        one("https://one.example.com/"),
        one("https://two.example.com/"),
        one("https://one.example.com/"),
    ]
    again = read_json(write_json(events, creation_date=NOW))
    assert [evidence_hash(event) for event in again.events] == [evidence_hash(event) for event in events]
    assert evidence_hash(events[0]) != evidence_hash(events[1])


def test_a_query_document_names_its_query(valid: Valid, document: Read) -> None:
    written = write_json(
        document(valid()).events,
        form="EPCISQueryDocument",
        creation_date=NOW,
        query_name="recalled",
        subscription_id="s-1",
    )
    read = read_json(written)
    assert read.form == "EPCISQueryDocument"
    assert read.header == {"queryName": "recalled", "subscriptionID": "s-1"}
    assert read.creation_date == NOW


def test_a_bare_event_is_read_by_its_own_door_only(valid: Valid) -> None:
    bare = json.dumps({"@context": [STANDARD, {"a": "http://a.example/"}], **valid(**{"a:b": 1})}).encode()
    event = read_event_json(bare)
    assert event.context == ({"a": "http://a.example/"},)
    assert "@context" not in event.body
    with pytest.raises(ValidationError):
        read_json(bare)
    with pytest.raises(ValidationError):
        read_event_json(write_like(valid()))


def test_what_the_server_added_is_sent_along(valid: Valid, document: Read) -> None:
    (event,) = document(valid()).events
    kept = replace(event, record_time=NOW, event_id="urn:uuid:1")
    (again,) = read_json(write_json([kept], creation_date=NOW)).events
    assert again.record_time == NOW
    assert again.event_id == "urn:uuid:1"


def test_a_station_reads_and_writes_without_xml_machinery() -> None:
    code = "import sys, suyuan.trace.epcis.json_document; sys.exit('lxml' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


PARTS: list[tuple[str, Any, str]] = [
    ("epcisHeader", [], "/epcisHeader"),
    ("epcisHeader", {"masterData": {}}, "/epcisHeader/masterData"),
    ("epcisHeader", {"epcisMasterData": []}, "/epcisHeader/epcisMasterData"),
    ("epcisHeader", {"epcisMasterData": {"vocabularies": []}}, "/epcisHeader/epcisMasterData/vocabularies"),
    ("epcisHeader", {"nope:a": 1}, "/epcisHeader/nope:a"),
    ("epcisBody", {"eventList": [], "events": []}, "/epcisBody/events"),
    ("example:a", {"nope:b": 1}, "/example:a/nope:b"),
    ("remark", "x", "/remark"),
]


@pytest.mark.parametrize(("name", "value", "where"), PARTS)
def test_what_stands_around_the_events_is_checked_too(name: str, value: Any, where: str) -> None:
    told = {**json.loads(write_like()), name: value}
    with pytest.raises(ValidationError) as caught:
        read_json(json.dumps(told).encode())
    assert [problem.where for problem in caught.value.problems] == [where]


def test_master_data_are_checked_member_by_member() -> None:
    listed: list[Any] = [
        {"type": "urn:v:1", "elements": [], "vocabularyElementList": []},
        {
            "type": "urn:v:1",
            "vocabularyElementList": [
                {"id": "urn:a:1", "kids": []},
                {"id": "urn:a:2", "attributes": [{"id": "no uri", "attribute": "x"}]},
                {"id": "urn:a:3", "attributes": [{"id": "urn:m:1", "value": "x"}], "children": ["no uri"]},
            ],
        },
    ]
    at = "/epcisHeader/epcisMasterData/vocabularyList"
    told = {**json.loads(write_like()), "epcisHeader": {"epcisMasterData": {"vocabularyList": listed}}}
    with pytest.raises(ValidationError) as caught:
        read_json(json.dumps(told).encode())
    assert [problem.where.removeprefix(at) for problem in caught.value.problems] == [
        "/0/elements",
        "/1/vocabularyElementList/0/kids",
        "/1/vocabularyElementList/1/attributes/0/id",
        "/1/vocabularyElementList/2/attributes/0/value",
        "/1/vocabularyElementList/2/children/0",
    ]


def test_a_document_comes_back_whole(valid: Valid) -> None:
    """Comments, own contexts of events, extensions and master data of a query's results included."""
    own = {"@context": [{"own": "https://own.example/"}], **valid(**{"own:field": "x"})}
    told = json.loads(write_like(valid(), own, context=[STANDARD, "https://other.example/context"]))
    told |= {"id": "urn:d:1", "_comment": "as agreed", "sender": "urn:a:1"}
    assert json.loads(write_document_json(read_json(json.dumps(told).encode()), now=NOW)) == told
    body = told.pop("epcisBody")
    vocabularies = [
        {"type": "urn:v:1", "vocabularyElementList": [{"id": "urn:a:1", "children": ["urn:a:2"]}]}
    ]
    told["type"] = "EPCISQueryDocument"
    told["epcisBody"] = {
        "queryResults": {
            "queryName": "q", "subscriptionID": "s", "resultsBody": {**body, "vocabularyList": vocabularies}
        }
    }  # fmt: skip
    document = read_json(json.dumps(told).encode())
    assert json.loads(write_document_json(document, now=NOW)) == told
    assert [element.children for element in document.vocabularies] == [("urn:a:2",)]
    assert document.header == {"sender": "urn:a:1", "queryName": "q", "subscriptionID": "s"}


def test_too_many_prefixes_are_refused_at_the_document_and_at_an_event(valid: Valid) -> None:
    many = {f"p{number}": f"https://e.example/{number}/" for number in range(5_001)}
    for data in (write_like(valid(), context=[STANDARD, many]), write_like(valid(**{"@context": many}))):
        with pytest.raises(TooLarge) as caught:
            read_json(data)
        assert caught.value.fields["limit"] == "prefixes"
