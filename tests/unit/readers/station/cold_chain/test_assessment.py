"""What a series of temperatures says of the cold chain."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from suyuan.readers.station.cold_chain.assessment import (
    Assessment,
    Circumstances,
    Gap,
    Measured,
    Span,
    assess,
)
from suyuan.readers.station.cold_chain.profile import Logger, Profile

BEGIN = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
MEAT = Profile("meat", "冷鲜肉", "chilled meat", least_c=0.0, most_c=4.0, grace_s=900.0)


def at(minutes: float) -> datetime:
    return BEGIN + timedelta(minutes=minutes)


def series(*values: float, every: float = 10.0, device: str = "L1") -> list[Measured]:
    return [Measured(at(i * every), value, device) for i, value in enumerate(values)]


def judged(
    readings: list[Measured],
    profile: Profile = MEAT,
    *,
    received: datetime | None = None,
    span: Span | None = None,
    **loggers: Logger,
) -> Assessment:
    last = max((each.time for each in readings), default=BEGIN)
    around = Circumstances(received or last, loggers, timezone(timedelta(hours=8)), span)
    return assess(readings, profile, around)


def test_a_chain_that_held_is_measured_throughout_and_says_so() -> None:
    found = judged(series(3.0, 3.5, 4.0, 2.0, 0.0, 1.5))
    assert found.kept
    (course,) = found.courses
    assert (course.count, course.least_c, course.most_c, course.out_s, course.unknown_s) == (
        6,
        0.0,
        4.0,
        0,
        0,
    )
    assert course.mean_c == pytest.approx(14 / 6)
    assert course.mean_kinetic_c > course.mean_c


def test_an_excursion_begins_when_the_grace_is_over_and_not_before() -> None:
    assert judged(series(3, 5, 3, 5, 3)).excursions == ()  # ten minutes each time
    (one,) = judged(series(3, 5, 6, 3)).excursions
    assert (one.since, one.begins, one.until, one.worst_c) == (at(10), at(25), at(30), 6)
    assert one.out_s == 20 * 60
    (standing,) = judged(series(3, 5, 6, 5)).excursions
    assert standing.until is None
    assert judged(series(3, 5, 6)).excursions == ()  # ten minutes known so far
    exact = judged(series(3, 5, 5, 3, every=7.5))
    assert exact.excursions == ()  # fifteen minutes to the second are still grace


def test_without_grace_one_reading_is_enough() -> None:
    frozen = Profile("ice", "冰淇淋", "ice cream", most_c=-18.0)
    (one,) = judged(series(-18.0, -17.9), frozen).excursions
    assert (one.begins, one.until) == (at(10), None)


def test_far_outside_there_is_no_grace() -> None:
    frozen = Profile("eu", "", "", most_c=-18.0, grace_s=3600, grace_k=3.0)
    assert judged(series(-18, -15, -18), frozen).excursions == ()
    (one,) = judged(series(-18, -15, -14, -18), frozen).excursions
    assert (one.since, one.begins, one.until) == (at(10), at(20), at(30))


def test_too_cold_is_another_excursion_than_too_warm() -> None:
    found = judged(series(6, 6, 6, -2, -2, -2)).excursions
    assert [each.worst_c for each in found] == [6, -2]
    assert found[0].until == found[1].since == at(30)


def test_time_outside_adds_up_however_short_each_time_was() -> None:
    profile = Profile("m", "", "", most_c=4.0, grace_s=900.0, cumulative_s=1500.0)
    assert judged(series(5, 3, 5, 3), profile).excursions == ()
    (one,) = judged(series(5, 3, 5, 3, 5, 3), profile).excursions
    assert (one.kind, one.out_s) == ("cumulative", 1800.0)


def test_the_mean_kinetic_temperature_is_judged_where_the_profile_says_so() -> None:
    profile = Profile("m", "", "", most_c=30.0, most_mean_kinetic_c=7.0)
    (one,) = judged(series(*[4.0] * 23, 25.0), profile).excursions
    assert one.kind == "kinetic"
    assert one.worst_c == pytest.approx(7.0835, abs=1e-3)


def test_a_gap_of_more_than_two_intervals_is_told_and_is_not_good() -> None:
    readings = [Measured(at(m), 3.0, "L1") for m in (0, 10, 30, 51, 61)]
    found = judged(readings)
    assert found.gaps == (Gap("L1", at(30), at(51)),)
    assert not found.kept
    assert found.courses[0].unknown_s == 21 * 60


def test_what_lies_behind_a_gap_does_not_end_an_excursion_within_it() -> None:
    readings = [Measured(at(m), v, "L1") for m, v in ((0, 6.0), (10, 6.0), (200, 3.0))]
    (one,) = judged(readings).excursions
    assert one.until == at(20)  # after that nobody knows
    warm = [Measured(at(m), v, "L1") for m, v in ((0, 6.0), (200, 6.0))]
    (through,) = judged(warm).excursions
    assert (through.since, through.until) == (at(0), None)


def test_a_logger_that_begins_late_or_ends_early_leaves_a_gap() -> None:
    span = Span(at(0), at(120))
    readings = [Measured(at(m), 3.0, "L1") for m in range(40, 80, 10)]
    found = judged(readings, span=span)
    assert [(gap.since, gap.until) for gap in found.gaps] == [(at(0), at(40)), (at(70), at(120))]
    nothing = judged([], span=span)
    assert nothing.gaps == (Gap("", at(0), at(120)),)
    assert not nothing.kept
    before = judged([Measured(at(-500), 3.0, "L1")], span=span)
    assert before.gaps == (Gap("L1", at(0), at(120)),)


def test_nothing_measured_shows_nothing() -> None:
    assert not judged([]).kept


def test_a_sensor_that_does_not_move_is_doubted() -> None:
    day = series(*[3.2] * 145)
    assert [d.suspicion for d in judged(day).doubts] == ["stuck"]
    assert judged(series(*[3.2] * 100)).doubts == ()
    assert (
        judged([*series(*[3.2] * 72), *[Measured(at(720 + i * 10), 3.3, "L1") for i in range(72)]]).doubts
        == ()
    )


def test_what_no_food_was_in_is_no_measurement() -> None:
    found = judged(series(3, 3, -127.0, float("nan"), 999.0, 3))
    assert [(d.suspicion, d.count) for d in found.doubts] == [("implausible", 3)]
    assert found.courses[0].most_c == 3
    assert found.gaps == (Gap("L1", at(10), at(50)),)
    worst = judged([Measured(at(0), 3.0, "L1"), Measured(at(10), 9.0, "L1", sound=False)])
    assert [d.suspicion for d in worst.doubts] == ["unsound"]
    assert worst.excursions == ()
    broken = judged([Measured(at(0), 999.0, "L1"), Measured(at(60), 999.0, "L1")])
    assert broken.courses == ()
    assert broken.gaps == (Gap("L1", at(0), at(60)),)


def test_fahrenheit_among_celsius_is_noticed() -> None:
    found = judged(series(3.0, 37.4, 3.0))
    assert ("unit", 2) in [(d.suspicion, d.count) for d in found.doubts]
    assert [d.suspicion for d in judged(series(3.0, 12.0, 3.0)).doubts] == []


def test_the_same_instant_told_twice_counts_once_and_the_worse_one() -> None:
    twice = [*series(3, 3, 3), *series(3, 3, 3)]
    assert judged(twice).courses[0].count == 3
    assert judged(twice).doubts == ()
    differing = judged([*series(3, 3, 3), Measured(at(10), 7.0, "L1")], Profile("m", "", "", most_c=4.0))
    assert [d.suspicion for d in differing.doubts] == ["conflict"]
    assert differing.excursions[0].worst_c == 7.0


def test_devices_are_judged_each_by_itself_and_in_any_order() -> None:
    readings = [*series(3, 3, 3), *series(6, 6, 6, device="L2")]
    found = judged(readings[::-1])
    assert [course.device for course in found.courses] == ["L1", "L2"]
    assert {each.device for each in found.excursions} == {"L2"}


def test_late_future_and_badly_calibrated_readings_are_doubted() -> None:
    readings = series(3, 3, 3)
    assert [d.suspicion for d in judged(readings, received=at(20 + 25 * 60)).doubts] == ["late"]
    assert [d.suspicion for d in judged(readings, received=at(0)).doubts] == ["future"]
    good = Logger("L1", date(2026, 11, 20))
    assert judged(readings, L1=good).doubts == ()
    evening = [Measured(at(8 * 60 + 1), 3.0, "L1")]  # 16:01 UTC, the next day at the station
    assert [d.suspicion for d in judged(evening, L1=good).doubts] == ["calibration"]


def test_a_logger_may_have_an_interval_of_its_own() -> None:
    readings = series(3, 3, 3, every=60)
    assert len(judged(readings).gaps) == 2
    assert judged(readings, L1=Logger("L1", interval_s=3600)).gaps == ()


@pytest.mark.parametrize(
    ("ahead_s", "doubts"), [(0.0, []), (300.0, []), (-301.0, ["clock"]), (28_800.0, ["clock"])]
)
def test_times_of_a_clock_that_is_off_are_corrected_and_doubted(ahead_s: float, doubts: list[str]) -> None:
    apart = timedelta(seconds=ahead_s)
    told = [replace(each, time=each.time + apart) for each in series(3, 3, 9)]
    found = assess(told, MEAT, Circumstances(at(30), ahead_s=ahead_s))
    right = assess(series(3, 3, 9), MEAT, Circumstances(at(30)))
    assert (found.courses, found.excursions, found.gaps) == (right.courses, right.excursions, right.gaps)
    assert [each.suspicion for each in found.doubts] == doubts
    assert found.ahead_s == ahead_s


def test_what_was_not_measured_is_not_told_as_time_outside() -> None:
    hot = [Measured(at(minutes), 6.0, "L1") for minutes in (0, 10, 20, 740, 750)]
    found = judged(hot)
    limits = [each for each in found.excursions if each.kind == "limit"]
    assert [(each.since, each.out_s) for each in limits] == [(at(0), 40 * 60)]  # twelve hours nobody knows
    assert len(found.gaps) == 1
