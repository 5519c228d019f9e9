"""The rules by which loose goods of a lot come to lie where they lie (law of tracing §9, portions)."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import chain, count, islice

from suyuan.trace.gs1 import site
from suyuan.trace.lineage.contract import Status
from suyuan.trace.lineage.history import History
from suyuan.trace.lineage.kinds import kind_by_name
from suyuan.trace.lineage.measures import stated, total
from suyuan.trace.lineage.occurrence import Holding, Occurrence
from suyuan.trace.lineage.records import ENOUGH
from suyuan.trace.lineage.statement import (
    NEVER,
    Statement,
    after_deletion,
    packs,
    says_destroyed,
    says_sold,
)
from suyuan.trace.lineage.whereabouts import place_at

_ARRIVING = frozenset({"receiving", "arriving"})
"""The steps that tell of an arrival: it may be one that another step told of already."""

_A_DAY = 24 * 3600 * 1_000_000  # microseconds


@dataclass(slots=True, eq=False)
class Portion:
    """Some of a lot, in its unit: in a container, or at a place with a status, put there by a statement.

    ``number`` counts the puttings; ``through`` are the containers that any of it came through.
    """

    number: int
    quantity: float
    place: str | None
    status: Status
    by: Statement
    through: frozenset[str] = frozenset()
    container: str | None = None
    gone: bool = False


@dataclass(slots=True)
class _Arrival:
    """What came to a site by a step and may be told of by another one yet."""

    at: int
    step: str
    quantity: float


@dataclass(frozen=True, slots=True)
class _Taken:
    """What was taken, and the containers that any of it came through."""

    quantity: float = 0.0
    through: frozenset[str] = frozenset()

    def __add__(self, other: _Taken) -> _Taken:
        return _Taken(self.quantity + other.quantity, self.through | other.through)


_Sources = Iterable["Portion | None"]  # None stands for what is untold


class Ledger:
    """The portions while the history of the lot is told: together never more than was produced."""

    def __init__(self, history: History, lot: str, produced: float, uom: str | None) -> None:
        self.stays: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        self._history = history
        self._lot = lot
        self._uom = uom
        self._untold = produced
        self._sites: defaultdict[str, dict[str, Portion]] = defaultdict(dict)  # by site and party
        self._arrived: defaultdict[str, list[_Arrival]] = defaultdict(list)  # by site, not confirmed
        self._packed: dict[str, Portion] = {}
        self._moving: deque[Portion] = deque()
        self._on_the_way = 0.0  # the sum of what is moving
        self._meant: defaultdict[str, deque[Portion]] = defaultdict(deque)  # by destination, "" without
        self._departed: deque[Portion] = deque()  # what moves by words that are no shipping
        self._nowhere: list[Portion] = []
        self._gone: list[Portion] = []
        self._number = count()

    def portions(self) -> list[Portion]:
        """All there are, in the order of putting."""
        loose = (one for parties in self._sites.values() for one in parties.values())
        living = (*loose, *self._packed.values(), *self._moving, *self._nowhere)
        return sorted(_some([*living, *self._gone]), key=_number)

    # The rules, by their numbers

    def consume(self, told: Statement, quantity: float | None, containers: Iterable[str]) -> None:
        """1: consumes. A containment of the lot in each of ``containers`` ends by it."""
        taken = self._all([self._packed[one] for one in containers if one in self._packed])
        if quantity is not None:
            taken += self._take(quantity - taken.quantity, self._near(told))
        self._end(told, taken, "consumed")
        self._note(told)

    def tell(self, told: Statement, left: Iterable[str]) -> None:
        """2 to 6. A containment of the lot in each container of ``left`` ends without consumption."""
        said = told.occurrence
        quantity = self._loosely_stated(said.what)  # before containers named beside it are emptied
        self._make(told, said.outputs)
        self._repack(told)
        self._empty(told, left)
        if said.type == "ObjectEvent" and said.action == "ADD":
            self._make(told, said.what)
        elif self._names(said.what):
            status = going(said)
            if status is not None:
                self._go(told, quantity, status)
            elif told.leaves:
                self._leave(told, quantity)
            elif told.place is not None:
                self._come(told, told.place, quantity)
        self._note(told)

    def _make(self, told: Statement, made: Sequence[Holding]) -> None:
        """2: makes."""
        quantity = self._stated(made) if self._names(made) else None
        if quantity is not None:
            self._put(told, self._take(quantity, [None]))

    def _repack(self, told: Statement) -> None:
        """3: packs and unpacks."""
        said = told.occurrence
        parent = said.parent if packs(said) else None
        quantity = self._stated(said.children) if self._names(said.children) else None
        if parent is None or quantity is None:
            return
        if said.action == "ADD":
            self._pack(told, parent, self._take(quantity, self._near(told, parent)))
        elif said.action == "DELETE":
            packed = self._packed.get(parent)
            sources = chain(() if packed is None else (packed,), (None,), self._elsewhere(told.place))
            self._put(told, self._take(quantity, sources), parent)

    def _empty(self, told: Statement, containers: Iterable[str]) -> None:
        """3: what is left in containers that let go of the lot."""
        said = told.occurrence
        status = None if packs(said) or _fate(said) is None else going(said)
        for container in containers:
            if container in self._packed:
                taken = self._all([self._packed[container]])
                if status is None:
                    self._put(told, taken, container)
                else:
                    self._end(told, taken, status)

    def _go(self, told: Statement, quantity: float | None, status: Status) -> None:
        """4: goes."""
        if quantity is not None:
            self._end(told, self._take(quantity, self._near(told)), status)
        elif self._unstated(told) and _deletes(told.occurrence):
            self._end(told, self._all(self._at(told, told.place)), status)

    def _leave(self, told: Statement, quantity: float | None) -> None:
        """5: leaves."""
        begin = told.occurrence.read_point
        if quantity is None:
            taken = self._all(self._at(told, begin)) if self._unstated(told) else _Taken()
            self._left(begin, taken.quantity)
        elif told.occurrence.biz_step == "shipping":
            taken = self._take(quantity, self._unclaimed(begin))
            moving = self._on_the_way
            there = self._take(quantity - taken.quantity, self._at(told, begin))
            self._left(begin, there.quantity)
            taken += there
            short = quantity - taken.quantity - moving
            taken += self._take(short, chain((None,), self._elsewhere(begin)))
        else:
            wanted = quantity - self._on_the_way
            taken = self._take(wanted, self._at(told, begin))
            self._left(begin, taken.quantity)
            taken += self._take(wanted - taken.quantity, chain((None,), self._elsewhere(begin)))
        self._move(told, taken)

    def _left(self, place: str | None, quantity: float) -> None:
        if place is not None:
            self._forget(place, quantity, lambda _: True)

    def _come(self, told: Statement, place: str, quantity: float | None) -> None:
        """6: comes."""
        step = told.occurrence.biz_step or ""
        if quantity is None:
            arrives = step in _ARRIVING and self._unstated(told)
            taken = self._unstated_arrival(told) if arrives else _Taken()
            self._note_arrival(told, place, taken)
            self._stay(told, place, taken, confirms=False)
            return
        if step in _ARRIVING:
            there = self._confirmed(told, place, step, quantity)
        else:
            there = sum(one.quantity for one in self._at(told, place))
        sources = chain(self._moving_to(told), self._packed_at(told), (None,), self._elsewhere(place))
        taken = self._take(quantity - there, sources)
        self._note_arrival(told, place, taken)
        self._stay(told, place, taken)

    def _unstated_arrival(self, told: Statement) -> _Taken:
        taken = self._all(self._meant_for(told))
        if taken.quantity:
            return taken
        nameless = list(islice(_front(self._meant[""]), 2))
        return self._all(nameless) if len(nameless) == 1 else _Taken()

    def _note_arrival(self, told: Statement, place: str, taken: _Taken) -> None:
        recent = [one for one in self._arrived[site(place)] if one.at >= told.at - _A_DAY]
        arrival = _Arrival(told.at, told.occurrence.biz_step or "", taken.quantity)
        self._arrived[site(place)] = [*recent, arrival]

    def _confirmed(self, told: Statement, place: str, step: str, quantity: float) -> float:
        """How much of an arrival is what another step told of already, within a day; once."""
        since = told.at - _A_DAY
        return self._forget(place, quantity, lambda one: one.at >= since and one.step != step)

    def _forget(self, place: str, quantity: float, which: Callable[[_Arrival], bool]) -> float:
        """Take up to ``quantity`` off the arrivals at the site that might be confirmed, oldest first."""
        taken = 0.0
        for arrival in self._arrived[site(place)]:
            if which(arrival):
                part = min(arrival.quantity, quantity - taken)
                arrival.quantity -= part
                taken += part
        self._arrived[site(place)] = [one for one in self._arrived[site(place)] if one.quantity > ENOUGH]
        return taken

    # What the statement says of the lot

    def _names(self, listed: Iterable[Holding]) -> bool:
        return any(one.is_class and one.key == self._lot for one in listed)

    def _stated(self, listed: Iterable[Holding]) -> float | None:
        """The sum of the amounts listed; None where one is unstated or foreign."""
        amount = total(stated(one) for one in listed if one.is_class and one.key == self._lot)
        return None if amount is None or amount.uom != self._uom else amount.quantity

    def _loosely_stated(self, what: Iterable[Holding]) -> float | None:
        """The same, less what is in containers that are named beside it."""
        quantity = self._stated(what)
        if quantity is None:
            return None
        beside = {one.key for one in what if not one.is_class}
        return quantity - sum(self._packed[one].quantity for one in beside if one in self._packed)

    def _unstated(self, told: Statement) -> bool:
        return any(
            one.quantity is None for one in told.occurrence.what if one.is_class and one.key == self._lot
        )

    # Where it is taken from

    def _at(self, told: Statement, place: str | None) -> Iterator[Portion]:
        """At the site of a place, first what the party of the statement put there."""
        parties = self._sites.get(site(place), {}) if place is not None else {}
        own = parties.get(told.occurrence.party)
        yield from _some(() if own is None else (own,))
        yield from _oldest(one for one in parties.values() if one is not own)

    def _packed_at(self, told: Statement, but: str | None = None) -> Iterator[Portion]:
        here = None if told.place is None else site(told.place)
        for portion in _oldest(self._packed.values()):
            if portion.container is not None and portion.container != but and here is not None:
                there = place_at(self._history, portion.container, told.at)
                if there is not None and site(there) == here:
                    yield portion

    def _meant_for(self, told: Statement) -> Iterator[Portion]:
        """What moves to where ``told`` is told, or to who tells it."""
        here = {told.occurrence.party} if told.place is None else {told.occurrence.party, site(told.place)}
        last: Portion | None = None
        for portion in merge(*(_front(self._meant[name]) for name in here), key=_number):
            if portion is not last:
                yield portion
            last = portion

    def _moving_to(self, told: Statement) -> Iterator[Portion]:
        yield from self._meant_for(told)
        yield from _front(self._meant[""])

    def _near(self, told: Statement, but: str | None = None) -> _Sources:
        """At X, packed at X (``but`` in this container), moving to X, the untold, elsewhere."""
        yield from self._at(told, told.place)
        yield from self._packed_at(told, but)
        yield from self._moving_to(told)
        yield None
        yield from self._elsewhere(told.place)

    def _elsewhere(self, place: str | None) -> Iterator[Portion]:
        here = None if place is None else site(place)
        others = (one for name, held in self._sites.items() if name != here for one in held.values())
        yield from _oldest(chain(others, self._nowhere))  # sorted only when what is nearer was not enough

    def _unclaimed(self, begin: str | None) -> Iterator[Portion]:
        """What moves from here by words that are no shipping."""
        for portion in _front(self._departed):
            by = portion.by.occurrence
            if begin and by.read_point and site(by.read_point) == site(begin):
                yield portion

    def _all(self, sources: _Sources) -> _Taken:
        return self._take(math.inf, sources)

    def _take(self, wanted: float, sources: _Sources) -> _Taken:
        """As much of ``wanted`` as the sources have, taken from one after another."""
        taken, through = 0.0, frozenset[str]()
        for source in sources:
            if wanted - taken <= ENOUGH:
                break
            part = min(self._untold if source is None else source.quantity, wanted - taken)
            taken += part
            if source is None:
                self._untold -= part
            elif part > 0:
                source.quantity -= part
                through |= source.through
                if source.status == "in_transit":
                    self._on_the_way -= part
        return _Taken(taken, through) if taken > ENOUGH else _Taken()

    # Where it is put

    def _put(self, told: Statement, taken: _Taken, container: str = "") -> None:
        """Placed, in the word of the law; ``container`` is what it came out of."""
        if not taken.quantity:
            return
        place = told.place or self._history.emptied_at.get((told.position, container))
        if told.leaves:
            self._move(told, taken)
        elif place is not None:
            self._stay(told, place, taken)
        else:
            self._nowhere.append(self._portion(told, taken, None, "unaccounted"))

    def _move(self, told: Statement, taken: _Taken) -> None:
        if taken.quantity:
            portion = self._portion(told, taken, None, "in_transit")
            self._on_the_way += taken.quantity
            self._moving.append(portion)
            meant = told.occurrence.destinations
            places = {site(one) for one in meant if kind_by_name(one) == "place"}
            for name in places or set(meant) or {""}:
                self._meant[name].append(portion)
            if told.occurrence.biz_step != "shipping":
                self._departed.append(portion)

    def _stay(self, told: Statement, place: str, taken: _Taken, *, confirms: bool = True) -> None:
        """In stock at a place, with what its party put there before, which the statement confirms."""
        parties, party = self._sites[site(place)], told.occurrence.party
        before = parties.get(party)
        if before is not None and before.quantity <= ENOUGH:
            before = None
        if not taken.quantity and (before is None or not confirms):
            return
        if before is not None:
            taken += _Taken(before.quantity, before.through)
        kept = place if before is None else before.place
        parties[party] = self._portion(told, taken, kept, "in_stock")

    def _pack(self, told: Statement, container: str, taken: _Taken) -> None:
        before = self._packed.get(container)
        if taken.quantity and before is not None:
            taken += _Taken(before.quantity, before.through)
        if taken.quantity:
            packed = _Taken(taken.quantity, taken.through | {container})
            self._packed[container] = self._portion(told, packed, None, "unaccounted", container)

    def _end(self, told: Statement, taken: _Taken, status: Status) -> None:
        if taken.quantity:
            self._gone.append(self._portion(told, taken, told.place, status, gone=True))

    def _portion(
        self,
        told: Statement,
        taken: _Taken,
        place: str | None,
        status: Status,
        container: str | None = None,
        *,
        gone: bool = False,
    ) -> Portion:
        return Portion(
            next(self._number), taken.quantity, place, status, told, taken.through, container, gone
        )

    def _note(self, told: Statement) -> None:
        """When something begins or ends to lie at the sites that the statement speaks of."""
        for place in {told.place, told.occurrence.read_point, *self._emptied(told)}:
            if place is not None:
                where = site(place)
                there = any(one.quantity > ENOUGH for one in self._sites.get(where, {}).values())
                known = self.stays[where]
                if there and (not known or known[-1][1] != NEVER):
                    known.append((told.at, NEVER))
                elif not there and known and known[-1][1] == NEVER:
                    known[-1] = (known[-1][0], told.at)

    def _emptied(self, told: Statement) -> Iterator[str]:
        parent = told.occurrence.parent
        if parent is not None and (place := self._history.emptied_at.get((told.position, parent))):
            yield place


def going(said: Occurrence) -> Status | None:
    """The status that a statement gives to what is gone by it."""
    return after_deletion(said) if _deletes(said) else _fate(said)


def _deletes(said: Occurrence) -> bool:
    return said.type == "ObjectEvent" and said.action == "DELETE"


def _fate(said: Occurrence) -> Status | None:
    """What its words say of goods that are gone, if they say so."""
    if says_sold(said):
        return "sold"
    return "destroyed" if says_destroyed(said) else None


def _number(portion: Portion) -> int:
    return portion.number


def _some(among: Iterable[Portion]) -> Iterator[Portion]:
    """Those of which anything is left."""
    return (one for one in among if one.quantity > ENOUGH)


def _front(line: deque[Portion]) -> Iterator[Portion]:
    """Those of a line of which anything is left; what is used up at its front is forgotten."""
    while line and line[0].quantity <= ENOUGH:
        line.popleft()
    return _some(line)


def _oldest(among: Iterable[Portion]) -> Iterator[Portion]:
    """Those of which anything is left, the one put first before the others."""
    yield from sorted(_some(among), key=_number)
