"""Where nodes are now, in machine code: as :mod:`suyuan.trace.lineage.where` (law of tracing §9)."""

from __future__ import annotations

from suyuan.trace.lineage.compiled.machine import inlined
from suyuan.trace.lineage.compiled.tables import NONE, Tables, before
from suyuan.trace.lineage.contract import Status

STATUSES: tuple[Status, ...] = ("in_stock", "in_transit", "sold", "destroyed", "consumed", "unaccounted")
"""By number."""
IN_STOCK, IN_TRANSIT, SOLD, DESTROYED, CONSUMED, UNACCOUNTED = range(6)


@inlined
def whereabouts(t: Tables, node: int) -> tuple[int, int, int, int]:
    """The place, container, party and status of a node by the last word of it, and of what it is in.

    The party is who told of it last: whose the place is stands elsewhere. Loose goods may lie in portions:
    see :mod:`suyuan.trace.lineage.compiled.lots`.
    """
    last, outermost = t.nodes[node].last, node
    inside = t.nodes[node].inside
    while inside != NONE:
        outermost = t.containments[inside].parent
        told = t.nodes[outermost].last
        if last == NONE or (told != NONE and before(t.statements, last, told)):
            last = told
        inside = t.nodes[outermost].inside
    here = t.nodes[outermost].here
    place = NONE if here == NONE else t.episodes[here].place
    party = NONE if last == NONE else t.statements[last].party
    inside = t.nodes[node].inside
    container = NONE if inside == NONE else t.containments[inside].parent
    if t.nodes[node].ended != NONE:
        status = CONSUMED if t.nodes[node].consumed else t.statements[t.nodes[node].ended].fate
    else:
        status = UNACCOUNTED if place == NONE else IN_STOCK
        if last != NONE and t.statements[last].fate != NONE:
            status = t.statements[last].fate
    return place, container, party, status
