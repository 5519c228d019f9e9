# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suyuan.readers.address import parse_address
from suyuan.readers.errors import (
    ProtocolError,
    ReaderBusy,
    ReaderConfigError,
    ReaderError,
    TransientConnectionError,
)
from suyuan.readers.registry import open_reader
from suyuan.readers.wedge import LONGEST, WedgeReader, open_serial


def now() -> datetime:
    return datetime(2026, 5, 1, tzinfo=UTC)


class Line:
    """A serial port that gives what it was told to, in these pieces, and then silence."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)
        self.closed = False

    @property
    def in_waiting(self) -> int:
        return len(self.pieces[0]) if self.pieces else 0

    def read(self, size: int) -> bytes:
        if not self.pieces:
            return b""
        piece = self.pieces.pop(0)
        if len(piece) > size:
            self.pieces.insert(0, piece[size:])
        return piece[:size]

    def close(self) -> None:
        self.closed = True


def reader(line: Line, quiet_s: float = 9.0) -> WedgeReader:
    def open_port(device: str, baud: int) -> Line:
        assert (device, baud) == ("/dev/x", 9600)
        return line

    return WedgeReader("gun", "/dev/x", now=now, quiet_s=quiet_s, open_port=open_port)


def texts(*pieces: bytes) -> list[str]:
    """What a scanner that sends this is understood to have read."""
    scanner = reader(Line(*pieces))
    scanner._open()
    return [seen.text or "" for _ in pieces for seen in scanner._turn()]


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (b"9506000134352\r\n", ["9506000134352"]),
        (b"\x02]d2010950600013435210L\x1d21A\x03", ["]d2010950600013435210L\x1d21A"]),
        (b"\x1d0109506000134352\r", ["\x1d0109506000134352"]),
        (b"a\nb\rc\x03\r\n\x04\r\n", ["a", "b", "c"]),
        ("溯源\n".encode(), ["溯源"]),
        (b"\xff\xfe\n", ["\ufffd\ufffd"]),
        (b" \r\n\x02\x03", []),
        (b"unfinished", []),
    ],
)
def test_framing_is_taken_off_and_separators_stay(sent: bytes, read: list[str]) -> None:
    assert texts(sent) == read
    assert texts(*(bytes((octet,)) for octet in sent)) == read


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_no_bytes_do_anything_else(pieces: list[bytes]) -> None:
    assert texts(*pieces) == texts(b"".join(pieces) or b"\n")


async def test_a_code_without_end_is_given_up_and_counted_and_never_guessed_at() -> None:
    line = Line(b"(01)09506000134352(21)12", b"")
    async with reader(line, quiet_s=0.0) as scanner:
        await asyncio.sleep(0.1)
        line.pieces += [b"34\r"]
        (seen,) = await asyncio.wait_for(scanner.receive(), 5)
        assert seen.text == "34"  # told as it came; it names nothing
        assert scanner.health().truncated == 1
    assert line.closed


async def test_endless_bytes_are_a_protocol_error() -> None:
    async with reader(Line(b"\xff" * (LONGEST + 1))) as scanner:
        with pytest.raises(ProtocolError) as caught:
            await asyncio.wait_for(scanner.receive(), 5)
        assert "baud" in caught.value.remedy


@pytest.mark.parametrize(
    ("number", "kind", "says"),
    [
        (errno.EACCES, TransientConnectionError, "dialout"),
        (errno.ENOENT, TransientConnectionError, "cable"),
        (errno.EBUSY, ReaderBusy, "ModemManager"),
        (None, TransientConnectionError, "cable"),
    ],
)
async def test_a_port_that_cannot_be_opened_says_what_to_check(
    number: int | None, kind: type[ReaderError], says: str
) -> None:
    def refuse(*_: object) -> Line:
        raise OSError(number, "no") if number else OSError("no")

    with pytest.raises(kind) as caught:
        async with WedgeReader("gun", "/dev/x", now=now, open_port=refuse):
            pass
    assert says in caught.value.remedy


def test_a_real_port_that_is_not_there() -> None:
    with pytest.raises(OSError):  # noqa: PT011 - pyserial's own error is one
        open_serial("/dev/ttyACM99", 9600)


@pytest.mark.parametrize(
    "url",
    [
        "wedge://",
        "wedge://page/x",
        "wedge://page:80",
        "wedge://page?baud=9600",
        "wedge:///dev/ttyACM0",
        "serial://page",
        "serial://",
        "serial:///etc/passwd",
        "serial:///dev/../etc/passwd",
        "serial:///dev/ttyACM0?baud=9601",
        "serial:///dev/ttyACM0?baud=x",
    ],
)
def test_addresses_that_cannot_be(url: str) -> None:
    with pytest.raises(ReaderConfigError) as caught:
        open_reader(url, now=now)
    assert caught.value.remedy


def test_addresses_and_names() -> None:
    make: Callable[[str], WedgeReader] = lambda url: WedgeReader.from_address(parse_address(url), now=now)  # noqa: E731
    assert make("wedge://page").name == "page"
    assert make("wedge://page?name=till").name == "till"
    assert make("serial:///dev/serial/by-id/usb-Honeywell_1900-if00?baud=115200").name.startswith(
        "/dev/serial"
    )


@pytest.mark.parametrize("text", ["", " \r\n", "x" * (LONGEST + 1)])
async def test_nothing_and_too_much_are_not_taken(text: str) -> None:
    async with WedgeReader("page", now=now) as page:
        with pytest.raises(ReaderConfigError):
            page.push(text)
        page.push("x")
        assert [seen.text for seen in await page.receive()] == ["x"]
    with pytest.raises(TransientConnectionError):
        page.push("x")


def test_the_turn_of_a_page_is_nothing() -> None:
    assert WedgeReader("page", now=now)._turn() == ()
