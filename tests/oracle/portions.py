"""Section 9 of the law of tracing (docs/decisions/0002), "Portions": where the parts of a lot lie.

Written from the law alone, one method for each of its rules, which are named by their numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from suyuan.trace.lineage.contract import Status
from suyuan.trace.lineage.occurrence import Holding, Occurrence

from .history import (
    LEAVES,
    NOTHING_LEFT,
    Containment,
    History,
    is_destroying,
    is_selling,
    known_place,
    place_told,
    same_site,
    status_of_deletion,
)
from .influence import produced


@dataclass(slots=True, eq=False)
class Stock:
    """Something of the lot, from which amounts are taken."""

    amount: float


@dataclass(slots=True, eq=False)
class Portion(Stock):
    """An amount that lies in one place or container; ``put_by`` put it there.

    Of one in a container ``status`` says only that it lives: it goes by that of the container.
    """

    put_by: Occurrence
    status: Status
    place: str | None = None
    container: str | None = None
    gone: bool = False


def status_of_going(occurrence: Occurrence) -> Status:
    """9: what its words give. Reading: a lot gets the status that an instance named beside it gets."""
    if occurrence.type == "ObjectEvent" and occurrence.action == "DELETE":
        return status_of_deletion(occurrence)
    return "sold" if is_selling(occurrence) else "destroyed"


class Lot:
    """The portions of one lot, in the order in which they were put; none if it does not lie in portions."""

    def __init__(self, history: History, key: str) -> None:
        self.key = key
        self.portions: list[Portion] = []
        quantity, self.uom = produced(history, key)
        if quantity is None or not history.is_class(key) or history.instances_of(key):
            return
        self.untold = Stock(quantity)
        for occurrence in history.occurrences:
            self._tell(occurrence, [c for c in history.emptied[occurrence.evidence] if c.child == key])

    def _tell(self, occurrence: Occurrence, emptied: list[Containment]) -> None:
        """1, 2, 3, then one of 4, 5, 6; ``emptied``: the containments of the lot that end here."""
        if occurrence.type == "TransformationEvent":
            self.consumes(occurrence, emptied)
            self.makes(occurrence, occurrence.outputs)
        elif occurrence.type == "ObjectEvent" and occurrence.action == "ADD":
            self.makes(occurrence, occurrence.what)
        else:
            self.packs(occurrence)
            self.empties(occurrence, emptied)
            self.is_what(occurrence)

    # --- what is named, and what lies where

    def names(self, named: Iterable[Holding]) -> list[Holding]:
        """The holdings that are amounts of this lot."""
        return [holding for holding in named if holding.is_class and holding.key == self.key]

    def stated(self, amounts: Iterable[tuple[float | None, str | None]]) -> float | None:
        """q, or None if it is unstated."""
        total = 0.0
        for quantity, uom in amounts:
            if quantity is None or uom != self.uom:
                return None
            total += quantity
        return total

    def named_amount(self, named: Iterable[Holding]) -> float | None:
        """q of the holdings that name this lot."""
        return self.stated((holding.quantity, holding.uom) for holding in self.names(named))

    def living(self) -> list[Portion]:
        return [portion for portion in self.portions if not portion.gone]

    def loose(self) -> list[Portion]:
        """Living in no container."""
        return [portion for portion in self.living() if portion.container is None]

    def at(self, place: str | None) -> list[Portion]:
        """In no container and not in transit, at the site of that place."""
        return [
            portion
            for portion in self.loose()
            if portion.status != "in_transit"
            and portion.place is not None
            and place is not None
            and same_site(portion.place, place)
        ]

    def moving(self) -> list[Portion]:
        return [portion for portion in self.loose() if portion.status == "in_transit"]

    def packed(self) -> list[Portion]:
        return [portion for portion in self.living() if portion.container is not None]

    def within(self, containments: Iterable[Containment]) -> list[Portion]:
        """Living in the containers of these."""
        containers = [containment.parent for containment in containments]
        return [portion for portion in self.packed() if portion.container in containers]

    def elsewhere(self, place: str | None) -> list[Portion]:
        """The rest of the living ones."""
        others = [*self.at(place), *self.moving(), *self.packed()]
        return [portion for portion in self.living() if portion not in others]

    # --- taking and putting

    def take(self, wanted: float, *sources: Iterable[Stock]) -> float:
        """At most ``wanted``, from the sources in order, within a source from the one put first."""
        taken = 0.0
        for source in sources:
            for stock in source:
                part = min(stock.amount, wanted - taken)
                if part > 0:
                    stock.amount -= part
                    taken += part
        self.portions = [portion for portion in self.portions if portion.amount > NOTHING_LEFT]
        return taken

    def everything(self, *sources: Iterable[Stock]) -> float:
        return self.take(float("inf"), *sources)

    def put(self, portion: Portion) -> None:
        """Living ones at one site or in one container become one: first key, last occurrence."""
        if portion.amount <= NOTHING_LEFT:
            return
        together: list[Portion] = []
        if portion.container is not None:
            together = [other for other in self.packed() if other.container == portion.container]
        elif not portion.gone:  # one in transit has no place
            together = self.at(portion.place)
        for other in together:
            portion.place = other.place
            portion.amount += other.amount
        self.portions = [*(other for other in self.portions if other not in together), portion]

    def place(self, amount: float, occurrence: Occurrence) -> None:
        """*Placed*."""
        told = place_told(occurrence)
        if told == LEAVES:
            self.put(Portion(amount, occurrence, "in_transit"))
        elif known_place(told) is not None:
            self.put(Portion(amount, occurrence, "in_stock", told))
        else:
            self.put(Portion(amount, occurrence, "unaccounted"))

    def end(self, amount: float, occurrence: Occurrence, status: Status) -> None:
        """Gone at X."""
        self.put(Portion(amount, occurrence, status, known_place(place_told(occurrence)), gone=True))

    # --- the rules

    def consumes(self, occurrence: Occurrence, emptied: list[Containment]) -> None:
        """Rule 1. Named amounts count once, as named (4.1), and then those inside do not."""
        here = known_place(place_told(occurrence))
        if self.names(occurrence.inputs):
            q = self.named_amount(occurrence.inputs)
        else:
            q = self.stated((containment.amount, containment.uom) for containment in emptied)
        taken = self.everything(self.within(emptied))
        if q is not None and q > taken:
            rest = q - taken
            at_x, elsewhere = self.at(here), self.elsewhere(here)
            taken += self.take(rest, at_x, self.packed(), self.moving(), [self.untold], elsewhere)
        self.end(taken, occurrence, "consumed")

    def makes(self, occurrence: Occurrence, outputs: Iterable[Holding]) -> None:
        """Rule 2."""
        self.place(self.take(self.named_amount(outputs) or 0.0, [self.untold]), occurrence)

    def packs(self, occurrence: Occurrence) -> None:
        """Rule 3, as child. Without a parent there is nothing to be packed into."""
        q = self.named_amount(occurrence.children)
        if q is None or occurrence.parent is None:
            return
        inside = [p for p in self.packed() if p.container == occurrence.parent]
        if occurrence.action == "ADD":
            here = known_place(place_told(occurrence))
            others = [p for p in self.packed() if p.container != occurrence.parent]
            at_x, elsewhere = self.at(here), self.elsewhere(here)
            taken = self.take(q, at_x, others, self.moving(), [self.untold], elsewhere)
            self.put(Portion(taken, occurrence, "in_stock", container=occurrence.parent))
        elif occurrence.action == "DELETE":
            self.place(self.take(q, inside), occurrence)

    def empties(self, occurrence: Occurrence, emptied: list[Containment]) -> None:
        """Rule 3, last sentence: what is still in a container of which a containment ends here."""
        left = self.everything(self.within(emptied))
        if occurrence.type not in ("AggregationEvent", "AssociationEvent") and is_destroying(occurrence):
            self.end(left, occurrence, "destroyed")
        else:
            self.place(left, occurrence)

    def is_what(self, occurrence: Occurrence) -> None:
        """One of the rules 4, 5, 6. Reading: it leaves if 2.5 finds no place because it leaves."""
        if not self.names(occurrence.what):
            return
        q = self.named_amount(occurrence.what)
        told = place_told(occurrence)
        deletes = occurrence.type == "ObjectEvent" and occurrence.action == "DELETE"
        if deletes or is_selling(occurrence) or is_destroying(occurrence):
            self.goes(occurrence, q)
        elif told == LEAVES:
            self.leaves(occurrence, q)
        elif known_place(told) is not None:
            self.comes(occurrence, q, told)

    def all_or_nothing_there(self, there: list[Portion]) -> float:
        """Unstated: everything there, or if there is nothing, everything living loose and the untold."""
        return self.everything(there) if there else self.everything(self.loose(), [self.untold])

    def goes(self, occurrence: Occurrence, q: float | None) -> None:
        """Rule 4."""
        here = known_place(place_told(occurrence))
        at_x = self.at(here)
        if q is None:
            taken = self.all_or_nothing_there(at_x)
        else:
            taken = self.take(q, at_x, self.packed(), self.moving(), [self.untold], self.elsewhere(here))
        self.end(taken, occurrence, status_of_going(occurrence))

    def leaves(self, occurrence: Occurrence, q: float | None) -> None:
        """Rule 5."""
        origin = occurrence.read_point
        at_r, elsewhere = self.at(origin), self.elsewhere(origin)
        before = sum(portion.amount for portion in self.moving())
        if q is None:
            taken = self.all_or_nothing_there(at_r)
        elif occurrence.biz_step == "shipping":
            taken = self.take(q, at_r)
            taken += self.take(max(0.0, q - taken - before), [self.untold], elsewhere)
        else:
            taken = self.take(max(0.0, q - before), at_r, [self.untold], elsewhere)
        self.put(Portion(taken, occurrence, "in_transit"))

    def comes(self, occurrence: Occurrence, q: float | None, here: str) -> None:
        """Rule 6."""
        receives = occurrence.biz_step in ("receiving", "arriving")
        before = sum(portion.amount for portion in self.at(here))
        elsewhere = self.elsewhere(here)
        if q is None:
            taken = self.everything(self.moving()) if receives else 0.0
            if taken == 0 and before == 0:
                taken = self.everything(self.loose(), [self.untold])
        else:
            taken = self.take(q, self.moving()) if receives else 0.0
            more = max(0.0, q - taken - before)
            taken += self.take(more, self.moving(), self.packed(), [self.untold], elsewhere)
        self.put(Portion(taken, occurrence, "in_stock", here))
