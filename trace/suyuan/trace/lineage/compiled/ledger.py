"""The rules by which loose goods of a lot come to lie where they lie, in machine code.

As :mod:`suyuan.trace.lineage.ledger` (law of tracing §9, portions).
"""

from __future__ import annotations

import numpy as np

from suyuan.trace.lineage.compiled.arriving import ANY_STEP, arrive, counted_off
from suyuan.trace.lineage.compiled.machine import Number, Table, Tiny, inlined, record, walking
from suyuan.trace.lineage.compiled.putting import end, move, note, pack, put, stay
from suyuan.trace.lineage.compiled.stock import (
    CRATE,
    DEPARTED,
    HEARD,
    MEANT_FOR_NOBODY,
    ON_THE_WAY,
    Stock,
    following,
    in_crate,
    line_of,
)
from suyuan.trace.lineage.compiled.tables import (
    ADD,
    AGGREGATION,
    ARRIVING,
    ASSOCIATION,
    CHILD,
    DELETE,
    INPUT,
    LEAVES,
    NONE,
    OBJECT,
    OUTPUT,
    RECEIVING,
    SHIPPING,
    WHAT,
    Tables,
    Told,
    before,
)
from suyuan.trace.lineage.compiled.taking import (
    draw,
    enough,
    from_elsewhere,
    from_line,
    from_meant,
    from_near,
    from_packed_at,
    from_site,
    from_untold,
    go_on,
    lies_at,
    reach,
    taken,
)
from suyuan.trace.lineage.compiled.whereabouts import CONSUMED, DESTROYED, IN_TRANSIT, SOLD

MENTIONED, CONSUMES, EXIT = range(3)
"""Why a statement concerns a lot: it names it, consumes some of it, ends a containment of it."""


class Concern:
    """A statement that concerns a lot, and the row that says why."""

    by: Number
    row: Number
    why: Tiny


CONCERN = record(Concern)


@walking
def concerns(t: Tables, told: Told, lot: int, into: Table[Concern]) -> int:
    """Write what concerns a lot, in any order; returns how many there are, also if ``into`` is too short."""
    count = 0
    row = told.goods[t.nodes[lot].goods].first_mention
    while row != NONE:
        count = _concern(into, count, told.mentions[row].by, row, MENTIONED)
        row = told.mentions[row].next
    row = t.nodes[lot].first_consumption
    while row != NONE:
        count = _concern(into, count, t.consumptions[row].by, row, CONSUMES)
        row = t.consumptions[row].next
    row = t.nodes[lot].first_container
    while row != NONE:
        if t.containments[row].is_class and t.containments[row].ended != NONE:
            count = _concern(into, count, t.containments[row].ended, row, EXIT)
        row = t.containments[row].next_container
    return count


@inlined
def _concern(into: Table[Concern], count: int, by: int, row: int, why: int) -> int:
    if count < len(into):
        into[count].by, into[count].row, into[count].why = by, row, why
    return count + 1


@walking
def in_order(t: Tables, of: Table[Concern], count: int, order: Table[int], spare: Table[int]) -> None:
    """Write the numbers of the first ``count`` concerns into ``order``, by the positions of statements."""
    for number in range(count):
        order[number] = number
    width = 1
    while width < count:
        for low in range(0, count, 2 * width):
            middle, high = min(low + width, count), min(low + 2 * width, count)
            one, other = low, middle
            for at in range(low, high):
                if one < middle and (
                    other == high or not before(t.statements, of[order[other]].by, of[order[one]].by)
                ):
                    spare[at] = order[one]
                    one += 1
                else:
                    spare[at] = order[other]
                    other += 1
        for at in range(count):
            order[at] = spare[at]
        width *= 2


@walking
def tell(
    t: Tables, told: Told, s: Stock, lot: int, of: Table[Concern], order: Table[int], first: int, last: int
) -> None:
    """Tell one statement: the concerns ``order[first:last]`` are all of it."""
    by, consumption, exits = of[order[first]].by, NONE, first
    for number in range(first, last):  # exits come first from now on
        concern = order[number]
        if of[concern].why == CONSUMES:
            consumption = of[concern].row
        elif of[concern].why == EXIT:
            order[number] = order[exits]
            order[exits] = concern
            exits += 1
    if consumption != NONE:
        _consume(t, told, s, lot, by, consumption, of, order, first, exits)
        exits = first
    _tell(t, told, s, lot, by, of, order, first, exits)


@walking
def _consume(
    t: Tables,
    told: Told,
    s: Stock,
    lot: int,
    by: int,
    consumption: int,
    of: Table[Concern],
    order: Table[int],
    first: int,
    last: int,
) -> None:
    """1: consumes."""
    reach(s, np.inf)
    for number in range(first, last):
        packed = in_crate(s, t.containments[of[order[number]].row].parent)
        if packed != NONE:
            draw(s, packed)
    named, quantity, _ = _stated(t, told, lot, by, INPUT)
    if not named:
        quantity = _drawn(t, lot, consumption)
    if not np.isnan(quantity):
        go_on(s, quantity)
        from_near(t, s, by, NONE)
    end(told, s, by, CONSUMED)
    note(s, t.statements[by].site, t.statements[by].at)
    note(s, told.sayings[by].read_site, t.statements[by].at)


@walking
def _drawn(t: Tables, lot: int, consumption: int) -> float:
    """What a consumption took of containers, in the unit of Q; NaN where that is not known."""
    total, uom = np.nan, t.nodes[lot].made_uom
    row = t.groups[t.consumptions[consumption].group].first_draw
    while row != NONE:
        if t.draws[row].consumption == consumption:
            if np.isnan(t.draws[row].amount) or t.draws[row].uom != uom:
                return np.nan
            total = t.draws[row].amount + (0.0 if np.isnan(total) else total)
        row = t.draws[row].next
    return total


@walking
def _tell(
    t: Tables,
    told: Told,
    s: Stock,
    lot: int,
    by: int,
    of: Table[Concern],
    order: Table[int],
    first: int,
    last: int,
) -> None:
    """2 to 6. A containment of the lot ends without consumption for each of the exits."""
    named, quantity, unstated = _stated(t, told, lot, by, WHAT)
    if named and not np.isnan(quantity):
        quantity -= _beside(told, s, by)
    made, output, _ = _stated(t, told, lot, by, OUTPUT)
    if made:
        _make(t, told, s, by, output)
    _repack(t, told, s, lot, by)
    _empty(t, told, s, by, of, order, first, last)
    if named:
        _is_what(t, told, s, by, quantity, unstated)
    at = t.statements[by].at
    note(s, t.statements[by].site, at)
    note(s, told.sayings[by].read_site, at)
    if told.sayings[by].was != NONE:
        note(s, t.nodes[told.sayings[by].was].site, at)
    for number in range(first, last):
        was = t.containments[of[order[number]].row].was
        if was != NONE:
            note(s, t.nodes[was].site, at)


@walking
def _is_what(t: Tables, told: Told, s: Stock, by: int, quantity: float, unstated: bool) -> None:
    """2 for an ObjectEvent ADD; of any other one of 4 to 6."""
    fate = t.statements[by].fate
    if told.sayings[by].type == OBJECT and told.sayings[by].action == ADD:
        _make(t, told, s, by, quantity)
    elif fate not in (NONE, IN_TRANSIT):
        _go(t, told, s, by, quantity, unstated)
    elif _leaves(t, by):
        _leave(t, told, s, by, quantity, unstated)
    elif told.sayings[by].place != NONE:
        _come(t, told, s, by, quantity, unstated)


@inlined
def _leaves(t: Tables, by: int) -> bool:
    return (t.statements[by].marks & LEAVES) != 0


@inlined
def _packs(told: Told, by: int) -> bool:
    return told.sayings[by].type in (AGGREGATION, ASSOCIATION)


@walking
def _make(t: Tables, told: Told, s: Stock, by: int, quantity: float) -> None:
    """2: makes."""
    if not np.isnan(quantity):
        reach(s, quantity)
        from_untold(s)
        put(t, told, s, by, _leaves(t, by), NONE)


@walking
def _repack(t: Tables, told: Told, s: Stock, lot: int, by: int) -> None:
    """3: packs and unpacks."""
    parent, action = told.sayings[by].parent, told.sayings[by].action
    if parent == NONE or not _packs(told, by) or action not in (ADD, DELETE):
        return
    named, quantity, _ = _stated(t, told, lot, by, CHILD)
    if not named or np.isnan(quantity):
        return
    reach(s, quantity)
    if action == ADD:
        from_near(t, s, by, parent)
        pack(s, by, parent)
    else:
        packed = in_crate(s, parent)
        if packed != NONE and not enough(s):
            draw(s, packed)
        from_elsewhere(t, s, t.statements[by].site)
        put(t, told, s, by, _leaves(t, by), told.sayings[by].was)


@walking
def _empty(
    t: Tables, told: Told, s: Stock, by: int, of: Table[Concern], order: Table[int], first: int, last: int
) -> None:
    """3: what is left in containers that let go of the lot, that which was put first before the others."""
    for number in range(first, last):
        concern = order[number]
        packed = in_crate(s, t.containments[of[concern].row].parent)
        at = number
        while at > first and in_crate(s, t.containments[of[order[at - 1]].row].parent) > packed:
            order[at] = order[at - 1]
            at -= 1
        order[at] = concern
    fate = t.statements[by].fate
    gone = not _packs(told, by) and fate in (SOLD, DESTROYED)
    for number in range(first, last):
        row = of[order[number]].row
        packed = in_crate(s, t.containments[row].parent)
        if packed != NONE:
            reach(s, np.inf)
            draw(s, packed)
            if gone:
                end(told, s, by, fate)
            else:
                put(t, told, s, by, _leaves(t, by), t.containments[row].was)


@walking
def _go(t: Tables, told: Told, s: Stock, by: int, quantity: float, unstated: bool) -> None:
    """4: goes."""
    if not np.isnan(quantity):
        reach(s, quantity)
        from_near(t, s, by, NONE)
    elif unstated and told.sayings[by].type == OBJECT and told.sayings[by].action == DELETE:
        reach(s, np.inf)
        from_site(t, s, t.statements[by].site, t.statements[by].party)
    else:
        return
    end(told, s, by, t.statements[by].fate)


@walking
def _leave(t: Tables, told: Told, s: Stock, by: int, quantity: float, unstated: bool) -> None:
    """5: leaves."""
    origin, party, at = told.sayings[by].read_site, t.statements[by].party, t.statements[by].at
    if np.isnan(quantity):
        reach(s, np.inf if unstated else 0.0)
        from_site(t, s, origin, party)
        counted_off(s, origin, at, ANY_STEP, taken(s))
    elif told.sayings[by].step == SHIPPING:
        reach(s, quantity)
        if origin != NONE:
            from_line(s, DEPARTED, origin)
        claimed, moving = taken(s), s.sums[ON_THE_WAY]
        from_site(t, s, origin, party)
        counted_off(s, origin, at, ANY_STEP, taken(s) - claimed)
        go_on(s, quantity - moving)
        from_elsewhere(t, s, origin)
    else:
        reach(s, quantity - s.sums[ON_THE_WAY])
        from_site(t, s, origin, party)
        counted_off(s, origin, at, ANY_STEP, taken(s))
        from_elsewhere(t, s, origin)
    move(told, s, by)


@walking
def _come(t: Tables, told: Told, s: Stock, by: int, quantity: float, unstated: bool) -> None:
    """6: comes."""
    site, at, step = t.statements[by].site, t.statements[by].at, told.sayings[by].step
    is_coming = step in (RECEIVING, ARRIVING)
    if np.isnan(quantity):
        reach(s, np.inf if is_coming and unstated else 0.0)
        from_meant(t, s, by)
        if taken(s) <= 0.0 and _is_single(s, MEANT_FOR_NOBODY):
            from_line(s, MEANT_FOR_NOBODY, 0)
        arrive(s, site, at, step, taken(s))
        stay(t, s, by, told.sayings[by].place, False)
        return
    there = counted_off(s, site, at, step, quantity) if is_coming else lies_at(s, site)
    reach(s, quantity - there)
    from_meant(t, s, by)
    from_line(s, MEANT_FOR_NOBODY, 0)
    from_packed_at(t, s, by, NONE)
    from_elsewhere(t, s, site)
    arrive(s, site, at, step, taken(s))
    stay(t, s, by, told.sayings[by].place, True)


@walking
def _is_single(s: Stock, kind: int) -> bool:
    line = line_of(s, kind, 0)
    one = following(s, line, NONE)
    return one != NONE and following(s, line, one) == NONE


# What the statement says of the lot


@walking
def _stated(t: Tables, told: Told, lot: int, by: int, role: int) -> tuple[bool, float, bool]:
    """Whether the lot is named in the list, the sum of its amounts there, and whether one states none.

    The sum is NaN where an amount is unstated or in another unit than Q.
    """
    named, unstated, quantity = False, False, 0.0
    first = told.sayings[by].first_mention
    for row in range(first, first + told.sayings[by].mentions):
        mention = told.mentions[row]
        if mention.node == lot and mention.is_class and mention.role == role:
            named = True
            unstated = unstated or np.isnan(mention.amount)
            quantity += mention.amount if mention.uom == t.nodes[lot].made_uom else np.nan
    return named, quantity, unstated


@walking
def _beside(told: Told, s: Stock, by: int) -> float:
    """What lies in containers that a statement names as what."""
    there = 0.0
    first = told.sayings[by].first_mention
    for row in range(first, first + told.sayings[by].mentions):
        mention = told.mentions[row]
        if mention.role == WHAT and not mention.is_class:
            line, packed = line_of(s, CRATE, mention.node), in_crate(s, mention.node)
            if packed != NONE and s.lines[line].last != by:  # named twice, it counts once
                s.lines[line].last = by
                there += s.portions[packed].quantity
    return there


# Where it is heard of


@walking
def hear(t: Tables, told: Told, s: Stock, by: int, sites: Table[int], count: int) -> int:
    """Note the sites of which a statement speaks that names the lot; ``sites`` are listed once each."""
    for site in (t.statements[by].site, told.sayings[by].read_site):
        if site != NONE:
            line = line_of(s, HEARD, site)
            if s.lines[line].first == NONE and count < len(sites):
                sites[count] = site
                count += 1
            s.lines[line].first = by
    return count


@walking
def leaves_it_there(t: Tables, told: Told, s: Stock, lot: int, site: int) -> int:
    """The last word of a site, if by it the lot may be there; NONE if not."""
    by = s.lines[line_of(s, HEARD, site)].first
    if t.statements[by].site != site or _leaves(t, by) or t.statements[by].fate not in (NONE, IN_TRANSIT):
        return NONE
    if _stated(t, told, lot, by, INPUT)[0] or (_packs(told, by) and told.sayings[by].action != DELETE):
        return NONE
    return by
