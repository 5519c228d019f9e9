"""The portions of a lot and the lists that they are on, in machine code.

As :mod:`suyuan.trace.lineage.stock` (law of tracing §9, portions); from where it is taken says ``taking``,
where it is put ``putting``. Portions are numbered in the order of putting. All lists of them are in that
order; what is used up is taken off a list when it is met there.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from suyuan.trace.lineage.compiled.machine import (
    Instant,
    Number,
    Quantity,
    Table,
    Tiny,
    inlined,
    record,
    walking,
)
from suyuan.trace.lineage.compiled.tables import NONE, Tables
from suyuan.trace.lineage.records import ENOUGH

LOOSE, PACKED, AT = range(3)
"""Kinds of lines of portions: loose ones, packed ones, those at a site."""
MEANT_THERE, MEANT_FOR, MEANT_FOR_NOBODY, DEPARTED = range(3, 7)
"""Those that move to a site, a party, nobody in particular; that left by other words than shipping."""
CRATE, ARRIVED, STAYED, HEARD = range(7, 11)
"""Of a crate the portion in it; of a site its arrivals, its last stay, the last statement about it."""

PORTIONS, ENTRIES, VIAS, ARRIVALS, STAYS, LINES, MASK, FULL = range(8)
"""Where :attr:`Stock.used` counts what; MASK cuts numbers of lines to those in use for the lot.

FULL is 1 when a table was too short for the lot.
"""
UNTOLD, ON_THE_WAY = range(2)
"""Where :attr:`Stock.sums` keeps what."""


class Portion:
    """Some of a lot, in its unit: in a container, or at a place with a status, put there by a statement."""

    quantity: Quantity
    place: Number
    container: Number
    by: Number
    through: Number
    """The containers that any of it came through."""
    status: Tiny
    gone: Tiny


class Via:
    """A container, or NONE, and all of two others."""

    container: Number
    one: Number
    other: Number


class Stay:
    """Something lay loose at a site during [start, end)."""

    start: Instant
    end: Instant
    site: Number


class _Line:
    """A list, or a single number: found by what it is of."""

    key: Instant
    first: Number
    last: Number


class _Entry:
    what: Number
    next: Number


class _Arrival:
    """What came to a site by a step and may be told of by another one yet."""

    at: Instant
    quantity: Quantity
    step: Number
    next: Number


class Hand:
    """What is being taken."""

    wanted: Quantity
    taken: Quantity
    through: Number


PORTION, VIA, STAY = record(Portion), record(Via), record(Stay)
_LINE, _ENTRY, _ARRIVAL, _HAND = record(_Line), record(_Entry), record(_Arrival), record(Hand)


class Stock(NamedTuple):
    """The portions of one lot: together never more than was produced."""

    used: Table[int]
    sums: Table[float]
    hand: Table[Hand]
    portions: Table[Portion]
    entries: Table[_Entry]
    vias: Table[Via]
    arrivals: Table[_Arrival]
    stays: Table[Stay]
    lines: Table[_Line]  # open addressing; a power of two, at most half in use


def stock(size: int) -> Stock:
    """Room for about ``size`` statements."""

    def rows(kind: np.dtype[Any], length: int) -> Any:
        return np.empty(length, dtype=kind)

    lines = 64
    while lines < 8 * size:
        lines *= 2
    return Stock(
        np.zeros(FULL + 1, dtype=np.int64),
        np.zeros(2),
        rows(_HAND, 1),
        rows(PORTION, 4 * size + 16),
        rows(_ENTRY, 8 * size + 32),
        rows(VIA, 8 * size + 32),
        rows(_ARRIVAL, 2 * size + 16),
        rows(STAY, 2 * size + 16),
        rows(_LINE, lines),
    )


@walking
def begin(s: Stock, produced: float, lines: int) -> None:
    """Everything of a lot is untold; there are about so many ``lines``."""
    for which in range(len(s.used)):
        s.used[which] = 0
    size = 64
    while size < 2 * lines and size < len(s.lines):
        size *= 2
    s.used[MASK] = size - 1
    for number in range(size):
        s.lines[number].key = s.lines[number].first = s.lines[number].last = NONE
    s.sums[UNTOLD], s.sums[ON_THE_WAY] = produced, 0.0


# Lines


@inlined
def line_of(s: Stock, kind: int, number: int) -> int:
    """The line of a kind and a number; an empty one begins where there is none."""
    key = (kind << 32) | int(number)
    mask = s.used[MASK]
    at = ((int(number) * 0x9E3779B1 + kind * 0x85EBCA6B) >> 15) & mask
    while s.lines[at].key != NONE:
        if s.lines[at].key == key:
            return at
        at = (at + 1) & mask
    if 2 * s.used[LINES] >= mask:
        s.used[FULL] = 1
        return at
    s.used[LINES] += 1
    s.lines[at].key, s.lines[at].first, s.lines[at].last = key, NONE, NONE
    return at


@inlined
def fits(s: Stock, which: int, length: int) -> bool:
    """Whether there is room for one more row."""
    if s.used[which] == length:
        s.used[FULL] = 1
    return s.used[FULL] == 0


@walking
def enlist(s: Stock, kind: int, number: int, portion: int) -> None:
    """Put a portion at the end of a line."""
    if not fits(s, ENTRIES, len(s.entries)):
        return
    line, entry = line_of(s, kind, number), s.used[ENTRIES]
    s.used[ENTRIES] = entry + 1
    s.entries[entry].what, s.entries[entry].next = portion, NONE
    if s.lines[line].first == NONE:
        s.lines[line].first = entry
    else:
        s.entries[s.lines[line].last].next = entry
    s.lines[line].last = entry


@inlined
def following(s: Stock, line: int, entry: int) -> int:
    """The next entry of a line of which anything is left, NONE at its end; ``entry`` NONE for the first."""
    while True:
        after = s.lines[line].first if entry == NONE else s.entries[entry].next
        if after == NONE or s.portions[s.entries[after].what].quantity > ENOUGH:
            return after
        if entry == NONE:
            s.lines[line].first = s.entries[after].next
        else:
            s.entries[entry].next = s.entries[after].next
        if s.lines[line].last == after:
            s.lines[line].last = entry


@inlined
def in_crate(s: Stock, container: int) -> int:
    """The portion in a container, NONE if nothing is left in it."""
    row = s.lines[line_of(s, CRATE, container)].first
    return row if row != NONE and s.portions[row].quantity > ENOUGH else NONE


@walking
def put_by(t: Tables, s: Stock, line: int, party: int) -> int:
    """The portion of a site's line that a party put there, NONE if there is none."""
    entry = following(s, line, NONE)
    while entry != NONE:
        if t.statements[s.portions[s.entries[entry].what].by].party == party:
            return s.entries[entry].what
        entry = following(s, line, entry)
    return NONE


# Containers that an amount came through


@walking
def joined(s: Stock, one: int, other: int) -> int:
    """The containers of both."""
    if one == NONE:
        return other
    if other == NONE:
        return one
    return one if one == other else via_of(s, NONE, one, other)


@walking
def via_of(s: Stock, container: int, one: int, other: int) -> int:
    """A container, or none, and all that two others stand for."""
    if not fits(s, VIAS, len(s.vias)):
        return NONE
    via = s.used[VIAS]
    s.used[VIAS] = via + 1
    s.vias[via].container, s.vias[via].one, s.vias[via].other = container, one, other
    return via
