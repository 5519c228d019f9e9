from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suyuan.trace.gs1 import check_digit
from suyuan.trace.register.choices import CATEGORIES, STAGES
from suyuan.trace.register.codes import (
    Findings,
    check_district,
    check_jy,
    check_licence,
    check_sc,
    check_uscc,
    compact,
    key_of,
    mod_11_10,
    sc_category,
    uscc_check_character,
)
from suyuan.trace.register.districts import city_name, city_name_en, district_code, district_name, region
from suyuan.trace.store import sight

SC = "SC11464010500015"
USCC = "913502000728319549"
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
MANY = settings(max_examples=400, deadline=None)


def severities(findings: Findings) -> list[str]:
    return [found.severity for found in findings]


def licences(prefix: str, first: str) -> st.SearchStrategy[str]:
    """Numbers of a district that is listed, with the right last digit."""

    def checked(number: int) -> str:
        digits = f"{first}330106{number:0{13 - len(first) - 6}}"
        return prefix + next(digits + last for last in "0123456789" if mod_11_10(digits + last))

    return st.integers(0, 9999).map(checked)


@pytest.mark.shared
def test_the_numbers_of_the_reference_data(shared: Path) -> None:
    vectors = json.loads((shared / "domain" / "vectors.json").read_text())
    for licence in vectors["sc"]:
        assert check_licence(licence) == ()
    for code in vectors["uscc_valid"]:
        assert check_uscc(code) == ()
    for code in vectors["uscc_invalid_checksum_but_seen_in_the_wild"]:
        (found,) = check_uscc(code)
        assert (found.severity, found.code) == ("warning", "uscc-check")
    assert len(vectors["sc"]) == 9
    assert len(vectors["uscc_valid"]) == 4


@pytest.mark.shared
def test_any_single_change_of_a_reference_licence_is_refused(shared: Path) -> None:
    vectors = json.loads((shared / "domain" / "vectors.json").read_text())
    for licence in vectors["sc"]:
        for place, present in enumerate(licence):
            for other in "0123456789SCJYX":
                if other != present:
                    changed = licence[:place] + other + licence[place + 1 :]
                    assert "error" in severities(check_sc(changed)), changed


@pytest.mark.shared
def test_the_categories_are_those_of_the_reference_data(shared: Path) -> None:
    listed = json.loads((shared / "domain" / "sc_categories.json").read_text())
    assert {choice.code: choice.zh for choice in CATEGORIES} == {
        code: name for code, name in listed.items() if code.isdigit()
    }


def test_the_stages_are_those_of_sight() -> None:
    assert tuple(choice.code for choice in STAGES) == sight.STAGES


@MANY
@given(licences("SC", "105"), st.integers(2, 15), st.integers(1, 9))
def test_every_other_digit_of_a_production_licence_is_refused(licence: str, place: int, step: int) -> None:
    other = str((int(licence[place]) + step) % 10)
    assert check_sc(licence) == ()
    assert "error" in severities(check_sc(licence[:place] + other + licence[place + 1 :]))


@MANY
@given(st.text(ALPHABET, min_size=17, max_size=17), st.integers(0, 17), st.sampled_from(ALPHABET))
def test_every_other_character_of_a_social_credit_code_is_found(body: str, place: int, other: str) -> None:
    code = body + uscc_check_character(body)
    assert check_uscc(code) == ()
    changed = code[:place] + other + code[place + 1 :]
    assert severities(check_uscc(changed)) == ([] if changed == code else ["warning"])


@pytest.mark.parametrize(
    ("code", "finding"),
    [
        (USCC[:-1], "uscc-length"),
        (USCC + "0", "uscc-length"),
        ("", "uscc-length"),
        ("91350200O728319549", "uscc-character"),
        ("91350200072831954é", "uscc-character"),
    ],
)
def test_a_social_credit_code_of_another_form_is_an_error(code: str, finding: str) -> None:
    (found,) = check_uscc(code)
    assert (found.severity, found.code) == ("error", finding)


@pytest.mark.parametrize(
    ("licence", "finding", "severity"),
    [
        ("SC1146401050001", "licence-form", "error"),
        ("SC114640105000150", "licence-form", "error"),
        ("SC31464010500015", "licence-form", "error"),
        ("SC10064010500015", "sc-category", "error"),
        ("SC13264010500015", "sc-category", "error"),
        ("SC20464010500015", "sc-category", "error"),
        ("SC11464010500016", "sc-check", "error"),
        ("JY4330106000001", "licence-form", "error"),
        ("JY43301060000011", "licence-form", "error"),
        ("A01234567", "licence-kind", "warning"),
        ("SC１1464010500015", "licence-form", "error"),
    ],
)
def test_what_is_wrong_with_a_licence_is_told(licence: str, finding: str, severity: str) -> None:
    (found,) = check_licence(licence)
    assert (found.code, found.severity) == (finding, severity)


def test_a_licence_of_an_unlisted_city_is_to_be_confirmed() -> None:
    body = next(f"1059901060001{last}" for last in "0123456789" if mod_11_10(f"1059901060001{last}"))
    (found,) = check_sc(f"SC{body}")
    assert (found.code, found.severity) == ("licence-district", "warning")


@MANY
@given(licences("JY", "1"), st.integers(1, 9))
def test_the_last_digit_of_an_operating_licence_is_to_be_confirmed(licence: str, step: int) -> None:
    assert check_jy(licence) == ()
    other = licence[:-1] + str((int(licence[-1]) + step) % 10)
    assert severities(check_jy(other)) == ["warning"]


def test_the_category_of_a_licence() -> None:
    assert sc_category(SC) == "14"
    assert sc_category("SC20133010600010") is None
    assert sc_category("JY13301060000011") is None


def test_codes_are_written_in_one_way() -> None:
    assert compact(" sc １146４ 0105\t00015 ") == SC


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ("330106", "330106"),
        ("3301", "330100"),
        ("33", "330000"),
        ("浙江省杭州市西湖区", "330106"),
        ("杭州市西湖区", "330106"),
        ("杭州市 西湖区", "330106"),
        ("上海市", "310000"),
        ("北京市朝阳区", "110105"),
        ("东莞市", "441900"),
        ("全国", "000000"),
        ("西湖区", "西湖区"),  # there are two
        ("阿斯加德", "阿斯加德"),
    ],
)
def test_districts_by_code_and_by_name(told: str, code: str) -> None:
    assert district_code(told) == code
    assert (check_district(code) == ()) == code.isdigit()


def test_the_names_of_districts() -> None:
    assert district_name("330106") == "浙江省杭州市西湖区"
    assert district_name("999999") is None
    assert [city_name(code) for code in ("330106", "310104", "330000", "999999", "")] == [
        "杭州市", "上海市", "浙江省", "", "",
    ]  # fmt: skip
    assert [city_name_en(code) for code in ("310104", "110000", "330106", "")] == [
        "Shanghai",
        "Beijing",
        "",
        "",
    ]
    assert [region(code) for code in ("330106", "330100", "330000", "000000")] == ["330106", "3301", "33", ""]


@pytest.mark.parametrize(
    ("code", "severity"), [("999999", "warning"), ("3301", "error"), ("西湖区", "error"), ("", "error")]
)
def test_a_district_that_is_not_listed(code: str, severity: str) -> None:
    assert severities(check_district(code)) == [severity]


GTIN = "https://id.gs1.org/01/09506000134352"


@pytest.mark.parametrize(
    ("kind", "told", "key"),
    [
        ("product", "9506000134352", GTIN),
        ("product", "０9506000134352", GTIN),
        ("product", "950-6000-134352", GTIN),
        ("product", "https://example.cn/01/09506000134352", GTIN),
        ("product", "urn:epc:idpat:sgtin:9506000.013435.*", GTIN),
        ("product", "https://example.cn/products/milk", "https://example.cn/products/milk"),
        ("place", "9506000000015", "https://id.gs1.org/414/9506000000015"),
        ("read_point", "9506000000015/3", "https://id.gs1.org/414/9506000000015/254/3"),
        ("party", "9506000000015", "https://id.gs1.org/417/9506000000015"),
    ],
)
def test_identifiers_as_people_write_them(kind: str, told: str, key: str) -> None:
    assert key_of(kind, told) == (key, ())


@pytest.mark.parametrize(
    ("kind", "told", "finding"),
    [
        ("product", "9506000134353", "check-digit-wrong"),
        ("product", f"{GTIN}/10/A", "identifier-kind"),
        ("product", "https://id.gs1.org/414/9506000000015", "identifier-kind"),
        ("place", GTIN, "identifier-kind"),
        ("recipe", GTIN, "identifier-kind"),
        ("party", "https://id.gs1.org/414/9506000000015", "identifier-kind"),
        ("party", "123", "identifier-length"),
        ("product", "95060001343", "identifier-length"),
        ("product", "milk", "identifier-structure"),
        ("product", "https://a.cn/<b>", "identifier-character"),
    ],
)
def test_identifiers_that_cannot_be(kind: str, told: str, finding: str) -> None:
    key, findings = key_of(kind, told)
    assert (key, [found.code for found in findings]) == ("", [finding])


def test_hostile_texts_are_told_short() -> None:
    (found,) = check_uscc("\x1b[31m" * 1000)
    assert len(found.detail) < 300
    assert "\x1b" not in found.detail
    assert check_digit("950600013435") == 2
