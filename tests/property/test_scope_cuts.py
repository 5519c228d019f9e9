"""The cheapest cut against every set, what is held against routes, links against what is left without."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain, combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.examples import examples
from tests.oracle.random_histories import LOOSE, LOTS, STALLS, histories, suspects

from suyuan.trace.gs1 import site
from suyuan.trace.lineage import ExactTracer, Lineage, Occurrence, Suspect, Trace
from suyuan.trace.lineage.contract import Kind
from suyuan.trace.scope import what_to_hold
from suyuan.trace.scope.cuts import cheapest_cut
from suyuan.trace.scope.holding import lots_of
from suyuan.trace.scope.links import links_of
from suyuan.trace.scope.routes import routes_of
from suyuan.trace.scope.ways import Sink, find_ways, reached

campaign = settings(max_examples=examples(60), deadline=None)
stories = settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.too_slow])


@dataclass(frozen=True, slots=True)
class Network:
    """A graph of a few vertices, circles too, of which the last cannot be taken and is where ways end."""

    after: list[list[int]]
    costs: list[float | None]
    first: list[int]

    def is_cut(self, taken: Iterable[int]) -> bool:
        return len(self.after) - 1 not in reached(self.after, self.first, frozenset(taken))


@st.composite
def networks(draw: st.DrawFn) -> Network:
    count = draw(st.integers(1, 7))
    pairs = draw(st.sets(st.tuples(st.integers(0, count - 1), st.integers(0, count)), max_size=16))
    after = [sorted(to for out, to in pairs if out == node) for node in range(count)]
    costs: list[float | None] = [
        draw(st.sampled_from((0.0, 1.0, 2.5, 3.0, 40.25, None))) for _ in range(count)
    ]
    first = [node for node in range(count) if costs[node] is not None and draw(st.booleans())]
    return Network([*after, []], [*costs, None], first)


@campaign
@given(networks())
def test_no_set_is_cheaper(network: Network) -> None:
    found = cheapest_cut(network.after, network.costs, network.first, [len(network.after) - 1])

    can = [node for node, cost in enumerate(network.costs) if cost is not None]
    sets = chain.from_iterable(combinations(can, size) for size in range(len(can) + 1))
    best = min(sum(network.costs[one] or 0.0 for one in taken) for taken in sets if network.is_cut(taken))
    assert network.is_cut(found.vertices)
    assert found.value == sum(network.costs[one] or 0.0 for one in found.vertices)
    assert found.value == pytest.approx(best)
    assert found.proof == pytest.approx(best)
    assert found.proof <= best


def without(trace: Trace, keys: set[str]) -> Trace:
    """A trace in which these things never were."""
    return replace(
        trace,
        edges=tuple(one for one in trace.edges if one.source not in keys and one.target not in keys),
        states=tuple(one for one in trace.states if one.key not in keys),
        suspects=tuple(one for one in trace.suspects if one.key not in keys),
    )


@stories
@given(histories(), st.lists(suspects(), min_size=1, max_size=2), st.sampled_from((*STALLS, *LOTS, LOOSE[1])))
def test_links_are_what_nothing_goes_without(
    story: Sequence[Occurrence], asked: list[Suspect], sink: str
) -> None:
    trace = ExactTracer(Lineage(story)).trace(asked)
    end = Sink(sites=frozenset({site(sink)})) if sink in STALLS else Sink(frozenset({sink}))
    ways = find_ways([trace], trace.suspects, {"end": end})
    kinds: dict[str, Kind] = {state.key: state.kind for state in trace.states}
    links = {link.key for link in links_of(ways, kinds) if link.kind != "place"}
    objects = {node.key for node in ways.nodes if node.kind == "object"}

    for key in objects:
        rest = without(trace, {key})
        left = find_ways([rest], rest.suspects, {"end": end})
        assert (key in links) == (not left.sinks)


@stories
@given(
    histories(),
    st.lists(suspects(), min_size=1, max_size=2),
    st.lists(st.sampled_from(STALLS), max_size=2, unique=True),
)
def test_what_is_held_stops_all_that_is_in_reach(
    story: Sequence[Occurrence], asked: list[Suspect], sinks: list[str]
) -> None:
    scope = ExactTracer(Lineage(story)).scope(asked)
    sites = {site(one) for one in sinks}
    if sites & {site(one.key) for one in asked}:
        return
    lots = lots_of(scope.trace.edges)
    reach = [line for line in scope.lines if line.status in ("in_stock", "in_transit")]

    lots_held = {one.key for one in what_to_hold(scope, sinks).stopped}
    elsewhere = [line for line in reach if line.place is None or site(line.place) not in sites]
    assert lots_held == {lots.get(key, key) for line in elsewhere for key in line.keys}

    places = what_to_hold(scope, sinks, of="places")
    held, routes = {one.key for one in places.stopped}, routes_of(scope.trace)
    begin = {site(line.place) for line in reach if line.status == "in_stock" and line.place} - sites - held
    known = sorted({*begin, *routes, *(to for on in routes.values() for to in on)})
    number = {place: row for row, place in enumerate(known)}
    wall = frozenset(number[place] for place in held if place in number)
    after = [[number[to] for to in routes.get(place, ())] for place in known]
    led = reached(after, [number[place] for place in begin], wall)
    assert not led & {number[place] for place in sites if place in number}
    assert all(after[one] for one in led)  # where nothing went on from, the place itself is held
    assert places.is_smallest
