"""How what a statement did is undone, in machine code.

Those that came to stand on it, of later positions, are undone before.
"""

from __future__ import annotations

from suyuan.trace.lineage.chronicle.amounts import unmeasure, unstate
from suyuan.trace.lineage.chronicle.books import (
    AS_CLASS,
    AS_LOT,
    CONCERNED,
    CONSUMPTIONS,
    CONTAINMENTS,
    DRAWS,
    ENDS,
    EPISODES,
    HEAP,
    NAMED,
    OF_CLASS,
    PIT,
    PRODUCTIONS,
    REDONE,
    STANDING,
    TELLS,
    UNDONE,
    Books,
    earlier,
    free,
)
from suyuan.trace.lineage.chronicle.changes import close, go_on, shifted
from suyuan.trace.lineage.chronicle.concerns import forget
from suyuan.trace.lineage.chronicle.goods import changed, moved
from suyuan.trace.lineage.chronicle.transforming import settle_void
from suyuan.trace.lineage.compiled.machine import walking
from suyuan.trace.lineage.compiled.tables import CHILD, NONE, TRANSFORMATION
from suyuan.trace.lineage.statement import NEVER


@walking
def push(b: Books, by: int) -> None:
    """A statement is to be told."""
    at = b.used[HEAP]
    b.used[HEAP] = at + 1
    while at > 0 and earlier(b, by, b.heap[(at - 1) >> 1]):
        b.heap[at] = b.heap[(at - 1) >> 1]
        at = (at - 1) >> 1
    b.heap[at] = by


@walking
def pop(b: Books) -> int:
    """The earliest of those that are to be told."""
    first = b.heap[0]
    size = b.used[HEAP] - 1
    b.used[HEAP] = size
    by, at = b.heap[size], 0
    while 2 * at + 1 < size:
        child = 2 * at + 1
        if child + 1 < size and earlier(b, b.heap[child + 1], b.heap[child]):
            child += 1
        if not earlier(b, b.heap[child], by):
            break
        b.heap[at] = b.heap[child]
        at = child
    if size > 0:
        b.heap[at] = by
    return int(first)


@walking
def undo(b: Books, by: int) -> None:
    """Undo a statement, and before it all that stands on it; they wait to be told again.

    Whatever concerns something that a statement of an earlier position concerned may stand on that.
    """
    if b.stories[by].state != STANDING:
        return
    first = b.used[PIT]
    _collect(b, by)
    done = first
    while done < b.used[PIT]:
        row = b.stories[b.pit[done]].first_concern
        while row != NONE:
            one = b.concerns[row]
            if one.marks & CONCERNED:
                undo_later(b, b.pit[done], one.node, one.group)
            row = one.next_of_statement
        done += 1
    size = b.used[PIT] - first
    for at in range(size // 2 - 1, -1, -1):
        _sink(b, first, at, size)
    while size > 0:
        by, size = b.pit[first], size - 1
        b.pit[first] = b.pit[first + size]
        _sink(b, first, 0, size)
        _undo_one(b, by)
    b.used[PIT] = first


@walking
def _sink(b: Books, first: int, at: int, size: int) -> None:
    """The latest of those to be undone comes first."""
    while 2 * at + 1 < size:
        child = 2 * at + 1
        if child + 1 < size and earlier(b, b.pit[first + child], b.pit[first + child + 1]):
            child += 1
        if earlier(b, b.pit[first + child], b.pit[first + at]):
            return
        b.pit[first + at], b.pit[first + child] = b.pit[first + child], b.pit[first + at]
        at = child


@walking
def _collect(b: Books, by: int) -> None:
    b.stories[by].state = UNDONE
    b.pit[b.used[PIT]] = by
    b.used[PIT] += 1
    b.used[REDONE] += 1
    push(b, by)


@walking
def undo_later(b: Books, by: int, node: int, group: int) -> None:
    """Collect those that stand, of later positions than ``by``, and are concerned by a node or group."""
    row = b.lives[node].first_concern if node != NONE else b.causes[group].first_concern
    while row != NONE and earlier(b, by, b.concerns[row].by):
        other = b.concerns[row].by
        if b.concerns[row].marks & CONCERNED and b.stories[other].state == STANDING:
            _collect(b, other)
        row = b.concerns[row].next


@walking
def _undo_one(b: Books, by: int) -> None:
    _undo_containments(b, by)
    _undo_episodes(b, by)
    _undo_ends(b, by)
    if b.sayings[by].type == TRANSFORMATION:
        _undo_transformation(b, by)
    story = b.stories[by]
    for mention in range(story.first_mention, story.first_mention + story.mentions):
        if b.mentions[mention].bond != NONE:
            if b.mentions[mention].role == CHILD:
                unmeasure(b, mention)
            else:
                unstate(b, mention)
    forget(b, by, NAMED | AS_CLASS | TELLS | AS_LOT)


@walking
def _undo_containments(b: Books, by: int) -> None:
    row = b.stories[by].first_ended
    b.stories[by].first_ended = NONE
    while row != NONE:
        following = b.bonds[row].next_ended
        if b.containments[row].by != by:
            go_on(b, row)
            shifted(b, row, b.statements[by].at)
        row = following
    row = b.stories[by].first_begun
    b.stories[by].first_begun = NONE
    while row != NONE:
        following = b.bonds[row].next_begun
        if b.containments[row].ended == NONE:
            close(b, row)
        shifted(b, row, b.statements[by].at)
        measured = b.bonds[row].first_measure
        while measured != NONE:
            b.mentions[measured].bond = NONE
            measured = b.mentions[measured].next
        _unlink_containment(b, row)
        free(b, CONTAINMENTS, row)
        row = following


@walking
def _unlink_containment(b: Books, row: int) -> None:
    parent, child = b.containments[row].parent, b.containments[row].child
    other = b.nodes[parent].first_content
    if other == row:
        b.nodes[parent].first_content = b.containments[row].next_content
    else:
        while b.containments[other].next_content != row:
            other = b.containments[other].next_content
        b.containments[other].next_content = b.containments[row].next_content
    other = b.nodes[child].first_container
    if other == row:
        b.nodes[child].first_container = b.containments[row].next_container
    else:
        while b.containments[other].next_container != row:
            other = b.containments[other].next_container
        b.containments[other].next_container = b.containments[row].next_container


@walking
def _undo_episodes(b: Books, by: int) -> None:
    row = b.stories[by].first_left
    b.stories[by].first_left = NONE
    while row != NONE:
        following = b.visits[row].next_left
        if b.episodes[row].by != by:
            b.episodes[row].end, b.visits[row].left = NEVER, NONE
            b.nodes[b.episodes[row].node].here = row
            moved(b, b.episodes[row].node, b.statements[by].at)
        row = following
    row = b.stories[by].first_came
    b.stories[by].first_came = NONE
    while row != NONE:
        following, node = b.visits[row].next_begun, b.episodes[row].node
        if b.nodes[node].here == row:
            b.nodes[node].here = NONE
        other = b.nodes[node].first_episode
        if other == row:
            b.nodes[node].first_episode = b.episodes[row].next
        else:
            while b.episodes[other].next != row:
                other = b.episodes[other].next
            b.episodes[other].next = b.episodes[row].next
        _unlink_visit(b, row)
        moved(b, node, b.statements[by].at)
        free(b, EPISODES, row)
        row = following


@walking
def _unlink_visit(b: Books, row: int) -> None:
    following, previous = b.episodes[row].next_visit, b.visits[row].previous_visit
    if previous == NONE:
        b.sites[b.nodes[b.episodes[row].place].site].first_visit = following
    else:
        b.episodes[previous].next_visit = following
    if following != NONE:
        b.visits[following].previous_visit = previous


@walking
def _undo_ends(b: Books, by: int) -> None:
    row = b.stories[by].first_revived
    b.stories[by].first_revived = NONE
    while row != NONE:
        following, one = b.ends[row].next_revived, b.ends[row]
        one.revived = NONE
        b.nodes[one.node].ended, b.nodes[one.node].consumed = one.by, one.consumed
        row = following
    row = b.stories[by].first_end
    b.stories[by].first_end = NONE
    while row != NONE:
        following, node = b.ends[row].next_begun, b.ends[row].node
        other = b.lives[node].first_end
        if other == row:
            b.lives[node].first_end = b.ends[row].next
        else:
            while b.ends[other].next != row:
                other = b.ends[other].next
            b.ends[other].next = b.ends[row].next
        free(b, ENDS, row)
        last = b.lives[node].first_end
        if last != NONE and b.ends[last].revived == NONE:
            b.nodes[node].ended, b.nodes[node].consumed = b.ends[last].by, b.ends[last].consumed
        else:
            b.nodes[node].ended, b.nodes[node].consumed = NONE, False
        row = following


@walking
def _undo_transformation(b: Books, by: int) -> None:
    group = b.sayings[by].group
    before, row = NONE, b.groups[group].first_draw
    while row != NONE:
        following = b.draws[row].next
        if b.consumptions[b.draws[row].consumption].by == by:
            if before == NONE:
                b.groups[group].first_draw = following
            else:
                b.draws[before].next = following
            free(b, DRAWS, row)
        else:
            before = row
        row = following
    before, row = NONE, b.groups[group].first_consumption
    while row != NONE:
        following = b.consumptions[row].next_of_group
        if b.consumptions[row].by == by:
            if before == NONE:
                b.groups[group].first_consumption = following
            else:
                b.consumptions[before].next_of_group = following
            _unlink_consumption(b, row, group)
        else:
            before = row
        row = following
    _undo_productions(b, by, group)


@walking
def _unlink_consumption(b: Books, row: int, group: int) -> None:
    node = b.consumptions[row].node
    other = b.nodes[node].first_consumption
    if other == row:
        b.nodes[node].first_consumption = b.consumptions[row].next
    else:
        while b.consumptions[other].next != row:
            other = b.consumptions[other].next
        b.consumptions[other].next = b.consumptions[row].next
    if b.consumptions[row].marks & OF_CLASS:
        changed(b, node)
    else:
        settle_void(b, node, group)
    free(b, CONSUMPTIONS, row)


@walking
def _undo_productions(b: Books, by: int, group: int) -> None:
    before, row = NONE, b.groups[group].first_production
    while row != NONE:
        following = b.productions[row].next_of_group
        if b.productions[row].by == by:
            if before == NONE:
                b.groups[group].first_production = following
            else:
                b.productions[before].next_of_group = following
            node = b.productions[row].node
            other = b.nodes[node].first_production
            if other == row:
                b.nodes[node].first_production = b.productions[row].next
            else:
                while b.productions[other].next != row:
                    other = b.productions[other].next
                b.productions[other].next = b.productions[row].next
            free(b, PRODUCTIONS, row)
        else:
            before = row
        row = following
