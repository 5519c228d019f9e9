"""Labels on paper: every symbol reads back at every resolution, and what does not fit is refused or cut."""

from __future__ import annotations

import random
from typing import Any

import pypdfium2  # type: ignore[import-untyped]  # it ships no types
import pytest
import zxingcpp

from suyuan.portal import sheet
from suyuan.portal.sheet import (
    FORMS,
    Face,
    LabelTooSmall,
    Look,
    Mark,
    SymbolUnreadable,
    arrange,
    check_marks,
    picture,
    sheets,
    text_width,
)
from suyuan.portal.symbols import Symbol, pixels, read_back, symbol
from suyuan.trace.gs1 import link_of, own_identifier
from suyuan.trace.gs1.own import grouped
from suyuan.trace.register.labels import draw_serial

HERE = "https://trace.example.cn"


def face(seed: int, lot: str = "端午-7", **more: Any) -> Face:
    serial = draw_serial(random.Random(seed).randbytes)
    item = own_identifier(HERE, "product", "P00001A", lot=lot, serial=serial)
    told: dict[str, Any] = {
        "names": ("五香鲜肉粽子礼盒装", "Pork zongzi with five spices, gift box"),
        "facts": (("批次 Lot", lot), ("生产日期 Made", "2026-11-18"), ("保质期至 Best before", "2027-05-18")),
        "serial_caption": "序列号 Serial",
        "serial": grouped(serial),
        "foot": "扫码溯源 Scan to trace",
        "note": "P00001A · 非 GS1 not GS1",
        **more,
    }
    return Face(link=link_of(item, HERE), **told)


def rendered(pdf: bytes, dpi: int) -> list[Any]:
    paper: Any = pypdfium2.PdfDocument(pdf)
    images = [paper[number].render(scale=dpi / 72).to_pil().convert("L") for number in range(len(paper))]
    paper.close()
    return images


@pytest.mark.parametrize("name", ["a4-24", "a4-40", "roll-60x40"])
@pytest.mark.parametrize("level", ["Q", "H"])
def test_every_symbol_of_a_sheet_reads_back_at_96_150_and_203_dpi(name: str, level: Any) -> None:
    form, look = FORMS[name], Look("qr", level)
    labels = [face(number) for number in range(form.per_page)]
    pdf = sheets(labels, form, look, "labels")
    for dpi in (96, 150, 203):
        if form.thermal and dpi < 203:  # modules of whole dots are made for the printer's own resolution
            continue
        found = [one.text for image in rendered(pdf, dpi) for one in zxingcpp.read_barcodes(image)]
        assert sorted(found) == sorted(label.link for label in labels), dpi


def test_a_sheet_too_many_begins_a_new_page_and_the_same_labels_make_the_same_file() -> None:
    labels = [face(number) for number in range(25)]
    pdf = sheets(labels, FORMS["a4-24"], Look(), "labels")
    images = rendered(pdf, 150)
    assert [len(zxingcpp.read_barcodes(image)) for image in images] == [24, 1]
    assert sheets(labels, FORMS["a4-24"], Look(), "labels") == pdf


def test_a_symbol_that_does_not_read_back_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    made = arrange(face(1), FORMS["a4-24"], Look())
    check_marks(made)
    mark = made.marks[0]
    assert read_back(mark.symbol, 0.05) == ""  # half a dot for each module
    dirty = symbol("qr", f"{HERE}/own/product/P00001A")
    lying = Mark(mark.x, mark.y, mark.module, type(dirty)("qr", mark.symbol.text, dirty.rows))
    with pytest.raises(SymbolUnreadable):
        check_marks(type(made)((lying,), made.lines))
    monkeypatch.setattr(sheet, "read_back", unreadable)
    with pytest.raises(SymbolUnreadable):
        check_marks(made)


def unreadable(_made: Symbol, _module_mm: float, _dpi: int) -> str:
    return ""


@pytest.mark.parametrize(
    ("form", "dpi"), [("a4-4", 203), *(("roll-100x150", dpi) for dpi in (203, 300, 600))]
)
def test_bars_that_would_be_thinner_than_gs1_asks_are_not_drawn(form: str, dpi: int) -> None:
    long = Face(f"{HERE}/00/006901234567801498", "(00)006901234567801498(10)ABCDEFGHIJKLMNOPQRST")
    with pytest.raises(LabelTooSmall):
        arrange(long, FORMS[form], Look(dpi=dpi))


def test_gs1_symbols_are_those_that_gs1_allows() -> None:
    matrix = symbol("datamatrix", "(01)06901234567892(10)L7(21)7K3M9PQRT4WX")
    assert len(matrix.rows) == len(matrix.rows[0])  # square, no DMRE
    found = zxingcpp.read_barcodes(pixels(matrix, 0.5, 203))[0]
    assert (found.symbology_identifier, found.text) == ("]d2", matrix.text)
    bars = symbol("gs1-128", "(00)069012340000000009")
    assert zxingcpp.read_barcodes(pixels(bars, 0.5, 203))[0].symbology_identifier == "]C1"


def test_the_bar_code_of_a_unit_is_as_wide_and_high_as_gs1_wants() -> None:
    label = Face(f"{HERE}/00/069012340000000009", "(00)069012340000000009", ("物流单元 Logistic unit",))
    for name in ("a4-4", "roll-100x150"):
        bars = arrange(label, FORMS[name], Look()).marks[1]
        assert bars.module >= 0.495
        assert bars.bar >= 31.75
        assert bars.x >= 10 * bars.module  # the quiet zone


def test_a_link_that_is_too_long_for_the_label_is_refused() -> None:
    long = face(1)
    with pytest.raises(LabelTooSmall) as refused:
        arrange(Face(long.link + "x" * 900), FORMS["a4-40"], Look("qr", "H"))
    assert refused.value.where == "form"


@pytest.mark.parametrize("name", ["a4-24", "a4-40", "roll-60x40"])
@pytest.mark.parametrize(
    "text", ["粽" * 60, "W" * 200, "a \N{GRINNING FACE} b", "𠮷野家", "<b>&\"'", "مرحبا", " ", "é" * 40]
)
def test_whatever_a_product_is_called_its_label_stays_within_its_edges(name: str, text: str) -> None:
    form = FORMS[name]
    label = face(1, names=(text, text), facts=(("批次 Lot", text),), note=text)
    made = arrange(label, form, Look())
    width, height = form.label
    for line in made.lines:
        right = line.x + text_width(line.text, line.font, line.size)
        assert line.x >= 0
        assert right <= width + 0.1, line
        assert 0 < line.y <= height, line
    assert rendered(sheets([label], form, Look(), text), 150)
    svg = picture(label, form, Look())
    assert b"<b>" not in svg


def test_text_does_not_touch_the_symbol() -> None:
    for name in ("a4-24", "a4-40", "roll-60x40"):
        made = arrange(face(1), FORMS[name], Look())
        mark = made.marks[0]
        right = mark.x + mark.module * (mark.symbol.width - mark.symbol.quiet)
        assert all(line.x >= right or line.y > mark.y + right - mark.x for line in made.lines)
