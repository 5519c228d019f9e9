"""What cases open to whoever conducts them: their whole traces, worked out once until evidence changes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

from suyuan.api.records import LiveRecords
from suyuan.trace.lineage import Options, Suspect
from suyuan.trace.lineage.contract import Direction
from suyuan.trace.recall.recall import Case

DIRECTIONS: tuple[Direction, Direction] = ("backward", "forward")
_KEPT = 200


@dataclass(frozen=True, slots=True)
class Opened:
    """What a case opens to whoever conducts it: things of its trace, and all evidence about them."""

    number: str
    evidence: frozenset[str]
    keys: frozenset[str]

    def covers(self, names: Collection[str]) -> bool:
        """Whether the thing or evidence of any of these names belongs to the case."""
        return not (self.keys.isdisjoint(names) and self.evidence.isdisjoint(names))


class Openings(Protocol):
    """Who knows what cases open."""

    def of(self, cases: Sequence[Case]) -> Sequence[Opened]:
        """What each of these cases opens."""
        ...


@dataclass(frozen=True, slots=True)
class _State:
    """What an answer depends on."""

    evidence: int
    aliases: int
    suspects: tuple[Suspect, ...]
    keys: frozenset[str]


class LiveOpenings:
    """Implements :class:`Openings`: two traces per case, remembered. Safe to use from several threads.

    An officer's every page asks for all cases of the authority; most of the time nothing is new.
    """

    def __init__(self, records: LiveRecords) -> None:
        self._records = records
        self._known: OrderedDict[str, tuple[_State, Opened]] = OrderedDict()
        self._lock = Lock()

    def of(self, cases: Sequence[Case]) -> Sequence[Opened]:
        """What each of these cases opens."""
        if not cases:
            return ()
        # Taken before the traces: an answer may know more than its state says, never less.
        version, evidence = self._records.aliases().version, self._records.follow()
        return [
            self._remembered(case, _State(evidence, version, tuple(case.draft.suspects), case.keys))
            for case in cases
        ]

    def _remembered(self, case: Case, state: _State) -> Opened:
        with self._lock:
            known = self._known.get(case.number)
        if known is not None and known[0] == state:
            return known[1]
        opened = self._opened(case)
        with self._lock:
            self._known[case.number] = state, opened
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return opened

    def _opened(self, case: Case) -> Opened:
        evidence: set[str] = set()
        keys = {suspect.key for suspect in case.draft.suspects} | case.keys
        for direction in DIRECTIONS:
            trace = self._records.trace(case.draft.suspects, Options(direction))
            evidence.update(one for edge in trace.edges for one in edge.evidence)
            keys.update(state.key for state in trace.states)
        journeys = self._records.journeys(keys)
        evidence.update(visit.evidence for visits in journeys.values() for visit in visits)
        return Opened(case.number, frozenset(evidence), frozenset(keys))
