"""Schedules against an oracle that tries second after second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suyuan.trace.epcis.schedule import FIELDS, SubscriptionControlsWrong, parse_schedule

LIMITS = dict(zip(FIELDS, [(0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (1, 7)], strict=True))
TUESDAY = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def matches(told: dict[str, str], moment: datetime) -> bool:
    """The sentence of the standard, word by word: every field given contains the value of the moment."""
    got = dict(
        zip(
            FIELDS,
            [moment.second, moment.minute, moment.hour, moment.day, moment.month, moment.isoweekday()],
            strict=True,
        )
    )
    finest = min(FIELDS.index(name) for name in told)
    for name in FIELDS:
        if name in told:
            among: set[int] = set()
            for element in told[name].split(","):
                first, _, last = element.strip("[]").partition("-")
                among |= set(range(int(first), int(last or first) + 1))
            if got[name] not in among:
                return False
        elif FIELDS.index(name) < min(finest, 3) and got[name] != 0:
            return False
    return True


@st.composite
def schedules(draw: st.DrawFn) -> dict[str, str]:
    """Fields that match often enough for an oracle that counts seconds."""
    told: dict[str, str] = {}
    for name in draw(st.sets(st.sampled_from(("second", "minute", "hour")), min_size=1)):
        least, most = LIMITS[name]
        elements: list[str] = []
        for _ in range(draw(st.integers(1, 3))):
            first = draw(st.integers(least, most))
            last = draw(st.integers(first, most))
            elements.append(draw(st.sampled_from((f"{first}", f"[{first}-{last}]"))))
        told[name] = ",".join(elements)
    if draw(st.booleans()):
        told["dayOfWeek"] = draw(st.sampled_from(("2", "[2-3]", "[1-7]")))
    return told


@settings(max_examples=25, deadline=None)
@given(told=schedules(), offset=st.integers(0, 40_000))
def test_the_next_time_is_the_first_second_that_matches(told: dict[str, str], offset: int) -> None:
    start = TUESDAY + timedelta(seconds=offset, microseconds=offset)
    found = parse_schedule(told).next_after(start)
    assert found is not None
    moment = start.replace(microsecond=0) + timedelta(seconds=1)
    for _ in range(30_000):  # the oracle looks as far as it can afford
        if matches(told, moment):
            assert found == moment
            return
        moment += timedelta(seconds=1)
    assert found >= moment
    assert matches(told, found)


@pytest.mark.parametrize(
    ("told", "after", "due"),
    [
        ({"hour": "1", "minute": "5"}, "2026-11-24T08:00:00Z", "2026-11-25T01:05:00Z"),
        ({"minute": 0}, "2026-11-24T08:00:00Z", "2026-11-24T09:00:00Z"),
        ({"second": "0,30"}, "2026-12-31T23:59:31Z", "2027-01-01T00:00:00Z"),
        ({"second": "[58-59]"}, "2026-11-24T08:00:58.5+08:00", "2026-11-24T00:00:59Z"),
        ({"dayOfWeek": "1"}, "2026-11-24T08:00:00Z", "2026-11-30T00:00:00Z"),
        ({"dayOfMonth": "31", "hour": "[6-18]"}, "2026-11-24T08:00:00Z", "2026-12-31T06:00:00Z"),
        ({"dayOfMonth": "29", "month": "2"}, "2026-11-24T08:00:00Z", "2028-02-29T00:00:00Z"),
        (
            {"dayOfMonth": "29", "month": "2", "dayOfWeek": "7"},
            "2088-03-01T00:00:00Z",
            "2128-02-29T00:00:00Z",
        ),
        ({"month": "11"}, "2026-11-24T08:00:00Z", "2026-11-25T00:00:00Z"),
    ],
)
def test_worked_examples(told: dict[str, Any], after: str, due: str) -> None:
    assert parse_schedule(told).next_after(datetime.fromisoformat(after)) == datetime.fromisoformat(due)


@pytest.mark.parametrize(
    ("told", "where"),
    [
        ({}, "schedule"),
        ({"second": "60"}, "schedule/second"),
        ({"dayOfWeek": "0"}, "schedule/dayOfWeek"),
        ({"minute": "[30-10]"}, "schedule/minute"),
        ({"minute": "0/30"}, "schedule/minute"),
        ({"minute": ""}, "schedule/minute"),
        ({"minute": "1,,2"}, "schedule/minute"),
        ({"minute": "٣"}, "schedule/minute"),
        ({"minute": True}, "schedule/minute"),
        ({"minute": "1," * 5000 + "1"}, "schedule/minute"),
        ({"year": "2026"}, "schedule/year"),
        ({"dayOfMonth": "30", "month": "2"}, "schedule"),
    ],
)
def test_what_is_no_schedule_is_told_by_its_field(told: dict[str, Any], where: str) -> None:
    with pytest.raises(SubscriptionControlsWrong) as caught:
        parse_schedule(told)
    assert caught.value.where == where
