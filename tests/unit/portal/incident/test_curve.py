"""The epidemic curve: everybody on the day of falling ill, nobody lost, also where there are many."""

from __future__ import annotations

from datetime import date, timedelta

from suyuan.portal.incident.curve import curve_of
from suyuan.portal.incident.desk import LotAt, Source, Way
from suyuan.portal.incident.sourcing import ways_as_stops
from suyuan.trace.incident.reported import Reported

DAY = date(2026, 11, 20)


def test_each_person_is_a_box_on_their_day_the_confirmed_below() -> None:
    cases = [
        Reported("ill", "C-01", "suspected", onset=DAY),
        Reported("ill", "C-02", "confirmed", onset=DAY),
        Reported("ill", "C-03", onset=DAY + timedelta(days=2)),
        Reported("ill", "C-04"),
        Reported("well", "W-01", goods=("x",), onset=DAY),
    ]
    curve = curve_of(cases)
    assert [day.day for day in curve.days] == [DAY + timedelta(days=n) for n in range(3)]
    assert [[box.label for box in day.boxes] for day in curve.days] == [["C-02", "C-01"], [], ["C-03"]]
    assert curve.days[0].boxes[0].y > curve.days[0].boxes[1].y
    assert (curve.most, curve.undated) == (2, 1)
    assert curve_of([]).days == ()


def test_a_large_outbreak_fits_and_a_long_one_ends_with_its_last_day() -> None:
    curve = curve_of([Reported("ill", f"C-{n}", onset=DAY + timedelta(days=n % 400)) for n in range(4000)])
    assert curve.days[-1].day == DAY + timedelta(days=399)
    assert len(curve.days) == 120
    assert curve.height < 300
    assert all(box.y >= 0 for day in curve.days for box in day.boxes)
    assert sum(day.written for day in curve.days) * 60 <= curve.width


def test_ways_to_the_cases_are_stops_and_what_is_supposed_is_possible() -> None:
    farm, plant, shop = LotAt("A", "farm", DAY), LotAt("A", "plant", DAY), LotAt("B", "shop", DAY)
    ways = (Way("C-01", 0.9, (farm, plant, shop), (shop,)), Way("C-02", 0.8, (farm, plant), ()))
    found = ways_as_stops(Source("farm", "p", DAY, DAY, ("A",), 0.5, 2, (), 1.0, 1, 1.0, 1, ways))
    assert [(stop.lots[0], stop.place, stop.suspect, stop.certainty) for stop in found.stops] == [
        ("A", "farm", True, "certain"),
        ("A", "plant", True, "certain"),
        ("B", "shop", False, "possible"),
    ]
    assert [(way.source, way.target, way.kind, way.certainty) for way in found.passages] == [
        (0, 1, "moved", "certain"),
        (1, 2, "made", "possible"),
    ]
