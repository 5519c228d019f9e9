"""Labels on paper: where everything stands on a label, on sheets as PDF, and the first one as a picture.

One arrangement (:func:`arrange`) feeds both drawings, so that the preview shows what is printed. Chinese is
set in the typeface of the job's :class:`Look`; all else in Helvetica and Courier, which every PDF reader has.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from math import ceil
from xml.sax.saxutils import escape

from reportlab import rl_config  # type: ignore[import-untyped]  # it ships no types
from reportlab.lib.units import mm  # type: ignore[import-untyped]  # it ships no types
from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]  # it ships no types
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]  # it ships no types
from reportlab.pdfgen.pathobject import PDFPathObject  # type: ignore[import-untyped]  # it ships no types

from suyuan.portal.symbols import PRINTER_DPI, Level, Symbol, Symbology, read_back, symbol
from suyuan.portal.typeface import Typeface, standard_typeface
from suyuan.trace.errors import InvalidInput, SuyuanError

rl_config.useA85 = (
    0  # pages are bytes: spelling them in letters makes them larger and takes as long as drawing
)

LATIN, LATIN_BOLD, CODE = "Helvetica", "Helvetica-Bold", "Courier-Bold"
_POINTS_PER_MM = float(mm)
_SMALLEST_TYPE = 4.5  # points; smaller is not read by anybody
_LEADING = 1.22
_MM_PER_INCH = 25.4
_DOT_MM = _MM_PER_INCH / PRINTER_DPI
_LEAST_DOTS = 2  # of a module: one dot wide modules are lost to the spread of ink
_A_LITTLE = 0.8
_A_HAIR = 1e-9  # what a whole number of dots may lose in arithmetic
_NARROW_MM = 30  # text columns below it set a caption above its value
# GS1 General Specifications §5.12.3.4: on labels of logistic units X is 0.495 mm and more
_BAR_LEAST_MM, _BAR_MM, _BAR_HEIGHT_MM = 0.495, 0.5, 32
LEAST_BAR_MM = 5.0
"""Bars that are less high are missed by who scans by hand (ISO/IEC 15417 advises so)."""
_MOST_LATIN = 0x17F


class LabelTooSmall(InvalidInput):
    """The symbol of so long a link does not fit on so small a label."""

    code = "label-too-small"
    title = "The code does not fit on the label"


class SymbolUnreadable(SuyuanError):
    """A symbol was drawn that does not read back: it must not be printed."""

    code = "symbol-unreadable"
    title = "A symbol could not be read back"


@dataclass(frozen=True, slots=True)
class Form:
    """Where labels stand on a sheet; lengths in millimetres. ``units``: it is for logistic units.

    ``thermal``: label printers have only whole dots, so modules are whole dots too.
    """

    name: str
    page: tuple[float, float]
    columns: int
    rows: int
    units: bool = False
    thermal: bool = False

    @property
    def label(self) -> tuple[float, float]:
        """Width and height of one label: the forms on the market leave no margins."""
        return self.page[0] / self.columns, self.page[1] / self.rows

    @property
    def per_page(self) -> int:
        """Labels on one sheet."""
        return self.columns * self.rows


_A4 = (210.0, 297.0)
FORMS = {
    form.name: form
    for form in (
        Form("a4-24", _A4, 3, 8),
        Form("a4-40", _A4, 4, 10),
        Form("roll-60x40", (60.0, 40.0), 1, 1, thermal=True),
        Form("a4-4", _A4, 2, 2, units=True),
        Form("roll-100x150", (100.0, 150.0), 1, 1, units=True, thermal=True),
    )
}


@dataclass(frozen=True, slots=True)
class Look:
    """What a job looks like: the kind of symbol, how much damage a QR symbol bears, the face of Chinese.

    ``dpi`` is the resolution of the label printer, where the form is for one.
    """

    symbology: Symbology = "qr"
    level: Level = "Q"
    chinese: Typeface = field(default_factory=standard_typeface)
    dpi: int = PRINTER_DPI


@dataclass(frozen=True, slots=True)
class Face:
    """What one label says. ``link`` stands in the QR symbol, ``elements`` in those of GS1 and in clear.

    ``facts`` are captions and values; ``serial`` is grouped as people read it; ``foot`` stands below the
    symbol, ``note`` last.
    """

    link: str
    elements: str = ""
    names: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    serial_caption: str = ""
    serial: str = ""
    foot: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text: its left end and baseline in millimetres from the label's upper left corner."""

    x: float
    y: float
    size: float  # points
    font: str
    text: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A symbol: the upper left corner of its modules and their size, in millimetres; height of bars."""

    x: float
    y: float
    module: float
    symbol: Symbol
    bar: float = 0.0


@dataclass(frozen=True, slots=True)
class Arrangement:
    """One label, ready to be drawn."""

    marks: tuple[Mark, ...]
    lines: tuple[Line, ...]


def arrange(face: Face, form: Form, look: Look) -> Arrangement:
    """Where everything of a label stands.

    Raises:
        LabelTooSmall: the symbol's modules would be too small to be printed, or bars thinner than GS1 asks.
    """
    return _unit_label(face, form, look) if form.units else _item_label(face, form, look)


def check_marks(arrangement: Arrangement, dpi: int = PRINTER_DPI) -> None:
    """See that every symbol of a label reads back at a resolution, by default the coarsest there is.

    Raises:
        SymbolUnreadable: it does not; the label must not be used.
    """
    for mark in arrangement.marks:
        if read_back(mark.symbol, mark.module, dpi) != mark.symbol.text:
            raise SymbolUnreadable(
                "The symbol of {text} cannot be read back as it would be printed",
                where="symbol",
                text=mark.symbol.text,
                remedy="Choose larger labels. Nothing was stored.",
            )


def sheets(faces: Iterable[Face], form: Form, look: Look, title: str) -> bytes:
    """The PDF of these labels, as many sheets as they need."""
    paper = BytesIO()
    canvas = Canvas(paper, pagesize=(form.page[0] * mm, form.page[1] * mm), invariant=True, pageCompression=1)
    canvas.setTitle(title)
    width, height = form.label
    for number, face in enumerate(faces):
        place = number % form.per_page
        if number and not place:
            canvas.showPage()
        left = width * (place % form.columns)
        top = form.page[1] - height * (place // form.columns)
        _draw(canvas, arrange(face, form, look), left, top)
    canvas.save()
    return paper.getvalue()


def picture(face: Face, form: Form, look: Look) -> bytes:
    """One label as SVG, with the edge of its paper."""
    arrangement = arrange(face, form, look)
    width, height = form.label
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width * 6:g}" height="{height * 6:g}">'
        f'<rect x=".1" y=".1" width="{width - 0.2:g}" height="{height - 0.2:g}" rx="1" fill="#fff" '
        'stroke="#7d8b83" stroke-width=".2"/>'
    )
    parts = [opening]
    for mark in arrangement.marks:
        tall = mark.bar / mark.module if mark.bar else 1
        path = "".join(f"M{x} {y}h{w}v{tall:g}h-{w}z" for x, y, w in mark.symbol.runs())
        parts.append(
            f'<path transform="translate({mark.x:.3f} {mark.y:.3f}) scale({mark.module:.5f})" '
            f'shape-rendering="crispEdges" d="{path}"/>'
        )
    for line in arrangement.lines:
        family = "monospace" if line.font == CODE else "'PingFang SC','Noto Sans CJK SC',sans-serif"
        weight = ' font-weight="700"' if line.font in (CODE, LATIN_BOLD) else ""
        parts.append(
            f'<text x="{line.x:.2f}" y="{line.y:.2f}" font-size="{line.size / _POINTS_PER_MM:.3f}" '
            f'font-family="{family}"{weight} textLength="{text_width(line.text, line.font, line.size):.2f}" '
            f'lengthAdjust="spacingAndGlyphs" xml:space="preserve">{escape(line.text)}</text>'
        )
    return ("".join(parts) + "</svg>").encode()


def _item_label(face: Face, form: Form, look: Look) -> Arrangement:
    width, height = form.label
    pad, foot = 2.5, 3.2
    chinese = look.chinese.name
    side = min(height - 2 * pad - foot + 1.5, (0.46 if form.thermal else 0.44) * width)
    mark = _mark(face, form, look, pad - 0.5, pad - 1, side)
    under = _fitted(face.foot, side, 6.0, chinese)
    baseline = min(pad - 1 + side + 2.2, height - 1.8)
    foot_x = pad - 0.5 + (side - text_width(face.foot, under.font, under.size)) / 2
    lines = [Line(foot_x, baseline, under.size, under.font, under.text)] if face.foot else []
    column = pad + side + 1
    column_lines = _column(face, width - column - 2, height - 2 * pad + 1, chinese)
    lines += [Line(column, pad + line.y, line.size, line.font, line.text) for line in column_lines]
    return Arrangement((mark,), tuple(lines))


def _unit_label(face: Face, form: Form, look: Look) -> Arrangement:
    """Above the QR symbol with what people read, below the bar code over the whole width."""
    width, height = form.label
    pad = 5.0
    chinese = look.chinese.name
    side = 0.42 * width
    marks = [_mark(Face(face.link), form, Look("qr", look.level), pad - 1, pad, side)]
    column = pad + side + 2
    lines = [
        Line(column, pad + line.y, line.size, line.font, line.text)
        for line in _column(face, width - column - pad, side, chinese, scale=1.5)
    ]
    if face.foot:
        under = _fitted(face.foot, side, 8.0, chinese)
        lines.append(Line(pad + 2, pad + side + 4, under.size, under.font, under.text))
    if face.elements:
        bars = symbol("gs1-128", face.elements)
        module = min(_BAR_MM, (width - 2) / bars.width)
        if form.thermal:
            dot = _MM_PER_INCH / look.dpi
            module = min(ceil(_BAR_LEAST_MM / dot), int((width - 2) / bars.width / dot)) * dot
        if module < _BAR_LEAST_MM - _A_HAIR:
            raise _too_small(face.elements)
        left = (width - len(bars.rows[0]) * module) / 2
        top = height - pad - _BAR_HEIGHT_MM - 7
        marks.append(Mark(left, top, module, bars, _BAR_HEIGHT_MM))
        clear = _fitted(face.elements, width - 2 * pad, 14.0, chinese, LATIN)
        middle = (width - text_width(clear.text, clear.font, clear.size)) / 2
        lines.append(Line(middle, height - pad - 1, clear.size, clear.font, clear.text))
    return Arrangement(tuple(marks), tuple(lines))


def _mark(face: Face, form: Form, look: Look, x: float, y: float, side: float) -> Mark:
    """The symbol of a label with its quiet zone in a square of ``side``."""
    text = face.link if look.symbology == "qr" else face.elements
    made = symbol(look.symbology, text, look.level)
    module = side / made.width
    if form.thermal:
        module = _whole_dots(module, look.dpi)
    if module < _LEAST_DOTS * _DOT_MM - _A_HAIR:
        raise _too_small(text)
    rest = (side - made.width * module) / 2 + made.quiet * module
    return Mark(x + rest, y + rest, module, made)


def _too_small(text: str) -> LabelTooSmall:
    return LabelTooSmall(
        "The link has {length} characters; its symbol does not fit on labels of this size",
        where="form",
        length=len(text),
        remedy="Choose larger labels, or a shorter name of the lot.",
    )


def _whole_dots(module: float, dpi: int) -> float:
    dot = _MM_PER_INCH / dpi
    return int(module / dot + _A_HAIR) * dot


def _column(face: Face, width: float, height: float, chinese: str, scale: float = 1.0) -> list[Line]:
    """The text beside the symbol, from above, set smaller until it fits; names give way first."""
    for size, name_lines in ((scale, 2), (scale, 1), (scale * 0.92, 1), (scale * 0.85, 1), (scale * 0.78, 1)):
        lines = _set(face, width, chinese, size, name_lines)
        if not lines or lines[-1].y + 0.5 <= height:
            return lines
    return [line for line in lines if line.y + 0.5 <= height]


def _set(face: Face, width: float, chinese: str, scale: float, name_lines: int) -> list[Line]:
    lines: list[Line] = []
    down = 0.0

    def put(text: str, size: float, font: str = "", gap: float = 0.0) -> None:
        nonlocal down
        fitted = _fitted(text, width, size * scale, chinese, font)
        down += gap + fitted.size * _LEADING / _POINTS_PER_MM
        lines.append(
            Line(0, down - 0.22 * fitted.size / _POINTS_PER_MM, fitted.size, fitted.font, fitted.text)
        )

    for number, name in enumerate(face.names):
        size = 9.0 if number == 0 else 6.5
        for part in _wrapped(name, width, size * scale, chinese, name_lines):
            put(part, size)
    for caption, value in face.facts:
        if width < _NARROW_MM:
            put(caption, 5.0, gap=0.15)
            put(value, 6.5)
        else:
            put(f"{caption} {value}", 6.8, gap=0.2)
    if face.serial:
        put(face.serial_caption, 5.0 if width < _NARROW_MM else 6.0, gap=0.3)
        put(face.serial, 9.0, CODE)
    if face.note:
        put(face.note, 5.0, gap=0.3)
    return lines


@dataclass(frozen=True, slots=True)
class _Fitted:
    text: str
    size: float
    font: str


@lru_cache(maxsize=4096)
def _fitted(text: str, width: float, size: float, chinese: str, font: str = "") -> _Fitted:
    """``text`` in a size that fits the width; where that would be too small, cut."""
    font = _font(text, chinese, font)
    wide = text_width(text, font, size)
    if wide > width:
        smaller = max(_SMALLEST_TYPE, size * width / wide)
        while len(text) > 1 and text_width(text, font, smaller) > width + 0.01:
            text = text.rstrip("…")[:-1].rstrip() + "…"
        return _Fitted(text, smaller, font)
    return _Fitted(text, size, font)


def _wrapped(text: str, width: float, size: float, chinese: str, most: int) -> Sequence[str]:
    """``text`` in at most ``most`` lines, broken at spaces; what is a little too long is set smaller."""
    font = _font(text, chinese, "")
    if text_width(text, font, size) * _A_LITTLE <= width:
        return [text]
    lines: list[str] = []
    rest = text.strip()
    while rest and len(lines) < most - 1 and text_width(rest, font, size) > width:
        end = 1
        while end < len(rest) and text_width(rest[: end + 1], font, size) <= width:
            end += 1
        space = rest.rfind(" ", 0, end + 1)
        end = space if space > end // 2 else end
        lines.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return [*lines, rest] if rest else lines


@lru_cache(maxsize=4096)
def _font(text: str, chinese: str, wanted: str) -> str:
    """``wanted`` where it has the letters of ``text``, else the Chinese face."""
    latin = all(ord(character) <= _MOST_LATIN for character in text) and _in_western(text)
    return (wanted or LATIN) if latin else chinese


def _in_western(text: str) -> bool:
    """Whether the standard faces have the letters (code page 1252)."""
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


@lru_cache(maxsize=4096)
def text_width(text: str, font: str, size: float) -> float:
    """Millimetres from end to end."""
    return float(pdfmetrics.stringWidth(text, font, size)) / _POINTS_PER_MM


def _draw(canvas: Canvas, arrangement: Arrangement, left: float, top: float) -> None:
    """Draw a label whose upper left corner is there (millimetres from the lower left corner of the page)."""
    for mark in arrangement.marks:
        size = mark.module * _POINTS_PER_MM
        tall = mark.bar / mark.module if mark.bar else 1
        lower = [f"{-y - tall:g}" for y in range(len(mark.symbol.rows))]
        # One path in units of modules: rectangles drawn one by one take fifty times as long.
        path = "".join([f"{x} {lower[y]} {w} {tall:g} re " for x, y, w in mark.symbol.runs()])
        canvas.saveState()
        canvas.translate((left + mark.x) * mm, (top - mark.y) * mm)
        canvas.scale(size, size)
        canvas.drawPath(PDFPathObject(code=[path]), stroke=0, fill=1)  # pyright: ignore[reportUnknownMemberType] (ships no types)
        canvas.restoreState()
    text = canvas.beginText()
    for line in arrangement.lines:
        text.setFont(line.font, line.size)
        text.setTextOrigin((left + line.x) * mm, (top - line.y) * mm)
        text.textOut(line.text)
    canvas.drawText(text)
