"""When nodes are of interest, as maximal intervals, in machine code (law of tracing §10).

As :mod:`suyuan.trace.lineage.extents`: possible time that is also certain is left out.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from suyuan.trace.lineage.compiled.machine import Flag, Instant, Number, Table, making, record, walking


class Span:
    """[start, end) of the node that stands at ``slot`` in a list."""

    start: Instant
    end: Instant
    slot: Number
    possible: Flag


SPAN = record(Span)


class Spans(NamedTuple):
    """Of node ``nodes[i]`` the rows ``offset[i]`` to ``offset[i + 1]``: certain ones first, each in order."""

    nodes: Table[int]
    offset: Table[int]
    rows: Table[Span]


@making
def _room(size: int) -> Any:
    """Rows to be written."""
    return np.empty(size, dtype=SPAN)


@making
def _sorted(numbers: Any) -> Any:
    """The places of ``numbers`` in their order; of equal ones that which stands first."""
    return np.argsort(numbers, kind="mergesort")


@making
def _by_start(rows: Table[Span]) -> Table[int]:
    """The numbers of ``rows`` in the order of their starts."""
    starts = np.empty(len(rows), dtype=np.int64)
    for number in range(len(rows)):
        starts[number] = rows[number].start
    order: Table[int] = _sorted(starts)
    return order


@walking
def span(into: Table[Span], count: int, slot: int, start: int, end: int, possible: bool) -> None:
    """Write one row."""
    row = into[count]
    row.slot = slot
    row.start = start
    row.end = end
    row.possible = possible


@making
def merged(nodes: Table[int], rows: Table[Span]) -> Spans:
    """What ``rows`` cover together, of each of ``nodes``."""
    size = len(nodes)
    begin = np.zeros(size + 1, dtype=np.int64)
    for row in rows:
        begin[row.slot + 1] += 1
    for slot in range(size):
        begin[slot + 1] += begin[slot]
    sorted_rows = _room(len(rows))
    fill = begin[:-1].copy()
    for number in range(len(rows)):
        slot = rows[number].slot
        sorted_rows[fill[slot]] = rows[number]
        fill[slot] += 1
    offset = np.empty(size + 1, dtype=np.int64)
    # What is possible is cut by what is certain into at most as many pieces as there are of both.
    into = _room(2 * len(rows))
    count = 0
    for slot in range(size):
        offset[slot] = count
        count = _merge_one(into, count, sorted_rows[begin[slot] : begin[slot + 1]])
    offset[size] = count
    return Spans(nodes, offset, into[:count])


@making
def _merge_one(into: Table[Span], count: int, rows: Table[Span]) -> int:
    """The maximal intervals of one node; returns how many rows there are now."""
    if len(rows) == 1:
        return _keep(into, count, rows[0].slot, rows[0].start, rows[0].end, rows[0].possible)
    begun = count
    order = _by_start(rows)
    for unsure in (False, True):
        low = high = 0
        under_way = False
        for number in order:
            row = rows[number]
            if row.possible != unsure or row.start >= row.end:
                continue
            if under_way and row.start <= high:
                high = max(high, row.end)
            else:
                if under_way:
                    count = _outside(into, begun, count, rows[0].slot, low, high, unsure)
                low, high, under_way = row.start, row.end, True
        if under_way:
            count = _outside(into, begun, count, rows[0].slot, low, high, unsure)
    return count


@walking
def _outside(into: Table[Span], begun: int, count: int, slot: int, low: int, high: int, unsure: bool) -> int:
    """Keep [low, high), if it is only possible then without the certain rows since ``begun``."""
    if unsure:
        for number in range(begun, count):
            row = into[number]
            if row.possible:
                break
            if row.end <= low or row.start >= high:
                continue
            count = _keep(into, count, slot, low, row.start, True)
            low = max(low, row.end)
    return _keep(into, count, slot, low, high, unsure)


@walking
def _keep(into: Table[Span], count: int, slot: int, low: int, high: int, unsure: bool) -> int:
    if low >= high:
        return count
    span(into, count, slot, low, high, unsure)
    return count + 1


@making
def without(spans: Spans, taken: Spans, slots: Table[int]) -> Spans:
    """What is left of ``spans`` where ``taken`` does not have the same node.

    ``slots`` tells where a node stands in ``taken``, -1 if it does not.
    """
    offset = np.empty(len(spans.nodes) + 1, dtype=np.int64)
    into = _room(len(spans.rows) + len(taken.rows))
    count = 0
    for slot in range(len(spans.nodes)):
        offset[slot] = count
        first, last = spans.offset[slot], spans.offset[slot + 1]
        other = slots[slot]
        if other < 0:
            for number in range(first, last):
                into[count] = spans.rows[number]
                count += 1
            continue
        cuts = taken.rows[taken.offset[other] : taken.offset[other + 1]]
        order = _by_start(cuts)
        for number in range(first, last):
            row = spans.rows[number]
            low, high, unsure = row.start, row.end, row.possible
            for cut in order:
                if cuts[cut].end <= low or cuts[cut].start >= high:
                    continue
                count = _keep(into, count, slot, low, cuts[cut].start, unsure)
                low = max(low, cuts[cut].end)
            count = _keep(into, count, slot, low, high, unsure)
    offset[len(spans.nodes)] = count
    return Spans(spans.nodes, offset, into[:count])
