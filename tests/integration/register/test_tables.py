"""Tables of the register over HTTP: tried before they count, every fault told with its place."""

from __future__ import annotations

import csv
import re
from datetime import timedelta
from html import unescape
from io import BytesIO, StringIO
from typing import Any

import pytest
from openpyxl import load_workbook  # type: ignore[import-untyped]  # it ships no types
from sqlalchemy import func, select
from tests.integration.register.pages import (
    GTIN,
    HEADINGS,
    World,
    entered,
    table,
    text_of,
    workbook,
)

from suyuan.api.limits import UPLOAD_LIMIT
from suyuan.trace.register.sheets import KINDS
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.record_tables import UploadRow


def test_a_table_is_tried_before_it_counts(world: World) -> None:
    world.sign_in("farm")
    answer = world.post(
        "/product/import", {}, file=("产品.xlsx", table(world, ("A1", "肉松", 90), ("A2", "肉脯", 60)))
    )
    assert answer.status_code == 303
    assert world.count("product") == 0
    path = answer.headers["location"].partition("/console/register")[2].partition("?")[0]
    shown = text_of(world.get(path))
    assert "Nothing has been entered yet" in shown
    assert "肉松" in shown
    assert world.count("product") == 0
    done = world.post(path, {})
    assert done.status_code == 303
    assert world.count("product") == 2
    assert "2 entries were imported" in text_of(world.client.get(done.headers["location"]))
    assert world.post(path, {}).status_code == 404  # once only


def test_every_fault_is_told_with_row_column_and_value(world: World) -> None:
    world.sign_in("farm")
    entered(world, code="A9")
    content = workbook(
        [*HEADINGS, "保质天数"],
        ["A1", "肉松", world.parties["farm"], "Pork", 90],
        ["A1", "肉脯", world.parties["farm"], "Mars food", "seven"],
        ["A9", "", "nobody", None, None],
        ["A9", "香肠", world.parties["farm"], None, None],
    )
    answer = world.post("/product/import", {}, file=("a.xlsx", content))
    path = answer.headers["location"].partition("/console/register")[2].partition("?")[0]
    shown = world.get(path).text
    rows = [
        [
            " ".join(unescape(re.sub(r"<[^>]+>", " ", cell)).split())
            for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)
        ]
        for row in re.findall(r"<tr>(.*?)</tr>", shown, re.DOTALL)
    ]
    told = {(row[0], row[1], row[2]): row[3] for row in rows if len(row) == 4}
    assert "保质天数" in {column for _, column, _ in told}
    assert "Pork" in told["3", "Kind of farm product", "Mars food"]
    assert ("3", "Shelf life (days)", "seven") in told
    assert ("4", "名称（中文）", "–") in told
    assert ("5", "Own code", "A9") in told
    assert 'name="confirmed"' not in shown
    assert world.post(path, {}).status_code == 409  # there is no button, and no way around it
    assert world.count("product") == 1


def test_warnings_of_a_table_are_confirmed(world: World) -> None:
    world.sign_in("farm")
    content = workbook(["名称（中文）", "生产者", "食品类别"], ["肉松", world.parties["farm"], "肉制品"])
    answer = world.post("/product/import", {}, file=("a.xlsx", content))
    path = answer.headers["location"].partition("/console/register")[2].partition("?")[0]
    assert world.post(path, {}).status_code == 400
    [word] = re.findall(r'name="confirmed" value="([^"]+)"', world.get(path).text)
    assert world.count("product") == 0
    assert world.post(path, {"confirmed": word}).status_code == 303
    assert world.count("product") == 1


def test_a_table_of_somebody_else_or_of_yesterday_is_not_there(world: World) -> None:
    world.sign_in("farm")
    answer = world.post("/product/import", {}, file=("a.xlsx", table(world, ("A1", "肉松", 90))))
    path = answer.headers["location"].partition("/console/register")[2].partition("?")[0]
    world.sign_in("operator")
    assert world.get(path).status_code == 404
    assert world.post(path, {}).status_code == 404
    world.sign_in("farm")
    world.clock.now += timedelta(minutes=61)
    answer = world.get(path)
    assert answer.status_code == 404
    assert "Send the file again" in text_of(answer)


def test_what_somebody_entered_meanwhile_stops_the_whole_table(world: World) -> None:
    world.sign_in("farm")
    answer = world.post(
        "/product/import", {}, file=("a.xlsx", table(world, ("A1", "肉松", 90), ("A2", "肉脯", 60)))
    )
    path = answer.headers["location"].partition("/console/register")[2].partition("?")[0]
    entered(world, code="A2")
    refused = world.post(path, {})
    assert refused.status_code == 409
    assert "A2" in text_of(refused)
    assert world.count("product") == 1


def test_an_account_keeps_few_tables(world: World) -> None:
    world.sign_in("farm")
    for number in range(6):
        world.clock.now += timedelta(seconds=1)
        world.post("/product/import", {}, file=("a.xlsx", table(world, (f"A{number}", "肉松", 90))))
    with Reading(world.house.engine) as reading:
        assert reading.connection.execute(select(func.count()).select_from(UploadRow)).scalar() == 3


def test_a_table_names_things_by_name(world: World) -> None:
    world.sign_in("farm")
    content = workbook(
        ["名称（中文）", "生产者"], ["腿肉", "farm公司"], ["肋排", "farm公司"], ["肉皮", "没有这家"]
    )
    answer = world.post("/product/import", {}, file=("a.xlsx", content))
    path = answer.headers["location"].partition("/console/register")[2].partition("?")[0]
    shown = text_of(world.get(path))
    assert "1 errors" in shown
    assert "没有这家" in shown
    answer = world.post(
        "/product/import", {}, file=("a.xlsx", workbook(["名称（中文）", "生产者"], ["腿肉", "farm公司"]))
    )
    path = answer.headers["location"].partition("/console/register")[2].partition("?")[0]
    assert world.post(path, {}).status_code == 303
    answer = world.post(
        "/lot/import", {}, file=("a.xlsx", workbook(["产品", "批号", "生产日期"], ["腿肉", "L1", 46347]))
    )
    path = answer.headers["location"].partition("/console/register")[2].partition("?")[0]
    assert world.post(path, {}).status_code == 303
    assert "21 Nov 2026" in text_of(world.get("/lot"))


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "utf-16"])
def test_csv_in_chinese_code_pages(world: World, encoding: str) -> None:
    world.sign_in("farm")
    content = f"名称（中文）;生产者;食用农产品类别\r\n黑毛猪腊肉;{world.parties['farm']};猪肉\r\n".encode(
        encoding
    )
    answer = world.post("/product/import", {}, file=("a.csv", content))
    path = answer.headers["location"].partition("/console/register")[2].partition("?")[0]
    assert world.post(path, {}).status_code == 303
    assert "黑毛猪腊肉" in text_of(world.get("/product"))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty"),
        (b"%PDF-1.7", "This is a PDF file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "Excel 97-2003"),
        (b"PK\x03\x04", "The workbook is damaged"),
        (b"a,b\r\n1,2\r\n", "None of the first rows has headings"),
        (b"Own code,Name (Chinese)\r\n", "Below the headings there is no row"),
    ],
)
def test_a_wrong_file_gets_one_sentence(world: World, content: bytes, sentence: str) -> None:
    world.sign_in("farm")
    answer = world.post("/product/import", {}, file=("产品.xlsx", content))
    assert answer.status_code == 400
    assert sentence in text_of(answer)
    assert '<a href="#file">' in answer.text


def test_no_file_at_all(world: World) -> None:
    world.sign_in("farm")
    answer = world.post("/product/import", {}, file=("", b""))
    assert answer.status_code == 400
    assert "No file was chosen" in text_of(answer)


def test_a_file_of_100_mb_is_refused_in_words(world: World) -> None:
    world.sign_in("farm")
    answer = world.post("/product/import", {}, file=("a.csv", bytes(UPLOAD_LIMIT + 1)))
    assert answer.status_code == 413
    assert "may have 20 MB" in text_of(answer)
    chunks = (bytes(1 << 20) for _ in range(30))  # without a length, as a program may send it
    answer = world.client.post(
        "/console/register/product/import",
        content=chunks,
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    assert answer.status_code == 413


def test_templates_and_exports_come_back_in(world: World) -> None:
    world.sign_in("farm")
    for kind in KINDS[1:]:
        book_: Any = load_workbook(BytesIO(world.get(f"/{kind}/template.xlsx").content))
        assert len(book_.worksheets) == 2
        assert book_.worksheets[0]["A1"].number_format == "@"
    entered(world, code="=A1", specification="-18 ℃", identifier=GTIN)
    for form in ("csv", "xlsx"):
        content = world.get(f"/product/export.{form}").content
        answer = world.post("/product/import", {}, file=(f"a.{form}", content))
        assert answer.status_code == 303, text_of(answer)
        path = answer.headers["location"].partition("/console/register")[2].partition("?")[0]
        shown = text_of(world.get(path))
        assert "already in the register" in shown  # read as the same entry, and that is there
        assert re.search("1 rows [12] errors", shown), shown
    [_, line] = csv.reader(StringIO(world.get("/product/export.csv").content.decode("utf-8-sig")))
    assert "'=A1" in line


def test_a_foreign_page_cannot_send_a_table(world: World) -> None:
    world.sign_in("farm")
    answer = world.client.post(
        "/console/register/product/import",
        files={"file": ("a.xlsx", table(world, ("A1", "肉松", 90)))},
        headers={"Origin": "https://elsewhere.example"},
    )
    assert answer.status_code == 403
