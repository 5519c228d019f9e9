"""Dates, amounts and reasons in the reader's words."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suyuan.portal.language import LANGUAGES, Speech, negotiate, offset_zone, zone_name
from suyuan.trace.errors import InvalidInput
from suyuan.trace.lineage.contract import Amount, Contaminated
from suyuan.trace.recall.passport import Reason, Text, VerdictState

ZH, EN = Speech("zh-CN"), Speech("en")
NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


def test_moments_tell_their_zone() -> None:
    assert EN.moment(NOON) == "21 Nov 2026 12:00 UTC+8"
    assert ZH.moment(NOON) == "2026年11月21日 12:00 UTC+8"
    assert EN.moment(NOON, "-03:30") == "21 Nov 2026 00:30 UTC−3:30"
    assert EN.moment(NOON, "Z") == "21 Nov 2026 04:00 UTC"
    assert EN.zoned_day(NOON, "+09:00") == "21 Nov 2026 · UTC+9"


def test_plural_forms() -> None:
    assert EN.quantity(1, None) == "1 piece"
    assert EN.quantity(1923, None) == "1,923 pieces"
    assert ZH.quantity(1, None) == "1 件"
    assert EN.quantity(0.5, None) == "0.5 pieces"
    assert EN.quantity(3.5, "KGM") == "3.5 kg"
    assert EN.quantity(3, "XYZ") == "3 XYZ"


def test_unknown_amounts_are_said_to_be_unknown() -> None:
    assert EN.amount(None) == "unknown"
    assert EN.amount(Amount(2, "KGM")) == "2 kg"
    assert EN.contaminated(None) == "unknown"
    assert EN.contaminated(Contaminated(0, None, 10, "KGM")) == "0 / unknown / 10 kg"


def test_durations() -> None:
    assert EN.duration(timedelta(hours=3, minutes=12)) == "3 h 12 min"
    assert EN.duration(timedelta(days=2, hours=5)) == "2 d 5 h"
    assert EN.duration(timedelta(seconds=-5)) == "0 h 0 min"


def test_a_reason_uses_the_longest_sentence_it_can_fill() -> None:
    full = Reason(VerdictState.SOLD, "sold", {"time": NOON, "place": Text("店", "Shop")})
    assert (
        EN.reason(full)
        == "The records say that this item was sold at Shop on 21 Nov 2026 12:00 UTC+8. Is that yours?"
    )
    timed = Reason(VerdictState.SOLD, "sold", {"time": NOON, "place": Text()})
    assert (
        EN.reason(timed)
        == "The records say that this item was sold on 21 Nov 2026 12:00 UTC+8. Is that yours?"
    )
    assert EN.reason(Reason(VerdictState.SOLD, "sold")) == EN.say("verdict.sold.why")
    assert EN.reason(Reason(VerdictState.HELD, "a-code-of-tomorrow")) == EN.say("verdict.held.why")
    assert EN.reason(
        Reason(VerdictState.EXPIRED, "expired", {"date": date(2026, 11, 19), "days": 2})
    ).endswith("19 Nov 2026.")


def test_a_remedy_follows_in_the_same_line_after_a_full_stop() -> None:
    bare = InvalidInput("The file is empty", remedy="Choose the file that you filled in.")
    assert ZH.sentence(bare) + ZH.gap + ZH.remedy(bare) == "文件是空的。请选择填好的文件。"
    assert (
        EN.sentence(bare) + EN.gap + EN.remedy(bare)
        == "The file is empty. Choose the file that you filled in."
    )
    closed = InvalidInput("The check digit of {name} {value} (AI {ai}) is wrong: {expected} would be right.")
    assert EN.sentence(closed).endswith("right.")
    assert ZH.sentence(closed).count("。") == 1


def test_errors_are_translated_with_their_values() -> None:
    error = InvalidInput("{given} is not a date and time", where="from", given="{0.__class__}", remedy="")
    assert ZH.error(error) == "“{0.__class__}”不是日期时间"
    assert EN.error(InvalidInput("A template of tomorrow")) == "A template of tomorrow"


def test_unknown_words_stand_as_they_are() -> None:
    assert EN.term("step", "shipping") == "Shipped"
    assert EN.term("step", "https://ns.example.com/step/drying") == "https://ns.example.com/step/drying"
    assert EN.term("step", None) == ""


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "zh-CN"),
        ("en-GB,en;q=0.9", "en"),
        ("zh-Hant", "zh-CN"),
        ("fr", "en"),
        ("en;q=0, zh", "zh-CN"),
        ("en;q=x,zh;q=0.1", "zh-CN"),
        ("*", "zh-CN"),
    ],
)
def test_negotiation(header: str, language: str) -> None:
    assert negotiate(None, header) == language
    assert negotiate("en", header) == "en"
    assert negotiate("tlh", header) == language


@given(st.text(max_size=200))
def test_any_header_gives_a_language(header: str) -> None:
    assert negotiate(None, header) in LANGUAGES


@given(st.text(max_size=12))
def test_any_offset_gives_a_zone(offset: str) -> None:
    assert zone_name(NOON.astimezone(offset_zone(offset))).startswith("UTC")
