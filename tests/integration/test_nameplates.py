"""Pages of what is no goods, over HTTP: what its code names and whose it is, by whitelist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape

import orjson
import pytest
from starlette.testclient import TestClient

from suyuan.api.app import application
from suyuan.api.house import House, open_house
from suyuan.api.settings import read_settings
from suyuan.readers.station.delivery import document
from suyuan.trace.epcis.envelope import VocabularyElement
from suyuan.trace.register.telling import tell
from suyuan.trace.store.accounts import AccountRole, create_account, create_token
from suyuan.trace.store.engine import Writing

URL = "https://trace.example"
MAKER = "https://id.gs1.org/417/9521234000013"
SHOP, POINT = "/414/9521234000020", "/414/9521234000020/254/A1"
TRUCK, CRATE, CRATES = "/8004/9521234T1", "/8003/095212340000137", "/8003/09521234000013"
OWN = "https://trace.example/own/place/S000013"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECRET = {
    "suyuan:phone": "0571-555-0199",
    "suyuan:email": "boss@brand.example",
    "cbvmda:streetAddressOne": "Secret Lane 7",
    "cbvmda:latitude": "30.123456",
    "suyuan:code": "INTERNAL-9",
}


def element(kind: str, path: str, **told: str) -> VocabularyElement:
    key = path if path.startswith("https:") else f"https://id.gs1.org{path}"
    attributes = {f"suyuan:{name}": value for name, value in told.items()}
    return VocabularyElement(f"urn:epcglobal:epcis:vtype:{kind}", key, attributes | SECRET)


TOLD = [
    element(
        "Party", MAKER, nameZh="好公司", nameEn="Good Ltd", licence="JY13301020000011", cityEn="Hangzhou"
    ),
    element("BusinessLocation", SHOP, nameZh="城西店", nameEn="West shop", cityEn="Hangzhou", party=MAKER),
    element("ReadPoint", POINT, nameZh="后门", nameEn="Back door", party=MAKER),
    element("BusinessLocation", OWN, nameZh="小店", nameEn="Small shop", party=MAKER),
    element("BusinessLocation", TRUCK, nameZh="冷藏车", nameEn="Cold truck", party=MAKER),
    element("EPCClass", CRATES, nameZh="蓝筐", nameEn="Blue <b>crate</b>"),
]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    settings = read_settings({"SUYUAN_VAR": str(tmp_path_factory.mktemp("plates")), "SUYUAN_PUBLIC_URL": URL})
    house = open_house(settings, lambda: NOON)
    with Writing(house.engine) as writing:
        tell(writing, TOLD, owner=MAKER, now=NOON)
    return house


@pytest.fixture(scope="module")
def client(house: House) -> Iterator[TestClient]:
    settings = read_settings({"SUYUAN_VAR": "unused", "SUYUAN_PUBLIC_URL": URL})
    app = application(settings, house, lambda: NOON)
    with TestClient(app, base_url=URL, follow_redirects=False) as client:
        yield client


def page(client: TestClient, path: str, language: str = "en", status: int = 200) -> str:
    answer = client.get(path, headers={"Accept": "text/html", "Accept-Language": language})
    assert answer.status_code == status, answer.text
    bare = re.sub("<[^>]+>", " ", answer.text.partition("<main")[2])
    return re.sub(r"\s+", " ", unescape(bare))


@pytest.mark.parametrize("before", ["", "/p"])
@pytest.mark.parametrize(
    ("path", "told"),
    [
        (SHOP, ["Location GLN", "West shop", "Hangzhou", "Good Ltd", "JY13301020000011"]),
        (POINT, ["West shop", "Back door", "Good Ltd"]),
        ("/417/9521234000013", ["Party GLN", "Good Ltd", "JY13301020000011"]),
        (TRUCK, ["Individual asset GIAI", "Cold truck", "Good Ltd"]),
        (CRATES, ["Returnable asset GRAI", "Blue <b>crate</b>"]),
        ("/own/place/S000013", ["Small shop", "Good Ltd"]),
    ],
)
def test_a_page_says_what_a_code_names_and_no_more(
    client: TestClient, before: str, path: str, told: list[str]
) -> None:
    text = page(client, before + path)
    assert [one for one in told if one not in text] == []
    assert [one for one in SECRET.values() if one in text] == []
    assert "no code of goods" in text
    assert "copied" not in text  # no verdict of goods


def test_it_speaks_chinese(client: TestClient) -> None:
    text = page(client, SHOP, "zh-CN")
    assert "城西店" in text
    assert "这不是商品的编码" in text


def test_of_a_point_that_nobody_told_the_place_is_shown_and_that_said(client: TestClient) -> None:
    text = page(client, f"{SHOP}/254/B2")
    assert "West shop" in text
    assert "Nothing is on record of this point" in text


@pytest.mark.parametrize(
    "path", ["/414/9521234000037", "/8004/9521234T2", "/own/place/S00033B", "/253/9521234000037"]
)
def test_of_what_nobody_told_the_page_has_no_record(client: TestClient, path: str) -> None:
    for before in ("", "/p"):
        assert "No record" in page(client, before + path, status=404)
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("path", "kind"),
    [(SHOP, "locationInfo"), (POINT, "locationInfo"), ("/417/9521234000013", "registryEntry")],
)
def test_the_resolver_leads_there_and_says_of_what_kind_it_is(
    client: TestClient, path: str, kind: str
) -> None:
    assert client.get(path).headers["Location"] == f"{URL}/p{path}"
    found = client.get(path, params={"linkType": f"gs1:{kind}"}, headers={"Accept-Language": "zh"})
    assert found.headers["Location"] == f"{URL}/p{path}?lang=zh-CN"
    assert client.get(path, params={"linkType": "gs1:epcis"}).status_code == 404


def test_a_crate_that_events_name_has_the_passport_of_what_it_carries(
    client: TestClient, house: House
) -> None:
    with Writing(house.engine) as writing:
        create_account(writing, "dock", role=AccountRole.STATION, party=MAKER, now=NOON, password="x" * 20)
        token, _ = create_token(writing, "dock", now=NOON, randbytes=bytes)
    assert "No record" in page(client, CRATE, status=404)
    sent = client.post(
        "/capture",
        content=document([_packed(CRATE)], NOON),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    assert sent.status_code == 202, sent.text
    assert "copied" in page(client, CRATE)


def _packed(path: str) -> bytes:
    told = {
        "type": "ObjectEvent",
        "eventID": "urn:uuid:0193429a-0000-7000-8000-000000000001",
        "eventTime": "2026-11-20T08:00:00Z",
        "eventTimeZoneOffset": "+08:00",
        "action": "OBSERVE",
        "bizStep": "shipping",
        "epcList": [f"https://id.gs1.org{path}"],
        "bizLocation": {"id": f"https://id.gs1.org{SHOP}"},
    }
    return orjson.dumps(told)


@pytest.mark.parametrize("path", ["/shop?code=(414)9521234000020", f"/qr{SHOP}", f"/whereabouts?code={SHOP}"])
def test_what_is_asked_of_goods_is_not_answered_of_a_place(client: TestClient, path: str) -> None:
    assert "This code names no goods" in client.get(path, headers={"Accept-Language": "en"}).text
