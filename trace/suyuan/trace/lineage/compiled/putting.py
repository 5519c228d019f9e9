"""Where an amount of a lot is put that was taken, in machine code (law of tracing §9, portions)."""

from __future__ import annotations

from suyuan.trace.lineage.compiled.machine import walking
from suyuan.trace.lineage.compiled.stock import (
    AT,
    CRATE,
    DEPARTED,
    LOOSE,
    MEANT_FOR,
    MEANT_FOR_NOBODY,
    MEANT_THERE,
    ON_THE_WAY,
    PACKED,
    PORTIONS,
    STAYED,
    STAYS,
    Stock,
    enlist,
    fits,
    following,
    in_crate,
    joined,
    line_of,
    put_by,
    via_of,
)
from suyuan.trace.lineage.compiled.tables import NONE, SHIPPING, Tables, Told
from suyuan.trace.lineage.compiled.taking import taken
from suyuan.trace.lineage.compiled.whereabouts import IN_STOCK, IN_TRANSIT, UNACCOUNTED
from suyuan.trace.lineage.statement import NEVER


@walking
def _lay(s: Stock, by: int, place: int, container: int, status: int, gone: bool) -> int:
    """A portion of what was taken; NONE where there is no room."""
    if not fits(s, PORTIONS, len(s.portions)):
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
    s.portions[row].through = joined(s, s.portions[row].through, s.portions[before].through)
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
            enlist(s, LOOSE, 0, row)


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
        enlist(s, AT, site, row)
        enlist(s, LOOSE, 0, row)


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
        enlist(s, MEANT_FOR_NOBODY, 0, row)
    to_a_place = False
    while to != NONE:
        enlist(s, MEANT_THERE, told.destinations[to].site, row)
        to_a_place = to_a_place or told.destinations[to].is_place
        to = told.destinations[to].next
    to = NONE if to_a_place else told.sayings[by].first_destination
    while to != NONE:
        enlist(s, MEANT_FOR, told.destinations[to].party, row)
        to = told.destinations[to].next
    if told.sayings[by].step != SHIPPING and told.sayings[by].read_site != NONE:
        enlist(s, DEPARTED, told.sayings[by].read_site, row)


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
        s.portions[row].through = via_of(s, container, s.portions[row].through, NONE)
        s.lines[line_of(s, CRATE, container)].first = row
        enlist(s, PACKED, 0, row)


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
        if fits(s, STAYS, len(s.stays)):
            row = s.used[STAYS]
            s.used[STAYS] = row + 1
            s.stays[row].start, s.stays[row].end, s.stays[row].site = at, NEVER, site
            s.lines[line].first = row
    elif goes_on and not there:
        s.stays[last].end = at
