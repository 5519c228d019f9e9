"""A label printer in software, on a real port: what ZPL printers do with the labels of ours.

It burns the graphics of a label, writes the tag that comes next on its roll, reads it back and tells what was
asked for. A tag that cannot be written is voided and the next one is taken, as the format allows. Anything
that is not ZPL of this kind is kept in :attr:`VirtualPrinter.strange`: a real printer would print it or not.
"""

from __future__ import annotations

import asyncio
import re
from base64 import b64decode
from binascii import crc_hqx
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from zlib import decompress

_MESSAGE = re.compile(rb"~HS\s*|~JA\s*|\^XA.*?\^XZ\s*", re.DOTALL)
_SIZE = re.compile(rb"\^PW(\d+)\^LL(\d+)")
_GRAPHIC = re.compile(rb"\^FO(\d+),(\d+)\^GFA,(\d+),(\d+),(\d+),([^^]*)\^FS")
_PACKED = re.compile(rb":Z64:([A-Za-z0-9+/=]+):([0-9A-F]{4})")
_REPEATED = re.compile(rb"([0-9A-F]+)(:*)")
_WRITE = re.compile(rb"\^RFW,H,,,A\^FD([0-9A-F]+)\^FS")
_TRIES = re.compile(rb"\^RS8,,,(\d+),N")
_READ = re.compile(rb"\^RFR,H,(\d+),(\d+),(\d)\^FN(\d+)\^FS")
_TELL = re.compile(rb"\^FH_\^HV(\d+),(\d+),([^,^]*),_0D_0A,L\^FS")
_EPC_BANK, _TID_BANK = 1, 2


@dataclass(slots=True)
class RollTag:
    """The tag in a label of the roll: ``bad`` cannot be written, ``deaf`` keeps what it had and says so."""

    tid: bytes
    epc: bytes = b""
    bad: bool = False
    deaf: bool = False


@dataclass(frozen=True, slots=True)
class BurnedLabel:
    """What stands on a printed label: its dots in rows of whole bytes, 1 for ink, and its tag, if any."""

    width: int
    height: int
    rows: bytes
    tag: RollTag | None


@dataclass(slots=True)
class VirtualPrinter:
    """A printer that listens while the context is entered.

    ``tags`` are those that come next on the roll; none left, with a format that writes, is "no labels left".
    ``paper`` is how many labels are left, None for enough; a label that comes when none is left waits for
    more. ``jams``: with the next label the head is opened. ``silent``: it takes everything and says nothing.
    """

    tags: deque[RollTag] = field(default_factory=deque[RollTag])
    paper: int | None = None
    paused: bool = False
    head_open: bool = False
    jams: bool = False
    ribbon_out: bool = False
    waiting: list[bytes] = field(default_factory=list[bytes])
    silent: bool = False
    printed: list[BurnedLabel] = field(default_factory=list[BurnedLabel])
    voided: list[RollTag] = field(default_factory=list[RollTag])
    strange: list[bytes] = field(default_factory=list[bytes])
    port: int = 0
    _server: asyncio.Server | None = None

    @classmethod
    def with_tags(cls, tids: Iterable[bytes]) -> Self:
        """A printer with a roll of fresh tags."""
        return cls(deque(RollTag(tid) for tid in tids))

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        waiting = b""
        try:
            while data := await reader.read(65_536):
                waiting += data
                while message := _MESSAGE.search(waiting):
                    if strange := waiting[: message.start()].strip():
                        self.strange.append(strange)
                    waiting = waiting[message.end() :]
                    answer = self._take(message[0].strip())
                    if not self.silent:
                        writer.write(answer)
                        await writer.drain()
        except ConnectionError:
            pass  # the client went away
        finally:
            writer.close()

    def _take(self, message: bytes) -> bytes:
        if message == b"~JA":
            self.waiting.clear()
            return b""
        if message == b"~HS":
            return self._status()
        self.head_open = self.head_open or self.jams
        if self.paper == 0 or self.paused or self.head_open or self.ribbon_out:
            self.waiting.append(message)
            return b""
        return self._print(message)

    def refill(self, paper: int | None = None) -> None:
        """New labels on the roll: what waits is printed."""
        self.paper, self.head_open, self.jams = paper, False, False
        waiting, self.waiting = self.waiting, []
        for label in waiting:
            self._print(label)

    def _status(self) -> bytes:
        first = f"030,{self.paper == 0:d},{self.paused:d},1245,{len(self.waiting):03d},0,0,0,000,0,0,0"
        second = f"000,0,{self.head_open:d},{self.ribbon_out:d},0,2,4,0,00000000,1,000"
        return f"\x02{first}\x03\r\n\x02{second}\x03\r\n\x021234,0\x03\r\n".encode()

    def _print(self, label: bytes) -> bytes:
        dots, write = burned(label), _WRITE.search(label)
        if dots is None:
            self.strange.append(label)
            return b""
        tries = _TRIES.search(label)
        tag = (
            self._written(bytes.fromhex(write[1].decode()), int(tries[1]) if tries else 1) if write else None
        )
        if write and tag is None:
            return b""
        if self.paper is not None:
            self.paper -= 1
        self.printed.append(BurnedLabel(*dots, tag))
        return _told(label, tag) if tag is not None else b""

    def _written(self, epc: bytes, tries: int) -> RollTag | None:
        for _ in range(tries):
            if not self.tags:
                self.paper = 0
                return None
            tag = self.tags.popleft()
            if tag.bad:
                self.voided.append(tag)
                continue
            if not tag.deaf:
                tag.epc = epc
            return tag
        return None


def burned(label: bytes) -> tuple[int, int, bytes] | None:
    """Width, height and dots of a label in rows of whole bytes; where graphics overlap, ink is ink.

    None where sizes or a checksum are wrong: then nothing is printed.
    """
    size, graphics = _SIZE.search(label), _GRAPHIC.findall(label)
    if size is None or not graphics:
        return None
    width, height = int(size[1]), int(size[2])
    across = (width + 7) // 8
    dots = [0] * height  # rows as numbers
    for left, top, total, again, row, data in graphics:
        x, y, wide = int(left), int(top), int(row)
        rows = _rows(data, wide) if wide else None
        beyond = 8 * (across - wide) - x
        if rows is None or not len(rows) == int(total) == int(again) or beyond < 0:
            return None
        if len(rows) % wide or y + len(rows) // wide > height:
            return None
        for down in range(len(rows) // wide):
            dots[y + down] |= int.from_bytes(rows[down * wide : (down + 1) * wide]) << beyond
    return width, height, b"".join(row.to_bytes(across) for row in dots)


def _rows(data: bytes, wide: int) -> bytes | None:
    """The rows of one graphic, packed or in hexadecimal with a colon for each that is like the one above."""
    if packed := _PACKED.fullmatch(data):
        return decompress(b64decode(packed[1])) if crc_hqx(packed[1], 0) == int(packed[2], 16) else None
    rows: list[bytes] = []
    for told, again in _REPEATED.findall(data):
        if len(told) % (2 * wide):
            return None
        plain = bytes.fromhex(told.decode())
        rows += [plain, plain[-wide:] * len(again)]
    return b"".join(rows)


def _told(label: bytes, tag: RollTag) -> bytes:
    """The answers to what the format asks to be told of the tag that was read."""
    read: dict[bytes, bytes] = {}
    for start, count, bank, number in _READ.findall(label):
        first = 2 * int(start) - (4 if int(bank) == _EPC_BANK else 0)
        memory = {_EPC_BANK: tag.epc, _TID_BANK: tag.tid}[int(bank)]
        read[number] = memory[first : first + int(count)].hex().upper().encode()
    told = [before + read[number][: int(most)] + b"\r\n" for number, most, before in _TELL.findall(label)]
    return b"".join(told)
