"""The dates of goods: what events told at their making, and what the lot's owner registered (decision 0005).

One law for the consumer page and the till: an event's word goes before the register's, and the last day is
the use-by date where there is one, else the end of the shelf life.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, tzinfo
from types import MappingProxyType

from suyuan.trace.recall.names import Attributes

MEANINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "production": ("productionDate", "packagingDate", "harvestEndDate"),
        "best_before": ("bestBeforeDate",),
        "expiration": ("itemExpirationDate", "expirationDate"),
    }
)
"""What a date means -> the local names of ILMD attributes that tell it, the most exact first (CBV 2.0 §9)."""
_REGISTERED: Mapping[str, str] = {meaning: names[0] for meaning, names in MEANINGS.items()}


def told_dates(tellings: Iterable[Mapping[str, object]], zone: tzinfo) -> dict[str, date]:
    """Dates by meaning from the ILMD of events, attributes by any name that ends in the local one.

    Of each meaning the first telling counts, so the item's own go before those of its lot.
    """
    found: dict[str, date] = {}
    for ilmd in tellings:
        told = {name.rpartition(":")[2]: value for name, value in ilmd.items()}
        for meaning, names in MEANINGS.items():
            days = (day_of(told[name], zone) for name in names if name in told)
            day = next((day for day in days if day is not None), None)
            if day is not None:
                found.setdefault(meaning, day)
    return found


def registered_dates(told: Attributes, zone: tzinfo) -> dict[str, date]:
    """Dates by meaning as the owner of a lot registered them, attributes by local name."""
    days = {meaning: day_of(told[name], zone) for meaning, name in _REGISTERED.items() if told.get(name)}
    return {meaning: day for meaning, day in days.items() if day is not None}


def last_day(dates: Mapping[str, date]) -> date | None:
    """The last day of sale, if any is told."""
    return dates.get("expiration") or dates.get("best_before")


def day_of(value: object, zone: tzinfo) -> date | None:
    """The day of an xsd:date as written, or of an xsd:dateTime as it is in the zone; None for anything else.

    A foreign spelling of a date is no reason to refuse an answer: it counts as not told.
    """
    try:
        return local_day(datetime.fromisoformat(str(value)), zone)
    except ValueError:
        return None


def local_day(time: datetime, zone: tzinfo) -> date:
    """The day of a time in a zone."""
    try:
        return time.date() if time.tzinfo is None else time.astimezone(zone).date()
    except OverflowError:  # a station's clock may say year 1 or 9999
        return time.date()
