"""What an assessment becomes: the sensor elements of an event, and messages for the screen.

Names as in EPCIS 2.0 §7.3.7, whose JSON writes the terms of the GS1 Web Vocabulary bare. There is one
sensorElement for each device, with the least, mean and highest value and the mean kinetic temperature, and
one for each excursion, gap and doubt with its times.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from types import MappingProxyType
from typing import Any

from suyuan.readers.station.cold_chain.assessment import (
    Assessment,
    Course,
    Doubt,
    Excursion,
    Gap,
    Suspicion,
)
from suyuan.readers.station.cold_chain.profile import Profile
from suyuan.readers.station.duration import duration
from suyuan.readers.station.words import Message
from suyuan.readers.words import Said
from suyuan.trace.gs1 import IdentifierError, identify

MEASURED = "Temperature"
ALARM, ERROR = "ALARM_CONDITION", "ERROR_CONDITION"
UNIT = "CEL"
MEAN_KINETIC = "https://ns.suyuan.example/method/mean-kinetic-temperature"
"""``dataProcessingMethod`` of the mean kinetic temperature (USP <1079.2>)."""
MOST_ELEMENTS = 100
"""Excursions and gaps of their own; what is beyond is counted in ``suyuan:more``."""
_DIGITS = 3
_MINUTE_S = 60.0
_FAST, _SLOW = Said("快", "fast"), Said("慢", "slow")


def sensor_elements(found: Assessment, local: timezone) -> list[dict[str, Any]]:
    """The ``sensorElementList`` of the event about the goods, bounded by ``MOST_ELEMENTS``."""
    apart = [_of_excursion(one, local) for one in found.excursions]
    apart += [_of_gap(one, local) for one in found.gaps]
    elements = [_of_course(one, found.profile, local) for one in found.courses] + apart[:MOST_ELEMENTS]
    if found.ahead_s:
        for element in elements[: len(found.courses)]:
            element["suyuan:clockAheadSeconds"] = round(found.ahead_s)
    if len(apart) > MOST_ELEMENTS and elements:
        elements[0]["suyuan:more"] = len(apart) - MOST_ELEMENTS
    for one in found.doubts[:MOST_ELEMENTS]:
        elements.append(_of_doubt(one, local))
    return elements


def messages(found: Assessment, local: timezone) -> tuple[Message, ...]:
    """What the station says: the worst excursion, how long was not measured, and each doubt."""
    told: list[Message] = []
    if found.excursions:
        told.append(_of_excursions(found.excursions, found.profile))
    if found.gaps:
        told.append(Message("SENSOR_GAP", {"span": duration(sum(gap.seconds for gap in found.gaps))}))
    return (*told, *(_of_suspicion(doubt, local) for doubt in found.doubts))


def _of_course(course: Course, profile: Profile, local: timezone) -> dict[str, Any]:
    limits = {"suyuan:leastAllowed": profile.least_c, "suyuan:mostAllowed": profile.most_c}
    report: list[dict[str, Any]] = [
        {
            "type": MEASURED,
            "uom": UNIT,
            "minValue": course.least_c,
            "maxValue": course.most_c,
            "meanValue": round(course.mean_c, _DIGITS),
        },
        {
            "type": MEASURED,
            "uom": UNIT,
            "value": round(course.mean_kinetic_c, _DIGITS),
            "dataProcessingMethod": MEAN_KINETIC,
        },
    ]
    return {
        "sensorMetadata": _metadata(course.device, course.first, course.last, local),
        "sensorReport": report,
        "suyuan:profile": profile.name,
        **{name: limit for name, limit in limits.items() if limit is not None},
        "suyuan:readings": course.count,
        "suyuan:secondsOutside": round(course.out_s),
        "suyuan:secondsUnknown": round(course.unknown_s),
    }


def _of_excursion(one: Excursion, local: timezone) -> dict[str, Any]:
    metadata = _metadata(one.device, one.begins, one.until, local)
    report: dict[str, Any] = {
        "type": MEASURED,
        "uom": UNIT,
        "value": round(one.worst_c, _DIGITS),
        "exception": ALARM,
    }
    if one.kind == "kinetic":
        report["dataProcessingMethod"] = MEAN_KINETIC
    return {"sensorMetadata": metadata, "sensorReport": [report], "suyuan:excursion": one.kind}


def _of_gap(gap: Gap, local: timezone) -> dict[str, Any]:
    return {
        "sensorMetadata": _metadata(gap.device, gap.since, gap.until, local),
        "sensorReport": [{"type": MEASURED, "exception": ERROR}],
        "suyuan:gapSeconds": round(gap.seconds),
    }


def _of_doubt(doubt: Doubt, local: timezone) -> dict[str, Any]:
    return {
        "sensorMetadata": _metadata(doubt.device, doubt.time, None, local),
        "sensorReport": [{"type": MEASURED, "exception": ERROR}],
        "suyuan:doubt": doubt.suspicion,
    }


def _metadata(device: str, since: datetime, until: datetime | None, local: timezone) -> dict[str, Any]:
    told = {"startTime": _text(since, local)} if until is None else _times(since, until, local)
    if not device:
        return told
    return {**told, "deviceID": device} if _is_uri(device) else {**told, "suyuan:device": device}


def _times(since: datetime, until: datetime, local: timezone) -> dict[str, Any]:
    return {"startTime": _text(since, local), "endTime": _text(until, local)}


def _text(time: datetime, local: timezone) -> str:
    return time.astimezone(local).isoformat(timespec="milliseconds")


def _is_uri(device: str) -> bool:
    """Whether a device can stand as ``deviceID``; bare serial numbers of loggers cannot."""
    try:
        return "://" in device and bool(identify(device).key)
    except IdentifierError:
        return False


def _of_excursions(some: Sequence[Excursion], profile: Profile) -> Message:
    worst = max(some, key=lambda one: abs(profile.beyond(one.worst_c)))
    return Message(
        "TEMP_EXCURSION",
        {
            "value": f"{worst.worst_c:.1f}",
            "low": _limit(profile.least_c),
            "high": _limit(profile.most_c),
            "span": duration(max(_MINUTE_S, *(one.out_s for one in some))),
        },
    )


def _limit(value_c: float | None) -> str:
    return "…" if value_c is None else f"{value_c:g}"


def _of_suspicion(doubt: Doubt, local: timezone) -> Message:
    told: dict[str, object] = {
        "device": doubt.device or "-",
        "count": doubt.count,
        "time": f"{doubt.time.astimezone(local):%Y-%m-%d %H:%M}",
        **doubt.fields,
    }
    if doubt.suspicion == "clock":
        ahead_s = float(str(doubt.fields["seconds"]))
        told |= {"span": duration(ahead_s), "way": _FAST if ahead_s > 0 else _SLOW}
    return Message(_CODES[doubt.suspicion], told)


_CODES: Mapping[Suspicion, str] = MappingProxyType(
    {
        "stuck": "SENSOR_STUCK",
        "implausible": "SENSOR_UNSOUND",
        "unsound": "SENSOR_UNSOUND",
        "conflict": "SENSOR_UNSOUND",
        "unit": "SENSOR_UNIT",
        "clock": "SENSOR_CLOCK",
        "future": "SENSOR_FUTURE",
        "late": "SENSOR_LATE",
        "calibration": "SENSOR_CALIBRATION",
    }
)
