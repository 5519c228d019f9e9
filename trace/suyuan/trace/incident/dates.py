"""Dates of which only a part may be known, and the order between them.

A partial date is a tuple: ``()`` unknown, ``(2016,)``, ``(2016, 1)``, ``(2016, 1, 5)``.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date

PartialDate = tuple[int, ...]

UNKNOWN: PartialDate = ()
WHOLE = 3
"""Parts of a date that names a day."""

_BIG_FIRST = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?")
_SMALL_FIRST = re.compile(r"(?:(?:([0-9]{1,2})\.)?([0-9]{1,2})\.)?([0-9]{4})")
_MONTHS = 12
_MOST_DIGITS = 4


def read_date(text: str) -> PartialDate | None:
    """The date that a text says as ``2016-01-05`` or ``05.01.2016``, or a part of it; None if it is none.

    >>> read_date("2016-01"), read_date("05.01.2016"), read_date(""), read_date("2016-13")
    ((2016, 1), (2016, 1, 5), (), None)
    """
    text = text.strip()
    if not text:
        return UNKNOWN
    if (found := _BIG_FIRST.fullmatch(text)) is not None:
        year, month, day = found.groups()
    elif (found := _SMALL_FIRST.fullmatch(text)) is not None:
        day, month, year = found.groups()
    else:
        return None
    return date_of(year, month, day)


def date_of(year: str | None, month: str | None, day: str | None) -> PartialDate | None:
    """The date of three numbers as they stand in a table; None if they name no day of the calendar.

    A day without its month says nothing, and neither does a month without its year (``UNKNOWN``).
    """
    told = [part.strip() for part in (year or "", month or "", day or "")]
    if any(part and not (part.isascii() and part.isdigit()) for part in told):
        return None
    parts: list[int] = []
    for part in told:
        if not part:
            break
        digits = part.lstrip("0") or "0"
        if len(digits) > _MOST_DIGITS:
            return None
        parts.append(int(digits))
    return tuple(parts) if _exists(parts) else None


def before(arrival: PartialDate, departure: PartialDate) -> bool:
    """Whether what arrived may have gone into what departed: the same day counts, and so does not knowing.

    Compared by year, then month, then day; where either is silent, nothing is excluded.
    """
    known = min(len(arrival), len(departure))
    return arrival[:known] <= departure[:known]


def day_number(told: PartialDate) -> int | None:
    """The day as a number that counts days; None where no day is named."""
    return date(*told).toordinal() if len(told) == WHOLE else None


def written(told: PartialDate) -> str:
    """The date as text: ``2016``, ``2016-01``, ``2016-01-05``."""
    return "-".join(f"{part:02d}" if place else f"{part:04d}" for place, part in enumerate(told))


def _exists(parts: list[int]) -> bool:
    match parts:
        case []:
            return True
        case [year, *rest] if not 1 <= year <= 9999 or (rest and not 1 <= rest[0] <= _MONTHS):  # noqa: PLR2004
            return False
        case [year, month, day]:
            return 1 <= day <= monthrange(year, month)[1]
        case _:
            return True
