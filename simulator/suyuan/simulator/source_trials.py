"""How often the true farm is ranked first: outbreaks with recorded truth, beside two other orders."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from suyuan.simulator.outbreaks import KEPT, STAGES, Outbreak, Shape, World
from suyuan.trace.incident.assumptions import Assumptions
from suyuan.trace.incident.lots import LotNetwork, Reals
from suyuan.trace.incident.rivals import compared
from suyuan.trace.incident.sources import Ranking, rank_sources

ORDERS = ("ours", "effective distance", "FCL score")
WITHIN_DAYS = 2
_FIVE = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of outbreak: cases, share of them unrelated, share of flows not on record, shape.

    ``carry_over`` is what the ranking is told of it; ``goal`` what the lower bound should reach.
    """

    cases: int
    unrelated: float = 0.0
    missing: float = 0.0
    shape: Shape = "proportional"
    goal: float | None = None
    carry_over: float = 0.0

    @property
    def name(self) -> str:
        """In the table."""
        told = [f"{self.unrelated:.0%} unrelated"] * (self.unrelated > 0)
        told += [f"{self.missing:.0%} not on record"] * (self.missing > 0)
        shape = [] if self.shape == "proportional" else [self.shape + " told" * (self.carry_over > 0)]
        return f"{self.cases} cases, " + ", ".join([*shape, *told] if told or shape else ["clean"])


ROWS: tuple[Row, ...] = (
    *(
        Row(cases, unrelated, missing, goal=goal if cases == 20 else None)  # noqa: PLR2004 (issue's row)
        for unrelated, missing, goal in ((0, 0, 0.7), (0.2, 0, 0.6), (0, 0.15, None), (0.2, 0.15, None))
        for cases in (5, 10, 20, 50)
    ),
    *(
        Row(20, unrelated, 0, shape)
        for shape in ("heavy-tailed", "carry-over", "first-in", "other-lag", "patchy")
        for unrelated in (0, 0.2)
    ),
    Row(20, 0.2, 0, "same-days"),
    Row(20, 0, 0, "carry-over", carry_over=KEPT),
    Row(20, 0.2, 0, "carry-over", carry_over=KEPT),
)


@dataclass(frozen=True, slots=True)
class Placed:
    """Where one order put the true farm: ``first`` and ``five`` are 1, 0, or the chance of it among equals.

    ``dated``: first, and its day within two days of the middle of the true ones.
    """

    first: float
    five: float
    rank: float
    dated: float


@dataclass(frozen=True, slots=True)
class Measured:
    """Means over outbreaks of one row, for one order; ``low`` is the lower 95 % bound of ``first``."""

    first: float
    low: float
    five: float
    rank: float
    dated: float


def trials(
    seed: int, outbreaks: int, rows: Sequence[Row] = ROWS
) -> Iterator[tuple[Row, Mapping[str, Measured]]]:
    """Each row measured on so many worlds of the series ``seed``; a world is made once for all rows."""
    shapes: dict[Shape, None] = {row.shape: None for row in rows}
    for shape in shapes:
        mine = [row for row in rows if row.shape == shape]
        placed: dict[Row, list[Sequence[Placed]]] = {row: [] for row in mine}
        for number in range(outbreaks):
            world = World(seed, number, shape)
            for row in mine:
                found = world.outbreak(row.cases, unrelated=row.unrelated, missing=row.missing)
                placed[row].append(judged(found, row.carry_over))
        for row in mine:
            yield row, {order: _mean([one[at] for one in placed[row]]) for at, order in enumerate(ORDERS)}


def judged(outbreak: Outbreak, carry_over: float = 0.0) -> Sequence[Placed]:
    """Where each of the three orders puts the true farm among all farms.

    Of effective distance its mean is taken: with its variance, or between stations, it is worse.
    """
    network = outbreak.network
    other = compared(network, outbreak.cases)
    ranking = rank_sources(network, outbreak.cases, (), Assumptions(carry_over=carry_over, begins_only=True))
    return [
        _ours(ranking, outbreak),
        _of_lots(network, -other.distance, outbreak),
        _of_lots(network, other.score, outbreak),
    ]


def _ours(ranking: Ranking, outbreak: Outbreak) -> Placed:
    farms = _farms(ranking.network)
    believed = np.array([ranking.posterior["place"].get(farm, 0.0) for farm in farms])
    days = {farm: (run.first_day + run.last_day) / 2 for farm, run in ranking.runs.items()}
    return _placed(believed, farms, days, outbreak)


def _of_lots(network: LotNetwork, value: Reals, outbreak: Outbreak) -> Placed:
    """Of a value per lot: a farm has that of its best lots, and their middle day."""
    farms = _farms(network)
    place = network.codes["place"]
    best = np.full(len(network.labels["place"]), -np.inf)
    np.maximum.at(best, place, value)
    top = value == best[place]
    days = np.bincount(place, top * network.day, len(best)) / np.maximum(
        np.bincount(place, top, len(best)), 1
    )
    codes = [network.labels["place"].index(farm) for farm in farms]
    return _placed(best[codes], farms, dict(zip(farms, days[codes].tolist(), strict=True)), outbreak)


def _farms(network: LotNetwork) -> Sequence[str]:
    return network.labels["place"][: STAGES[0]]


def _placed(value: Reals, farms: Sequence[str], days: Mapping[str, float], outbreak: Outbreak) -> Placed:
    mine = value[farms.index(outbreak.farm)]
    above, equal = int((value > mine).sum()), int((value == mine).sum())
    first = 1 / equal if above == 0 else 0.0
    near = abs(days.get(outbreak.farm, math.inf) - sum(outbreak.days) / 2) <= WITHIN_DAYS
    return Placed(
        first,
        min(max(_FIVE - above, 0) / equal, 1.0),
        above + (equal + 1) / 2,
        first * near,
    )


def _mean(placed: Sequence[Placed]) -> Measured:
    first, five, rank, dated = (
        float(np.mean([getattr(one, name) for one in placed])) for name in ("first", "five", "rank", "dated")
    )
    return Measured(first, lower_bound(first, len(placed)), five, rank, dated)


def lower_bound(share: float, trials: int) -> float:
    """The lower end of Wilson's 95 % interval (two-sided) for a share found in so many trials.

    >>> round(lower_bound(0.75, 400), 3)
    0.705
    """
    z = 1.959964
    middle = share + z * z / (2 * trials)
    spread = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return (middle - spread) / (1 + z * z / trials)
