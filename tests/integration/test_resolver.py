"""The resolver over HTTP, check by check as GS1's test suite has them (shared/design/scan.md, 1.2)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest
from starlette.testclient import TestClient

from suyuan.api.app import application
from suyuan.api.house import House, open_house
from suyuan.api.resolver.resolving import Resolving
from suyuan.api.settings import read_settings
from suyuan.readers.station.delivery import document
from suyuan.trace.epcis.envelope import VocabularyElement
from suyuan.trace.gs1 import identify, own_identifier
from suyuan.trace.gs1.compression import compressed
from suyuan.trace.register.telling import tell
from suyuan.trace.resolver import Link, Role, checked_link
from suyuan.trace.store.accounts import AccountRole, create_account, create_token
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.links import OPERATOR, replace_links

URL = "https://trace.example"
SUITE = "https://ref.gs1.org/test-suites/resolver/"
MAKER = "https://id.gs1.org/417/9521234000013"
GTIN, ITEM, LOT = "09521234000013", "S-1", "L7"
PRODUCT_PATH = f"/01/{GTIN}"
LOT_PATH = f"/01/{GTIN}/10/{LOT}"
ITEM_PATH = f"/01/{GTIN}/21/{ITEM}"
UNIT_PATH = "/00/095212340000000013"
PLACE_PATH = "/414/9521234000020"
POINT_PATH = f"{PLACE_PATH}/254/A1"
PATHS = [PRODUCT_PATH, LOT_PATH, ITEM_PATH, UNIT_PATH, PLACE_PATH, POINT_PATH]
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
VOC = "https://ref.gs1.org/voc/"


def link(kind: str, end: str, **members: Any) -> Link:
    return checked_link(Link(kind, f"https://brand.example/{end}", members.pop("title", end), **members))


GIVEN = [
    link("gs1:certificationInfo", "paper", type="application/pdf"),
    link("gs1:certificationInfo", "paper-en", type="application/pdf", hreflang=("en",)),
    link("gs1:certificationInfo", "paper-lk", type="application/pdf", hreflang=("en",), context=("LK",)),
    link("gs1:recipeInfo", "recipes-1"),
    link("gs1:recipeInfo", "recipes-2"),
    link("gs1:promotion", "choice-zh", hreflang=("zh",), role=Role.CHOICE),
    link("gs1:promotion", "choice-en", hreflang=("en",), role=Role.CHOICE),
    link("gs1:instructions", "fixed?x=1#top", fwqs=False),
]


PLACES = [
    VocabularyElement(
        "urn:epcglobal:epcis:vtype:BusinessLocation", f"https://id.gs1.org{path}", {"suyuan:nameEn": name}
    )
    for path, name in ((PLACE_PATH, "West shop"), (POINT_PATH, "Back door"))
]


def event(**members: Any) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:0193429a-0000-7000-8000-{abs(hash(str(members))) % 10**12:012d}",
        "eventTime": "2026-11-20T08:00:00Z",
        "eventTimeZoneOffset": "+08:00",
        "action": "ADD",
        "bizStep": "commissioning",
        "bizLocation": {"id": "https://id.gs1.org/414/9521234000020"},
        **members,
    }


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    settings = read_settings(
        {"SUYUAN_VAR": str(tmp_path_factory.mktemp("resolver")), "SUYUAN_PUBLIC_URL": URL}
    )
    return open_house(settings, lambda: NOON)


@pytest.fixture(scope="module")
def client(house: House) -> Iterator[TestClient]:
    settings = read_settings({"SUYUAN_VAR": "unused", "SUYUAN_PUBLIC_URL": URL})
    with Writing(house.engine) as writing:
        create_account(writing, "dock", role=AccountRole.STATION, party=MAKER, now=NOON, password="x" * 20)
        token, _ = create_token(writing, "dock", now=NOON, randbytes=bytes)
        for path in (PRODUCT_PATH, PLACE_PATH):
            replace_links(writing, f"https://id.gs1.org{path}", GIVEN, owner=OPERATOR, by="clerk", now=NOON)
        tell(writing, PLACES, owner=MAKER, now=NOON)
    with TestClient(
        application(settings, house, lambda: NOON), base_url=URL, follow_redirects=False
    ) as client:
        told = [
            event(epcList=[f"https://id.gs1.org{ITEM_PATH}"]),
            event(epcList=[f"https://id.gs1.org{UNIT_PATH}"]),
            *(
                event(quantityList=[{"epcClass": f"https://id.gs1.org{path}", "quantity": 3}])
                for path in (LOT_PATH, PRODUCT_PATH)
            ),
        ]
        sent = client.post(
            "/capture",
            content=document([*map(orjson.dumps, told)], NOON),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        assert sent.status_code == 202, sent.text
        job = client.get(sent.headers["Location"], headers={"Authorization": f"Bearer {token}"}).json()
        assert job["success"], job["errors"]
        yield client


def linkset_of(client: TestClient, path: str) -> list[dict[str, Any]]:
    answer = client.get(path, headers={"Accept": "application/linkset+json"})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["linkset"]
    return found


def links_in(anchor: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind, links in anchor.items():
        if kind not in ("anchor", "itemDescription"):
            for one in links:
                yield kind, one


def location(answer: Any) -> str:
    assert answer.status_code == 307, (answer.status_code, answer.text)
    return answer.headers["Location"]


on_every_key = pytest.mark.parametrize("path", PATHS)


def test_06_rd_file(client: TestClient) -> None:
    answer = client.get("/.well-known/gs1resolver")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    told = answer.json()
    assert told["resolverRoot"] == URL
    assert {"00", "01", "414", "8003", "8004", "253"} <= set(told["supportedPrimaryKeys"])
    assert told["supportedLinkType"] == [{"namespace": VOC, "prefix": "gs1:"}]
    assert client.get(told["contextFile"]).headers["Content-Type"] == "application/ld+json"


@on_every_key
def test_08_cors_check_09_methods_check_10_link_on_redirect(client: TestClient, path: str) -> None:
    asked = {"Origin": SUITE, "Access-Control-Request-Method": "GET,HEAD,OPTIONS"}
    for answer in (client.options(path, headers=asked), client.get(path), client.head(path)):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
        assert 'rel="linkset"' in answer.headers["Link"]
    assert client.options(path, headers=asked).status_code in (200, 204)


@on_every_key
def test_11_legacy_link_headers(client: TestClient, path: str) -> None:
    assert 'rel="gs1:' not in client.get(path).headers["Link"]


@pytest.mark.parametrize(
    "path",
    [*(f"{path}/foo" for path in PATHS), "/01/09521234000014", "/01/1", "/00/x", f"{PRODUCT_PATH}/21/1/10/L"],
)
def test_12_report_with_400(client: TestClient, path: str) -> None:
    for accept in ("*/*", "text/html", "application/linkset+json"):
        answer = client.get(path, headers={"Accept": accept})
        assert answer.status_code == 400, accept
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert client.get(path).json()["where"]


def test_12_attributes_in_the_query_are_looked_at_too(client: TestClient) -> None:
    assert client.get(f"{ITEM_PATH}?17=261299").status_code == 400
    assert client.get(f"{ITEM_PATH}?9999=1").status_code == 400
    assert client.get(f"{ITEM_PATH}?17=271231").status_code == 307


@pytest.mark.parametrize(
    "path", ["/01/09521234000037", "/414/9521234000037", "/8004/9521234001", "/00/095212340000000020"]
)
def test_13_no_error_with_200(client: TestClient, path: str) -> None:
    for accept in ("*/*", "text/html", "application/linkset+json"):
        assert client.get(path, headers={"Accept": accept}).status_code == 404, accept


def test_a_link_does_not_begin_with_another_ones_key(client: TestClient) -> None:
    for accept in ("*/*", "text/html"):
        for stem in ("/253/https://id.gs1.org", "/8004/x", "/01/1"):
            answer = client.get(stem + LOT_PATH, headers={"Accept": accept})
            assert answer.status_code in (400, 404), stem


@on_every_key
def test_14_trailing_slash(client: TestClient, path: str) -> None:
    with_, without = client.get(f"{path}/"), client.get(path)
    assert (with_.status_code, with_.headers.get("Location")) == (
        without.status_code,
        without.headers.get("Location"),
    )


@pytest.mark.parametrize(
    "path", [f"{PRODUCT_PATH}/10/KL8G", f"{PRODUCT_PATH}/10/KL8G/21/9", f"{PLACE_PATH}/254/KL8G"]
)
def test_15_basic_walk_up(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in (300, 307)
    if path.startswith("/01"):  # our page again, of what was scanned: it says that this is not on record
        assert location(answer) == f"{URL}/p{path}"
    else:
        assert answer.headers.get("Location") == client.get(PLACE_PATH).headers.get("Location")
    for kind in ("gs1:instructions", "gs1:pip"):
        found = client.get(path, params={"linkType": kind})
        above = PRODUCT_PATH if path.startswith("/01") else PLACE_PATH
        assert found.headers.get("Location") == client.get(above, params={"linkType": kind}).headers.get(
            "Location"
        )


@on_every_key
def test_16_qs_passed_on(client: TestClient, path: str) -> None:
    assert location(client.get(f"{path}?foo=bar&a=%2F")).endswith("?foo=bar&a=%2F")
    found = client.get(f"{path}?foo=bar&linkType=gs1:certificationInfo&context=LK")
    if path != UNIT_PATH:
        assert location(found) == "https://brand.example/paper-lk?foo=bar"


@on_every_key
def test_17_lt_linkset_no_redirect_18_all_19_accept_header(client: TestClient, path: str) -> None:
    asked = [
        client.get(f"{path}?linkType=linkset"),
        client.get(f"{path}?linkType=all"),
        client.get(path, headers={"Accept": "application/linkset+json"}),
    ]
    for answer in asked:
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "application/linkset+json"  # 22 declaredContentType
        assert 'rel="http://www.w3.org/ns/json-ld#context"' in answer.headers["Link"]  # 21
        assert 'type="application/ld+json"' in answer.headers["Link"]
    assert len({answer.content for answer in asked}) == 1


@on_every_key
def test_20_valid_linkset(client: TestClient, shared: Path, path: str) -> None:
    for name in ("gs1-linkset-schema.json", "linkset-schema.json"):
        schema: Any = json.loads((shared / "gs1/gs1_linkset" / name).read_text("utf-8"))
        told: Any = {"linkset": linkset_of(client, path)}
        if name == "linkset-schema.json":  # RFC 9264 alone knows none of what GS1 adds
            for anchor in told["linkset"]:
                del anchor["itemDescription"]
                for _, one in links_in(anchor):
                    for member in ("context", "fwqs"):
                        one.pop(member, None)
        jsonschema_rs.Draft7Validator(schema).validate(told)


@on_every_key
def test_23_default_link_exists_24_single_default_link(client: TestClient, path: str) -> None:
    anchors = linkset_of(client, path)
    assert anchors[0]["anchor"] == URL + path or path == ITEM_PATH
    for anchor in anchors:
        (default,) = anchor[f"{VOC}defaultLink"]
        assert set(default) == {"href", "title"}
        descriptive = [kind for kind, one in links_in(anchor) if one["href"] == default["href"]]
        assert len(descriptive) > 1


def test_25_single_multi_link(client: TestClient) -> None:
    (anchor,) = linkset_of(client, PRODUCT_PATH)
    assert len(anchor[f"{VOC}defaultLinkMulti"]) == 2


@on_every_key
def test_26_link_types_defined(client: TestClient, shared: Path, path: str) -> None:
    words = json.loads((shared / "gs1/gs1_linktypes_webvoc_1.16.json").read_text("utf-8"))
    defined = {word["id"].replace("gs1:", VOC, 1) for word in words}
    for anchor in linkset_of(client, path):
        assert {kind for kind, _ in links_in(anchor)} <= defined


@on_every_key
def test_27_default_target(client: TestClient, path: str) -> None:
    default = linkset_of(client, path)[0][f"{VOC}defaultLink"][0]["href"]
    assert location(client.get(path)) == default
    page = client.get(default, headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert page.headers["Content-Type"].startswith("text/html")


@on_every_key
def test_28_lo_for_every_link_29_multiple_choices(client: TestClient, path: str) -> None:
    seen = set[str]()
    for anchor in linkset_of(client, path):
        asked_at = anchor["anchor"].removeprefix(URL)
        told = [(kind, one) for kind, one in links_in(anchor) if "efaultLink" not in kind]
        for kind, one in told:
            if kind in seen:
                continue  # a finer level has it: that one answers
            headers = {
                "Accept": one.get("type", "*/*"),
                "Accept-Language": ",".join(one.get("hreflang", ["*"])),
            }
            query = {"linkType": kind.replace(VOC, "gs1:"), "context": one.get("context", [])}
            answer = client.get(asked_at, params=query, headers=headers)
            alike = [
                other["href"]
                for name, other in told
                if name == kind and _attributes(other) == _attributes(one)
            ]
            if len(alike) > 1:
                assert answer.status_code == 300
                assert [other["href"] for other in answer.json()["linkset"][0][kind]] == alike
            else:
                assert location(answer) == one["href"]
        seen.update(kind for kind, _ in told if asked_at == path)


def _attributes(one: Mapping[str, Any]) -> tuple[object, ...]:
    return one.get("hreflang"), one.get("type"), one.get("context")


@on_every_key
def test_30_specific_link_type_not_found(client: TestClient, path: str) -> None:
    for kind in ("gs1:nosuchlt", "gs1:tutorial", "anchor", "x y", "https://REF.gs1.org/voc/pip"):
        answer = client.get(path, params={"linkType": kind})
        assert (answer.status_code, answer.json()["where"]) == (404, "linkType")


# What the standard says and the suite does not ask


@on_every_key
def test_compressed_links_answer_as_their_plain_link_and_tell_it(client: TestClient, path: str) -> None:
    for key_in_clear in (False, True):
        short = compressed(f"https://id.gs1.org{path}", key_in_clear=key_in_clear).removeprefix(
            "https://id.gs1.org"
        )
        answer = client.get(short)
        assert location(answer) == location(client.get(path))
        assert (f'<{URL}{path}>; rel="owl:sameAs"' in answer.headers["Link"]) == (short != path)
        assert client.get(f"{short}?linkType=linkset").json() == client.get(f"{path}?linkType=linkset").json()


def test_every_level_up_to_the_primary_key_is_in_the_linkset(client: TestClient) -> None:
    anchors = [anchor["anchor"] for anchor in linkset_of(client, f"{LOT_PATH}/21/{ITEM}")]
    assert anchors == [f"{URL}{LOT_PATH}/21/{ITEM}", f"{URL}{LOT_PATH}", f"{URL}{PRODUCT_PATH}"]


@pytest.mark.parametrize(("language", "end"), [("zh-CN,zh;q=0.9", "choice-zh"), ("en-GB", "choice-en")])
def test_a_choice_of_defaults_answers_in_the_language_asked_for(
    client: TestClient, language: str, end: str
) -> None:
    for accept in ("*/*", "text/html"):
        answer = client.get(PRODUCT_PATH, headers={"Accept-Language": language, "Accept": accept})
        assert location(answer) == f"https://brand.example/{end}"


def test_a_browser_gets_our_page_at_once(client: TestClient) -> None:
    headers = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "zh-CN"}
    answer = client.get(ITEM_PATH, headers=headers)
    assert answer.status_code == 200
    assert "有登记记录" in answer.text
    assert answer.headers["Vary"] == "Accept, Accept-Language, Accept-Encoding"


def test_people_choose_between_links_that_are_alike(client: TestClient) -> None:
    headers = {"Accept": "text/html", "Accept-Language": "en"}
    answer = client.get(f"{PRODUCT_PATH}?linkType=gs1:recipeInfo&from=box", headers=headers)
    assert answer.status_code == 300
    assert re.findall(r'href="(https://brand[^"]+)"', answer.text) == [
        "https://brand.example/recipes-1?from=box",
        "https://brand.example/recipes-2?from=box",
    ]


def test_a_link_may_keep_its_own_query(client: TestClient) -> None:
    answer = client.get(f"{PRODUCT_PATH}?linkType=gs1:instructions&foo=bar")
    assert location(answer) == "https://brand.example/fixed?x=1#top"


@pytest.mark.parametrize(
    "public_url", ["https://new.example", "https://Trace.example:443", "http://127.0.0.1:8000"]
)
def test_our_pages_are_at_our_address_whatever_the_namespace(house: House, public_url: str) -> None:
    resolving = Resolving(house, public_url)
    own = own_identifier("https://trace.example", "product", "P00001A", lot="L/1")
    assert resolving.page_of(own) == f"{public_url}/p/own/product/P00001A/lot/L%2F1"
    assert resolving.page_of(identify(f"https://id.gs1.org{LOT_PATH}")) == f"{public_url}/p{LOT_PATH}"


def test_a_choice_tells_of_the_level_that_it_is_of(client: TestClient) -> None:
    (told,) = client.get(f"{ITEM_PATH}?linkType=gs1:recipeInfo").json()["linkset"]
    assert told["anchor"] == f"{URL}{PRODUCT_PATH}"


def test_no_path_ends_the_address_in_a_header(client: TestClient) -> None:
    path = '/01/x>;rel="x",<https://evil.example/y'
    assert client.options(path).headers["Link"].count(">") == 1
    assert client.get(path).headers["Link"].count(">") == 2
    assert client.options("/.well-known/gs1resolver").headers["Access-Control-Allow-Origin"] == "*"
