"""Links of many codes as a table: a link a row, with the code that it is of; one code's rows are all it has.

A row of a code alone says that the code has no links. Nothing is stored or looked up here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from suyuan.trace.errors import InvalidInput
from suyuan.trace.register.choices import folded
from suyuan.trace.register.finding import Finding, error
from suyuan.trace.register.importing import HEADINGS_WITHIN, Told
from suyuan.trace.register.rows import FileUnreadable, Row
from suyuan.trace.resolver.link_types import GIVEN, LINK_TYPES, REGISTERED, short_name
from suyuan.trace.resolver.links import Link, Role, checked_link


class Column(NamedTuple):
    """A column of the table: what a link's member is called in it."""

    name: str
    zh: str
    en: str


COLUMNS = (
    Column("code", "编码", "Code"),
    Column("linkType", "类型", "Type"),
    Column("href", "网址", "Address"),
    Column("title", "名称", "Title"),
    Column("hreflang", "语言", "Languages"),
    Column("type", "媒体类型", "Media type"),
    Column("context", "场合", "Context"),
    Column("role", "默认", "Default"),
    Column("fwqs", "传递参数", "Passes the query on"),
)
_NEEDED = ("code", "linkType", "href", "title")
_ROLES = {
    **dict.fromkeys(("", "no", "false", "否"), Role.NONE),
    **dict.fromkeys(("default", "yes", "true", "是", "默认"), Role.DEFAULT),
    **dict.fromkeys(("choice", "可选"), Role.CHOICE),
}
_SWITCHES = {
    **dict.fromkeys(("", "yes", "true", "1", "是"), True),
    **dict.fromkeys(("no", "false", "0", "否"), False),
}
_TYPES = {folded(word): name for name in sorted(GIVEN) for word in LINK_TYPES[name]}
_BETWEEN = str.maketrans(dict.fromkeys(",;，、；", " "))


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row as read: the code as it was written, and its link, None where it says that there is none."""

    line: int
    code: str
    link: Link | None


@dataclass(frozen=True, slots=True)
class LinkSheet:
    """A table as read, ``lines`` long without its headings; ``titles`` are those of its columns, by name."""

    titles: Mapping[str, str]
    lines: int
    rows: Sequence[SheetRow]
    errors: Sequence[Told]


def read_links(rows: Sequence[Row]) -> LinkSheet:
    """The links that the rows of a file say, and everything that is wrong with them.

    Raises ``FileUnreadable`` where headings are missing, or nothing follows them.
    """
    heading, columns = _headings(rows[:HEADINGS_WITHIN])
    titles = {name: heading.cell(at) for name, at in columns.items()}
    following = [row for row in rows if row.number > heading.number]
    if not following:
        raise FileUnreadable(
            "Below the headings there is no row",
            where="file",
            remedy="Fill in one row for each link, and save the file before you send it.",
        )
    found: list[SheetRow] = []
    told = [_above(row, titles, columns) for row in rows if _is_lost(row, heading, columns)]
    for row in following:
        cells = {name: row.cell(at) for name, at in columns.items()}
        names = {at: name for name, at in columns.items()}
        faults = [
            Told(fault, row.number, heading.cell(at), row.cell(at))
            for at, fault in row.damaged.items()
            if at in names
        ]
        if not faults:
            read = _read(cells)
            if isinstance(read, Finding):
                faults = [told_of(read, row.number, titles, cells)]
            else:
                found.append(SheetRow(row.number, cells["code"], read))
        told += faults
    return LinkSheet(titles, len(following), found, told)


def told_of(found: Finding, line: int, titles: Mapping[str, str], cells: Mapping[str, str]) -> Told:
    """A finding with the column and the text that it is about."""
    return Told(found, line, titles.get(found.where, ""), cells.get(found.where, ""))


def finding_in(wrong: InvalidInput) -> Finding:
    """What is wrong, as a finding; ``where`` is the first member that it names."""
    return Finding(wrong.code, wrong.template, wrong.where.split(".")[0], wrong.remedy, wrong.fields)


def written(code: str, link: Link | None) -> list[str]:
    """The cells of a row that :func:`read_links` reads as this link."""
    if link is None:
        return [code, *[""] * (len(COLUMNS) - 1)]
    return [
        code,
        short_name(link.link_type),
        link.href,
        link.title,
        " ".join(link.hreflang),
        link.type,
        " ".join(link.context),
        link.role.value,
        "" if link.fwqs else "no",
    ]


def _headings(beginning: Sequence[Row]) -> tuple[Row, Mapping[str, int]]:
    """The row of headings, and where each column stands."""
    known = {folded(spelling): column.name for column in COLUMNS for spelling in column}
    best: tuple[Row, dict[str, int]] | None = None
    for row in beginning:
        names = [(known.get(folded(cell), ""), at) for at, cell in enumerate(row.cells)]
        columns = {name: at for name, at in reversed(names) if name}
        if best is None or len(columns) > len(best[1]):
            best = row, columns
    there = set[str]() if best is None else best[1].keys()
    missing = [column for column in COLUMNS if column.name in _NEEDED and column.name not in there]
    if best is None or missing:
        raise FileUnreadable(
            "The column {title} is missing; it must be filled in.",
            where="file",
            remedy="Take the table of the links that there are, which has all columns.",
            title=" / ".join(missing[0]) if missing else "",
        )
    _check_headings(*best, known)
    return best


def _check_headings(heading: Row, columns: Mapping[str, int], known: Mapping[str, str]) -> None:
    """Refuse a column that would be lost without a word."""
    for at, cell in enumerate(heading.cells):
        name = known.get(folded(cell))
        if cell and (name is None or columns[name] != at):
            raise FileUnreadable(
                "The column {title} is not one of this table, or stands there twice",
                where="file",
                remedy="Delete it, or give it one of these headings: {headings}.",
                title=cell[:100],
                headings=", ".join(f"{column.name} ({column.zh})" for column in COLUMNS),
            )


def _is_lost(row: Row, heading: Row, columns: Mapping[str, int]) -> bool:
    """Whether a row above the headings looks like a link: it would be lost without a word."""
    above = row.number < heading.number
    return above and bool(row.cell(columns["code"]) and row.cell(columns["href"]))


def _above(row: Row, titles: Mapping[str, str], columns: Mapping[str, int]) -> Told:
    found = error(
        "above-headings",
        "This row stands above the headings",
        where="code",
        remedy="Put the row of headings first, or delete this row.",
    )
    return told_of(found, row.number, titles, {"code": row.cell(columns["code"])})


def _read(cells: Mapping[str, str]) -> Link | Finding | None:
    """The link of a row, None where it has only a code, or what is wrong."""
    if not cells["code"]:
        remedy = "Fill it in and send it again."
        return error("missing", "This must be filled in.", where="code", remedy=remedy)
    if not any(text for name, text in cells.items() if name != "code"):
        return None
    role, passes = _ROLES.get(folded(cells.get("role", ""))), _SWITCHES.get(folded(cells.get("fwqs", "")))
    if role is None or passes is None:
        return error(
            "no-choice",
            "{value} is not allowed here",
            where="role" if role is None else "fwqs",
            remedy="Write default or choice, or nothing." if role is None else "Write yes or no, or nothing.",
            value=cells["role" if role is None else "fwqs"],
        )
    kind = cells["linkType"]
    told = Link(
        kind if kind in REGISTERED else _TYPES.get(folded(kind), kind),
        cells["href"],
        cells["title"],
        tuple(cells.get("hreflang", "").translate(_BETWEEN).split()),
        cells.get("type", ""),
        tuple(cells.get("context", "").translate(_BETWEEN).split()),
        passes,
        role,
    )
    try:
        return checked_link(told)
    except InvalidInput as wrong:
        return finding_in(wrong)
