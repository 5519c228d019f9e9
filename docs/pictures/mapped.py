"""The map of the way, over tiles of a country that is nowhere: on a phone, by night, and on a desk."""

from __future__ import annotations

from typing import Any

from docs.pictures.album import DESK, PHONE, Album, Windows
from playwright.sync_api import Route
from tests.end_to_end.map_server import ATTRIBUTION, picture, served
from tests.unit.portal.fake_house import FakeHouse, application, passport_link

from suyuan.portal.tiled.source import TileSource
from suyuan.trace.recall.passport import VerdictState

_GOODS = passport_link(VerdictState.REGISTERED)
_TILES = TileSource("https://maps.example.cn/{z}/{x}/{y}.png", ATTRIBUTION)
_SCREENS: dict[str, dict[str, Any]] = {
    "map": {"viewport": PHONE},
    "map-dark": {"viewport": PHONE, "color_scheme": "dark"},
    "map-desk": {"viewport": DESK},
}


def pictures(album: Album) -> None:
    """The same map three times."""
    with served(application(FakeHouse(_TILES))) as home:
        for name, screen in _SCREENS.items():
            windows = Windows(album, home, **screen)
            for page in windows.pages.values():
                page.route(f"{_TILES.origin}/**", _tile)
            windows.take(name, f"/map{_GOODS}", lambda page, _: page.wait_for_load_state("networkidle"))
            windows.close()


def _tile(route: Route) -> None:
    """What a map server of that name would answer, if there were one."""
    zoom, column, row = route.request.url.removesuffix(".png").split("/")[-3:]
    route.fulfill(body=picture(int(zoom), int(column), int(row)), content_type="image/png")
