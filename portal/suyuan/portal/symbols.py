"""Symbols for labels: QR, GS1 DataMatrix and GS1-128 as modules, drawn by who needs them, and read back.

A symbol counts only after the pixels that a printer of 203 dpi would burn were decoded again and say the same
(:func:`read_back`). Sources: ISO/IEC 18004 (QR), GS1 General Specifications §5 (symbols, quiet zones).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import zxingcpp
from numpy.typing import NDArray
from PIL import Image

Symbology = Literal["qr", "datamatrix", "gs1-128"]
Level = Literal["M", "Q", "H"]
"""Error correction of a QR symbol; Q as a rule, H where labels get wet, frozen or scratched."""

PRINTER_DPI = 203
"""The coarsest label printers that are in use: 8 dots per millimetre."""

_QUIET = {"qr": 4, "datamatrix": 2, "gs1-128": 10}  # modules on each side
_FORMATS: dict[str, Any] = {
    "qr": zxingcpp.BarcodeFormat.QRCode,
    "datamatrix": zxingcpp.BarcodeFormat.DataMatrix,
    "gs1-128": zxingcpp.BarcodeFormat.Code128,
}
_DARK = re.compile(rb"\0+")
_create: Any = getattr(zxingcpp, "create_barcode")  # noqa: B009 (its stub does not type its keywords)
_MM_PER_INCH = 25.4
_LINEAR_HEIGHT = 2  # modules; decoding needs a band, not the height that is printed


@dataclass(frozen=True, slots=True)
class Symbol:
    """Modules of a symbol without its quiet zone: ``rows`` of bytes, 0 dark and 255 light. One row: bars."""

    symbology: Symbology
    text: str
    rows: tuple[bytes, ...]

    @property
    def quiet(self) -> int:
        """Light modules that must surround it."""
        return _QUIET[self.symbology]

    @property
    def width(self) -> int:
        """Modules from side to side, with the quiet zones."""
        return len(self.rows[0]) + 2 * self.quiet

    def runs(self) -> Iterator[tuple[int, int, int]]:
        """Dark runs as (column, row, length), counted from the upper left module."""
        for y, row in enumerate(self.rows):
            for run in _DARK.finditer(row):
                start, end = run.span()
                yield start, y, end - start


@lru_cache(maxsize=2_400)  # of a whole job: it is checked, then printed
def symbol(symbology: Symbology, text: str, level: Level = "Q") -> Symbol:
    """The symbol of ``text``: a link for QR, a bracketed element string for those of GS1."""
    if symbology == "qr":
        made = _create(text, _FORMATS[symbology], ec_level=level)
    elif symbology == "datamatrix":  # rectangles of the extension DMRE are not allowed by GS1
        made = _create(text, _FORMATS[symbology], gs1=True, force_square=True)
    else:
        made = _create(text, _FORMATS[symbology], gs1=True)
    image: Any = made.to_image(scale=1, add_quiet_zones=False)  # a buffer, which its stub does not say
    grey = memoryview(image)
    height, width = grey.shape or (0, 0)
    flat = bytes(grey)
    rows = tuple(flat[start : start + width] for start in range(0, width * height, width))
    return Symbol(symbology, text, rows[:1] if symbology == "gs1-128" else rows)


def read_back(made: Symbol, module_mm: float, dpi: int = PRINTER_DPI) -> str:
    """What a reader finds in ``made`` where it is printed with that module size and resolution; or nothing.

    The pixels are those of a printer that has only whole dots: module edges fall where the dots allow.
    """
    return decode(made.symbology, pixels(made, module_mm, dpi))


def decode(symbology: Symbology, seen: Image.Image | NDArray[np.uint8]) -> str:
    """What the one symbol of that kind in grey ``seen`` says; nothing where none or several are found.

    The reader gets no help that a worse one would not have: no turning, no inverting, no second scale.
    """
    found = zxingcpp.read_barcodes(
        seen, formats=_FORMATS[symbology], try_rotate=False, try_downscale=False, try_invert=False
    )
    return found[0].text if len(found) == 1 else ""


def pixels(made: Symbol, module_mm: float, dpi: int) -> Image.Image:
    """``made`` with its quiet zone as grey pixels at a resolution."""
    times = _LINEAR_HEIGHT if made.symbology == "gs1-128" else 1
    across, down = made.width - 2 * made.quiet, len(made.rows) * times
    above = 0 if made.symbology == "gs1-128" else made.quiet  # bars need none above and below
    width, height = made.width, down + 2 * above
    image: Any = Image.new("L", (width, height), 255)
    image.paste(Image.frombytes("L", (across, down), b"".join(made.rows) * times), (made.quiet, above))
    dots = module_mm / _MM_PER_INCH * dpi
    size = (max(1, round(width * dots)), max(1, round(height * dots)))
    resized: Image.Image = image.resize(size, Image.Resampling.NEAREST)
    return resized
