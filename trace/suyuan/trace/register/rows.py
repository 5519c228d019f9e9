"""What a file of rows is once it has been read: rows of texts, and what is wrong with single cells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from suyuan.trace.errors import InvalidInput, TooLarge
from suyuan.trace.register.finding import Finding, error

MOST_ROWS = 50_000  # headings and blank rows not counted
MOST_COLUMNS = 200
LONGEST_CELL = 4000  # characters

_SHORTENED = re.compile(r"[0-9](?:\.[0-9]+)?E\+[0-9]{1,3}", re.IGNORECASE)
_BLANKS = " \t\r\n\v\f\x1c\x1d\x1e\x1f\x85\xa0\u2002\u2003\u3000\u200b\ufeff"
_SUSPECT = frozenset("#0123456789")
_KEPT_AS_TEXT = re.compile(r'="([^"]*)"')
_ERROR_VALUES = ("#NULL", "#DIV/0", "#VALUE", "#REF", "#NAME", "#NUM", "#N/A", "#GETTING_DATA", "#SPILL")
_COMPUTED = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # full width too
_OF_VALUES = ("digits-lost", "cell-error")


class FileUnreadable(InvalidInput):
    """A file that cannot be read as a table: it is something else, damaged or protected."""

    code = "file-unreadable"
    title = "This file cannot be read"


@dataclass(frozen=True, slots=True)
class Row:
    """One row as the spreadsheet program counts it, from 1; blank cells are empty texts.

    ``damaged`` are columns (from 0) whose value cannot be known for certain, ``numbers`` those that came as
    numbers rather than as text: what Excel takes for a number may have lost zeros in front.
    """

    number: int
    cells: tuple[str, ...]
    damaged: Mapping[int, Finding] = field(default_factory=dict[int, Finding])
    numbers: frozenset[int] = frozenset()

    def cell(self, column: int) -> str:
        """The text in a column; rows may be shorter than the headings."""
        return self.cells[column] if column < len(self.cells) else ""


def cleaned(text: str) -> str:
    """A cell's text as it was meant: without the marks that keep spreadsheets from computing with it."""
    text = text.strip(_BLANKS)
    if text[:1] == "=" and (kept := _KEPT_AS_TEXT.fullmatch(text)):
        return kept[1].strip()
    return text[1:].strip(_BLANKS) if text[:1] == "'" and is_misread(text) else text


def meant(cell: str) -> tuple[str, Finding | None]:
    """As :func:`cleaned`, with its fault; an apostrophe says that what looks like a lost value is a text."""
    text = cleaned(cell)
    fault = fault_of(text)
    if fault is not None and fault.code in _OF_VALUES and cell.lstrip(_BLANKS)[:1] == "'":
        fault = None
    return text, fault


def is_misread(text: str) -> bool:
    """Whether programs take a text in a CSV file for something else: a formula, a number, an error.

    One that begins with apostrophes is, where what follows them is: they would be taken off.
    """
    bare = text.lstrip("'" + _BLANKS).rstrip(_BLANKS)
    return text.lstrip("'").startswith(_COMPUTED) or bare.startswith(_COMPUTED) or _is_lost(bare)


def marked(text: str) -> str:
    """The text of a cell of a workbook out of which :func:`meant` reads ``text``."""
    found, fault = meant(text)
    is_other = found != text.strip(_BLANKS) or (fault is not None and fault.code in _OF_VALUES)
    return f"'{text}" if is_other else text


def _is_lost(text: str) -> bool:
    return _SHORTENED.fullmatch(text) is not None or _is_error(text)


def _is_error(text: str) -> bool:
    return text.startswith("#") and text.rstrip("!?").upper() in _ERROR_VALUES


def fault_of(text: str) -> Finding | None:
    """What is wrong with a cell's text whatever its column means, or None."""
    if text.isprintable() and text[:1] not in _SUSPECT and len(text) <= LONGEST_CELL:
        return None  # nearly every cell: tables have a million
    if _SHORTENED.fullmatch(text):
        return error(
            "digits-lost",
            "Excel has shortened this number to {value}; its digits are lost",
            value=text,
            remedy="Format the column as text, type the number again and save.",
        )
    if _is_error(text):
        return error(
            "cell-error",
            "Excel shows the error {value} in this cell",
            value=text,
            remedy="Mend the formula or write the value itself.",
        )
    if len(text) > LONGEST_CELL:
        return error("too-long", "The text is longer than {limit} characters", limit=LONGEST_CELL)
    if any(ord(character) < 32 and character not in "\n\r\t" for character in text):  # noqa: PLR2004 (C0)
        return error(
            "control-character",
            "The cell holds a control character",
            remedy="Type the text again instead of pasting it.",
        )
    return None


def too_many_rows() -> TooLarge:
    """More rows than are read at once."""
    return TooLarge(
        "The table has more than {limit} rows", limit=MOST_ROWS, remedy="Split it and import the parts."
    )


def too_many_columns() -> TooLarge:
    """More columns than any sheet of ours has."""
    return TooLarge(
        "The table has more than {limit} columns",
        limit=MOST_COLUMNS,
        remedy="Use the template, and delete what stands beside its columns.",
    )
