"""Dates, amounts and reasons in the reader's words."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suyuan.portal.language import LANGUAGES, Speech, negotiate, offset_zone, zone_name
from suyuan.trace.errors import InvalidInput, NotAllowed
from suyuan.trace.gs1 import scanned
from suyuan.trace.gs1.elements import NAMES
from suyuan.trace.gs1.own import own_identifier
from suyuan.trace.lineage.contract import Amount, Contaminated
from suyuan.trace.recall.passport import Reason, Text, VerdictState
from suyuan.trace.scope.problems import QuestionInvalid
from suyuan.trace.scope.reading import read_question

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


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ((84, 84, 84, "KGM"), "84 kg"),
        ((0, 89.7, 687, None), "0 / 90 / 687 pieces"),
        ((0, 28.71, 115, "KGM"), "0 / 28.7 / 115 kg"),
        ((0, 0.415, 2, "KGM"), "0 / 0.415 / 2 kg"),
        ((150.2, 150.3, 150.45, "KGM"), "150.2 / 150.2 / 150.45 kg"),
        ((0, 99.96, 99.97, "KGM"), "0 / 99.97 / 99.97 kg"),
        ((150.2, 150.3, None, "KGM"), "150.2 / 150.2 / unknown"),
        ((0, None, None, None), "0 / unknown / unknown"),
        ((3, None, None, None), "3 / unknown / unknown"),
    ],
)
def test_a_range_is_as_exact_as_it_is_known(
    told: tuple[float, float | None, float | None, str | None], said: str
) -> None:
    assert EN.range(*told) == said


def test_what_is_contaminated_is_said_in_a_sentence() -> None:
    assert EN.spread(84, 84, 84, "KGM") == "Contaminated: 84 kg"
    assert EN.spread(0, 144.6, 627, None) == "Contaminated: 0 to 627 pieces, 145 expected"
    assert EN.spread(150.2, 150.3, 150.45, "KGM") == "Contaminated: 150.2 to 150.45 kg, 150.2 expected"
    assert EN.spread(3, None, None, "KGM") == "Contaminated: at least 3 kg"
    assert EN.spread(0, None, None, None) == "Contaminated: unknown"


def test_a_period_says_once_what_its_ends_have_in_common() -> None:
    assert EN.period(NOON, NOON + timedelta(seconds=20)) == EN.moment(NOON)
    assert EN.period(NOON, NOON + timedelta(hours=2)) == "21 Nov 2026 12:00\u201314:00 UTC+8"
    assert EN.period(NOON, NOON + timedelta(days=1)).count("UTC+8") == 2


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_number_is_written(value: float) -> None:
    assert all(
        len(Speech(language).number(value)) <= len("-999,999,999,999,999.999") for language in LANGUAGES
    )


def test_durations() -> None:
    assert EN.duration(timedelta(hours=3, minutes=12)) == "3 h 12 min"
    assert EN.duration(timedelta(days=2, hours=5)) == "2 d 5 h"
    assert EN.duration(timedelta(days=2, minutes=5)) == "2 d"
    assert EN.duration(timedelta(hours=2)) == "2 h"
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


def test_the_name_of_a_member_is_told_as_it_was_sent() -> None:
    lots = {"kind": "lots", "lots": ["https://id.gs1.org/01/09521234000013/10/A"]}
    with pytest.raises(QuestionInvalid) as refused:
        read_question({"selections": [lots], "lot": 1})
    assert ZH.error(refused.value) == "lot 在这里没有意义。"


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


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("(01)0952", "AI 01 的值应为 14 个字符"),
        ("(00)0952123400", "AI 00 的值应为 18 个字符"),
        ("https://x.example/01/0952123400001X", "这里只允许 数字"),
        (
            "https://x.example/01/09521234000013/10/a%5Eb",
            "批次 a^b 的第 2 个字符是 '^'，这里只允许 GS1 字符集 82",
        ),
        ("https://x.example/01/09521234000013/21/a b", "网址"),
        ("https://x.example/01/09521234000013/21/%zz", "两位十六进制数字"),
        ("https://x.example/01/09521234000013/10/" + "9" * 21, "应为 1-20 个"),
        ("U!0001", "大写字母"),
        ("P1", "至"),
    ],
)
def test_what_is_wrong_with_a_code_is_said_in_one_language(code: str, said: str) -> None:
    with pytest.raises(InvalidInput) as wrong:
        own_identifier("https://x.example/", "product", code) if len(code) < 7 else scanned(code)
    sentence = ZH.error(wrong.value)
    assert said in sentence
    assert not re.search(r"\b(or|to|and|the|of|only|digits|letters|signs|lot|serial)\b", sentence)
    assert not re.search(r"[\u4e00-\u9fff]", EN.error(wrong.value))


def test_the_parts_of_a_code_have_chinese_names() -> None:
    english = {name for name in NAMES.values() if not name.isupper()}
    assert len(english) > 10
    assert [
        name
        for name in english
        if not re.search(r"[\u4e00-\u9fff]", ZH.error(InvalidInput("{name}", name=name)))
    ] == []


def test_who_may_not_is_named_by_the_role_as_the_pages_name_it() -> None:
    error = NotAllowed("{name} is a {role} and may not do this", name="li", role="company")
    assert ZH.error(error) == "li 的角色是 企业用户，无权这样做"
