"""A whole answer, worked out in machine code: states with their amounts and whereabouts, and steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from suyuan.trace.lineage.compiled.amounts import Held, amounts
from suyuan.trace.lineage.compiled.asked import Asked
from suyuan.trace.lineage.compiled.backward import influence_back
from suyuan.trace.lineage.compiled.edges import CARRY, MOVE, step, steps_backward, steps_forward
from suyuan.trace.lineage.compiled.forward import influence
from suyuan.trace.lineage.compiled.machine import (
    Flag,
    Instant,
    Number,
    Quantity,
    Table,
    Tiny,
    making,
    record,
    walking,
)
from suyuan.trace.lineage.compiled.outward import along, carry, visit
from suyuan.trace.lineage.compiled.scratch import (
    CARRIAGES,
    FULL,
    LABELS,
    SEEDS,
    STAYS,
    STEP,
    STEPS,
    TOUCHED,
    Rooms,
    Scratch,
    Step,
)
from suyuan.trace.lineage.compiled.spans import SPAN, Spans, merged, span
from suyuan.trace.lineage.compiled.tables import NONE, Tables
from suyuan.trace.lineage.compiled.whereabouts import whereabouts
from suyuan.trace.lineage.statement import EVER


class Found:
    """As :class:`suyuan.trace.lineage.contract.State`, in numbers; amounts nobody knows are NaN."""

    start: Instant
    end: Instant
    node: Number
    possible: Flag
    carrier: Flag
    status: Tiny
    uom: Number
    place: Number
    container: Number
    party: Number
    hold: Quantity
    low: Quantity
    expected: Quantity
    high: Quantity


FOUND = record(Found)


@making
def answer(
    t: Tables, s: Scratch, asked: Asked, forward: bool, edges: bool
) -> tuple[bool, Table[Found], Table[Step]]:
    """The states and, if asked for, the steps that a question leads to. False where the room was too small.

    The work is that of the states and steps found, whatever else the tables hold.
    """
    if forward:
        influence(t, s, asked)
    else:
        influence_back(t, s, asked)
    if s.used[FULL] == 1:
        return False, np.empty(0, dtype=FOUND), np.empty(0, dtype=STEP)
    affected = _affected(s, asked, forward)
    if forward:
        carry(t, s, affected)
    carrying = along(s, affected)
    visit(t, s, affected)
    visit(t, s, carrying)
    met = along(s, affected)
    if edges:
        _tell_steps(t, s, asked, forward)
    states = np.empty(len(affected.rows) + len(met.rows), dtype=FOUND)
    count = _tell(t, states, 0, affected, False)
    if forward:
        _tell_amounts(states, affected, amounts(t, s, asked, affected))
    _tell(t, states, count, met, True)
    return s.used[FULL] == 0, states, s.steps[: s.used[STEPS]].copy()


@making
def _affected(s: Scratch, asked: Asked, forward: bool) -> Spans:
    """When each node touched is affected: backward from ever, and the suspects as given."""
    labels, more = s.used[LABELS], 0 if forward else len(asked.suspects)
    rows, count = np.empty(labels + more, dtype=SPAN), 0
    for number in range(s.used[SEEDS], labels):
        label = s.labels[number]
        if label.alive:
            slot = s.seats[label.node]
            span(rows, count, slot, label.start if forward else EVER, label.end, label.possible)
            count += 1
    for number in range(more):
        suspect = asked.suspects[number]
        if suspect.start < suspect.end:
            span(rows, count, s.seats[suspect.node], suspect.start, suspect.end, False)
            count += 1
    nodes = np.empty(s.used[TOUCHED], dtype=np.int32)
    for slot in range(len(nodes)):
        nodes[slot] = s.reached[slot].node
    return merged(nodes, rows[:count])


@walking
def _tell(t: Tables, states: Table[Found], count: int, spans: Spans, carrier: bool) -> int:
    """Write the intervals of each node and where it is now; returns how many rows there are."""
    for slot in range(len(spans.nodes)):
        node = spans.nodes[slot]
        place, container, party, status = whereabouts(t, node)
        for number in range(spans.offset[slot], spans.offset[slot + 1]):
            row, state = spans.rows[number], states[count]
            state.node, state.start, state.end = node, row.start, row.end
            state.possible, state.carrier = row.possible, carrier
            state.place, state.container, state.party, state.status = place, container, party, status
            state.hold, state.uom = np.nan, NONE
            state.low = state.expected = state.high = np.nan
            count += 1
    return count


@walking
def _tell_amounts(states: Table[Found], affected: Spans, shares: Table[Held]) -> None:
    """Hold and contaminated of what is affected, of which the first rows tell."""
    count = 0
    for slot in range(len(affected.nodes)):
        share = shares[slot]
        for _ in range(affected.offset[slot], affected.offset[slot + 1]):
            state = states[count]
            state.hold, state.uom = share.hold, share.uom
            state.low = 0.0 if state.possible else share.low
            state.expected, state.high = share.expected, share.high
            count += 1


@making
def distinct(numbers: Any) -> Any:
    """Each of ``numbers`` once, in order."""
    return np.unique(numbers)


@making
def _tell_steps(t: Tables, s: Scratch, asked: Asked, forward: bool) -> None:
    """All steps; what several spans met is met once."""
    if forward:
        steps_forward(t, s, asked)
    else:
        steps_backward(t, s, asked)
    for row in distinct(s.carriages[: s.used[CARRIAGES]]):
        step(s, CARRY, row, NONE)
    for row in distinct(s.stays[: s.used[STAYS]]):
        step(s, MOVE, row, NONE)


def answered(t: Tables, rooms: Rooms, asked: Asked, *, forward: bool, edges: bool = True) -> tuple[Any, Any]:
    """The :data:`FOUND` and :data:`suyuan.trace.lineage.compiled.edges.STEP` rows of a question."""
    scratch = rooms.take()
    fits, states, steps = answer(t, scratch, asked, forward, edges)
    while not fits:
        scratch = rooms.wider(scratch)
        fits, states, steps = answer(t, scratch, asked, forward, edges)
    rooms.give_back(scratch)
    return states, steps
