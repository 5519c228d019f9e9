"""Cases as people write them: tables in either language, names of places, and every fault at its cell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from suyuan.portal.incident.filling import Line, all_faults, faults_of, next_label, read_table, told
from suyuan.portal.services import Label
from suyuan.trace.errors import InvalidInput
from suyuan.trace.incident.problems import CasesInvalid
from suyuan.trace.incident.reported import read_reported
from suyuan.trace.recall.passport import Text

SHOP = "https://id.gs1.org/414/9520009000012"
LOT = "https://id.gs1.org/01/09520007000014/10/M3"


CHINESE = (
    "\ufeff\u75c5\u4f8b\u7f16\u53f7\t\u53d1\u75c5\u65e5\u671f\t\u8d2d\u4e70\u5730\u70b9\t\u6279\u53f7\t"
    "\u75c5\u4f8b\u5206\u7c7b\n"
    f"C-01\t2026\u5e7411\u670820\u65e5\tCorner shop\t{LOT}\t\u786e\u8bca\u75c5\u4f8b"
)


def find(text: str, kinds: frozenset[str]) -> Sequence[Label]:
    if text == "Corner shop" and "place" in kinds:
        return [Label(SHOP, "place", "(414)9520009000012", Text("", text))]
    if text == "M" and "lot" in kinds:
        return [Label(f"{LOT}{n}", "lot", f"(10)M{n}", Text()) for n in range(3)]
    return []


@pytest.mark.parametrize(
    "text",
    [
        f"C-01\t2026-11-20\t{SHOP}\t{LOT}\t\t\tconfirmed",
        f"C-01,2026-11-20,Corner shop,{LOT},,,confirmed",
        f"case;onset;where;lot;status\nC-01;2026/11/20;Corner shop;{LOT};confirmed\n\n",
        CHINESE,
        f"\n\ncase,onset,where,lot,status\r\rC-01,2026-11-20,Corner shop,{LOT},confirmed\r",
    ],
)
def test_a_table_says_the_same_in_every_spelling(text: str) -> None:
    cases, faults = told(read_table(text), find)
    assert faults == []
    (case,) = read_reported(cases, today=date(2026, 11, 22))
    assert (case.label, case.onset, case.places, case.goods, case.standing) == (
        "C-01", date(2026, 11, 20), (SHOP,), (LOT,), "confirmed",
    )  # fmt: skip


def test_every_fault_stands_at_its_line_and_column() -> None:
    lines = read_table(
        "case,onset,where,lot,status\nC-01,20x6,Nowhere,M,dead\nWang Wei,2026-11-20,Corner shop,\nC-02,,,"
    )
    cases, first = told(lines, find)
    with pytest.raises(CasesInvalid) as refused:
        read_reported(cases, today=date(2026, 11, 22))
    faults = all_faults(first, faults_of(refused.value, lines))
    assert [(fault.number, fault.column, fault.value) for fault in faults] == [
        (2, "standing", "dead"),
        (2, "place", "Nowhere"),
        (2, "goods", "M"),
        (2, "onset", "20x6"),
        (3, "label", "Wang Wei"),
        (4, "", ""),
    ]


def test_a_table_has_something_in_it_and_an_end() -> None:
    open_quote, odd_mark = f'C-1,"{"x" * 140_000}', 'C-1,"Corner" shop\nC-2,'
    for text in ("", " \n ", "case,onset\n", "C-1\n" * 1001, "x" * 200_001, open_quote, odd_mark):
        with pytest.raises(InvalidInput) as refused:
            read_table(text)
        assert refused.value.where == "table"
        assert refused.value.remedy


def test_a_first_cell_may_be_empty() -> None:
    assert read_table(f"\t2026-11-20\t{SHOP}")[0].values == {
        "label": "",
        "onset": "2026-11-20",
        "place": SHOP,
    }


def test_labels_go_on_from_the_highest() -> None:
    assert next_label([]) == "C-01"
    assert next_label(["C-03", "X9"]) == "C-10"


def test_a_form_is_a_line_of_its_own() -> None:
    cases, faults = told([Line(0, {"label": "C-01", "place": "Corner shop"})], find)
    assert (cases, faults) == ([{"label": "C-01", "places": [SHOP]}], [])
