"""The grammar of SimpleEventQuery: one parameter and its value become one :class:`Condition`, or an error.

Source: EPCIS 2.0 §8.2.7.1, the OpenAPI description and ``query-schema.json``; where these differ in a name,
both names are taken (decision 0013). Nothing here knows of a database: ``field`` names a field of the event,
for all that no column answers as :mod:`suyuan.trace.epcis.query_fields` names it.

An unknown parameter is an error by the standard, never ignored: a filter that does nothing would show more
than was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from suyuan.trace.epcis.context import STANDARD_PREFIXES
from suyuan.trace.epcis.json_shapes import is_list
from suyuan.trace.epcis.query_names import (
    ALIASES,
    FAMILIES,
    FIXED,
    Comparison,
    Meaning,
    QueryParameterWrong,
    attribute_name,
    extension_field,
    family,
    unknown,
    wrong,
)
from suyuan.trace.epcis.query_values import Value, written
from suyuan.trace.errors import InvalidInput

__all__ = [
    "ALIASES",
    "FAMILIES",
    "FIXED",
    "MOST_VALUES",
    "Condition",
    "QueryParameterWrong",
    "Spaces",
    "Value",
    "attribute_name",
    "extension_field",
    "parse_parameter",
    "wrong",
]

MOST_VALUES = 1000  # of one parameter
LONGEST_NAME = 2000


Spaces = tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """What one parameter asks for: ``field`` compares to one of ``values``, which are in stored form.

    ``name`` is the parameter in the standard's spelling, ``part`` the attribute of EQATTR. A ``prefix`` that
    the query did not declare still stands in ``field``: of each event it means what its own document
    declares. ``spaces`` are these meanings, once the store has looked them up: namespaces, each with the ids
    of the contexts that declare it. ``any_type``: of business transactions, sources or destinations, those of
    every type.
    """

    name: str
    field: str
    comparison: Comparison
    values: tuple[Value, ...]
    part: str = ""
    prefix: str = ""
    any_type: bool = False
    spaces: Spaces = ()


def parse_parameter(
    name: str, value: Any, prefixes: Mapping[str, str] | None = None, *, in_url: bool = False
) -> Condition:
    """The condition of one parameter.

    ``value`` is what JSON gives: text, a number, a truth value, null or a list of them. With ``in_url`` it is
    the text of a URL, whose lists are delimited by ``|``. ``prefixes`` are those of extension fields that the
    query declares; the standard's own are known.

    Raises:
        QueryParameterWrong: naming the parameter.
    """
    name = ALIASES.get(name, name)
    if len(name) > LONGEST_NAME or not _is_text(name):
        raise wrong(name, value, "The name of a query parameter is too long or no text")
    known = {**STANDARD_PREFIXES, **(prefixes or {})}
    meaning = FIXED.get(name) or family(name, known)
    if meaning is None:
        raise unknown(name)
    comparison = meaning.comparison
    if comparison in ("EQATTR", "HASATTR") or comparison in _LISTED:
        items = value.split("|") if in_url and isinstance(value, str) else value
    else:
        items = value
    listed: Sequence[Any] = items if is_list(items) else [items]
    if len(listed) > MOST_VALUES:
        raise wrong(name, value, "{name} has more than {most} values", most=MOST_VALUES)
    if comparison != "EXISTS" and not (listed and all(map(_is_told, listed))):
        raise wrong(name, value, "{name} has an empty or impossible value", "Give values joined by |.")
    if comparison in _SINGLE and len(listed) > 1:
        raise wrong(name, value, "{name} takes one value, not several", "Give one.")
    return Condition(
        name, meaning.field, comparison, _read(name, listed, meaning, known), meaning.part, meaning.prefix
    )


_SINGLE = frozenset(("GT", "GE", "LT", "LE", "EXISTS"))
_LISTED = frozenset(("EQ", "MATCH", "WD"))


def _is_told(item: Any) -> bool:
    """Whether a value may stand in a list: text that can be stored, a number, or a truth value."""
    return isinstance(item, int | float) or (isinstance(item, str) and item != "" and _is_text(item))


def _is_text(text: str) -> bool:
    if "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _read(name: str, items: Sequence[Any], meaning: Meaning, known: Mapping[str, str]) -> tuple[Value, ...]:
    try:
        if meaning.comparison == "HASATTR":
            return tuple(dict.fromkeys(attribute_name(written(item), known) for item in items))
        return tuple(dict.fromkeys(meaning.read(item) for item in items))
    except InvalidInput as error:  # no identifier, or no pattern
        raise QueryParameterWrong(
            "{name}: {reason}", where=name[:100], remedy=error.remedy, name=name[:100], reason=error.detail
        ) from error
    except (ValueError, OverflowError) as error:
        raise wrong(name, items[0], "{name} cannot be {value}: {reason}", reason=error) from error
