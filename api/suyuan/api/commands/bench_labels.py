"""``suyuan bench labels``: labels a second, each with its symbol decoded from what is printed."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

import orjson
import typer

from suyuan.portal.bitmap import burn
from suyuan.portal.sheet import FORMS, Face, Form, Look, arrange, check_marks, sheets
from suyuan.portal.typeface import Typeface, find_typeface
from suyuan.portal.zpl import RESOLUTIONS, label
from suyuan.trace.gs1 import check_digit

_LINK = "https://trace.example.cn/01/06901234567892/10/L20260501/21/{serial}"
_EPC = "3066C4409047E140075BCD15"
_RUNS = 5


def labels(
    count: Annotated[int, typer.Option(min=1, max=2_400, help="Labels in each run, each another.")] = 480,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object per row.")] = False,
) -> None:
    """Make labels on sheets (PDF) and for label printers (ZPL, with a tag to write), in one process.

    A label counts when every symbol on it was decoded and said what it should. Medians of five runs: by the
    clock, and by what this process had of a processor where others want it too.
    """
    chinese = find_typeface()
    for name, form in FORMS.items():
        if not form.thermal:
            _tell(f"{name} PDF", count, json, _on_paper(form, chinese))
            continue
        for dpi in RESOLUTIONS:
            _tell(f"{name} ZPL {dpi} dpi", count, json, _on_roll(form, chinese, dpi))


def _tell(row: str, count: int, json: bool, make: Callable[[list[Face]], None]) -> None:
    walls: list[float] = []
    processors: list[float] = []
    for run in range(_RUNS):
        faces = [_face(run * count + number) for number in range(count)]
        wall, processor = time.perf_counter(), time.process_time()
        make(faces)
        walls.append(count / (time.perf_counter() - wall))
        processors.append(count / (time.process_time() - processor))
    rate, own = round(statistics.median(walls)), round(statistics.median(processors))
    typer.echo(
        orjson.dumps({"row": row, "labels_per_second": rate, "labels_per_processor_second": own}).decode()
        if json
        else f"{row:28}{rate:8,} labels/s{own:8,} per second of its processor"
    )


def _on_paper(form: Form, chinese: Typeface) -> Callable[[list[Face]], None]:
    look = Look(chinese=chinese)

    def make(faces: list[Face]) -> None:
        for face in faces:
            check_marks(arrange(face, form, look))
        sheets(faces, form, look, "labels")

    return make


def _on_roll(form: Form, chinese: Typeface, dpi: int) -> Callable[[list[Face]], None]:
    look = replace(Look(chinese=chinese), dpi=dpi)

    def make(faces: list[Face]) -> None:
        for face in faces:
            label(burn(arrange(face, form, look), form, dpi, chinese), _EPC)

    return make


def _face(number: int) -> Face:
    """An item's label, or with its element string that of a unit: each number another."""
    serial = f"K7M2{number:08d}"
    body = f"06901234{number:09d}"
    return Face(
        _LINK.format(serial=serial),
        f"(00){body}{check_digit(body)}",
        ("有机纯牛奶 250 毫升", "Organic milk 250 ml"),
        (("批次 Lot", "L20260501"), ("生产日期 Made", "2026-05-01"), ("保质期至 Best before", "2026-11-01")),
        "序列号 Serial",
        f"{serial[:4]} {serial[4:8]} {serial[8:]}",
        "扫码溯源 Scan to trace",
        "GTIN 06901234567892",
    )
