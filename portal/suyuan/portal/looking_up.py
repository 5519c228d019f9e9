"""The look-up: what was typed leads to its page, or is told which part of it is wrong."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from suyuan.portal.lookup import near_gtins, parts, typed_link, typed_query
from suyuan.portal.rendering import Page, render
from suyuan.portal.services import House, Label
from suyuan.trace.errors import InvalidInput, NotFound
from suyuan.trace.gs1 import CheckDigitError
from suyuan.trace.gs1.digital_links import CANONICAL_STEM
from suyuan.trace.gs1.verdict import GTIN_DIGITS


@dataclass(frozen=True, slots=True)
class Meant:
    """The one product that a mistyped number may be meant for, and the path of the whole code with it."""

    path: str
    label: Label


def routes(house: House) -> list[BaseRoute]:
    """``/look-up?code=…``: a redirect to the page of the code, or the form again with what is wrong."""

    def look_up(request: Request) -> Response:
        page = Page.of(request)
        typed, host = request.query_params.get("code", ""), request.url.netloc
        path = ""
        try:
            path = typed_link(typed, host)
            house.identified(path)
        except (InvalidInput, NotFound) as error:
            return form_again(request, error, typed=typed, meant=_meant(house, path, error))
        query = typed_query(typed, host)
        onward = f"{path}?{query}" if query else page.link(path)
        return RedirectResponse(onward, status_code=303)

    return [Route("/look-up", look_up, methods=["GET"])]


def form_again(
    request: Request, error: InvalidInput | NotFound, *, typed: str = "", meant: Meant | None = None
) -> Response:
    """The form of the look-up with what is wrong with a code, and what may have been meant."""
    context = {"typed": typed, "error": error, "meant": meant}
    return render(Page.of(request), "front.html", context, status=error.status)


def _meant(house: House, path: str, error: InvalidInput | NotFound) -> Meant | None:
    """The product that alone is near to a number with a wrong check digit.

    Only products are told of, which are public: of a serial that is nearly right nobody is told.
    """
    told = parts(path)
    if not isinstance(error, CheckDigitError) or error.where != "01" or not told or told[0][0] != "01":
        return None
    number = told[0][1].zfill(GTIN_DIGITS)
    if len(number) != GTIN_DIGITS:
        return None
    near = {f"{CANONICAL_STEM}/01/{gtin}": f"/01/{gtin}" for gtin in near_gtins(number)}
    named = [label for label in house.labels([*near]).values() if label.name.zh or label.name.en]
    if len(named) != 1:
        return None
    rest = path.split("/", 3)[3:]
    return Meant("/".join([near[named[0].key], *rest]), named[0])
