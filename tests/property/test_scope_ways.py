"""Ways through time: what they connect is what a trace says, on random histories with every supposition."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.examples import examples
from tests.oracle.random_histories import histories, suppositions, suspects

from suyuan.trace.lineage import ExactTracer, Lineage
from suyuan.trace.lineage.contract import Options, Suspect, Trace, WhatIf
from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.lineage.statement import EVER, instant
from suyuan.trace.scope.ways import Sink, find_ways

campaign = settings(max_examples=examples(30), deadline=None, suppress_health_check=[HealthCheck.too_slow])
Story = Sequence[Occurrence]
what_if = st.one_of(st.just(WhatIf()), suppositions())


def affected(trace: Trace) -> dict[str, int]:
    """From when each object is affected at the earliest."""
    found: dict[str, int] = {}
    for state in trace.states:
        if not state.carrier and state.kind != "place":
            start = EVER if state.from_time is None else instant(state.from_time)
            found[state.key] = min(start, found.get(state.key, start))
    return found


def led_to(trace: Trace, starts: Sequence[Suspect]) -> dict[str, int]:
    """From when ways come to each object at the earliest."""
    ways = find_ways([trace], starts, {key: Sink(frozenset({key})) for key in affected(trace)})
    found: dict[str, int] = {}
    for node in ways.nodes:
        if node.kind == "object":
            found[node.key] = min(node.start, found.get(node.key, node.start))
    return found


@campaign
@given(histories(), st.lists(suspects(), min_size=1, max_size=2), what_if)
def test_ways_from_the_suspects_lead_to_what_is_affected(
    story: Story, asked: list[Suspect], supposed: WhatIf
) -> None:
    trace = ExactTracer(Lineage(story)).trace(asked, Options(what_if=supposed))

    assert led_to(trace, asked) == affected(trace)


@campaign
@given(histories(), suspects(), suspects(), what_if)
def test_what_reaches_one_of_two_suspects_reaches_it_in_the_trace_of_both(
    story: Story, one: Suspect, two: Suspect, supposed: WhatIf
) -> None:
    tracer = ExactTracer(Lineage(story))
    both = tracer.trace([one, two], Options(what_if=supposed))

    assert led_to(both, [one]) == affected(tracer.trace([one], Options(what_if=supposed)))
