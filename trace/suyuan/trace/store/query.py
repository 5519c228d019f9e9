"""Event queries: parameters to one statement, pages by key rather than by offset.

A page continues after (time, sequence) of the one before, so that it costs the same however far one reads,
and events that arrive meanwhile repeat no other. One whose eventTime lies before the page is not met any
more. recordTime is taken in the transaction that stores a document, and never lies before that of an earlier
one: whoever reads on in its order, or asks again from the last one seen, misses nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    case,
    func,
    literal,
    select,
    tuple_,
)

from suyuan.trace.store import page_tokens
from suyuan.trace.store.columns import microseconds
from suyuan.trace.store.conditions import SELECTIVE, clause, declared, is_of_field
from suyuan.trace.store.engine import QueryTooComplex, Reading
from suyuan.trace.store.field_tables import EventFieldRow
from suyuan.trace.store.history import STORED, STORED_BYTES, Recorded, recorded
from suyuan.trace.store.parameters import (
    Condition,
    EventQuery,
    QueryParameterWrong,
    QueryTooLarge,
    narrowed,
    parse_query,
)
from suyuan.trace.store.record_tables import ConcernRow
from suyuan.trace.store.settled import often_met, settle
from suyuan.trace.store.sight import (
    NO_PURPOSE,
    Purpose,
    Viewer,
    in_sight,
    visible_events,
)
from suyuan.trace.store.tables import EvidenceRow
from suyuan.trace.store.walking import Mark, Sight, beyond, order_of, sees_a_part, walk

__all__ = [
    "EventQuery",
    "Page",
    "PageTooLarge",
    "QueryParameterWrong",
    "QueryTooComplex",
    "QueryTooLarge",
    "events",
    "narrowed",
    "parse_query",
]


class PageTooLarge(QueryTooLarge):
    """The events of a page have more bytes than were asked for at most."""


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

    @property
    def mark(self) -> Mark:
        """Where the next page begins."""
        return self.time, self.sequence


def events(
    reading: Reading,
    query: EventQuery,
    *,
    viewer: Viewer,
    purpose: Purpose = NO_PURPOSE,
    now: datetime,
    per_page: int | None = None,
    token: str | None = None,
    most_bytes: int | None = None,
) -> Page:
    """One page of what the viewer sees of the events that match.

    Those in conflict with an earlier one are included: they were captured.

    Raises:
        QueryTooLarge: more than ``maxEventCount`` match (told on the first page).
        PageTooLarge: the page has more than ``most_bytes``; they are measured before any is read.
        QueryTooComplex: master data make far too much of a condition.
        QueryParameterWrong: the token is not of this query, or has expired; or a prefix is unknown.
    """
    place = None if token is None else _place(token, query, now)
    digest = query.digest
    query = settle(reading, query, viewer)
    size = per_page or query.per_page
    if query.event_count_limit is not None:
        size = min(size, query.event_count_limit - (place.given if place else 0))
    sight = Sight(viewer, purpose, often_met(reading, query))
    if place is None and query.max_event_count is not None:
        _check_count(reading, query, sight)
    if size < 1:
        return Page(())
    rows = _rows(reading, query, sight, place, size + 1, most_bytes)
    found = tuple(recorded(row) for row in rows[:size])
    given = (place.given if place else 0) + len(found)
    if len(rows) <= size or given == query.event_count_limit:
        return Page(found)
    time = rows[size - 1].event_time if query.order == "eventTime" else rows[size - 1].record_time
    last = (microseconds(time), rows[size - 1].sequence, given)
    return Page(found, *page_tokens.leading_on(digest, last, now))


def statement(
    query: EventQuery,
    after: _Place | None,
    limit: int,
    *,
    viewer: Viewer,
    purpose: Purpose = NO_PURPOSE,
    often: Collection[Condition] = (),
    in_range: bool = False,
) -> Select[int, str, str, datetime, str, bytes, datetime, Any]:
    """The SQL of one page, walking evidence and each row looked up: for who sees all, or names things.

    The query is settled, and ordered by a time. ``in_range`` as for :func:`.conditions.clause`.
    """
    time, order = order_of(query, EvidenceRow)
    later = beyond(query, time, EvidenceRow.sequence, None if after is None else after.mark)
    conditions = (clause(one, often, in_range=in_range) for one in query.conditions)
    where = [*conditions, visible_events(viewer, purpose), *later]
    return STORED.where(*where).order_by(*order).limit(limit)


def _by_field(
    reading: Reading,
    query: EventQuery,
    sight: Sight,
    after: _Place | None,
    limit: int,
    most_bytes: int | None,
) -> Sequence[Row[int, str, str, datetime, str, bytes, datetime, Any]]:
    """One page in the order of an extension field; events that lack it come last, in order of capture.

    Of an event with several values the one that comes first counts. Numbers come before text. All values of
    the field are gathered: O(events that have it), for each page.
    """
    valued = _first_values(query).subquery()
    place = tuple(valued.c)
    seen = visible_events(sight.viewer, sight.purpose)
    where = [*_where(query, sight.often), seen]
    found: list[Row[int, str, str, datetime, str, bytes, datetime, Any]] = []
    # The token names an event, not its value; one that is out of sight must not tell by where it begins.
    here = valued.c.sequence == EvidenceRow.sequence
    mark = None
    if after is not None:
        marked = select(*place).join(EvidenceRow, here).where(EvidenceRow.sequence == after.sequence, seen)
        mark = reading.connection.execute(marked).first()
    if after is None or mark is not None:
        chosen = STORED.join(valued, here).where(*where)
        if mark is not None:
            left, right = tuple_(*place), tuple_(*mark)
            chosen = chosen.where(left < right if query.descending else left > right)
        way = [part.desc() if query.descending else part.asc() for part in place]
        found.extend(_read(reading, chosen.order_by(*way).limit(limit), most_bytes))
    if len(found) < limit:
        lacking = EvidenceRow.sequence.not_in(select(valued.c.sequence))
        chosen = STORED.where(*where, lacking)
        if after is not None and mark is None:
            chosen = chosen.where(EvidenceRow.sequence > after.sequence)
        rest = chosen.order_by(EvidenceRow.sequence).limit(limit - len(found))
        found.extend(_read(reading, rest, most_bytes))
    return found


def _first_values(query: EventQuery) -> Select[Any, Any, Any, int]:
    """Of each event with a value of the field: whether the first is text, the number, the text, sequence."""
    by_it = Condition(
        "orderBy", query.order, "EXISTS", (True,), prefix=query.order_prefix, spaces=query.order_spaces
    )
    word = case((EventFieldRow.number.is_(None), EventFieldRow.text))
    first: Any = func.max if query.descending else func.min
    number, text = first(EventFieldRow.number), first(word)
    is_text = text.is_not(None) if query.descending else number.is_(None)
    return (
        select(
            case((is_text, 1), else_=0).label("is_text"),
            case((is_text, literal(0.0)), else_=number).label("number"),
            case((is_text, text), else_="").label("text"),
            EventFieldRow.sequence,
        )
        .where(declared(by_it), EventFieldRow.text != "")
        .group_by(EventFieldRow.sequence)
    )


def _rows(
    reading: Reading,
    query: EventQuery,
    sight: Sight,
    after: _Place | None,
    limit: int,
    most_bytes: int | None,
) -> Sequence[Row[int, str, str, datetime, str, bytes, datetime, Any]]:
    """One page: walked where that is the way (:mod:`.walking`), else what the statement finds."""
    if query.order not in ("eventTime", "recordTime"):
        return _by_field(reading, query, sight, after, limit, most_bytes)
    selective = _is_selective(query, sight.often)
    walked = None if selective else walk(reading, query, sight, None if after is None else after.mark, limit)
    if walked is None:
        chosen = statement(query, after, limit, viewer=sight.viewer, purpose=sight.purpose, often=sight.often)
        return _read(reading, chosen, most_bytes)
    if not walked:
        return ()
    # Put in order here: asked for it, SQLite would rather read all evidence by time than these by number.
    here = STORED.where(EvidenceRow.sequence.in_(walked))
    found = {row.sequence: row for row in _read(reading, here, most_bytes)}
    return [found[sequence] for sequence in walked]


def _read(
    reading: Reading,
    chosen: Select[int, str, str, datetime, str, bytes, datetime, Any],
    most_bytes: int | None,
) -> Sequence[Row[int, str, str, datetime, str, bytes, datetime, Any]]:
    if most_bytes is not None:
        sized = chosen.with_only_columns(STORED_BYTES.label("size")).subquery()
        if (reading.connection.execute(select(func.sum(sized.c.size))).scalar() or 0) > most_bytes:
            raise PageTooLarge("A page has more than {most} bytes", where="perPage", most=most_bytes)
    return reading.connection.execute(chosen).all()


def _is_selective(query: EventQuery, often: Collection[Condition]) -> bool:
    """Whether a condition names so few events that these are looked up first."""
    return any(
        one.comparison == "MATCH" or one.field in SELECTIVE or (is_of_field(one) and one not in often)
        for one in query.conditions
    )


def _where(query: EventQuery, often: Collection[Condition]) -> list[ColumnElement[bool]]:
    return [clause(one, often) for one in query.conditions]


def _check_count(reading: Reading, query: EventQuery, sight: Sight) -> None:
    """Counts one row beyond the limit at most."""
    most = query.max_event_count or 0
    counted = select(EvidenceRow.sequence).where(*_where(query, sight.often))
    if sees_a_part(sight.viewer) and not _is_selective(query, sight.often):
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


def _place(token: str, query: EventQuery, now: datetime) -> _Place:
    """Where the page before ended."""
    time, sequence, given = page_tokens.place_in(token, query.digest, (int, int, int), now)
    return _Place(time, sequence, max(given, 0))
