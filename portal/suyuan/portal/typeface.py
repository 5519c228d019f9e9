"""The typeface of Chinese on labels: found on this machine and embedded, so that no printer needs one.

Where none is found, labels name a face that PDF readers bring along or fetch; many print blanks instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]  # it ships no types
from reportlab.pdfbase.cidfonts import UnicodeCIDFont  # type: ignore[import-untyped]  # it ships no types
from reportlab.pdfbase.ttfonts import TTFError, TTFont  # type: ignore[import-untyped]  # it ships no types

from suyuan.trace.errors import WrongUse

PLACES = (
    Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"),  # Debian, Ubuntu
    Path("/usr/share/fonts/wqy-microhei/wqy-microhei.ttc"),  # Fedora, Arch
    Path("/usr/share/fonts/wqy-microhei-fonts/wqy-microhei.ttc"),
    Path("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc"),
    Path("/usr/share/fonts/truetype/arphic/uming.ttc"),
    Path("/System/Library/Fonts/STHeiti Light.ttc"),
    Path("/Library/Fonts/Arial Unicode.ttf"),
    Path("/System/Library/Fonts/Supplemental/Arial Unicode.ttf"),
    Path("C:/Windows/Fonts/simhei.ttf"),
    Path("C:/Windows/Fonts/simsun.ttc"),
)
_COMMON = range(0xB0, 0xD8)  # rows of GB/T 2312 with its 3,755 common characters
_STANDARD = "STSong-Light"


class TypefaceUnfit(WrongUse):
    """The file that was named cannot be embedded in labels."""

    code = "typeface-unfit"
    title = "This typeface cannot be used for labels"


@dataclass(frozen=True, slots=True)
class Typeface:
    """A face by the name that drawing knows it by. ``embedded``: its letters travel within the PDF."""

    name: str
    embedded: bool

    def lacks(self, text: str) -> str:
        """The letters of ``text`` that would be printed as empty boxes; unknown, so none, if not embedded."""
        if not self.embedded:
            return ""
        has = _letters(pdfmetrics.getFont(self.name))
        return "".join(dict.fromkeys(letter for letter in text if ord(letter) not in has))


@cache
def standard_typeface() -> Typeface:
    """The face of which PDF readers are expected to have one."""
    pdfmetrics.registerFont(UnicodeCIDFont(_STANDARD))  # pyright: ignore[reportUnknownMemberType] (ships no types)
    return Typeface(_STANDARD, embedded=False)


@cache
def typeface_at(path: Path) -> Typeface:
    """The face in a file; of a collection the first.

    Raises:
        TypefaceUnfit: no such file, no TrueType outlines (no others can be embedded), or no Chinese.
    """
    try:
        found = TTFont(str(path), str(path))
    except (TTFError, OSError) as error:
        raise TypefaceUnfit(
            "{path} is not a typeface that can be embedded: {reason}",
            where="SUYUAN_LABEL_FONT",
            path=str(path),
            reason=str(error),
            remedy="Name a .ttf or .ttc file with TrueType outlines, such as wqy-microhei.ttc.",
        ) from error
    has = _letters(found)
    if any(ord(letter) not in has for letter in _needed()):
        raise TypefaceUnfit(
            "{path} lacks Chinese or Latin letters",
            where="SUYUAN_LABEL_FONT",
            path=str(path),
            remedy="Name a .ttf or .ttc file with TrueType outlines, such as wqy-microhei.ttc.",
        )
    pdfmetrics.registerFont(found)  # pyright: ignore[reportUnknownMemberType] (ships no types)
    return Typeface(str(path), embedded=True)


def find_typeface(places: Iterable[Path] = PLACES) -> Typeface:
    """The first usable face of these places, or the standard one."""
    for path in places:
        if path.is_file():
            try:
                return typeface_at(path)
            except TypefaceUnfit:  # a file of that name with other contents: the next may do
                continue
    return standard_typeface()


def _letters(font: Any) -> Mapping[int, int]:
    """The glyph of each code point that an embedded face has."""
    letters: Mapping[int, int] = font.face.charToGlyph
    return letters


@cache
def _needed() -> str:
    """ASCII and the common Chinese characters."""
    cells = range(0xA1, 0xFF)
    common = b"".join(bytes((row, cell)) for row in _COMMON for cell in cells)
    return "".join(map(chr, range(0x20, 0x7F))) + common.decode("gb2312", "ignore")
