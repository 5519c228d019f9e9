"""Influence with time, in machine code: as :mod:`suyuan.trace.lineage.forward` (law of tracing §6)."""

from __future__ import annotations

import numpy as np

from suyuan.trace.lineage.compiled.asked import Asked, among, deeper, first_presence
from suyuan.trace.lineage.compiled.labels import admit, begin, passes, pop, push, touch
from suyuan.trace.lineage.compiled.machine import inlined
from suyuan.trace.lineage.compiled.scratch import FULL, HEAP, MAYBE, SURELY, WAITING, WORKED_OFF, Scratch
from suyuan.trace.lineage.compiled.tables import NONE, POSSIBLE, VOID, Tables
from suyuan.trace.lineage.records import ENOUGH
from suyuan.trace.lineage.statement import NEVER


@inlined
def influence(t: Tables, s: Scratch, asked: Asked) -> None:
    """The labels of everything that the suspects may have reached.

    The work is that of the labels found and the rows beside them.
    """
    begin(s)
    for number in range(len(asked.suspects)):
        start, end = asked.suspects[number].start, asked.suspects[number].end
        if start < end:
            _whole(s, asked.suspects[number].node, True)
            _reach(t, s, asked, asked.suspects[number].node, start, end, False, 0)
    while s.used[HEAP] > 0 and s.used[FULL] == 0:
        label = pop(s, True)
        if s.labels[label].fate == WAITING:
            s.labels[label].fate = WORKED_OFF
            if t.nodes[s.labels[label].node].is_place:
                _from_place(t, s, asked, label)
            else:
                _transform(t, s, asked, label)
                _contain(t, s, asked, label)
                _member(t, s, asked, label)
                _cross(t, s, asked, label)


@inlined
def _reach(
    t: Tables, s: Scratch, asked: Asked, node: int, start: int, end: int, possible: bool, depth: int
) -> None:
    """A path reached a node; it is worked off later, if anything can follow from it."""
    label = admit(s, node, start, end, possible, depth, 1)
    if label == NONE:
        return
    reached = t.nodes[node]
    if (
        reached.first_consumption != NONE
        or reached.first_content != NONE
        or reached.first_member != NONE
        or reached.is_place
        or len(asked.crates) > 0
        or len(asked.floors) > 0
    ):
        push(s, label, True)


@inlined
def _whole(s: Scratch, node: int, certain: bool) -> None:
    """It is reached other than by transform, member or contain: all of it then is."""
    slot = touch(s, node)
    if slot != NONE:
        s.reached[slot].whole = max(s.reached[slot].whole, SURELY if certain else MAYBE)


@inlined
def killed(t: Tables, asked: Asked, statement: int) -> bool:
    """Whether the investigator supposes that influence stops at this statement (§4.4)."""
    if len(asked.killed_statements) > 0 and among(asked.killed_statements, statement):
        return True
    return len(asked.killed_sites) > 0 and among(asked.killed_sites, t.statements[statement].site)


@inlined
def all_of_its_lot(t: Tables, row: int) -> bool:
    """Whether what is inside is as certain as its container: nothing of the lot is elsewhere (§6)."""
    inside = t.containments[row]
    if not inside.is_class:
        return True
    if np.isnan(inside.peak):  # nobody knows how much: nothing else has to be looked at
        return False
    lot = t.nodes[inside.child]
    # An amount that nobody knows is NaN, and compares as False.
    return bool(inside.uom == lot.made_uom and inside.peak >= lot.made - ENOUGH)


@inlined
def _transform(t: Tables, s: Scratch, asked: Asked, label: int) -> None:
    depth = deeper(asked, s.labels[label].depth)
    if depth == NONE:
        return
    start, end, possible = s.labels[label].start, s.labels[label].end, s.labels[label].possible
    row = t.nodes[s.labels[label].node].first_consumption
    while row != NONE:
        at, flags = t.consumptions[row].at, t.consumptions[row].marks
        if start <= at < end and not flags & VOID and not killed(t, asked, t.consumptions[row].by):
            unsure = possible or (flags & POSSIBLE) != 0
            group = t.consumptions[row].group
            if passes(s, group, at, unsure, depth, 1, True):
                made = t.groups[group].first_production
                while made != NONE:
                    if not killed(t, asked, t.productions[made].by):
                        then = t.productions[made].at
                        _reach(t, s, asked, t.productions[made].node, then, NEVER, unsure or at > then, depth)
                    made = t.productions[made].next_of_group
        row = t.consumptions[row].next


@inlined
def _contain(t: Tables, s: Scratch, asked: Asked, label: int) -> None:
    row = t.nodes[s.labels[label].node].first_content
    while row != NONE:
        low = max(s.labels[label].start, t.containments[row].start)
        if low < min(s.labels[label].end, t.containments[row].end):
            possible = s.labels[label].possible or not all_of_its_lot(t, row)
            _led_to(t, s, row, not possible)
            _reach(t, s, asked, t.containments[row].child, low, NEVER, possible, s.labels[label].depth)
        row = t.containments[row].next_content


@inlined
def _led_to(t: Tables, s: Scratch, row: int, certain: bool) -> None:
    """Note that a containment led to what is in it, and of a lot the most that ever was inside (§8)."""
    slot = touch(s, t.containments[row].child)
    if slot == NONE:
        return
    s.reached[slot].through = max(s.reached[slot].through, SURELY if certain else MAYBE)
    if not t.containments[row].is_class:
        return
    peak, known = t.containments[row].peak, s.reached[slot].peak
    if np.isnan(peak) or (not np.isnan(known) and s.reached[slot].peak_uom != t.containments[row].uom):
        s.reached[slot].peak_known = False
    elif np.isnan(known) or peak > known:
        s.reached[slot].peak = peak
        s.reached[slot].peak_uom = t.containments[row].uom


@inlined
def _member(t: Tables, s: Scratch, asked: Asked, label: int) -> None:
    instance = t.nodes[s.labels[label].node].first_member
    while instance != NONE:
        low = max(s.labels[label].start, t.nodes[instance].birth)
        if low < s.labels[label].end:
            _reach(
                t,
                s,
                asked,
                instance,
                low,
                s.labels[label].end,
                s.labels[label].possible,
                s.labels[label].depth,
            )
        instance = t.nodes[instance].next_member


@inlined
def _from_place(t: Tables, s: Scratch, asked: Asked, label: int) -> None:
    """A suspect place, or one that is supposed to pass on what was there."""
    place, possible = s.labels[label].node, s.labels[label].possible
    row = first_presence(asked, place, 0)
    while row < len(asked.presences) and asked.presences[row].place == place:
        low = max(s.labels[label].start, asked.presences[row].start)
        if low < min(s.labels[label].end, asked.presences[row].end):
            _whole(s, asked.presences[row].node, not possible)
            _reach(t, s, asked, asked.presences[row].node, low, NEVER, possible, s.labels[label].depth)
        row += 1


@inlined
def _cross(t: Tables, s: Scratch, asked: Asked, label: int) -> None:
    if len(asked.crates) > 0:
        row = t.nodes[s.labels[label].node].first_container
        while row != NONE:
            parent = t.containments[row].parent
            for crate in asked.crates:
                if crate.node == parent:
                    low = max(t.containments[row].start, crate.start)
                    high = min(t.containments[row].end, crate.end)
                    _contaminate(t, s, asked, parent, label, low, high, crate.end)
            row = t.containments[row].next_container
    for floor in range(len(asked.floors)):
        place = asked.floors[floor].node
        row = first_presence(asked, place, s.labels[label].node)
        while row < len(asked.presences) and (
            asked.presences[row].place == place and asked.presences[row].node == s.labels[label].node
        ):
            low = max(asked.presences[row].start, asked.floors[floor].start)
            high = min(asked.presences[row].end, asked.floors[floor].end)
            _contaminate(t, s, asked, place, label, low, high, asked.floors[floor].end)
            row += 1


@inlined
def _contaminate(
    t: Tables, s: Scratch, asked: Asked, target: int, label: int, low: int, high: int, until: int
) -> None:
    low = max(s.labels[label].start, low)
    if low < min(s.labels[label].end, high):
        _whole(s, target, not s.labels[label].possible)
        _reach(t, s, asked, target, low, until, s.labels[label].possible, s.labels[label].depth)
