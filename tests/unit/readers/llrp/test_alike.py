"""Tags that are told alike are unpacked together: with the same outcome as one by one, whatever they hold."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suyuan.readers.errors import ProtocolError
from suyuan.readers.llrp import report
from suyuan.readers.llrp.alike import told_alike
from suyuan.readers.llrp.report import read_report
from suyuan.readers.observation import Observation

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HEAD = 10
REQUIRED = {
    13: st.binary(min_size=12, max_size=12),
    1: st.binary(min_size=2, max_size=2),
    6: st.binary(min_size=1, max_size=1),
    # Times from the epoch to beyond the calendar: most of those that 64 bits can say are none.
    2: st.integers(0, 260_000_000_000_000_000).map(lambda us: us.to_bytes(8, "big")),
    4: st.sampled_from([0, 1, 1_777_636_800_123_456]).map(lambda us: us.to_bytes(8, "big")),
    8: st.binary(min_size=2, max_size=2),
}
OTHERS = {9: 4, 14: 2, 10: 2, 7: 2, 16: 4, 12: 2}
"""Sizes of parameters that a reader may tell besides: ROSpecID, SpecIndex, …, C1G2PC."""


def never(data: bytes) -> None:
    """Instead of told_alike: nothing is alike."""


def one_by_one(data: bytes, *, host_clock: bool = False) -> list[Observation] | None:
    """What the general reading makes of a report, None if it refuses it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "told_alike", never)
        try:
            return read_report(data, "dock", NOON, host_clock=host_clock)
        except ProtocolError:
            return None


def together(data: bytes, *, host_clock: bool = False) -> list[Observation] | None:
    try:
        return read_report(data, "dock", NOON, host_clock=host_clock)
    except ProtocolError:
        return None


def framed(*tags: bytes) -> bytes:
    body = b"".join(b"\x00\xf0" + (len(tag) + 4).to_bytes(2, "big") + tag for tag in tags)
    return b"\x04\x3d" + (HEAD + len(body)).to_bytes(4, "big") + bytes(4) + body


@st.composite
def reports(draw: st.DrawFn) -> bytes:
    """Reports over tags of one form, in the standard's order, with other parameters between."""
    kinds = [*REQUIRED]
    for other in draw(st.lists(st.sampled_from([*OTHERS]), max_size=3)):
        kinds.insert(draw(st.integers(0, len(kinds))), other)
    tags = [
        b"".join(
            bytes((0x80 | kind,))
            + (
                draw(REQUIRED[kind])
                if kind in REQUIRED
                else draw(st.binary(min_size=OTHERS[kind], max_size=OTHERS[kind]))
            )
            for kind in kinds
        )
        for _ in range(draw(st.integers(3, 6)))
    ]
    return framed(*tags)


@given(reports(), st.booleans())
def test_together_as_one_by_one(data: bytes, host_clock: bool) -> None:
    assert told_alike(data) is not None
    assert together(data, host_clock=host_clock) == one_by_one(data, host_clock=host_clock)


@given(reports(), st.data())
def test_damage_is_seen_by_both(data: bytes, draw: st.DataObject) -> None:
    raw = bytearray(data)
    for _ in range(draw.draw(st.integers(1, 3))):
        raw[draw.draw(st.integers(HEAD, len(raw) - 1))] = draw.draw(st.integers(0, 255))
    assert together(bytes(raw)) == one_by_one(bytes(raw))


def test_what_is_not_alike_is_left_to_the_other_way() -> None:
    whole = bytes.fromhex(
        "8D 3066C4409047E140075BCD15 81 0002 86 C9 82 0006509000000000 84 0006509000000000 88 0003"
    )
    assert told_alike(framed(whole, whole, whole)) is not None
    assert told_alike(framed(whole, whole)) is None
    assert told_alike(framed(whole, whole, whole[:-3])) is None
    assert told_alike(framed(whole, whole, whole, b"\x8e" + whole[:2])) is None
    without_antenna = whole[:13] + whole[16:]
    assert told_alike(framed(*[without_antenna] * 4)) is None
    vendors = whole + bytes.fromhex("03FF 000E 0000651A 00000038 1234")
    assert told_alike(framed(*[vendors] * 4)) is None
    assert told_alike(framed(*[whole] * 2_000)) is None  # 90 kB: no common report
    assert told_alike(framed(*[b""] * 4)) is None
    assert told_alike(b"\x04\x3d" + bytes(8)) is None


def test_what_is_made_in_haste_is_an_observation_like_any_other() -> None:
    data = framed(
        bytes.fromhex("8D 3066C4409047E140075BCD15 81 0002 86 C9 82 0006509000000000 84 0006509000000000")
    )
    (seen,) = read_report(data, "dock", NOON)
    at = seen.first_seen
    same = Observation("dock", 2, bytes.fromhex("3066C4409047E140075BCD15"), at, at, 1, -55.0)
    assert (type(seen), seen, hash(seen), repr(seen)) == (Observation, same, hash(same), repr(same))
    assert [getattr(seen, each.name) for each in fields(Observation)][7:] == [None, None, False, None]
    with pytest.raises(AttributeError):
        seen.antenna = 3  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


IMPINJ = "03FF 000E 0000651A 00000039 {rssi}  03FF 001A 0000651A 00000037 0006 {tid}"


def test_impinj_tells_the_strength_in_hundredths_and_the_tid() -> None:
    tid = "E28011912000778AB3C4D5E6"
    tag = "8D 3066C4409047E140075BCD15 86 C9" + IMPINJ.format(rssi="EA7C", tid=tid)
    (seen,) = read_report(framed(bytes.fromhex(tag)), "dock", NOON)
    assert (seen.rssi_dbm, seen.tid) == (-55.08, bytes.fromhex(tid))


@pytest.mark.parametrize(
    "vendors",
    [
        "03FF 0008 0000651A",  # shorter than what names it
        "03FF 000D 0000651A 00000039 EA",
        "03FF 0010 0000651A 00000037 0006 1234",
        "03FF 000C 0000651A 00000037",
    ],
)
def test_a_damaged_parameter_of_impinj_is_refused(vendors: str) -> None:
    tag = bytes.fromhex("8D 3066C4409047E140075BCD15" + vendors)
    with pytest.raises(ProtocolError):
        read_report(framed(tag), "dock", NOON)
    with pytest.raises(ProtocolError):
        read_report(framed(tag, tag, tag), "dock", NOON)
