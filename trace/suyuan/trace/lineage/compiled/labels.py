"""Labels in machine code: which paths reached a node, of which none covers another, and which is next.

As :class:`suyuan.trace.lineage.question.Frontier` and the heaps of ``forward`` and ``backward``.
"""

from __future__ import annotations

import numpy as np

from suyuan.trace.lineage.compiled.machine import walking
from suyuan.trace.lineage.compiled.scratch import (
    FULL,
    GROUPS,
    HEAP,
    LABELS,
    PASSAGES,
    TOUCHED,
    Scratch,
)
from suyuan.trace.lineage.compiled.tables import NONE
from suyuan.trace.lineage.statement import EVER


@walking
def begin(s: Scratch) -> None:
    """Nothing is in use."""
    for which in range(len(s.used)):
        s.used[which] = 0
    s.along.used[0] = s.along.used[1] = 0


@walking
def slot_of(s: Scratch, node: int) -> int:
    """Where a node stands in the list of those touched, or NONE."""
    slot = s.seats[node]
    if 0 <= slot < s.used[TOUCHED] and s.reached[slot].node == node:
        return slot
    return NONE


@walking
def touch(s: Scratch, node: int) -> int:
    """The place of a node in the list of those touched; it is put there if it was not."""
    slot = slot_of(s, node)
    if slot != NONE:
        return slot
    slot = s.used[TOUCHED]
    if slot == len(s.reached):
        s.used[FULL] = 1
        return NONE
    s.used[TOUCHED] = slot + 1
    s.seats[node] = slot
    s.reached[slot].node = node
    s.reached[slot].first_label = NONE
    s.reached[slot].whole = 0
    s.reached[slot].through = 0
    s.reached[slot].peak = np.nan
    s.reached[slot].peak_uom = NONE
    s.reached[slot].peak_known = True
    s.reached[slot].seed_end = EVER
    return slot


@walking
def covers(s: Scratch, label: int, start: int, end: int, possible: bool, depth: int) -> bool:
    """Whether whatever follows from the path described follows from ``label`` too."""
    return (
        s.labels[label].start <= start
        and s.labels[label].end >= end
        and s.labels[label].possible <= possible
        and s.labels[label].depth <= depth
    )


@walking
def admit(s: Scratch, node: int, start: int, end: int, possible: bool, depth: int) -> int:
    """A new label, unless it is covered; those that it covers are put out. NONE if it is not new."""
    slot = touch(s, node)
    if slot == NONE:
        return NONE
    label = s.reached[slot].first_label
    while label != NONE:
        if covers(s, label, start, end, possible, depth):
            return NONE
        label = s.labels[label].next
    before, label = NONE, s.reached[slot].first_label
    while label != NONE:
        after = s.labels[label].next
        if (
            start <= s.labels[label].start
            and end >= s.labels[label].end
            and possible <= s.labels[label].possible
            and depth <= s.labels[label].depth
        ):
            s.labels[label].alive = False
            if before == NONE:
                s.reached[slot].first_label = after
            else:
                s.labels[before].next = after
        else:
            before = label
        label = after
    label = write(s, node, start, end, possible, depth)
    if label != NONE:
        s.labels[label].next = s.reached[slot].first_label
        s.reached[slot].first_label = label
    return label


@walking
def write(s: Scratch, node: int, start: int, end: int, possible: bool, depth: int) -> int:
    """A label that is on no list yet."""
    label = s.used[LABELS]
    if label == len(s.labels):
        s.used[FULL] = 1
        return NONE
    s.used[LABELS] = label + 1
    s.labels[label].node = node
    s.labels[label].start = start
    s.labels[label].end = end
    s.labels[label].possible = possible
    s.labels[label].depth = depth
    s.labels[label].alive = True
    s.labels[label].next = NONE
    return label


@walking
def push(s: Scratch, label: int, forward: bool) -> None:
    """Put a label on the heap: certain and early ones (backward: late ones) come first, and shallow ones."""
    at = s.used[HEAP]
    if at == len(s.heap):
        s.used[FULL] = 1
        return
    s.used[HEAP] = at + 1
    while at > 0:
        above = (at - 1) >> 1
        if not before(s, label, s.heap[above], forward):
            break
        s.heap[at] = s.heap[above]
        at = above
    s.heap[at] = label


@walking
def pop(s: Scratch, forward: bool) -> int:
    """Take the first label off the heap; those that were put out since count as well."""
    first = s.heap[0]
    size = s.used[HEAP] - 1
    s.used[HEAP] = size
    last, at = s.heap[size], 0
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        if below + 1 < size and before(s, s.heap[below + 1], s.heap[below], forward):
            below += 1
        if not before(s, s.heap[below], last, forward):
            break
        s.heap[at] = s.heap[below]
        at = below
    s.heap[at] = last
    return first


@walking
def before(s: Scratch, one: int, other: int, forward: bool) -> bool:
    """Whether a label is worked off before another."""
    if s.labels[one].possible != s.labels[other].possible:
        return s.labels[one].possible < s.labels[other].possible
    if forward:
        if s.labels[one].start != s.labels[other].start:
            return s.labels[one].start < s.labels[other].start
    elif s.labels[one].end != s.labels[other].end:
        return s.labels[one].end > s.labels[other].end
    return s.labels[one].depth < s.labels[other].depth


@walking
def passes(s: Scratch, group: int, at: int, possible: bool, depth: int, forward: bool) -> bool:
    """Whether going through a group gives anything that an earlier passage did not give; it is noted."""
    slot = s.group_seats[group]
    if not (0 <= slot < s.used[GROUPS] and s.gone[slot].group == group):
        slot = s.used[GROUPS]
        if slot == len(s.gone):
            s.used[FULL] = 1
            return False
        s.used[GROUPS] = slot + 1
        s.group_seats[group] = slot
        s.gone[slot].group = group
        s.gone[slot].first_passage = NONE
    passage = s.gone[slot].first_passage
    while passage != NONE:
        earlier = s.passages[passage]
        # Whether a way is certain depends on its times: no later than this one, backward no earlier.
        as_early = possible or (earlier.at <= at if forward else earlier.at >= at)
        if as_early and earlier.possible <= possible and earlier.depth <= depth:
            return False
        passage = earlier.next
    passage = s.used[PASSAGES]
    if passage == len(s.passages):
        s.used[FULL] = 1
        return False
    s.used[PASSAGES] = passage + 1
    s.passages[passage].at = at
    s.passages[passage].possible = possible
    s.passages[passage].depth = depth
    s.passages[passage].next = s.gone[slot].first_passage
    s.gone[slot].first_passage = passage
    return True
