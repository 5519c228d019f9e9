"""Producers give links to their codes through the API; others do not, and nothing is half replaced."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient

from suyuan.api.app import application
from suyuan.api.house import open_house
from suyuan.api.settings import read_settings
from suyuan.readers.station.delivery import document
from suyuan.trace.register import deciding
from suyuan.trace.register.book import enter
from suyuan.trace.register.sheets import Entry
from suyuan.trace.store.accounts import AccountRole, create_account, create_token
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.scans import Judged, Pending, keep_judged, summary_of
from suyuan.trace.store.sight import HOUSE, Viewer

URL = "https://trace.example"
MAKER = "https://id.gs1.org/417/9521234000013"
RIVAL = "https://id.gs1.org/417/9521234000037"
PRODUCT = "https://id.gs1.org/01/09521234000013"
LOT = f"{PRODUCT}/10/L7"
UNIT = "https://id.gs1.org/00/095212340000000013"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PAGE = {"linkType": "gs1:pip", "href": "https://brand.example/p", "title": "产品", "role": "default"}
PAPER = {
    "linkType": "https://ref.gs1.org/voc/certificationInfo",
    "href": "https://brand.example/检测报告.pdf",
    "title": "Certificate",
    "hreflang": ["zh-cn"],
    "type": "application/pdf",
    "context": ["CN"],
    "fwqs": False,
}


BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "en"}
CLAIMED = "https://id.gs1.org/01/06901234567892"
EVIL = {**PAGE, "href": "https://evil.example/"}
CLAIMANT, OPERATOR = Viewer("rival", "company", RIVAL), Viewer("root", "administrator", MAKER)


class World:
    """A platform with a producer, its rival and the operator."""

    def __init__(self, folder: Path) -> None:
        settings = read_settings({"SUYUAN_VAR": str(folder), "SUYUAN_PUBLIC_URL": URL})
        self.house = house = open_house(settings, lambda: NOON)
        self.tokens: dict[str, str] = {}
        with Writing(house.engine) as writing:
            for name, role, party in (
                ("maker", AccountRole.COMPANY, MAKER),
                ("rival", AccountRole.COMPANY, RIVAL),
                ("root", AccountRole.ADMINISTRATOR, MAKER),
                ("officer", AccountRole.REGULATOR, MAKER),
                ("dock", AccountRole.STATION, MAKER),
            ):
                create_account(writing, name, role=role, party=party, now=NOON, password="x" * 20)
                self.tokens[name], _ = create_token(
                    writing,
                    name,
                    now=NOON,
                    randbytes=lambda count, name=name: (name.encode() * count)[:count],
                )
            for key, name in ((MAKER, "酱园"), (RIVAL, "对手")):
                told = {"name_zh": name, "licence": "SC10133010600015"}
                enter(writing, Entry("party", key, told), by=HOUSE, now=NOON, confirmed=True)
            told = {"name_zh": "酱油", "producer": MAKER, "party": MAKER}
            enter(writing, Entry("product", PRODUCT, told), by=HOUSE, now=NOON, confirmed=True)
        self.client = TestClient(
            application(settings, house, lambda: NOON), base_url=URL, follow_redirects=False
        )

    def put(self, who: str, code: str, *links: dict[str, Any]) -> Any:
        return self.client.put(
            "/api/links", params={"code": code}, json={"links": links}, headers=self.bearer(who)
        )

    def get(self, who: str, code: str) -> Any:
        return self.client.get("/api/links", params={"code": code}, headers=self.bearer(who))

    def capture(self, *told: dict[str, Any]) -> None:
        """Take in events, each an hour after the one before."""
        events = [
            {
                "type": "ObjectEvent",
                "eventID": f"urn:uuid:0193429a-0000-7000-8000-{at:012d}",
                "eventTime": f"2026-11-20T{at:02d}:00:00Z",
                "eventTimeZoneOffset": "+08:00",
                "action": "ADD",
                "bizStep": "commissioning",
                "bizLocation": {"id": "https://id.gs1.org/414/9521234000020"},
                **members,
            }
            for at, members in enumerate(told)
        ]
        headers = self.bearer("dock") | {"Content-Type": "application/json"}
        content = document([*map(orjson.dumps, events)], NOON)
        sent = self.client.post("/capture", content=content, headers=headers)
        job = self.client.get(sent.headers["Location"], headers=self.bearer("dock")).json()
        assert job["success"], job["errors"]

    def claim(self) -> None:
        """The rival enters a GTIN whose prefix he has not shown to be his."""
        told = {"name_zh": "可口饮料", "producer": MAKER, "party": RIVAL}
        with Writing(self.house.engine) as writing:
            made = enter(writing, Entry("product", CLAIMED, told), by=CLAIMANT, now=NOON, confirmed=True)
        assert made.state == "pending"

    def leads(self, path: str, **query: str) -> str:
        """Where a browser is sent, or the status where it is told something here."""
        answer = self.client.get(path, params=query, headers=BROWSER)
        return answer.headers.get("Location", str(answer.status_code))

    def bearer(self, who: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    with made.client:
        yield made


def test_a_producer_gives_links_and_the_resolver_leads_there(world: World) -> None:
    answer = world.put("maker", "(01)09521234000013", PAGE, PAPER)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["code"] == PRODUCT
    assert [one["linkType"] for one in told["links"]] == ["gs1:pip", "gs1:certificationInfo"]
    assert told["links"][1]["href"] == "https://brand.example/%E6%A3%80%E6%B5%8B%E6%8A%A5%E5%91%8A.pdf"
    assert (told["links"][0]["createdBy"], told["links"][0]["owner"]) == ("maker", MAKER)
    assert world.client.get("/01/09521234000013?a=b").headers["Location"] == "https://brand.example/p?a=b"
    wanted = {"linkType": "gs1:certificationInfo"}
    assert world.client.get("/01/09521234000013/10/L7", params=wanted).headers["Location"].endswith(".pdf")


def test_what_was_in_force_stays_known(world: World) -> None:
    world.put("maker", PRODUCT, PAGE)
    world.put("maker", PRODUCT)
    told = world.get("maker", PRODUCT).json()
    assert told["links"] == []
    assert [(one["href"], one["endedBy"]) for one in told["before"]] == [(PAGE["href"], "maker")]


@pytest.mark.parametrize(
    ("who", "code", "status"),
    [
        ("", PRODUCT, 401),
        ("officer", PRODUCT, 403),
        ("rival", PRODUCT, 404),
        ("rival", LOT, 404),
        ("maker", UNIT, 403),
        ("maker", "https://id.gs1.org/01/09521234000044", 404),
        ("maker", "(01)09521234000014", 400),
        ("maker", LOT, 200),
        ("root", UNIT, 200),
    ],
)
def test_who_answers_for_a_code_gives_links_to_it(world: World, who: str, code: str, status: int) -> None:
    answer = world.put(who, code, PAGE)
    assert answer.status_code == status, answer.text
    assert world.get(who, code).status_code == status


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"linkType": "gs1:nosuch"}, "links.1.linkType"),
        ({"href": "javascript:alert(1)"}, "links.1.href"),
        ({"href": "https://\u0430pple.com/"}, "links.1.href"),
        ({"hreflang": ["zh-Hans"]}, "links.1.hreflang"),
        ({"role": "default"}, "links.1"),
        ({"role": "chief"}, "links.1.role"),
        ({"public": True}, "links.1.public"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_replaced(
    world: World, changes: dict[str, Any], where: str
) -> None:
    world.put("maker", PRODUCT, PAPER)
    answer = world.put("maker", PRODUCT, PAGE, {**PAPER, **changes})
    assert answer.status_code in (400, 422), answer.text
    assert where in answer.text
    assert len(world.get("maker", PRODUCT).json()["links"]) == 1


def test_who_only_claims_a_code_gives_no_links_to_it(world: World) -> None:
    world.claim()
    for decide in (None, "refused", "approved", "withdrawn"):
        with Writing(world.house.engine) as writing:
            if decide == "refused":
                deciding.refuse(writing, CLAIMED, by=OPERATOR, now=NOON, note="not yours")
            elif decide == "approved":
                deciding.approve(writing, CLAIMED, by=OPERATOR, now=NOON)
            elif decide == "withdrawn":
                deciding.withdraw(writing, CLAIMED, by=CLAIMANT, now=NOON)
        for code in (CLAIMED, f"{CLAIMED}/21/7"):
            answer = world.put("rival", code, EVIL)
            assert answer.status_code == (200 if decide == "approved" else 409), (decide, answer.text)
            led = world.leads(code.removeprefix("https://id.gs1.org"))
            assert (led == EVIL["href"]) == (decide == "approved"), decide
    assert "evil" not in world.client.get("/01/06901234567892?linkType=linkset").text
    assert world.put("root", CLAIMED, PAGE).status_code == 200  # the operator answers for himself
    assert world.leads("/01/06901234567892") == PAGE["href"]


ITEM = f"{PRODUCT}/21/S-1"


@pytest.mark.parametrize("code", [PRODUCT, LOT, ITEM])
def test_no_link_hides_what_stops_goods(world: World, code: str) -> None:
    """Whatever a browser asks for, and on whichever level a default is marked."""
    seen = {"epcList": [ITEM], "action": "OBSERVE", "bizStep": "inspecting"}
    world.capture(
        {"epcList": [ITEM], "ilmd": {"cbvmda:lotNumber": "L7"}}, seen | {"disposition": "conformant"}
    )
    recipes = {**PAGE, "linkType": "gs1:recipeInfo", "role": ""}
    world.put("maker", code, PAGE, PAPER, recipes, recipes | {"href": "https://brand.example/more"})
    path = ITEM.removeprefix("https://id.gs1.org")
    asked: tuple[dict[str, str], ...] = (
        {},
        {"linkType": "gs1:certificationInfo"},
        {"linkType": "gs1:recipeInfo"},
        {"context": "CN"},
    )
    default = "https://brand.example" if code == ITEM else "200"  # a finer level has our page
    led = [world.leads(path, **query)[:21] for query in asked]
    assert led == [default, "https://brand.example", "300", default]
    world.capture(*[seen | {"disposition": "active"}] * 2, seen | {"disposition": "recalled"})
    for query in asked:
        answer = world.client.get(path, params=query, headers=BROWSER)
        assert (answer.status_code, "brand.example" in answer.text) == (200, False), query
    assert "brand.example" in world.client.get(path, params={"linkType": "linkset"}, headers=BROWSER).text
    program = world.client.get(path, params={"linkType": "gs1:certificationInfo"})
    assert program.headers["Location"].startswith("https://brand.example")  # it reads no pages


def test_a_code_that_was_copied_leads_nowhere_else_and_looks_count_wherever_it_leads(world: World) -> None:
    path = ITEM.removeprefix("https://id.gs1.org")
    world.capture({"epcList": [ITEM]})
    world.put("maker", ITEM, PAGE)

    def scan(system: str) -> Any:
        headers = {**BROWSER, "User-Agent": f"Mozilla/5.0 ({system})"}
        return world.client.get(path, headers=headers)

    def count() -> int:
        while world.house.scanning.log.write():
            pass
        with Reading(world.house.engine) as reading:
            found = summary_of(reading, ITEM)
        return found.count if found else 0

    assert [scan("iPhone").headers["Location"] for _ in range(2)] == [PAGE["href"]] * 2
    assert count() == 1
    for state, score, system in (("suspicious", 0.7, "Android"), ("known-copy", 9.0, "Windows")):
        judged = Judged(state, score, [])
        with Writing(world.house.engine) as writing:
            keep_judged(writing, {Pending(ITEM, "", 1): judged}, now=NOON)
        page = scan(system)
        assert page.status_code == 200, state
    assert "Code may be copied" in page.text
    assert count() == 3


def test_what_is_not_on_record_is_never_sent_to_the_brand(world: World) -> None:
    world.capture(
        {"epcList": [ITEM], "ilmd": {"cbvmda:lotNumber": "L7"}},
        {"quantityList": [{"epcClass": LOT, "quantity": 3}]},
    )
    world.put("maker", PRODUCT, PAGE, PAPER)
    known = {"": PAGE["href"], "/10/L7": "200", "/21/S-1": "200"}
    assert {end: world.leads(f"/01/09521234000013{end}") for end in known} == known
    assert world.leads("/01/09521234000013/21/S-1", linkType="gs1:certificationInfo").endswith(".pdf")
    for end in ("21/FORGED", "10/NOPE", "10/L7/21/FORGED", "22/2A/10/NOPE"):
        assert world.leads(f"/01/09521234000013/{end}") == "404", end
        assert world.leads(f"/01/09521234000013/{end}", linkType="gs1:certificationInfo") == "404", end
    assert world.leads("/01/09521234000013/10/NOPE/21/S-1") == "200"  # a lot that is not its own
    world.put("maker", f"{PRODUCT}/10/NOPE", PAPER)  # who links a lot has made it
    assert world.leads("/01/09521234000013/10/NOPE") != "404"


def test_a_program_is_led_to_the_page_of_what_it_scanned(world: World) -> None:
    answer = world.client.get("/01/09521234000013/21/FORGED?a=b", headers={"Accept": "*/*"})
    assert answer.headers["Location"] == "https://trace.example/p/01/09521234000013/21/FORGED?a=b"
    assert world.client.get(answer.headers["Location"]).status_code == 404


def test_a_lot_that_an_item_is_not_of_gives_it_no_links(world: World) -> None:
    world.capture({"epcList": [ITEM], "ilmd": {"cbvmda:lotNumber": "L7"}})
    world.put("maker", LOT, {**PAGE, "href": "https://brand.example/right"})
    world.put("maker", f"{PRODUCT}/10/WRONG", {**PAGE, "href": "https://brand.example/wrong"})
    answer = world.client.get("/01/09521234000013/10/WRONG/21/S-1", params={"linkType": "gs1:pip"})
    assert answer.headers["Location"] == "https://brand.example/right"


@pytest.mark.parametrize(
    ("href", "status"),
    [
        ("https://trace.example/01/09521234000013", 400),
        ("http://TRACE.example:8443/01/09521234000013/10/A?x=1", 400),
        ("https://trace.example/p/../01/09521234000013", 400),
        ("https://trace.example/p/%2e%2E/01/09521234000013", 400),
        ("https://trace.example/p", 400),
        ("https://trace.example/p/01/09521234000013", 200),
        ("https://trace.example.cn/01/09521234000013", 200),
    ],
)
def test_no_code_leads_back_to_a_code(world: World, href: str, status: int) -> None:
    assert world.put("maker", PRODUCT, {**PAGE, "href": href}).status_code == status


def test_what_was_before_is_told_to_who_asks_for_it(world: World) -> None:
    world.put("maker", PRODUCT, PAGE)
    assert world.put("maker", PRODUCT, PAPER).json()["before"] == []
    assert len(world.get("maker", PRODUCT).json()["before"]) == 1
