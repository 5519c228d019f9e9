"""Every verdict in Chromium, from a real platform: its word, why, and that everybody can read it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Literal

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page
from tests.end_to_end.axe import DRAWN, objections
from tests.end_to_end.verdict_world import Goods, now, record
from tests.integration.live_server import Live, live_server
from tests.integration.test_proofs import PHONE

from suyuan.portal.language import LANGUAGES, Language, Speech
from suyuan.trace.recall.passport import VerdictState
from suyuan.trace.sun import new_key_file, read_key_file

pytestmark = pytest.mark.chromium

SIZES = ((320, 640), (1280, 800))


@dataclass(frozen=True, slots=True)
class Shelf:
    """A platform and the goods on its shelf."""

    live: Live
    goods: Goods


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    folder = tmp_path_factory.mktemp("verdicts")
    keys = folder / "sun.toml"
    new_key_file(keys, system="Suyuan")
    with live_server(folder / "var", SUYUAN_SUN_KEYS=str(keys)) as live:
        yield Shelf(live, record(live, read_key_file(keys), now=now()))


@pytest.fixture(scope="module")
def windows(browser: Browser, shelf: Shelf) -> Iterator[dict[Language, Page]]:
    """A window for each language: a new one costs more than what is looked at in it."""
    with ExitStack() as stack:
        opened: dict[Language, Page] = {}
        for language in LANGUAGES:
            # What calls itself headless is a robot, whose look is no tap.
            context = browser.new_context(base_url=shelf.live.url, locale=language, user_agent=PHONE)
            stack.callback(context.close)
            opened[language] = context.new_page()
        yield opened


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", VerdictState)
def test_each_verdict_is_told_to_everybody(
    windows: dict[Language, Page], shelf: Shelf, state: VerdictState, scheme: Literal["light", "dark"]
) -> None:
    for language, page in windows.items():
        page.emulate_media(color_scheme=scheme)
        refused: list[str] = []

        def hear(message: ConsoleMessage, heard: list[str] = refused) -> None:
            heard.append(message.text)

        page.on("console", hear)
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            page.goto(shelf.goods.link(state))
            assert page.locator("#verdict").inner_text() == Speech(language).say(f"verdict.{state}.word")
            assert page.locator(".verdict .why").inner_text().strip()
            box = page.locator(".verdict").bounding_box()
            assert box is not None
            assert box["y"] < height / 2  # on the first screen
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert objections(page, () if (width, scheme) == (SIZES[0][0], "light") else DRAWN) == []
        assert [told for told in refused if not told.startswith("Failed to load resource")] == []
        assert page.context.cookies() == []
        page.remove_listener("console", hear)
