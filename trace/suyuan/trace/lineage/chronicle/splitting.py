"""How a run is split, by copying its rows."""

from __future__ import annotations

from suyuan.trace.lineage.chronicle.books import (
    CONCERNS,
    CONSUMPTIONS,
    CONTAINMENTS,
    DRAWS,
    ENDS,
    EPISODES,
    NODES,
    PRODUCTIONS,
    SPLITS,
    Books,
    fresh,
    roomy,
)
from suyuan.trace.lineage.chronicle.shelves import shelve
from suyuan.trace.lineage.compiled.machine import walking
from suyuan.trace.lineage.compiled.tables import NONE


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
    shelve(b, other)
    if b.nodes[node].lot != NONE:
        following = b.nodes[node].next_member
        b.nodes[node].next_member, b.lives[other].previous_member = other, node
        if following != NONE:
            b.lives[following].previous_member = other
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
