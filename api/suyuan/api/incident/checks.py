"""The checks over the graph, as far as their findings are in sight of whoever asks.

All of the evidence is read once for everybody, and what is in sight of a viewer once for them; what came of
it is kept until there is new evidence or, where reading takes long, some minutes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock
from time import monotonic

from sqlalchemy import select

from suyuan.api.checking import findings_in
from suyuan.api.house import House
from suyuan.portal.incident.waiting import Progress
from suyuan.trace.checks import Checked, Finding, narrowed
from suyuan.trace.checks.finding import CHECKS, Check
from suyuan.trace.incident.problems import Problems
from suyuan.trace.scope.members import Members
from suyuan.trace.scope.problems import QuestionInvalid
from suyuan.trace.store.dealings import competent_parties
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.history import newest_sequence
from suyuan.trace.store.record_tables import EntryRow
from suyuan.trace.store.sight import HOUSE, Reach, Viewer, is_own, reach_of

_LOOK_EVERY_S = 0.2
_MOST_KEPT = 8
_DEAR_S, _KEPT_S = 5.0, 300.0
"""What took longer to find than the first is told for as long as the second, with the evidence it knew."""


@dataclass(frozen=True, slots=True)
class ChecksWanted:
    """What of the findings is wanted; None and nothing: all."""

    since: datetime | None = None
    party: str | None = None
    checks: tuple[Check, ...] = CHECKS


@dataclass(frozen=True, slots=True)
class Seen:
    """What is in sight of what the checks found.

    A finding is in sight of whoever sees all that it follows from: it is found in what they see, too, and in
    everything, word for word. So no number and no name in it comes from anywhere else. Sums are those of what
    they see.

    ``withheld`` counts findings that are not, whatever was asked for, for an authority; a company is not told
    how many others have. ``evidence`` is the newest that was read. ``parties``: whose records are in sight.
    """

    checked: Checked
    withheld: int | None
    evidence: int
    parties: frozenset[str]


def read_checks(value: object) -> ChecksWanted:
    """``{"since": …, "party": …, "checks": ["stock", "yield", …]}``.

    Raises:
        QuestionInvalid: with every fault.
    """
    problems = Problems(QuestionInvalid)
    members = Members(value, "", problems)
    since, party = members.time("since"), members.take("party")
    if party is not None:
        party = Members({"party": party}, "", problems).key("party", "party")
    found = ChecksWanted(since, party, members.words("checks", CHECKS))
    members.end()
    problems.raise_any()
    return found


@dataclass(frozen=True, slots=True)
class _Read:
    """What was found in the evidence up to ``evidence``, as of ``now``; ``begun`` and ``took`` in seconds.

    ``state`` is what an answer depends on, the newest evidence first.
    """

    state: tuple[object, ...]
    evidence: int
    now: datetime
    begun: float
    took: float
    checked: Checked


class Checks:
    """The findings of one house, made when they are asked for first. Safe to use from several threads."""

    def __init__(self, house: House, elapsed: Callable[[], float] = monotonic) -> None:
        self._house, self._elapsed = house, elapsed
        self._read: OrderedDict[Viewer, _Read] = OrderedDict()
        self._lock = Lock()

    def seen(self, by: Viewer, wanted: ChecksWanted, progress: Progress) -> Seen:
        """What is in sight of a viewer."""
        read = self._checked(HOUSE, progress)
        whole = narrowed(read.checked, since=wanted.since, party=wanted.party)
        asked = [one for one in whole.findings if one.check in wanted.checks]
        if reach_of(by) is Reach.ALL:
            tallies = tuple(one for one in whole.tallies if one.check in wanted.checks)
            return Seen(
                replace(whole, findings=tuple(asked), tallies=tallies),
                0,
                read.evidence,
                _telling(read.checked),
            )
        own = self._checked(replace(by, name=""), progress, as_of=read.now)
        told = {one for one in own.checked.findings if one.evidence or _alone(one, by)}
        parties = self._parties(by)
        balances = narrowed(own.checked, party=wanted.party).balances
        return Seen(
            Checked(
                tuple(one for one in asked if one in told),
                (),  # they count what is others'
                tuple(one for one in whole.records if parties(one.party)),
                tuple(one for one in balances if parties(one.party)),
            ),
            # Of everything: what is withheld of what is asked for would tell of it.
            sum(one not in told for one in read.checked.findings)
            if reach_of(by) is Reach.COMPETENCE
            else None,
            min(read.evidence, own.evidence),
            _telling(own.checked),
        )

    def _checked(self, viewer: Viewer, progress: Progress, *, as_of: datetime | None = None) -> _Read:
        """What is found in what a viewer sees; whoever asks meanwhile waits for the same, or goes."""
        asked = self._elapsed()
        while not self._lock.acquire(timeout=_LOOK_EVERY_S):
            progress.at(progress.share)
        try:
            kept = self._read.get(viewer)
            if kept is None or not self._serves(kept, asked, as_of):
                kept = self._read[viewer] = self._made(viewer, progress, as_of)
            self._read.move_to_end(viewer)
            while len(self._read) > _MOST_KEPT:
                self._read.popitem(last=False)
            return kept
        finally:
            self._lock.release()

    def _serves(self, kept: _Read, asked: float, as_of: datetime | None) -> bool:
        """Whether it is as good as new, or new enough where making it anew would take long."""
        if as_of is not None and kept.now != as_of:
            return False
        state = self._state()
        if kept.state == state or (kept.begun >= asked and kept.state[1:] == state[1:]):
            return True
        is_dear = kept.took > _DEAR_S and self._elapsed() - kept.begun < _KEPT_S
        return is_dear and kept.state[1:] == state[1:]

    def _state(self) -> tuple[object, ...]:
        cases = tuple((case.number, case.state) for case in self._house.cases())
        day = self._house.now().date()  # what is overdue depends on it
        return (*self._house.records.state(), cases, day)

    def _made(self, viewer: Viewer, progress: Progress, as_of: datetime | None) -> _Read:
        begun, now, state = self._elapsed(), as_of or self._house.now(), self._state()
        with Reading(self._house.engine) as reading:
            evidence = newest_sequence(reading)
            checked = findings_in(
                reading,
                self._house,
                by=now,
                viewer=viewer,
                heard=lambda events: progress.at(min(0.9, 0.9 * events / max(1, evidence)), "check"),
            )
        return _Read(state, evidence, now, begun, self._elapsed() - begun, checked)

    def _parties(self, by: Viewer) -> Callable[[str], bool]:
        if reach_of(by) is not Reach.COMPETENCE:
            return lambda party: is_own(by, party)
        run = select(EntryRow.party).where(EntryRow.party.in_(competent_parties(by))).distinct()
        with Reading(self._house.engine) as reading:
            theirs = frozenset(reading.connection.execute(run).scalars())
        return lambda party: party in theirs or is_own(by, party)


def _telling(found: Checked) -> frozenset[str]:
    return frozenset(one.party for one in found.records)


def _alone(one: Finding, by: Viewer) -> bool:
    """Whether a finding without events concerns the viewer's party and nobody else."""
    others = (one.other_party, one.other_place)
    return not one.evidence and one.party is not None and is_own(by, one.party) and not any(others)
