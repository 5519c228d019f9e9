"""Investigations of incidents: their cases, the answers that were kept, and who did what.

An investigation belongs to the authority or company that opened it and is seen by its people alone
(:func:`suyuan.trace.store.sight.visible_investigations`). It opens nothing of others' records: what its
answers tell is what whoever asked may see (decision 0025). The history only grows; what is removed is marked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, get_args

import orjson
from sqlalchemy import Select, func, insert, select, update

from suyuan.trace.errors import Conflict, InvalidInput, NotAllowed, NotFound, TooLarge
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.investigation import (
    AnswerKind,
    Entry,
    Investigation,
    KeptAnswer,
    OutbreakCase,
    State,
    What,
)
from suyuan.trace.store.record_tables import (
    InvestigationEntryRow,
    InvestigationRow,
    KeptAnswerRow,
    OutbreakCaseRow,
)
from suyuan.trace.store.sight import Reach, Viewer, is_own, reach_of, visible_investigations

__all__ = [
    "LONGEST_NOTE",
    "LONGEST_TITLE",
    "MOST_ANSWERS",
    "MOST_BYTES",
    "MOST_CASES",
    "AnswerKind",
    "Entry",
    "Investigation",
    "InvestigationClosed",
    "KeptAnswer",
    "OutbreakCase",
    "State",
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

LONGEST_TITLE = 200
LONGEST_NOTE = 4_000
MOST_CASES = 10_000
MOST_ANSWERS = 200
_LONGEST_NUMBER = 40
MOST_BYTES = 1 << 20
"""Of what is kept of one answer; the whole of it is asked for again."""


class InvestigationClosed(Conflict):
    """Nothing is added to a closed investigation."""

    code = "investigation-closed"
    title = "This investigation is closed"


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
    """
    if not may_investigate(by):
        raise NotAllowed("{name} is a {role} and may not do this", name=by.name, role=by.role)
    told = _head(zh, en, suspicion)
    year = f"I{now.year}-"
    before = select(func.count()).where(InvestigationRow.number.startswith(year, autoescape=True))
    number = f"{year}{(writing.connection.execute(before).scalar() or 0) + 1:04d}"
    row = {"number": number, "party": by.party, "role": by.role, "state": "open", **told}
    row.update(opened=now, opened_by=by.name, changed=now)
    writing.connection.execute(insert(InvestigationRow), row)
    _log(writing, number, by, now, "opened", {"zh": zh, "en": en, "suspicion": suspicion})
    return number


def investigation(reading: Reading, number: str, *, viewer: Viewer) -> Investigation:
    """The investigation of that number; another party's is as absent as none (``NotFound``)."""
    row = reading.connection.execute(_seen(viewer).where(InvestigationRow.number == number)).first()
    if row is None:
        raise NotFound(
            "There is no investigation {number}",
            where="investigation",
            number=number[:_LONGEST_NUMBER],
            remedy="Compare the number with the list of investigations.",
        )
    return _investigation(tuple(row))


def investigations(
    reading: Reading, *, viewer: Viewer, state: State | None = None, before: str = "", limit: int = 50
) -> Sequence[Investigation]:
    """Those in sight, newest first; the next page has those ``before`` the last number of this one."""
    found = _seen(viewer)
    if state is not None:
        found = found.where(InvestigationRow.state == state)
    if before:
        place = investigation(reading, before, viewer=viewer)
        found = found.where(
            (InvestigationRow.opened < place.opened)
            | ((InvestigationRow.opened == place.opened) & (InvestigationRow.number < place.number))
        )
    found = found.order_by(InvestigationRow.opened.desc(), InvestigationRow.number.desc()).limit(limit)
    return [_investigation(tuple(row)) for row in reading.connection.execute(found)]


def amend(
    writing: Writing, number: str, *, by: Viewer, zh: str, en: str, suspicion: str, now: datetime
) -> None:
    """Give it another title or suspicion; raises as :func:`open_investigation`, and if it is closed."""
    _opened(writing, number, by)
    told = _head(zh, en, suspicion)
    _change(writing, number, now, **told)
    _log(writing, number, by, now, "amended", {"zh": zh, "en": en, "suspicion": suspicion})


def close(writing: Writing, number: str, *, by: Viewer, now: datetime) -> None:
    """Close it: what is in it stays and can be read."""
    _opened(writing, number, by)
    _change(writing, number, now, state="closed")
    _log(writing, number, by, now, "closed", {})


def reopen(writing: Writing, number: str, *, by: Viewer, now: datetime) -> None:
    """Open a closed one again; nothing happens to one that is open."""
    if _own(writing, number, by).state == "open":
        return
    _change(writing, number, now, state="open")
    _log(writing, number, by, now, "reopened", {})


def add_cases(
    writing: Writing,
    number: str,
    told: Sequence[tuple[str, Mapping[str, Any]]],
    *,
    by: Viewer,
    now: datetime,
) -> Sequence[int]:
    """Add cases as (label, what is told); returns their numbers. Labels are unique among those not removed.

    Raises:
        Conflict: a label is taken, or the investigation is closed.
        TooLarge: more than 10,000 cases in all.
    """
    found = _opened(writing, number, by)
    if found.cases + len(told) > MOST_CASES:
        raise TooLarge("There are more than {most} cases.", most=MOST_CASES, remedy="Open another one.")
    taken = {case.label for case in cases(writing, number)}
    for label, _ in told:
        if label in taken:
            raise Conflict("Case {id} is told twice.", where="label", id=label, remedy="Tell it once.")
        taken.add(label)
    first = _next(writing, OutbreakCaseRow, number)
    rows = [
        {
            "investigation": number,
            "number": place,
            "label": label,
            "told": dict(values),
            "added": now,
            "added_by": by.name,
            "removed": None,
        }
        for place, (label, values) in enumerate(told, first)
    ]
    if rows:
        writing.connection.execute(insert(OutbreakCaseRow), rows)
        _change(writing, number, now)
        _log(writing, number, by, now, "cases-added", {"labels": [label for label, _ in told]})
    return range(first, first + len(rows))


def remove_case(writing: Writing, number: str, case: int, *, by: Viewer, now: datetime) -> None:
    """Take a case out; ``NotFound`` if it is not there."""
    _opened(writing, number, by)
    found = [one for one in cases(writing, number) if one.number == case]
    if not found:
        raise NotFound("There is no case {number} here", where="case", number=case)
    _remove(writing, OutbreakCaseRow, number, case, now)
    _change(writing, number, now)
    _log(writing, number, by, now, "case-removed", {"label": found[0].label})


def cases(reading: Reading, number: str) -> Sequence[OutbreakCase]:
    """The cases of an investigation that the caller has seen, in the order in which they were added."""
    row = OutbreakCaseRow
    found = (
        select(row.number, row.label, row.told, row.added, row.added_by)
        .where(row.investigation == number, row.removed.is_(None))
        .order_by(row.number)
    )
    return [OutbreakCase(*one) for one in reading.connection.execute(found)]


def keep_answer(
    writing: Writing,
    number: str,
    *,
    kind: AnswerKind,
    name: str,
    question: Mapping[str, Any],
    evidence: int,
    summary: Mapping[str, Any],
    by: Viewer,
    now: datetime,
) -> int:
    """Keep what was asked and what came of it; returns its number.

    Raises:
        TooLarge: over 1 MiB, or more than 200 answers.
        InvalidInput: an unknown kind, or no name.
        InvestigationClosed: as it says.
    """
    found = _opened(writing, number, by)
    if kind not in get_args(AnswerKind):
        raise InvalidInput("There is no kind of answer {kind}", where="kind", kind=str(kind)[:40])
    if not name.strip() or len(name) > LONGEST_TITLE:
        raise _no_title("name")
    if found.answers >= MOST_ANSWERS:
        raise TooLarge(
            "An investigation keeps at most {most} answers",
            most=MOST_ANSWERS,
            remedy="Remove some that are no longer needed.",
        )
    if len(orjson.dumps(question)) + len(orjson.dumps(summary)) > MOST_BYTES:
        raise TooLarge(
            "What is kept of an answer has at most {most} bytes",
            most=MOST_BYTES,
            remedy="Keep less of it: the question can be asked again.",
        )
    place = _next(writing, KeptAnswerRow, number)
    row = {
        "investigation": number,
        "number": place,
        "kind": kind,
        "name": name.strip(),
        "question": dict(question),
        "evidence": evidence,
        "asked": now,
        "summary": dict(summary),
        "kept_by": by.name,
        "removed": None,
    }
    writing.connection.execute(insert(KeptAnswerRow), row)
    _change(writing, number, now)
    _log(writing, number, by, now, "answer-kept", {"number": place, "kind": kind, "name": name.strip()})
    return place


def answers(reading: Reading, number: str, kind: AnswerKind | None = None) -> Sequence[KeptAnswer]:
    """The kept answers of an investigation that the caller has seen, oldest first."""
    found = _ANSWERS.where(KeptAnswerRow.investigation == number)
    if kind is not None:
        found = found.where(KeptAnswerRow.kind == kind)
    return [KeptAnswer(*row) for row in reading.connection.execute(found.order_by(KeptAnswerRow.number))]


def answer(reading: Reading, number: str, place: int) -> KeptAnswer:
    """One kept answer, or ``NotFound``."""
    asked = _ANSWERS.where(KeptAnswerRow.investigation == number, KeptAnswerRow.number == place)
    row = reading.connection.execute(asked).first()
    if row is None:
        raise NotFound("There is no answer {number} here", where="answer", number=place)
    return KeptAnswer(*row)


def remove_answer(writing: Writing, number: str, place: int, *, by: Viewer, now: datetime) -> None:
    """Take a kept answer out; ``NotFound`` if it is not there."""
    _opened(writing, number, by)
    name = answer(writing, number, place).name
    _remove(writing, KeptAnswerRow, number, place, now)
    _change(writing, number, now)
    _log(writing, number, by, now, "answer-removed", {"number": place, "name": name})


def note(writing: Writing, number: str, text: str, *, by: Viewer, now: datetime) -> None:
    """Write something down; notes stay as they are."""
    _opened(writing, number, by)
    if not text.strip() or len(text) > LONGEST_NOTE:
        raise InvalidInput(
            "A note has 1 to {most} characters", where="text", most=LONGEST_NOTE, remedy="Write it shorter."
        )
    _change(writing, number, now)
    _log(writing, number, by, now, "note", {"text": text.strip()})


def hand_over(writing: Writing, number: str, case: str, *, by: Viewer, now: datetime) -> None:
    """Write down that a hold or recall was drafted out of it, also if it was closed meanwhile."""
    _own(writing, number, by)
    _change(writing, number, now)
    _log(writing, number, by, now, "handed-over", {"case": case})


def history(reading: Reading, number: str) -> Sequence[Entry]:
    """What was done in an investigation that the caller has seen, newest first."""
    row = InvestigationEntryRow
    found = (
        select(row.number, row.time, row.by, row.what, row.content)
        .where(row.investigation == number)
        .order_by(row.number.desc())
    )
    return [Entry(*one) for one in reading.connection.execute(found)]


def may_conduct(viewer: Viewer, found: Investigation) -> bool:
    """Whether a viewer may change it: whoever is of the party and role that opened it."""
    return viewer.role == found.role and (viewer.role == "administrator" or is_own(viewer, found.party))


def check_conducted(reading: Reading, number: str, *, by: Viewer) -> None:
    """Raise ``NotFound`` or ``NotAllowed`` where the viewer does not conduct it."""
    _own(reading, number, by)


def _own(reading: Reading, number: str, by: Viewer) -> Investigation:
    found = investigation(reading, number, viewer=by)
    if not may_conduct(by, found):
        raise NotAllowed("Others conduct the investigation {number}", number=number)
    return found


def _opened(reading: Reading, number: str, by: Viewer) -> Investigation:
    found = _own(reading, number, by)
    if found.state != "open":
        raise InvestigationClosed(
            "The investigation {number} is closed", number=number, remedy="Open it again first."
        )
    return found


def _head(zh: str, en: str, suspicion: str) -> dict[str, Any]:
    zh, en, suspicion = zh.strip(), en.strip(), suspicion.strip()
    if not zh and not en:
        raise _no_title("title")
    if max(map(len, (zh, en, suspicion))) > LONGEST_TITLE:
        raise _no_title("title" if len(suspicion) <= LONGEST_TITLE else "suspicion")
    return {"title": {"zh": zh, "en": en}, "suspicion": suspicion}


def _no_title(where: str) -> InvalidInput:
    return InvalidInput(
        "A text of 1 to {most} characters is wanted here",
        where=where,
        most=LONGEST_TITLE,
        remedy="Write a short one.",
    )


def _counted(table: type[OutbreakCaseRow | KeptAnswerRow]) -> Any:
    return (
        select(func.count())
        .where(table.investigation == InvestigationRow.number, table.removed.is_(None))
        .correlate(InvestigationRow)
        .scalar_subquery()
    )


def _seen(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    row = InvestigationRow
    return select(
        row.number,
        row.party,
        row.role,
        row.title,
        row.suspicion,
        row.state,
        row.opened,
        row.opened_by,
        row.changed,
        _counted(OutbreakCaseRow),
        _counted(KeptAnswerRow),
    ).where(visible_investigations(viewer))


def _investigation(values: tuple[Any, ...]) -> Investigation:
    number, party, role, title, *rest = values
    return Investigation(number, party, role, title["zh"], title["en"], *rest)


_ANSWERS = select(
    KeptAnswerRow.number,
    KeptAnswerRow.kind,
    KeptAnswerRow.name,
    KeptAnswerRow.question,
    KeptAnswerRow.evidence,
    KeptAnswerRow.asked,
    KeptAnswerRow.summary,
    KeptAnswerRow.kept_by,
).where(KeptAnswerRow.removed.is_(None))


def _change(writing: Writing, number: str, now: datetime, **values: Any) -> None:
    change = update(InvestigationRow).where(InvestigationRow.number == number)
    writing.connection.execute(change.values(changed=now, **values))


def _remove(
    writing: Writing,
    table: type[OutbreakCaseRow | KeptAnswerRow],
    number: str,
    place: int,
    now: datetime,
) -> None:
    part = update(table).where(table.investigation == number, table.number == place)
    writing.connection.execute(part.values(removed=now))


def _next(
    writing: Writing,
    table: type[OutbreakCaseRow | KeptAnswerRow | InvestigationEntryRow],
    number: str,
) -> int:
    last = select(func.max(table.number)).where(table.investigation == number)
    return (writing.connection.execute(last).scalar() or 0) + 1


def _log(
    writing: Writing, number: str, by: Viewer, now: datetime, what: What, content: Mapping[str, Any]
) -> None:
    row = {
        "investigation": number,
        "number": _next(writing, InvestigationEntryRow, number),
        "time": now,
        "by": by.name,
        "what": what,
        "content": dict(content),
    }
    writing.connection.execute(insert(InvestigationEntryRow), row)
