"""What is drawn over the pictures: a numbered pin for each place, and the flows between them.

Names stand in the list beside the map, at the size of all other text: a map as wide as a phone has no room
for them. Places that a pin would cover share it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import hypot
from typing import Literal

from suyuan.portal.tiled.datum import drawn_at
from suyuan.portal.tiled.source import Datum
from suyuan.portal.tiled.window import Window, window
from suyuan.trace.checks.facts import Point

Kind = Literal["spring", "stay", "end"]
_RADIUS, _LARGE = 9, 12  # times the columns: as large on a phone, whatever the map shows
_APART = 2.8  # radii between the middles of two pins at least: room for an arrow
_BEND = 0.16  # of a flow's length to its left: there and back are two lines


@dataclass(frozen=True, slots=True)
class Place:
    """A place of the way with what people read of it; ``is_origin``: what went in is from there."""

    at: Point | None
    name: str
    under: str
    is_origin: bool = False


@dataclass(frozen=True, slots=True)
class Pin:
    """A pin of the map, and its part of the list: names, and what stands below them.

    It is drawn as the last of ``kinds``, of which it may have two: what went in can be from where goods stay.
    """

    number: int
    kinds: tuple[Kind, ...]
    x: float
    y: float
    names: tuple[str, ...]
    under: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A map, laid out in the pixels of its window; ``missing`` are names of places that nobody told where."""

    window: Window
    radius: int
    pins: tuple[Pin, ...]
    flows: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(slots=True)
class _Spot:
    """What one pin is for."""

    x: float
    y: float
    places: list[Place] = field(default_factory=list[Place])


def drawn(places: Sequence[Place], datum: Datum, *, large: bool = False) -> Drawn | None:
    """The map of ``places``: origins, then stays in the order of time; None where no place is known.

    ``large`` is for who asked for large type.
    """
    placed = [(place, drawn_at(place.at, datum)) for place in places if place.at is not None]
    if not placed:
        return None
    shown = window([at for _, at in placed])
    radius = (_LARGE if large else _RADIUS) * shown.columns
    spots = list[_Spot]()
    told = [(_spot(spots, place, *shown.pixel(at), radius), place) for place, at in placed]
    stays = [spot for spot, place in told if not place.is_origin]
    ways = [(spot, stays[0]) for spot, place in told if place.is_origin and stays]
    ways += pairwise(stays)
    return Drawn(
        shown,
        radius,
        tuple(_pin(spot, at, is_last=stays[-1:] == [at]) for at, spot in enumerate(spots)),
        tuple(_flow(spots[a], spots[b], radius) for a, b in dict.fromkeys(ways) if a != b),
        _each(place.name for place in places if place.at is None),
    )


def _spot(spots: list[_Spot], place: Place, x: float, y: float, radius: int) -> int:
    """Which pin is for a place: one that is near enough, else a new one."""
    near = (at for at, spot in enumerate(spots) if hypot(spot.x - x, spot.y - y) < _APART * radius)
    found = next(near, len(spots))
    if found == len(spots):
        spots.append(_Spot(x, y))
    spots[found].places.append(place)
    return found


def _pin(spot: _Spot, at: int, *, is_last: bool) -> Pin:
    springs: tuple[Kind, ...] = ("spring",) if any(place.is_origin for place in spot.places) else ()
    stays: tuple[Kind, ...] = ("end" if is_last else "stay",)
    return Pin(
        at + 1,
        springs if all(place.is_origin for place in spot.places) else springs + stays,
        round(spot.x, 1),
        round(spot.y, 1),
        _each(place.name for place in spot.places),
        _each(place.under for place in spot.places),
    )


def _flow(source: _Spot, target: _Spot, radius: int) -> str:
    """A bent line from the edge of a pin to the edge of another, with room for the head of an arrow."""
    across, down = target.x - source.x, target.y - source.y
    bend_x = (source.x + target.x) / 2 + down * _BEND
    bend_y = (source.y + target.y) / 2 - across * _BEND
    from_x, from_y = _towards(source, bend_x, bend_y, radius * 1.15)
    to_x, to_y = _towards(target, bend_x, bend_y, radius * 1.3)
    return f"M{from_x:.1f} {from_y:.1f}Q{bend_x:.1f} {bend_y:.1f} {to_x:.1f} {to_y:.1f}"


def _towards(spot: _Spot, x: float, y: float, far: float) -> tuple[float, float]:
    """The point so far from a pin's middle on the way to another point."""
    length = hypot(x - spot.x, y - spot.y)
    part = min(1.0, far / length)
    return spot.x + (x - spot.x) * part, spot.y + (y - spot.y) * part


def _each(texts: Iterable[str]) -> tuple[str, ...]:
    """Those that say something, once each."""
    return tuple(dict.fromkeys(filter(None, texts)))
