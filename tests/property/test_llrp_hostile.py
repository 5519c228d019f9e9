"""Whatever a reader sends: it is read or refused, in memory and work that grow no faster than the bytes."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.property.llrp_fuzz import campaign

from suyuan.readers.errors import ProtocolError
from suyuan.readers.llrp.codec import MAX_MESSAGE, decode_message
from suyuan.readers.llrp.report import read_report

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
REPORT = b"\x04\x3d"
EPC = b"\x8d" + bytes(12)
OUTCOMES = {f"{who} {what}" for who in ("decode_message", "read_report") for what in ("read", "refused")} | {
    "connection read to its end",
    "connection refused",
}


def framed(body: bytes) -> bytes:
    return REPORT + (10 + len(body)).to_bytes(4, "big") + bytes(4) + body


def tlv(number: int, body: bytes, size: int | None = None) -> bytes:
    return number.to_bytes(2, "big") + (len(body) + 4 if size is None else size).to_bytes(2, "big") + body


lengths = st.sampled_from([None, None, None, 0, 3, 4, 5, 0xFFFF])


@st.composite
def small(draw: st.DrawFn) -> bytes:
    """A parameter without others in it, such as it is or with another number, size or length."""
    match draw(st.integers(0, 2)):
        case 0:
            return EPC
        case 1:
            size = draw(st.sampled_from([1, 2, 4, 8, 12]))
            return bytes((0x80 | draw(st.integers(1, 24)),)) + draw(st.binary(min_size=size, max_size=size))
        case _:
            number = draw(st.sampled_from([241, 349, 800, 1023]))
            return tlv(number, draw(st.binary(max_size=24)), draw(lengths))


@st.composite
def large(draw: st.DrawFn, depth: int) -> bytes:
    """A parameter with others in it."""
    others = st.one_of(small(), large(depth - 1)) if depth else small()
    number = draw(st.sampled_from([240, 241, 246, 177, 1023]))
    return tlv(number, b"".join(draw(st.lists(others, max_size=4))), draw(lengths))


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Tags that begin as they should."""
    parts = st.lists(st.one_of(small(), large(2)), max_size=4)
    return b"".join(
        tlv(240, EPC + b"".join(draw(parts)), draw(lengths)) for _ in range(draw(st.integers(0, 6)))
    )


def reported(data: bytes) -> object:
    return read_report(data, "dock", NOON)


READS: tuple[Callable[[bytes], object], ...] = (decode_message, reported)


@given(bodies())
def test_grammatical_rubbish_is_read_or_refused(body: bytes) -> None:
    for read in READS:
        try:
            read(framed(body))
        except ProtocolError as error:
            assert error.retryable  # noqa: PT017 - both outcomes are right, each with its own claim


def test_a_campaign() -> None:
    outcomes = campaign(4_000, seed=20260501)
    assert set(outcomes) == OUTCOMES
    assert outcomes.total() == 2 * 4_000 + 400


UNITS = {
    "strengths": b"\x86\xc9",
    "empty tags": tlv(240, b""),
    "what nobody knows": tlv(801, b""),
    "EPCs of no bits": tlv(240, tlv(241, b"\0\0")),
    "EPCs": tlv(240, EPC),
    "vendors": tlv(240, EPC + tlv(1023, bytes(8)) * 20),
    "a full tag": tlv(240, EPC + bytes.fromhex("810001 86C9 820006509000000000 840006509000000000 880001")),
    "times beyond 64 bits": tlv(240, EPC + b"\x82" + b"\xff" * 8),
}


def work(read: Callable[[bytes], object], data: bytes) -> int:
    """Calls of functions that it takes, of those in C too."""
    calls = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        del frame, argument
        calls += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        with suppress(ProtocolError):
            read(data)
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.parametrize("unit", UNITS)
def test_twice_the_bytes_are_twice_the_work(unit: str) -> None:
    for read in READS:
        once, twice = (work(read, framed(UNITS[unit] * size)) for size in (200, 400))
        assert twice <= 2 * once + 20


@pytest.mark.parametrize(
    ("read", "unit", "times"), [(decode_message, "strengths", 250), (reported, "EPCs of no bits", 50)]
)
def test_memory_is_bounded_by_the_bytes(read: Callable[[bytes], object], unit: str, times: int) -> None:
    data = framed(UNITS[unit] * (0x8000 // len(UNITS[unit])))
    tracemalloc.start()
    try:
        read(data)
        assert tracemalloc.get_traced_memory()[1] < times * len(data)
    finally:
        tracemalloc.stop()


def test_only_reports_may_be_as_long_as_a_message_can_be() -> None:
    unit = UNITS["EPCs"]
    data = framed(unit * ((MAX_MESSAGE - 10) // len(unit)))
    with pytest.raises(ProtocolError, match="of this kind cannot be"):
        decode_message(data)
    cut = framed(unit * 20_000)[:-1]
    with pytest.raises(ProtocolError):
        reported(cut)
