"""Cases as people write them: a form, or a table out of a spreadsheet, one line for each.

A code may be written as it stands on the goods, a place by its name. What is written is turned into the JSON
of :mod:`suyuan.trace.incident.reported`, which checks it; every fault comes back to its line and column.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, get_args

from suyuan.portal.incident.illness import PREFIX
from suyuan.portal.language import LANGUAGES, Speech
from suyuan.portal.services import Label
from suyuan.trace.errors import InvalidInput, SuyuanError
from suyuan.trace.gs1 import IdentifierError, identify
from suyuan.trace.incident.problems import CasesInvalid
from suyuan.trace.incident.reported import Kind, Standing

COLUMNS = (
    "label", "onset", "place", "goods", "from_day", "to_day", "standing", "age_group", "kind",
)  # fmt: skip
"""What is told of a case, in the order in which a table without a heading is read."""
MOST_LINES = 1_000
LONGEST_TABLE = 200_000
_WORDS: Mapping[str, Sequence[str]] = {
    "kind": get_args(Kind),
    "standing": get_args(Standing),
}
_DAY = re.compile("(\\d{4})\\s*[-./\u5e74]\\s*(\\d{1,2})\\s*[-./\u6708]\\s*(\\d{1,2})\\s*\u65e5?")
"""Year, month and day, with the signs or words of either language between."""
_BETWEEN_CODES = re.compile("[\\s;\uff1b\u3001]+")

Find = Callable[[str, frozenset[str]], Sequence[Label]]
"""What a text may mean, of these kinds, best first."""


@dataclass(frozen=True, slots=True)
class Line:
    """One case as written. ``number`` is its line in the table, 0 in a form."""

    number: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a line; ``column`` is empty where it is the line as a whole."""

    number: int
    column: str
    value: str
    error: SuyuanError


def read_table(text: str) -> Sequence[Line]:
    """The lines of a table: comma, semicolon or tab between, with a heading or in the order of ``COLUMNS``.

    Raises:
        InvalidInput: there is nothing in it, it is no table, or it has more than 1,000 lines or 200,000
            characters.
    """
    if not text.strip():
        raise InvalidInput(
            "There is nothing in the table", where="table", remedy="Paste the lines of a spreadsheet here."
        )
    if len(text) > LONGEST_TABLE:
        raise _too_long()
    text = text.removeprefix("\ufeff")
    first = next((line for line in text.splitlines() if line.strip()), "")
    lines: list[Line] = []
    columns: Sequence[str | None] = COLUMNS
    for number, cells in enumerate(_cells(text, max("\t;,", key=first.count)), 1):
        if not any(cell.strip() for cell in cells):
            continue
        if not lines and columns is COLUMNS and (heading := _heading(cells)):
            columns = heading
            continue
        if len(lines) >= MOST_LINES:
            raise _too_long()
        told = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if name}
        lines.append(Line(number, told))
    if not lines:
        raise InvalidInput(
            "There is nothing below the heading", where="table", remedy="Paste the lines of the cases, too."
        )
    return lines


def _cells(text: str, between: str) -> Iterator[Sequence[str]]:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=between, strict=True)
    try:
        yield from rows
    except csv.Error as error:
        raise InvalidInput(
            "Line {line} has a quotation mark that does not close, or text after one that closes",
            where="table",
            line=rows.line_num,
            remedy="Double the marks inside the text, or leave them out.",
        ) from error


def _too_long() -> InvalidInput:
    return InvalidInput(
        "A table has at most {most} lines",
        where="table",
        most=MOST_LINES,
        remedy="Send it in parts.",
    )


def _heading(cells: Sequence[str]) -> Sequence[str | None] | None:
    known = _headings()
    found = [known.get(cell.strip().casefold()) for cell in cells]
    return found if "label" in found or sum(one is not None for one in found) > 1 else None


@cache
def _headings() -> Mapping[str, str]:
    """What a column may be called, in either language."""
    return {
        name.casefold(): column
        for language in LANGUAGES
        for column in COLUMNS
        for name in (column, *Speech(language).say(f"cases.headings.{column}").split("|"))
    }


@cache
def _words() -> Mapping[str, str]:
    """The words of the vocabulary by how either language says them."""
    return {
        Speech(language).say(f"case.{column}.{word}").casefold(): word
        for language in LANGUAGES
        for column, words in _WORDS.items()
        for word in words
    }


def told(lines: Sequence[Line], find: Find) -> tuple[list[dict[str, Any]], list[Fault]]:
    """The JSON of each line, and what cannot be turned into any: names of no place, codes of no goods."""
    cases: list[dict[str, Any]] = []
    faults: list[Fault] = []
    for line in lines:
        value = {name: line.values.get(name, "").strip() for name in COLUMNS}
        case: dict[str, Any] = {"label": value["label"]}
        if value["age_group"]:
            case["age_group"] = value["age_group"]
        for name, known in _WORDS.items():
            if value[name]:
                case[name] = _words().get(value[name].casefold(), value[name])
                if case[name] not in known:
                    faults.append(Fault(line.number, name, value[name], _no_word(name, value[name])))
                    del case[name]
        for name in ("onset", "from_day", "to_day"):
            if value[name]:
                case[name] = _day(value[name])
        if value["place"]:
            case["places"] = _keys([value["place"]], frozenset({"place"}), "place", line, find, faults)
        if value["goods"]:
            codes = _BETWEEN_CODES.split(value["goods"])
            goods = frozenset({"item", "lot", "product", "unit"})
            case["goods"] = _keys(filter(None, codes), goods, "goods", line, find, faults)
        cases.append(case)
    return cases, faults


def _day(text: str) -> str:
    """A day as ISO 8601 writes it, if it is one in the usual spellings."""
    found = _DAY.fullmatch(text)
    if found is None:
        return text
    year, month, day = map(int, found.groups())
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return text


def _keys(
    texts: Iterable[str],
    kinds: frozenset[str],
    column: str,
    line: Line,
    find: Find,
    faults: list[Fault],
) -> list[str]:
    keys: list[str] = []
    for text in texts:
        try:
            named = identify(text)
        except IdentifierError:
            named = None
        if named is not None and named.kind in kinds:
            keys.append(named.key)
            continue
        labels = find(text, kinds)
        if len(labels) == 1:
            keys.append(labels[0].key)
        else:
            faults.append(Fault(line.number, column, text, _unclear(text, column, labels)))
    return keys


def _no_word(column: str, value: str) -> InvalidInput:
    """What may stand in a column, in both languages: whoever made the table may read either."""
    known = (
        " ".join(Speech(language).say(f"case.{column}.{word}") for language in LANGUAGES)
        for word in _WORDS[column]
    )
    return InvalidInput(
        "{value} is none of these: {known}",
        where=column,
        value=value[:80],
        known=" · ".join(known),
        remedy="Write one of these words, or leave it out.",
    )


def _unclear(text: str, column: str, labels: Sequence[Label]) -> InvalidInput:
    if labels:
        return InvalidInput(
            "{value} may mean several: {known}",
            where=column,
            value=text[:80],
            known=" · ".join(label.code for label in labels[:5]),
            remedy="Write one of these codes.",
        )
    if column == "place":
        return InvalidInput(
            "No place on record is called {value}",
            where=column,
            value=text[:80],
            remedy="Write its name as in the register, or its GLN.",
        )
    return InvalidInput(
        "Nothing on record is called {value}",
        where=column,
        value=text[:80],
        remedy="Write the code on the package, or the lot number.",
    )


_OF_MEMBER: Mapping[str, str] = {"places": "place", "goods": "goods"}


def faults_of(error: CasesInvalid, lines: Sequence[Line]) -> list[Fault]:
    """The faults that the reading of cases found, each back at its line and column."""
    found: list[Fault] = []
    for problem in error.problems:
        parts = problem.where.split("/")[1:]
        at = int(parts[0]) if parts and parts[0].isdigit() and int(parts[0]) < len(lines) else None
        line = lines[at] if at is not None else Line(0, {})
        name = parts[1] if len(parts) > 1 else ""
        column = _OF_MEMBER.get(name) or next((one for one in COLUMNS if one == name), "")
        what = InvalidInput(problem.template, where=column, remedy=problem.remedy, **dict(problem.fields))
        found.append(Fault(line.number, column, line.values.get(column, "") if column else "", what))
    return found


def all_faults(first: Sequence[Fault], others: Sequence[Fault]) -> list[Fault]:
    """Both, line by line; of a line whose place or goods are unclear it is not said that it names none."""
    unclear = {fault.number for fault in first}
    rest = [fault for fault in others if fault.column or fault.number not in unclear]
    return sorted([*first, *rest], key=lambda fault: fault.number)


def next_label(labels: Iterable[str]) -> str:
    """The label after the highest one: C-01 at first. Those of reports have numbers of another kind."""
    own = (label for label in labels if not label.startswith(PREFIX))
    numbers = [int(found[0]) for label in own if (found := re.findall(r"[0-9]+$", label))]
    return f"C-{max(numbers, default=0) + 1:02d}"
