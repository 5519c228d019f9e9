"""When a standing query runs: the QuerySchedule of the standard, in UTC.

Source: EPCIS 2.0 §8.2.5.3 (QuerySchedule) and the REST bindings. Each field is a list of numbers and ranges::

    {"minute": "0,30", "hour": "[6-18]", "dayOfWeek": "[1-5]"}   on working days, every half hour

A field that is left out matches any value, but what is finer than the finest field given is at its beginning:
``{"hour": "1", "minute": "5"}`` is once a day at 01:05:00, as in the standard's own example, and not each of
its sixty seconds.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from suyuan.trace.errors import InvalidInput

_RANGES = {
    "second": (0, 59),
    "minute": (0, 59),
    "hour": (0, 23),
    "dayOfMonth": (1, 31),
    "month": (1, 12),
    "dayOfWeek": (1, 7),  # Monday is 1
}
FIELDS = tuple(_RANGES)
"""The names of the fields, the finest first."""
_ELEMENT = re.compile(r"([0-9]{1,2})|\[([0-9]{1,2})-([0-9]{1,2})\]")
_LONGEST = 400  # characters of a field: all sixty numbers and commas are 170
_YEARS_AHEAD = 41
"""A 29 February on a given day of the week comes within 40 years, also across 2100."""


class SubscriptionControlsWrong(InvalidInput):
    """When, where to or from when a subscription reports cannot be so (SubscriptionControlsException)."""

    code = "subscription-controls"
    title = "The subscription cannot be as asked"


@dataclass(frozen=True, slots=True)
class QuerySchedule:
    """A schedule; each field holds the values that match, in rising order. ``told`` is how it was given."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days_of_month: frozenset[int]
    months: frozenset[int]
    days_of_week: frozenset[int]
    told: tuple[tuple[str, str], ...]

    def next_after(self, moment: datetime) -> datetime | None:
        """The first whole second after ``moment`` that matches, in UTC; None within forty years.

        Looks at each day once until one matches, and then at hours, minutes and seconds by bisection.
        """
        start = moment.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        for day in self._days(start.date()):
            at = self._time_of_day(start.time() if day == start.date() else time())
            if at is not None:
                return datetime.combine(day, at, UTC)
        return None

    def _days(self, first: date) -> Iterator[date]:
        for year in range(first.year, min(first.year + _YEARS_AHEAD, date.max.year)):
            for month in range(1, 13):
                if month not in self.months or (year, month) < (first.year, first.month):
                    continue
                for number in range(1, monthrange(year, month)[1] + 1):
                    day = date(year, month, number)
                    if (
                        number in self.days_of_month
                        and day.isoweekday() in self.days_of_week
                        and day >= first
                    ):
                        yield day

    def _time_of_day(self, least: time) -> time | None:
        """The first time of a day that matches, not before ``least``."""
        for hour in _from(self.hours, least.hour):
            minutes = self.minutes if hour > least.hour else _from(self.minutes, least.minute)
            for minute in minutes:
                later = (hour, minute) > (least.hour, least.minute)
                seconds = self.seconds if later else _from(self.seconds, least.second)
                if seconds:
                    return time(hour, minute, seconds[0])
        return None


def parse_schedule(given: Mapping[str, Any]) -> QuerySchedule:
    """The schedule of a JSON object or of URL parameters; numbers stand for themselves.

    Raises:
        SubscriptionControlsWrong: naming the field; or that no time ever matches.
    """
    unknown = next((name for name in given if name not in _RANGES), None)
    if unknown is not None:
        raise SubscriptionControlsWrong(
            "A schedule has no field {name}",
            where=f"schedule/{unknown[:100]}",
            remedy="Use second, minute, hour, dayOfMonth, month and dayOfWeek.",
            name=unknown[:100],
        )
    told = {name: _text(name, given[name]) for name in FIELDS if name in given}
    if not told:
        raise SubscriptionControlsWrong(
            "The schedule is empty", where="schedule", remedy="Give one field at least, such as minute."
        )
    finest = min(FIELDS.index(name) for name in told)
    values = [
        _values(name, told[name]) if name in told else _left_out(name, is_finer=at < finest)
        for at, name in enumerate(FIELDS)
    ]
    seconds, minutes, hours, *days = values
    of_month, months, of_week = map(frozenset, days)
    found = QuerySchedule(seconds, minutes, hours, of_month, months, of_week, tuple(told.items()))
    if found.next_after(datetime(2000, 1, 1, tzinfo=UTC)) is None:
        raise SubscriptionControlsWrong(
            "No day ever matches this schedule",
            where="schedule",
            remedy="Look at dayOfMonth and month: there is no 30 February.",
        )
    return found


def _text(name: str, value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and len(value) <= _LONGEST:
        return value
    raise _wrong(name, str(value))


def _left_out(name: str, *, is_finer: bool) -> tuple[int, ...]:
    least, most = _RANGES[name]
    # Days and months are never at their beginning: a day of the week alone means every week.
    return (least,) if is_finer and name in FIELDS[:3] else tuple(range(least, most + 1))


def _values(name: str, text: str) -> tuple[int, ...]:
    least, most = _RANGES[name]
    found: set[int] = set()
    for element in text.split(","):
        match = _ELEMENT.fullmatch(element.strip())
        if match is None:
            raise _wrong(name, text)
        begin = int(match[1] or match[2])
        end = int(match[1] or match[3])
        if not least <= begin <= end <= most:
            raise _wrong(name, text)
        found.update(range(begin, end + 1))
    return tuple(sorted(found))


def _from(values: tuple[int, ...], least: int) -> tuple[int, ...]:
    return values[bisect_left(values, least) :]


def _wrong(name: str, text: str) -> SubscriptionControlsWrong:
    least, most = _RANGES[name]
    return SubscriptionControlsWrong(
        "{name} cannot be {value}: numbers from {least} to {most} and ranges [a-b], joined by commas",
        where=f"schedule/{name}",
        remedy="Write it as 0,30 or [6-18].",
        name=name,
        value=text[:100],
        least=least,
        most=most,
    )
