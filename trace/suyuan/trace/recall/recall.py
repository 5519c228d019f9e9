"""Holds and recalls as values: what was decided, by whom, when, and what it covers.

Decisions are an append-only log; the state of a case is what the log says so far. Every act that binds
others is proposed by one person and confirmed by a second one (decision 0006).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from suyuan.trace.lineage.contract import ScopeLine, Suspect
from suyuan.trace.recall.passport import Text
from suyuan.trace.store.sight import EVERYTHING, Competence

SECOND_PERSON_WITHIN = timedelta(hours=24)
"""How long an urgent hold may stand on one person's word before it is shown as overdue."""


class CaseState(StrEnum):
    """Where a hold or recall stands."""

    DRAFT = "draft"
    HELD = "held"
    PUBLISHED = "published"
    COMPLETED = "completed"  # the recall is done; what turns up later is recalled all the same
    RELEASED = "released"  # the goods may be sold again


ENDED = (CaseState.COMPLETED, CaseState.RELEASED)
"""Cases in which nothing waits to be done."""

Stop = Literal["held", "recalled"]
"""What a case does to the goods that it covers. The words are those of the block list and of verdicts."""

_STOPS: Mapping[CaseState, Stop] = {
    CaseState.HELD: "held",
    CaseState.PUBLISHED: "recalled",
    CaseState.COMPLETED: "recalled",
}


class Act(StrEnum):
    """What binds others, and therefore needs two persons. The words are those of the log."""

    HOLD = "held"
    PUBLISH = "published"
    COMPLETE = "completed"
    RELEASE = "released"
    WARN = "warned"


class Step(StrEnum):
    """The words of the log: every act, and what is said around it."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"
    HELD = "held"
    CONFIRMED = "confirmed"  # an urgent hold, by the second person
    PUBLISHED = "published"
    COMPLETED = "completed"
    RELEASED = "released"
    WARNED = "warned"
    TRANSFERRED = "transferred"
    TRANSFER_ACCEPTED = "transfer-accepted"
    TRANSFER_ANSWERED = "transfer-answered"
    TRANSFER_REFUSED = "transfer-refused"


class Initiative(StrEnum):
    """Who makes the recall happen: the operator of its own accord, or an authority by order."""

    VOLUNTARY = "voluntary"  # 主动召回
    ORDERED = "ordered"  # 责令召回


@dataclass(frozen=True, slots=True)
class CaseDraft:
    """What is written before anything happens.

    Drafts of before there were two persons have neither ``initiative`` nor ``known_at`` nor ``party``.
    """

    title: Text
    reason: Text
    hazard: str
    recall_class: int  # 1 (most serious) to 3
    what_to_do: Text
    contact: str
    suspects: tuple[Suspect, ...]
    initiative: Initiative | None = None
    known_at: datetime | None = None  # 知悉: from here the law counts
    legal_basis: str = ""
    operator: str = ""  # who recalls, in words
    party: str = ""  # whose case it is: the authority, or the company
    role: str = "regulator"
    origin: str = ""  # the case that asked for this one


@dataclass(frozen=True, slots=True)
class RiskWarning:
    """A public risk warning and who allowed it (Art 118: not every authority may publish one)."""

    text: Text
    authorised_by: str
    document: str  # number and date of the authorisation


@dataclass(frozen=True, slots=True)
class Decision:
    """One entry of the log. ``by`` took the step; ``proposed_by`` wrote what it confirms."""

    time: datetime
    by: str
    what: str  # a word of Step
    note: str = ""
    proposed_by: str = ""
    act: str = ""  # of a proposal and what became of it: which act
    urgent: bool = False
    alone: bool = False  # one person did both, as this installation allows
    lines: tuple[ScopeLine, ...] = ()
    objects: int | None = None  # how many keys were covered, where it fixed a scope
    added: int = 0  # keys beyond those of the proposal
    dropped: int = 0  # keys of the proposal that it no longer covers


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one person wants and a second one must confirm. ``number`` counts the proposals of the case."""

    number: int
    act: Act
    by: str
    party: str
    time: datetime
    reason: str
    lines: tuple[ScopeLine, ...]
    keys: frozenset[str]
    warning: RiskWarning | None = None


@dataclass(frozen=True, slots=True)
class Urgent:
    """A hold in force on one person's word."""

    by: str
    party: str
    time: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """A request to the authority that is competent where we are not (移送/协查).

    ``to`` is the authority's key, empty where none is registered. ``state``: open, accepted, answered,
    refused; ``case`` the one that an accepted request became.
    """

    number: int
    to: str
    stage: str
    district: str
    lines: tuple[ScopeLine, ...]
    keys: frozenset[str]
    time: datetime
    by: str
    note: str = ""
    state: str = "open"
    answer: str = ""
    answered_by: str = ""
    answered_at: datetime | None = None
    case: str = ""

    @property
    def places(self) -> tuple[str, ...]:
        """Where the goods are that it asks for."""
        return tuple(dict.fromkeys(line.place for line in self.lines if line.place))


@dataclass(frozen=True, slots=True)
class Case:
    """A hold or recall with its scope as it was when it was last decided upon."""

    number: str
    state: CaseState
    draft: CaseDraft
    scope: tuple[ScopeLine, ...]
    keys: frozenset[str]  # every affected item, lot and unit
    log: tuple[Decision, ...]
    carriers: frozenset[str] = (
        frozenset()
    )  # units that hold something of it now; their other contents are free
    proposal: Proposal | None = None  # the one that waits for a second person
    proposals: int = 0  # how many there ever were
    urgent: Urgent | None = None  # a hold that waits for its second person
    transfers: tuple[Transfer, ...] = ()
    warning: RiskWarning | None = None
    competence: Competence = EVERYTHING  # of who decided last; what arrives later is held within it

    @property
    def stops(self) -> Stop | None:
        """What it does to its goods now: the one answer for tills, stations, phones and shoppers."""
        return _STOPS.get(self.state)

    @property
    def asked(self) -> frozenset[tuple[str, str, str]]:
        """What others were asked for: keys, each with the stage and district for which they answer."""
        return frozenset(
            (key, request.stage, request.district) for request in self.transfers for key in request.keys
        )

    @property
    def published_at(self) -> datetime | None:
        """When it was published, if it was."""
        return self._first(CaseState.PUBLISHED)

    @property
    def held_at(self) -> datetime | None:
        """When the sale was first stopped, if it was."""
        return self._first(CaseState.HELD)

    @property
    def released_at(self) -> datetime | None:
        """When the hold or recall was lifted, if it was."""
        return self._first(CaseState.RELEASED)

    @property
    def completed_at(self) -> datetime | None:
        """When the recall was completed, if it was."""
        return self._first(CaseState.COMPLETED)

    @property
    def warned_at(self) -> datetime | None:
        """When the public was warned, if it was."""
        return self._first(Act.WARN)

    def _first(self, what: str) -> datetime | None:
        return next((d.time for d in self.log if d.what == what), None)
