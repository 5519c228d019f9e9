"""Arrivals of a lot at sites: one step told of them, another may tell of them again, in machine code."""

from __future__ import annotations

from suyuan.trace.lineage.compiled.machine import walking
from suyuan.trace.lineage.compiled.stock import ARRIVALS, ARRIVED, Stock, fits, line_of
from suyuan.trace.lineage.compiled.tables import NONE
from suyuan.trace.lineage.records import ENOUGH

_A_DAY = 24 * 3600 * 1_000_000  # microseconds
ANY_STEP = -2


@walking
def arrive(s: Stock, site: int, at: int, step: int, quantity: float) -> None:
    """So much came to a site; another step may tell of it again within a day."""
    if quantity <= 0.0 or not fits(s, ARRIVALS, len(s.arrivals)):
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
