"""From the rows of a file to entries of the register: headings to fields, cells to values, every fault told.

Nothing is stored here. What other entries say is looked up by ``suyuan.trace.register.book`` afterwards.

Rules by which values are mended, each told with the row: a number that Excel made of a date becomes the date
again (46347 is 2026-11-21), and zeros that Excel took from the front of a GTIN come back (012345678905) if
then its check digit fits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from difflib import get_close_matches

from suyuan.trace.gs1 import IdentifierError, identify
from suyuan.trace.register.choices import folded
from suyuan.trace.register.fields import Field
from suyuan.trace.register.finding import Finding, error
from suyuan.trace.register.rows import FileUnreadable, Row
from suyuan.trace.register.sheets import SHEETS, Entry, EntryKind, Sheet, read_sheet

HEADINGS_WITHIN = 10  # rows; above the headings may stand a title
_DAY_ZERO = date(1899, 12, 30)  # of Excel's days, from March 1900 on
_EXCEL_DAYS = range(20_000, 80_000)  # 1954 to 2119: other numbers are no dates that food has
_WITHOUT_ZEROS = range(9, 12)  # digits of a GTIN-12 or GTIN-13 that lost some


@dataclass(frozen=True, slots=True)
class Told:
    """A finding in a file: ``row`` as the spreadsheet counts it (0: the whole file), and the cell's text."""

    finding: Finding
    row: int
    title: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Mended:
    """A value that a rule has changed."""

    row: int
    title: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A file as read: ``entries`` with the rows that they stand in (``places``), and what was found."""

    kind: EntryKind
    titles: Mapping[str, str]  # field name -> heading in the file
    rows: int
    entries: tuple[Entry, ...]
    places: tuple[int, ...]
    errors: tuple[Told, ...]
    warnings: tuple[Told, ...]
    mended: tuple[Mended, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column whose heading is known."""

    position: int
    title: str
    field: Field


def read_rows(kind: EntryKind, rows: Sequence[Row]) -> Reading:
    """Read the rows of a file as entries of ``kind``; linear in cells.

    Raises:
        FileUnreadable: none of the first rows looks like headings of this kind, or nothing follows them.
    """
    sheet = SHEETS[kind]
    heading, columns, told = _headings(sheet, rows)
    entries: list[Entry] = []
    places: list[int] = []
    mended: list[Mended] = []
    absent = {field.name for field in sheet.fields} - {column.field.name for column in columns}
    following = [row for row in rows if row.number > heading.number]
    if not following:
        raise FileUnreadable(
            "Below the headings there is no row",
            where="file",
            remedy="Fill in one row for each entry, and save the file before you send it.",
        )
    spans: set[object] = set()
    for row in following:
        values, damaged, changed = _values(row, columns)
        mended += changed
        entry, findings = read_sheet(kind, values)
        told += _told(row, columns, damaged, spans)
        spoiled = {column.field.name for column in columns if column.position in row.damaged}
        # A heading that is missing is told once, and what cannot be read is told as that alone.
        told += [
            Told(found, row.number, _title(columns, found.where), values.get(found.where, ""))
            for found in findings
            if found.where not in spoiled | absent
        ]
        if entry is not None and not damaged:
            entries.append(entry)
            places.append(row.number)
    told += _twice(entries, places, columns)
    told.sort(key=lambda one: one.row)
    return Reading(
        kind,
        titles={column.field.name: column.title for column in columns},
        rows=len(following),
        entries=tuple(entries),
        places=tuple(places),
        errors=tuple(one for one in told if one.finding.severity == "error"),
        warnings=tuple(one for one in told if one.finding.severity == "warning"),
        mended=tuple(mended),
    )


def located(reading: Reading, findings: Iterable[Finding]) -> tuple[Told, ...]:
    """What the book found about the entries (``row``: place among them), with the row in the file."""
    return tuple(
        Told(
            replace(found, row=None),
            0 if found.row is None else reading.places[found.row],
            reading.titles.get(found.where, ""),
            "" if found.row is None else _written(reading.entries[found.row], found.where),
        )
        for found in findings
        if found.code != "twice"  # told already, with the row that says the same
    )


def _written(entry: Entry, name: str) -> str:
    return entry.key if name == "identifier" else entry.value(name)


def _spelled(heading: str) -> str:
    return folded(heading).strip("*＊").replace("（", "(").replace("）", ")")


def _titles(field: Field) -> str:
    """Both that are read: which of them whoever sent the file can read, nobody knows here."""
    return f"{field.zh} / {field.en}"


def _spellings(sheet: Sheet) -> Mapping[str, Field]:
    return {
        _spelled(spelling): field for field in sheet.fields for spelling in (field.name, field.zh, field.en)
    }


def _heading(sheet: Sheet, beginning: Sequence[Row], known: Mapping[str, Field]) -> Row:
    """The row that has most headings of the template."""

    def hits(row: Row) -> int:
        return sum(_spelled(cell) in known for cell in row.cells)

    heading = max(beginning, key=hits, default=None)
    if heading is None or hits(heading) == 0:
        raise FileUnreadable(
            "None of the first rows has headings of the template; they begin with: {headings}",
            where="file",
            headings=", ".join(map(_titles, sheet.fields[:6])),
            remedy="Download the template for this kind of entry, and fill in that one.",
        )
    return heading


def _headings(sheet: Sheet, rows: Sequence[Row]) -> tuple[Row, list[Column], list[Told]]:
    """The row of headings, the columns that it names, and what is wrong with them."""
    known = _spellings(sheet)
    heading = _heading(sheet, rows[:HEADINGS_WITHIN], known)
    columns: dict[str, Column] = {}
    told: list[Told] = []
    for position, title in enumerate(heading.cells):
        field = known.get(_spelled(title))
        if field is None:
            told += _no_field(title, position, heading.number, known, rows)
        elif field.name in columns:
            told.append(
                Told(
                    error(
                        "heading-twice",
                        "Two columns have this heading.",
                        remedy="Delete one of them, or rename it if it means something else.",
                    ),
                    heading.number,
                    title,
                )
            )
        else:
            columns[field.name] = Column(position, title, field)
    told += [
        Told(
            error(
                "heading-missing",
                "The column {title} is missing; it must be filled in.",
                remedy="Add it, or take the template again.",
                title=_titles(field),
            ),
            heading.number,
        )
        for field in sheet.fields
        if field.required and field.name not in columns
    ]
    return heading, list(columns.values()), told


def _no_field(
    title: str, position: int, number: int, known: Mapping[str, Field], rows: Sequence[Row]
) -> list[Told]:
    if not title:
        filled = next((row for row in rows if row.number > number and row.cell(position)), None)
        if filled is None:
            return []
        finding = error(
            "heading-blank",
            "This column has values but no heading.",
            remedy="Write the heading from the template, or delete the column.",
        )
        return [Told(finding, filled.number, "", filled.cell(position))]
    near = get_close_matches(_spelled(title), known, n=1, cutoff=0.6)
    remedy = "Delete the column, or give it a heading of the template."
    if near:
        finding = error(
            "heading-unknown",
            "{title} is no heading of the template; perhaps {meant} is meant.",
            remedy=remedy,
            title=title,
            meant=_titles(known[near[0]]),
        )
    else:
        finding = error(
            "heading-unknown", "{title} is no heading of the template.", remedy=remedy, title=title
        )
    return [Told(finding, number, title)]


def _values(row: Row, columns: Sequence[Column]) -> tuple[dict[str, str], bool, list[Mended]]:
    """The values by field name, whether one of them is damaged, and those that were mended."""
    values: dict[str, str] = {}
    mended: list[Mended] = []
    damaged = False
    for column in columns:
        if column.position in row.damaged:
            damaged = True
            continue
        text = row.cell(column.position)
        if column.position in row.numbers:
            meant = _meant(column.field, text)
            if meant != text:
                mended.append(Mended(row.number, column.title, text, meant))
                text = meant
        if text:
            values[column.field.name] = text
    return values, damaged, mended


def _meant(field: Field, number: str) -> str:
    """What a number of Excel's was before Excel took it for a number."""
    if not number.isdigit():
        return number
    if field.value == "date" and int(number) in _EXCEL_DAYS:
        return (_DAY_ZERO + timedelta(days=int(number))).isoformat()
    of_product = (field.value == "identifier" and field.kind == "product") or field.of == "product"
    if of_product and len(number) in _WITHOUT_ZEROS:
        try:
            identify(f"https://id.gs1.org/01/{number.zfill(14)}")
        except IdentifierError:
            return number
        return number.zfill(12)
    return number


def _told(row: Row, columns: Sequence[Column], damaged: bool, spans: set[object]) -> list[Told]:
    if not damaged:
        return []
    told: list[Told] = []
    for column in columns:
        found = row.damaged.get(column.position)
        if found is None:
            continue
        if (span := found.fields.get("cells")) is not None:  # a merged range is told once, not in every cell
            if span in spans:
                continue
            spans.add(span)
        told.append(Told(found, row.number, column.title, row.cell(column.position)))
    return told


def _title(columns: Sequence[Column], name: str) -> str:
    return next((column.title for column in columns if column.field.name == name), "")


def _twice(entries: Sequence[Entry], places: Sequence[int], columns: Sequence[Column]) -> list[Told]:
    """Entries that the file itself names twice, by identifier, own code or lot."""
    first: dict[tuple[str, str], int] = {}
    told: list[Told] = []
    for entry, place in zip(entries, places, strict=True):
        if entry.kind == "lot":
            names = [("lot", f"{entry.value('product')}\n{entry.value('lot')}")]
        else:
            names = [("identifier", entry.key), ("code", entry.value("code"))]
        for field, name in names:
            if not name:
                continue
            before = first.setdefault((field, name), place)
            if before != place:
                finding = error(
                    "twice-in-file",
                    "Row {row} says the same.",
                    where=field,
                    remedy="Delete one of the two rows, or correct the code.",
                    row=before,
                )
                shown = entry.value("lot") if field == "lot" else name
                told.append(Told(finding, place, _title(columns, field), shown))
    return told
