"""Tables as people send them: real workbooks, Chinese code pages, and what is no table at all."""

from __future__ import annotations

import csv
import re
import time
import tracemalloc
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import cache
from io import BytesIO, StringIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook  # type: ignore[import-untyped]  # it ships no types

from suyuan.trace.errors import InvalidInput, TooLarge
from suyuan.trace.register import rows, sheet_rows, workbook
from suyuan.trace.register.export import Heading, Page, as_csv, as_workbook
from suyuan.trace.register.rows import FileUnreadable, Row
from suyuan.trace.register.sheet_rows import SheetRows
from suyuan.trace.register.spreadsheet import decoded, read_spreadsheet

MORNING = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def made(fill: Callable[[Any], object], *, more: Callable[[Any], object] | None = None) -> bytes:
    """A workbook whose first sheet ``fill`` fills."""
    book: Any = Workbook()
    fill(book.active)
    if more is not None:
        more(book)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


@cache
def small() -> bytes:
    return table(["code", "name"], ["1", "=A1"], [3, "pork"])


def table(*lines: Sequence[object]) -> bytes:
    def fill(sheet: Any) -> None:
        for line in lines:
            sheet.append(line)

    return made(fill)


def cells(found: tuple[Row, ...]) -> list[tuple[str, ...]]:
    return [row.cells for row in found]


def repacked(content: bytes, **replaced: bytes) -> bytes:
    """The package with parts replaced; the names' last parts without their ending are the keywords."""
    out = BytesIO()
    with ZipFile(BytesIO(content)) as source, ZipFile(out, "w", ZIP_DEFLATED) as target:
        for part in source.infolist():
            name = part.filename.rpartition("/")[2].partition(".")[0]
            target.writestr(part, replaced.get(name, source.read(part)))
    return out.getvalue()


def part(content: bytes, name: str) -> bytes:
    with ZipFile(BytesIO(content)) as archive:
        return archive.read(name)


# Workbooks


def test_values_become_the_texts_that_were_meant() -> None:
    found = read_spreadsheet(
        table(
            ["GTIN", "日期", "时刻", "量", "真"],
            [6901234567892, date(2026, 11, 21), MORNING.replace(tzinfo=None), 0.5, True],
            [6.901234567892e12, date(2026, 11, 21), "  空格 ", -18, None],
        )
    )
    assert cells(found) == [
        ("GTIN", "日期", "时刻", "量", "真"),
        ("6901234567892", "2026-11-21", "2026-11-21 08:30:00", "0.5", "true"),
        ("6901234567892", "2026-11-21", "空格", "-18"),
    ]
    assert found[1].numbers == {0, 3}
    assert not any(row.damaged for row in found)


def test_zeros_that_the_format_shows_belong_to_the_number() -> None:
    def fill(sheet: Any) -> None:
        sheet["A1"] = 123
        sheet["A1"].number_format = "000000"

    assert cells(read_spreadsheet(made(fill))) == [("000123",)]


def sharing(texts: str) -> bytes:
    """A workbook of these shared texts; its sheet has the second, and then the first."""
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    plain = table(["a"])
    out = BytesIO(
        repacked(
            plain,
            sheet1=b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
            b'<row r="1"><c r="A1" t="s"><v>1</v></c><c r="B1" t="s"><v>0</v></c></row></sheetData>'
            b"</worksheet>",
            **{
                "[Content_Types]": part(plain, "[Content_Types].xml").replace(
                    b"</Types>",
                    b'<Override PartName="/xl/sharedStrings.xml" ContentType="' + kind + b'"/></Types>',
                )
            },
        )
    )
    with ZipFile(out, "a") as archive:
        archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{SPREADSHEET}">{texts}</sst>')
    return out.getvalue()


def test_shared_texts_as_excel_writes_them() -> None:
    pronounced = '<rPh sb="0" eb="2"><t>zhū</t></rPh><phoneticPr fontId="1"/>'
    found = read_spreadsheet(
        sharing(
            f"<si><t>猪肉</t>{pronounced}</si>"
            "<si><r><rPr><b/></rPr><t>黑</t></r><r><t>毛</t></r></si><si/><extLst><ext/></extLst>"
        )
    )
    assert cells(found) == [("黑毛", "猪肉")]


def test_shared_texts_are_not_held_in_memory_with_what_else_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_OF_A_TEXT", 50)
    beside = "<x/>" * 100
    assert cells(
        read_spreadsheet(sharing(f"{beside}<si><t>a</t></si>{beside}<si><t>b</t></si>{beside}"))
    ) == [("b", "a")]
    with pytest.raises(FileUnreadable, match="not written by a spreadsheet program"):
        read_spreadsheet(sharing(f"<si>{'<r><t>x</t></r>' * 30}</si><si/>"))
    with pytest.raises(FileUnreadable, match="not written by a spreadsheet program"):
        read_spreadsheet(sharing(f"<si><t>{'x' * (2 * workbook.LONGEST_MARK)}</t></si><si/>"))


def test_blank_rows_keep_the_numbers_that_excel_shows() -> None:
    found = read_spreadsheet(table(["a"], [None], ["b"], [None], [None]))
    assert [(row.number, row.cells) for row in found] == [(1, ("a",)), (3, ("b",))]


def test_a_number_beyond_15_digits_is_not_guessed() -> None:
    [row] = read_spreadsheet(table([123456789012345678]))
    assert row.damaged[0].code == "digits-lost"


def test_formulas_count_as_computed_and_are_told_where_nothing_was() -> None:
    plain = table(["a", "=1+1"], ["b", 2])
    [first, second] = read_spreadsheet(plain)
    assert first.damaged[1].code == "formula-without-value"
    assert second.damaged == {}
    sheet = re.sub(rb"</f><v ?/>|</f><v></v>", b"</f><v>2</v>", part(plain, "xl/worksheets/sheet1.xml"))
    computed = read_spreadsheet(repacked(plain, sheet1=sheet))
    assert computed[0].cells == ("a", "2")
    assert computed[0].damaged == {}


def test_error_values_are_told() -> None:
    [row] = read_spreadsheet(table(["#REF!", "#N/A", "#hashtag"]))
    assert [row.damaged[column].code for column in sorted(row.damaged)] == ["cell-error", "cell-error"]


def test_merged_cells_are_told_in_every_row_that_they_cover() -> None:
    def fill(sheet: Any) -> None:
        for line in (["code", "name"], ["1", "pork"], ["2", None], ["3", "beef"]):
            sheet.append(line)
        sheet.merge_cells("B2:B3")

    found = read_spreadsheet(made(fill))
    assert [row.damaged.get(1) is not None for row in found] == [False, True, True, False]
    assert found[1].damaged[1].fields["cells"] == "B2:B3"


def test_the_first_sheet_that_is_shown_is_read() -> None:
    def more(book: Any) -> None:
        book.active.sheet_state = "hidden"
        book.create_sheet("shown").append(["yes"])

    assert cells(read_spreadsheet(made(lambda sheet: sheet.append(["no"]), more=more))) == [("yes",)]


@pytest.mark.parametrize("column", ["GS", "ZZ", "XFD"])
def test_a_cell_at_the_end_of_the_world_takes_no_time(column: str) -> None:
    def fill(sheet: Any) -> None:
        sheet["A1"] = "a"
        sheet[column + "1"] = "far right"

    with pytest.raises(TooLarge, match="200 columns"):
        read_spreadsheet(made(fill))


def sheet_of(*told: str) -> bytes:
    """A workbook whose sheet has these rows as they are written here."""
    written = f'<worksheet xmlns="{SPREADSHEET}"><sheetData>{"".join(told)}</sheetData></worksheet>'
    return repacked(small(), sheet1=written.encode())


def test_a_number_without_a_style_beyond_the_columns_is_not_dropped() -> None:
    with pytest.raises(TooLarge, match="200 columns"):
        read_spreadsheet(sheet_of('<row r="1"><c r="A1"><v>1</v></c><c r="GS1"><v>2</v></c></row>'))
    far = sheet_of('<row r="1"><c r="GR1"><v>2</v></c><c r="GS1"/><c r="XFD1" s="1"/></row>')
    assert cells(read_spreadsheet(far)) == [("",) * 199 + ("2",)]


def test_rows_that_are_not_there_take_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[int] = []
    look = vars(workbook)["_row"]

    def counted(number: int, *more: Any) -> Row | None:
        looked_at.append(number)
        found: Row | None = look(number, *more)
        return found

    monkeypatch.setattr(workbook, "_row", counted)
    told = '<row r="1"><c r="A1"><v>1</v></c></row><row r="50000"><c r="GR50000"><f>1+1</f><v>2</v></c></row>'
    found = read_spreadsheet(sheet_of(told))
    assert [row.number for row in found] == [1, 50_000]
    assert looked_at == [1, 2, 50_000]


def test_more_rows_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 20)
    with pytest.raises(TooLarge, match=str(rows.MOST_ROWS)):
        read_spreadsheet(table(*([str(number)] for number in range(40))))


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_UNPACKED", 1 << 20)
    bomb = repacked(table(["a"]), sheet1=b" " * (2 << 20))
    assert len(bomb) < 20_000
    with pytest.raises(TooLarge, match="unpacked"):
        read_spreadsheet(bomb)


def test_entities_are_refused() -> None:
    sheet = (
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaa"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'
    )
    with pytest.raises(FileUnreadable, match="not written by a spreadsheet program"):
        read_spreadsheet(repacked(table(["a"]), sheet1=sheet))


def test_entities_are_refused_wherever_they_stand() -> None:
    for told in (
        b"<!--" + b"x" * 70_000 + b'--><!DOCTYPE w [<!ENTITY a "aaa">]>',
        b" " * 65_530 + b'<!DOCTYPE w [<!ENTITY a "aaa">]>',  # across two pieces
    ):
        sheet = told + f'<worksheet xmlns="{SPREADSHEET}"><sheetData>&a;</sheetData></worksheet>'.encode()
        with pytest.raises(FileUnreadable, match="not written by a spreadsheet program"):
            read_spreadsheet(repacked(table(["a"]), sheet1=sheet))
        plain = table(["a"])  # a sheet may be called anything
        renamed = {name: part(plain, name) for name in ZipFile(BytesIO(plain)).namelist()}
        renamed["xl/media/image1.png"] = sheet
        del renamed["xl/worksheets/sheet1.xml"]
        for name in ("xl/_rels/workbook.xml.rels", "[Content_Types].xml"):
            renamed[name] = renamed[name].replace(b"/xl/worksheets/sheet1.xml", b"/xl/media/image1.png")
        with pytest.raises(FileUnreadable, match="not written by a spreadsheet program"):
            read_spreadsheet(packed(renamed))


def packed(parts: dict[str, bytes]) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as target:
        for name, content in parts.items():
            target.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize("name", ["styles", "workbook", "core"])
def test_a_small_file_whose_styles_would_fill_the_memory_is_refused(name: str) -> None:
    bomb = repacked(table(["a"]), **{name: b"<a>" + b"<xf/>" * (1 << 19) + b"</a>"})
    assert len(bomb) < 30_000
    with pytest.raises(TooLarge, match=f"{name}.xml of the workbook is larger than 2 MiB"):
        read_spreadsheet(bomb)


def test_a_large_part_that_nothing_reads_as_a_whole_is_no_fault() -> None:
    parts = {name: part(small(), name) for name in ZipFile(BytesIO(small())).namelist()}
    parts["xl/media/image1.png"] = b"\x89PNG" + bytes(3 << 20)
    parts["xl/media/image2.svg"] = b"<svg><image href='data:" + b"A" * (3 << 20) + b"'/></svg>"
    parts["xl/calcChain.xml"] = b"<calcChain>" + b'<c r="A1"/>' * (1 << 18) + b"</calcChain>"
    assert cells(read_spreadsheet(packed(parts)))[0] == ("code", "name")


@pytest.mark.parametrize(
    "told",
    [
        "<row>" + "<c/>" * 400_000 + "</row>",
        "<x/>" * 400_000,
        "<row/><!-- <row/> -->",
        "<row><![CDATA[<row ]]></row>",
    ],
)
def test_a_sheet_that_would_be_held_in_memory_as_a_whole_is_refused(told: str) -> None:
    with pytest.raises(FileUnreadable, match="not written by a spreadsheet program"):
        read_spreadsheet(sheet_of(told))


@pytest.mark.parametrize(
    "told",
    [
        "<row/><x/><row/>",
        "<row/>text<row/>",
        '<y:row xmlns:y="urn:y"><y:c/></y:row>',
        '<row xmlns="urn:y"><c/></row>',
        '<row><c xmlns="urn:y"><v>xmlns</v></c></row>',
        "<row><row/></row>",
        '<row><mergeCell ref="A1:B1"/></row>',
        '<row spans=">"/><x/>',
        f"<row>{'<c/>' * (sheet_rows.MOST_OF_A_ROW + 1)}</row>",
        f'<row><c t="inlineStr"><is>{"<r><t>x</t></r>" * (sheet_rows.MOST_FORMATTED // 2)}</is></c></row>'
        * 3,
        f'<row><c r="A1"><v>{" " * (sheet_rows.LONGEST_ROW + 1)}</v></c></row>',
        "<row><c " + " ".join(map("a{}=''".format, range(500_000))) + "/></row>",
        "<row>",
    ],
)
def test_nothing_but_rows_of_cells_is_parsed(told: str) -> None:
    with pytest.raises(FileUnreadable, match="not written by a spreadsheet program"):
        read_spreadsheet(sheet_of(told))


def test_more_cells_than_any_table_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_rows, "MOST_CELLS", 1000)
    with pytest.raises(TooLarge, match="rows"):
        read_spreadsheet(sheet_of(f"<row>{'<c/>' * 100}</row>" * 11))


@pytest.mark.parametrize("prefix", ["", "x:"])
def test_a_sheet_may_name_what_it_likes_about_its_rows(prefix: str) -> None:
    name = prefix[:-1] and ":" + prefix[:-1]
    written = (
        f'<?xml version="1.0"?>\n<{prefix}worksheet xmlns{name}="{SPREADSHEET}" xmlns:y="urn:y">'
        f'<{prefix}cols><{prefix}col min="1" max="1"/></{prefix}cols><{prefix}sheetData>\n'
        f'<{prefix}row r="2" y:dyDescent="0.25" ><{prefix}c r="A2" t="inlineStr"><{prefix}is>'
        f"<{prefix}r><{prefix}rPr><{prefix}b/></{prefix}rPr><{prefix}t>black </{prefix}t></{prefix}r>"
        f"<{prefix}r><{prefix}t>xmlns=pork</{prefix}t></{prefix}r></{prefix}is></{prefix}c></{prefix}row>\n"
        f'<{prefix}row r="3" /></{prefix}sheetData>'
        f"<{prefix}hyperlinks>{f'<{prefix}hyperlink/>' * 1000}</{prefix}hyperlinks></{prefix}worksheet>"
    )
    found = read_spreadsheet(repacked(small(), sheet1=written.encode()))
    assert [(row.number, row.cells) for row in found] == [(2, ("black xmlns=pork",))]


def test_a_sheet_without_rows_says_that_nothing_is_there() -> None:
    empty = f'<worksheet xmlns="{SPREADSHEET}"><sheetData/></worksheet>'
    assert read_spreadsheet(repacked(small(), sheet1=empty.encode())) == ()
    with pytest.raises(FileUnreadable, match="not written by a spreadsheet program"):
        read_spreadsheet(repacked(small(), sheet1=f'<worksheet xmlns="{SPREADSHEET}"/>'.encode()))


def test_more_name_spaces_than_any_program_has_are_refused() -> None:
    names = " ".join(f'xmlns:y{number}="urn:y"' for number in range(sheet_rows.MOST_NAME_SPACES + 1))
    many = f'<worksheet xmlns="{SPREADSHEET}" {names}><sheetData><row/></sheetData></worksheet>'
    with pytest.raises(FileUnreadable, match="not written by a spreadsheet program"):
        read_spreadsheet(repacked(small(), sheet1=many.encode()))


def seconds_of(read: Callable[[], object]) -> float:
    """What a refusal, or a reading, takes of a core, whoever else uses the machine."""
    begun = time.process_time()
    with suppress(FileUnreadable, TooLarge):
        read()
    return time.process_time() - begun


@pytest.mark.parametrize("told", [f"<worksheet>{' ' * 60_000}", "<worksheet " + "<?xml " * 20_000])
def test_what_stands_before_the_rows_takes_no_time_however_much_it_is(told: str) -> None:
    sheet = f"{told}<sheetData/></worksheet>".encode()
    assert seconds_of(lambda: SheetRows(BytesIO(sheet)).read()) < 0.5, "each looks at the rest: seconds"


def test_the_head_of_a_sheet_is_looked_through_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[int] = []

    class Counted:
        def search(self, head: bytes) -> None:
            looked_at.append(len(head))

    monkeypatch.setattr(sheet_rows, "_DATA", Counted())
    with pytest.raises(FileUnreadable):
        SheetRows(BytesIO(bytes(8 << 20))).read()
    assert sum(looked_at) < 4 * sheet_rows.LONGEST_HEAD


@pytest.mark.parametrize(
    "before", ["", "\ufeff", "\r\n ", '\ufeff<?xml version="1.0" encoding="UTF-8"?>\r\n']
)
def test_a_sheet_may_begin_as_programs_begin_it(before: str) -> None:
    sheet = f'{before}<worksheet xmlns="{SPREADSHEET}"><sheetData/></worksheet>'.encode()
    assert SheetRows(BytesIO(sheet)).read().startswith(b"<worksheet")


@pytest.mark.parametrize("told", ["<mergeCell ", '<c r="GS1"'])
def test_marks_that_do_not_end_take_no_time(told: str) -> None:
    hostile = sheet_of(told * (6 * 65_536 // len(told)))
    assert seconds_of(lambda: read_spreadsheet(hostile)) < 1.5, "each looks at the rest: seconds"


@pytest.mark.parametrize(
    "told",
    [
        "<row><c " + "a" * 500_000 + ">xmlns</c></row>",
        "<row><c " + "''" * 200_000 + ">xmlns</c></row>",
        "<row>" + " " * 600_000 + "</row><row" + " a=''" * 80_000 + "/>",
    ],
)
def test_a_tag_takes_about_the_memory_that_it_has(told: str) -> None:
    sheet = f"<worksheet><sheetData>{told}</sheetData></worksheet>".encode()
    most = 0
    with suppress(FileUnreadable), SheetRows(BytesIO(sheet)) as source:
        tracemalloc.start()
        try:
            while source.read():
                pass
        finally:
            _, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
    assert most < 6 * len(sheet), "dozens of times as much"


def test_a_text_that_speaks_of_name_spaces_declares_none() -> None:
    told = (
        """<row r='1'><c r="A1" t='inlineStr'><is><t xml:space="preserve">it's > xmlns</t></is></c></row>"""
    )
    assert cells(read_spreadsheet(sheet_of(told))) == [("it's > xmlns",)]


def test_formulas_that_cells_share_are_told_each() -> None:
    shared = '<c r="{0}1"><f t="shared" si="0"{1}</c>'
    first = shared.format("A", ' ref="A1:C1">1+1</f>')
    [row] = read_spreadsheet(
        sheet_of(f'<row r="1">{first}{shared.format("B", "/><v/>")}{shared.format("C", "/><v>2</v>")}</row>')
    )
    assert row.cells == ("", "", "2")
    assert {column: fault.code for column, fault in row.damaged.items()} == dict.fromkeys(
        (0, 1), "formula-without-value"
    )


def test_more_rows_than_any_sheet_has_take_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_rows, "LAST_ROW", 1000)
    with pytest.raises(TooLarge, match="rows"):
        read_spreadsheet(sheet_of('<row r="1"/>' * 3000))


@given(st.data())
def test_a_damaged_workbook_is_refused_and_never_a_fault_of_ours(data: st.DataObject) -> None:
    content = bytearray(small())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(4, len(content) - 1)) :]
    _read_or_refused(bytes(content))


@given(st.sampled_from(["workbook", "sheet1", "styles", "[Content_Types]"]), st.data())
def test_a_hostile_part_is_refused_and_never_a_fault_of_ours(name: str, data: st.DataObject) -> None:
    content = small()
    with ZipFile(BytesIO(content)) as archive:
        path = next(one.filename for one in archive.infolist() if name in one.filename)
        inside = archive.read(path)
    start = data.draw(st.integers(0, len(inside)))
    end = data.draw(st.integers(start, min(len(inside), start + 40)))
    changed = inside[:start] + data.draw(st.binary(max_size=8)) + inside[end:]
    _read_or_refused(repacked(content, **{name: changed}))


def _read_or_refused(content: bytes) -> None:
    """Rows of texts, none of them empty; or a refusal that says what to do."""
    refused: InvalidInput | TooLarge | None = None
    found: tuple[Row, ...] = ()
    try:
        found = read_spreadsheet(content)
    except (InvalidInput, TooLarge) as error:
        refused = error
    assert refused is None or refused.remedy, refused
    assert all(any(row.cells) or row.damaged for row in found)
    assert all(isinstance(cell, str) for row in found for cell in row.cells)


# Texts


TEXT = "编码,名称,日期\r\n001,黑毛猪肉,2026-11-21\r\n"
READ = [("编码", "名称", "日期"), ("001", "黑毛猪肉", "2026-11-21")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_every_encoding_and_separator(encoding: str, separator: str) -> None:
    assert cells(read_spreadsheet(TEXT.replace(",", separator).encode(encoding))) == READ


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark(encoding: str) -> None:
    assert cells(read_spreadsheet(f"code,{TEXT}".encode(encoding)))[0][0] == "code"


def test_the_separator_that_excel_states() -> None:
    assert cells(read_spreadsheet(("sep=|\r\n" + TEXT.replace(",", "|")).encode())) == READ


def test_the_line_that_states_it_is_a_line_of_the_file_and_no_row_as_spreadsheets_count() -> None:
    assert [row.number for row in read_spreadsheet(b"sep=;\r\ncode;name\r\n1;two\r\n")] == [1, 2]
    for above, line in (("", 3), ("sep=;\r\n", 4)):
        with pytest.raises(FileUnreadable, match=f"Line {line} "):
            read_spreadsheet(f'{above}a;b\r\n1;2\r\n3;"four\r\n'.encode())


def test_separators_inside_quotes_do_not_count() -> None:
    assert cells(read_spreadsheet(b'"a;b;c;d",e\r\n1,2\r\n')) == [("a;b;c;d", "e"), ("1", "2")]


def test_what_keeps_spreadsheets_from_computing_is_taken_off() -> None:
    content = b'code\r\n"=""00123"""\r\n\'=1+1\r\n=1+1\r\n\'quoted\'\r\n'
    assert cells(read_spreadsheet(content))[1:] == [("00123",), ("=1+1",), ("=1+1",), ("'quoted'",)]


def test_a_number_that_a_spreadsheet_has_shortened() -> None:
    [_, row] = read_spreadsheet(b"gtin\r\n6.90123E+12\r\n")
    assert row.damaged[0].code == "digits-lost"


def test_a_quotation_mark_that_does_not_close_does_not_swallow_the_rest() -> None:
    with pytest.raises(FileUnreadable, match="quotation mark"):
        read_spreadsheet(b'a,b\r\n1,"two\r\n3,four\r\n')


def test_utf_8_with_a_broken_letter_is_not_taken_for_gbk() -> None:
    content = "名称\r\n黑毛猪肉香肠火腿腊肉\r\n".encode()
    with pytest.raises(FileUnreadable, match="Line 2 is not text in UTF-8"):
        read_spreadsheet(content[:-4] + b"\r\n")


def test_neither_encoding_fits() -> None:
    with pytest.raises(FileUnreadable, match="Line 2"):
        decoded(b"abc\r\n\xff\xff\xff\r\n")


@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn"]), max_size=20)
            | st.text(st.sampled_from("'=\"+-＝＋#N/A1E5 "), max_size=8)
            | st.sampled_from(["#N/A", "'#REF!", "1E+5", "'1e+20", '="001"', "'-5"]),
            min_size=1,
            max_size=6,
        ),
        min_size=1,
        max_size=8,
    )
)
def test_what_we_export_we_read_again(told: list[list[str]]) -> None:
    headings = ["code", "name", "other"]
    blanks: str = vars(rows)["_BLANKS"]
    wanted = [[cell.strip(blanks) for cell in line] for line in told]
    for content in (
        as_csv(headings, told),
        as_workbook([Page("data", tuple(map(Heading, headings)), told)]),
    ):
        found = read_spreadsheet(content)[1:]
        assert [[row.cell(at) for at in range(6)] for row in found] == [
            [*line, *[""] * (6 - len(line))] for line in wanted if any(line)
        ]
        assert not any(
            fault.code in ("cell-error", "digits-lost") for row in found for fault in row.damaged.values()
        )


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "@x", "-2+3", "\tx", "\nx", "＝1+1", "＋1", "－2", "＠x"])
def test_exports_hold_no_formula(text: str) -> None:
    [_, line] = csv.reader(StringIO(as_csv(["a"], [[text]]).decode("utf-8-sig")))
    assert line == [f"'{text}"]
    [_, row] = read_spreadsheet(as_csv(["a", "b"], [[text, "1"]]))
    assert row.cells == (text.strip(), "1")
    made_of_it = as_workbook([Page("data", (Heading("a"),), [[text]])])
    assert b"<f>" not in part(made_of_it, "xl/worksheets/sheet1.xml")


def test_exports_leave_numbers_alone() -> None:
    assert (
        as_csv(["t"], [["-18"], ["+8613800138000"]]).decode("utf-8-sig") == "t\r\n-18\r\n+8613800138000\r\n"
    )


# No tables


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b" \r\n ", "empty"),
        (b"%PDF-1.7 ...", "a PDF file"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "a PNG file"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG file"),
        (b"<html><table>", "a HTML file"),
        (b"<?xml version='1.0'?><Workbook/>", "a XML file"),
        (OLE + b"\0" * 600, "Excel 97-2003"),
        (OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "protected with a password"),
        (b"\x7fELF\x02\x01\x01\0\0\0\0", "not a table"),
        (b"PK\x03\x04 broken", "damaged"),
    ],
)
def test_what_is_no_table_is_named(content: bytes, sentence: str) -> None:
    with pytest.raises(FileUnreadable, match=sentence) as caught:
        read_spreadsheet(content)
    assert caught.value.remedy
    if sentence in ("a PDF file", "a PNG file", "a JPEG file"):
        assert "Save" not in caught.value.remedy  # nobody saves a picture as a table


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["word/document.xml"], "a Word file"),
        (["xl/workbook.bin"], "a xlsb file"),
        (["photo.jpg"], "an archive"),
    ],
)
def test_other_packages_are_named(names: list[str], sentence: str) -> None:
    out = BytesIO()
    with ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    with pytest.raises(FileUnreadable, match=sentence):
        read_spreadsheet(out.getvalue())
