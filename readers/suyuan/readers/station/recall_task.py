"""Recall tasks: what a case on the block list means for this station, and what became of each thing. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from suyuan.readers.station.knowledge import Blocked
from suyuan.readers.station.order import Particulars
from suyuan.readers.station.stock import Piece

MOST_TOLD = 1_000
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FATES = {
    "retail_sold": "sold",
    "dispensed": "sold",
    "destroyed": "destroyed",
    "disposed": "destroyed",
    "consumed": "consumed",
}


@dataclass(frozen=True, slots=True)
class RecallTask(Particulars):
    """A sweep for the goods of ``case``: what a person says of it.

    ``counted`` is what was counted by hand, where that was done; ``photo_sha256`` the checksum of a photo of
    the goods that were set aside.
    """

    case: str
    counted: int | None = None
    photo_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """What a case means for this station, by its own records.

    ``here`` are keys of things that should be here; ``fates`` how many went elsewhere, by what became of
    them; ``lots`` the lots of either that the case is about.
    """

    case: str
    here: tuple[str, ...] = ()
    fates: Mapping[str, int] = field(default_factory=dict[str, int])
    lots: tuple[str, ...] = ()

    @property
    def known(self) -> int:
        """How many things of the case the station ever met."""
        return len(self.here) + sum(self.fates.values())


@dataclass(frozen=True, slots=True)
class Found:
    """What a sweep brought: EPCs found, and not found although they should be here; all others by fate."""

    task: RecallTask
    reach: Reach
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
            **{f"suyuan:{name}": count for name, count in sorted(self.reach.fates.items())},
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


def tasks(blocked: Callable[[str], Blocked | None], stock: Iterable[Piece]) -> list[Reach]:
    """The tasks of this station: one for each recalled case that concerns anything that it ever met. Linear.

    A thing belongs to a case if the list names it, its lot, or the unit it is in (unless that only carries
    something of the case).
    """
    here: dict[str, list[str]] = {}
    fates: dict[str, Counter[str]] = {}
    lots: dict[str, set[str]] = {}
    for one in stock:
        for case in cases_of(one.key, one.lot_key, one.unit_key, blocked):
            if one.here:
                here.setdefault(case, []).append(one.key)
            else:
                fates.setdefault(case, Counter())[_FATES.get(one.disposition or "", "shipped")] += 1
            if one.lot_key is not None:
                lots.setdefault(case, set()).add(one.lot_key)
    return [
        Reach(case, tuple(sorted(here.get(case, ()))), fates.get(case, {}), tuple(sorted(lots.get(case, ()))))
        for case in sorted(here.keys() | fates.keys())
    ]


def reach_of(case: str, blocked: Callable[[str], Blocked | None], stock: Iterable[Piece]) -> Reach:
    """What ``case`` means for this station; nothing where it never met anything of it."""
    return next((one for one in tasks(blocked, stock) if one.case == case), Reach(case))


def cases_of(
    key: str, lot: str | None, unit: str | None, blocked: Callable[[str], Blocked | None]
) -> set[str]:
    """The numbers of the recalled cases to which a thing belongs."""
    found: set[str] = set()
    for name in (key, lot, unit):
        why = blocked(name) if name is not None else None
        if why is not None and why.state == "recalled" and not (name == unit and why.carries):
            found.add(why.case)
    return found


def is_checksum(text: str) -> bool:
    """Whether ``text`` is a SHA-256 in hexadecimal."""
    return _SHA256.fullmatch(text) is not None
