"""Lengths of time in words, as a screen says them."""

from __future__ import annotations

import pytest

from suyuan.readers.station.duration import duration
from suyuan.readers.station.store_watch import clock_set

DAY, YEAR = 86_400, 365 * 86_400


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (0, "0 秒", "0 seconds"),
        (1, "1 秒", "1 second"),
        (59.6, "1 分钟", "1 minute"),
        (-61, "1 分钟 1 秒", "1 minute 1 second"),
        (3_600, "1 小时", "1 hour"),
        (3_659, "1 小时", "1 hour"),
        (2 * 3_600 + 125, "2 小时 2 分钟", "2 hours 2 minutes"),
        (DAY + 60, "1 天", "1 day"),
        (-(YEAR + 3 * DAY + 7), "1 年 3 天", "1 year 3 days"),
        (40 * YEAR, "40 年", "40 years"),
    ],
)
def test_a_length_of_time_is_said_in_its_two_largest_units(seconds: float, zh: str, en: str) -> None:
    said = duration(seconds)
    assert (said.zh, said.en) == (zh, en)


def test_a_clock_that_was_set_a_year_off_is_told_in_years_and_which_way() -> None:
    assert clock_set(YEAR).text("zh") == "本机时钟被拨快了 1 年。"
    assert clock_set(-YEAR - DAY).text("en") == "This machine's clock was set back by 1 year 1 day."
