"""Where the loose goods among what was found are now, in machine code (law of tracing §9, portions)."""

from __future__ import annotations

from typing import Any

import numpy as np

from suyuan.trace.lineage.compiled.loose import LooseGoods, Lying
from suyuan.trace.lineage.compiled.machine import Table, inlined, walking
from suyuan.trace.lineage.compiled.scratch import Found
from suyuan.trace.lineage.compiled.stock import Portion
from suyuan.trace.lineage.compiled.tables import NONE, Tables, Told
from suyuan.trace.lineage.compiled.whereabouts import whereabouts


def settle(tables: Tables, told: Told, goods: LooseGoods, states: Any) -> Lying:
    """Tell ``states`` of lots without instances where their goods lie; returns what is known of these."""
    lots = np.empty(len(states), dtype=np.int32)
    count = _without_instances(tables, states, lots)
    lying = goods.of(tables, told, lots[:count])
    if count:
        _settle(tables, states, lying)
    return lying


@walking
def _without_instances(t: Tables, states: Table[Found], lots: Table[int]) -> int:
    """Write the lots among what was found that have no instances; returns how many there are."""
    count = 0
    for number in range(len(states)):
        node = states[number].node
        if t.nodes[node].goods != NONE and t.nodes[node].is_class and t.nodes[node].first_member == NONE:
            lots[count] = node
            count += 1
    return count


@walking
def _settle(t: Tables, states: Table[Found], lying: Lying) -> None:
    for number in range(len(states)):
        row = ledger_of(lying, states[number].node)
        if row != NONE and lying.ledgers[row].newest != NONE:
            place, party, status = where_portion(t, lying.kept.portions[lying.ledgers[row].newest])
            states[number].place, states[number].container = place, NONE
            states[number].party, states[number].status = party, status


@inlined
def ledger_of(lying: Lying, lot: int) -> int:
    """The number of the ledger of a lot, NONE where there is none."""
    low, high = 0, len(lying.lots)
    while low < high:
        middle = (low + high) >> 1
        if lying.lots[middle] < lot:
            low = middle + 1
        else:
            high = middle
    return low if low < len(lying.lots) and lying.lots[low] == lot else NONE


@walking
def where_portion(t: Tables, portion: Portion) -> tuple[int, int, int]:
    """The place, party and status of a portion: what is in a container is where that is."""
    if portion.container == NONE:
        return portion.place, t.statements[portion.by].party, portion.status
    place, _, party, status = whereabouts(t, portion.container)
    return place, party, status
