from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from suyuan.trace.gs1 import check_digit
from suyuan.trace.register.fields import Field, Part, parts_of
from suyuan.trace.register.finding import Finding
from suyuan.trace.register.nutrition import nutrition_text, read_nutrients
from suyuan.trace.register.sheets import KINDS, SHEETS, Entry, EntryKind, read_sheet, write_sheet
from suyuan.trace.register.telling import element_of, entry_of

FARM = "https://id.gs1.org/417/9506000000015"
MILK = "https://id.gs1.org/01/09506000134352"
ROWS: dict[EntryKind, dict[str, str]] = {
    "party": {"roles": "生产者", "name_zh": "青山牧场", "district": "杭州市西湖区"},
    "place": {"party": FARM, "stage": "零售", "name_zh": "门店", "district": "330106"},
    "read_point": {"place": "S-1", "name_zh": "一号门"},
    "product": {"name_zh": "牛奶", "producer": FARM},
    "recipe": {"product": MILK, "inputs": "RAW = 102 %"},
    "lot": {"product": MILK, "lot": "L1"},
}


def read(kind: EntryKind, **more: str) -> tuple[Entry | None, list[tuple[str, str]]]:
    entry, findings = read_sheet(kind, ROWS[kind] | more)
    return entry, [(found.where, found.code) for found in findings]


def accepted(kind: EntryKind, **more: str) -> Mapping[str, str]:
    entry, findings = read_sheet(kind, ROWS[kind] | more)
    assert entry is not None, findings
    return entry.values


@pytest.mark.parametrize("kind", KINDS)
def test_the_least_that_must_be_told(kind: EntryKind) -> None:
    assert read(kind)[1] == []
    for name in ROWS[kind]:
        assert read(kind, **{name: "  "}) == (None, [(name, "missing")])


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_has_its_words_and_its_attribute(kind: EntryKind) -> None:
    sheet = SHEETS[kind]
    names = [field.name for field in sheet.fields]
    assert len(set(names)) == len(names)
    told = [field.attribute for field in sheet.fields if field.value != "identifier"]
    assert len(set(told)) == len(told)
    assert all(attribute.startswith(("cbvmda:", "suyuan:")) for attribute in told)
    for language in ("zh", "en"):
        titles = [getattr(field, language) for field in sheet.fields]
        assert len(set(titles)) == len(titles)
        assert all(titles)


def test_an_unknown_column_is_not_lost_silently() -> None:
    assert read("lot", batch="7") == (None, [("batch", "unknown-field")])


@pytest.mark.parametrize(
    "told",
    ["2026-05-01", "2026/5/1", "2026.05.01", "2026年5月1日", "2026 年 5 月 1 日", "20260501",
     "２０２６-05-01", "2026-05-01 00:00:00", "2026-05-01T00:00:00"],
)  # fmt: skip
def test_dates_as_people_write_them(told: str) -> None:
    assert accepted("lot", production_date=told)["production_date"] == "2026-05-01"


@pytest.mark.parametrize(
    "told", ["01/05/2026", "2026-02-30", "2026-13-01", "26-5-1", "2026-05", "46143", "today", "0000-01-01"]
)
def test_what_is_no_date_is_told(told: str) -> None:
    assert read("lot", production_date=told) == (None, [("production_date", "no-date")])


@pytest.mark.parametrize(
    ("told", "number"),
    [("7", "7"), ("７", "7"), ("12.50", "12.5"), ("0", "0"), ("-0.0", "0"), ("1 000", "1000"), ("007", "7")],
)
def test_numbers_as_people_write_them(told: str, number: str) -> None:
    assert accepted("lot", quantity=told, unit="kg")["quantity"] == number


@pytest.mark.parametrize(
    ("told", "finding"),
    [
        ("1,000", "no-number"), ("12 kg", "no-number"), ("1e3", "no-number"), ("NaN", "no-number"),
        ("-1", "number-range"), ("1.0001", "number-places"), ("9" * 15, "number-range"),
        ("9" * 30, "no-number"), ("٣", "no-number"),
    ],
)  # fmt: skip
def test_what_is_no_number_is_told(told: str, finding: str) -> None:
    assert read("lot", quantity=told, unit="kg") == (None, [("quantity", finding)])


@pytest.mark.parametrize(
    ("told", "codes"),
    [
        ("牛奶、大豆", "soybeans\nmilk"),
        ("milk;Soybeans", "soybeans\nmilk"),
        ("乳，乳", "milk"),
        ("乳及乳制品\n坚果", "milk\nnuts"),
    ],
)
def test_choices_by_code_and_by_word(told: str, codes: str) -> None:
    assert accepted("product", allergens=told)["allergens"] == codes


def test_a_word_with_a_comma_is_one_choice() -> None:
    assert accepted("product", category="食用油、油脂及其制品")["category"] == "02"
    assert accepted("product", farm_product="猪肉(生猪产品)")["farm_product"] == "pork"


@pytest.mark.parametrize(
    ("kind", "told", "findings"),
    [
        ("product", {"allergens": "牛奶、石头"}, [("allergens", "no-choice")]),
        ("product", {"category": "05", "farm_product": "pork"}, [("farm_product", "category-twice")]),
        ("product", {"shelf_life_days": "0"}, [("shelf_life_days", "number-range")]),
        ("product", {"shelf_life_days": "7.5"}, [("shelf_life_days", "number-places")]),
        ("product", {"name_zh": "x" * 201}, [("name_zh", "too-long")]),
        ("product", {"name_zh": "牛\0奶"}, [("name_zh", "not-text")]),
        ("product", {"name_zh": "\ud800"}, [("name_zh", "not-text")]),
        ("product", {"name_zh": "牛\x1b[31m奶"}, [("name_zh", "not-text")]),
        ("party", {"roles": "authority", "stages": "retail"}, [("regions", "competence-missing")]),
        ("party", {"licence": "SC11464010500016"}, [("licence", "sc-check")]),
        ("party", {"district": "西湖区"}, [("district", "district-form")]),
        ("place", {"latitude": "91"}, [("latitude", "number-range")]),
        ("recipe", {"inputs": "RAW 5 kg"}, [("inputs", "part-form")]),
        ("recipe", {"inputs": "RAW = 5 stones"}, [("inputs", "part-form")]),
        ("recipe", {"inputs": "RAW = 0 kg"}, [("inputs", "part-form")]),
        ("recipe", {"inputs": "RAW = 1.2.3 kg"}, [("inputs", "part-form")]),
        ("recipe", {"yield_least": "90", "yield_most": "80"}, [("yield_least", "bounds")]),
        ("lot", {"lot": "L/ü"}, [("lot", "lot-not-gs1")]),
        ("lot", {"lot": "L" * 21}, [("lot", "lot-not-gs1")]),
        ("lot", {"quantity": "5"}, [("unit", "missing")]),
        ("lot", {"unit": "kg"}, [("quantity", "missing")]),
        ("lot", {"production_date": "2026-05-02", "use_by": "2026-05-01"}, [("use_by", "date-order")]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_field(
    kind: EntryKind, told: dict[str, str], findings: list[tuple[str, str]]
) -> None:
    assert read(kind, **told) == (None, findings)


def test_warnings_come_with_the_entry() -> None:
    entry, findings = read_sheet(
        "party", ROWS["party"] | {"uscc": "91350203m0001qay9b", "district": "999999"}
    )
    assert entry is not None
    assert [(found.where, found.code) for found in findings] == [
        ("uscc", "uscc-check"),
        ("district", "district-unknown"),
    ]
    assert entry.warnings == findings
    assert entry.value("uscc") == "91350203M0001QAY9B"


def test_references_by_key_by_number_and_by_own_code() -> None:
    assert accepted("lot", product="9506000134352")["product"] == MILK
    assert accepted("place", party="913502000728319549")["party"] == "913502000728319549"
    assert accepted("product", producer="工厂 1")["producer"] == "工厂 1"
    assert read("lot", product="9506000134353")[1] == [("product", "check-digit-wrong")]


def test_the_inputs_of_a_recipe() -> None:
    told = accepted("recipe", inputs="9506000134352 ＝ 50％；盐=1.50 公斤\nRAW = 3 件")["inputs"]
    assert parts_of(told) == (
        Part(MILK, Decimal(50), "P1"),
        Part("盐", Decimal("1.5"), "KGM"),
        Part("RAW", Decimal(3), "H87"),
    )


def test_the_key_of_a_lot_follows_from_product_and_lot() -> None:
    entry, _ = read_sheet("lot", {"product": "9506000134352", "lot": "A/1"})
    assert entry is not None
    assert entry.key == f"{MILK}/10/A%2F1"
    later, _ = read_sheet("lot", {"product": "MILK", "lot": "A/1"})
    assert later is not None
    assert later.key == ""


TEXT = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=30)
DAYS = st.dates(date(1990, 1, 1), date(2090, 1, 1))


def _gtins() -> st.SearchStrategy[str]:
    return st.integers(0, 10**12 - 1).map(lambda n: f"{n:012}").map(lambda d: f"{d}{check_digit(d)}")


def _number(field: Field) -> st.SearchStrategy[str]:
    least, most = max(field.least, Decimal(-90)), min(field.most, Decimal(90))
    return st.decimals(least, most, places=field.places).map(str)


def _value(field: Field) -> st.SearchStrategy[str]:
    gtins = field.kind == "product" or field.of == "product"
    values: dict[str, st.SearchStrategy[str]] = {
        "choices": st.lists(st.sampled_from([c.code for c in field.choices] or [""]), min_size=1).map(
            ";".join
        ),
        "choice": st.sampled_from([word for c in field.choices for word in (c.code, c.zh, c.en)] or [""]),
        "date": DAYS.map(lambda day: f"{day.year}/{day.month}/{day.day}"),
        "number": _number(field),
        "district": st.sampled_from(["330106", "上海市", "杭州市"]),
        "districts": st.lists(st.sampled_from(["330106", "上海市", "000000"]), min_size=1).map("、".join),
        "identifier": _gtins() if gtins else st.sampled_from(["https://example.cn/ours", "9506000000015"]),
        "reference": _gtins() if gtins else TEXT.filter(lambda text: "://" not in text),
        "parts": st.lists(st.tuples(_gtins(), st.integers(1, 99)), min_size=1).map(
            lambda parts: "\n".join(f"{product}={amount}kg" for product, amount in parts)
        ),
    }
    return values.get(field.value, TEXT.map(lambda text: text[: field.longest]))


@st.composite
def rows(draw: st.DrawFn) -> tuple[EntryKind, dict[str, str]]:
    kind = draw(st.sampled_from(KINDS))
    told = dict(ROWS[kind])
    for field in SHEETS[kind].fields:
        if draw(st.booleans()):
            told[field.name] = draw(_value(field))
    return kind, told


@settings(max_examples=examples(150), deadline=None)
@given(rows())
def test_a_sheet_reads_what_it_writes(row: tuple[EntryKind, dict[str, str]]) -> None:
    kind, told = row
    entry, findings = read_sheet(kind, told)
    if entry is None:
        assert any(found.severity == "error" for found in findings)
        return
    again, found_again = read_sheet(kind, write_sheet(entry))
    assert again == entry
    assert _codes(found_again) == _codes(findings)
    entry = replace(entry, key=entry.key or "https://example.cn/ours")
    attributes = element_of(entry).attributes
    assert entry_of(kind, entry.key, attributes) == Entry(kind, entry.key, _told(entry))


def _codes(findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return [(found.where, found.code) for found in findings]


def _told(entry: Entry) -> dict[str, str]:
    """A city that follows from the district need not be told."""
    values = dict(entry.values)
    without = Entry(entry.kind, entry.key, {**values, "city_zh": "", "city_en": ""})
    follow = element_of(without).attributes
    for name, attribute in (("city_zh", "suyuan:cityZh"), ("city_en", "suyuan:cityEn")):
        if follow.get(attribute) == values.get(name) and "city_zh" not in values.keys() - {name}:
            values.pop(name, None)
    return values


@settings(max_examples=examples(150), deadline=None)
@given(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(["name_zh", "uscc", "lot", "x"]), st.text()))
def test_whatever_is_typed_is_answered(kind: EntryKind, told: dict[str, str]) -> None:
    entry, findings = read_sheet(kind, told)
    assert (entry is None) == any(found.severity == "error" for found in findings)
    assert all(len(found.detail) < 2000 for found in findings)


def test_a_lot_that_gs1_cannot_name_gets_a_number_to_enter_and_keeps_its_name() -> None:
    _, (told,) = read_sheet("lot", ROWS["lot"] | {"lot": "端午礼盒"})
    number = str(told.fields["suggestion"])
    values = accepted("lot", lot=number, lot_name="端午礼盒")
    assert (values["lot"], values["lot_name"]) == (number, "端午礼盒")
    assert read_sheet("lot", ROWS["lot"] | {"lot": "端午礼盒"})[1] == (
        told,
    )  # the same name, the same number


TABLE = "能量 812千焦 10%\n蛋白质: 8.0 g 13%；脂肪 5.2g 9%\nCarbohydrate = 28.5 g 10 %\nSODIUM 620 mg 31%"


def test_the_nutrition_table_of_a_label_in_the_words_of_either_language() -> None:
    told = accepted("product", nutrition=TABLE, nutrition_per="每100克")
    assert told["nutrition"].split("\n") == [
        "energy = 812 kJ 10%",
        "protein = 8.0 g 13%",
        "fat = 5.2 g 9%",
        "carbohydrate = 28.5 g 10%",
        "sodium = 620 mg 31%",
    ]
    again = accepted("product", nutrition=told["nutrition"], nutrition_per=told["nutrition_per"])
    assert again == told


@pytest.mark.parametrize(
    ("told", "findings"),
    [
        ({"nutrition": TABLE}, [("nutrition_per", "missing")]),
        ({"nutrition_per": "100g"}, [("nutrition", "missing")]),
        ({"nutrition": TABLE, "nutrition_per": "serving"}, [("serving", "missing")]),
        ({"nutrition": "protein 8 mg", "nutrition_per": "100g"}, [("nutrition", "nutrient-form")]),
        ({"nutrition": "luck 8 g", "nutrition_per": "100g"}, [("nutrition", "nutrient-form")]),
        ({"nutrition": "protein 8 g 13% more", "nutrition_per": "100g"}, [("nutrition", "nutrient-form")]),
        ({"nutrition": "糖 8 g; sugars 8 g", "nutrition_per": "100g"}, [("nutrition", "nutrient-twice")]),
        ({"nutrition": f"{TABLE}\n" * 12, "nutrition_per": "100g"}, [("nutrition", "too-long")]),
    ],
)
def test_a_nutrition_table_that_is_none_says_what_is_wrong(
    told: dict[str, str], findings: list[tuple[str, str]]
) -> None:
    assert read("product", **told) == (None, findings)


@pytest.mark.parametrize(
    "line",
    [
        f"protein{' ' * 991}8",
        f"protein {'= ' * 495}8",
        f"protein{' ' * 495}8{' ' * 495}?",
        f"protein 8 {'.' * 989}",
        f"protein 8 g{' ' * 987}1",
        "8" * 1000,
        "\ufdfa" * 1000,  # each is eighteen letters
    ],
)
def test_a_line_that_is_none_is_refused_in_no_time(line: str) -> None:
    begun = time.process_time()
    table, [fault] = read_nutrients(line)
    assert (table, fault.code) == ("", "nutrient-form")
    assert time.process_time() - begun < 0.5, "seconds, where blanks can be shared out in many ways"


def test_amounts_are_stored_in_plain_digits() -> None:
    assert read_nutrients("protein\u3000\u3000：  ００8.0  g   013 %")[0] == "protein = 8.0 g 13%"
    for digits in ("٨", "८"):
        table, [fault] = read_nutrients(f"protein {digits} g")
        assert (table, fault.code) == ("", "nutrient-form")


def test_the_size_of_a_serving_stands_only_where_amounts_are_of_one() -> None:
    assert nutrition_text("fat = 1 g", "serving", "30 g", language="en") == "Per serving (30 g)\nFat 1 g"
    assert nutrition_text("fat = 1 g", "100g", "30 g", language="en") == "Per 100 g\nFat 1 g"


@pytest.mark.parametrize(
    ("table", "code"),
    [
        (TABLE.replace("812", "194"), "nutrition-energy"),  # kcal, as on labels from elsewhere
        (TABLE.replace("SODIUM 620 mg 31%", ""), "nutrition-core"),
    ],
)
def test_a_nutrition_table_that_may_be_wrong_asks_for_confirmation(table: str, code: str) -> None:
    entry, found = read_sheet("product", {**ROWS["product"], "nutrition": table, "nutrition_per": "100g"})
    assert entry is not None
    assert [(one.code, one.severity) for one in found] == [(code, "warning")]
