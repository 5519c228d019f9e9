"""The page on which UHF tags get their identities, in Chromium: a real agent, chips over LLRP."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.end_to_end.axe import objections
from tests.end_to_end.station.hall import NARROW, Hall, in_state, wait_for_page
from tests.unit.readers.station.fakes import GTIN

from suyuan.readers.field import Bench
from suyuan.readers.virtual.gen2 import VirtualGen2

pytestmark = pytest.mark.chromium
SIZES = {"narrow": NARROW, "wide": {"width": 1280, "height": 800}, "tall": {"width": 1920, "height": 1080}}
FIELDS = {
    "order": "W2026-1122",
    "product": GTIN,
    "lot": "L20261122",
    "count": "4",
    "first": "1001",
    "last": "1008",
}


class Press:
    """Chips that a hand lays before the reader of the hall, one after the other."""

    def __init__(self, hall: Hall) -> None:
        found = hall.portal.device.machine.field
        assert isinstance(found, Bench)
        self.field = found

    def lay(self, *tags: VirtualGen2) -> None:
        self.field.clear()
        for tag in tags:
            tag.away = False
            self.field.lay(1, tag)


@pytest.fixture
def press(hall: Hall) -> Press:
    return Press(hall)


def blank(number: int, writes: int | None = None) -> VirtualGen2:
    return VirtualGen2(bytes.fromhex("e2801191") + number.to_bytes(8), writes=writes)


def begin(page: Page, hall: Hall, **told: str) -> None:
    page.goto(f"{hall.agent.url}commission")
    for name, value in {**FIELDS, **told}.items():
        page.locator(f"#{name}").fill(value)
    page.locator("#start").click()


JUDGED = ("zh-narrow", "en-wide")
"""What axe looks at: each language, width and theme once."""


def look(page: Page, name: str) -> None:
    """See that axe has nothing to object, that nothing is cut off; keep a picture if one is wanted."""
    assert not name.endswith(JUDGED) or objections(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if folder := os.environ.get("SUYUAN_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_an_order_on_every_screen_through_faults_and_a_kill(hall: Hall, press: Press) -> None:
    pages = {
        "zh-tall": hall.open("zh-CN", SIZES["tall"]),
        "en-wide": hall.open("en-GB", SIZES["wide"], color_scheme="dark"),
        "zh-narrow": hall.open("zh-CN", SIZES["narrow"], color_scheme="dark"),
    }
    zh = pages["zh-tall"]
    expect(zh.get_by_role("link", name="标签赋码")).to_be_visible()

    def shown(state: str, name: str, *texts: str) -> None:
        for size, page in pages.items():
            in_state(page, state)
            for text in texts:
                expect(page.locator(".stage")).to_contain_text(text)
            look(page, f"commission-{name}-{size}")

    for size, page in pages.items():
        page.goto(f"{hall.agent.url}commission")
        look(page, f"commission-form-{size}")
    begin(zh, hall)
    for page in pages.values():
        page.goto(f"{hall.agent.url}commission")
    shown("ready", "ready", "1001")
    press.lay(blank(1))
    shown("done", "done", "1001")
    torn = blank(2, writes=3)
    press.lay(torn)
    shown("attention", "torn", "1002")
    torn.writes = None
    press.lay(torn)
    expect(zh.locator("#headline .sub")).to_contain_text("1002")
    in_state(zh, "done")
    hall.agent.kill()
    hall.agent.start()
    wait_for_page(hall.agent)
    hall.portal.listening()
    for page in pages.values():
        expect(page.get_by_role("heading", level=1)).to_contain_text("UHF", timeout=30_000)
    expect(zh.locator(".readers")).to_contain_text("已写 2 / 4")
    zh.reload()  # the reader is there by now, and what was filled in is not asked for again
    zh.get_by_role("button", name="继续写").click()
    for page in pages.values():
        page.goto(f"{hall.agent.url}commission")
    press.lay(blank(3))
    expect(zh.locator("#headline .sub")).to_contain_text("1003")
    zh.get_by_role("button", name="作废上一枚").click()
    shown("attention", "give-up", "1003")
    zh.get_by_role("button", name="不作废").click()
    zh.locator("#printed").fill("1001")
    zh.keyboard.press("Enter")
    shown("stop", "mismatch", "1003")
    pages["en-wide"].keyboard.press("p")
    shown("stop", "paused", "1004")
    zh.get_by_role("button", name="继续写").click()
    press.lay(blank(4))
    expect(zh.locator("#headline .sub")).to_contain_text("1004")
    press.lay(blank(5))
    shown("done", "finished", "1005")
    zh.get_by_role("button", name="结束并记录").click()
    expect(zh.get_by_role("heading", level=1)).to_contain_text("UHF")
    (event,) = hall.agent.stored()
    assert [epc.rpartition("/")[2] for epc in event["epcList"]] == ["1001", "1002", "1004", "1005"]
    assert {each["suyuan:code"] for each in event["suyuan:exceptions"]} == {"WRITE_FAIL", "WRONG_PRODUCT"}


def test_without_script_by_plain_forms(hall: Hall, press: Press) -> None:
    page = hall.open("en-GB", NARROW, java_script_enabled=False)
    begin(page, hall, count="1")
    expect(page.locator("h1")).to_have_text("Lay a tag")
    press.lay(blank(1), blank(2))
    page.wait_for_timeout(1000)
    page.reload()
    expect(page.locator("#messages")).to_contain_text("2 unwritten tags")
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Go on").click()
    press.lay(blank(1))
    expect(page.locator("h1")).to_have_text("Complete", timeout=20_000)  # the page reloads by itself
    page.get_by_role("button", name="End and record").click()
    expect(page.locator("h1")).to_have_text("Commission UHF tags")
    assert len(hall.agent.stored()) == 1
