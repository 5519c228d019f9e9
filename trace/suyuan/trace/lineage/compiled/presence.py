"""What was at a site, and when, in machine code: as :mod:`suyuan.trace.lineage.presence` (law §5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np

from suyuan.trace.lineage.compiled.asked import PRESENCE, Presence
from suyuan.trace.lineage.compiled.machine import Made, Table, inlined, walking
from suyuan.trace.lineage.compiled.tables import NONE, Tables, Told


def presences(t: Tables, told: Told, places: Iterable[tuple[int, int]]) -> Made:
    """What was at ``places`` (nodes, each with its site), by place and then by object.

    The work is that of the visits of those sites and of what the visitors carried.
    """
    found: list[Any] = [np.zeros(0, dtype=PRESENCE)]
    for place, site in sorted(places):
        rows = written(partial(present, t, told, place, site, False))
        found.append(rows[np.argsort(rows["node"], kind="stable")])
    return np.concatenate(found)


def written(write: Callable[[Any], int]) -> Any:
    """The presences that ``write`` writes into a table; it tells how many there are, or more than fit."""
    room: Any = np.zeros(1024, dtype=PRESENCE)
    while (count := write(room)) > len(room):
        room = np.zeros(4 * len(room), dtype=PRESENCE)
    return room[:count]


@walking
def present(t: Tables, told: Told, place: int, site: int, amounts: bool, into: Table[Presence]) -> int:
    """Write when each object was at a site and return how many rows there are.

    Of lots these are their own episodes, or with ``amounts`` instead of these when any of them was in what
    was there. More rows than ``into`` has room for mean that it was too short.
    """
    count = 0
    visit = told.sites[site].first_visit
    while visit != NONE:
        node, end = t.episodes[visit].node, t.episodes[visit].end
        if amounts and t.nodes[node].is_class:
            visit = t.episodes[visit].next_visit
            continue
        low = _out_of_containers(t, node, t.episodes[visit].start)
        while low < end:
            high = _into_a_container(t, node, low, end)
            first = count
            count = _write(into, count, place, node, low, high)
            if count <= len(into) and not t.nodes[node].is_class:
                count = _carried(t, into, first, count, amounts)
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
def _carried(t: Tables, into: Table[Presence], first: int, count: int, amounts: bool) -> int:
    """Write what instances were in those written since ``first``, at any depth; perhaps amounts of lots."""
    outer = first
    while outer < count:
        place, low, high = into[outer].place, into[outer].start, into[outer].end
        row = NONE if t.nodes[into[outer].node].is_class else t.nodes[into[outer].node].first_content
        while row != NONE:
            inner = t.containments[row]
            since, until = max(low, inner.start), min(high, inner.end)
            if since < until and (amounts or not t.nodes[inner.child].is_class):
                count = _write(into, count, place, inner.child, since, until)
                if count > len(into):
                    return count
            row = inner.next_content
        outer += 1
    return count
