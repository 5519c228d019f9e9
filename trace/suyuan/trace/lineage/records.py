"""What the replay of history leaves behind: containments, episodes, consumptions, productions, groups."""

from __future__ import annotations

from dataclasses import dataclass, field

from suyuan.trace.lineage.contract import Amount
from suyuan.trace.lineage.occurrence import Basis
from suyuan.trace.lineage.statement import EVER, NEVER, Position, Statement

ENOUGH = 1e-9
"""Amounts closer than this are equal (law §3)."""


@dataclass(slots=True, eq=False)
class Inside:
    """The running amount of a lot inside a container (§3): what was added less what was taken out.

    Unknown (None) before any quantity was added, once one was added without quantity, or in mixed units.
    """

    added: dict[str | None, float] = field(default_factory=dict[str | None, float])
    taken: dict[str | None, float] = field(default_factory=dict[str | None, float])
    unknown: bool = False
    largest: float = 0.0

    def add(self, quantity: float | None, uom: str | None) -> None:
        """An ADD of so much."""
        if quantity is None:
            self.unknown = True
            return
        self.added[uom] = self.added.get(uom, 0.0) + quantity
        now = self.amount()
        if now is not None:
            self.largest = max(self.largest, now.quantity)

    def take(self, quantity: float, uom: str | None) -> None:
        """A DELETE of so much; before any amount was added it says nothing of what is inside now."""
        if self.added:
            self.taken[uom] = self.taken.get(uom, 0.0) + quantity

    def amount(self) -> Amount | None:
        """How much is inside now, if known."""
        if self.unknown or len(self.added) != 1:
            return None
        ((uom, quantity),) = self.added.items()
        return Amount(quantity - self.taken.get(uom, 0.0), uom)

    def peak(self) -> Amount | None:
        """The most there ever was inside, if always known."""
        now = self.amount()
        return None if now is None else Amount(self.largest, now.uom)


@dataclass(slots=True, eq=False)
class Containment:
    """``child`` was in ``parent`` during [start, end). ``inside`` is the amount of a class child."""

    child: str
    parent: str
    start: int
    begun: Statement
    inside: Inside | None = None
    end: int = NEVER
    ended: Position | None = None

    @property
    def is_class(self) -> bool:
        """Whether the child is an amount of a lot rather than an instance."""
        return self.inside is not None


@dataclass(slots=True, eq=False)
class Episode:
    """An object was at ``place`` during [start, end) by its own statements; ``inferred`` from a container."""

    place: str
    start: int
    begun: Statement
    inferred: bool = False
    end: int = NEVER


@dataclass(slots=True, eq=False)
class Consumption:
    """``key`` went into a transformation. ``possible``: only its lot was named (§4.3)."""

    key: str
    by: Statement
    group: Group
    inferred: bool = False
    possible: bool = False
    is_class: bool = False
    amounts: list[Amount | None] = field(default_factory=list[Amount | None])

    @property
    def counts(self) -> bool:
        """A possible consumption is void where the same group consumes the instance outright."""
        return not (self.possible and self.key in self.group.outright)


@dataclass(slots=True, eq=False)
class Production:
    """``key`` came out of a transformation; one amount for each time it is listed, None if unstated."""

    key: str
    by: Statement
    group: Group
    amounts: list[Amount | None] = field(default_factory=list[Amount | None])


@dataclass(slots=True, eq=False)
class Draw:
    """An amount of ``key`` that a directly named input (or what is in it) brought into the group (§8)."""

    key: str
    amount: Amount | None
    consumption: Consumption


@dataclass(slots=True, eq=False)
class Group:
    """The events of one transformation (§4.2)."""

    consumptions: list[Consumption] = field(default_factory=list[Consumption])
    productions: list[Production] = field(default_factory=list[Production])
    draws: list[Draw] = field(default_factory=list[Draw])
    outright: set[str] = field(default_factory=set[str])


@dataclass(frozen=True, slots=True, eq=False)
class End:
    """How an instance ended, by which statement."""

    consumed: bool
    by: Statement


@dataclass(frozen=True, slots=True)
class Presence:
    """An object was at a place during [start, end)."""

    key: str
    place: str
    start: int = EVER
    end: int = NEVER


def basis_of(by: Statement, *, inferred: bool) -> str:
    """The basis of an edge (§10)."""
    return Basis.INFERRED.value if inferred else by.occurrence.basis.value
