"""What is exported, and what every export says of itself: what was asked, supposed and known, and when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Protocol

import orjson

from suyuan.portal.language import Speech
from suyuan.portal.services import Label
from suyuan.trace.gs1 import IdentifierError, identify
from suyuan.trace.lineage import ScopeLine, State, Trace
from suyuan.trace.scope.render import question_json
from suyuan.trace.scope.selection import Question


class Names(Protocol):
    """How things are called and where they are."""

    def labels(self, keys: Sequence[str]) -> Mapping[str, Label]:
        """How to show these keys."""
        ...

    def positions(self, among: Sequence[str]) -> Mapping[str, tuple[float, float]]:
        """Latitude and longitude of those places of which they are told."""
        ...

    def stages(self, among: Sequence[str]) -> Mapping[str, str]:
        """The stage of the chain of those places of which it is registered."""
        ...


@dataclass(frozen=True)
class Subject:
    """A trace, with the lines of its scope if it is one, and what is said of it.

    ``evidence`` is the number of the newest evidence that it knew, at ``asked``.
    """

    trace: Trace
    lines: tuple[ScopeLine, ...] | None
    question: Question | None
    evidence: int
    asked: datetime
    by: str
    names: Names
    speech: Speech
    title: str = ""
    labels: dict[str, Label] = field(default_factory=dict[str, Label])

    @cached_property
    def things(self) -> Sequence[State]:
        """Everything affected, without places and without what only carries."""
        return [state for state in self.trace.states if state.kind != "place" and not state.carrier]

    def about(self) -> Iterator[tuple[str, str]]:
        """What every export says of itself: msgid of a word, and its value."""
        options = self.trace.options
        yield "export.title", self.title
        yield "export.asked", _written(self.asked)
        yield "export.by", self.by
        yield "export.evidence", str(self.evidence)
        yield "export.known_at", _written(options.known_at or self.asked)
        yield "export.direction", options.direction
        yield "export.depth", "" if options.depth is None else str(options.depth)
        yield "export.suspects", " ".join(suspect.key for suspect in self.trace.suspects)
        yield "export.supposed", self.supposed
        yield "export.withheld", str(self.trace.withheld)
        if self.question is not None:
            yield "export.question", orjson.dumps(question_json(self.question)).decode()

    @property
    def supposed(self) -> str:
        """The suppositions in one line; nothing where there are none."""
        told = self.trace.options.what_if
        crossed = (f"cross-contamination {one.key}{_window(one)}" for one in told.cross_contamination)
        return "; ".join([*crossed, *(f"kill {key}" for key in sorted(told.kill))])

    def name(self, key: str | None) -> str:
        """What a key is called; nothing where nobody says."""
        if key is None:
            return ""
        self.know([key])
        return self.speech.text(self.labels[key].name)

    def know(self, keys: Sequence[str]) -> None:
        """Look names up, all at once."""
        missing = [key for key in dict.fromkeys(keys) if key not in self.labels]
        if missing:
            self.labels.update(self.names.labels(missing))


def parts(key: str) -> tuple[str, str, str]:
    """GTIN, lot and serial (or SSCC) of a key; empty where it tells none, its own codes as they stand."""
    try:
        told = identify(key)
    except IdentifierError:
        return "", "", ""
    lot = told.lot_key.rpartition("/")[2] if told.lot_key else ""
    if told.kind == "unit":
        return "", "", key.rpartition("/")[2]
    serial = key.rpartition("/")[2] if told.kind == "item" else ""
    return told.gtin or "", lot, serial


def _window(one: object) -> str:
    start, end = getattr(one, "from_time", None), getattr(one, "to_time", None)
    return "" if start is None and end is None else f" [{_written(start)}, {_written(end)})"


def _written(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat(timespec="seconds").replace("+00:00", "Z")
