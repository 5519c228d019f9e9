"""States and edges put together to an answer, in the order of the contract (law of tracing §10)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from suyuan.trace.lineage.contract import Edge, Options, State, Suspect, Trace


def assembled(
    suspects: tuple[Suspect, ...],
    options: Options,
    states: Iterable[State],
    edges: Iterable[Edge],
    party_of: Callable[[str], str],
) -> Trace:
    """The answer to a question; ``party_of`` tells by evidence key who captured it."""
    told = sorted(states, key=by_state)
    steps = sorted(edges, key=by_edge)
    if options.certain_only:
        told = [state for state in told if state.certainty == "certain"]
        left = {state.key for state in told}
        steps = [
            edge
            for edge in steps
            if edge.certainty == "certain" and edge.source in left and edge.target in left
        ]
    parties = {party_of(evidence) for edge in steps for evidence in edge.evidence}
    parties.update(
        state.where_now.party
        for state in told
        if state.where_now is not None and state.where_now.party is not None
    )
    return Trace(
        suspects,
        options,
        tuple(told),
        tuple(steps),
        tuple(sorted(parties)),
        tuple(sorted({state.key for state in told if state.kind == "place"})),
    )


def by_state(state: State) -> tuple[bool, float, str, bool, float, bool, str]:
    """By (from_time, key, to_time): without beginning first, without end last."""
    start, end = state.from_time, state.to_time
    return (
        start is not None,
        0.0 if start is None else start.timestamp(),
        state.key,
        end is None,
        0.0 if end is None else end.timestamp(),
        state.carrier,
        state.certainty,
    )


def by_edge(edge: Edge) -> tuple[bool, float, str, str, str, bool, float, tuple[str, ...]]:
    """By (from_time, source, target, kind), then to_time and evidence."""
    start, end = edge.from_time, edge.to_time
    return (
        start is not None,
        0.0 if start is None else start.timestamp(),
        edge.source,
        edge.target,
        edge.kind,
        end is None,
        0.0 if end is None else end.timestamp(),
        edge.evidence,
    )
