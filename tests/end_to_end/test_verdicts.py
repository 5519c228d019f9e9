"""Every verdict in Chromium, from a real platform: its word, why, and that everybody can read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from playwright.sync_api import Browser
from tests.end_to_end import verdict_world
from tests.end_to_end.axe import DRAWN, objections
from tests.integration.live_server import Live, live_server

from suyuan.portal.language import LANGUAGES, Speech
from suyuan.trace.recall.passport import VerdictState

pytestmark = pytest.mark.chromium

SIZES = ((320, 640), (1280, 800))


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with live_server(tmp_path_factory.mktemp("verdicts")) as served:
        yield served


@pytest.fixture(scope="module")
def goods(live: Live) -> Mapping[VerdictState, str]:
    return verdict_world.record(live, now=verdict_world.now())


RECORDED = [state for state in VerdictState if state not in (VerdictState.VERIFIED, VerdictState.SUSPICIOUS)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", RECORDED)
def test_each_verdict_is_told_to_everybody(
    browser: Browser, live: Live, goods: Mapping[VerdictState, str], state: VerdictState, scheme: str
) -> None:
    for language in LANGUAGES:
        context = browser.new_context(
            base_url=live.url,
            locale=language,
            color_scheme="dark" if scheme == "dark" else "light",
        )
        page = context.new_page()
        refused: list[str] = []
        page.on("console", lambda message, heard=refused: heard.append(message.text))
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            page.goto(goods[state])
            assert page.locator("#verdict").inner_text() == Speech(language).say(f"verdict.{state}.word")
            assert page.locator(".verdict .why").inner_text().strip()
            box = page.locator(".verdict").bounding_box()
            assert box is not None
            assert box["y"] < height / 2  # on the first screen
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert objections(page, () if (width, scheme) == (SIZES[0][0], "light") else DRAWN) == []
        assert [told for told in refused if not told.startswith("Failed to load resource")] == []
        assert page.context.cookies() == []
        context.close()
