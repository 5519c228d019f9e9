"""Web Mercator, and the few tiles that show all places."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from suyuan.portal.tiled.window import MOST_TILES, NEAREST, Window, pixel, window
from suyuan.trace.checks.facts import Point

HANGZHOU, SHANGHAI, URUMQI = Point(30.3, 120.2), Point(31.2, 121.5), Point(43.8, 87.6)
ANYWHERE = some.builds(
    Point,
    some.floats(-90, 90).map(lambda degrees: round(degrees, 1)),
    some.floats(-180, 180).map(lambda degrees: round(degrees, 1)),
)


@pytest.mark.parametrize(
    ("place", "zoom", "tile"),
    [  # OpenStreetMap wiki, "Slippy map tilenames", by its formula in other words
        (Point(0.0, 0.0), 1, (1, 1)),
        (Point(85.0511, -180.0), 4, (0, 0)),
        (Point(-85.0511, 179.999), 4, (15, 15)),
        (Point(39.9, 116.4), 9, (421, 194)),
        (Point(31.2, 121.5), 9, (428, 209)),
    ],
)
def test_places_are_on_the_tiles_where_map_servers_have_them(
    place: Point, zoom: int, tile: tuple[int, int]
) -> None:
    x, y = pixel(place, zoom)
    assert (int(x // 256), int(y // 256)) == tile


def test_one_place_is_seen_with_the_country_around_it() -> None:
    found = window([HANGZHOU])
    assert (found.zoom, found.columns, found.rows) == (NEAREST, 2, 2)
    x, y = found.pixel(HANGZHOU)
    assert 128 <= x <= 384
    assert 128 <= y <= 384


def test_a_longer_way_is_seen_from_farther() -> None:
    near, far = window([HANGZHOU, SHANGHAI]), window([HANGZHOU, URUMQI])
    assert near.zoom > far.zoom
    assert far.columns > far.rows


@given(some.lists(ANYWHERE, min_size=1, max_size=12))
def test_all_places_are_within_few_tiles_that_there_are(places: list[Point]) -> None:
    found = window(places)
    tiles = list(found.tiles())
    assert min(found.columns, found.rows) >= 2
    assert len(tiles) == len(set(tiles)) == found.columns * found.rows <= MOST_TILES
    assert all(0 <= number < 1 << found.zoom for tile in tiles for number in tile)
    for place in places:
        x, y = found.pixel(place)
        assert -1e-6 <= x <= found.width + 1e-6
        assert -1e-6 <= y <= found.height + 1e-6


@given(some.lists(ANYWHERE, min_size=1, max_size=5), ANYWHERE)
def test_one_more_place_never_brings_the_look_nearer(places: list[Point], more: Point) -> None:
    assert window([*places, more]).zoom <= window(places).zoom


def test_tiles_are_told_line_by_line() -> None:
    assert list(Window(4, 3, 5, 3, 2).tiles()) == [(3, 5), (4, 5), (5, 5), (3, 6), (4, 6), (5, 6)]
