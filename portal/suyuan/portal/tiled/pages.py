"""The page of a map: the one that asks a server of tiles, and only when somebody opens it.

Not on the page of the goods, where most look for a second: their browsers would tell a map server of each
look. Nor there in something that opens: without a script browsers fetch its pictures at once (HTML, "lazy
loading attributes"). So the policy of every other page goes on forbidding what is only needed here.
"""

from __future__ import annotations

from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from suyuan.portal.compressing import compressed
from suyuan.portal.consumer import PAGES, request_link, stops
from suyuan.portal.language import Speech
from suyuan.portal.policy import policy
from suyuan.portal.rendering import MAP_SHEET, Page, render, stylesheet
from suyuan.portal.services import House
from suyuan.portal.tiled.pins import Place, drawn
from suyuan.portal.tiled.places import MAP, point_of
from suyuan.portal.tiled.source import TileSource
from suyuan.trace.errors import NotFound
from suyuan.trace.recall.passport import Passport, Text


def routes(house: House) -> list[BaseRoute]:
    """``/map/…`` of the goods of a link; none where the operator named no tiles."""
    tiles = house.tiles
    if tiles is None:
        return []

    def show(request: Request) -> Response:
        return compressed(request, _map(request, house, tiles))

    return [Route(f"{MAP}/{{rest:path}}", show, methods=["GET"])]


def _map(request: Request, house: House, tiles: TileSource) -> Response:
    page = Page.of(request)
    link = request_link(request).removeprefix(MAP)
    passport = house.passport(link)  # no scan: whoever comes here was counted on the page of the goods
    found = drawn(list(places(passport, page.speech)), tiles.datum, large=page.large)
    if found is None:
        request.state.missed = 0  # whoever asks guessed no code
        raise NotFound(
            "No location is on record for any of these places",
            remedy="The page of the goods lists them by name.",
        )
    context = {
        "passport": passport,
        "map": found,
        "pictures": [tiles.address(found.window.zoom, *tile) for tile in found.window.tiles()],
        "tiles": tiles,
        "map_stylesheet": stylesheet(MAP_SHEET)[0],
        "back": page.link(f"{PAGES}{link}"),
    }
    answer = render(page, "map.html", context, cache_control="no-cache")
    answer.headers["Content-Security-Policy"] = policy(tiles.origin)
    return answer


def places(passport: Passport, speech: Speech) -> Iterator[Place]:
    """Origins, then stays, under the names of their cities where these are told."""

    def named(*texts: Text) -> tuple[str, str]:
        told = list(dict.fromkeys(text for text in map(speech.text, texts) if text))
        return (told[0], speech.joined(*told[1:])) if told else (speech.say("place.unknown"), "")

    for origin in passport.origins:
        name, owner = named(origin.place, origin.party)
        under = speech.joined(speech.text(origin.product) or speech.say("kind.lot"), owner)
        yield Place(point_of(origin.near), name, under, is_origin=True)
    for stay in stops(passport.journey, speech):
        yield Place(point_of(stay.near), *named(stay.city, stay.place, stay.party))
