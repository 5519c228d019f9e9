"""Codes that may be copied: who sees which, what is told of each, and what an official's word does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from suyuan.api.app import application
from suyuan.api.clones import Copies
from suyuan.api.house import CapturedBy, open_house
from suyuan.api.settings import read_settings
from suyuan.portal.clones import LONGEST_REASON
from suyuan.trace.errors import InvalidInput, NotAllowed, NotFound
from suyuan.trace.scan.look import Look
from suyuan.trace.scan.past import FindingKind
from suyuan.trace.store.accounts import AccountRole, create_account, create_token
from suyuan.trace.store.copies import Wanted
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.record_tables import AccessRow
from suyuan.trace.store.sight import HOUSE, Viewer

MADE = datetime(2026, 11, 1, tzinfo=UTC)
NOW = MADE + timedelta(days=20)
URL = "http://testserver"
PASSWORD = "a long sentence of somebody"
DAIRY, RIVAL = "https://id.gs1.org/417/9521234000013", "https://id.gs1.org/417/9521234000037"
OTHER = "https://id.gs1.org/417/9521234000044"
PLANT, SHOP = "https://id.gs1.org/414/9521234000006", "https://id.gs1.org/414/9521234000020"
PRODUCT = "https://id.gs1.org/01/09521234000013"
COPIED, HONEST = f"{PRODUCT}/21/A7Q2", f"{PRODUCT}/21/B8R3"
FAR = ("650100", "230100", "440300", "510100", "610100", "210100")
MAKER = Viewer("maker", "company", DAIRY)
STRANGER = Viewer("stranger", "company", RIVAL)
OFFICER = Viewer("officer", "regulator", RIVAL)


def to(party: str) -> list[dict[str, str]]:
    return [{"type": "possessing_party", "destination": party}]


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class World:
    """Two cartons of milk from Hangzhou, one of which turns up everywhere."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.settings = read_settings({"SUYUAN_VAR": str(folder), "SUYUAN_PUBLIC_URL": URL})
        self.house = open_house(self.settings, self.clock)
        self.copies = Copies(self.house, self.clock)
        self.tokens: dict[str, str] = {}
        with Writing(self.house.engine) as writing:
            for name, role, party in (
                ("root", AccountRole.ADMINISTRATOR, DAIRY),
                ("maker", AccountRole.COMPANY, DAIRY),
                ("stranger", AccountRole.COMPANY, RIVAL),
            ):
                create_account(writing, name, role=role, party=party, now=MADE, password=PASSWORD)
                self.tokens[name], _ = create_token(
                    writing, name, now=MADE, randbytes=lambda n, name=name: (name.encode() * n)[:n]
                )
        told = {"epcList": [COPIED, HONEST], "action": "ADD"}
        self.tell(DAIRY, bizStep="commissioning", place=PLANT, day=0, **told)
        self.tell(DAIRY, bizStep="shipping", place=PLANT, day=1, destinationList=to(RIVAL))
        self.tell(RIVAL, bizStep="receiving", place=SHOP, day=2)

    def tell(self, party: str, *, place: str, day: float, **more: Any) -> None:
        event = {
            "type": "ObjectEvent",
            "eventTime": (MADE + timedelta(days=day)).isoformat(),
            "eventTimeZoneOffset": "+08:00",
            "epcList": [COPIED, HONEST],
            "action": "OBSERVE",
            "readPoint": {"id": place},
            "bizLocation": {"id": place},
            **more,
        }
        city = [{"id": "https://ns.suyuan.example/cityZh", "attribute": "杭州市"}]
        places = [{"id": one, "attributes": city} for one in (PLANT, SHOP)]
        vocabulary = {"type": "urn:epcglobal:epcis:vtype:BusinessLocation", "vocabularyElementList": places}
        document = {
            "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-11-01T00:00:00Z",
            "epcisBody": {"eventList": [event]},
            "epcisHeader": {"epcisMasterData": {"vocabularyList": [vocabulary]}},
        }
        content = orjson.dumps(document)
        self.house.capture(content, "application/json", by=CapturedBy(party), behaviour="rollback")

    def look(self, key: str, place: str, day: float) -> None:
        look = Look(MADE + timedelta(days=day), address=f"198.51.{day:.0f}.7", place=place)
        self.house.looked_at(self.house.passport(key), look)

    def scanned(self, begin: float = 6) -> None:
        for number, place in enumerate(FAR):
            self.look(COPIED, place, begin + number)
        self.look(HONEST, "330100", begin)
        self.judged()

    def judged(self) -> None:
        while self.house.scanning.log.write():
            pass
        self.house.judging.judge()

    def listed(self, viewer: Viewer, wanted: Wanted | None = None) -> list[str]:
        return [one.suspected.key for one in self.copies.listed(viewer, wanted or Wanted(), 10)]

    def looks(self) -> list[str]:
        with Reading(self.house.engine) as reading:
            return list(reading.connection.execute(select(AccessRow.what)).scalars())


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    opened = World(tmp_path)
    yield opened
    opened.house.close()


@pytest.fixture
def client(world: World) -> Iterator[TestClient]:
    with TestClient(application(world.settings, world.house, world.clock), follow_redirects=False) as opened:
        opened.headers["Origin"] = URL
        opened.headers["Accept-Language"] = "en"
        yield opened


def signed_in(client: TestClient, name: str) -> None:
    answer = client.post("/sign-in", data={"name": name, "password": PASSWORD})
    assert answer.status_code == 303, answer.text


def form_of(page: str) -> str:
    found = re.search(r'<form action="(/console/copies/code[^"]*)"', page)
    assert found is not None
    return unescape(found[1])


def test_the_maker_and_officials_see_it_and_others_do_not(world: World) -> None:
    world.scanned()
    assert world.listed(HOUSE) == [COPIED]
    assert world.listed(MAKER) == [COPIED]
    assert world.listed(STRANGER) == [], "who only received it answers for nothing"
    assert world.listed(OFFICER) == [], "an authority without competence sees nothing"
    with pytest.raises(NotFound):
        world.copies.shown(STRANGER, COPIED)
    with pytest.raises(NotFound):
        world.copies.shown(HOUSE, f"{PRODUCT}/21/NEVER")


def test_the_list_is_narrowed_by_product_and_maker(world: World) -> None:
    world.scanned()
    assert world.listed(HOUSE, world.copies.wanted("(01)09521234000013", "", "")) == [COPIED]
    assert world.listed(HOUSE, world.copies.wanted("https://id.gs1.org/01/09521234000020", "", "")) == []
    assert world.listed(HOUSE, world.copies.wanted("", DAIRY, "")) == [COPIED]
    assert world.listed(HOUSE, world.copies.wanted("", RIVAL, "")) == []
    assert world.listed(HOUSE, world.copies.wanted("", "", f"-1.0|{COPIED}")) == []
    assert world.listed(HOUSE, world.copies.wanted("", "", "nan|x")) == [COPIED]
    with pytest.raises(InvalidInput):
        world.copies.wanted("no code", "", "")


def test_single_scans_are_for_officials_and_each_look_is_noted(world: World) -> None:
    world.scanned()
    by_official = world.copies.shown(HOUSE, COPIED)
    assert next(one.where.zh for one in by_official.history if one.what == "scan") == "乌鲁木齐市"
    assert world.looks() == [f"scans {COPIED}"]
    by_maker = world.copies.shown(MAKER, COPIED)
    assert by_maker.scans_withheld
    assert "scan" not in {one.what for one in by_maker.history}
    assert {"came", "left"} <= {one.what for one in by_maker.history}
    assert len(world.looks()) == 1


def test_a_maker_sees_of_custody_what_it_may_see_anyway(world: World) -> None:
    world.tell(RIVAL, bizStep="storing", place=SHOP, day=3)
    world.tell(RIVAL, bizStep="retail_selling", place=SHOP, day=4)
    world.scanned()
    assert [one.what for one in world.copies.shown(HOUSE, COPIED).history if one.what != "scan"] == [
        "came", "left", "came", "sold"
    ]  # fmt: skip
    assert [one.what for one in world.copies.shown(MAKER, COPIED).history] == ["came", "left"]


def test_who_tells_others_goods_again_as_its_own_sees_nothing_of_them(world: World) -> None:
    world.tell(RIVAL, bizStep="commissioning", action="ADD", place=SHOP, day=-1)
    world.scanned()
    assert world.listed(STRANGER) == []
    assert world.listed(HOUSE, world.copies.wanted("", RIVAL, "")) == []
    assert world.listed(MAKER) == [COPIED]
    with pytest.raises(NotFound):
        world.copies.shown(STRANGER, COPIED)


def test_what_a_stranger_tells_of_goods_that_were_sold_accuses_nobody(world: World) -> None:
    def found() -> list[FindingKind]:
        with Reading(world.house.engine) as reading:
            return [one.kind for one in world.house.judging.histories.of(reading, HONEST).findings]

    world.tell(DAIRY, bizStep="retail_selling", place=PLANT, day=5)
    world.tell(OTHER, bizStep="retail_selling", place=SHOP, day=4)  # told late, as if it had come before
    world.tell(OTHER, bizStep="stocking", place=SHOP, day=6)
    assert found() == []
    goods = {"epcList": [f"{PRODUCT}/21/C9"], "destinationList": to(OTHER)}
    world.tell(DAIRY, bizStep="shipping", place=PLANT, day=1, **goods)
    assert found() == [], "who got other goods of the maker is a stranger to these"
    world.tell(DAIRY, bizStep="shipping", place=PLANT, day=1, destinationList=to(OTHER))
    assert found() == [FindingKind.SOLD_TWICE, FindingKind.AFTER_SALE]


def test_who_answers_for_a_code_is_believed_until_something_new_is_known(world: World) -> None:
    world.scanned()
    world.copies.clear(HOUSE, COPIED, " shown at a fair in six cities ")
    world.judged()
    assert world.listed(HOUSE) == []
    shown = world.copies.shown(HOUSE, COPIED)
    assert [(one.by, one.reason) for one in shown.clearings] == [
        (HOUSE.name, "shown at a fair in six cities")
    ]
    assert shown.listed.suspected.state == "cannot-tell"
    world.clock.now = NOW + timedelta(days=30)
    world.scanned(begin=25)
    assert world.listed(HOUSE) == [COPIED]


def test_a_maker_does_not_answer_for_itself(world: World) -> None:
    world.scanned()
    with pytest.raises(NotAllowed):
        world.copies.clear(MAKER, COPIED, "all is well")
    for reason in ("", "  ", "x" * (LONGEST_REASON + 1)):
        with pytest.raises(InvalidInput):
            world.copies.clear(HOUSE, COPIED, reason)
    assert world.listed(HOUSE) == [COPIED]


def test_the_console_lists_it_tells_why_and_takes_the_word(world: World, client: TestClient) -> None:
    world.scanned()
    signed_in(client, "root")
    listing = client.get("/console/copies")
    assert listing.status_code == 200
    assert "Suspicious" in listing.text
    assert "far from where this item should be" in listing.text
    one = client.get("/console/copies/code", params={"key": COPIED})
    assert one.status_code == 200
    assert "km from where it should be" in one.text
    assert f"suspect={COPIED.replace(':', '%3A').replace('/', '%2F')}" in one.text
    refused = client.post(form_of(one.text), data={"key": COPIED, "reason": " "})
    assert refused.status_code == 400
    assert "Say why" in refused.text
    again = client.get("/console/copies/code", params={"key": COPIED})
    done = client.post(form_of(again.text), data={"key": COPIED, "reason": "a fair <b>"})
    assert done.status_code == 303
    world.judged()
    after = client.get(done.headers["Location"])
    assert "a fair &lt;b&gt;" in after.text
    assert "Cannot tell" in after.text
    assert "No code in your sight" in client.get("/console/copies").text


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_wrong_input_is_answered_in_words(client: TestClient, language: str) -> None:
    signed_in(client, "root")
    client.headers["Accept-Language"] = language
    wrong = client.get("/console/copies", params={"product": "<script>"})
    assert wrong.status_code == 400
    assert "<script>" not in wrong.text.replace("</script>", "")
    for key in ("", "x" * 5000, "https://id.gs1.org/01/1"):
        assert client.get("/console/copies/code", params={"key": key}).status_code == 404


def test_programs_of_makers_ask_for_their_own(world: World, client: TestClient) -> None:
    world.scanned()

    def asked(who: str, **query: str) -> Any:
        headers = {"Authorization": f"Bearer {world.tokens[who]}"}
        return client.get("/api/suspicions", params=query, headers=headers)

    told = asked("maker").json()["suspicions"]
    assert [one["key"] for one in told] == [COPIED]
    assert told[0]["scans"] == len(FAR)
    assert sum(one["weight"] for one in told[0]["reasons"]) == pytest.approx(told[0]["score"], abs=1e-6)
    assert asked("stranger").json() == {"suspicions": []}
    assert asked("root", product=PRODUCT).json()["suspicions"] == told
    assert asked("root", product="nonsense").status_code == 400
    assert client.get("/api/suspicions").status_code == 401


def test_the_shopper_reads_why_and_not_where(world: World, client: TestClient) -> None:
    world.scanned()
    page = client.get("/p/01/09521234000013/21/A7Q2", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "Code may be copied" in page.text
    assert "places far from where this item should be" in page.text
    assert "乌鲁木齐" not in page.text
