"""Labels as dots and in ZPL: what the printer gets is what was read back, whatever a product is called."""

from __future__ import annotations

import re
from binascii import crc_hqx
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import zxingcpp
from PIL import Image

from suyuan.portal.bitmap import Burned, Dots, Field, burn, prove
from suyuan.portal.sheet import FORMS, Arrangement, Face, Line, Look, Mark, SymbolUnreadable, arrange
from suyuan.portal.symbols import Symbology
from suyuan.portal.typeface import TypefaceUnfit, find_typeface, standard_typeface
from suyuan.portal.zpl import MOST_GRAPHIC_BYTES, RESOLUTIONS, label
from suyuan.readers.virtual.printer import burned

LINK = "https://trace.example.cn/01/06901234567892/10/L20260501/21/ABCDEFGH2345"
ELEMENTS = "(01)06901234567892(10)L20260501(21)ABCDEFGH2345"
UNIT = Face("https://trace.example.cn/00/006901234567801498", "(00)006901234567801498", ("Dairy",))
EPC = "3066C4409047E140075BCD15"
CHINESE = find_typeface()
needs_typeface = pytest.mark.skipif(not CHINESE.embedded, reason="no Chinese typeface (fonts-wqy-microhei)")


def face(name: str = "有机纯牛奶 250 ml") -> Face:
    return Face(
        LINK, ELEMENTS, (name, "Organic milk"), (("批次 Lot", "L20260501"),), "序列号", "ABCD EFGH 2345"
    )


def sent(zpl: bytes) -> Image.Image:
    """The dots of a label as the printer unpacks them: dark on light."""
    printed = burned(zpl)
    assert printed is not None
    width, height, rows = printed
    return Image.frombytes("1", (width, height), rows).convert("L").point(lambda ink: 255 - ink)


def drawn(name: str, dpi: int) -> tuple[Arrangement, Burned]:
    """The label of goods or of a unit, arranged and burned."""
    form, look = FORMS[name], Look(chinese=CHINESE, dpi=dpi)
    arrangement = arrange(UNIT if form.units else face(), form, look)
    return arrangement, burn(arrangement, form, dpi, CHINESE)


def test_the_checksum_is_that_of_printers() -> None:
    # A graphic that a printer driver made: its data and its checksum.
    assert crc_hqx(b"eJxjYBgFo2AUjIJRMAroD+r/UwJ+DLj+oQ4Apse6rw==", 0) == 0xF18F


@needs_typeface
@pytest.mark.parametrize("dpi", RESOLUTIONS)
@pytest.mark.parametrize(("form", "symbology"), [("roll-60x40", "qr"), ("roll-60x40", "datamatrix")])
def test_the_dots_that_are_sent_say_what_the_label_says(form: str, symbology: Symbology, dpi: int) -> None:
    look = Look(symbology, "Q", CHINESE, dpi)
    dots = burn(arrange(face(), FORMS[form], look), FORMS[form], dpi, CHINESE)
    (read,) = zxingcpp.read_barcodes(sent(label(dots)))
    assert read.text == (LINK if symbology == "qr" else ELEMENTS)


@needs_typeface
@pytest.mark.parametrize("dpi", RESOLUTIONS)
def test_a_logistic_unit_has_bars_as_wide_as_gs1_asks(dpi: int) -> None:
    form, look = FORMS["roll-100x150"], Look(chinese=CHINESE, dpi=dpi)
    arrangement = arrange(UNIT, form, look)
    assert arrangement.marks[1].module >= 0.495
    read = zxingcpp.read_barcodes(sent(label(burn(arrangement, form, dpi, CHINESE))))
    assert {one.text for one in read} == {UNIT.link, UNIT.elements}


@needs_typeface
@pytest.mark.parametrize("dpi", RESOLUTIONS)
def test_no_graphic_is_larger_than_printers_take_and_together_they_are_the_label(dpi: int) -> None:
    _, dots = drawn("roll-100x150", dpi)
    zpl = label(dots)
    sizes = re.findall(rb"\^GFA,(\d+),(\d+),(\d+),", zpl)
    assert len(sizes) >= len(dots.fields)
    assert all(int(total) == int(again) <= MOST_GRAPHIC_BYTES for total, again, _ in sizes)
    assert np.array_equal(np.asarray(sent(zpl)) == 0, dots.whole())


@needs_typeface
@pytest.mark.parametrize(
    "name",
    ["^XZ^XA^FDfree milk^FS^XZ", "~JA", "^RFW,H^FD00^FS", "\u202eevil", "a\u2028b", "奶" * 500, "\x00"],
)
def test_no_name_of_a_product_becomes_a_command(name: str) -> None:
    look = Look(chinese=CHINESE)
    drawn = arrange(face(name), FORMS["roll-60x40"], look)
    try:
        zpl = label(burn(drawn, FORMS["roll-60x40"], 203, CHINESE), EPC)
    except TypefaceUnfit:
        return  # a letter that cannot be drawn is refused and not left out
    commands = b" ".join(re.findall(rb"[\^~]([A-Z]{2})", zpl))
    assert re.fullmatch(
        rb"XA PW LL LH PQ RS FS RF FD FS RF FN FS RF FN FS FH HV FS FH HV FS( FO GF FS)+ XZ", commands
    )


@needs_typeface
def test_a_label_with_a_tag_writes_it_and_asks_what_it_says() -> None:
    zpl = label(
        burn(arrange(face(), FORMS["roll-60x40"], Look(chinese=CHINESE)), FORMS["roll-60x40"], 203, CHINESE),
        EPC,
    )
    assert b"^RFW,H,,,A^FD3066C4409047E140075BCD15^FS\n^RFR,H,2,12,1^FN1^FS\n^RFR,H,0,12,2^FN2^FS\n" in zpl
    assert b"^FH_^HV1,24,EPC:,_0D_0A,L^FS" in zpl


@needs_typeface
def test_a_symbol_that_does_not_read_from_the_dots_is_not_printed() -> None:
    form = FORMS["roll-60x40"]
    good = arrange(face(), form, Look(chinese=CHINESE))
    (mark,) = good.marks
    beyond = replace(mark, x=form.label[0] - 5)  # half of it falls off the label
    with pytest.raises(SymbolUnreadable):
        burn(Arrangement((beyond,), good.lines), form, 203, CHINESE)
    over = Arrangement((mark, Mark(mark.x + 3, mark.y + 3, mark.module, mark.symbol)), ())
    with pytest.raises(SymbolUnreadable):
        burn(over, form, 203, CHINESE)


def moved(field: Field, right: int, down: int) -> Field:
    """The same dots elsewhere."""
    dots = np.unpackbits(field.rows, axis=1)
    dots = np.pad(dots, ((0, 0), (right, 8 - right)))
    return Field(field.x, field.y + down, np.packbits(dots, axis=1))


def flipped(field: Field, row: int, column: int, size: int) -> Field:
    """A square of other dots, counted from the first dark dot of the field's own."""
    dots = np.unpackbits(field.rows, axis=1)
    column += int(np.flatnonzero(dots.any(axis=0))[0])
    dots[row : row + size, column : column + size] ^= 1
    return replace(field, rows=np.packbits(dots, axis=1))


FAULTS: dict[str, Callable[[Field, int], Field]] = {
    "a module is of the other colour": lambda field, module: flipped(field, 9 * module, 9 * module, module),
    "one dot is": lambda field, _: flipped(field, 100, 50, 1),
    "it stands a dot to the right": lambda field, _: moved(field, 1, 0),
    "it stands a dot lower": lambda field, _: moved(field, 0, 1),
    "the last row is missing": lambda field, _: replace(field, rows=field.rows[:-1]),
    "it is not there": lambda field, _: replace(field, rows=np.zeros_like(field.rows)),
}


@needs_typeface
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(
    ("name", "number", "dpi"),
    [
        ("roll-60x40", 0, 203),
        *(("roll-100x150", number, dpi) for number in (0, 1) for dpi in RESOLUTIONS),
    ],
)
def test_whatever_is_wrong_with_the_dots_of_a_symbol_is_seen(
    name: str, number: int, dpi: int, fault: str
) -> None:
    arrangement, dots = drawn(name, dpi)
    fields = list(dots.fields)
    module = round(arrangement.marks[number].module / 25.4 * dpi)
    fields[number] = FAULTS[fault](fields[number], module)
    prove(dots, arrangement, dpi)
    with pytest.raises(SymbolUnreadable):
        prove(replace(dots, fields=tuple(fields)), arrangement, dpi)


@needs_typeface
@pytest.mark.parametrize("dpi", RESOLUTIONS)
def test_the_quiet_zone_of_each_symbol_is_without_a_dot_and_on_the_label(dpi: int) -> None:
    arrangement, dots = drawn("roll-100x150", dpi)
    for number, mark in enumerate(arrangement.marks):
        module, field = round(mark.module / 25.4 * dpi), dots.fields[number]
        first = field.x + int(np.flatnonzero(np.unpackbits(field.rows, axis=1).any(axis=0))[0])
        for beside, seen in (
            (1, False),
            (mark.symbol.quiet * module, False),
            (mark.symbol.quiet * module + 1, True),
        ):
            at = first - beside
            speck = Field(at // 8 * 8, field.y + 5, np.packbits(np.arange(8) == at % 8)[None])
            more = replace(dots, fields=(*dots.fields, speck))
            if seen:
                prove(more, arrangement, dpi)
            else:
                with pytest.raises(SymbolUnreadable):
                    prove(more, arrangement, dpi)
    (mark, bars), form = arrangement.marks, FORMS["roll-100x150"]
    near = mark.module * (mark.symbol.quiet - 1)
    far = form.label[0] - near - mark.module * len(mark.symbol.rows)
    for at in ({"x": near}, {"y": near}, {"x": far}):
        with pytest.raises(SymbolUnreadable):
            burn(Arrangement((replace(mark, **at), bars), ()), form, dpi, CHINESE)


@needs_typeface
def test_text_over_a_symbol_and_a_symbol_that_says_something_else_are_seen() -> None:
    form = FORMS["roll-60x40"]
    good, _ = drawn("roll-60x40", 203)
    (mark,) = good.marks
    over = replace(good.lines[-1], x=mark.x + 2, y=mark.y + 5)
    with pytest.raises(SymbolUnreadable):
        burn(replace(good, lines=(*good.lines, over)), form, 203, CHINESE)
    lying = replace(mark, symbol=replace(mark.symbol, text=mark.symbol.text[:-1] + "6"))
    with pytest.raises(SymbolUnreadable):
        burn(replace(good, marks=(lying,)), form, 203, CHINESE)


@needs_typeface
@pytest.mark.parametrize("height", [0.0, 0.1, 4.9])
def test_bars_that_are_too_low_to_be_met_by_a_scanner_are_not_printed(height: float) -> None:
    arrangement, _ = drawn("roll-100x150", 203)
    bars = arrangement.marks[1]
    form = FORMS["roll-100x150"]
    burn(Arrangement((replace(bars, bar=5.0),), ()), form, 203, CHINESE)
    with pytest.raises(SymbolUnreadable):
        burn(Arrangement((replace(bars, bar=height),), ()), form, 203, CHINESE)


@needs_typeface
@pytest.mark.parametrize("dpi", RESOLUTIONS)
def test_a_serial_put_together_from_glyphs_stands_as_one_that_is_drawn_whole(dpi: int) -> None:
    # The Chinese space at the end makes the line one that is drawn whole; it leaves no ink.
    lines = [Line(2, 10, 9, "Courier-Bold", text) for text in ("K7M2 3456 (01)", "K7M2 3456 (01)\u3000")]
    form = FORMS["roll-60x40"]
    glyphs, whole = (burn(Arrangement((), (line,)), form, dpi, CHINESE).whole() for line in lines)
    assert glyphs.any()
    assert whole.any()
    assert not (glyphs & ~thickened(whole)).any()  # no dot is more than one beside where it should be
    assert not (whole & ~thickened(glyphs)).any()


def thickened(dots: Dots) -> Dots:
    """The ink, and a dot to the left and right of it."""
    more = dots.copy()
    more[:, 1:] |= dots[:, :-1]
    more[:, :-1] |= dots[:, 1:]
    return more


def test_without_a_typeface_nothing_is_printed_that_nobody_can_read() -> None:
    look = Look(chinese=standard_typeface())
    with pytest.raises(TypefaceUnfit, match="No typeface"):
        burn(arrange(face(), FORMS["roll-60x40"], look), FORMS["roll-60x40"], 203, standard_typeface())
