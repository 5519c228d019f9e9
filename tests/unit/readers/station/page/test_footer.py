"""The footer says in a word what stands against the station, and below it in whole sentences."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from typing import cast

import pytest

from suyuan.readers.reader import ReaderHealth
from suyuan.readers.station.duration import duration
from suyuan.readers.station.duty import Duty
from suyuan.readers.station.journal import Queue
from suyuan.readers.station.page.display import Chip, chips, conditions
from suyuan.readers.station.page.picture import Picture
from suyuan.readers.station.staff import Person, pin_hash
from suyuan.readers.station.status import Status
from suyuan.readers.station.store_watch import clock_set
from suyuan.readers.station.words import Message, reader_down

NOW = datetime(2026, 11, 22, tzinfo=UTC)
WELL = Status("dock", NOW, Queue(0, None, 0, 0), None, {}, "idle", None, 0, (), 0)
WANG = Person("u1", "王秀英", pin_hash=pin_hash("1234", bytes(16)))


class Shown:
    """As much of a picture as the footer looks at."""

    zone = UTC
    skew_s: float | None = None

    def __init__(self, status: Status, *messages: Message) -> None:
        self.status, self.alarms, self.messages = status, status.alarms, messages


def duty(*staff: Person) -> Duty:
    return Duty(staff, "+00:00", now=lambda: NOW, monotonic=lambda: 0.0)


def footer(status: Status, language: str, who: Duty | None = None, reader: str = "") -> list[Chip]:
    return chips(cast("Picture", Shown(status)), language, 900.0, who or duty(), reader)


def test_a_reader_whose_clock_is_a_year_off_is_told_in_years_and_days() -> None:
    shown = Shown(WELL)
    shown.skew_s = -368 * 86_400.0
    told = [chips(cast("Picture", shown), language, 900.0, duty(), "") for language in ("zh", "en")]
    texts = [next(chip.text for chip in found if chip.level == "warn") for found in told]
    assert texts[0].endswith("读写器差 -1 年 3 天")
    assert texts[1].endswith("reader -1 year 3 days off")


@pytest.mark.parametrize(
    ("message", "zh", "en"),
    [
        (Message("LITTLE_ROOM", {"used": 1700, "limit": 2048, "free": 90}), "空间快满", "room is short"),
        (clock_set(-3600), "本机时钟被调整", "clock was set"),
        (Message("STATION_CLOCK", {"span": duration(90)}), "本机时钟不准", "clock is wrong"),
    ],
)
def test_what_stands_against_store_and_clock_is_in_the_footer(message: Message, zh: str, en: str) -> None:
    status = replace(WELL, alarms=(message,))
    for language, words in (("zh", zh), ("en", en)):
        (chip,) = [one for one in footer(status, language) if one.level == "warn"]
        assert chip.text == words
        assert chip.title == f"{message.text(language)} {message.remedy(language)}"
        assert not any(one.level == "warn" for one in footer(WELL, language))


def test_what_stands_is_told_whole_below_unless_it_is_told_above() -> None:
    away, down = Message("OFFLINE", {"reason": "x"}), reader_down("r", None)
    status = replace(WELL, alarms=(away, down))
    assert conditions(cast("Picture", Shown(status))) == [away, down]
    assert conditions(cast("Picture", Shown(status, down))) == [away]


async def test_who_is_at_work_and_when_their_shift_ends() -> None:
    assert footer(WELL, "zh", duty(WANG))[0] == Chip("bad", "无人登录")
    early = replace(WANG, begins=time(22), ends=time(6))
    for person, words in ((WANG, "王秀英 at work"), (early, "王秀英 · shift 22:00–06:00")):
        who = duty(person)
        await who.sign_in("u1", "1234")
        assert footer(WELL, "en", who)[0] == Chip("ok", words)


def test_a_small_screen_leaves_out_other_readers_only_while_they_are_well() -> None:
    well, gone = ReaderHealth(True, NOW, 3), ReaderHealth(False, NOW, 3)
    for there, aside in ((well, True), (gone, False)):
        status = replace(WELL, readers={"own": well, "other": there})
        own, other = footer(status, "zh", reader="own")[-2:]
        assert (own.aside, other.aside) == (False, aside)


def test_a_station_that_should_have_a_block_list_and_has_none_says_so() -> None:
    [none] = [one for one in footer(WELL, "en") if one.text == "no block list"]
    assert none.level == "none"
    status = replace(WELL, alarms=(Message("NO_BLOCK_LIST"),))
    [none] = [one for one in footer(status, "en") if one.text == "no block list"]
    assert (none.level, none.aside) == ("warn", False)
    [told] = conditions(cast("Picture", Shown(status)))
    assert "not stopped here" in told.text("en")
