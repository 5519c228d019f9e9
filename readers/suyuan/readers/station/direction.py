"""Which way goods went through a door, by the order in which the antennas outside and inside heard them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from math import sqrt

from suyuan.readers.station.config import Side

# In standard deviations of the time at which goods were heard: how far apart the middles of both sides are
# when goods go through, and how much longer one side hears goods than the other when they turn back.
_THROUGH, _BACK = 0.9, 0.35
_FEWEST, _FEWEST_BACK = 3, 12
"""Reads on each side, and in all for goods that turn back; fewer tell no order."""


class Way(StrEnum):
    """The way of the goods; ``returned``: they came through the door and went back."""

    INWARD = "inward"
    OUTWARD = "outward"
    RETURNED = "returned"
    UNCLEAR = "unclear"


@dataclass(slots=True)
class _Heard:
    """When one side heard goods, loud reads weighing more: sums of weights, times and squares."""

    count: int = 0
    weight: float = 0.0
    moment: float = 0.0
    square: float = 0.0

    def hear(self, weight: float, at: float) -> None:
        self.count += 1
        self.weight += weight
        self.moment += weight * at
        self.square += weight * at * at

    def join(self, other: _Heard) -> None:
        self.count += other.count
        self.weight += other.weight
        self.moment += other.moment
        self.square += other.square

    @property
    def middle(self) -> float:
        return self.moment / self.weight

    @property
    def spread(self) -> float:
        return sqrt(max(self.square / self.weight - self.middle**2, 0.0))


@dataclass(slots=True)
class Sides:
    """When both sides of a door heard a tag, or all that went through; times from any common beginning."""

    _outside: _Heard = field(default_factory=_Heard)
    _inside: _Heard = field(default_factory=_Heard)

    def hear(self, side: Side, rssi_dbm: float | None, at: float, count: int) -> None:
        """Take in one report; without signal strengths each read counts alike. O(1)."""
        weight = count * (1.0 if rssi_dbm is None else 10.0 ** (rssi_dbm / 20.0))
        (self._inside if side is Side.INSIDE else self._outside).hear(weight, at)

    def join(self, other: Sides) -> None:
        """Take in what was heard of another tag."""
        self._outside.join(other._outside)
        self._inside.join(other._inside)

    def way(self) -> Way:
        """The way of what was heard so far. O(1)."""
        outside, inside = self._outside, self._inside
        if min(outside.count, inside.count) < _FEWEST:
            return Way.UNCLEAR
        both = _Heard()
        both.join(outside)
        both.join(inside)
        whole = both.spread
        if whole <= 0.0:
            return Way.UNCLEAR
        if abs(outside.spread - inside.spread) >= _BACK * whole:
            return Way.RETURNED if both.count >= _FEWEST_BACK else Way.UNCLEAR
        later = (inside.middle - outside.middle) / whole
        if abs(later) < _THROUGH:
            return Way.UNCLEAR
        return Way.INWARD if later > 0 else Way.OUTWARD
