"""What loggers of the sample world measured: cold, often enough, small, and one lorry that was warm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import orjson
import pytest

from suyuan.readers.station.order import Step
from suyuan.simulator.cold_chain import CHILLED_0_4, MOST_READINGS, Failure, log
from suyuan.simulator.numbers import asset_key, company_prefix
from suyuan.simulator.plot import imagine
from suyuan.simulator.story import Assignment
from suyuan.simulator.world import MINIATURE, World
from suyuan.trace.gs1 import identify

END = datetime(2026, 11, 21, 11, 0, tzinfo=UTC)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LOGGER = asset_key(company_prefix(7), "ROOM1")


@pytest.fixture(scope="module")
def world() -> World:
    return imagine(7, END, MINIATURE)


def readings(element: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [report for report in element["sensorReport"] if "time" in report]


def courses(world: World) -> Iterator[tuple[Assignment, Mapping[str, Any]]]:
    for assignment in world.assignments:
        for element in assignment.order.sensor_elements[:1]:
            yield assignment, element


@pytest.mark.parametrize("hours", [0.2, 1, 7.9, 10, 24, 48, 144, 1_000])
def test_a_cold_room_is_cold_all_the_time_in_few_readings(hours: float) -> None:
    found = log(LOGGER, NOON, NOON + timedelta(hours=hours), Random(1))
    assert found is not None
    assert found.found.kept
    assert 2 <= len(found.readings) <= MOST_READINGS
    assert all(0.0 <= each.value_c <= 4.0 for each in found.readings)
    assert len(orjson.dumps(found.elements)) < 6_000
    assert found == log(LOGGER, NOON, NOON + timedelta(hours=hours), Random(1))


def test_of_a_moment_nothing_is_measured() -> None:
    assert log(LOGGER, NOON, NOON + timedelta(minutes=9), Random(1)) is None


def test_a_failure_is_an_excursion_of_its_time_and_is_over_in_the_end() -> None:
    off = Failure(NOON + timedelta(hours=1), NOON + timedelta(hours=2), 9.2)
    found = log(LOGGER, NOON, NOON + timedelta(hours=3), Random(1), off)
    assert found is not None
    [excursion] = found.found.excursions
    assert off.since < excursion.since < excursion.begins < off.until
    assert excursion.until is not None
    assert excursion.until <= off.until
    assert excursion.worst_c == found.worst_c == pytest.approx(9.2, abs=0.1)
    course, alarm = found.elements
    assert course["suyuan:secondsOutside"] == excursion.out_s > 1800
    assert alarm["sensorReport"][0]["exception"] == "ALARM_CONDITION"
    assert max(report["value"] for report in readings(course)) == found.worst_c


def test_every_chilled_leg_and_room_was_measured_by_a_logger_of_the_world(world: World) -> None:
    measured = Counter(assignment.order.step for assignment, _ in courses(world))
    legs = [a for a in world.assignments if a.order.step is Step.RECEIVE and a.station != "slaughterhouse"]
    assert measured[Step.RECEIVE] == len(legs) > 20
    assert measured.keys() == {Step.RECEIVE, Step.SHIP, Step.UNPACK}
    for assignment, element in courses(world):
        metadata = element["sensorMetadata"]
        assert identify(metadata["deviceID"]).key == metadata["deviceID"]
        assert metadata["startTime"] < metadata["endTime"]
        assert datetime.fromisoformat(metadata["endTime"]) <= assignment.time
        assert 2 <= len(readings(element)) <= MOST_READINGS
        assert element["suyuan:secondsUnknown"] == 0


def test_one_ride_was_warm_and_no_other_reading_is_outside_the_limits(world: World) -> None:
    ride = world.warm_ride
    assert ride.left < ride.since < ride.until < ride.arrived < ride.inspected
    alarmed = [a for a in world.assignments if len(a.order.sensor_elements) > 1]
    assert [(a.station, a.order.step, a.time) for a in alarmed] == [
        ("distribution", Step.RECEIVE, ride.arrived)
    ]
    assert alarmed[0].order.expected == ride.units
    for assignment, element in courses(world):
        values = [report["value"] for report in readings(element)]
        if assignment is alarmed[0]:
            assert max(values) == ride.worst_c
        else:
            assert CHILLED_0_4.beyond(min(values)) == CHILLED_0_4.beyond(max(values)) == 0


def test_what_was_in_the_lorry_was_found_good_before_it_went_on(world: World) -> None:
    [examined] = [a for a in world.assignments if a.order.step is Step.INSPECT and a.order.epcs]
    ride = world.warm_ride
    assert (examined.station, examined.time, examined.order.epcs) == (
        "distribution",
        ride.inspected,
        ride.units,
    )
    opened = {a.order.parent: a.time for a in world.assignments if a.order.step is Step.UNPACK}
    assert all(ride.inspected < opened[unit] for unit in ride.units)
