"""Where the screen of a shop stands: a city or province, chosen once by who sets it up (decision 0035).

The address of the screen keeps it, as its form does: a browser that begins with it needs no cookie. Anybody
can write an address, so such a place counts as much as the word of a visitor, and only where a page of ours
sent it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from starlette.requests import Request
from starlette.responses import Response

from suyuan.portal.language import Speech
from suyuan.portal.rendering import Page, render
from suyuan.portal.shopper import files
from suyuan.trace.errors import InvalidInput
from suyuan.trace.register.districts import city_name, province_name, province_name_en, provinces

SETTING_UP = "/shop/place"
_SHOWN = 40


@cache
def places() -> frozenset[str]:
    """The codes of GB/T 2260 that may be told: provinces and cities, nothing finer."""
    return frozenset(code for province, cities in provinces().items() for code in (province, *cities))


def choices(speech: Speech) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Code and name of each province with those of its cities, whose names are on record in Chinese only."""
    return [(code, _of_province(code, speech), list(cities.items())) for code, cities in provinces().items()]


def checked(place: str) -> str:
    """The place that an address tells, empty where it tells none.

    Raises:
        InvalidInput: there is no such city or province.
    """
    if place and place not in places():
        raise InvalidInput(
            "There is no city or province with the code {value}.",
            where="place",
            remedy="Give six digits of GB/T 2260, such as 330100, or choose the city from the list.",
            value=place[:_SHOWN],
        )
    return place


def speaks_for_itself(headers: Mapping[str, str]) -> bool:
    """Whether a page of ours asked, or a program that is no browser of today.

    Another's page, or a link that was sent to somebody (``none``: apps and cameras open those), would tell a
    place in the name of whoever opens it.
    """
    return headers.get("sec-fetch-site", "same-origin") == "same-origin"


def name_of(place: str, speech: Speech) -> str:
    """A province or a city with its province; empty where there is none."""
    if not place:
        return ""
    province = _of_province(f"{place[:2]}0000", speech)
    return province if place.endswith("0000") else f"{province}{speech.gap}{city_name(place)}"


def setting_up(stay: Callable[[Mapping[str, str]], int]) -> Callable[[Request], Response]:
    """``/shop/place``: the list to choose from; it leads to the screen with its place in the address.

    Left open it goes back to the screen, unless that was told never to change by itself.
    """

    def handler(request: Request) -> Response:
        page = Page.of(request)
        chosen = request.query_params.get("place", "")
        context = {
            "provinces": choices(page.speech),
            "chosen": chosen if chosen in places() else "",
            "stay": stay(request.query_params),
            "assets": files.assets_path(),
        }
        return render(page, "shop-place.html", context, cache_control="public, max-age=3600")

    return handler


def _of_province(code: str, speech: Speech) -> str:
    chinese = province_name(code)
    return chinese if speech.language == "zh-CN" else f"{province_name_en(code)} {chinese}"
