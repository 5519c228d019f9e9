"""The rows of an Excel workbook (.xlsx), read piece by piece within bounds.

The first sheet that is shown is read, or those of given titles. What openpyxl leaves out in its read-only
mode is found by a look into the sheet itself: merged cells, and formulas of which Excel has kept no value.
"""

from __future__ import annotations

import re
import threading
import warnings
import zlib
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from io import BytesIO
from typing import IO, Any
from xml.etree.ElementTree import Element
from zipfile import BadZipFile, ZipFile, ZipInfo

from openpyxl.reader.excel import ExcelReader  # type: ignore[import-untyped]  # it ships no types
from openpyxl.utils.cell import (  # type: ignore[import-untyped]  # see above
    range_boundaries,  # pyright: ignore[reportUnknownVariableType]  # see above
)
from openpyxl.utils.exceptions import (  # type: ignore[import-untyped]  # see above
    InvalidFileException,
)
from openpyxl.xml.constants import (  # type: ignore[import-untyped]  # see above
    SHARED_STRINGS,
    SHEET_MAIN_NS,
)
from openpyxl.xml.functions import iterparse  # type: ignore[import-untyped]  # see above

from suyuan.trace.errors import TooLarge
from suyuan.trace.register.finding import Finding, error
from suyuan.trace.register.rows import (
    MOST_COLUMNS,
    MOST_ROWS,
    FileUnreadable,
    Row,
    meant,
    too_many_columns,
    too_many_rows,
)
from suyuan.trace.register.sheet_rows import LAST_ROW, SheetRows, not_ours

MOST_UNPACKED = 128 << 20  # bytes; 50,000 rows of 25 columns are about 60 MiB
MOST_TEXTS = 32 << 20  # bytes of the shared texts, which are held in memory
MOST_WHOLE = 2 << 20  # bytes of any part that openpyxl reads as a tree: of styles a hundred times as much
MOST_OF_A_TEXT = 100_000  # tags of one of the shared texts; Excel's longest has 32,767 letters
MOST_MERGED = 100_000  # ranges
LONGEST_MARK = 1 << 20  # bytes between two tags of the shared texts, or of one
MOST_PARTS = 1000
_EXACT = 1e15  # Excel keeps 15 digits of a number

_PIECE = 1 << 16
_OVERLAP = 256  # a mark may lie across two pieces
_BARE = b"\xef\xbb\xbf\xfe\xff\0 \t\r\n"  # what may stand before the first mark of XML
_NO_VALUE = re.compile(  # after a formula
    rb"(?:</(?:\w+:)?f\s*>|<(?:\w+:)?f(?:\s[^<>]{0,200})?/>)\s*"
    rb"(?:<(?:\w+:)?v(?:\s[^<>]{0,20})?(?:/>|>\s*</(?:\w+:)?v\s*>)\s*)?</(?:\w+:)?c\s*>"
)
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell [^<>]*?ref="([A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7})"')
_BEYOND = re.compile(rb'<(?:\w+:)?c r="(?:G[S-Z]|[H-Z][A-Z]|[A-Z]{3})[0-9]+"[^<>]*(?<!/)>')  # 201 is GS
_BEYOND_Z = re.compile(rb'<(?:\w+:)?c r="[A-Z]{2}')
_FIRST_26 = 26
_TEXT, _RUN, _PLAIN = (f"{{{SHEET_MAIN_NS}}}{name}" for name in ("si", "r", "t"))
_ZEROS = re.compile(r"0{2,20}")
# openpyxl has no errors of its own for what is inside a damaged workbook: it fails as its parsing happens to.
_DAMAGED = (
    BadZipFile,
    InvalidFileException,
    SyntaxError,  # of XML
    zlib.error,
    EOFError,
    OSError,  # openpyxl's for a package without a workbook
    KeyError,
    IndexError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    NotImplementedError,  # a compression that zipfile does not know
    RuntimeError,  # a part that is encrypted
)
_ONE_AT_A_TIME = threading.Lock()  # bounds memory; and silencing warnings is not safe between threads


def read_workbook(content: bytes) -> tuple[Row, ...]:
    """The rows of the first visible sheet that hold anything.

    Raises:
        FileUnreadable: no workbook, a damaged one, one with parts that no spreadsheet program writes.
        TooLarge: unpacked larger than 128 MiB, or one of the parts that are read as a whole than 2 MiB;
            more than 50,000 rows or 200 columns.
    """
    with _opened(content) as (archive, sheets):
        if not sheets:
            raise FileUnreadable("The workbook has no sheet", where="file", remedy="Use the template.")
        return tuple(_rows(content, archive, sheets[0]))


def read_sheets(content: bytes, titles: Collection[str]) -> dict[str, tuple[Row, ...]]:
    """The rows that hold anything of each visible sheet with one of these titles; missing ones are left out.

    Raises:
        FileUnreadable: as ``read_workbook``.
        TooLarge: as ``read_workbook``, for each sheet.
    """
    with _opened(content) as (archive, sheets):
        return {
            sheet.title: tuple(_rows(content, archive, sheet)) for sheet in sheets if sheet.title in titles
        }


@contextmanager
def _opened(content: bytes) -> Generator[tuple[ZipFile, list[Any]]]:
    """The archive and its visible sheets; whatever is damaged within is told as that."""
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl tells of styles and extensions that it leaves out
        try:
            with ZipFile(BytesIO(content)) as archive:
                _check_parts(archive)
                book = _book(content, data_only=True)
                yield archive, [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
                book.close()
        except _DAMAGED as error:
            raise FileUnreadable(
                "The workbook is damaged",
                where="file",
                remedy="Open it in Excel, save it again as .xlsx and send that file.",
            ) from error


def _check_parts(archive: ZipFile) -> None:
    parts = archive.infolist()
    names = {part.filename for part in parts}
    if "xl/workbook.xml" not in names:
        raise _other_package(archive, names)
    sizes = {part.filename: part.file_size for part in parts}
    if len(parts) > MOST_PARTS or sum(sizes.values()) > MOST_UNPACKED:
        raise TooLarge(
            "The workbook is larger than {limit} MiB when unpacked",
            limit=MOST_UNPACKED >> 20,
            remedy="Copy the rows into the template and send that.",
        )
    for part in parts:
        with archive.open(part) as source:
            _check_xml(source)


def _check_xml(source: IO[bytes]) -> None:
    """Refuse entities, which expand to anything, wherever they stand in what a parser would take for XML.

    No spreadsheet program writes a document type, nor anything but UTF-8.
    """
    before = b""
    is_xml: bool | None = None  # nobody knows yet
    while piece := source.read(_PIECE):
        bare = piece.lstrip(_BARE)
        if is_xml is None and bare:
            is_xml = bare.startswith(b"<")
        if is_xml is False:  # a picture, say
            return
        seen = before + piece
        if b"<!DOCTYPE" in seen or b"<!ENTITY" in seen or b"\0" in seen:
            raise not_ours()
        before = seen[-_OVERLAP:]


class _Archive(ZipFile):
    """Of which parts are read as a whole only where they are small, and of sheets the rows."""

    sheets: Collection[str] = ()

    def open(self, name: str | ZipInfo, *more: Any, **named: Any) -> Any:
        source = super().open(name, *more, **named)
        return SheetRows(source) if name in self.sheets else source

    def read(self, name: str | ZipInfo, pwd: bytes | None = None) -> bytes:
        part = name if isinstance(name, ZipInfo) else self.getinfo(name)
        if part.file_size > MOST_WHOLE:
            raise TooLarge(
                "The part {inside} of the workbook is larger than {limit} MiB",
                inside=part.filename[:100],
                limit=MOST_WHOLE >> 20,
                remedy="Copy the rows into the template and send that.",
            )
        return super().read(name, pwd)


class _Reader(ExcelReader):  # type: ignore[misc]  # see above
    """openpyxl's, which trusts no part to be small, nor to be what another says that it is."""

    def __init__(self, content: bytes, *, data_only: bool) -> None:
        super().__init__(BytesIO(content), read_only=True, data_only=data_only, keep_links=False)
        self.archive = self._parts = _Archive(BytesIO(content))

    def read_strings(self) -> None:
        package: Any = self.package
        part = package.find(SHARED_STRINGS)
        if part is not None and self.archive.getinfo(part.PartName[1:]).file_size > MOST_TEXTS:
            raise TooLarge(
                "The texts of the workbook are larger than {limit} MiB",
                limit=MOST_TEXTS >> 20,
                remedy="Split the table and import the parts.",
            )
        if part is not None:
            with self.archive.open(part.PartName[1:]) as source:
                _check_marks(source)
            with self.archive.open(part.PartName[1:]) as source:
                self.shared_strings = _texts(source)

    def read_worksheets(self) -> None:
        sheets: Any = self.parser.find_sheets()
        self._parts.sheets = {relation.target for _, relation in sheets}
        super().read_worksheets()

    def read_chartsheet(self, sheet: object, rel: object) -> None:
        """It has no rows."""


def _check_marks(source: IO[bytes]) -> None:
    """Refuse what would be one thing in memory: a tag of a million attributes, say."""
    long = 0
    while piece := source.read(_PIECE):
        long = 0 if b"<" in piece else long + len(piece)
        if long > LONGEST_MARK:
            raise not_ours()


def _texts(source: IO[bytes]) -> list[str]:
    """The shared texts, without how they are pronounced; each is let go of before the next begins."""
    texts: list[str] = []
    depth = marks = 0
    reading = iterparse(source, ("start", "end"))
    _, root = next(reading)
    for event, element in reading:
        if event == "start":
            depth, marks = depth + 1, marks + 1
            if marks > MOST_OF_A_TEXT:
                raise not_ours()
            continue
        depth -= 1
        if depth == 0:
            if element.tag == _TEXT:
                texts.append("".join(_said(element)).replace("x005F_", ""))
            root.clear()
            marks = 0
    return texts


def _said(text: Element) -> Iterator[str]:
    for part in text:
        if part.tag == _PLAIN:
            yield part.text or ""
        elif part.tag == _RUN:
            yield part.findtext(_PLAIN, "")


def _book(content: bytes, *, data_only: bool) -> Any:
    reader = _Reader(content, data_only=data_only)
    reader.read()
    return reader.wb


def _other_package(archive: ZipFile, names: set[str]) -> FileUnreadable:
    if "xl/workbook.bin" in names:
        kind = "xlsb"
    elif any(name.startswith("word/") for name in names):
        return FileUnreadable(
            "This is a {kind} file; .xlsx and .csv are read here",
            where="file",
            kind="Word",
            remedy="Choose an .xlsx or .csv file.",
        )
    elif "mimetype" in names and archive.read("mimetype")[:100].endswith(b".spreadsheet"):
        kind = "ODS"
    else:
        return FileUnreadable(
            "This is an archive, not a table",
            where="file",
            remedy="Unpack it and send the .xlsx or .csv file that is inside.",
        )
    return FileUnreadable(
        "This is a {kind} file; .xlsx and .csv are read here",
        where="file",
        kind=kind,
        remedy="Save it as .xlsx and send that file.",
    )


def _rows(content: bytes, archive: ZipFile, sheet: Any) -> Iterator[Row]:
    part: str = sheet._worksheet_path  # noqa: SLF001 (openpyxl has no public name for it)
    seen = _look_into(archive, part)
    formulas = _formulas(content, sheet.title, seen.width) if seen.formulas else {}
    covered = _covered(seen.merged)
    sheet.reset_dimensions()  # what a file says of its own size is not believed
    filled = 0
    empty: object = None
    for number, cells in enumerate(sheet.iter_rows(max_col=seen.width), 1):
        if number > LAST_ROW:
            raise too_many_rows()
        if cells is empty:  # openpyxl tells a row that is not there by one and the same tuple
            continue
        row = _row(number, cells, formulas.get(number, frozenset()), covered.get(number, {}))
        if row is None:
            empty = cells
            continue
        filled += 1
        if filled > MOST_ROWS + 10:  # some rows above the headings are titles
            raise too_many_rows()
        yield row


def _row(
    number: int, cells: tuple[Any, ...], formulas: frozenset[int], merged: Mapping[int, str]
) -> Row | None:
    texts: list[str] = []
    damaged: dict[int, Finding] = {}
    numbers: set[int] = set()
    for column, cell in enumerate(cells):
        value = cell.value
        text = ""
        if value is None:
            if column in formulas:
                damaged[column] = error(
                    "formula-without-value",
                    "The cell holds a formula without a computed value",
                    remedy="Open the file in Excel and save it, or write the value itself.",
                )
        else:
            text, fault = _text(value, cell)
            if fault is not None:
                damaged[column] = fault
            if isinstance(value, int | float) and not isinstance(value, bool):
                numbers.add(column)
        texts.append(text)
    while texts and not texts[-1] and len(texts) - 1 not in damaged:
        texts.pop()
    if not any(texts) and not damaged:
        return None
    for column, span in merged.items():
        damaged[column] = error(
            "merged",
            "The cells {cells} are merged",
            cells=span,
            remedy="Unmerge them and write the value in every row.",
        )
    return Row(number, tuple(texts), damaged, frozenset(numbers))


def _text(value: object, cell: Any) -> tuple[str, Finding | None]:
    """A value as text, and what makes it doubtful."""
    if isinstance(value, bool):
        return ("true" if value else "false"), None
    if isinstance(value, int | float):
        return _number(value, cell)
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return (value.date().isoformat() if midnight else value.isoformat(" ", "seconds")), None
    if isinstance(value, date | time):
        return value.isoformat(), None
    return meant(str(value))


def _number(value: float, cell: Any) -> tuple[str, Finding | None]:
    if abs(value) >= _EXACT:
        text = f"{value:.0f}" if abs(value) < 1e40 else f"{value:g}"  # noqa: PLR2004 (no code is longer)
        return text, error(
            "digits-lost",
            "Excel keeps only 15 digits of a number: the end of {value} is lost",
            value=text,
            remedy="Format the column as text, type the number again and save.",
        )
    if value != int(value):
        return repr(round(value, 10)), None
    text = str(int(value))
    shown = str(cell.number_format or "")
    if _ZEROS.fullmatch(shown) and value >= 0:
        return text.zfill(len(shown)), None
    return text, None


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a look into a sheet shows: formulas without values, its merged ranges, how wide it may be."""

    formulas: bool
    merged: tuple[str, ...]
    width: int


def _look_into(archive: ZipFile, part: str) -> _Seen:
    formulas = wide = False
    merged: dict[str, None] = {}
    before = b""
    with archive.open(part) as source:
        while piece := source.read(_PIECE):
            seen = before + piece
            if _BEYOND.search(seen):
                raise too_many_columns()
            wide = wide or _BEYOND_Z.search(seen) is not None
            formulas = formulas or _NO_VALUE.search(seen) is not None
            merged.update((one.decode("ascii"), None) for one in _MERGED.findall(seen))
            if len(merged) > MOST_MERGED:
                raise not_ours()
            before = seen[-_OVERLAP:]
    return _Seen(formulas, tuple(merged), MOST_COLUMNS if wide else _FIRST_26)


def _formulas(content: bytes, title: str, width: int) -> dict[int, frozenset[int]]:
    """Row -> columns (from 0) that hold formulas: a second reading, for sheets where one has no value."""
    book = _book(content, data_only=False)
    sheet = book[title]
    sheet.reset_dimensions()
    found: dict[int, frozenset[int]] = {}
    plain: object = None
    for number, cells in enumerate(sheet.iter_rows(max_col=width), 1):
        if number > LAST_ROW:
            break
        if cells is plain:
            continue
        columns = frozenset(column for column, cell in enumerate(cells) if cell.data_type == "f")
        if columns:
            found[number] = columns
        else:
            plain = cells
    book.close()
    return found


def _covered(merged: Sequence[str]) -> dict[int, dict[int, str]]:
    """Row -> column (from 0) -> the merged range that covers it, for ranges of at most a sheet's bounds."""
    covered: dict[int, dict[int, str]] = {}
    budget = 1_000_000  # cells; a sheet that is one merged range must not fill the memory
    for span in merged:
        bounds: tuple[int, int, int, int] = range_boundaries(span)  # pyright: ignore[reportAssignmentType]
        left, top, right, bottom = bounds
        right, bottom = min(right, MOST_COLUMNS), min(bottom, top + MOST_ROWS)
        budget -= max(0, right - left + 1) * (bottom - top + 1)
        if budget < 0:
            break
        for row in range(top, bottom + 1):
            for column in range(left - 1, right):
                covered.setdefault(row, {})[column] = span
    return covered
