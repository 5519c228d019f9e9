"""Where cities are."""

from __future__ import annotations

import pytest

from suyuan.simulator.trade.towns import towns
from suyuan.trace.checks.facts import Point
from suyuan.trace.register.districts import district_name
from suyuan.trace.scan.cities import is_province, spot_of
from suyuan.trace.scan.wandering import kilometres

REGIONS_OUTSIDE_THE_LIST = {"710000"}


@pytest.mark.parametrize(
    ("code", "city"),
    [
        ("330106", "330100"),  # a district of Hangzhou
        ("310115", "310000"),  # of a city that is a province
        ("330000", "330000"),
        ("419001", "419000"),  # a county that its province governs itself
    ],
)
def test_a_code_however_fine_is_its_city(code: str, city: str) -> None:
    found = spot_of(code)
    assert found is not None
    assert found.code == city


@pytest.mark.parametrize("code", ["", "000000", "999999", "3301", "33010６", "abcdef"])
def test_what_is_no_code_has_no_place(code: str) -> None:
    assert spot_of(code) is None


def test_the_towns_of_the_simulator_are_where_they_are_here() -> None:
    for town in towns():
        spot = spot_of(town.code)
        assert spot is not None
        assert spot.point is not None
        assert spot.point.km_to(Point(town.latitude, town.longitude)) < 20


def test_every_city_that_stands_in_the_list_is_placed() -> None:
    for province in range(11, 66):
        for city in range(100):
            code = f"{province}{city:02}00"
            if (name := district_name(code)) is not None and "直辖" not in name:
                assert spot_of(code) is not None, code


def test_of_a_province_it_is_left_open_where() -> None:
    zhejiang, wenzhou, harbin = spot_of("330000"), spot_of("330300"), spot_of("230100")
    assert zhejiang is not None
    assert wenzhou is not None
    assert harbin is not None
    assert is_province(zhejiang)
    assert not is_province(wenzhou)
    assert kilometres(zhejiang, wenzhou) == 0
    assert (kilometres(zhejiang, harbin) or 0) > 1000
