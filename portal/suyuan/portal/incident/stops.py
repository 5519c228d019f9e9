"""A trace as an investigator thinks of it: which lot stopped where and when, and what went on from there.

A trace tells of thousands of things, their containers and their places. Here a thing counts for its lot, it
is where its containers are, and what one lot did at one place is one :class:`Stop`. If there are too many,
lots of one product at one place become one, then all goods of one place.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Literal

from suyuan.trace.gs1 import IdentifierError, identify, site
from suyuan.trace.lineage.contract import Amount, Certainty, Edge, State, Status, Trace

Fold = Literal["lots", "products", "places"]
FOLDS: tuple[Fold, ...] = ("lots", "products", "places")
MOST_STOPS = 120
_BEGINNING, _END = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_MOST_EVIDENCE = 4
_DEEPEST = 12  # containers in containers; more are a circle
_MOST_APART = 12  # suspects that are never folded together; a supplier's thousands are


@dataclass(frozen=True, slots=True)
class Stop:
    """Goods of one lot (or of several, folded) at one place. ``objects`` are the pieces known one by one.

    ``place`` is the key of a site, None where no event told one. ``amount`` is of all pieces that were here;
    of lots told by weight it is what came to its end or stands here at most, None where all went on (maybe it
    is on its way yet) or nobody told how much of it is here. ``for_certain`` is as much of it as surely is
    concerned, None where that is all or none of it. ``statuses`` counts the pieces that are still here by
    what became of them. Where pieces and lots told by weight are folded into one, ``amount`` is of the pieces
    and ``beside`` of the others; ``has_more`` where nobody told how much of these there is.
    """

    index: int
    lots: tuple[str, ...]
    place: str | None
    since: datetime | None
    until: datetime | None
    objects: int
    amount: Amount | None
    suspect: bool
    certainty: Certainty
    statuses: tuple[tuple[Status, int], ...] = ()
    for_certain: Amount | None = None
    beside: Amount | None = None
    beside_for_certain: Amount | None = None
    has_more: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    """Goods that went from one stop to another (``moved``), or were made into others (``made``).

    ``amount`` and ``for_certain`` are as of a :class:`Stop`, of pieces only; ``has_more`` where something
    told by weight went along.
    """

    source: int
    target: int
    kind: Literal["moved", "made"]
    certainty: Certainty
    objects: int
    amount: Amount | None
    evidence: tuple[str, ...]
    for_certain: Amount | None = None
    has_more: bool = False


@dataclass(frozen=True, slots=True)
class Journeys:
    """Stops in order of time, and the passages between them, by the indices of stops."""

    stops: tuple[Stop, ...]
    passages: tuple[Passage, ...]
    fold: Fold = "lots"


@dataclass(frozen=True, slots=True)
class _Visit:
    """A thing at a place from ``since`` up to ``until``."""

    place: str | None
    since: datetime
    until: datetime
    certainty: Certainty
    evidence: tuple[str, ...]


def journeys(
    trace: Trace,
    product_of: Callable[[str], Hashable] = lambda lot: lot.partition("/10/")[0],
    *,
    most: int = MOST_STOPS,
    fold: Fold | None = None,
    heard: Callable[[], None] = lambda: None,
) -> Journeys:
    """The stops of ``trace``, folded no further than it takes to have at most ``most``; O(n log n).

    ``product_of`` tells which lots are of one product. ``fold`` asks for one folding, whatever comes of it.
    ``heard`` is called between foldings, and may raise where nobody waits any more.
    """
    account = _Account(trace)
    heard()
    if fold is not None:
        return account.folded(fold, product_of)
    for wanted in FOLDS[:-1]:
        found = account.folded(wanted, product_of)
        if len(found.stops) <= most:
            return found
        heard()
    return account.folded(FOLDS[-1], product_of)


class _Account:
    """Who was where: visits of every thing that counts, by the lot for which it counts."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.states: dict[str, list[State]] = defaultdict(list)
        for state in trace.states:
            if state.kind != "place":
                self.states[state.key].append(state)
        self.lot_of = {edge.target: edge.source for edge in trace.edges if edge.kind == "member"}
        self._itemised = frozenset(self.lot_of.values())
        self._moves: dict[str, list[Edge]] = defaultdict(list)
        self._inside: dict[str, list[tuple[str, Edge]]] = defaultdict(list)
        self._opened: set[str] = set()
        for edge in trace.edges:
            if edge.kind == "move":
                self._moves[edge.source].append(edge)
            elif edge.kind in ("carry", "contain"):
                child, parent = (
                    (edge.source, edge.target) if edge.kind == "carry" else (edge.target, edge.source)
                )
                self._inside[child].append((parent, edge))
                self._opened.add(parent)
        self._visits: dict[str, list[_Visit]] = {}
        self.suspects = frozenset(suspect.key for suspect in trace.suspects)
        self._apart = self.suspects if len(self.suspects) <= _MOST_APART else frozenset[str]()

    def things(self) -> Iterable[str]:
        """What counts: all but containers whose contents stand here, and lots that do piece by piece."""
        for key in self.states:
            if key not in self._itemised and (key not in self._opened or key in self.suspects):
                yield key

    def counts_for(self, key: str) -> str:
        """The lot of a thing, or its product where it has none; everything else for itself."""
        if key in self.lot_of:
            return self.lot_of[key]
        return (_product_of(key) or key) if self.states[key][0].kind == "item" else key

    def visits(self, key: str, depth: int = 0) -> list[_Visit]:
        """Where a thing was, by itself or inside something, in order of time; one place at a time."""
        if key not in self._visits:
            own = [
                _Visit(site(edge.target), *_span(edge), edge.certainty, edge.evidence[:1])
                for edge in self._moves.get(key, ())
            ]
            for container, edge in self._inside.get(key, ()) if depth < _DEEPEST else ():
                since, until = _span(edge)
                own += [
                    replace(visit, since=max(visit.since, since), until=min(visit.until, until))
                    for visit in self.visits(container, depth + 1)
                    if max(visit.since, since) < min(visit.until, until)
                ]
            self._visits[key] = _merged(own)
        return self._visits[key]

    def folded(self, fold: Fold, product_of: Callable[[str], Hashable]) -> Journeys:
        """All stops and passages of one folding."""
        makers = _Gathering(self.suspects)
        last: dict[str, list[tuple[datetime, Hashable]]] = defaultdict(list)
        for key in self.things():
            lot = self.counts_for(key)
            stays, itemised = self._stays(key), key in self.lot_of
            names = [self._stop_name(fold, lot, visit.place, product_of) for visit in stays]
            affected = next((state for state in self.states[key] if not state.carrier), self.states[key][0])
            is_whole, end = _never_divided(stays), _ended(stays[-1], self.states[key])
            goods = _Goods(key, itemised, affected.certainty, affected.hold if is_whole else None)
            for name, visit in zip(names, stays, strict=True):
                makers.stop(name, lot, visit, goods, went_on=is_whole and visit.place != end)
                last[lot].append((visit.since, name))
            for (before, _), (name, visit) in pairwise(zip(names, stays, strict=True)):
                if before != name:
                    makers.passage(before, name, "moved", visit, goods)
            makers.ends(names[-1], self.states[key], key in self.lot_of)
        calls = {lot: _Calls(found) for lot, found in last.items()}
        for edge in self.trace.edges:
            if edge.kind == "transform" and edge.source in self.states and edge.target in self.states:
                out, into = (calls.get(self.counts_for(key)) for key in (edge.source, edge.target))
                if out is None or into is None:
                    continue
                source, target = out.at(edge.from_time or _BEGINNING), into.names[0]
                if source != target:
                    made = _Visit(None, *_span(edge), edge.certainty, edge.evidence[-1:])
                    makers.passage(source, target, "made", made, None)
        return makers.done(fold)

    def _stays(self, key: str) -> Sequence[_Visit]:
        """The visits of a thing; one without any stands at a place that nobody told."""
        found = self.visits(key)
        if found:
            return found
        state = self.states[key][0]
        return [_Visit(None, state.from_time or _BEGINNING, state.to_time or _END, state.certainty, ())]

    def _stop_name(
        self, fold: Fold, lot: str, place: str | None, product_of: Callable[[str], Hashable]
    ) -> Hashable:
        if fold == "lots" or lot in self._apart:
            return (lot, place)
        return (product_of(lot), place) if fold == "products" else ("", place)


@dataclass(frozen=True, slots=True)
class _Goods:
    """A thing on its way: a piece that counts as one (``itemised``), or a lot of so much."""

    key: str
    itemised: bool
    certainty: Certainty
    amount: Amount | None

    def surely(self, visit: _Visit) -> bool:
        """Whether it is concerned for certain and was there for certain."""
        return self.certainty == visit.certainty == "certain"


class _Calls:
    """Where a lot called, by the time when it first did; a question of it takes O(log n)."""

    def __init__(self, found: Iterable[tuple[datetime, Hashable]]) -> None:
        first: dict[datetime, Hashable] = {}
        for since, name in found:
            first.setdefault(since, name)
        self._times = sorted(first)
        self.names = [first[time] for time in self._times]

    def at(self, time: datetime) -> Hashable:
        """The stop reached last by ``time``; the first of all if none was."""
        return self.names[max(0, bisect_right(self._times, time) - 1)]


class _Gathering:
    """Stops and passages in the making, by name."""

    def __init__(self, suspects: Collection[str]) -> None:
        self._suspects = suspects
        self._stops: dict[Hashable, _Growing] = {}
        self._passages: dict[
            tuple[Hashable, Hashable, Literal["moved", "made"]], list[tuple[_Visit, _Goods | None]]
        ]
        self._passages = defaultdict(list)

    def stop(self, name: Hashable, lot: str, visit: _Visit, goods: _Goods, *, went_on: bool) -> None:
        """Something stopped here; ``went_on``: all of it left for another place."""
        growing = self._stops.setdefault(name, _Growing(visit.place))
        growing.lots.setdefault(lot)
        growing.since = min(growing.since, visit.since)
        growing.until = max(growing.until, visit.until)
        growing.suspect |= lot in self._suspects
        is_certain = goods.surely(visit)
        growing.certain |= is_certain
        if goods.itemised:
            growing.pieces[goods.key] = growing.pieces.get(goods.key, False) or is_certain
        elif not went_on:
            _, before = growing.amounts.get(goods.key, (None, False))
            growing.amounts[goods.key] = goods.amount, before or is_certain

    def ends(self, name: Hashable, states: Sequence[State], itemised: bool) -> None:
        """What became of a thing at its last stop."""
        self._stops[name].suspect |= states[0].key in self._suspects
        now = next((state.where_now for state in states if state.where_now), None)
        if now is not None and itemised:
            self._stops[name].statuses[now.status] += 1

    def passage(
        self,
        source: Hashable,
        target: Hashable,
        kind: Literal["moved", "made"],
        visit: _Visit,
        goods: _Goods | None,
    ) -> None:
        """Something went on."""
        self._passages[source, target, kind].append((visit, goods))

    def done(self, fold: Fold) -> Journeys:
        """Everything, numbered in order of time."""
        order = sorted(self._stops, key=lambda name: (self._stops[name].since, str(name)))
        number = {name: index for index, name in enumerate(order)}
        stops = tuple(self._stops[name].stop(number[name]) for name in order)
        passages = [
            _passage(number[source], number[target], kind, found)
            for (source, target, kind), found in self._passages.items()
        ]
        return Journeys(stops, tuple(sorted(passages, key=lambda one: (one.source, one.target))), fold)


class _Growing:
    def __init__(self, place: str | None) -> None:
        self.place = place
        self.lots: dict[str, None] = {}
        self.since, self.until = _END, _BEGINNING
        self.pieces: dict[str, bool] = {}  # a piece → whether it surely was here
        self.amounts: dict[str, tuple[Amount | None, bool]] = {}
        self.suspect = self.certain = False
        self.statuses: Counter[Status] = Counter()

    def stop(self, index: int) -> Stop:
        counted, weighed = _counted(self.pieces), _weighed(self.amounts.values())
        (amount, for_certain), beside = (counted, weighed) if self.pieces else (weighed, (None, None))
        return Stop(
            index,
            tuple(self.lots),
            self.place,
            None if self.since == _BEGINNING else self.since,
            None if self.until == _END else self.until,
            len(self.pieces),
            amount,
            self.suspect,
            "certain" if self.certain else "possible",
            tuple(self.statuses.most_common()),
            for_certain,
            *beside,
            has_more=bool(self.pieces and self.amounts) and beside[0] is None,
        )


def _passage(
    source: int,
    target: int,
    kind: Literal["moved", "made"],
    found: Sequence[tuple[_Visit, _Goods | None]],
) -> Passage:
    pieces: dict[str, bool] = {}
    for visit, goods in found:
        if goods is not None and goods.itemised:
            pieces[goods.key] = pieces.get(goods.key, False) or goods.surely(visit)
    evidence = dict.fromkeys(key for visit, _ in found for key in visit.evidence)
    certain = any(goods.surely(visit) if goods else visit.certainty == "certain" for visit, goods in found)
    amount, for_certain = _counted(pieces)
    return Passage(
        source,
        target,
        kind,
        "certain" if certain else "possible",
        len(pieces),
        amount,
        tuple(evidence)[:_MOST_EVIDENCE],
        for_certain,
        has_more=bool(pieces) and any(goods is not None and not goods.itemised for _, goods in found),
    )


def _counted(pieces: Mapping[str, bool]) -> tuple[Amount | None, Amount | None]:
    """How many there are at most, if any, and how many for certain if that is neither all nor none."""
    if not pieces:
        return None, None
    certain = sum(pieces.values())
    return Amount(float(len(pieces))), Amount(float(certain)) if 0 < certain < len(pieces) else None


def _weighed(amounts: Collection[tuple[Amount | None, bool]]) -> tuple[Amount | None, Amount | None]:
    """The same of amounts."""
    certain = [amount for amount, is_certain in amounts if is_certain]
    whole = _together(amount for amount, _ in amounts)
    return whole, _together(certain) if whole and 0 < len(certain) < len(amounts) else None


def _together(amounts: Iterable[Amount | None]) -> Amount | None:
    """The sum of amounts of one unit, or None: one is not known, or units differ."""
    known = list(amounts)
    found = [amount for amount in known if amount is not None]
    if not found or len(found) < len(known) or len({amount.uom for amount in found}) > 1:
        return None
    return Amount(sum(amount.quantity for amount in found), found[0].uom)


def _product_of(item: str) -> str | None:
    try:
        return identify(item).product_key
    except IdentifierError:
        return None  # foreign to GS1: it counts for itself


def _span(edge: Edge) -> tuple[datetime, datetime]:
    return edge.from_time or _BEGINNING, edge.to_time or _END


def _merged(visits: Iterable[_Visit]) -> list[_Visit]:
    """In order of time, without repeating a place; where two overlap the later one begins anew."""
    found: list[_Visit] = []
    for visit in sorted(visits, key=lambda one: (one.since, one.until)):
        if found and found[-1].place == visit.place:
            found[-1] = replace(found[-1], until=max(found[-1].until, visit.until))
        else:
            found.append(visit)
    return found


def _ended(last: _Visit, states: Sequence[State]) -> str | None:
    """Where a thing that was at one place at a time is, or was when it came to its end; "" for on its way."""
    now = next((state.where_now for state in states if state.where_now), None)
    if now is None or last.place is None:
        return last.place
    if now.place is not None:
        return site(now.place)
    return "" if now.status == "in_transit" else last.place


def _never_divided(stays: Sequence[_Visit]) -> bool:
    """Whether a thing was at one place at a time, so that what there is of it is where it was last."""
    until, place = stays[0].until, stays[0].place
    for visit in stays[1:]:
        if visit.place != place and visit.since < until:
            return False
        until, place = max(until, visit.until), visit.place
    return True
