"""GCJ-02: where a place stands on maps that are drawn with the shift which China asks of public maps.

The formula is not published by those who decreed it; this is the one that map programs have agreed on since
2010, some hundred metres that change from place to place, on the ellipsoid of Krasovsky 1940. See
"Restrictions on geographic data in China" in Wikipedia, and the projects eviltransform and coordtransform,
whose published points are our tests. It is used in one direction only, to draw: nothing shifted is kept.
"""

from __future__ import annotations

from math import cos, pi, radians, sin, sqrt

from suyuan.portal.tiled.source import Datum
from suyuan.trace.checks.facts import Point

_AXIS_M = 6_378_245.0
_ECCENTRICITY = 0.00669342162296594323  # squared
_SOUTH, _NORTH, _WEST, _EAST = 0.8293, 55.8271, 72.004, 137.8347
_MIDDLE = Point(35.0, 105.0)


def drawn_at(place: Point, datum: Datum) -> Point:
    """Where a place of WGS 84 stands on a map of that datum."""
    is_inside = _SOUTH <= place.latitude <= _NORTH and _WEST <= place.longitude <= _EAST
    return _shifted(place) if datum == "gcj02" and is_inside else place


def _shifted(place: Point) -> Point:
    east, north = place.longitude - _MIDDLE.longitude, place.latitude - _MIDDLE.latitude
    sine = sin(radians(place.latitude))
    bulge = 1 - _ECCENTRICITY * sine * sine
    along_meridian = _AXIS_M * (1 - _ECCENTRICITY) / (bulge * sqrt(bulge))
    along_parallel = _AXIS_M / sqrt(bulge) * cos(radians(place.latitude))
    return Point(
        place.latitude + _metres_north(east, north) * 180 / (along_meridian * pi),
        place.longitude + _metres_east(east, north) * 180 / (along_parallel * pi),
    )


def _metres_north(x: float, y: float) -> float:
    bent = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    waves = 20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)
    waves += 20 * sin(y * pi) + 40 * sin(y / 3 * pi) + 160 * sin(y / 12 * pi) + 320 * sin(y / 30 * pi)
    return bent + waves * 2 / 3


def _metres_east(x: float, y: float) -> float:
    bent = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    waves = 20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)
    waves += 20 * sin(x * pi) + 40 * sin(x / 3 * pi) + 150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)
    return bent + waves * 2 / 3
