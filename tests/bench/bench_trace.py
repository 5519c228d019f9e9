"""A short turn of ``suyuan bench trace``: its rivals answer the same, and are slower.

``suyuan bench trace --rows 10m --postgres ADDRESS`` is the measurement that docs/benchmarks.md tells of.
"""

from __future__ import annotations

import sys

from suyuan.simulator.trace_trials import Trial
from suyuan.simulator.trade_rivals import Networkx
from suyuan.simulator.trade_tables import grow


def test_a_trade_is_traced_faster_than_by_networkx() -> None:
    trade = grow(4_000)
    for row in Trial(trade, 10, {"networkx": Networkx(trade)}).rows():
        sys.stdout.write(f"\n{row.question}, {row.engine}: {row.p50:.3f} ms, {row.times_p50:.0f} times\n")
        assert row.engine == "compiled" or row.times_p50 > 1
