"""The published documents of GS1 and of FSMA 204: the same questions give equal answers on both systems."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from suyuan.trace.epcis.problems import ValidationError
from suyuan.trace.store.capture import capture
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.history import events_naming, occurrences
from suyuan.trace.store.query import events, parse_query
from suyuan.trace.store.sight import HOUSE
from suyuan.trace.store.tables import EvidenceRow, ObjectRow
from suyuan.trace.store.vocabulary import attributes, find

pytestmark = [pytest.mark.shared, pytest.mark.postgres]

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
LEAST_EVENTS = 100
PARAMETERS = {
    "eventType": EvidenceRow.type,
    "EQ_action": EvidenceRow.action,
    "EQ_bizStep": EvidenceRow.biz_step,
    "EQ_disposition": EvidenceRow.disposition,
    "EQ_readPoint": EvidenceRow.read_point,
    "EQ_bizLocation": EvidenceRow.biz_location,
    "EQ_eventID": EvidenceRow.event_id,
    "EQ_transformationID": EvidenceRow.transformation_id,
}
MATCHES = (
    "MATCH_epc",
    "MATCH_parentID",
    "MATCH_inputEPC",
    "MATCH_outputEPC",
    "MATCH_anyEPC",
    "MATCH_epcClass",
    "MATCH_inputEPCClass",
    "MATCH_outputEPCClass",
    "MATCH_anyEPCClass",
)
PATTERNS = (
    "urn:epc:idpat:sgtin:*.*.*",
    "urn:epc:idpat:sgtin:4012345.*.*",
    "urn:epc:idpat:sgtin:0614141.*.*",
    "urn:epc:idpat:sscc:*.*",
    "urn:epc:idpat:sscc:4012345.*",
    "urn:epc:idpat:lgtin:*.*.*",
    "urn:epc:idpat:grai:*.*.*",
    "urn:epc:idpat:giai:*.*",
)


def documents(shared: Path) -> Iterator[tuple[Path, str]]:
    for folder in ("gs1-epcis/JSON", "gs1-epcis/XML", "fsma204"):
        root = shared / "epcis" / folder
        for path in sorted(chain(root.rglob("*.json"), root.rglob("*.jsonld"), root.rglob("*.xml"))):
            yield path, "application/xml" if path.suffix == ".xml" else "application/json"


def load(engine: Engine, shared: Path) -> list[tuple[str, int, int, int]]:
    outcomes: list[tuple[str, int, int, int]] = []
    for number, (path, media_type) in enumerate(documents(shared)):
        now = NOW + timedelta(minutes=number // 3)
        try:
            single = path.name.startswith("FSMA")  # events without a document around them
            party = f"party {number % 2}"
            job = capture(engine, path.read_bytes(), media_type, party=party, now=now, single=single)
        except ValidationError:
            outcomes.append((path.name, -1, 0, 0))
        else:
            outcomes.append((path.name, job.captured, job.duplicates, job.conflicts))
    return outcomes


def questions(engine: Engine) -> list[list[tuple[str, str]]]:
    asked: list[list[tuple[str, str]]] = [
        [],
        [("orderBy", "eventTime")],
        [("EXISTS_errorDeclaration", "true")],
    ]
    with Reading(engine) as reading:
        for name, column in PARAMETERS.items():
            values = reading.connection.execute(select(column).distinct().order_by(column)).scalars()
            asked.extend([(name, value)] for value in values if value is not None and "|" not in value)
        times = reading.connection.execute(select(EvidenceRow.event_time).distinct()).scalars()
        for time in sorted(times)[::5]:
            asked.append(
                [("GE_eventTime", time.isoformat()), ("orderBy", "eventTime"), ("orderDirection", "ASC")]
            )
            asked.append([("LT_eventTime", time.isoformat()), ("EQ_action", "OBSERVE")])
        keys = list(reading.connection.execute(select(ObjectRow.key).order_by(ObjectRow.key)).scalars())
    asked.extend([(name, value)] for name in MATCHES for value in (*keys, *PATTERNS))
    return asked


def answer(reading: Reading, question: Sequence[tuple[str, str]]) -> list[tuple[int, str, object]]:
    query = parse_query(question)
    page = events(reading, query, viewer=HOUSE, now=NOW, per_page=7)
    found = list(page.events)
    while page.next_token:
        page = events(reading, query, viewer=HOUSE, now=NOW, per_page=7, token=page.next_token)
        found.extend(page.events)
    return [(event.sequence, event.key, event.event) for event in found]


def test_the_same_questions_give_equal_answers_on_both(
    shared: Path, sqlite_engine: Engine, postgresql_engine: Engine
) -> None:
    outcomes = load(sqlite_engine, shared)
    assert load(postgresql_engine, shared) == outcomes
    asked = questions(sqlite_engine)
    assert questions(postgresql_engine) == asked
    answered = 0
    with Reading(sqlite_engine) as one, Reading(postgresql_engine) as two:
        history = list(occurrences(one))
        assert list(occurrences(two)) == history
        assert len(history) >= LEAST_EVENTS
        for question in asked:
            answers = answer(one, question)
            assert answer(two, question) == answers, question
            answered += bool(answers)
        keys = list(one.connection.execute(select(ObjectRow.key).order_by(ObjectRow.id)).scalars())
        assert list(two.connection.execute(select(ObjectRow.key).order_by(ObjectRow.id)).scalars()) == keys
        for key in keys:
            assert events_naming(one, key, viewer=HOUSE) == events_naming(two, key, viewer=HOUSE)
            assert find(one, key[-5:], viewer=HOUSE) == find(two, key[-5:], viewer=HOUSE)
        assert attributes(one, keys) == attributes(two, keys)
    assert len(asked) > 500
    assert answered > 200


def test_the_corpus_sent_again_is_all_duplicates(shared: Path, sqlite_engine: Engine) -> None:
    first = load(sqlite_engine, shared)
    again = load(sqlite_engine, shared)
    assert [captured for _, captured, _, _ in again if captured > 0] == []
    for (name, captured, duplicates, conflicts), (_, _, repeated, contradicted) in zip(
        first, again, strict=True
    ):
        if captured >= 0:
            assert (repeated, contradicted) == (captured + duplicates + conflicts, 0), name


def test_what_is_given_back_is_what_was_sent(shared: Path, sqlite_engine: Engine) -> None:
    """Events read back digest to the same occurrence and the same evidence as when they were captured."""
    compared = 0
    for number, (path, media_type) in enumerate(documents(shared)):
        try:
            job = capture(sqlite_engine, path.read_bytes(), media_type, party=f"party {number}", now=NOW)
        except ValidationError:
            continue
        with Reading(sqlite_engine) as reading:
            stored = dict(occurrences(reading, after=job.evidence[0].sequence - 1 if job.evidence else 0))
        for evidence in job.evidence:
            assert stored[evidence.sequence] == evidence.occurrence, path.name
            compared += 1
    assert compared >= LEAST_EVENTS
