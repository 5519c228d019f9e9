"""The routes of the portal: the pages a shopper sees, the look-up and the regulator's console."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from suyuan.portal import casefile, casework, console, consumer, dossier, tracing
from suyuan.portal.desk import CaseDesk
from suyuan.portal.rendering import assets, error_page, sign_in_page
from suyuan.portal.services import House
from suyuan.portal.tiled import pages as tiled
from suyuan.readers.symbol import render_qr

__all__ = ["error_page", "render_qr", "routes", "sign_in_page"]


def routes(house: House, desk: CaseDesk) -> list[BaseRoute]:
    """Every page. POST ``/sign-in`` and ``/sign-out`` belong to the security layer of the API.

    Pages raise ``SuyuanError``; the application answers it with :func:`error_page` for browsers.
    """
    return [
        *consumer.routes(house),
        *tiled.routes(house),
        *console.routes(house, desk),
        *tracing.routes(house, desk),
        *casework.routes(house, desk),
        *casefile.routes(house, desk),
        *dossier.routes(house, desk),
        Route("/sign-in", _sign_in, methods=["GET"]),
        Route("/assets/{name}", assets, methods=["GET"]),
    ]


async def _sign_in(request: Request) -> Response:
    return sign_in_page(request, error=False, next=request.query_params.get("next", "/console"))
