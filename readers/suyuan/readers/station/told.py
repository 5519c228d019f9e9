"""Members of the platform's answers, each read with its type and bounds; what is not so is not there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import MAXYEAR, MINYEAR, date, datetime
from typing import Any, cast

import orjson

LONGEST_NAME, LONGEST_TEXT = 2_000, 200


def object_of(content: bytes) -> Mapping[str, Any]:
    """The members of the JSON object that ``content`` is; none if it is something else."""
    try:
        return members(orjson.loads(content)) if content else {}
    except orjson.JSONDecodeError:
        return {}


def members(told: object) -> Mapping[str, Any]:
    """The members of an object."""
    return cast("Mapping[str, Any]", told) if isinstance(told, dict) else {}


def entries(told: object) -> list[object]:
    """The entries of an array."""
    return cast("list[object]", told) if isinstance(told, list) else []


def text(told: object, longest: int = LONGEST_TEXT) -> str:
    """Text without what does not print, cut at ``longest``."""
    return "".join(filter(str.isprintable, told))[:longest] if isinstance(told, str) else ""


def day(told: object) -> date | None:
    """A day as ISO 8601 writes it."""
    try:
        return date.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        return None


def moment(told: object) -> datetime | None:
    """An instant with its offset (RFC 3339), in no year that another offset would lead out of."""
    try:
        found = datetime.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        return None
    if found is None or found.tzinfo is None or not MINYEAR < found.year < MAXYEAR:
        return None
    return found


def number(told: object) -> float | None:
    """A number that is no truth value."""
    return told if isinstance(told, int | float) and not isinstance(told, bool) else None
