"""Where the amounts of a lot lie that has no pieces of its own: loose goods (law of tracing §9, portions)."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count

from suyuan.trace.gs1 import site
from suyuan.trace.lineage.contract import Status
from suyuan.trace.lineage.history import History, stated, total
from suyuan.trace.lineage.occurrence import Holding, Occurrence
from suyuan.trace.lineage.records import ENOUGH
from suyuan.trace.lineage.statement import (
    Position,
    Statement,
    after_deletion,
    packs,
    says_destroyed,
    says_sold,
)

_OTHER_STEP = {"receiving": "arriving", "arriving": "receiving"}
"""The steps that tell of an arrival: each may confirm what the other told."""


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


@dataclass(frozen=True, slots=True)
class _Taken:
    """What was taken, and the containers that any of it came through."""

    quantity: float = 0.0
    through: frozenset[str] = frozenset()

    def __add__(self, other: _Taken) -> _Taken:
        return _Taken(self.quantity + other.quantity, self.through | other.through)


def portions(history: History, lot: str) -> Sequence[Portion]:
    """The portions of ``lot``, those put last at the end.

    Empty for a lot whose amount is unknown or nothing, and for one with instances. Linear in the statements
    that concern the lot as long as each finds what it speaks of where it says; else times what moves and the
    places where the lot is.
    """
    produced = None if history.instances.get(lot) else history.produced(lot)
    if produced is None or not history.is_class(lot):
        return ()
    ledger = _Ledger(lot, produced.quantity, produced.uom, history.emptied_at)
    consumed = {one.by.position: one for one in history.consumptions.get(lot, ())}
    left: defaultdict[Position, list[str]] = defaultdict(list)
    for position, container in history.lot_exits.get(lot, ()):
        left[position].append(container)
    told = {one.position: one for one in history.naming.get(lot, ())}
    told.update((position, one.by) for position, one in consumed.items())
    told.update((position, history.statements[position[-1]]) for position in left)
    for position in sorted(told):
        consumption = consumed.get(position)
        if consumption is not None:
            amount = total(consumption.amounts)
            quantity = None if amount is None or amount.uom != produced.uom else amount.quantity
            ledger.consume(told[position], quantity, left.pop(position, ()))
        ledger.tell(told[position], left.get(position, ()))
    return ledger.portions()


_Sources = Iterable["Portion | None"]  # None stands for what is untold


class _Ledger:
    """The portions while the history of the lot is told: together never more than was produced."""

    def __init__(
        self, lot: str, produced: float, uom: str | None, emptied_at: Mapping[tuple[Position, str], str]
    ) -> None:
        self._lot = lot
        self._uom = uom
        self._emptied_at = emptied_at
        self._untold = produced
        self._sites: dict[str, Portion] = {}
        self._arrived: defaultdict[tuple[str, str], float] = defaultdict(float)  # (site, step), unconfirmed
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
        living = (*self._sites.values(), *self._packed.values(), *self._moving, *self._nowhere)
        return sorted(_some([*living, *self._gone]), key=_number)

    # The rules, by their numbers

    def consume(self, told: Statement, quantity: float | None, containers: Iterable[str]) -> None:
        """1: consumes. A containment of the lot in each of ``containers`` ends by it."""
        taken = self._all([self._packed[one] for one in containers if one in self._packed])
        if quantity is not None:
            taken += self._take(quantity - taken.quantity, self._from_everywhere(told))
        self._end(told, taken, "consumed")

    def tell(self, told: Statement, left: Iterable[str]) -> None:
        """2 to 6. A containment of the lot in each container of ``left`` ends without consumption."""
        said = told.occurrence
        self._make(told, said.outputs)
        self._repack(told)
        self._empty(told, left)
        if not self._names(said.what):
            return
        quantity = self._stated(said.what)
        going = _going(said)
        if said.type == "ObjectEvent" and said.action == "ADD":
            self._make(told, said.what)
        elif going is not None:
            self._go(told, quantity, going)
        elif told.leaves:
            self._leave(told, quantity)
        elif told.place is not None:
            self._come(told, told.place, quantity)

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
            self._pack(told, parent, self._take(quantity, self._from_everywhere(told, parent)))
        elif said.action == "DELETE" and parent in self._packed:
            self._put(told, self._take(quantity, [self._packed[parent]]), parent)

    def _empty(self, told: Statement, containers: Iterable[str]) -> None:
        """3: what is left in containers that let go of the lot."""
        status = None if packs(told.occurrence) else _fate(told.occurrence)
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
            taken = self._take(quantity, self._from_everywhere(told))
        elif told.occurrence.action == "DELETE" and told.occurrence.type == "ObjectEvent":
            taken = self._all(self._at(told.place))
            if not taken.quantity:
                taken = self._all([None])
        else:
            return
        self._end(told, taken, status)

    def _leave(self, told: Statement, quantity: float | None) -> None:
        """5: leaves."""
        begin = told.occurrence.read_point
        if quantity is None:
            taken = self._all(self._at(begin))
            if not taken.quantity:
                taken = self._all(self._loose())
        elif told.occurrence.biz_step == "shipping":
            taken = self._take(quantity, self._unclaimed(begin))
            moving = self._on_the_way
            taken += self._take(quantity - taken.quantity, self._at(begin))
            short = quantity - taken.quantity - moving
            taken += self._take(short, chain((None,), self._elsewhere(begin)))
        else:
            wanted = quantity - self._on_the_way
            taken = self._take(wanted, chain(self._at(begin), (None,), self._elsewhere(begin)))
        self._move(told, taken)

    def _come(self, told: Statement, place: str, quantity: float | None) -> None:
        """6: comes."""
        step = told.occurrence.biz_step or ""
        there = sum(one.quantity for one in self._at(place))
        if quantity is None:
            taken = self._unstated_arrival(told) if step in _OTHER_STEP else _Taken()
            if not taken.quantity and not there:
                taken = self._all(self._loose())
        else:
            confirmed = self._confirmed(place, step, quantity) if step in _OTHER_STEP else there
            sources = chain(self._nearest_moving(told), _oldest(self._packed.values()), (None,))
            taken = self._take(quantity - confirmed, chain(sources, self._elsewhere(place)))
        if step in _OTHER_STEP:
            self._arrived[site(place), step] += taken.quantity
        self._stay(told, place, taken)

    def _unstated_arrival(self, told: Statement) -> _Taken:
        taken = self._all(self._meant_for(told))
        return taken if taken.quantity else self._all(_front(self._meant[""]))

    def _confirmed(self, place: str, step: str, quantity: float) -> float:
        """How much of an arrival is the one that the other step told of already; once."""
        before = (site(place), _OTHER_STEP[step])
        confirmed = min(quantity, self._arrived[before])
        self._arrived[before] -= confirmed
        return confirmed

    # What the statement says of the lot

    def _names(self, listed: Iterable[Holding]) -> bool:
        return any(one.is_class and one.key == self._lot for one in listed)

    def _stated(self, listed: Iterable[Holding]) -> float | None:
        """The sum of the amounts listed; None where one is unstated or in another unit."""
        amount = total(stated(one) for one in listed if one.is_class and one.key == self._lot)
        return None if amount is None or amount.uom != self._uom else amount.quantity

    # Where it is taken from

    def _at(self, place: str | None) -> Iterator[Portion]:
        there = None if place is None else self._sites.get(site(place))
        return _some(() if there is None else (there,))

    def _elsewhere(self, place: str | None) -> Iterator[Portion]:
        here = None if place is None else site(place)
        others = (one for name, one in self._sites.items() if name != here)
        yield from _oldest(chain(others, self._nowhere))  # sorted only when what is nearer was not enough

    def _meant_for(self, told: Statement) -> list[Portion]:
        """What moves to where ``told`` is told, or to who tells it."""
        here = {told.occurrence.party} if told.place is None else {told.occurrence.party, site(told.place)}
        return list(_oldest({one for name in here for one in _front(self._meant[name])}))

    def _nearest_moving(self, told: Statement) -> Iterator[Portion]:
        meant = self._meant_for(told)
        yield from meant
        yield from _front(self._meant[""])
        here = set(meant)
        yield from (one for one in _front(self._moving) if one.by.occurrence.destinations and one not in here)

    def _from_everywhere(self, told: Statement, but: str | None = None) -> _Sources:
        yield from self._at(told.place)
        yield from _oldest(one for name, one in self._packed.items() if name != but)
        yield from self._nearest_moving(told)
        yield None
        yield from self._elsewhere(told.place)

    def _unclaimed(self, begin: str | None) -> Iterator[Portion]:
        """What moves from here by words that are no shipping."""
        for portion in _front(self._departed):
            by = portion.by.occurrence
            if begin and by.read_point and site(by.read_point) == site(begin):
                yield portion

    def _loose(self) -> _Sources:
        """Everything living in no container, and the untold."""
        return chain(self._sites.values(), self._moving, self._nowhere, (None,))

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
        place = told.place or self._emptied_at.get((told.position, container))
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
            for name in {site(one) for one in told.occurrence.destinations} or {""}:
                self._meant[name].append(portion)
            if told.occurrence.biz_step != "shipping":
                self._departed.append(portion)

    def _stay(self, told: Statement, place: str, taken: _Taken) -> None:
        """In stock at a place, with what is there already, which the statement confirms."""
        before = next(self._at(place), None)
        if before is not None:
            taken += _Taken(before.quantity, before.through)
        if taken.quantity:
            kept = place if before is None else before.place
            self._sites[site(place)] = self._portion(told, taken, kept, "in_stock")

    def _pack(self, told: Statement, container: str, taken: _Taken) -> None:
        before = self._packed.get(container)
        if taken.quantity and before is not None:
            taken += _Taken(before.quantity, before.through)
        if taken.quantity:
            through = taken.through | {container}
            self._packed[container] = self._portion(
                told, _Taken(taken.quantity, through), None, "unaccounted", container
            )

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


def _going(said: Occurrence) -> Status | None:
    """The status that a statement gives to what is gone by it."""
    if said.type == "ObjectEvent" and said.action == "DELETE":
        return after_deletion(said)
    return _fate(said)


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
