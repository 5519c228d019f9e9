"""Tables for the register: read, tried against it, and entered as a whole or not at all."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime
from threading import Lock

from sqlalchemy import Engine

from suyuan.api.references import names_of, referred, with_keys
from suyuan.portal.register.desk import Card, Handed, Trial
from suyuan.portal.register.forms import confirmation
from suyuan.trace.register import book
from suyuan.trace.register.finding import EntryRefused, Finding
from suyuan.trace.register.importing import Reading as Table
from suyuan.trace.register.importing import located, read_rows
from suyuan.trace.register.sheets import EntryKind
from suyuan.trace.register.spreadsheet import read_spreadsheet
from suyuan.trace.register.uploads import Upload, forget_upload, keep_upload, waiting_upload
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.sight import Viewer

_READ_TABLES = 2  # large tables that are kept as read, so that showing and importing do not read them again


class Tables:
    """Tables that were handed in and wait to be confirmed. Safe to use from several threads."""

    def __init__(self, engine: Engine, now: Callable[[], datetime], give: book.Give | None) -> None:
        self._engine = engine
        self._now = now
        self._give = give
        self._read: OrderedDict[str, Table] = OrderedDict()
        self._lock = Lock()

    def keep(self, by: Viewer, kind: EntryKind, file: Handed) -> str:
        """Read a table and keep it for an hour; returns what names it. Nothing is entered."""
        table = read_rows(kind, read_spreadsheet(file.content))
        with Writing(self._engine) as writing:
            kept = keep_upload(writing, by.name, kind, name=file.name, content=file.content, now=self._now())
        self._remember(kept.id, table)
        return kept.id

    def trial(self, by: Viewer, upload: str) -> Trial:
        """Check the kept table against the register of now."""
        with Reading(self._engine) as reading:
            kept = waiting_upload(reading, by.name, upload, now=self._now())
            table = self._table(kept)
            told = located(table, book.check_all(reading, with_keys(reading, by, table), by=by))
            first = [Card(entry.key, entry.kind, entry.values, "", "") for entry in table.entries[:20]]
            names = names_of(reading, referred(first))
        errors = [*table.errors, *(one for one in told if one.finding.severity == "error")]
        return Trial(
            id=kept.id,
            kind=kept.kind,
            name=kept.name,
            expires=kept.expires,
            rows=table.rows,
            entries=table.entries,
            places=table.places,
            errors=sorted(errors, key=lambda one: one.row),
            warnings=[one for one in told if one.finding.severity == "warning"],
            mended=table.mended,
            names=names,
        )

    def enter(self, by: Viewer, upload: str, confirmed: frozenset[str]) -> tuple[EntryKind, int]:
        """Enter every row of the kept table, or none."""
        with Reading(self._engine) as reading:
            kept = waiting_upload(reading, by.name, upload, now=self._now())
        table = self._table(kept)
        if table.errors:
            raise EntryRefused([one.finding for one in table.errors])
        with Writing(self._engine) as writing:
            entries = with_keys(writing, by, table)
            if confirmed:  # otherwise the book itself refuses what would have to be confirmed
                check_confirmed(book.check_all(writing, entries, by=by), confirmed, by_code=True)
            book.enter_all(
                writing,
                entries,
                by=by,
                now=self._now(),
                give=self._give,
                confirmed=bool(confirmed),
            )
            forget_upload(writing, by.name, upload)
        with self._lock:
            self._read.pop(upload, None)
        return kept.kind, len(table.entries)

    def _table(self, kept: Upload[EntryKind]) -> Table:
        """A kept table as read: its id follows from its content, so that what is remembered is the same."""
        with self._lock:
            found = self._read.get(kept.id)
        if found is None:
            found = read_rows(kept.kind, read_spreadsheet(kept.content))
            self._remember(kept.id, found)
        return found

    def _remember(self, upload: str, table: Table) -> None:
        with self._lock:
            self._read[upload] = table
            self._read.move_to_end(upload)
            while len(self._read) > _READ_TABLES:
                self._read.popitem(last=False)


def check_confirmed(found: Sequence[Finding], confirmed: frozenset[str], *, by_code: bool = False) -> None:
    """Raise ``EntryRefused`` with what is wrong, or with the warnings if one of them is not confirmed."""
    wrong = [one for one in found if one.severity == "error"]
    if wrong:
        raise EntryRefused(wrong)
    if any((one.code if by_code else confirmation(one)) not in confirmed for one in found):
        raise EntryRefused(found)
