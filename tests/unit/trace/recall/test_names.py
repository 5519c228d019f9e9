"""Master data attributes in whatever spelling of their ids become names."""

from __future__ import annotations

import pytest

from suyuan.trace.recall.names import by_local_name, city, name, party, product, text
from suyuan.trace.recall.passport import Text

PRODUCT = "https://id.gs1.org/01/09521234000013"


@pytest.mark.parametrize(
    "spelling",
    ["cbvmda:nameZh", "urn:epcglobal:cbv:mda#nameZh", "https://ns.suyuan.example/nameZh", "nameZh"],
)
def test_only_the_last_part_of_an_attribute_id_counts(spelling: str) -> None:
    assert by_local_name({spelling: "腊肠"}) == {"nameZh": "腊肠"}


def test_two_languages_come_before_the_standards_one_name() -> None:
    told = {"nameZh": "腊肠", "descriptionShort": "Sausage"}
    assert name(told) == Text("腊肠", "")
    assert name(told).in_language("en") == "腊肠"


def test_without_ours_the_first_name_of_the_standard_is_shown_in_both_languages() -> None:
    assert name({"descriptionShort": "", "regulatedProductName": "Ham"}) == Text("Ham", "Ham")
    assert text({}, "storage") == Text()
    assert city({"city": "北京"}) == Text("北京", "北京")


def test_nothing_told_is_no_product_and_no_party() -> None:
    assert product(PRODUCT, {}) is None
    assert party("https://id.gs1.org/417/9521234000006", {}) is None
    assert product("https://id.gs1.org/00/095212340000000013", {"nameEn": "x"}) is None


def test_what_was_told_of_a_product_and_its_maker() -> None:
    found = product(PRODUCT, {"nameEn": "Ham", "netContentDescription": "200 g", "storageEn": "0-4 °C"})
    assert found is not None
    assert (found.gtin, found.name.en, found.net_content) == ("09521234000013", "Ham", "200 g")
    assert found.storage == Text("", "0-4 °C")
    maker = party("k", {"nameZh": "厂", "licence": "SC123", "phone": "1"})
    assert maker is not None
    assert (maker.name.zh, maker.licence, maker.phone) == ("厂", "SC123", "1")


def test_a_product_with_an_own_code_has_no_gtin() -> None:
    found = product("https://trace.example.cn/own/product/P00001A", {"nameZh": "粽"})
    assert found is not None
    assert (found.gtin, found.name.zh) == ("", "粽")
    assert product("https://trace.example.cn/own/party/C00001N", {"nameZh": "厂"}) is None


TABLE = {"nutrition": "energy = 812 kJ 10%\nsugars = 1.2 g", "nutritionPer": "serving", "servingSize": "30 g"}


def test_a_nutrition_table_is_shown_in_lines_and_whatever_else_stands_there_is_not() -> None:
    found = product(PRODUCT, TABLE)
    assert found is not None
    assert found.nutrients_per == Text("每份 (30 g)", "Per serving (30 g)")
    assert [(one.name.zh, one.amount, one.share) for one in found.nutrients] == [
        ("能量", "812 kJ", 10),
        ("糖", "1.2 g", None),
    ]
    for_weight = product(PRODUCT, {**TABLE, "nutritionPer": "100g"})
    assert for_weight is not None
    assert for_weight.nutrients_per == Text("每 100 g", "Per 100 g"), "not of a serving"
    for wrong in ({"nutrition": "<b>"}, {"nutritionPer": "bucket"}, {"nutrition": "sugars = 1 g\n" * 999}):
        told = product(PRODUCT, {**TABLE, **wrong})
        assert told is not None
        assert told.nutrients == ()
