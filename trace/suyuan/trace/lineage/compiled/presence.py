"""What was at a site, and when, in machine code: as :mod:`suyuan.trace.lineage.presence` (law §5)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from suyuan.trace.lineage.compiled.asked import PRESENCE, Presence
from suyuan.trace.lineage.compiled.machine import Made, Table, inlined, walking
from suyuan.trace.lineage.compiled.tables import NONE, Tables, Told


def presences(t: Tables, told: Told, places: Iterable[tuple[int, int]]) -> Made:
    """What was at ``places`` (nodes, each with its site), by place and then by object.

    The work is that of the visits of those sites and of what the visitors carried.
    """
    found: list[Any] = []
    room: Any = np.zeros(1024, dtype=PRESENCE)
    for place, site in sorted(places):
        while (count := present(t, told, place, site, room)) > len(room):
            room = np.zeros(4 * len(room), dtype=PRESENCE)
        rows = room[:count]
        found.append(rows[np.argsort(rows["node"], kind="stable")])
    return np.concatenate(found) if found else room[:0]


@walking
def present(t: Tables, told: Told, place: int, site: int, into: Table[Presence]) -> int:
    """Write when each object was at a site (of lots, their own episodes) and return how many rows there are.

    More than ``into`` has room for means that it was too short.
    """
    count = 0
    visit = told.sites[site].first_visit
    while visit != NONE:
        node, end = t.episodes[visit].node, t.episodes[visit].end
        low = _out_of_containers(t, node, t.episodes[visit].start)
        while low < end:
            high = _into_a_container(t, node, low, end)
            first = count
            count = _write(into, count, place, node, low, high)
            if count <= len(into) and not t.nodes[node].is_class:
                count = _carried(t, into, first, count)
            if count > len(into):
                return count
            low = _out_of_containers(t, node, high) if high < end else end
        visit = t.episodes[visit].next_visit
    return count


@inlined
def _write(into: Table[Presence], count: int, place: int, node: int, low: int, high: int) -> int:
    if count < len(into):
        row = into[count]
        row.place, row.node, row.start, row.end = place, node, low, high
    return count + 1


@walking
def _out_of_containers(t: Tables, node: int, at: int) -> int:
    """The first instant from ``at`` on when an instance is in no container."""
    row = t.nodes[node].first_container
    while row != NONE:
        around = t.containments[row]
        if not around.is_class and around.start <= at < around.end:
            at = around.end
            row = t.nodes[node].first_container
        else:
            row = around.next_container
    return at


@walking
def _into_a_container(t: Tables, node: int, at: int, end: int) -> int:
    """When an instance that is in no container enters one, ``end`` if not before."""
    row = t.nodes[node].first_container
    while row != NONE:
        around = t.containments[row]
        if not around.is_class and at < around.start < around.end:
            end = min(end, around.start)
        row = around.next_container
    return end


@walking
def _carried(t: Tables, into: Table[Presence], first: int, count: int) -> int:
    """Write what instances were in those written since ``first``, at any depth."""
    outer = first
    while outer < count:
        place, low, high = into[outer].place, into[outer].start, into[outer].end
        row = t.nodes[into[outer].node].first_content
        while row != NONE:
            inner = t.containments[row]
            since, until = max(low, inner.start), min(high, inner.end)
            if since < until and not inner.is_class and not t.nodes[inner.child].is_class:
                count = _write(into, count, place, inner.child, since, until)
                if count > len(into):
                    return count
            row = inner.next_content
        outer += 1
    return count
