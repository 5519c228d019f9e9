"""Hold and contaminated, in machine code: as :mod:`suyuan.trace.lineage.amounts` (law of tracing §8).

A share is (low, expected, high) in the unit of what it is a share of; NaN is what nobody knows. That of a run
is the share of each one of it.
"""

from __future__ import annotations

import numpy as np

from suyuan.trace.lineage.compiled.ahead import inputs_ahead
from suyuan.trace.lineage.compiled.asked import Asked, deeper
from suyuan.trace.lineage.compiled.forward import killed
from suyuan.trace.lineage.compiled.labels import slot_of
from suyuan.trace.lineage.compiled.machine import fetch, inlined
from suyuan.trace.lineage.compiled.scratch import FULL, GROUPS, MAYBE, SURELY, TOUCHED, Scratch
from suyuan.trace.lineage.compiled.spans import in_order
from suyuan.trace.lineage.compiled.tables import NONE, POSSIBLE, VOID, Tables, before
from suyuan.trace.lineage.records import ENOUGH
from suyuan.trace.lineage.statement import NEVER

Share = tuple[float, float, float]


@inlined
def tell_amounts(t: Tables, s: Scratch, asked: Asked) -> None:
    """Hold and contaminated of everything affected: one pass over the groups, by their earliest output."""
    for number in range(s.used[GROUPS]):
        _survey(t, s, asked, number)
    for slot in range(s.used[TOUCHED]):
        _hold(t, s, slot)
    _order_groups(t, s)
    for place in range(s.used[GROUPS]):
        inputs_ahead(t, s, place)
        number = s.order[place]
        if s.gone[number].first >= 0:
            _pass(t, s, asked, number)
    for slot in range(s.used[TOUCHED]):
        reached = s.reached[slot]
        low, expected, high = share(t, s, slot)
        for number in range(reached.first_state, reached.first_state + reached.states):
            state = s.found[number]
            state.hold, state.uom = reached.hold, reached.hold_uom
            state.low = 0.0 if state.possible else low
            state.expected, state.high = expected, high


@inlined
def _order_groups(t: Tables, s: Scratch) -> None:
    """Groups by the position of their earliest output."""
    for number in range(s.used[GROUPS]):
        first = s.gone[number].first
        s.keys[number] = NEVER if first == NONE else t.statements[first].at
    in_order(s, s.used[GROUPS])
    for begin in range(1, s.used[GROUPS]):
        number, place = s.order[begin], begin
        while place > 0 and _sooner(t, s, number, s.order[place - 1]):
            s.order[place] = s.order[place - 1]
            place -= 1
        s.order[place] = number


@inlined
def _sooner(t: Tables, s: Scratch, one: int, other: int) -> bool:
    """Of groups that made something first at one instant: whether it was the one."""
    if s.keys[one] != s.keys[other] or s.keys[one] == NEVER:
        return False
    return before(t.statements, s.gone[one].first, s.gone[other].first)


@inlined
def _survey(t: Tables, s: Scratch, asked: Asked, number: int) -> None:
    """What a group made, by one statement or several, and first by which."""
    gone = s.gone[number]
    gone.total, gone.single, gone.first = np.nan, True, NONE
    known, alive = True, False
    begin = row = t.groups[gone.group].first_production
    while row != NONE:
        made, first = t.productions[row], t.productions[begin]
        known = known and not np.isnan(made.amount) and made.uom == first.uom
        amount = made.amount * _each(t, made.node, made.uom)
        gone.total = amount if row == begin else gone.total + amount
        gone.single = gone.single and made.by == first.by
        if gone.first == NONE or before(t.statements, made.by, gone.first):
            gone.first = made.by
        if not killed(t, asked, made.by):
            alive = True
            slot = slot_of(s, made.node)
            s.reached[slot].made = True
            s.reached[slot].given_low = s.reached[slot].given_expected = s.reached[slot].given_high = 0.0
        row = made.next_of_group
    if not known:
        gone.total = np.nan
    if not alive:
        gone.first = NONE


@inlined
def _hold(t: Tables, s: Scratch, slot: int) -> None:
    """All of it, or of a lot that was only met in containers the most that was inside."""
    reached = s.reached[slot]
    node = t.nodes[reached.node]
    reached.hold, reached.hold_uom = np.nan, NONE
    if node.is_class and reached.through > 0 and reached.whole == 0 and not reached.made:
        if reached.peak_known and not np.isnan(reached.peak):
            reached.hold, reached.hold_uom = reached.peak, reached.peak_uom
    elif not node.is_place and not np.isnan(node.made):
        reached.hold, reached.hold_uom = node.made, node.made_uom


@inlined
def share(t: Tables, s: Scratch, slot: int) -> Share:
    """What of the hold is contaminated, by the groups passed so far; NaN throughout without a hold."""
    reached = s.reached[slot]
    low, expected, high = _own(s, slot)
    lot = t.nodes[reached.node].lot
    other = NONE if lot == NONE else slot_of(s, lot)
    if other >= 0 and other != slot:
        meets, surely = _when_born(t, s, slot, other)
        if meets:
            part = _of_its_lot(t, s, other, surely)
            low, high = max(low, part[0]), max(high, part[2])
            expected = part[1] if not _reached(s, slot) else np.fmax(expected, part[1])
    return ordered(low, expected, high, reached.hold)


@inlined
def _reached(s: Scratch, slot: int) -> bool:
    """Whether anything but its lot tells a share of it."""
    return bool(s.reached[slot].whole > 0 or s.reached[slot].through > 0 or s.reached[slot].given)


@inlined
def _own(s: Scratch, slot: int) -> Share:
    """The share that it has otherwise than as one of its lot."""
    reached = s.reached[slot]
    most = reached.hold
    if not _reached(s, slot):  # rework: no earlier group has given it anything yet
        return 0.0, 0.0, 0.0
    low, expected, high = 0.0, np.nan, 0.0
    if reached.whole > 0 or reached.through > 0:
        low = most if SURELY in (reached.whole, reached.through) else 0.0
        expected = high = most
    if reached.given:
        low, high = max(low, reached.given_low), max(high, reached.given_high)
        expected = np.fmax(expected, reached.given_expected)
    return ordered(low, expected, high, most)


@inlined
def _when_born(t: Tables, s: Scratch, slot: int, lot: int) -> tuple[bool, bool]:
    """Whether the lot is affected after the birth of its instance, and whether certainly."""
    meets = surely = False
    first, birth = s.reached[lot].first_state, t.nodes[s.reached[slot].node].birth
    for number in range(first, first + s.reached[lot].states):
        if s.found[number].end > birth:
            meets = True
            surely = surely or not s.found[number].possible
    return meets, surely


@inlined
def _of_its_lot(t: Tables, s: Scratch, lot: int, surely: bool) -> Share:
    """The share of one instance in what is known of its lot, which is no instance of another."""
    node = t.nodes[s.reached[lot].node]
    if np.isnan(s.reached[lot].hold) or not node.made > 0:
        return 0.0, np.nan, 1.0
    low, expected, high = _own(s, lot)
    if not surely:
        low = 0.0
    if node.made_uom == 0:
        return drawn(1.0, node.made, low, expected, high)
    return 1.0 if low >= node.made - ENOUGH else 0.0, expected / node.made, 1.0 if high > 0 else 0.0


@inlined
def ordered(low: float, expected: float, high: float, most: float) -> Share:
    """The same with 0 <= low <= expected <= high <= ``most``: sloppy records would break that order."""
    if np.isnan(most):
        return np.nan, np.nan, np.nan
    high = min(high, most)
    low = min(low, high)
    if not np.isnan(expected):
        expected = min(high, max(low, expected))
    return low, expected, high


@inlined
def drawn(quantity: float, whole: float, low: float, expected: float, high: float) -> Share:
    """What ``quantity`` drawn from ``whole`` holds of the contaminated share of it."""
    if whole <= 0:
        return 0.0, np.nan, quantity
    least = max(0.0, quantity - (whole - low))
    return ordered(least, expected * quantity / whole, min(quantity, high), min(quantity, whole))


@inlined
def _pass(t: Tables, s: Scratch, asked: Asked, number: int) -> None:
    """Give each output of a group its share."""
    gone = s.gone[number]
    put_in, count = _draw(t, s, asked, gone.group)
    row = t.groups[gone.group].first_production
    while row != NONE:
        made = t.productions[row]
        if not killed(t, asked, made.by) and (gone.single or _is_first(t, asked, row)):
            amount, last = made.amount, made.at
            if not gone.single:
                amount, last = _output(t, asked, row)
            if not np.isnan(amount):
                part = 0.0, np.nan, amount
                if put_in > 0 and gone.total > 0:
                    part = _part(s, count, last, gone.total / put_in, amount, gone.total)
                given = s.reached[slot_of(s, made.node)]
                given.given = True
                given.given_low += part[0]
                given.given_expected += part[1]
                given.given_high += part[2]
        row = made.next_of_group


@inlined
def _draw(t: Tables, s: Scratch, asked: Asked, group: int) -> tuple[float, int]:
    """What was put in, NaN where it is not known or not in one unit; and how many draws may matter."""
    total, uom, known, count = np.nan, NONE, True, 0
    doubtful = _doubtful(t, s, group)
    row = begin = t.groups[group].first_draw
    while row != NONE:
        draw = t.draws[row]
        eaten = t.consumptions[draw.consumption]
        each = _each(t, eaten.node, draw.uom)
        known = known and not np.isnan(draw.amount) and (row == begin or draw.uom == uom)
        total = draw.amount * each if row == begin else total + draw.amount * each
        uom = draw.uom
        if not np.isnan(draw.amount):
            told, low, expected, high = _drawn_in(t, s, asked, group, row, doubtful)
            if told and count == len(s.drawn):
                s.used[FULL] = 1
            elif told:
                drew = s.drawn[count]
                drew.at, drew.low, drew.expected, drew.high = (
                    eaten.at,
                    low * each,
                    expected * each,
                    high * each,
                )
                count += 1
        row = draw.next
    return (total if known else np.nan), count


@inlined
def _each(t: Tables, node: int, uom: int) -> int:
    """How many times an amount is told: only instances, which are told in pieces, may be many."""
    return t.nodes[node].count if uom == 0 else 1


@inlined
def _doubtful(t: Tables, s: Scratch, group: int) -> bool:
    """Whether anything was consumed only possibly; who was touched is asked of each right after."""
    row = t.groups[group].first_consumption
    while row != NONE:
        if t.consumptions[row].marks & POSSIBLE:
            return True
        fetch(s.seats, t.consumptions[row].node)
        row = t.consumptions[row].next_of_group
    return False


@inlined
def _part(s: Scratch, count: int, last: int, by: float, amount: float, made: float) -> Share:
    """What of the first ``count`` draws is in an amount made until ``last``; ``by`` is made for put in."""
    low, expected, high = 0.0, 0.0, 0.0
    for number in range(count):
        drew = s.drawn[number]
        low += drew.low if drew.at <= last else 0.0
        expected += drew.expected
        high += drew.high
    return drawn(
        amount,
        made,
        min(made, low * by),
        np.minimum(made, expected * by),
        min(made, high * by),
    )


@inlined
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


@inlined
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


@inlined
def _drawn_in(
    t: Tables, s: Scratch, asked: Asked, group: int, row: int, doubtful: bool
) -> tuple[bool, float, float, float]:
    """Whether an amount put in may hold contaminated material, and its share."""
    draw = t.draws[row]
    eaten = t.consumptions[draw.consumption]
    node = t.nodes[eaten.node]
    entering = _entering(t, s, asked, draw.consumption)
    if entering == 0:
        if not doubtful:
            return False, 0.0, np.nan, 0.0
        some = _affected_of(t, s, asked, group, eaten.node, eaten.by)
        high = draw.amount if draw.uom != 0 else min(draw.amount, float(some))
        return some > 0, 0.0, np.nan, high
    part = share(t, s, slot_of(s, eaten.node))
    if np.isnan(node.made) or np.isnan(part[0]) or node.made_uom != draw.uom:
        return True, 0.0, np.nan, draw.amount
    low, expected, high = drawn(draw.amount, node.made, part[0], part[1], part[2])
    return True, low if entering == SURELY else 0.0, expected, high


@inlined
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


@inlined
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
