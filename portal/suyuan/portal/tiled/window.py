"""The part of the world that a map shows: few whole tiles of Web Mercator, as near as all places fit in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import asinh, pi, radians, tan

from suyuan.trace.checks.facts import Point

TILE = 256
MOST_TILES = 6
NEAREST = 9
"""A pixel is some 250 metres in China: places are known to ten kilometres, and more is nobody's business."""
_FARTHEST = 1
_MOST_ASIDE = 3
_LEAST_ASIDE = 2
_MARGIN = 48
_LAST_PARALLEL = 85.05112877980659  # where the square of Web Mercator ends


@dataclass(frozen=True, slots=True)
class Window:
    """``columns`` times ``rows`` tiles of a zoom, from tile ``left``, ``top`` on."""

    zoom: int
    left: int
    top: int
    columns: int
    rows: int

    @property
    def width(self) -> int:
        """Pixels across."""
        return self.columns * TILE

    @property
    def height(self) -> int:
        """Pixels down."""
        return self.rows * TILE

    def tiles(self) -> Iterator[tuple[int, int]]:
        """Column and row of each tile, line by line."""
        for row in range(self.top, self.top + self.rows):
            for column in range(self.left, self.left + self.columns):
                yield column, row

    def pixel(self, place: Point) -> tuple[float, float]:
        """Where a place is, from the upper left of the window."""
        x, y = pixel(place, self.zoom)
        return x - self.left * TILE, y - self.top * TILE


def pixel(place: Point, zoom: int) -> tuple[float, float]:
    """Pixels from the upper left of the world, whose side is ``256 * 2 ** zoom`` (EPSG:3857)."""
    side = TILE << zoom
    latitude = max(-_LAST_PARALLEL, min(_LAST_PARALLEL, place.latitude))
    return (place.longitude + 180) / 360 * side, (1 - asinh(tan(radians(latitude))) / pi) / 2 * side


def window(places: Sequence[Point]) -> Window:
    """The nearest look at all of ``places`` (one or more) that takes at most ``MOST_TILES``."""
    for zoom in range(NEAREST, _FARTHEST, -1):
        found = _at(places, zoom)
        if max(found.columns, found.rows) <= _MOST_ASIDE and found.columns * found.rows <= MOST_TILES:
            return found
    return _at(places, _FARTHEST)  # all the world, in four tiles


def _at(places: Sequence[Point], zoom: int) -> Window:
    across, down = zip(*(pixel(place, zoom) for place in places), strict=True)
    left, columns = _span(min(across), max(across), 1 << zoom)
    top, rows = _span(min(down), max(down), 1 << zoom)
    return Window(zoom, left, top, columns, rows)


def _span(least: float, most: float, there: int) -> tuple[int, int]:
    """The first of the tiles that show all between two pixels with a margin, and how many; at least two."""
    first = max(0, int((least - _MARGIN) // TILE))
    last = min(there - 1, int((most + _MARGIN) // TILE))
    if last - first + 1 < _LEAST_ASIDE:
        is_left = (least + most) / 2 < (first + 0.5) * TILE
        first, last = (first - 1, last) if (is_left and first > 0) or last == there - 1 else (first, last + 1)
    return first, last - first + 1
