"""A whole answer, worked out in machine code: states with their amounts and whereabouts, and steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from suyuan.trace.lineage.compiled.ahead import whereabouts_ahead
from suyuan.trace.lineage.compiled.amounts import tell_amounts
from suyuan.trace.lineage.compiled.asked import NOTHING_SUPPOSED, Asked, asked_at, handed
from suyuan.trace.lineage.compiled.backward import influence_back
from suyuan.trace.lineage.compiled.edges import steps_along, steps_backward, steps_forward
from suyuan.trace.lineage.compiled.forward import influence
from suyuan.trace.lineage.compiled.machine import Address, Made, address, inlined, opening, walking
from suyuan.trace.lineage.compiled.origins import labels_of_all, labels_of_suspects, supposes_nothing
from suyuan.trace.lineage.compiled.outward import carry, visit
from suyuan.trace.lineage.compiled.scratch import FOUND, FULL, STATES, STEP, STEPS, Rooms, Scratch
from suyuan.trace.lineage.compiled.spans import tell_affected, tell_origins
from suyuan.trace.lineage.compiled.tables import NONE, Tables
from suyuan.trace.lineage.compiled.whereabouts import whereabouts
from suyuan.trace.lineage.statement import EVER, NEVER

tables_at, scratch_at = opening(Tables), opening(Scratch)
_ALONE = -2


@walking
def answer(
    tables: Address,
    scratch: Address,
    suspects: int,
    supposed: Address,
    depth: int,
    forward: bool,
    edges: bool,
    whole: bool,
) -> int:
    """Work out the states and, if asked for, the steps that a question leads to; how many states there are.

    NONE if room was lacking. ``suspects`` tells how many windows were laid before it; ``_ALONE`` less a node
    is that node alone, at any time.

    Not ``whole``, it tells what is affected and where that is now, without amounts, carriers and visits.
    The work is that of the states and steps found, whatever else the tables hold.
    """
    if suspects == NONE:
        return NONE
    t, s = tables_at(tables), scratch_at(scratch)
    if suspects <= _ALONE:
        only = s.suspects[0]
        only.node, only.start, only.end = _ALONE - suspects, EVER, NEVER
        suspects = 1
    asked = asked_at(s.suspects[:suspects], supposed, depth)
    if forward:
        influence(t, s, asked)
        tell_affected(s, asked, True)
    else:
        influence_back(t, s, asked, False)
        _tell_back(s, asked, edges or whole)
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
    return s.used[STATES] if s.used[FULL] == 0 else NONE


@inlined
def _tell_back(s: Scratch, asked: Asked, more: bool) -> None:
    """The states of what reached the suspects; if ``more`` is to be told of them, each node has its row."""
    if not supposes_nothing(asked):
        tell_affected(s, asked, False)
        return
    labels_of_suspects(s)
    if more:
        labels_of_all(s)
    tell_affected(s, asked, False)
    if not more:
        tell_origins(s)


@inlined
def _tell_whereabouts(t: Tables, s: Scratch) -> None:
    """Where the node of each state is now; states of one node follow one another."""
    node = place = container = party = status = NONE
    for number in range(s.used[STATES]):
        whereabouts_ahead(t, s.found, number, s.used[STATES])
        state = s.found[number]
        if state.node != node:
            node = state.node
            place, container, party, status = whereabouts(t, node)
        state.place, state.container, state.party, state.status = place, container, party, status


def answered(
    rooms: Rooms, asked: Asked, *, forward: bool, edges: bool = True, whole: bool = True
) -> tuple[Any, Any]:
    """The :class:`scratch.Found` and :class:`scratch.Step` rows of a question, as :func:`answer` says."""
    desk, supposed = rooms.take(), handed(asked)
    how = address(supposed), asked.depth, forward, edges, whole
    while (count := answer(rooms.tables, desk.address, desk.lay(cast("Made", asked.suspects)), *how)) == NONE:
        desk = rooms.wider(desk)
    states = copied(desk.found, FOUND, count)
    steps = copied(desk.steps, STEP, desk.scratch.used[STEPS]) if edges else _NO_STEPS
    rooms.give_back(desk)
    return states, steps


_NO_STEPS = np.zeros(0, dtype=STEP)


def affected(rooms: Rooms, nodes: Sequence[int], *, forward: bool) -> Any:
    """What nodes reached at any time, or what reached them, and where it is now, if nothing is supposed.

    As :func:`answered` says of ``plain(nodes)``, not whole and without edges, but sooner handed over.
    """
    desk = rooms.take()
    alone = len(nodes) == 1
    while True:
        laid = _ALONE - nodes[0] if alone else desk.lay(nodes)
        count = answer(rooms.tables, desk.address, laid, NOTHING_SUPPOSED, NONE, forward, False, False)
        if count != NONE:
            break
        desk = rooms.wider(desk)
    states = copied(desk.found, FOUND, count)
    rooms.give_back(desk)
    return states


_LARGE = 1 << 20  # bytes of which numpy takes large pages


def copied(rows: memoryview, kind: np.dtype[Any], count: int) -> Any:
    """The first rows, as their own; as bytes, for numpy copies records field by field."""
    size = kind.itemsize * count
    if size < _LARGE:
        return np.ndarray(count, kind, bytearray(rows[:size]))
    return np.frombuffer(rows[:size], dtype=np.uint8).copy().view(kind)
