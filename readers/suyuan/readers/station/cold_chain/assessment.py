"""A series of temperatures judged against a profile: excursions, gaps, and doubts about the sensor.

Pure. A reading stands until the next one. Where the next is missing for more than two intervals nobody knows:
that is a gap, and a gap is told, never counted as good.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import groupby, pairwise
from typing import Literal

from suyuan.readers.station.cold_chain.profile import Logger, Profile
from suyuan.readers.station.cold_chain.temperature import (
    COLDEST_C,
    HOTTEST_C,
    fahrenheit,
    mean_kinetic_temperature,
)
from suyuan.readers.station.duration import duration

GAP_INTERVALS = 2
MOST_SKEW_S = 300.0
_FEWEST_STUCK = 12
_UNIT_JUMP_K, _UNIT_NEAR_K = 15.0, 1.0


@dataclass(frozen=True, slots=True)
class Measured:
    """One reading; ``sound`` is false where the device itself says that it is not to be believed."""

    time: datetime
    value_c: float
    device: str = ""
    sound: bool = True


@dataclass(frozen=True, slots=True)
class Excursion:
    """The limits were broken.

    ``limit``: ``since`` is when a value first lay outside, ``begins`` when patience ended, ``until`` when it
    was inside again (None: not yet), ``worst_c`` the value furthest out, ``out_s`` the time outside that was
    measured: outside before and after a gap is one excursion, though nobody knows what was within it.
    ``cumulative``: too much time outside in all, ``out_s``. ``kinetic``: the mean kinetic temperature
    ``worst_c`` is above what is allowed.
    """

    kind: Literal["limit", "cumulative", "kinetic"]
    device: str
    since: datetime
    begins: datetime
    until: datetime | None
    worst_c: float
    out_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Gap:
    """From ``since`` to ``until`` nothing was measured that can be believed."""

    device: str
    since: datetime
    until: datetime

    @property
    def seconds(self) -> float:
        """How long."""
        return (self.until - self.since).total_seconds()


Suspicion = Literal[
    "stuck", "implausible", "unsound", "conflict", "unit", "clock", "future", "late", "calibration"
]


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why readings of ``device`` may not be what they seem; ``count`` of them, the first at ``time``."""

    suspicion: Suspicion
    device: str
    time: datetime
    count: int = 1
    fields: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class Course:
    """What one device measured: temperatures in °C, times in seconds; means are weighted by time."""

    device: str
    first: datetime
    last: datetime
    count: int
    least_c: float
    most_c: float
    mean_c: float
    mean_kinetic_c: float
    out_s: float
    unknown_s: float


@dataclass(frozen=True, slots=True)
class Assessment:
    """What came of all readings; ``courses`` has one for each device that measured anything sound.

    ``ahead_s`` is by how much their times, which are by our clock, were ahead of it.
    """

    profile: Profile
    courses: tuple[Course, ...] = ()
    excursions: tuple[Excursion, ...] = ()
    gaps: tuple[Gap, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    ahead_s: float = 0.0

    @property
    def kept(self) -> bool:
        """Whether the cold chain is shown to have held: measured throughout, and never broken."""
        return bool(self.courses) and not (self.excursions or self.gaps)


@dataclass(frozen=True, slots=True)
class Span:
    """The time that readings are to cover, say from the binding of a logger to the arrival."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known beside the readings: when they came, of which loggers, and by which day.

    ``ahead_s`` is how far the clock of the device was ahead of ours when it was read out.
    """

    received: datetime
    loggers: Mapping[str, Logger] = field(default_factory=dict[str, Logger])
    local: timezone = UTC
    span: Span | None = None
    ahead_s: float = 0.0


def on_our_clock(readings: Iterable[Measured], ahead_s: float) -> list[Measured]:
    """The readings by our clock, if that of their device was so far ahead. Linear."""
    apart = timedelta(seconds=ahead_s)
    return [replace(each, time=each.time - apart) for each in readings] if apart else list(readings)


def assess(readings: Iterable[Measured], profile: Profile, around: Circumstances) -> Assessment:
    """What ``readings`` of any number of devices, in any order, say of the cold chain. O(n log n).

    A clock that was more than five minutes off is doubted although its times are corrected: nobody knows
    since when it was.
    """
    ordered = sorted(on_our_clock(readings, around.ahead_s), key=lambda each: (each.device, each.time))
    parts = [
        _of_device(device, list(some), profile, around)
        for device, some in groupby(ordered, key=lambda each: each.device)
    ]
    if not parts and around.span is not None:
        parts = [Assessment(profile, gaps=(Gap("", around.span.since, around.span.until),))]
    return Assessment(
        profile,
        tuple(course for part in parts for course in part.courses),
        tuple(one for part in parts for one in part.excursions),
        tuple(one for part in parts for one in part.gaps),
        tuple(one for part in parts for one in part.doubts),
        around.ahead_s,
    )


def _of_device(device: str, told: list[Measured], profile: Profile, around: Circumstances) -> Assessment:
    logger = around.loggers.get(device)
    interval_s = logger.interval_s if logger is not None and logger.interval_s else profile.interval_s
    sound, doubts = _sound(device, told, profile)
    doubts += _of_the_device(device, told, profile, around, logger)
    span = around.span
    if span is not None:
        sound = [each for each in sound if span.since <= each.time <= span.until]
    if not sound:
        since = told[0].time if span is None else span.since
        until = told[-1].time if span is None else span.until
        return Assessment(profile, gaps=(Gap(device, since, until),), doubts=tuple(doubts))
    gaps = _gaps(device, sound, interval_s, span)
    weights = _weights(sound, interval_s)
    excursions = _Runs(device, profile, interval_s).over(sound)
    course = _course(device, sound, weights, profile, gaps)
    return Assessment(
        profile,
        (course,),
        (*excursions, *_in_all(course, sound, profile)),
        tuple(gaps),
        (*doubts, *_stuck(device, sound, profile), *_unit(device, sound)),
    )


def _sound(device: str, told: list[Measured], profile: Profile) -> tuple[list[Measured], list[Doubt]]:
    """The readings that can be believed, one for each instant, and why others cannot."""
    found: list[Measured] = []
    bad: dict[Suspicion, list[Measured]] = {}
    for each in told:
        if not each.sound:
            bad.setdefault("unsound", []).append(each)
        elif not (math.isfinite(each.value_c) and COLDEST_C <= each.value_c <= HOTTEST_C):
            bad.setdefault("implausible", []).append(each)
        elif found and found[-1].time == each.time:
            if found[-1].value_c != each.value_c:  # told twice and differently: the worse one counts
                bad.setdefault("conflict", []).append(each)
                found[-1] = max(found[-1], each, key=lambda one: abs(profile.beyond(one.value_c)))
        else:
            found.append(each)
    return found, [Doubt(why, device, some[0].time, len(some)) for why, some in bad.items()]


def _of_the_device(
    device: str, told: list[Measured], profile: Profile, around: Circumstances, logger: Logger | None
) -> list[Doubt]:
    doubts: list[Doubt] = []
    last = told[-1].time
    if abs(around.ahead_s) > MOST_SKEW_S:
        doubts.append(Doubt("clock", device, last, len(told), {"seconds": round(around.ahead_s)}))
    future = [e for e in told if (e.time - around.received).total_seconds() > MOST_SKEW_S]
    if future:
        doubts.append(Doubt("future", device, future[0].time, len(future)))
    late_s = (around.received - last).total_seconds()
    if late_s > profile.late_s:
        doubts.append(Doubt("late", device, last, len(told), {"span": duration(late_s)}))
    good = None if logger is None else logger.calibrated_until
    if good is not None and last.astimezone(around.local).date() > good:
        doubts.append(Doubt("calibration", device, last, fields={"date": good.isoformat()}))
    return doubts


def _gaps(device: str, sound: list[Measured], interval_s: float, span: Span | None) -> list[Gap]:
    times = [each.time for each in sound]
    if span is not None:
        times = [span.since, *times, span.until]
    return [
        Gap(device, before, after)
        for before, after in pairwise(times)
        if (after - before).total_seconds() > GAP_INTERVALS * interval_s
    ]


def _weights(sound: list[Measured], interval_s: float) -> list[float]:
    """How long each reading stands: until the next, for one interval before a gap and at the end."""
    apart = [(after.time - before.time).total_seconds() for before, after in pairwise(sound)]
    return [*(one if one <= GAP_INTERVALS * interval_s else interval_s for one in apart), interval_s]


def _course(
    device: str, sound: list[Measured], weights: list[float], profile: Profile, gaps: list[Gap]
) -> Course:
    values = [each.value_c for each in sound]
    total = math.fsum(weights)
    # What the last reading stands for has not passed yet: it counts for the means, not as time outside.
    out_s = math.fsum(w for v, w in zip(values[:-1], weights[:-1], strict=True) if profile.beyond(v))
    return Course(
        device,
        sound[0].time,
        sound[-1].time,
        len(sound),
        min(values),
        max(values),
        math.fsum(v * w for v, w in zip(values, weights, strict=True)) / total,
        mean_kinetic_temperature(values, weights, activation_kj_per_mol=profile.activation_kj_per_mol),
        out_s,
        math.fsum(gap.seconds for gap in gaps),
    )


def _in_all(course: Course, sound: list[Measured], profile: Profile) -> Iterable[Excursion]:
    """What is broken by the course as a whole."""
    since, until = course.first, course.last
    if profile.cumulative_s is not None and course.out_s > profile.cumulative_s:
        worst = max(sound, key=lambda each: abs(profile.beyond(each.value_c))).value_c
        yield Excursion("cumulative", course.device, since, since, until, worst, course.out_s)
    most = profile.most_mean_kinetic_c
    if most is not None and course.mean_kinetic_c > most:
        yield Excursion("kinetic", course.device, since, since, until, course.mean_kinetic_c, course.out_s)


class _Runs:
    """Finds the runs of readings outside the limits that outlast the grace."""

    def __init__(self, device: str, profile: Profile, interval_s: float) -> None:
        self._device = device
        self._profile = profile
        self._interval_s = interval_s
        self._run: list[Measured] = []
        self._found: list[Excursion] = []

    def over(self, sound: list[Measured]) -> list[Excursion]:
        """The excursions among ``sound``, in order."""
        for each in sound:
            beyond = self._profile.beyond(each.value_c)
            if self._run and (not beyond or beyond * self._profile.beyond(self._run[-1].value_c) < 0):
                self._end(each.time)
            if beyond:
                self._run.append(each)
        self._end(None)
        return self._found

    def _measured_s(self, times: list[datetime]) -> float:
        """The time from the first to the last; of a gap only the interval that its first reading tells of."""
        steps = (pair[1] - pair[0] for pair in pairwise(times))
        seconds = (step.total_seconds() for step in steps)
        return sum(each if each <= GAP_INTERVALS * self._interval_s else self._interval_s for each in seconds)

    def _end(self, until: datetime | None) -> None:
        """The run is over at ``until``; None: it goes on. What follows a gap does not tell of the gap."""
        run, self._run = self._run, []
        if not run:
            return
        if until is not None and (until - run[-1].time).total_seconds() > GAP_INTERVALS * self._interval_s:
            until = run[-1].time + timedelta(seconds=self._interval_s)
        begins = run[0].time + timedelta(seconds=self._profile.grace_s)
        grace_k = self._profile.grace_k
        if grace_k is not None:
            far = (each.time for each in run if abs(self._profile.beyond(each.value_c)) > grace_k)
            begins = min(begins, next(far, begins))
        if begins <= run[-1].time or (until is not None and begins < until):
            worst = max(run, key=lambda each: abs(self._profile.beyond(each.value_c))).value_c
            out_s = self._measured_s([*(each.time for each in run), *([until] if until else ())])
            self._found.append(Excursion("limit", self._device, run[0].time, begins, until, worst, out_s))


def _stuck(device: str, sound: list[Measured], profile: Profile) -> Iterable[Doubt]:
    """That the very same value came for longer than any real air keeps it."""
    for value, some in groupby(sound, key=lambda each: each.value_c):
        run = list(some)
        lasted = (run[-1].time - run[0].time).total_seconds()
        if len(run) >= _FEWEST_STUCK and lasted >= profile.stuck_s:
            yield Doubt("stuck", device, run[0].time, len(run), {"value": value, "span": duration(lasted)})


def _unit(device: str, sound: list[Measured]) -> Iterable[Doubt]:
    """That a value looks like the one before it in the other unit: Fahrenheit among Celsius."""
    jumps = [
        after
        for before, after in pairwise(sound)
        if abs(after.value_c - before.value_c) > _UNIT_JUMP_K
        and min(
            abs(after.value_c - fahrenheit(before.value_c)), abs(before.value_c - fahrenheit(after.value_c))
        )
        <= _UNIT_NEAR_K
    ]
    if jumps:
        yield Doubt("unit", device, jumps[0].time, len(jumps), {"value": jumps[0].value_c})
