"""The contract between trace engines, services and pages. Names may grow, not shrink.

The meaning of every word here is written in ``docs/decisions/0002-law-of-tracing.md``; the slow oracle in
``tests/oracle`` is written from that text alone, and every engine must equal it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

Direction = Literal["forward", "backward"]
Certainty = Literal["certain", "possible"]
Kind = Literal["item", "lot", "unit", "place", "product", "other"]
EdgeKind = Literal["transform", "contain", "carry", "member", "move"]
Status = Literal["in_stock", "in_transit", "sold", "destroyed", "consumed", "unaccounted"]


@dataclass(frozen=True, slots=True)
class Suspect:
    """An object or place of interest during [from_time, to_time), UTC; None is without bound."""

    key: str
    from_time: datetime | None = None
    to_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class CrossContamination:
    """What-if: what shares this container or place with a suspect in [from_time, to_time) is suspect too."""

    key: str
    from_time: datetime | None = None
    to_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Suppositions of the investigator. ``kill``: places or evidence keys whose transformations stop it."""

    cross_contamination: tuple[CrossContamination, ...] = ()
    kill: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Options:
    """How to trace. ``known_at``: only what was recorded by then. ``depth``: transformations to cross."""

    direction: Direction = "forward"
    known_at: datetime | None = None
    depth: int | None = None
    what_if: WhatIf = WhatIf()
    certain_only: bool = False


@dataclass(frozen=True, slots=True)
class Amount:
    """A quantity; ``uom`` None is pieces, else a UN/ECE Recommendation 20 code."""

    quantity: float
    uom: str | None = None


@dataclass(frozen=True, slots=True)
class Contaminated:
    """How much of it is contaminated material; ``expected`` None where nothing tells."""

    min: float
    expected: float | None
    max: float
    uom: str | None = None


@dataclass(frozen=True, slots=True)
class WhereNow:
    """Where an object was last known to be."""

    place: str | None
    container: str | None
    party: str | None
    status: Status


@dataclass(frozen=True, slots=True)
class State:
    """``key`` is of interest during [from_time, to_time); None is without bound.

    A *run* is ``count`` instances with keys in sequence, from ``key`` to ``last``, and one history: all that
    is said here, amounts too, is said of each one of them. ``last`` is None where ``count`` is 1.

    ``carrier``: it matters only because it carries a suspect then; nothing else in it is affected.
    ``hold`` and ``contaminated`` are None where no quantity is known (and for carriers and places).
    """

    key: str
    kind: Kind
    from_time: datetime | None
    to_time: datetime | None
    certainty: Certainty
    carrier: bool = False
    hold: Amount | None = None
    contaminated: Contaminated | None = None
    where_now: WhereNow | None = None
    count: int = 1
    last: str | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """One step of influence, always written in the direction of time: source earlier than target."""

    source: str
    target: str
    kind: EdgeKind
    from_time: datetime | None
    to_time: datetime | None
    certainty: Certainty
    basis: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """The answer: states sorted by (from_time, key, to_time), edges by (from_time, source, target, kind).

    ``withheld`` counts things that belong to it and are not for whoever asked; an engine withholds nothing.
    """

    suspects: tuple[Suspect, ...]
    options: Options
    states: tuple[State, ...]
    edges: tuple[Edge, ...]
    parties: tuple[str, ...]
    places: tuple[str, ...]
    withheld: int = 0


@dataclass(frozen=True, slots=True)
class ScopeLine:
    """What is affected at one place of one party in one status, in one unit.

    ``hold`` and ``contaminated_max`` are None where the amount is not known: that is not none. ``keys`` are
    sorted, ``objects`` of them; an engine may write them out only when they are read.
    """

    place: str | None
    party: str | None
    status: Status
    uom: str | None
    objects: int
    hold: float | None
    contaminated_min: float
    contaminated_expected: float | None
    contaminated_max: float | None
    keys: Sequence[str]


@dataclass(frozen=True, slots=True)
class Scope:
    """A forward trace summed per (place, party, status, unit); items and units are not counted twice."""

    trace: Trace
    lines: tuple[ScopeLine, ...]


class Tracer(Protocol):
    """Every engine answers through this."""

    def trace(self, suspects: Sequence[Suspect], options: Options = ...) -> Trace:
        """Everything of interest that follows from the suspects."""
        ...

    def scope(self, suspects: Sequence[Suspect], options: Options = ...) -> Scope:
        """Where that is now, and how much."""
        ...
