"""The log of decisions replayed, and what may follow what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import overload

import pytest

from suyuan.trace.lineage.contract import Options, Scope, ScopeLine, State, Suspect, Trace
from suyuan.trace.recall.cases import (
    DraftIncomplete,
    Entry,
    affected_keys,
    case_number,
    check_draft,
    draft_payload,
    note_payload,
    replay,
    scope_payload,
)
from suyuan.trace.recall.passport import Text
from suyuan.trace.recall.recall import CaseDraft, CaseState, Initiative
from suyuan.trace.store.sight import EVERYTHING

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
LOT = "https://id.gs1.org/01/09521234000013/10/L1"
ITEM = "https://id.gs1.org/01/09521234000013/21/7001"
SSCC = "https://id.gs1.org/00/095212340000000013"
PLACE = "https://id.gs1.org/414/9521234000006"

DRAFT = CaseDraft(
    title=Text("召回", "Recall"),
    reason=Text("", "Listeria"),
    hazard="microbial",
    recall_class=1,
    what_to_do=Text("退货", ""),
    contact="+86 10 1234",
    suspects=(Suspect(LOT, NOW, None), Suspect(PLACE)),
    initiative=Initiative.ORDERED,
    known_at=NOW - timedelta(hours=1),
    legal_basis="Art 63",
    operator="Qinghe",
    party="https://id.gs1.org/417/9521234000006",
)


def scope(*states: State) -> Scope:
    line = ScopeLine(PLACE, None, "in_stock", None, 1, 1.0, 0.0, None, 1.0, (ITEM,))
    return Scope(Trace(DRAFT.suspects, Options(), states, (), (), ()), (line,))


def affected(key: str, kind: str, *, carrier: bool = False) -> State:
    return State(key, kind, None, None, "certain", carrier)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] (kinds as words)


SCOPE = scope(
    affected(ITEM, "item"),
    affected(LOT, "lot"),
    affected(SSCC, "unit", carrier=True),
    affected(PLACE, "place"),
)


def entry(what: CaseState, payload: bytes, number: str = "R2026-0001", minutes: int = 0) -> Entry:
    return Entry(number, NOW + timedelta(minutes=minutes), "officer", what, payload)


DRAFTED = entry(CaseState.DRAFT, draft_payload(DRAFT))
PUBLISHED = entry(CaseState.PUBLISHED, scope_payload(SCOPE, note="sure"), minutes=1)
RELEASED = entry(CaseState.RELEASED, note_payload("closed"), minutes=2)


def test_a_draft_comes_back_from_the_log_as_it_was_written() -> None:
    case = replay([DRAFTED])["R2026-0001"]
    assert (case.draft, case.state, case.keys, case.scope) == (DRAFT, CaseState.DRAFT, frozenset(), ())
    assert case.published_at is None


def test_what_is_affected_is_covered_and_what_only_carries_it_is_not() -> None:
    assert affected_keys(SCOPE) == {ITEM, LOT}


def test_an_unknown_amount_comes_back_from_the_log_as_unknown() -> None:
    unknown = ScopeLine(PLACE, None, "in_stock", None, 1, None, 0.0, None, None, (LOT,))
    decided = Scope(SCOPE.trace, (*SCOPE.lines, unknown))
    log = [DRAFTED, entry(CaseState.PUBLISHED, scope_payload(decided), minutes=1)]
    assert replay(log)["R2026-0001"].scope == (*SCOPE.lines, unknown)


class _LateKeys(Sequence[str]):
    """As the engine over tables has them: no tuple, and written out when they are read."""

    def __len__(self) -> int:
        return 1

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[str]: ...
    def __getitem__(self, at: int | slice) -> str | Sequence[str]:
        return (ITEM,)[at]


def test_keys_that_an_engine_writes_out_late_are_written_down() -> None:
    late = Scope(SCOPE.trace, (replace(SCOPE.lines[0], keys=_LateKeys()),))
    assert scope_payload(late) == scope_payload(SCOPE)
    assert note_payload("asked", beyond=late.lines) == note_payload("asked", beyond=SCOPE.lines)


def test_a_release_keeps_the_scope_and_the_whole_log() -> None:
    case = replay([DRAFTED, PUBLISHED, RELEASED])["R2026-0001"]
    assert case.state is CaseState.RELEASED
    assert (set(case.keys), case.scope) == ({ITEM, LOT}, SCOPE.lines)
    assert [(decision.what, decision.note) for decision in case.log] == [
        (CaseState.DRAFT, ""),
        (CaseState.PUBLISHED, "sure"),
        (CaseState.RELEASED, "closed"),
    ]
    assert case.published_at == NOW + timedelta(minutes=1)


def test_numbers_count_the_cases_of_the_year_and_not_the_decisions() -> None:
    log = [DRAFTED, PUBLISHED, entry(CaseState.DRAFT, draft_payload(DRAFT), "R2025-0009")]
    assert case_number(log, NOW) == "R2026-0002"
    assert case_number(log, NOW.replace(year=2027)) == "R2027-0001"


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"title": Text()}, "title"),
        ({"reason": Text()}, "reason"),
        ({"what_to_do": Text()}, "what_to_do"),
        ({"contact": ""}, "contact"),
        ({"suspects": ()}, "suspects"),
        ({"recall_class": 4}, "recall_class"),
        ({"initiative": None}, "initiative"),
        ({"known_at": None}, "known_at"),
        ({"known_at": NOW + timedelta(seconds=1)}, "known_at"),
        ({"role": "company"}, "initiative"),
    ],
)
def test_an_incomplete_draft_is_refused_with_its_field(change: dict[str, object], where: str) -> None:
    check_draft(DRAFT, NOW)
    with pytest.raises(DraftIncomplete) as refused:
        check_draft(replace(DRAFT, **change), NOW)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] (one field at a time)
    assert refused.value.where == where


OLD_DRAFT = (
    b'{"title":{"zh":"\xe5\x8f\xac\xe5\x9b\x9e","en":"Recall"},"reason":{"zh":"","en":"Listeria"},'
    b'"hazard":"microbial","recall_class":1,"what_to_do":{"zh":"","en":"Bring it back"},'
    b'"contact":"+86 10 1234","suspects":[{"key":"https://id.gs1.org/01/09521234000013/10/L1",'
    b'"from_time":"2026-11-20T08:00:00+00:00","to_time":null}]}'
)
OLD_SCOPE = (
    b'{"lines":[{"place":"https://id.gs1.org/414/9521234000006","party":null,"status":"in_stock","uom":null,'
    b'"objects":1,"hold":1.0,"contaminated_min":0.0,"contaminated_expected":null,"contaminated_max":1.0,'
    b'"keys":["https://id.gs1.org/01/09521234000013/21/7001"]}],'
    b'"keys":["https://id.gs1.org/01/09521234000013/21/7001"],"note":""}'
)


def test_a_log_written_before_there_were_two_persons_replays_to_the_same_case() -> None:
    log = [
        Entry("R2026-0001", NOW, "officer", "draft", OLD_DRAFT),
        Entry("R2026-0001", NOW, "officer", "held", OLD_SCOPE),
        Entry("R2026-0001", NOW + timedelta(hours=1), "officer", "published", OLD_SCOPE),
        Entry("R2026-0001", NOW + timedelta(hours=2), "officer", "released", b'{"note":"closed"}'),
    ]
    held = replay(log[:2])["R2026-0001"]
    assert (held.state, held.keys, held.urgent, held.proposal) == (CaseState.HELD, {ITEM}, None, None)
    assert (held.draft.initiative, held.draft.known_at, held.draft.party) == (None, None, "")
    assert held.draft.suspects == (Suspect(LOT, NOW, None),)
    assert held.competence == EVERYTHING
    closed = replay(log)["R2026-0001"]
    assert (closed.state, closed.held_at, closed.published_at) == (
        CaseState.RELEASED,
        NOW,
        NOW + timedelta(hours=1),
    )
    assert [(one.what, one.note, one.proposed_by) for one in closed.log[1:]] == [
        ("held", "", ""),
        ("published", "", ""),
        ("released", "closed", ""),
    ]
    assert closed.log[1].lines == SCOPE.lines
