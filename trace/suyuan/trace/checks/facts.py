"""What master data and decisions tell beside the events: places, owners, recipes, regions, dates, stops."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache

from suyuan.trace.gs1 import IdentifierError, identify

EARTH_KM = 6371.0088
"""Mean radius (IUGG)."""


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the globe, in degrees."""

    latitude: float
    longitude: float

    def km_to(self, other: Point) -> float:
        """The great circle between two points, in kilometres (haversine)."""
        a, b = math.radians(self.latitude), math.radians(other.latitude)
        across = math.radians(other.longitude - self.longitude)
        part = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(across / 2) ** 2
        return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(part)))


@dataclass(frozen=True, slots=True)
class Recipe:
    """How much of a product comes out of what goes in, as shares of the same dimension; None: not told."""

    product: str
    inputs: frozenset[str] = frozenset()
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """Goods must not be sold since ``since``, by the case of that number."""

    since: datetime
    case: str


@dataclass(frozen=True, slots=True)
class Scan:
    """A shopper asked for an item."""

    key: str
    time: datetime
    point: Point


def _nobody(_key: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known beside the events; whatever is absent is not known, and nothing is concluded from it.

    ``points`` and ``districts`` (codes of GB/T 2260) are by site; ``owner`` gives the party of a site.
    ``regions`` are beginnings of district codes within which a product or lot may be: by its key.
    ``last_days`` are by lot; what an event tells of its goods goes before. ``stops`` are by item, unit, lot.
    """

    points: Mapping[str, Point] = field(default_factory=dict[str, Point])
    districts: Mapping[str, str] = field(default_factory=dict[str, str])
    owner: Callable[[str], str | None] = _nobody
    recipes: Mapping[str, tuple[Recipe, ...]] = field(default_factory=dict[str, tuple[Recipe, ...]])
    regions: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    last_days: Mapping[str, date] = field(default_factory=dict[str, date])
    stops: Mapping[str, Stop] = field(default_factory=dict[str, Stop])

    def holder(self, where: str | None, party: str | None) -> str | None:
        """Whose a site is, else the party that told of it."""
        return (None if where is None else self.owner(where)) or party


@dataclass(frozen=True, slots=True)
class Rules:
    """Where a difference begins to be a finding.

    ``tolerance`` is the share by which weighed amounts may differ, ``slack`` the amount (in KGM, LTR or other
    measured units) below which nothing is told; pieces are exact. ``transit_h`` is the longest time on the
    way where a route was not driven often enough to know better. Speeds are along the great circle;
    ``near_km`` is a distance within which coordinates tell nothing.
    """

    tolerance: float = 0.02
    slack: float = 1e-6
    transit_h: float = 72.0
    skew_h: float = 24.0
    flight_kmh: float = 900.0
    road_kmh: float = 150.0
    near_km: float = 5.0
    scans_apart_km: float = 50.0
    scan_places: int = 4
    observations: int = 30
    outlying: float = 6.0
    longer: float = 3.0


@lru_cache(maxsize=65_536)
def product_of(key: str) -> str:
    """The product of a lot or item; the key itself where it tells none."""
    try:
        return identify(key).product_key or key
    except IdentifierError:
        return key
