"""Which numbers of each station came: so a record that is on its way for long, or lost, is seen here too.

A station numbers its records without gaps (``suyuan:sequence``), in the commit that makes them durable. Here
stands which came, as runs. Where it worked for another party in between, the next record says after which
number of its own party it comes (``suyuan:sequenceAfter``): those between are not missed. A number that comes
again with another record tells that two machines work under one name; the records of both are kept.
"""

from __future__ import annotations

import logging
from bisect import bisect_right
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
MOST_TOLD = 500
"""Stations told at once."""
MOST_MISSING = 100
"""Ranges told of one station."""
EVERY: ColumnElement[bool] = true()
_log = logging.getLogger(__name__)

_STATION = "event https://ns.suyuan.example#station"
_NUMBER = "https://ns.suyuan.example#sequence"
_AFTER = "https://ns.suyuan.example#sequenceAfter"
_MOST = 2.0**53
_LONGEST = 200  # characters of a station's name


@dataclass(frozen=True, slots=True)
class Run:
    """The numbers ``first`` to ``last``; ``since`` is since when they, or those just below, are missed."""

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
    A few statements for each stretch of a station's numbers; as a rule there is one.
    """
    came: dict[str, list[_Numbered]] = {}
    for rows in new:
        told = _numbered(rows)
        if told is not None and (told.station in came or len(came) < MOST_STATIONS):
            came.setdefault(told.station, []).append(told)
    repeated: dict[str, int] = {}
    for name, records in came.items():
        again = _merge_all(connection, party, name, sorted(records, key=lambda one: one.number), at)
        if (told_again := _note(connection, party, name, at, again)) is not None:
            repeated[name] = told_again
    return repeated


@dataclass(frozen=True, slots=True)
class _Numbered:
    """The number of a record; of those of its party it comes right after ``after``, which is below it."""

    station: str
    number: int
    after: int


def _numbered(rows: EventRows) -> _Numbered | None:
    """What a record says of its number; an error declaration has one of its own within itself."""
    kind = "errorDeclaration" if rows.is_declaration else "event"
    name, number, after = "", 0.0, None
    for told in rows.fields:
        if told.field == _STATION:
            name = told.text
        elif told.field == f"{kind} {_NUMBER}" and told.number is not None:
            number = told.number
        elif told.field == f"{kind} {_AFTER}":
            after = told.number
    if not (1 <= number < _MOST and number == int(number) and 0 < len(name) <= _LONGEST):
        return None
    right = after is not None and 0 <= after < number and after == int(after)
    return _Numbered(name, int(number), int(after) if right and after is not None else int(number) - 1)


def _merge_all(
    connection: Connection, party: str, name: str, records: Sequence[_Numbered], at: datetime
) -> int | None:
    """Add ``records``, ascending, to the runs of a station; the first that was there already, or None.

    Some statements for each stretch without a gap, however many runs lie between them.
    """
    stretches = _joined(Run(one.after + 1, one.number, at) for one in records)
    numbers = [one.number for one in records]
    again: int | None = None
    place = 0
    for stretch in stretches:
        end = bisect_right(numbers, stretch.last, place)
        found = _merge(connection, party, name, stretch, numbers[place:end])
        again, place = (found if again is None else again), end
    return again


def _merge(connection: Connection, party: str, name: str, new: Run, numbers: Sequence[int]) -> int | None:
    """Add the run ``new``; the first of ``numbers``, which lie in it, that was there already, or None."""
    here = (StationRunRow.party == party, StationRunRow.station == name)
    below = select(func.max(StationRunRow.first)).where(*here, StationRunRow.first <= new.first)
    above = select(func.min(StationRunRow.first)).where(*here, StationRunRow.first > new.last + 1)
    rows = connection.execute(
        select(StationRunRow.first, StationRunRow.last, StationRunRow.since)
        .where(*here)
        .where(StationRunRow.first >= func.coalesce(below.scalar_subquery(), new.first))
        .where(StationRunRow.first <= func.coalesce(above.scalar_subquery(), new.last + 1))
        .order_by(StationRunRow.first)
    )
    near = [Run(*row) for row in rows if row.last >= new.first - 1]
    known = [run for run in near if run.first <= new.last + 1]
    again = _first_of_both(known, numbers)
    last = max([new.last, *(run.last for run in known)])
    grows = bool(known) and known[0].first <= new.first
    if gone := known[1:] if grows else known:
        within = StationRunRow.first.between(gone[0].first, gone[-1].first)
        connection.execute(delete(StationRunRow).where(*here, within))
    if grows:  # the rule: the next ones came
        if last > known[0].last:
            of_it = (*here, StationRunRow.first == known[0].first)
            connection.execute(update(StationRunRow).where(*of_it).values(last=last))
        return again
    # The numbers just below it are missed for as long as those between were.
    since = min([new.since, *(run.since for run in near)])
    row = {"party": party, "station": name, "first": new.first, "last": last, "since": since}
    connection.execute(insert(StationRunRow), row)
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
    """What came of each station that ``where`` (over ``StationRow``) leaves in, by party and name.

    The first ``MOST_TOLD`` of them. One query, and one more for each of which a number is missing.
    """
    runs = (
        select(StationRunRow.last)
        .where(StationRunRow.party == StationRow.party, StationRunRow.station == StationRow.name)
        .limit(1)
    )
    told = select(
        StationRow.party,
        StationRow.name,
        func.coalesce(runs.order_by(StationRunRow.first.desc()).scalar_subquery(), 0),
        StationRow.heard,
        StationRow.repeated,
        StationRow.repeated_number,
        func.coalesce(runs.where(StationRunRow.first == 1).scalar_subquery(), 0),
    )
    rows = reading.connection.execute(
        told.where(where).order_by(StationRow.party, StationRow.name).limit(MOST_TOLD)
    ).all()
    return [
        Standing(
            party,
            name,
            highest,
            heard,
            () if whole_to == highest else _missing(reading.connection, party, name),
            repeated,
            number,
        )
        for party, name, highest, heard, repeated, number, whole_to in rows
    ]


def _missing(connection: Connection, party: str, name: str) -> tuple[Run, ...]:
    """The numbers between those that came, and before the first, at most ``MOST_MISSING`` ranges."""
    found = connection.execute(
        select(StationRunRow.first, StationRunRow.last, StationRunRow.since)
        .where(StationRunRow.party == party, StationRunRow.station == name)
        .order_by(StationRunRow.first)
        .limit(MOST_MISSING + 1)
    )
    runs = [Run(*row) for row in found]
    missing = [Run(before.last + 1, after.first - 1, after.since) for before, after in pairwise(runs)]
    if runs and runs[0].first > 1:
        missing.insert(0, Run(1, runs[0].first - 1, runs[0].since))
    return tuple(missing[:MOST_MISSING])
