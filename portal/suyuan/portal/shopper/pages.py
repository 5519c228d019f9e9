"""The camera, the screen of a shop, the fridge: pages that work without a script as far as they can."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import orjson
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from suyuan.portal.consumer import PAGES, look_of
from suyuan.portal.language import Speech
from suyuan.portal.lookup import MAX_LENGTH
from suyuan.portal.rendering import Page, render
from suyuan.portal.shopper import files, recalls, standing
from suyuan.portal.shopper.codes import Given, read
from suyuan.portal.shopper.services import House, Shopping
from suyuan.portal.shopper.verdict import Answer, answer
from suyuan.trace.errors import InvalidInput, SuyuanError
from suyuan.trace.scan.past import Channel

MOST_PHOTO_MB = 10
STAYS = (10, 20, 60, 200, 0)
"""Seconds after which the screen of a shop is ready again; 0: not by itself (WCAG 2.2, 2.2.1)."""
_STAY = 20
_WORDS = {
    "scan": (
        *("starting", "looking", "found", "refused", "no-camera", "camera-busy", "insecure", "no-detector"),
        *("stop", "torch-on", "torch-off", "camera", "nfc-waiting", "nfc-refused", "nfc-empty", "nfc-failed"),
        *("photo-looking", "several"),
    ),
    "fridge": (
        *("no-store", "remove", "removed", "undo", "checking", "checked", "warned", "offline", "open"),
        *("days-left", "today", "over", "no-date", "lot", "unchecked", "import-bad", "imported"),
        *("checked-at", "no-record"),
    ),
    "shop": ("pause", "go-on", "sound-on", "sound-off", "away", "looking"),
}
"""The texts that the scripts speak, by page, below its name in the catalogues."""


def routes(house: House, shopping: Shopping) -> list[BaseRoute]:
    """Everything a shopper can do beside reading a page."""
    return [
        *recalls.routes(house, shopping),
        Route("/scan", _scan(shopping), methods=["GET"]),
        Route("/scan", _photo(shopping), methods=["POST"]),
        Route("/shop", _shop(house, shopping), methods=["GET"]),
        Route(standing.SETTING_UP, standing.setting_up(_stay), methods=["GET"]),
        Route("/fridge", _fridge, methods=["GET"]),
        files.route,
    ]


def words(page: str, speech: Speech) -> Markup:
    """The texts of a page's script as JSON that may stand in the page."""
    told = {"language": speech.language, **{word: speech.say(f"{page}.{word}") for word in _WORDS[page]}}
    return Markup(orjson.dumps(told).decode().replace("<", "\\u003c"))  # noqa: S704 (no tag can begin in it)


def hosts_of(request: Request, shopping: Shopping) -> tuple[str, str]:
    """Under which hosts this platform is reached: as asked for, and as the world knows it."""
    return request.url.netloc, urlsplit(shopping.public_url).netloc


def _assets(page: str, speech: Speech) -> dict[str, object]:
    return {
        "assets": files.assets_path(),
        "shopper_sheet": f"{files.assets_path()}/shopper.css",
        "words": words(page, speech),
    }


# The camera


def _scan(shopping: Shopping) -> Callable[[Request], Response]:
    def handler(request: Request) -> Response:
        text = request.query_params.get("code", "")
        if not text.strip():
            return _scan_page(request)
        return _led(request, read(text, *hosts_of(request, shopping)))

    return handler


def _photo(shopping: Shopping) -> Callable[[Request], Any]:
    async def handler(request: Request) -> Response:
        async with request.form(max_files=1, max_fields=10) as form:
            photo = form.get("photo")
            content = await photo.read() if isinstance(photo, UploadFile) else b""
        if not content:
            chosen = InvalidInput("Choose a photo of the code first", where="photo")
            return _scan_page(request, error=chosen)
        return await run_in_threadpool(_looked_at, request, content)

    def _looked_at(request: Request, content: bytes) -> Response:
        try:
            symbols = shopping.symbols(content)
        except SuyuanError as error:
            return _scan_page(request, error=error)
        found = [read(text, *hosts_of(request, shopping)) for text in dict.fromkeys(symbols)]
        if len(found) == 1:
            return _led(request, found[0])
        return _scan_page(request, several=found)

    return handler


def _led(request: Request, given: Given) -> Response:
    """On to our page with what is ours; what leads elsewhere is shown instead."""
    if given.link and not given.host:
        link = Page.of(request).link(f"{PAGES}{given.link}")
        if given.query:
            link += ("&" if "?" in link else "?") + given.query
        return RedirectResponse(link, status_code=303)
    if given.host:
        return _scan_page(request, elsewhere=given)
    return _scan_page(request, error=given.error, unreadable=given)


def _scan_page(request: Request, error: SuyuanError | None = None, **shown: object) -> Response:
    page = Page.of(request)
    context: dict[str, Any] = {
        "error": error,
        "elsewhere": None,
        "unreadable": None,
        "several": (),
        "pages": PAGES,
        "longest": MAX_LENGTH,
        "most_mb": MOST_PHOTO_MB,
        "detector": f"{files.assets_path()}/detector.js" if files.has_detector() else "",
        **_assets("scan", page.speech),
        **shown,
    }
    return render(page, "scan.html", context, status=error.status if error else 200)


# The screen of a shop


def _shop(house: House, shopping: Shopping) -> Callable[[Request], Response]:
    def handler(request: Request) -> Response:
        page = Page.of(request)
        text = request.query_params.get("code", "")
        given = read(text, *hosts_of(request, shopping)) if text.strip() else None
        found: Answer | None = None
        error = given.error if given else None
        place, misplaced = _stands(request)
        if given is not None and given.link:
            seen = look_of(request, house)
            told = place if standing.speaks_for_itself(request.headers) else ""
            look = replace(seen, query=given.query, is_scan=not seen.ahead, channel=Channel.KIOSK, place=told)
            try:
                found = answer(house, given.link, look)
                request.state.missed = int(found.error is not None)
            except InvalidInput as wrong:
                error = wrong
        context: dict[str, Any] = {
            "given": given,
            "found": found,
            "error": error,
            "sentences": found.why(page.speech) if found else [],
            "notices": found.in_force[:1] if found else (),
            "stay": _stay(request.query_params),
            "stays": STAYS,
            "place": place,
            "place_name": standing.name_of(place, page.speech),
            "misplaced": misplaced,
            "setting_up": page.link(standing.SETTING_UP, place=place, stay=_stay(request.query_params)),
            "longest": MAX_LENGTH,
            **_assets("shop", page.speech),
        }
        return render(page, "shop.html", context, status=error.status if error else 200)

    return handler


def _stands(request: Request) -> tuple[str, InvalidInput | None]:
    """Where the screen says that it stands; without a place that is one, it goes on and says so."""
    try:
        return standing.checked(request.query_params.get("place", "")), None
    except InvalidInput as wrong:
        return "", wrong


def _stay(query: Mapping[str, str]) -> int:
    """The seconds asked for, if they can be chosen."""
    asked = query.get("stay", "")
    return next((stay for stay in STAYS if asked == str(stay)), _STAY)


# The fridge


def _fridge(request: Request) -> Response:
    page = Page.of(request)
    context = {"pages": PAGES, **_assets("fridge", page.speech)}
    return render(page, "fridge.html", context, cache_control="no-cache")
