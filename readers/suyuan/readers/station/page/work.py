"""The page at which work is done: ``/``."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from suyuan.readers.station.page.host import Host
from suyuan.readers.station.page.pages import answer


def routes(host: Host) -> list[BaseRoute]:
    """The routes of the work page."""

    async def show(request: Request) -> Response:
        return answer(request, "none.html", fault=host.fault, exists=host.path.exists())

    return [Route("/", show)]
