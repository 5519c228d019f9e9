"""Which lots were at a place, in machine code: as :func:`suyuan.trace.lineage.presence.lots_at` (law §5)."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from functools import partial
from typing import Any, cast

import numpy as np

from suyuan.trace.lineage.compiled.asked import Presence
from suyuan.trace.lineage.compiled.loose import LooseGoods
from suyuan.trace.lineage.compiled.machine import Made, Table, walking
from suyuan.trace.lineage.compiled.presence import present, written
from suyuan.trace.lineage.compiled.record import Record
from suyuan.trace.lineage.compiled.tables import NONE, Tables, Told
from suyuan.trace.lineage.statement import EVER, NEVER


def lots_at(
    record: Record, goods: LooseGoods, place: str, lots: Container[str], start: int, end: int
) -> Mapping[str, tuple[int, int]]:
    """Those of ``lots`` of which anything was at the site of ``place`` during [start, end).

    Per lot, from when until when the stays lasted that touch the window. An instance counts for its lot, and
    so does what is in a container. The work is that of the visits of the site and of what they carried.
    """
    site = record.visited(place)
    if site is None:
        return {}
    spans: dict[int, tuple[int, int]] = {}
    for lot, since, until in (*_carried(record, site), *_loose(record, goods, site)):
        if since < end and until > start:
            low, high = spans.get(lot, (NEVER, EVER))
            spans[lot] = min(low, since), max(high, until)
    names = ((record.names.key(lot), span) for lot, span in spans.items())
    return {name: span for name, span in names if name in lots}


def _carried(record: Record, site: int) -> Iterator[tuple[int, int, int]]:
    """When instances were there and amounts that they carried: the lot, or what has none on record."""
    nodes: Any = record.tables.nodes
    rows = written(partial(present, record.tables, record.told, NONE, site, True))
    of: Any = nodes["lot"][rows["node"]]
    lots = cast("Made", np.where(of == NONE, rows["node"], of))
    yield from zip(lots.tolist(), rows["start"].tolist(), rows["end"].tolist(), strict=True)


def _loose(record: Record, goods: LooseGoods, site: int) -> Iterator[tuple[int, int, int]]:
    """When loose goods lay there: another place's word on a lot ends no stay."""
    rows = written(partial(visits_of_lots, record.tables, record.told, site))
    nodes: Any = record.tables.nodes
    came: dict[int, int] = {}
    for lot, since in zip(rows["node"].tolist(), rows["start"].tolist(), strict=True):
        came[lot] = min(since, came.get(lot, since))
    lies = {lot for lot in came if nodes["made"][lot] > 0 and nodes["first_member"][lot] == NONE}
    for lot in came.keys() - lies:
        yield lot, came[lot], NEVER  # nobody told how much there was, so nobody knows when it was all gone
    lying = goods.of(record.tables, record.told, np.array(sorted(lies), dtype=np.int32))
    stays: Any = lying.kept.stays
    for lot, ledger in zip(lying.lots, lying.ledgers, strict=True):
        rows = stays[ledger["first_stay"] : ledger["first_stay"] + ledger["stays"]]  # type: ignore[index]
        for row in rows[rows["site"] == site]:
            yield int(lot), int(row["start"]), int(row["end"])


@walking
def visits_of_lots(t: Tables, told: Told, site: int, into: Table[Presence]) -> int:
    """Write the own episodes of lots at a site; returns how many there are, also if ``into`` is too short."""
    count = 0
    visit = told.sites[site].first_visit
    while visit != NONE:
        one = t.episodes[visit]
        if t.nodes[one.node].is_class and one.start < one.end:
            if count < len(into):
                into[count].place, into[count].node = one.place, one.node
                into[count].start, into[count].end = one.start, one.end
            count += 1
        visit = one.next_visit
    return count
