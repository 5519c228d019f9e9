"""Who may take which step upon a case, and the entry that it leaves in the log (decision 0006).

What binds others is proposed by one person of the authority or company that conducts the case, and confirmed
by a second one of the same. Only an urgent hold is in force at once; it waits for its second person and does
not lapse: a clock must never put food back on sale that somebody had reason to stop. It ends when a second
person refuses it, or by a release as any other.

All functions are pure: they look at the case as the log tells it and raise, or return what to append.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from suyuan.trace.errors import Conflict, InvalidInput, NotAllowed, NotFound
from suyuan.trace.lineage.contract import ScopeLine
from suyuan.trace.recall.cases import FOLLOWS, Entry, fixed_payload, note_payload
from suyuan.trace.recall.division import Request
from suyuan.trace.recall.recall import (
    Act,
    Case,
    CaseDraft,
    CaseState,
    Proposal,
    RiskWarning,
    Step,
    Transfer,
    Urgent,
)
from suyuan.trace.store.sight import Viewer

ACTING_ROLES = ("regulator", "company")
LONGEST_REASON = 2000


class DecisionRefused(Conflict):
    """This decision does not follow from the present state of the case."""

    code = "decision-refused"
    title = "This step is not possible now"


class SecondPersonNeeded(NotAllowed):
    """Nobody confirms what they proposed themselves."""

    code = "second-person-needed"
    title = "A second person must confirm this"


class NotTheirCase(NotAllowed):
    """The case is conducted by another authority or company."""

    code = "not-their-case"
    title = "This case is conducted by somebody else"


class BeyondCompetence(NotAllowed):
    """Nothing of what would be held is within the competence of who wants to hold it."""

    code = "beyond-competence"
    title = "This is not within your competence"


@dataclass(frozen=True, slots=True)
class Cover:
    """What a step covers: within the competence of who decides, and how much stays outside."""

    lines: tuple[ScopeLine, ...] = ()
    keys: frozenset[str] = frozenset()
    beyond: int = 0


def check_may_conduct(actor: Viewer) -> None:
    """Raise unless the actor is one of those who conduct cases."""
    if actor.role not in ACTING_ROLES:
        raise NotAllowed(
            "A case is decided upon by officers of an authority or by the company itself; {name} is a {role}",
            name=actor.name,
            role=actor.role,
            remedy="Sign in as an officer of the authority that conducts the case.",
        )


def check_own_goods(draft: CaseDraft, actor: Viewer, owners: Mapping[str, str]) -> None:
    """Raise unless a company recalls what it answers for itself."""
    for suspect in draft.suspects:
        if not actor.party or owners.get(suspect.key) != actor.party:
            raise NotTheirCase(
                "{key} is not registered as goods of your company",
                where="suspects",
                key=suspect.key,
                remedy="Recall your own goods; tell the authority what you know of others'.",
            )


def conducts(case: Case, actor: Viewer) -> bool:
    """Whether the case is that of the actor's authority or company, and theirs to decide upon."""
    theirs = case.draft.party in ("", actor.party) and case.draft.role == actor.role
    return theirs and actor.role in ACTING_ROLES


def check_conducts(case: Case, actor: Viewer) -> None:
    """Raise unless the case is that of the actor's authority or company."""
    check_may_conduct(actor)
    if not conducts(case, actor):
        raise _not_theirs(case)


def check_proposable(case: Case, act: Act, actor: Viewer, reason: str) -> None:
    """Raise unless the actor may propose ``act`` now."""
    check_conducts(case, actor)
    _check_follows(case, act)
    _check_reason(reason)
    if act is Act.WARN and actor.role != "regulator":
        raise NotAllowed(
            "Only an authority warns the public",
            remedy="Publish the recall: that is the announcement of yours.",
        )
    if case.proposal is not None:
        raise DecisionRefused(
            "Something is already proposed upon case {number}",
            number=case.number,
            remedy="Confirm, refuse or withdraw that first.",
        )


def proposed(
    case: Case,
    act: Act,
    actor: Viewer,
    reason: str,
    cover: Cover,
    now: datetime,
    *,
    warning: RiskWarning | None = None,
) -> Entry:
    """Nothing is stopped or shown to anybody yet."""
    check_proposable(case, act, actor, reason)
    if act in (Act.HOLD, Act.PUBLISH):
        _check_covers(cover)
    if act is Act.WARN:
        _check_warning(warning)
    number = case.proposals + 1
    payload = fixed_payload(
        cover.lines,
        cover.keys,
        note=reason,
        proposal=number,
        act=act.value,
        party=actor.party,
        warning=warning,
    )
    return Entry(case.number, now, actor.name, Step.PROPOSED.value, payload)


def check_confirmable(case: Case, number: int, actor: Viewer, *, alone: bool) -> Proposal:
    """The proposal that the actor may confirm now, or raise. ``alone``: one person is allowed."""
    check_conducts(case, actor)
    proposal = _open(case, number)
    _check_is_second(case, proposal, actor, alone=alone)
    _check_follows(case, proposal.act)
    return proposal


def confirmed(
    case: Case, number: int, actor: Viewer, cover: Cover, now: datetime, *, alone: bool = False
) -> Entry:
    """The act itself, with the scope as it is now."""
    proposal = check_confirmable(case, number, actor, alone=alone)
    more: dict[str, object] = {
        "note": proposal.reason,
        "proposal": proposal.number,
        "proposed_by": proposal.by,
        "alone": proposal.by == actor.name,
        "warning": proposal.warning,
    }
    if proposal.act in (Act.HOLD, Act.PUBLISH):
        _check_covers(cover)
        payload = fixed_payload(cover.lines, cover.keys, competence=_limits(actor), **more)
    else:
        payload = orjson.dumps(more)
    return Entry(case.number, now, actor.name, proposal.act.value, payload)


def withdrawn(case: Case, number: int, actor: Viewer, reason: str, now: datetime) -> Entry:
    """Who proposed it takes it back."""
    check_conducts(case, actor)
    proposal = _open(case, number)
    _check_reason(reason)
    if proposal.by != actor.name:
        raise NotAllowed(
            "{name} proposed this; only who proposed withdraws",
            name=proposal.by,
            remedy="Refuse it, and say why.",
        )
    return Entry(case.number, now, actor.name, Step.WITHDRAWN.value, note_payload(reason, proposal=number))


def refused(case: Case, number: int, actor: Viewer, reason: str, now: datetime) -> Entry:
    """A second person says no."""
    check_confirmable(case, number, actor, alone=False)
    _check_reason(reason)
    return Entry(case.number, now, actor.name, Step.REFUSED.value, note_payload(reason, proposal=number))


def check_urgent(case: Case, actor: Viewer, reason: str) -> None:
    """Raise unless the actor may hold at once."""
    check_conducts(case, actor)
    _check_follows(case, Act.HOLD)
    _check_reason(reason)


def held_at_once(case: Case, actor: Viewer, reason: str, cover: Cover, now: datetime) -> Entry:
    """A hold in force on one person's word, until a second one confirms or refuses it."""
    check_urgent(case, actor, reason)
    _check_covers(cover)
    payload = fixed_payload(
        cover.lines, cover.keys, note=reason, urgent=True, party=actor.party, competence=_limits(actor)
    )
    return Entry(case.number, now, actor.name, Step.HELD.value, payload)


def hold_confirmed(case: Case, actor: Viewer, now: datetime, *, alone: bool = False) -> Entry:
    """The second person of an urgent hold agrees."""
    _check_second(case, actor, alone=alone)
    by = "" if case.urgent is None else case.urgent.by
    payload = note_payload("", proposed_by=by, alone=by == actor.name)
    return Entry(case.number, now, actor.name, Step.CONFIRMED.value, payload)


def hold_refused(case: Case, actor: Viewer, reason: str, now: datetime) -> Entry:
    """The second person does not agree: the hold is lifted, for it never had two."""
    _check_second(case, actor, alone=False)
    _check_reason(reason)
    by = "" if case.urgent is None else case.urgent.by
    payload = note_payload(reason, proposed_by=by, act=Step.REFUSED.value)
    return Entry(case.number, now, actor.name, Step.RELEASED.value, payload)


def check_may_ask(case: Case, actor: Viewer, reason: str) -> None:
    """Raise unless the actor may write to other authorities about this case."""
    check_conducts(case, actor)
    _check_reason(reason)
    if case.state is CaseState.RELEASED or actor.role != "regulator":
        raise DecisionRefused("No request can be sent from case {number} now", number=case.number)


def asked(case: Case, requests: Sequence[Entry]) -> list[Entry]:
    """The requests that there are to send, or raise."""
    if not requests:
        raise DecisionRefused(
            "Everything beyond your competence in case {number} has been asked for", number=case.number
        )
    return list(requests)


def transferred(
    case: Case, by: str, now: datetime, *, number: int, request: Request, note: str = ""
) -> Entry:
    """A request to who is competent for places where we are not; written when a hold or recall is decided."""
    payload = note_payload(
        note,
        transfer=number,
        to=request.to,
        stage=request.stage,
        district=request.district,
        beyond=request.lines,
        beyond_keys=sorted(request.keys),
    )
    return Entry(case.number, now, by, Step.TRANSFERRED.value, payload)


def transfer_answered(
    case: Case, number: int, actor: Viewer, answer: Step, reason: str, now: datetime, *, new_case: str = ""
) -> Entry:
    """The authority that was asked accepts (with a case of its own), answers, or refuses with a reason."""
    check_answerable(case, number, actor)
    if answer is not Step.TRANSFER_ACCEPTED:
        _check_reason(reason)
    payload = note_payload(reason, transfer=number, case=new_case)
    return Entry(case.number, now, actor.name, answer.value, payload)


def check_answerable(case: Case, number: int, actor: Viewer) -> Transfer:
    """The request if it is addressed to the actor's authority and open, or raise."""
    request = next((one for one in case.transfers if one.number == number), None)
    if request is None or actor.role != "regulator" or not actor.party or request.to != actor.party:
        raise NotFound("There is no request {request} to you", where="transfer", request=number)
    if request.state != "open":
        raise DecisionRefused("The request {request} is answered already", request=number)
    return request


def _limits(actor: Viewer) -> dict[str, list[str]]:
    competence = actor.competence
    if competence is None:
        return {"stages": [], "regions": []}
    return {"stages": sorted(competence.stages), "regions": sorted(competence.regions)}


def _check_second(case: Case, actor: Viewer, *, alone: bool) -> None:
    check_conducts(case, actor)
    urgent = case.urgent
    if urgent is None:
        raise DecisionRefused("No urgent hold of case {number} waits for a second person", number=case.number)
    _check_is_second(case, urgent, actor, alone=alone)


def _check_is_second(case: Case, first: Proposal | Urgent, actor: Viewer, *, alone: bool) -> None:
    if first.party != actor.party:
        raise _not_theirs(case)
    if first.by == actor.name and not alone:
        raise SecondPersonNeeded(
            "{name} proposed this; somebody else must confirm it",
            name=actor.name,
            remedy="Ask a second person of your authority or company to sign in and confirm.",
        )


def _not_theirs(case: Case) -> NotTheirCase:
    return NotTheirCase(
        "Case {number} is conducted by another authority or company",
        number=case.number,
        remedy="Ask them, or begin a case of your own.",
    )


def _open(case: Case, number: int) -> Proposal:
    if case.proposal is None or case.proposal.number != number:
        raise DecisionRefused(
            "Proposal {proposal} of case {number} is no longer open",
            proposal=number,
            number=case.number,
            remedy="Look at the case as it stands now.",
        )
    return case.proposal


def _check_follows(case: Case, act: Act) -> None:
    if act not in FOLLOWS[case.state]:
        raise DecisionRefused(
            "Case {number} is {state}; it cannot become {wanted}",
            number=case.number,
            state=case.state.value,
            wanted=act.value,
        )


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise InvalidInput("Say why: the reason is kept with your name", where="reason")
    if len(reason) > LONGEST_REASON:
        raise InvalidInput("The text is longer than {limit} characters", where="reason", limit=LONGEST_REASON)


def _check_covers(cover: Cover) -> None:
    if not cover.keys and cover.beyond:
        raise BeyondCompetence(
            "Nothing of what is affected is within your competence",
            remedy="Send the competent authority a request from the page of the case.",
        )


def _check_warning(warning: RiskWarning | None) -> None:
    if warning is None or not warning.text.zh:
        raise InvalidInput("Write this in Chinese: it is what shoppers read first", where="warning_zh")
    if not warning.authorised_by:
        raise InvalidInput("Say which authority allowed the warning to be published", where="authorised_by")
    if not warning.document:
        raise InvalidInput("Give number and date of the authorisation", where="authorisation")
