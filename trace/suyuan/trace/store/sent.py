"""Forms that people sent: each is acted upon once, and sending it again is answered like the first time.

::

    begin ──(first)──> act ──> finish      what took effect, with the address that it was answered by
      └──(again)──> SentForm   └─> forget  what was refused: it may be sent again, mended

A process that dies in between leaves a form that was begun and not finished: whether it took effect is then
for people to look up, since doing it twice would be worse.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, insert, select, update

from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.record_tables import SentFormRow

KEPT = timedelta(days=7)  # longer than any form stays open in a browser that is still signed in


@dataclass(frozen=True, slots=True)
class SentForm:
    """What is known of a form that was sent; ``answer`` is an address, empty for a page shown once."""

    sent: datetime
    answer: str | None  # None: still being acted upon


def sent_form(reading: Reading, account: str, form: str) -> SentForm | None:
    """A form of an account, or None where it was not sent. One look-up."""
    row = reading.connection.execute(
        select(SentFormRow.sent, SentFormRow.answer).where(_one(account, form))
    ).first()
    return None if row is None else SentForm(row.sent, row.answer)


def begin(writing: Writing, account: str, form: str, now: datetime) -> SentForm | None:
    """Take a form to act upon it; what is known of it if it was taken before. Sweeps out what is old."""
    known = sent_form(writing, account, form)
    if known is None:
        writing.connection.execute(delete(SentFormRow).where(SentFormRow.sent < now - KEPT))
        row = {"account": account, "form": form, "sent": now, "answer": None}
        writing.connection.execute(insert(SentFormRow), row)
    return known


def finish(writing: Writing, account: str, form: str, answer: str) -> None:
    """It took effect."""
    writing.connection.execute(update(SentFormRow).where(_one(account, form)).values(answer=answer))


def forget(writing: Writing, account: str, form: str) -> None:
    """It did not take effect."""
    writing.connection.execute(delete(SentFormRow).where(_one(account, form)))


def _one(account: str, form: str) -> ColumnElement[bool]:
    return and_(SentFormRow.account == account, SentFormRow.form == form)
