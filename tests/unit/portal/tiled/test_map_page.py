"""The page of a map over the fake house, and what leads to it: only where the operator named tiles."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from html import unescape

import httpx
import pytest
from tests.unit.portal.fake_house import HOSTILE, FakeHouse, application, passport_link

from suyuan.portal.language import LANGUAGES, Language, Speech
from suyuan.portal.policy import policy
from suyuan.portal.tiled.source import TileSource
from suyuan.trace.recall.passport import Text, VerdictState

TILES = TileSource("https://maps.example.cn/{z}/{x}/{y}.png", "© 示例地图，审图号：GS（2026）0000号")
GOODS = passport_link(VerdictState.REGISTERED)
PICTURE = re.compile(r'<img src="(https://maps\.example\.cn/[^"]+)"([^>]*)>')
MSGID = re.compile(r">\s*[a-z-]+(?:\.[a-z0-9_-]+)+\s*<")


@pytest.fixture
def mapped() -> FakeHouse:
    return FakeHouse(TILES)


@pytest.fixture
async def there(mapped: FakeHouse) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=application(mapped))
    async with httpx.AsyncClient(transport=transport, base_url="https://trace.example.cn") as client:
        yield client


async def test_without_tiles_no_page_knows_of_a_map(client: httpx.AsyncClient) -> None:
    for state in VerdictState:
        page = await client.get(passport_link(state))
        assert "map" not in page.text
        assert page.headers["content-security-policy"] == policy()
    assert (await client.get(f"/map{GOODS}")).status_code == 404


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_page_of_goods_leads_to_the_map_and_has_none(
    there: httpx.AsyncClient, language: Language
) -> None:
    page = await there.get(GOODS, params={"lang": language})
    text = unescape(page.text)
    assert f'<a href="/map{GOODS}?lang={language}">{Speech(language).say("map.link")}</a>' in text
    assert Speech(language).say("map.link-why", host="maps.example.cn") in text
    assert not PICTURE.search(text)
    assert page.headers["content-security-policy"] == policy()


async def test_who_tells_no_place_leads_to_no_map(there: httpx.AsyncClient, mapped: FakeHouse) -> None:
    bare = mapped.passports[GOODS]
    steps = tuple(replace(step, near="330000") for step in bare.journey)  # no more than the province
    mapped.passports[GOODS] = replace(bare, journey=steps, origins=())
    assert "/map/" not in (await there.get(GOODS)).text
    missing = await there.get(f"/map{GOODS}", params={"lang": "en"})
    assert missing.status_code == 404
    assert "No location is on record for any of these places" in missing.text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_map_is_a_few_pictures_with_pins_and_a_list(
    there: httpx.AsyncClient, language: Language
) -> None:
    page = await there.get(f"/map{GOODS}", params={"lang": language})
    assert page.status_code == 200
    assert page.headers["content-security-policy"] == policy("https://maps.example.cn")
    pictures = PICTURE.findall(page.text)
    assert 4 <= len(pictures) <= 6
    assert len({address for address, _ in pictures}) == len(pictures)
    assert all('alt=""' in told and 'referrerpolicy="no-referrer"' in told for _, told in pictures)
    text, speech = unescape(page.text), Speech(language)
    assert TILES.attribution in text
    assert page.text.count("<g class=") == page.text.count('<span class="number ') == 4
    for kind in ("spring", "stay", "end"):
        assert speech.say(f"map.kind.{kind}") in text
    assert speech.say("map.missing") in text  # of the flour it is not known
    assert speech.say("map.asked", host="maps.example.cn") in text
    assert f'<a href="/p{GOODS}?lang={language}">' in text
    assert "<script" not in text
    assert " style=" not in text
    assert not MSGID.search(text)
    assert page.text.count('rel="stylesheet"') == 2


async def test_the_sheet_of_the_map_is_served_and_no_other_page_loads_it(there: httpx.AsyncClient) -> None:
    page = (await there.get(f"/map{GOODS}")).text
    style, sheet = re.findall(r'<link rel="stylesheet" href="([^"]+)">', page)
    served = await there.get(sheet)
    assert (served.status_code, served.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert ".tiles" in served.text
    goods = (await there.get(GOODS)).text
    assert style in goods
    assert sheet not in goods


async def test_pictures_of_this_very_host_need_no_other_policy() -> None:
    own = replace(TILES, template="/tiles/{z}/{x}/{y}.png")
    transport = httpx.ASGITransport(app=application(FakeHouse(own)))
    async with httpx.AsyncClient(transport=transport, base_url="https://trace.example.cn") as client:
        page = await client.get(f"/map{GOODS}", params={"lang": "en"})
        goods = await client.get(GOODS, params={"lang": "en"})
    assert page.headers["content-security-policy"] == policy()
    assert '<img src="/tiles/' in page.text
    assert "learns your network address" not in page.text
    assert "is asked only if you open it" not in goods.text


async def test_hostile_names_stay_text(there: httpx.AsyncClient, mapped: FakeHouse) -> None:
    told = mapped.passports[GOODS]
    steps = tuple(replace(step, city=Text(HOSTILE, HOSTILE), party=Text(HOSTILE)) for step in told.journey)
    mapped.passports[GOODS] = replace(told, journey=steps)
    page = (await there.get(f"/map{GOODS}")).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


async def test_a_code_that_is_wrong_or_unknown_has_no_map(there: httpx.AsyncClient) -> None:
    assert (await there.get("/map/01/09506000134353/21/1")).status_code == 400
    assert (await there.get("/map/01/09506000134352/21/nobody")).status_code == 404
    assert (await there.get("/map/")).status_code in (400, 404)
