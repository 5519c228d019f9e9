"""The text of a CSV file that some device, laboratory or office program wrote, before it is taken apart.

Such files come in UTF-8, in UTF-16 with a byte order mark or without, in GB 18030 (GBK) and in Windows-1252.
Lines are bounded here, early and in linear time: a megabyte in one line is no table.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

MOST_LINE = 8_000
"""Characters of one line."""
MOST_CELLS = 200
"""Cells of a row that may be headings."""
_MARKS = (b"\xff\xfe", b"\xfe\xff")
_LOOKED_AT = 4_096
_SHARE = 0.2
"""Of UTF-16 without a mark so many of the bytes at odd or at even places are zero: those of ASCII."""


def decoded(data: bytes, *more: str) -> Iterator[str]:
    """The file as text, the likeliest decoding first, ``more`` last; none where it is no text."""
    for encoding in _encodings(data, more):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        yield text.removeprefix("\ufeff")


def _encodings(data: bytes, more: tuple[str, ...]) -> tuple[str, ...]:
    if data[:2] in _MARKS:
        return ("utf-16",)
    head = data[:_LOOKED_AT]
    for encoding, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
        if zeros.count(0) > _SHARE * len(zeros):
            return (encoding,)
    return ("utf-8-sig", "gb18030", *more)


def endless_line(text: str) -> int | None:
    """The number, from 1, of the first line that is longer than any table's; None: there is none. Linear."""
    lines = io.StringIO(text, newline=None)
    return next((number for number, line in enumerate(lines, 1) if len(line) > MOST_LINE), None)


def zero_line(data: bytes) -> int | None:
    """The line of the first zero byte, from 1; None: there is none."""
    at = data.find(0)
    return None if at < 0 else data.count(b"\n", 0, at) + 1
