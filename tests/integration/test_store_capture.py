"""Capture and the history it leaves, on both systems."""

from __future__ import annotations

import random
import threading
import zlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from string import ascii_letters, digits
from time import process_time
from typing import Any

import orjson
import pytest
from lxml import etree
from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy import event as event_of
from sqlalchemy.exc import DBAPIError

from suyuan.trace.epcis.fields import LONGEST_URI
from suyuan.trace.epcis.problems import ValidationError
from suyuan.trace.errors import InvalidInput, NotFound, TooLarge
from suyuan.trace.store.capture import capture, store
from suyuan.trace.store.engine import DatabaseUnavailable, Reading, Writing, open_engine
from suyuan.trace.store.history import event, events_by_key, events_naming, events_of, occurrences
from suyuan.trace.store.jobs import Behaviour, CaptureJob, capture_job, capture_jobs
from suyuan.trace.store.migrate import migrate
from suyuan.trace.store.page_tokens import LIFETIME
from suyuan.trace.store.prepared import prepare
from suyuan.trace.store.query import events, parse_query
from suyuan.trace.store.record_tables import ConcernRow
from suyuan.trace.store.sight import HOUSE
from suyuan.trace.store.tables import (
    APPEND_ONLY,
    CaptureJobRow,
    DocumentRow,
    EvidenceRow,
    IncidenceRow,
    ObjectRow,
    Role,
    VocabularyRow,
)

NOW = datetime(2026, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)
CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
ITEM = "urn:epc:id:sgtin:9506000.013435.1"
ITEM_KEY = "https://id.gs1.org/01/09506000134352/21/1"
LOT = "urn:epc:class:lgtin:9506000.013435.L1"
CASE = "urn:epc:id:sscc:9506000.0000000001"


def observed(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:00000000-0000-0000-0000-{number:012d}",
        "eventTime": f"2026-05-01T08:00:{number % 60:02d}.000+08:00",
        "eventTimeZoneOffset": "+08:00",
        "action": "OBSERVE",
        "bizStep": "shipping",
        "epcList": [ITEM],
        **changes,
    }


def without(body: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in names}


def document(events: Sequence[Mapping[str, Any]], *contexts: Any, **members: Any) -> bytes:
    return orjson.dumps(
        {
            "@context": [CONTEXT, *contexts],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-05-01T08:00:00Z",
            **members,
            "epcisBody": {"eventList": events},
        }
    )


def send(
    engine: Engine,
    data: bytes,
    *,
    party: str = "farm",
    now: datetime = NOW,
    behaviour: Behaviour = "rollback",
) -> CaptureJob:
    return capture(engine, data, "application/json", party=party, now=now, behaviour=behaviour)


def count(engine: Engine, table: type[Any]) -> int:
    with Reading(engine) as reading:
        return reading.connection.execute(select(func.count()).select_from(table)).scalar() or 0


def test_a_document_becomes_evidence(engine: Engine) -> None:
    sent = document(
        [
            observed(1),
            observed(2, epcList=[], quantityList=[{"epcClass": LOT, "quantity": 2.5, "uom": "KGM"}]),
        ]
    )
    job = send(engine, sent)
    assert (job.success, job.running, job.captured, job.duplicates, job.conflicts) == (True, False, 2, 0, 0)
    assert [e.sequence for e in job.evidence] == [1, 2]
    with Reading(engine) as reading:
        stored = event(reading, job.evidence[0].key, viewer=HOUSE)
        assert list(occurrences(reading)) == [(e.sequence, e.occurrence) for e in job.evidence]
        assert events_by_key(reading, [e.key for e in job.evidence] * 2).keys() == {
            e.key for e in job.evidence
        }
        assert list(occurrences(reading, after=1)) == [(2, job.evidence[1].occurrence)]
        content = reading.connection.execute(select(DocumentRow.content, DocumentRow.size)).one()
    assert stored.event.body == {**observed(1), "recordTime": "2026-05-01T12:00:00.123456Z"}
    assert stored.event.event_time == datetime(2026, 5, 1, 0, 0, 1, tzinfo=UTC)
    assert stored.event.event_time_zone_offset == "+08:00"
    assert (stored.party, stored.record_time, stored.event.record_time) == ("farm", NOW, NOW)
    assert (zlib.decompress(content.content), content.size) == (sent, len(sent))


def test_roles_and_amounts_are_indexed(engine: Engine) -> None:
    packing = without(
        observed(1, type="AggregationEvent", action="ADD", parentID=CASE, childEPCs=[ITEM]), "epcList"
    )
    packing["childQuantityList"] = [{"epcClass": LOT, "quantity": 7}]
    making = without(observed(2, type="TransformationEvent"), "epcList", "action")
    making |= {
        "inputQuantityList": [{"epcClass": LOT, "quantity": 2.5, "uom": "KGM"}],
        "outputEPCList": [ITEM],
    }
    assert send(engine, document([packing, making])).captured == 2
    with Reading(engine) as reading:
        rows = reading.connection.execute(
            select(
                IncidenceRow.sequence,
                ObjectRow.kind,
                IncidenceRow.role,
                IncidenceRow.is_class,
                IncidenceRow.quantity,
                IncidenceRow.uom,
            ).join(ObjectRow, ObjectRow.id == IncidenceRow.object_id)
        ).all()
    assert {tuple(row) for row in rows} == {
        (1, "unit", Role.PARENT, False, None, None),
        (1, "item", Role.CHILD, False, None, None),
        (1, "lot", Role.CHILD, True, 7.0, None),
        (2, "lot", Role.INPUT, True, 2.5, "KGM"),
        (2, "item", Role.OUTPUT, False, None, None),
    }


def test_spellings_of_one_thing_are_one_object(engine: Engine) -> None:
    job = send(
        engine,
        document([observed(1), observed(2, epcList=["https://example.cn/01/09506000134352/10/L1/21/1"])]),
    )
    assert job.captured == 2
    assert count(engine, ObjectRow) == 1
    with Reading(engine) as reading:
        assert [e.sequence for e in events_naming(reading, ITEM_KEY, viewer=HOUSE)] == [2, 1]
        assert [e.sequence for e in events_naming(reading, ITEM_KEY, limit=1, viewer=HOUSE)] == [2]
        assert events_naming(reading, "https://id.gs1.org/01/09506000134352/21/2", viewer=HOUSE) == []


def test_sending_again_changes_nothing(engine: Engine) -> None:
    sent = document([observed(1), observed(2)])
    first = send(engine, sent)
    again = send(engine, sent, now=NOW + timedelta(days=1))
    respelt = send(engine, document([observed(2), observed(3)]))
    assert (first.captured, first.duplicates) == (2, 0)
    assert (again.success, again.captured, again.duplicates, again.evidence) == (True, 0, 2, ())
    assert (respelt.captured, respelt.duplicates) == (1, 1)
    assert [e.sequence for e in respelt.evidence] == [3]
    assert count(engine, EvidenceRow) == 3
    assert count(engine, DocumentRow) == 2


def test_the_same_event_twice_in_one_document_is_one(engine: Engine) -> None:
    job = send(engine, document([observed(1), observed(1)]))
    assert (job.captured, job.duplicates) == (1, 1)


def test_each_party_speaks_for_itself(engine: Engine) -> None:
    sent = document([observed(1)])
    farm, plant = send(engine, sent, party="farm"), send(engine, sent, party="plant")
    assert (farm.captured, plant.captured, plant.duplicates) == (1, 1, 0)
    assert farm.evidence[0].key != plant.evidence[0].key


def test_an_event_without_id_gets_its_hash(engine: Engine) -> None:
    job = send(engine, document([without(observed(1), "eventID")]))
    given = job.evidence[0].event.event_id
    assert given is not None
    assert given.startswith("ni:///sha-256;")
    assert given.endswith("?ver=CBV2.0")
    assert job.evidence[0].event.body["eventID"] == given
    assert send(engine, document([without(observed(1), "eventID")])).duplicates == 1
    assert send(engine, document([observed(1, eventID=given)])).duplicates == 1
    with Reading(engine) as reading:
        assert events_of(reading, given, viewer=HOUSE)[0].event.event_id == given


def test_other_content_under_a_used_id_is_a_conflict(engine: Engine) -> None:
    send(engine, document([observed(1)]))
    other = send(engine, document([observed(1, bizStep="receiving"), observed(2)]))
    assert (other.success, other.captured, other.conflicts) == (True, 1, 1)
    assert [e.sequence for e in other.conflicting] == [2]
    assert [e.sequence for e in other.evidence] == [3]
    assert send(engine, document([observed(1, bizStep="receiving")])).duplicates == 1
    with Reading(engine) as reading:
        assert [sequence for sequence, _ in occurrences(reading)] == [1, 3]
        assert [e.sequence for e in events_naming(reading, ITEM_KEY, viewer=HOUSE)] == [3, 1]
        assert event(reading, other.conflicting[0].key, viewer=HOUSE).status == "conflict"
        assert [e.status for e in events_of(reading, observed(1)["eventID"], viewer=HOUSE)] == [
            "accepted",
            "conflict",
        ]


def test_a_conflict_within_one_document_is_seen(engine: Engine) -> None:
    job = send(engine, document([observed(1), observed(1, bizStep="receiving")]))
    assert (job.captured, job.conflicts) == (1, 1)


def test_another_party_may_use_the_same_id(engine: Engine) -> None:
    send(engine, document([observed(1)]))
    assert send(engine, document([observed(1, bizStep="receiving")]), party="plant").conflicts == 0


@pytest.mark.parametrize("first", ["declaration", "original"])
def test_a_declaration_may_come_first_and_conflicts_with_nothing(engine: Engine, first: str) -> None:
    declaration = observed(
        1, errorDeclaration={"declarationTime": "2026-05-02T00:00:00Z", "reason": "incorrect_data"}
    )
    pair = [declaration, observed(1)] if first == "declaration" else [observed(1), declaration]
    jobs = [send(engine, document([body])) for body in pair]
    assert [(job.captured, job.conflicts) for job in jobs] == [(1, 0), (1, 0)]
    with Reading(engine) as reading:
        declared = [o.declared_wrong_at for _, o in occurrences(reading)]
    assert set(declared) == {None, datetime(2026, 5, 2, tzinfo=UTC)}


def test_one_invalid_event_keeps_all_out(engine: Engine) -> None:
    job = send(
        engine, document([observed(1), observed(2, action="LEND"), observed(3, eventTime="yesterday")])
    )
    assert (job.success, job.captured, job.evidence) == (False, 0, ())
    assert {error.index for error in job.errors} == {1, 2}
    assert any("action" in error.where for error in job.errors)
    for table in (EvidenceRow, DocumentRow, ObjectRow):
        assert count(engine, table) == 0
    with Reading(engine) as reading:
        assert capture_job(reading, job.capture_id) == job


def test_proceed_captures_the_valid_ones(engine: Engine) -> None:
    sent = document([observed(1), observed(2, action="LEND"), observed(3)], {"ex": "https://example.cn/"})
    job = send(engine, sent, behaviour="proceed")
    assert (job.success, job.captured, job.capture_error_behaviour) == (False, 2, "proceed")
    assert [error.index for error in job.errors] == [1]
    assert job.errors[0].where.startswith("/epcisBody/eventList/1")
    assert [e.event.event_id for e in job.evidence] == [observed(1)["eventID"], observed(3)["eventID"]]
    with Reading(engine) as reading:
        positions = reading.connection.execute(
            select(EvidenceRow.position).order_by(EvidenceRow.sequence)
        ).scalars()
        assert list(positions) == [0, 2]


def test_proceed_stays_linear_with_many_errors(engine: Engine) -> None:
    job = send(engine, document([observed(n, action="LEND") for n in range(300)]), behaviour="proceed")
    assert (job.success, job.captured) == (False, 0)
    assert {error.index for error in job.errors} == set(range(300))


XML = """<?xml version="1.0" encoding="UTF-8"?>
<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:1" schemaVersion="1.2"
    creationDate="2026-05-01T00:00:00Z"><EPCISBody><EventList><!-- a remark -->
  <ObjectEvent><eventTime>2026-05-01T00:00:00Z</eventTime><eventTimeZoneOffset>+08:00</eventTimeZoneOffset>
    <epcList><epc>urn:epc:id:sgtin:9506000.013435.1</epc></epcList><action>{}</action></ObjectEvent>
  <extension><TransformationEvent><eventTime>2026-05-01T01:00:00Z</eventTime>
    <eventTimeZoneOffset>+08:00</eventTimeZoneOffset>
    <inputEPCList><epc>urn:epc:id:sgtin:9506000.013435.1</epc></inputEPCList>
    <outputEPCList><epc>urn:epc:id:sgtin:9506000.013435.2</epc></outputEPCList>
  </TransformationEvent></extension></EventList></EPCISBody></epcis:EPCISDocument>"""


def test_xml_is_captured_too(engine: Engine) -> None:
    job = capture(engine, XML.format("ADD").encode(), "application/xml", party="farm", now=NOW)
    assert (job.success, job.captured) == (True, 2)
    with Reading(engine) as reading:
        assert [e.event.type for e in events_naming(reading, ITEM_KEY, viewer=HOUSE)] == [
            "TransformationEvent",
            "ObjectEvent",
        ]


@pytest.mark.parametrize(("behaviour", "captured"), [("rollback", 0), ("proceed", 1)])
def test_an_error_in_xml_has_its_event(engine: Engine, behaviour: Behaviour, captured: int) -> None:
    sent = XML.format("LEND").encode()
    job = capture(engine, sent, "application/xml", party="farm", now=NOW, behaviour=behaviour)
    assert (job.success, job.captured) == (False, captured)
    assert {error.index for error in job.errors} == {0}
    assert "action" in job.errors[0].where
    assert [e.event.type for e in job.evidence] == ["TransformationEvent"] * captured


def test_a_single_event_is_captured_without_a_document(engine: Engine) -> None:
    sent = orjson.dumps({"@context": [CONTEXT], **observed(1)})
    job = capture(engine, sent, "application/json", party="farm", now=NOW, single=True)
    assert (job.success, job.captured) == (True, 1)
    assert send(engine, document([observed(1)])).duplicates == 1
    with pytest.raises(ValidationError):
        capture(engine, document([observed(2)]), "application/json", party="farm", now=NOW, single=True)
    broken = orjson.dumps({"@context": [CONTEXT], **observed(2, action="LEND")})
    with pytest.raises(ValidationError, match="LEND"):
        capture(engine, broken, "application/json", party="farm", now=NOW, single=True)


NO_DOCUMENTS = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"\xff\xfe",
    b'{"type":"EPCISDocument"}',
    document([]).replace(b"2.0", b"")[:-3],
]


def test_what_is_no_document_is_refused_at_once(engine: Engine, subtests: pytest.Subtests) -> None:
    behaviours: tuple[Behaviour, ...] = ("rollback", "proceed")
    for data, behaviour in product(NO_DOCUMENTS, behaviours):
        with subtests.test(data=data, behaviour=behaviour):
            with pytest.raises(ValidationError):
                send(engine, data, behaviour=behaviour)
            assert count(engine, CaptureJobRow) == 0


def test_too_much_is_refused_at_once(engine: Engine) -> None:
    with pytest.raises(TooLarge):
        send(engine, document([observed(1, epcList=[f"{ITEM}{n}" for n in range(10_001)])]))
    assert count(engine, CaptureJobRow) == 0


@pytest.mark.parametrize("hostile", ["x" * 5000, "'; DROP TABLE evidence; --", "\u202e\U0001f9c0"])
def test_hostile_text_is_kept_as_it_is(engine: Engine, hostile: str) -> None:
    sent = document([observed(1, **{"ex:note": hostile})], {"ex": "https://example.cn/"})
    job = send(engine, sent)
    with Reading(engine) as reading:
        assert event(reading, job.evidence[0].key, viewer=HOUSE).event.body["ex:note"] == hostile


def of_length(length: int, start: str) -> str:
    """A URI of that many characters that cannot be packed into fewer."""
    return (start + "".join(random.Random(start).choices(ascii_letters + digits, k=length)))[:length]


def named_by(length: int) -> dict[str, dict[str, Any]]:
    """For each place of an ObjectEvent where a URI stands, that one of so many characters."""
    place, item, party = (of_length(length, f"https://{each}.com/") for each in ("place", "item", "party"))
    transaction = {"type": of_length(length, "https://type.com/"), "bizTransaction": item}
    return {
        "eventID": {"eventID": of_length(length, "urn:x:")},
        "type": {"type": of_length(length, "https://own.com/")},
        "bizStep": {"bizStep": of_length(length, "https://step.com/")},
        "disposition": {"disposition": of_length(length, "https://disposition.com/")},
        "place": {"readPoint": {"id": place}, "bizLocation": {"id": place}},
        "item": {"epcList": [item]},
        "transaction": {"bizTransactionList": [transaction]},
        "party": {"sourceList": [{"type": "owning_party", "source": party}]},
    }


def test_what_is_as_long_as_may_be_is_stored_and_what_is_longer_is_told(
    engine: Engine, subtests: pytest.Subtests
) -> None:
    """An index of PostgreSQL takes 2,704 bytes."""
    made = {**without(observed(1), "action", "bizStep", "epcList"), "type": "TransformationEvent"}
    made["outputEPCList"] = [ITEM]
    longest = named_by(LONGEST_URI)
    own = {"ex:" + of_length(1900, "x"): "深" * 50_000, "ex:in": {"ex:" + of_length(1900, "y"): ["深" * 999]}}
    everything: dict[str, Any] = {"eventID": observed(2)["eventID"], **own}
    for changes in longest.values():
        everything |= changes
    sent = [
        made | {"transformationID": of_length(LONGEST_URI, "urn:t:")},
        observed(2) | everything,
        observed(3) | {**everything, "type": "ObjectEvent", "eventID": observed(3)["eventID"]},
    ]
    assert send(engine, document(sent, {"ex": "https://example.com/"})).captured == 3
    refused = {name: observed(4) | dict(changes) for name, changes in named_by(LONGEST_URI + 1).items()} | {
        "transformationID": made | {"transformationID": of_length(LONGEST_URI + 1, "urn:t:")}
    }
    for name, changed in refused.items():
        with subtests.test(name):
            (error, *_) = send(engine, document([changed])).errors
            assert "2049 characters; at most 2048" in error.detail
            assert error.where.startswith("/epcisBody/eventList/0/")


def test_what_no_index_takes_is_the_senders_to_shorten(postgresql_engine: Engine) -> None:
    """Sent again it would be refused again: that is not a database that is away."""
    party = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=5000))
    with pytest.raises(InvalidInput, match="too long for the database: index row size") as refused:
        send(postgresql_engine, document([observed(1)]), party=party)
    assert (refused.value.status, refused.value.code) == (400, "invalid-input")
    assert count(postgresql_engine, EvidenceRow) == count(postgresql_engine, CaptureJobRow) == 0


def test_contexts_keep_their_meaning(engine: Engine) -> None:
    sent = document([observed(1, **{"ex:note": "雨"})], {"ex": "https://example.cn/"})
    job = send(engine, sent)
    send(engine, document([observed(2, **{"ex:note": "雪"})], {"ex": "https://example.cn/"}))
    with Reading(engine) as reading:
        assert event(reading, job.evidence[0].key, viewer=HOUSE).event.context == (
            {"ex": "https://example.cn/"},
        )
        assert next(occurrences(reading))[1] == job.evidence[0].occurrence


def test_master_data_of_a_document_are_stored_once(engine: Engine) -> None:
    header = {
        "epcisMasterData": {
            "vocabularyList": [
                {
                    "type": "urn:epcglobal:epcis:vtype:Location",
                    "vocabularyElementList": [
                        {
                            "id": "urn:epc:id:sgln:9506000.00001.0",
                            "attributes": [{"id": "urn:epcglobal:cbv:mda:name", "attribute": "云南菜园"}],
                        }
                    ],
                }
            ]
        }
    }
    for _ in range(2):
        assert send(engine, document([], epcisHeader=header)).success
    assert count(engine, VocabularyRow) == 1


@pytest.mark.parametrize("table", APPEND_ONLY[:3])
@pytest.mark.parametrize("change", ["UPDATE {table} SET {column} = NULL", "DELETE FROM {table}"])
def test_stored_evidence_is_never_changed(engine: Engine, table: str, change: str) -> None:
    send(engine, document([observed(1)]))
    column = {"document": "party", "evidence": "body", "incidence": "uom"}[table]
    with pytest.raises(DBAPIError, match="append-only"), Writing(engine) as writing:
        writing.connection.execute(text(change.format(table=table, column=column)))


def test_two_writers_of_one_document_make_one_set_of_events(engine: Engine) -> None:
    sent = document([observed(n) for n in range(50)])
    jobs: list[CaptureJob] = []
    start = threading.Barrier(4)

    def deliver() -> None:
        start.wait()
        jobs.append(send(engine, sent))

    threads = [threading.Thread(target=deliver) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted((job.captured, job.duplicates) for job in jobs) == [(0, 50)] * 3 + [(50, 0)]
    assert count(engine, EvidenceRow) == 50
    assert count(engine, DocumentRow) == 1


def test_writers_of_different_documents_get_dense_sequences(engine: Engine) -> None:
    def deliver(worker: int) -> None:
        for turn in range(5):
            send(engine, document([observed(worker * 100 + turn, epcList=[f"{ITEM}{worker}{turn}", ITEM])]))

    threads = [threading.Thread(target=deliver, args=(worker,)) for worker in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Reading(engine) as reading:
        assert [sequence for sequence, _ in occurrences(reading)] == list(range(1, 21))
    assert count(engine, ObjectRow) == 21


def test_who_asks_again_from_the_last_record_time_seen_misses_nothing(engine: Engine) -> None:
    """A document may arrive first and be stored last; a clock may be behind another, or set back."""
    others = open_engine(engine.url.render_as_string(hide_password=False))
    arrived = [
        prepare(document([observed(n)]), "application/json", party="farm", now=NOW + timedelta(seconds=n))
        for n in range(4)
    ]
    in_turn = ((engine, 3, 10), (others, 0, 5), (engine, 2, -60), (others, 1, 11))  # seconds of their clocks
    seen: dict[str, datetime] = {}
    try:
        for writer, number, seconds in in_turn:
            told = store(writer, arrived[number], clock=lambda at=NOW + timedelta(seconds=seconds): at)
            since = max(seen.values(), default=NOW).isoformat()
            with Reading(engine) as reading:
                found = events(reading, parse_query([("GE_recordTime", since)]), viewer=HOUSE, now=NOW).events
            seen |= {str(one.event.event_id): one.record_time for one in found}
            assert told.evidence[0].occurrence.record_time == seen[str(told.evidence[0].event.event_id)]
    finally:
        others.dispose()
    assert len(seen) == 4
    assert {(time - NOW).total_seconds() for time in seen.values()} == {10, 11}
    with Reading(engine) as reading:
        concerned = reading.connection.execute(select(ConcernRow.record_time).distinct()).scalars().all()
    assert set(concerned) == set(seen.values())


def test_a_clock_that_was_far_ahead_is_told_in_the_log(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    """What comes later is not recorded before it, be it events or master data; whoever runs it must know."""
    element: dict[str, Any] = {"id": "https://id.gs1.org/414/9506000000015", "attributes": []}
    vocabulary = {"type": "urn:epcglobal:epcis:vtype:BusinessLocation", "vocabularyElementList": [element]}
    stated = document([], epcisHeader={"epcisMasterData": {"vocabularyList": [vocabulary]}})
    send(engine, stated, now=NOW + timedelta(days=365))
    assert not caplog.records
    job = send(engine, document([observed(1)]), now=NOW)
    assert job.evidence[0].occurrence.record_time == NOW + timedelta(days=365)
    (told,) = caplog.records
    assert told.levelname == "WARNING"
    assert "evidence was recorded at 2027-05-01T12:00:00.123456+00:00 already" in told.getMessage()


def test_jobs_are_listed_newest_first_page_by_page(engine: Engine) -> None:
    sent = [send(engine, document([observed(n)]), now=NOW + timedelta(seconds=n // 2)) for n in range(6)]
    send(engine, document([observed(1)]), party="plant")
    listed: list[CaptureJob] = []
    token: str | None = None
    with Reading(engine) as reading:
        while len(listed) < len(sent):
            page = capture_jobs(reading, party="farm", now=NOW, per_page=2, token=token)
            listed.extend(page.jobs)
            token = page.next_token
            assert page.token_expires == (NOW + LIFETIME if token else None)
        assert token is None
        assert len(capture_jobs(reading, party="plant", now=NOW).jobs) == 1
    assert {job.capture_id for job in listed} == {job.capture_id for job in sent}
    assert [job.created_at for job in listed] == sorted((job.created_at for job in sent), reverse=True)


def test_unknown_evidence_and_jobs_are_not_found(engine: Engine) -> None:
    with Reading(engine) as reading:
        assert events_by_key(reading, ["0" * 64]) == {}
        with pytest.raises(NotFound):
            event(reading, "0" * 64, viewer=HOUSE)
        with pytest.raises(NotFound):
            capture_job(reading, "no such job")


def test_a_long_history_streams_in_order(engine: Engine) -> None:
    send(engine, document([observed(n) for n in range(2500)]))
    with Reading(engine) as reading:
        assert [sequence for sequence, _ in occurrences(reading)] == list(range(1, 2501))


def test_a_full_disk_keeps_everything_out_and_says_so(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "store.db")
    migrate(engine)
    send(engine, document([observed(1)]))

    @event_of.listens_for(engine, "begin")
    def fill(connection: Connection) -> None:  # pyright: ignore[reportUnusedFunction] (registered)
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # SQLite takes the present size, if larger

    with pytest.raises(DatabaseUnavailable, match="full"):
        send(
            engine,
            document([observed(n, **{"ex:note": "x" * 900}) for n in range(2, 300)], {"ex": "https://e.cn/"}),
        )
    event_of.remove(engine, "begin", fill)
    engine.dispose()
    reopened = open_engine(tmp_path / "store.db")
    assert count(reopened, EvidenceRow) == count(reopened, DocumentRow) == count(reopened, CaptureJobRow) == 1
    assert send(reopened, document([observed(2)])).captured == 1
    reopened.dispose()


@pytest.mark.postgres
def test_a_broken_connection_is_told_and_replaced(postgresql_engine: Engine) -> None:
    def work() -> None:
        with Writing(postgresql_engine) as writing:
            own = writing.connection.execute(text("SELECT pg_backend_pid()")).scalar()
            with postgresql_engine.connect() as other:
                other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": own})
            writing.connection.execute(text("SELECT 1"))

    with pytest.raises(DatabaseUnavailable):
        work()
    assert send(postgresql_engine, document([observed(1)])).captured == 1


def test_a_conflict_is_found_by_queries_though_it_stays_out_of_lineage(engine: Engine) -> None:
    send(engine, document([observed(1)]))
    send(engine, document([observed(1, bizStep="receiving")]))
    with Reading(engine) as reading:
        page = events(reading, parse_query([("EQ_eventID", observed(1)["eventID"])]), viewer=HOUSE, now=NOW)
    assert [found.status for found in page.events] == ["accepted", "conflict"]


XML_HEAD = (
    '<e:EPCISDocument xmlns:e="urn:epcglobal:epcis:xsd:2" schemaVersion="2.0"'
    ' creationDate="2026-05-01T08:00:00Z"><EPCISBody><EventList>'
)
XML_TAIL = "</EventList></EPCISBody></e:EPCISDocument>"
XML_EVENT = (
    "<ObjectEvent><eventTime>2026-05-01T08:00:00+08:00</eventTime>"
    "<eventTimeZoneOffset>+08:00</eventTimeZoneOffset><epcList><epc>{epc}</epc></epcList>"
    "<action>OBSERVE</action></ObjectEvent>"
)


def test_every_refused_event_is_told_at_its_own_place(sqlite_engine: Engine) -> None:
    bad, large = observed(1, epcList=["urn:epc:id:sgtin:x"]), observed(2, **{"ex:n": 77})
    late = observed(3, eventTime="9999-12-31T23:59:59-08:00", eventTimeZoneOffset="-08:00")
    sent = [observed(4), bad, observed(5), large, late, observed(6)]
    content = document(sent, {"ex": "https://e.cn/"}).replace(b":77", b":" + b"9" * 30)
    job = send(sqlite_engine, content, behaviour="proceed")
    assert (job.success, job.captured) == (False, 4)
    assert [(error.index, error.where.split("/")[:4]) for error in job.errors] == [
        (number, ["", "epcisBody", "eventList", str(number)]) for number in (1, 4)
    ]

    lines = [XML_EVENT.format(epc=epc) for epc in (ITEM, "urn:epc:id:sgtin:x", f"{ITEM}0", "nonsense")]
    lines.insert(1, f"<extension>{lines[3]}{XML_EVENT.format(epc=f'{ITEM}1')}</extension>")
    sent_xml = (XML_HEAD + "".join(lines) + XML_TAIL).encode()
    job = capture(sqlite_engine, sent_xml, "application/xml", party="farm", now=NOW, behaviour="proceed")
    assert (job.success, job.captured) == (False, 3)
    root = etree.fromstring(sent_xml)
    named = {"e": "urn:epcglobal:epcis:xsd:2"}
    at_fault = [root.xpath(f"string({error.where})", namespaces=named) for error in job.errors]
    assert at_fault == ["nonsense", "urn:epc:id:sgtin:x", "nonsense"]


@pytest.mark.parametrize("behaviour", ["rollback", "proceed"])
def test_much_that_stands_around_many_events_is_not_read_for_each(
    sqlite_engine: Engine, behaviour: Behaviour
) -> None:
    bad = document([{"type": "x"}] * 10_000, {f"p{n}": f"https://e.cn/{n}#" for n in range(2000)})
    start = process_time()
    with pytest.raises(ValidationError):
        send(sqlite_engine, bad, behaviour=behaviour)
    assert process_time() - start < 10  # read for each event it would take minutes
    assert count(sqlite_engine, CaptureJobRow) == 0
