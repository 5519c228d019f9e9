"""Engines equal the oracle on random histories, and the law's own symmetries hold.

``SUYUAN_TRACE_EXAMPLES`` sets the number of histories for a long campaign.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from suyuan.trace.lineage.contract import Edge, Options, Scope, State, Suspect, Trace, WhatIf
from suyuan.trace.lineage.occurrence import Occurrence

from .engines import ENGINES, Build, oracle
from .random_histories import (
    INSTANCES,
    LOOSE,
    LOTS,
    OWNER,
    UNITS,
    circles_of_lots,
    histories,
    hours,
    maybe,
    questions,
    suppositions,
    suspects,
    trades,
)
from .stories import at

EXAMPLES = int(os.environ.get("SUYUAN_TRACE_EXAMPLES", "50"))
campaign = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
STEP = timedelta(microseconds=1)
Row = tuple[object, ...]


def rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 6)


def state_row(state: State) -> Row:
    share, where = state.contaminated, state.where_now
    return (
        *(state.key, state.kind, state.from_time, state.to_time, state.certainty, state.carrier),
        None if state.hold is None else (rounded(state.hold.quantity), state.hold.uom),
        None
        if share is None
        else (rounded(share.min), rounded(share.expected), rounded(share.max), share.uom),
        None if where is None else (where.place, where.container, where.party, where.status),
    )


def edge_row(edge: Edge) -> Row:
    return (
        *(edge.source, edge.target, edge.kind, edge.from_time, edge.to_time),
        *(edge.certainty, str(edge.basis), edge.evidence),
    )


def rows(trace: Trace) -> dict[str, list[Row]]:
    """The answer without its floating-point dust, comparable and readable when it differs."""
    return {
        "states": sorted((state_row(state) for state in trace.states), key=repr),
        "edges": sorted((edge_row(edge) for edge in trace.edges), key=repr),
        "parties": [trace.parties],
        "places": [trace.places],
    }


def line_rows(scope: Scope) -> list[Row]:
    return [
        (
            *(line.place, line.party, line.status, line.uom, line.objects, rounded(line.hold)),
            *(rounded(line.contaminated_min), rounded(line.contaminated_expected)),
            *(rounded(line.contaminated_max), line.keys),
        )
        for line in scope.lines
    ]


def differences(
    one: dict[str, list[Row]], other: dict[str, list[Row]]
) -> dict[str, tuple[list[Row], list[Row]]]:
    """What only the one says, and what only the other says."""
    found = {
        part: ([r for r in one[part] if r not in other[part]], [r for r in other[part] if r not in one[part]])
        for part in one
    }
    return {part: both for part, both in found.items() if one[part] != other[part] or any(both)}


@pytest.mark.parametrize("engine", sorted(set(ENGINES) - {"oracle"}))
@campaign
@given(history=histories(), asked=st.lists(suspects(), min_size=1, max_size=2), options=questions())
def test_trace_and_scope_equal_the_oracle(
    engine: str, history: list[Occurrence], asked: list[Suspect], options: Options
) -> None:
    expected, found = oracle(history, OWNER), ENGINES[engine](history, OWNER)
    assert differences(rows(expected.trace(asked, options)), rows(found.trace(asked, options))) == {}
    if options.direction == "forward":
        assert line_rows(expected.scope(asked, options)) == line_rows(found.scope(asked, options))


@pytest.mark.parametrize("engine", ["exact-live", "compiled"])
@campaign
@given(history=circles_of_lots(), asked=suspects(), options=questions())
def test_what_is_told_as_a_lot_has_no_lot_itself(
    engine: str, history: list[Occurrence], asked: Suspect, options: Options
) -> None:
    """Not of the chronicle, which is told by events only."""
    expected, found = oracle(history, OWNER), ENGINES[engine](history, OWNER)
    assert differences(rows(expected.trace([asked], options)), rows(found.trace([asked], options))) == {}


@pytest.mark.parametrize("engine", sorted(set(ENGINES) - {"oracle"}))
@campaign
@given(history=trades(), crates=st.lists(st.sampled_from(UNITS), max_size=1))
def test_loose_goods_lie_where_the_oracle_says(
    engine: str, history: list[Occurrence], crates: list[str]
) -> None:
    """All of two lots, or what of them was ever in a crate."""
    asked = [Suspect(key) for key in crates or LOOSE]
    expected, found = oracle(history, OWNER).scope(asked), ENGINES[engine](history, OWNER).scope(asked)
    assert differences(rows(expected.trace), rows(found.trace)) == {}
    assert line_rows(expected) == line_rows(found)


@campaign
@given(history=trades(), key=st.sampled_from(LOOSE))
def test_nothing_of_a_lot_is_lost_or_counted_twice(build: Build, history: list[Occurrence], key: str) -> None:
    """Whatever is told of it: the parts of a suspect lot are all of it."""
    scope = build(history, OWNER).scope([Suspect(key)])
    (state,) = [s for s in scope.trace.states if s.key == key and not s.carrier]
    if state.hold is not None:
        # Other objects may share a line with it; only lines of its own tell its amount.
        own = [line.hold for line in scope.lines if key in line.keys]
        shared = any(line.keys != (key,) for line in scope.lines if key in line.keys)
        total = sum(hold for hold in own if hold is not None)
        assert total >= state.hold.quantity if shared else total == pytest.approx(state.hold.quantity)


@campaign
@given(data=st.data(), history=histories(), asked=suspects(), options=questions())
def test_the_order_of_arrival_does_not_matter(
    build: Build, data: st.DataObject, history: list[Occurrence], asked: Suspect, options: Options
) -> None:
    shuffled = data.draw(st.permutations(history))
    assert build(shuffled, OWNER).trace([asked], options) == build(history, OWNER).trace([asked], options)


def reaches(answer: Trace, key: str, before: datetime | None, *, certainly: bool) -> bool:
    """Whether ``key`` is affected at an instant before that time."""
    return any(
        state.key == key
        and not state.carrier
        and (before is None or state.from_time is None or state.from_time < before)
        and (not certainly or state.certainty == "certain")
        for state in answer.states
    )


def last_moment(answer: Trace, key: str, *, certainly: bool) -> tuple[bool, datetime | None]:
    """Whether ``key`` is in a backward answer, and the end of its (-∞, β)."""
    ends = [
        state.to_time
        for state in answer.states
        if state.key == key and not state.carrier and (not certainly or state.certainty == "certain")
    ]
    if not ends:
        return False, None
    return True, None if None in ends else max(end for end in ends if end is not None)


@campaign
@given(
    history=histories(),
    ends=st.tuples(st.sampled_from((*INSTANCES, *LOTS)), st.sampled_from((*INSTANCES, *LOTS))),
    hour=maybe(hours),
    what_if=suppositions(),
    certainly=st.booleans(),
)
def test_backward_is_the_converse_of_forward(
    build: Build,
    history: list[Occurrence],
    ends: tuple[str, str],
    hour: int | None,
    what_if: WhatIf,
    *,
    certainly: bool,
) -> None:
    source, target = ends
    if source == target:
        return
    before = at(hour)
    tracer = build(history, OWNER)
    back = tracer.trace([Suspect(target, None, before)], Options(direction="backward", what_if=what_if))
    told, until = last_moment(back, source, certainly=certainly)
    forward = Options(what_if=what_if)

    def reached(since: datetime | None) -> bool:
        return reaches(tracer.trace([Suspect(source, since)], forward), target, before, certainly=certainly)

    assert reached(None) == told
    if told and until is not None:
        assert reached(until - STEP)
        assert not reached(until)
    elif told:
        last = max(o.time for o in history)
        assert reached(last + STEP)
