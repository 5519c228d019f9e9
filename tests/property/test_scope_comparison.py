"""Laws of comparing two scopes, on random histories."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.examples import examples
from tests.oracle.random_histories import OWNER, histories, suppositions, suspects

from suyuan.trace.lineage import ExactTracer, Lineage, Occurrence, Options, Suspect, WhatIf
from suyuan.trace.scope import compare
from suyuan.trace.scope.answer import Comparison, KeyChange, LineChange

campaign = settings(max_examples=examples(20), deadline=None, suppress_health_check=[HealthCheck.too_slow])


@campaign
@given(histories(7), suspects(), suspects(), suppositions(), st.sampled_from((True, False)))
def test_laws(story: list[Occurrence], one: Suspect, two: Suspect, what_if: WhatIf, certain: bool) -> None:
    tracer = ExactTracer(Lineage(story), owner=OWNER.get)
    first = tracer.scope([one], Options(certain_only=certain))
    second = tracer.scope([one, two], Options(what_if=what_if))
    there, back = compare(first, second), compare(second, first)

    assert compare(first, first) == Comparison((), ())
    assert back.lines == tuple(swapped_line(line) for line in there.lines)
    assert back.keys == tuple(swapped_key(key) for key in there.keys)
    keys = [{key for line in scope.lines for key in line.keys} for scope in (first, second)]
    affected = [
        {state.key for state in scope.trace.states if not state.carrier and state.kind != "place"}
        for scope in (first, second)
    ]
    assert all(some_keys <= all_keys for some_keys, all_keys in zip(keys, affected, strict=True))
    assert set(there.only_first) == affected[0] - affected[1]
    assert set(there.only_second) == affected[1] - affected[0]
    for change in there.keys:  # whatever is reached anew is reached by something
        if change.first is None and change.key != two.key:
            assert change.edges or change.supposed or change.key == one.key


def swapped_line(line: LineChange) -> LineChange:
    return LineChange(line.place, line.party, line.status, line.uom, line.known, line.second, line.first)


def swapped_key(change: KeyChange) -> KeyChange:
    return KeyChange(change.key, change.kind, change.second, change.first, change.edges, change.supposed)
