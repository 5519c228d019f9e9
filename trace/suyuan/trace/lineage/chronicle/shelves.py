"""Which node stands for the instance that a key names.

A *piece* is the node of an unbroken sequence of numbers of one prefix. The pieces that begin in the same 32
numbers are linked in order, and a shelf holds the first of them; shelves above tell which of 32 shelves below
are in use. So the piece that holds a number is mostly found by one look.

Strangers choose numbers, and could choose many that meet at one seat; so seats depend on a key that they do
not know.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from suyuan.trace.lineage.chronicle.books import KEY, SHELVES, Books
from suyuan.trace.lineage.compiled.machine import walking
from suyuan.trace.lineage.compiled.tables import NONE
from suyuan.trace.lineage.statement import NEVER

SHIFT = 5
_LAST = 31


@walking
def _seat(b: Books, prefix: int, level: int, index: int) -> int:
    """Where a shelf stands, or would stand: the table has room for twice as many as there are."""
    shelves = b.shelves
    seat = _scattered(b.used[KEY], prefix, level, index, len(shelves) - 1)
    while shelves[seat].used and not (
        shelves[seat].index == index and shelves[seat].prefix == prefix and shelves[seat].level == level
    ):
        seat = (seat + 1) & (len(shelves) - 1)
    return seat


@walking
def _scattered(key: int, prefix: int, level: int, index: int, most: int) -> int:
    """A number up to ``most``, all bits set, that is far from those of neighbours.

    Without the key, nobody can tell from either multiplication back which numbers go in.
    """
    secret = np.uint64(key)
    mixed = (np.uint64(index) ^ secret) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(32))) ^ (secret + np.uint64(prefix * 64 + level))
    mixed = mixed * np.uint64(0xD6E8FEB86659FD93)
    found: Any = np.int64((mixed ^ (mixed >> np.uint64(32))) & np.uint64(most))
    return found  # type: ignore[no-any-return]


@walking
def reseat(old: Books, new: Books) -> None:
    """Put every shelf into a larger, empty table, of which the length is a power of two."""
    for row in range(len(old.shelves)):
        shelf = old.shelves[row]
        if shelf.used:
            new.shelves[_seat(new, shelf.prefix, shelf.level, shelf.index)] = shelf


@walking
def _highest(bits: int, below: int) -> int:
    """The highest of the bits up to number ``below`` that is set, NONE if none is."""
    bit = below
    while bit >= 0:
        if (bits >> bit) & 1:
            return bit
        bit -= 1
    return NONE


@walking
def _last_of(b: Books, node: int, number: int) -> int:
    """The last piece on a shelf that begins at ``number`` or before, NONE if the first begins after."""
    if b.lives[node].first > number:
        return NONE
    following = b.lives[node].next_piece
    while following != NONE and b.lives[following].first <= number:
        node = following
        following = b.lives[node].next_piece
    return node


@walking
def before(b: Books, prefix: int, number: int) -> int:
    """The piece that begins at ``number`` or is the next one before it; NONE if there is none."""
    index = number >> SHIFT
    seat = _seat(b, prefix, 0, index)
    if b.shelves[seat].used:
        node = _last_of(b, b.shelves[seat].value, number)
        if node != NONE:
            return node
    for level in range(1, b.prefixes[prefix].levels):
        seat = _seat(b, prefix, level, index >> SHIFT)
        bit = NONE
        if b.shelves[seat].used and (index & _LAST) > 0:
            bit = _highest(b.shelves[seat].value, (index & _LAST) - 1)
        index >>= SHIFT
        if bit != NONE:
            index = (index << SHIFT) | bit
            for lower in range(level - 1, 0, -1):
                seat = _seat(b, prefix, lower, index)
                index = (index << SHIFT) | _highest(b.shelves[seat].value, _LAST)
            seat = _seat(b, prefix, 0, index)
            return _last_of(b, b.shelves[seat].value, number)
    return NONE


@walking
def holder(b: Books, prefix: int, number: int) -> int:
    """The piece that holds a number, NONE if nobody named it yet."""
    node = before(b, prefix, number)
    if node != NONE and b.lives[node].first + b.nodes[node].count > number:
        return node
    return NONE


@walking
def shelve(b: Books, node: int) -> None:
    """Make a piece known by the number at which it begins."""
    prefix, number = b.lives[node].prefix, b.lives[node].first
    index = number >> SHIFT
    seat = _seat(b, prefix, 0, index)
    shelf = b.shelves[seat]
    b.lives[node].next_piece = NONE
    if shelf.used:
        before = _last_of(b, shelf.value, number)
        if before == NONE:
            b.lives[node].next_piece = shelf.value
            shelf.value = node
        else:
            b.lives[node].next_piece = b.lives[before].next_piece
            b.lives[before].next_piece = node
        return
    value = node
    for level in range(b.prefixes[prefix].levels):
        seat = _seat(b, prefix, level, index)
        shelf = b.shelves[seat]
        known = shelf.used
        if not known:
            shelf.used, shelf.prefix, shelf.level, shelf.index = True, prefix, level, index
            shelf.value = 0
            b.used[SHELVES] += 1
        shelf.value = shelf.value | value
        if known:
            return
        value = 1 << (index & _LAST)
        index >>= SHIFT


@walking
def after(b: Books, prefix: int, number: int, before: int) -> int:
    """Where the next piece on the same shelf begins."""
    index = number >> SHIFT
    if before != NONE and b.lives[before].first >> SHIFT == index:
        following = b.lives[before].next_piece
    else:
        seat = _seat(b, prefix, 0, index)
        following = b.shelves[seat].value if b.shelves[seat].used else NONE
    return NEVER if following == NONE else b.lives[following].first
