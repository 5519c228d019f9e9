"""The JSON in a message: one event, an array of them, or several one after the other without a separator."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn, cast

import orjson

MOST_NESTED = 4
"""Arrays within arrays that are opened: makers batch once, retention may batch batches."""
_BETWEEN = re.compile(r"[\s,]*")


def read_payload(payload: bytes) -> tuple[list[object], bool]:
    """The events in a payload, and whether anything in it was not JSON.

    Events before the fault are there. Zebra readers may join chunks as ``}{``.
    """
    try:
        return _opened(orjson.loads(payload)), False
    except orjson.JSONDecodeError:
        return _one_by_one(payload)


def _one_by_one(payload: bytes) -> tuple[list[object], bool]:
    events: list[object] = []
    try:
        text = payload.decode("utf-8")
        position = _end_of_gap(text, 0)
        while position < len(text):
            event, position = _DECODER.raw_decode(text, position)
            events += _opened(event)
            position = _end_of_gap(text, position)
    except (ValueError, RecursionError):
        return events, True
    return events, not events


def _end_of_gap(text: str, start: int) -> int:
    gap = _BETWEEN.match(text, start)
    return gap.end() if gap else start


def _opened(value: object, nested: int = 0) -> list[object]:
    """Arrays of events as the events in them."""
    if not isinstance(value, list) or nested == MOST_NESTED:
        return [value]
    items = cast("list[object]", value)
    return [event for item in items for event in _opened(item, nested + 1)]


def _no_number(name: str) -> NoReturn:
    message = f"{name} is no JSON"
    raise ValueError(message)


_DECODER: Any = json.JSONDecoder(parse_constant=_no_number)
