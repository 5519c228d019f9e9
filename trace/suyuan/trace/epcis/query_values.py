"""How the value of a query parameter is read: each reader takes what JSON gave and returns the stored form.

A value that cannot be is a ``ValueError`` with the reason, or an error of identifiers.
Source: EPCIS 2.0 §8.2.7.1.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from suyuan.trace.epcis.canonical import canonical_identifier, number_text
from suyuan.trace.epcis.cbv import ACTIONS, Vocabulary
from suyuan.trace.epcis.query_fields import kept, measured, spelled
from suyuan.trace.gs1 import canonical_key

Value = str | int | float | bool | datetime

_LONGEST_NUMBER = 100


def written(item: Any) -> str:
    """The value as text, as a URL would have it."""
    if isinstance(item, bool):
        return "true" if item else "false"
    return number_text(item) if isinstance(item, int | float) else str(item)


def instant(item: Any) -> datetime:
    """A time with its zone, in UTC."""
    text = written(item)
    # A plus sign that was not escaped arrives as a blank.
    time = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    if time.tzinfo is None:
        message = "a time needs its zone, as in 2026-05-01T08:00:00+08:00"
        raise ValueError(message)
    return time.astimezone(UTC)


_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?\Z")


def _exact(item: Any) -> Fraction:
    text = repr(item) if isinstance(item, int | float) and not isinstance(item, bool) else written(item)
    # A plus sign that was not escaped arrives as a blank.
    text = text.strip()
    if len(text) > _LONGEST_NUMBER or not _NUMBER.match(text) or not math.isfinite(float(text)):
        message = "it is a number"
        raise ValueError(message)
    return Fraction(text)


def _number(item: Any) -> float:
    return float(_exact(item)) + 0.0  # no negative zero


def event_type(item: Any) -> str:
    """A type of event, whichever way its standard name is written."""
    return written(item).removeprefix("https://ref.gs1.org/epcis/").removeprefix("epcis:")


def action(item: Any) -> str:
    """One of the three actions."""
    if item not in ACTIONS:
        message = "an action is ADD, OBSERVE or DELETE"
        raise ValueError(message)
    return str(item)


def _truth(item: Any) -> bool:
    told = {"true": True, "1": True, "false": False, "0": False}.get(written(item))
    if told is None:
        message = "it is true or false"
        raise ValueError(message)
    return told


def existence(item: Any) -> bool:
    """The parameter alone asks for existence; false asks for nothing (EPCIS 2.0: "regardless of")."""
    return True if item is None or item == "" else _truth(item)


def word(vocabulary: Vocabulary) -> Callable[[Any], str]:
    """A reader of words of a vocabulary, in any of their spellings; other text stands as it is."""

    def read(item: Any) -> str:
        text = written(item)
        return vocabulary.xml_spellings.get(text, text)

    return read


def any_identifier(item: Any) -> str:
    """Any text; where it is a GS1 key its spelling does not matter."""
    return kept(canonical_identifier(written(item)))


def place(item: Any) -> str:
    """The canonical key of a place."""
    return canonical_key(written(item))


def short_word(vocabulary: Vocabulary) -> Callable[[Any], str]:
    """As :func:`word`, of a length that an index takes."""
    read = word(vocabulary)
    return lambda item: kept(read(item))


def hexadecimal(item: Any) -> str:
    """Hexadecimal digits in one case."""
    return kept(written(item).upper())


def literal(item: Any) -> str:
    """Text by its letters."""
    return kept(written(item))


def boolean(item: Any) -> str:
    """A truth value as it is stored."""
    return "true" if _truth(item) else "false"


def equal_to(item: Any) -> str:
    """A value of an extension field that is asked for; its text is one for all its spellings."""
    return spelled(item)[0]


def compared_to(item: Any) -> float | datetime:
    """A value that an extension field is less or greater than: a number, a time, or a date."""
    if isinstance(item, str):
        _, _, moment = spelled(item.replace(" ", "+") if "T" in item else item)
        if moment is not None:
            return moment
    try:
        return _number(item)
    except ValueError:
        message = "only numbers and times are less or greater; a time needs its zone"
        raise ValueError(message) from None


def measure(unit: str, *, equal: bool, field: str = "") -> Callable[[Any], Value]:
    """A reader of numbers of ``unit``, as text where they must be ``equal``, else as numbers to compare."""

    def read(item: Any) -> Value:
        told = measured(field, _exact(item), unit)
        if told.number is None:
            message = "it is a number"
            raise ValueError(message)
        return told.text if equal else told.number

    return read
