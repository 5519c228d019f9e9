"""What is answered: suspects with reasons, two bounds, amounts, differences, what to hold, common links.

The names of the fields are those of the JSON forms (:mod:`suyuan.trace.scope.render`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Generic, Literal, TypeVar

from suyuan.trace.epcis.problems import Problem
from suyuan.trace.lineage.contract import (
    Amount,
    Certainty,
    Contaminated,
    Edge,
    Kind,
    Scope,
    Status,
    Suspect,
    Trace,
    WhereNow,
)
from suyuan.trace.scope.selection import Question

Because = Literal["named", "made", "best_before", "expires", "was_there", "shipped", "common", "line", "tank"]
Of = Literal["lots", "places", "objects"]
By = Literal["count", "value", "amount"]
Found = TypeVar("Found", Trace, Scope)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is suspected. ``where``: JSON pointer of the selection or supposition that asks for it.

    ``day`` is the date that lies in the range, ``cases`` those that share it, ``evidence`` what it did.
    """

    because: Because
    where: str
    day: date | None = None
    cases: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chosen:
    """One suspect and every reason for it."""

    suspect: Suspect
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """The suspects that selections come to, in order of keys, and what is doubtful about them."""

    chosen: tuple[Chosen, ...]
    doubts: tuple[Problem, ...] = ()

    @property
    def suspects(self) -> tuple[Suspect, ...]:
        """What a tracer is asked."""
        return tuple(one.suspect for one in self.chosen)


@dataclass(frozen=True, slots=True)
class Bounds(Generic[Found]):
    """A question answered twice: ``minimum`` only what is certain, ``maximum`` also what is possible.

    ``choice`` also names what suppositions about lines added (``line`` and ``tank`` reasons).
    """

    question: Question
    choice: Choice
    minimum: Found
    maximum: Found


@dataclass(frozen=True, slots=True)
class Figures:
    """How much, in one unit. ``hold`` and ``contaminated_max`` None: nobody knows, which is not none."""

    objects: int
    hold: float | None
    contaminated_min: float
    contaminated_expected: float | None
    contaminated_max: float | None


NOTHING = Figures(0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Row:
    """One status in one unit, of a place, of a party, or (``of`` None) of nobody knows whom.

    ``uom`` None is pieces. ``known`` False: things of which nobody told an amount; they are in no unit.
    """

    of: str | None
    status: Status
    uom: str | None
    known: bool
    minimum: Figures
    maximum: Figures


@dataclass(frozen=True, slots=True)
class Overview:
    """Amounts per place, per party, and of all (``of`` is None there), sorted; units are never added up."""

    places: tuple[Row, ...]
    parties: tuple[Row, ...]
    totals: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Balance:
    """One affected lot against what was made of it.

    ``by_status`` sums, in ``uom``, what its portions tell, or its pieces on record. ``untold`` is made less
    all that: above zero nobody says where it is, below zero more is on record than was made. None: that
    cannot be told, since nobody said how much was made, or not in that unit.
    """

    lot: str
    made: Amount | None
    by_status: Mapping[Status, float]
    uom: str | None
    untold: float | None

    @property
    def reconciles(self) -> bool | None:
        """Whether all that was made is told of; None where nobody can say."""
        return None if self.untold is None else self.untold == 0


@dataclass(frozen=True, slots=True)
class LineChange:
    """One line of two scopes that is not the same in both; None: not there at all."""

    place: str | None
    party: str | None
    status: Status
    uom: str | None
    known: bool
    first: Figures | None
    second: Figures | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How one thing stands in one scope; of a run of instances each one, ``count`` of them."""

    certainty: Certainty
    hold: Amount | None
    contaminated: Contaminated | None
    where_now: WhereNow | None
    count: int = 1


@dataclass(frozen=True, slots=True)
class KeyChange:
    """One affected thing that does not stand the same in both scopes; None: not affected there.

    ``edges`` are the steps that lead to it in one scope and not in the other. ``supposed``: the places and
    containers through which a supposition, and no step on record, reaches it in one of them.
    """

    key: str
    kind: Kind
    first: Standing | None
    second: Standing | None
    edges: tuple[Edge, ...]
    supposed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two scopes; both empty: nothing does, unless ``doubts`` say why."""

    lines: tuple[LineChange, ...]
    keys: tuple[KeyChange, ...]
    doubts: tuple[Problem, ...] = ()

    @property
    def only_first(self) -> tuple[str, ...]:
        """Keys affected in the first scope alone."""
        return tuple(one.key for one in self.keys if one.second is None)

    @property
    def only_second(self) -> tuple[str, ...]:
        """Keys affected in the second scope alone."""
        return tuple(one.key for one in self.keys if one.first is None)


@dataclass(frozen=True, slots=True)
class Stopped:
    """One lot, place or object to hold, and what that costs in the measure asked for."""

    key: str
    kind: Kind
    cost: float


@dataclass(frozen=True, slots=True)
class Past:
    """A place that it should not reach and where some of it is already, or was sold."""

    sink: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Holding:
    """The cheapest set to hold now, so that nothing that is still in reach comes to the sinks.

    ``value`` is its cost and ``proof`` the most that flows side by side: no set can cost less, so that equal
    numbers prove it the smallest. ``sinks`` are those that it protects, by name; none: whoever would buy it.
    ``past`` are the sinks where some of it is already. ``on_the_way`` is in transit, which no place that is
    held stops; ``gone`` was sold, destroyed or cannot be found, per unit. ``doubts`` are about the
    question.
    """

    of: Of
    by: By
    stopped: tuple[Stopped, ...]
    value: float
    proof: float
    sinks: tuple[str, ...]
    past: tuple[Past, ...]
    on_the_way: tuple[str, ...] = ()
    gone: tuple[Row, ...] = ()
    doubts: tuple[Problem, ...] = ()

    @property
    def is_smallest(self) -> bool:
        """Whether the proof shows that none is smaller, to one part in a million."""
        return self.value <= self.proof * (1 + 1e-6)


@dataclass(frozen=True, slots=True)
class Link:
    """Something on every way from the sources to every case; the first way comes to it at ``from_time``."""

    key: str
    kind: Kind
    from_time: datetime | None


@dataclass(frozen=True, slots=True)
class CommonLinks:
    """``links`` lie on every way to every case, the earliest first: a chain. ``sources``: where ways begin.

    ``shared`` are on some way to each case; ``unreached`` are cases that no way reaches.
    """

    sources: tuple[str, ...]
    cases: tuple[str, ...]
    links: tuple[Link, ...]
    shared: tuple[str, ...]
    unreached: tuple[str, ...] = ()
    doubts: tuple[Problem, ...] = field(default=())
