"""From rows to entries: headings in both languages, values mended by rule, every fault with its cell."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from suyuan.trace.register.choices import folded
from suyuan.trace.register.finding import warning
from suyuan.trace.register.importing import located, read_rows
from suyuan.trace.register.rows import FileUnreadable, Row
from suyuan.trace.register.sheets import KINDS, SHEETS, EntryKind

FARM = "FARM1"  # its own code: looked up by the book, not here


def rows(*lines: tuple[str, ...], first: int = 1) -> list[Row]:
    return [Row(number, cells) for number, cells in enumerate(lines, first)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_title_of_the_template_is_known(kind: EntryKind) -> None:
    fields = SHEETS[kind].fields
    for titles in (
        [field.zh for field in fields],
        [f"{field.en} *" for field in fields],
        [field.name.upper() for field in fields],
        [field.zh.replace("（", "(").replace("）", ")") for field in fields],
    ):
        found = read_rows(kind, rows(tuple(titles), ("x",) * len(titles)))
        assert not [one for one in found.errors if one.finding.code.startswith("heading")]
        assert list(found.titles.values()) == titles


def test_a_title_above_the_headings_and_blank_rows_are_passed_over() -> None:
    found = read_rows(
        "product",
        [
            Row(1, ("产品清单 2026",)),
            Row(3, ("名称（中文）", "生产者")),
            Row(7, ("猪肉", FARM)),
        ],
    )
    assert [
        (entry.value("name_zh"), place) for entry, place in zip(found.entries, found.places, strict=True)
    ] == [("猪肉", 7)]


@pytest.mark.parametrize(
    ("headings", "code", "said"),
    [
        (("名称（中文）", "生产者", "名称（中文）"), "heading-twice", "Two columns"),
        (("名称（中文）", "Name (Chinese)", "生产者"), "heading-twice", "Two columns"),
        (("名称（中文）", "生产商"), "heading-unknown", "生产者"),
        (("名称（中文）", "生产者", "qwertz"), "heading-unknown", "no heading"),
        (("名称（中文）",), "heading-missing", "生产者"),
        (("名称（中文）", "生产者", ""), "heading-blank", "no heading"),
    ],
)
def test_headings_that_cannot_be_right(headings: tuple[str, ...], code: str, said: str) -> None:
    found = read_rows("product", rows(headings, ("猪肉", FARM, "x")))
    told = [one for one in found.errors if one.finding.code == code]
    assert len(told) == 1
    assert said in told[0].finding.detail


def test_headings_are_named_in_both_languages() -> None:
    told = read_rows("product", rows(("Name (Chinse)", "生产者"), ("猪肉", "1"))).errors
    assert {one.finding.code: one.finding.detail for one in told} == {
        "heading-unknown": "Name (Chinse) is no heading of the template; "
        "perhaps 名称（中文） / Name (Chinese) is meant.",
        "heading-missing": "The column 名称（中文） / Name (Chinese) is missing; it must be filled in.",
    }


def test_no_headings_at_all() -> None:
    with pytest.raises(FileUnreadable, match="None of the first rows") as refused:
        read_rows("product", rows(("a", "b"), ("c", "d")))
    assert "名称（中文） / Name (Chinese), " in str(refused.value)
    with pytest.raises(FileUnreadable, match="None of the first rows"):
        read_rows("product", [])


def test_a_missing_column_is_told_once_and_not_in_every_row() -> None:
    found = read_rows("product", rows(("名称（中文）",), *[(f"猪肉{n}",) for n in range(50)]))
    assert [one.finding.code for one in found.errors] == ["heading-missing"]


def test_numbers_that_excel_made_of_dates_and_codes() -> None:
    heading = Row(1, ("产品", "批号", "生产日期", "数量", "单位"))
    found = read_rows(
        "lot",
        [heading, Row(2, ("12345678905", "007", "46347", "46347", "件"), numbers=frozenset({0, 2, 3}))],
    )
    [entry] = found.entries
    assert entry.value("production_date") == "2026-11-21"
    assert entry.value("quantity") == "46347"  # no date: it stays what it is
    assert entry.key == "https://id.gs1.org/01/00012345678905/10/007"
    assert [(one.before, one.after) for one in found.mended] == [
        ("12345678905", "012345678905"),
        ("46347", "2026-11-21"),
    ]


def test_numbers_typed_as_text_are_not_mended() -> None:
    found = read_rows("lot", rows(("产品", "批号", "生产日期"), ("06901234567892", "1", "46347")))
    assert found.mended == ()
    assert [one.finding.code for one in found.errors] == ["no-date"]


def test_what_the_file_says_twice_names_the_other_row() -> None:
    found = read_rows(
        "product",
        rows(("内部编号", "名称（中文）", "生产者"), ("A", "一", FARM), ("B", "二", FARM), ("A", "三", FARM)),
    )
    [told] = found.errors
    assert (told.row, told.title, told.value, told.finding.fields["row"]) == (4, "内部编号", "A", 2)


def test_what_the_book_finds_stands_in_the_row_of_the_file() -> None:
    found = read_rows("product", rows(("名称（中文）", "Producer"), ("", FARM), ("猪肉", FARM)))
    assert found.places == (3,)
    finding = replace(warning("licence-missing", "None is told", where="producer"), row=0)
    [told] = located(found, [finding])
    assert (told.row, told.title, told.value) == (3, "Producer", FARM)


@given(
    st.sampled_from(KINDS),
    st.lists(st.lists(st.text(max_size=12), max_size=8), max_size=6),
    st.data(),
)
def test_whatever_a_file_says_is_read_or_told(
    kind: EntryKind, lines: list[list[str]], data: st.DataObject
) -> None:
    titles = data.draw(
        st.lists(st.sampled_from([field.zh for field in SHEETS[kind].fields]), min_size=1, max_size=8)
    )
    headings = {folded(title) for one in SHEETS[kind].fields for title in (one.name, one.zh, one.en)}
    # Whoever writes headings into the rows has two rows of headings.
    assume(headings.isdisjoint(folded(cell).strip("*＊") for line in lines for cell in line))
    found = read_rows(kind, rows(tuple(titles), ("x",), *[tuple(line) for line in lines]))
    assert found.rows == len(lines) + 1
    assert len(found.entries) == len(found.places)
    in_error = {one.row for one in found.errors}
    for number in range(2, found.rows + 2):  # no row is lost without a word
        assert number in in_error or number in found.places or 1 in in_error
