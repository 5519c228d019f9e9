"""How the nodes of what a statement names are listed: new ones begin, runs are split."""

from __future__ import annotations

import numpy as np

from suyuan.trace.lineage.chronicle.books import NODES, PIECES, Books, fresh, roomy
from suyuan.trace.lineage.chronicle.shelves import SHIFT, after, before, holder, shelve
from suyuan.trace.lineage.chronicle.splitting import split
from suyuan.trace.lineage.compiled.machine import walking
from suyuan.trace.lineage.compiled.tables import NONE
from suyuan.trace.lineage.statement import EVER, NEVER


@walking
def born(b: Books, prefix: int, first: int, count: int) -> int:
    """A node of which nothing is known but its name."""
    node = fresh(b, NODES)
    row = b.nodes[node]
    row.birth, row.made, row.made_uom, row.count = NEVER, np.nan, NONE, count
    row.is_class, row.is_place, row.consumed = False, b.prefixes[prefix].is_place, False
    row.lot, row.first_member, row.next_member = NONE, NONE, NONE
    row.first_consumption, row.first_production, row.first_content = NONE, NONE, NONE
    row.first_container, row.first_episode, row.inside, row.here = NONE, NONE, NONE, NONE
    row.last, row.ended, row.lot_told = NONE, NONE, NONE
    row.goods, row.site = NONE, NONE
    life = b.lives[node]
    life.prefix, life.first = prefix, first
    life.mark, life.stated, life.stated_uom, life.members, life.eaten = 0, 0.0, NONE, 0, EVER
    life.first_open, life.first_end = NONE, NONE
    life.first_concern, life.first_stated, life.loose = NONE, NONE, False
    life.previous_member = NONE
    shelve(b, node)
    return node


@walking
def gather(b: Books, mention: int, prefix: int, first: int, count: int) -> bool:
    """List the nodes of what a mention names, alone: runs are split. False where there is no room."""
    number, end = first, first + count
    latest = NONE
    while number < end:
        if not roomy(b, 4):
            return False
        node = before(b, prefix, number)
        until = NEVER if node == NONE else b.lives[node].first + b.nodes[node].count
        if node != NONE and until > number:
            if b.lives[node].first < number:
                node = split(b, node, number)
                if node == NONE:
                    return False
            if until > end and split(b, node, end) == NONE:
                return False
            _list(b, mention, node)
            number, latest = min(until, end), NONE
            continue
        following = after(b, prefix, number, node)
        until = min(end, following, ((number >> SHIFT) + 1) << SHIFT)
        if latest == NONE:  # a piece goes on over the shelves of numbers that nobody named
            latest = born(b, prefix, number, until - number)
            _list(b, mention, latest)
        else:
            b.nodes[latest].count += until - number
        number = until
        if number == following:
            latest = NONE
    return True


@walking
def _list(b: Books, mention: int, node: int) -> None:
    piece = b.pieces[b.used[PIECES]]
    b.used[PIECES] += 1
    piece.mention, piece.node, piece.place = mention, node, NONE


@walking
def single(b: Books, prefix: int, number: int) -> bool:
    """An instance, if anybody named it, is a node of its own from now on; False where there is no room."""
    node = holder(b, prefix, number)
    if node != NONE and b.lives[node].first < number:
        node = split(b, node, number)
        if node == NONE:
            return False
    return node == NONE or b.nodes[node].count == 1 or split(b, node, number + 1) != NONE
