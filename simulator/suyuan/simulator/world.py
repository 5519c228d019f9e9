"""The seeded sample world: about ten days in the life of one food chain, wholly determined by (seed, end).

Three farms grow lettuce, two raise pigs; a slaughterhouse cuts pork; a plant cooks ready meals from lettuce
and pork of several farms; a distribution centre and four shops bring them to people. One lot of lettuce is
contaminated: nothing in the events says so, only the ground truth does.

The history ends a few hours before ``end`` (at the latest the night before, where the shops were still
closed). At ``end`` one early lot of meals is past its last day, one is near it, the others are fresh.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone

from suyuan.simulator.cast import Cast, Site
from suyuan.simulator.story import Assignment, Lot, Tagged, Whereabouts

LOCAL = timezone(timedelta(hours=8))
UTC_OFFSET = "+08:00"
QUIET = timedelta(hours=2)
OPENING, CLOSING = time(8), time(21)
"""Opening hours of the shops, local time."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is cooked. The sample world has 6 lots of 28 cases of 12: 2,016 items on 12 pallets."""

    items_per_case: int = 12
    cases_per_lot: int = 28
    pallets_per_lot: int = 2


MINIATURE = Scale(items_per_case=3, cases_per_lot=2, pallets_per_lot=1)
"""36 items, for tests."""


@dataclass(frozen=True, slots=True)
class Item:
    """One ready meal. ``key`` is its canonical key, which is also its Digital Link."""

    key: str
    memory: bytes
    lot: str
    case: str


@dataclass(frozen=True, slots=True)
class Complaint:
    """A shopper fell ill after eating an item: where and when it was sold."""

    number: str
    item: str
    place: str
    sold: datetime


@dataclass(frozen=True, slots=True)
class WarmRide:
    """A ride on which the cooling was off from ``since`` to ``until``; ``worst_c`` is the warmest reading.

    An inspection of ``units``, which travelled in it, found them good at ``inspected``.
    """

    source: str
    target: str
    left: datetime
    arrived: datetime
    units: tuple[str, ...]
    since: datetime
    until: datetime
    worst_c: float
    inspected: datetime


@dataclass(frozen=True, slots=True)
class World:
    """Everything there is to know, ``contaminated`` and ``whereabouts`` included.

    ``affected_lots`` are the lots that the contaminated one went into; ``units`` are crates, cases and
    pallets; ``contents`` is what was packed into each unit first: keys of items, cases, or one lot.
    """

    seed: int
    end: datetime
    scale: Scale
    cast: Cast
    assignments: tuple[Assignment, ...]
    lots: Mapping[str, Lot]
    items: Mapping[str, Item]
    units: Mapping[str, Tagged]
    contents: Mapping[str, tuple[str, ...]]
    contaminated: str
    affected_lots: frozenset[str]
    consumed_at: Mapping[str, str]
    whereabouts: Mapping[str, Whereabouts]
    complaints: tuple[Complaint, ...]
    warm_ride: WarmRide

    @property
    def name(self) -> str:
        """Short and telling; part of every order id."""
        return world_name(self.seed, self.end)

    @property
    def stations(self) -> tuple[Site, ...]:
        """All sites with their stations, in the order of the chain."""
        return self.cast.sites

    def site(self, station: str) -> Site:
        """The site of a station."""
        return next(site for site in self.stations if site.station == station)


def world_name(seed: int, end: datetime) -> str:
    """The name of the world of (seed, end)."""
    return f"w{seed}-{end.astimezone(LOCAL):%Y%m%dT%H%M%S}"


@dataclass(frozen=True, slots=True)
class Calendar:
    """Local time of the story: day 0 is the last whole day before ``end``; ``last`` is when it ends."""

    today: date
    last: datetime

    def at(self, day: int, clock: str) -> datetime:
        """The instant at local ``clock`` (HH:MM) of ``day``, in UTC."""
        moment = datetime.combine(self.day(day), time.fromisoformat(clock), LOCAL)
        return moment.astimezone(UTC)

    def day(self, day: int) -> date:
        """The date of ``day``."""
        return self.today + timedelta(days=day)


def calendar(end: datetime) -> Calendar:
    """The calendar of a story that ends two hours before ``end``, or at closing time before that."""
    last = (end - QUIET).astimezone(LOCAL)
    today = last.date() if last.time() >= CLOSING else last.date() - timedelta(days=1)
    return Calendar(today, last.astimezone(UTC))
