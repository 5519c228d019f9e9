"""Pictures of the phone of a shop: let in, at work, offline, stopped."""

from __future__ import annotations

from typing import Any

from album import PHONE, Album, filled, pressed
from playwright.sync_api import Page, expect

NAMES = {"zh": "王店长的手机", "en": "Counter phone"}


def pictures(album: Album, owner: Page, url: str, tags: list[dict[str, str]]) -> None:
    """One phone in each language; the items that they sell differ."""
    for number, language in enumerate(NAMES):
        context = album.context(language, viewport=PHONE, device_scale_factor=1.5, has_touch=True)
        page = context.new_page()
        walk(album, owner, url, page, language, [row["link"] for row in tags], number)
        context.close()


def code(owner: Page, url: str, name: str) -> str:
    """A one-time code of the console."""
    owner.goto(f"{url}/console/devices")
    filled(owner, {"kind": "phone", "name": name, "place": "https://id.gs1.org/414/9521234000044"})
    pressed(owner)
    return owner.locator(".code-card strong.code").inner_text()


def walk(album: Album, owner: Page, url: str, page: Page, language: str, links: list[str], turn: int) -> None:
    """From the code to the phone that may not go on."""

    def keep(name: str) -> None:
        album.keep(page, name, language)

    page.goto(f"{url}/phone")
    page.locator("[data-view=unenrolled]").wait_for()
    keep("phone-unenrolled")
    page.goto(f"{url}/enrol#{code(owner, url, NAMES[language])}")
    page.locator("#enrol").wait_for()
    keep("phone-enrol")
    page.locator("#enrol button").click()
    page.wait_for_url("**/phone*")
    page.locator("[data-view=home]").wait_for()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_timeout(1500)
    keep("phone-home")
    act(page, "receive", links[-1] if not turn else links[3])
    page.wait_for_timeout(800)
    keep("phone-receive")
    page.locator("#accept" if not turn else "#finish").click()
    page.locator("[data-view=done]").wait_for()
    page.locator("#home").click()
    act(page, "sell", links[turn])
    page.locator("#finish").wait_for()
    keep("phone-sell")
    page.locator("#finish").click()
    page.locator("[data-view=done]").wait_for()
    keep("phone-done")
    page.locator("#home").click()
    expect(page.locator("#depth")).to_contain_text("0", timeout=20_000)
    act(page, "sell", links[turn])
    page.locator(".told-stop").first.wait_for()
    keep("phone-sold-already")
    page.locator("#cancel").click()
    act(page, "sell", "09521234000051")
    page.wait_for_timeout(500)
    keep("phone-loose")
    page.locator("#cancel").click()
    act(page, "look-up", links[2])
    page.wait_for_timeout(500)
    keep("phone-look-up")
    page.locator("#cancel").click()
    page.context.set_offline(True)
    act(page, "sell", links[5 + turn])
    page.locator("#finish").wait_for()
    page.locator("#finish").click()
    page.locator("#home").click()
    keep("phone-offline")
    page.context.set_offline(False)
    expect(page.locator("#depth")).to_contain_text("0", timeout=20_000)
    owner.goto(f"{url}/console/devices")
    row: Any = owner.locator("tr", has_text=NAMES[language])
    row.locator("details.revoke summary").click()
    row.locator("details.revoke button").click()
    owner.wait_for_load_state()
    act(page, "sell", links[8])
    page.locator("[data-view=stopped]").wait_for(timeout=70_000)
    keep("phone-stopped")
    page.goto(f"{url}/phone/typed")


def act(page: Page, action: str, scanned: str) -> None:
    """One thing to do with a scanned code."""
    page.locator(f"[data-action={action}]").click()
    page.fill("#code", scanned)
    page.locator("#code").press("Enter")
