"""All pages of the workbench, and its scripts; no page needs them."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from suyuan.portal.incident import cases, comparing, findings, rooms, scoping, sourcing
from suyuan.portal.incident.desk import IncidentDesk
from suyuan.portal.incident.findings import Finder
from suyuan.portal.incident.illness import IllnessReports
from suyuan.portal.incident.island import SCRIPTS, script
from suyuan.portal.incident.waiting import Hands
from suyuan.portal.services import House
from suyuan.trace.errors import NotFound

_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}


def routes(
    house: House, desk: IncidentDesk, reports: IllnessReports, finder: Finder, hands: Hands
) -> list[BaseRoute]:
    """``/console/incident`` and everything below it."""
    return [
        *findings.routes(house, finder, hands),  # first: its address looks like that of a room
        *rooms.routes(house, desk),
        *cases.routes(house, desk, reports),
        *sourcing.routes(desk, hands),
        *scoping.routes(house, desk, hands),
        *comparing.routes(house, desk, hands),
        Route("/assets/incident/{name}", _script, methods=["GET"]),
    ]


async def _script(request: Request) -> Response:
    content = dict(map(script, SCRIPTS)).get(request.url.path)
    if content is None:
        raise NotFound("There is no file of this name here")
    return Response(content, media_type="text/javascript", headers=_FOR_EVER)
