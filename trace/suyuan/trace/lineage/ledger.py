"""The rules by which loose goods of a lot come to lie where they lie (law of tracing §9, portions)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from suyuan.trace.lineage.arrivals import Arrivals
from suyuan.trace.lineage.contract import Status
from suyuan.trace.lineage.history import History
from suyuan.trace.lineage.measures import stated, total
from suyuan.trace.lineage.occurrence import Holding, Occurrence
from suyuan.trace.lineage.statement import Statement, after_deletion, packs, says_destroyed, says_sold
from suyuan.trace.lineage.stock import Portion, Stock, Taken

_ARRIVING = frozenset({"receiving", "arriving"})
"""The steps that tell of an arrival: it may be one that another step told of already."""


class Ledger:
    """The portions while the history of the lot is told."""

    def __init__(self, history: History, lot: str, produced: float, uom: str | None) -> None:
        self._stock = Stock(history, produced)
        self._arrivals = Arrivals()
        self._lot = lot
        self._uom = uom

    def portions(self) -> Sequence[Portion]:
        """All there are, in the order of putting."""
        return self._stock.portions()

    def stays(self) -> Mapping[str, Sequence[tuple[int, int]]]:
        """Per site, when anything of the lot lay there loose."""
        return self._stock.stays

    # The rules, by their numbers

    def consume(self, told: Statement, quantity: float | None, containers: Iterable[str]) -> None:
        """1: consumes. A containment of the lot in each of ``containers`` ends by it."""
        taken = self._stock.take_all(
            [self._stock.packed[one] for one in containers if one in self._stock.packed]
        )
        if quantity is not None:
            taken += self._stock.take(quantity - taken.quantity, self._stock.near(told))
        self._stock.end(told, taken, "consumed")
        self._stock.note(told)

    def tell(self, told: Statement, left: Sequence[str]) -> None:
        """2 to 6. A containment of the lot in each container of ``left`` ends without consumption."""
        said = told.occurrence
        quantity = self._loosely_stated(said.what)  # before containers named beside it are emptied
        self._make(told, self._stated(said.outputs) if self._names(said.outputs) else None)
        self._repack(told)
        self._empty(told, left)
        if said.type == "ObjectEvent" and said.action == "ADD":
            self._make(told, quantity if self._names(said.what) else None)
        elif self._names(said.what):
            status = going(said)
            if status is not None:
                self._go(told, quantity, status)
            elif told.leaves:
                self._leave(told, quantity)
            elif told.place is not None:
                self._come(told, told.place, quantity)
        self._stock.note(told, left)

    def _make(self, told: Statement, quantity: float | None) -> None:
        """2: makes."""
        if quantity is not None:
            self._stock.put(told, self._stock.take(quantity, [None]))

    def _repack(self, told: Statement) -> None:
        """3: packs and unpacks."""
        said = told.occurrence
        parent = said.parent if packs(said) else None
        quantity = self._stated(said.children) if self._names(said.children) else None
        if parent is None or quantity is None:
            return
        if said.action == "ADD":
            self._stock.pack(told, parent, self._stock.take(quantity, self._stock.near(told, parent)))
        elif said.action == "DELETE":
            packed = self._stock.packed.get(parent)
            sources = chain(() if packed is None else (packed,), (None,), self._stock.elsewhere(told.place))
            self._stock.put(told, self._stock.take(quantity, sources), parent)

    def _empty(self, told: Statement, containers: Iterable[str]) -> None:
        """3: what is left in containers that let go of the lot."""
        said = told.occurrence
        status = None if packs(said) or _fate(said) is None else going(said)
        for container in containers:
            if container in self._stock.packed:
                taken = self._stock.take_all([self._stock.packed[container]])
                if status is None:
                    self._stock.put(told, taken, container)
                else:
                    self._stock.end(told, taken, status)

    def _go(self, told: Statement, quantity: float | None, status: Status) -> None:
        """4: goes."""
        if quantity is not None:
            self._stock.end(told, self._stock.take(quantity, self._stock.near(told)), status)
        elif self._unstated(told) and _deletes(told.occurrence):
            self._stock.end(told, self._stock.take_all(self._stock.at(told, told.place)), status)

    def _leave(self, told: Statement, quantity: float | None) -> None:
        """5: leaves."""
        begin = told.occurrence.read_point
        if quantity is None:
            taken = self._stock.take_all(self._stock.at(told, begin)) if self._unstated(told) else Taken()
            self._arrivals.left(told, taken.quantity)
        elif told.occurrence.biz_step == "shipping":
            taken = self._stock.take(quantity, self._stock.unclaimed(begin))
            moving = self._stock.on_the_way
            there = self._stock.take(quantity - taken.quantity, self._stock.at(told, begin))
            self._arrivals.left(told, there.quantity)
            taken += there
            short = quantity - taken.quantity - moving
            taken += self._stock.take(short, chain((None,), self._stock.elsewhere(begin)))
        else:
            wanted = quantity - self._stock.on_the_way
            taken = self._stock.take(wanted, self._stock.at(told, begin))
            self._arrivals.left(told, taken.quantity)
            taken += self._stock.take(wanted - taken.quantity, chain((None,), self._stock.elsewhere(begin)))
        self._stock.move(told, taken)

    def _come(self, told: Statement, place: str, quantity: float | None) -> None:
        """6: comes."""
        step = told.occurrence.biz_step or ""
        if quantity is None:
            arrives = step in _ARRIVING and self._unstated(told)
            taken = self._unstated_arrival(told) if arrives else Taken()
            self._arrivals.note(told, place, taken.quantity)
            self._stock.stay(told, place, taken, confirms=False)
            return
        if step in _ARRIVING:
            there = self._arrivals.confirmed(told, place, step, quantity)
        else:
            there = sum(one.quantity for one in self._stock.at(told, place))
        sources = chain(
            self._stock.moving_to(told), self._stock.packed_at(told), (None,), self._stock.elsewhere(place)
        )
        taken = self._stock.take(quantity - there, sources)
        self._arrivals.note(told, place, taken.quantity)
        self._stock.stay(told, place, taken)

    def _unstated_arrival(self, told: Statement) -> Taken:
        taken = self._stock.take_all(self._stock.meant_for(told))
        if taken.quantity:
            return taken
        nameless = self._stock.meant_for_nobody()
        return self._stock.take_all(nameless) if len(nameless) == 1 else Taken()

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
        return quantity - sum(self._stock.packed[one].quantity for one in beside if one in self._stock.packed)

    def _unstated(self, told: Statement) -> bool:
        return any(
            one.quantity is None for one in told.occurrence.what if one.is_class and one.key == self._lot
        )


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
