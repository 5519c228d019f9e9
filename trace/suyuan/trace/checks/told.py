"""What checks need to know of an event: what lineage knows of it, and a little more.

:class:`Told` is the one value that checks read; histories come as a stream of them in the order of positions
(law of tracing §1.4), without what was declared wrong (:func:`in_order`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from itertools import groupby
from typing import Any, NamedTuple, cast

from suyuan.trace.epcis.event import Event
from suyuan.trace.gs1 import IdentifierError, canonical_key, site
from suyuan.trace.lineage.digest import own_member
from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.lineage.statement import Statement, statement

RECEIPTS = frozenset({"receiving", "arriving", "accepting", "unloading", "storing", "stocking"})
"""Steps that tell that goods are here which were elsewhere before."""
COUNTS = frozenset({"cycle_counting", "stock_taking"})
"""Steps that tell how much is here, all of it."""
WITHDRAWN = frozenset(
    {"recalled", "returned", "destroyed", "disposed", "non_conformant", "non_sellable_other", "damaged"}
)
"""Dispositions under which goods may move although they must not be sold."""


class Mark(NamedTuple):
    """What is remembered of an event when the event itself is forgotten."""

    at: int
    evidence: str
    party: str
    here: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """One event that counts.

    ``offset_s``: how far the clock of its place was ahead of UTC. ``last_day``: the last day on which what it
    brought about may be sold, if it tells one. ``tags``: pairs of an instance and the TID of the tag that was
    read, in hexadecimal digits. ``sources`` are places and parties; ``documents`` whether it names a business
    transaction. What follows and is asked for all the time: ``said``, what lineage knows of it; ``here``, the
    site where it happened, of what leaves the one that it leaves, None where none is told; and its ``mark``.
    """

    statement: Statement
    offset_s: int = 0
    last_day: date | None = None
    tags: tuple[tuple[str, str], ...] = ()
    sources: tuple[str, ...] = ()
    documents: bool = False
    said: Occurrence = field(init=False, repr=False)
    here: str | None = field(init=False)
    mark: Mark = field(init=False, repr=False)

    def __post_init__(self) -> None:
        said, leaves = self.statement.occurrence, self.statement.leaves
        place = said.read_point if leaves else self.statement.place
        object.__setattr__(self, "said", said)
        here = None if place is None else site(place)
        object.__setattr__(self, "here", here)
        object.__setattr__(self, "mark", Mark(self.statement.at, said.evidence, said.party, here))

    @property
    def local_day(self) -> date:
        """The day on the calendar of its place."""
        try:
            return self.said.time.astimezone(timezone(timedelta(seconds=self.offset_s))).date()
        except OverflowError:  # a clock may say year 1 or 9999
            return self.said.time.date()


def told(event: Event, seen: Occurrence, *, last_day: date | None = None) -> Told:
    """What checks need to know of ``event``, whose occurrence for lineage is ``seen``.

    TIDs come from the member ``tags`` of our namespace: a list of objects with ``epc`` and ``tid``.
    """
    return Told(
        statement(seen),
        offset_seconds(event.event_time_zone_offset),
        last_day,
        tuple(_tags(event)),
        tuple(_name(source.id) for source in event.source_list),
        bool(event.biz_transaction_list),
    )


def in_order(events: Iterable[Told]) -> Iterator[Told]:
    """The events in the order of positions, without what was declared wrong (law §1.2). All in memory."""
    everything = list(events)
    wrong = wrong_events(one.said for one in everything)
    yield from sorted(
        (one for one in everything if counts(one.said, wrong)), key=lambda one: one.statement.position
    )


def within_instants(events: Iterable[Told]) -> Iterator[Told]:
    """Events that come in the order of their times, in the order of positions: memory of one instant."""
    for _, together in groupby(events, key=lambda one: one.statement.at):
        yield from sorted(together, key=lambda one: one.statement.position)


def wrong_events(seen: Iterable[Occurrence]) -> frozenset[tuple[str, str]]:
    """(party, eventID) of what error declarations take out."""
    return frozenset(
        (one.party, one.event_id)
        for one in seen
        if one.declared_wrong_at is not None and one.event_id is not None
    )


def counts(seen: Occurrence, wrong: frozenset[tuple[str, str]]) -> bool:
    """Whether an occurrence counts (law §1.2)."""
    return seen.declared_wrong_at is None and (
        seen.event_id is None or (seen.party, seen.event_id) not in wrong
    )


def offset_seconds(offset: str) -> int:
    """Seconds east of UTC of an EPCIS ``eventTimeZoneOffset``; 0 where it cannot be read.

    >>> offset_seconds("+08:00"), offset_seconds("-03:30")
    (28800, -12600)
    """
    try:
        told_offset = datetime.strptime(offset.replace("Z", "+00:00"), "%z").utcoffset()
    except ValueError:
        return 0
    return 0 if told_offset is None else int(told_offset.total_seconds())


def _tags(event: Event) -> Iterator[tuple[str, str]]:
    listed = own_member(event, "tags")
    for entry in cast("list[object]", listed if isinstance(listed, list) else [listed]):
        if not isinstance(entry, Mapping):
            continue
        member = {name.rpartition(":")[2]: value for name, value in cast("Mapping[str, Any]", entry).items()}
        epc, tid = member.get("epc"), member.get("tid")
        if isinstance(epc, str) and isinstance(tid, str) and tid:
            try:
                yield canonical_key(epc), tid.upper()
            except IdentifierError:
                continue  # what a foreign program writes here is no reason to refuse its event


def _name(text: str) -> str:
    try:
        return canonical_key(text)
    except IdentifierError:
        return text
