"""How fast a large network is scored: 10,000 stations, a third of which mix, 100,000 deliveries, 150 weights.

Run with ``python tests/bench/bench_foodchain_lab.py``, or with ``make bench``, which also holds the goal: one
dialect in 20 s of processor time and 500 MB more than the network itself. The shape is five stages with a few
large stations in each, a year of dates, up to three ingredients a delivery.
"""

from __future__ import annotations

import random
import resource
import sys
from time import process_time

from suyuan.trace.incident import Delivery, Dialect, Network, Settings, Station, score
from suyuan.trace.incident.dates import before

STATIONS, DELIVERIES, STAGES = 10_000, 100_000, 5
GOAL_S, GOAL_MB = 20.0, 500


def world(seed: int) -> tuple[Network, Settings]:
    """A network and suppositions."""
    dice = random.Random(seed)
    each = STATIONS // STAGES
    deliveries: list[Delivery] = []
    came: dict[str, list[Delivery]] = {}
    links: list[tuple[str, str]] = []
    for number in range(DELIVERIES):
        stage = dice.randrange(STAGES - 1)
        supplier, recipient = (f"s{int(each * dice.random() ** 2) + each * at}" for at in (stage, stage + 1))
        day = (2020, dice.randint(1, 12), dice.randint(1, 28))
        deliveries.append(Delivery(f"d{number}", supplier, recipient, day))
        came.setdefault(deliveries[-1].recipient, []).append(deliveries[-1])
    for delivery in deliveries:
        into = came.get(delivery.supplier, [])
        used = dice.sample(into, min(3, len(into)))
        links += [(source.id, delivery.id) for source in used if before(source.came, delivery.left)]
    cases = {f"s{dice.randrange(STATIONS - each, STATIONS)}": 1.0 for _ in range(100)}
    return Network(
        tuple(Station(f"s{number}") for number in range(STATIONS)), tuple(deliveries), tuple(links)
    ), Settings(
        cases,
        {f"d{dice.randrange(DELIVERIES)}": 0.5 for _ in range(50)},
        frozenset(f"s{number}" for number in range(STATIONS) if dice.random() < 0.3),
        frozenset(f"d{number}" for number in range(0, DELIVERIES, 7)),
        observed_stations={"s7": "full"},
    )


def memory() -> int:
    """The most that this process ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def test_a_large_network_is_scored() -> None:
    network, settings = world(1)
    sys.stdout.write(f"\n{len(network.links):,} links\n")
    dialects: tuple[Dialect, ...] = ("exact", "desktop", "web")
    for dialect in dialects:
        held, begun = memory(), process_time()
        found = score(network, settings, dialect=dialect)
        took, more = process_time() - begun, memory() - held
        sys.stdout.write(f"{dialect:8} {took:6.2f} s  {more:4} MB more  {len(found.cycles)} cycles\n")
        assert took < GOAL_S
        assert more < GOAL_MB


if __name__ == "__main__":
    test_a_large_network_is_scored()
