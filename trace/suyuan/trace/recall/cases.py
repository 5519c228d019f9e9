"""Cases: the log of decisions replayed into holds and recalls.

A case begins as a draft, may be held at once, is published, and is completed or released. The log is
append-only; nothing here changes a decision, later entries only follow earlier ones. Who may take which step
is the matter of :mod:`suyuan.trace.recall.steps`. Deadlines of the law, notices and progress are later work
on the same log. Entries written before there were two persons replay to the same cases as ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

import orjson

from suyuan.trace.errors import InvalidInput
from suyuan.trace.lineage.contract import Scope, ScopeLine, Suspect
from suyuan.trace.recall.passport import Text
from suyuan.trace.recall.recall import (
    Act,
    Case,
    CaseDraft,
    CaseState,
    Decision,
    Initiative,
    Proposal,
    RiskWarning,
    Step,
    Transfer,
    Urgent,
)
from suyuan.trace.store.sight import Competence


class DraftIncomplete(InvalidInput):
    """A statutory part of the recall is missing or cannot be right."""

    code = "draft-incomplete"
    title = "The draft is not complete"


RECALL_CLASSES = (1, 2, 3)
_EFFECTS = frozenset(map(str, (Step.HELD, Step.PUBLISHED, Step.COMPLETED, Step.RELEASED, Step.WARNED)))
_ANSWERS = {
    Step.TRANSFER_ACCEPTED.value: "accepted",
    Step.TRANSFER_ANSWERED.value: "answered",
    Step.TRANSFER_REFUSED.value: "refused",
}
FOLLOWS: Mapping[CaseState, frozenset[Act]] = {
    CaseState.DRAFT: frozenset({Act.HOLD, Act.PUBLISH, Act.RELEASE}),
    CaseState.HELD: frozenset({Act.PUBLISH, Act.RELEASE, Act.WARN}),
    CaseState.PUBLISHED: frozenset({Act.COMPLETE, Act.RELEASE, Act.WARN}),
    CaseState.COMPLETED: frozenset({Act.RELEASE, Act.WARN}),
    CaseState.RELEASED: frozenset(),
}
"""What may be decided upon a case that stands so."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the decision log as stored: ``payload`` holds the draft or the scope decided upon."""

    case: str
    time: datetime
    by: str
    what: str  # a word of Step
    payload: bytes


def check_draft(draft: CaseDraft, now: datetime) -> None:
    """Raise ``DraftIncomplete`` naming the first part that is missing or impossible."""
    required = {
        "title": draft.title.zh or draft.title.en,
        "reason": draft.reason.zh or draft.reason.en,
        "what_to_do": draft.what_to_do.zh or draft.what_to_do.en,
        "contact": draft.contact,
        "suspects": draft.suspects,
        "initiative": draft.initiative,
        "known_at": draft.known_at,
    }
    for name, value in required.items():
        if not value:
            raise DraftIncomplete(
                "{field} is missing", where=name, field=name, remedy="Fill it in and send the form again."
            )
    if draft.recall_class not in RECALL_CLASSES:
        raise DraftIncomplete(
            "The recall class is {given}; it is 1 (most serious), 2 or 3",
            where="recall_class",
            given=draft.recall_class,
        )
    if draft.known_at is not None and draft.known_at > now:
        raise DraftIncomplete(
            "The moment of knowledge {given} is in the future",
            where="known_at",
            given=draft.known_at,
            remedy="Give the moment at which you came to know of it; check the date and the time zone.",
        )
    if draft.role == "company" and draft.initiative is Initiative.ORDERED:
        raise DraftIncomplete(
            "Only an authority orders a recall",
            where="initiative",
            remedy="A company recalls of its own accord.",
        )


def case_number(drafted: Iterable[Entry], now: datetime) -> str:
    """The next number of the year: ``R2026-0007``; numbers are never used twice."""
    taken = {entry.case for entry in drafted}
    count = sum(number.startswith(f"R{now.year}-") for number in taken)
    return f"R{now.year}-{count + 1:04d}"


def draft_payload(draft: CaseDraft) -> bytes:
    """The draft as the log keeps it."""
    return orjson.dumps(draft)


def scope_payload(scope: Scope, *, note: str = "") -> bytes:
    """What was decided upon: the lines of the scope and every affected key."""
    return fixed_payload(scope.lines, affected_keys(scope), note=note)


def fixed_payload(lines: Iterable[ScopeLine], keys: Iterable[str], **more: object) -> bytes:
    """Lines and keys as they are fixed by a step, with what else it says."""
    return orjson.dumps({"lines": tuple(lines), "keys": sorted(keys), **more}, default=_written_out)


def note_payload(note: str, **more: object) -> bytes:
    """A step that changes no scope."""
    return orjson.dumps({"note": note, **more}, default=_written_out)


def _written_out(keys: object) -> list[str]:
    """The keys of a line, which an engine may write out only when they are read."""
    if isinstance(keys, Sequence):
        return list(cast("Sequence[str]", keys))
    message = f"A step says a {type(keys).__name__}, which has no written form"
    raise TypeError(message)


def affected_keys(scope: Scope) -> frozenset[str]:
    """Every affected object, those with identifiers foreign to GS1 too: what must not be sold or shipped.

    Carriers and places are not.
    """
    return frozenset(state.key for state in scope.trace.states if not state.carrier and state.kind != "place")


def carrying_units(scope: Scope, keys: frozenset[str], is_in: Callable[[str, str], bool]) -> frozenset[str]:
    """The units that hold any of ``keys`` now, at any depth: to be stopped at a dock, and opened.

    ``is_in`` says whether some of a lot may still be in a unit that it was packed into: loose goods are taken
    out of one that nobody reports as unpacked.
    """
    outward: dict[str, list[str]] = {}
    for edge in scope.trace.edges:
        if edge.kind == "carry" and edge.to_time is None and is_in(edge.source, edge.target):
            outward.setdefault(edge.source, []).append(edge.target)
    found: set[str] = set()
    waiting = list(keys & outward.keys())
    while waiting:
        units = set(outward.get(waiting.pop(), ())) - found
        found |= units
        waiting.extend(units)
    return frozenset(found)


def replay(log: Iterable[Entry]) -> dict[str, Case]:
    """The cases that the log tells of, by number, in the order of their first entry. O(entries)."""
    cases: dict[str, Case] = {}
    for entry in log:
        payload: Mapping[str, Any] = orjson.loads(entry.payload)
        if entry.what == Step.DRAFT:
            decision = Decision(entry.time, entry.by, Step.DRAFT)
            draft = _draft(payload)
            cases[entry.case] = Case(entry.case, CaseState.DRAFT, draft, (), frozenset(), (decision,))
            continue
        case = cases[entry.case]
        changed = _CHANGES[entry.what](case, entry, payload)
        cases[entry.case] = replace(changed, log=(*case.log, _decision(case, entry, payload)))
    return cases


def _decision(case: Case, entry: Entry, payload: Mapping[str, Any]) -> Decision:
    proposal = case.proposal
    answers = proposal is not None and payload.get("proposal") == proposal.number
    keys = frozenset(payload["keys"]) if "keys" in payload else None
    confirms = entry.what in _EFFECTS and answers and proposal is not None and keys is not None
    before = proposal.keys if confirms and proposal is not None else keys
    act = str(payload.get("act", ""))
    if not act and answers and proposal is not None:
        act = proposal.act.value
    return Decision(
        time=entry.time,
        by=entry.by,
        what=entry.what,
        note=str(payload.get("note", "")),
        proposed_by=str(payload.get("proposed_by", "")),
        act=act,
        urgent=bool(payload.get("urgent", False)),
        alone=bool(payload.get("alone", False)),
        lines=tuple(map(_line, payload.get("lines", ()))),
        objects=None if keys is None else len(keys),
        added=0 if keys is None or before is None else len(keys - before),
        dropped=0 if keys is None or before is None else len(before - keys),
    )


def _effect(case: Case, entry: Entry, payload: Mapping[str, Any]) -> Case:
    """Held, published, completed, released or warned; what the open proposal wanted may no longer follow."""
    lines, keys = case.scope, case.keys
    if "lines" in payload:
        lines = tuple(map(_line, payload["lines"]))
        keys = frozenset(payload["keys"])
    state = case.state if entry.what == Step.WARNED else CaseState(entry.what)
    proposal = case.proposal
    if proposal is not None and (
        payload.get("proposal") == proposal.number or proposal.act not in FOLLOWS[state]
    ):
        proposal = None
    urgent = case.urgent if entry.what == Step.WARNED else None
    if payload.get("urgent"):
        urgent = Urgent(entry.by, str(payload.get("party", "")), entry.time, str(payload.get("note", "")))
    return replace(
        case,
        state=state,
        scope=lines,
        keys=keys,
        proposal=proposal,
        urgent=urgent,
        warning=_warning(payload.get("warning")) or case.warning,
        competence=_competence(payload.get("competence")) or case.competence,
    )


def _proposed(case: Case, entry: Entry, payload: Mapping[str, Any]) -> Case:
    proposal = Proposal(
        number=payload["proposal"],
        act=Act(payload["act"]),
        by=entry.by,
        party=payload["party"],
        time=entry.time,
        reason=payload["note"],
        lines=tuple(map(_line, payload["lines"])),
        keys=frozenset(payload["keys"]),
        warning=_warning(payload.get("warning")),
    )
    return replace(case, proposal=proposal, proposals=proposal.number)


def _closed(case: Case, entry: Entry, payload: Mapping[str, Any]) -> Case:  # noqa: ARG001 (the shape of a change)
    return replace(case, proposal=None)


def _confirmed(case: Case, entry: Entry, payload: Mapping[str, Any]) -> Case:  # noqa: ARG001 (the shape of a change)
    return replace(case, urgent=None)


def _transferred(case: Case, entry: Entry, payload: Mapping[str, Any]) -> Case:
    request = Transfer(
        number=payload["transfer"],
        to=payload["to"],
        stage=payload["stage"],
        district=payload["district"],
        lines=tuple(map(_line, payload["beyond"])),
        keys=frozenset(payload["beyond_keys"]),
        time=entry.time,
        by=entry.by,
        note=str(payload.get("note", "")),
    )
    return replace(case, transfers=(*case.transfers, request))


def _transfer_answered(case: Case, entry: Entry, payload: Mapping[str, Any]) -> Case:
    return replace(
        case,
        transfers=tuple(
            replace(
                request,
                state=_ANSWERS[entry.what],
                answer=str(payload.get("note", "")),
                answered_by=entry.by,
                answered_at=entry.time,
                case=str(payload.get("case", "")),
            )
            if request.number == payload["transfer"]
            else request
            for request in case.transfers
        ),
    )


_CHANGES: Mapping[str, Callable[[Case, Entry, Mapping[str, Any]], Case]] = {
    **dict.fromkeys(_EFFECTS, _effect),
    Step.PROPOSED.value: _proposed,
    Step.WITHDRAWN.value: _closed,
    Step.REFUSED.value: _closed,
    Step.CONFIRMED.value: _confirmed,
    Step.TRANSFERRED.value: _transferred,
    **dict.fromkeys(_ANSWERS, _transfer_answered),
}


def _draft(data: Mapping[str, Any]) -> CaseDraft:
    initiative = data.get("initiative")
    return CaseDraft(
        title=Text(**data["title"]),
        reason=Text(**data["reason"]),
        hazard=data["hazard"],
        recall_class=data["recall_class"],
        what_to_do=Text(**data["what_to_do"]),
        contact=data["contact"],
        suspects=tuple(
            Suspect(item["key"], _time(item["from_time"]), _time(item["to_time"]))
            for item in data["suspects"]
        ),
        initiative=None if initiative is None else Initiative(initiative),
        known_at=_time(data.get("known_at")),
        legal_basis=data.get("legal_basis", ""),
        operator=data.get("operator", ""),
        party=data.get("party", ""),
        role=data.get("role", "regulator"),
        origin=data.get("origin", ""),
    )


def _line(data: Mapping[str, Any]) -> ScopeLine:
    fields: dict[str, Any] = {**data, "keys": tuple(data["keys"])}
    return ScopeLine(**fields)


def _warning(data: Mapping[str, Any] | None) -> RiskWarning | None:
    if data is None:
        return None
    return RiskWarning(Text(**data["text"]), data["authorised_by"], data["document"])


def _competence(data: Mapping[str, Any] | None) -> Competence | None:
    return None if data is None else Competence(frozenset(data["stages"]), frozenset(data["regions"]))


def _time(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)
