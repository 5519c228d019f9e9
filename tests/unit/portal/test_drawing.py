"""Thousands of states become a drawing one can read: few nodes, no overlaps, time to the right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise
from time import perf_counter

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.portal.fake_house import FARM_LOT, SALAD, FakeHouse, back_trace, big_trace

from suyuan.portal.drawing import GAP, HEIGHT, WIDTH, Drawing, drawn
from suyuan.portal.grouping import LIMIT, grouped
from suyuan.trace.lineage.contract import Certainty, Edge, Kind, Options, State, Suspect, Trace

CERTAINTIES: tuple[Certainty, ...] = ("certain", "possible")
KINDS: tuple[Kind, ...] = ("lot", "item", "unit")
T0 = datetime(2026, 11, 1, tzinfo=UTC)


def assert_readable(drawing: Drawing) -> None:
    for a, b in combinations(drawing.nodes, 2):
        assert abs(a.x - b.x) >= WIDTH or abs(a.y - b.y) >= HEIGHT + GAP - 1
    for node in drawing.nodes:
        assert 0 <= node.x <= drawing.width - WIDTH
        assert 0 <= node.y <= drawing.height - HEIGHT


def test_two_thousand_items_become_a_handful_of_groups() -> None:
    trace = big_trace()
    labels = FakeHouse().labels([state.key for state in trace.states])
    begin = perf_counter()
    groups, links = grouped(trace, labels)
    drawing = drawn(groups, links)
    assert perf_counter() - begin < 2
    assert len(trace.states) > 1900
    assert len(groups) <= LIMIT
    assert sum(len(group.keys) for group in groups) == len(trace.states)
    assert {len(group.keys) for group in groups if group.kind == "item"} == {480}
    assert sum(len(link.edges) for link in links) == len(trace.edges)
    assert_readable(drawing)
    x = {node.group.keys[0]: node.x for node in drawing.nodes}
    assert x[FARM_LOT] < x[SALAD]
    assert [column.time for column in drawing.columns if column.time] == sorted(
        column.time for column in drawing.columns if column.time
    )


def test_trace_back_ends_at_the_suspect() -> None:
    trace = back_trace()
    groups, links = grouped(trace, FakeHouse().labels([state.key for state in trace.states]))
    drawing = drawn(groups, links, from_the_right=True)
    suspect = next(node for node in drawing.nodes if node.group.suspect)
    assert suspect.x == max(node.x for node in drawing.nodes)
    assert [node.x for node in drawing.nodes if node.group.kind == "lot"].count(
        min(n.x for n in drawing.nodes)
    ) == 3


def test_nothing_draws_nothing() -> None:
    assert drawn([], []).nodes == ()


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    count = draw(st.integers(1, 14))
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=count, max_size=count))
    states = tuple(
        State(f"k{i}", kind, T0 + timedelta(hours=i), None, draw(st.sampled_from(CERTAINTIES)))
        for i, kind in enumerate(kinds)
    )
    pairs = draw(st.sets(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=30))
    edges = tuple(
        Edge(f"k{a}", f"k{b}", "transform", T0, None, "certain", "read", (f"e{a}-{b}",))
        for a, b in sorted(pairs)
    )
    return Trace((Suspect("k0"),), Options(), states, edges, (), ())


@settings(max_examples=60, deadline=None)
@given(traces(), st.booleans(), st.sampled_from([1, 4, LIMIT]))
def test_any_trace_even_with_cycles_is_readable(trace: Trace, back: bool, limit: int) -> None:
    groups, links = grouped(trace, {}, limit)
    assert sorted(key for group in groups for key in group.keys) == sorted(
        {state.key for state in trace.states}
    )
    drawing = drawn(groups, links, from_the_right=back)
    assert_readable(drawing)
    assert len(drawing.lines) == len(links)
    for before, after in pairwise(drawing.columns):
        assert before.x + WIDTH < after.x
