"""FoodChain-Lab's scores of stations, deliveries and lots; what lies forward and backward of the observed.

Three dialects: ``desktop`` and ``web`` answer as those programs do, ``exact`` as desktop without its faults
on cycles. Every rule is told in ``docs/decisions/0018-foodchain-lab.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from suyuan.trace.incident.flows import Layout, flows, layout
from suyuan.trace.incident.network import Network, Settings
from suyuan.trace.incident.reach import Reached, forward_and_backward
from suyuan.trace.incident.sweep import Plan, exact_plan, memoised_plan
from suyuan.trace.incident.tally import Sums, Tally, tally
from suyuan.trace.incident.web import Dates, web_tally

Dialect = Literal["desktop", "web", "exact"]


@dataclass(frozen=True, slots=True)
class Score:
    """How much of all weight is reached; shares of it above and below zero; whether traces pass here."""

    score: float
    normalized: float
    positive: float
    negative: float
    forward: bool
    backward: bool


@dataclass(frozen=True, slots=True)
class Scores:
    """By id, in the order of the network. ``maximum_lot`` is by station, of the lots that it supplied.

    ``cycles`` are the ids of deliveries that can reach each other, by groups, and ``returning`` the weighted
    stations whose goods can come back to them: there exact and desktop may differ, and what leads there.
    ``undated`` are deliveries whose dates contradict themselves or others, so that web leaves them out.
    """

    stations: Mapping[str, Score]
    deliveries: Mapping[str, Score]
    lots: Mapping[str, float]
    maximum_lot: Mapping[str, float]
    cycles: tuple[tuple[str, ...], ...] = ()
    returning: tuple[str, ...] = ()
    undated: tuple[str, ...] = ()


def score(
    network: Network, settings: Settings, *, dialect: Dialect = "exact", dates: Dates = "inferred"
) -> Scores:
    """All scores. ``dates`` is for the dialect ``web`` only, which has no weights below zero.

    Costs O(E · weighted things / 64) processor time, and memory for 2,048 of them at a time.

    Raises:
        TooLarge: the suppositions make too many links (``flows.MOST_DIRECT``).
    """
    laid = layout(network, settings)
    if dialect == "web":
        counted, reached, left_out = web_tally(network, settings, laid, dates)
        undated = tuple(network.deliveries[number].id for number in left_out)
        return replace(_scores(network, laid, counted, reached), undated=undated)
    graph = flows(network, settings, laid)
    ahead, back = exact_plan(graph.after), exact_plan(graph.earlier)
    cycles = _named(network, ahead) or _named(network, back)
    if dialect == "desktop" and cycles:
        after, earlier = graph.spelled()
        ahead, back = memoised_plan(after), memoised_plan(earlier)
    counted = tally(network, settings, laid, ahead, once=dialect == "exact")
    return _scores(network, laid, counted, forward_and_backward(network, settings, laid, ahead, back), cycles)


def _named(network: Network, plan: Plan) -> tuple[tuple[str, ...], ...]:
    """The ids of the deliveries on each cycle, channels left out."""
    count = len(network.deliveries)
    return tuple(
        tuple(network.deliveries[node].id for node in cycle if node < count) for cycle in plan.cycles
    )


def _scores(
    network: Network,
    laid: Layout,
    counted: Tally,
    reached: Reached,
    cycles: tuple[tuple[str, ...], ...] = (),
) -> Scores:
    divisor = max(counted.above, counted.below)
    of_stations = _combined(counted.stations, divisor)
    of_deliveries = _combined(counted.deliveries, divisor)
    most = max((abs(value) for value in (*of_stations, *of_deliveries)), default=0.0) or 1.0

    def shown(
        names: Sequence[str], sums: Sums, combined: list[float], on: bytearray, back: bytearray
    ) -> dict[str, Score]:
        return {
            name: Score(
                combined[place],
                combined[place] / most,
                sums.above[place] / (counted.above or 1.0),
                sums.below[place] / (counted.below or 1.0),
                bool(on[place]),
                bool(back[place]),
            )
            for place, name in enumerate(names)
        }

    lots = dict(zip(counted.lots, _combined(counted.lot_sums, divisor), strict=True))
    maximum: dict[str, float] = {}
    for lot, members in counted.lots.items():
        station = laid.stations[laid.supplier[members[0]]]
        maximum[station] = max(maximum.get(station, lots[lot]), lots[lot])
    return Scores(
        shown(
            laid.stations, counted.stations, of_stations, reached.stations_forward, reached.stations_backward
        ),
        shown(
            [delivery.id for delivery in network.deliveries],
            counted.deliveries,
            of_deliveries,
            reached.deliveries_forward,
            reached.deliveries_backward,
        ),
        {lot: value for lot, value in lots.items() if not lot.startswith(" ")},
        maximum,
        cycles,
        tuple(laid.stations[station] for station in sorted(counted.returning)),
    )


def _combined(sums: Sums, divisor: float) -> list[float]:
    return [(above - below) / (divisor or 1.0) for above, below in zip(sums.above, sums.below, strict=True)]
