"""Values in reports of readers that speak JSON: right ones are read, all others refused or None."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suyuan.readers.reports import (
    ClockOffset,
    Notice,
    Notices,
    base64_bytes,
    decimal,
    hex_bytes,
    instant,
    strength,
    text_of,
    whole,
)

EPC = bytes.fromhex("e28011606000020a6681f23f")
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
ODD = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text()) | st.binary()


@pytest.mark.parametrize("written", ["E28011606000020A6681F23F", "e28011606000020a6681f23f"])
def test_hex(written: str) -> None:
    assert hex_bytes(written) == EPC


@pytest.mark.parametrize(
    "written", ["", "E28", "E2 80", "0xE2", "zz", "é2", "E2" * 63, None, 7, True, ["E2"], b"E2"]
)
def test_what_is_no_hex(written: object) -> None:
    with pytest.raises(ValueError, match="is not 1 to 62 bytes in hex"):
        hex_bytes(written)


@given(st.binary(min_size=1, max_size=62))
def test_base64_of_either_alphabet_with_or_without_padding(data: bytes) -> None:
    url, plain = base64.urlsafe_b64encode(data).decode(), base64.b64encode(data).decode()
    for written in (url, plain, url.rstrip("="), plain.rstrip("=")):
        assert base64_bytes(written) == data


@pytest.mark.parametrize(
    "written", ["", "=", "a", "4oAR\n", "4oAR!", "4oÄR", "\ud800", "A" * 200, None, 1.5, {}]
)
def test_what_is_no_base64(written: object) -> None:
    with pytest.raises(ValueError, match="is not 1 to 62 bytes in base64"):
        base64_bytes(written)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-05-01T12:00:00Z", NOON),
        ("2026-05-01T12:00:00.123456789Z", NOON + timedelta(microseconds=123_456)),
        ("2026-05-01T20:00:00+08:00", NOON),
        ("2026-05-01T12:00:00.000+0000", NOON),
        ("2026-05-01T12:00:00", NOON),
        (1_777_636_800, NOON),
        (1_777_636_800_000, NOON),
        (1_777_636_800_000_000, NOON),
        (1_777_636_800.5, NOON + timedelta(milliseconds=500)),
    ],
)
def test_times(written: object, read: datetime) -> None:
    assert instant(written) == read


@pytest.mark.parametrize(
    "written",
    [
        *("", "now", "2026-05-01", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00"),
        *("2026-05-01T12:00:00Z" * 9, None, True, -1, float("nan"), float("inf"), 10**400, [], {}),
    ],
)
def test_what_is_no_time(written: object) -> None:
    assert instant(written) is None


@given(ODD)
def test_any_value_is_read_or_refused(value: object) -> None:
    read = instant(value)
    assert read is None or read.utcoffset() == timedelta()
    assert strength(value) is None or -150 <= strength(value, 1) <= 50  # type: ignore[operator]
    assert whole(value, 1, 9) in {None, *range(1, 10)}
    for reader in (hex_bytes, base64_bytes, text_of):
        try:
            assert reader(value)
        except ValueError as error:
            assert str(error).isascii() or "surrogates" in str(error)  # noqa: PT017 - both are right


def test_numbers_that_are_none() -> None:
    assert strength(-7300, 100) == -73.0
    assert strength(-5830, 100) == -58.3
    assert (strength("−50"), strength(True), strength(float("nan")), strength(1e9)) == (None,) * 4
    assert decimal(10**400, 0, 1) is None
    assert whole(1.0, 0, 2) is None


@pytest.mark.parametrize("text", ["", "   ", "a" * 5000, "\ud800", None, 5])
def test_what_is_no_text(text: object) -> None:
    with pytest.raises(ValueError, match=r"text of 1 to|surrogates"):
        text_of(text)


def test_late_reports_do_not_turn_a_clock_back() -> None:
    clock = ClockOffset()
    assert clock.heard(NOON + timedelta(seconds=3), NOON) == 3
    assert clock.heard(NOON - timedelta(hours=5), NOON) == 3


def test_a_clock_that_was_set_right_is_believed_after_some_reports() -> None:
    clock = ClockOffset(keep=4)
    clock.heard(NOON + timedelta(days=365), NOON)
    assert [clock.heard(NOON, NOON) for _ in range(4)][-1] == 0


def test_notices_are_news_once_and_their_kinds_are_bounded() -> None:
    notices = Notices(frozenset({"known"}))
    assert [notices.is_news("known"), notices.is_news("known")] == [True, True]
    assert [notices.is_news("odd"), notices.is_news("odd")] == [True, False]
    for number in range(1000):
        notices.is_news(f"kind {number}")
    assert len(notices.unknown) <= 65
    assert sum(notices.unknown.values()) == 1002


def test_what_a_notice_shows_is_short_and_harmless() -> None:
    shown = Notice("x", NOON, {"a\x1b": "\x1b[2J" * 500, "b": {"deep": 1}, "c": 5}).shown()
    assert shown.keys() == {"a\\x1b", "c"}
    assert all(len(each) <= 200 and each.isprintable() for each in shown.values())
