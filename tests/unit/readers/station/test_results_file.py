from __future__ import annotations

from decimal import Decimal

import pytest

from suyuan.readers.station.csv_text import MOST_CELLS
from suyuan.readers.station.inspection import Result
from suyuan.readers.station.results_file import MOST_BYTES, ResultsFileWrong, read_results

LINES = """检验项目,检验结果,单位,检出限,不确定度,检验方法
铅,<0.005,mg/kg,0.005,±0.001,GB 5009.12

菌落总数,1.2e3,CFU/g,,,
"""
READ = (
    Result("铅", "<0.005", "mg/kg", Decimal("0.005"), Decimal("0.001"), "GB 5009.12"),
    Result("菌落总数", "1.2e3", "CFU/g"),
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_files_of_chinese_laboratories_are_read_in_their_encodings(encoding: str) -> None:
    assert read_results(LINES.encode(encoding)) == READ


def test_english_headings_semicolons_decimal_commas_and_a_preamble_are_read() -> None:
    text = "Report 7;;\n\nAnalyte;Value;Units;LOD\nLead;0,02;mg/kg;0,005\n"
    assert read_results(text.encode()) == (Result("Lead", "0.02", "mg/kg", Decimal("0.005")),)


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b"", "line 1"),
        (b"item,result\nlead,1\n", "line 1"),
        (b"item,result,unit\nlead,,mg/kg\n", "line 2"),
        (b"item,result,unit\nlead,1\n", "line 2"),
        (b"item\tresult\tunit\nplate count\t1,200\tCFU/g\n", "line 2"),  # 1.2 or 1200?
        (b"item;result;unit\nplate count;<12,345,678;CFU/g\n", "line 2"),
        (b"item,result,unit,lod\nlead,1,mg/kg,few\n", "line 2"),
        (b"item,result,unit,lod\nlead,1,mg/kg,NaN\n", "line 2"),
        (b"item,result,unit,lod\nlead,1,mg/kg,-1\n", "line 2"),
        (b"\0\x01\x02\xff", "line 1"),
        (b'"' + b"x" * 200_000, "line 1"),
        (b"x" * (MOST_BYTES + 1), "-"),
        (b"item,result,unit\n" + b"lead,1,mg/kg\n" * 2_001, "line 2002"),
    ],
)
def test_what_is_no_table_of_results_is_refused_with_its_line(data: bytes, where: str) -> None:
    with pytest.raises(ResultsFileWrong) as caught:
        read_results(data)
    assert caught.value.where == where
    assert caught.value.remedy


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_known_by_its_zeros(encoding: str) -> None:
    assert read_results(LINES.encode(encoding)) == READ


@pytest.mark.parametrize("head", ["", "item,result,unit\nlead,1,mg/kg\n"])
@pytest.mark.parametrize("filling", [",", ";", '"', "a", "1,", "item,"])
def test_a_line_without_end_is_refused_by_its_number_before_it_is_taken_apart(
    head: str, filling: str
) -> None:
    text = head + (filling * MOST_BYTES)[: MOST_BYTES - len(head)]
    with pytest.raises(ResultsFileWrong) as refused:
        read_results(text.encode())
    assert refused.value.where == f"line {head.count(chr(10)) + 1}"
    assert "8000 characters" in refused.value.detail


def test_zero_bytes_are_told_by_their_line() -> None:
    with pytest.raises(ResultsFileWrong) as refused:
        read_results("检验项目,检验结果,单位\n铅,1\0,mg/kg\n".encode())
    assert refused.value.where == "line 2"


def test_more_headings_than_any_table_has_are_none() -> None:
    with pytest.raises(ResultsFileWrong, match="no columns"):
        read_results((",".join(["x"] * MOST_CELLS) + ",item,result,unit\n").encode())
