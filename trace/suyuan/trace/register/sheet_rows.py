"""The rows of a worksheet's XML and nothing else, for a parser that holds in memory what it does not know.

openpyxl lets go of a row when it has ended, and of nothing else in a sheet: of what a hostile one has between
its rows, before or after them, or instead of cells. So it is given a sheet that is made here: the rows as
they are written, each of them within bounds, in a frame of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import TracebackType
from typing import IO, Self

from suyuan.trace.register.rows import FileUnreadable, too_many_rows

LAST_ROW = 1 << 20  # Excel has no more
MOST_CELLS = 2_000_000  # blank ones that have a format are some, too; 50,000 rows of 40 columns
MOST_OF_A_ROW = 100_000  # tags; a row of Excel's 16,384 columns, all formatted, has as many cells
LONGEST_ROW = 4 << 20  # bytes
LONGEST_HEAD = 4 << 20  # bytes before the rows: widths of columns, views
MOST_NAME_SPACES = 1000  # Excel has about ten
MOST_FORMATTED = 100_000  # tags of texts with a format of their own within a cell

_PIECE = 1 << 16
_MAIN = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DATA = re.compile(rb"<(\w+:)?sheetData[ \t\r\n]*(/?)>")
_ROOT = re.compile(rb"<(?:\w+:)?worksheet\b[^<]*")
_DECLARED = re.compile(rb"<\?xml[^<>]*>")
_BEFORE_IT = b"\xef\xbb\xbf \t\r\n"
_NO_ELEMENT = re.compile(rb"<[!?]")  # a comment, say, which would hide a mark
_BLANK = re.compile(rb"[ \t\r\n]*")
_PREFIX = re.compile(rb"\sxmlns:(\w+)\s*=")
_NAMING = re.compile(rb"<[^<]*xmlns")
_ATTRIBUTES = b"{0,100}"  # a dozen are known; a pattern that matches holds each turn of what it repeats
_TAG = re.compile(rb"""<[^<>"']*(?:(?:"[^"<]*"|'[^'<]*')[^<>"']*)%s>""" % _ATTRIBUTES)
_SHARED = re.compile(rb"""(<(?:\w+:)?f(?:\s[^<>]*?)?)\st=["']shared["']""")
_CELLS = rb"c|v|f|is|t"
_FORMATS = (
    rb"r|rPr|rPh|phoneticPr|rFont|sz|color|b|i|u|strike|family|charset|scheme|vertAlign|outline|shadow"
    rb"|condense|extend"
)


class SheetRows:
    """What reads like the sheet of ``source`` with its rows alone; nothing is read of what follows them.

    Raises:
        FileUnreadable: on reading, something stands there that no spreadsheet program writes.
        TooLarge: on reading, more cells or rows than a table has.
    """

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._pieces = _made(source)

    def read(self, size: int = -1) -> bytes:
        """The next piece, of whatever size; empty at the end."""
        del size
        return next(self._pieces, b"")

    def close(self) -> None:
        """Close the source."""
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def not_ours() -> FileUnreadable:
    """A workbook has what no spreadsheet program writes."""
    return FileUnreadable(
        "The workbook was not written by a spreadsheet program",
        where="file",
        remedy="Copy the rows into the template and send that.",
    )


def _made(source: IO[bytes]) -> Iterator[bytes]:
    head = b""
    while (data := _DATA.search(head)) is None:
        # As with a long row: it is looked through again only when twice as much of it is there.
        piece = source.read(max(_PIECE, len(head)))
        if len(head) > LONGEST_HEAD or not piece:
            raise not_ours()
        head += piece
    before, rest = head[: data.start()].lstrip(_BEFORE_IT), head[data.end() :]
    declared = _DECLARED.match(before)
    root = _ROOT.search(before)
    if root is None or _NO_ELEMENT.search(before, declared.end() if declared else 0):
        raise not_ours()
    prefix = data[1] or b""
    names = dict.fromkeys([*_PREFIX.findall(root[0]), prefix[:-1]])
    names.pop(b"", None)
    names.pop(b"xml", None)
    if len(names) > MOST_NAME_SPACES:
        raise not_ours()
    bound = b"".join(
        b' xmlns:%s="%s"' % (name, _MAIN if name + b":" == prefix else b"urn:" + name) for name in names
    )
    yield b'<worksheet xmlns="%s"%s><dimension ref="A1"/><sheetData>' % (_MAIN, bound)
    if not data[2]:
        yield from _Rows(prefix).of(source, rest)
    yield b"</sheetData></worksheet>"


class _Rows:
    """Takes rows from the front of what is read, and counts what was in them.

    A formula that is shared by cells is left as none of its own in all but one: nobody asks what it says,
    and openpyxl would work it out for each of them.
    """

    def __init__(self, prefix: bytes) -> None:
        attribute = rb"""\s+[\w:.]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*')"""
        self._row = re.compile(rb"<%srow(?:%s)%s\s*(/?)>" % (prefix, attribute, _ATTRIBUTES))
        self._begins = b"<%srow" % prefix
        self._ends = re.compile(rb"</%srow\s*>" % prefix)
        self._over = re.compile(rb"</%ssheetData\s*>" % prefix)
        self._cell = re.compile(rb"<%sc[ \t\r\n/>]" % prefix)
        self._other = re.compile(rb"<(?!/|%s(?:%s)[ \t\r\n/>])" % (prefix, _CELLS))
        self._formatted = re.compile(rb"<%s(?:%s)[ \t\r\n/>]" % (prefix, _FORMATS))
        self._rows = self._cells = self._formats = 0

    def of(self, source: IO[bytes], begun: bytes) -> Iterator[bytes]:
        """The rows, as many whole ones at a time as are there."""
        waiting = begun
        while True:
            taken, is_over = self._whole(waiting)
            rows = waiting[:taken]
            if b"shared" in rows:
                rows = _SHARED.sub(rb"\1", rows)
            for start in range(0, len(rows), _PIECE):
                yield rows[start : start + _PIECE]
            if is_over:
                return
            waiting = waiting[taken:]
            # A long row is looked through again only when twice as much of it is there.
            piece = source.read(max(_PIECE, len(waiting)))
            if not piece or len(waiting) > LONGEST_ROW:
                raise not_ours()
            waiting += piece

    def _whole(self, waiting: bytes) -> tuple[int, bool]:
        """Up to where ``waiting`` has whole rows, and whether these are all."""
        taken = 0
        while True:
            blank = _BLANK.match(waiting, taken)
            at = taken if blank is None else blank.end()
            row = self._row.match(waiting, at)
            if row is None or b"xmlns" in row[0]:
                if self._over.match(waiting, at):
                    return at, True
                if waiting.find(b">", at) >= 0 or len(waiting) - at > _PIECE:
                    raise not_ours()  # neither a row nor the end
                return taken, False
            end = row.end()
            if not row[1]:
                close = self._ends.search(waiting, end)
                if close is None:
                    return taken, False
                self._count(waiting[end : close.start()])
                end = close.end()
            taken = end
            self._rows += 1
            if self._rows > LAST_ROW:
                raise too_many_rows()

    def _count(self, inside: bytes) -> None:
        if len(inside) > LONGEST_ROW or inside.count(b"<") > MOST_OF_A_ROW or self._begins in inside:
            raise not_ours()
        self._cells += len(self._cell.findall(inside))
        if self._cells > MOST_CELLS:
            raise too_many_rows()
        others = len(self._other.findall(inside))
        if others:
            self._formats += others
            if others != len(self._formatted.findall(inside)) or self._formats > MOST_FORMATTED:
                raise not_ours()
        if b"xmlns" in inside and any(map(_is_in_tag, _NAMING.finditer(inside))):
            raise not_ours()


def _is_in_tag(naming: re.Match[bytes]) -> bool:
    """Whether a name space is declared, and not only spoken of in a text."""
    tag = _TAG.match(naming.string, naming.start())
    return tag is None or b"xmlns" in tag[0]
