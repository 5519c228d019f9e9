"""How fast sources are ranked in a large network, and a short turn of ``suyuan bench sources``.

``make bench`` ranks 200,000 lots with 780,000 flows and 100 cases in 30 s of processor time, and farms in 40
outbreaks of each of the two rows that have goals; ``SUYUAN_BENCH_OUTBREAKS=400`` more.
"""

from __future__ import annotations

import os
import sys
from datetime import date
from time import process_time

import numpy as np

from suyuan.simulator.source_trials import ROWS, trials
from suyuan.trace.incident.cases import Case
from suyuan.trace.incident.lots import LotNetwork, arranged
from suyuan.trace.incident.sources import rank_sources

LOTS, FLOWS, PLACES, DAYS, CASES = 200_000, 780_000, 5_000, 60, 100
GOAL_S = 30.0
BEGAN = date(2026, 3, 1).toordinal()


def large(seed: int) -> LotNetwork:
    """Ten stages; a lot goes into lots of the next stage within three days."""
    dice = np.random.default_rng(seed)
    day = np.sort(dice.integers(0, DAYS, LOTS))
    place = dice.integers(0, PLACES, LOTS).astype(np.int32)
    out_of = np.sort(dice.integers(0, LOTS, FLOWS))
    into = out_of + dice.integers(1, 3 * LOTS // DAYS, FLOWS)
    fits = (into < LOTS) & (place[out_of] // 500 + 1 == place[np.minimum(into, LOTS - 1)] // 500)
    names = [f"place {number}" for number in range(PLACES)]
    nothing = np.zeros(LOTS, np.int32)
    empty = LotNetwork(
        [str(number) for number in range(LOTS)],
        day + BEGAN,
        {"place": names, "supplier": [""], "product": [""], "region": [""]},
        {"place": place, "supplier": nothing, "product": nothing, "region": nothing},
        np.full(LOTS, np.nan),
        np.full(LOTS, np.nan),
        np.zeros(LOTS + 1, np.int64),
        np.empty(0, np.int32),
        np.empty(0),
    )
    ordered = np.where(fits, into, np.minimum(out_of + 1, LOTS - 1))
    return arranged(empty, out_of, ordered, np.where(ordered > out_of, dice.random(FLOWS), 0.0))


def test_a_large_network_is_ranked() -> None:
    network = large(1)
    cases = [
        Case(str(number), (f"place {PLACES - 1 - number % 500}",), date.fromordinal(BEGAN + 30 + number % 20))
        for number in range(CASES)
    ]
    rank_sources(large(2), cases[:1])  # compiles
    began = process_time()
    found = rank_sources(network, cases)
    took = process_time() - began
    sys.stdout.write(f"\n{len(network.into):,} flows: {took:.1f} s\n")
    assert abs(found.lots.sum() + found.unexplained - 1) < 1e-6
    assert took < GOAL_S


def test_true_farms_are_first() -> None:
    outbreaks = int(os.environ.get("SUYUAN_BENCH_OUTBREAKS", "40"))
    for row, found in trials(2_000, outbreaks, [row for row in ROWS if row.goal is not None]):
        ours, *others = found.values()
        sys.stdout.write(f"\n{row.name}: {ours}\n")
        assert all(ours.first > other.first for other in others)
        assert ours.low > 0.5 * (row.goal or 0)  # of so few outbreaks; the goal is for 400
