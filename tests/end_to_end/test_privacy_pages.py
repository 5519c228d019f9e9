"""What is kept of a visitor, and the page on which one may say where one is: in Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic, sleep

import pytest
from playwright.sync_api import Browser, Page
from tests.end_to_end.axe import objections
from tests.end_to_end.phone.hand import capture, world
from tests.integration.live_server import Live, live_server

from suyuan.trace.store.engine import Reading
from suyuan.trace.store.scans import scans_of

pytestmark = pytest.mark.chromium

ITEM = "/01/09521234000013/21/1"
KEY = f"https://id.gs1.org{ITEM}"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with live_server(tmp_path_factory.mktemp("server")) as running:
        capture(running, *world())
        yield running


@pytest.fixture(
    params=[("zh-CN", "light", 320, "Firefox/150.0"), ("en-GB", "dark", 1280, "Chrome/148.0")],
    ids=["zh", "en"],
)
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    locale, scheme, width, program = request.param
    context = browser.new_context(
        locale=locale,
        color_scheme=scheme,
        user_agent=f"Mozilla/5.0 (X11; Linux x86_64) {program}",  # a headless one is a robot
        viewport={"width": width, "height": 800},
    )
    yield context.new_page()
    context.close()


def is_fit(page: Page) -> bool:
    """Whether nothing is wider than the window."""
    fits: bool = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    return fits


def test_the_footer_leads_to_what_is_kept(live: Live, page: Page) -> None:
    page.goto(live.url)
    page.click("footer a")
    assert page.url.startswith(f"{live.url}/privacy")
    assert objections(page) == []
    assert is_fit(page)
    assert page.context.cookies() == []


def test_a_visitor_tells_the_city_with_a_keyboard(live: Live, page: Page) -> None:
    page.goto(f"{live.url}/p{ITEM}")
    page.click(f'a[href^="/whereabouts?code={ITEM.replace("/", "%2F")}"]')
    assert objections(page) == []
    assert is_fit(page)
    before = len(places(live))
    page.select_option("#place", "330100")
    page.focus("main button")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=status]")
    assert objections(page) == []
    patience = monotonic() + 20
    while places(live)[before:] != ["330100"] and monotonic() < patience:  # until the server has written it
        sleep(0.1)
    assert places(live)[before:] == ["330100"]
    page.click("main p a")
    assert page.url.startswith(f"{live.url}/p{ITEM}")


def places(live: Live) -> list[str]:
    """The places that were told so far."""
    with Reading(live.house.engine) as reading:
        return [scan.place for scan in scans_of(reading, KEY) if scan.place]


def test_without_a_choice_the_form_says_what_is_missing(live: Live, page: Page) -> None:
    page.goto(f"{live.url}/whereabouts?code={ITEM}")
    page.eval_on_selector("form.look-up", "form => form.noValidate = true")
    page.click("main form.look-up button")
    page.wait_for_selector("[role=alert]")
    assert objections(page) == []
    assert page.get_attribute("#place", "aria-invalid") == "true"
