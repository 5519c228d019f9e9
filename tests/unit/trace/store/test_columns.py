"""Times and texts as they are stored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suyuan.trace.store.columns import instant, microseconds, storable

_ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_LEAST, _MOST = datetime(1, 1, 3), datetime(9999, 12, 29)  # noqa: DTZ001 (hypothesis adds the zone itself)


@given(st.datetimes(_LEAST, _MOST, timezones=_ZONES))
def test_every_aware_time_comes_back_as_the_same_instant_in_utc(time: datetime) -> None:
    kept = instant(microseconds(time))
    assert kept == time
    assert kept.tzinfo is UTC


@given(st.datetimes(_LEAST, _MOST, timezones=_ZONES), st.datetimes(_LEAST, _MOST, timezones=_ZONES))
def test_stored_times_sort_as_instants(one: datetime, two: datetime) -> None:
    assert (microseconds(one) < microseconds(two)) == (one < two)


def test_a_time_without_zone_cannot_be_stored() -> None:
    with pytest.raises(TypeError):
        microseconds(datetime(2026, 5, 1))  # noqa: DTZ001 (what must fail)


@pytest.mark.parametrize(
    ("text", "fits"), [("", True), ("青菜\U0001f96c", True), ("a\0", False), ("\udc00é", False)]
)
def test_what_is_no_text_is_known(text: str, fits: bool) -> None:
    assert storable(text) is fits
