"""The course of a trade: what is done day by day, and the true account of where everything is.

A plan and its seed decide all of it. Deeds come in the order of time; memory is what the trade holds at one
time and what the incident touched, not what happened. Nothing here knows EPCIS or how lineage is traced.

::

    farms.harvest ── roads.split ── roads.ship ── arrivals.receive ── plants.work ── roads.split ──
        roads.ship ── arrivals.receive ── centres.deliver ── roads.ship ── arrivals.receive ── shops.trade
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from heapq import heappop, heappush
from random import Random
from typing import Any

from suyuan.simulator.trade.deeds import (
    DAY,
    HOUR,
    NOWHERE,
    Act,
    Books,
    Brought,
    Case,
    Crate,
    Deed,
    Load,
    Lot,
    Mention,
    Pallet,
    Parcel,
    Role,
)
from suyuan.simulator.trade.goods import GOODS
from suyuan.simulator.trade.incident import Incident
from suyuan.simulator.trade.mischief import Mischief
from suyuan.simulator.trade.numbering import Numbering, SeriesKind
from suyuan.simulator.trade.plan import Plan, Site

LOCAL = timezone(timedelta(hours=8))
_LOCAL_MS = 8 * HOUR

Doing = Callable[["Course", int, Site, Load, Any], None]
"""What is done at an instant at a site with a load; the last argument is the doing's own."""


@dataclass(slots=True)
class Yard:
    """What lies at a site, by goods, first come first; ``crates`` are its own that are free."""

    stock: dict[str, deque[Parcel]] = field(default_factory=dict[str, "deque[Parcel]"])
    cases: dict[str, deque[Case]] = field(default_factory=dict[str, "deque[Case]"])
    crates: deque[Crate] = field(default_factory=deque[Crate])
    busy: bool = False

    def put(self, parcel: Parcel) -> None:
        """Some more."""
        self.stock.setdefault(parcel.lot.goods, deque()).append(parcel)


@dataclass(slots=True)
class Course:
    """A trade on its way: what is to be done next, and where everything is. :meth:`deeds` moves it on."""

    plan: Plan
    random: Random
    mischief: Mischief
    incident: Incident
    begins: int
    ends: int
    numbering: Numbering = field(default_factory=Numbering)
    books: Books = field(default_factory=Books)
    yards: list[Yard] = field(default_factory=list[Yard])
    transformations: int = 0
    done: int = 0  # deeds so far
    _agenda: list[tuple[int, int, Doing, int, Load, Any]] = field(
        default_factory=list[tuple[int, int, "Doing", int, Load, Any]]
    )
    _told: list[Deed] = field(default_factory=list[Deed])
    _planned: int = 0
    _products: dict[tuple[int, str], int] = field(default_factory=dict[tuple[int, str], int])

    def deeds(self) -> Iterator[Deed]:
        """Everything that is done before the end, in the order of time. To be asked for once."""
        while self._agenda and self._agenda[0][0] < self.ends:
            at, _, doing, site, load, more = heappop(self._agenda)
            doing(self, at, self.plan.sites[site], load, more)
            if self._told:
                yield from self._told
                self._told.clear()

    def later(self, at: int, doing: Doing, site: int, load: Load = (), more: object = None) -> None:
        """Do that at ``at``; ``load`` is what lies there, or moves there, until then."""
        self._planned += 1
        heappush(self._agenda, (at, self._planned, doing, site, load, more))

    def tell(
        self,
        at: int,
        site: int,
        act: Act,
        mentions: Sequence[Mention],
        *,
        source: int = NOWHERE,
        target: int = NOWHERE,
        brought: Lot | None = None,
        transformation: int = 0,
        cooled: str | None = None,
    ) -> int:
        """A deed is done; its number. ``cooled``: goods whose temperature is taken."""
        self.done += 1
        celsius = None if cooled is None else self._temperature(cooled)
        self._told.append(
            Deed(
                self.done, at, site, act, tuple(mentions), source, target,
                None if brought is None else _brought(brought), transformation, celsius,
            )
        )  # fmt: skip
        return self.done

    def new_lot(self, at: int, site: Site, goods: str, amount: int) -> Lot:
        """A lot of so much, made here."""
        kind = GOODS[goods]
        product = self._products.setdefault((site.company, goods), product_number(goods))
        series = self.numbering.begun(SeriesKind.LOT, site.company, product)
        items = self.numbering.begun(SeriesKind.ITEM, site.company, product) if kind.serials else -1
        self.books.lots += 1
        return Lot(goods, series, self.numbering.take(series), items, at, at + kind.shelf_days * DAY, amount)

    def waiting(self) -> Iterator[tuple[Doing, int, Load, Any]]:
        """What is not done yet: what is to be done where, with what."""
        for _, _, doing, site, load, more in self._agenda:
            yield doing, site, load, more

    def crate(self, site: Site) -> Crate:
        """A crate of a site: one that came back, or a new one."""
        free = self.yards[site.number].crates
        if free:
            return free.popleft()
        series = self.numbering.begun(SeriesKind.CRATE, site.company)
        return Crate(series, self.numbering.take(series), site.number)

    def products(self) -> Iterator[tuple[int, str, int]]:
        """Company, goods and number of every product that was made."""
        for (company, goods), number in self._products.items():
            yield company, goods, number

    def _temperature(self, goods: str) -> tuple[float, float] | None:
        kept = GOODS[goods].celsius
        if kept is None:
            return None
        low, high = kept
        middle = low + (high - low) * self.random.random()
        return round(max(low, middle - 0.4), 1), round(min(high, middle + 0.6), 1)


def product_number(goods: str) -> int:
    """Under which number a company sells these goods."""
    return list(GOODS).index(goods) + 2  # 1 is what a company's crates are numbered under


def local_day(at: int) -> int:
    """Days since 1970 of the local day of an instant."""
    return (at + _LOCAL_MS) // DAY


def local_hour(at: int, hour: float) -> int:
    """That hour of the local day of ``at``."""
    return local_day(at) * DAY - _LOCAL_MS + int(hour * HOUR)


def midnight(day: date) -> int:
    """The local midnight at which a day begins."""
    return int(datetime.combine(day, time(), LOCAL).astimezone(UTC).timestamp()) * 1000


def weigh(parcel: Parcel) -> int:
    """What it weighs, in milligrams."""
    return GOODS[parcel.lot.goods].milligrams(parcel.amount)


def mentioned(role: Role, load: Load) -> tuple[Mention, ...]:
    """A load as an event names it: what it is packed in, or else items, or else amounts of lots.

    What is numbered in a row becomes one mention; amounts of one lot are summed.
    """
    things: list[tuple[int, int, int]] = []
    amounts: dict[tuple[int, int], tuple[int, str | None]] = {}
    for piece in load:
        if isinstance(piece, Case | Pallet):
            things.append((piece.series, piece.number, 1))
        elif piece.crate is not None:
            things.append((piece.crate.series, piece.crate.number, 1))
        elif piece.first >= 0:
            things.append((piece.lot.items, piece.first, piece.amount))
        else:
            key = (piece.lot.series, piece.lot.number)
            before, uom = amounts.get(key, (0, GOODS[piece.lot.goods].uom))
            amounts[key] = before + piece.amount, uom
    found = [Mention(role, series, first, count) for series, first, count in _in_a_row(things)]
    found += [
        Mention(role, series, number, 1, amount, uom) for (series, number), (amount, uom) in amounts.items()
    ]
    return tuple(found)


def _in_a_row(things: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    found: list[tuple[int, int, int]] = []
    for series, first, count in things:
        if found and found[-1][0] == series and found[-1][1] + found[-1][2] == first:
            found[-1] = (series, found[-1][1], found[-1][2] + count)
        else:
            found.append((series, first, count))
    return found


def _brought(lot: Lot) -> Brought:
    return Brought(lot.series, lot.number, local_day(lot.made), local_day(lot.last))
