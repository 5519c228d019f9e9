"""Influence against time where nothing is supposed, in machine code (law of tracing §7).

Where neither depth counts nor a container or a place passes on, only *until when* a node may have passed on
matters. So a node needs one label, or few, and no row of its own: the answer is that of
:mod:`suyuan.trace.lineage.compiled.backward`, in less than half the time. What made a node is followed first,
the latest first; the containers of a node once, when all is known of it.
"""

from __future__ import annotations

from suyuan.trace.lineage.compiled.asked import Asked
from suyuan.trace.lineage.compiled.forward import all_of_its_lot, killed
from suyuan.trace.lineage.compiled.labels import passes, pop, push, take, touch, write
from suyuan.trace.lineage.compiled.machine import inlined, walking
from suyuan.trace.lineage.compiled.scratch import (
    FULL,
    HEAP,
    INSIDE,
    LABELS,
    PUT_OUT,
    SEEDS,
    TOUCHED,
    WAITING,
    WORKED_OFF,
    Scratch,
)
from suyuan.trace.lineage.compiled.tables import NONE, POSSIBLE, VOID, Tables
from suyuan.trace.lineage.statement import EVER

_MADE, _HELD, _LISTED = 1, 2, 4
"""What leads on from a node: what made it, or its lot; its containers; and whether these wait."""


@inlined
def supposes_nothing(asked: Asked) -> bool:
    """Whether a question is of the kind that :func:`origins` answers. Suspect places are not."""
    return (
        asked.depth == NONE
        and len(asked.crates) == 0
        and len(asked.floors) == 0
        and len(asked.presences) == 0
    )


@inlined
def origins(t: Tables, s: Scratch, asked: Asked) -> None:
    """The labels of everything that may have reached the suspects, whose seeds are written already.

    They hang together per node, from one that ``is_first``; a label without mask is covered by others.
    """
    for slot in range(s.used[TOUCHED]):
        seed = s.reached[slot].first_seed
        if not t.nodes[s.reached[slot].node].is_place:
            _out_of(t, s, seed)
            while seed != NONE:
                _follow(t, s, asked, seed)
                seed = s.labels[seed].next
    read = held = 0
    while s.used[FULL] == 0:
        while read < s.used[LABELS] - s.used[SEEDS]:
            _read(t, s, s.used[SEEDS] + read)
            read += 1
        if s.used[HEAP] > 0:
            label = pop(s, False)
            if s.labels[label].fate == WAITING:
                s.labels[label].fate = WORKED_OFF
                _follow(t, s, asked, label)
        elif held < s.used[INSIDE]:
            first = s.inside[held]
            held += 1
            s.labels[first].leads &= ~_LISTED
            _out_of(t, s, first)
        else:
            break


@inlined
def _read(t: Tables, s: Scratch, label: int) -> None:
    """What leads on from a label that was written."""
    first = label
    if s.labels[label].is_first:
        node = t.nodes[s.labels[label].node]
        if node.is_place:  # it passes on by none of these steps (§6)
            s.labels[label].is_first = False
            return
        leads = 0
        if node.first_production != NONE or node.lot != NONE:
            leads |= _MADE
        if node.first_container != NONE:
            leads |= _HELD
        s.labels[label].leads = leads
    else:
        first = s.label_seats[s.labels[label].node]
    if s.labels[first].leads & _MADE:
        push(s, label, False)
    _list(s, first)


@inlined
def _list(s: Scratch, first: int) -> None:
    """The containers of a node are followed later, if it has any and does not wait already."""
    if s.labels[first].leads & (_HELD | _LISTED) == _HELD:
        at = take(s, INSIDE, len(s.inside))
        if at != NONE:
            s.inside[at] = first
            s.labels[first].leads |= _LISTED


@inlined
def _reach(s: Scratch, node: int, end: int, possible: bool, mask: int) -> None:
    """It has to be affected before ``end``."""
    first = s.label_seats[node]
    if s.used[SEEDS] <= first < s.used[LABELS] and s.labels[first].node == node:
        label = s.labels[first]
        if label.possible > possible or label.end < end or mask & ~label.mask:
            _once_more(s, first, end, possible, mask)
        return
    row = write(s, node, EVER, end, possible, 0, mask)
    if row != NONE:
        s.label_seats[node] = row
        s.labels[row].is_first = True


@walking
def _once_more(s: Scratch, first: int, end: int, possible: bool, mask: int) -> None:
    """Another label of a node, of the suspects for which no other covers it."""
    number = first
    while number != NONE:
        label = s.labels[number]
        if label.possible <= possible and label.end >= end:
            mask &= ~label.mask
            if mask == 0:
                return
        number = label.next
    before, number = NONE, first
    while number != NONE:
        label = s.labels[number]
        if label.end == end and label.possible == possible and label.fate == WAITING:
            label.mask |= mask
            _list(s, first)
            return
        if label.possible >= possible and label.end <= end:
            label.mask &= ~mask
        if label.mask == 0:
            label.fate = PUT_OUT
            if number != first:
                s.labels[before].next = label.next
                number = before
        before = number
        number = s.labels[number].next
    row = write(s, s.labels[first].node, EVER, end, possible, 0, mask)
    if row != NONE:
        s.labels[row].next = s.labels[first].next
        s.labels[first].next = row


@inlined
def _follow(t: Tables, s: Scratch, asked: Asked, number: int) -> None:
    """Back to what went into what is labelled, and to its lot."""
    of = s.labels[number]
    row = t.nodes[of.node].first_production
    while row != NONE:
        made = t.productions[row]
        if made.at < of.end and not killed(t, asked, made.by):
            mask = passes(s, made.group, made.at, of.possible, 0, of.mask, False)
            if mask != 0:
                _into(t, s, asked, made.group, made.at, of.possible, mask)
        row = made.next
    lot = t.nodes[of.node].lot
    if lot != NONE and t.nodes[of.node].birth < of.end:
        _reach(s, lot, of.end, of.possible, of.mask)


@inlined
def _into(t: Tables, s: Scratch, asked: Asked, group: int, then: int, possible: bool, mask: int) -> None:
    """Everything that went into a group is reached."""
    row = t.groups[group].first_consumption
    while row != NONE:
        eaten = t.consumptions[row]
        if not eaten.marks & VOID and not killed(t, asked, eaten.by):
            unsure = possible or (eaten.marks & POSSIBLE) != 0 or eaten.at > then
            _reach(s, eaten.node, eaten.at + 1, unsure, mask)
        row = eaten.next_of_group


@inlined
def _out_of(t: Tables, s: Scratch, first: int) -> None:
    """Back to the containers of a node, for all its labels at once."""
    row = t.nodes[s.labels[first].node].first_container
    while row != NONE:
        inside = t.containments[row]
        if inside.start < inside.end:
            sure = all_of_its_lot(t, row)
            number = first
            while number != NONE:
                of = s.labels[number]
                if inside.start < of.end and of.mask != 0:
                    _reach(s, inside.parent, min(of.end, inside.end), of.possible or not sure, of.mask)
                number = of.next
        row = inside.next_container


@inlined
def labels_of_suspects(s: Scratch) -> None:
    """The labels of nodes that are suspects as well go to their rows."""
    for slot in range(s.used[TOUCHED]):
        first, node = s.label_seats[s.reached[slot].node], s.reached[slot].node
        is_there = s.used[SEEDS] <= first < s.used[LABELS] and s.labels[first].node == node
        if is_there and s.labels[first].is_first:
            s.labels[first].is_first = False
            s.reached[slot].first_label = first


@inlined
def labels_of_all(s: Scratch) -> None:
    """Every node has a row with its labels: what walks beyond the labels goes from there."""
    for number in range(s.used[SEEDS], s.used[LABELS]):
        if s.labels[number].is_first:
            slot = touch(s, s.labels[number].node)
            if slot != NONE:
                s.reached[slot].first_label = number
