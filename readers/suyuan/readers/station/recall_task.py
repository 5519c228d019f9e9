"""Recall tasks: what a case means for this station, and what became of each thing. Pure.

A task comes from two sides. The signed block list says what is recalled, and the station's own records what
of it is here; the platform says what the case is about, and which goods of the company it knows to be here.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from suyuan.readers.station.knowledge import Blocked
from suyuan.readers.station.order import Particulars
from suyuan.readers.station.stock import Piece
from suyuan.trace.gs1 import identify

MOST_TOLD = 1_000
OLD = timedelta(hours=1)
"""How old what the platform asked for may be before that is told."""
SET_ASIDE_FOR_RECALL = "recalled"
"""The disposition (CBV 2.0 §7.2) of what a sweep for a recall found."""
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
class Sought:
    """One thing that the platform knows to be at a place of this station; of an amount it is the lot."""

    key: str
    place: str = ""
    lot_key: str | None = None

    @property
    def single(self) -> bool:
        """Whether it is a thing that can be read, and not an amount."""
        return identify(self.key).kind != "lot"


@dataclass(frozen=True, slots=True)
class Asked:
    """A task as the platform tells it; texts are in Chinese and English.

    ``elsewhere`` are places of the company that are not this station's: how much is there, and their names.
    ``whole`` is false where there is more than is told here.
    """

    case: str
    title: tuple[str, str] = ("", "")
    what_to_do: tuple[str, str] = ("", "")
    contact: str = ""
    since: datetime | None = None
    goods: tuple[Sought, ...] = ()
    elsewhere: Mapping[str, tuple[int, tuple[str, str]]] = field(
        default_factory=dict[str, tuple[int, tuple[str, str]]]
    )
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Tasks:
    """All that the platform asked for, as of when it told it; None: it never did."""

    asked: tuple[Asked, ...] = ()
    as_of: datetime | None = None

    def of(self, case: str) -> Asked:
        """What it says of ``case``; nothing where it never spoke of it."""
        return next((one for one in self.asked if one.case == case), Asked(case))

    def old_s(self, now: datetime) -> float | None:
        """How many seconds old they are by now, None where that is not too old, or they never came."""
        age = None if self.as_of is None else now - self.as_of
        return None if age is None or age <= OLD else age.total_seconds()


NOTHING_ASKED = Tasks()


@dataclass(frozen=True, slots=True)
class Reach:
    """What a case means for this station, by its own records and by what the platform knows.

    ``here`` are keys of things that should be here, ``found`` those of them that were set aside for a recall
    already; ``fates`` how many went elsewhere, by what became of them; ``lots`` the lots that the case is
    about. ``asked`` is what the platform says of it.
    """

    case: str
    here: tuple[str, ...] = ()
    fates: Mapping[str, int] = field(default_factory=dict[str, int])
    lots: tuple[str, ...] = ()
    found: tuple[str, ...] = ()
    asked: Asked = field(default_factory=lambda: Asked(""))

    @property
    def known(self) -> int:
        """How many things of the case the station ever met."""
        return len(self.here) + sum(self.fates.values())

    @property
    def missing(self) -> tuple[str, ...]:
        """What should be here and was not set aside yet."""
        found = set(self.found)
        return tuple(key for key in self.here if key not in found)


@dataclass(frozen=True, slots=True)
class Found:
    """What a sweep brought: EPCs found, and not found although they should be here; all others by fate.

    ``keys`` are those of what was found.
    """

    task: RecallTask
    reach: Reach
    found: tuple[str, ...]
    not_found: tuple[str, ...]
    keys: tuple[str, ...] = ()

    @property
    def disputed(self) -> bool:
        """Whether this station's records say that goods are here, and the sweep says that none is."""
        return bool(self.not_found) and not (self.found or self.reach.found)

    def as_event(self) -> dict[str, Any]:
        """The answer to the task, as it stands in the event."""
        told: dict[str, Any] = {
            "suyuan:case": self.task.case,
            "suyuan:found": len(self.found),
            "suyuan:notFound": len(self.not_found),
            **{f"suyuan:{name}": count for name, count in sorted(self.reach.fates.items())},
        }
        if before := len(set(self.reach.found) - set(self.keys)):
            told["suyuan:foundBefore"] = before
        if self.not_found:
            told["suyuan:missing"] = list(self.not_found[:MOST_TOLD])
        if self.task.counted is not None:
            told["suyuan:counted"] = self.task.counted
        if self.task.photo_sha256:
            told["suyuan:photoSha256"] = self.task.photo_sha256
        if self.disputed:
            told["suyuan:escalated"] = True
        return told


def tasks(
    blocked: Callable[[str], Blocked | None], stock: Iterable[Piece], told: Tasks = NOTHING_ASKED
) -> list[Reach]:
    """The tasks of this station: one for each recalled case that concerns anything that it ever met. Linear.

    A thing belongs to a case if the list names it, its lot, or the unit it is in (unless that only carries
    something of the case), a unit also if the list names a lot of which it holds an amount, or if the
    platform knows it to be here; where the station knows better that it has gone, it has.
    """
    tallies = defaultdict[str, _Tally](_Tally)
    sought = defaultdict[str, set[str]](set)
    for asked in told.asked:
        tallies[asked.case].lots |= {lot for one in asked.goods if (lot := _lot_of(one)) is not None}
        for one in asked.goods:
            if one.single:
                sought[one.key].add(asked.case)
    for piece in stock:
        listed = cases_of(piece.key, piece.lot_key, piece.unit_key, blocked)
        for lot in piece.amounts_of:
            for case in (of_lot := cases_of(lot, None, None, blocked)):
                tallies[case].lots.add(lot)
            listed |= of_lot
        for case in listed | sought.pop(piece.key, set()):
            tallies[case].add(piece)
    for key, cases in sought.items():  # the station never met these
        for case in cases:
            tallies[case].here.add(key)
    return [tallies[case].reach(case, told) for case in sorted(tallies)]


@dataclass(slots=True)
class _Tally:
    """What is counted of one case."""

    here: set[str] = field(default_factory=set[str])
    found: set[str] = field(default_factory=set[str])
    fates: Counter[str] = field(default_factory=Counter[str])
    lots: set[str] = field(default_factory=set[str])

    def add(self, one: Piece) -> None:
        if one.here or (one.disposition is None and one.amounts_of):
            self.here.add(one.key)
        else:
            self.fates[_FATES.get(one.disposition or "", "shipped")] += 1
        if one.disposition == SET_ASIDE_FOR_RECALL:
            self.found.add(one.key)
        if one.lot_key is not None:
            self.lots.add(one.lot_key)

    def reach(self, case: str, told: Tasks) -> Reach:
        here, found, lots = (tuple(sorted(some)) for some in (self.here, self.found, self.lots))
        return Reach(case, here, self.fates, lots, found, told.of(case))


def _lot_of(one: Sought) -> str | None:
    return one.lot_key if one.single else one.key


def reach_of(
    case: str,
    blocked: Callable[[str], Blocked | None],
    stock: Iterable[Piece],
    told: Tasks = NOTHING_ASKED,
) -> Reach:
    """What ``case`` means for this station; nothing where it never met anything of it."""
    of_case = Tasks((told.of(case),))  # what is asked for other cases, it need not look at
    return next(one for one in tasks(blocked, stock, of_case) if one.case == case)


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
