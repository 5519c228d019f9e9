"""Loose goods worked out over tables lie where those lie that are told in Python, and when."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from suyuan.trace.lineage.compiled.loose import LooseGoods, Lying
from suyuan.trace.lineage.compiled.record import Record
from suyuan.trace.lineage.compiled.stays import lots_at as lots_there
from suyuan.trace.lineage.compiled.tables import NONE
from suyuan.trace.lineage.compiled.weave import weave
from suyuan.trace.lineage.compiled.whereabouts import STATUSES
from suyuan.trace.lineage.history import History
from suyuan.trace.lineage.live import Lineage
from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.lineage.portions import heard_of, portions, stays
from suyuan.trace.lineage.presence import lots_at
from suyuan.trace.lineage.statement import EVER, NEVER, instant

from .random_histories import STALLS, histories, trades
from .stories import clock
from .test_engines_equal_the_oracle import campaign

Row = tuple[object, ...]


def came_through(record: Record, lying: Lying, via: int) -> list[str]:
    rows: Any = lying.kept.vias
    found: set[str] = set()
    stack = [via]
    while stack:
        number = stack.pop()
        if number != NONE:
            container, one, other = rows[number].tolist()
            found |= set() if container == NONE else {record.names.key(container)}
            stack += [one, other]
    return sorted(found)


def in_tables(record: Record, lying: Lying, ledger: Any) -> tuple[list[Row], set[Row], list[str]]:
    """Portions, stays and last words."""
    names = record.names

    def name(node: int) -> str | None:
        return None if node == NONE else names.key(node)

    rows: Any = lying.kept.portions[ledger["first"] : ledger["first"] + ledger["portions"]]
    lie: list[Row] = [
        (
            *(round(float(row["quantity"]), 6), name(row["place"]), name(row["container"])),
            *(STATUSES[int(row["status"])], bool(row["gone"]), names.evidence(row["by"])),
            came_through(record, lying, int(row["through"])),
        )
        for row in rows
    ]
    told: Any = lying.kept.stays[ledger["first_stay"] : ledger["first_stay"] + ledger["stays"]]
    stayed: set[Row] = {(int(row["site"]), int(row["start"]), int(row["end"])) for row in told}
    words: Any = lying.kept.words[ledger["first_word"] : ledger["first_word"] + ledger["words"]]
    return lie, stayed, sorted(names.evidence(word) for word in words)


def in_python(record: Record, history: History, lot: str) -> tuple[list[Row], set[Row], list[str]]:
    lie: list[Row] = [
        (
            *(round(one.quantity, 6), one.place, one.container, one.status, one.gone),
            *(one.by.occurrence.evidence, sorted(one.through)),
        )
        for one in portions(history, lot)
    ]
    stayed: set[Row] = {
        (record.names.site(site), start, end)
        for site, spans in (stays(history, lot) or {}).items()
        for start, end in spans
    }
    return lie, stayed, sorted(told.occurrence.evidence for told in heard_of(history, lot))


@campaign
@given(told=st.one_of(trades(), trades(20), histories()))
def test_loose_goods_lie_where_they_lie_in_python(told: list[Occurrence]) -> None:
    history = Lineage(told).history()
    record = weave(history)
    lots = {
        node: lot
        for lot in history.classes
        if not history.instances.get(lot) and (node := record.names.node(lot)) is not None
    }
    goods = LooseGoods()
    lying = goods.of(record.tables, record.told, np.array(list(lots), dtype=np.int32))
    changed: Any = record.told.goods
    changed["repairs"] = 1
    told_again = goods.of(record.tables, record.told, np.array(list(lots), dtype=np.int32))
    changed["repairs"] = 0
    for number, node in enumerate(lying.lots):
        expected = in_python(record, history, lots[int(node)])
        assert in_tables(record, lying, lying.ledgers[number]) == expected
        assert in_tables(record, told_again, told_again.ledgers[number]) == expected
    # Lots at a place while the third hour lasts, and at any time.
    hour = (instant(clock(3)), instant(clock(4)))
    for place in STALLS:
        for start, end in (hour, (EVER, NEVER)):
            expected_there = lots_at(history, place, history.classes, start, end)
            assert lots_there(record, goods, place, history.classes, start, end) == expected_there
