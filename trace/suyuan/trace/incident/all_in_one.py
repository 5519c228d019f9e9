"""FoodChain-Lab's All-in-One workbook: three sheets, Stations, Deliveries and Deliveries2Deliveries.

Columns are found by their headings, in any order and in any letters. Headings of deliveries take two rows: a
group such as "Delivery Date Arrival" above its "Day", "Month" and "Year".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from suyuan.trace.incident.dates import UNKNOWN, PartialDate, date_of, written
from suyuan.trace.incident.draft import Draft
from suyuan.trace.incident.json_settings import suppose
from suyuan.trace.incident.network import Reading
from suyuan.trace.incident.telling import read_delivery, read_link, read_station, warn_of_date

SHEETS = ("Stations", "Deliveries", "Deliveries2Deliveries")

_STATIONS = {
    "company_id": "id", "name": "name", "country": "country", "type of business": "type of business",
}  # fmt: skip
_DELIVERIES = {
    "deliveryid": "id", "station": "from", "recipient": "to", "product name": "product",
    "lot number": "lot number",
}  # fmt: skip
_LINKS = {"from deliveryid": "from", "into deliveryid": "to"}
_DATES = {"departure": "delivery date departure", "arrival": "delivery date arrival"}
_AMOUNTS = {
    "lot size": ("lot size",),
    "amount": ("unit weigt/vol./pck.", "unit weight/vol./pck."),  # the template spells it so
}
_PARTS = ("year", "month", "day")


class Fault(Protocol):
    """What makes a cell doubtful: a template with its fields, and what to do."""

    @property
    def template(self) -> str: ...  # noqa: D102
    @property
    def remedy(self) -> str: ...  # noqa: D102
    @property
    def fields(self) -> Mapping[str, object]: ...  # noqa: D102


class SheetRow(Protocol):
    """A row of a sheet: its number as spreadsheet programs count, its texts, and unreadable cells."""

    @property
    def number(self) -> int: ...  # noqa: D102
    @property
    def cells(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def damaged(self) -> Mapping[int, Fault]: ...  # noqa: D102


def read_all_in_one(sheets: Mapping[str, Sequence[SheetRow]], supposed: bytes = b"") -> Reading:
    """The network of a workbook's sheets, by their titles, and what is ``supposed`` of it (a JSON text).

    Raises:
        NetworkInvalid: with every fault and its cell, such as ``Deliveries!B7``.
        TooLarge: over a limit of ``network``.
    """
    draft = Draft()
    tables = {title: _table(title, sheets, draft) for title in SHEETS}
    for number, cells in tables["Stations"]:
        read_station(_named(cells, _STATIONS), f"Stations!{number}", draft)
    for number, cells in tables["Deliveries"]:
        where = f"Deliveries!{number}"
        told = _named(cells, _DELIVERIES)
        for name, group in _DATES.items():
            if day := _date(cells, group, where, draft):
                told[name] = (written(day), _place(cells, group, _PARTS, where))
        for name, groups in _AMOUNTS.items():
            for group in groups:
                if f"{group}/quantity" in cells:
                    text, place = cells[f"{group}/quantity"]
                    told[name] = (f"{text} {cells.get(f'{group}/type / unit', ('',))[0]}", place)
        read_delivery(told, where, draft)
    for number, cells in tables["Deliveries2Deliveries"]:
        read_link(_named(cells, _LINKS), f"Deliveries2Deliveries!{number}", draft)
    if supposed:
        suppose(supposed, draft)
    return draft.finished()


_Row = dict[str, tuple[Any, str]]


def _table(title: str, sheets: Mapping[str, Sequence[SheetRow]], draft: Draft) -> list[tuple[int, _Row]]:
    """The rows of a sheet by their headings, what cannot be read being told."""
    if title not in sheets:
        draft.problems.fault(
            "The workbook has no sheet {name}.",
            where=title,
            remedy="Use FoodChain-Lab's All-in-One template with its three sheets.",
            name=title,
        )
        return []
    needed = {"Stations": ("company_id",), "Deliveries": ("deliveryid", "station", "recipient")}
    rows = list(sheets[title])
    heads = 2 if title == "Deliveries" else 1
    columns = _headings([row for row in rows if row.number <= heads])
    for name in needed.get(title, tuple(_LINKS)):
        if name not in columns.values():
            draft.problems.fault(
                "The sheet {sheet} has no column {name}.",
                where=f"{title}!1",
                remedy="Take the headings from FoodChain-Lab's All-in-One template.",
                sheet=title,
                name=name,
            )
    return [
        (row.number, found)
        for row in rows
        if row.number > heads and (found := _cells(title, row, columns, draft))
    ]


def _headings(rows: Sequence[SheetRow]) -> dict[int, str]:
    """Column -> its heading, "group/part" where there are two rows of them."""
    first = next((row.cells for row in rows if row.number == 1), ())
    second = next((row.cells for row in rows if row.number > 1), ())
    columns: dict[int, str] = {}
    group = ""
    for column in range(max(len(first), len(second))):
        above = " ".join(first[column].split()).casefold() if column < len(first) else ""
        below = " ".join(second[column].split()).casefold() if column < len(second) else ""
        group = above or group
        if name := f"{group}/{below}" if below else above:
            columns.setdefault(column, name)
    return columns


def _cells(title: str, row: SheetRow, columns: Mapping[int, str], draft: Draft) -> _Row:
    found: _Row = {}
    for column, name in columns.items():
        where = f"{title}!{_letters(column)}{row.number}"
        if (fault := row.damaged.get(column)) is not None:
            draft.problems.fault(fault.template, where=where, remedy=fault.remedy, **fault.fields)
        elif column < len(row.cells) and row.cells[column]:
            found.setdefault(name, (row.cells[column], where))
    return found


def _named(cells: _Row, names: Mapping[str, str]) -> _Row:
    return {ours: cells[theirs] for theirs, ours in names.items() if theirs in cells}


def _date(cells: _Row, group: str, where: str, draft: Draft) -> PartialDate:
    parts = [str(cells.get(f"{group}/{part}", ("",))[0]) for part in _PARTS]
    day = date_of(*parts)
    if day is None or len(day) < sum(map(bool, parts)):
        warn_of_date(" ".join(part or "?" for part in parts), _place(cells, group, _PARTS, where), draft)
    return day or UNKNOWN


def _place(cells: _Row, group: str, parts: Sequence[str], where: str) -> str:
    return next((cells[f"{group}/{part}"][1] for part in parts if f"{group}/{part}" in cells), where)


def _letters(column: int) -> str:
    """A column as spreadsheet programs name it: 0 is A, 26 is AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
