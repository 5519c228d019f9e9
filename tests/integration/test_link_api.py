"""Producers give links to their codes through the API; others do not, and nothing is half replaced."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from suyuan.api.app import application
from suyuan.api.house import open_house
from suyuan.api.settings import read_settings
from suyuan.trace.register.book import enter
from suyuan.trace.register.sheets import Entry
from suyuan.trace.store.accounts import AccountRole, create_account, create_token
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.sight import HOUSE

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


class World:
    """A platform with a producer, its rival and the operator."""

    def __init__(self, folder: Path) -> None:
        settings = read_settings({"SUYUAN_VAR": str(folder), "SUYUAN_PUBLIC_URL": "http://testserver"})
        house = open_house(settings, lambda: NOON)
        self.tokens: dict[str, str] = {}
        with Writing(house.engine) as writing:
            for name, role, party in (
                ("maker", AccountRole.COMPANY, MAKER),
                ("rival", AccountRole.COMPANY, RIVAL),
                ("root", AccountRole.ADMINISTRATOR, MAKER),
                ("officer", AccountRole.REGULATOR, MAKER),
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
        self.client = TestClient(application(settings, house, lambda: NOON), follow_redirects=False)

    def put(self, who: str, code: str, *links: dict[str, Any]) -> Any:
        return self.client.put(
            "/api/links", params={"code": code}, json={"links": links}, headers=self.bearer(who)
        )

    def get(self, who: str, code: str) -> Any:
        return self.client.get("/api/links", params={"code": code}, headers=self.bearer(who))

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
