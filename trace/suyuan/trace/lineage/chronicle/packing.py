"""How packing, unpacking, seeing and deletion are replayed, in machine code.

As :mod:`suyuan.trace.lineage.packing` and :mod:`suyuan.trace.lineage.replaying` (law of tracing §2, §3, §5).
"""

from __future__ import annotations

import numpy as np

from suyuan.trace.lineage.chronicle.amounts import inside, measure, state
from suyuan.trace.lineage.chronicle.books import (
    DESTROYS,
    PARENT,
    PIECES,
    STACK,
    Books,
)
from suyuan.trace.lineage.chronicle.changes import (
    arrive,
    depart,
    effective_place,
    empty,
    enclose,
    end,
    is_in,
    let_go,
    name,
    release_all,
    revive,
    search,
    seen,
    take_out,
    take_out_amount,
)
from suyuan.trace.lineage.chronicle.goods import changed
from suyuan.trace.lineage.compiled.machine import walking
from suyuan.trace.lineage.compiled.tables import ADD, CHILD, NONE, OBJECT, WHAT
from suyuan.trace.lineage.records import ENOUGH


@walking
def parent_of(b: Books) -> int:
    """The parent that the statement under way names, NONE without one."""
    for number in range(b.used[PIECES]):
        if b.mentions[b.pieces[number].mention].role == PARENT:
            return int(b.pieces[number].node)
    return NONE


@walking
def _name_packing(b: Books, by: int, parent: int) -> None:
    if parent != NONE:
        revive(b, parent, by)
        seen(b, parent, by)
    for number in range(b.used[PIECES]):
        piece = b.pieces[number]
        if b.mentions[piece.mention].role != CHILD:
            continue
        if not b.mentions[piece.mention].is_class:
            name(b, piece.node, False, by)
        elif b.sayings[by].place != NONE:  # as a child, a lot's episode only begins: the rest may stay
            arrive(b, piece.node, by, b.sayings[by].place, False)


@walking
def pack(b: Books, by: int) -> None:
    """An ADD or OBSERVE: the children are in the parent from now on."""
    parent = parent_of(b)
    _name_packing(b, by, parent)
    if parent == NONE:
        return
    for number in range(b.used[PIECES]):
        piece = b.pieces[number]
        mention = b.mentions[piece.mention]
        if mention.role != CHILD:
            continue
        if mention.is_class:
            _pack_class(b, piece.node, parent, by, piece.mention)
        else:
            _pack_instance(b, piece.node, parent, by)


@walking
def _pack_instance(b: Books, child: int, parent: int, by: int) -> None:
    current = b.nodes[child].inside
    if (current != NONE and b.containments[current].parent == parent) or is_in(b, parent, child):
        return
    if current != NONE:
        take_out(b, current, by)
    depart(b, child, by)
    enclose(b, child, parent, by, False)


@walking
def _amount_in(b: Books, lot: int, parent: int) -> int:
    """The containment of a lot in a container that goes on, NONE without one.

    There may be much in the container, and the lot may have been in many: both lines are followed side by
    side, to the end of the shorter one.
    """
    row, other = b.lives[parent].first_open, b.nodes[lot].first_container
    while row != NONE and other != NONE:  # noqa: PLR1714 - no tuples here
        one, its = b.containments[row], b.containments[other]
        if one.child == lot and one.is_class:
            return int(row)
        if its.parent == parent and its.is_class and its.ended == NONE:
            return int(other)
        row, other = b.bonds[row].next_open, its.next_container
    return NONE


@walking
def _pack_class(b: Books, child: int, parent: int, by: int, mention: int) -> None:
    row = _amount_in(b, child, parent)
    if row == NONE:
        if is_in(b, parent, child):
            return
        row = enclose(b, child, parent, by, True)
    if b.sayings[by].action == ADD:
        measure(b, mention, row)


@walking
def unpack(b: Books, by: int) -> None:
    """A DELETE: the children, or all there are where none is named, leave the parent alive."""
    parent = parent_of(b)
    _name_packing(b, by, parent)
    if parent == NONE:
        return
    place = effective_place(b, parent)
    b.sayings[by].was = place if b.sayings[by].place == NONE else NONE
    named = False
    for number in range(b.used[PIECES]):
        piece = b.pieces[number]
        mention = b.mentions[piece.mention]
        if mention.role != CHILD:
            continue
        named = True
        if not mention.is_class:
            row = b.nodes[piece.node].inside
            if row != NONE and b.containments[row].parent == parent:
                let_go(b, row, by, place)
            continue
        changed(b, piece.node)  # what is taken out may be where its crate was
        row = _amount_in(b, piece.node, parent)
        if row == NONE:
            continue
        if np.isnan(mention.amount):
            take_out_amount(b, row, by, place)
        else:
            measure(b, piece.mention, row)
            if inside(b, row) <= ENOUGH:
                take_out_amount(b, row, by, place)
    if not named:
        release_all(b, parent, by, place)


@walking
def see(b: Books, by: int) -> None:
    """ObjectEvent ADD and OBSERVE, TransactionEvent: named, and perhaps told where."""
    parent = parent_of(b)
    if parent != NONE:
        revive(b, parent, by)
        seen(b, parent, by)
    for number in range(b.used[PIECES]):
        piece = b.pieces[number]
        mention = b.mentions[piece.mention]
        if mention.role == WHAT:
            name(b, piece.node, mention.is_class, by)
            if mention.is_class and b.sayings[by].type == OBJECT and b.sayings[by].action == ADD:
                state(b, piece.mention, piece.node)


@walking
def delete(b: Books, by: int) -> None:
    """ObjectEvent DELETE: what is named ends, what is in it is let go or destroyed with it (§2.4)."""
    for number in range(b.used[PIECES]):
        piece = b.pieces[number]
        if b.mentions[piece.mention].role == WHAT:
            name(b, piece.node, b.mentions[piece.mention].is_class, by)
    for number in range(b.used[PIECES]):
        if _doomed(b, number):
            b.pieces[number].place = effective_place(b, b.pieces[number].node)
    if b.statements[by].marks & DESTROYS:
        _destroy_contents(b, by)
    for number in range(b.used[PIECES]):
        if _doomed(b, number) and b.nodes[b.pieces[number].node].ended != by:
            end(b, b.pieces[number].node, by, False)
    for number in range(b.used[PIECES]):
        if _doomed(b, number):
            release_all(b, b.pieces[number].node, by, b.pieces[number].place)


@walking
def _doomed(b: Books, number: int) -> bool:
    mention = b.mentions[b.pieces[number].mention]
    return bool(mention.role == WHAT and not mention.is_class)


@walking
def _destroy_contents(b: Books, by: int) -> None:
    _list_contents(b)
    for number in range(b.used[STACK]):
        empty(b, b.stack[number], by)
        end(b, b.stack[number], by, False)


@walking
def _list_contents(b: Books) -> None:
    """The instances in what is doomed, at any depth and once each, on the stack."""
    mark = search(b)
    b.used[STACK] = 0
    for number in range(b.used[PIECES]):
        if _doomed(b, number):
            b.lives[b.pieces[number].node].mark = mark
    for number in range(b.used[PIECES]):
        if _doomed(b, number):
            _list_within(b, b.pieces[number].node, mark)
    kept = 0  # of amounts of lots only what is in them was looked for
    for number in range(b.used[STACK]):
        child = b.stack[number]
        row = b.nodes[child].inside
        if row != NONE and b.lives[b.containments[row].parent].mark == mark:
            b.stack[kept] = child
            kept += 1
    b.used[STACK] = kept


@walking
def _list_within(b: Books, container: int, mark: int) -> None:
    done, at = b.used[STACK], container
    while True:
        row = b.lives[at].first_open
        while row != NONE:
            child = b.containments[row].child
            if b.lives[child].mark != mark:
                b.lives[child].mark = mark
                b.stack[b.used[STACK]] = child
                b.used[STACK] += 1
            row = b.bonds[row].next_open
        if done == b.used[STACK]:
            return
        at = b.stack[done]
        done += 1
