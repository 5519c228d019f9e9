"""A label as the dots that a label printer burns, and the proof that its symbols read.

What is decoded here is what is sent: a printer that is given dots has nothing left to decide, neither which
typeface Chinese is set in nor how it draws a symbol. Lengths in millimetres become dots in one place,
:func:`burn`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from PIL import Image, ImageChops, ImageDraw, ImageFont

from suyuan.portal.sheet import Arrangement, Form, Line, Mark, SymbolUnreadable, text_width
from suyuan.portal.symbols import decode
from suyuan.portal.typeface import Typeface, TypefaceUnfit

_MM_PER_INCH, _POINTS_PER_INCH = 25.4, 72.0
_BAND = 24  # dots of height of a bar code that are decoded: all its rows are the same
_ENOUGH = 4  # dots of a module that a reader gets to see
_INK, _PAPER = 1, 0


def burn(arrangement: Arrangement, form: Form, dpi: int, chinese: Typeface) -> Image.Image:
    """The dots of one label, 1 for ink: an image of mode ``1``, as large as the label at that resolution.

    Modules stand on whole dots where the arrangement was made for ``dpi``.

    Raises:
        TypefaceUnfit: the label has letters that no typeface on this machine can draw.
        SymbolUnreadable: a symbol does not read back from these very dots; the label must not be used.
    """
    width, height = form.label
    dots: Any = Image.new(
        "1", (round(width / _MM_PER_INCH * dpi), round(height / _MM_PER_INCH * dpi)), _PAPER
    )
    boxes = [_stamp(dots, mark, dpi) for mark in arrangement.marks]
    for line in arrangement.lines:
        _write(dots, line, dpi, chinese)
    for mark, box in zip(arrangement.marks, boxes, strict=True):
        _prove(dots, mark, box, max(1, round(mark.module / _MM_PER_INCH * dpi) // _ENOUGH))
    burned: Image.Image = dots
    return burned


Box = tuple[int, int, int, int]


def _stamp(dots: Any, mark: Mark, dpi: int) -> Box:
    """Draw the modules of a symbol; the dots that it stands on, with its quiet zone."""
    scale = dpi / _MM_PER_INCH
    module = max(1, round(mark.module * scale))
    left, top = round(mark.x * scale), round(mark.y * scale)
    rows = mark.symbol.rows
    width, height = len(rows[0]) * module, round(mark.bar * scale) if mark.bar else len(rows) * module
    light: Any = Image.frombytes("L", (len(rows[0]), len(rows)), b"".join(rows)).convert("1")
    dots.paste(_INK, (left, top), ImageChops.invert(light).resize((width, height), Image.Resampling.NEAREST))
    quiet = mark.symbol.quiet * module
    if mark.bar:
        middle = top + height // 2
        return left - quiet, middle - _BAND // 2, left + width + quiet, middle + _BAND // 2
    return left - quiet, top - quiet, left + width + quiet, top + height + quiet


def _write(dots: Any, line: Line, dpi: int, chinese: Typeface) -> None:
    scale = dpi / _MM_PER_INCH
    size = max(1, round(line.size / _POINTS_PER_INCH * dpi))
    widest = max(1, round(text_width(line.text, line.font, line.size) * scale))
    ink, ascent = _text(line.text, size, widest, chinese)
    dots.paste(_INK, (round(line.x * scale), round(line.y * scale) - ascent), ink)


@lru_cache(maxsize=256)  # of a job all lines but the serial are the same
def _text(text: str, size: int, widest: int, chinese: Typeface) -> tuple[Any, int]:
    """A line of text as dots, squeezed to at most ``widest`` of them, and its height above the baseline."""
    font = _font(size, chinese, text)
    ascent, descent = font.getmetrics()
    width = max(1, round(font.getlength(text)))
    ink: Any = Image.new("1", (width, ascent + descent), _PAPER)
    ImageDraw.Draw(ink).text((0, 0), text, fill=_INK, font=font)
    if width > widest:
        ink = ink.resize((widest, ascent + descent), Image.Resampling.NEAREST)
    return ink, ascent


def _font(size: int, chinese: Typeface, text: str) -> ImageFont.FreeTypeFont:
    if not chinese.embedded:
        raise TypefaceUnfit(
            "No typeface on this machine can draw the labels for a label printer",
            where="SUYUAN_LABEL_FONT",
            remedy="Install one (Debian: apt install fonts-wqy-microhei), or print sheets (PDF).",
        )
    missing = chinese.lacks(text)
    if missing:
        raise TypefaceUnfit(
            "The typeface of the labels lacks the letters {letters}",
            where="SUYUAN_LABEL_FONT",
            letters=missing,
            remedy="Name a typeface in SUYUAN_LABEL_FONT that has them, or spell the name otherwise.",
        )
    return _sized(chinese.name, size)


@lru_cache(maxsize=64)
def _sized(path: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size)


def _prove(dots: Image.Image, mark: Mark, box: Box, coarser: int) -> None:
    """Decode a symbol from its dots, seen so many times coarser: no scanner sees as finely as is printed."""
    seen = ImageChops.invert(dots.crop(box).convert("L")).reduce(coarser)
    if decode(mark.symbol.symbology, seen) != mark.symbol.text:
        raise SymbolUnreadable(
            "The symbol of {text} cannot be read back as it would be printed",
            where="symbol",
            text=mark.symbol.text,
            remedy="Choose larger labels. Nothing was printed.",
        )
