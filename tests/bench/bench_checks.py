"""How fast all checks read a history: a trade of tagged goods, and loose goods only.

Run with ``python tests/bench/bench_checks.py``, or with ``make bench``. What is counted are movements: each
thing or amount that an event names. The goals are 100,000 and 25,000 in a second of one processor, without
reading them: an amount has an event of its own, pieces share one. ``SUYUAN_BENCH_DAYS=30`` makes the trade
longer.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from time import process_time
from typing import Any

from suyuan.simulator.trade.grown import begun
from suyuan.simulator.trade.plan import Extent
from suyuan.simulator.trade.spoken import occurrences
from suyuan.simulator.trade.telling import plainly
from suyuan.simulator.trade.words import Names
from suyuan.trace.checks import Facts, Told, check
from suyuan.trace.lineage import Holding, Occurrence
from suyuan.trace.lineage.statement import holdings, statement

TAGGED_GOAL, LOOSE_GOAL = 100_000, 25_000
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
LOOSE_LOTS, SHOPS = 2_000, 12


def trade(days: int) -> Sequence[Told]:
    """Animals, crates, cases and pallets, and the pieces in them."""
    course = begun(Extent(farms=60, days=days, seed=1))
    names = Names(course.plan, course.numbering.series, 1)
    return [Told(statement(seen)) for seen in occurrences(plainly(course.deeds()), names)]


def loose() -> Iterator[Told]:
    """Lots that are made, sent to every shop, received and sold there: amounts only."""
    for lot in range(LOOSE_LOTS):
        key, made = f"https://id.gs1.org/01/09506000134352/10/L{lot}", BEGIN + timedelta(minutes=lot)
        yield _said(made, key, "plant", SHOPS * 10.0, action="ADD", biz_step="commissioning")
        for shop in range(SHOPS):
            where, sent = f"shop {shop}", made + timedelta(hours=1 + shop)
            yield _said(sent, key, "plant", 10.0, biz_step="shipping", destinations=(where,))
            yield _said(sent + timedelta(hours=9), key, where, 10.0, biz_step="receiving")
            yield _said(sent + timedelta(hours=20), key, where, 10.0, biz_step="retail_selling")


def _said(time: datetime, key: str, where: str, quantity: float, **more: Any) -> Told:
    leaves = more.get("biz_step") == "shipping"
    told: dict[str, Any] = {
        "action": "OBSERVE",
        "what": (Holding(key, quantity, "KGM", is_class=True),),
        "read_point" if leaves else "biz_location": where,
        **more,
    }
    return Told(statement(Occurrence(f"{time} {where} {key}", where, "ObjectEvent", time, time, **told)))


def measured(name: str, history: Sequence[Told]) -> float:
    """Movements in a second."""
    movements = sum(sum(1 for _ in holdings(one.said)) for one in history)
    begin = process_time()
    found = check(history, Facts(), now=history[-1].said.time)
    speed = movements / (process_time() - begin)
    sys.stdout.write(
        f"\n{name}: {len(history):,} events, {movements:,} movements, {speed:,.0f} a second, "
        f"{len(found.findings)} findings"
    )
    return speed


def test_checks_keep_up() -> None:
    days = int(os.environ.get("SUYUAN_BENCH_DAYS", "6"))
    in_order = sorted(loose(), key=lambda one: one.statement.position)
    assert measured("tagged goods", trade(days)) >= TAGGED_GOAL
    assert measured("loose goods", in_order) >= LOOSE_GOAL


if __name__ == "__main__":
    test_checks_keep_up()
    sys.stdout.write("\n")
