"""Influence against time, in machine code: as :mod:`suyuan.trace.lineage.backward` (law of tracing §7)."""

from __future__ import annotations

from suyuan.trace.lineage.compiled.asked import Asked, deeper, first_presence
from suyuan.trace.lineage.compiled.forward import all_of_its_lot, killed
from suyuan.trace.lineage.compiled.labels import admit, begin, passes, pop, push, touch, write
from suyuan.trace.lineage.compiled.machine import walking
from suyuan.trace.lineage.compiled.scratch import FULL, HEAP, LABELS, SEEDS, Scratch
from suyuan.trace.lineage.compiled.tables import NONE, POSSIBLE, VOID, Tables
from suyuan.trace.lineage.statement import EVER


@walking
def influence_back(t: Tables, s: Scratch, asked: Asked) -> None:
    """The labels of everything that may have reached the suspects.

    The suspects themselves are seeds: the first labels, on no node's list, for they are reported as given.
    """
    begin(s)
    for number in range(len(asked.suspects)):
        if asked.suspects[number].start < asked.suspects[number].end:
            slot = touch(s, asked.suspects[number].node)
            if slot != NONE:
                s.reached[slot].seed_end = max(s.reached[slot].seed_end, asked.suspects[number].end)
            write(s, asked.suspects[number].node, EVER, asked.suspects[number].end, False, 0)
    s.used[SEEDS] = s.used[LABELS]
    for number in range(len(asked.suspects)):
        start, end = asked.suspects[number].start, asked.suspects[number].end
        if start < end and t.nodes[asked.suspects[number].node].is_place:
            _were_there(s, asked, asked.suspects[number].node, start, end, EVER, end)
    for seed in range(s.used[SEEDS]):
        _expand(t, s, asked, seed)
    while s.used[HEAP] > 0 and s.used[FULL] == 0:
        label = pop(s, False)
        if s.labels[label].alive:
            _expand(t, s, asked, label)


@walking
def _reach(s: Scratch, asked: Asked, node: int, start: int, end: int, possible: bool, depth: int) -> None:
    """It has to be affected in [start, end); when it began matters only where contamination can end."""
    if start < end:
        exact = len(asked.crates) > 0 or len(asked.floors) > 0
        label = admit(s, node, start if exact else EVER, end, possible, depth)
        if label != NONE:
            push(s, label, False)


@walking
def _were_there(s: Scratch, asked: Asked, place: int, start: int, end: int, since: int, until: int) -> None:
    """What was at a suspect place during [start, end)."""
    row = first_presence(asked, place, 0)
    while row < len(asked.presences) and asked.presences[row].place == place:
        low = max(start, asked.presences[row].start, since)
        high = min(end, asked.presences[row].end, until)
        _reach(s, asked, asked.presences[row].node, low, high, False, 0)
        row += 1


@walking
def _expand(t: Tables, s: Scratch, asked: Asked, label: int) -> None:
    if t.nodes[s.labels[label].node].is_place:
        _cross_place(s, asked, label)
        return
    _transform(t, s, asked, label)
    _contain(t, s, asked, label)
    _member(t, s, asked, label)
    if len(asked.crates) > 0 or len(asked.floors) > 0:
        _cross(t, s, asked, label)


@walking
def _transform(t: Tables, s: Scratch, asked: Asked, label: int) -> None:
    depth = deeper(asked, s.labels[label].depth)
    if depth == NONE:
        return
    end, possible = s.labels[label].end, s.labels[label].possible
    made = t.nodes[s.labels[label].node].first_production
    while made != NONE:
        then, group = t.productions[made].at, t.productions[made].group
        if (
            then < end
            and not killed(t, asked, t.productions[made].by)
            and passes(s, group, then, possible, depth, False)
        ):
            row = t.groups[group].first_consumption
            while row != NONE:
                flags = t.consumptions[row].marks
                if not flags & VOID and not killed(t, asked, t.consumptions[row].by):
                    at = t.consumptions[row].at
                    unsure = possible or (flags & POSSIBLE) != 0 or at > then
                    _reach(s, asked, t.consumptions[row].node, at, at + 1, unsure, depth)
                row = t.consumptions[row].next_of_group
        made = t.productions[made].next


@walking
def _contain(t: Tables, s: Scratch, asked: Asked, label: int) -> None:
    row = t.nodes[s.labels[label].node].first_container
    while row != NONE:
        if t.containments[row].start < s.labels[label].end:
            possible = s.labels[label].possible or not all_of_its_lot(t, row)
            end = min(s.labels[label].end, t.containments[row].end)
            _reach(
                s,
                asked,
                t.containments[row].parent,
                t.containments[row].start,
                end,
                possible,
                s.labels[label].depth,
            )
        row = t.containments[row].next_container


@walking
def _member(t: Tables, s: Scratch, asked: Asked, label: int) -> None:
    lot = t.nodes[s.labels[label].node].lot
    if lot != NONE:
        start = max(t.nodes[s.labels[label].node].birth, s.labels[label].start)
        _reach(s, asked, lot, start, s.labels[label].end, s.labels[label].possible, s.labels[label].depth)


@walking
def _cross(t: Tables, s: Scratch, asked: Asked, label: int) -> None:
    node, possible, depth = s.labels[label].node, s.labels[label].possible, s.labels[label].depth
    for crate in asked.crates:
        if crate.node == node and s.labels[label].start < crate.end:
            row = t.nodes[node].first_content
            while row != NONE:
                low = max(t.containments[row].start, crate.start)
                high = min(t.containments[row].end, crate.end, s.labels[label].end)
                _reach(s, asked, t.containments[row].child, low, high, possible, depth)
                row = t.containments[row].next_content
    for floor in range(len(asked.floors)):
        place = asked.floors[floor].node
        row = first_presence(asked, place, node)
        while row < len(asked.presences) and (
            asked.presences[row].place == place and asked.presences[row].node == node
        ):
            low = max(asked.presences[row].start, asked.floors[floor].start)
            high = min(asked.presences[row].end, asked.floors[floor].end, s.labels[label].end)
            _reach(s, asked, place, low, high, possible, depth)
            row += 1


@walking
def _cross_place(s: Scratch, asked: Asked, label: int) -> None:
    """What was at a place that passes on: anything there before may have brought it."""
    place = s.labels[label].node
    for floor in range(len(asked.floors)):
        if asked.floors[floor].node != place or s.labels[label].start >= asked.floors[floor].end:
            continue
        until = min(asked.floors[floor].end, s.labels[label].end)
        row = first_presence(asked, place, 0)
        while row < len(asked.presences) and asked.presences[row].place == place:
            low = max(asked.presences[row].start, asked.floors[floor].start)
            high = min(asked.presences[row].end, until)
            node, possible, depth = asked.presences[row].node, s.labels[label].possible, s.labels[label].depth
            _reach(s, asked, node, low, high, possible, depth)
            row += 1
