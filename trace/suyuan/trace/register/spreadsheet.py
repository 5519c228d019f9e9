"""Files that people fill in: the rows of an Excel workbook or a CSV file, every cell as text.

What a file is, is found by looking at it, never believed from its name. All of it is hostile: sizes are
bounded before anything is unpacked, formulas are never computed, and whatever cannot be read for certain is
refused with the cell that it stands in. Nothing here knows what the columns mean.

Rules for cells, the same for every column:

- a date is ``YYYY-MM-DD``; whole numbers have no exponent and no decimals; zeros that a cell's format shows
  in front of a number (``00000000``) belong to it;
- a formula counts as the value that Excel computed last;
- ``="00123"``, the way to make Excel keep zeros in a CSV file, is ``00123``; an apostrophe, with which our
  own exports keep texts from becoming formulas, numbers or errors (``= + - @``, ``1E+5``, ``#N/A``), is taken
  off before those.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO

from suyuan.trace.errors import SuyuanError
from suyuan.trace.register.rows import (
    MOST_COLUMNS,
    MOST_ROWS,
    FileUnreadable,
    Row,
    meant,
    too_many_columns,
    too_many_rows,
)
from suyuan.trace.register.workbook import read_workbook

_SEPARATORS = (",", ";", "\t")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BEGINNINGS = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"{\\rtf", "RTF"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7z"),
    (b"\x1f\x8b", "gzip"),
)
_OF_TABLES = ("HTML", "XML")  # which spreadsheet programs write and open; a picture is not saved as a table


def read_spreadsheet(content: bytes) -> tuple[Row, ...]:
    """The rows that hold anything, of a workbook's first sheet or of a text with separators.

    Raises:
        FileUnreadable: something else than a table, with what it is and what to do.
        TooLarge: more rows, columns or bytes than are read at once.
    """
    if not content.strip():
        raise FileUnreadable("The file is empty", where="file", remedy="Choose the file that you filled in.")
    if content.startswith(b"PK\x03\x04"):
        return read_workbook(content)
    if (other := _something_else(content)) is not None:
        raise other
    return tuple(_read_text(decoded(content)))


def decoded(content: bytes) -> str:
    """The text of a file in UTF-8 or UTF-16 (with or without byte order mark), else in GB 18030 (GBK).

    Raises:
        FileUnreadable: none of them fits; names the line where it ends to fit.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _in(content, "utf-16")
    if len(content) > 1 and content[1] == 0 and content[0] != 0:
        return _in(content, "utf-16-le")
    if len(content) > 1 and content[0] == 0 and content[1] != 0:
        return _in(content, "utf-16-be")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # A text of many good UTF-8 letters with few bad bytes is damaged, not GBK: its letters would turn
        # into others without anybody noticing.
        shown = content.decode("utf-8", "replace")
        bad = shown.count("\ufffd")
        if sum(ord(letter) > 0x7F for letter in shown) - bad > 4 * bad:  # noqa: PLR2004 (beyond ASCII)
            raise _undecodable(content, error.start, "UTF-8") from error
    return _in(content, "gb18030")


def _in(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise _undecodable(content, error.start, encoding.upper()) from error


def _undecodable(content: bytes, position: int, encoding: str) -> FileUnreadable:
    return FileUnreadable(
        "Line {line} is not text in {encoding}",
        where="file",
        line=content.count(b"\n", 0, position) + 1,
        encoding=encoding,
        remedy="Save the table as .xlsx, or as CSV in UTF-8, and send that file.",
    )


def _something_else(content: bytes) -> SuyuanError | None:
    """What a file is that is no text."""
    if content.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            return FileUnreadable(
                "The workbook is protected with a password",
                where="file",
                remedy="Take the password off in Excel (File, Info, Protect Workbook) and save it again.",
            )
        return FileUnreadable(
            "This is a {kind} file; .xlsx and .csv are read here",
            where="file",
            kind="Excel 97-2003 (.xls)",
            remedy="Save it as .xlsx and send that file.",
        )
    kind = next((kind for beginning, kind in _BEGINNINGS if content.startswith(beginning)), "")
    if not kind and content.lstrip(b"\xef\xbb\xbf \r\n\t")[:15].lower().startswith(
        (b"<html", b"<!doctype html", b"<table")
    ):
        kind = "HTML"
    if not kind and content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<?xml"):
        kind = "XML"
    if kind:
        return FileUnreadable(
            "This is a {kind} file; .xlsx and .csv are read here",
            where="file",
            kind=kind,
            remedy="Save it as .xlsx and send that file."
            if kind in _OF_TABLES
            else "Choose an .xlsx or .csv file.",
        )
    utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff")) or (len(content) > 1 and 0 in content[:2])
    if b"\0" in content and not utf16:
        return FileUnreadable(
            "This file is not a table", where="file", remedy="Choose an .xlsx or .csv file."
        )
    return None


def _read_text(text: str) -> Iterator[Row]:
    if "\0" in text:
        raise FileUnreadable("This file is not a table", where="file", remedy="Choose an .xlsx or .csv file.")
    first, _, rest = text.partition("\n")
    told = first.strip().lower()
    separator = told[4:] or "\t" if told.startswith("sep=") and len(told) <= 5 else ""  # noqa: PLR2004 (one sign)
    above = 1 if separator else 0  # a line of the file that spreadsheets do not show, nor count as a row
    if separator:
        text = rest
    else:
        separator = _separator(text)
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    filled = 0
    try:
        for number, cells in enumerate(reader, 1):
            judged = [meant(cell) for cell in cells]
            texts = [text for text, _ in judged]
            while texts and not texts[-1]:
                texts.pop()
            if not texts:
                continue
            filled += 1
            if filled > MOST_ROWS + 10:
                raise too_many_rows()
            if len(texts) > MOST_COLUMNS:
                raise too_many_columns()
            faults = {column: fault for column, (_, fault) in enumerate(judged) if fault}
            yield Row(number, tuple(texts), faults)
    except csv.Error as error:
        raise FileUnreadable(
            "Line {line} has a quotation mark that does not close, or text after one that closes",
            where="file",
            line=above + reader.line_num,
            remedy="Save the table as .xlsx and send that file, or double the marks inside the text.",
        ) from error


def _separator(text: str) -> str:
    """The separator that the first line with more than one cell uses most, marks in quotes not counted."""
    for line in text.splitlines()[:10]:
        bare = "".join(line.split('"')[::2])
        most = max(_SEPARATORS, key=bare.count)
        if most in bare:
            return most
    return ","
