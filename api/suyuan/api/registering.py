"""The register as the console asks for it: lists, entries, forms, papers of lots; tables stand beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from suyuan.api.references import MOST_WAYS, meant_by, names_of, referred, typed_for
from suyuan.api.settings import Settings
from suyuan.api.tables import Tables, check_confirmed
from suyuan.portal.register.desk import (
    Amendment,
    Card,
    Handed,
    Listing,
    Paper,
    PaperWish,
    Sheaf,
    Trial,
    Wanted,
    Way,
    Wish,
)
from suyuan.trace.errors import NotFound
from suyuan.trace.gs1 import IdentifierError, identify
from suyuan.trace.register import book, documents
from suyuan.trace.register.attachments import attachment, cleaned, keep_attachment
from suyuan.trace.register.finding import EntryRefused, Finding
from suyuan.trace.register.history import aliases_of, told_before
from suyuan.trace.register.sheets import KINDS, SHEETS, Entry, EntryKind, read_sheet
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.sight import HOUSE, NO_PURPOSE, Purpose, Viewer, is_own

RandBytes = Callable[[int], bytes]
PapersOf = Callable[[Viewer, str], Purpose]
"""What of a lot's papers, beyond what rows say, is for whom: that it came in a container (lineage)."""

_SOON = timedelta(days=30)


class Registering:
    """The register of one store. Safe to use from several threads."""

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        now: Callable[[], datetime],
        randbytes: RandBytes,
        papers_of: PapersOf = lambda _viewer, _lot: NO_PURPOSE,
    ) -> None:
        self._papers_of = papers_of
        self._engine = engine
        self._now = now
        self._randbytes = randbytes
        self._zone = ZoneInfo(settings.time_zone)
        self._give = book.giving(settings.public_url) if settings.public_url_given else None
        self._tables = Tables(engine, now, self._give)

    def now(self) -> datetime:
        """The clock of the house, aware UTC."""
        return self._now()

    # Looking

    def counts(self, viewer: Viewer) -> Mapping[EntryKind, tuple[int, int]]:
        """Of each kind: how many entries the viewer sees, and how many of them wait."""
        with Reading(self._engine) as reading:
            found = book.counts(reading, viewer=viewer)
        return {
            kind: (
                sum(number for (of, state), number in found.items() if of == kind and state != "withdrawn"),
                found.get((kind, "pending"), 0),
            )
            for kind in KINDS
        }

    def begun(self, viewer: Viewer) -> frozenset[EntryKind]:
        """The kinds of which there is something: of the viewer's company, for the operator of any."""
        owner = None if viewer.role == "administrator" else viewer.party
        with Reading(self._engine) as reading:
            found = book.counts(reading, viewer=viewer, owner=owner)
        return frozenset(kind for kind, state in found if state in ("approved", "pending"))

    def listing(self, viewer: Viewer, wanted: Wanted) -> Listing:
        """A part of the list of a kind."""
        state = _STATES.get(wanted.state)
        with Reading(self._engine) as reading:
            found = book.entries(
                reading,
                viewer=viewer,
                kind=wanted.kind,
                state=state,
                search=wanted.text,
                after=wanted.after,
                limit=wanted.limit,
            )
            cards = [_card(one) for one in found.entries]
            return Listing(cards, names_of(reading, referred(cards)), found.after)

    def sheaf(self, viewer: Viewer, key: str) -> Sheaf:
        """An entry with everything around it."""
        with Reading(self._engine) as reading:
            found, purpose = self._look_up(reading, key, viewer)
            card = _card(found)
            history = [
                Amendment(time, found.created_by if time == found.created else "", dict(entry.values))
                for time, entry in told_before(reading, found)
            ]
            told = [card, *(replace(card, values=amendment.values) for amendment in history)]
            return Sheaf(
                card=card,
                names=names_of(reading, referred(told)),
                created=found.created,
                created_by=found.created_by,
                decided=found.decided,
                decided_by=found.decided_by or "",
                note=found.note,
                history=history,
                aliases=aliases_of(reading, found.key),
                papers=self._papers(reading, viewer, found, purpose),
                missing=self._missing(reading, viewer, found, purpose),
                may=_may(viewer, found),
            )

    def ways(self, viewer: Viewer, kind: EntryKind) -> Sequence[Way]:
        """What a reference to ``kind`` may name."""
        with Reading(self._engine) as reading:
            found = book.entries(reading, viewer=viewer, kind=kind, limit=MOST_WAYS).entries
            names = names_of(reading, [one.key for one in found])
        codes = [one.entry.value("code") for one in found]
        return [
            Way(one.key, typed_for(one.key, code if codes.count(code) == 1 else ""), names[one.key])
            for one, code in zip(found, codes, strict=True)
            if one.state in ("approved", "pending")
        ]

    def may_enter(self, viewer: Viewer, kind: EntryKind) -> bool:
        """Whether the viewer may enter things of this kind at all."""
        if viewer.role == "company":
            return bool(viewer.party) and kind != "party"
        return viewer.role == "administrator"

    # Entering

    def enter(self, by: Viewer, wish: Wish) -> tuple[str, str]:
        """Enter or amend what a form says; all its warnings must be confirmed."""
        with Writing(self._engine) as writing:
            entry = self._entry(writing, by, wish)
            if wish.key:
                check_confirmed(_amending(writing, by, wish.key, entry), wish.confirmed)
                done = book.amend(writing, wish.key, entry, by=by, now=self._now(), confirmed=True)
            else:
                check_confirmed(book.check_all(writing, [entry], by=by), wish.confirmed)
                done = book.enter(writing, entry, by=by, now=self._now(), give=self._give, confirmed=True)
        return done.key, done.state

    def withdraw(self, by: Viewer, key: str, note: str) -> None:
        """Take an entry out of use."""
        with Writing(self._engine) as writing:
            book.withdraw(writing, key, by=by, now=self._now(), note=note)

    def decide(self, by: Viewer, key: str, note: str, *, approve: bool) -> None:
        """Approve or refuse what waits."""
        with Writing(self._engine) as writing:
            if approve:
                book.approve(writing, key, by=by, now=self._now(), note=note)
            else:
                book.refuse(writing, key, by=by, now=self._now(), note=note)

    def approve_all(self, by: Viewer, keys: Sequence[str]) -> int:
        """Approve all of these that wait, or none."""
        with Writing(self._engine) as writing:
            waiting = [key for key in keys if book.look_up(writing, key, viewer=by).state == "pending"]
            for key in waiting:
                book.approve(writing, key, by=by, now=self._now())
        return len(waiting)

    def approval(self) -> bool:
        """Whether entries of companies wait for the administrator."""
        with Reading(self._engine) as reading:
            return book.approval_required(reading)

    def set_approval(self, by: Viewer, *, wanted: bool) -> None:
        """Change that."""
        del by  # the page lets only the operator through
        with Writing(self._engine) as writing:
            book.require_approval(writing, wanted)

    def _entry(self, reading: Reading, by: Viewer, wish: Wish) -> Entry:
        values = dict(wish.values)
        for field in SHEETS[wish.kind].fields:
            if field.value == "reference" and field.name in values:
                values[field.name] = meant_by(reading, by, field, values[field.name])
        entry, findings = read_sheet(wish.kind, values)
        if entry is None:
            raise EntryRefused(findings)
        return entry

    # Documents of lots

    def add_paper(self, by: Viewer, wish: PaperWish) -> None:
        """Add a document to a lot, with its file."""
        draft, findings = documents.read_document(wish.values)
        if draft is None:
            raise EntryRefused(findings)
        fit = None if wish.file is None else cleaned(wish.file.content, wish.file.name)
        with Writing(self._engine) as writing:
            found, purpose = self._look_up(writing, wish.lot, by)
            kept = None
            if fit is not None:
                owner = found.owner if by.role == "administrator" else by.party
                kept = keep_attachment(
                    writing, fit, name=fit.name, owner=owner, now=self._now(), randbytes=self._randbytes
                ).id
            documents.add_document(
                writing,
                found.key,
                draft,
                by=by,
                now=self._now(),
                randbytes=self._randbytes,
                attachment=kept,
                purpose=purpose,
            )

    def withdraw_paper(self, by: Viewer, paper: str) -> None:
        """Take back a document that was a mistake."""
        with Writing(self._engine) as writing:
            documents.withdraw_document(writing, paper, by=by, now=self._now())

    def attachment(self, viewer: Viewer, paper: str) -> tuple[str, str, bytes]:
        """Name, media type and content of the file of a document, for those who see the document."""
        with Reading(self._engine) as reading:
            lot = documents.document(reading, paper, viewer=HOUSE).lot
            purpose = self._papers_of(viewer, lot)
            found = documents.document(reading, paper, viewer=viewer, purpose=purpose)
            if found.attachment is None:
                raise NotFound("There is no such file", where="attachment")
            kept = attachment(reading, found.attachment)
        return kept.name, kept.media_type, kept.content

    def _look_up(self, reading: Reading, key: str, viewer: Viewer) -> tuple[book.Registered, Purpose]:
        """An entry, and what opens its papers; a lot that came in a container is in sight like any other."""
        lot = _lot(key)
        purpose = self._papers_of(viewer, lot) if lot else NO_PURPOSE
        try:
            found = book.look_up(reading, key, viewer=viewer)
        except NotFound:
            if not purpose.keys:
                raise
            found = book.look_up(reading, lot, viewer=HOUSE)
            if found.state != "approved":
                raise
        return found, replace(purpose, keys=frozenset([found.key])) if purpose.keys else purpose

    def _papers(
        self, reading: Reading, viewer: Viewer, found: book.Registered, purpose: Purpose
    ) -> Sequence[Paper]:
        if found.kind != "lot":
            return ()
        today = self._today()
        return [
            Paper(
                id=one.id,
                kind=one.kind,
                number=one.number,
                issuer=one.issuer,
                issued=one.issued,
                expires=one.expires,
                attachment=one.attachment,
                standing=_standing(one.expires, today),
                withdrawn=one.withdrawn is not None,
                own=viewer.role == "administrator" or is_own(viewer, one.owner),
            )
            for one in documents.documents_of(reading, found.key, viewer=viewer, purpose=purpose)
        ]

    def _missing(
        self, reading: Reading, viewer: Viewer, found: book.Registered, purpose: Purpose
    ) -> Sequence[str]:
        if found.kind != "lot":
            return ()
        told = documents.standings(reading, [found.key], self._today(), viewer=viewer, purpose=purpose)
        standing = told[found.key]
        return (*standing.missing, *(one.kind for one in standing.expired if one.kind in standing.required))

    def _today(self) -> date:
        return self._now().astimezone(self._zone).date()

    # Tables

    def keep_table(self, by: Viewer, kind: EntryKind, file: Handed) -> str:
        """Read a table and keep it for an hour; returns what names it. Nothing is entered."""
        return self._tables.keep(by, kind, file)

    def trial(self, by: Viewer, upload: str) -> Trial:
        """Check the kept table against the register of now."""
        return self._tables.trial(by, upload)

    def import_table(self, by: Viewer, upload: str, confirmed: frozenset[str]) -> tuple[EntryKind, int]:
        """Enter every row of the kept table, or none."""
        return self._tables.enter(by, upload, confirmed)


_STATES: Mapping[str, book.State] = {
    "approved": "approved",
    "pending": "pending",
    "refused": "refused",
    "withdrawn": "withdrawn",
}


def _lot(key: str) -> str:
    """The key of a lot in any spelling; nothing for what is none."""
    try:
        told = identify(key)
    except IdentifierError:
        return ""
    return told.key if told.kind == "lot" else ""


def _card(found: book.Registered) -> Card:
    return Card(found.key, found.kind, found.entry.values, found.owner, found.state)


def _may(viewer: Viewer, found: book.Registered) -> frozenset[str]:
    """What the viewer may do to an entry; the book itself refuses everything else."""
    acts: set[str] = set()
    writes = viewer.role == "administrator" or (viewer.role == "company" and found.owner == viewer.party)
    if writes and found.state != "withdrawn":
        acts |= {"amend", "withdraw"}
    if viewer.role == "administrator" and found.state != "approved":
        acts.add("decide")
    if viewer.role == "administrator" or (viewer.role == "company" and viewer.party):
        acts.add("document")  # also whoever received the lot
    return frozenset(acts)


def _standing(expires: str, today: date) -> str:
    """How the last day of a document, which is valid itself, stands to today."""
    if not expires:
        return "open"
    if expires < today.isoformat():
        return "over"
    return "soon" if expires <= (today + _SOON).isoformat() else "valid"


def _amending(writing: Writing, by: Viewer, key: str, entry: Entry) -> Sequence[Finding]:
    """What would be found upon amending: that the entry itself is there already is no clash."""
    found = book.check_all(writing, [replace(entry, key=entry.key or key)], by=by)
    return [one for one in found if one.severity == "warning"]
