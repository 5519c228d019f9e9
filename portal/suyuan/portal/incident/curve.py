"""The epidemic curve: a box for each person who fell ill, on the day of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import get_args

from suyuan.trace.incident.reported import Reported, Standing

_BOX, _APART, _MARGIN, _FOOT = 24, 4, 24, 28
_FEW_DAYS, _AT_EASE = 14, 64  # so many days stand so far apart
_MOST_HIGH = 200
_MOST_DAYS = 120
_WRITTEN = 60  # pixels that a date takes


@dataclass(frozen=True, slots=True)
class Box:
    """One person; ``label`` names the case."""

    label: str
    standing: Standing
    y: float


@dataclass(frozen=True, slots=True)
class Day:
    """One day; its date is ``written`` where there is room."""

    day: date
    x: float
    boxes: tuple[Box, ...]
    written: bool


@dataclass(frozen=True, slots=True)
class Curve:
    """Every day from the first to the last, in CSS pixels. Of ``undated`` people nobody knows the day."""

    days: tuple[Day, ...]
    box: float
    width: int
    height: int
    floor: int
    most: int
    undated: int


def curve_of(cases: Sequence[Reported]) -> Curve:
    """The curve of those who fell ill, the confirmed at the bottom; of the last 120 days, if it is longer."""
    fell: dict[date, list[Reported]] = defaultdict(list)
    undated = 0
    for case in cases:
        if case.kind == "ill" and case.onset is not None:
            fell[case.onset].append(case)
        else:
            undated += case.kind == "ill"
    if not fell:
        return Curve((), 0, 0, 0, 0, 0, undated)
    last = max(fell)
    first = max(min(fell), date.fromordinal(max(1, last.toordinal() - _MOST_DAYS + 1)))
    most = max(len(some) for day, some in fell.items() if day >= first)
    box = min(_BOX, max(2.0, _MOST_HIGH / most - 1))
    floor = round(most * (box + 1)) + 12
    count = (last - first).days + 1
    step = _AT_EASE if count <= _FEW_DAYS else box + _APART
    every = max(1, -(-_WRITTEN // round(step)))
    days = tuple(
        Day(
            day := first + timedelta(days=number),
            round(_MARGIN + number * step + (step - box) / 2, 1),
            tuple(
                Box(case.label, case.standing, round(floor - (place + 1) * (box + 1), 1))
                for place, case in enumerate(sorted(fell.get(day, ()), key=_sureness))
            ),
            number % every == 0,
        )
        for number in range(count)
    )
    width = round(2 * _MARGIN + count * step)
    return Curve(days, round(box, 1), width, floor + _FOOT, floor, most, undated)


def _sureness(case: Reported) -> int:
    return get_args(Standing).index(case.standing)
