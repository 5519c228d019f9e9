"""A visitor's own allergens: warned of on the next page, kept on this device, sent to nobody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Request, expect
from tests.end_to_end.axe import objections
from tests.end_to_end.fake_pages import serving
from tests.unit.portal.fake_house import passport_link

from suyuan.trace.recall.passport import VerdictState

pytestmark = pytest.mark.chromium


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving() as address:
        yield address


def opened(page: Page, server: str, state: VerdictState) -> None:
    page.goto(f"{server}{passport_link(state)}?lang=en")


def test_what_was_ticked_is_warned_of_on_other_goods_and_leaves_the_device_never(
    server: str, browser: Browser
) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 640})
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request))  # noqa: PLW0108 (it wants a function of Python)
    opened(page, server, VerdictState.REGISTERED)
    warning = page.locator("#mine-warning")
    expect(warning).to_be_hidden()
    page.get_by_text("My allergens").click()
    page.get_by_label("Fish").check()
    expect(page.get_by_text("That does not mean that it is free of them")).to_be_visible()
    expect(warning).to_be_hidden()
    page.get_by_label("Eggs").check()
    page.get_by_label("Milk").check()
    expect(warning).to_be_visible()
    opened(page, server, VerdictState.SOLD)
    expect(warning).to_have_text("Contains or may contain what you are allergic to: Eggs, Milk")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert objections(page) == []
    page.get_by_text("My allergens").click()
    expect(page.get_by_label("Fish")).to_be_checked()
    page.get_by_label("Eggs").uncheck()
    expect(warning).to_have_text("Contains or may contain what you are allergic to: Milk")
    assert all(request.method == "GET" and request.url.startswith(server) for request in sent)
    assert not any(word in request.url for request in sent for word in ("eggs", "milk", "fish"))
    assert page.context.cookies() == []
    page.context.close()


def test_where_no_group_was_recognised_nothing_is_said_to_be_absent(server: str, browser: Browser) -> None:
    page = browser.new_page()
    opened(page, server, VerdictState.SOLD)
    page.evaluate("document.getElementById('mine').dataset.groups = ''")
    page.get_by_text("My allergens").click()
    page.get_by_label("Milk").check()
    expect(page.get_by_text("No group of allergens was recognised in what is registered")).to_be_visible()
    expect(page.locator("[data-mine=none]")).to_be_hidden()
    page.context.close()


@pytest.mark.parametrize("kept", ["{", '"eggs"', "[1, null]", '["eggs", "eggs", "<b>"]'])
def test_whatever_is_kept_there_breaks_nothing(server: str, browser: Browser, kept: str) -> None:
    page = browser.new_page()
    faults: list[object] = []
    page.on("pageerror", lambda fault: faults.append(fault))  # noqa: PLW0108 (as above)
    page.add_init_script(f"localStorage.setItem('suyuan.allergens', {kept!r})")
    opened(page, server, VerdictState.SOLD)
    expect(page.locator("#mine")).to_be_visible()
    expect(page.locator("#mine-warning")).to_be_visible(visible="<b>" in kept)
    assert faults == []
    page.context.close()


def test_without_a_script_nothing_is_offered_that_does_not_work(server: str, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    opened(page, server, VerdictState.SOLD)
    expect(page.locator("#mine")).to_be_hidden()
    expect(page.get_by_text("Contains egg, milk, wheat")).to_be_visible()
    context.close()
