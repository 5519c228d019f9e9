"""What an investigator names and supposes: selections, suppositions, and the question that they make.

Times are UTC and windows half-open [from_time, to_time); days are whole and inclusive. None is without bound.
Keys are canonical. :mod:`suyuan.trace.scope.reading` checks all this; whoever builds these by hand answers
for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from suyuan.trace.lineage.contract import Direction

Dating = Literal["made", "best_before", "expires"]
Deeds = Literal["made", "shipped"]
Common = Literal["nearest", "all"]
SharedKind = Literal["place", "line", "container", "tank"]
KillKind = Literal["place", "line", "event"]


@dataclass(frozen=True, slots=True)
class Objects:
    """Items, logistic units, lots: whatever has a key."""

    keys: tuple[str, ...]
    from_time: datetime | None = None
    to_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Lots:
    """Whole lots."""

    lots: tuple[str, ...]
    from_time: datetime | None = None
    to_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Product:
    """The lots of a product of which this date lies between two days; without days, all its lots."""

    product: str
    dates: Dating = "made"
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Everything that was at a place meanwhile."""

    place: str
    from_time: datetime | None = None
    to_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Supplier:
    """What a party made or shipped meanwhile."""

    party: str
    deeds: tuple[Deeds, ...] = ("made", "shipped")
    from_time: datetime | None = None
    to_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Eaten:
    """What one ill person ate: known objects, else what was at these places meanwhile.

    Where ``products`` are named, only lots of them count at the places.
    """

    case: str
    objects: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    from_time: datetime | None = None
    to_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cases:
    """The lots from which at least ``least`` of the cases (None: all) may have eaten, found by tracing back.

    ``nearest``: those of them that went into no other one; ``all``: also what these were made of.
    """

    cases: tuple[Eaten, ...]
    least: int | None = None
    common: Common = "nearest"


Selection = Objects | Lots | Product | Place | Supplier | Cases


@dataclass(frozen=True, slots=True)
class Shared:
    """Supposed: what shares this with a suspect meanwhile is suspect too.

    A ``place`` is a whole site, a ``container`` or ``tank`` what goods are packed into. A ``line`` is a read
    point, narrower than its site: what was processed there after something affected is suspect. A tank that
    is known as a read point is a line.
    """

    kind: SharedKind
    key: str
    from_time: datetime | None = None
    to_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class KillStep:
    """Supposed: transformations here stop contamination meanwhile; an ``event`` by its evidence key."""

    kind: KillKind
    key: str
    from_time: datetime | None = None
    to_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Suppositions:
    """How to trace and what to suppose. ``depth``: how many transformations (mixings) to cross at most."""

    direction: Direction = "forward"
    known_at: datetime | None = None
    depth: int | None = None
    cross_contamination: tuple[Shared, ...] = ()
    kill: tuple[KillStep, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """From where to trace, and what to suppose: one scope of an investigation."""

    selections: tuple[Selection, ...]
    options: Suppositions = Suppositions()
