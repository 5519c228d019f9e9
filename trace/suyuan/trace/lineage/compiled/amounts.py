"""Hold and contaminated, in machine code: as :mod:`suyuan.trace.lineage.amounts` (law of tracing §8).

A share is (low, expected, high) in the unit of what it is a share of; NaN is what nobody knows.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from suyuan.trace.lineage.compiled.asked import Asked, deeper
from suyuan.trace.lineage.compiled.forward import killed
from suyuan.trace.lineage.compiled.labels import slot_of
from suyuan.trace.lineage.compiled.machine import (
    Flag,
    Number,
    Quantity,
    Table,
    making,
    record,
    walking,
)
from suyuan.trace.lineage.compiled.scratch import GROUPS, MAYBE, SURELY, TOUCHED, Scratch
from suyuan.trace.lineage.compiled.spans import Spans
from suyuan.trace.lineage.compiled.tables import NONE, POSSIBLE, VOID, Tables
from suyuan.trace.lineage.records import ENOUGH
from suyuan.trace.lineage.statement import NEVER

Share = tuple[float, float, float]


class Held:
    """Of one node: what to hold (NaN where it is not known) and what of that is contaminated."""

    hold: Quantity
    low: Quantity
    expected: Quantity
    high: Quantity
    given_low: Quantity
    """What the groups gone through gave, so far."""
    given_expected: Quantity
    given_high: Quantity
    uom: Number
    given: Flag


HELD = record(Held)


@making
def _nothing_held(size: int) -> Any:
    """Rows to be written."""
    return np.zeros(size, dtype=HELD)


@making
def amounts(t: Tables, s: Scratch, asked: Asked, affected: Spans) -> Table[Held]:
    """Hold and contaminated of everything affected: one pass over the groups, by their earliest output."""
    size = s.used[TOUCHED]
    found: Table[Held] = _nothing_held(size)
    first = np.empty(s.used[GROUPS], dtype=np.int64)
    made = np.zeros(size, dtype=np.bool_)
    for number in range(len(first)):
        first[number] = _first_output(t, s, asked, s.gone[number].group, made)
    _hold(t, s, made, found)
    order: Any = np.argsort(first)
    for number in order:
        if first[number] >= 0:
            _pass(t, s, asked, affected, s.gone[int(number)].group, found)
    for slot in range(size):
        found[slot].low, found[slot].expected, found[slot].high = share(t, s, affected, found, slot)
    return found


@walking
def _first_output(t: Tables, s: Scratch, asked: Asked, group: int, made: Table[bool]) -> int:
    """The first statement by which a group made something; NONE where all it made is supposed killed."""
    first, alive = NEVER, False
    row = t.groups[group].first_production
    while row != NONE:
        first = min(first, t.productions[row].by)
        if not killed(t, asked, t.productions[row].by):
            alive = True
            made[slot_of(s, t.productions[row].node)] = True
        row = t.productions[row].next_of_group
    return first if alive else NONE


@walking
def _hold(t: Tables, s: Scratch, made: Table[bool], found: Table[Held]) -> None:
    """All of it, or of a lot that was only met in containers the most that was inside."""
    for slot in range(s.used[TOUCHED]):
        node = s.reached[slot].node
        found[slot].hold, found[slot].uom = np.nan, NONE
        if (
            t.nodes[node].is_class
            and s.reached[slot].through > 0
            and s.reached[slot].whole == 0
            and not made[slot]
        ):
            if s.reached[slot].peak_known and not np.isnan(s.reached[slot].peak):
                found[slot].hold = s.reached[slot].peak
                found[slot].uom = s.reached[slot].peak_uom
        elif not t.nodes[node].is_place and not np.isnan(t.nodes[node].made):
            found[slot].hold = t.nodes[node].made
            found[slot].uom = t.nodes[node].made_uom


@walking
def share(t: Tables, s: Scratch, affected: Spans, found: Table[Held], slot: int) -> Share:
    """What of the hold is contaminated, by the groups passed so far; NaN throughout without a hold."""
    low, expected, high = _own(s, found, slot)
    lot = t.nodes[s.reached[slot].node].lot
    other = NONE if lot == NONE else slot_of(s, lot)
    if other >= 0 and other != slot:
        meets, surely = _when_born(t, s, affected, slot, other)
        if meets:
            part = _of_its_lot(t, s, found, other, surely)
            low, high = max(low, part[0]), max(high, part[2])
            expected = part[1] if not _reached(s, found, slot) else np.fmax(expected, part[1])
    return ordered(low, expected, high, found[slot].hold)


@walking
def _reached(s: Scratch, found: Table[Held], slot: int) -> bool:
    """Whether anything but its lot tells a share of it."""
    return s.reached[slot].whole > 0 or s.reached[slot].through > 0 or found[slot].given


@walking
def _own(s: Scratch, found: Table[Held], slot: int) -> Share:
    """The share that it has otherwise than as one of its lot."""
    most = found[slot].hold
    if not _reached(s, found, slot):  # rework: no earlier group has given it anything yet
        return 0.0, 0.0, 0.0
    low, expected, high = 0.0, np.nan, 0.0
    if s.reached[slot].whole > 0 or s.reached[slot].through > 0:
        low = most if s.reached[slot].whole == SURELY or s.reached[slot].through == SURELY else 0.0
        expected = high = most
    if found[slot].given:
        low, high = max(low, found[slot].given_low), max(high, found[slot].given_high)
        expected = np.fmax(expected, found[slot].given_expected)
    return ordered(low, expected, high, most)


@walking
def _when_born(t: Tables, s: Scratch, affected: Spans, slot: int, lot: int) -> tuple[bool, bool]:
    """Whether the lot is affected after the birth of its instance, and whether certainly."""
    meets = surely = False
    for span in range(affected.offset[lot], affected.offset[lot + 1]):
        if affected.rows[span].end > t.nodes[s.reached[slot].node].birth:
            meets = True
            surely = surely or not affected.rows[span].possible
    return meets, surely


@walking
def _of_its_lot(t: Tables, s: Scratch, found: Table[Held], lot: int, surely: bool) -> Share:
    """The share of one instance in what is known of its lot, which is no instance of another."""
    whole = t.nodes[s.reached[lot].node].made
    if np.isnan(found[lot].hold) or not whole > 0:
        return 0.0, np.nan, 1.0
    low, expected, high = _own(s, found, lot)
    if not surely:
        low = 0.0
    if t.nodes[s.reached[lot].node].made_uom == 0:
        return drawn(1.0, whole, low, expected, high)
    return 1.0 if low >= whole - ENOUGH else 0.0, expected / whole, 1.0 if high > 0 else 0.0


@walking
def ordered(low: float, expected: float, high: float, most: float) -> Share:
    """The same with 0 <= low <= expected <= high <= ``most``: sloppy records would break that order."""
    if np.isnan(most):
        return np.nan, np.nan, np.nan
    high = min(high, most)
    low = min(low, high)
    if not np.isnan(expected):
        expected = min(high, max(low, expected))
    return low, expected, high


@walking
def drawn(quantity: float, whole: float, low: float, expected: float, high: float) -> Share:
    """What ``quantity`` drawn from ``whole`` holds of the contaminated share of it."""
    if whole <= 0:
        return 0.0, np.nan, quantity
    least = max(0.0, quantity - (whole - low))
    return ordered(least, expected * quantity / whole, min(quantity, high), min(quantity, whole))


@making
def _pass(t: Tables, s: Scratch, asked: Asked, affected: Spans, group: int, found: Table[Held]) -> None:
    """Give each output of a group its share."""
    put_in, draws = _total_draws(t, group)
    made = _total_made(t, group)
    at = np.empty(draws, dtype=np.int64)
    low, expected, high = np.empty(draws), np.empty(draws), np.empty(draws)
    count = 0
    row = t.groups[group].first_draw
    while row != NONE:
        if not np.isnan(t.draws[row].amount):
            told, least, likely, most = _drawn_in(t, s, asked, affected, found, group, row)
            if told:
                eaten = t.consumptions[t.draws[row].consumption]
                each = t.nodes[eaten.node].count
                at[count] = eaten.at
                low[count], expected[count], high[count] = least * each, likely * each, most * each
                count += 1
        row = t.draws[row].next
    single = _single(t, group)
    row = t.groups[group].first_production
    while row != NONE:
        if not killed(t, asked, t.productions[row].by) and (single or _is_first(t, asked, row)):
            amount, last = (
                (t.productions[row].amount, t.productions[row].at) if single else _output(t, asked, row)
            )
            if not np.isnan(amount):
                part = 0.0, np.nan, amount
                if put_in > 0 and made > 0:
                    least, likely, most = 0.0, 0.0, 0.0
                    for number in range(count):
                        least += low[number] if at[number] <= last else 0.0
                        likely += expected[number]
                        most += high[number]
                    by = made / put_in
                    part = drawn(
                        amount,
                        made,
                        min(made, least * by),
                        np.minimum(made, likely * by),
                        min(made, most * by),
                    )
                _give(found, slot_of(s, t.productions[row].node), part)
        row = t.productions[row].next_of_group


@walking
def _give(found: Table[Held], slot: int, part: Share) -> None:
    found[slot].given = True
    found[slot].given_low += part[0]
    found[slot].given_expected += part[1]
    found[slot].given_high += part[2]


@walking
def _total_draws(t: Tables, group: int) -> tuple[float, int]:
    """What was put in, NaN where it is not known or not in one unit; and how many draws there are."""
    total, number, uom = np.nan, 0, NONE
    known = True
    row = t.groups[group].first_draw
    while row != NONE:
        amount = t.draws[row].amount
        known = known and not np.isnan(amount) and (number == 0 or t.draws[row].uom == uom)
        amount *= t.nodes[t.consumptions[t.draws[row].consumption].node].count
        total = amount if number == 0 else total + amount
        uom = t.draws[row].uom
        number += 1
        row = t.draws[row].next
    return (total if known else np.nan), number


@walking
def _total_made(t: Tables, group: int) -> float:
    """What was made, NaN where it is not known or not in one unit."""
    total, number, uom = np.nan, 0, NONE
    known = True
    row = t.groups[group].first_production
    while row != NONE:
        amount = t.productions[row].amount
        known = known and not np.isnan(amount) and (number == 0 or t.productions[row].uom == uom)
        amount *= t.nodes[t.productions[row].node].count
        total = amount if number == 0 else total + amount
        uom = t.productions[row].uom
        number += 1
        row = t.productions[row].next_of_group
    return total if known else np.nan


@walking
def _single(t: Tables, group: int) -> bool:
    """Whether one statement made everything: then no object stands on the group's line twice."""
    first = row = t.groups[group].first_production
    while row != NONE:
        if t.productions[row].by != t.productions[first].by:
            return False
        row = t.productions[row].next_of_group
    return True


@walking
def _is_first(t: Tables, asked: Asked, row: int) -> bool:
    """Whether a production is the first of its object on the group's line that is not supposed killed."""
    other = t.groups[t.productions[row].group].first_production
    while other != row:
        if t.productions[other].node == t.productions[row].node and not killed(
            t, asked, t.productions[other].by
        ):
            return False
        other = t.productions[other].next_of_group
    return True


@walking
def _output(t: Tables, asked: Asked, row: int) -> tuple[float, int]:
    """How much of one object a group made, and when the last of it."""
    node, other = t.productions[row].node, row
    total, last, uom = 0.0, t.productions[row].at, t.productions[row].uom
    while other != NONE:
        if t.productions[other].node == node and not killed(t, asked, t.productions[other].by):
            total = total + t.productions[other].amount if t.productions[other].uom == uom else np.nan
            last = max(last, t.productions[other].at)
        other = t.productions[other].next_of_group
    return total, last


@walking
def _drawn_in(
    t: Tables, s: Scratch, asked: Asked, affected: Spans, found: Table[Held], group: int, row: int
) -> tuple[bool, float, float, float]:
    """Whether an amount put in may hold contaminated material, and its share."""
    consumption, amount = t.draws[row].consumption, t.draws[row].amount
    node = t.consumptions[consumption].node
    entering = _entering(t, s, asked, consumption)
    if entering == 0:
        some = _affected_of(t, s, asked, group, node, t.consumptions[consumption].by)
        high = amount if t.draws[row].uom != 0 else min(amount, float(some))
        return some > 0, 0.0, np.nan, high
    slot, whole = slot_of(s, node), t.nodes[node].made
    part = share(t, s, affected, found, slot)
    if np.isnan(whole) or np.isnan(part[0]) or t.nodes[node].made_uom != t.draws[row].uom:
        return True, 0.0, np.nan, amount
    low, expected, high = drawn(amount, whole, part[0], part[1], part[2])
    return True, low if entering == SURELY else 0.0, expected, high


@walking
def _entering(t: Tables, s: Scratch, asked: Asked, row: int) -> int:
    """Whether what is consumed is then affected: 2 certainly, 1 possibly, 0 not."""
    slot = slot_of(s, t.consumptions[row].node)
    if slot == NONE or t.consumptions[row].marks & VOID or killed(t, asked, t.consumptions[row].by):
        return 0
    entering, at = 0, t.consumptions[row].at
    label = s.reached[slot].first_label
    while label != NONE:
        if s.labels[label].start <= at < s.labels[label].end and deeper(asked, s.labels[label].depth) != NONE:
            unsure = s.labels[label].possible or (t.consumptions[row].marks & POSSIBLE) != 0
            entering = max(entering, MAYBE if unsure else SURELY)
        label = s.labels[label].next
    return entering


@walking
def _affected_of(t: Tables, s: Scratch, asked: Asked, group: int, lot: int, by: int) -> int:
    """How many affected instances of a lot may be what a statement took of it (§4.3)."""
    some = 0
    row = t.groups[group].first_consumption
    while row != NONE:
        if (
            t.consumptions[row].by == by
            and t.consumptions[row].marks & POSSIBLE
            and t.nodes[t.consumptions[row].node].lot == lot
            and _entering(t, s, asked, row) > 0
        ):
            some += t.nodes[t.consumptions[row].node].count
        row = t.consumptions[row].next_of_group
    return some
