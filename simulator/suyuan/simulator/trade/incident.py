"""The incident of a trade and its truth: which lots were contaminated, where that went, who fell ill.

Everything is read off the true account while goods move; what the records say, and what an engine makes of
them, has no part in it. Kept is what the incident touched, nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from heapq import heappush, heapreplace
from random import Random
from typing import Literal

from suyuan.simulator.trade.deeds import DAY, Lot, Pallet, Parcel
from suyuan.simulator.trade.goods import GOODS
from suyuan.trace.incident.lags import PATHOGENS, LogNormal

HOME = LogNormal(1.0, 1.8)
"""Days from the sale until it is eaten: an assumption."""
Status = Literal["in_stock", "in_transit", "sold", "destroyed", "consumed", "unaccounted"]
Key = tuple[int, int]
"""Series and number."""


@dataclass(frozen=True, slots=True)
class Source:
    """What is contaminated: all lots brought about at a site in [begins, ends), in milliseconds."""

    site: int
    begins: int
    ends: int
    pathogen: str
    cases: int = 20
    unrelated: float = 0.2


@dataclass(frozen=True, slots=True)
class Part:
    """So much of a lot is, or went, somewhere; of one with items from ``first`` on. ``site`` -1: nowhere."""

    amount: int
    first: int
    site: int
    status: Status
    container: Key | None = None


@dataclass(frozen=True, slots=True)
class Meal:
    """Somebody bought so much of a lot at a shop; ``item`` is one of its numbers, or -1."""

    at: int
    site: int
    lot: Key
    items: int
    item: int


@dataclass(frozen=True, slots=True)
class IllPerson:
    """A case of the outbreak, or with ``related`` false someone ill of something else."""

    meal: Meal
    eaten: int
    onset: int
    related: bool


@dataclass(slots=True)
class Touched:
    """An affected lot: ``share`` is the largest contaminated share of anything under its name."""

    goods: str
    items: int
    share: float
    parts: list[Part] = field(default_factory=list[Part])


@dataclass(slots=True)
class Incident:
    """What the incident touched; with no source nothing is."""

    random: Random
    source: Source | None = None
    suspects: dict[Key, int] = field(default_factory=dict[Key, int])  # when brought about
    touched: dict[Key, Touched] = field(default_factory=dict[Key, Touched])
    carriers: dict[Key, None] = field(default_factory=dict[Key, None])
    _ill: list[tuple[float, int, Meal]] = field(default_factory=list[tuple[float, int, Meal]])
    _others: list[tuple[float, int, Meal]] = field(default_factory=list[tuple[float, int, Meal]])
    _meals: int = 0

    def begins(self, site: int, at: int) -> bool:
        """Whether what is brought about there and then is contaminated at its source."""
        source = self.source
        return source is not None and source.site == site and source.begins <= at < source.ends

    def begin_at(self, site: int, lot: Lot) -> None:
        """A lot is brought about at a site: maybe where and when contamination began."""
        if self.begins(site, lot.made):
            lot.affected = lot.alive = True
            lot.share = 1.0
            self.suspects[lot.series, lot.number] = lot.made
            self._touch(lot)

    def mixed(self, site: int, taken: Sequence[Parcel], made: Iterable[Lot], *, kills: bool) -> None:
        """A batch became lots: what was in it is in each of them, evenly."""
        if self.source is None:
            return
        mass = share = 0.0
        alive = False
        for parcel in taken:
            weight = GOODS[parcel.lot.goods].milligrams(parcel.amount)
            mass += weight
            share += weight * parcel.lot.share
            alive = alive or parcel.lot.alive
        affected = any(parcel.lot.affected for parcel in taken)
        for lot in made:
            if affected:
                lot.affected, lot.share, lot.alive = True, share / mass, alive and not kills
                self._touch(lot)
            self.begin_at(site, lot)

    def renamed(self, lot: Lot) -> None:
        """Some of an affected lot is sold under another's name."""
        if lot.affected:
            self._touch(lot)

    def unmade(self, lot: Lot) -> None:
        """A lot was not made after all before the end."""
        self.touched.pop((lot.series, lot.number), None)
        self.suspects.pop((lot.series, lot.number), None)

    def ended(self, parcel: Parcel, site: int, status: Status) -> None:
        """So much of a lot is no more."""
        if parcel.lot.affected:
            self.found(parcel, site, status)

    def found(self, parcel: Parcel, site: int, status: Status, container: Key | None = None) -> None:
        """So much of an affected lot is, or went, there."""
        lot = parcel.lot
        parts = self.touched[lot.series, lot.number].parts
        parts.append(Part(parcel.amount, parcel.first, site, status, container))

    def carried(self, lot: Lot, series: int, number: int) -> None:
        """A container holds some of a lot."""
        if lot.affected:
            self.carriers[series, number] = None

    def packed(self, lot: Lot, pallets: Iterable[Pallet]) -> None:
        """Cases and pallets hold a lot."""
        if lot.affected:
            for pallet in pallets:
                self.carriers[pallet.series, pallet.number] = None
                self.carriers.update(((case.series, case.number), None) for case in pallet.cases)

    def eaten(self, parcel: Parcel, at: int, site: int) -> None:
        """Somebody buys it: perhaps one of those who fall ill.

        The ill are drawn in proportion to the contaminated mass that was sold, the others to all other mass,
        each sale at most once (weighted reservoirs: Efraimidis and Spirakis 2006).
        """
        source = self.source
        if source is None:
            return
        lot, random = parcel.lot, self.random
        weight = GOODS[lot.goods].milligrams(parcel.amount)
        strange = round(source.cases * source.unrelated)
        item = parcel.first + random.randrange(parcel.amount) if parcel.first >= 0 else -1
        meal = Meal(at, site, (lot.series, lot.number), lot.items, item)
        self._meals += 1
        if lot.alive:
            self._draw(self._ill, weight * lot.share, meal, source.cases - strange)
        elif not lot.affected:
            self._draw(self._others, weight, meal, strange)

    def ill(self) -> tuple[IllPerson, ...]:
        """Everybody who fell ill, in the order of falling ill."""
        if self.source is None:
            return ()
        incubation = PATHOGENS[self.source.pathogen].incubation
        found: list[IllPerson] = []
        for related, meals in ((True, self._ill), (False, self._others)):
            for _, _, meal in sorted(meals, key=lambda row: row[1]):
                eaten = meal.at + int(DAY * self._drawn(HOME))
                found.append(IllPerson(meal, eaten, eaten + int(DAY * self._drawn(incubation)), related))
        return tuple(sorted(found, key=lambda person: person.onset))

    def _touch(self, lot: Lot) -> None:
        touched = self.touched.get((lot.series, lot.number))
        if touched is None:
            self.touched[lot.series, lot.number] = Touched(lot.goods, lot.items, lot.share)
        else:
            touched.share = max(touched.share, lot.share)

    def _draw(self, drawn: list[tuple[float, int, Meal]], weight: float, meal: Meal, most: int) -> None:
        if most < 1 or weight <= 0:
            return
        row = (math.log(1.0 - self.random.random()) / weight, self._meals, meal)
        if len(drawn) < most:
            heappush(drawn, row)
        elif drawn[0] < row:
            heapreplace(drawn, row)

    def _drawn(self, time: LogNormal) -> float:
        return time.median * math.exp(math.log(time.dispersion) * self.random.gauss(0.0, 1.0))
