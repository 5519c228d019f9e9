from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suyuan.readers.errors import ProtocolError
from suyuan.readers.llrp.codec import decode_message
from suyuan.readers.llrp.report import Content, microseconds, read_report, write_report
from suyuan.readers.observation import Observation

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
UNHURRIED = settings(deadline=None)
FIRST = datetime(2026, 5, 1, 4, 0, 0, 123_456, tzinfo=UTC)
EPC = bytes.fromhex("3066C4409047E140075BCD15")


def framed(*tags: str) -> bytes:
    body = b"".join(
        bytes.fromhex("00F0") + (len(bytes.fromhex(tag)) + 4).to_bytes(2, "big") + bytes.fromhex(tag)
        for tag in tags
    )
    return bytes.fromhex("043D") + (10 + len(body)).to_bytes(4, "big") + bytes.fromhex("00000007") + body


TIME = f"{microseconds(FIRST):016X}"
FULL = f"8D 3066C4409047E140075BCD15 89 00000001 81 0002 86 C9 82 {TIME} 84 {TIME} 88 0003"


def test_a_full_report_of_a_96_bit_tag() -> None:
    assert read_report(framed(FULL), "dock", NOON) == [Observation("dock", 2, EPC, FIRST, FIRST, 3, -55.0)]


def test_a_128_bit_tag_with_parts_that_nobody_asked_for() -> None:
    odd = "00F1 0016 0080 FB342CDE79521141 1234538566CB0AFC 8E 0001 8A 0001 87 0005 8C 3000 90 00000000"
    vendor = "03FF 000E 0000651A 00000038 1234"
    (seen,) = read_report(framed(f"{odd} {vendor} 81 0001"), "dock", NOON)
    assert seen == Observation(
        "dock", 1, bytes.fromhex("FB342CDE795211411234538566CB0AFC"), NOON, NOON, 1, None
    )


def test_a_reader_without_a_calendar_gets_the_hosts_time() -> None:
    uptime = f"8D {EPC.hex()} 81 0001 83 0000000000000001 85 0000000000000002"
    assert read_report(framed(uptime), "dock", NOON)[0].first_seen == NOON
    assert read_report(framed(FULL), "dock", NOON, host_clock=True)[0].last_seen == NOON


def test_odd_times_stay_in_order() -> None:
    only_last = read_report(framed(f"8D {EPC.hex()} 84 {TIME}"), "dock", NOON)[0]
    assert (only_last.first_seen, only_last.last_seen) == (FIRST, FIRST)
    reversed_ = read_report(framed(f"8D {EPC.hex()} 82 {TIME} 84 0000000000000001"), "dock", NOON)[0]
    assert (reversed_.first_seen, reversed_.last_seen) == (FIRST, FIRST)


def test_empty_reports_and_other_parameters_are_stepped_over() -> None:
    assert read_report(bytes.fromhex("043D 0000000A 00000001"), "dock", NOON) == []
    assert read_report(bytes.fromhex("043D 0000000E 00000001 00F2 0004"), "dock", NOON) == []


@pytest.mark.parametrize("tag", ["", "81 0001"])
def test_a_tag_without_an_epc_is_left_out(tag: str) -> None:
    assert [seen.epc for seen in read_report(framed(FULL, tag, FULL), "dock", NOON)] == [EPC, EPC]
    assert read_report(framed(tag), "dock", NOON) == []


def test_a_count_of_zero_is_one_sighting() -> None:
    assert read_report(framed(f"8D {EPC.hex()} 88 0000"), "dock", NOON)[0].count == 1


@pytest.mark.parametrize(
    "tag",
    [
        "8D 3066",
        "8D 3066C4409047E140075BCD15 81 00",
        "8D 3066C4409047E140075BCD15 82 0000",
        "8D 3066C4409047E140075BCD15 86",
        "8D 3066C4409047E140075BCD15 FF",
        "8D 3066C4409047E140075BCD15 82 FFFFFFFFFFFFFFFF",
        "00F1 0008 0080 3066",
        "00F1 0005 00",
        "00F1 0004",
        "8D 3066C4409047E140075BCD15 03FF 0003",
        "8D 3066C4409047E140075BCD15 03FF 0000",
        "8D 3066C4409047E140075BCD15 03FF FFFF",
        "8D 3066C4409047E140075BCD15 03",
    ],
)
def test_a_damaged_tag_report_is_refused_as_a_whole(tag: str) -> None:
    with pytest.raises(ProtocolError):
        read_report(framed(FULL, tag), "dock", NOON)


@pytest.mark.parametrize("tail", ["00", "00F0 0003", "00F0 0009 8D", "80F0 0004"])
def test_a_damaged_report_is_refused(tail: str) -> None:
    with pytest.raises(ProtocolError):
        read_report(framed(FULL) + bytes.fromhex(tail), "dock", NOON)


times = st.integers(1, 253_402_300_799_999_999).map(
    lambda us: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)
)


@st.composite
def observations(draw: st.DrawFn) -> Observation:
    words = draw(st.integers(0, 31))
    first, last = sorted((draw(times), draw(times)))
    return Observation(
        "dock",
        draw(st.integers(0, 0xFFFF)),
        draw(st.binary(min_size=2 * words, max_size=2 * words)),
        first,
        last,
        draw(st.integers(1, 0xFFFF)),
        draw(st.none() | st.integers(-128, 127).map(float)),
    )


@UNHURRIED
@given(st.lists(observations(), max_size=5), st.sampled_from([1, 2]), st.booleans())
def test_reports_come_back_as_they_went(seen: list[Observation], version: int, rospec: bool) -> None:
    data = write_report(seen, message_id=9, version=version, rospec_id=3, content=Content(rospec_id=rospec))
    assert read_report(data, "dock", NOON) == seen
    generic = decode_message(data)
    assert (generic.name, generic.id, generic.version) == ("RO_ACCESS_REPORT", 9, version)
    for tag, parameter in zip(seen, generic.all("TagReportData"), strict=True):
        epc = parameter.find("EPC_96") or parameter.find("EPCData")
        assert epc is not None
        assert epc.fields["EPC"] == tag.epc
        assert parameter.find("ROSpecID") == (None if not rospec else parameter.children[1])


@UNHURRIED
@given(st.binary(max_size=120))
def test_the_fast_path_is_total(body: bytes) -> None:
    head = bytes.fromhex("043D") + (10 + len(body)).to_bytes(4, "big") + bytes(4)
    for data in (head + body, framed(body.hex())):
        try:
            seen = read_report(data, "dock", NOON)
        except ProtocolError:
            continue
        assert all(each.first_seen <= each.last_seen and each.count for each in seen)


def test_what_the_client_did_not_ask_for_is_left_out() -> None:
    tag = Observation("", 3, EPC, FIRST, FIRST, 2, -40.4)
    bare = Content(antenna=False, rssi=False, first_seen=False, last_seen=False, count=False)
    assert write_report([tag], message_id=1, content=bare) == bytes.fromhex(
        "043D 0000001B 00000001 00F0 0011 8D 3066C4409047E140075BCD15"
    )


def test_values_beyond_the_format_are_held_at_its_ends() -> None:
    tag = Observation("dock", 1, EPC, FIRST, FIRST, 1_000_000, -500.0)
    (back,) = read_report(write_report([tag], message_id=1), "dock", NOON)
    assert (back.count, back.rssi_dbm) == (65_535, -128.0)


def test_timestamps_are_utc_whatever_the_offset() -> None:
    beijing = FIRST.astimezone(timezone(timedelta(hours=8)))
    assert microseconds(beijing) == microseconds(FIRST)
