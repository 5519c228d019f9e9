"""The JSON in a message: one event, an array of them, or several one after the other without a separator."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn, cast

import orjson

MOST_NESTED = 4
"""Arrays within arrays that are opened: makers batch once, retention may batch batches."""
_BETWEEN = re.compile(r"[\s,]*")


def read_payload(payload: bytes) -> Iterator[object]:
    """The events in a payload, one after the other. Zebra readers may join chunks as ``}{``.

    Raises:
        ValueError: what follows is no JSON, or there was nothing at all.
    """
    try:
        whole = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return _one_by_one(payload)
    return _opened(whole)


def _one_by_one(payload: bytes) -> Iterator[object]:
    try:
        text = payload.decode("utf-8")
        position = _end_of_gap(text, 0)
        if position == len(text):
            raise _no_json()
        while position < len(text):
            event, position = _DECODER.raw_decode(text, position)
            yield from _opened(event)
            position = _end_of_gap(text, position)
    except (ValueError, RecursionError) as error:
        raise _no_json() from error


def _end_of_gap(text: str, start: int) -> int:
    gap = _BETWEEN.match(text, start)
    return gap.end() if gap else start


def _opened(value: object, nested: int = 0) -> Iterator[object]:
    """Arrays of events as the events in them."""
    if not isinstance(value, list) or nested == MOST_NESTED:
        yield value
        return
    for item in cast("list[object]", value):
        yield from _opened(item, nested + 1)


def _no_json() -> ValueError:
    return ValueError("no JSON")


def _no_number(name: str) -> NoReturn:
    message = f"{name} is no JSON"
    raise ValueError(message)


_DECODER: Any = json.JSONDecoder(parse_constant=_no_number)
