"""The application of the station's page, put together."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from secrets import token_bytes
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from suyuan.readers.station.config import PageConfig
from suyuan.readers.station.page import commission, duty, phone, tasks, work, write
from suyuan.readers.station.page.guard import COOKIE_AGE_S, Guard, Lock
from suyuan.readers.station.page.host import Host
from suyuan.readers.station.page.limits import BodyLimits
from suyuan.readers.station.page.pages import (
    LANGUAGE_COOKIE,
    answer,
    answer_error,
    answer_error_json,
    static,
)
from suyuan.readers.station.page.pairing import certified_names
from suyuan.trace.errors import InvalidInput, NotFound, SuyuanError


def application(
    host: Host,
    page: PageConfig,
    *,
    key: bytes | None = None,
    monotonic: Callable[[], float] = time.monotonic,
    more: Sequence[BaseRoute] = (),
) -> Starlette:
    """The station's page for ``host``.

    Args:
        host: runs the station.
        page: where it listens, and its PIN.
        key: secret that the PIN's cookie is made with; one of this process where none is kept.
        monotonic: seconds that never go back, for the pause after wrong PINs.
        more: routes of further pages.
    """
    lock = Lock(page.pin, key or token_bytes(32), monotonic=monotonic)
    desk = work.Work(host)
    names = {page.host, *(certified_names(page.certificate) if page.certificate else ())}
    routes: list[BaseRoute] = [
        *desk.routes(),
        *tasks.routes(host, desk),
        *write.routes(host),
        *commission.routes(host),
        *duty.routes(host),
        *phone.routes(host),
        *_routes(lock),
        *more,
    ]
    return Starlette(
        routes=routes,
        middleware=[
            Middleware(Guard, lock=lock, refuse=told, names=names),
            Middleware(BodyLimits, refuse=told),
        ],
        exception_handlers={SuyuanError: _told, HTTPException: _plain, UnicodeEncodeError: _no_text},
    )


def _routes(lock: Lock) -> list[BaseRoute]:
    async def ask(request: Request) -> Response:
        return answer(request, "pin.html", wait=math.ceil(lock.wait_s()), wrong=False)

    async def unlock(request: Request) -> Response:
        pin = str((await request.form()).get("pin", ""))
        wait = math.ceil(lock.wait_s())
        inside = RedirectResponse("/", status_code=303)
        if not wait and lock.open(pin, inside):
            return inside
        wait = math.ceil(lock.wait_s())
        return answer(request, "pin.html", status=429 if wait else 403, wait=wait, wrong=True)

    return [
        Route("/static/{name}", static),
        Route("/language/{language}", _speak, methods=["POST"]),
        Route("/pin", ask),
        Route("/pin", unlock, methods=["POST"]),
    ]


async def _speak(request: Request) -> Response:
    """Remember the language and go back to the page that the switch was on."""
    language = request.path_params["language"]
    if language not in {"zh", "en"}:
        raise NotFound("There is no page of this name here.")
    back = urlsplit(str((await request.form()).get("back", "/")))
    path = back.path if back.path.startswith("/") and not back.path.startswith("//") else "/"
    response = RedirectResponse(path + (f"?{back.query}" if back.query else ""), status_code=303)
    response.set_cookie(LANGUAGE_COOKIE, language, max_age=COOKIE_AGE_S, samesite="strict", httponly=True)
    return response


def told(request: Request, error: SuyuanError) -> Response:
    """An error as whoever asked can use it: a page, or JSON for the page's script."""
    if request.headers.get("accept", "").startswith("application/json"):
        return answer_error_json(request, error)
    return answer_error(request, error)


async def _told(request: Request, error: Exception) -> Response:
    if not isinstance(error, SuyuanError):
        raise error
    return told(request, error)


async def _plain(request: Request, error: Exception) -> Response:
    """Starlette's own refusals (no such page, wrong method, a form that is none) as ours."""
    refused: SuyuanError = NotFound("There is no page of this name here.", remedy="Go back to the station.")
    if getattr(error, "status_code", 404) == InvalidInput.status:
        refused = _unreadable()
    return told(request, refused)


async def _no_text(request: Request, error: Exception) -> Response:
    """A form in a charset (unicode_escape, utf-7) of what UTF-8 cannot write: no browser sends it."""
    if not isinstance(error, UnicodeEncodeError) or error.encoding != "utf-8":
        raise error
    return told(request, _unreadable())


def _unreadable() -> InvalidInput:
    return InvalidInput("The form cannot be read.", remedy="Load the page anew and send it once more.")
