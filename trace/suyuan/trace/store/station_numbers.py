"""Which numbers of each station came: so a record that is on its way for long, or lost, is seen here too.

A station numbers its records without gaps (``suyuan:sequence``), in the commit that makes them durable. Here
stands which came, as runs. A number that comes again with another record tells that two machines work under
one name; the records of both are kept.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, true, update

from suyuan.trace.store.engine import Reading
from suyuan.trace.store.event_rows import EventRows
from suyuan.trace.store.station_tables import StationRow, StationRunRow

LATE = timedelta(seconds=60)
"""After which a number that did not come is told as missing: until then it may be under way."""
REPEATED_FOR = timedelta(hours=1)
"""For which a station is told that another sends under its name, after that was seen last."""
MOST_STATIONS = 64
"""That one document is expected to tell of; the numbers of more are not kept."""
MOST_MISSING = 100
"""Ranges told of one station."""
EVERY: ColumnElement[bool] = true()
_log = logging.getLogger(__name__)

_STATION = "event https://ns.suyuan.example#station"
_NUMBER = "event https://ns.suyuan.example#sequence"
_DECLARED = "errorDeclaration https://ns.suyuan.example#sequence"
_MOST = 2.0**53
_LONGEST = 200  # characters of a station's name


@dataclass(frozen=True, slots=True)
class Run:
    """The numbers ``first`` to ``last``; ``since`` is when they came, or when they were first missed."""

    first: int
    last: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """What came of one station. ``missing`` are those between others, at most ``MOST_MISSING`` ranges.

    ``heard`` is the record time of its newest record, ``repeated`` when a number came last that another
    record had.
    """

    party: str
    name: str
    highest: int
    heard: datetime
    missing: tuple[Run, ...] = ()
    repeated: datetime | None = None
    repeated_number: int | None = None

    def overdue(self, now: datetime) -> bool:
        """Whether a number has been missing for longer than ``LATE``."""
        return any(now - run.since > LATE for run in self.missing)


def store_numbers(
    connection: Connection, party: str, new: Sequence[EventRows], at: datetime
) -> Mapping[str, int]:
    """Note the numbers of events that were just stored for ``party``.

    Returns the stations under whose name, here or within ``REPEATED_FOR``, a number came twice, with it.
    A few statements for each station; as a rule there is one.
    """
    came: dict[str, list[int]] = {}
    for rows in new:
        told = _numbered(rows)
        if told is not None and (told[0] in came or len(came) < MOST_STATIONS):
            came.setdefault(told[0], []).append(told[1])
    repeated: dict[str, int] = {}
    for name, numbers in came.items():
        again = _merge(connection, party, name, sorted(numbers), at)
        if (told_again := _note(connection, party, name, at, again)) is not None:
            repeated[name] = told_again
    return repeated


def _numbered(rows: EventRows) -> tuple[str, int] | None:
    """The station and its number for this record; an error declaration has one of its own within itself."""
    wanted = _DECLARED if rows.is_declaration else _NUMBER
    name, number = "", 0.0
    for told in rows.fields:
        if told.field == _STATION:
            name = told.text
        elif told.field == wanted and told.number is not None:
            number = told.number
    right = 1 <= number < _MOST and number == int(number) and 0 < len(name) <= _LONGEST
    return (name, int(number)) if right else None


def _merge(connection: Connection, party: str, name: str, numbers: Sequence[int], at: datetime) -> int | None:
    """Add ``numbers``, ascending, to the runs of a station; the first that was there already, or None."""
    here = (StationRunRow.party == party, StationRunRow.station == name)
    touching = (StationRunRow.first <= numbers[-1] + 1, StationRunRow.last >= numbers[0] - 1)
    found = connection.execute(
        select(StationRunRow.first, StationRunRow.last, StationRunRow.since)
        .where(*here, *touching)
        .order_by(StationRunRow.first)
    )
    known = [Run(*row) for row in found]
    again = _first_of_both(known, numbers)
    merged = _joined([*known, *(Run(number, number, at) for number in numbers)])
    if len(known) == 1 and len(merged) == 1 and merged[0].first == known[0].first:
        if merged[0].last > known[0].last:  # the rule: the next ones came
            connection.execute(
                update(StationRunRow)
                .where(*here, StationRunRow.first == known[0].first)
                .values(last=merged[0].last)
            )
        return again
    connection.execute(delete(StationRunRow).where(*here, *touching))
    rows = [
        {"party": party, "station": name, "first": run.first, "last": run.last, "since": run.since}
        for run in merged
    ]
    connection.execute(insert(StationRunRow), rows)
    return again


def _first_of_both(known: Sequence[Run], numbers: Sequence[int]) -> int | None:
    """The first number that came before, or comes twice now; linear in both."""
    runs = iter(known)
    run = next(runs, None)
    before = 0
    for number in numbers:
        while run is not None and run.last < number:
            run = next(runs, None)
        if number == before or (run is not None and run.first <= number):
            return number
        before = number
    return None


def _joined(runs: Iterable[Run]) -> list[Run]:
    """Runs that touch as one, which came when the earliest of them did."""
    joined: list[Run] = []
    for run in sorted(runs, key=lambda one: one.first):
        if joined and run.first <= joined[-1].last + 1:
            before = joined.pop()
            run = Run(before.first, max(before.last, run.last), min(before.since, run.since))  # noqa: PLW2901
        joined.append(run)
    return joined


def _note(connection: Connection, party: str, name: str, at: datetime, again: int | None) -> int | None:
    """Write down that a station was heard; the number that came twice of late, or None."""
    if again is not None:
        _log.warning(
            "Number %d of station %s of %s came with two records: two machines work under one name, or one "
            "began its numbers anew",
            again,
            name,
            party,
        )
    here = (StationRow.party == party, StationRow.name == name)
    row = connection.execute(select(StationRow.repeated, StationRow.repeated_number).where(*here)).first()
    values = {"heard": at} if again is None else {"heard": at, "repeated": at, "repeated_number": again}
    if row is None:
        connection.execute(insert(StationRow), {"party": party, "name": name, **values})
        return again
    connection.execute(update(StationRow).where(*here).values(**values))
    if again is not None:
        return again
    return row.repeated_number if row.repeated is not None and at - row.repeated < REPEATED_FOR else None


def stations(reading: Reading, where: ColumnElement[bool] = EVERY) -> Sequence[Standing]:
    """What came of each station that ``where`` (over ``StationRow``) leaves in, by party and name."""
    told = select(
        StationRow.party, StationRow.name, StationRow.heard, StationRow.repeated, StationRow.repeated_number
    )
    rows = reading.connection.execute(told.where(where).order_by(StationRow.party, StationRow.name))
    return [_standing(reading.connection, *row) for row in rows]


def _standing(
    connection: Connection,
    party: str,
    name: str,
    heard: datetime,
    repeated: datetime | None,
    repeated_number: int | None,
) -> Standing:
    here = (StationRunRow.party == party, StationRunRow.station == name)
    found = connection.execute(
        select(StationRunRow.first, StationRunRow.last, StationRunRow.since)
        .where(*here)
        .order_by(StationRunRow.first)
        .limit(MOST_MISSING + 1)
    )
    runs = [Run(*row) for row in found]
    highest = connection.execute(select(func.max(StationRunRow.last)).where(*here)).scalar() or 0
    missing = [Run(before.last + 1, after.first - 1, after.since) for before, after in pairwise(runs)]
    if runs and runs[0].first > 1 and not _begun_for_another(connection, party, name):
        missing.insert(0, Run(1, runs[0].first - 1, runs[0].since))
    return Standing(party, name, highest, heard, tuple(missing[:MOST_MISSING]), repeated, repeated_number)


def _begun_for_another(connection: Connection, party: str, name: str) -> bool:
    """Whether a station of this name sent for another party: its numbers go on when it changes hands."""
    others = select(StationRow.name).where(StationRow.name == name, StationRow.party != party).limit(1)
    return connection.execute(others).first() is not None
