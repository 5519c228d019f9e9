"""The page of tasks in a browser: on every screen, without script, by the keyboard, offline."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from tests.end_to_end.axe import objections
from tests.end_to_end.station.hall import Hall, expect_so_many, in_state, serials
from tests.unit.readers.station.fakes import item

pytestmark = pytest.mark.chromium
SIZES = ({"width": 360, "height": 640}, {"width": 1920, "height": 1080})


def test_what_is_recalled_is_found_and_the_rest_counted(hall: Hall) -> None:
    hall.platform.open()
    page = hall.open("en-GB")
    expect(page.locator("#footer")).to_contain_text(re.compile(r"block list \d"))
    expect_so_many(page, 3)
    page.locator("#go").click()
    in_state(page, "reading")
    hall.portal.show(*serials(1, 2), item(666))
    expect(page.locator("#undo-open")).to_be_visible()  # made all the same: what is a fact is recorded
    hall.platform.close()  # from here on the station is alone
    page.goto(f"{hall.agent.url}tasks?point=dock")
    for language in ("zh-CN", "en-GB"):
        for size in SIZES:
            other = hall.context(
                language, size, color_scheme="dark" if size is SIZES[0] else "light"
            ).new_page()
            other.goto(f"{hall.agent.url}tasks?point=dock&product=x&count=x")
            expect(other.locator("#e-count")).to_be_visible()
            assert other.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert objections(other) == []
            other.context.close()
    recall = page.get_by_role("article", name="Recall R2026-0007")
    expect(recall.locator("label")).to_have_text("0 of 1 found")
    recall.get_by_role("button", name="Sweep for recall R2026-0007").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#step")).to_have_value("hold")
    expect(page.locator("#f-case")).to_have_value("R2026-0007")
    page.locator("#go").click()
    in_state(page, "reading")
    hall.portal.show(item(666))
    expect(page.locator("#tags .tag")).to_have_count(1)
    page.locator("#go").click()
    expect(page.locator("#undo-open")).to_be_visible()
    plain = hall.context("zh-CN", SIZES[0], java_script_enabled=False).new_page()
    plain.goto(f"{hall.agent.url}tasks?point=dock")
    expect(plain.get_by_text("已找到 1 / 1")).to_be_visible()
    plain.locator("#count").fill("2")
    plain.get_by_role("button", name="列出").click()
    expect(plain.get_by_role("cell", name="2", exact=True)).to_be_visible()
    page.goto(plain.url)  # the same with scripts, which the check needs
    expect(page.get_by_role("cell", name="2", exact=True)).to_be_visible()
    assert objections(page) == []
    plain.get_by_role("button", name="按此单拣货").click()
    expect(plain.locator("#step")).to_have_value("pick")
    assert plain.locator("#f-expected").input_value().split() == [item(1), item(2)]
