"""What a statement can do to one node, in machine code: as :class:`suyuan.trace.lineage.history.History`.

Every change leaves behind which statement made it, for :mod:`suyuan.trace.lineage.chronicle.undoing`.
"""

from __future__ import annotations

import numpy as np

from suyuan.trace.lineage.chronicle.books import (
    CONTAINMENTS,
    ENDS,
    EPISODES,
    SEARCH,
    STACK,
    Books,
    fresh,
)
from suyuan.trace.lineage.chronicle.goods import carries, changed, moved
from suyuan.trace.lineage.compiled.machine import walking
from suyuan.trace.lineage.compiled.tables import INFERRED, LEAVES, NONE
from suyuan.trace.lineage.statement import NEVER


@walking
def arrive(b: Books, node: int, by: int, place: int, inferred: bool) -> None:
    """An own episode begins at ``place``, unless the node is at that site already (§5)."""
    here = b.nodes[node].here
    if here != NONE and b.nodes[b.episodes[here].place].site == b.nodes[place].site:
        return
    depart(b, node, by)
    row = fresh(b, EPISODES)
    episode, visit = b.episodes[row], b.visits[row]
    episode.start, episode.end = b.statements[by].at, NEVER
    episode.node, episode.place, episode.by = node, place, by
    episode.marks = INFERRED if inferred else 0
    episode.next, b.nodes[node].first_episode = b.nodes[node].first_episode, row
    site = b.nodes[place].site
    following = b.sites[site].first_visit
    episode.next_visit, visit.previous_visit, b.sites[site].first_visit = following, NONE, row
    if following != NONE:
        b.visits[following].previous_visit = row
    visit.left, visit.next_left = NONE, NONE
    visit.next_begun, b.stories[by].first_came = b.stories[by].first_came, row
    b.nodes[node].here = row
    moved(b, node, episode.start)


@walking
def depart(b: Books, node: int, by: int) -> None:
    """The own episode ends; an empty one stays on its line, where nothing follows from it."""
    here = b.nodes[node].here
    if here == NONE:
        return
    b.nodes[node].here = NONE
    b.episodes[here].end = b.statements[by].at
    visit = b.visits[here]
    visit.left = by
    visit.next_left, b.stories[by].first_left = b.stories[by].first_left, here
    moved(b, node, b.statements[by].at)


@walking
def seen(b: Books, node: int, by: int) -> None:
    """It is named: it is where the statement says, if it says where."""
    if b.sayings[by].place != NONE:
        arrive(b, node, by, b.sayings[by].place, False)
    elif b.statements[by].marks & LEAVES:
        depart(b, node, by)


@walking
def name(b: Books, node: int, is_class: bool, by: int) -> None:
    """An instance that is named lives, and is seen."""
    if not is_class:
        revive(b, node, by)
    seen(b, node, by)


@walking
def revive(b: Books, node: int, by: int) -> None:
    """What ended is there again."""
    if b.nodes[node].ended == NONE:
        return
    b.nodes[node].ended, b.nodes[node].consumed = NONE, False
    row = b.lives[node].first_end
    b.ends[row].revived = by
    b.ends[row].next_revived, b.stories[by].first_revived = b.stories[by].first_revived, row


@walking
def end(b: Books, node: int, by: int, consumed: bool) -> None:
    """An instance ends, and with it its containment and its episode (§2.4)."""
    if b.nodes[node].inside != NONE:
        take_out(b, b.nodes[node].inside, by)
    depart(b, node, by)
    row = fresh(b, ENDS)
    one = b.ends[row]
    one.node, one.by, one.revived, one.consumed, one.next_revived = node, by, NONE, consumed, NONE
    one.next, b.lives[node].first_end = b.lives[node].first_end, row
    one.next_begun, b.stories[by].first_end = b.stories[by].first_end, row
    b.nodes[node].ended, b.nodes[node].consumed = by, consumed


@walking
def enclose(b: Books, child: int, parent: int, by: int, is_class: bool) -> int:
    """A containment begins (§3)."""
    row = fresh(b, CONTAINMENTS)
    one, bond = b.containments[row], b.bonds[row]
    one.start, one.end, one.peak, one.uom = b.statements[by].at, NEVER, np.nan, NONE
    one.is_class, one.child, one.parent, one.by = is_class, child, parent, by
    one.next_content, b.nodes[parent].first_content = b.nodes[parent].first_content, row
    one.next_container, b.nodes[child].first_container = b.nodes[child].first_container, row
    bond.added, bond.taken, bond.largest, bond.unit, bond.unknown = 0.0, 0.0, 0.0, NONE, False
    bond.first_measure, bond.next_ended = NONE, NONE
    bond.next_begun, b.stories[by].first_begun = b.stories[by].first_begun, row
    go_on(b, row)
    if is_class or b.lives[child].loose:
        carries(b, parent)
    shifted(b, row, one.start)
    return row


@walking
def shifted(b: Books, row: int, at: int) -> None:
    """A containment begins or ends, or no longer does so: where its child is may change from then on."""
    if b.containments[row].is_class:
        changed(b, b.containments[row].child)
    else:
        moved(b, b.containments[row].child, at)


@walking
def go_on(b: Books, row: int) -> None:
    """A containment is one of those that have not ended."""
    one, bond = b.containments[row], b.bonds[row]
    one.end, one.ended, one.was = NEVER, NONE, NONE
    following = b.lives[one.parent].first_open
    bond.next_open, bond.previous_open = following, NONE
    if following != NONE:
        b.bonds[following].previous_open = row
    b.lives[one.parent].first_open = row
    if not one.is_class:
        b.nodes[one.child].inside = row


@walking
def close(b: Books, row: int) -> None:
    """A containment is no longer one of those that have not ended."""
    following, previous = b.bonds[row].next_open, b.bonds[row].previous_open
    if previous == NONE:
        b.lives[b.containments[row].parent].first_open = following
    else:
        b.bonds[previous].next_open = following
    if following != NONE:
        b.bonds[following].previous_open = previous
    child = b.containments[row].child
    if b.nodes[child].inside == row:
        b.nodes[child].inside = NONE


@walking
def take_out(b: Books, row: int, by: int) -> None:
    """A containment ends; an empty one stays on its lines, where nothing follows from it."""
    close(b, row)
    b.containments[row].end, b.containments[row].ended = b.statements[by].at, by
    bond = b.bonds[row]
    bond.next_ended, b.stories[by].first_ended = b.stories[by].first_ended, row
    shifted(b, row, b.statements[by].at)


@walking
def take_out_amount(b: Books, row: int, by: int, place: int) -> None:
    """The same of a lot; where its container was, if the statement does not say, is where it is."""
    take_out(b, row, by)
    if b.sayings[by].place == NONE:
        b.containments[row].was = place


@walking
def let_go(b: Books, row: int, by: int, place: int) -> None:
    """An instance leaves a container alive: where is it then? (§5)."""
    child = b.containments[row].child
    take_out(b, row, by)
    if b.sayings[by].place != NONE or b.statements[by].marks & LEAVES:
        seen(b, child, by)
    elif place != NONE:
        arrive(b, child, by, place, True)


@walking
def release_all(b: Books, parent: int, by: int, place: int) -> None:
    """Everything directly in ``parent`` leaves it; instances stay alive."""
    row = b.lives[parent].first_open
    while row != NONE:
        following = b.bonds[row].next_open
        if b.containments[row].is_class:
            take_out_amount(b, row, by, place)
        else:
            let_go(b, row, by, place)
        row = following


@walking
def empty(b: Books, container: int, by: int) -> None:
    """What is directly in a container that ends with its contents is in nothing from now on."""
    while b.lives[container].first_open != NONE:
        take_out(b, b.lives[container].first_open, by)


@walking
def effective_place(b: Books, node: int) -> int:
    """Where it is now: the place of its outermost container, or its own (§5)."""
    while b.nodes[node].inside != NONE:
        node = b.containments[b.nodes[node].inside].parent
    here = b.nodes[node].here
    return NONE if here == NONE else b.episodes[here].place


@walking
def search(b: Books) -> int:
    """A search begins: no node is marked as met by it."""
    b.used[SEARCH] += 1
    return int(b.used[SEARCH])


@walking
def all_above(b: Books, node: int, target: int) -> bool:
    """Mark and list the containers around ``node``, also where it is an amount in them, from STACK 0 on.

    True, and no more of them, where ``target`` is among them.
    """
    mark = search(b)
    b.lives[node].mark = mark
    b.used[STACK] = 0
    done, at = 0, node
    while True:
        inside = b.nodes[at].inside
        if inside != NONE and _met(b, b.containments[inside].parent, mark, target):
            return True
        if b.nodes[at].is_class:
            row = b.nodes[at].first_container
            while row != NONE:
                one = b.containments[row]
                if one.is_class and one.ended == NONE and _met(b, one.parent, mark, target):
                    return True
                row = one.next_container
        if done == b.used[STACK]:
            return False
        at = b.stack[done]
        done += 1


@walking
def _met(b: Books, node: int, mark: int, target: int) -> bool:
    if node == target:
        return True
    if b.lives[node].mark != mark:
        b.lives[node].mark = mark
        b.stack[b.used[STACK]] = node
        b.used[STACK] += 1
    return False


@walking
def is_in(b: Books, node: int, container: int) -> bool:
    """Whether ``node`` is ``container`` or in it at any depth."""
    if node == container:
        return True
    return b.lives[container].first_open != NONE and all_above(b, node, container)
