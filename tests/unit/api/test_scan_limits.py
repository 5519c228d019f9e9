"""Allowances for codes: what is spent, what is forgiven, and who pays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from suyuan.api import scan_limits
from suyuan.api.scan_limits import FREE_MISSES, LONGEST_WAIT_S, ScanLimits, TooManyScans, is_of_codes

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
HOME = "203.0.113.7"


class Clocked:
    """Limits whose clock the test turns."""

    def __init__(self, per_minute: int = 0) -> None:
        self.time = NOON
        self.limits = ScanLimits(per_minute, lambda: self.time)

    def later(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)

    def refused_for(self, address: str = HOME) -> int:
        with pytest.raises(TooManyScans) as refused:
            self.limits.wait(address)
        seconds = refused.value.fields["seconds"]
        assert isinstance(seconds, int)
        return seconds


def test_codes_that_are_on_record_spend_nothing() -> None:
    clocked = Clocked()
    assert {clocked.limits.wait(HOME) for _ in range(10_000)} == {0.0}


def test_misses_are_free_at_first_then_everybody_there_takes_turns_until_they_are_forgiven() -> None:
    clocked = Clocked()
    clocked.limits.missed(HOME, FREE_MISSES - 1)
    assert clocked.limits.wait(HOME) == 0
    clocked.limits.missed(HOME)
    turns = [clocked.limits.wait(HOME) for _ in range(10)]
    assert turns == [float(second) for second in range(1, 11)]
    assert clocked.refused_for() == 1
    assert clocked.limits.wait("203.0.113.8") == 0, "a neighbour"
    clocked.later(LONGEST_WAIT_S)
    assert clocked.limits.wait(HOME) == 0, "two misses are forgiven meanwhile"


def test_a_flood_of_misses_is_forgiven_in_minutes() -> None:
    clocked = Clocked()
    clocked.limits.missed(HOME, 1_000_000)
    clocked.later(299)
    assert clocked.limits.wait(HOME) > 0
    clocked.later(10)
    assert clocked.limits.wait(HOME) == 0


def test_there_is_a_limit_on_everything_that_a_pause_lifts() -> None:
    clocked = Clocked(per_minute=60)
    assert {clocked.limits.wait(HOME) for _ in range(60)} == {0.0}
    assert clocked.refused_for() == 1
    clocked.later(1)
    assert clocked.limits.wait(HOME) == 0
    assert clocked.refused_for() == 1


def test_what_need_not_wait_is_let_through_and_counted_and_the_rest_is_not() -> None:
    clocked = Clocked(per_minute=60)
    assert [clocked.limits.lets_through(HOME) for _ in range(62)] == [True] * 60 + [False] * 2
    assert clocked.refused_for() == 1, "those two were not counted"
    clocked.later(60)
    clocked.limits.missed(HOME, 2 * FREE_MISSES)
    assert not clocked.limits.lets_through(HOME)
    assert clocked.limits.wait(HOME) == 1, "the first turn is still to be had"
    assert clocked.limits.lets_through("127.0.0.1")


def test_a_clock_that_goes_back_takes_nothing_from_anybody() -> None:
    clocked = Clocked(per_minute=60)
    clocked.limits.wait(HOME)
    clocked.later(-3_600)
    assert clocked.limits.wait(HOME) == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2300::1", "2001:db8:1:23ff::2", True),
        ("2001:db8:1:2300::1", "2001:db8:1:2400::1", False),
        ("203.0.113.7", "::ffff:203.0.113.7", True),
        ("203.0.113.7", "64:ff9b::203.0.113.7", True),
        ("64:ff9b::203.0.113.8", "64:ff9b::203.0.113.7", False),
        ("203.0.113.7", "203.0.113.8", False),
    ],
)
def test_who_pays_is_an_address_or_a_network(one: str, other: str, *, same: bool) -> None:
    clocked = Clocked()
    clocked.limits.missed(one, FREE_MISSES)
    assert bool(clocked.limits.wait(other)) is same


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "", "testclient", "\0"])
def test_this_machine_and_what_is_no_address_pay_nothing(address: str) -> None:
    clocked = Clocked(per_minute=1)
    clocked.limits.missed(address, 1_000)
    assert [clocked.limits.wait(address) for _ in range(5)] == [0.0] * 5


def test_however_many_ask_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan_limits, "REMEMBERED", 10)
    clocked = Clocked()
    clocked.limits.missed(HOME, FREE_MISSES)
    for number in range(9):
        clocked.limits.wait(f"198.51.100.{number}")
    assert clocked.limits.wait(HOME) > 0
    for number in range(10):
        clocked.limits.wait(f"198.51.100.{number}")
    assert clocked.limits.wait(HOME) == 0, "those who were not here for long are forgotten"


def test_an_address_is_forgotten_an_hour_after_it_last_asked() -> None:
    clocked = Clocked(per_minute=1)
    clocked.limits.wait(HOME)
    clocked.later(3_601)
    clocked.limits.wait("198.51.100.1")
    assert HOME not in repr(vars(clocked.limits))
    assert "198.51.100.1" in repr(vars(clocked.limits))


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("/01/09521234000013/21/7", True),
        ("/p/00/195212340000000010", True),
        ("/own/product/P1", True),
        ("/qr/01/09521234000013", True),
        ("/api/verdict", True),
        ("/AQnYUc1gmiBTRY5", True),
        ("/", False),
        ("/privacy", False),
        ("/console/trace", False),
        ("/events", False),
    ],
)
def test_paths_of_codes_are_limited_and_others_are_not(path: str, *, is_one: bool) -> None:
    assert is_of_codes(path) is is_one
