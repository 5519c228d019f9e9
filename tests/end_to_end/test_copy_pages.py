"""The pages of suspected codes in Chromium: an official reads the evidence, and answers for a code."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from playwright.sync_api import Browser, Page
from tests.end_to_end.axe import objections
from tests.integration.live_server import PASSWORD, Live, live_server

from suyuan.api.house import CapturedBy, House
from suyuan.trace.scan.look import Look
from suyuan.trace.store.accounts import AccountRole

pytestmark = pytest.mark.chromium
DAIRY = "https://id.gs1.org/417/9521234000013"
PLANT, SHOP = "https://id.gs1.org/414/9521234000006", "https://id.gs1.org/414/9521234000020"
CODES = tuple(f"https://id.gs1.org/01/09521234000013/21/A7Q{number}" for number in range(4))
FAR = ("650100", "230100", "440300", "510100", "610100", "210100")


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A server with goods of which all codes were copied."""
    with live_server(tmp_path_factory.mktemp("copies")) as served:
        served.sign_up("maker", AccountRole.COMPANY, DAIRY)
        served.sign_up("chief", AccountRole.ADMINISTRATOR, DAIRY)
        tell(served.house)
        yield served


def tell(house: House) -> None:
    """Made and delivered three weeks ago, then scanned all over the country, and judged."""
    made = datetime.now(UTC) - timedelta(days=20)
    city = [{"id": "https://ns.suyuan.example/cityZh", "attribute": "杭州市"}]
    vocabulary = {
        "type": "urn:epcglobal:epcis:vtype:BusinessLocation",
        "vocabularyElementList": [{"id": one, "attributes": city} for one in (PLANT, SHOP)],
    }
    steps = (("commissioning", "ADD", PLANT), ("shipping", "OBSERVE", PLANT), ("receiving", "OBSERVE", SHOP))
    events = [
        {
            "type": "ObjectEvent",
            "eventTime": (made + timedelta(days=day)).isoformat(),
            "eventTimeZoneOffset": "+08:00",
            "epcList": list(CODES),
            "action": action,
            "bizStep": step,
            "readPoint": {"id": place},
            "bizLocation": {"id": place},
        }
        for day, (step, action, place) in enumerate(steps)
    ]
    document = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": made.isoformat(),
        "epcisBody": {"eventList": events},
        "epcisHeader": {"epcisMasterData": {"vocabularyList": [vocabulary]}},
    }
    content = orjson.dumps(document)
    house.capture(content, "application/json", by=CapturedBy(DAIRY), behaviour="rollback")
    for key in CODES:
        for day, place in enumerate(FAR):
            look = Look(made + timedelta(days=6 + day), address=f"198.51.{day}.7", place=place)
            house.looked_at(house.passport(key), look)
    while house.scanning.log.write():
        pass
    house.judging.judge()


def opened(browser: Browser, live: Live, who: str, width: int = 360) -> Page:
    context = browser.new_context(base_url=live.url, viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto("/sign-in?next=/console/copies")
    page.fill("input[name=name]", who)
    page.fill("input[name=password]", PASSWORD)
    page.click("main button")
    page.wait_for_url("**/console/copies*")
    return page


def check(page: Page) -> None:
    """Accessible, and no wider than the screen."""
    assert objections(page) == []
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0


@pytest.mark.parametrize(
    ("language", "scheme", "width"), [("zh-CN", "light", 360), ("en", "dark", 360), ("en", "light", 1280)]
)
def test_an_official_reads_why_a_code_is_suspected(
    browser: Browser, live: Live, language: str, scheme: Any, width: int
) -> None:
    page = opened(browser, live, "chief", width)
    page.emulate_media(color_scheme=scheme)
    page.goto(f"/console/copies?lang={language}")
    assert page.locator("table.ledger tbody tr").count() >= len(CODES) - 1
    check(page)
    page.locator("table.ledger tbody a").first.click()
    page.wait_for_url("**/console/copies/code*")
    check(page)
    assert page.locator("ol.log li").count() >= len(FAR)
    page.goto(f"/console/copies?lang={language}&product=nonsense")
    assert page.locator("[aria-invalid=true]").count() == 1
    check(page)
    page.context.close()


def test_an_official_answers_for_a_code(browser: Browser, live: Live) -> None:
    page = opened(browser, live, "chief")
    page.goto(f"/console/copies/code?lang=en&key={CODES[3]}")
    page.fill("#reason", "   ")
    page.locator("form:has(#reason) button").click()
    page.locator("#reason-fault").wait_for()
    check(page)
    page.fill("#reason", "Shown at a fair")
    page.locator("form:has(#reason) button").click()
    page.locator("p.done").wait_for()
    assert "Shown at a fair" in page.locator("ol.log").last.inner_text()
    check(page)
    page.context.close()


def test_a_maker_reads_what_scans_come_to_and_answers_for_nothing(browser: Browser, live: Live) -> None:
    page = opened(browser, live, "maker")
    page.goto(f"/console/copies/code?lang=en&key={CODES[0]}")
    assert page.locator("#reason").count() == 0
    assert "authorities only" in page.locator("main").inner_text()
    check(page)
    page.context.close()
