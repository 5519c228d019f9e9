"""What carries the things of interest, and where all of them were, in machine code (law §6, §10)."""

from __future__ import annotations

import numpy as np

from suyuan.trace.lineage.compiled.labels import slot_of
from suyuan.trace.lineage.compiled.machine import Table, making, walking
from suyuan.trace.lineage.compiled.scratch import CARRIAGES, FULL, STAYS, Scratch
from suyuan.trace.lineage.compiled.spans import Spans, merged, span, without
from suyuan.trace.lineage.compiled.tables import NONE, Tables


@walking
def carry(t: Tables, s: Scratch, affected: Spans) -> None:
    """Follow the containers of what is affected outward, while they carry it."""
    for number in range(len(affected.rows)):
        row = affected.rows[number]
        _carried_in(t, s, affected.nodes[row.slot], row.start, row.end, row.possible)
    done = 0
    while done < s.along.used[1] and s.used[FULL] == 0:
        row = s.along.rows[done]
        _carried_in(t, s, s.along.nodes[row.slot], row.start, row.end, row.possible)
        done += 1


@walking
def _carried_in(t: Tables, s: Scratch, node: int, start: int, end: int, possible: bool) -> None:
    """The containers of a node that is of interest during [start, end)."""
    row = t.nodes[node].first_container
    while row != NONE:
        containment = t.containments[row]
        low, high = max(start, containment.start), min(end, containment.end)
        if low < high:
            _note(s, s.carriages, CARRIAGES, row)
            _gather(s, containment.parent, low, high, possible)
        row = containment.next_container


@walking
def visit(t: Tables, s: Scratch, of_interest: Spans) -> None:
    """Where things of interest were by their own word, meanwhile."""
    for slot in range(len(of_interest.nodes)):
        row = t.nodes[of_interest.nodes[slot]].first_episode
        while row != NONE:
            episode, there = t.episodes[row], False
            for number in range(of_interest.offset[slot], of_interest.offset[slot + 1]):
                part = of_interest.rows[number]
                low, high = max(part.start, episode.start), min(part.end, episode.end)
                if low < high:
                    there = True
                    _gather(s, episode.place, low, high, part.possible)
            if there:
                _note(s, s.stays, STAYS, row)
            row = episode.next


@walking
def _note(s: Scratch, rows: Table[int], which: int, row: int) -> None:
    """Add a number to a list."""
    count = s.used[which]
    if count == len(rows):
        s.used[FULL] = 1
        return
    rows[count] = row
    s.used[which] = count + 1


@walking
def _gather(s: Scratch, node: int, low: int, high: int, possible: bool) -> None:
    """Add a span of a node, unless the span that came last has all of it."""
    into = s.along
    slot = into.seats[node]
    if not (0 <= slot < into.used[0] and into.nodes[slot] == node):
        slot = into.used[0]
        if slot == len(into.nodes):
            s.used[FULL] = 1
            return
        into.used[0] = slot + 1
        into.seats[node] = slot
        into.nodes[slot] = node
        into.latest[slot] = NONE
    latest = into.latest[slot]
    if latest != NONE:
        known = into.rows[latest]
        if known.start <= low and known.end >= high and known.possible <= possible:
            return
    count = into.used[1]
    if count == len(into.rows):
        s.used[FULL] = 1
        return
    into.used[1] = count + 1
    into.latest[slot] = count
    span(into.rows, count, slot, low, high, possible)


@making
def along(s: Scratch, affected: Spans) -> Spans:
    """What was gathered so far, where the same node is not affected."""
    members = s.along.nodes[: s.along.used[0]]
    slots = np.empty(len(members), dtype=np.int32)
    for number in range(len(members)):
        slots[number] = slot_of(s, members[number])
    return without(merged(members, s.along.rows[: s.along.used[1]]), affected, slots)
