"""What the store keeps of stations' numbers: what is missing, since when, and two stations under one name."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine, text

from suyuan.readers.station.delivery import document
from suyuan.trace.store.capture import capture
from suyuan.trace.store.engine import Reading, Writing, open_engine
from suyuan.trace.store.jobs import CaptureJob
from suyuan.trace.store.migrate import migrate, migrate_to
from suyuan.trace.store.station_numbers import LATE, REPEATED_FOR, Standing, stations

PARTY = "https://id.gs1.org/417/9521234000013"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def event(number: object, *, of: str = "", station: str = "dock", **more: Any) -> bytes:
    body = {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "eventID": f"urn:uuid:{of or number}",
        "eventTime": NOON.isoformat(),
        "eventTimeZoneOffset": "+08:00",
        "epcList": ["https://id.gs1.org/01/09521234000013/21/1"],
        "suyuan:station": station,
        "suyuan:sequence": number,
    }
    return orjson.dumps({**body, **more})


def sent(engine: Engine, events: Sequence[bytes], *, minutes: float = 0, party: str = PARTY) -> CaptureJob:
    now = NOON + timedelta(minutes=minutes)
    job = capture(engine, document(events, now), "application/json", party=party, now=now)
    assert job.success, job.errors
    return job


def standing(engine: Engine, name: str = "dock", party: str = PARTY) -> Standing:
    with Reading(engine) as reading:
        (found,) = [one for one in stations(reading) if (one.party, one.name) == (party, name)]
    return found


def missing(found: Standing) -> list[tuple[int, int]]:
    return [(run.first, run.last) for run in found.missing]


def test_what_is_missing_is_seen_with_the_moment_since_when_and_goes_when_it_comes(engine: Engine) -> None:
    sent(engine, [event(1), event(2)])
    assert not standing(engine).missing
    sent(engine, [event(5), event(9)], minutes=1)
    found = standing(engine)
    assert (found.highest, missing(found)) == (9, [(3, 4), (6, 8)])
    assert {run.since for run in found.missing} == {NOON + timedelta(minutes=1)}
    assert not found.overdue(NOON + timedelta(minutes=1) + LATE)
    assert found.overdue(NOON + timedelta(minutes=1, microseconds=1) + LATE)
    sent(engine, [event(3)], minutes=2)
    assert missing(standing(engine)) == [(4, 4), (6, 8)]
    sent(engine, [event(8), event(7), event(6), event(4)], minutes=3)
    found = standing(engine)
    assert (found.highest, found.missing, found.heard) == (9, (), NOON + timedelta(minutes=3))


def test_the_first_numbers_are_missed_too_unless_the_station_sent_them_for_another_party(
    engine: Engine,
) -> None:
    sent(engine, [event(4)])
    assert missing(standing(engine)) == [(1, 3)]
    other = "https://id.gs1.org/417/9521234000020"
    sent(engine, [event(5)], party=other)
    assert not standing(engine, party=other).missing


def test_a_repeated_delivery_is_none_of_two_stations(engine: Engine) -> None:
    for _ in range(3):
        assert not sent(engine, [event(1), event(2)]).repeated
    assert standing(engine).repeated is None


def test_two_stations_under_one_name_are_told_and_both_are_kept(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    sent(engine, [event(1), event(2)])
    job = sent(engine, [event(2, of="another's"), event(3)], minutes=1)
    assert (job.captured, job.conflicts, job.repeated) == (2, 0, (("dock", 2),))
    assert "Number 2 of station dock" in caplog.text
    found = standing(engine)
    assert (found.repeated, found.repeated_number) == (NOON + timedelta(minutes=1), 2)
    assert sent(engine, [event(4)], minutes=30).repeated == (("dock", 2),)  # the other one is told too
    later = 1 + REPEATED_FOR.total_seconds() / 60
    assert not sent(engine, [event(5)], minutes=later).repeated


def test_the_declaration_of_an_error_has_a_number_of_its_own(engine: Engine) -> None:
    sent(engine, [event(1), event(2)])
    declared = {"declarationTime": NOON.isoformat(), "reason": "did_not_occur", "suyuan:sequence": 3}
    assert not sent(engine, [event(1, errorDeclaration=declared)]).repeated
    assert (standing(engine).highest, standing(engine).missing) == (3, ())


@pytest.mark.parametrize("number", [0, -1, 1.5, "x", True, 2**53, 1e300, [], {"a": 1}, None, "9" * 39])
def test_what_is_no_number_is_kept_and_counts_for_nothing(engine: Engine, number: object) -> None:
    assert sent(engine, [event(number, of="odd")]).captured == 1
    with Reading(engine) as reading:
        assert not stations(reading)


def test_many_stations_in_one_document_are_bounded(engine: Engine) -> None:
    events = [event(1, of=f"s{n}", station=f"s{n}") for n in range(80)]
    assert sent(engine, events).captured == 80
    with Reading(engine) as reading:
        assert len(stations(reading)) == 64


def test_in_whatever_order_and_portions_numbers_come(engine: Engine) -> None:
    chance = random.Random(20261122)
    numbers = chance.sample(range(1, 200), 120)
    left = list(numbers)
    while left:
        some, left = left[: (cut := chance.randint(1, 9))], left[cut:]
        assert not sent(engine, [event(number) for number in some]).repeated
    found = standing(engine)
    there = set(range(1, max(numbers) + 1))
    for first, last in missing(found):
        there -= set(range(first, last + 1))
    assert there == set(numbers)


def test_what_is_stored_already_is_counted_when_the_store_is_brought_up_to_date(
    sqlite_engine: Engine, empty_database: str
) -> None:
    new = sqlite_engine
    declared = {"declarationTime": NOON.isoformat(), "reason": "did_not_occur", "suyuan:sequence": 7}
    sent(new, [event(1), event(2), event(5), event("6"), event(2, of="again")])
    sent(new, [event(1, errorDeclaration=declared)], minutes=1)
    with Reading(new) as reading:
        rows = {
            table: reading.connection.execute(text(f"SELECT * FROM {table}")).mappings().all()  # noqa: S608
            for table in ("document", "context", "evidence", "event_path", "event_field")
        }
    old = open_engine(empty_database)
    migrate_to(old, "0008")
    with Writing(old) as writing:
        for table, kept in rows.items():
            columns = [str(name) for name in kept[0]]
            places = ", ".join(f":{name}" for name in columns)
            insert = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})"  # noqa: S608
            writing.connection.execute(text(insert), [dict(row) for row in kept])
    migrate(old)
    found, counted = standing(old), standing(new)
    assert (found.highest, missing(found), found.heard) == (counted.highest, [(3, 4)], counted.heard)
    assert not sent(old, [event(3), event(4), event(8)], minutes=2).repeated
    assert (standing(old).highest, standing(old).missing) == (8, ())
    old.dispose()
