"""Pictures of the phone of a shop: let in, at work, offline, stopped."""

from __future__ import annotations

from typing import Any

from docs.pictures.album import PHONE, Album, filled, pressed
from playwright.sync_api import Page, expect

NAMES = {"zh": "王店长的手机", "en": "Counter phone"}


def pictures(album: Album, owner: Page, url: str, tags: list[dict[str, str]]) -> None:
    """One phone in each language, both of one shop: what one receives or sells the other knows."""
    links = [row["link"] for row in tags]
    pages = {language: enrolled(album, owner, url, language) for language in NAMES}
    for language, page in pages.items():
        act(page, "receive", links[-1])
        page.locator("#accept").wait_for()
        album.keep(page, "phone-receive", language)
    pages["zh"].locator("#accept").click()
    pages["zh"].locator("[data-view=done]").wait_for()
    for number, (language, page) in enumerate(pages.items()):
        walk(album, owner, url, page, language, links, number)
        page.context.close()


def code(owner: Page, url: str, name: str) -> str:
    """A one-time code of the console."""
    owner.goto(f"{url}/console/devices")
    filled(owner, {"kind": "phone", "name": name, "place": "https://id.gs1.org/414/9521234000044"})
    pressed(owner)
    return owner.locator(".code-card strong.code").inner_text()


def enrolled(album: Album, owner: Page, url: str, language: str) -> Page:
    """From a phone that nobody knows to what it can do."""
    page = album.context(language, viewport=PHONE, device_scale_factor=1.5, has_touch=True).new_page()
    page.goto(f"{url}/phone")
    page.locator("[data-view=unenrolled]").wait_for()
    album.keep(page, "phone-unenrolled", language)
    page.goto(f"{url}/enrol#{code(owner, url, NAMES[language])}")
    page.locator("#enrol").wait_for()
    album.keep(page, "phone-enrol", language)
    page.locator("#enrol button").click()
    page.wait_for_url("**/phone*")
    page.locator("[data-view=home]").wait_for()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_timeout(1500)
    album.keep(page, "phone-home", language)
    return page


def walk(album: Album, owner: Page, url: str, page: Page, language: str, links: list[str], turn: int) -> None:
    """A day at the till, until the phone may not go on."""

    def keep(name: str) -> None:
        album.keep(page, name, language)

    def home() -> None:
        page.goto(f"{url}/phone")
        page.locator("[data-view=home]").wait_for()

    home()
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
    home()
    act(page, "sell", "9521234000051")
    page.wait_for_timeout(500)
    keep("phone-loose")
    home()
    act(page, "look-up", links[2])
    page.wait_for_timeout(500)
    keep("phone-look-up")
    home()
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


def act(page: Page, action: str, scanned: str) -> None:
    """One thing to do with a scanned code."""
    page.locator(f"[data-action={action}]").click()
    page.fill("#code", scanned)
    page.locator("#code").press("Enter")
