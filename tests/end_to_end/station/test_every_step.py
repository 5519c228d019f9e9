"""Every step on the smallest and the largest screen; who is at work; a sweep; a scanner beside a choice."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests.end_to_end.axe import objections
from tests.end_to_end.station.hall import Hall, counts, in_state, serials, until_true

from suyuan.readers.station.order import Step
from suyuan.readers.station.staff import pin_hash

pytestmark = pytest.mark.chromium
SMALL, LARGE = {"width": 360, "height": 640}, {"width": 1920, "height": 1080}
LEAST_PX = 64
STAFF = f"""
[[staff]]
id = "u1"
name = "王秀英"
roles = ["operator"]
pin_hash = "{pin_hash("2604", bytes(16))}"
begins = 00:00:00
ends = 23:59:59
"""


def whole(page: Page) -> None:
    """Nothing lies outside of the screen."""
    beyond = page.evaluate(
        "[document.documentElement.scrollHeight - innerHeight,"
        " document.documentElement.scrollWidth - innerWidth]"
    )
    assert max(beyond) <= 0, beyond


def fits(page: Page) -> None:
    """Nothing lies outside of the screen, and the button is large and on top."""
    whole(page)
    box = page.locator("#go").bounding_box()
    assert box is not None
    assert box["height"] >= LEAST_PX
    page.locator("#go").click(trial=True)


def test_every_step_fits_and_is_accessible(hall: Hall) -> None:
    small = hall.context("zh-CN", SMALL).new_page()
    large = hall.context("en-GB", LARGE, color_scheme="dark").new_page()
    for number, step in enumerate(Step):
        for page in (small, large):
            page.goto(f"{hall.agent.url}?point=dock&step={step}")
            expect(page.locator("#step")).to_have_value(step)
            fits(page)
        if number % 2:
            assert objections(large) == [], step
        small.locator("#fields > summary").click()
        small.locator("#fieldset > .more summary").click()
        assert small.evaluate("document.documentElement.scrollWidth <= innerWidth"), step
        if not number % 2:
            assert objections(small) == [], step


def test_steps_are_in_groups_and_the_keyboard_reaches_them(hall: Hall) -> None:
    page = hall.open("en-GB")
    groups = page.locator("#step optgroup")
    assert [g.get_attribute("label") for g in groups.all()][:2] == ["Production", "Quality and cold chain"]
    assert page.locator("#step option").count() == len(Step)
    page.keyboard.press("s")
    expect(page.locator("#step")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.wait_for_url("**step=import**")
    expect(page.locator("#step")).to_be_focused()  # so that the next press goes on from here
    page.keyboard.type("https://id.gs1.org/01/06901234567892/21/7\n", delay=5)
    expect(page.locator("#toast")).to_be_visible()
    expect(page.locator("#step")).to_have_value("import")  # and not Hold, which begins with the first letter
    in_state(page, "ready")


@pytest.mark.parametrize("hall", [STAFF], indirect=True)
def test_a_sweep_of_the_store_by_who_is_at_work(hall: Hall) -> None:
    small = hall.context("zh-CN", SMALL, color_scheme="dark").new_page()
    page = hall.open("en-GB", LARGE)
    for one in (small, page):
        one.goto(f"{hall.agent.url}?point=dock&step=store")
        fits(one)
    expect(page.locator("#footer")).to_contain_text("nobody signed in")
    small.locator("#go").click()
    in_state(small, "attention")
    assert objections(small) == []
    expect(small.locator("#messages")).to_contain_text("没有人登录")
    small.goto(f"{hall.agent.url}duty")
    whole(small)
    assert objections(small) == []
    small.locator("#pin-duty\\.sign-in").fill("2604")
    small.get_by_role("button", name="登录").click()
    expect(page.locator("#footer")).to_contain_text("王秀英 · shift 00:00–23:59")
    small.goto(f"{hall.agent.url}duty")
    for summary in ("换人登录", "复核下一步"):
        small.locator("summary", has_text=summary).click()
        whole(small)
        assert objections(small) == []
    small.locator("#pin-duty\\.confirm").fill("2604")
    small.get_by_role("button", name="复核下一步").click()
    expect(small.locator("[role=alert]")).to_be_visible()  # nobody confirms an own step
    expect(small.locator("#pin-duty\\.confirm")).to_be_visible()
    whole(small)
    _pass(hall, page, "store", *serials(1, 4))
    page.goto(f"{hall.agent.url}?point=dock&step=count")
    page.locator("[name=whole_store]").check()
    page.locator("[name=hold]").check()
    page.locator("#go").click()
    counts(page, "4", "0", "4", "0")
    hall.portal.show(*serials(2, 2), *serials(90, 1))
    small.goto(f"{hall.agent.url}?point=dock")
    for one in (small, page):
        counts(one, "4", "3", "2", "1")
        expect(one.locator("#absent li")).to_have_count(2)
        fits(one)
        assert objections(one) == []
    page.locator("#go").click()
    in_state(page, "attention")
    until_true(lambda: len(hall.agent.stored()) == 2)
    expect(page.locator("#absent")).to_contain_text("Missing 2")
    page.locator(".conditions summary").click()
    expect(page.locator("#conditions")).to_contain_text("Go on working: records are kept here")
    assert objections(page) == []
    page.keyboard.press("Escape")
    expect(page.locator("#conditions")).to_be_hidden()
    in_state(page, "attention")


def _pass(hall: Hall, page: Page, step: str, *epcs: str) -> None:
    page.goto(f"{hall.agent.url}?point=dock&step={step}")
    page.locator("#go").click()
    in_state(page, "reading")
    hall.portal.show(*epcs)
    in_state(page, "done")
