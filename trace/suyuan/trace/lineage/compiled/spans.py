"""When nodes are of interest, as maximal intervals, in machine code (law of tracing §10).

As :mod:`suyuan.trace.lineage.extents`: possible time that is also certain is left out, and so is time beside
what is affected that is itself affected.
"""

from __future__ import annotations

import numpy as np

from suyuan.trace.lineage.compiled.asked import Asked
from suyuan.trace.lineage.compiled.labels import slot_of, take
from suyuan.trace.lineage.compiled.machine import inlined, walking
from suyuan.trace.lineage.compiled.scratch import AFFECTED, FULL, LABELS, SEEDS, STATES, TOUCHED, Scratch
from suyuan.trace.lineage.compiled.tables import NONE
from suyuan.trace.lineage.statement import EVER


@inlined
def in_order(s: Scratch, count: int) -> None:
    """Make ``order`` the numbers below ``count`` in the order of ``keys``; equal ones stay in theirs."""
    for number in range(count):
        s.order[number] = number
    width = 1
    while width < count:
        for begin in range(0, count - width, 2 * width):
            _join(s, begin, begin + width, min(begin + 2 * width, count))
        width *= 2


@inlined
def _join(s: Scratch, begin: int, middle: int, end: int) -> None:
    """Two neighbouring parts of ``order``, each in order, become one."""
    if s.keys[s.order[middle - 1]] <= s.keys[s.order[middle]]:
        return
    left, right = begin, middle
    for place in range(begin, end):
        if right >= end or (left < middle and s.keys[s.order[left]] <= s.keys[s.order[right]]):
            s.spare[place] = s.order[left]
            left += 1
        else:
            s.spare[place] = s.order[right]
            right += 1
    for place in range(begin, end):
        s.order[place] = s.spare[place]


@inlined
def tell_affected(s: Scratch, asked: Asked, forward: bool) -> None:
    """When each node touched is affected: backward from ever, and the suspects as given."""
    for slot in range(s.used[TOUCHED]):
        reached, count = s.reached[slot], 0
        reached.first_state = s.used[STATES]
        number = reached.first_label
        while number != NONE:
            label = s.labels[number]
            _piece(s, count, label.start if forward else EVER, label.end, label.possible)
            count += 1
            number = label.next
        number = reached.first_seed
        while number != NONE:
            suspect = asked.suspects[number]
            _piece(s, count, suspect.start, suspect.end, False)
            count += 1
            number = s.labels[number].next
        merge(s, reached.node, False, count, 0, 0)
        reached.states = s.used[STATES] - reached.first_state
    s.used[AFFECTED] = s.used[STATES]


@inlined
def tell_origins(s: Scratch) -> None:
    """The same of what :func:`origins` reached and gave no row: nearly always one state each."""
    for first in range(s.used[SEEDS], s.used[LABELS]):
        label = s.labels[first]
        if label.is_first:
            if label.next == NONE:
                _keep(s, label.node, False, EVER, label.end, label.possible)
            else:
                _tell_labels(s, first)
    s.used[AFFECTED] = s.used[STATES]


@walking
def _tell_labels(s: Scratch, first: int) -> None:
    number, count = first, 0
    while number != NONE:
        label = s.labels[number]
        if label.mask != 0:
            _piece(s, count, EVER, label.end, label.possible)
            count += 1
        number = label.next
    merge(s, s.labels[first].node, False, count, 0, 0)


@inlined
def tell_beside(s: Scratch, member: int) -> None:
    """When a node beside is of interest and not affected itself."""
    beside, count = s.beside[member], 0
    beside.first_state = s.used[STATES]
    number = beside.last_part
    while number != NONE:
        part = s.parts[number]
        _piece(s, count, part.start, part.end, part.possible)
        count += 1
        number = part.next
    slot, first, last = slot_of(s, beside.node), 0, 0
    if slot != NONE:
        first = s.reached[slot].first_state
        last = first + s.reached[slot].states
    merge(s, beside.node, True, count, first, last)
    beside.states = s.used[STATES] - beside.first_state


@inlined
def _piece(s: Scratch, count: int, start: int, end: int, possible: bool) -> None:
    piece = s.pieces[count]
    piece.start, piece.end, piece.possible = start, end, possible
    s.keys[count] = start


@inlined
def merge(s: Scratch, node: int, carrier: bool, count: int, first: int, last: int) -> None:
    """States of what the first ``count`` pieces cover together, certain ones first, each in order.

    What the states from ``first`` to ``last`` cover is left out.
    """
    if count == 1 and first == last:
        piece = s.pieces[0]
        _keep(s, node, carrier, piece.start, piece.end, piece.possible)
        return
    in_order(s, count)
    begun = sure = s.used[STATES]
    for unsure in range(2):
        low = high = 0
        under_way = False
        for place in range(count):
            piece = s.pieces[s.order[place]]
            if piece.possible != unsure or piece.start >= piece.end:
                continue
            if under_way and piece.start <= high:
                high = max(high, piece.end)
            else:
                if under_way:
                    _outside(s, node, carrier, low, high, unsure == 1, begun, sure, first, last)
                low, high, under_way = piece.start, piece.end, True
        if under_way:
            _outside(s, node, carrier, low, high, unsure == 1, begun, sure, first, last)
        sure = s.used[STATES]


@inlined
def _outside(
    s: Scratch,
    node: int,
    carrier: bool,
    low: int,
    high: int,
    possible: bool,
    begun: int,
    sure: int,
    first: int,
    last: int,
) -> None:
    """Keep what of [low, high) is in none of the states ``begun`` to ``sure`` and ``first`` to ``last``."""
    while low < high and s.used[FULL] == 0:
        start, end = high, high
        for number in range(begun, sure):
            cut = s.found[number]
            if cut.end > low and cut.start < start:
                start, end = cut.start, cut.end
        for number in range(first, last):
            cut = s.found[number]
            if cut.end > low and cut.start < start:
                start, end = cut.start, cut.end
        _keep(s, node, carrier, low, start, possible)
        low = end


@inlined
def _keep(s: Scratch, node: int, carrier: bool, low: int, high: int, possible: bool) -> None:
    if low < high:
        number = take(s, STATES, len(s.found))
        if number != NONE:
            state = s.found[number]
            state.node, state.start, state.end = node, low, high
            state.possible, state.carrier = possible, carrier
            state.hold, state.uom = np.nan, NONE
            state.low = state.expected = state.high = np.nan
