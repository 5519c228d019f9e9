"""Answers in runs written out: a row for each instance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from suyuan.trace.errors import TooLarge
from suyuan.trace.lineage.assembled import by_edge, by_state
from suyuan.trace.lineage.contract import Trace

MOST_WRITTEN_OUT = 2_000_000
"""States and edges of an answer: half a gigabyte of them."""
Between = Callable[[str, int], Sequence[str]]
"""The keys of a run: of so many instances in sequence from this one on."""


def check_rows(rows: int) -> None:
    """Raise ``TooLarge`` where an answer has more rows than ``MOST_WRITTEN_OUT``."""
    if rows > MOST_WRITTEN_OUT:
        raise TooLarge(
            "The answer has more than {most} rows",
            where="suspects",
            most=MOST_WRITTEN_OUT,
            remedy="Ask for less at once.",
        )


def one_by_one(trace: Trace, between: Between) -> Trace:
    """The same answer with a state for each instance of a run, and an edge for each that a step concerns.

    O(instances, and steps between them): of a step from one run to another, each with each.
    Raises ``TooLarge`` where they are more than ``MOST_WRITTEN_OUT``, before any is written.
    """
    counts = {one.key: one.count for one in trace.states if one.count > 1}
    if not counts:
        return trace
    rows = sum(one.count for one in trace.states)
    rows += sum(counts.get(one.source, 1) * counts.get(one.target, 1) for one in trace.edges)
    check_rows(rows)
    runs = {key: between(key, count) for key, count in counts.items()}
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
