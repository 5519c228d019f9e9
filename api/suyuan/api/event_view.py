"""Events as one viewer sees them: what is asked of them and found, and what an origin keeps to itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from suyuan.api.around import Around
from suyuan.api.elsewhere import is_bounded, lies_elsewhere
from suyuan.api.events_shown import event_row, place_of
from suyuan.api.glimpse import Glimpse, tells_no_more
from suyuan.api.own_cases import OwnCases
from suyuan.api.records import LiveRecords
from suyuan.portal.services import EventRow
from suyuan.trace.epcis.build import event_from_body
from suyuan.trace.errors import NotFound
from suyuan.trace.gs1 import IdentifierError, canonical_key
from suyuan.trace.lineage.digest import NAMESPACE
from suyuan.trace.store import query
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.history import (
    Recorded,
    events_by_key,
    events_naming,
    events_of,
    evidence_in_sight,
)
from suyuan.trace.store.named_queries import narrowed_by
from suyuan.trace.store.sight import HOUSE, NO_PURPOSE, Purpose, Reach, Viewer, reach_of
from suyuan.trace.store.subscriptions import Due, due_events


class EventView:
    """The events that one viewer sees, for the time of one request; see :class:`suyuan.api.view.View`."""

    def __init__(
        self, house: Around, records: LiveRecords, viewer: Viewer, *, glimpse: Glimpse, cases: OwnCases
    ) -> None:
        self._house = house
        self._records = records
        self._viewer = viewer
        self._reach = reach_of(viewer)
        self._glimpse = glimpse
        self._cases = cases

    def page(
        self,
        params: Sequence[tuple[str, str]],
        *,
        among: tuple[str, str] | None = None,
        prefixes: Mapping[str, str] | None = None,
        most_bytes: int | None = None,
    ) -> query.Page:
        """One page of a SimpleEventQuery given as URL parameters; ``among`` is one more that must be met.

        Where it names one thing that was given to the viewer, its origin is among the answers. ``prefixes``
        are those of extension fields that the request declares. A page of more than ``most_bytes`` is refused
        before it is read.
        """
        token, asked = _token_of(params)
        parsed = query.parse_query(asked, prefixes=prefixes)
        if among is not None:
            parsed = query.narrowed(parsed, among[0], [among[1]])
        return self._page(parsed, token, most_bytes)

    def page_of_query(
        self,
        stored: Mapping[str, Any],
        params: Sequence[tuple[str, str]],
        *,
        prefixes: Mapping[str, str] | None = None,
        most_bytes: int | None = None,
    ) -> query.Page:
        """One page of a named query, narrowed by URL parameters; these rule order and number if told."""
        token, more = _token_of(params)
        return self._page(narrowed_by(stored, more, prefixes=prefixes), token, most_bytes)

    def _page(self, asked: query.EventQuery, token: str | None, most_bytes: int | None) -> query.Page:
        purpose = self._purpose(asked)
        with Reading(self._house.engine) as reading:
            page = query.events(
                reading,
                asked,
                viewer=self._viewer,
                purpose=purpose,
                now=self._house.now(),
                token=token,
                most_bytes=most_bytes,
            )
        return replace(page, events=tuple(self._shown(page.events, purpose)))

    def due(
        self, stored: Mapping[str, Any], due: Due, most: int, *, params: Mapping[str, Any] | None = None
    ) -> tuple[Sequence[Recorded], int]:
        """The next events of a standing query, in the order of capture, and up to which sequence that is all.

        What the query says of order and number does not apply; ``params`` must be met beside it.
        """
        asked = replace(
            narrowed_by(stored, list((params or {}).items())),
            order_by=None,
            event_count_limit=None,
            max_event_count=None,
        )
        purpose = self._purpose(asked)
        with Reading(self._house.engine) as reading:
            found, through = due_events(reading, asked, due, most, viewer=self._viewer, purpose=purpose)
        return self._shown(found, purpose), through

    def with_id(self, event_id: str) -> Sequence[Recorded]:
        """The event of this eventID and the declarations that correct it, or ``NotFound``."""
        with Reading(self._house.engine) as reading:
            told = events_of(reading, event_id, viewer=self._viewer)
            hidden = () if told or self._reach is Reach.ALL else events_of(reading, event_id, viewer=HOUSE)
        found = [one for one in told or self._let_in(hidden) if one.status == "accepted"]
        if not found:
            if is_bounded(self._viewer):
                raise lies_elsewhere(self._house, self._viewer, place_of(hidden[0]) if hidden else None)
            raise NotFound("There is no event {id}", where="eventID", id=event_id)
        return found

    def body(self, evidence: str) -> Mapping[str, Any]:
        """The body of one event as stored; of an origin, what the viewer may know of it."""
        with Reading(self._house.engine) as reading:
            seen = evidence_in_sight(reading, [evidence], self._viewer)
            stored = list(events_by_key(reading, [evidence]).values())
        found = stored if seen else self._let_in(stored)
        if not found:
            if is_bounded(self._viewer):
                raise lies_elsewhere(self._house, self._viewer, place_of(stored[0]) if stored else None)
            raise NotFound("There is no evidence {key}", where="evidence", key=evidence)
        body: Mapping[str, Any] = found[0].event.body
        return body

    def naming(self, key: str, limit: int = 200) -> Sequence[EventRow]:
        """The newest events in sight that name a key, its origin among them if it was given to the viewer."""
        names = self._records.aliases().spellings(key)
        purpose = (
            self._origins(names) if self._reach is Reach.PARTY else self._cases.purpose([key], "events of")
        )
        with Reading(self._house.engine) as reading:
            told = [
                one
                for name in names
                for one in events_naming(reading, name, limit, viewer=self._viewer, purpose=purpose)
            ]
        found = (
            sorted(told, key=lambda one: one.event.event_time, reverse=True)[:limit] if names[1:] else told
        )
        places = self._house.labels([place for place in map(place_of, found) if place])
        return [event_row(stored, places) for stored in self._shown(found, purpose)]

    def _purpose(self, asked: query.EventQuery) -> Purpose:
        """The origin of the one thing that is asked for, if it was given to a company."""
        if not tells_no_more(asked):
            return NO_PURPOSE
        return self._origins([str(one.values[0]) for one in asked.conditions if one.comparison == "MATCH"])

    def _origins(self, names: Sequence[str]) -> Purpose:
        """The origins of those things that were given to a company."""
        if self._reach is not Reach.PARTY:
            return NO_PURPOSE
        keys = {key for name in names if (key := key_in(name))}
        return Purpose(frozenset(one for key in keys for one in self._glimpse.origin(key)))

    def _shown(self, found: Sequence[Recorded], purpose: Purpose) -> Sequence[Recorded]:
        """Events as this viewer may read them: those that a company sees only as an origin are redacted."""
        asked = [one.key for one in found if one.key in purpose.evidence]
        if self._reach is not Reach.PARTY or not asked:
            return found
        with Reading(self._house.engine) as reading:
            hidden = purpose.evidence - evidence_in_sight(reading, asked, self._viewer).keys()
        return [self._redacted(one) if one.key in hidden else one for one in found]

    def _let_in(self, hidden: Sequence[Recorded]) -> Sequence[Recorded]:
        """Of events out of sight those that are seen all the same: origins, and what a case opens."""
        if self._reach is Reach.PARTY:
            return [self._redacted(one) for one in hidden if self._glimpse.is_origin(one.event)]
        return [one for one in hidden if self._cases.purpose([one.key], "evidence").keys]

    def _redacted(self, stored: Recorded) -> Recorded:
        body = self._glimpse.redacted(stored.event)
        told = event_from_body(body, (*stored.event.context, {"suyuan": NAMESPACE}))
        return replace(stored, event=replace(told, record_time=stored.event.record_time))


def _token_of(params: Sequence[tuple[str, str]]) -> tuple[str | None, list[tuple[str, str]]]:
    """The page token among the parameters of an address, and the others."""
    tokens = [value for name, value in params if name == "nextPageToken"]
    if len(tokens) > 1:
        raise query.QueryParameterWrong(
            "The parameter {name} is given twice",
            where="nextPageToken",
            remedy="Begin at the first page.",
            name="nextPageToken",
        )
    return next(iter(tokens), None), [pair for pair in params if pair[0] != "nextPageToken"]


def key_in(text: str) -> str:
    """The canonical key that a text spells; nothing where it spells none."""
    try:
        return canonical_key(text.strip())
    except IdentifierError:
        return ""
