"""The room in which one question is worked out, kept and used again for the next.

What a question touches is a small part of all nodes, so nothing here is cleared: a *set* of nodes is a list
of members and, per node, the place where it would stand in that list. A node is a member if it stands there.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import numpy as np

from suyuan.trace.lineage.compiled.asked import Window
from suyuan.trace.lineage.compiled.machine import (
    Address,
    Flag,
    Handle,
    Instant,
    Made,
    Number,
    Quantity,
    Table,
    Tiny,
    address,
    handle,
    kinds,
    record,
)
from suyuan.trace.lineage.compiled.tables import NONE, Tables
from suyuan.trace.lineage.statement import EVER, NEVER

LABELS, TOUCHED, HEAP, GROUPS, PASSAGES, BESIDE, PARTS, STATES, AFFECTED, STEPS, BEHIND, SEEDS = range(12)
HELD, FULL = 12, 13
"""Where :attr:`Scratch.used` counts what.

The first SEEDS labels are on no node's list, the first AFFECTED states are of what is affected; FULL is 1
when a list was too short for the question.
"""

MAYBE, SURELY = 1, 2
"""How a node was reached."""
PUT_OUT, WAITING, WORKED_OFF = 0, 1, 2
"""What became of a label."""


class Reached:
    """A node that was touched, how it was reached, and what of it is contaminated."""

    node: Number
    first_label: Number
    first_seed: Number
    """Backward, of a suspect: a seed."""
    first_state: Number
    states: Number
    whole: Tiny
    """Other than by transform, member or contain: SURELY or MAYBE."""
    through: Tiny
    """By contain: SURELY or MAYBE."""
    peak_known: Flag
    """Whether all the amounts in containers are known, in one unit."""
    made: Flag
    """Whether a group gone through made some of it."""
    given: Flag
    """Whether a group passed so far gave it a share."""
    peak_uom: Number
    hold_uom: Number
    seed_end: Instant
    """Backward, of a suspect: the end of its window; EVER of others."""
    peak: Quantity
    """Of a lot, the most that was in one of the containers that led to it; NaN if none did."""
    hold: Quantity
    """NaN where it is not known."""
    given_low: Quantity
    given_expected: Quantity
    given_high: Quantity


class Label:
    """A path reached a node, as :class:`suyuan.trace.lineage.question.Label`.

    ``mask`` has a bit for each suspect from which it came, where suspects are told apart.
    """

    start: Instant
    end: Instant
    mask: Instant
    node: Number
    depth: Number
    next: Number
    possible: Flag
    fate: Tiny
    is_first: Flag
    """Whether it is the first of its node, of which others tell it by ``next`` (``origins``)."""
    leads: Tiny
    """Of such a label: what leads on from its node."""


class Held:
    """What is in containers: the next one to be followed, for the labels of a node."""

    row: Number
    """A containment."""
    first: Number
    """The first of the labels."""


class Gone:
    """A group that was gone through, and what it made."""

    total: Quantity
    """NaN where that is not known or not in one unit."""
    group: Number
    first_passage: Number
    first: Number
    """The statement that made something first; NONE where all that was made is supposed killed."""
    single: Flag
    """Whether one statement made everything: then no object stands on the group's line twice."""


class Passage:
    """Once through a group."""

    at: Instant
    mask: Instant
    depth: Number
    next: Number
    possible: Flag


class Beside:
    """A node that matters only along with what is affected: a container or a place."""

    node: Number
    last_part: Number
    first_state: Number
    states: Number


class Piece:
    """Some time of one node, before all its times are merged."""

    start: Instant
    end: Instant
    possible: Flag


class Part:
    """When a node beside was of interest; ``next`` is what came before it."""

    start: Instant
    end: Instant
    beside: Number
    next: Number
    possible: Flag


class Drawn:
    """What one input of a group brought, at what instant."""

    at: Instant
    low: Quantity
    expected: Quantity
    high: Quantity


class Found:
    """As :class:`suyuan.trace.lineage.contract.State`, in numbers; amounts nobody knows are NaN."""

    start: Instant
    end: Instant
    node: Number
    possible: Flag
    carrier: Flag
    status: Tiny
    uom: Number
    place: Number
    container: Number
    party: Number
    hold: Quantity
    low: Quantity
    expected: Quantity
    high: Quantity


class Step:
    """One step of influence, or of carriage, or a stay: see :mod:`suyuan.trace.lineage.compiled.edges`."""

    row: Number
    other: Number
    kind: Tiny


class Behind:
    """A node passed on, before ``end``, what reached the suspects in ``mask``."""

    end: Instant
    mask: Instant
    node: Number
    possible: Flag


class Scratch(NamedTuple):
    """Lists with room for more; ``used`` tells how much of each is in use."""

    used: Table[int]
    seats: Table[int]  # per node: where it would stand among those touched
    beside_seats: Table[int]  # per node: where it would stand among those beside
    group_seats: Table[int]  # per group: where it would stand among those gone through
    label_seats: Table[int]  # per node: where its first label would stand (`origins`)
    suspects: Table[Window]  # of the question
    reached: Table[Reached]
    labels: Table[Label]
    heap: Table[int]  # numbers of labels
    held: Table[Held]  # nodes whose containers are to be followed
    gone: Table[Gone]
    passages: Table[Passage]
    beside: Table[Beside]
    parts: Table[Part]
    pieces: Table[Piece]
    found: Table[Found]
    steps: Table[Step]
    drawn: Table[Drawn]
    behind: Table[Behind]
    keys: Table[Instant]  # to sort by
    order: Table[int]
    spare: Table[int]


FOUND, STEP, BEHIND_ROW = record(Found), record(Step), record(Behind)
_NODES = ("seats", "beside_seats", "label_seats")


def room(tables: Tables, size: int) -> Scratch:
    """Room for ``size`` nodes, labels, groups and so on."""
    lengths = {"used": FULL + 1, "group_seats": len(tables.groups)} | dict.fromkeys(_NODES, len(tables.nodes))
    made: dict[str, Any] = {
        # What is not written yet is read of seats only, and any number will do there.
        name: np.zeros(lengths.get(name, size), dtype=kind)
        for name, kind in kinds(Scratch).items()
    }
    return Scratch(**made)


_LARGEST_KEPT = 1 << 20  # labels and so on: about 400 bytes each


_WINDOW = struct.Struct("<qqi4x")  # one of WINDOW
_A_FEW = 32  # nodes that are sooner written one by one than by numpy


class Desk(NamedTuple):
    """A scratch, where machine code finds it, and the bytes of what is taken in and handed out."""

    scratch: Scratch
    handle: Handle  # kept for what is at the address
    address: Address
    suspects: memoryview
    found: memoryview
    steps: memoryview
    behind: memoryview

    def lay(self, suspects: Sequence[int] | Made) -> int:
        """Lay windows, or nodes at any time, before the question; how many there are.

        NONE if there are more than there is room for.
        """
        count = len(suspects)
        if count > len(self.scratch.suspects):
            return NONE
        if isinstance(suspects, np.ndarray):
            self.suspects[: suspects.nbytes] = suspects.view(np.uint8).data
        elif count <= _A_FEW:
            for number, node in enumerate(suspects):
                _WINDOW.pack_into(self.suspects, number * _WINDOW.size, EVER, NEVER, node)
        else:
            rows = cast("Made", self.scratch.suspects)[:count]
            rows["node"], rows["start"], rows["end"] = suspects, EVER, NEVER
        return count


class Rooms:
    """As many desks as questions were ever asked at once; each serves one question at a time."""

    def __init__(self, tables: Tables, size: int = 1 << 12) -> None:
        self._handle = handle(tables)
        self.tables = address(self._handle)
        self._kept = tables
        self._size = size
        self._free: deque[Desk] = deque()

    def take(self) -> Desk:
        """A desk for one question."""
        try:
            return self._free.pop()
        except IndexError:
            return self._desk(self._size)

    def give_back(self, desk: Desk) -> None:
        """For the next question; what the scratch holds is nobody's now.

        One that has become too small, or was made for a question out of the ordinary, is not kept.
        """
        if self._size <= len(desk.scratch.labels) <= _LARGEST_KEPT:
            self._free.append(desk)

    def wider(self, desk: Desk) -> Desk:
        """A desk with four times the room; up to a limit so are those made from now on."""
        size = 4 * len(desk.scratch.labels)
        self._size = min(max(self._size, size), _LARGEST_KEPT)
        return self._desk(size)

    def _desk(self, size: int) -> Desk:
        scratch = room(self._kept, size)
        shared = (scratch.suspects, scratch.found, scratch.steps, scratch.behind)
        views = (cast("Made", rows).view(np.uint8).data for rows in shared)
        kept = handle(scratch)
        return Desk(scratch, kept, address(kept), *views)
