"""Rows of investigations: which are in sight, who may change them, and the history of what was done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import orjson
from sqlalchemy import ColumnElement, Select, func, insert, select, update

from suyuan.trace.errors import Conflict, InvalidInput, NotAllowed, NotFound
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.investigation import Investigation, What
from suyuan.trace.store.record_tables import (
    InvestigationEntryRow,
    InvestigationRow,
    KeptAnswerRow,
    OutbreakCaseRow,
)
from suyuan.trace.store.sight import Viewer, is_own, visible_investigations

LONGEST_TITLE = 200
_LONGEST_NUMBER = 40
Stored = Literal["cases", "answers", "history"]
MOST_STORED: Mapping[Stored, int] = {"cases": 16 << 20, "answers": 256 << 20, "history": 64 << 20}
"""Bytes of one investigation. What was removed counts: it stays. Cases are the least, since all are read."""
MOST_OPEN = 200
MOST_A_YEAR = 2_000
"""Investigations of one party in one role: those open at a time, and those opened within 365 days."""
_YEAR = timedelta(days=365)
_ROW = 100
"""Bytes that a row takes beside what is told in it."""
_GROWING: frozenset[What] = frozenset(("amended", "reopened", "cases-added", "answer-kept", "note"))
"""Steps that an investigation without room refuses; it can still be tidied up, handed over and closed."""


class InvestigationClosed(Conflict):
    """Nothing is added to a closed investigation."""

    code = "investigation-closed"
    title = "This investigation is closed"


class InvestigationFull(Conflict):
    """An investigation stores no more than so many bytes."""

    code = "investigation-full"
    title = "This investigation is full"


class TooManyInvestigations(Conflict):
    """A party has no more than so many investigations."""

    code = "too-many-investigations"
    title = "There are too many investigations"


def investigation(reading: Reading, number: str, *, viewer: Viewer) -> Investigation:
    """The investigation of that number; another party's is as absent as none (``NotFound``)."""
    row = reading.connection.execute(seen(viewer).where(InvestigationRow.number == number)).first()
    if row is None:
        raise NotFound(
            "There is no investigation {number}",
            where="investigation",
            number=number[:_LONGEST_NUMBER],
            remedy="Compare the number with the list of investigations.",
        )
    return as_investigation(tuple(row))


def check_open(writing: Writing, by: Viewer) -> None:
    """See that one more may be open.

    Raises:
        TooManyInvestigations: there are :data:`MOST_OPEN` already.
    """
    if _number(writing, by, InvestigationRow.state == "open") >= MOST_OPEN:
        raise TooManyInvestigations(
            "{most} investigations are open already",
            most=MOST_OPEN,
            remedy="Close those that are over; what is in them stays.",
        )


def check_year(writing: Writing, by: Viewer, now: datetime) -> None:
    """See that one more may be opened at all.

    Raises:
        TooManyInvestigations: there are :data:`MOST_A_YEAR` of the last 365 days.
    """
    if _number(writing, by, InvestigationRow.opened > now - _YEAR) >= MOST_A_YEAR:
        raise TooManyInvestigations(
            "{most} investigations were opened within a year",
            most=MOST_A_YEAR,
            remedy="Go on in one of them: a closed one may be opened again.",
        )


def _number(writing: Writing, by: Viewer, which: ColumnElement[bool]) -> int:
    of = (InvestigationRow.party == by.party, InvestigationRow.role == by.role, which)
    return writing.connection.execute(
        select(func.count()).select_from(InvestigationRow).where(*of)
    ).scalar_one()


def may_conduct(viewer: Viewer, found: Investigation) -> bool:
    """Whether a viewer may change it: whoever is of the party and role that opened it."""
    return viewer.role == found.role and (viewer.role == "administrator" or is_own(viewer, found.party))


def conducted(reading: Reading, number: str, by: Viewer) -> Investigation:
    """One that the viewer conducts; ``NotAllowed`` if others do, ``NotFound`` if it is not in sight."""
    found = investigation(reading, number, viewer=by)
    if not may_conduct(by, found):
        raise NotAllowed("Others conduct the investigation {number}", number=number)
    return found


def still_open(reading: Reading, number: str, by: Viewer) -> Investigation:
    """The same, or ``InvestigationClosed``."""
    found = conducted(reading, number, by)
    if found.state != "open":
        raise InvestigationClosed(
            "The investigation {number} is closed", number=number, remedy="Open it again first."
        )
    return found


def seen(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    """The investigations in sight, a row each as :func:`as_investigation` takes it."""
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


def as_investigation(values: tuple[Any, ...]) -> Investigation:
    """A row of :func:`seen`."""
    number, party, role, title, *rest = values
    return Investigation(number, party, role, title["zh"], title["en"], *rest)


def _counted(table: type[OutbreakCaseRow | KeptAnswerRow]) -> Any:
    return (
        select(func.count())
        .where(table.investigation == InvestigationRow.number, table.removed.is_(None))
        .correlate(InvestigationRow)
        .scalar_subquery()
    )


def mark_changed(writing: Writing, number: str, now: datetime, **values: Any) -> None:
    """It changed now; ``values`` are columns of it."""
    row = update(InvestigationRow).where(InvestigationRow.number == number)
    writing.connection.execute(row.values(changed=now, **values))


def write_down(
    writing: Writing, number: str, by: Viewer, now: datetime, what: What, content: Mapping[str, Any]
) -> None:
    """Add to the history of an investigation, which only grows.

    Raises:
        InvestigationFull: there is no room for a step of this kind.
    """
    if what in _GROWING:
        check_room(writing, number, "history", [content])
    row = {
        "investigation": number,
        "number": next_number(writing, InvestigationEntryRow, number),
        "time": now,
        "by": by.name,
        "what": what,
        "content": dict(content),
    }
    writing.connection.execute(insert(InvestigationEntryRow), row)


def check_room(writing: Writing, number: str, part: Stored, more: Sequence[Mapping[str, Any]]) -> None:
    """See that rows of these contents can still be stored; linear in the rows, of which only sizes are read.

    Raises:
        InvestigationFull: there would be more bytes than :data:`MOST_STORED`.
    """
    (table, *contents), most = _CONTENTS[part], MOST_STORED[part]
    sizes = (func.coalesce(func.sum(func.length(one)), 0) for one in contents)
    asked = select(func.count(), *sizes).where(table.investigation == number)
    rows, *stored = writing.connection.execute(asked).one()
    if _ROW * rows + sum(map(int, stored)) + sum(_ROW + len(orjson.dumps(one)) for one in more) > most:
        raise InvestigationFull(
            "No more than {most} MiB are stored of this, and what was removed stays",
            where=part,
            most=most >> 20,
            remedy="Open another one.",
        )


_CONTENTS: Mapping[Stored, tuple[Any, ...]] = {
    "cases": (OutbreakCaseRow, OutbreakCaseRow.told),
    "answers": (KeptAnswerRow, KeptAnswerRow.question, KeptAnswerRow.summary),
    "history": (InvestigationEntryRow, InvestigationEntryRow.content),
}


def next_number(
    writing: Writing,
    table: type[OutbreakCaseRow | KeptAnswerRow | InvestigationEntryRow],
    number: str,
) -> int:
    """The number of the next row of an investigation; removed ones are counted, so that none comes twice."""
    last = select(func.max(table.number)).where(table.investigation == number)
    return (writing.connection.execute(last).scalar() or 0) + 1


def no_text(where: str) -> InvalidInput:
    """A text that is missing or too long."""
    return InvalidInput(
        "A text of 1 to {most} characters is wanted here",
        where=where,
        most=LONGEST_TITLE,
        remedy="Write a short one.",
    )
