"""What it costs to keep lineage in objects or tables: ``python -m tests.bench.bench_lineage_forms STORE``.

Asked of a SQLite store, or of its first so many events, by one process for each form, so that memory is its
own. Times are of the processor. Printed: taking in, the first question, then medians of small questions.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from itertools import takewhile
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any
from unittest.mock import patch

from sqlalchemy import select

from suyuan.api import following
from suyuan.api.database import prepared_engine
from suyuan.api.records import LiveRecords
from suyuan.api.settings import read_settings
from suyuan.trace.lineage import Options, Suspect
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.tables import ObjectRow


def resident() -> int:
    """MiB that this process holds."""
    told = Path("/proc/self/status").read_text(encoding="utf-8").split("VmRSS:")[1]
    return int(told.split()[0]) // 1024


def measure(store: str, form: str, most: int) -> None:
    engine, before = prepared_engine(store), resident()
    with Reading(engine) as reading:
        some = select(ObjectRow.key).where(ObjectRow.kind == "item").order_by(ObjectRow.id).limit(200)
        items = list(reading.connection.execute(some).scalars())
    records = LiveRecords(engine, read_settings({"SUYUAN_LINEAGE": form}).lineage)
    whole = following.occurrences

    def first(reading: Reading, after: int) -> Any:
        return takewhile(lambda one: one[0] <= most, whole(reading, after))

    began = process_time()
    with patch.object(following, "occurrences", first):
        records.follow()
        took = process_time() - began
        records.where_now(items[0])
        question = process_time() - began - took
        tell(f"{form}: {took:.1f} s, first question {question:.1f} s, {resident() - before} MiB")
        questions: Sequence[tuple[str, Callable[[str], object]]] = (
            ("trace forward", lambda key: records.trace([Suspect(key)], Options())),
            ("trace backward", lambda key: records.trace([Suspect(key)], Options("backward"))),
            ("journey", records.journey),
            ("journey again", records.journey),
            ("where now", records.where_now),
        )
        for name, ask in questions:
            tell(f"  {name}: {1000 * median(timed(ask, key) for key in items):.2f} ms")


def tell(line: str) -> None:
    sys.stdout.write(line + "\n")


def timed(ask: Callable[[str], object], key: str) -> float:
    began = process_time()
    ask(key)
    return process_time() - began


def main(store: str, most: str = str(2**62), form: str = "") -> None:
    if form:
        measure(store, form, int(most))
        return
    for one in ("objects", "tables"):
        subprocess.run([sys.executable, "-m", __spec__.name, store, most, one], check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
