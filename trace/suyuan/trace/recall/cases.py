"""Cases: the log of decisions replayed into holds and recalls.

A case begins as a draft, may be held at once, is published, and may be released. The log is append-only;
nothing here changes a decision, later entries only follow earlier ones. Deadlines of the law, notices and
progress are later work on the same log.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from suyuan.trace.errors import Conflict, InvalidInput
from suyuan.trace.lineage.contract import Scope, ScopeLine, Suspect
from suyuan.trace.recall.passport import Text
from suyuan.trace.recall.recall import Case, CaseDraft, CaseState, Decision


class DecisionRefused(Conflict):
    """This decision does not follow from the present state of the case."""

    code = "decision-refused"
    title = "This step is not possible now"


class DraftIncomplete(InvalidInput):
    """A statutory part of the recall is missing or cannot be right."""

    code = "draft-incomplete"
    title = "The draft is not complete"


_FOLLOWS: Mapping[CaseState, frozenset[CaseState]] = {
    CaseState.DRAFT: frozenset({CaseState.HELD, CaseState.PUBLISHED, CaseState.RELEASED}),
    CaseState.HELD: frozenset({CaseState.PUBLISHED, CaseState.RELEASED}),
    CaseState.PUBLISHED: frozenset({CaseState.RELEASED}),
    CaseState.RELEASED: frozenset(),
}

RECALL_CLASSES = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the decision log as stored: ``payload`` holds the draft or the scope decided upon."""

    case: str
    time: datetime
    by: str
    what: CaseState
    payload: bytes


def check_draft(draft: CaseDraft) -> None:
    """Raise ``DraftIncomplete`` naming the first part that is missing or impossible."""
    required = {
        "title": draft.title.zh or draft.title.en,
        "reason": draft.reason.zh or draft.reason.en,
        "what_to_do": draft.what_to_do.zh or draft.what_to_do.en,
        "contact": draft.contact,
        "suspects": draft.suspects,
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


def check_follows(case: Case, what: CaseState) -> None:
    """Raise ``DecisionRefused`` unless ``what`` may be decided upon ``case`` as it stands."""
    if what not in _FOLLOWS[case.state]:
        raise DecisionRefused(
            "Case {number} is {state}; it cannot become {wanted}",
            number=case.number,
            state=case.state.value,
            wanted=what.value,
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
    return orjson.dumps({"lines": scope.lines, "keys": sorted(affected_keys(scope)), "note": note})


def note_payload(note: str) -> bytes:
    """A decision that changes no scope."""
    return orjson.dumps({"note": note})


def affected_keys(scope: Scope) -> frozenset[str]:
    """Every affected object, those with identifiers foreign to GS1 too: what must not be sold or shipped.

    Carriers and places are not.
    """
    return frozenset(state.key for state in scope.trace.states if not state.carrier and state.kind != "place")


def carrying_units(scope: Scope) -> frozenset[str]:
    """The units that hold something affected now, at any depth: to be stopped at a dock, and opened."""
    container = {s.key: s.where_now.container for s in scope.trace.states if s.where_now is not None}
    found: set[str] = set()
    for state in scope.trace.states:
        if state.carrier or state.kind == "place":
            continue
        unit = container.get(state.key)
        while unit is not None and unit not in found:
            found.add(unit)
            unit = container.get(unit)
    return frozenset(found)


def replay(log: Iterable[Entry]) -> dict[str, Case]:
    """The cases that the log tells of, by number, in the order of their first entry. O(entries)."""
    cases: dict[str, Case] = {}
    for entry in log:
        payload: Mapping[str, Any] = orjson.loads(entry.payload)
        if entry.what is CaseState.DRAFT:
            decision = Decision(entry.time, entry.by, CaseState.DRAFT)
            cases[entry.case] = Case(entry.case, entry.what, _draft(payload), (), frozenset(), (decision,))
            continue
        case = cases[entry.case]
        decision = Decision(entry.time, entry.by, entry.what, str(payload.get("note", "")))
        lines, keys = case.scope, case.keys
        if "lines" in payload:
            lines = tuple(_line(line) for line in payload["lines"])
            keys = frozenset(payload["keys"])
        cases[entry.case] = replace(case, state=entry.what, scope=lines, keys=keys, log=(*case.log, decision))
    return cases


def _draft(data: Mapping[str, Any]) -> CaseDraft:
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
    )


def _line(data: Mapping[str, Any]) -> ScopeLine:
    fields: dict[str, Any] = {**data, "keys": tuple(data["keys"])}
    return ScopeLine(**fields)


def _time(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)
