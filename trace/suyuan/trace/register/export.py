"""Tables written for people: CSV that Excel opens as UTF-8, and .xlsx workbooks with lists to choose from.

Whatever a cell holds stays text: in a workbook it is stored as text, in CSV an apostrophe is put before what
a spreadsheet program would take for a formula (``= + - @``, in full width too, and tabs; numbers are left as
they are) or for another value (``1E+5``, ``#N/A``). :mod:`suyuan.trace.register.spreadsheet` takes the
apostrophe off again.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO, StringIO
from typing import Any

from openpyxl import Workbook  # type: ignore[import-untyped]  # it ships no types
from openpyxl.cell import WriteOnlyCell  # type: ignore[import-untyped]  # see above
from openpyxl.styles import (  # type: ignore[import-untyped]  # see above
    Alignment,
    Font,
    PatternFill,
)
from openpyxl.utils import get_column_letter  # type: ignore[import-untyped]  # see above
from openpyxl.worksheet.datavalidation import (  # type: ignore[import-untyped]  # see above
    DataValidation,
)

from suyuan.trace.register.rows import is_misread, marked

_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LONGEST_CELL = 32_767  # Excel's own limit
_LONGEST_LIST = 250  # Excel refuses longer ones inside a cell; they are told on the sheet of explanations
_LISTED_ROWS = 5000  # so far down do the lists to choose from reach


@dataclass(frozen=True, slots=True)
class Heading:
    """The head of a column: its title, how wide it is (in characters), and the texts to choose from."""

    title: str
    width: int = 18
    choices: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One sheet of a workbook."""

    title: str
    headings: tuple[Heading, ...]
    rows: Iterable[Sequence[str]]


def as_csv(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """UTF-8 with a byte order mark, without which Excel takes it for the code page of the machine."""
    out = StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([_harmless(title) for title in headings])
    writer.writerows([_harmless(text) for text in row] for row in rows)
    return out.getvalue().encode("utf-8-sig", "replace")


def as_workbook(pages: Sequence[Page]) -> bytes:
    """A workbook of these sheets: headings stay in sight, every column is text, required ones stand out."""
    book: Any = Workbook(write_only=True)
    for page in pages:
        sheet = book.create_sheet(page.title[:31])
        sheet.freeze_panes = "A2"
        for number, heading in enumerate(page.headings, 1):
            letter = get_column_letter(number)
            sheet.column_dimensions[letter].width = heading.width
            sheet.column_dimensions[letter].number_format = "@"  # what is typed stays as typed: 0012 keeps 00
        sheet.append([_head(sheet, heading) for heading in page.headings])
        plain = _cell(sheet, "")._style  # noqa: SLF001 (looking a style up anew for every cell takes half the time)
        for row in page.rows:
            sheet.append([_cell(sheet, text, plain) if text else None for text in row])
        for number, heading in enumerate(page.headings, 1):
            if heading.choices and sum(map(len, heading.choices)) + len(heading.choices) < _LONGEST_LIST:
                sheet.data_validations.append(_choices(get_column_letter(number), heading.choices))
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _harmless(text: str) -> str:
    return f"'{text}" if is_misread(text) and not _NUMBER.fullmatch(text) else text


def _cell(sheet: Any, text: str, style: Any = None) -> Any:
    cell: Any = WriteOnlyCell(sheet, _NOT_IN_XML.sub("\ufffd", marked(text))[:_LONGEST_CELL])
    cell.data_type = "s"  # also of what begins with an equals sign
    if style is None:
        cell.number_format = "@"
    else:
        cell._style = style  # noqa: SLF001 (see as_workbook)
    if "\n" in text:
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _head(sheet: Any, heading: Heading) -> Any:
    cell = _cell(sheet, heading.title)
    cell.font = Font(bold=True, color="FFFFFF" if heading.required else "0B5A3C")
    cell.fill = PatternFill("solid", fgColor="0B5A3C" if heading.required else "E3EEE7")
    cell.alignment = Alignment(vertical="center", wrap_text=True)
    return cell


def _choices(letter: str, choices: tuple[str, ...]) -> Any:
    listed = ",".join(choice.replace(",", " ").replace('"', "'") for choice in choices)
    found: Any = DataValidation(
        type="list", formula1=f'"{listed}"', allow_blank=True, errorStyle="warning", showErrorMessage=True
    )
    found.add(f"{letter}2:{letter}{_LISTED_ROWS}")
    return found
