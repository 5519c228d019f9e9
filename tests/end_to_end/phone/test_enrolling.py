"""A phone is let in by a code, and shut out again."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Route, expect
from tests.end_to_end.phone.hand import (
    enrolled,
    eventually,
    item,
    scan,
)
from tests.integration.live_server import BOSS, Live

pytestmark = pytest.mark.chromium


def test_a_lost_answer_does_not_keep_a_phone_out(live: Live, context: BrowserContext) -> None:
    page = context.new_page()
    lost = True

    def lose(route: Route) -> None:
        if lost and route.request.method == "POST":
            route.fetch()  # the server let the phone in, the phone never heard of it
            route.abort()
        else:
            route.continue_()

    context.route(re.compile("/enrol$"), lose)
    page.goto(live.code("phone", "ghost").replace("/enrol#", "/enrol?lang=en#"))
    page.get_by_role("button", name="Enrol").click()
    expect(page.locator("#fault")).to_be_visible()
    lost = False
    page.locator("#code").fill(live.code("phone", "second try").partition("#")[2])
    page.get_by_role("button", name="Enrol").click()
    page.get_by_role("button", name="Receive").wait_for()
    expect(page.locator("#who")).to_contain_text("second try")


def test_codes_that_do_not_let_in_are_told_in_the_language_of_the_reader(
    live: Live, context: BrowserContext
) -> None:
    page = context.new_page()
    for code, english, chinese in [
        ("nonsense", "mistyped", "有误"),
        ("0" * 24, "no such code", "没有这个登记码"),
        (live.code("station"), "for a station", "站点"),
    ]:
        for language, sentence in (("en", english), ("zh-CN", chinese)):
            page.goto(f"{live.url}/enrol?lang={language}")
            page.locator("#code").fill(code)
            page.locator("#enrol button").click()
            expect(page.locator("#fault")).to_contain_text(sentence)


def test_a_revoked_phone_is_refused_and_says_so(live: Live, context: BrowserContext) -> None:
    page = enrolled(live, context, "lost phone")
    [found] = [device for device in live.desk.devices(BOSS) if device.name == "lost phone"]
    live.desk.revoke(BOSS, found.id)
    page.get_by_role("button", name="Sell").click()
    scan(page, item(11))
    expect(page.get_by_role("heading", name="This phone may not go on")).to_be_visible()
    expect(page.locator("#stopped-why")).to_contain_text("revoked")
    page.reload()
    expect(page.locator("#stopped-why")).to_contain_text("revoked")


def test_a_phone_that_is_enrolled_anew_tells_which_list_it_has(live: Live, context: BrowserContext) -> None:
    for name in ("shelf before", "shelf after"):
        page = enrolled(live, context, name)
        assert eventually(lambda name=name: name not in {one.name for one in live.desk.unreached(1)})
        page.close()


def test_without_script_the_page_leads_to_the_form(live: Live, browser: Browser) -> None:
    without = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    page = without.new_page()
    page.goto(f"{live.url}/enrol?lang=en")
    assert "Enrolling needs scripts" in page.locator("main").inner_text()
    page.goto(f"{live.url}/phone?lang=en")
    page.get_by_role("link", name="Type what was done").click()
    expect(page.locator("#password")).to_be_visible()
    without.close()
