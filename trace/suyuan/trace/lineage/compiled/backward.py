"""Influence against time, in machine code: as :mod:`suyuan.trace.lineage.backward` (law of tracing §7)."""

from __future__ import annotations

from suyuan.trace.lineage.compiled.asked import Asked, deeper, first_presence
from suyuan.trace.lineage.compiled.forward import all_of_its_lot, killed
from suyuan.trace.lineage.compiled.labels import admit, begin, passes, pop, push, touch, write
from suyuan.trace.lineage.compiled.machine import inlined
from suyuan.trace.lineage.compiled.origins import origins, supposes_nothing
from suyuan.trace.lineage.compiled.scratch import FULL, HEAP, LABELS, SEEDS, WAITING, WORKED_OFF, Scratch
from suyuan.trace.lineage.compiled.tables import NONE, POSSIBLE, VOID, Tables
from suyuan.trace.lineage.statement import EVER


@inlined
def influence_back(t: Tables, s: Scratch, asked: Asked, apart: bool) -> None:
    """The labels of everything that may have reached the suspects.

    The suspects themselves are seeds: the first labels, on no node's list, for they are reported as given.
    Where nothing is supposed they stand as :mod:`suyuan.trace.lineage.compiled.origins` says.
    ``apart`` tells up to 64 suspects apart: each has a bit, and the labels tell for whom they hold.
    """
    _seed(s, asked, apart)
    if supposes_nothing(asked):
        origins(t, s, asked)
        return
    for number in range(len(asked.suspects)):
        suspect = asked.suspects[number]
        if suspect.start < suspect.end and t.nodes[suspect.node].is_place:
            _were_there(t, s, asked, number, 1 << number if apart else 1)
    for seed in range(s.used[SEEDS]):
        if asked.suspects[seed].start < asked.suspects[seed].end:
            _expand(t, s, asked, seed)
    while s.used[HEAP] > 0 and s.used[FULL] == 0:
        label = pop(s, False)
        if s.labels[label].fate == WAITING:
            s.labels[label].fate = WORKED_OFF
            _expand(t, s, asked, label)


@inlined
def _seed(s: Scratch, asked: Asked, apart: bool) -> None:
    """The suspects' own labels, of the same numbers; that of an empty window is on no list."""
    begin(s)
    for number in range(len(asked.suspects)):
        suspect = asked.suspects[number]
        seed = write(s, suspect.node, EVER, suspect.end, False, 0, 1 << number if apart else 1)
        if suspect.start < suspect.end:
            slot = touch(s, suspect.node)
            if NONE not in (slot, seed):
                s.labels[seed].next = s.reached[slot].first_seed
                s.reached[slot].first_seed = seed
                s.reached[slot].seed_end = max(s.reached[slot].seed_end, suspect.end)
    s.used[SEEDS] = s.used[LABELS]


@inlined
def _reach(
    t: Tables,
    s: Scratch,
    asked: Asked,
    node: int,
    start: int,
    end: int,
    possible: bool,
    depth: int,
    mask: int,
) -> None:
    """It has to be affected in [start, end); when it began matters only where contamination can end.

    It is worked off later, if anything can be behind it.
    """
    if start < end and mask != 0:
        exact = len(asked.crates) > 0 or len(asked.floors) > 0
        label, reached = admit(s, node, start if exact else EVER, end, possible, depth, mask), t.nodes[node]
        more = reached.first_production != NONE or reached.first_container != NONE or reached.lot != NONE
        if label != NONE and (more or exact):
            push(s, label, False)


@inlined
def _step(
    t: Tables,
    s: Scratch,
    asked: Asked,
    node: int,
    start: int,
    end: int,
    possible: bool,
    depth: int,
    mask: int,
) -> None:
    """Back to what is consumed, to a container or a lot; a place passes on by none of these (§6)."""
    if not t.nodes[node].is_place:
        _reach(t, s, asked, node, start, end, possible, depth, mask)


@inlined
def _were_there(t: Tables, s: Scratch, asked: Asked, number: int, mask: int) -> None:
    """What was at a suspect place in its window."""
    place, start, end = asked.suspects[number].node, asked.suspects[number].start, asked.suspects[number].end
    row = first_presence(asked, place, 0)
    while row < len(asked.presences) and asked.presences[row].place == place:
        low = max(start, asked.presences[row].start)
        high = min(end, asked.presences[row].end)
        _reach(t, s, asked, asked.presences[row].node, low, high, False, 0, mask)
        row += 1


@inlined
def _expand(t: Tables, s: Scratch, asked: Asked, label: int) -> None:
    if t.nodes[s.labels[label].node].is_place:
        _cross_place(t, s, asked, label)
        return
    _transform(t, s, asked, label)
    _contain(t, s, asked, label)
    _member(t, s, asked, label)
    if len(asked.crates) > 0 or len(asked.floors) > 0:
        _cross(t, s, asked, label)


@inlined
def _transform(t: Tables, s: Scratch, asked: Asked, label: int) -> None:
    depth = deeper(asked, s.labels[label].depth)
    if depth == NONE:
        return
    end, possible, of = s.labels[label].end, s.labels[label].possible, s.labels[label].mask
    number = t.nodes[s.labels[label].node].first_production
    while number != NONE:
        made = t.productions[number]
        then, mask = made.at, 0
        if then < end and not killed(t, asked, made.by):
            mask = passes(s, made.group, then, possible, depth, of, False)
        if mask != 0:
            row = t.groups[made.group].first_consumption
            while row != NONE:
                eaten = t.consumptions[row]
                if not eaten.marks & VOID and not killed(t, asked, eaten.by):
                    unsure = possible or (eaten.marks & POSSIBLE) != 0 or eaten.at > then
                    _step(t, s, asked, eaten.node, eaten.at, eaten.at + 1, unsure, depth, mask)
                row = eaten.next_of_group
        number = made.next


@inlined
def _contain(t: Tables, s: Scratch, asked: Asked, label: int) -> None:
    of = s.labels[label]
    row = t.nodes[of.node].first_container
    while row != NONE:
        inside = t.containments[row]
        if inside.start < of.end:
            possible = of.possible or not all_of_its_lot(t, row)
            _step(
                t,
                s,
                asked,
                inside.parent,
                inside.start,
                min(of.end, inside.end),
                possible,
                of.depth,
                of.mask,
            )
        row = inside.next_container


@inlined
def _member(t: Tables, s: Scratch, asked: Asked, label: int) -> None:
    of = s.labels[label]
    lot = t.nodes[of.node].lot
    if lot != NONE:
        start = max(t.nodes[of.node].birth, of.start)
        _step(t, s, asked, lot, start, of.end, of.possible, of.depth, of.mask)


@inlined
def _cross(t: Tables, s: Scratch, asked: Asked, label: int) -> None:
    node, possible, depth = s.labels[label].node, s.labels[label].possible, s.labels[label].depth
    mask = s.labels[label].mask
    for crate in asked.crates:
        if crate.node == node and s.labels[label].start < crate.end:
            row = t.nodes[node].first_content
            while row != NONE:
                low = max(t.containments[row].start, crate.start)
                high = min(t.containments[row].end, crate.end, s.labels[label].end)
                _reach(t, s, asked, t.containments[row].child, low, high, possible, depth, mask)
                row = t.containments[row].next_content
    for floor in range(len(asked.floors)):
        place = asked.floors[floor].node
        row = first_presence(asked, place, node)
        while row < len(asked.presences) and (
            asked.presences[row].place == place and asked.presences[row].node == node
        ):
            low = max(asked.presences[row].start, asked.floors[floor].start)
            high = min(asked.presences[row].end, asked.floors[floor].end, s.labels[label].end)
            _reach(t, s, asked, place, low, high, possible, depth, mask)
            row += 1


@inlined
def _cross_place(t: Tables, s: Scratch, asked: Asked, label: int) -> None:
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
            _reach(t, s, asked, node, low, high, possible, depth, s.labels[label].mask)
            row += 1
