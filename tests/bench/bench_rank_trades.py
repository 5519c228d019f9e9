"""Which place the ranking believes in simulated trades (decision 0024), whose truth it cannot see.

The trades are of another shape than the model of decision 0019 assumes. Each is told as its firms told it,
without a store between; then twenty people are ill, of whom only shop and day are known, a fifth of something
else. Printed for each seed: where the true farm comes among the farms, by posterior probability, by effective
distance and by FoodChain-Lab's score; then how often it came first and among the first three. Nothing is
asserted of the orders: they are what they are. ``make bench`` plays one small trade; for more::

    SUYUAN_BENCH_SEEDS=101-120 SUYUAN_BENCH_FARMS=40 SUYUAN_BENCH_DAYS=24 \
        .venv/bin/python -m tests.bench.bench_rank_trades
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf
from time import process_time
from typing import Any

from suyuan.api.incident.jobs import Progress
from suyuan.api.incident.ranking import OnRecord, Wanted, rank
from suyuan.portal.incident.desk import Source
from suyuan.portal.language import CHINA_TIME
from suyuan.simulator.trade.grown import begun
from suyuan.simulator.trade.plan import Extent
from suyuan.simulator.trade.spoken import occurrences
from suyuan.simulator.trade.telling import plainly
from suyuan.simulator.trade.truth import close, truth
from suyuan.simulator.trade.words import Names
from suyuan.trace.errors import NotFound, SuyuanError
from suyuan.trace.gs1 import site
from suyuan.trace.incident.assumptions import Assumptions
from suyuan.trace.incident.recorded import Around, Recorded, recorded_lots
from suyuan.trace.incident.reported import Reported
from suyuan.trace.lineage import ExactTracer, Lineage, Options, Suspect
from suyuan.trace.lineage.kept import ExactThings

FARMS = int(os.environ.get("SUYUAN_BENCH_FARMS", "12"))
DAYS = int(os.environ.get("SUYUAN_BENCH_DAYS", "14"))
CROPS = ("leafy", "shrimp")
CASES = 20
EVERYTHING = 10_000
"""Sources that are told: all of them."""
ORDERS: Mapping[str, Callable[[Source], float]] = {
    "posterior": lambda one: -one.posterior,
    "distance": lambda one: one.distance,
    "score": lambda one: -one.score,
}


@dataclass(frozen=True, slots=True)
class World:
    """A trade as it was told, with its truth; ``farms`` are sites."""

    lineage: Lineage
    owners: Mapping[str, str]
    farms: frozenset[str]
    truth: Mapping[str, Any]


class Everything(OnRecord):
    """All that was told, for somebody who sees everything."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._history = world.lineage.history()
        self._things = ExactThings(self._history)

    def refused(self, key: str) -> SuyuanError | None:
        """Whether anything is on record of it."""
        known = key in self._history.births or site(key) in self._history.visitors
        return None if known else NotFound("Nothing is on record under {key}", key=key)

    def lots_of(self, product: str) -> Sequence[str]:
        """The lots of a product."""
        return self._things.lots_of(product)

    def origins(self, suspects: Sequence[Suspect], heard: Callable[[], None]) -> tuple[Sequence[str], int]:
        """What the suspects may come from."""
        found = ExactTracer(self._world.lineage).trace(suspects, Options("backward"))
        heard()
        return [one.key for one in found.states if not one.carrier and one.kind != "place"], 0

    def network(self, keys: Collection[str], heard: Callable[[], None]) -> Recorded:
        """The lots that these are or belong to, and what went where."""
        heard()
        return recorded_lots(self._things, keys, Around(self._world.owners.get, CHINA_TIME, lambda _: True))


def world(seed: int) -> World:
    """A trade with a contaminated farm."""
    course = begun(Extent(FARMS, DAYS, seed, crops=CROPS), outbreak="farm", cases=CASES)
    deeds = tuple(course.deeds())
    names = Names(course.plan, course.numbering.series, seed)
    told = tuple(occurrences(plainly(deeds), names))
    close(course)
    places = dict(zip(names.places, names.parties, strict=True))
    farms = frozenset(names.places[one.number] for one in course.plan.sites if one.stage == "farm")
    return World(Lineage(told), places, farms, truth(course, names, events=len(told), faults={}))


def reported(told: Sequence[Mapping[str, Any]]) -> tuple[Reported, ...]:
    """Those who fell ill: where and when they bought what they ate, and nothing more."""
    return tuple(
        Reported(
            "ill",
            one["number"],
            onset=datetime.fromisoformat(one["onset"]).date(),
            places=(one["place"],),
            from_day=datetime.fromisoformat(one["sold"]).date(),
            to_day=datetime.fromisoformat(one["sold"]).date(),
        )
        for one in told
    )


def places_of(source: str, farms: Collection[str], found: Sequence[Source]) -> Mapping[str, float]:
    """Where the true farm comes among the farms, by each order; ties count half, what is not told is last."""
    ranked: dict[str, float] = {}
    for name, value in ORDERS.items():
        told = {one.place: value(one) for one in found if one.place in farms}
        own = told.get(source)
        if own is None:
            ranked[name] = inf
            continue
        before = sum(other < own for other in told.values())
        ranked[name] = before + (1 + sum(other == own for other in told.values())) / 2
    return ranked


def measure(seeds: Sequence[int]) -> Sequence[Mapping[str, float]]:
    """A line for each seed, then what they come to."""
    say(f"{FARMS} farms, {DAYS} days; {CASES} cases, a fifth of something else")
    say(f"{'seed':>6} {'events':>8} {'cases':>6} {'farms':>6}" + "".join(f"{name:>11}" for name in ORDERS))
    every: list[Mapping[str, float]] = []
    for seed in seeds:
        made, begin = world(seed), process_time()
        incident = made.truth["incident"]
        if incident is None:
            say(f"{seed:6} nobody ate of it")
            continue
        cases = reported(made.truth["cases"])
        wanted = Wanted(cases, Assumptions(pathogen=incident["pathogen"]), most=EVERYTHING)
        found = rank(Everything(made), wanted, CHINA_TIME, Progress()).ranked
        ranked = places_of(site(incident["place"]), made.farms, found.sources)
        every.append(ranked)
        figures = "".join(f"{ranked[name]:11.1f}" for name in ORDERS)
        told = f"{seed:6} {made.truth['events']:8} {found.used:6} {len(made.farms):6}{figures}"
        say(f"{told}   {process_time() - begin:.1f} s")
    for most in (1, 3):
        shares = "".join(f"{sum(one[name] <= most for one in every):8} /{len(every):<2}" for name in ORDERS)
        say(f"{'first' if most == 1 else f'among {most}':>29}{shares}")
    return every


def seeds_asked() -> Sequence[int]:
    """``101-120``, or one seed."""
    first, _, last = os.environ.get("SUYUAN_BENCH_SEEDS", "101").partition("-")
    return range(int(first), int(last or first) + 1)


def say(line: str) -> None:
    """Print at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def test_the_true_farm_is_looked_for_in_a_simulated_trade() -> None:
    (ranked,) = measure(seeds_asked()[:1])
    assert set(ranked) == set(ORDERS)


if __name__ == "__main__":
    measure(seeds_asked())
