"""Tables of links: tried against what is in force, and recorded as a whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from sqlalchemy import Engine, select

from suyuan.api.resolver.entity_tags import check_unchanged, entity_tag
from suyuan.api.resolver.link_desk import LinkDesk, answering
from suyuan.api.resolver.resolving import entry_of
from suyuan.portal.link_tables import LinkTrial, Tally, table_of
from suyuan.portal.register.desk import Handed
from suyuan.trace.errors import InvalidInput, NotAllowed, SuyuanError, TooLarge
from suyuan.trace.gs1 import Identifier, identify
from suyuan.trace.register.drafts import ADMINISTRATOR, COMPANY
from suyuan.trace.register.finding import EntryRefused, Finding, error
from suyuan.trace.register.importing import Told
from suyuan.trace.register.link_sheet import (
    COLUMNS,
    LinkSheet,
    SheetRow,
    finding_in,
    read_links,
    told_of,
    written,
)
from suyuan.trace.register.rows import MOST_ROWS
from suyuan.trace.register.spreadsheet import read_spreadsheet
from suyuan.trace.register.uploads import LINKS, forget_upload, keep_upload, waiting_links
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.links import (
    OPERATOR,
    Change,
    LinksChanged,
    carry_out,
    changes,
    check_links,
    links_given,
)
from suyuan.trace.store.objects import chunks
from suyuan.trace.store.record_tables import EntryRow
from suyuan.trace.store.viewer import Viewer

_MOST_ASKED = 200  # codes that are not the viewer's: of more nobody reads
_FIRST = 10
_NAMES = [column.name for column in COLUMNS]


@dataclass(frozen=True, slots=True)
class _Codes:
    """The codes of a table with their rows, by key, and what is wrong with the table so far."""

    sheet: LinkSheet
    named: Mapping[str, Identifier]
    rows: Mapping[str, Sequence[SheetRow]]
    errors: Sequence[Told]


class LinkTables:
    """Tables of links of one store. Safe to use from several threads."""

    def __init__(self, engine: Engine, desk: LinkDesk, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._desk = desk
        self._now = now

    # In two steps, for people

    def keep(self, viewer: Viewer, file: Handed) -> str:
        """Keep a table for an hour; what names it. Nothing is recorded.

        Raises ``NotAllowed``, and ``FileUnreadable`` or ``TooLarge`` for what is no such table.
        """
        _owner(viewer)
        read_links(read_spreadsheet(file.content))
        with Writing(self._engine) as writing:
            kept = keep_upload(
                writing, viewer.name, LINKS, name=file.name, content=file.content, now=self._now()
            )
        return kept.id

    def trial(self, viewer: Viewer, upload: str) -> LinkTrial:
        """What a kept table would do as of now. Raises ``NotFound`` where it is gone."""
        with Reading(self._engine) as reading:
            kept = waiting_links(reading, viewer.name, upload, now=self._now())
        codes = self._codes(kept.content)
        with Reading(self._engine) as reading:
            found, errors = self._changes(reading, viewer, codes)
        first = [(row.line, written(row.code, row.link)) for row in codes.sheet.rows[:_FIRST]]
        ending = (written(one.key, link) for one in found for link in one.ended.values())
        return LinkTrial(
            kept.id,
            kept.name,
            kept.expires,
            _tally(codes, found),
            errors,
            first,
            list(islice(ending, _FIRST)),
            _digest(found),
        )

    def record_kept(self, viewer: Viewer, upload: str, seen: str) -> Tally:
        """Record a kept table: every row, or none, if it does what the trial told that ``seen`` names.

        Raises as :meth:`trial`, ``EntryRefused`` as :meth:`record`, and ``LinksChanged`` where it would do
        something else by now.
        """
        with Reading(self._engine) as reading:
            kept = waiting_links(reading, viewer.name, upload, now=self._now())
        codes = self._codes(kept.content)
        with Writing(self._engine) as writing:
            found, errors = self._changes(writing, viewer, codes)
            _refuse(errors)
            if _digest(found) != seen:
                raise LinksChanged(
                    "Somebody changed links of these codes since you looked",
                    where="seen",
                    remedy="Look at what the table would do now, and record it then.",
                )
            carry_out(writing, found, by=viewer.name, now=self._now())
            forget_upload(writing, viewer.name, upload)
        return _tally(codes, found)

    # In one, for programs

    def tried(self, viewer: Viewer, content: bytes, if_match: str = "") -> Tally:
        """What a table would do. Raises as :meth:`record`."""
        codes = self._codes(content)
        with Reading(self._engine) as reading:
            found, errors = self._changes(reading, viewer, codes)
            _refuse(errors)
            _check_given(reading, viewer, if_match)
        return _tally(codes, found)

    def record(self, viewer: Viewer, content: bytes, if_match: str = "") -> Tally:
        """Let each code of a table have the links of its rows and no others; what it did.

        Raises ``NotAllowed``, ``FileUnreadable``, ``TooLarge``, ``LinksChanged`` where :meth:`given` tells
        another table than ``if_match`` names, and ``EntryRefused`` with the rows (of the file, from 1) that
        are wrong; then nothing is recorded.
        """
        codes = self._codes(content)
        with Writing(self._engine) as writing:
            found, errors = self._changes(writing, viewer, codes)
            _refuse(errors)
            _check_given(writing, viewer, if_match)
            carry_out(writing, found, by=viewer.name, now=self._now())
        return _tally(codes, found)

    def given(self, viewer: Viewer) -> Iterator[list[str]]:
        """The links in force that the viewer's party gave, as rows of such a table: of codes that are its.

        Raises ``NotAllowed``, and ``TooLarge`` for more than one table holds.
        """
        with Reading(self._engine) as reading:
            return _given(reading, viewer)

    def _codes(self, content: bytes) -> _Codes:
        """The codes of a file, and what is wrong with its rows by themselves and together."""
        sheet = read_links(read_spreadsheet(content))
        errors, names = [*sheet.errors], self._desk.names()
        named: dict[str, Identifier] = {}
        rows: dict[str, list[SheetRow]] = {}
        known: dict[str, str] = {}
        for row in sheet.rows:
            try:
                if row.link is not None:
                    self._desk.refuse_a_loop(row.link.href)
            except InvalidInput as wrong:
                errors.append(_told(sheet, row, finding_in(wrong)))
                continue
            try:
                if row.code not in known:
                    code = self._desk.identified(row.code)
                    known[row.code] = names.key(code.key)
                    named[known[row.code]] = code
            except SuyuanError as wrong:
                errors.append(_told(sheet, row, _at_code(wrong)))
                continue
            rows.setdefault(known[row.code], []).append(row)
        for its in rows.values():
            errors += _together(sheet, its)
        return _Codes(sheet, named, rows, errors)

    def _changes(
        self, reading: Reading, viewer: Viewer, codes: _Codes
    ) -> tuple[Sequence[Change], Sequence[Told]]:
        """What is to be done, and all that is wrong: then nothing is."""
        owners, refused = _owners(reading, viewer, codes.named)
        errors = [
            *codes.errors,
            *(
                _told(codes.sheet, codes.rows[key][0], found)
                for key, found in refused.items()
                if key in codes.rows
            ),
        ]
        if errors:
            return (), sorted(errors, key=lambda one: one.row)
        wanted = {key: [row.link for row in its if row.link] for key, its in codes.rows.items()}
        return list(changes(reading, wanted, owners)), ()


def _owner(viewer: Viewer) -> str:
    """Whose links a viewer gives."""
    if viewer.role == ADMINISTRATOR:
        return OPERATOR
    if viewer.role != COMPANY or not viewer.party:
        raise NotAllowed("{name} is a {role} and may not do this", name=viewer.name, role=viewer.role)
    return viewer.party


def _given(reading: Reading, viewer: Viewer) -> Iterator[list[str]]:
    """As :meth:`LinkTables.given`."""
    owner = _owner(viewer)
    found = links_given(reading, owner, MOST_ROWS + 1)
    if len(found) > MOST_ROWS:
        raise TooLarge(
            "These are more than the {limit} links of one table",
            limit=MOST_ROWS,
            remedy="Ask for the links of single codes: /api/links?code=…",
        )
    if owner != OPERATOR:  # what was withdrawn or went to others cannot be put back
        entries = {key: entry_of(identify(key)) for key in dict.fromkeys(key for key, _ in found)}
        theirs = _theirs(reading, owner, entries.values())
        found = [(key, link) for key, link in found if entries[key] in theirs]
    return (written(key, link) for key, link in found)


def _check_given(reading: Reading, viewer: Viewer, if_match: str) -> None:
    if if_match:
        check_unchanged(if_match, entity_tag(table_of(_given(reading, viewer))))


def _owners(
    reading: Reading, viewer: Viewer, named: Mapping[str, Identifier]
) -> tuple[Mapping[str, str], Mapping[str, Finding]]:
    """Who answers for each code, if the viewer speaks for them, and why not; a query for 500 codes.

    Only where that one does not say yes it is asked code by code, which says why not.
    """
    owner = _owner(viewer)
    if owner == OPERATOR:
        return dict.fromkeys(named, owner), {}
    entries = {key: entry_of(code) for key, code in named.items()}
    theirs = _theirs(reading, owner, entries.values())
    owners: dict[str, str] = {}
    refused: dict[str, Finding] = {}
    for key, code in named.items():
        if entries[key] in theirs:
            owners[key] = owner
        elif len(refused) < _MOST_ASKED:
            try:
                owners[key] = answering(reading, code, viewer)
            except SuyuanError as wrong:
                refused[key] = _at_code(wrong)
    return owners, refused


def _theirs(reading: Reading, owner: str, entries: Iterable[str]) -> set[str]:
    """Those of ``entries`` that are approved and the owner's; a query for 500 of them."""
    theirs = set[str]()
    for some in chunks(sorted({*entries})):
        rows = select(EntryRow.key).where(
            EntryRow.key.in_(some), EntryRow.owner == owner, EntryRow.state == "approved"
        )
        theirs.update(reading.connection.execute(rows).scalars())
    return theirs


def _together(sheet: LinkSheet, rows: Sequence[SheetRow]) -> Iterator[Told]:
    """What is wrong with the rows of one code, each of which is right."""
    links = [row.link for row in rows if row.link is not None]
    if len(links) < len(rows) and len(rows) > 1:
        alone = next(row for row in rows if row.link is None)
        yield _told(
            sheet,
            alone,
            error(
                "alone",
                "A row with nothing but the code says that it has no links, and others give it some",
                where="code",
                remedy="Leave this row out, or the others.",
            ),
        )
        return
    try:
        check_links(links)
    except InvalidInput as wrong:
        place = wrong.where.rpartition(".")[2]
        yield _told(sheet, rows[int(place) if place.isdigit() else 0], finding_in(wrong))


def _told(sheet: LinkSheet, row: SheetRow, found: Finding) -> Told:
    cells = dict(zip(_NAMES, written(row.code, row.link), strict=True))
    return told_of(found, row.line, sheet.titles, cells)


def _at_code(wrong: SuyuanError) -> Finding:
    return Finding(wrong.code, wrong.template, "code", wrong.remedy, wrong.fields)


def _tally(codes: _Codes, found: Sequence[Change]) -> Tally:
    return Tally(
        lines=codes.sheet.lines,
        codes=len(codes.rows),
        new=sum(len(one.new) for one in found),
        ended=sum(len(one.ended) for one in found),
        stay=sum(one.stay for one in found),
        defaults_lost=sum(one.default_lost for one in found),
        left_without=sum(bool(one.ended) and not one.stay and not one.new for one in found),
    )


def _digest(found: Sequence[Change]) -> str:
    """What names these changes: the same where the same is done to the same links."""
    digest = hashlib.sha256()
    for one in found:
        digest.update(
            repr((one.key, one.owner, one.stay, [*one.moved.items()], [*one.ended], one.new)).encode()
        )
    return digest.hexdigest()


def _refuse(errors: Sequence[Told]) -> None:
    if errors:
        raise EntryRefused([replace(one.finding, row=one.row) for one in errors])
