"""Which node stands for the instance that a key names, and how a run is split.

A *piece* is the node of an unbroken sequence of numbers of one prefix. The pieces that begin in the same 64
numbers are linked in order, and a shelf holds the first of them; shelves above tell which of 32 shelves below
are in use. So the piece that holds a number is mostly found by one look.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from suyuan.trace.lineage.chronicle.books import (
    CONCERNS,
    CONSUMPTIONS,
    CONTAINMENTS,
    DRAWS,
    ENDS,
    EPISODES,
    NODES,
    PIECES,
    PRODUCTIONS,
    SHELVES,
    SPLITS,
    Books,
    Shelf,
    fresh,
    roomy,
)
from suyuan.trace.lineage.compiled.machine import Table, walking
from suyuan.trace.lineage.compiled.tables import NONE
from suyuan.trace.lineage.statement import EVER, NEVER

_SHIFT = 5
_LAST = 31


@walking
def _seat(shelves: Table[Shelf], prefix: int, level: int, index: int) -> int:
    """Where a shelf stands, or would stand: the table has room for twice as many as there are."""
    seat = _scattered(prefix, level, index, len(shelves) - 1)
    while shelves[seat].used and not (
        shelves[seat].index == index and shelves[seat].prefix == prefix and shelves[seat].level == level
    ):
        seat = (seat + 1) & (len(shelves) - 1)
    return seat


@walking
def _scattered(prefix: int, level: int, index: int, most: int) -> int:
    """A number up to ``most``, all bits set, that is far from those of neighbours."""
    mixed = np.uint64(index) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(prefix * 64 + level)
    mixed = (mixed ^ (mixed >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
    found: Any = np.int64((mixed ^ (mixed >> np.uint64(32))) & np.uint64(most))
    return found  # type: ignore[no-any-return]


@walking
def reseat(old: Books, new: Books) -> None:
    """Put every shelf into a larger, empty table, of which the length is a power of two."""
    for row in range(len(old.shelves)):
        shelf = old.shelves[row]
        if shelf.used:
            new.shelves[_seat(new.shelves, shelf.prefix, shelf.level, shelf.index)] = shelf


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
def _before(b: Books, prefix: int, number: int) -> int:
    """The piece that begins at ``number`` or is the next one before it; NONE if there is none."""
    index = number >> _SHIFT
    seat = _seat(b.shelves, prefix, 0, index)
    if b.shelves[seat].used:
        node = _last_of(b, b.shelves[seat].value, number)
        if node != NONE:
            return node
    for level in range(1, b.prefixes[prefix].levels):
        seat = _seat(b.shelves, prefix, level, index >> _SHIFT)
        bit = NONE
        if b.shelves[seat].used and (index & _LAST) > 0:
            bit = _highest(b.shelves[seat].value, (index & _LAST) - 1)
        index >>= _SHIFT
        if bit != NONE:
            index = (index << _SHIFT) | bit
            for lower in range(level - 1, 0, -1):
                seat = _seat(b.shelves, prefix, lower, index)
                index = (index << _SHIFT) | _highest(b.shelves[seat].value, _LAST)
            seat = _seat(b.shelves, prefix, 0, index)
            return _last_of(b, b.shelves[seat].value, number)
    return NONE


@walking
def holder(b: Books, prefix: int, number: int) -> int:
    """The piece that holds a number, NONE if nobody named it yet."""
    node = _before(b, prefix, number)
    if node != NONE and b.lives[node].first + b.nodes[node].count > number:
        return node
    return NONE


@walking
def _shelve(b: Books, node: int) -> None:
    """Make a piece known by the number at which it begins."""
    prefix, number = b.lives[node].prefix, b.lives[node].first
    index = number >> _SHIFT
    seat = _seat(b.shelves, prefix, 0, index)
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
        seat = _seat(b.shelves, prefix, level, index)
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
        index >>= _SHIFT


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
    life.first_concern, life.first_stated = NONE, NONE
    _shelve(b, node)
    return node


@walking
def gather(b: Books, mention: int, prefix: int, first: int, count: int) -> bool:
    """List the nodes of what a mention names, alone: runs are split. False where there is no room."""
    number, end = first, first + count
    latest = NONE
    while number < end:
        if not roomy(b, 4):
            return False
        node = _before(b, prefix, number)
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
        following = _after(b, prefix, number, node)
        until = min(end, following, ((number >> _SHIFT) + 1) << _SHIFT)
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
def _after(b: Books, prefix: int, number: int, before: int) -> int:
    """Where the next piece on the same shelf begins."""
    index = number >> _SHIFT
    if before != NONE and b.lives[before].first >> _SHIFT == index:
        following = b.lives[before].next_piece
    else:
        seat = _seat(b.shelves, prefix, 0, index)
        following = b.shelves[seat].value if b.shelves[seat].used else NONE
    return NEVER if following == NONE else b.lives[following].first


@walking
def _story(b: Books, node: int) -> int:
    """How many rows tell of a node."""
    count = 0
    row = b.nodes[node].first_container
    while row != NONE:
        count += 1
        row = b.containments[row].next_container
    row = b.nodes[node].first_episode
    while row != NONE:
        count += 1
        row = b.episodes[row].next
    row = b.nodes[node].first_consumption
    while row != NONE:
        count += 1
        row = b.consumptions[row].next
    row = b.nodes[node].first_production
    while row != NONE:
        count += 1
        row = b.productions[row].next
    row = b.lives[node].first_end
    while row != NONE:
        count += 1
        row = b.ends[row].next
    row = b.lives[node].first_concern
    while row != NONE:
        count += 1
        row = b.concerns[row].next
    return count


@walking
def split(b: Books, node: int, number: int) -> int:
    """A run ends before ``number``; the rest of it is a piece of its own with the same story.

    Returns the new node, NONE where there is no room. O(rows of the run).
    """
    if not roomy(b, 2 * _story(b, node) + 8):
        return NONE
    b.used[SPLITS] += 1
    other = fresh(b, NODES)
    b.nodes[other] = b.nodes[node]
    b.lives[other] = b.lives[node]
    b.nodes[other].count = b.lives[node].first + b.nodes[node].count - number
    b.nodes[node].count -= b.nodes[other].count
    b.lives[other].first = number
    _shelve(b, other)
    b.nodes[node].next_member = other if b.nodes[node].lot != NONE else NONE
    _copy_containments(b, node, other)
    _copy_episodes(b, node, other)
    _copy_consumptions(b, node, other)
    _copy_productions(b, node, other)
    _copy_ends(b, node, other)
    _copy_concerns(b, node, other)
    return other


@walking
def _copy_containments(b: Books, node: int, other: int) -> None:
    row, last = b.nodes[node].first_container, NONE
    b.nodes[other].first_container = NONE
    while row != NONE:
        copy = fresh(b, CONTAINMENTS)
        b.containments[copy] = b.containments[row]
        b.bonds[copy] = b.bonds[row]
        one, bond = b.containments[copy], b.bonds[copy]
        one.child, one.next_container = other, NONE
        b.containments[row].next_content = copy
        begun = b.stories[one.by]
        bond.next_begun, begun.first_begun = begun.first_begun, copy
        if one.ended == NONE:
            following = b.bonds[row].next_open
            b.bonds[row].next_open, bond.previous_open = copy, row
            if following != NONE:
                b.bonds[following].previous_open = copy
        else:
            ended = b.stories[one.ended]
            bond.next_ended, ended.first_ended = ended.first_ended, copy
        if b.nodes[node].inside == row:
            b.nodes[other].inside = copy
        if last == NONE:
            b.nodes[other].first_container = copy
        else:
            b.containments[last].next_container = copy
        last = copy
        row = b.containments[row].next_container


@walking
def _copy_episodes(b: Books, node: int, other: int) -> None:
    row, last = b.nodes[node].first_episode, NONE
    b.nodes[other].first_episode = NONE
    while row != NONE:
        copy = fresh(b, EPISODES)
        b.episodes[copy] = b.episodes[row]
        b.visits[copy] = b.visits[row]
        one, visit = b.episodes[copy], b.visits[copy]
        one.node, one.next = other, NONE
        b.episodes[row].next_visit, visit.previous_visit = copy, row
        if one.next_visit != NONE:
            b.visits[one.next_visit].previous_visit = copy
        begun = b.stories[one.by]
        visit.next_begun, begun.first_came = begun.first_came, copy
        if visit.left != NONE:
            left = b.stories[visit.left]
            visit.next_left, left.first_left = left.first_left, copy
        if b.nodes[node].here == row:
            b.nodes[other].here = copy
        if last == NONE:
            b.nodes[other].first_episode = copy
        else:
            b.episodes[last].next = copy
        last = copy
        row = b.episodes[row].next


@walking
def _copy_consumptions(b: Books, node: int, other: int) -> None:
    row, last = b.nodes[node].first_consumption, NONE
    b.nodes[other].first_consumption = NONE
    while row != NONE:
        copy = fresh(b, CONSUMPTIONS)
        b.consumptions[copy] = b.consumptions[row]
        one = b.consumptions[copy]
        one.node, one.next = other, NONE
        b.consumptions[row].next_of_group = copy
        _copy_draws(b, one.group, row, copy)
        if last == NONE:
            b.nodes[other].first_consumption = copy
        else:
            b.consumptions[last].next = copy
        last = copy
        row = b.consumptions[row].next


@walking
def _copy_draws(b: Books, group: int, consumption: int, other: int) -> None:
    """Of instances there is one draw at most for each consumption."""
    draw = b.groups[group].first_draw
    while draw != NONE:
        if b.draws[draw].consumption == consumption:
            copy = fresh(b, DRAWS)
            b.draws[copy] = b.draws[draw]
            b.draws[copy].consumption = other
            b.draws[draw].next = copy
            return
        draw = b.draws[draw].next


@walking
def _copy_productions(b: Books, node: int, other: int) -> None:
    row, last = b.nodes[node].first_production, NONE
    b.nodes[other].first_production = NONE
    while row != NONE:
        copy = fresh(b, PRODUCTIONS)
        b.productions[copy] = b.productions[row]
        b.productions[copy].node, b.productions[copy].next = other, NONE
        b.productions[row].next_of_group = copy
        if last == NONE:
            b.nodes[other].first_production = copy
        else:
            b.productions[last].next = copy
        last = copy
        row = b.productions[row].next


@walking
def _copy_ends(b: Books, node: int, other: int) -> None:
    row, last = b.lives[node].first_end, NONE
    b.lives[other].first_end = NONE
    while row != NONE:
        copy = fresh(b, ENDS)
        b.ends[copy] = b.ends[row]
        one = b.ends[copy]
        one.node, one.next = other, NONE
        by = b.stories[one.by]
        one.next_begun, by.first_end = by.first_end, copy
        if one.revived != NONE:
            revived = b.stories[one.revived]
            one.next_revived, revived.first_revived = revived.first_revived, copy
        if last == NONE:
            b.lives[other].first_end = copy
        else:
            b.ends[last].next = copy
        last = copy
        row = b.ends[row].next


@walking
def _copy_concerns(b: Books, node: int, other: int) -> None:
    row, last = b.lives[node].first_concern, NONE
    b.lives[other].first_concern = NONE
    while row != NONE:
        copy = fresh(b, CONCERNS)
        b.concerns[copy] = b.concerns[row]
        one = b.concerns[copy]
        one.node, one.next = other, NONE
        b.concerns[row].next_of_statement = copy
        if last == NONE:
            b.lives[other].first_concern = copy
        else:
            b.concerns[last].next = copy
        last = copy
        row = b.concerns[row].next
