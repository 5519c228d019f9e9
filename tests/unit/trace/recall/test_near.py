"""Where a place is, as coarsely as everybody may know: from its master data, or from those of its site."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.trace.recall.test_passports import ITEM, SHOP, commissioned, passport

from suyuan.api.passports.written import read, written
from suyuan.trace.checks.facts import Point
from suyuan.trace.recall.names import near


def test_coordinates_are_told_to_a_tenth_of_a_degree() -> None:
    assert near({"latitude": "30.274085", "longitude": "120.155070"}) == Point(30.3, 120.2)


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [
        *(("91", "120"), ("30", "181"), ("nan", "120"), ("30", "inf"), ("north", "120"), ("", "")),
        *(("0", "0"), ("0.0", "-0.01")),  # what programs write that do not know it
    ],
)
def test_what_is_nowhere_on_the_globe_is_not_told(latitude: str, longitude: str) -> None:
    wrong = {"latitude": latitude, "longitude": longitude}
    assert near(wrong) == ""
    assert near({**wrong, "district": "330106"}) == "330100"
    assert near({"latitude": latitude}) == near({}) == near() == ""


@pytest.mark.parametrize("code", ["33010", "3301060", "٣٣٠١٠٦", "030106", "Hangz", ""])
def test_what_is_no_district_is_none(code: str) -> None:
    assert near({"district": code}) == ""


def test_the_first_who_tells_counts() -> None:
    point, shop = {"district": "310115"}, {"latitude": "30.3", "longitude": "120.2"}
    assert near(point, shop) == "310100"
    assert near({"name": "Door 1"}, shop) == Point(30.3, 120.2)


def test_a_passport_tells_it_of_each_step_and_is_kept_with_it() -> None:
    records = commissioned()
    assert [step.near for step in passport(records).journey] == [""]
    records.described[SHOP] = {"latitude": "30.27", "longitude": "120.16", "nameEn": "Shop"}
    found = passport(records)
    assert [step.near for step in found.journey] == [Point(30.3, 120.2)]
    assert read(written(found)) == found


def test_a_read_point_is_where_its_place_is() -> None:
    records = commissioned()
    records.visits[ITEM] = [replace(visit, place=f"{SHOP}/254/7") for visit in records.visits[ITEM]]
    records.described[SHOP] = {"district": "330106"}
    assert [step.near for step in passport(records).journey] == ["330100"]
