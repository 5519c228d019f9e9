"""A chronicle on disk: how long opening takes whatever its size, what it takes there, how it catches up.

``python -m tests.bench.bench_snapshot 14500 500000``: so many lots of a packing trade, about seventy events
each, and the tables of a trade with so many farms' lots, about a hundred rows each. Opening is measured by
the clock on the wall, all else in processor time.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import numpy as np

from suyuan.simulator.trade_tables import grow
from suyuan.trace.lineage import Holding, Occurrence
from suyuan.trace.lineage.chronicle import Chronicle
from suyuan.trace.lineage.chronicle.columns import Column
from suyuan.trace.lineage.chronicle.mapped import mapped, write
from suyuan.trace.lineage.chronicle.snapshot import opened, resumed, save
from suyuan.trace.lineage.standing import Standing

from .bench_chronicle import Trade, told

_TIMES = 20
_EVENTS, _LATER = 40_000, 8_000


def seen(count: int) -> Iterator[tuple[int, Occurrence]]:
    """Events as a store gives them, each of one item at one of a thousand places, with usual ids."""
    day = datetime(2026, 3, 2, tzinfo=UTC)
    for number in range(1, count + 1):
        at, key = day + timedelta(seconds=number), sha256(str(number).encode()).hexdigest()
        item = Holding(f"https://id.gs1.org/01/09506000134352/21/{number:012d}")
        place = f"https://id.gs1.org/414/95060{number % 1000:07d}8"
        id_ = f"ni:///sha-256;{key}?ver=CBV2.0"
        yield (
            number,
            Occurrence(
                *(key, "acme", "ObjectEvent", at, at),
                action="OBSERVE",
                what=(item,),
                biz_location=place,
                event_id=id_,
            ),
        )


def report(what: str, *told: str) -> None:
    """A line of the table."""
    sys.stdout.write(f"{what:<34}" + "  ".join(told) + "\n")


def on_disk(path: Path) -> str:
    """Bytes that a file takes, holes not counted."""
    return f"{path.stat().st_blocks * 512 / 1e6:,.0f} MB"


def a_packing_trade(lots: int, path: Path) -> None:
    """Save, open, check; rows without evidence keys."""
    rows = Trade(Chronicle(1 << 12)).rows(lots)
    chronicle, _ = told(rows, 10_000)
    begun = process_time()
    save(chronicle, path, Standing())
    report(f"{len(rows[0]):,} events of packing", f"saved in {process_time() - begun:.2f} s", on_disk(path))
    del chronicle
    took, checked = list[float](), 0.0
    for _ in range(_TIMES):
        begun = perf_counter()
        snapshot = opened(path)
        took.append(perf_counter() - begun)
        begun = process_time()
        snapshot.check()
        checked = process_time() - begun
        del snapshot  # to give back what was read takes longer than to open
    report("", f"opened in {_p50(took)}", f"checked in {checked:.2f} s")


def evidence_and_names(path: Path) -> None:
    """What events take beside the tables, and how fast those that came meanwhile are told."""
    told = list(seen(_EVENTS + _LATER))
    chronicle = Chronicle()
    begun = process_time()
    for first in range(0, _EVENTS, 1000):
        chronicle.add(one for _, one in told[first : first + 1000])
    rate = _EVENTS / (process_time() - begun)
    beside = sum(size for name, size in chronicle.sizes().items() if "." in name) / _EVENTS
    report(f"{_EVENTS:,} events of single items", f"{rate:,.0f} events/s", f"{beside:.0f} B of names each")
    save(chronicle, path, Standing(_EVENTS, told[_EVENTS - 1][1].evidence))
    begun = process_time()
    found = resumed(path, lambda after: iter(told[after:]), aliases=0)
    if found is None:
        raise AssertionError(path)
    snapshot, news = found
    snapshot.chronicle.add(one for _, one in news)
    took = process_time() - begun
    if len(snapshot.chronicle) != len(told):
        raise AssertionError(path)
    report(f"{_LATER:,} more, caught up", f"{_LATER / took:,.0f} events/s")


def large_tables(raw: int, path: Path) -> None:
    """Tables of very many rows, in the same form."""
    trade = grow(raw)
    tables = trade.tables._asdict()
    write(path, {name: Column(np.asarray(table), len(table)) for name, table in tables.items()}, {})
    kinds = {name: np.asarray(table).dtype for name, table in tables.items()}
    took: list[float] = []
    for _ in range(_TIMES):
        begun = perf_counter()
        mapped(path, kinds)
        took.append(perf_counter() - begun)
    file = mapped(path, kinds)
    begun = process_time()
    file.check()
    report(f"{trade.rows:,} rows in tables", on_disk(path), f"opened in {_p50(took)}")
    report("", f"checked in {process_time() - begun:.2f} s")


def _p50(took: list[float]) -> str:
    return f"{np.median(took) * 1e3:.2f} ms, at most {max(took) * 1e3:.2f} ms"


def main(lots: int, raw: int) -> None:
    """Print the table."""
    told(Trade(Chronicle()).rows(2), 10)  # machine code is made
    with TemporaryDirectory() as folder:
        evidence_and_names(Path(folder) / "evidence")
        a_packing_trade(lots, Path(folder) / "packing")
        large_tables(raw, Path(folder) / "tables")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000, int(sys.argv[2]) if len(sys.argv) > 2 else 10_000)
