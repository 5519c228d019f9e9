"""How fast events are captured, over HTTP and by ``suyuan load``: a short turn of ``suyuan bench capture``.

``make bench`` measures 4,000 events each way; ``SUYUAN_BENCH_EVENTS=100000`` more. Numbers are printed; the
goals, on a machine that does nothing else, are 2,000 events/s with a p99 of 250 ms, and 5,000 events/s.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from suyuan.api.commands.bench import measure


def test_capture(tmp_path: Path) -> None:
    found = measure(tmp_path, int(os.environ.get("SUYUAN_BENCH_EVENTS", "4000")), clients=4)
    sys.stdout.write(f"\n{found}\n")
    assert min(found.http_events_per_second, found.load_events_per_second) > 0
