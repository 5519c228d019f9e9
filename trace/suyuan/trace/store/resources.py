"""The top-level resources of EPCIS: which types, steps, dispositions, places and EPCs a viewer's events name.

Source: EPCIS 2.0 §12 (REST bindings). Of event types, business steps and dispositions the standard's own
words are everybody's; any other value is a member only where an event in sight says it. A list must not
betray a competitor's place.

Values are few and change seldom, events are many: what a sight has shown is remembered, and only events that
came since are looked at again. EPCs are many: a page of them is a walk, of all objects by their number for
who sees all, else of the events in sight in the order in which they came.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, tuple_, type_coerce, union_all
from sqlalchemy.orm import aliased

from suyuan.trace.epcis.cbv import BIZ_STEP, DISPOSITION
from suyuan.trace.epcis.event import EVENT_TYPES
from suyuan.trace.store import page_tokens
from suyuan.trace.store.columns import Id, microseconds
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.objects import IN_CHUNK
from suyuan.trace.store.record_tables import ConcernRow
from suyuan.trace.store.sight import Reach, Viewer, in_sight, reach_of, visible_events
from suyuan.trace.store.tables import EvidenceRow, IncidenceRow, ObjectRow

Field = Literal["eventTypes", "bizSteps", "dispositions", "bizLocations", "readPoints"]

STANDARD: dict[Field, frozenset[str]] = {
    "eventTypes": frozenset(EVENT_TYPES),
    "bizSteps": BIZ_STEP.words,
    "dispositions": DISPOSITION.words,
}
_COLUMNS: dict[Field, Any] = {
    "eventTypes": EvidenceRow.type,
    "bizSteps": EvidenceRow.biz_step,
    "dispositions": EvidenceRow.disposition,
    "bizLocations": EvidenceRow.biz_location,
    "readPoints": EvidenceRow.read_point,
}
_SIGHTS_KEPT = 256
_FEW = 5000  # events that came since: beyond, walking the sight is cheaper than looking at each
_EVENTS_AT_ONCE = 50
_EVENTS_PER_PAGE = 500
_FEW_KEYS = 10
_GLANCES = (300, 3000)


@dataclass(frozen=True, slots=True)
class Members:
    """Some members of a collection; ``next_token`` leads to more, until ``token_expires``.

    A page may be shorter than asked for, even empty, and still lead on.
    """

    members: tuple[str, ...]
    next_token: str | None = None
    token_expires: datetime | None = None


class ValuesInSight:
    """What has been found of each field for each sight, up to which event. Safe to use from several threads.

    A sight is the set of places and parties whose events are seen, so two viewers of one party share it, and
    a change of the register makes another. Evidence is append-only: what was found once, stays.
    """

    def __init__(self) -> None:
        self._found: OrderedDict[tuple[Field, frozenset[int] | None], tuple[int, tuple[str, ...]]] = (
            OrderedDict()
        )
        self._lock = Lock()

    def values(self, reading: Reading, field: Field, viewer: Viewer) -> tuple[str, ...]:
        """The values of a field in sight, with the standard's own words, sorted by code point.

        Linear in the events in sight when asked first, in those that came since afterwards.
        """
        ids = _sight(reading, viewer)
        if ids is not None and not ids:
            return tuple(sorted(STANDARD.get(field, ())))
        with self._lock:
            upto, known = self._found.get((field, ids), (0, ()))
        newest = reading.connection.execute(select(func.max(EvidenceRow.sequence))).scalar() or 0
        if newest > upto:
            new = reading.connection.execute(_distinct(field, viewer, upto, newest)).scalars()
            known = tuple(sorted({*known, *new, *STANDARD.get(field, ())}))
        with self._lock:
            self._found[field, ids] = (newest, known)
            self._found.move_to_end((field, ids))
            while len(self._found) > _SIGHTS_KEPT:
                self._found.popitem(last=False)
        return known or tuple(sorted(STANDARD.get(field, ())))

    def page(
        self,
        reading: Reading,
        field: Field,
        viewer: Viewer,
        *,
        now: datetime,
        per_page: int,
        token: str | None = None,
    ) -> Members:
        """One page of :meth:`values`.

        Raises:
            QueryParameterWrong: the token is none of this list, or has expired.
        """
        found = self.values(reading, field, viewer)
        start = 0
        if token is not None:
            (last,) = page_tokens.place_in(token, field, (str,), now)
            start = bisect_right(found, last)
        some = found[start : start + per_page]
        if start + per_page >= len(found):
            return Members(some)
        return _leading_on(some, field, (some[-1],), now)


def epcs(
    reading: Reading, viewer: Viewer, *, now: datetime, per_page: int, token: str | None = None
) -> Members:
    """One page of the EPCs of instances that events in sight name, each once, by its canonical key.

    Raises:
        QueryParameterWrong: the token is none of this list, or has expired.
    """
    if reach_of(viewer) is Reach.NOTHING:
        return Members(())
    if reach_of(viewer) is Reach.ALL:
        return _all_epcs(reading, now, per_page, token)
    return _epcs_in_sight(reading, viewer, now, per_page, token)


def _sight(reading: Reading, viewer: Viewer) -> frozenset[int] | None:
    """Whose events a viewer sees; None for all."""
    match reach_of(viewer):
        case Reach.ALL:
            return None
        case Reach.NOTHING:
            return frozenset()
        case _:
            return frozenset(reading.connection.execute(in_sight(viewer)).scalars())


def _distinct(field: Field, viewer: Viewer, upto: int, newest: int) -> Select[Any]:
    """The values of events after ``upto`` that are not the standard's."""
    column, standard = _COLUMNS[field], STANDARD.get(field)
    found = select(column).distinct().where(column.not_in(standard) if standard else column.is_not(None))
    if upto:
        found = found.where(EvidenceRow.sequence > upto)
    if reach_of(viewer) is Reach.ALL or newest - upto <= _FEW:
        return found.where(visible_events(viewer))
    concerned = ConcernRow.concerned_id.in_(in_sight(viewer))
    return found.join(ConcernRow, ConcernRow.sequence == EvidenceRow.sequence).where(concerned)


def _all_epcs(reading: Reading, now: datetime, per_page: int, token: str | None) -> Members:
    named = exists().where(IncidenceRow.object_id == ObjectRow.id, IncidenceRow.is_class.is_(False))
    found = select(ObjectRow.id, ObjectRow.key).where(named.correlate(ObjectRow)).order_by(ObjectRow.id)
    if token is not None:
        (last,) = page_tokens.place_in(token, "all epcs", (int,), now)
        found = found.where(ObjectRow.id > last)
    rows = reading.connection.execute(found.limit(per_page + 1)).all()
    members = tuple(row.key for row in rows[:per_page])
    if len(rows) <= per_page:
        return Members(members)
    return _leading_on(members, "all epcs", (rows[per_page - 1].id,), now)


def _epcs_in_sight(
    reading: Reading, viewer: Viewer, now: datetime, per_page: int, token: str | None
) -> Members:
    """Events in sight in the order of record, and of each the EPCs that no earlier one of them named.

    A page looks at a limited number of events: one that says much about few things must not take long.
    """
    place = (0, 0, -1) if token is None else page_tokens.place_in(token, "epcs", (int, int, int), now)
    ids = reading.connection.execute(in_sight(viewer)).scalars().all()
    concerned = ConcernRow.concerned_id + 0  # see visible_events
    ours = concerned.in_(ids if len(ids) <= IN_CHUNK else in_sight(viewer))
    members: list[str] = []
    for _ in range(0, _EVENTS_PER_PAGE, _EVENTS_AT_ONCE):
        walked = _walked(reading, ids, ours, place)
        for time, sequence, position, key in _first_named(reading, ours, walked, place):
            if len(members) == per_page:
                return _leading_on(tuple(members), "epcs", place, now)
            members.append(key)
            place = (time, sequence, position)
        if len(walked) < _EVENTS_AT_ONCE:
            return Members(tuple(members))
        place = (*walked[-1], _LAST_POSITION)
    return _leading_on(tuple(members), "epcs", place, now)


_LAST_POSITION = 2**31
_WALKS_AT_ONCE = 100  # terms of one compound statement; SQLite takes 500


def _walked(
    reading: Reading, ids: Sequence[int], ours: ColumnElement[bool], place: tuple[int, int, int]
) -> list[tuple[int, int]]:
    """Record time and sequence of the next events in sight, that of ``place`` among them.

    Whoever has many keys sees much: then they are likely to be among the next that anybody sees.
    """
    if len(ids) > _FEW_KEYS and (near := _near(reading, ours, place)) is not None:
        return near
    time = ConcernRow.record_time
    behind = tuple_(type_coerce(time, Id), ConcernRow.sequence) >= tuple_(*place[:2])
    base = select(time, ConcernRow.sequence).where(behind)
    found: set[tuple[int, int]] = set()
    for start in range(0, len(ids), _WALKS_AT_ONCE):
        parts = [
            base.where(ConcernRow.concerned_id == number)
            .order_by(time, ConcernRow.sequence)
            .limit(_EVENTS_AT_ONCE)
            .subquery()
            for number in ids[start : start + _WALKS_AT_ONCE]
        ]
        either = union_all(*(select(part) for part in parts)).subquery()
        first = select(either).distinct().order_by(*either.c).limit(_EVENTS_AT_ONCE)
        found.update((microseconds(row[0]), row[1]) for row in reading.connection.execute(first))
    return sorted(found)[:_EVENTS_AT_ONCE]


def _near(
    reading: Reading, ours: ColumnElement[bool], place: tuple[int, int, int]
) -> list[tuple[int, int]] | None:
    """The next events in sight, if they are among the next of all; else None."""
    time, sequence = EvidenceRow.record_time, EvidenceRow.sequence
    behind = tuple_(type_coerce(time, Id), sequence) >= tuple_(*place[:2])
    for glance in _GLANCES:
        some = select(time, sequence).where(behind).order_by(time, sequence).limit(glance).subquery()
        seen = exists().where(ConcernRow.sequence == some.c.sequence, ours)
        found = select(some).where(seen.correlate(some)).order_by(*some.c).limit(_EVENTS_AT_ONCE)
        rows = [(microseconds(row[0]), row[1]) for row in reading.connection.execute(found)]
        if len(rows) == _EVENTS_AT_ONCE:
            return rows
        if (reading.connection.execute(select(func.count()).select_from(some)).scalar() or 0) < glance:
            return rows  # there are no more
    return None


def _first_named(
    reading: Reading,
    ours: ColumnElement[bool],
    walked: Sequence[tuple[int, int]],
    place: tuple[int, int, int],
) -> list[tuple[int, int, int, str]]:
    """What these events name first of all in sight, behind ``place``."""
    if not walked:
        return []
    times = {sequence: time for time, sequence in walked}
    earlier, their, here = aliased(IncidenceRow), aliased(EvidenceRow), aliased(EvidenceRow)
    before = or_(
        and_(earlier.sequence == IncidenceRow.sequence, earlier.position < IncidenceRow.position),
        tuple_(their.record_time, their.sequence) < tuple_(here.record_time, here.sequence),
    )
    seen = exists().where(ConcernRow.sequence == their.sequence, ours)
    named_before = exists().where(
        earlier.object_id == IncidenceRow.object_id,
        earlier.is_class.is_(False),
        their.sequence == earlier.sequence,
        before,
        seen.correlate(their),
    )
    found = (
        select(IncidenceRow.sequence, IncidenceRow.position, ObjectRow.key)
        .join(ObjectRow, ObjectRow.id == IncidenceRow.object_id)
        .join(here, here.sequence == IncidenceRow.sequence)
        .where(
            IncidenceRow.sequence.in_(list(times)),
            IncidenceRow.is_class.is_(False),
            ~named_before.correlate(IncidenceRow, here),
        )
    )
    rows = reading.connection.execute(found)
    named = sorted((times[row.sequence], row.sequence, row.position, row.key) for row in rows)
    return [one for one in named if one[:3] > place]


def _leading_on(members: tuple[str, ...], of: str, place: Sequence[int | str], now: datetime) -> Members:
    return Members(members, *page_tokens.leading_on(of, place, now))
