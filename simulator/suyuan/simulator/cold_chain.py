"""What thermometers beside chilled goods measured, in cold rooms and lorries, and a lorry that stood warm.

The air is imagined; what is made of it is a station's own judgement, so that events tell what a station would
have told of a logger's file, and the readings themselves beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain, count
from random import Random
from typing import Any

from suyuan.readers.station.cold_chain.assessment import Assessment, Circumstances, Measured, Span, assess
from suyuan.readers.station.cold_chain.profile import Profile
from suyuan.readers.station.cold_chain.telling import MEASURED, UNIT, sensor_elements
from suyuan.simulator.world import LOCAL

CHILLED_0_4 = Profile(
    "chilled-0-4", "0–4 ℃ 冷藏", "chilled, 0–4 °C", least_c=0.0, most_c=4.0, grace_s=15 * 60.0
)
MOST_READINGS = 48
"""Of one logger in one event."""
_INTERVALS = tuple(timedelta(minutes=minutes) for minutes in (10, 30, 60, 180))
_FEWEST = 2
_MIDDLE_C, _SWING_C, _NOISE_C = 2.3, 0.7, 0.2
_COLDEST_C, _WARMEST_C = 0.6, 3.7
_COMPRESSOR = timedelta(minutes=47)
_WARMS_IN, _COOLS_IN = timedelta(minutes=25), timedelta(minutes=20)


@dataclass(frozen=True, slots=True)
class Failure:
    """The cooling was off from ``since`` to ``until``; the air came to about ``worst_c``."""

    since: datetime
    until: datetime
    worst_c: float


@dataclass(frozen=True, slots=True)
class Log:
    """What one logger measured, and how a station judges it."""

    readings: tuple[Measured, ...]
    found: Assessment

    @property
    def elements(self) -> tuple[Mapping[str, Any], ...]:
        """As in EPCIS 2.0 §7.3.7: the course with all its readings, then each excursion."""
        course, *apart = sensor_elements(self.found, LOCAL)
        return ({**course, "sensorReport": [*course["sensorReport"], *map(_report, self.readings)]}, *apart)

    @property
    def worst_c(self) -> float:
        """The warmest reading."""
        return max(each.value_c for each in self.readings)


def log(
    logger: str, since: datetime, until: datetime, random: Random, failure: Failure | None = None
) -> Log | None:
    """What ``logger`` (a GIAI as a link) measured; None where the time was too short to measure anything."""
    longer = (timedelta(hours=hours) for hours in count(6, 6))
    interval = next(each for each in chain(_INTERVALS, longer) if (until - since) // each < MOST_READINGS)
    times = [since + number * interval for number in range((until - since) // interval + 1)]
    if len(times) < _FEWEST:
        return None
    values = _air(times, random, failure)
    readings = tuple(Measured(time, value, logger) for time, value in zip(times, values, strict=True))
    profile = replace(CHILLED_0_4, interval_s=interval.total_seconds())
    around = Circumstances(until, local=LOCAL, span=Span(since, until))
    return Log(readings, assess(readings, profile, around))


def _air(times: Iterable[datetime], random: Random, failure: Failure | None) -> Iterable[float]:
    """Degrees Celsius, to a tenth: a compressor that goes on and off, and what a failure adds."""
    phase = random.random()
    for time in times:
        turns = time.timestamp() / _COMPRESSOR.total_seconds() + phase
        cold = _MIDDLE_C + _SWING_C * math.sin(math.tau * turns) + random.gauss(0, _NOISE_C)
        cold = min(max(cold, _COLDEST_C), _WARMEST_C)
        share = 0.0 if failure is None else _share(time, failure)
        yield round(cold if failure is None else cold + share * (failure.worst_c - cold), 1)


def _share(time: datetime, failure: Failure) -> float:
    """How far the air has come from cold (0) to the worst (1)."""
    return max(0.0, min(1.0, (time - failure.since) / _WARMS_IN, (failure.until - time) / _COOLS_IN))


def _report(reading: Measured) -> dict[str, Any]:
    time = reading.time.astimezone(LOCAL).isoformat(timespec="milliseconds")
    return {"type": MEASURED, "uom": UNIT, "time": time, "value": reading.value_c}
