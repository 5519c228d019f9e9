"""The page of a code's links in Chromium: a producer adds one, mends what is wrong, tries it and ends it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page
from tests.end_to_end.axe import objections
from tests.integration.live_server import PASSWORD, Live, live_server

from suyuan.trace.register.book import enter_all, giving
from suyuan.trace.register.sheets import read_sheet
from suyuan.trace.store.accounts import AccountRole
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.sight import Viewer

pytestmark = pytest.mark.chromium
GTIN = "06901234567892"
PAGE = "https://brand.example/recipes"
ADMIN = Viewer("root", "administrator", "")


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A server with one producer and one product."""
    with live_server(tmp_path_factory.mktemp("links")) as served:
        now = datetime.now(UTC)
        with Writing(served.house.engine) as writing:

            def entered(kind: Any, **values: str) -> str:
                entry, found = read_sheet(kind, values)
                assert entry is not None, found
                give = giving(served.url)
                return enter_all(writing, [entry], by=ADMIN, now=now, give=give, confirmed=True)[0].key

            party = entered("party", roles="producer", name_zh="酱园", name_en="Sauces", district="330106")
            entered("product", identifier=GTIN, name_zh="酱油", name_en="Soy sauce", producer=party)
        served.sign_up("maker", AccountRole.COMPANY, party)
        served.sign_up("officer", AccountRole.REGULATOR, "")
        yield served


def opened(browser: Browser, live: Live, who: str, width: int = 360) -> Page:
    context = browser.new_context(base_url=live.url, viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto("/sign-in?next=/console/links")
    page.fill("input[name=name]", who)
    page.fill("input[name=password]", PASSWORD)
    page.click("main button")
    page.wait_for_url("**/console/links*")
    return page


def check(page: Page) -> None:
    """Accessible, and no wider than the screen."""
    assert objections(page) == []
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0


@pytest.mark.parametrize(("language", "scheme"), [("zh-CN", "light"), ("en", "dark")])
def test_a_producer_gives_a_product_a_link_and_takes_it_back(
    browser: Browser, live: Live, language: str, scheme: Any
) -> None:
    page = opened(browser, live, "maker")
    page.emulate_media(color_scheme=scheme)
    page.goto(f"/console/links?lang={language}")
    check(page)
    page.fill("#code", f"(01){GTIN}")
    page.locator("main form button").first.click()
    check(page)
    assert ("酱油" if language == "zh-CN" else "Soy sauce") in page.locator("h1").inner_text()
    page.fill("#href", "https://brand.example@evil.example/")
    page.fill("#title", "Recipes")
    page.select_option("#linkType", "gs1:recipeInfo")
    page.fill("#hreflang", "en、zh-cn")
    page.locator("input[name=role][value=default]").check()
    page.locator("#form button").click()
    page.locator("#href-fault").wait_for()  # beside the field, and nothing is lost
    assert (page.input_value("#title"), page.input_value("#hreflang")) == ("Recipes", "en、zh-cn")
    check(page)
    page.fill("#href", PAGE)
    page.locator("#form button").click()
    page.locator("p.done").wait_for()
    check(page)
    assert "en, zh-CN" in page.locator("table.ledger").inner_text()
    led = httpx.get(f"{live.url}/01/{GTIN}", headers={"Accept": "*/*"})
    assert led.headers["Location"] == PAGE
    assert PAGE in page.locator("#ask [role=status]").inner_text()  # what the page says is what is done
    page.select_option("#ask-linkType", "gs1:menuInfo")
    page.locator("#ask button").click()
    page.wait_for_url("**ask-linkType=gs1*")
    assert "404" in page.locator("#ask [role=status]").inner_text()
    page.locator("table.ledger button[name=edit]").click()
    page.wait_for_url("**edit=*")
    assert page.input_value("#href") == PAGE
    page.fill("#title", "More recipes")
    page.locator("#form button").first.click()
    page.locator("p.done").wait_for()
    assert page.locator("table.ledger tbody tr").count() == 1
    page.locator("table.ledger button[name=act]").click()
    page.locator("div.empty").wait_for()
    page.locator("details summary").last.click()
    assert "More recipes" in page.locator("details ol.log").inner_text()
    check(page)
    page.context.close()


@pytest.mark.parametrize(("language", "scheme", "width"), [("zh-CN", "light", 320), ("en", "dark", 1280)])
def test_a_producer_gives_links_by_a_table_without_any_script(
    browser: Browser, live: Live, language: str, scheme: Any, width: int
) -> None:
    context = browser.new_context(
        base_url=live.url, viewport={"width": width, "height": 800}, java_script_enabled=False
    )
    page = context.new_page()
    page.emulate_media(color_scheme=scheme)
    page.goto("/sign-in?next=/console/links")
    page.fill("input[name=name]", "maker")
    page.fill("input[name=password]", PASSWORD)
    page.click("main button")
    page.wait_for_url("**/console/links*")

    def hand_in(table: str) -> None:
        page.goto(f"/console/links/table?lang={language}")
        content = table.encode("gb18030")
        page.set_input_files("#file", {"name": "链接.csv", "mimeType": "text/csv", "buffer": content})
        page.click("main form button")

    hand_in(
        f"编码,类型,网址,名称\n{GTIN},gs1:pip,javascript:x,页面\n{GTIN[:-1]}0,gs1:pip,https://a.example,页面\n"
    )
    page.locator("table.faults tbody tr").nth(1).wait_for()
    assert page.locator("table.faults tbody tr").count() == 2
    check_without_script(page, scheme)
    hand_in(f"编码,类型,网址,名称,默认\n{GTIN},产品信息,{PAGE},食谱,是\n")
    page.locator("ul.tallies li.good").wait_for()
    check_without_script(page, scheme)
    page.get_by_role("button", name="登记 1 条链接" if language == "zh-CN" else "Record 1 link").click()
    page.locator("p.done").wait_for()
    check_without_script(page, scheme)
    led = httpx.get(f"{live.url}/01/{GTIN}", headers={"Accept": "*/*"})
    assert led.headers["Location"] == PAGE
    hand_in(f"code,linkType,href,title\n{GTIN},,,\n")  # as it was before
    page.locator("ul.tallies li.soso").wait_for()
    page.click("main form button")
    page.locator("p.done").wait_for()
    context.close()


def check_without_script(page: Page, scheme: Any) -> None:
    """Accessible, and no wider than the screen: the page as it stands, where scripts may look at it."""
    assert page.context.browser is not None
    beside = page.context.browser.new_context(viewport=page.viewport_size, color_scheme=scheme)
    beside.add_cookies(page.context.cookies())  # type: ignore[arg-type] (they are what it gave)
    shown = beside.new_page()
    shown.goto(page.url)
    check(shown)
    beside.close()


def test_officers_see_links_and_change_none(browser: Browser, live: Live) -> None:
    page = opened(browser, live, "officer", 1280)
    page.goto(f"/console/links?lang=en&code={GTIN}")
    assert page.locator("#form").count() == 0
    check(page)
    refused = page.request.post(
        "/console/links?lang=en",
        form={"code": GTIN, "number": "0", "act": "keep", "href": PAGE, "title": "x", "linkType": "gs1:pip"},
        headers={"Origin": live.url},
    )
    assert refused.status in (403, 404)  # whether he sees the entry or not
    page.context.close()


@pytest.mark.parametrize("typed", ["xyz", "(01)06901234567893", "javascript:alert(1)", "(01)"])
def test_what_is_no_code_is_told_beside_the_field(browser: Browser, live: Live, typed: str) -> None:
    page = opened(browser, live, "maker")
    answer = page.goto(f"/console/links?lang=en&code={typed}")
    assert answer is not None
    assert answer.status == 400
    assert page.input_value("#code") == typed
    check(page)
    page.context.close()
