"""What is kept of a visitor, and the page on which one may tell the city that a code was scanned in.

Decision 0035. The page on privacy says what the code does: whoever changes one changes the other.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from suyuan.portal.consumer import PAGES, look_of
from suyuan.portal.rendering import Page, render
from suyuan.portal.services import House
from suyuan.portal.shopper.standing import choices, places, speaks_for_itself
from suyuan.trace.errors import InvalidInput
from suyuan.trace.recall.passport import Passport
from suyuan.trace.scan.look import Look
from suyuan.trace.scan.visitor import is_robot

PRIVACY = "/privacy"
WHEREABOUTS = "/whereabouts"
_LONGEST_CODE = 500


class Scans(Protocol):
    """What keeps looks."""

    def placed(self, passport: Passport, look: Look) -> None:
        """That the visitor of ``look`` has told where, beside a look that was noted before."""
        ...


def routes(house: House, scans: Scans, *, days: int) -> list[BaseRoute]:
    """``/privacy`` and ``/whereabouts``; scans are kept for ``days``."""

    def privacy(request: Request) -> Response:
        context = {"days": days, "map_host": house.tiles.host if house.tiles else ""}
        return render(Page.of(request), "privacy.html", context, cache_control="public, max-age=3600")

    def ask(request: Request) -> Response:
        query = request.query_params
        code, told = query.get("code", ""), query.get("told") == "1"
        return _form(request, house.passport(_path(code)), code, told=told)

    def keep(request: Request, code: str, place: str) -> Response:
        passport = house.passport(_path(code))
        if place not in places():
            fault = InvalidInput("Choose the city or province that you are in", where="place")
            return _form(request, passport, code, fault=fault)
        look = look_of(request, house)
        if speaks_for_itself(request.headers) and not is_robot(look.agent):
            scans.placed(passport, replace(look, place=place))
        onward = Page.of(request).link(WHEREABOUTS, code=code, told=1)
        return RedirectResponse(onward, status_code=303)

    async def sent(request: Request) -> Response:
        async with request.form(max_files=0, max_fields=8) as form:
            code, place = str(form.get("code", "")), str(form.get("place", ""))
        return await run_in_threadpool(keep, request, code, place)

    return [
        Route(PRIVACY, privacy, methods=["GET"]),
        Route(WHEREABOUTS, ask, methods=["GET"]),
        Route(WHEREABOUTS, sent, methods=["POST"]),
    ]


def _form(
    request: Request, passport: Passport, code: str, *, told: bool = False, fault: InvalidInput | None = None
) -> Response:
    page = Page.of(request)
    context = {
        "passport": passport,
        "code": code,
        "told": told,
        "fault": fault,
        "provinces": choices(page.speech),
        "back": page.link(f"{PAGES}{code}"),
    }
    return render(page, "whereabouts.html", context, status=200 if fault is None else fault.status)


def _path(code: str) -> str:
    """The path of a code as our own pages hand it on."""
    if not code.startswith("/") or code.startswith("//") or len(code) > _LONGEST_CODE:
        raise InvalidInput(
            "This is not the path of a code",
            where="code",
            remedy="Open the page of the code and follow its link.",
        )
    return code
