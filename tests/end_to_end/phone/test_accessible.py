"""The pages of a phone and of the devices are for everybody, and no wider than a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext
from tests.end_to_end.phone.hand import (
    enrolled,
    faults,
    item,
)
from tests.integration.live_server import PASSWORD, PLACE, SHOP, Live

from suyuan.trace.store.accounts import AccountRole

pytestmark = pytest.mark.chromium


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_console_of_devices_is_accessible(live: Live, context: BrowserContext, language: str) -> None:
    live.sign_up("boss", AccountRole.COMPANY, SHOP)
    page = context.new_page()
    page.goto(f"{live.url}/sign-in?next=/console/devices&lang={language}")
    page.locator("#name").fill("boss")
    page.locator("#password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.locator("#place").wait_for()
    page.goto(f"{live.url}/console/devices?lang={language}")
    assert faults(page) == []
    page.locator("[name=kind][value=station]").check()
    page.locator("form.new-device #name").fill("dock")
    page.locator("#place").select_option(PLACE)
    page.locator("form.new-device button").click()
    page.locator(".code-symbol").wait_for()
    assert faults(page) == []
    page.goto(f"{live.url}/phone/typed?lang={language}")
    page.locator("#codes").wait_for()
    assert faults(page) == []


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_pages_are_accessible_and_no_wider_than_a_phone(
    live: Live, context: BrowserContext, language: str
) -> None:
    page = enrolled(live, context, f"looked at {language}")
    page.goto(f"{live.url}/phone?lang={language}")
    page.locator("[data-action=sell]").wait_for()
    assert faults(page) == []
    page.locator("[data-action=sell]").click()
    scanned = page.locator("#code")
    scanned.fill("9521234000013")
    scanned.press("Enter")
    page.locator(".told").wait_for()
    assert faults(page) == []
    scanned.fill(item(15 if language == "en" else 16))
    scanned.press("Enter")
    page.locator("#lines li").wait_for()
    assert faults(page) == []
    page.locator("#finish").click()
    page.locator("#done-word").wait_for()
    assert faults(page) == []
    page.goto(f"{live.url}/enrol?lang={language}")
    page.locator("#enrol").wait_for()
    assert faults(page) == []
