"""The parameters of SimpleEventQuery as given in a URL, checked and brought to one form.

Source: EPCIS 2.0 §8.2.7.1. Lists are delimited by ``|``. An unknown parameter is an error by the standard,
never ignored: a filter that does nothing would show more than was asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import orjson

from suyuan.trace.epcis.cbv import ACTIONS, BIZ_STEP, DISPOSITION
from suyuan.trace.errors import InvalidInput, TooLarge
from suyuan.trace.gs1 import IdentifierError, canonical_key
from suyuan.trace.store.columns import microseconds, storable
from suyuan.trace.store.patterns import named

Value = str | int
OrderBy = Literal["eventTime", "recordTime"]

MOST_VALUES = 1000  # of one parameter
LARGEST_PAGE = 1000
DEFAULT_PAGE = 30
_LARGEST_COUNT = 2**31


class QueryParameterWrong(InvalidInput):
    """A query parameter that is unknown or has a value that it cannot have (QueryParameterException)."""

    code = "query-parameter"
    title = "A query parameter is wrong"


class QueryTooLarge(TooLarge):
    """More events match than the caller wants to have at most (QueryTooLargeException)."""

    code = "query-too-large"
    title = "Too many events match"


@dataclass(frozen=True, slots=True)
class EventQuery:
    """A checked query. ``conditions`` pairs each parameter with its values in stored form, sorted by name.

    Without ``order_by`` the standard leaves the order open: then the time that is asked for orders events,
    the time of recording if none or both are, so that one index both finds and sorts them.
    """

    conditions: tuple[tuple[str, tuple[Value, ...]], ...] = ()
    order_by: OrderBy | None = None
    descending: bool = True
    per_page: int = DEFAULT_PAGE
    event_count_limit: int | None = None
    max_event_count: int | None = None

    @property
    def order(self) -> OrderBy:
        """By which time events are sorted."""
        if self.order_by is not None:
            return self.order_by
        asked = {name[3:] for name, _ in self.conditions}
        return "eventTime" if "eventTime" in asked and "recordTime" not in asked else "recordTime"

    @property
    def digest(self) -> str:
        """Names the query whatever its page size: a page token fits the query that it came from only."""
        parts = [
            self.conditions,
            self.order_by,
            self.descending,
            self.event_count_limit,
            self.max_event_count,
        ]
        return hashlib.sha256(orjson.dumps(parts)).hexdigest()[:32]


def parse_query(params: Sequence[tuple[str, str]]) -> EventQuery:
    """The query that URL parameters ask for; a parameter given twice is an error.

    Raises:
        QueryParameterWrong: naming the parameter.
    """
    conditions: dict[str, tuple[Value, ...]] = {}
    controls: dict[str, str] = {}
    for name, text in params:
        if name in conditions or name in controls:
            raise _wrong(name, text, "The parameter {name} is given twice", "Join its values by |.")
        if name in _CONTROLS:
            controls[name] = text
        elif name in CONDITIONS:
            conditions[name] = _values(name, text)
        else:
            raise _wrong(name, text, "There is no query parameter {name} here", "Leave it out.")
    if "eventCountLimit" in controls and "maxEventCount" in controls:
        raise _wrong("maxEventCount", "", "eventCountLimit and maxEventCount exclude each other", "Give one.")
    order_by = _order(controls.get("orderBy"))
    direction = controls.get("orderDirection", "DESC" if order_by else "ASC")
    if direction not in ("ASC", "DESC"):
        raise _wrong("orderDirection", direction, "orderDirection is ASC or DESC, not {value}")
    return EventQuery(
        conditions=tuple(sorted(conditions.items())),
        order_by=order_by,
        descending=direction == "DESC" and order_by is not None,
        per_page=min(_count("perPage", controls) or DEFAULT_PAGE, LARGEST_PAGE),
        event_count_limit=_count("eventCountLimit", controls),
        max_event_count=_count("maxEventCount", controls),
    )


_CONTROLS = frozenset(("orderBy", "orderDirection", "perPage", "eventCountLimit", "maxEventCount"))


def _order(text: str | None) -> OrderBy | None:
    for order in ("eventTime", "recordTime"):
        if text == order:
            return order
    if text is None:
        return None
    raise _wrong("orderBy", text, "Events are ordered by eventTime or recordTime, not by {value}")


def _values(name: str, text: str) -> tuple[Value, ...]:
    read = CONDITIONS[name]
    single = name.startswith(("GE_", "LT_", "EXISTS_"))
    parts = [text] if single else text.split("|")
    if len(parts) > MOST_VALUES:
        raise _wrong(name, text, "{name} has more than {most} values", most=MOST_VALUES)
    if not all(parts) or not storable(text):
        raise _wrong(name, text, "{name} has an empty or impossible value", "Give values joined by |.")
    try:
        return tuple(dict.fromkeys(read(part) for part in parts))
    except InvalidInput as error:  # no identifier, or no pattern
        raise QueryParameterWrong(
            "{name}: {reason}", where=name, remedy=error.remedy, name=name, reason=error.detail
        ) from error
    except (ValueError, OverflowError) as error:
        raise _wrong(name, text, "{name} cannot be {value}: {reason}", reason=error) from error


def _count(name: str, controls: dict[str, str]) -> int | None:
    text = controls.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and 0 < int(text) < _LARGEST_COUNT):  # noqa: PLR2004 (digits of 2**31)
        raise _wrong(name, text, "{name} is a whole number from 1, not {value}")
    return int(text)


def _wrong(
    name: str, value: str | None, template: str, remedy: str = "", **fields: object
) -> QueryParameterWrong:
    return QueryParameterWrong(
        template, where=name, remedy=remedy, name=name[:100], value=(value or "")[:100], **fields
    )


def _time(text: str) -> int:
    # A plus sign that was not escaped arrives as a blank.
    time = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    if time.tzinfo is None:
        message = "a time needs its zone, as in 2026-05-01T08:00:00+08:00"
        raise ValueError(message)
    return microseconds(time.astimezone(UTC))


def _event_type(text: str) -> str:
    return text.removeprefix("https://ref.gs1.org/epcis/").removeprefix("epcis:")


def _action(text: str) -> str:
    if text not in ACTIONS:
        message = "an action is ADD, OBSERVE or DELETE"
        raise ValueError(message)
    return text


def _truth(text: str) -> int:
    if text not in ("true", "false"):
        message = "it is true or false"
        raise ValueError(message)
    return int(text == "true")


def _any_text(text: str) -> str:
    """Any text may name a transformation; where it is a GS1 key its spelling does not matter."""
    try:
        return canonical_key(text)
    except IdentifierError:
        return text


def _instances(text: str) -> str:
    named(text, classes=False)
    return text


def _classes(text: str) -> str:
    named(text, classes=True)
    return text


CONDITIONS: dict[str, Callable[[str], Value]] = {
    "eventType": _event_type,
    "GE_eventTime": _time,
    "LT_eventTime": _time,
    "GE_recordTime": _time,
    "LT_recordTime": _time,
    "EQ_action": _action,
    "EQ_bizStep": lambda text: BIZ_STEP.xml_spellings.get(text, text),
    "EQ_disposition": lambda text: DISPOSITION.xml_spellings.get(text, text),
    "EQ_readPoint": canonical_key,
    "EQ_bizLocation": canonical_key,
    "EQ_eventID": str,
    "EQ_transformationID": _any_text,
    "EXISTS_errorDeclaration": _truth,
    "GE_errorDeclarationTime": _time,
    "LT_errorDeclarationTime": _time,
    "MATCH_epc": _instances,
    "MATCH_parentID": _instances,
    "MATCH_inputEPC": _instances,
    "MATCH_outputEPC": _instances,
    "MATCH_anyEPC": _instances,
    "MATCH_epcClass": _classes,
    "MATCH_inputEPCClass": _classes,
    "MATCH_outputEPCClass": _classes,
    "MATCH_anyEPCClass": _classes,
}
"""Every condition that is answered, and how a value is brought to the form in which it is stored."""
