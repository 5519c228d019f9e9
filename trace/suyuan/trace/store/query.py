"""Event queries: parameters to one statement, pages by key rather than by offset.

A page continues after (time, sequence) of the one before, so that it costs the same however far one reads,
and events that arrive meanwhile neither repeat nor hide others.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select, tuple_, type_coerce, union_all

from suyuan.trace.store.columns import Id, instant, microseconds
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.history import STORED, Recorded, recorded
from suyuan.trace.store.objects import IN_CHUNK
from suyuan.trace.store.parameters import (
    EventQuery,
    QueryParameterWrong,
    QueryTooLarge,
    Value,
    parse_query,
)
from suyuan.trace.store.patterns import Range, named
from suyuan.trace.store.record_tables import ConcernedRow, ConcernRow
from suyuan.trace.store.sight import (
    NO_PURPOSE,
    Purpose,
    Reach,
    Viewer,
    in_sight,
    reach_of,
    visible_events,
)
from suyuan.trace.store.tables import EvidenceRow, IncidenceRow, ObjectRow, Role

__all__ = ["EventQuery", "Page", "QueryParameterWrong", "QueryTooLarge", "events", "parse_query"]

TOKEN_LIFETIME = timedelta(days=1)
_END = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the answer; ``next_token`` leads to more, until ``token_expires``."""

    events: tuple[Recorded, ...]
    next_token: str | None = None
    token_expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a page ended: the order's time and sequence of its last event, and how many were given so far."""

    time: int
    sequence: int
    given: int


def events(
    reading: Reading,
    query: EventQuery,
    *,
    viewer: Viewer,
    purpose: Purpose = NO_PURPOSE,
    now: datetime,
    per_page: int | None = None,
    token: str | None = None,
) -> Page:
    """One page of what the viewer sees of the events that match.

    Those in conflict with an earlier one are included: they were captured.

    Raises:
        QueryTooLarge: more than ``maxEventCount`` match (told on the first page).
        QueryParameterWrong: the token is not of this query, or has expired.
    """
    place = None if token is None else _place(token, query, now)
    size = per_page or query.per_page
    if query.event_count_limit is not None:
        size = min(size, query.event_count_limit - (place.given if place else 0))
    sight = _Sight(viewer, purpose)
    if place is None and query.max_event_count is not None:
        _check_count(reading, query, sight)
    if size < 1:
        return Page(())
    rows = _rows(reading, query, sight, place, size + 1)
    found = tuple(recorded(row) for row in rows[:size])
    given = (place.given if place else 0) + len(found)
    if len(rows) <= size or given == query.event_count_limit:
        return Page(found)
    time = rows[size - 1].event_time if query.order == "eventTime" else rows[size - 1].record_time
    expires = now + TOKEN_LIFETIME
    last = _Place(microseconds(time), rows[size - 1].sequence, given)
    return Page(found, _token(query, last, expires), expires)


@dataclass(frozen=True, slots=True)
class _Sight:
    viewer: Viewer
    purpose: Purpose


def statement(
    query: EventQuery, after: _Place | None, limit: int, *, viewer: Viewer, purpose: Purpose = NO_PURPOSE
) -> Select[int, str, str, datetime, str, bytes, datetime, Any]:
    """The SQL of one page, walking evidence and each row looked up: for who sees all, or names things."""
    time, order = _order(query)
    where = [*_where(query), visible_events(viewer, purpose), *_beyond(query, time, after)]
    return STORED.where(*where).order_by(*order).limit(limit)


def _rows(
    reading: Reading, query: EventQuery, sight: _Sight, after: _Place | None, limit: int
) -> Sequence[Row[int, str, str, datetime, str, bytes, datetime, Any]]:
    """One page.

    What happened at a place is found by walking ``concern`` by the place in time order. Of a company or an
    authority with few places the newest events are found by walking it by each of its keys, at most
    ``limit`` steps each, however many events of others there are.
    """
    walked = _walked(reading, query, sight, after, limit)
    if walked is None:
        chosen = statement(query, after, limit, viewer=sight.viewer, purpose=sight.purpose)
        return reading.connection.execute(chosen).all()
    if not walked:
        return ()
    # Put in order here: asked for it, SQLite would rather read all evidence by time than these by number.
    found = {
        row.sequence: row
        for row in reading.connection.execute(STORED.where(EvidenceRow.sequence.in_(walked)))
    }
    return [found[sequence] for sequence in walked]


def _walked(
    reading: Reading, query: EventQuery, sight: _Sight, after: _Place | None, limit: int
) -> list[int] | None:
    """Sequence numbers of the page, or None where walking ``concern`` is not the way."""
    if _is_selective(query):
        return None
    at_places = _places_asked(query)
    if at_places:
        chosen = select(ConcernedRow.id).where(ConcernedRow.key.in_(at_places))
    elif _in_part(sight.viewer):
        chosen = in_sight(sight.viewer)
    else:
        return None
    ids = reading.connection.execute(chosen.limit(_MOST_WALKS + 1)).scalars().all()
    if len(ids) > _MOST_WALKS:
        return None
    time = ConcernRow.event_time if query.order == "eventTime" else ConcernRow.record_time
    way = (time.desc(), ConcernRow.sequence.desc()) if query.descending else (time, ConcernRow.sequence)
    base = select(time, ConcernRow.sequence).where(*_beyond(query, time, after, ConcernRow.sequence))
    if query.conditions:
        base = base.join(EvidenceRow, EvidenceRow.sequence == ConcernRow.sequence).where(*_where(query))
    if at_places:
        base = base.where(visible_events(sight.viewer, sight.purpose))
    found: set[tuple[datetime, int]] = set()
    for start in range(0, len(ids), _WALKS_AT_ONCE):
        parts = [
            base.where(ConcernRow.concerned_id == number).order_by(*way).limit(limit).subquery()
            for number in ids[start : start + _WALKS_AT_ONCE]
        ]
        rows = reading.connection.execute(union_all(*(select(part) for part in parts)))
        found.update((row[0], row[1]) for row in rows)
    return [sequence for _, sequence in sorted(found, reverse=query.descending)[:limit]]


def _places_asked(query: EventQuery) -> Sequence[Value]:
    """Places that all events asked for are at; none where a time is asked for as well: that is an index."""
    told = dict(query.conditions)
    if not _TIMES.isdisjoint(told):
        return ()
    return next((told[name] for name in ("EQ_bizLocation", "EQ_readPoint") if name in told), ())


_TIMES = frozenset(f"{bound}_{time}" for bound in ("GE", "LT") for time in ("eventTime", "recordTime"))
_MOST_WALKS = 500
_WALKS_AT_ONCE = 100  # terms of one compound statement; SQLite takes 500


def _in_part(viewer: Viewer) -> bool:
    return reach_of(viewer) in (Reach.PARTY, Reach.COMPETENCE)


def _is_selective(query: EventQuery) -> bool:
    return any(name.startswith("MATCH_") or name in _BY_NAME for name, _ in query.conditions)


_BY_NAME = ("EQ_eventID", "EQ_transformationID")


def _order(query: EventQuery) -> tuple[Any, tuple[ColumnElement[Any], ColumnElement[Any]]]:
    time = EvidenceRow.event_time if query.order == "eventTime" else EvidenceRow.record_time
    if query.descending:
        return time, (time.desc(), EvidenceRow.sequence.desc())
    return time, (time.asc(), EvidenceRow.sequence.asc())


def _beyond(
    query: EventQuery, time: Any, after: _Place | None, sequence: Any = EvidenceRow.sequence
) -> list[ColumnElement[bool]]:
    """What comes after the page before."""
    if after is None:
        return []
    place = tuple_(type_coerce(time, Id), sequence)
    mark = tuple_(after.time, after.sequence)
    return [place < mark if query.descending else place > mark]


def _where(query: EventQuery) -> list[ColumnElement[bool]]:
    return [_CLAUSES[name](values) for name, values in query.conditions]


def _check_count(reading: Reading, query: EventQuery, sight: _Sight) -> None:
    """Counts one row beyond the limit at most."""
    most = query.max_event_count or 0
    counted = select(EvidenceRow.sequence).where(*_where(query))
    if _in_part(sight.viewer) and not _is_selective(query):
        concerned = ConcernRow.concerned_id.in_(in_sight(sight.viewer))
        counted = counted.join(ConcernRow, ConcernRow.sequence == EvidenceRow.sequence).where(concerned)
    else:
        counted = counted.where(visible_events(sight.viewer, sight.purpose))
    some = counted.distinct().limit(most + 1).subquery()
    if (reading.connection.execute(select(func.count()).select_from(some)).scalar() or 0) > most:
        raise QueryTooLarge(
            "More than {most} events match",
            where="maxEventCount",
            most=most,
            remedy="Ask for a shorter time, or use eventCountLimit to get the first of them.",
        )


def _equal(column: Any) -> Callable[[Sequence[Value]], ColumnElement[bool]]:
    def clause(values: Sequence[Value]) -> ColumnElement[bool]:
        found: ColumnElement[bool] = column.in_(values)
        return found

    return clause


def _from(column: Any) -> Callable[[Sequence[Value]], ColumnElement[bool]]:
    return lambda values: column >= instant(int(values[0]))


def _before(column: Any) -> Callable[[Sequence[Value]], ColumnElement[bool]]:
    return lambda values: column < instant(int(values[0]))


def _declared(values: Sequence[Value]) -> ColumnElement[bool]:
    column = EvidenceRow.declaration_time
    return column.is_not(None) if values[0] else column.is_(None)


def _naming(roles: Sequence[Role], *, classes: bool) -> Callable[[Sequence[Value]], ColumnElement[bool]]:
    """Events that name a value in one of the roles: from the object's index to the evidence's key."""

    def clause(values: Sequence[Value]) -> ColumnElement[bool]:
        keys: list[str] = []
        ranges: list[Range] = []
        for value in values:
            meant = named(str(value), classes=classes)
            keys.extend(meant.keys)
            ranges.extend(meant.ranges)
        either: list[ColumnElement[bool]] = [
            ObjectRow.key.in_(keys[at : at + IN_CHUNK]) for at in range(0, len(keys), IN_CHUNK)
        ]
        either.extend(_within(part) for part in ranges)
        mentions = select(IncidenceRow.sequence).join(ObjectRow, ObjectRow.id == IncidenceRow.object_id)
        among = [int(role) for role in roles]
        return EvidenceRow.sequence.in_(
            mentions.where(or_(*either), IncidenceRow.role.in_(among), IncidenceRow.is_class == classes)
        )

    return clause


def _within(part: Range) -> ColumnElement[bool]:
    inside = and_(ObjectRow.key > part.prefix, ObjectRow.key < part.prefix + _END)
    return and_(inside, ObjectRow.key.contains(part.holding, autoescape=True)) if part.holding else inside


_ANY = (Role.EPC, Role.PARENT, Role.CHILD, Role.INPUT, Role.OUTPUT)
_WHAT = (Role.EPC, Role.CHILD)

_CLAUSES: dict[str, Callable[[Sequence[Value]], ColumnElement[bool]]] = {
    "eventType": _equal(EvidenceRow.type),
    "GE_eventTime": _from(EvidenceRow.event_time),
    "LT_eventTime": _before(EvidenceRow.event_time),
    "GE_recordTime": _from(EvidenceRow.record_time),
    "LT_recordTime": _before(EvidenceRow.record_time),
    "EQ_action": _equal(EvidenceRow.action),
    "EQ_bizStep": _equal(EvidenceRow.biz_step),
    "EQ_disposition": _equal(EvidenceRow.disposition),
    "EQ_readPoint": _equal(EvidenceRow.read_point),
    "EQ_bizLocation": _equal(EvidenceRow.biz_location),
    "EQ_eventID": _equal(EvidenceRow.event_id),
    "EQ_transformationID": _equal(EvidenceRow.transformation_id),
    "EXISTS_errorDeclaration": _declared,
    "GE_errorDeclarationTime": _from(EvidenceRow.declaration_time),
    "LT_errorDeclarationTime": _before(EvidenceRow.declaration_time),
    "MATCH_epc": _naming(_WHAT, classes=False),
    "MATCH_parentID": _naming((Role.PARENT,), classes=False),
    "MATCH_inputEPC": _naming((Role.INPUT,), classes=False),
    "MATCH_outputEPC": _naming((Role.OUTPUT,), classes=False),
    "MATCH_anyEPC": _naming(_ANY, classes=False),
    "MATCH_epcClass": _naming(_WHAT, classes=True),
    "MATCH_inputEPCClass": _naming((Role.INPUT,), classes=True),
    "MATCH_outputEPCClass": _naming((Role.OUTPUT,), classes=True),
    "MATCH_anyEPCClass": _naming(_ANY, classes=True),
}


def _token(query: EventQuery, place: _Place, expires: datetime) -> str:
    parts = [query.digest, place.time, place.sequence, place.given, microseconds(expires)]
    return base64.urlsafe_b64encode(orjson.dumps(parts)).decode().rstrip("=")


def _place(token: str, query: EventQuery, now: datetime) -> _Place:
    """Where the page before ended. The token holds nothing secret: a forged one only begins elsewhere."""
    try:
        parts = orjson.loads(base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True))
        digest, time, sequence, given, expires = parts
        numbers = [time, sequence, given, expires]
        if not all(type(n) is int and 0 <= abs(n) < 2**63 for n in numbers):
            raise ValueError(numbers)  # noqa: TRY301 (one answer to all that is no token)
    except (ValueError, TypeError, binascii.Error) as error:
        raise QueryParameterWrong(
            "This is not a page token", where="nextPageToken", remedy="Begin at the first page."
        ) from error
    if digest != query.digest:
        raise QueryParameterWrong(
            "The page token belongs to another query",
            where="nextPageToken",
            remedy="Begin at the first page.",
        )
    if expires <= microseconds(now):
        raise QueryParameterWrong(
            "The page token has expired", where="nextPageToken", remedy="Begin at the first page."
        )
    return _Place(time, sequence, max(given, 0))
