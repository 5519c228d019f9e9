"""Amounts of lots, in machine code: inside containers (law §3), made (§8)."""

from __future__ import annotations

import numpy as np

from suyuan.trace.lineage.chronicle.books import Books
from suyuan.trace.lineage.chronicle.goods import changed
from suyuan.trace.lineage.compiled.machine import walking
from suyuan.trace.lineage.compiled.tables import ADD, NONE


@walking
def measure(b: Books, mention: int, row: int) -> None:
    """A mention puts something of a lot into a container, or takes it out."""
    b.mentions[mention].bond = row
    b.mentions[mention].next = b.bonds[row].first_measure
    b.bonds[row].first_measure = mention
    _count(b, mention, row)


@walking
def _count(b: Books, mention: int, row: int) -> None:
    """As :class:`suyuan.trace.lineage.records.Inside`."""
    bond, one = b.bonds[row], b.mentions[mention]
    if b.sayings[one.by].action != ADD:
        if bond.unit == one.uom:  # before anything was added it says nothing of what is inside
            bond.taken += one.amount
    elif np.isnan(one.amount) or (bond.unit != NONE and one.uom != bond.unit):  # noqa: PLR1714 - no tuples here
        bond.unknown = True
    else:
        bond.unit = one.uom
        bond.added += one.amount
        if not bond.unknown:
            bond.largest = max(bond.largest, bond.added - bond.taken)
    known = bond.unit != NONE and not bond.unknown
    b.containments[row].peak = bond.largest if known else np.nan
    b.containments[row].uom = bond.unit if known else NONE


@walking
def inside(b: Books, row: int) -> float:
    """How much is inside now; NaN if that is not known."""
    bond = b.bonds[row]
    if bond.unknown or bond.unit == NONE:
        return np.nan
    return float(bond.added - bond.taken)


@walking
def unmeasure(b: Books, mention: int) -> None:
    """It did not: what is known of the amount inside is counted again."""
    row = b.mentions[mention].bond
    b.mentions[mention].bond = NONE
    first = NONE  # the line the other way round, the earliest first
    other = b.bonds[row].first_measure
    while other != NONE:
        following = b.mentions[other].next
        if other != mention:
            b.mentions[other].next, first = first, other
        other = following
    bond = b.bonds[row]
    bond.added, bond.taken, bond.largest, bond.unit, bond.unknown = 0.0, 0.0, 0.0, NONE, False
    bond.first_measure = NONE
    b.containments[row].peak, b.containments[row].uom = np.nan, NONE
    while first != NONE:
        following = b.mentions[first].next
        b.mentions[first].next = bond.first_measure
        bond.first_measure = first
        _count(b, first, row)
        first = following


@walking
def state(b: Books, mention: int, lot: int) -> None:
    """A mention states how much of a lot was made, or that it does not say."""
    b.mentions[mention].bond = lot
    b.mentions[mention].next = b.lives[lot].first_stated
    b.lives[lot].first_stated = mention
    _sum(b, mention, lot, b.mentions[mention].next == NONE)
    settle(b, lot)


@walking
def _sum(b: Books, mention: int, lot: int, first: bool) -> None:
    life, one = b.lives[lot], b.mentions[mention]
    if first:
        life.stated, life.stated_uom = one.amount, one.uom
    elif one.uom != life.stated_uom:
        life.stated = np.nan
    else:
        life.stated += one.amount


@walking
def unstate(b: Books, mention: int) -> None:
    """It did not: what was stated is summed again."""
    lot = b.mentions[mention].bond
    b.mentions[mention].bond = NONE
    before, other = NONE, b.lives[lot].first_stated
    while other != mention:
        before, other = other, b.mentions[other].next
    if before == NONE:
        b.lives[lot].first_stated = b.mentions[mention].next
    else:
        b.mentions[before].next = b.mentions[mention].next
    b.lives[lot].stated, b.lives[lot].stated_uom = 0.0, NONE
    other = first = b.lives[lot].first_stated
    while other != NONE:
        _sum(b, other, lot, other == first)
        other = b.mentions[other].next
    settle(b, lot)


@walking
def settle(b: Books, node: int) -> None:
    """Q of §8."""
    row, life = b.nodes[node], b.lives[node]
    if not row.is_class:
        row.made, row.made_uom = 1.0, 0
    elif life.first_stated == NONE:
        some = life.members > 0
        row.made, row.made_uom = float(life.members) if some else np.nan, 0 if some else NONE
    else:
        row.made = life.stated
        row.made_uom = NONE if np.isnan(life.stated) else life.stated_uom
    changed(b, node)
