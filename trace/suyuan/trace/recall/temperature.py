"""What thermometers beside the goods measured, out of the sensor elements of their events.

Source of the form: EPCIS 2.0 §7.3.7; times outside and limits, which have no field there, stand in our own
namespace, as our stations write them. Whatever else a sender wrote is skipped: a foreign spelling of a
temperature is no reason to refuse a page, and a curve of a million points is none to send one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from typing import Any, cast

from suyuan.trace.epcis.event import Event
from suyuan.trace.lineage import Visit
from suyuan.trace.recall.passport import Excursion, Reason, Temperature, Text, VerdictState, Warmth

MOST_POINTS = 96
"""Points of the curve: the least and the highest of each of 48 parts."""
_COLDEST_C, _HOTTEST_C = -100.0, 200.0
_DIGITS = 4
_KINETIC = "mean-kinetic-temperature"
_ALARM = "ALARM_CONDITION"
_KEPT_COLD = ("℃", "°c", "冷藏", "冷冻", "chill", "frozen", "refrigerat")
_FOUND_GOOD = frozenset({"conformant", "sellable_accessible", "sellable_not_accessible"})
"""What an inspection says that finds goods good; our stations' release says that they may be sold."""
_TO_CELSIUS: Mapping[str, Callable[[float], float]] = {
    "CEL": lambda value: value,
    "FAH": lambda value: (value - 32) / 1.8,
    "KEL": lambda value: value - 273.15,
}


_Limits = tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class _Part:
    """What one sensor element measured, and what it told of that: ``outside_s`` None where nothing."""

    since: datetime
    until: datetime | None
    least_c: float
    most_c: float
    limits: _Limits
    outside_s: float | None


@dataclass(slots=True)
class _Course:
    """What has been read so far."""

    times: list[datetime] = field(default_factory=list[datetime])
    values: list[float] = field(default_factory=list[float])
    kinetic: list[float] = field(default_factory=list[float])
    curve: list[Warmth] = field(default_factory=list[Warmth])
    excursions: list[Excursion] = field(default_factory=list[Excursion])
    parts: list[_Part] = field(default_factory=list[_Part])
    limits: set[_Limits] = field(default_factory=set[_Limits])
    outside: list[float] = field(default_factory=list[float])
    unknown: list[float] = field(default_factory=list[float])


def temperature(own: Sequence[Visit], events: Mapping[str, Event]) -> Temperature | None:
    """What was measured at the checkpoints ``own`` of a thing, those of its containers too; or None.

    What was measured or found good of its lot is of other pieces: nobody looked at this one. Limits, and the
    time outside, are told where each part of the way told them. Linear.
    """
    course = _Course()
    for element, at in chain.from_iterable(_elements(visit, events) for visit in own):
        _take(element, at, course)  # all of them: an excursion is not lost behind a flood of readings
    if not course.values or not course.times:
        return None
    excursions = sorted((*course.excursions, *_untold(course)), key=lambda one: one.since)
    last = max((one.until or one.since for one in excursions), default=None)
    tested = (visit for visit in own if visit.biz_step == "inspecting" and visit.disposition in _FOUND_GOOD)
    one_for_all = len(course.limits) == 1 and all(part.limits in course.limits for part in course.parts)
    low_c, high_c = next(iter(course.limits)) if one_for_all else (None, None)
    all_told = course.outside and all(part.outside_s is not None for part in course.parts)
    return Temperature(
        since=min(course.times),
        until=max(course.times),
        least_c=min(course.values),
        most_c=max(course.values),
        mean_kinetic_c=max(course.kinetic, default=None),
        low_c=low_c,
        high_c=high_c,
        outside_s=math.fsum(course.outside) if all_told else None,
        unknown_s=math.fsum(course.unknown) if course.unknown else None,
        curve=tuple(_thinned(sorted(course.curve, key=lambda one: one.time))),
        excursions=tuple(excursions),
        decided=min((one.time for one in tested if last is not None and one.time >= last), default=None),
    )


def _untold(course: _Course) -> Iterator[Excursion]:
    """The parts that measured beyond the limits and told of no time outside.

    A part that told no limits is held against the widest that others did.
    """
    lows, highs = [low for low, _ in course.limits], [high for _, high in course.limits]
    widest = (
        min((low for low in lows if low is not None), default=None) if None not in lows else None,
        max((high for high in highs if high is not None), default=None) if None not in highs else None,
    )
    for part in course.parts:
        low, high = widest if part.limits == (None, None) else part.limits
        cold = 0.0 if low is None else low - part.least_c
        heat = 0.0 if high is None else part.most_c - high
        if max(cold, heat) > 0 and not part.outside_s:
            yield Excursion(part.since, part.until, part.least_c if cold > heat else part.most_c)


def is_kept_cold(storage: Text) -> bool:
    """Whether a sentence about storage asks for a temperature: then a page without one has a gap.

    >>> is_kept_cold(Text("0–4 ℃ 冷藏")), is_kept_cold(Text("常温避光保存"))
    (True, False)
    """
    said = f"{storage.zh} {storage.en}".casefold()
    return any(sign in said for sign in _KEPT_COLD)


def undecided(found: Temperature | None) -> Iterable[Reason]:
    """That it was too warm or too cold, while nobody has said on record whether that matters."""
    if found is None or not found.excursions or found.decided is not None:
        return
    far = [one for one in found.excursions if one.worst_c is not None]
    if not far:
        yield Reason(VerdictState.ATTENTION, "temperature-open", {"time": found.excursions[0].since})
        return
    middle = _middle(found)
    worst = max(far, key=lambda one: abs((one.worst_c or 0.0) - middle))
    fields = {"time": worst.since, "worst": round(worst.worst_c or 0.0, 1)}
    yield Reason(VerdictState.ATTENTION, "temperature-open", fields)


def _middle(found: Temperature) -> float:
    """Where the goods should have been; without limits everything is judged as heat."""
    told = [one for one in (found.low_c, found.high_c) if one is not None]
    return sum(told) / len(told) if told else _COLDEST_C


def _elements(visit: Visit, events: Mapping[str, Event]) -> Iterator[tuple[dict[str, Any], datetime]]:
    event = events.get(visit.evidence)
    listed: object = None if event is None else event.body.get("sensorElementList")
    for element in _objects(listed):
        yield element, visit.time


def _objects(listed: object) -> list[dict[str, Any]]:
    if not isinstance(listed, list):
        return []
    members = cast("list[object]", listed)
    return [cast("dict[str, Any]", one) for one in members if isinstance(one, dict)]


def _take(element: dict[str, Any], at: datetime, course: _Course) -> None:
    """What one sensor element tells, added to ``course``."""
    told: object = element.get("sensorMetadata")
    metadata = cast("dict[str, Any]", told) if isinstance(told, dict) else {}
    since = _time(metadata.get("startTime")) or _time(metadata.get("time")) or at
    until = _time(metadata.get("endTime"))
    reports = [one for one in _objects(element.get("sensorReport")) if _is_temperature(one)]
    if not reports:
        return
    outside = _seconds(element.get("suyuan:secondsOutside"))
    course.outside += outside
    course.unknown += _seconds(element.get("suyuan:secondsUnknown"))
    limits = _number(element.get("suyuan:leastAllowed")), _number(element.get("suyuan:mostAllowed"))
    if limits != (None, None):
        course.limits.add(limits)
    measured: list[float] = []
    for report in reports:
        time = _time(report.get("time")) or since
        if report.get("exception") == _ALARM:
            course.excursions.append(Excursion(since, until, _celsius(report, "value")))
        values = [_celsius(report, name) for name in ("minValue", "maxValue")]
        value = _celsius(report, "value")
        if str(report.get("dataProcessingMethod", "")).endswith(_KINETIC):
            course.kinetic += [] if value is None or "exception" in report else [value]
        else:
            values.append(value)
            if value is not None and "exception" not in report:
                course.curve.append(Warmth(time, value))
        course.values += [one for one in values if one is not None]
        if "exception" not in report:
            measured += [one for one in values if one is not None]
        course.times += [time, *([] if until is None else [until])]
    if measured:  # an element that only names an excursion or a gap tells no part of the way
        part = _Part(since, until, min(measured), max(measured), limits, next(iter(outside), None))
        course.parts.append(part)


def _is_temperature(report: dict[str, Any]) -> bool:
    return str(report.get("type", "")).rpartition(":")[2].removeprefix("MT-") == "Temperature"


def _celsius(report: dict[str, Any], name: str) -> float | None:
    value, convert = _number(report.get(name)), _TO_CELSIUS.get(str(report.get("uom", "")))
    if value is None or convert is None:
        return None
    found = round(convert(value), _DIGITS)  # 39.2 °F is 4 °C, and breaks no limit of 4 °C
    return found if _COLDEST_C <= found <= _HOTTEST_C else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _seconds(value: object) -> list[float]:
    number = _number(value)
    return [] if number is None or number < 0 else [number]


def _time(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(value))
        return None if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _thinned(curve: list[Warmth]) -> Iterator[Warmth]:
    """At most ``MOST_POINTS`` readings, with every part's least and highest: no peak is lost."""
    if len(curve) <= MOST_POINTS:
        yield from curve
        return
    parts = MOST_POINTS // 2
    for part in range(parts):
        some = curve[part * len(curve) // parts : (part + 1) * len(curve) // parts]
        least, most = min(some, key=lambda one: one.value_c), max(some, key=lambda one: one.value_c)
        yield from sorted({least.time: least, most.time: most}.values(), key=lambda one: one.time)
