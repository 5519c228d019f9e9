"""Where the amounts of a lot lie that has no pieces of its own: loose goods (law of tracing §9, portions)."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
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

_ARRIVING = frozenset({"receiving", "arriving"})


@dataclass(slots=True, eq=False)
class Portion:
    """Some of a lot, in its unit: in a container, or at a place with a status, put there by a statement.

    ``number`` counts the puttings.
    """

    number: int
    quantity: float
    place: str | None
    status: Status
    by: Statement
    container: str | None = None
    gone: bool = False


def portions(history: History, lot: str) -> Sequence[Portion]:
    """The portions of ``lot``, those put last at the end.

    Empty for a lot whose amount is unknown and for one with instances. Linear in the statements that concern
    the lot as long as each finds what it speaks of where it says; else times the places where the lot is.
    """
    produced = None if history.instances.get(lot) else history.produced(lot)
    if produced is None or not history.is_class(lot):
        return ()
    ledger = _Ledger(lot, produced.quantity, produced.uom)
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


_Sources = Iterator["Portion | None"]  # None stands for what is untold


class _Ledger:
    """The portions while the history of the lot is told: together never more than was produced."""

    def __init__(self, lot: str, produced: float, uom: str | None) -> None:
        self._lot = lot
        self._uom = uom
        self._untold = produced
        self._on_the_way = 0.0  # the sum of what is moving
        self._sites: dict[str, Portion] = {}
        self._packed: dict[str, Portion] = {}
        self._moving: deque[Portion] = deque()
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
        taken = self._all(iter([self._packed[one] for one in containers if one in self._packed]))
        if quantity is not None:
            taken += self._take(quantity - taken, self._from_everywhere(told.place))
        self._end(told, taken, "consumed")

    def tell(self, told: Statement, left: Iterable[str]) -> None:
        """2 to 6. A containment of the lot in each container of ``left`` ends without consumption."""
        said = told.occurrence
        self._make(told, said.outputs)
        self._repack(told, left)
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
            self._put(told, self._take(quantity, iter([None])))

    def _repack(self, told: Statement, left: Iterable[str]) -> None:
        """3: packs and unpacks."""
        said = told.occurrence
        parent = said.parent if packs(said) else None
        quantity = self._stated(said.children) if self._names(said.children) else None
        if parent is not None and quantity is not None:
            if said.action == "ADD":
                self._pack(told, parent, self._take(quantity, self._from_everywhere(told.place, parent)))
            elif said.action == "DELETE" and parent in self._packed:
                self._put(told, self._take(quantity, iter([self._packed[parent]])))
        for container in left:
            if container in self._packed:
                rest = self._all(iter([self._packed[container]]))
                if says_destroyed(said) and not packs(said):
                    self._end(told, rest, "destroyed")
                else:
                    self._put(told, rest)

    def _go(self, told: Statement, quantity: float | None, status: Status) -> None:
        """4: goes."""
        if quantity is None:
            taken = self._all(self._at(told.place)) or self._all(self._loose())
        else:
            taken = self._take(quantity, self._from_everywhere(told.place))
        self._end(told, taken, status)

    def _leave(self, told: Statement, quantity: float | None) -> None:
        """5: leaves."""
        begin, moving = told.occurrence.read_point, self._on_the_way
        if quantity is None:
            taken = self._all(self._at(begin)) or self._all(self._loose())
        elif told.occurrence.biz_step == "shipping":
            taken = self._take(quantity, self._at(begin))
            taken += self._take(quantity - taken - moving, chain((None,), self._elsewhere(begin)))
        else:
            taken = self._take(quantity - moving, chain(self._at(begin), (None,), self._elsewhere(begin)))
        self._move(told, taken)

    def _come(self, told: Statement, place: str, quantity: float | None) -> None:
        """6: comes."""
        there = sum(one.quantity for one in self._at(place))
        arrives = told.occurrence.biz_step in _ARRIVING
        if quantity is None:
            taken = self._all(iter(self._moving)) if arrives else 0.0
            if not taken and not there:
                taken = self._all(self._loose())
        else:
            taken = self._take(quantity, iter(self._moving)) if arrives else 0.0
            missing = quantity - taken - there
            sources = chain(self._moving, _oldest(self._packed.values()), (None,), self._elsewhere(place))
            taken += self._take(missing, sources)
        self._stay(told, place, taken)

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

    def _from_everywhere(self, place: str | None, but: str | None = None) -> _Sources:
        yield from self._at(place)
        yield from _oldest(one for name, one in self._packed.items() if name != but)
        yield from self._moving
        yield None
        yield from self._elsewhere(place)

    def _loose(self) -> _Sources:
        """Everything living in no container, and the untold."""
        return chain(self._sites.values(), self._moving, self._nowhere, (None,))

    def _all(self, sources: _Sources) -> float:
        return self._take(math.inf, sources)

    def _take(self, wanted: float, sources: _Sources) -> float:
        """As much of ``wanted`` as the sources have, taken from one after another."""
        taken = 0.0
        for source in sources:
            if wanted - taken <= ENOUGH:
                break
            there = self._untold if source is None else source.quantity
            part = min(there, wanted - taken)
            taken += part
            if source is None:
                self._untold -= part
            else:
                source.quantity -= part
                if source.status == "in_transit":
                    self._on_the_way -= part
        while self._moving and self._moving[0].quantity <= ENOUGH:
            self._moving.popleft()
        return taken

    # Where it is put

    def _put(self, told: Statement, quantity: float) -> None:
        """Placed, in the word of the law."""
        if told.leaves:
            self._move(told, quantity)
        elif told.place is not None:
            self._stay(told, told.place, quantity)
        elif quantity > ENOUGH:
            self._nowhere.append(Portion(next(self._number), quantity, None, "unaccounted", told))

    def _move(self, told: Statement, quantity: float) -> None:
        if quantity > ENOUGH:
            self._moving.append(Portion(next(self._number), quantity, None, "in_transit", told))
            self._on_the_way += quantity

    def _stay(self, told: Statement, place: str, quantity: float) -> None:
        if quantity > ENOUGH:
            before = next(self._at(place), None)
            kept = place if before is None else before.place
            whole = quantity + (0.0 if before is None else before.quantity)
            self._sites[site(place)] = Portion(next(self._number), whole, kept, "in_stock", told)

    def _pack(self, told: Statement, container: str, quantity: float) -> None:
        if quantity > ENOUGH:
            before = self._packed.get(container)
            whole = quantity + (0.0 if before is None else before.quantity)
            self._packed[container] = Portion(next(self._number), whole, None, "unaccounted", told, container)

    def _end(self, told: Statement, quantity: float, status: Status) -> None:
        if quantity > ENOUGH:
            self._gone.append(Portion(next(self._number), quantity, told.place, status, told, gone=True))


def _going(said: Occurrence) -> Status | None:
    """The status that a statement gives to what is gone by it."""
    if said.type == "ObjectEvent" and said.action == "DELETE":
        return after_deletion(said)
    if says_sold(said):
        return "sold"
    return "destroyed" if says_destroyed(said) else None


def _number(portion: Portion) -> int:
    return portion.number


def _some(among: Iterable[Portion]) -> Iterator[Portion]:
    """Those of which anything is left."""
    return (one for one in among if one.quantity > ENOUGH)


def _oldest(among: Iterable[Portion]) -> Iterator[Portion]:
    """Those of which anything is left, the one put first before the others."""
    yield from sorted(_some(among), key=_number)
