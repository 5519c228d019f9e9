"""The room in which one question is worked out, kept and used again for the next.

What a question touches is a small part of all nodes, so nothing here is cleared: a *set* of nodes is a list
of members and, per node, the place where it would stand in that list. A node is a member if it stands there.
"""

from __future__ import annotations

from queue import Empty, LifoQueue
from typing import Any, NamedTuple

import numpy as np

from suyuan.trace.lineage.compiled.machine import (
    Flag,
    Instant,
    Number,
    Quantity,
    Table,
    Tiny,
    record,
)
from suyuan.trace.lineage.compiled.spans import SPAN, Span
from suyuan.trace.lineage.compiled.tables import Tables

LABELS, TOUCHED, HEAP, GROUPS, PASSAGES, CARRIAGES, STAYS, STEPS, SEEDS, FULL = range(10)
"""Where :attr:`Scratch.used` counts what.

The first SEEDS labels are on no node's list; FULL is 1 when a list was too short for the question.
"""

MAYBE, SURELY = 1, 2


class Reached:
    """A node that was touched, and how it was reached."""

    peak: Quantity
    """Of a lot, the most that was in one of the containers that led to it; NaN if none did."""
    node: Number
    first_label: Number
    peak_uom: Number
    whole: Tiny
    """Other than by transform, member or contain: SURELY or MAYBE."""
    through: Tiny
    """By contain: SURELY or MAYBE."""
    peak_known: Flag
    """Whether all the amounts in containers are known, in one unit."""
    seed_end: Instant
    """Backward, of a suspect: the end of its window; EVER of others."""


class Label:
    """A path reached a node, as :class:`suyuan.trace.lineage.question.Label`."""

    start: Instant
    end: Instant
    node: Number
    depth: Number
    next: Number
    possible: Flag
    alive: Flag


class Gone:
    """A group that was gone through."""

    group: Number
    first_passage: Number


class Passage:
    """Once through a group."""

    at: Instant
    depth: Number
    next: Number
    possible: Flag


class Step:
    """One step of influence, or of carriage, or a stay: see :mod:`suyuan.trace.lineage.compiled.edges`."""

    row: Number
    other: Number
    kind: Tiny


_REACHED, _LABEL, STEP = record(Reached), record(Label), record(Step)
_GONE, _PASSAGE = record(Gone), record(Passage)


class Gathering(NamedTuple):
    """Spans of a set of nodes, as they come."""

    seats: Table[int]  # per node: where it would stand among the members
    nodes: Table[int]  # the members
    latest: Table[int]  # per member: the number of its span that came last
    rows: Table[Span]
    used: Table[int]  # how many members and rows there are


class Scratch(NamedTuple):
    """Lists with room for more; ``used`` tells how much of each is in use."""

    used: Table[int]
    seats: Table[int]  # per node: where it would stand among those touched
    group_seats: Table[int]  # per group: where it would stand among those gone through
    reached: Table[Reached]
    labels: Table[Label]
    heap: Table[int]  # numbers of labels
    gone: Table[Gone]
    passages: Table[Passage]
    along: Gathering  # what matters only along with what is affected: containers and places
    carriages: Table[int]  # containments
    stays: Table[int]  # episodes
    steps: Table[Step]


def room(tables: Tables, size: int) -> Scratch:
    """Room for ``size`` nodes, labels, groups and so on."""

    def numbers(length: int = size) -> Any:
        return np.zeros(length, dtype=np.int32)

    def rows(kind: np.dtype[Any]) -> Any:
        return np.empty(size, dtype=kind)

    def gathering() -> Gathering:
        return Gathering(numbers(len(tables.nodes)), numbers(), numbers(), rows(SPAN), numbers(2))

    return Scratch(
        numbers(FULL + 1),
        numbers(len(tables.nodes)),
        numbers(len(tables.groups)),
        rows(_REACHED),
        rows(_LABEL),
        numbers(),
        rows(_GONE),
        rows(_PASSAGE),
        gathering(),
        numbers(),
        numbers(),
        rows(STEP),
    )


_LARGEST_KEPT = 1 << 20  # labels and so on: about 200 bytes each


class Rooms:
    """As many scratches as questions were ever asked at once; each serves one question at a time."""

    def __init__(self, tables: Tables, size: int = 1 << 12) -> None:
        self._tables = tables
        self._size = size
        self._free: LifoQueue[Scratch] = LifoQueue()

    def take(self) -> Scratch:
        """A scratch for one question."""
        try:
            return self._free.get_nowait()
        except Empty:
            return room(self._tables, self._size)

    def give_back(self, scratch: Scratch) -> None:
        """For the next question; what the scratch holds is nobody's now.

        One that has become too small, or was made for a question out of the ordinary, is not kept.
        """
        if self._size <= len(scratch.labels) <= _LARGEST_KEPT:
            self._free.put(scratch)

    def wider(self, scratch: Scratch) -> Scratch:
        """A scratch with four times the room; up to a limit so are those made from now on."""
        self._size = min(max(self._size, 4 * len(scratch.labels)), _LARGEST_KEPT)
        return room(self._tables, 4 * len(scratch.labels))
