"""A whole answer, worked out in machine code: states with their amounts and whereabouts, and steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from suyuan.trace.lineage.compiled.amounts import tell_amounts
from suyuan.trace.lineage.compiled.asked import Asked, Window, asked_at, handed
from suyuan.trace.lineage.compiled.backward import influence_back
from suyuan.trace.lineage.compiled.edges import steps_along, steps_backward, steps_forward
from suyuan.trace.lineage.compiled.forward import influence
from suyuan.trace.lineage.compiled.machine import Handle, Table, inlined, opening, walking
from suyuan.trace.lineage.compiled.outward import carry, visit
from suyuan.trace.lineage.compiled.scratch import FOUND, FULL, STATES, STEP, STEPS, Rooms, Scratch
from suyuan.trace.lineage.compiled.spans import tell_affected
from suyuan.trace.lineage.compiled.tables import NONE, Tables
from suyuan.trace.lineage.compiled.whereabouts import whereabouts

tables_at, scratch_at = opening(Tables), opening(Scratch)


@walking
def answer(
    tables: Handle,
    scratch: Handle,
    suspects: Table[Window],
    supposed: Handle,
    depth: int,
    forward: bool,
    edges: bool,
    whole: bool,
) -> bool:
    """Work out the states and, if asked for, the steps that a question leads to. False if room was lacking.

    Not ``whole``, it tells what is affected and where that is now, without amounts, carriers and visits.
    The work is that of the states and steps found, whatever else the tables hold.
    """
    t, s, asked = tables_at(tables), scratch_at(scratch), asked_at(suspects, supposed, depth)
    if forward:
        influence(t, s, asked)
    else:
        influence_back(t, s, asked, False)
    if s.used[FULL] == 0:
        tell_affected(s, asked, forward)
    if forward and whole and s.used[FULL] == 0:
        carry(t, s)
        tell_amounts(t, s, asked)
    if edges and s.used[FULL] == 0:
        if forward:
            steps_forward(t, s, asked)
        else:
            steps_backward(t, s, asked)
        steps_along(t, s, forward)
    if whole and s.used[FULL] == 0:
        visit(t, s)
    if s.used[FULL] == 0:
        _tell_whereabouts(t, s)
    return bool(s.used[FULL] == 0)


@inlined
def _tell_whereabouts(t: Tables, s: Scratch) -> None:
    """Where the node of each state is now; states of one node follow one another."""
    node = place = container = party = status = NONE
    for number in range(s.used[STATES]):
        state = s.found[number]
        if state.node != node:
            node = state.node
            place, container, party, status = whereabouts(t, node)
        state.place, state.container, state.party, state.status = place, container, party, status


def answered(
    rooms: Rooms, asked: Asked, *, forward: bool, edges: bool = True, whole: bool = True
) -> tuple[Any, Any]:
    """The :class:`scratch.Found` and :class:`scratch.Step` rows of a question, as :func:`answer` says."""
    desk, question = rooms.take(), handed(asked)
    while not answer(rooms.tables, desk.handle, *question, forward, edges, whole):
        desk = rooms.wider(desk)
    used = desk.scratch.used
    states = copied(desk.found, FOUND, used[STATES])
    steps = copied(desk.steps, STEP, used[STEPS]) if edges else _NO_STEPS
    rooms.give_back(desk)
    return states, steps


_NO_STEPS = np.zeros(0, dtype=STEP)


def copied(rows: memoryview, kind: np.dtype[Any], count: int) -> Any:
    """The first rows, as their own; as bytes, for numpy copies records field by field."""
    return np.frombuffer(bytearray(rows[: kind.itemsize * count]), dtype=kind)
