"""A forward answer cut into parts, each of one place, party, status and unit, in machine code.

As :mod:`suyuan.trace.lineage.scope` (law of tracing §9): containers count by what is affected in them, lots
by their instances where these are known, loose goods by their portions.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from suyuan.trace.lineage.compiled.loose import Ledger, Lying
from suyuan.trace.lineage.compiled.lots import ledger_of, where_portion
from suyuan.trace.lineage.compiled.machine import (
    Flag,
    Made,
    Number,
    Quantity,
    Table,
    Tiny,
    inlined,
    record,
    walking,
)
from suyuan.trace.lineage.compiled.scratch import Found
from suyuan.trace.lineage.compiled.tables import NONE, Tables, Told
from suyuan.trace.lineage.compiled.whereabouts import IN_STOCK, IN_TRANSIT, UNACCOUNTED
from suyuan.trace.lineage.records import ENOUGH


class Part:
    """Some of what is affected, at one place, of one party, in one status and unit."""

    node: Number
    place: Number
    party: Number
    """Who told of it; whose the place is stands elsewhere."""
    status: Tiny
    is_known: Flag
    """Whether anybody knows how much; if not, the amounts mean nothing."""
    uom: Number
    hold: Quantity
    low: Quantity
    expected: Quantity
    """NaN where nothing tells."""
    high: Quantity


PART = record(Part)


def parts(t: Tables, told: Told, states: Any, lying: Lying) -> Made:
    """The parts of an answer of which the whereabouts of lots are settled, in any order.

    O(what is affected, and what is told of the lots among it).
    """
    affected = states[~states["carrier"]]
    nodes: Any = t.nodes
    affected = affected[~nodes["is_place"][affected["node"]]]
    # Of each node one row, a certain one if there is any.
    affected = affected[np.lexsort((affected["possible"], affected["node"]))]
    first = np.ones(len(affected), dtype=np.bool_)
    first[1:] = affected["node"][1:] != affected["node"][:-1]
    affected = affected[first]
    marks = np.zeros(len(t.nodes), dtype=np.uint8)  # memory is taken only where it is written to
    queue = np.zeros(1024, dtype=np.int32)
    while not _mark(t, affected, marks, queue):
        marks[:] = 0
        queue = np.zeros(4 * len(queue), dtype=np.int32)
    through = np.zeros(len(lying.kept.vias), dtype=np.uint8)
    into = np.zeros(2 * len(affected) + 64, dtype=PART)
    while (count := _cut(t, told, affected, lying, marks, through, into)) > len(into):
        into = np.zeros(count, dtype=PART)
    return into[:count]


_AFFECTED, _HOLDS = 1, 2
"""Marks: the node is affected; something affected is in it now."""


@walking
def _mark(t: Tables, affected: Table[Found], marks: Table[int], queue: Table[int]) -> bool:
    """Mark what is affected and all that it is in now. False if ``queue`` was too short."""
    for number in range(len(affected)):
        marks[affected[number].node] |= _AFFECTED
    for number in range(len(affected)):
        queue[0], length = affected[number].node, 1
        while length > 0:
            length -= 1
            node = queue[length]
            if t.nodes[node].inside != NONE:
                length = _held(t.containments[t.nodes[node].inside].parent, marks, queue, length)
            row = t.nodes[node].first_container if t.nodes[node].goods != NONE else NONE
            while row != NONE:
                if t.containments[row].is_class and t.containments[row].ended == NONE:
                    length = _held(t.containments[row].parent, marks, queue, length)
                row = t.containments[row].next_container
            if length < 0:
                return False
    return True


@inlined
def _held(container: int, marks: Table[int], queue: Table[int], length: int) -> int:
    """Something affected is in a container. How many there are to go on with, below 0 if there is no room."""
    if length < 0 or marks[container] & _HOLDS:
        return length
    if length == len(queue):
        return NONE
    marks[container] |= _HOLDS
    queue[length] = container
    return length + 1


@walking
def _cut(
    t: Tables,
    told: Told,
    affected: Table[Found],
    lying: Lying,
    marks: Table[int],
    through: Table[int],
    into: Table[Part],
) -> int:
    """Write the parts; returns how many there are, also if ``into`` is too short."""
    count = 0
    for number in range(len(affected)):
        node = affected[number].node
        if t.nodes[node].is_class and t.nodes[node].first_member != NONE:
            continue
        if not t.nodes[node].is_class and marks[node] & _HOLDS:
            continue
        row = ledger_of(lying, node)
        if np.isnan(affected[number].hold):
            count = _unknown(affected[number], affected[number].place, affected[number].party, into, count)
            if count <= len(into):
                into[count - 1].status = affected[number].status
        if row != NONE:
            count = _heard(t, told, affected[number], lying, row, into, count)
        if not np.isnan(affected[number].hold):
            count = _known(t, affected[number], lying, row, marks, through, into, count)
    return count


@inlined
def _unknown(state: Found, place: int, party: int, into: Table[Part], count: int) -> int:
    """Some of it is in stock at a place, nobody knows how much."""
    if count < len(into):
        part = into[count]
        part.node, part.place, part.party, part.status = state.node, place, party, IN_STOCK
        part.is_known, part.uom = False, NONE
        part.hold = part.low = part.expected = part.high = 0.0
    return count + 1


@walking
def _heard(t: Tables, told: Told, state: Found, lying: Lying, row: int, into: Table[Part], count: int) -> int:
    """The sites where a lot may be though no living portion of it is there."""
    ledger = lying.ledgers[row]
    for word in range(ledger.first_word, ledger.first_word + ledger.words):
        by = lying.kept.words[word]
        place = told.sayings[by].place
        if np.isnan(state.hold) and state.place == place and state.status == IN_STOCK:
            continue  # that is told already
        if not _lies_there(t, lying, ledger, t.statements[by].site):
            count = _unknown(state, place, t.statements[by].party, into, count)
    return count


@walking
def _lies_there(t: Tables, lying: Lying, ledger: Ledger, site: int) -> bool:
    """Whether a living portion lies at a site, in a container or loose."""
    for number in range(ledger.first, ledger.first + ledger.portions):
        portion = lying.kept.portions[number]
        if not portion.gone:
            place, _, status = where_portion(t, portion)
            living = status in (IN_STOCK, IN_TRANSIT, UNACCOUNTED)
            if living and place != NONE and t.nodes[place].site == site:
                return True
    return False


@walking
def _known(
    t: Tables,
    state: Found,
    lying: Lying,
    row: int,
    marks: Table[int],
    through: Table[int],
    into: Table[Part],
    count: int,
) -> int:
    """The portions of what is held, the last put first, and what is more than these where it is now.

    Of a lot that is held in part, what was in affected containers counts before all else, each portion up to
    the hold: what was mixed cannot be told apart.
    """
    node, counted, some = t.nodes[state.node], 0.0, False
    if row != NONE and lying.ledgers[row].portions > 0 and node.made_uom == state.uom:
        ledger = lying.ledgers[row]
        is_part = state.hold < node.made - ENOUGH
        if is_part:
            _mark_vias(lying, ledger, marks, through)
        for turn in range(2 if is_part else 1):
            for back in range(ledger.portions):
                portion = lying.kept.portions[ledger.first + ledger.portions - 1 - back]
                mixed = not is_part or _came_through(portion.container, portion.through, marks, through)
                if mixed != (turn == 0):
                    continue
                most = state.hold - (0.0 if mixed else counted) if is_part else portion.quantity
                quantity = min(portion.quantity, most)
                if quantity > ENOUGH:
                    place, party, status = where_portion(t, portion)
                    count = _part(state, quantity, place, party, status, into, count)
                    counted += quantity
                    some = True
    if state.hold - counted > ENOUGH or not some:
        rest = state.hold - counted
        count = _part(state, rest, state.place, state.party, state.status, into, count)
    return count


@inlined
def _part(
    state: Found, quantity: float, place: int, party: int, status: int, into: Table[Part], count: int
) -> int:
    if count < len(into):
        part, share = into[count], quantity / state.hold if state.hold > 0.0 else 1.0
        part.node, part.place, part.party, part.status = state.node, place, party, status
        part.is_known, part.uom, part.hold = True, state.uom, quantity
        part.low, part.expected, part.high = state.low * share, state.expected * share, state.high * share
    return count + 1


@walking
def _mark_vias(lying: Lying, ledger: Ledger, marks: Table[int], through: Table[int]) -> None:
    """Whether any of the containers of each row is affected; rows speak only of rows before them."""
    for via in range(ledger.first_via, ledger.first_via + ledger.vias):
        row = lying.kept.vias[via]
        through[via] = (
            (row.container != NONE and marks[row.container] & _AFFECTED != 0)
            or (row.one != NONE and through[row.one] != 0)
            or (row.other != NONE and through[row.other] != 0)
        )


@inlined
def _came_through(container: int, via: int, marks: Table[int], through: Table[int]) -> bool:
    if container != NONE and marks[container] & _AFFECTED:
        return True
    return via != NONE and through[via] != 0
