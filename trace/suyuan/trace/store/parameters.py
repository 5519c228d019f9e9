"""A whole SimpleEventQuery, checked: its conditions, its order, and how much of the answer is wanted.

Source: EPCIS 2.0 §8.2.7.1. The grammar of one parameter is :mod:`suyuan.trace.epcis.query`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from suyuan.trace.epcis.context import STANDARD_PREFIXES, entries
from suyuan.trace.epcis.context import prefixes as declared_prefixes
from suyuan.trace.epcis.query import (
    ALIASES,
    MOST_VALUES,
    Condition,
    QueryParameterWrong,
    Spaces,
    Value,
    extension_field,
    parse_parameter,
    wrong,
)
from suyuan.trace.errors import InvalidInput, TooLarge
from suyuan.trace.store.patterns import named

__all__ = [
    "DEFAULT_PAGE",
    "LARGEST_PAGE",
    "MOST_VALUES",
    "Condition",
    "EventQuery",
    "QueryParameterWrong",
    "QueryTooLarge",
    "Value",
    "narrowed",
    "parse_query",
]

LARGEST_PAGE = 1000
DEFAULT_PAGE = 30
MOST_PARAMETERS = 200
_LARGEST_COUNT = 2**31


class QueryTooLarge(TooLarge):
    """More events match than the caller wants to have at most (QueryTooLargeException)."""

    code = "query-too-large"
    title = "Too many events match"


@dataclass(frozen=True, slots=True)
class EventQuery:
    """A checked query; an event must meet all ``conditions``, which are sorted by name.

    ``order_by`` is ``eventTime``, ``recordTime`` or an extension field (with ``order_prefix`` and
    ``order_spaces`` as in :class:`Condition`). Without it the standard leaves the order open: then the time
    that is asked for orders events, the time of recording if none or both are, so that one index both finds
    and sorts them.
    """

    conditions: tuple[Condition, ...] = ()
    order_by: str | None = None
    order_prefix: str = ""
    order_spaces: Spaces = ()
    descending: bool = True
    per_page: int = DEFAULT_PAGE
    event_count_limit: int | None = None
    max_event_count: int | None = None

    @property
    def order(self) -> str:
        """By what events are sorted."""
        if self.order_by is not None:
            return self.order_by
        asked = {condition.field for condition in self.conditions}
        return "eventTime" if "eventTime" in asked and "recordTime" not in asked else "recordTime"

    @property
    def digest(self) -> str:
        """Names the query whatever its page size: a page token fits the query that it came from only."""
        parts = [
            self.conditions,
            self.order_by,
            self.order_prefix,
            self.descending,
            self.event_count_limit,
            self.max_event_count,
        ]
        return hashlib.sha256(orjson.dumps(parts)).hexdigest()[:32]


def parse_query(
    params: Sequence[tuple[str, Any]] | Mapping[str, Any], *, prefixes: Mapping[str, str] | None = None
) -> EventQuery:
    """The query that parameters ask for; a parameter given twice is an error.

    Args:
        params: pairs as in a URL, where texts list their values by ``|``; or the JSON object of a named
            query, where lists are arrays, numbers and truth values are themselves, and ``@context`` declares
            prefixes. Values of pairs may be those of JSON as well, so that a stored query is parsed again.
        prefixes: of extension fields, as the header GS1-Extensions declares them.

    Raises:
        QueryParameterWrong: naming the parameter.
    """
    in_url = not isinstance(params, Mapping)
    pairs = list(params.items()) if isinstance(params, Mapping) else list(params)
    if len(pairs) > MOST_PARAMETERS:
        raise wrong("", None, "The query has more than {most} parameters", most=MOST_PARAMETERS)
    known = dict(prefixes or {})
    known.update(_declared(pairs))
    conditions: dict[str, Condition] = {}
    controls: dict[str, Any] = {}
    for given, value in pairs:
        name = ALIASES.get(given, given)
        if name in conditions or name in controls:
            raise wrong(name, value, "The parameter {name} is given twice", "Join its values by |.")
        if name in _CONTROLS:
            controls[name] = value
        else:
            conditions[name] = _checked(parse_parameter(name, value, known, in_url=in_url))
    return _controlled(conditions.values(), controls, known)


def narrowed(query: EventQuery, name: str, value: Any) -> EventQuery:
    """``query`` with one more parameter, which may have the name of another: both must be met.

    Raises:
        QueryParameterWrong: naming the parameter.
    """
    added = _checked(parse_parameter(name, value))
    return replace(query, conditions=_sorted((*query.conditions, added)))


def _checked(condition: Condition) -> Condition:
    """Identifiers and patterns of MATCH must be some."""
    if condition.comparison == "MATCH":
        try:
            for value in condition.values:
                named(str(value), classes=condition.field.endswith("Class"))
        except InvalidInput as error:
            raise QueryParameterWrong(
                "{name}: {reason}",
                where=condition.name,
                remedy=error.remedy,
                name=condition.name,
                reason=error.detail,
            ) from error
    return condition


_CONTROLS = frozenset(
    ("orderBy", "orderDirection", "perPage", "eventCountLimit", "maxEventCount", "@context")
)


def _declared(pairs: Iterable[tuple[str, Any]]) -> dict[str, str]:
    """The prefixes of the query's own ``@context``; contexts named by URL are not fetched."""
    context = next((value for name, value in pairs if name == "@context"), None)
    if context is None:
        return {}
    told = declared_prefixes(entries(context))
    return {prefix: namespace for prefix, namespace in told.items() if prefix not in STANDARD_PREFIXES}


def _controlled(
    conditions: Iterable[Condition], controls: Mapping[str, Any], known: Mapping[str, str]
) -> EventQuery:
    if "eventCountLimit" in controls and "maxEventCount" in controls:
        raise wrong(
            "maxEventCount", None, "eventCountLimit and maxEventCount exclude each other", "Give one."
        )
    if "eventCountLimit" in controls and "orderBy" not in controls:
        raise wrong(
            "eventCountLimit",
            None,
            "eventCountLimit says nothing without orderBy: the first events of no order",
            "Add orderBy=eventTime, or use perPage or maxEventCount.",
        )
    if "orderDirection" in controls and "orderBy" not in controls:
        raise wrong(
            "orderDirection",
            None,
            "orderDirection says nothing without orderBy",
            "Add orderBy=eventTime, or leave it out.",
        )
    order_by, order_prefix = _order(controls.get("orderBy"), known)
    direction = controls.get("orderDirection", "DESC")
    if direction not in ("ASC", "DESC"):
        raise wrong("orderDirection", direction, "orderDirection is ASC or DESC, not {value}")
    return EventQuery(
        conditions=_sorted(conditions),
        order_by=order_by,
        order_prefix=order_prefix,
        descending=direction == "DESC" and order_by is not None,
        per_page=min(_count("perPage", controls) or DEFAULT_PAGE, LARGEST_PAGE),
        event_count_limit=_count("eventCountLimit", controls),
        max_event_count=_count("maxEventCount", controls),
    )


def _sorted(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    # What asks for existence and says false restricts nothing (EPCIS 2.0 §8.2.7.1).
    kept = [one for one in conditions if one.comparison != "EXISTS" or one.values == (True,)]
    return tuple(sorted(kept, key=lambda one: (one.name, repr(one.values))))


def _order(value: Any, known: Mapping[str, str]) -> tuple[str | None, str]:
    if value in ("eventTime", "recordTime", None):
        return value, ""
    told = None
    if isinstance(value, str):
        told = extension_field("event", value, {**STANDARD_PREFIXES, **known})
    if told is None:
        raise wrong(
            "orderBy",
            value,
            "Events are ordered by eventTime, recordTime or an extension field, not by {value}",
            "Name an extension field by prefix:name or namespace#name.",
        )
    return told


def _count(name: str, controls: Mapping[str, Any]) -> int | None:
    value = controls.get(name)
    if value is None:
        return None
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and 0 < int(text) < _LARGEST_COUNT):  # noqa: PLR2004 (digits of 2**31)
        raise wrong(name, value, "{name} is a whole number from 1, not {value}")
    return int(text)
