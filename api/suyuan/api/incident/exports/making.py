"""Exports by their format."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from suyuan.api.incident.exports.geography import geojson_of
from suyuan.api.incident.exports.graph import graphml_of
from suyuan.api.incident.exports.pictures import drawing_of, png_of, svg_of
from suyuan.api.incident.exports.sheets import Table, csv_of, workbook_of
from suyuan.api.incident.exports.subject import Subject
from suyuan.api.incident.jobs import Made
from suyuan.trace.lineage import Scope
from suyuan.trace.lineage.lines import scope_lines, trace_lines

Format = Literal["csv", "xlsx", "graphml", "geojson", "svg", "png", "jsonl"]
FORMATS: tuple[Format, ...] = get_args(Format)
MEDIA_TYPES: Mapping[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "graphml": "application/graphml+xml",
    "geojson": "application/geo+json",
    "svg": "image/svg+xml",
    "png": "image/png",
    "jsonl": "application/x-ndjson",
}
_UNFIT = re.compile(r"[^\w\-. ]+")
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Wanted:
    """An export as it is asked for; ``table`` of CSV: lines, things or steps. ``title`` names the file."""

    format: Format
    table: Table | None = None
    title: str = ""


_MAKERS: Mapping[str, Callable[[Subject], bytes]] = {
    "xlsx": workbook_of,
    "graphml": graphml_of,
    "geojson": geojson_of,
    "svg": lambda subject: svg_of(drawing_of(subject)),
    "png": lambda subject: png_of(drawing_of(subject)),
}


def exported(subject: Subject, wanted: Wanted) -> Made:
    """The file of an export, with a name that says what it is."""
    usual = "trace" if subject.lines is None else "scope"
    name = _UNFIT.sub(" ", subject.title).strip()[:_LONGEST_NAME] or usual
    kind = wanted.format
    return Made(_pieces(subject, wanted), MEDIA_TYPES[kind], f"{name} {subject.asked:%Y-%m-%d}.{kind}")


def _pieces(subject: Subject, wanted: Wanted) -> Iterable[bytes]:
    if wanted.format == "csv":
        return [csv_of(subject, wanted.table)]
    if wanted.format != "jsonl":
        return [_MAKERS[wanted.format](subject)]
    if subject.lines is None:
        return trace_lines(subject.trace, subject.evidence)
    return scope_lines(Scope(subject.trace, subject.lines), subject.evidence)
