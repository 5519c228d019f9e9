"""What a station knows of objects: what it remembers itself, what the platform stops, what a step teaches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal


@dataclass(frozen=True, slots=True)
class Blocked:
    """Why an object must not go on: ``state`` held, recalled or expired; ``case`` the number of its case.

    ``carries``: it is a unit that only holds something stopped; what else is in it may go on.
    """

    state: str
    case: str
    carries: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What this station remembers of an object from earlier steps.

    Its lot, its container, its last day, the CBV disposition that the station said last, the TID of its tag;
    ``quality``, of a lot: how it was judged, ``conformant``, ``non_conformant``, ``in_progress`` or
    ``released``, whatever becomes of its goods. ``held_with`` are listed holds of units that it
    was taken out of, each by unit and case: they go along with it for as long as the list has them.
    """

    lot_key: str | None = None
    unit_key: str | None = None
    expires: date | None = None
    disposition: str | None = None
    tid: str | None = None
    quality: str | None = None
    held_with: tuple[tuple[str, str], ...] = ()


NOTHING_KNOWN = Known()


Way = Literal["in", "out", "there"]


@dataclass(frozen=True, slots=True)
class Moved:
    """An amount of a lot, or of a product, that went into a unit or out of it; without a lot: all of them.

    ``quantity`` is in ``measure``, a dimension or else the unit that was told; None: nobody said how much.
    ``there`` is an amount that came inside: what is known of it already stays as it is.
    """

    way: Way
    lot_key: str | None = None
    quantity: Decimal | None = None
    measure: str = ""


DRAINED = Moved("out")
"""All amounts left the unit, or went into something else with it."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What an event teaches of one object; None leaves what was known. ``emptied``: the unit ``key`` was.

    A TID, in hexadecimal, is learned once: which chip an object bears does not change by being read.
    ``missed``: a sweep did not see it (true) or did (false). ``made_of`` are the keys of what went into it.
    ``place`` is where in the store it was put; empty: it was taken from there.
    Of a production line ``disposition`` is the recipe that ran on it last. ``moved`` are amounts that went
    into or out of the unit ``key``: a lesson with such teaches nothing else.
    """

    key: str
    lot_key: str | None = None
    unit_key: str | None = None
    expires: date | None = None
    left_unit: bool = False
    emptied: bool = False
    disposition: str | None = None
    tid: str | None = None
    made_of: tuple[str, ...] = ()
    missed: bool | None = None
    quality: str | None = None
    held_with: tuple[tuple[str, str], ...] = ()
    moved: tuple[Moved, ...] = ()
    place: str | None = None
