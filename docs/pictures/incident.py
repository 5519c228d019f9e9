"""Pictures of the workbench: the investigation that the sample world comes with, and what does not add up."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from docs.pictures.album import TALLEST, Album, Before, Windows, signed_in
from playwright.sync_api import Page

_ROOM = re.compile(r"/console/incident/I[0-9]{4}-[0-9]{4,}")
_PATIENCE_MS = 120_000


def investigated(album: Album, url: str, password: str) -> None:
    """From the list of investigations to two scopes side by side; nothing is changed."""
    officer = signed_in(album, url, "officer", password)
    officer.zh.goto(f"{url}/console/incident")
    found = _ROOM.search(officer.zh.content())
    assert found is not None, "the sample world comes without an investigation"
    room = found[0]
    officer.take("incident", room)
    officer.take("incident-cases", f"{room}/cases")
    officer.take("incident-sources", f"{room}/sources", answered(".ranked"))
    shown(officer, "incident-scope", f"{room}/kept/1", ".fates")
    shown(officer, "incident-what-if", f"{room}/kept/2", ".fates", links="1", hold="lots", tallest=2800)
    officer.take("incident-compare", f"{room}/compare", answered(".sides"))
    officer.take("incident-findings", "/console/incident/findings", answered("#records"))
    officer.close()
    dark = signed_in(album, url, "officer", password, color_scheme="dark")
    shown(dark, "incident-scope-dark", f"{room}/kept/1", ".fates")
    dark.close()


def answered(selector: str) -> Before:
    """Wait until the answer is there."""

    def wait(page: Page, _: str) -> None:
        page.locator(selector).first.wait_for(timeout=_PATIENCE_MS)

    return wait


def shown(
    windows: Windows, name: str, path: str, selector: str, *, tallest: int = TALLEST, **more: str
) -> None:
    """A kept scope, with more asked of it."""

    def before(page: Page, language: str) -> None:
        if more:
            page.goto(f"{page.url}&{urlencode(more)}")
        answered(selector)(page, language)

    windows.take(name, path, before, tallest=tallest)
