"""What the investigator asks: the trace form read from the query, and written back with nothing lost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Literal
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from suyuan.portal.language import CHINA_TIME
from suyuan.trace.errors import InvalidInput
from suyuan.trace.lineage.contract import Options, Suspect

MAX_SUSPECTS = 50
MAX_DEPTH = 99


@dataclass(frozen=True, slots=True)
class Row:
    """One suspect as typed: its key and the bounds of its time, each maybe empty."""

    key: str
    from_: str = ""
    to: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """The form as typed, what it means, and what is wrong with it (name of the field → error)."""

    rows: tuple[Row, ...]
    direction: Literal["forward", "backward"]
    known_at: str
    depth: str
    certain_only: bool
    suspects: tuple[Suspect, ...]
    options: Options
    errors: dict[str, InvalidInput] = field(default_factory=dict[str, InvalidInput])

    def query(self, **changed: str) -> str:
        """The question as a query string, so that every answer is a URL."""
        pairs: list[tuple[str, str]] = []
        for row in self.rows:
            pairs += [("suspect", row.key), ("from", row.from_), ("to", row.to)]
        single = {
            "direction": self.direction,
            "known_at": self.known_at,
            "depth": self.depth,
            "certain_only": "1" if self.certain_only else "",
        } | changed
        if all(not row.from_ and not row.to for row in self.rows):
            pairs = [(name, value) for name, value in pairs if name == "suspect"]
        return urlencode(pairs + [(name, value) for name, value in single.items() if value])


def moment(text: str, where: str, zone: tzinfo = CHINA_TIME) -> datetime | None:
    """The instant of an ISO 8601 text; without an offset it is local time. None for an empty text.

    Raises:
        InvalidInput: it is no date and time.
    """
    text = text.strip()
    if not text:
        return None
    try:
        given = datetime.fromisoformat(text)
        return (given if given.tzinfo else given.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInput(
            "{given} is not a date and time",
            where=where,
            given=text,
            remedy="Write it as 2026-11-21T08:30, in China time, or with an offset such as +00:00.",
        ) from error


def asked(params: QueryParams, direction: str | None = None) -> Question:
    """The question in ``params``. What cannot be right is in ``errors`` and left out of ``options``."""
    errors: dict[str, InvalidInput] = {}
    rows = _rows(params)
    suspects = tuple(_suspects(rows, errors))
    known_at, depth = params.get("known_at", ""), params.get("depth", "").strip()
    options = Options(
        direction="backward" if (direction or params.get("direction")) == "backward" else "forward",
        known_at=_checked_moment(known_at, "known_at", errors),
        depth=_depth(depth, errors),
        certain_only=params.get("certain_only") == "1",
    )
    return Question(rows, options.direction, known_at, depth, options.certain_only, suspects, options, errors)


def _rows(params: QueryParams) -> tuple[Row, ...]:
    keys, starts, ends = params.getlist("suspect"), params.getlist("from"), params.getlist("to")
    paired = len(starts) == len(ends) == len(keys)
    rows = (
        Row(key.strip(), starts[i].strip() if paired else "", ends[i].strip() if paired else "")
        for i, key in enumerate(keys[:MAX_SUSPECTS])
    )
    return tuple(row for row in rows if row.key)


def _suspects(rows: Sequence[Row], errors: dict[str, InvalidInput]) -> Iterable[Suspect]:
    for index, row in enumerate(rows):
        start = _checked_moment(row.from_, f"from-{index}", errors)
        end = _checked_moment(row.to, f"to-{index}", errors)
        if start is not None and end is not None and end <= start:
            errors[f"to-{index}"] = InvalidInput("The end is not after the beginning", where=f"to-{index}")
        yield Suspect(row.key, start, end)


def _checked_moment(text: str, where: str, errors: dict[str, InvalidInput]) -> datetime | None:
    try:
        return moment(text, where)
    except InvalidInput as error:
        errors[where] = error
        return None


def _depth(text: str, errors: dict[str, InvalidInput]) -> int | None:
    if not text:
        return None
    if text.isascii() and text.isdigit() and int(text) <= MAX_DEPTH:
        return int(text)
    errors["depth"] = InvalidInput(
        "{given} is not a number of steps from 0 to {limit}", where="depth", given=text, limit=MAX_DEPTH
    )
    return None
