"""Test results from a laboratory's file (CSV), with headings in Chinese or English.

::

    检验项目,检验结果,单位,检出限,不确定度,检验方法
    铅,<0.005,mg/kg,0.005,,GB 5009.12
    大肠菌群,10,CFU/g,,,GB 4789.3

Nothing is guessed: a file without the columns of item, result and unit is refused, and so is a row that
leaves one of them empty.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import islice

from suyuan.readers.station.csv_text import MOST_CELLS, MOST_LINE, decoded, endless_line, zero_line
from suyuan.readers.station.inspection import MOST_RESULTS, Result, magnitude
from suyuan.trace.errors import InvalidInput

MOST_BYTES = 1_000_000
_MOST_CELL = 200
_PREAMBLE = 20
_THOUSANDS = re.compile(r"(?<!\d)[1-9]\d{0,2}(,\d{3})+(?!\d)")
_SEPARATORS = ",;\t|"
_HEADINGS: Mapping[str, tuple[str, ...]] = {
    "item": ("检验项目", "检测项目", "项目", "项目名称", "item", "test item", "analyte", "parameter", "test"),
    "value": ("检验结果", "检测结果", "结果", "实测值", "检测值", "result", "value", "measured"),
    "unit": ("单位", "计量单位", "unit", "units", "uom"),
    "lod": ("检出限", "方法检出限", "lod", "detection limit", "limit of detection"),
    "uncertainty": ("不确定度", "扩展不确定度", "uncertainty", "u", "expanded uncertainty"),
    "method": ("检验方法", "检测方法", "方法", "检验依据", "检测依据", "method", "standard"),
}
_NEEDED = ("item", "value", "unit")


class ResultsFileWrong(InvalidInput):
    """A file that is no table of test results; ``where`` names its line."""

    code = "results-file-wrong"
    title = "The file of results cannot be read"


def read_results(data: bytes) -> tuple[Result, ...]:
    """The results in a laboratory's file, in its order. Linear.

    Raises:
        ResultsFileWrong: too large, in no encoding that we know, without the columns, or a row lacks a value.
    """
    if len(data) > MOST_BYTES:
        raise _wrong(
            "-", "The file has {size} bytes, too many for results.", "Give a lot's own.", size=len(data)
        )
    text = _decoded(data)
    for separator in _SEPARATORS:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        try:
            for row in islice(rows, _PREAMBLE):
                columns = _columns(row) if len(row) <= MOST_CELLS else {}
                if all(name in columns for name in _NEEDED):
                    below = ((rows.line_num, each) for each in rows)
                    return _results(below, columns, comma=separator != ",")
        except csv.Error:  # an endless cell: this is not how the file is separated
            continue
    raise _wrong(
        "line 1",
        "The file has no columns for item, result and unit.",
        "Name them 检验项目, 检验结果 and 单位, or item, result and unit, in the first line.",
    )


def _decoded(data: bytes) -> str:
    text = next((text for text in decoded(data) if "\0" not in text), None)
    if text is None:
        zero = zero_line(data) or 1
        raise _wrong(
            f"line {zero}",
            "The file is no text: line {line} has bytes that stand for no character.",
            "Save it as CSV in UTF-8 or GB 18030.",
            line=zero,
        )
    if (endless := endless_line(text)) is not None:
        raise _wrong(
            f"line {endless}",
            "Line {line} has more than {most} characters.",
            "Give one result in each line.",
            line=endless,
            most=MOST_LINE,
        )
    return text


def _columns(row: Sequence[str]) -> dict[str, int]:
    """Which column is what, by the headings in ``row``; the first of two alike counts."""
    found: dict[str, int] = {}
    for place, cell in enumerate(row):
        heading = cell.strip().casefold()
        for name, headings in _HEADINGS.items():
            if heading in headings:
                found.setdefault(name, place)
    return found


def _results(
    rows: Iterable[tuple[int, Sequence[str]]], columns: Mapping[str, int], *, comma: bool
) -> tuple[Result, ...]:
    """The results in ``rows``, each with its line."""
    results: list[Result] = []
    for number, row in rows:
        if not any(cell.strip() for cell in row):
            continue
        cells = {name: row[at].strip()[:_MOST_CELL] for name, at in columns.items() if at < len(row)}
        for name in _NEEDED:
            if not cells.get(name):
                raise _wrong(
                    f"line {number}",
                    "Line {line} has no {column}.",
                    "Complete the row: a result without item or unit cannot be judged.",
                    line=number,
                    column=f"{_HEADINGS[name][0]} ({_HEADINGS[name][-1]})",
                )
        if len(results) == MOST_RESULTS:
            raise _wrong(f"line {number}", "These are too many results.", "Give a lot's own.")
        if comma and _THOUSANDS.search(cells["value"]):
            raise _wrong(
                f"line {number}",
                "Line {line}: {text!r} may be a number with a decimal comma or one with its thousands apart.",
                "Write it without a comma, such as 1200 or 1.2.",
                line=number,
                text=cells["value"],
            )
        value = cells["value"].replace(",", ".") if comma else cells["value"]
        results.append(
            Result(
                cells["item"],
                value,
                cells["unit"],
                _number(cells.get("lod", ""), number, comma=comma),
                _number(cells.get("uncertainty", ""), number, comma=comma),
                cells.get("method", ""),
            )
        )
    return tuple(results)


def _number(text: str, line: int, *, comma: bool) -> Decimal | None:
    text = unicodedata.normalize("NFKC", text)
    plain = (text.replace(",", ".") if comma else text).lstrip("±<").strip()
    if plain in {"", "-", "/"}:
        return None
    value = magnitude(plain)
    if value is None:
        raise _wrong(
            f"line {line}",
            "Line {line}: {text!r} is no number.",
            "Write a detection limit or an uncertainty as a number in the unit of the result.",
            line=line,
            text=text[:40],
        )
    return value


def _wrong(where: str, template: str, remedy: str, **fields: object) -> ResultsFileWrong:
    return ResultsFileWrong(template, where=where, remedy=remedy, **fields)
