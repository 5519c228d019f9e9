"""A question as numbers: suspects, suppositions and what is at the places that they name."""

from __future__ import annotations

from typing import NamedTuple

from suyuan.trace.lineage.compiled.machine import Instant, Number, Table, inlined, record
from suyuan.trace.lineage.compiled.tables import NONE


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


class Asked(NamedTuple):
    """What compiled code asks of a question."""

    suspects: Table[Window]
    crates: Table[Window]  # containers that pass on
    floors: Table[Window]  # places that pass on
    presences: Table[Presence]  # at all places that are asked for, sorted by place and object
    killed_statements: Table[int]  # where influence stops: sorted numbers
    killed_sites: Table[int]
    depth: int  # transformations to cross, NONE for any number


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
