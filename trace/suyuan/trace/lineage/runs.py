"""Answers in runs written out: a row for each instance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from suyuan.trace.lineage.assembled import by_edge, by_state
from suyuan.trace.lineage.contract import Trace

Between = Callable[[str, int], Sequence[str]]
"""The keys of a run: of so many instances in sequence from this one on."""


def one_by_one(trace: Trace, between: Between) -> Trace:
    """The same answer with a state for each instance of a run, and an edge for each that a step concerns.

    O(instances, and steps between them).
    """
    runs = {one.key: between(one.key, one.count) for one in trace.states if one.count > 1}
    if not runs:
        return trace
    states = (
        one if one.count == 1 else replace(one, key=key, count=1, last=None)
        for one in trace.states
        for key in runs.get(one.key, (one.key,))
    )
    edges = (
        replace(one, source=source, target=target)
        for one in trace.edges
        for source in runs.get(one.source, (one.source,))
        for target in runs.get(one.target, (one.target,))
    )
    return replace(trace, states=tuple(sorted(states, key=by_state)), edges=tuple(sorted(edges, key=by_edge)))
