"""The map on a real platform: a setting, seen by the tile server only when somebody opens it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from tests.integration import market
from tests.integration.market import Market

from suyuan.api.house import CapturedBy
from suyuan.api.scan_limits import ScanLimits
from suyuan.portal.policy import policy
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.scans import scans_of

ORIGIN = "https://maps.example.cn"
SETTINGS = {
    "SUYUAN_MAP_TILES": ORIGIN + "/{z}/{x}/{y}.png",
    "SUYUAN_MAP_ATTRIBUTION": "© 示例地图，审图号：GS（2026）0000号",
    "SUYUAN_MAP_DATUM": "gcj02",
}
BROWSER = {"accept": "text/html", "accept-language": "zh-CN"}
ITEM = market.ITEM_KEYS[0].removeprefix("https://id.gs1.org")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    with market.open_market(tmp_path_factory.mktemp("market"), **SETTINGS) as made:
        yield made


def test_pages_made_ahead_lead_to_the_map_as_the_routes_do(here: Market) -> None:
    for query in ("", "?lang=en", "?large=1"):
        slow = here.client.get(f"/p{ITEM}{query}", headers={**BROWSER, "cookie": "other=1"})
        fast = here.client.get(f"/p{ITEM}{query}", headers=BROWSER)
        assert "etag" in fast.headers
        assert "etag" not in slow.headers
        assert fast.content == slow.content
        assert f'href="/map{ITEM}' in fast.text
        assert fast.headers["content-security-policy"] == slow.headers["content-security-policy"] == policy()


def test_the_map_is_no_scan_and_asks_one_server(here: Market) -> None:
    here.client.get(f"/p{ITEM}", headers=BROWSER)
    here.house.scanning.log.write()
    before = _scans(here)
    page = here.client.get(f"/map{ITEM}", headers=BROWSER)
    here.house.scanning.log.write()
    assert _scans(here) == before
    assert page.status_code == 200
    assert page.headers["content-security-policy"] == policy(ORIGIN)
    assert page.text.count("<img ") == page.text.count(f'<img src="{ORIGIN}/') <= 6


def _scans(here: Market) -> int:
    with Reading(here.house.engine) as reading:
        return len(scans_of(reading, market.ITEM_KEYS[0]))


def test_nobody_else_may_show_pictures_of_that_server(here: Market) -> None:
    for path in ("/", f"/p{ITEM}", ITEM, "/privacy", "/report", "/scan", "/map/01/09506000134352/21/none"):
        assert here.client.get(path, headers=BROWSER).headers["content-security-policy"] == policy()


def test_the_page_on_privacy_tells_of_it(here: Market, tmp_path: Path) -> None:
    assert "maps.example.cn" in here.client.get("/privacy", headers=BROWSER).text
    with market.open_market(tmp_path) as without:
        page = without.client.get("/privacy", headers=BROWSER).text
        assert "地图" not in page
        assert "也不向任何第三方请求内容" in page
        assert without.client.get(f"/map{ITEM}", headers=BROWSER).status_code == 404
        assert "/map/" not in without.client.get(f"/p{ITEM}", headers=BROWSER).text


def test_what_an_owner_tells_of_a_place_is_on_the_next_map(here: Market) -> None:
    before = here.client.get(f"/map{ITEM}", headers=BROWSER).text
    told = {"id": market.PLANT.place, "attributes": [
        {"id": "cbvmda:latitude", "attribute": "43.8"}, {"id": "cbvmda:longitude", "attribute": "87.6"},
    ]}  # fmt: skip
    listed = [{"type": "urn:epcglobal:epcis:vtype:BusinessLocation", "vocabularyElementList": [told]}]
    document: dict[str, Any] = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-20T08:00:00Z",
        "epcisHeader": {"epcisMasterData": {"vocabularyList": listed}},
        "epcisBody": {"eventList": []},
    }
    by = CapturedBy(market.PLANT.party)
    job = here.house.capture(orjson.dumps(document), "application/json", by=by, behaviour="rollback")
    assert job.success, job.errors
    after = here.client.get(f"/map{ITEM}", headers=BROWSER).text
    assert _pictures(after) != _pictures(before)
    assert f"/map{ITEM}" in here.client.get(f"/p{ITEM}", headers=BROWSER).text


def _pictures(page: str) -> list[str]:
    return re.findall(r'<img src="([^"]+)"', page)


def test_maps_of_guessed_codes_are_limited_like_their_pages(
    here: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    missed: list[int] = []

    def note(_limits: ScanLimits, _address: str, number: int = 1) -> None:
        missed.append(number)

    monkeypatch.setattr(ScanLimits, "missed", note)
    product = market.PLANT.product.removeprefix("https://id.gs1.org")
    assert here.client.get(f"/map{product}", headers=BROWSER).status_code == 404  # known, without a way
    assert missed == []
    assert here.client.get(f"/map{product}/21/NOBODYS", headers=BROWSER).status_code == 404
    assert missed == [1]
