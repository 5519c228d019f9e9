"""What is in an investigation: its cases of illness and samples, and the answers that were kept.

What is removed is marked, and stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, get_args

import orjson
from sqlalchemy import insert, select, update

from suyuan.trace.errors import Conflict, InvalidInput, NotFound, TooLarge
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.investigation import AnswerKind, KeptAnswer, KeptHead, OutbreakCase
from suyuan.trace.store.investigation_rows import (
    LONGEST_TITLE,
    check_room,
    mark_changed,
    next_number,
    no_text,
    still_open,
    write_down,
)
from suyuan.trace.store.record_tables import KeptAnswerRow, OutbreakCaseRow
from suyuan.trace.store.sight import Viewer

MOST_CASES = 10_000
MOST_ANSWERS = 200
MOST_BYTES = 1 << 20
"""Of what is kept of one answer; the whole of it is asked for again."""


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
        InvestigationFull: there is no room for so many bytes.
    """
    found = still_open(writing, number, by)
    if found.cases + len(told) > MOST_CASES:
        raise TooLarge("There are more than {most} cases.", most=MOST_CASES, remedy="Open another one.")
    taken = {case.label for case in cases(writing, number)}
    for label, _ in told:
        if label in taken:
            raise Conflict("Case {id} is told twice.", where="label", id=label, remedy="Tell it once.")
        taken.add(label)
    check_room(writing, number, "cases", [values for _, values in told])
    first = next_number(writing, OutbreakCaseRow, number)
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
        mark_changed(writing, number, now)
        write_down(writing, number, by, now, "cases-added", {"labels": [label for label, _ in told]})
    return range(first, first + len(rows))


def remove_case(writing: Writing, number: str, case: int, *, by: Viewer, now: datetime) -> None:
    """Take a case out; ``NotFound`` if it is not there."""
    still_open(writing, number, by)
    found = [one for one in cases(writing, number) if one.number == case]
    if not found:
        raise NotFound("There is no case {number} here", where="case", number=case)
    _remove(writing, OutbreakCaseRow, number, case, now)
    mark_changed(writing, number, now)
    write_down(writing, number, by, now, "case-removed", {"label": found[0].label})


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
    asked: datetime | None = None,
) -> int:
    """Keep what was asked and what came of it, ``asked`` when its evidence was read; returns its number.

    Raises:
        TooLarge: over 1 MiB, or more than 200 answers.
        InvalidInput: an unknown kind, or no name.
        InvestigationClosed, InvestigationFull: as they say.
    """
    found = still_open(writing, number, by)
    if kind not in get_args(AnswerKind):
        raise InvalidInput("There is no kind of answer {kind}", where="kind", kind=str(kind)[:40])
    if not name.strip() or len(name) > LONGEST_TITLE:
        raise no_text("name")
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
    check_room(writing, number, "answers", [{**question}, {**summary}])
    place = next_number(writing, KeptAnswerRow, number)
    row = {
        "investigation": number,
        "number": place,
        "kind": kind,
        "name": name.strip(),
        "question": dict(question),
        "evidence": evidence,
        "asked": asked or now,
        "summary": dict(summary),
        "kept_by": by.name,
        "removed": None,
    }
    writing.connection.execute(insert(KeptAnswerRow), row)
    mark_changed(writing, number, now)
    write_down(writing, number, by, now, "answer-kept", {"number": place, "kind": kind, "name": name.strip()})
    return place


def answers(reading: Reading, number: str, kind: AnswerKind | None = None) -> Sequence[KeptHead]:
    """What the kept answers of an investigation that the caller has seen are called, oldest first."""
    found = select(*_HEAD).where(KeptAnswerRow.investigation == number, KeptAnswerRow.removed.is_(None))
    if kind is not None:
        found = found.where(KeptAnswerRow.kind == kind)
    return [KeptHead(*row) for row in reading.connection.execute(found.order_by(KeptAnswerRow.number))]


def answer(reading: Reading, number: str, place: int) -> KeptAnswer:
    """One kept answer, or ``NotFound``."""
    kept = KeptAnswerRow
    asked = select(*_WHOLE).where(kept.investigation == number, kept.number == place, kept.removed.is_(None))
    row = reading.connection.execute(asked).first()
    if row is None:
        raise _no_answer(place)
    return KeptAnswer(*row)


def remove_answer(writing: Writing, number: str, place: int, *, by: Viewer, now: datetime) -> None:
    """Take a kept answer out; ``NotFound`` if it is not there."""
    still_open(writing, number, by)
    name = next((one.name for one in answers(writing, number) if one.number == place), None)
    if name is None:
        raise _no_answer(place)
    _remove(writing, KeptAnswerRow, number, place, now)
    mark_changed(writing, number, now)
    write_down(writing, number, by, now, "answer-removed", {"number": place, "name": name})


_HEAD: tuple[Any, ...] = (
    KeptAnswerRow.number,
    KeptAnswerRow.kind,
    KeptAnswerRow.name,
    KeptAnswerRow.evidence,
    KeptAnswerRow.asked,
    KeptAnswerRow.kept_by,
)
_WHOLE: tuple[Any, ...] = (*_HEAD, KeptAnswerRow.question, KeptAnswerRow.summary)


def _no_answer(place: int) -> NotFound:
    return NotFound("There is no answer {number} here", where="answer", number=place)


def _remove(
    writing: Writing,
    table: type[OutbreakCaseRow | KeptAnswerRow],
    number: str,
    place: int,
    now: datetime,
) -> None:
    part = update(table).where(table.investigation == number, table.number == place)
    writing.connection.execute(part.values(removed=now))
