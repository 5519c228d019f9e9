"""Where the portions of a lot lie, from where it is taken first, and where it is put, in machine code.

As :mod:`suyuan.trace.lineage.stock` (law of tracing §9, portions). Portions are numbered in the order of
putting. All lists of them are in that order; what is used up is taken off a list when it is met there.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from suyuan.trace.lineage.compiled.machine import (
    Instant,
    Number,
    Quantity,
    Table,
    Tiny,
    inlined,
    record,
    walking,
)
from suyuan.trace.lineage.compiled.tables import NONE, SHIPPING, Tables, Told
from suyuan.trace.lineage.compiled.whereabouts import IN_STOCK, IN_TRANSIT, UNACCOUNTED
from suyuan.trace.lineage.records import ENOUGH
from suyuan.trace.lineage.statement import NEVER

LOOSE, PACKED, AT = range(3)
"""Kinds of lines of portions: loose ones, packed ones, those at a site."""
MEANT_THERE, MEANT_FOR, MEANT_FOR_NOBODY, DEPARTED = range(3, 7)
"""Those that move to a site, a party, nobody in particular; that left by other words than shipping."""
CRATE, ARRIVED, STAYED, HEARD = range(7, 11)
"""Of a crate the portion in it; of a site its arrivals, its last stay, the last statement about it."""

PORTIONS, ENTRIES, VIAS, ARRIVALS, STAYS, LINES, MASK, FULL = range(8)
"""Where :attr:`Stock.used` counts what; MASK cuts numbers of lines to those in use for the lot.

FULL is 1 when a table was too short for the lot.
"""
UNTOLD, ON_THE_WAY = range(2)
"""Where :attr:`Stock.sums` keeps what."""


class Portion:
    """Some of a lot, in its unit: in a container, or at a place with a status, put there by a statement."""

    quantity: Quantity
    place: Number
    container: Number
    by: Number
    through: Number
    """The containers that any of it came through."""
    status: Tiny
    gone: Tiny


class Via:
    """A container, or NONE, and all of two others."""

    container: Number
    one: Number
    other: Number


class Stay:
    """Something lay loose at a site during [start, end)."""

    start: Instant
    end: Instant
    site: Number


class _Line:
    """A list, or a single number: found by what it is of."""

    key: Instant
    first: Number
    last: Number


class _Entry:
    what: Number
    next: Number


class _Arrival:
    """What came to a site by a step and may be told of by another one yet."""

    at: Instant
    quantity: Quantity
    step: Number
    next: Number


class _Hand:
    """What is being taken."""

    wanted: Quantity
    taken: Quantity
    through: Number


PORTION, VIA, STAY = record(Portion), record(Via), record(Stay)
_LINE, _ENTRY, _ARRIVAL, _HAND = record(_Line), record(_Entry), record(_Arrival), record(_Hand)


class Stock(NamedTuple):
    """The portions of one lot: together never more than was produced."""

    used: Table[int]
    sums: Table[float]
    hand: Table[_Hand]
    portions: Table[Portion]
    entries: Table[_Entry]
    vias: Table[Via]
    arrivals: Table[_Arrival]
    stays: Table[Stay]
    lines: Table[_Line]  # open addressing; a power of two, at most half in use


def stock(size: int) -> Stock:
    """Room for about ``size`` statements."""

    def rows(kind: np.dtype[Any], length: int) -> Any:
        return np.empty(length, dtype=kind)

    lines = 64
    while lines < 8 * size:
        lines *= 2
    return Stock(
        np.zeros(FULL + 1, dtype=np.int64),
        np.zeros(2),
        rows(_HAND, 1),
        rows(PORTION, 4 * size + 16),
        rows(_ENTRY, 8 * size + 32),
        rows(VIA, 8 * size + 32),
        rows(_ARRIVAL, 2 * size + 16),
        rows(STAY, 2 * size + 16),
        rows(_LINE, lines),
    )


@walking
def begin(s: Stock, produced: float, lines: int) -> None:
    """Everything of a lot is untold; there are about so many ``lines``."""
    for which in range(len(s.used)):
        s.used[which] = 0
    size = 64
    while size < 2 * lines and size < len(s.lines):
        size *= 2
    s.used[MASK] = size - 1
    for number in range(size):
        s.lines[number].key = s.lines[number].first = s.lines[number].last = NONE
    s.sums[UNTOLD], s.sums[ON_THE_WAY] = produced, 0.0


# Lines


@inlined
def line_of(s: Stock, kind: int, number: int) -> int:
    """The line of a kind and a number; an empty one begins where there is none."""
    key = (kind << 32) | int(number)
    mask = s.used[MASK]
    at = ((int(number) * 0x9E3779B1 + kind * 0x85EBCA6B) >> 15) & mask
    while s.lines[at].key != NONE:
        if s.lines[at].key == key:
            return at
        at = (at + 1) & mask
    if 2 * s.used[LINES] >= mask:
        s.used[FULL] = 1
        return at
    s.used[LINES] += 1
    s.lines[at].key, s.lines[at].first, s.lines[at].last = key, NONE, NONE
    return at


@inlined
def _fits(s: Stock, which: int, length: int) -> bool:
    """Whether there is room for one more row."""
    if s.used[which] == length:
        s.used[FULL] = 1
    return s.used[FULL] == 0


@walking
def _list(s: Stock, kind: int, number: int, portion: int) -> None:
    """Put a portion at the end of a line."""
    if not _fits(s, ENTRIES, len(s.entries)):
        return
    line, entry = line_of(s, kind, number), s.used[ENTRIES]
    s.used[ENTRIES] = entry + 1
    s.entries[entry].what, s.entries[entry].next = portion, NONE
    if s.lines[line].first == NONE:
        s.lines[line].first = entry
    else:
        s.entries[s.lines[line].last].next = entry
    s.lines[line].last = entry


@inlined
def following(s: Stock, line: int, entry: int) -> int:
    """The next entry of a line of which anything is left, NONE at its end; ``entry`` NONE for the first."""
    while True:
        after = s.lines[line].first if entry == NONE else s.entries[entry].next
        if after == NONE or s.portions[s.entries[after].what].quantity > ENOUGH:
            return after
        if entry == NONE:
            s.lines[line].first = s.entries[after].next
        else:
            s.entries[entry].next = s.entries[after].next
        if s.lines[line].last == after:
            s.lines[line].last = entry


@inlined
def in_crate(s: Stock, container: int) -> int:
    """The portion in a container, NONE if nothing is left in it."""
    row = s.lines[line_of(s, CRATE, container)].first
    return row if row != NONE and s.portions[row].quantity > ENOUGH else NONE


# Where it is taken from


@inlined
def reach(s: Stock, wanted: float) -> None:
    """Begin to take so much."""
    s.hand[0].wanted, s.hand[0].taken, s.hand[0].through = wanted, 0.0, NONE


@inlined
def go_on(s: Stock, wanted: float) -> None:
    """Go on taking until it is so much altogether."""
    s.hand[0].wanted = wanted


@inlined
def enough(s: Stock) -> bool:
    """Whether nothing more is wanted."""
    return s.hand[0].wanted - s.hand[0].taken <= ENOUGH


@inlined
def taken(s: Stock) -> float:
    """How much was taken so far."""
    return s.hand[0].taken if s.hand[0].taken > ENOUGH else 0.0


@inlined
def draw(s: Stock, row: int) -> None:
    """Take of one portion."""
    part = min(s.portions[row].quantity, s.hand[0].wanted - s.hand[0].taken)
    if part > 0.0:
        s.hand[0].taken += part
        s.hand[0].through = _joined(s, s.hand[0].through, s.portions[row].through)
        s.portions[row].quantity -= part
        if s.portions[row].status == IN_TRANSIT:
            s.sums[ON_THE_WAY] -= part


@walking
def _joined(s: Stock, one: int, other: int) -> int:
    """The containers of both."""
    if one == NONE:
        return other
    if other == NONE:
        return one
    return one if one == other else _via(s, NONE, one, other)


@walking
def _via(s: Stock, container: int, one: int, other: int) -> int:
    if not _fits(s, VIAS, len(s.vias)):
        return NONE
    via = s.used[VIAS]
    s.used[VIAS] = via + 1
    s.vias[via].container, s.vias[via].one, s.vias[via].other = container, one, other
    return via


@inlined
def from_untold(s: Stock) -> None:
    """Of what nobody told anything yet."""
    if not enough(s):
        part = min(s.sums[UNTOLD], s.hand[0].wanted - s.hand[0].taken)
        s.sums[UNTOLD] -= part
        s.hand[0].taken += part


@walking
def from_site(t: Tables, s: Stock, site: int, party: int) -> None:
    """At a site, first what the party put there."""
    if site == NONE:
        return
    line = line_of(s, AT, site)
    own = put_by(t, s, line, party)
    if own != NONE and not enough(s):
        draw(s, own)
    entry = following(s, line, NONE)
    while entry != NONE and not enough(s):
        if s.entries[entry].what != own:
            draw(s, s.entries[entry].what)
        entry = following(s, line, entry)


@walking
def put_by(t: Tables, s: Stock, line: int, party: int) -> int:
    """The portion of a site's line that a party put there, NONE if there is none."""
    entry = following(s, line, NONE)
    while entry != NONE:
        if t.statements[s.portions[s.entries[entry].what].by].party == party:
            return s.entries[entry].what
        entry = following(s, line, entry)
    return NONE


@walking
def lies_at(s: Stock, site: int) -> float:
    """How much lies loose at a site."""
    line = line_of(s, AT, site)
    entry, there = following(s, line, NONE), 0.0
    while entry != NONE:
        there += s.portions[s.entries[entry].what].quantity
        entry = following(s, line, entry)
    return there


@walking
def from_packed_at(t: Tables, s: Stock, by: int, but: int) -> None:
    """Packed at the place of a statement, but not in this container."""
    site = t.statements[by].site
    if site == NONE:
        return
    line = line_of(s, PACKED, 0)
    entry = following(s, line, NONE)
    while entry != NONE and not enough(s):
        row = s.entries[entry].what
        container = s.portions[row].container
        if container != but and site_at(t, container, t.statements[by].at) == site:
            draw(s, row)
        entry = following(s, line, entry)


@walking
def site_at(t: Tables, node: int, at: int) -> int:
    """The site of the effective place of an instance at an instant, NONE where it is not known."""
    row = t.nodes[node].first_container
    while row != NONE:
        around = t.containments[row]
        if not around.is_class and around.start <= at < around.end:
            node = around.parent
            row = t.nodes[node].first_container
        else:
            row = around.next_container
    row = t.nodes[node].first_episode
    while row != NONE:
        if t.episodes[row].start <= at < t.episodes[row].end:
            return t.nodes[t.episodes[row].place].site
        row = t.episodes[row].next
    return NONE


@walking
def from_meant(t: Tables, s: Stock, by: int) -> None:
    """What moves to where a statement is told, or to who tells it."""
    site, party = t.statements[by].site, t.statements[by].party
    if site == NONE:
        from_line(s, MEANT_FOR, party)
        return
    mine, here = line_of(s, MEANT_FOR, party), line_of(s, MEANT_THERE, site)
    one, other = following(s, mine, NONE), following(s, here, NONE)
    while (one != NONE or other != NONE) and not enough(s):
        if other == NONE or (one != NONE and s.entries[one].what <= s.entries[other].what):
            draw(s, s.entries[one].what)
            one = following(s, mine, one)
        else:
            draw(s, s.entries[other].what)
            other = following(s, here, other)


@walking
def from_line(s: Stock, kind: int, number: int) -> None:
    """All of a line, one after the other."""
    line = line_of(s, kind, number)
    entry = following(s, line, NONE)
    while entry != NONE and not enough(s):
        draw(s, s.entries[entry].what)
        entry = following(s, line, entry)


@walking
def from_elsewhere(t: Tables, s: Stock, site: int) -> None:
    """Of what nobody told anything yet, then loose at other sites or nowhere."""
    from_untold(s)
    if enough(s):
        return
    line = line_of(s, LOOSE, 0)
    entry = following(s, line, NONE)
    while entry != NONE and not enough(s):
        row = s.entries[entry].what
        place = s.portions[row].place
        if place == NONE or t.nodes[place].site != site:
            draw(s, row)
        entry = following(s, line, entry)


@walking
def from_near(t: Tables, s: Stock, by: int, but: int) -> None:
    """At X, packed at X (``but`` in this container), moving to X, the untold, elsewhere."""
    from_site(t, s, t.statements[by].site, t.statements[by].party)
    from_packed_at(t, s, by, but)
    from_meant(t, s, by)
    from_line(s, MEANT_FOR_NOBODY, 0)
    from_elsewhere(t, s, t.statements[by].site)


# Where it is put


@walking
def _lay(s: Stock, by: int, place: int, container: int, status: int, gone: bool) -> int:
    """A portion of what was taken; NONE where there is no room."""
    if not _fits(s, PORTIONS, len(s.portions)):
        return NONE
    row = s.used[PORTIONS]
    s.used[PORTIONS] = row + 1
    portion = s.portions[row]
    portion.quantity, portion.through = taken(s), s.hand[0].through
    portion.place, portion.container, portion.by = place, container, by
    portion.status, portion.gone = status, gone
    return row


@walking
def _with(s: Stock, row: int, before: int) -> None:
    """A portion takes in another."""
    s.portions[row].quantity += s.portions[before].quantity
    s.portions[row].through = _joined(s, s.portions[row].through, s.portions[before].through)
    s.portions[before].quantity = 0.0


@walking
def end(told: Told, s: Stock, by: int, status: int) -> None:
    """Gone at X, with this status."""
    if taken(s) > 0.0:
        _lay(s, by, told.sayings[by].place, NONE, status, True)


@walking
def put(t: Tables, told: Told, s: Stock, by: int, leaves: bool, was: int) -> None:
    """Placed, in the word of the law; ``was`` is the place that a container had out of which it comes."""
    if taken(s) <= 0.0:
        return
    place = told.sayings[by].place
    place = was if place == NONE else place
    if leaves:
        move(told, s, by)
    elif place != NONE:
        stay(t, s, by, place, True)
    else:
        row = _lay(s, by, NONE, NONE, UNACCOUNTED, False)
        if row != NONE:
            _list(s, LOOSE, 0, row)


@walking
def stay(t: Tables, s: Stock, by: int, place: int, confirms: bool) -> None:
    """In stock at a place, with what its party put there before, which the statement ``confirms``."""
    site = t.nodes[place].site
    before = put_by(t, s, line_of(s, AT, site), t.statements[by].party)
    if taken(s) <= 0.0 and (before == NONE or not confirms):
        return
    row = _lay(s, by, place if before == NONE else s.portions[before].place, NONE, IN_STOCK, False)
    if row != NONE:
        if before != NONE:
            _with(s, row, before)
        _list(s, AT, site, row)
        _list(s, LOOSE, 0, row)


@walking
def move(told: Told, s: Stock, by: int) -> None:
    """On the way to where the statement sends it."""
    if taken(s) <= 0.0:
        return
    row = _lay(s, by, NONE, NONE, IN_TRANSIT, False)
    if row == NONE:
        return
    s.sums[ON_THE_WAY] += s.portions[row].quantity
    to = told.sayings[by].first_destination
    if to == NONE:
        _list(s, MEANT_FOR_NOBODY, 0, row)
    to_a_place = False
    while to != NONE:
        _list(s, MEANT_THERE, told.destinations[to].site, row)
        to_a_place = to_a_place or told.destinations[to].is_place
        to = told.destinations[to].next
    to = NONE if to_a_place else told.sayings[by].first_destination
    while to != NONE:
        _list(s, MEANT_FOR, told.destinations[to].party, row)
        to = told.destinations[to].next
    if told.sayings[by].step != SHIPPING and told.sayings[by].read_site != NONE:
        _list(s, DEPARTED, told.sayings[by].read_site, row)


@walking
def pack(s: Stock, by: int, container: int) -> None:
    """Into a container, beside what is in it."""
    if taken(s) <= 0.0:
        return
    before = in_crate(s, container)
    row = _lay(s, by, NONE, container, UNACCOUNTED, False)
    if row != NONE:
        if before != NONE:
            _with(s, row, before)
        s.portions[row].through = _via(s, container, s.portions[row].through, NONE)
        s.lines[line_of(s, CRATE, container)].first = row
        _list(s, PACKED, 0, row)


@walking
def note(s: Stock, site: int, at: int) -> None:
    """When something begins or ends to lie at a site."""
    if site == NONE:
        return
    line = line_of(s, STAYED, site)
    last = s.lines[line].first
    goes_on = last != NONE and s.stays[last].end == NEVER
    there = following(s, line_of(s, AT, site), NONE) != NONE
    if there and not goes_on:
        if _fits(s, STAYS, len(s.stays)):
            row = s.used[STAYS]
            s.used[STAYS] = row + 1
            s.stays[row].start, s.stays[row].end, s.stays[row].site = at, NEVER, site
            s.lines[line].first = row
    elif goes_on and not there:
        s.stays[last].end = at


# Arrivals

_A_DAY = 24 * 3600 * 1_000_000  # microseconds
ANY_STEP = -2


@walking
def arrive(s: Stock, site: int, at: int, step: int, quantity: float) -> None:
    """So much came to a site; another step may tell of it again within a day."""
    if quantity <= 0.0 or not _fits(s, ARRIVALS, len(s.arrivals)):
        return
    line, row = line_of(s, ARRIVED, site), s.used[ARRIVALS]
    s.used[ARRIVALS] = row + 1
    arrival = s.arrivals[row]
    arrival.at, arrival.quantity, arrival.step, arrival.next = at, quantity, step, NONE
    if s.lines[line].first == NONE:
        s.lines[line].first = row
    else:
        s.arrivals[s.lines[line].last].next = row
    s.lines[line].last = row


@walking
def counted_off(s: Stock, site: int, at: int, step: int, quantity: float) -> float:
    """Count up to ``quantity`` off what came within a day by other steps than this, the oldest first."""
    if site == NONE:
        return 0.0
    line = line_of(s, ARRIVED, site)
    found, before = 0.0, NONE
    row = s.lines[line].first
    while row != NONE and quantity - found > ENOUGH:
        arrival = s.arrivals[row]
        if arrival.at >= at - _A_DAY and arrival.step != step:
            part = min(arrival.quantity, quantity - found)
            arrival.quantity -= part
            found += part
        after = arrival.next
        if arrival.quantity <= ENOUGH or arrival.at < at - _A_DAY:
            if before == NONE:
                s.lines[line].first = after
            else:
                s.arrivals[before].next = after
        else:
            before = row
        row = after
    if row == NONE:
        s.lines[line].last = before
    return found
