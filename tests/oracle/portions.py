"""Section 9 of the law of tracing (docs/decisions/0002), "Portions": where the parts of a lot lie.

Written from the law alone, one method for each of its rules, which are named by their numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from suyuan.trace.lineage.contract import Status
from suyuan.trace.lineage.occurrence import Holding, Occurrence

from .history import (
    LEAVES,
    NOTHING_LEFT,
    Containment,
    History,
    is_destroying,
    is_selling,
    kind_of,
    known_place,
    place_told,
    same_site,
    site_of,
    status_of_deletion,
)
from .influence import produced

Unsaid = Literal["unstated", "foreign"]
NO_CONTAINERS: frozenset[str] = frozenset()
COMING = ("receiving", "arriving")
CONFIRMED_WITHIN = timedelta(hours=24)


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


@dataclass(slots=True, eq=False)
class Arrival:
    """What came to a site by rule 6, and was neither confirmed yet nor left."""

    amount: float
    site: str
    told_by: Occurrence


def meant_for(portion: Portion, occurrence: Occurrence) -> bool:
    """*Meant for X*. Where X is not told only a party can be meant.

    Reading: a key foreign to GS1 names the place that X is, if it is that; else no place.
    """
    destinations = portion.put_by.destinations
    here = known_place(place_told(occurrence))
    if here is not None and any(same_site(key, here) for key in destinations):
        return True
    return occurrence.party in destinations and all(kind_of(key) != "place" for key in destinations)


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
        self.quantity = quantity or 0.0
        if not quantity or not history.is_class(key) or history.instances_of(key):
            return
        self.history = history
        self.untold = Stock(quantity)
        self.arrivals: list[Arrival] = []
        for occurrence in history.occurrences:
            self._tell(occurrence, [c for c in history.emptied[occurrence.evidence] if c.child == key])

    def _tell(self, occurrence: Occurrence, emptied: list[Containment]) -> None:
        """1, 2, 3, then one of 4, 5, 6; ``emptied``: the containments of the lot that end here."""
        as_what = self.as_what(occurrence)
        if occurrence.type == "TransformationEvent":
            self.consumes(occurrence, emptied)
            self.makes(occurrence, self.q(occurrence.outputs))
        elif occurrence.type == "ObjectEvent" and occurrence.action == "ADD":
            self.makes(occurrence, as_what)
        else:
            self.packs(occurrence)
            self.empties(occurrence, emptied)
            if self.names(occurrence.what):
                self.is_what(occurrence, as_what)

    # --- what is named, and what lies where

    def names(self, named: Iterable[Holding]) -> list[Holding]:
        """The holdings that are amounts of this lot."""
        return [holding for holding in named if holding.is_class and holding.key == self.key]

    def stated(self, amounts: Iterable[tuple[float | None, str | None]]) -> float | Unsaid:
        """q, if it is stated and in the unit of Q."""
        told = list(amounts)
        if any(quantity is None for quantity, _ in told):
            return "unstated"
        if any(uom != self.uom for _, uom in told):
            return "foreign"
        return sum(quantity or 0.0 for quantity, _ in told)

    def q(self, named: Iterable[Holding]) -> float | Unsaid:
        """q of the holdings that name this lot."""
        return self.stated((holding.quantity, holding.uom) for holding in self.names(named))

    def as_what(self, occurrence: Occurrence) -> float | Unsaid:
        """q as what, less what lies in containers named as what too.

        Reading: lies just before the occurrence, and directly in the container.
        """
        q = self.q(occurrence.what)
        if isinstance(q, str):
            return q
        containers = {holding.key for holding in occurrence.what if not holding.is_class}
        beside = sum(portion.amount for portion in self.packed() if portion.container in containers)
        return max(0.0, q - beside)

    def living(self) -> list[Portion]:
        return [portion for portion in self.portions if not portion.gone]

    def loose(self) -> list[Portion]:
        """Living in no container."""
        return [portion for portion in self.living() if portion.container is None]

    def at(self, place: str | None, party: str) -> list[Portion]:
        """In no container and not in transit, at the site of that place, first those put by the party."""
        there = [
            portion
            for portion in self.loose()
            if portion.status != "in_transit"
            and portion.place is not None
            and place is not None
            and same_site(portion.place, place)
        ]
        return sorted(there, key=lambda portion: portion.put_by.party != party)

    def moving(self) -> list[Portion]:
        """In transit, the earliest position first."""
        return [portion for portion in self.loose() if portion.status == "in_transit"]

    def meant(self, occurrence: Occurrence) -> list[Portion]:
        return [portion for portion in self.moving() if meant_for(portion, occurrence)]

    def without_destinations(self) -> list[Portion]:
        return [portion for portion in self.moving() if not portion.put_by.destinations]

    def moving_to(self, occurrence: Occurrence) -> list[Portion]:
        """Moving to X. Reading: what has no destinations moves to wherever X is, told or not."""
        return [*self.meant(occurrence), *self.without_destinations()]

    def packed(self) -> list[Portion]:
        return [portion for portion in self.living() if portion.container is not None]

    def inside(self, container: str) -> list[Portion]:
        return [portion for portion in self.packed() if portion.container == container]

    def packed_at(self, occurrence: Occurrence) -> list[Portion]:
        """Packed at X."""
        here = known_place(place_told(occurrence))
        places = {
            portion.container: self.history.effective_place_at(portion.container or "", occurrence.time)
            for portion in self.packed()
        }
        return [
            portion
            for portion in self.packed()
            if here is not None
            and (there := places[portion.container]) is not None
            and same_site(here, there)
        ]

    def elsewhere(self, occurrence: Occurrence) -> list[Portion]:
        """All other living ones that are in no container and not in transit. Reading: other than at X."""
        at_x = self.at(known_place(place_told(occurrence)), occurrence.party)
        return [p for p in self.loose() if p.status != "in_transit" and p not in at_x]

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

    def draw(self, wanted: float, occurrence: Occurrence, *sources: Iterable[Stock]) -> Stock:
        """At most what is wanted: from the sources, the untold, elsewhere."""
        return self.take(wanted, *sources, [self.untold], self.elsewhere(occurrence))

    def gather(self, wanted: float, occurrence: Occurrence) -> Stock:
        """From at X, packed at X, moving to X, the untold, elsewhere."""
        at_x = self.at(known_place(place_told(occurrence)), occurrence.party)
        return self.draw(wanted, occurrence, at_x, self.packed_at(occurrence), self.moving_to(occurrence))

    def everything(self, *sources: Iterable[Stock]) -> Stock:
        return self.take(float("inf"), *sources)

    def put(self, portion: Portion) -> None:
        """Living ones at one site by one party, or in one container, become one."""
        together: list[Portion] = []
        if portion.container is not None:
            portion.through |= {portion.container}
            together = self.inside(portion.container)
        elif not portion.gone:  # one in transit has no place
            party = portion.put_by.party
            together = [p for p in self.at(portion.place, party) if p.put_by.party == party]
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
            here = self.history.places_before[occurrence.evidence].get(out_of)
        self.lay(stock, occurrence, "unaccounted" if here is None else "in_stock", place=here)

    def end(self, stock: Stock, occurrence: Occurrence, status: Status) -> None:
        """Gone at X."""
        self.lay(stock, occurrence, status, place=known_place(place_told(occurrence)), gone=True)

    # --- the rules; where q is unsaid and nothing is said of that, it moves nothing

    def consumes(self, occurrence: Occurrence, emptied: list[Containment]) -> None:
        """Rule 1. Named amounts count once, as named (4.1), and then those inside do not."""
        if self.names(occurrence.inputs):
            q = self.q(occurrence.inputs)
        else:
            q = self.stated((containment.amount, containment.uom) for containment in emptied)
        containers = [containment.parent for containment in emptied]
        taken = self.everything(p for p in self.packed() if p.container in containers)
        if not isinstance(q, str):
            taken += self.gather(q - taken.amount, occurrence)
        self.end(taken, occurrence, "consumed")

    def makes(self, occurrence: Occurrence, q: float | Unsaid) -> None:
        """Rule 2."""
        if not isinstance(q, str):
            self.place(self.take(q, [self.untold]), occurrence)

    def packs(self, occurrence: Occurrence) -> None:
        """Rule 3, as child. Without a parent there is nothing to be packed into."""
        q, parent = self.q(occurrence.children), occurrence.parent
        if isinstance(q, str) or parent is None:
            return
        if occurrence.action == "ADD":
            at_x = self.at(known_place(place_told(occurrence)), occurrence.party)
            others = [p for p in self.packed_at(occurrence) if p.container != parent]
            taken = self.draw(q, occurrence, at_x, others, self.moving_to(occurrence))
            self.lay(taken, occurrence, "in_stock", container=parent)
        elif occurrence.action == "DELETE":
            self.place(self.draw(q, occurrence, self.inside(parent)), occurrence, parent)

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

    def is_what(self, occurrence: Occurrence, q: float | Unsaid) -> None:
        """One of the rules 4, 5, 6. Reading: it leaves if 2.5 finds no place because it leaves."""
        told = place_told(occurrence)
        deletes = occurrence.type == "ObjectEvent" and occurrence.action == "DELETE"
        if deletes or is_selling(occurrence) or is_destroying(occurrence):
            self.goes(occurrence, q, deletes=deletes)
        elif told == LEAVES:
            self.leaves(occurrence, q)
        elif known_place(told) is not None:
            self.comes(occurrence, q, told)

    def goes(self, occurrence: Occurrence, q: float | Unsaid, *, deletes: bool) -> None:
        """Rule 4."""
        if not isinstance(q, str):
            taken = self.gather(q, occurrence)
        elif q == "unstated" and deletes:
            taken = self.everything(self.at(known_place(place_told(occurrence)), occurrence.party))
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

    def leaves(self, occurrence: Occurrence, q: float | Unsaid) -> None:
        """Rule 5."""
        origin = occurrence.read_point
        at_r = self.at(origin, occurrence.party)
        before = sum(portion.amount for portion in self.moving())
        claimed = Stock(0.0)
        if isinstance(q, str):
            left = self.everything(at_r if q == "unstated" else [])
            rest = 0.0
        elif occurrence.biz_step == "shipping":
            claimed = self.take(q, self.claimed(origin))
            left = self.take(q - claimed.amount, at_r)
            rest = q - left.amount - before  # claimed, or moving already
        else:
            left = self.take(q - before, at_r)
            rest = q - left.amount - before
        if origin is not None:
            self.forget(left.amount, self.came(origin, occurrence))
        taken = claimed + left + self.draw(rest, occurrence)
        self.lay(taken, occurrence, "in_transit")

    def forget(self, amount: float, arrivals: Iterable[Arrival]) -> float:
        """Confirmed or left, the oldest first: at most ``amount`` of what came; how much that is."""
        left = amount
        for arrival in arrivals:
            part = min(left, arrival.amount)
            arrival.amount -= part
            left -= part
        return amount - left

    def came(self, place: str, occurrence: Occurrence) -> list[Arrival]:
        """What came to that site in the last day, the oldest first. Reading: nothing older leaves either."""
        return [
            arrival
            for arrival in self.arrivals
            if arrival.site == site_of(place) and occurrence.time - arrival.told_by.time <= CONFIRMED_WITHIN
        ]

    def confirmed(self, q: float, occurrence: Occurrence, here: str) -> float:
        """Rule 6: how much of q came by another step."""
        came = self.came(here, occurrence)
        return self.forget(q, [a for a in came if a.told_by.biz_step != occurrence.biz_step])

    def comes(self, occurrence: Occurrence, q: float | Unsaid, here: str) -> None:
        """Rule 6."""
        is_coming = occurrence.biz_step in COMING
        if isinstance(q, str):
            loose = self.without_destinations()
            taken = Stock(0.0)
            if q == "unstated" and is_coming:
                taken = self.everything(self.meant(occurrence) or (loose if len(loose) == 1 else []))
            self.lay(taken, occurrence, "in_stock", place=here)
        else:
            at_x = sum(portion.amount for portion in self.at(here, occurrence.party))
            wanted = q - (self.confirmed(q, occurrence, here) if is_coming else at_x)
            taken = self.draw(wanted, occurrence, self.moving_to(occurrence), self.packed_at(occurrence))
            # What its party put at X before is there by this occurrence: it becomes one with what came.
            self.put(Portion(taken.amount, taken.through, put_by=occurrence, status="in_stock", place=here))
        self.arrivals.append(Arrival(taken.amount, site_of(here), occurrence))
