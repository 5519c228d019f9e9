"""The pages in Chromium, from the real server: accessible in every state, no wider than the screen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page
from tests.end_to_end.axe import DRAWN, objections
from tests.end_to_end.fake_pages import serving
from tests.unit.portal.fake_house import FARM_LOT, GTIN, ID, SALAD, passport_link

from suyuan.portal.rendering import event_path, object_path
from suyuan.trace.recall.passport import VerdictState

pytestmark = pytest.mark.chromium

PAGES = {
    **{state.value: passport_link(state) for state in VerdictState},
    "large type": f"{passport_link(VerdictState.REGISTERED)}?large=1",
    "large type, recalled": f"{passport_link(VerdictState.RECALLED)}?large=1",
    "front": "/",
    "code at fault": "/look-up?code=12345",
    "sign-in": "/sign-in",
    "recalls": "/recalls",
    "recalls sought": "/recalls?q=salad&day=2026-11-20&of=bought",
    "no recall": "/recalls?q=nothing",
    "recalls at fault": "/recalls?day=x",
    "notice": "/recalls/R2026-0007",
    "notice lifted": "/recalls/R2026-0002",
    "scan": "/scan",
    "scan elsewhere": f"/scan?code=https://evil.example/01/{GTIN}/21/{'A' * 200}",
    "scan unreadable": "/scan?code=WIFI:S:guest",
    "shop": "/shop",
    **{
        f"shop {state.value}": f"/shop?code={passport_link(state)}"
        for state in (VerdictState.RECALLED, VerdictState.VERIFIED, VerdictState.UNKNOWN)
    },
    "shop at fault": "/shop?code=123",
    "shop with a place": "/shop?place=330100",
    "shop with no such place": "/shop?place=<b>",
    "where a shop is": "/shop/place?place=330100",
    "fridge": "/fridge",
    "worklist": "/console",
    "search": "/console/search?q=a",
    "object": object_path(FARM_LOT),
    "hostile object": object_path("hostile"),
    "event": event_path("ev-1"),
    "question": "/console/trace?suspect=x&depth=deep",
    "forward": f"/console/trace?suspect={FARM_LOT}",
    "back": f"/console/trace?suspect={ID}/01/{GTIN}/21/S00001&direction=backward",
    "scope": f"/console/scope?suspect={FARM_LOT}",
    "draft": f"/console/draft?suspect={FARM_LOT}",
    "case": "/console/case/R2026-0009",
    "held case": "/console/case/R2026-0008",
    "closed case": "/console/case/R2026-0003",
    "letter": "/console/case/R2026-0008/letter/1",
    "dossier": f"/console/dossier/{SALAD}",
    "error": "/console/case/none",
}
DARK = set(list(VerdictState)[::2])
"""Half of the verdicts are looked at by night: the colours of a mode are the same for all."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server of the fake house."""
    with serving() as address:
        yield address


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """One window for every page: a new one costs more than what is looked at in it."""
    page = browser.new_page()
    yield page
    page.context.close()


@pytest.mark.parametrize("name", PAGES)
def test_page_is_accessible_and_fits(server: str, page: Page, name: str) -> None:
    refused: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if "Content Security" in message.text:
            refused.append(message.text)

    page.on("console", hear)
    page.set_viewport_size({"width": 320, "height": 640})
    page.emulate_media(color_scheme="light")
    path = PAGES[name]
    for language in ("en", "zh-CN"):
        page.goto(f"{server}{path}{'&' if '?' in path else '?'}lang={language}")
        assert page.evaluate("document.documentElement.lang") == language
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert objections(page) == []
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 1280, "height": 800})
    assert objections(page, DRAWN) == []
    assert refused == []
    page.remove_listener("console", hear)


@pytest.mark.parametrize("state", VerdictState)
def test_goods_with_every_part_open_are_accessible_in_large_type(
    server: str, page: Page, state: VerdictState
) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.emulate_media(color_scheme="dark" if state in DARK else "light")
    page.goto(f"{server}{passport_link(state)}?lang=zh-CN&large=1")
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert objections(page) == []


def test_keyboard_reaches_the_verdict_and_focus_is_seen(server: str, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(server + passport_link(VerdictState.RECALLED))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    box = page.locator(".skip").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "3px"
    page.close()


def test_a_recall_is_drafted_by_one_and_published_by_two_without_script(
    server: str, browser: Browser
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server}/console/scope?suspect={FARM_LOT}&lang=en")
    page.get_by_role("link", name="Draft a recall").click()
    page.get_by_role("button", name="Continue").click()
    assert page.get_by_role("alert").is_visible()
    page.get_by_label("Title (Chinese)").fill("生菜 LET-1112")
    page.get_by_label("Reason (Chinese)").fill("沙门氏菌")
    page.get_by_label("Microbial").check()
    page.get_by_label("Class 1").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Continue").click()
    assert page.get_by_role("alert").locator("a").count() == 2  # who makes it happen, and since when
    page.get_by_label("Ordered recall").check()
    page.get_by_label("When it became known").fill("2026-11-21T10:00")
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("What to do (Chinese)").fill("退货")
    page.get_by_label("Contact").fill("12315")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Save the draft").click()
    assert page.url.endswith("/console/case/R2026-0005?lang=en")
    form = page.locator('form[action*="/propose/publish"]')
    form.get_by_label("Reason").fill("Found in a sample")
    form.get_by_role("button").click()
    assert page.get_by_role("alert").is_visible()
    form.get_by_label("I have checked the scope and the texts").check()
    assert form.get_by_label("Reason").input_value() == "Found in a sample"
    form.get_by_role("button").click()
    assert page.get_by_text("you cannot confirm what you proposed").is_visible()
    colleague = browser.new_context(
        java_script_enabled=False, extra_http_headers={"X-Officer": "Wang Fang"}
    ).new_page()
    colleague.goto(f"{server}/console?lang=en")
    colleague.get_by_role("row", name="生菜 LET-1112").get_by_text("your confirmation").wait_for()
    colleague.goto(page.url)
    assert colleague.get_by_text("Found in a sample").first.is_visible()
    colleague.get_by_label("I have checked the scope and the texts").first.check()
    colleague.get_by_role("button", name="Confirm: publish the recall").click()
    assert colleague.locator(".case-published").is_visible()
    colleague.context.close()
    context.close()


@pytest.mark.parametrize("name", ["dossier", "letter"])
def test_on_paper_there_is_nothing_to_press(browser: Browser, server: str, name: str) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.emulate_media(media="print")
        page.goto(f"{server}{PAGES[name]}")
        assert page.locator("h1").is_visible()
        assert page.locator(".masthead .brand").is_visible()
        for control in ("input", "button", ".masthead nav", ".who", ".foot"):
            shown = [one for one in page.locator(control).all() if one.is_visible()]
            assert not shown, control
