"""What carries the things of interest, and where all of them were, in machine code (law §6, §10)."""

from __future__ import annotations

from suyuan.trace.lineage.compiled.ahead import containers_ahead, stays_ahead
from suyuan.trace.lineage.compiled.labels import take
from suyuan.trace.lineage.compiled.machine import inlined
from suyuan.trace.lineage.compiled.scratch import BESIDE, FULL, PARTS, STATES, TOUCHED, Scratch
from suyuan.trace.lineage.compiled.spans import tell_beside
from suyuan.trace.lineage.compiled.tables import NONE, Tables


@inlined
def carry(t: Tables, s: Scratch) -> None:
    """Follow the containers of what is affected outward, while they carry it, and tell their states."""
    for slot in range(s.used[TOUCHED]):
        containers_ahead(t, s.reached, slot, s.used[TOUCHED])
        reached = s.reached[slot]
        last = reached.first_state if t.nodes[reached.node].is_place else reached.first_state + reached.states
        for number in range(reached.first_state, last):
            state = s.found[number]
            _carried_in(t, s, reached.node, state.start, state.end, state.possible)
    done = 0
    while done < s.used[PARTS] and s.used[FULL] == 0:
        part = s.parts[done]
        _carried_in(t, s, s.beside[part.beside].node, part.start, part.end, part.possible)
        done += 1
    for member in range(s.used[BESIDE]):
        tell_beside(s, member)


@inlined
def _carried_in(t: Tables, s: Scratch, node: int, start: int, end: int, possible: bool) -> None:
    """The containers of a node that is of interest during [start, end)."""
    row = t.nodes[node].first_container
    while row != NONE:
        containment = t.containments[row]
        low, high = max(start, containment.start), min(end, containment.end)
        if low < high:
            _gather(s, containment.parent, low, high, possible, len(s.parts))
        row = containment.next_container


@inlined
def visit(t: Tables, s: Scratch) -> None:
    """Where what is affected, and what carries it, was by its own word meanwhile; tell those states."""
    carriers, fixed = s.used[BESIDE], s.used[PARTS]
    for slot in range(s.used[TOUCHED]):
        stays_ahead(t, s.reached, slot, s.used[TOUCHED])
        reached = s.reached[slot]
        _visited(t, s, reached.node, reached.first_state, reached.states, fixed)
    for member in range(carriers):
        stays_ahead(t, s.beside, member, carriers)
        beside = s.beside[member]
        _visited(t, s, beside.node, beside.first_state, beside.states, fixed)
    stale = False
    for member in range(s.used[BESIDE]):
        beside = s.beside[member]
        if member < carriers:
            if beside.last_part < fixed:
                continue
            for number in range(beside.first_state, beside.first_state + beside.states):
                s.found[number].node = NONE
            stale = True
        tell_beside(s, member)
    if stale:
        _close_up(s)


@inlined
def _visited(t: Tables, s: Scratch, node: int, first: int, states: int, fixed: int) -> None:
    """The places of a node during some states."""
    row = t.nodes[node].first_episode
    while row != NONE:
        episode = t.episodes[row]
        for number in range(first, first + states):
            state = s.found[number]
            low, high = max(state.start, episode.start), min(state.end, episode.end)
            if low < high:
                _gather(s, episode.place, low, high, state.possible, fixed)
        row = episode.next


@inlined
def _close_up(s: Scratch) -> None:
    """Leave out the states that were told before a place was both: a carrier and visited."""
    kept = 0
    for number in range(s.used[STATES]):
        if s.found[number].node != NONE:
            s.found[kept] = s.found[number]
            kept += 1
    s.used[STATES] = kept


@inlined
def _gather(s: Scratch, node: int, low: int, high: int, possible: bool, fixed: int) -> None:
    """Some time of a node beside, unless its latest part has all of that.

    Parts before ``fixed`` are not changed any more; a later one grows where it can.
    """
    member = s.beside_seats[node]
    if not (0 <= member < s.used[BESIDE] and s.beside[member].node == node):
        member = take(s, BESIDE, len(s.beside))
        if member == NONE:
            return
        s.beside_seats[node] = member
        s.beside[member].node = node
        s.beside[member].last_part = NONE
    latest = s.beside[member].last_part
    if latest != NONE:
        known = s.parts[latest]
        if known.start <= low and known.end >= high and known.possible <= possible:
            return
        if latest >= fixed and known.possible == possible and known.start <= high and known.end >= low:
            known.start, known.end = min(known.start, low), max(known.end, high)
            return
    number = take(s, PARTS, len(s.parts))
    if number != NONE:
        part = s.parts[number]
        part.start, part.end, part.beside, part.possible, part.next = low, high, member, possible, latest
        s.beside[member].last_part = number
