"""Labels in machine code: which paths reached a node, of which none covers another, and which is next.

As :class:`suyuan.trace.lineage.question.Frontier` and the heaps of ``forward`` and ``backward``.
"""

from __future__ import annotations

import numpy as np

from suyuan.trace.lineage.compiled.machine import inlined
from suyuan.trace.lineage.compiled.scratch import (
    FULL,
    GROUPS,
    HEAP,
    LABELS,
    PASSAGES,
    PUT_OUT,
    TOUCHED,
    WAITING,
    Scratch,
)
from suyuan.trace.lineage.compiled.tables import NONE
from suyuan.trace.lineage.statement import EVER


@inlined
def begin(s: Scratch) -> None:
    """Nothing is in use."""
    for which in range(len(s.used)):
        s.used[which] = 0


@inlined
def take(s: Scratch, which: int, most: int) -> int:
    """The next row of a list that has room for ``most``; NONE, and the scratch is full, if that was all."""
    row = s.used[which]
    if row == most:
        s.used[FULL] = 1
        return NONE
    s.used[which] = row + 1
    return row


@inlined
def slot_of(s: Scratch, node: int) -> int:
    """Where a node stands in the list of those touched, or NONE."""
    slot = s.seats[node]
    if 0 <= slot < s.used[TOUCHED] and s.reached[slot].node == node:
        return slot
    return NONE


@inlined
def touch(s: Scratch, node: int) -> int:
    """The place of a node in the list of those touched; it is put there if it was not."""
    slot = slot_of(s, node)
    if slot != NONE:
        return slot
    slot = take(s, TOUCHED, len(s.reached))
    if slot != NONE:
        s.seats[node] = slot
        reached = s.reached[slot]
        reached.node = node
        reached.first_label = reached.first_seed = NONE
        reached.whole = reached.through = 0
        reached.peak, reached.peak_uom, reached.peak_known = np.nan, NONE, True
        reached.made = reached.given = False
        reached.seed_end = EVER
    return slot


@inlined
def admit(s: Scratch, node: int, start: int, end: int, possible: bool, depth: int, mask: int) -> int:
    """A new label of the suspects in ``mask``, less those for which another label covers it.

    Others are put out for the suspects for which it covers them. NONE if nothing is new, or if a label that
    still waits says the same of other suspects and now of these.
    """
    slot = touch(s, node)
    if slot == NONE:
        return NONE
    number = s.reached[slot].first_label
    if number != NONE:
        mask = _uncovered(s, number, start, end, possible, depth, mask)
        if mask == 0:
            return NONE
        _put_out(s, slot, start, end, possible, depth, mask)
    number = write(s, node, start, end, possible, depth, mask)
    if number != NONE:
        s.labels[number].next = s.reached[slot].first_label
        s.reached[slot].first_label = number
    return number


@inlined
def _uncovered(s: Scratch, number: int, start: int, end: int, possible: bool, depth: int, mask: int) -> int:
    """For which suspects no label of a line covers a new one; 0 too if one that still waits takes them."""
    equal = NONE
    while number != NONE:
        label = s.labels[number]
        if label.start <= start and label.end >= end and label.possible <= possible and label.depth <= depth:
            mask &= ~label.mask
            exactly = label.start == start and label.end == end
            if exactly and label.possible == possible and label.depth == depth and label.fate == WAITING:
                equal = number
        number = label.next
    if mask != 0 and equal != NONE:
        s.labels[equal].mask |= mask
        return 0
    return mask


@inlined
def _put_out(s: Scratch, slot: int, start: int, end: int, possible: bool, depth: int, mask: int) -> None:
    """Take the suspects in ``mask`` from the labels that a new one covers, and those left without off."""
    before, number = NONE, s.reached[slot].first_label
    while number != NONE:
        label = s.labels[number]
        after = label.next
        if start <= label.start and end >= label.end and possible <= label.possible and depth <= label.depth:
            label.mask &= ~mask
        if label.mask == 0:
            label.fate = PUT_OUT
            if before == NONE:
                s.reached[slot].first_label = after
            else:
                s.labels[before].next = after
        else:
            before = number
        number = after


@inlined
def write(s: Scratch, node: int, start: int, end: int, possible: bool, depth: int, mask: int) -> int:
    """A label that is on no list yet."""
    number = take(s, LABELS, len(s.labels))
    if number != NONE:
        label = s.labels[number]
        label.node, label.start, label.end = node, start, end
        label.possible, label.depth, label.mask = possible, depth, mask
        label.fate, label.next = WAITING, NONE
        label.is_first, label.leads = False, 0
    return number


@inlined
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


@inlined
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


@inlined
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


@inlined
def passes(s: Scratch, group: int, at: int, possible: bool, depth: int, mask: int, forward: bool) -> int:
    """For which suspects going through a group gives what no earlier passage gave; it is noted."""
    slot = s.group_seats[group]
    if not (0 <= slot < s.used[GROUPS] and s.gone[slot].group == group):
        slot = take(s, GROUPS, len(s.gone))
        if slot == NONE:
            return 0
        s.group_seats[group] = slot
        s.gone[slot].group = group
        s.gone[slot].first_passage = NONE
    number = s.gone[slot].first_passage
    while number != NONE:
        earlier = s.passages[number]
        # Whether a way is certain depends on its times: no later than this one, backward no earlier.
        as_early = possible or (earlier.at <= at if forward else earlier.at >= at)
        if as_early and earlier.possible <= possible and earlier.depth <= depth:
            mask &= ~earlier.mask
            if mask == 0:
                return 0
        number = earlier.next
    number = take(s, PASSAGES, len(s.passages))
    if number == NONE:
        return 0
    passage = s.passages[number]
    passage.at, passage.possible, passage.depth, passage.mask = at, possible, depth, mask
    passage.next = s.gone[slot].first_passage
    s.gone[slot].first_passage = number
    return mask
