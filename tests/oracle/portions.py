"""Section 9 of the law of tracing (docs/decisions/0002), "Portions": where the parts of a lot lie.

Written from the law alone, one method for each of its rules, which are named by their numbers.
"""

from __future__ import annotations

from collections import defaultdict
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
    site_of,
    status_of_deletion,
)
from .influence import produced

NO_CONTAINERS: frozenset[str] = frozenset()
COMING = {"receiving": "arriving", "arriving": "receiving"}  # each step with the other one


@dataclass(slots=True, eq=False)
class Stock:
    """Something of the lot, from which amounts are taken, and the containers that any of it came through."""

    amount: float
    through: frozenset[str] = NO_CONTAINERS

    def __add__(self, other: Stock) -> Stock:
        return Stock(self.amount + other.amount, self.through | other.through)


@dataclass(slots=True, eq=False, kw_only=True)
class Portion(Stock):
    """An amount that lies in one place or container; ``put_by`` put it there.

    Of one in a container ``status`` says only that it lives: it goes by that of the container.
    """

    put_by: Occurrence
    status: Status
    place: str | None = None
    container: str | None = None
    gone: bool = False


def meant_for(portion: Portion, occurrence: Occurrence) -> bool:
    """*Meant for X*. Where X is not told only a party can be meant."""
    here = known_place(place_told(occurrence))
    return any(
        key == occurrence.party or (here is not None and same_site(key, here))
        for key in portion.put_by.destinations
    )


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
        if not quantity or not history.is_class(key) or history.instances_of(key):
            return
        self.untold = Stock(quantity)
        self.unconfirmed: defaultdict[tuple[str, str], float] = defaultdict(float)  # by site and step
        self.places_before: dict[str, str | None] = {}
        for occurrence in history.occurrences:
            self.places_before = history.places_before[occurrence.evidence]
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
        """In transit, the earliest position first."""
        return [portion for portion in self.loose() if portion.status == "in_transit"]

    def meant(self, occurrence: Occurrence) -> list[Portion]:
        return [portion for portion in self.moving() if meant_for(portion, occurrence)]

    def without_destinations(self) -> list[Portion]:
        return [portion for portion in self.moving() if not portion.put_by.destinations]

    def coming(self, occurrence: Occurrence) -> list[Portion]:
        """Moving: first those meant for X, then those without destinations, then the others."""
        first = [*self.meant(occurrence), *self.without_destinations()]
        return [*first, *(portion for portion in self.moving() if portion not in first)]

    def packed(self) -> list[Portion]:
        return [portion for portion in self.living() if portion.container is not None]

    def inside(self, container: str) -> list[Portion]:
        return [portion for portion in self.packed() if portion.container == container]

    def elsewhere(self, place: str | None) -> list[Portion]:
        """The rest of the living ones."""
        others = [*self.at(place), *self.moving(), *self.packed()]
        return [portion for portion in self.living() if portion not in others]

    # --- taking and putting

    def take(self, wanted: float, *sources: Iterable[Stock]) -> Stock:
        """At most ``wanted``, from the sources in order, within a source from the one put first."""
        taken = Stock(0.0)
        for source in sources:
            for stock in source:
                part = min(stock.amount, wanted - taken.amount)
                if part > 0:
                    stock.amount -= part
                    taken += Stock(part, stock.through)
        self.portions = [portion for portion in self.portions if portion.amount > NOTHING_LEFT]
        return taken

    def everything(self, *sources: Iterable[Stock]) -> Stock:
        return self.take(float("inf"), *sources)

    def put(self, portion: Portion) -> None:
        """Living ones at one site or in one container become one: first key, last occurrence."""
        together: list[Portion] = []
        if portion.container is not None:
            portion.through |= {portion.container}
            together = self.inside(portion.container)
        elif not portion.gone:  # one in transit has no place
            together = self.at(portion.place)
        for other in together:
            portion.place = other.place
            portion.amount += other.amount
            portion.through |= other.through
        self.portions = [other for other in self.portions if other not in together]
        if portion.amount > NOTHING_LEFT:
            self.portions.append(portion)

    def lay(
        self,
        stock: Stock,
        put_by: Occurrence,
        status: Status,
        *,
        place: str | None = None,
        container: str | None = None,
        gone: bool = False,
    ) -> None:
        """Put an amount, if it is any."""
        if stock.amount > NOTHING_LEFT:
            self.put(
                Portion(
                    stock.amount,
                    stock.through,
                    put_by=put_by,
                    status=status,
                    place=place,
                    container=container,
                    gone=gone,
                )
            )

    def place(self, stock: Stock, occurrence: Occurrence, out_of: str | None = None) -> None:
        """*Placed*; ``out_of``: the container that it came out of."""
        told = place_told(occurrence)
        if told == LEAVES:
            self.lay(stock, occurrence, "in_transit")
            return
        here = known_place(told)
        if here is None and out_of is not None:
            here = self.places_before.get(out_of)
        self.lay(stock, occurrence, "unaccounted" if here is None else "in_stock", place=here)

    def end(self, stock: Stock, occurrence: Occurrence, status: Status) -> None:
        """Gone at X."""
        self.lay(stock, occurrence, status, place=known_place(place_told(occurrence)), gone=True)

    # --- the rules

    def consumes(self, occurrence: Occurrence, emptied: list[Containment]) -> None:
        """Rule 1. Named amounts count once, as named (4.1), and then those inside do not."""
        here = known_place(place_told(occurrence))
        if self.names(occurrence.inputs):
            q = self.named_amount(occurrence.inputs)
        else:
            q = self.stated((containment.amount, containment.uom) for containment in emptied)
        containers = [containment.parent for containment in emptied]
        taken = self.everything(p for p in self.packed() if p.container in containers)
        if q is not None and q > taken.amount:
            rest = q - taken.amount
            at_x, elsewhere, moving = self.at(here), self.elsewhere(here), self.coming(occurrence)
            taken += self.take(rest, at_x, self.packed(), moving, [self.untold], elsewhere)
        self.end(taken, occurrence, "consumed")

    def makes(self, occurrence: Occurrence, outputs: Iterable[Holding]) -> None:
        """Rule 2."""
        self.place(self.take(self.named_amount(outputs) or 0.0, [self.untold]), occurrence)

    def packs(self, occurrence: Occurrence) -> None:
        """Rule 3, as child. Without a parent there is nothing to be packed into."""
        q, parent = self.named_amount(occurrence.children), occurrence.parent
        if q is None or parent is None:
            return
        if occurrence.action == "ADD":
            here = known_place(place_told(occurrence))
            others = [p for p in self.packed() if p.container != parent]
            at_x, elsewhere, moving = self.at(here), self.elsewhere(here), self.coming(occurrence)
            taken = self.take(q, at_x, others, moving, [self.untold], elsewhere)
            self.lay(taken, occurrence, "in_stock", container=parent)
        elif occurrence.action == "DELETE":
            self.place(self.take(q, self.inside(parent)), occurrence, parent)

    def empties(self, occurrence: Occurrence, emptied: list[Containment]) -> None:
        """Rule 3, last sentence: what is still in a container of which a containment ends here.

        Reading: of several containers each for itself, the one put first first.
        """
        packing = occurrence.type in ("AggregationEvent", "AssociationEvent")
        gone = not packing and (is_destroying(occurrence) or is_selling(occurrence))
        containers = [containment.parent for containment in emptied]
        for portion in [p for p in self.packed() if p.container in containers]:
            left = self.everything([portion])
            if gone:
                self.end(left, occurrence, status_of_going(occurrence))
            else:
                self.place(left, occurrence, portion.container)

    def is_what(self, occurrence: Occurrence) -> None:
        """One of the rules 4, 5, 6. Reading: it leaves if 2.5 finds no place because it leaves."""
        if not self.names(occurrence.what):
            return
        q = self.named_amount(occurrence.what)
        told = place_told(occurrence)
        deletes = occurrence.type == "ObjectEvent" and occurrence.action == "DELETE"
        if deletes or is_selling(occurrence) or is_destroying(occurrence):
            self.goes(occurrence, q, deletes=deletes)
        elif told == LEAVES:
            self.leaves(occurrence, q)
        elif known_place(told) is not None:
            self.comes(occurrence, q, told)

    def everything_loose(self) -> Stock:
        """Everything living in no container and the untold."""
        return self.everything(self.loose(), [self.untold])

    def goes(self, occurrence: Occurrence, q: float | None, *, deletes: bool) -> None:
        """Rule 4."""
        here = known_place(place_told(occurrence))
        at_x = self.at(here)
        if q is not None:
            moving, elsewhere = self.coming(occurrence), self.elsewhere(here)
            taken = self.take(q, at_x, self.packed(), moving, [self.untold], elsewhere)
        elif deletes:
            taken = self.everything(at_x or [self.untold])
        else:
            return
        self.end(taken, occurrence, status_of_going(occurrence))

    def claimed(self, origin: str | None) -> list[Portion]:
        """Rule 5: what moves by other leaving words than shipping, told at that site.

        Reading: told at the read point of the occurrence that put it, whichever rule put it.
        """
        return [
            portion
            for portion in self.moving()
            if portion.put_by.biz_step != "shipping"
            and origin is not None
            and portion.put_by.read_point is not None
            and same_site(portion.put_by.read_point, origin)
        ]

    def leaves(self, occurrence: Occurrence, q: float | None) -> None:
        """Rule 5."""
        origin = occurrence.read_point
        at_r, elsewhere = self.at(origin), self.elsewhere(origin)
        before = sum(portion.amount for portion in self.moving())
        if q is None:
            taken = self.everything(at_r) if at_r else self.everything_loose()
        elif occurrence.biz_step == "shipping":
            taken = self.take(q, self.claimed(origin))
            others = before - taken.amount
            taken += self.take(q - taken.amount, at_r)
            taken += self.take(q - taken.amount - others, [self.untold], elsewhere)
        else:
            taken = self.take(q - before, at_r, [self.untold], elsewhere)
        self.lay(taken, occurrence, "in_transit")

    def comes(self, occurrence: Occurrence, q: float | None, here: str) -> None:
        """Rule 6."""
        step = occurrence.biz_step if occurrence.biz_step in COMING else None
        before = sum(portion.amount for portion in self.at(here))
        if q is None:
            taken = Stock(0.0)
            if step is not None:
                taken = self.everything(self.meant(occurrence) or self.without_destinations())
            if taken.amount == 0 and before == 0:
                taken = self.everything_loose()
        else:
            wanted = q - before
            if step is not None:
                other = site_of(here), COMING[step]
                confirmed = min(q, self.unconfirmed[other])
                self.unconfirmed[other] -= confirmed
                wanted = q - confirmed
            moving, elsewhere = self.coming(occurrence), self.elsewhere(here)
            taken = self.take(wanted, moving, self.packed(), [self.untold], elsewhere)
        if step is not None:
            self.unconfirmed[site_of(here), step] += taken.amount
        # What was at X already is there by this occurrence from now on: it becomes one with what came.
        self.put(Portion(taken.amount, taken.through, put_by=occurrence, status="in_stock", place=here))
