"""The chronicle behind the contract: told in batches, asked, and its runs written out to be compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from suyuan.trace.lineage import Occurrence
from suyuan.trace.lineage.chronicle import Chronicle, ChronicleTracer
from suyuan.trace.lineage.chronicle.names import spelled
from suyuan.trace.lineage.contract import Edge, Options, Scope, State, Suspect, Trace
from suyuan.trace.lineage.statement import holdings
from suyuan.trace.lineage.where import Owner

_EVERYTHING = Options()


class ChronicledTracer:
    """The answers, instance by instance, of a chronicle that had hardly any room at first.

    ``eager`` asks after every batch for all lots named so far: where their goods lie is worked out then, and
    later on again only where the chronicle says that it may have changed.
    """

    def __init__(
        self, occurrences: Sequence[Occurrence], batch: int, owner: Owner, *, eager: bool = False
    ) -> None:
        chronicle = Chronicle(16)
        self._tracer = ChronicleTracer(chronicle, owner=owner)
        for first in range(0, len(occurrences), batch):
            chronicle.add(occurrences[first : first + batch])
            if eager:
                lots = {h.key for told in occurrences[: first + batch] for h in holdings(told) if h.is_class}
                self._tracer.trace([Suspect(lot) for lot in sorted(lots)])

    def trace(self, suspects: Sequence[Suspect], options: Options = _EVERYTHING) -> Trace:
        return one_by_one(self._tracer.trace(suspects, options))

    def scope(self, suspects: Sequence[Suspect], options: Options = _EVERYTHING) -> Scope:
        scope = self._tracer.scope(suspects, options)
        return replace(scope, trace=one_by_one(scope.trace))


def one_by_one(trace: Trace) -> Trace:
    """The same answer with a row for each instance of a run."""
    runs = {state.key: tuple(keys(state)) for state in trace.states}
    states = [replace(one, key=key, count=1, last=None) for one in trace.states for key in runs[one.key]]
    edges = [
        replace(one, source=source, target=target)
        for one in trace.edges
        for source in runs[one.source]
        for target in runs[one.target]
    ]
    return replace(
        trace, states=tuple(sorted(states, key=_by_state)), edges=tuple(sorted(edges, key=_by_edge))
    )


def keys(state: State) -> Iterator[str]:
    """Every key of a run."""
    spelling, first = spelled(state.key)
    for number in range(state.count):
        yield spelling.key(first + number)
    assert state.last == (None if state.count == 1 else spelling.key(first + state.count - 1))


def _by_state(state: State) -> tuple[object, ...]:
    return repr(state.from_time), state.key, repr(state.to_time), state.carrier, state.certainty


def _by_edge(edge: Edge) -> tuple[object, ...]:
    return repr(edge.from_time), edge.source, edge.target, edge.kind, repr(edge.to_time), edge.evidence
