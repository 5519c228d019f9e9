"""Pins and flows: what is one pin, what is missing, and where lines begin and end."""

from __future__ import annotations

import re
from math import hypot

import pytest

from suyuan.portal.tiled.pins import Place, drawn
from suyuan.trace.checks.facts import Point

FARM = Place(Point(30.2, 119.7), "Lin'an", "Lettuce", is_origin=True)
MILL = Place(None, "Zhengzhou", "Flour", is_origin=True)
PLANT = Place(Point(31.3, 120.6), "Suzhou", "Workshop 3")
CENTRE = Place(Point(31.2, 121.5), "Shanghai", "Jiading")
SHOP = Place(Point(31.2, 121.5), "Shanghai", "Wangjiang Road")
NUMBERS = re.compile(r"-?[0-9.]+")


def test_places_are_numbered_in_the_order_of_the_way() -> None:
    found = drawn([FARM, MILL, PLANT, CENTRE, SHOP], "wgs84")
    assert found is not None
    assert [(pin.number, pin.kinds, pin.names, pin.under) for pin in found.pins] == [
        (1, ("spring",), ("Lin'an",), ("Lettuce",)),
        (2, ("stay",), ("Suzhou",), ("Workshop 3",)),
        (3, ("end",), ("Shanghai",), ("Jiading", "Wangjiang Road")),
    ]
    assert found.missing == ("Zhengzhou",)
    assert len(found.flows) == 2


def test_places_that_one_pin_would_cover_share_it() -> None:
    urumqi = Place(Point(43.8, 87.6), "Urumqi", "Tomatoes", is_origin=True)
    found = drawn([urumqi, PLANT, CENTRE], "wgs84")
    assert found is not None
    assert [pin.names for pin in found.pins] == [("Urumqi",), ("Suzhou", "Shanghai")]
    assert len(found.flows) == 1


def test_there_and_back_are_two_lines_and_the_same_way_again_is_one() -> None:
    found = drawn([PLANT, CENTRE, PLANT, CENTRE], "wgs84")
    assert found is not None
    assert len(set(found.flows)) == len(found.flows) == 2


def test_a_flow_runs_from_the_edge_of_one_pin_to_that_of_another() -> None:
    found = drawn([FARM, PLANT], "wgs84")
    assert found is not None
    source, target = found.pins
    numbers = [float(number) for number in NUMBERS.findall(found.flows[0])]
    assert hypot(numbers[0] - source.x, numbers[1] - source.y) >= found.radius
    assert hypot(numbers[-2] - target.x, numbers[-1] - target.y) >= found.radius


@pytest.mark.parametrize("large", [False, True])
def test_pins_never_cover_each_other_and_stand_whole_on_the_map(large: bool) -> None:
    places = [Place(Point(30 + one / 10, 118 + one / 4), str(one), "") for one in range(14)]
    found = drawn(places, "gcj02", large=large)
    assert found is not None
    pins = found.pins
    for at, pin in enumerate(pins):
        assert found.radius <= pin.x <= found.window.width - found.radius
        assert found.radius <= pin.y <= found.window.height - found.radius
        assert all(hypot(pin.x - one.x, pin.y - one.y) > 2.7 * found.radius for one in pins[at + 1 :])
    assert sorted(name for pin in pins for name in pin.names) == sorted(place.name for place in places)


def test_where_only_origins_are_known_nothing_flows() -> None:
    found = drawn([FARM, Place(None, "Suzhou", "")], "wgs84")
    assert found is not None
    assert (found.flows, found.missing) == ((), ("Suzhou",))


def test_without_any_place_there_is_no_map() -> None:
    assert drawn([MILL, Place(None, "", "")], "wgs84") is None
    assert drawn([], "gcj02") is None
