"""The map in Chromium: nobody is asked before it is opened, and everybody can read it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page
from tests.end_to_end.axe import DRAWN, objections
from tests.end_to_end.map_server import ATTRIBUTION, MapServer, served
from tests.unit.portal.fake_house import FakeHouse, application, passport_link

from suyuan.portal.language import LANGUAGES, Speech
from suyuan.portal.tiled.source import TileSource
from suyuan.trace.recall.passport import VerdictState

pytestmark = pytest.mark.chromium

GOODS = passport_link(VerdictState.REGISTERED)
SIZES = ((320, 640), (1280, 800))


@dataclass(frozen=True, slots=True)
class Here:
    """Our pages, and the map server that they name."""

    url: str
    maps: MapServer
    tiles: str  # where it is


@pytest.fixture(scope="module")
def here() -> Iterator[Here]:
    maps = MapServer()
    with served(maps.app()) as tiles:
        house = FakeHouse(TileSource(tiles + "/{z}/{x}/{y}.png", ATTRIBUTION, "gcj02"))
        with served(application(house)) as ours:
            yield Here(ours, maps, tiles)


def _window(browser: Browser, here: Here, **how: object) -> tuple[Page, list[str]]:
    """A page, and what its console says."""
    page = browser.new_context(base_url=here.url, locale="zh-CN", **how).new_page()  # type: ignore[arg-type]  # ours
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    return page, heard


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_the_map_server_hears_nothing_before_somebody_opens_the_map(
    browser: Browser, here: Here, script: bool
) -> None:
    here.maps.paths.clear()
    here.maps.asked.clear()
    page, heard = _window(browser, here, java_script_enabled=script)
    page.goto(GOODS)
    page.locator(".to-map").scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    assert here.maps.paths == []
    page.click(".to-map a")
    page.wait_for_load_state("networkidle")
    pictures = [one.get_attribute("src") for one in page.locator(".tiles img").all()]
    assert 4 <= len(pictures) <= 6
    assert sorted(here.tiles + path for path in here.maps.paths) == sorted(map(str, pictures))
    assert not any("referer" in headers or "cookie" in headers for headers in here.maps.asked)
    assert heard == []
    page.context.close()


def test_the_browser_itself_keeps_other_pages_from_asking_it(browser: Browser, here: Here) -> None:
    here.maps.paths.clear()
    page, heard = _window(browser, here)
    page.goto(GOODS)
    page.evaluate(
        """at => new Promise(done => {
            const picture = new Image();
            picture.onload = picture.onerror = done;
            picture.src = at;
            document.body.append(picture);
        })""",
        f"{here.tiles}/9/428/209.png",
    )
    assert here.maps.paths == []
    assert any("Content Security Policy" in told for told in heard)
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_everybody_can_read_the_map(browser: Browser, here: Here, language: str, scheme: str) -> None:
    page, heard = _window(browser, here, color_scheme=scheme)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for large in ("", "&large=1"):
            page.goto(f"/map{GOODS}?lang={language}{large}")
            page.wait_for_load_state("networkidle")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert objections(page, () if (width, scheme) == (SIZES[0][0], "light") else DRAWN) == []
            assert page.locator("figcaption").inner_text() == ATTRIBUTION
            loaded = "[...document.querySelectorAll('.tiles img')].every(one => one.naturalWidth === 256)"
            assert page.evaluate(loaded)
            box = page.locator(".tiles svg").bounding_box()
            tiles = page.locator(".tiles").bounding_box()
            assert box is not None
            assert tiles is not None
            assert (round(box["width"]), round(box["height"])) == (
                round(tiles["width"]),
                round(tiles["height"]),
            )
    assert page.locator("h1").inner_text() == Speech(language).say("map.title")  # type: ignore[arg-type]  # one of LANGUAGES
    assert heard == []
    assert page.context.cookies() == []
    page.context.close()


def test_a_map_server_that_is_away_leaves_the_list(browser: Browser) -> None:
    house = FakeHouse(TileSource("http://127.0.0.1:9/{z}/{x}/{y}.png", ATTRIBUTION))
    with served(application(house)) as ours:
        page = browser.new_context(base_url=ours, locale="en-GB").new_page()
        page.goto(f"/map{GOODS}")
        assert page.locator(".pins li").count() == 4
        assert page.locator(".tiles").bounding_box()["height"] > 200  # type: ignore[index]  # it is there
        assert objections(page) == []
        page.context.close()
