"""The shift of public maps in China, against the points that others published."""

from __future__ import annotations

import pytest

from suyuan.portal.tiled.datum import drawn_at
from suyuan.trace.checks.facts import Point

# WGS 84, then GCJ-02, each latitude and longitude. The first three are those of eviltransform (MIT), which
# takes another axis of the ellipsoid and so differs by millimetres; the last is that of coordtransform (MIT).
PUBLISHED = [
    ((31.1774276, 121.5272106), (31.17530398364597, 121.531541859215), 1e-7),
    ((22.543847, 113.912316), (22.540796131694766, 113.9171764808363), 1e-7),
    ((39.911954, 116.377817), (39.91334545536069, 116.38404722455657), 1e-7),
    ((39.915, 116.404), (39.91640428150164, 116.41024449916938), 1e-12),
]


@pytest.mark.parametrize(("there", "here", "near"), PUBLISHED)
def test_published_points_are_met(there: tuple[float, float], here: tuple[float, float], near: float) -> None:
    found = drawn_at(Point(*there), "gcj02")
    assert (found.latitude, found.longitude) == pytest.approx(here, abs=near)


def test_abroad_and_in_other_datums_nothing_is_shifted() -> None:
    for place in (Point(48.9, 2.3), Point(-33.9, 151.2), Point(40.7, -74.0)):
        assert drawn_at(place, "gcj02") == place
    assert drawn_at(Point(39.9, 116.4), "wgs84") == Point(39.9, 116.4)


def test_the_shift_is_some_hundred_metres_all_over_china() -> None:
    for north in range(20, 50, 3):
        for east in range(80, 130, 3):
            place = Point(float(north), float(east))
            assert 0.02 < place.km_to(drawn_at(place, "gcj02")) < 1.5
