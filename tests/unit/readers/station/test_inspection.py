from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from suyuan.readers.station.inspection import Item, Plan, Result, Verdict, judged, overall, plain
from suyuan.trace.errors import InvalidInput

LEAD = Item("铅", "mg/kg", most=Decimal("0.02"), standard="GB 2762-2022")
PROTEIN = Item("蛋白质", "g/100g", least=Decimal("2.9"))
COLI = Item("大肠菌群", "CFU/g", n=5, c=2, m=Decimal(10), upper=Decimal(100))
SALMONELLA = Item("沙门氏菌", "/25g", n=5, c=0, m=Decimal(0))
GOOD, BAD, OPEN, MISSING = (
    Verdict.CONFORMANT,
    Verdict.NON_CONFORMANT,
    Verdict.INCONCLUSIVE,
    Verdict.MISSING,
)


def verdict(item: Item, *values: str, unit: str = "", **more: Any) -> Verdict:
    results = [Result(item.name, each, unit or item.unit, **more) for each in values]
    (finding,) = judged(Plan("", (item,)), results)
    return finding.verdict


@pytest.mark.parametrize(
    ("value", "unit", "wanted"),
    [
        ("0.02", "mg/kg", GOOD),
        ("0.0200001", "mg/kg", BAD),
        ("20", "µg/kg", GOOD),
        ("20", "μg/kg", GOOD),
        ("20.1", "ug/kg", BAD),
        ("0.00002", "g/kg", GOOD),
        ("0.021", "mg/kg", BAD),
        ("2e-2", "mg/kg", GOOD),
        ("<0.01", "mg/kg", GOOD),
        ("<0.05", "mg/kg", OPEN),
        ("未检出", "mg/kg", OPEN),  # without the limit of detection nobody knows how much may be there
        (">0.01", "mg/kg", OPEN),
        (">0.03", "mg/kg", BAD),
    ],
)
def test_a_limit_is_compared_in_its_own_unit(value: str, unit: str, wanted: Verdict) -> None:
    assert verdict(LEAD, value, unit=unit) is wanted


def test_not_found_means_no_more_than_the_limit_of_detection() -> None:
    assert verdict(LEAD, "ND", lod=Decimal("0.005")) is GOOD
    assert verdict(LEAD, "ND", lod=Decimal("0.05")) is OPEN
    assert verdict(PROTEIN, "ND", lod=Decimal(1)) is BAD


def test_a_value_within_its_uncertainty_of_the_limit_is_open() -> None:
    doubt = Decimal("0.002")
    assert verdict(LEAD, "0.0215", uncertainty=doubt) is OPEN
    assert verdict(LEAD, "0.019", uncertainty=doubt) is OPEN
    assert verdict(LEAD, "0.0221", uncertainty=doubt) is BAD
    assert verdict(LEAD, "0.018", uncertainty=doubt) is GOOD
    assert verdict(PROTEIN, "2.9") is GOOD
    assert verdict(PROTEIN, "2.89") is BAD


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (("0", "5", "10", "10", "9"), GOOD),
        (("0", "11", "100", "10", "9"), GOOD),
        (("0", "11", "12", "13", "9"), BAD),
        (("0", "101", "0", "0", "0"), BAD),
        (("0", "101"), BAD),
        (("0", "0", "0", "0"), MISSING),
        (("<20", "<20", "<20", "0", "0"), OPEN),
        (("<10", "<10", "<10", "<10", "<10"), GOOD),
    ],
)
def test_attribute_plans_count_the_samples_above_m_and_allow_none_above_the_most(
    values: tuple[str, ...], wanted: Verdict
) -> None:
    assert verdict(COLI, *values) is wanted


def test_a_two_class_plan_allows_c_above_m() -> None:
    assert verdict(SALMONELLA, "0", "0", "0", "0", "nd") is GOOD
    assert verdict(SALMONELLA, "0", "0", "0", "0", "1") is BAD


def test_the_lot_is_as_its_worst_item() -> None:
    plan = Plan("", (LEAD, PROTEIN))
    good = Result("铅", "0.01", "mg/kg")
    assert overall(judged(plan, [good])) is MISSING
    assert overall(judged(plan, [good, Result("蛋白质", "3", "%")])) is GOOD
    assert overall(judged(plan, [Result("铅", "1", "mg/kg")])) is BAD


@pytest.mark.parametrize(
    "result",
    [
        Result("铅", "0.01", ""),
        Result("铅", "0.01", "mg/L"),
        Result("铅", "0.01", "furlongs"),
        Result("铅", "about 1", "mg/kg"),
        Result("铅", "-1", "mg/kg"),
        Result("铅", "9" * 400, "mg/kg"),
        Result("镉", "0.01", "mg/kg"),
    ],
    ids=["no unit", "by volume", "no such unit", "words", "negative", "endless", "not of the plan"],
)
def test_a_result_that_cannot_be_compared_is_refused_by_name(result: Result) -> None:
    with pytest.raises(InvalidInput) as caught:
        judged(Plan("", (LEAD,)), [result])
    assert caught.value.where == result.item
    assert caught.value.remedy


def test_units_are_read_as_people_write_them() -> None:
    assert plain(" CFU / mL") == "cfu/ml"


@pytest.mark.parametrize("unit", ["毫克/千克", "毫克每公斤", "mg／㎏", "微克/克"])
def test_units_in_chinese_are_units(unit: str) -> None:
    assert verdict(LEAD, "0.02", unit=unit) is GOOD
    assert verdict(LEAD, "＜0.02", unit=unit) is GOOD
    assert verdict(LEAD, "0.03", unit=unit) is BAD


def test_a_word_is_the_result_of_a_test_for_presence_and_of_no_other() -> None:
    assert verdict(SALMONELLA, "合格", "未检出", "合格", "合格", "合格", unit="/25克") is GOOD
    assert verdict(SALMONELLA, "合格", "不合格", "合格", "合格", "合格", unit="-") is BAD
    assert verdict(SALMONELLA, "检出", unit="/25g") is BAD
    for word in ("合格", "不合格", "检出"):
        with pytest.raises(InvalidInput, match="which has a limit"):
            verdict(LEAD, word)
