"""A page of events found by walking indexes in time order, where no condition names few events.

What happened at a place is walked by the place, and what a company or an authority sees by each of its keys:
at most a page's length of steps each, however many events of others there are. Whoever has many keys sees
much, so that its page is likely to be among the first events that anybody sees: these are looked at before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select, tuple_, type_coerce, union_all

from suyuan.trace.store.columns import Id
from suyuan.trace.store.conditions import clause, of_time
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.parameters import Condition, EventQuery, Value
from suyuan.trace.store.record_tables import ConcernedRow, ConcernRow, PassedRow
from suyuan.trace.store.sight import Purpose, Reach, Viewer, in_sight, reach_of, visible_events
from suyuan.trace.store.tables import EvidenceRow

MOST_WALKS = 500
WALKS_AT_ONCE = 100  # terms of one compound statement; SQLite takes 500
MOST_VALUES = 20_000  # of one statement; SQLite takes 32,766
FEW_KEYS = 10
GLANCES = (300, 3_000)
"""How many of the first events are looked at for somebody with more than a few keys, and then again."""

Mark = tuple[int, int]
"""Where a page ended: microseconds of the order's time, and the sequence number."""


@dataclass(frozen=True, slots=True)
class Sight:
    """Who asks, why, and which conditions many events meet (:func:`.settled.often_met`)."""

    viewer: Viewer
    purpose: Purpose
    often: Collection[Condition] = ()


def walk(
    reading: Reading, query: EventQuery, sight: Sight, after: Mark | None, limit: int
) -> list[int] | None:
    """Sequence numbers of the page in order, or None where walking is not the way."""
    at_places = _places_asked(query)
    if not at_places and not sees_a_part(sight.viewer):
        return None
    chosen = (
        select(ConcernedRow.id).where(ConcernedRow.key.in_(at_places))
        if at_places
        else in_sight(sight.viewer)
    )
    ids = reading.connection.execute(chosen.limit(MOST_WALKS + 1)).scalars().all()
    if len(ids) > MOST_WALKS or _values(query) * min(len(ids), WALKS_AT_ONCE) > MOST_VALUES:
        return None  # more keys than were looked up, or more values than a statement takes
    if at_places and not sight.purpose.evidence and _never_met(reading, sight.viewer, ids):
        return []
    many = len(ids) > FEW_KEYS and not at_places
    if many and (found := _among_first(reading, query, sight, after, limit, ids)) is not None:
        return found
    return _by_key(reading, query, sight, after, limit, ids, check=bool(at_places))


def sees_a_part(viewer: Viewer) -> bool:
    """Whether keys tell what the viewer sees."""
    return reach_of(viewer) in (Reach.PARTY, Reach.COMPETENCE)


def _never_met(reading: Reading, viewer: Viewer, places: Sequence[int]) -> bool:
    """Whether no event can concern both a place and a company that asks for it.

    ``passed`` says who told of whom: so whoever told of both is known without a look at events, of which a
    place may have tens of thousands.
    """
    if reach_of(viewer) is not Reach.PARTY:
        return False
    own = reading.connection.execute(in_sight(viewer).limit(MOST_WALKS + 1)).scalars().all()
    if len(own) > MOST_WALKS or not set(own).isdisjoint(places):
        return False
    told_of_places, told_of_own = ({*some, *_tellers(reading, some)} for some in (places, own))
    return told_of_places.isdisjoint(told_of_own)


def _tellers(reading: Reading, ids: Sequence[int]) -> set[int]:
    told = select(PassedRow.by_id).where(PassedRow.concerned_id.in_(ids), PassedRow.key == "")
    return set(reading.connection.execute(told).scalars())


def beyond(query: EventQuery, time: Any, sequence: Any, after: Mark | None) -> list[ColumnElement[bool]]:
    """What comes after the page before."""
    if after is None:
        return []
    place, mark = tuple_(type_coerce(time, Id), sequence), tuple_(*after)
    return [place < mark if query.descending else place > mark]


def order_of(query: EventQuery, row: Any) -> tuple[Any, tuple[ColumnElement[Any], ColumnElement[Any]]]:
    """The time that a query is ordered by, in ``row``, and the way of the order."""
    time = row.event_time if query.order == "eventTime" else row.record_time
    if query.descending:
        return time, (time.desc(), row.sequence.desc())
    return time, (time.asc(), row.sequence.asc())


def _among_first(
    reading: Reading, query: EventQuery, sight: Sight, after: Mark | None, limit: int, ids: Sequence[int]
) -> list[int] | None:
    """The page, if the first events that anybody sees hold it; None if they do not."""
    when, what = _times_and_rest(query, sight, EvidenceRow)
    time, way = order_of(query, EvidenceRow)
    steps = [one for one in query.conditions if one.field == "bizStep" and one.comparison == "EQ"]
    if query.order == "eventTime" and len(steps) == 1 and len(steps[0].values) == 1:
        when.append(clause(steps[0]))  # the index of steps has their events in this order
    ordered = select(time.label("time"), EvidenceRow.sequence).where(
        *when, *beyond(query, time, EvidenceRow.sequence, after)
    )
    concerned = ConcernRow.concerned_id + 0  # see visible_events
    for glance in GLANCES:
        first = ordered.order_by(*way).limit(glance).subquery()
        ours = exists().where(ConcernRow.sequence == first.c.sequence, concerned.in_(ids))
        seen = select(first.c.time, first.c.sequence).where(ours.correlate(first))
        if what:
            seen = seen.join(EvidenceRow, EvidenceRow.sequence == first.c.sequence).where(*what)
        found = {(row.time, row.sequence) for row in reading.connection.execute(seen)}
        if len(found) >= limit:
            return _first(query, found, limit)
        if (reading.connection.execute(select(func.count()).select_from(first)).scalar() or 0) < glance:
            return _first(query, found, limit)  # there are no more
    return None


def _by_key(
    reading: Reading,
    query: EventQuery,
    sight: Sight,
    after: Mark | None,
    limit: int,
    ids: Sequence[int],
    *,
    check: bool,
) -> list[int]:
    """The page from ``limit`` steps by each of ``ids``; ``check``: what the viewer sees is another matter."""
    when, what = _times_and_rest(query, sight, ConcernRow)
    time, way = order_of(query, ConcernRow)
    base = select(time.label("time"), ConcernRow.sequence).where(
        *when, *beyond(query, time, ConcernRow.sequence, after)
    )
    if what or check:
        base = base.join(EvidenceRow, EvidenceRow.sequence == ConcernRow.sequence).where(*what)
    if check:
        base = base.where(visible_events(sight.viewer, sight.purpose))
    found: set[tuple[datetime, int]] = set()
    for start in range(0, len(ids), WALKS_AT_ONCE):
        parts: list[Select[Any]] = [
            select(base.where(ConcernRow.concerned_id == number).order_by(*way).limit(limit).subquery())
            for number in ids[start : start + WALKS_AT_ONCE]
        ]
        rows = reading.connection.execute(union_all(*parts))
        found.update((row.time, row.sequence) for row in rows)
    return _first(query, found, limit)


def _first(query: EventQuery, found: Iterable[tuple[datetime, int]], limit: int) -> list[int]:
    return [sequence for _, sequence in sorted(found, reverse=query.descending)[:limit]]


def _times_and_rest(
    query: EventQuery, sight: Sight, row: Any
) -> tuple[list[ColumnElement[bool]], list[ColumnElement[bool]]]:
    """The times asked for, which ``row`` keeps beside its key, and every other condition upon evidence."""
    when = [bound for one in query.conditions if (bound := of_time(one, row)) is not None]
    what = [clause(one, sight.often) for one in query.conditions if of_time(one, row) is None]
    return when, what


def _values(query: EventQuery) -> int:
    return sum(len(one.values) for one in query.conditions)


def _places_asked(query: EventQuery) -> Sequence[Value]:
    """Places that all events asked for are at."""
    told = {one.field: one.values for one in reversed(query.conditions) if one.comparison == "EQ"}
    return next((told[field] for field in ("bizLocation", "readPoint") if field in told), ())
