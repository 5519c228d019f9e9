"""What people report: shoppers, officers on the telephone, laboratories; and what was done about it.

A report has a number that nobody can guess, because whoever has the number may follow it without an account.
Who reported stands apart from what was reported and is shown only to the officer who handles it, each look
logged with its purpose (PIPL Art 28-29: sensitive personal information; decision 0005).

Statutory deadlines of complaints are not computed here; the pages say so.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, func, insert, or_, select, true, update

from suyuan.trace.errors import Conflict, InvalidInput, NotFound
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.record_tables import AccessRow, ComplainantRow, ComplaintNoteRow, ComplaintRow

LONGEST = 4_000
"""Characters of a description, a note, or any other text of a report."""
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # without I, L, O, U: read aloud, typed from paper
_DIGITS = 10  # 50 bits
_FORM = re.compile(r"[0-9a-f]{32}")
_LOOKALIKES = str.maketrans("ILO", "110")


class Channel(StrEnum):
    """How a report came in."""

    SHOPPER = "shopper"
    OFFICER = "officer"
    LABORATORY = "laboratory"


class ComplaintState(StrEnum):
    """Where a report stands."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    CLOSED = "closed"


FOLLOWS: Mapping[ComplaintState, tuple[ComplaintState, ...]] = {
    ComplaintState.RECEIVED: (ComplaintState.ACCEPTED, ComplaintState.REFUSED),
    ComplaintState.ACCEPTED: (ComplaintState.CLOSED,),
    ComplaintState.REFUSED: (ComplaintState.ACCEPTED,),  # a refusal can be mended
    ComplaintState.CLOSED: (ComplaintState.ACCEPTED,),  # and a closed one taken up again
}


class ComplaintStepRefused(Conflict):
    """This step does not follow from where the report stands."""

    code = "complaint-step-refused"
    title = "This step is not possible now"


@dataclass(frozen=True, slots=True)
class Report:
    """What is told. ``object`` is a canonical key or empty; ``told`` are the answers by field name.

    ``form`` is the random name (32 hexadecimal digits) of the form that was filled in: sent twice, it is one
    report. ``contact`` never leaves its own table.
    """

    form: str
    channel: Channel
    object: str = ""
    told: Mapping[str, str] = field(default_factory=dict[str, str])
    contact: str = ""
    attachment: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """One step of the handling; ``public`` notes are read by whoever has the number."""

    time: datetime
    by: str
    state: ComplaintState
    public: bool
    text: str


@dataclass(frozen=True, slots=True)
class Complaint:
    """A report as it stands, without who made it."""

    number: str
    channel: Channel
    received: datetime
    received_by: str
    object: str
    told: Mapping[str, str]
    attachment: str | None
    state: ComplaintState
    case_number: str


def report(writing: Writing, told: Report, *, now: datetime, by: str = "") -> str:
    """Take in a report and return its number; the same form again returns the number it has.

    Raises:
        InvalidInput: the form's name is not one that we gave out, or a text is too long.
    """
    number = number_of(told.form)
    for name, value in (*told.told.items(), ("contact", told.contact)):
        if len(value) > LONGEST:
            raise InvalidInput("The text is longer than {limit} characters", where=name, limit=LONGEST)
    if writing.connection.execute(select(ComplaintRow.number).where(ComplaintRow.number == number)).first():
        return number
    writing.connection.execute(
        insert(ComplaintRow),
        {
            "number": number,
            "channel": told.channel.value,
            "received": now,
            "received_by": by,
            "object": told.object,
            "content": dict(told.told),
            "attachment": told.attachment,
            "state": ComplaintState.RECEIVED.value,
            "case_number": "",
        },
    )
    if told.contact:
        writing.connection.execute(insert(ComplainantRow), {"number": number, "contact": told.contact})
    return number


def number_of(form: str) -> str:
    """The number of the report that the form of this name makes: 50 bits that only the form's holder knows.

    Raises:
        InvalidInput: not 32 hexadecimal digits.
    """
    if not _FORM.fullmatch(form):
        raise InvalidInput(
            "This form is not one of ours", where="form", remedy="Open the page anew and fill it in again."
        )
    bits = int.from_bytes(hashlib.sha256(b"suyuan complaint " + form.encode()).digest(), "big")
    digits = "".join(_ALPHABET[bits >> (5 * place) & 31] for place in range(_DIGITS))
    return f"{digits[:5]}-{digits[5:]}"


def typed_number(text: str) -> str:
    """A number as people type it, as it is kept: capitals, one hyphen, no look-alikes.

    >>> typed_number(" o1z3k 9qxdm")
    '01Z3K-9QXDM'
    """
    plain = re.sub(r"[\s-]", "", text[:100]).upper().translate(_LOOKALIKES)
    return f"{plain[:5]}-{plain[5:]}"


def complaint(reading: Reading, number: str) -> Complaint:
    """The report of that number, or ``NotFound``."""
    found = complaints(reading, ComplaintRow.number == number, limit=1)
    if not found:
        raise NotFound(
            "There is no report of the number {number}",
            where="number",
            number=number,
            remedy="Compare it with what was shown when you sent the report; it has ten letters and digits.",
        )
    return found[0]


def complaints(
    reading: Reading,
    where: ColumnElement[bool] | None = None,
    *,
    before: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> Sequence[Complaint]:
    """Reports, the newest first, after ``before`` (received, number) of the page before."""
    statement = select(
        ComplaintRow.number,
        ComplaintRow.channel,
        ComplaintRow.received,
        ComplaintRow.received_by,
        ComplaintRow.object,
        ComplaintRow.content,
        ComplaintRow.attachment,
        ComplaintRow.state,
        ComplaintRow.case_number,
    ).where(true() if where is None else where)
    if before is not None:
        received, number = before
        statement = statement.where(
            or_(
                ComplaintRow.received < received,
                and_(ComplaintRow.received == received, ComplaintRow.number > number),
            )
        )
    statement = statement.order_by(ComplaintRow.received.desc(), ComplaintRow.number).limit(limit)
    return [_complaint(*row) for row in reading.connection.execute(statement)]


def notes(reading: Reading, number: str, *, public_only: bool) -> Sequence[Note]:
    """What was done, in order."""
    statement = select(
        ComplaintNoteRow.time,
        ComplaintNoteRow.by,
        ComplaintNoteRow.state,
        ComplaintNoteRow.public,
        ComplaintNoteRow.text,
    ).where(ComplaintNoteRow.number == number)
    if public_only:
        statement = statement.where(ComplaintNoteRow.public)
    rows = reading.connection.execute(statement.order_by(ComplaintNoteRow.id))
    return [Note(time, by, ComplaintState(state), public, text) for time, by, state, public, text in rows]


def note(
    writing: Writing,
    number: str,
    *,
    state: ComplaintState | None,
    text: str,
    public: bool,
    by: str,
    now: datetime,
) -> None:
    """Add a note, and go on to ``state`` unless it is None.

    Raises:
        ComplaintStepRefused: the state does not follow.
        InvalidInput: no text, or too much of it.
    """
    if not text.strip() or len(text) > LONGEST:
        raise InvalidInput("Say what was done, in 1 to {limit} characters", where="text", limit=LONGEST)
    standing = complaint(writing, number)
    if state is not None and state is not standing.state:
        if state not in FOLLOWS[standing.state]:
            raise ComplaintStepRefused(
                "Report {number} was taken further meanwhile; this step is no longer possible",
                number=number,
                remedy="Look at what was done, then decide anew.",
            )
        writing.connection.execute(
            update(ComplaintRow).where(ComplaintRow.number == number).values(state=state.value)
        )
    row = {
        "id": _next(writing, ComplaintNoteRow),
        "number": number,
        "time": now,
        "by": by,
        "state": (state or standing.state).value,
        "public": public,
        "text": text,
    }
    writing.connection.execute(insert(ComplaintNoteRow), row)


def join_case(writing: Writing, number: str, case_number: str) -> None:
    """Make a report part of a case (or of none, with an empty number); ``NotFound`` for no such report."""
    complaint(writing, number)
    writing.connection.execute(
        update(ComplaintRow).where(ComplaintRow.number == number).values(case_number=case_number)
    )


def contact_of(writing: Writing, number: str, *, by: str, purpose: str, now: datetime) -> str:
    """How to reach who reported; empty where they did not say. The look is logged before it is answered.

    Raises:
        InvalidInput: no purpose is given.
    """
    if not purpose.strip() or len(purpose) > LONGEST:
        raise InvalidInput("Say for what you need it", where="purpose")
    complaint(writing, number)
    row = {
        "id": _next(writing, AccessRow),
        "time": now,
        "by": by,
        "what": f"complainant {number}",
        "purpose": purpose.strip(),
    }
    writing.connection.execute(insert(AccessRow), row)
    found = writing.connection.execute(
        select(ComplainantRow.contact).where(ComplainantRow.number == number)
    ).scalar()
    return found or ""


def looks_at(reading: Reading, number: str) -> Sequence[tuple[datetime, str, str]]:
    """Who looked at who reported: time, account, purpose."""
    rows = reading.connection.execute(
        select(AccessRow.time, AccessRow.by, AccessRow.purpose)
        .where(AccessRow.what == f"complainant {number}")
        .order_by(AccessRow.time, AccessRow.id)
    )
    return [(time, by, purpose) for time, by, purpose in rows]


def _complaint(
    number: str,
    channel: str,
    received: datetime,
    received_by: str,
    object_: str,
    told: dict[str, Any],
    attachment: str | None,
    state: str,
    case_number: str,
) -> Complaint:
    return Complaint(
        number,
        Channel(channel),
        received,
        received_by,
        object_,
        told,
        attachment,
        ComplaintState(state),
        case_number,
    )


def _next(writing: Writing, table: type[ComplaintNoteRow | AccessRow]) -> int:
    return (writing.connection.execute(select(func.max(table.id))).scalar() or 0) + 1
