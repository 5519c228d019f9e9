"""The footer says what stands against the store and the clock, in whole sentences of both languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

import pytest

from suyuan.readers.station.journal import Queue
from suyuan.readers.station.page.display import chips
from suyuan.readers.station.page.picture import Picture
from suyuan.readers.station.status import Status
from suyuan.readers.station.words import Message

NOW = datetime(2026, 11, 22, tzinfo=UTC)
WELL = Status("dock", NOW, Queue(0, None, 0, 0), None, {}, "idle", None, 0, (), 0)


class Shown:
    """As much of a picture as the footer looks at."""

    zone = UTC
    skew_s = None

    def __init__(self, *alarms: Message) -> None:
        self.status = replace(WELL, alarms=alarms)


@pytest.mark.parametrize(
    ("message", "zh", "en"),
    [
        (Message("LITTLE_ROOM", {"used": 1700, "limit": 2048, "free": 90}), "存储空间快满", "getting short"),
        (Message("CLOCK_SET", {"seconds": "-3600"}), "时钟被调整了 -3600 秒", "set by -3600 s"),
        (Message("STATION_CLOCK", {"seconds": 90}), "90 秒", "90 s off"),
    ],
)
def test_what_stands_against_store_and_clock_is_in_the_footer(message: Message, zh: str, en: str) -> None:
    for language, words in (("zh", zh), ("en", en)):
        shown = chips(cast("Picture", Shown(message)), language, 900.0)
        (chip,) = [one for one in shown if one.level == "warn"]
        assert words in chip.text
        assert chip.title == message.remedy(language)
        assert not any(one.level == "warn" for one in chips(cast("Picture", Shown()), language, 900.0))
