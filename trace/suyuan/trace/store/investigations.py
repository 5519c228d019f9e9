"""Investigations of incidents: their cases, the answers that were kept, and who did what.

An investigation belongs to the authority or company that opened it and is seen by its people alone
(:func:`suyuan.trace.store.sight.visible_investigations`). It opens nothing of others' records: what its
answers tell is what whoever asked may see (decision 0025). The history only grows; what is removed is marked.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select

from suyuan.trace.errors import InvalidInput, NotAllowed
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.investigation import (
    AnswerKind,
    Entry,
    Investigation,
    KeptAnswer,
    KeptHead,
    OutbreakCase,
    State,
    What,
)
from suyuan.trace.store.investigation_parts import (
    MOST_ANSWERS,
    MOST_BYTES,
    MOST_CASES,
    add_cases,
    answer,
    answers,
    cases,
    keep_answer,
    remove_answer,
    remove_case,
)
from suyuan.trace.store.investigation_rows import (
    LONGEST_TITLE,
    MOST_A_YEAR,
    MOST_OPEN,
    MOST_STORED,
    InvestigationClosed,
    InvestigationFull,
    TooManyInvestigations,
    as_investigation,
    check_open,
    check_year,
    conducted,
    investigation,
    mark_changed,
    may_conduct,
    no_text,
    seen,
    still_open,
    write_down,
)
from suyuan.trace.store.record_tables import InvestigationEntryRow, InvestigationRow
from suyuan.trace.store.sight import Reach, Viewer, reach_of

__all__ = [
    "LONGEST_NOTE",
    "LONGEST_TITLE",
    "MOST_ANSWERS",
    "MOST_A_YEAR",
    "MOST_BYTES",
    "MOST_CASES",
    "MOST_OPEN",
    "MOST_STORED",
    "AnswerKind",
    "Entry",
    "Investigation",
    "InvestigationClosed",
    "InvestigationFull",
    "KeptAnswer",
    "KeptHead",
    "OutbreakCase",
    "State",
    "TooManyInvestigations",
    "What",
    "add_cases",
    "amend",
    "answer",
    "answers",
    "cases",
    "check_conducted",
    "close",
    "hand_over",
    "history",
    "investigation",
    "investigations",
    "keep_answer",
    "may_conduct",
    "may_investigate",
    "note",
    "open_investigation",
    "remove_answer",
    "remove_case",
    "reopen",
]

LONGEST_NOTE = 4_000


def may_investigate(viewer: Viewer) -> bool:
    """Whether a viewer opens investigations at all: stations do not, nor officers without competence."""
    return viewer.role in ("regulator", "company", "administrator") and reach_of(viewer) is not Reach.NOTHING


def open_investigation(
    writing: Writing, *, by: Viewer, zh: str = "", en: str = "", suspicion: str = "", now: datetime
) -> str:
    """Open an investigation of the viewer's party and return its number, such as ``I2026-0001``.

    Raises:
        NotAllowed: the viewer is none who investigates.
        InvalidInput: there is no title in either language, or a text is too long.
        TooManyInvestigations: the party has so many already, open or of one year.
    """
    if not may_investigate(by):
        raise NotAllowed("{name} is a {role} and may not do this", name=by.name, role=by.role)
    told = _head(zh, en, suspicion)
    check_open(writing, by)
    check_year(writing, by, now)
    year = f"I{now.year}-"
    before = select(func.count()).where(InvestigationRow.number.startswith(year, autoescape=True))
    number = f"{year}{(writing.connection.execute(before).scalar() or 0) + 1:04d}"
    row = {"number": number, "party": by.party, "role": by.role, "state": "open", **told}
    row.update(opened=now, opened_by=by.name, changed=now)
    writing.connection.execute(insert(InvestigationRow), row)
    write_down(writing, number, by, now, "opened", {"zh": zh, "en": en, "suspicion": suspicion})
    return number


def investigations(
    reading: Reading, *, viewer: Viewer, state: State | None = None, before: str = "", limit: int = 50
) -> Sequence[Investigation]:
    """Those in sight, newest first; the next page has those ``before`` the last number of this one."""
    found = seen(viewer)
    if state is not None:
        found = found.where(InvestigationRow.state == state)
    if before:
        place = investigation(reading, before, viewer=viewer)
        found = found.where(
            (InvestigationRow.opened < place.opened)
            | ((InvestigationRow.opened == place.opened) & (InvestigationRow.number < place.number))
        )
    found = found.order_by(InvestigationRow.opened.desc(), InvestigationRow.number.desc()).limit(limit)
    return [as_investigation(tuple(row)) for row in reading.connection.execute(found)]


def amend(
    writing: Writing, number: str, *, by: Viewer, zh: str, en: str, suspicion: str, now: datetime
) -> None:
    """Give it another title or suspicion; raises as :func:`open_investigation`, and if it is closed."""
    still_open(writing, number, by)
    told = _head(zh, en, suspicion)
    mark_changed(writing, number, now, **told)
    write_down(writing, number, by, now, "amended", {"zh": zh, "en": en, "suspicion": suspicion})


def close(writing: Writing, number: str, *, by: Viewer, now: datetime) -> None:
    """Close it: what is in it stays and can be read."""
    still_open(writing, number, by)
    mark_changed(writing, number, now, state="closed")
    write_down(writing, number, by, now, "closed", {})


def reopen(writing: Writing, number: str, *, by: Viewer, now: datetime) -> None:
    """Open a closed one again; nothing happens to one that is open.

    Raises:
        TooManyInvestigations: so many others are open.
    """
    if conducted(writing, number, by).state == "open":
        return
    check_open(writing, by)
    mark_changed(writing, number, now, state="open")
    write_down(writing, number, by, now, "reopened", {})


def note(writing: Writing, number: str, text: str, *, by: Viewer, now: datetime) -> None:
    """Write something down; notes stay as they are."""
    still_open(writing, number, by)
    if not text.strip() or len(text) > LONGEST_NOTE:
        raise InvalidInput(
            "A note has 1 to {most} characters",
            where="text",
            most=LONGEST_NOTE,
            remedy="Write it shorter." if text.strip() else "Write something first.",
        )
    mark_changed(writing, number, now)
    write_down(writing, number, by, now, "note", {"text": text.strip()})


def hand_over(writing: Writing, number: str, case: str, *, by: Viewer, now: datetime) -> None:
    """Write down that a hold or recall was drafted out of it, also if it was closed meanwhile."""
    conducted(writing, number, by)
    mark_changed(writing, number, now)
    write_down(writing, number, by, now, "handed-over", {"case": case})


def history(
    reading: Reading, number: str, *, before: int | None = None, limit: int | None = None
) -> Sequence[Entry]:
    """What was done in an investigation that the caller has seen, newest first, so many steps at most.

    The next page has those ``before`` the last number of this one.
    """
    row = InvestigationEntryRow
    found = (
        select(row.number, row.time, row.by, row.what, row.content)
        .where(row.investigation == number)
        .order_by(row.number.desc())
        .limit(limit)
    )
    if before is not None:
        found = found.where(row.number < before)
    return [Entry(*one) for one in reading.connection.execute(found)]


def check_conducted(reading: Reading, number: str, *, by: Viewer) -> None:
    """Raise ``NotFound`` or ``NotAllowed`` where the viewer does not conduct it."""
    conducted(reading, number, by)


def _head(zh: str, en: str, suspicion: str) -> dict[str, Any]:
    zh, en, suspicion = zh.strip(), en.strip(), suspicion.strip()
    if not zh and not en:
        raise no_text("title")
    if max(map(len, (zh, en, suspicion))) > LONGEST_TITLE:
        raise no_text("title" if len(suspicion) <= LONGEST_TITLE else "suspicion")
    return {"title": {"zh": zh, "en": en}, "suspicion": suspicion}
