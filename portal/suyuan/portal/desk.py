"""What the pages of cases ask for: who may do what, where everything is now, whom a stop has not reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from suyuan.trace.lineage.contract import Scope
from suyuan.trace.recall.dossier import Dossier
from suyuan.trace.recall.lost import Sighted
from suyuan.trace.recall.recall import (
    SECOND_PERSON_WITHIN,
    Act,
    Case,
    CaseDraft,
    RiskWarning,
    Step,
    Transfer,
)
from suyuan.trace.store.sight import Viewer


@dataclass(frozen=True, slots=True)
class Situation:
    """A case as it is now, whatever was fixed when it was decided upon.

    ``own`` is what falls to whoever conducts the case, ``beyond`` what is for others; ``nowhere`` are places
    whose stage and district nobody has registered; ``added`` and ``dropped`` compare the keys with those of
    the open proposal, or else with those decided upon.
    """

    own: Sighted
    beyond: Sighted
    keys: frozenset[str]
    nowhere: frozenset[str] = frozenset()
    added: int = 0
    dropped: int = 0
    unasked: bool = False  # something is beyond of which nobody was asked yet


@dataclass(frozen=True, slots=True)
class NotReached:
    """A device that has not said that it holds the list with this case. ``place`` is a key or empty."""

    name: str
    kind: str
    party: str
    place: str
    last_seen: datetime | None
    since: datetime | None  # when it was enrolled or last said which list it has


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a stop or its lifting has not reached. Of stations with a plain token nobody can tell."""

    sequence: int
    missing: tuple[NotReached, ...] = ()
    cannot_tell: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Work:
    """What waits for somebody: cases with their urgency, and requests from other authorities."""

    cases: Sequence[Case]
    requests: Sequence[tuple[Case, Transfer]]
    not_reached: Mapping[str, int]  # case number -> devices
    cannot_tell: int = 0
    reports: int = 0  # that nobody has taken up or refused yet
    begins: bool = False  # an administrator's, where nothing at all was recorded yet


class CaseDesk(Protocol):
    """The services behind the pages of cases. What a viewer may not see raises ``NotFound``."""

    @property
    def alone(self) -> bool:
        """Whether this installation lets one person decide."""
        ...

    def work(self, by: Viewer) -> Work:
        """The worklist of a viewer."""
        ...

    def case(self, number: str, by: Viewer) -> Case:
        """One case."""
        ...

    def report_named(self, text: str, by: Viewer) -> str:
        """The number of the report that a text names, of those in sight; otherwise nothing."""
        ...

    def situation(self, case: Case, by: Viewer) -> Situation:
        """Where what it concerns is now."""
        ...

    def sighted(self, scope: Scope, by: Viewer) -> Sighted:
        """A scope, as the viewer sees it, with what left our sight taken out."""
        ...

    def reach(self, case: Case, by: Viewer) -> Reach:
        """Whom the case as it is now has not reached."""
        ...

    def dossier(self, key: str, by: Viewer) -> Dossier:
        """Everything on record of a lot."""
        ...

    def draft(self, draft: CaseDraft, by: Viewer, investigation: str = "") -> Case:
        """Begin a case; nothing is stopped by it yet. ``investigation``: number of the one it is out of."""
        ...

    def propose(
        self, number: str, act: Act, by: Viewer, reason: str, *, warning: RiskWarning | None = None
    ) -> Case:
        """Propose what a second person must confirm."""
        ...

    def confirm(self, number: str, proposal: int, by: Viewer) -> Case:
        """Confirm what somebody else proposed."""
        ...

    def withdraw(self, number: str, proposal: int, by: Viewer, reason: str) -> Case:
        """Take one's own proposal back."""
        ...

    def refuse(self, number: str, proposal: int, by: Viewer, reason: str) -> Case:
        """Refuse somebody else's proposal."""
        ...

    def hold_at_once(self, number: str, by: Viewer, reason: str) -> Case:
        """An urgent hold."""
        ...

    def confirm_hold(self, number: str, by: Viewer) -> Case:
        """The second person of an urgent hold agrees."""
        ...

    def refuse_hold(self, number: str, by: Viewer, reason: str) -> Case:
        """The second person of an urgent hold does not agree."""
        ...

    def ask_others(self, number: str, by: Viewer, reason: str) -> Case:
        """Send requests for what is beyond one's competence."""
        ...

    def answer(self, number: str, transfer: int, by: Viewer, answer: Step, reason: str) -> Case:
        """Accept, answer or refuse a request; an accepted one returns the case that it became."""
        ...


def overdue(case: Case, now: datetime) -> timedelta | None:
    """By how much the second person of an urgent hold is late; None where nobody is."""
    if case.urgent is None:
        return None
    late = now - case.urgent.time - SECOND_PERSON_WITHIN
    return late if late > timedelta() else None
