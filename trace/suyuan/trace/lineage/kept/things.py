"""What a kept lineage tells of single things: the questions of services, beside those of a tracer.

Keys are canonical and under their first names, instants whole microseconds since 1970
(:mod:`suyuan.trace.lineage.statement`). What nobody told of is no error: it is unborn, in no lot, nowhere.
The meaning of every answer is that of the law of tracing (docs/decisions/0002).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from suyuan.trace.lineage.contract import Amount, Tracer, WhereNow
from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.lineage.portions import Portion
from suyuan.trace.lineage.scope import Head
from suyuan.trace.lineage.statement import Statement
from suyuan.trace.lineage.where import Owner

Checkpoint = tuple[Statement, "str | None"]
"""A statement of a journey, with the container that it names where it does not name the thing itself."""


@dataclass(frozen=True, slots=True, eq=False)
class Output:
    """Something that came out of a transformation by a statement; ``amount`` None where it is not known."""

    key: str
    by: Statement
    amount: Amount | None


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """A transformation took something in outright (§4.1), and what came out of it.

    ``amounts``, of a lot: each that was named or was in a named container, None where it is not known.
    """

    by: Statement
    amounts: tuple[Amount | None, ...]
    outputs: Sequence[Output]


@dataclass(frozen=True, slots=True, eq=False)
class Packing:
    """Some of a lot was in a container: the most there was, and what was told of the container meanwhile."""

    begun: Statement
    peak: Amount | None
    along: Sequence[tuple[Statement, str]]


class Things(Protocol):
    """Single things in one history: that of now, or as it was known at a time."""

    @property
    def owner(self) -> Owner:
        """Whose a place is, by master data."""
        ...

    def is_born(self, key: str) -> bool:
        """Whether any statement that counts names it."""
        ...

    def birth(self, key: str) -> int:
        """When it was first named, NEVER where it is not born."""
        ...

    def is_class(self, key: str) -> bool:
        """Whether it was named as a lot or product, or is one by its name where nobody named it."""
        ...

    def is_visited(self, place: str) -> bool:
        """Whether anything was at the site of a place for any time."""
        ...

    def lot_of(self, key: str) -> str | None:
        """The lot of an instance."""
        ...

    def pieces(self, lot: str) -> Iterator[str]:
        """The instances of a lot, in any order."""
        ...

    def lots_of(self, product: str) -> Sequence[str]:
        """The lots of a product that were named themselves or by their instances, by key."""
        ...

    def produced(self, key: str) -> Amount | None:
        """How much of it there ever was (§8)."""
        ...

    def first_made(self, key: str) -> int | None:
        """The first instant at which a transformation produced it."""
        ...

    def naming(self, key: str) -> Sequence[Statement]:
        """The statements that name it, in order of positions."""
        ...

    def checkpoints(self, keys: Iterable[str]) -> Mapping[str, Sequence[Checkpoint]]:
        """Per key what was told of it and, while it was in them, of its containers, in order of positions."""
        ...

    def contents(self, unit: str) -> Sequence[tuple[str, Amount | None]]:
        """What is directly in a unit now; of a lot how much, None where that is not known, and of pieces."""
        ...

    def uses(self, keys: Iterable[str]) -> Mapping[str, Sequence[Use]]:
        """What took each of them in, in order of positions. Possible consumption (§4.3) is not told."""
        ...

    def packings(self, lot: str) -> Sequence[Packing]:
        """The containers that some of a lot was in, in the order in which it came there."""
        ...

    def where_now(self, key: str) -> WhereNow:
        """Where it is (§9)."""
        ...

    def last_word(self, key: str) -> Statement | None:
        """The last statement that names it or a container now holding it."""
        ...

    def lying(self, lot: str) -> Sequence[tuple[Head, Portion]]:
        """The portions of a lot, those put last first, each under the line that it belongs to."""
        ...

    def heard(self, lot: str) -> Sequence[tuple[Head, Statement]]:
        """The lines of sites where a lot may be, nobody knows how much, with the last word of each."""
        ...

    def lots_at(
        self, place: str, lots: Collection[str], start: int, end: int
    ) -> Mapping[str, tuple[int, int]]:
        """Those of ``lots`` of which anything was at the site of a place during [start, end).

        Per lot, from when until when the stays lasted that touch the window.
        """
        ...

    def told_at(
        self, sites: Collection[str], start: int, end: int, *, party: str | None = None, type_: str = ""
    ) -> Sequence[Statement]:
        """What a party told, or was told at these sites, during [start, end), in order of positions.

        A site is that of the place or of the read point of a statement. ``type_``: only this type of event.
        """
        ...


class Kept(Protocol):
    """A lineage that is told as it comes, in any order, and asked meanwhile. One thread at a time adds."""

    @property
    def tracer(self) -> Tracer:
        """What traces over it."""
        ...

    def add(self, occurrences: Sequence[Occurrence]) -> None:
        """Take in what was told."""
        ...

    def things(self, known_at: datetime | None = None) -> Things:
        """What is on record of single things now, or was with what was recorded by ``known_at``."""
        ...
