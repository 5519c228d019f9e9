"""What the store keeps of stations' numbers: what is missing, since when, and two stations under one name."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.event import listens_for

from suyuan.readers.station.delivery import document
from suyuan.trace.store import station_numbers
from suyuan.trace.store.capture import capture
from suyuan.trace.store.engine import Reading, Writing, open_engine
from suyuan.trace.store.jobs import CaptureJob
from suyuan.trace.store.migrate import migrate, migrate_to
from suyuan.trace.store.station_numbers import LATE, REPEATED_FOR, Standing, stations

OTHER = "https://id.gs1.org/417/9521234000020"
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


def after(number: int, before: int, **more: Any) -> bytes:
    more["suyuan:sequenceAfter"] = before
    return event(number, **more)


def test_the_first_numbers_are_missed_too_whoever_else_has_a_station_of_that_name(engine: Engine) -> None:
    sent(engine, [event(4)])
    sent(engine, [event(1, of="another's")], party=OTHER)
    assert missing(standing(engine)) == [(1, 3)]


def test_a_station_that_worked_for_another_party_meanwhile_says_after_which_number(engine: Engine) -> None:
    sent(engine, [event(1), event(2), event(3)])
    sent(engine, [after(4, 0), event(5), event(6)], party=OTHER)
    sent(engine, [event(8), after(7, 3)])
    for party, highest in ((PARTY, 8), (OTHER, 6)):
        found = standing(engine, party=party)
        assert (found.highest, found.missing, found.repeated) == (highest, (), None)


def test_what_lies_before_the_number_that_a_record_comes_after_is_missed(engine: Engine) -> None:
    sent(engine, [event(1), after(9, 5)])
    assert missing(standing(engine)) == [(2, 5)]


@pytest.mark.parametrize("before", [-1, 9, 10, 1.5, "x", None, 2**53, {"a": 0}])
def test_a_number_before_that_cannot_be_counts_for_nothing(engine: Engine, before: object) -> None:
    more: dict[str, Any] = {"suyuan:sequenceAfter": before}
    sent(engine, [event(9, **more)])
    assert missing(standing(engine)) == [(1, 8)]


def test_what_is_missed_is_missed_since_the_gap_was_seen_though_some_of_it_came(engine: Engine) -> None:
    sent(engine, [event(1), event(20)])
    sent(engine, [event(15)], minutes=120)
    sent(engine, [event(14)], minutes=121)
    assert [(run.first, run.last, run.since) for run in standing(engine).missing] == [
        (2, 13, NOON),
        (16, 19, NOON),
    ]


def test_a_low_and_a_high_number_leave_alone_what_lies_between(sqlite_engine: Engine) -> None:
    sent(sqlite_engine, [event(number, of=f"n{number}") for number in range(2, 200, 2)])
    written: list[str] = []

    @listens_for(sqlite_engine, "before_cursor_execute")
    def note(_c: object, _cursor: object, statement: str, *_more: object) -> None:
        if "station_run" in statement and not statement.startswith("SELECT"):
            written.append(statement[:6])

    sent(sqlite_engine, [event(1), event(1000)])
    assert sorted(written) == ["DELETE", "INSERT", "INSERT"]
    found = standing(sqlite_engine)
    assert found.highest == 1000
    assert missing(found)[0] == (3, 3)
    assert len(found.missing) == 99


def test_stations_are_told_by_one_query_and_one_for_each_that_misses_something(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(sqlite_engine, [event(1, of=f"s{n}", station=f"s{n}") for n in range(9)])
    sent(sqlite_engine, [event(3, of="gap", station="s1")])
    asked: list[str] = []

    @listens_for(sqlite_engine, "before_cursor_execute")
    def note(_c: object, _cursor: object, statement: str, *_more: object) -> None:
        if "station_run" in statement:
            asked.append(statement)

    with Reading(sqlite_engine) as reading:
        found = stations(reading)
        assert (len(found), len(asked)) == (9, 2)
        assert [one.name for one in found if one.missing] == ["s1"]
        monkeypatch.setattr(station_numbers, "MOST_TOLD", 4)
        assert [one.name for one in stations(reading)] == ["s0", "s1", "s2", "s3"]


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
