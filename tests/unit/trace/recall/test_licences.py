"""What the numbers of a company's papers show by themselves."""

from __future__ import annotations

import pytest

from suyuan.trace.recall.licences import licence_fits, licence_says, uscc_fits


@pytest.mark.parametrize(
    ("number", "fits"),
    [
        ("", None),
        ("SC10413010200279", True),
        (" sc104 1301 0200 279", True),  # as people copy it
        ("SC10413010200270", False),  # another check digit
        ("SC13213010200278", False),  # no such kind of food
        ("SC123", False),
        ("JY13301060000017", False),
        ("动防合字第330106号", None),  # another kind of licence: no rule, no judgement
        ("SC<script>", False),
    ],
)
def test_a_licence_number_fits_or_does_not(number: str, fits: bool | None) -> None:
    assert licence_fits(number) is fits


def test_what_a_number_says_of_itself() -> None:
    says = licence_says("SC10413010200279")
    assert says.zh == "肉制品 · 石家庄市"
    assert says.en.startswith("Meat products")
    assert licence_says("SC10413010200270").zh == ""  # a number that is not built so says nothing


@pytest.mark.parametrize(
    ("code", "fits"),
    [("", None), ("91350100M000100Y43", True), ("91350100M000100Y44", False), ("9135", False)],
)
def test_a_credit_code_fits_or_does_not(code: str, fits: bool | None) -> None:
    assert uscc_fits(code) is fits
