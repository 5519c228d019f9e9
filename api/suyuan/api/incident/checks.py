"""The checks over the graph, as far as their findings are in sight of whoever asks.

All of the evidence is read once for everybody; what came of it is kept until there is new evidence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock

from sqlalchemy import select

from suyuan.api.checking import findings
from suyuan.api.house import House
from suyuan.portal.incident.waiting import Progress
from suyuan.trace.checks import Checked, Finding, narrowed
from suyuan.trace.checks.finding import CHECKS, Check
from suyuan.trace.incident.problems import Problems
from suyuan.trace.scope.members import Members
from suyuan.trace.scope.problems import QuestionInvalid
from suyuan.trace.store.dealings import competent_parties
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.history import evidence_in_sight
from suyuan.trace.store.record_tables import EntryRow
from suyuan.trace.store.sight import Reach, Viewer, is_own, reach_of

_LOOK_EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class ChecksWanted:
    """What of the findings is wanted; None and nothing: all."""

    since: datetime | None = None
    party: str | None = None
    checks: tuple[Check, ...] = CHECKS


@dataclass(frozen=True, slots=True)
class Seen:
    """What is in sight of what the checks found.

    ``withheld`` counts findings that are not, for an authority; a company is not told how many others have.
    """

    checked: Checked
    withheld: int | None


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


class Checks:
    """The findings of one house, made when they are asked for first. Safe to use from several threads."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._found: tuple[tuple[object, ...], Checked] | None = None
        self._lock = Lock()

    def seen(self, by: Viewer, wanted: ChecksWanted, progress: Progress) -> Seen:
        """What is in sight of a viewer."""
        whole = narrowed(self._checked(progress), since=wanted.since, party=wanted.party)
        asked = [one for one in whole.findings if one.check in wanted.checks]
        whole = replace(
            whole,
            findings=tuple(asked),
            tallies=tuple(one for one in whole.tallies if one.check in wanted.checks),
        )
        if reach_of(by) is Reach.ALL:
            return Seen(whole, 0)
        shown = self._in_sight(by)(asked)
        parties = self._parties(by)
        return Seen(
            Checked(
                tuple(shown),
                (),  # they count what is others'
                tuple(one for one in whole.records if parties(one.party)),
                tuple(one for one in whole.balances if parties(one.party)),
            ),
            len(asked) - len(shown) if reach_of(by) is Reach.COMPETENCE else None,
        )

    def _checked(self, progress: Progress) -> Checked:
        """Of the evidence and decisions of now; whoever asks meanwhile waits for the same, or goes."""
        while not self._lock.acquire(timeout=_LOOK_EVERY_S):
            progress.at(progress.share)
        try:
            day = self._house.now().date()  # what is overdue depends on it
            cases = tuple((case.number, case.state) for case in self._house.cases())
            state = (*self._house.records.state(), cases, day)
            if self._found is None or self._found[0] != state:
                newest = max(1, self._house.follow())
                found = findings(
                    self._house, heard=lambda events: progress.at(min(0.9, 0.9 * events / newest), "check")
                )
                self._found = state, found
            return self._found[1]
        finally:
            self._lock.release()

    def _in_sight(self, by: Viewer) -> Callable[[list[Finding]], list[Finding]]:
        """A finding is shown to who sees every event that says it, or where it names nobody else."""

        def shown(found: list[Finding]) -> list[Finding]:
            evidence = {key for one in found for key in one.evidence}
            with Reading(self._house.engine) as reading:
                seen = evidence_in_sight(reading, evidence, by).keys()
            return [one for one in found if (one.evidence and seen >= set(one.evidence)) or _alone(one, by)]

        return shown

    def _parties(self, by: Viewer) -> Callable[[str], bool]:
        if reach_of(by) is not Reach.COMPETENCE:
            return lambda party: is_own(by, party)
        run = select(EntryRow.party).where(EntryRow.party.in_(competent_parties(by))).distinct()
        with Reading(self._house.engine) as reading:
            theirs = frozenset(reading.connection.execute(run).scalars())
        return lambda party: party in theirs or is_own(by, party)


def _alone(one: Finding, by: Viewer) -> bool:
    """Whether a finding without events concerns the viewer's party and nobody else."""
    others = (one.other_party, one.other_place)
    return not one.evidence and one.party is not None and is_own(by, one.party) and not any(others)
