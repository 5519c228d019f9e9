"""A question as numbers: suspects, suppositions and what is at the places that they name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from suyuan.trace.lineage.compiled.machine import (
    Address,
    Handle,
    Instant,
    Number,
    Table,
    address,
    handle,
    inlined,
    kinds,
    opening,
    record,
)
from suyuan.trace.lineage.compiled.tables import NONE
from suyuan.trace.lineage.statement import EVER, NEVER


class Window:
    """A node during [start, end)."""

    start: Instant
    end: Instant
    node: Number


class Presence:
    """An object at a place during [start, end)."""

    start: Instant
    end: Instant
    place: Number
    node: Number


WINDOW, PRESENCE = record(Window), record(Presence)


class Supposed(NamedTuple):
    """What is supposed in a question, and what is at the places that it names."""

    crates: Table[Window]  # containers that pass on
    floors: Table[Window]  # places that pass on
    presences: Table[Presence]  # at all places that are asked for, sorted by place and object
    killed_statements: Table[int]  # where influence stops: sorted numbers
    killed_sites: Table[int]


class Asked(NamedTuple):
    """What compiled code asks of a question: suspects, all of :class:`Supposed`, and how deep to go."""

    suspects: Table[Window]
    crates: Table[Window]
    floors: Table[Window]
    presences: Table[Presence]
    killed_statements: Table[int]
    killed_sites: Table[int]
    depth: int  # transformations to cross, NONE for any number


_supposed_at = opening(Supposed)
_NOTHING: Any = Supposed(*(np.zeros(0, dtype=kind) for kind in kinds(Supposed).values()))
_NO_HANDLE = handle(_NOTHING)
NOTHING_SUPPOSED = address(_NO_HANDLE)
_plain: Callable[..., Asked] = partial(Asked, **_NOTHING._asdict(), depth=NONE)


def plain(nodes: Sequence[int]) -> Asked:
    """The question for nodes at any time that supposes nothing."""
    windows = np.zeros(len(nodes), dtype=WINDOW)
    windows["node"], windows["start"], windows["end"] = nodes, EVER, NEVER
    return _plain(windows)


def handed(asked: Asked) -> Handle:
    """What a question supposes, in the form in which machine code takes it, for as long as it is kept."""
    supposes = len(asked.crates) or len(asked.floors) or len(asked.presences)
    if supposes or len(asked.killed_statements) or len(asked.killed_sites):
        return handle(Supposed(*asked[1:-1]))
    return _NO_HANDLE


@inlined
def asked_at(suspects: Table[Window], supposed: Address, depth: int) -> Asked:
    """The question of these suspects that was :func:`handed`."""
    told = _supposed_at(supposed)
    return Asked(
        suspects,
        told.crates,
        told.floors,
        told.presences,
        told.killed_statements,
        told.killed_sites,
        depth,
    )


@inlined
def among(numbers: Table[int], number: int) -> bool:
    """Whether a sorted list holds ``number``."""
    low, high = 0, len(numbers)
    while low < high:
        middle = (low + high) >> 1
        if numbers[middle] < number:
            low = middle + 1
        else:
            high = middle
    return low < len(numbers) and numbers[low] == number


@inlined
def first_presence(asked: Asked, place: int, node: int) -> int:
    """The first row of a place that is of ``node`` or of one with a higher number."""
    low, high = 0, len(asked.presences)
    while low < high:
        middle = (low + high) >> 1
        row = asked.presences[middle]
        if row.place < place or (row.place == place and row.node < node):
            low = middle + 1
        else:
            high = middle
    return low


@inlined
def deeper(asked: Asked, depth: int) -> int:
    """The depth after one more transformation: NONE where that is too deep. Uncounted it stays 0."""
    if asked.depth == NONE:
        return 0
    return depth + 1 if depth < asked.depth else NONE
