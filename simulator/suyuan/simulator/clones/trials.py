"""How many copied codes each rule finds, and how many genuine ones it accuses, where the truth is known."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from time import process_time

from suyuan.simulator.clones.market import Market, Told, copied, genuine, lots_copied
from suyuan.simulator.clones.rules import OURS, RULES, WEIGHTED, Rule
from suyuan.trace.scan.likelihood import Batch, suspicion

CLONE_COUNTS = (1, 2, 5, 10, 20, 100)
_Z = 1.96


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with Wilson's interval of 95 %."""

    found: int
    of: int

    @property
    def value(self) -> float:
        """The share itself."""
        return self.found / self.of if self.of else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Its lower and upper bound."""
        if not self.of:
            return 0.0, 1.0
        p, n = self.value, self.of
        middle = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
        half = _Z * math.sqrt(p * (1 - p) / n + _Z**2 / (4 * n * n)) / (1 + _Z**2 / n)
        return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True, slots=True)
class Line:
    """What one rule did: false alarms, and found codes by how many copies there are of each."""

    rule: str
    false_alarms: Share
    found: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A market with a name for the table."""

    name: str
    market: Market


SCENARIOS = (
    Scenario("every visitor tells a place", Market()),
    Scenario("30 % tell a place", Market(tells_place=0.3)),
    Scenario("5 % tell a place", Market(tells_place=0.05)),
    Scenario("all copies in one city", Market(one_city=1.0)),
    Scenario("all copies in one city, 30 % tell a place", Market(one_city=1.0, tells_place=0.3)),
    Scenario("only makers keep records", Market(only_makers=True)),
    Scenario("only makers keep records, 5 % tell a place", Market(only_makers=True, tells_place=0.05)),
    Scenario("15 % of reads missed, 15 % of places wrong", Market(missed=0.15, wrong_place=0.15)),
    Scenario("five times the journeys, removals, company", Market(moves=0.1, travels=0.05, in_company=0.15)),
    Scenario("things scanned far more often", Market(tail=1.1)),
)


def table(market: Market, seed: int, number: int) -> list[Line]:
    """Each rule on ``number`` genuine codes and a tenth as many of each number of copies.

    The weighted sum once more with the threshold at which it accuses as many genuine ones as ours, or fewer.
    """
    told = [list(genuine(market, seed, number))]
    told += [list(copied(market, seed, max(1, number // 10), count)) for count in CLONE_COUNTS]
    weights = {
        weigh: [[weigh(one.history) for one in some] for some in told]
        for weigh in {rule.weigh for rule in RULES}
    }
    alarms = sum(weight >= OURS.least for weight in weights[OURS.weigh][0])
    highest = sorted(weights[WEIGHTED.weigh][0], reverse=True)
    least = math.nextafter(highest[min(alarms, len(highest) - 1)], math.inf)
    lines: list[Line] = []
    for rule in (*RULES, replace(WEIGHTED, name="weighted sum at our alarms", least=least)):
        honest, *others = (
            Share(sum(weight >= rule.least for weight in some), len(some)) for some in weights[rule.weigh]
        )
        lines.append(Line(rule.name, honest, tuple(others)))
    return lines


def together(market: Market, seed: int, lots: int, serials: int) -> tuple[Share, Share]:
    """Lots of which many serials were copied once each: codes found with, and without, what the lot tells."""
    told = list(lots_copied(market, seed, lots, serials))
    alone = [replace(one, history=replace(one.history, batch=Batch())) for one in told]
    return _share(OURS, told), _share(OURS, alone)


def per_second(market: Market, seed: int, number: int = 3000) -> float:
    """How many histories are judged in a second of processor time, nine genuine for one of five copies."""
    some = [*genuine(market, seed, number * 9 // 10), *copied(market, seed, number // 10, 5)]
    suspicion(some[0].history)  # laws are computed once
    begun = process_time()
    for one in some:
        suspicion(one.history)
    return len(some) / (process_time() - begun)


def _share(rule: Rule, told: Iterable[Told]) -> Share:
    suspected = [rule.weigh(one.history) >= rule.least for one in told]
    return Share(sum(suspected), len(suspected))
