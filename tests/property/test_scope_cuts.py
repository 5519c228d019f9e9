"""The cheapest cut against every subset, folding against ways, links against what is left without them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain, combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.examples import examples
from tests.oracle.random_histories import LOOSE, LOTS, STALLS, histories, suspects

from suyuan.trace.errors import InvalidInput
from suyuan.trace.gs1 import site
from suyuan.trace.lineage import ExactTracer, Lineage, Occurrence, Scope, Suspect, Trace
from suyuan.trace.scope import cuts, what_to_hold
from suyuan.trace.scope.cuts import Labelled, cheapest_cut, fold
from suyuan.trace.scope.holding import lots_of
from suyuan.trace.scope.links import links_of
from suyuan.trace.scope.ways import Sink, find_ways, reached

campaign = settings(max_examples=examples(40), deadline=None)
stories = settings(max_examples=examples(20), deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def labelled(draw: st.DrawFn) -> tuple[Labelled, list[float]]:
    """A graph of a few nodes, circles too, that shares few labels among its nodes."""
    count = draw(st.integers(2, 7))
    pairs = draw(st.sets(st.tuples(st.integers(0, count - 1), st.integers(0, count)), max_size=14))
    after = [sorted(to for out, to in pairs if out == node and to != node) for node in range(count)]
    many = draw(st.integers(1, 5))
    labels = [draw(st.integers(0, many - 1)), *(draw(st.integers(-1, many - 1)) for _ in range(count - 1))]
    costs = draw(st.lists(st.sampled_from((0.0, 1.0, 2.5, 3.0, 40.25)), min_size=many, max_size=many))
    first = [node for node in range(count) if labels[node] >= 0 and (node == 0 or draw(st.booleans()))]
    return Labelled([*after, []], [*labels, -1], first, [count]), costs


def is_cut(graph: Labelled, taken: Iterable[int]) -> bool:
    without = frozenset(node for node, label in enumerate(graph.labels) if label in set(taken))
    return not reached(graph.after, graph.first, without) & set(graph.last)


def every(labels: Sequence[int]) -> Iterable[tuple[int, ...]]:
    return chain.from_iterable(combinations(labels, size) for size in range(len(labels) + 1))


@campaign
@given(labelled(), st.sampled_from((cuts.MOST_STEPS, 0)))
def test_no_set_is_cheaper(drawn: tuple[Labelled, list[float]], most: int) -> None:
    graph, costs = drawn
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cuts, "MOST_STEPS", most)
        found = cheapest_cut(graph, costs)

    best = min(
        sum(costs[label] for label in taken) for taken in every(range(len(costs))) if is_cut(graph, taken)
    )
    assert is_cut(graph, found.labels)
    assert found.value == pytest.approx(sum(costs[label] for label in found.labels))
    assert found.proof <= best + 1e-6 <= found.value + 2e-6
    if most:
        assert found.value == pytest.approx(best)
        assert found.proof == pytest.approx(best)


@campaign
@given(labelled())
def test_folding_keeps_every_cut(drawn: tuple[Labelled, list[float]]) -> None:
    graph, costs = drawn
    folded = fold(graph)

    assert len(folded.after) <= len(graph.after)
    for taken in every(range(len(costs))):
        assert is_cut(folded, taken) == is_cut(graph, taken)


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
    kinds = {state.key: state.kind for state in trace.states}
    links = {link.key for link in links_of(ways, kinds) if link.kind != "place"}
    objects = {node.key for node in ways.nodes if node.kind == "object"}

    for key in objects:
        rest = without(trace, {key})
        left = find_ways([rest], rest.suspects, {"end": end})
        assert (key in links) == (not left.sinks)


@stories
@given(histories(), st.lists(suspects(), min_size=1, max_size=2), st.sampled_from(STALLS))
def test_what_is_held_stops_every_way_that_can_be_stopped(
    story: Sequence[Occurrence], asked: list[Suspect], sink: str
) -> None:
    scope = ExactTracer(Lineage(story)).scope(asked)
    try:
        holding = what_to_hold(scope, [sink])
    except InvalidInput:
        return

    held = {one.key for one in holding.stopped}
    members = {item for item, lot in lots_of(scope.trace.edges).items() if lot in held}
    rest = without(scope.trace, held | members)
    ways = find_ways([rest], rest.suspects, {sink: Sink(sites=frozenset({site(sink)}))})
    assert holding.is_smallest
    assert bool(ways.sinks) == bool(holding.past)
    assert len(held) == holding.value == holding.proof
    assert held <= keys_in_reach(scope)


def keys_in_reach(scope: Scope) -> set[str]:
    there = {key for line in scope.lines if line.status in ("in_stock", "in_transit") for key in line.keys}
    return there | {lot for item, lot in lots_of(scope.trace.edges).items() if item in there}
