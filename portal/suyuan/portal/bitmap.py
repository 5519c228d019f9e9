"""A label as the dots that a label printer burns, and the proof that its symbols read.

What is decoded here is what is sent: a printer that is given dots has nothing left to decide, neither which
typeface Chinese is set in nor how it draws a symbol. Each symbol and each line of text is a field of its own,
so that white paper costs nothing and what all labels of a job share is drawn once. Lengths in millimetres
become dots in one place, :func:`burn`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from suyuan.portal.sheet import LEAST_BAR_MM, Arrangement, Form, Line, Mark, SymbolUnreadable, text_width
from suyuan.portal.symbols import decode
from suyuan.portal.typeface import Typeface, TypefaceUnfit

Dots = NDArray[np.bool_]
Packed = NDArray[np.uint8]

_MM_PER_INCH, _POINTS_PER_INCH = 25.4, 72.0
_SEEN = 3  # pixels of a module that a reader gets to see
_BAND = 6  # pixels of a bar code's height that it gets to see: all are the same
_INK, _PAPER = 1, 0


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """Dots that stand at ``x``, a multiple of 8, and ``y``: rows of whole bytes, 1 for ink."""

    x: int
    y: int
    rows: Packed


@dataclass(frozen=True, slots=True)
class Burned:
    """A label of ``width`` by ``height`` dots: where fields overlap, ink is ink."""

    width: int
    height: int
    fields: tuple[Field, ...]

    def seen(self, left: int, top: int, width: int, height: int) -> tuple[Packed, int]:
        """The rows that are burned in a rectangle, and how many dots of their first byte are left of it.

        What reaches into it is seen, whichever field it belongs to; what is beside it is not.
        O(bytes of the rectangle).
        """
        first, end = left // 8, -(-(left + width) // 8)
        found: Packed = np.zeros((height, end - first), np.uint8)
        for field in self.fields:
            at_x, at_y = field.x // 8, field.y
            high, wide = field.rows.shape
            from_x, to_x = max(first, at_x), min(end, at_x + wide)
            from_y, to_y = max(top, at_y), min(top + height, at_y + high)
            if from_x < to_x and from_y < to_y:
                part = field.rows[from_y - at_y : to_y - at_y, from_x - at_x : to_x - at_x]
                found[from_y - top : to_y - top, from_x - first : to_x - first] |= part
        skipped, beyond = left - 8 * first, 8 * end - left - width
        found[:, 0] &= 0xFF >> skipped
        found[:, -1] &= 0xFF << beyond & 0xFF
        return found, skipped

    def whole(self) -> Dots:
        """All dots of the label, True for ink."""
        rows, _ = self.seen(0, 0, self.width, self.height)
        dots: Dots = np.unpackbits(rows, axis=1, count=self.width).astype(np.bool_)
        return dots


def burn(arrangement: Arrangement, form: Form, dpi: int, chinese: Typeface) -> Burned:
    """The dots of one label, as large as the label at that resolution.

    Modules stand on whole dots where the arrangement was made for ``dpi``.

    Raises:
        TypefaceUnfit: the label has letters that no typeface on this machine can draw.
        SymbolUnreadable: a symbol does not read back from these very dots; the label must not be used.
    """
    size = round(form.label[0] / _MM_PER_INCH * dpi), round(form.label[1] / _MM_PER_INCH * dpi)
    stamps = [_stamp(mark, dpi) for mark in arrangement.marks]
    drawn = [
        _field(np.repeat(stamp.modules, stamp.wide, axis=1), stamp.left, stamp.top, size, stamp.high)
        for stamp in stamps
    ]
    for line in arrangement.lines:
        widest = max(1, round(text_width(line.text, line.font, line.size) / _MM_PER_INCH * dpi))
        drawn.append(_line(line, dpi, widest, chinese, size))
    burned = Burned(*size, tuple(field for field in drawn if field is not None))
    prove(burned, arrangement, dpi)
    return burned


def prove(burned: Burned, arrangement: Arrangement, dpi: int) -> None:
    """Decode every symbol from the dots that are burned where it belongs, its quiet zone among them.

    They are shown to the reader at :data:`_SEEN` pixels to a module, whatever the printer's resolution: where
    every module is of one colour to its last dot, that is the printed picture at another scale, and nothing
    of it is lost. Where one is not, something else was burned over it, or it stands elsewhere than was meant.

    Raises:
        SymbolUnreadable: one does not say what it should, a dot of it or of its quiet zone is wrong, or its
            bars are too low to be met by a scanner.
    """
    for mark in arrangement.marks:
        if not _reads(burned, _stamp(mark, dpi)):
            raise SymbolUnreadable(
                "The symbol of {text} cannot be read back as it would be printed",
                where="symbol",
                text=mark.symbol.text,
                remedy="Choose larger labels. Nothing was printed.",
            )


@dataclass(frozen=True, slots=True)
class _Stamp:
    """Where a symbol's modules stand, and how many dots they are wide and high."""

    mark: Mark
    left: int
    top: int
    wide: int
    high: int

    @property
    def modules(self) -> Dots:
        """The modules without quiet zone, True for dark."""
        rows = self.mark.symbol.rows
        dark: Dots = np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), -1) == 0
        return dark


def _stamp(mark: Mark, dpi: int) -> _Stamp:
    scale = dpi / _MM_PER_INCH
    module = max(1, round(mark.module * scale))
    high = max(1, round(mark.bar * scale)) if mark.bar else module
    return _Stamp(mark, round(mark.x * scale), round(mark.y * scale), module, high)


def _field(dots: Dots, left: int, top: int, size: tuple[int, int], high: int = 1) -> Field | None:
    """``dots`` with each row ``high`` times, as far as they lie on the label; None where no ink does."""
    width, height = size
    dots = dots[:, max(0, -left) : max(0, width - left)]
    left = max(0, left)
    across = np.flatnonzero(dots.any(axis=0))
    if not across.size:
        return None
    dots, left = dots[:, across[0] : across[-1] + 1], left + int(across[0])
    shifted = np.zeros((len(dots), left % 8 + dots.shape[1]), np.bool_)
    shifted[:, left % 8 :] = dots
    rows = np.repeat(np.packbits(shifted, axis=1), high, axis=0)[max(0, -top) : max(0, height - top)]
    down = np.flatnonzero(rows.any(axis=1))
    if not down.size:
        return None
    return Field(left // 8 * 8, max(0, top) + int(down[0]), rows[down[0] : down[-1] + 1])


@lru_cache(maxsize=256)  # of a job all lines but the serial are the same
def _line(line: Line, dpi: int, widest: int, chinese: Typeface, size: tuple[int, int]) -> Field | None:
    """A line of text, squeezed to at most ``widest`` dots."""
    scale = dpi / _MM_PER_INCH
    ink, ascent = _text(line.text, max(1, round(line.size / _POINTS_PER_INCH * dpi)), chinese)
    width = ink.shape[1]
    if width > widest:
        ink = ink[:, (2 * np.arange(widest) + 1) * width // (2 * widest)]
    return _field(ink, round(line.x * scale), round(line.y * scale) - ascent, size)


def _text(text: str, size: int, chinese: Typeface) -> tuple[Dots, int]:
    """A line of text, and its height above the baseline.

    What differs from label to label are serials, of ASCII: those are put together from glyphs drawn before.
    """
    face = _face(chinese, text)
    ascent, descent = _sized(face, size).getmetrics()
    runs = [_run(run, size, face) for run in (text if text.isascii() else (text,))]
    room = _room(size)
    width = max(1, round(sum(width for _, width in runs)))
    ink: Dots = np.zeros((ascent + descent, width + 2 * room + 1), np.bool_)
    end = 0.0
    for run, wide in runs:
        at = round(end)
        ink[:, at : at + run.shape[1]] |= run
        end += wide
    return ink[:, room : room + width], ascent


def _room(size: int) -> int:
    """How far letters of that size may reach beyond their width, on both sides."""
    return size // 4 + 1


@lru_cache(maxsize=512)
def _run(text: str, size: int, face: str) -> tuple[Dots, float]:
    """Letters with their :func:`_room` on both sides, and their width in dots and parts of one."""
    font = _sized(face, size)
    ascent, descent = font.getmetrics()
    width = font.getlength(text)
    room = _room(size)
    ink: Any = Image.new("1", (round(width) + 2 * room, ascent + descent), _PAPER)
    ImageDraw.Draw(ink).text((room, 0), text, fill=_INK, font=font)
    return np.asarray(ink, np.bool_), width


def _face(chinese: Typeface, text: str) -> str:
    """The file of a typeface that has the letters of ``text``."""
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
    return chinese.name


@lru_cache(maxsize=64)
def _sized(path: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size)


def _reads(burned: Burned, stamp: _Stamp) -> bool:
    if stamp.mark.symbol.symbology == "gs1-128" and stamp.mark.bar < LEAST_BAR_MM:
        return False
    modules = _modules(burned, stamp)
    # A reader forgives some wrong modules, this does not: what it forgives is for wear.
    if modules is None or not np.array_equal(modules, _meant(stamp)):
        return False
    said, tall = stamp.mark.symbol, _BAND if stamp.mark.bar else _SEEN
    grey = np.where(modules, 0, 255).astype(np.uint8)
    return decode(said.symbology, np.repeat(np.repeat(grey, _SEEN, axis=1), tall, axis=0)) == said.text


def _meant(stamp: _Stamp) -> Dots:
    """The modules that are to be seen, the quiet zone among them: bars have it on their sides only."""
    modules, quiet = stamp.modules, stamp.mark.symbol.quiet
    above = 0 if stamp.mark.bar else quiet
    meant = np.zeros((len(modules) + 2 * above, modules.shape[1] + 2 * quiet), np.bool_)
    meant[above : above + len(modules), quiet : quiet + modules.shape[1]] = modules
    return meant


def _modules(burned: Burned, stamp: _Stamp) -> Dots | None:
    """The modules that are burned where a symbol and its quiet zone belong.

    None where the label ends before they do, or where dots of one module differ.
    """
    quiet = stamp.mark.symbol.quiet
    rows = stamp.mark.symbol.rows
    down, across = len(rows), len(rows[0]) + 2 * quiet
    left, top = stamp.left - quiet * stamp.wide, stamp.top
    if not stamp.mark.bar:
        down, top = down + 2 * quiet, top - quiet * stamp.high
    width, height = across * stamp.wide, down * stamp.high
    if left < 0 or top < 0 or left + width > burned.width or top + height > burned.height:
        return None
    packed, skipped = burned.seen(left, top, width, height)
    bands = packed.reshape(down, stamp.high, -1)
    if (bands != bands[:, :1]).any():
        return None
    dots = np.unpackbits(bands[:, 0], axis=1)[:, skipped : skipped + width].reshape(down, across, stamp.wide)
    if (dots != dots[:, :, :1]).any():
        return None
    return dots[:, :, 0].astype(np.bool_)
