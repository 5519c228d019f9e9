"""Whether what a package says is on record, in the words of GS1's messages."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from suyuan.trace.errors import InvalidInput
from suyuan.trace.resolver.verification import (
    FAILURES,
    OnPackage,
    OnRecord,
    checked_correlation,
    failure,
    message,
)

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
RECORD = OnRecord("L7", (date(2026, 11, 30),))


@pytest.mark.parametrize(
    ("package", "reason"),
    [
        (OnPackage(), ""),
        (OnPackage("L7", "261130"), ""),
        (OnPackage("L7", "261100"), ""),  # the last day of the month
        (OnPackage("L8", "261130"), "No_match_GTIN_Serial_Lot"),
        (OnPackage("L7", "261129"), "No_match_GTIN_Serial_Expiry"),
        (OnPackage("L8", "271130"), "No_match_GTIN_Serial_Lot_Expiry"),
        (OnPackage("l7"), "No_match_GTIN_Serial_Lot"),
    ],
)
def test_what_does_not_match_is_named(package: OnPackage, reason: str) -> None:
    assert failure(package, RECORD, TODAY) == reason
    assert reason in ("", *FAILURES)


def test_what_nobody_recorded_does_not_match() -> None:
    assert failure(OnPackage("L7", "261130"), OnRecord(), TODAY) == "No_match_GTIN_Serial_Lot_Expiry"
    assert failure(OnPackage("L8", "261129"), None, TODAY) == "No_match_GTIN_Serial"


@pytest.mark.parametrize(
    ("digits", "day"),
    [("991231", date(1999, 12, 31)), ("760101", date(2076, 1, 1)), ("770101", date(1977, 1, 1))],
)
def test_a_year_of_two_digits_is_the_nearest(digits: str, day: date) -> None:
    assert not failure(OnPackage("", digits), OnRecord("", (day,)), TODAY)


@pytest.mark.parametrize("digits", ["261330", "260230", "26113", "2611300", "26-1-1", "２６１１３０", "x"])
def test_what_is_no_date_is_refused_whatever_is_on_record(digits: str) -> None:
    for record in (RECORD, None):
        with pytest.raises(InvalidInput) as refused:
            failure(OnPackage("", digits), record, TODAY)
        assert refused.value.where == "17"


def test_the_message_has_the_members_of_the_standard() -> None:
    correlation = "5ae6c5e3-8f5b-4a8b-9a55-2f5bd8bb7d40"
    assert message("", responder="9521234000013", correlation=correlation, now=NOW) == {
        "verificationTimestamp": "2026-11-22T12:00:00+00:00",
        "responderGLN": "9521234000013",
        "data": {"verified": True},
        "corrUUID": correlation,
    }
    assert message("No_match_GTIN_Serial", additional="recalled", now=NOW) == {
        "verificationTimestamp": "2026-11-22T12:00:00+00:00",
        "data": {
            "verified": False,
            "verificationFailureReason": "No_match_GTIN_Serial",
            "additionalInfo": "recalled",
        },
    }


def test_a_correlation_is_a_uuid() -> None:
    assert checked_correlation("") == ""
    assert checked_correlation("5AE6C5E3-8F5B-4A8B-9A55-2F5BD8BB7D40").startswith("5ae6c5e3-")
    with pytest.raises(InvalidInput):
        checked_correlation("<script>")
