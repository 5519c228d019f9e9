"""The register over HTTP: who may do what, forms that keep what was typed, tables tried before they count."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from io import BytesIO, StringIO
from pathlib import Path
from secrets import token_bytes
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook  # type: ignore[import-untyped]  # it ships no types
from sqlalchemy import func, select
from starlette.testclient import TestClient

from suyuan.api.app import application
from suyuan.api.house import CapturedBy, House, open_house
from suyuan.api.limits import UPLOAD_LIMIT
from suyuan.api.security import cookie_name
from suyuan.api.settings import read_settings
from suyuan.trace.register import book
from suyuan.trace.register.sheets import KINDS, read_sheet
from suyuan.trace.store.accounts import AccountRole, create_account, start_session
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.record_tables import EntryRow, UploadRow
from suyuan.trace.store.sight import Viewer

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
OPERATOR = Viewer("operator", "administrator", "")
GTIN = "06901234567892"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000"
    "050001a5f645400000000049454e44ae426082"
)


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class World:
    house: House
    client: TestClient
    clock: Clock
    parties: dict[str, str] = field(default_factory=dict[str, str])

    def sign_in(self, name: str) -> None:
        """Begin a session without its password: what a password costs is tested elsewhere."""
        with Writing(self.house.engine) as writing:
            secret = start_session(
                writing, name, now=self.clock(), randbytes=token_bytes, lifetime=timedelta(hours=12)
            )
        self.client.cookies.clear()
        self.client.cookies.set(cookie_name(secure_cookies=False), secret)

    def get(self, path: str, **query: str) -> Any:
        return self.client.get(f"/console/register{path}", params={"lang": "en", **query})

    def post(self, path: str, data: Mapping[str, Any], **files: tuple[str, bytes]) -> Any:
        return self.client.post(
            f"/console/register{path}",
            params={"lang": "en"},
            data=data,
            files=files or None,
            follow_redirects=False,
        )

    def count(self, kind: str) -> int:
        with Reading(self.house.engine) as reading:
            found = reading.connection.execute(
                select(func.count()).select_from(EntryRow).where(EntryRow.kind == kind)
            ).scalar()
        return found or 0


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    settings = read_settings(
        {"SUYUAN_VAR": str(tmp_path), "SUYUAN_PUBLIC_URL": "http://testserver", "SUYUAN_PORT": "8000"}
    )
    clock = Clock()
    house = open_house(settings, clock)
    parties: dict[str, str] = {}
    with Writing(house.engine) as writing:
        for name in ("farm", "shop"):
            entry, _ = read_sheet(
                "party",
                {
                    "name_zh": f"{name}公司",
                    "name_en": name.title(),
                    "roles": "producer",
                    "district": "330106",
                },
            )
            assert entry is not None
            made = book.enter(
                writing, entry, by=OPERATOR, now=NOW, give=book.giving(settings.public_url), confirmed=True
            )
            parties[name] = made.key
            create_account(writing, name, role=AccountRole.COMPANY, party=made.key, now=NOW)
        create_account(writing, "operator", role=AccountRole.ADMINISTRATOR, party="", now=NOW)
        create_account(writing, "officer", role=AccountRole.REGULATOR, party="", now=NOW)
    headers = {"Accept": "text/html", "Origin": "http://testserver"}
    with TestClient(application(settings, house, clock), headers=headers) as client:
        yield World(house, client, clock, parties)


def text_of(answer: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def product(world: World, **other: str) -> dict[str, str]:
    return {"name_zh": "黑毛猪肉", "producer": world.parties["farm"], "farm_product": "pork", **other}


def entered(world: World, **other: str) -> str:
    """The key of a product entered by its form."""
    answer = world.post("/product/new", product(world, **other))
    assert answer.status_code == 303, text_of(answer)
    return str(answer.headers["location"]).partition("/entry/")[2].partition("?")[0]


def workbook(*rows: list[object]) -> bytes:
    book_: Any = Workbook()
    for row in rows:
        book_.active.append(row)
    out = BytesIO()
    book_.save(out)
    return out.getvalue()


HEADINGS: list[object] = [
    "Own code",
    "名称（中文） *",
    "Producer",
    "Kind of farm product",
    "Shelf life (days)",
]


def table(world: World, *rows: tuple[object, ...]) -> bytes:
    filled: list[list[object]] = [
        [code, name, world.parties["farm"], "Pork", days] for code, name, days in rows
    ]
    return workbook(HEADINGS, *filled)


# Who


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["operator", "farm", "officer"])
def test_every_page_of_every_kind_opens(world: World, kind: str, name: str) -> None:
    world.sign_in(name)
    may = name == "operator" or (name == "farm" and kind != "party")
    assert world.get(f"/{kind}").status_code == 200
    assert world.get(f"/{kind}/export.csv").status_code == 200
    assert world.get(f"/{kind}/import").status_code == (200 if may else 403)
    assert world.get(f"/{kind}/template.xlsx").status_code == (200 if may else 403)
    assert ("/console/register/" + kind + "/new" in world.get(f"/{kind}").text) == may


@pytest.mark.parametrize("path", ["", "/party", "/product/new", "/settings", "/entry/x"])
def test_nobody_is_sent_to_sign_in(world: World, path: str) -> None:
    answer = world.client.get(f"/console/register{path}", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=")


def test_an_officer_reads_and_does_not_write(world: World) -> None:
    world.sign_in("farm")
    key = entered(world)
    world.sign_in("officer")
    assert world.post("/product/new", product(world)).status_code == 403
    assert world.post(f"/withdraw/{key}", {"note": "x"}).status_code in (403, 404)
    assert world.post("/product/import", {}, file=("a.csv", b"x")).status_code == 403
    assert world.count("product") == 1


def test_a_company_changes_only_its_own(world: World) -> None:
    world.sign_in("farm")
    key = entered(world)
    world.sign_in("shop")
    assert world.get(f"/entry/{key}").status_code == 404  # nothing passed between them
    assert world.post(f"/amend/{key}", product(world, name_zh="别人的")).status_code == 404
    assert world.post(f"/withdraw/{key}", {"note": "x"}).status_code in (403, 404)
    assert world.post(f"/decide/{key}", {"decision": "approve"}).status_code == 403
    mine = world.get(f"/entry/{world.parties['shop']}").text
    assert "/console/register/amend/" in mine
    world.sign_in("farm")
    assert "黑毛猪肉" in world.get(f"/entry/{key}").text


def test_a_lot_is_not_for_other_companies(world: World) -> None:
    world.sign_in("farm")
    code = entered(world, code="PORK")
    answer = world.post("/lot/new", {"product": "PORK", "lot": "L1", "production_date": "2026-11-20"})
    assert answer.status_code == 303
    world.sign_in("shop")
    assert "L1" not in text_of(world.get("/lot"))
    assert world.get(f"/entry/{code}/lot/L1").status_code == 404


# Where to begin


def steps(answer: Any) -> list[tuple[str, str]]:
    """What "start here" says of each kind: its name, and whether it is done, next or later."""
    return re.findall(r'<li class="(done|next|later)"[^>]*><strong>([^<]+)</strong>', answer.text)


def test_an_empty_register_says_where_to_begin_until_everything_is_there(world: World) -> None:
    world.sign_in("operator")
    kinds = ["Parties", "Places", "Products", "Lots"]
    assert steps(world.get("")) == list(zip(["done", "next", "later", "later"], kinds, strict=True))
    assert steps(world.get("/lot")) == steps(world.get(""))
    assert steps(world.get("/party")) == []  # there are some
    assert steps(world.get("/lot", text="nothing like it")) == []
    assert "/console/register/place/new" in world.get("/lot").text
    world.sign_in("farm")
    place = {"party": world.parties["farm"], "stage": "farm", "name_zh": "一号棚", "district": "330106"}
    assert world.post("/place/new", place).status_code == 303
    entered(world, code="PORK")
    assert [state for state, _ in steps(world.get(""))] == ["done", "done", "done", "next"]
    world.sign_in("shop")
    assert [state for state, _ in steps(world.get(""))] == ["done", "next", "later", "later"]  # of its own
    world.sign_in("farm")
    assert world.post("/lot/new", {"product": "PORK", "lot": "L1"}).status_code == 303
    for name in ("farm", "operator", "officer"):
        world.sign_in(name)
        assert steps(world.get("")) == []


def test_the_worklist_of_a_fresh_world_points_to_the_register(world: World) -> None:
    for name, begins in (("operator", True), ("farm", False), ("officer", False)):
        world.sign_in(name)
        told = text_of(world.client.get("/console", params={"lang": "en"}))
        assert ("Start here" in told) == ("make demo" in told) == begins
    event = {
        "type": "ObjectEvent", "action": "OBSERVE", "eventTime": "2026-11-20T08:00:00+08:00",
        "eventTimeZoneOffset": "+08:00", "epcList": ["https://id.gs1.org/01/06901234567892/21/1"],
    }  # fmt: skip
    document = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-11-20T08:00:00Z",
        "epcisBody": {"eventList": [event]},
    }  # fmt: skip
    by = CapturedBy(world.parties["farm"])
    assert world.house.capture(json.dumps(document).encode(), "application/json", by=by, behaviour="rollback")
    world.sign_in("operator")
    assert "Start here" not in text_of(world.client.get("/console", params={"lang": "en"}))


# Forms


def test_only_an_authority_has_a_competence(world: World) -> None:
    world.sign_in("operator")
    typed = {
        "name_zh": "某局",
        "roles": "shop",
        "district": "330106",
        "stages": "retail",
        "regions": "330000",
    }
    answer = world.post("/party/new", typed)
    assert answer.status_code == 400
    assert '<a href="#stages">' in answer.text
    assert '<a href="#regions">' in answer.text
    assert "Only an authority has stages" in text_of(answer)
    assert world.post("/party/new", {**typed, "roles": "authority"}).status_code == 303
    assert world.count("party") == 3


def test_an_error_is_linked_to_its_field_and_nothing_typed_is_lost(world: World) -> None:
    world.sign_in("farm")
    answer = world.post(
        "/product/new", product(world, name_zh="", identifier="6901234567893", storage_zh="冷藏<b>")
    )
    assert answer.status_code == 400
    assert '<a href="#name_zh">' in answer.text
    assert '<a href="#identifier">' in answer.text
    assert 'value="6901234567893"' in answer.text
    assert "冷藏&lt;b&gt;" in answer.text
    assert world.count("product") == 0


def test_a_warning_is_confirmed_before_it_counts(world: World) -> None:
    world.sign_in("operator")
    typed = {"name_zh": "某某公司", "roles": "producer", "district": "330106", "uscc": "91350203M0001QAY9B"}
    answer = world.post("/party/new", typed)
    assert answer.status_code == 400
    assert "does not fit" in text_of(answer)
    [word] = re.findall(r'name="confirmed" value="([^"]+)"', answer.text)
    assert world.count("party") == 2
    answer = world.post("/party/new", {**typed, "uscc": "91350203M0001QAY9C", "confirmed": unescape(word)})
    assert answer.status_code == 400  # what was confirmed is another number
    assert world.post("/party/new", {**typed, "confirmed": unescape(word)}).status_code == 303
    assert world.count("party") == 3


def test_a_reference_is_typed_as_code_name_or_key(world: World) -> None:
    world.sign_in("farm")
    for producer in (world.parties["farm"], "farm公司", "Farm"):
        assert world.post("/product/new", product(world, producer=producer)).status_code == 303
    answer = world.post("/product/new", product(world, producer="没有这家"))
    assert answer.status_code == 400
    assert '<a href="#producer">' in answer.text


def test_amending_keeps_what_was_told_before(world: World) -> None:
    world.sign_in("farm")
    key = entered(world, specification="500 g")
    world.clock.now += timedelta(hours=1)
    answer = world.post(f"/amend/{key}", product(world, specification="750 g"))
    assert answer.status_code == 303
    page = world.get(f"/entry/{key}").text
    assert "<del>500 g</del>" in page
    assert "<ins>750 g</ins>" in page
    form = world.get(f"/amend/{key}").text
    assert 'value="750 g"' in form


def test_withdrawing_needs_a_reason_and_keeps_the_record(world: World) -> None:
    world.sign_in("farm")
    key = entered(world)
    assert world.post(f"/withdraw/{key}", {"note": " "}).status_code == 400
    assert world.post(f"/withdraw/{key}", {"note": "双份登记"}).status_code == 303
    assert "双份登记" in text_of(world.get(f"/entry/{key}"))
    assert world.count("product") == 1


def test_approval_is_a_setting(world: World) -> None:
    world.sign_in("farm")
    assert world.get("/settings").status_code == 403
    assert world.post("/settings", {"approval": "on"}).status_code == 403
    world.sign_in("operator")
    assert world.post("/settings", {"approval": "on"}).status_code == 303
    world.sign_in("farm")
    first, second = entered(world, code="A"), entered(world, code="B")
    assert world.post(f"/decide/{first}", {"decision": "approve"}).status_code == 403
    world.sign_in("shop")
    assert world.get(f"/entry/{first}").status_code == 404
    world.sign_in("operator")
    assert "2 entries wait" in text_of(world.get(""))
    assert world.post(f"/decide/{second}", {"decision": "refuse"}).status_code == 400
    assert world.post(f"/decide/{second}", {"decision": "refuse", "note": "规格缺失"}).status_code == 303
    assert world.post(f"/decide/{first}", {"decision": "approve"}).status_code == 303
    assert "1 entry" not in text_of(world.get(""))
    world.sign_in("farm")
    assert "规格缺失" in text_of(world.get(f"/entry/{second}"))


def test_what_is_ticked_is_approved_at_once(world: World) -> None:
    world.sign_in("operator")
    world.post("/settings", {"approval": "on"})
    world.sign_in("farm")
    keys = [entered(world, code=f"A{number}") for number in range(3)]
    world.sign_in("operator")
    page = world.get("/product", state="pending").text
    assert {unescape(key) for key in re.findall(r'name="key" value="([^"]+)"', page)} == set(keys)
    answer = world.post("/approve", {"kind": "product", "key": keys[:2]})
    assert answer.status_code == 303
    assert "2 entries were approved" in text_of(world.client.get(answer.headers["location"]))
    assert "1 entry waits" in text_of(world.get(""))
    assert world.post("/approve", {"kind": "product", "key": [keys[2], "https://nothing"]}).status_code == 404
    assert "1 entry waits" in text_of(world.get(""))
    world.sign_in("farm")
    assert world.post("/approve", {"kind": "product", "key": keys[2:]}).status_code == 403


def test_documents_of_a_lot_with_their_last_day(world: World) -> None:
    world.sign_in("farm")
    key = entered(world, code="PORK")
    assert world.post("/lot/new", {"product": "PORK", "lot": "L1"}).status_code == 303
    lot = f"{key}/lot/L1"
    assert (
        "Animal quarantine certificate" in text_of(world.get(f"/entry/{lot}")).partition("also need")[2][:80]
    )
    wrong = world.post(f"/document/{lot}", {"kind": "", "number": "7", "issued": "2026-11-20"})
    assert wrong.status_code == 400
    assert '<a href="#kind">' in wrong.text
    assert 'value="2026-11-20"' in wrong.text
    typed = {"kind": "animal_quarantine", "issuer": "检疫站"}
    for number, expires, standing in (
        ("1", "2026-11-20", "Over"),
        ("2", "2026-11-21", "Ends soon"),
        ("3", "2027-11-21", "Valid"),
        ("4", "", "No last day"),
    ):
        added = world.post(
            f"/document/{lot}", {**typed, "number": number, "expires": expires}, file=("../a.pdf", PNG)
        )
        assert added.status_code == 303, text_of(added)
        assert standing in text_of(world.get(f"/entry/{lot}"))
    files = re.findall(r'"(/console/register/file/[^"?]+)', world.get(f"/entry/{lot}").text)
    assert len(files) == 4
    answer = world.client.get(files[0])
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''a.png"
    world.sign_in("shop")
    assert world.client.get(files[0]).status_code == 404


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.exe", b"MZ\x90\0", "Only PDF files and photos"),
        ("a.png", b"\x89PNG\r\n\x1a\nbroken", "damaged"),
        ("a.pdf", b"%PDF-" + b"0" * (11 << 20), "larger than 10 MB"),
    ],
)
def test_a_file_that_is_no_certificate(world: World, name: str, content: bytes, sentence: str) -> None:
    world.sign_in("farm")
    key = entered(world, code="PORK")
    world.post("/lot/new", {"product": "PORK", "lot": "L1"})
    typed = {"kind": "commitment", "number": "1", "issuer": "x"}
    answer = world.post(f"/document/{key}/lot/L1", typed, file=(name, content))
    assert answer.status_code in (400, 413)
    assert sentence in text_of(answer)
    assert "There is no certificate yet" in text_of(world.get(f"/entry/{key}/lot/L1"))


# Tables


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


def test_lists_are_searched_and_paged(world: World) -> None:
    world.sign_in("farm")
    lines = [(f"K{number:03}", f"产品{number}", 30) for number in range(120)]
    answer = world.post("/product/import", {}, file=("a.xlsx", table(world, *lines)))
    world.post(answer.headers["location"].partition("/console/register")[2].partition("?")[0], {})
    seen: list[str] = []
    path = "/console/register/product?lang=en"
    while path:
        page = world.client.get(path).text
        seen += re.findall(r"K[0-9]{3}", page)
        found = re.search(r'rel="next" href="([^"]+)"', page)
        path = unescape(found[1]) if found else ""
    assert sorted(seen) == [code for code, _, _ in lines]
    assert "K077" in world.get("/product", text="产品77").text
    assert "No entry fits" in text_of(world.get("/product", text="' OR 1=1 --"))


def test_a_company_speaks_for_another_only_with_the_operator_and_never_in_its_name(world: World) -> None:
    world.sign_in("shop")
    named = product(world, storage_zh="冷藏")
    asked = world.post("/product/new", named)
    assert asked.status_code == 400
    assert "is another company" in text_of(asked)
    done = world.post("/product/new", {**named, "confirmed": "producer-waits:producer:farm公司"})
    key = str(done.headers["location"]).partition("/entry/")[2].partition("?")[0]
    assert "done=waiting" in done.headers["location"]
    lot = world.post("/lot/new", {"product": key, "lot": "L1", "production_date": "2026-11-20"})
    assert lot.status_code == 303, text_of(lot)
    path = key.removeprefix("https://testserver") + "/lot/L1"
    waiting = text_of(world.client.get(path, params={"lang": "zh-CN"}))
    assert "farm公司" not in waiting
    world.sign_in("operator")
    assert world.post(f"/decide/{key}", {"decision": "approve", "note": "asked the farm"}).status_code == 303
    page = text_of(world.client.get(path, params={"lang": "zh-CN"}))
    assert "farm公司" in page
    assert "该商品由shop公司登记；上列生产者由其填报，未经该生产者本人在本平台确认" in page
    assert "由shop公司登记，无事件记录" in page
    assert "贮存条件、配料和致敏物质由shop公司登记" in page
    assert "生产者登记" not in page


def test_who_later_names_another_producer_waits_again(world: World) -> None:
    world.sign_in("shop")
    own = product(world, producer=world.parties["shop"])
    key = entered(world, producer=world.parties["shop"])
    path = key.removeprefix("https://testserver")
    confirmed = {**product(world), "confirmed": "producer-waits:producer:farm公司"}
    assert "is another company" in text_of(world.post(f"/amend/{key}", product(world)))
    assert "done=waiting" in world.post(f"/amend/{key}", confirmed).headers["location"]
    assert "farm公司" not in text_of(world.client.get(path, params={"lang": "zh-CN"}))
    world.sign_in("operator")
    world.post(f"/decide/{key}", {"decision": "approve"})
    world.sign_in("shop")  # what was agreed need not be agreed again
    amended = world.post(f"/amend/{key}", {**product(world), "name_zh": "猪后腿肉"})
    assert amended.status_code == 303, text_of(amended)
    assert "done=amended" in amended.headers["location"]
    assert "done=amended" in world.post(f"/amend/{key}", own).headers["location"]
