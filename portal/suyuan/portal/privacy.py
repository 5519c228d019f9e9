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
from suyuan.portal.language import Speech
from suyuan.portal.rendering import Page, render
from suyuan.portal.services import House
from suyuan.trace.errors import InvalidInput
from suyuan.trace.recall.passport import Passport
from suyuan.trace.register.districts import province_name, province_name_en, provinces
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
        context = {"days": days}
        return render(Page.of(request), "privacy.html", context, cache_control="public, max-age=3600")

    def ask(request: Request) -> Response:
        query = request.query_params
        code, told = query.get("code", ""), query.get("told") == "1"
        return _form(request, house.passport(_path(code)), code, told=told)

    def keep(request: Request, code: str, place: str) -> Response:
        passport = house.passport(_path(code))
        if place not in _places():
            fault = InvalidInput("Choose the city or province that you are in", where="place")
            return _form(request, passport, code, fault=fault)
        look = look_of(request, house)
        if _is_ours(request) and not is_robot(look.agent):
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
        "provinces": _choices(page.speech),
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


def _is_ours(request: Request) -> bool:
    """Whether the form came from our page, as far as the browser says: others tell no places."""
    return request.headers.get("sec-fetch-site", "same-origin") == "same-origin"


def _places() -> frozenset[str]:
    return frozenset(code for province, cities in provinces().items() for code in (province, *cities))


def _choices(speech: Speech) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Code and name of each province with those of its cities, whose names are on record in Chinese only."""
    chinese = speech.language == "zh-CN"

    def name(code: str) -> str:
        return province_name(code) if chinese else f"{province_name_en(code)} {province_name(code)}"

    return [(code, name(code), list(cities.items())) for code, cities in provinces().items()]
