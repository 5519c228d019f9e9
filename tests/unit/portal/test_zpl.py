"""Labels as dots and in ZPL: what the printer gets is what was read back, whatever a product is called."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import crc_hqx
from dataclasses import replace
from zlib import decompress

import pytest
import zxingcpp
from PIL import Image

from suyuan.portal.bitmap import burn
from suyuan.portal.sheet import FORMS, Arrangement, Face, Look, Mark, SymbolUnreadable, arrange
from suyuan.portal.symbols import Symbology
from suyuan.portal.typeface import TypefaceUnfit, find_typeface, standard_typeface
from suyuan.portal.zpl import RESOLUTIONS, label

LINK = "https://trace.example.cn/01/06901234567892/10/L20260501/21/ABCDEFGH2345"
ELEMENTS = "(01)06901234567892(10)L20260501(21)ABCDEFGH2345"
EPC = "3066C4409047E140075BCD15"
CHINESE = find_typeface()
GRAPHIC = re.compile(rb"\^GFA,(\d+),(\d+),(\d+),:Z64:([A-Za-z0-9+/=]+):([0-9A-F]{4})\^FS")

needs_typeface = pytest.mark.skipif(not CHINESE.embedded, reason="no Chinese typeface (fonts-wqy-microhei)")


def face(name: str = "有机纯牛奶 250 ml") -> Face:
    return Face(
        LINK, ELEMENTS, (name, "Organic milk"), (("批次 Lot", "L20260501"),), "序列号", "ABCD EFGH 2345"
    )


def sent(zpl: bytes) -> Image.Image:
    """The dots of a label as the printer unpacks them: dark on light."""
    found = GRAPHIC.search(zpl)
    assert found is not None
    total, row = int(found[1]), int(found[3])
    assert crc_hqx(found[4], 0) == int(found[5], 16)
    raw = decompress(b64decode(found[4]))
    assert (len(raw), int(found[2])) == (total, total)
    width, height = map(int, re.findall(rb"\^PW(\d+)\^LL(\d+)", zpl)[0])
    assert row == (width + 7) // 8
    return Image.frombytes("1", (width, height), raw).convert("L").point(lambda ink: 255 - ink)


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
    unit = Face("https://trace.example.cn/00/006901234567801498", "(00)006901234567801498", ("Dairy",))
    arrangement = arrange(unit, form, look)
    assert arrangement.marks[1].module >= 0.495
    read = zxingcpp.read_barcodes(sent(label(burn(arrangement, form, dpi, CHINESE))))
    assert {one.text for one in read} == {unit.link, unit.elements}


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
    assert commands == b"XA PW LL LH PQ RS FS RF FD FS RF FN FS RF FN FS FH HV FS FH HV FS FO GF FS XZ"


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


def test_without_a_typeface_nothing_is_printed_that_nobody_can_read() -> None:
    look = Look(chinese=standard_typeface())
    with pytest.raises(TypefaceUnfit, match="No typeface"):
        burn(arrange(face(), FORMS["roll-60x40"], look), FORMS["roll-60x40"], 203, standard_typeface())
