"""Every state of the station's page in Chromium: with and without script, wide and narrow."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.end_to_end.axe import objections
from tests.end_to_end.station.hall import (
    NARROW,
    WIDE,
    Hall,
    counts,
    expect_so_many,
    in_state,
    serials,
    until_true,
)
from tests.unit.readers.station.fakes import GTIN, fill_disk, item

pytestmark = pytest.mark.chromium


def test_without_script_by_plain_forms(hall: Hall) -> None:
    page = hall.open("en-GB", java_script_enabled=False)
    page.locator("#fields > summary").click()
    page.get_by_label("Product (GTIN, own code or link)").first.fill("123")
    page.get_by_role("button", name="Start reading").click()
    expect(page.locator(".fault").last).to_contain_text("This is no GTIN")
    page.get_by_label("Product (GTIN, own code or link)").first.fill(GTIN)
    page.get_by_role("button", name="Start reading").click()
    expect(page.locator("#headline h1")).to_have_text("reading")
    hall.portal.show(*serials(1, 4))
    page.get_by_role("button", name="Close").click()
    until_true(lambda: len(hall.agent.stored()) == 1)
    page.reload()
    expect(page.locator("#headline h1")).to_have_text("done")
    counts(page, "–not set", "4", "–not set", "–not set")
    page.get_by_role("link", name="Undo the last step").click()
    page.get_by_label("It did happen").check()
    page.get_by_role("button", name="Declare it wrong").click()
    expect(page.locator("#messages")).to_contain_text("declared wrong")
    page.get_by_role("button", name="中文").click()
    expect(page.locator("#headline h1")).to_have_text("就绪")


Screens = dict[tuple[str, str], Page]
"""One station's page on four screens at once: both languages, wide and narrow, light and dark."""
JUDGED = {("zh-CN", "narrow"), ("en-GB", "wide")}
"""What axe looks at: each language, width and theme once."""


def test_the_field_for_codes_fits_every_screen(hall: Hall) -> None:
    screens: Screens = {}
    for language in ("zh-CN", "en-GB"):
        for name, size in (("wide", WIDE), ("narrow", NARROW)):
            page = screens[language, name] = hall.open(language, size)
            page.goto(f"{hall.agent.url}?point=till")
            expect(page.locator("#f-code")).to_be_visible()
    _look(screens, "code", state="ready")


def test_every_state_is_accessible_and_needs_no_scrolling(hall: Hall) -> None:
    screens: Screens = {}
    refused: list[str] = []
    for language in ("zh-CN", "en-GB"):
        for name, size in (("wide", WIDE), ("narrow", NARROW)):
            context = hall.context(language, size, color_scheme="dark" if language == "en-GB" else "light")
            page = screens[language, name] = context.new_page()
            page.on("console", lambda said: refused.append(said.text) if said.type == "error" else None)
            page.on("pageerror", lambda error: refused.append(str(error)))
            page.goto(hall.agent.url)
    _look(screens, "ready")
    acting = screens["en-GB", "narrow"]
    for page in screens.values():
        expect_so_many(page, 4)
        page.locator("#f-product").fill("6901234567891")
        page.locator("#go").click()
        expect(page.locator("#e-product")).to_be_visible()
    _look(screens, "fault", state="ready")
    for page in screens.values():
        if page is not acting:
            page.goto(hall.agent.url)
    refused.clear()  # the browser reports the answer 400
    acting.locator("#f-product").fill(GTIN)
    acting.locator("[name=hold]").check()  # so that there is time to look
    acting.locator("#go").click()
    in_state(acting, "reading")
    hall.portal.show(*serials(1, 3))
    _tell(screens, "4", "3", "1", "0")
    _look(screens, "reading")
    hall.portal.show(item(4))
    _tell(screens, "4", "4", "0", "0")
    screens["zh-CN", "narrow"].locator("#go").click()
    _look(screens, "done")
    _undo_attention_stop(hall, screens, acting)
    assert refused == []
    hall.agent.kill()
    for page in screens.values():
        expect(page.locator("#lost")).to_be_visible(timeout=15_000)
    _look(screens, "lost", state="stop")


def _undo_attention_stop(hall: Hall, screens: Screens, acting: Page) -> None:
    for page in screens.values():
        page.locator("#undo-open").click()
        expect(page.get_by_role("dialog")).to_be_visible()
    _look(screens, "undo", state="done")
    for page in screens.values():
        page.keyboard.press("Escape")
    expect_so_many(acting, 12)
    acting.locator("#go").click()
    in_state(acting, "reading")
    hall.portal.show(*serials(10, 10), b"\xff" * 12)
    _tell(screens, "12", "10", "2", "0")
    screens["zh-CN", "wide"].locator("#go").click()
    for page in screens.values():
        expect(page.locator("#tags .tag")).to_have_count(10)
    _look(screens, "attention")
    mend = fill_disk(hall.agent.folder)
    acting.locator("#go").click()
    in_state(acting, "reading")
    hall.portal.show(item(1))
    for (language, _), page in screens.items():
        none = "–" + ("未定" if language == "zh-CN" else "not set")
        counts(page, none, "1", none, none)
    screens["en-GB", "wide"].locator("#go").click()
    _look(screens, "stop")
    mend()


def _tell(screens: Screens, *numbers: str) -> None:
    for page in screens.values():
        counts(page, *numbers)


def _look(screens: Screens, name: str, state: str = "") -> None:
    """See on every screen the state and that the page fits, on two that axe finds nothing; keep pictures."""
    folder = os.environ.get("SUYUAN_PICTURES")
    for (language, size), page in screens.items():
        in_state(page, state or name)
        if folder:
            page.screenshot(path=Path(folder) / f"station-{name}-{language[:2]}-{size}.png")
        high, wide = page.evaluate(
            "[document.documentElement.scrollHeight - innerHeight,"
            " document.documentElement.scrollWidth - innerWidth]"
        )
        assert wide <= 0, f"{name} {language} {size}"
        if name != "fault":
            assert high <= 0, f"{name} {language} {size}"
        if (language, size) in JUDGED:
            assert objections(page) == [], f"{name} {language} {size}"
