"""How soon a shopper sees the verdict in Chromium, slowed down: ``python -m tests.bench.bench_first_sight``.

A quarter of this processor, 150 ms of latency, 1.6 Mbit/s, nothing cached; the pages are those of the tests.
Beside them, turn by turn, a page of one line without style or script: what this browser needs for anything.
"""

from __future__ import annotations

import sys
from statistics import median

from tests.end_to_end.browsers import chromium_at
from tests.end_to_end.fake_pages import serving
from tests.end_to_end.first_sight import first_sight
from tests.unit.portal.fake_house import passport_link

from suyuan.trace.recall.passport import VerdictState

STATES = (VerdictState.REGISTERED, VerdictState.SOLD, VerdictState.ATTENTION, VerdictState.RECALLED)


def main(rounds: int) -> None:
    """One line per verdict: the median time in milliseconds, all of them, and the most bytes."""
    with serving() as address, chromium_at("/usr/bin/chromium") as browser:
        first_sight(browser, address + passport_link(STATES[0]))  # whatever is read from disk the first time
        pages = {"bare": "/bare", **{state.value: passport_link(state) for state in STATES}}
        told = [
            {name: first_sight(browser, address + page) for name, page in pages.items()}
            for _ in range(rounds)
        ]
    for name in pages:
        times = sorted(round(one[name][0]) for one in told)
        most = max(one[name][1] for one in told)
        sys.stdout.write(f"{name:12} median {median(times):5.0f} ms  {times}  {most} bytes\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
