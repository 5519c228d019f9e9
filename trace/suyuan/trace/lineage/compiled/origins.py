"""Influence against time where nothing is supposed, in machine code (law of tracing §7).

Where neither depth counts nor a container or a place passes on, only *until when* a node may have passed on
matters. So a node needs one label, or few, and no row of its own: the answer is that of
:mod:`suyuan.trace.lineage.compiled.backward`, in a third of the time. What made a node is followed first,
the latest first. When all that is known, the containers of all nodes are followed in rounds, one of each
node at a time: each row was asked from memory a round before, so nobody waits for a line of containers that
lie far apart.
"""

from __future__ import annotations

from suyuan.trace.lineage.compiled.asked import Asked
from suyuan.trace.lineage.compiled.forward import all_of_its_lot, killed
from suyuan.trace.lineage.compiled.labels import passes, pop, push, take, touch, write
from suyuan.trace.lineage.compiled.machine import fetch, inlined, walking
from suyuan.trace.lineage.compiled.scratch import (
    FULL,
    HEAP,
    HELD,
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

_MADE, _IN_SOME, _UNDER_WAY, _ONCE_MORE = 1, 2, 4, 8
"""What leads on from a node: what made it, or its lot; its containers; whether these are being followed, and
whether they have to be once more, since it got another label meanwhile."""


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
        suspect = t.nodes[s.reached[slot].node]
        if not suspect.is_place:
            _hold(t, s, seed, suspect.first_container)
            while seed != NONE:
                _follow(t, s, asked, seed)
                seed = s.labels[seed].next
    while s.used[FULL] == 0:
        if s.used[HEAP] > 0:
            label = pop(s, False)
            if s.labels[label].fate == WAITING:
                s.labels[label].fate = WORKED_OFF
                _follow(t, s, asked, label)
        elif s.used[HELD] > 0:
            _out_of(t, s)
        else:
            break


@inlined
def _hold(t: Tables, s: Scratch, first: int, row: int) -> None:
    """The containers of a node are followed later, from ``row`` on."""
    if row != NONE:
        at = take(s, HELD, len(s.held))
        if at != NONE:
            s.held[at].first, s.held[at].row = first, row
            fetch(t.containments, row)


@inlined
def _reach(t: Tables, s: Scratch, node: int, end: int, possible: bool, mask: int) -> None:
    """It has to be affected before ``end``."""
    first = s.label_seats[node]
    if s.used[SEEDS] <= first < s.used[LABELS] and s.labels[first].node == node:
        label = s.labels[first]
        if label.possible > possible or label.end < end or mask & ~label.mask:
            _once_more(t, s, first, end, possible, mask)
        return
    number = write(s, node, EVER, end, possible, 0, mask)
    if number != NONE:
        s.label_seats[node] = number
        reached = t.nodes[node]
        if reached.is_place:  # it passes on by none of these steps, and is not told of (§6)
            return
        leads = 0
        if reached.first_production != NONE or reached.lot != NONE:
            leads = _MADE
            push(s, number, False)
        if reached.first_container != NONE:
            leads |= _IN_SOME | _UNDER_WAY
            _hold(t, s, number, reached.first_container)
        s.labels[number].is_first, s.labels[number].leads = True, leads


@walking
def _once_more(t: Tables, s: Scratch, first: int, end: int, possible: bool, mask: int) -> None:
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
            _hold_again(t, s, first)
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
    number = write(s, s.labels[first].node, EVER, end, possible, 0, mask)
    if number != NONE:
        s.labels[number].next = s.labels[first].next
        s.labels[first].next = number
        _lead_on(t, s, first, number)


@inlined
def _lead_on(t: Tables, s: Scratch, first: int, number: int) -> None:
    """Another label of a node leads on as the first one does."""
    if s.labels[first].leads & _MADE:
        push(s, number, False)
    _hold_again(t, s, first)


@inlined
def _hold_again(t: Tables, s: Scratch, first: int) -> None:
    """The containers of a node are followed for a new label: now, or after they were for others."""
    leads = s.labels[first].leads
    if leads & _UNDER_WAY:
        s.labels[first].leads = leads | _ONCE_MORE
    elif leads & _IN_SOME:
        s.labels[first].leads = leads | _UNDER_WAY
        _hold(t, s, first, t.nodes[s.labels[first].node].first_container)


@inlined
def _follow(t: Tables, s: Scratch, asked: Asked, number: int) -> None:
    """Back to what went into what is labelled, and to its lot."""
    of = s.labels[number]
    node, end, possible, suspects = of.node, of.end, of.possible, of.mask
    row = t.nodes[node].first_production
    while row != NONE:
        made = t.productions[row]
        if made.at < end and not killed(t, asked, made.by):
            mask = passes(s, made.group, made.at, possible, 0, suspects, False)
            if mask != 0:
                _into(t, s, asked, made.group, made.at, possible, mask)
        row = made.next
    lot = t.nodes[node].lot
    if lot != NONE and t.nodes[node].birth < end:
        _reach(t, s, lot, end, possible, suspects)


@inlined
def _into(t: Tables, s: Scratch, asked: Asked, group: int, then: int, possible: bool, mask: int) -> None:
    """Everything that went into a group is reached."""
    row = t.groups[group].first_consumption
    while row != NONE:
        eaten = t.consumptions[row]
        if not eaten.marks & VOID and not killed(t, asked, eaten.by):
            unsure = possible or (eaten.marks & POSSIBLE) != 0 or eaten.at > then
            _reach(t, s, eaten.node, eaten.at + 1, unsure, mask)
        row = eaten.next_of_group


@inlined
def _out_of(t: Tables, s: Scratch) -> None:
    """One round: back to one container of each node, for all labels that it has by now."""
    kept = at = 0
    while at < s.used[HELD]:
        first, row = s.held[at].first, s.held[at].row
        at += 1
        inside = t.containments[row]
        following = inside.next_container
        if following == NONE:
            following = _last(t, s, first)
        if following != NONE:
            fetch(t.containments, following)
            s.held[kept].first, s.held[kept].row = first, following
            kept += 1
        if inside.start < inside.end:
            number = first
            while number != NONE:
                of = s.labels[number]
                if inside.start < of.end and of.mask != 0:
                    possible = of.possible or not all_of_its_lot(t, row)
                    _reach(t, s, inside.parent, min(of.end, inside.end), possible, of.mask)
                number = of.next
    s.used[HELD] = kept


@inlined
def _last(t: Tables, s: Scratch, first: int) -> int:
    """All containers of a node were followed; where to begin once more, or NONE."""
    leads = s.labels[first].leads
    if leads & _ONCE_MORE:
        s.labels[first].leads = leads & ~_ONCE_MORE
        return int(t.nodes[s.labels[first].node].first_container)
    s.labels[first].leads = leads & ~_UNDER_WAY
    return NONE


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
