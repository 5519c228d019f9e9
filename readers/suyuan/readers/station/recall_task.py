"""Recall tasks: what a case on the block list means for this station, and what became of each thing. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from suyuan.readers.station.knowledge import Blocked
from suyuan.readers.station.order import Particulars
from suyuan.readers.station.stock import GONE, Piece

MOST_TOLD = 1_000
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FATES = {"retail_sold": "sold", "dispensed": "sold", "destroyed": "destroyed", "disposed": "destroyed"}


@dataclass(frozen=True, slots=True)
class RecallTask(Particulars):
    """A sweep for the goods of ``case``.

    ``keys`` are those that the signed list names. ``here`` are EPC keys that should be at this station;
    ``fates`` how many went elsewhere, by what became of them. ``counted`` is what a person counted, where
    that was done; ``photo_sha256`` the checksum of a photo of the goods set aside.
    """

    case: str
    state: str = "recalled"
    keys: frozenset[str] = frozenset()
    here: tuple[str, ...] = ()
    fates: Mapping[str, int] = field(default_factory=dict[str, int])
    counted: int | None = None
    photo_sha256: str = ""

    @property
    def known(self) -> int:
        """How many things of the case the station ever met."""
        return len(self.here) + sum(self.fates.values())


@dataclass(frozen=True, slots=True)
class Found:
    """What a sweep brought: EPCs found, and not found although they should be here; all others by fate."""

    task: RecallTask
    found: tuple[str, ...]
    not_found: tuple[str, ...]

    @property
    def disputed(self) -> bool:
        """Whether this station's records say that goods are here, and the sweep says that none is."""
        return bool(self.not_found) and not self.found

    def as_event(self) -> dict[str, Any]:
        """The answer to the task, as it stands in the event."""
        told: dict[str, Any] = {
            "suyuan:case": self.task.case,
            "suyuan:found": len(self.found),
            "suyuan:notFound": len(self.not_found),
            **{f"suyuan:{name}": count for name, count in sorted(self.task.fates.items())},
        }
        if self.not_found:
            told["suyuan:missing"] = list(self.not_found[:MOST_TOLD])
        if self.task.counted is not None:
            told["suyuan:counted"] = self.task.counted
        if self.task.photo_sha256:
            told["suyuan:photoSha256"] = self.task.photo_sha256
        if self.disputed:
            told["suyuan:escalated"] = True
        return told


def tasks(blocked: Mapping[str, Blocked], stock: Iterable[Piece]) -> list[RecallTask]:
    """The tasks of this station: one for each recalled case that concerns anything that it ever met. Linear.

    A thing belongs to a case if the list names it, its lot, or the unit it is in (unless that only carries
    something of the case).
    """
    keys: dict[str, set[str]] = {}
    for key, why in blocked.items():
        if why.state == "recalled":
            keys.setdefault(why.case, set()).add(key)
    here: dict[str, list[str]] = {}
    fates: dict[str, dict[str, int]] = {}
    for one in stock:
        for case in _cases(one, blocked):
            if one.here:
                here.setdefault(case, []).append(one.key)
            else:
                count = fates.setdefault(case, {})
                fate = _FATES.get(one.disposition or "", "shipped" if one.disposition in GONE else "unknown")
                count[fate] = count.get(fate, 0) + 1
    return [
        RecallTask(case, "recalled", frozenset(some), tuple(sorted(here.get(case, ()))), fates.get(case, {}))
        for case, some in sorted(keys.items())
        if case in here or case in fates
    ]


def _cases(one: Piece, blocked: Mapping[str, Blocked]) -> set[str]:
    found: set[str] = set()
    for key in (one.key, one.lot_key, one.unit_key):
        why = blocked.get(key) if key is not None else None
        if why is not None and why.state == "recalled" and not (key == one.unit_key and why.carries):
            found.add(why.case)
    return found


def is_checksum(text: str) -> bool:
    """Whether ``text`` is a SHA-256 in hexadecimal."""
    return _SHA256.fullmatch(text) is not None


def unaccounted(task: RecallTask, found: Sequence[str]) -> int:
    """How many things that were here are neither found nor gone; negative: more were found than known."""
    return len(task.here) - len(found)
