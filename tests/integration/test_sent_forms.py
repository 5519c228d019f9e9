"""Forms of the console: in whose name they are entered, nothing typed is lost, each counts once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from starlette.testclient import TestClient

from suyuan.api.app import application
from suyuan.api.house import House, open_house
from suyuan.api.settings import read_settings
from suyuan.trace.register import book
from suyuan.trace.register.sheets import read_sheet
from suyuan.trace.store import sent
from suyuan.trace.store.accounts import AccountRole, create_account
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.record_tables import EnrolmentRow, EntryRow, LabelJobRow, LotDocumentRow
from suyuan.trace.store.sight import Viewer

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
PASSWORD = "a long sentence of somebody"
NEW = "/console/register/product/new"


class Fields(HTMLParser):
    """The last form on a page: where it goes and its hidden fields."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.hidden: list[tuple[str, str]] = []
        self.files: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action, self.hidden, self.files = told["action"], [], []
        if tag == "input" and told.get("type") == "hidden":
            self.hidden.append((told["name"], told["value"]))
        if tag == "input" and told.get("type") == "file":
            self.files.append(told["name"])

    @property
    def data(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name, value in self.hidden:
            found.setdefault(name, []).append(value)
        return found


class World:
    def __init__(self, house: House, client: TestClient) -> None:
        self.house = house
        self.client = client

    def sign_in(self, name: str, **carried: Any) -> Any:
        told = {**carried, "name": name, "password": PASSWORD}
        return self.client.post("/sign-in", data=told, follow_redirects=False)

    def form(self, path: str = NEW, page: str = "") -> str:
        """Where the form on a page is sent to."""
        shown = self.client.get(page or path).text
        found = re.search(rf'action="({re.escape(path)}\?[^"]*)" method="post"', shown)
        assert found, shown
        return unescape(found[1])

    def send(self, action: str, **data: Any) -> Any:
        return self.client.post(action, data=data, follow_redirects=False)

    def count(self, table: Any, *where: Any) -> int:
        with Reading(self.house.engine) as reading:
            counted = select(func.count()).select_from(table).where(*where)
            return reading.connection.execute(counted).scalar() or 0

    @property
    def products(self) -> int:
        return self.count(EntryRow, EntryRow.kind == "product")


def key_of(answer: Any) -> str:
    """The key of what a form entered."""
    assert answer.status_code == 303, answer.text
    return unescape(answer.headers["location"]).partition("/entry/")[2].partition("?")[0]


@pytest.fixture
def parties() -> dict[str, str]:
    return {}


@pytest.fixture
def world(tmp_path: Path, parties: dict[str, str]) -> Iterator[World]:
    settings = read_settings({"SUYUAN_VAR": str(tmp_path), "SUYUAN_PUBLIC_URL": "http://testserver"})
    house = open_house(settings, lambda: NOW)
    give = book.giving("http://testserver")
    operator = Viewer("operator", "administrator", "")
    with Writing(house.engine) as writing:
        for name in ("farm", "shop"):
            told = {"name_zh": f"{name}公司", "roles": "producer", "district": "330106"}
            entry, _ = read_sheet("party", told)
            assert entry is not None
            made = book.enter(writing, entry, by=operator, now=NOW, give=give, confirmed=True)
            parties[name] = made.key
            create_account(
                writing, name, role=AccountRole.COMPANY, party=made.key, now=NOW, password=PASSWORD
            )
    headers = {"Accept": "text/html", "Accept-Language": "en", "Origin": "http://testserver"}
    with TestClient(application(settings, house, lambda: NOW), headers=headers) as client:
        yield World(house, client)


def product(parties: dict[str, str], **other: str) -> dict[str, str]:
    return {"name_zh": "青菜", "storage_zh": "冷藏\n避光", "producer": parties["farm"], **other}


def test_a_form_is_entered_in_the_name_of_who_opened_it(world: World, parties: dict[str, str]) -> None:
    world.sign_in("farm")
    action = world.form()
    world.sign_in("shop")  # in a second tab
    refused = world.send(action, **product(parties))
    assert refused.status_code == 409
    assert "This form was opened by farm; this browser is now signed in as shop" in refused.text
    assert 'value="farm" autocomplete="username"' in refused.text
    assert world.products == 0
    resumed = world.sign_in("farm", **Fields(refused.text).data)
    assert resumed.status_code == 200
    assert "You are signed in as farm" in resumed.text
    page = Fields(resumed.text)
    assert "".join(page.data["storage_zh"]).split() == ["冷藏", "避光"]
    done = world.send(page.action, **page.data)
    assert done.status_code == 303, done.text
    with Reading(world.house.engine) as reading:
        owner = reading.connection.execute(select(EntryRow.owner).where(EntryRow.kind == "product")).scalar()
    assert owner == parties["farm"]


def test_what_was_typed_outlives_the_session(world: World, parties: dict[str, str]) -> None:
    world.sign_in("farm")
    action = world.form()
    world.client.cookies.clear()
    ended = world.send(action, **product(parties, name_zh="<b>青菜</b>"))
    assert ended.status_code == 401
    assert "Your sign-in has ended" in ended.text
    assert "<b>青菜</b>" not in ended.text
    wrong = world.client.post(
        "/sign-in", data={**Fields(ended.text).data, "name": "farm", "password": "x" * 20}
    )
    assert wrong.status_code == 401
    other = world.sign_in("shop", **Fields(wrong.text).data)
    assert other.status_code == 409  # nothing becomes the shop's because it signs in first
    page = Fields(world.sign_in("farm", **Fields(other.text).data).text)
    assert world.products == 0
    first = world.send(page.action, **page.data)
    assert first.status_code == 303
    assert world.send(page.action, **page.data).headers["location"] == first.headers["location"]
    assert world.products == 1


def test_files_are_chosen_again_and_passwords_are_not_carried(world: World) -> None:
    world.sign_in("farm")
    action = world.form("/console/register/product/import")
    own = world.form("/console/password")
    world.client.cookies.clear()
    table = ("a.csv", "名称\n青菜\n".encode(), "text/csv")
    ended = world.client.post(action, files={"file": table})
    assert "The file that you chose is not kept" in ended.text
    assert Fields(world.sign_in("farm", **Fields(ended.text).data).text).files == ["file"]
    world.client.cookies.clear()
    secret = {"old": PASSWORD, "new": "another long sentence", "again": "another long sentence"}
    away = world.send(own, **secret)
    assert away.headers["location"] == "/sign-in?next=/console/password"
    assert PASSWORD not in away.text


@pytest.mark.parametrize("note", ["x" * 200_000, None], ids=["long", "many"])
def test_what_is_too_much_is_not_kept_and_told(world: World, note: str | None) -> None:
    data = {"note": note} if note else {f"field{n}": "x" for n in range(600)}
    ended = world.send(f"{NEW}?for=farm&once=a", **data)
    assert ended.status_code == 401
    assert "too long to be kept" in ended.text
    assert len(ended.text) < 20_000
    assert "too long to be kept" in world.sign_in("farm", **Fields(ended.text).data).text


def test_a_foreign_page_leaves_nothing_to_send(world: World) -> None:
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    answer = world.client.post(NEW, data={"name_zh": "恶意"}, headers=headers, follow_redirects=False)
    assert (answer.status_code, answer.text) == (303, "")
    forged = world.sign_in("farm", **{"kept-for": "https://evil.example/", "kept:name_zh": "x"})
    assert forged.headers["location"] == "/console"


def test_a_form_counts_once(world: World, parties: dict[str, str]) -> None:
    world.sign_in("farm")
    action = world.form()
    wrong = world.send(action, **product(parties, name_zh=""))
    assert wrong.status_code == 400
    first = world.send(action, **product(parties))  # what was refused may be sent again
    again = world.send(action, **product(parties))
    assert again.status_code == first.status_code == 303
    assert again.headers["location"] == first.headers["location"]
    assert world.products == 1
    other = world.send(action, **product(parties, name_zh="菠菜"))  # the page came back, and was changed
    assert other.status_code == 303
    assert other.headers["location"] != first.headers["location"]
    assert world.products == 2
    assert world.send(world.form(), **product(parties)).status_code == 303
    assert world.products == 3


def test_a_document_with_its_file_counts_once(world: World, parties: dict[str, str]) -> None:
    world.sign_in("farm")
    key = key_of(world.send(world.form(), **product(parties)))
    lot = key_of(world.send(world.form("/console/register/lot/new"), product=key, lot="L1"))
    action = world.form(f"/console/register/document/{lot}", page=f"/console/register/entry/{lot}")
    told = {"kind": "inspection_certificate", "number": "QC-1", "issuer": "检测所", "issued": "2026-11-20"}

    def handed(content: bytes) -> Any:
        file = {"file": ("a.pdf", content, "application/pdf")}
        return world.client.post(action, data=told, files=file, follow_redirects=False)

    assert [handed(b"%PDF-1.4\n%%EOF\n").status_code for _ in range(2)] == [303, 303]
    assert world.count(LotDocumentRow) == 1
    assert handed(b"%PDF-1.5\n%%EOF\n").status_code == 409  # another file: judged anew, the number is taken
    assert world.count(LotDocumentRow) == 1


def test_a_body_without_a_length_that_is_too_large_is_refused_as_ever(world: World) -> None:
    world.sign_in("farm")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    pieces = (b"name_zh=" + b"x" * 100_000 for _ in range(20))
    refused = world.client.post(world.form("/console/labels"), content=pieces, headers=form)
    assert refused.status_code == 413


def test_labels_are_made_once_however_often_they_are_sent(world: World, parties: dict[str, str]) -> None:
    world.sign_in("farm")
    key = key_of(world.send(world.form(), **product(parties)))
    action = world.form("/console/labels")

    def order(_: int) -> Any:
        return world.send(action, subject=key, count="3")

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(order, range(4)))
    assert {answer.status_code for answer in answers} == {303}, answers[0].text
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert world.count(LabelJobRow) == 1


def test_what_is_shown_once_is_not_made_twice(world: World, parties: dict[str, str]) -> None:
    world.sign_in("farm")
    place = {"name_zh": "大门", "stage": "farm", "district": "330106", "party": parties["farm"]}
    key = key_of(world.send(world.form("/console/register/place/new"), **place))
    action = world.form("/console/devices")
    told = {"kind": "phone", "name": "收货", "place": key}
    first = world.send(action, **told)
    assert first.status_code == 201, first.text
    again = world.send(action, **told)
    assert again.status_code == 409
    assert "shown that one time" in again.text
    assert world.count(EnrolmentRow) == 1


def test_the_store_tells_what_it_knows_of_a_form(engine: Engine) -> None:
    with Writing(engine) as writing:
        assert sent.begin(writing, "farm", "a", NOW) is None
        known = sent.begin(writing, "farm", "a", NOW)
        assert known is not None
        assert (known.sent, known.answer) == (NOW, None)
        assert sent.begin(writing, "shop", "a", NOW) is None  # each account has its own
        sent.finish(writing, "farm", "a", "/there")
        sent.forget(writing, "shop", "a")
        later = NOW + timedelta(days=6)
        assert sent.begin(writing, "shop", "a", later) is None
        assert sent.sent_form(writing, "farm", "a") == sent.SentForm(NOW, "/there")
        assert sent.begin(writing, "shop", "b", later + timedelta(days=2)) is None
        assert sent.sent_form(writing, "farm", "a") is None
