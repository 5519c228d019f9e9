"""What a phone in the same network may see of the demonstration: the consumer's pages and nothing else.

The server itself stays on loopback. This listener has no console, no capture and no sign-in; the QR that the
demonstration prints leads here.
"""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Thread
from zoneinfo import ZoneInfo

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from suyuan.api import shopper_routes
from suyuan.api.house import House, open_house
from suyuan.api.limits import BodyLimits
from suyuan.api.problems import render_error
from suyuan.api.reports import Reports
from suyuan.api.resolver.resolving import Resolving
from suyuan.api.resolver.routes import routes as resolver_routes
from suyuan.api.scan_upkeep import scan_upkeep
from suyuan.api.security import HEADERS, UriTooLong, check_target
from suyuan.api.settings import Settings
from suyuan.api.shopping import Shopping
from suyuan.portal import consumer, privacy, reporting
from suyuan.portal.pages import error_page
from suyuan.portal.rendering import assets
from suyuan.portal.shopper import pages as shopper_pages
from suyuan.portal.tiled import pages as tiled
from suyuan.trace.errors import NotFound, SuyuanError

_DOCUMENTATION_HOST = (
    "192.0.2.1",
    9,
)  # TEST-NET-1 (RFC 5737): no packet is sent, the kernel names its way there


def lan_address() -> str | None:
    """This machine's address in its local network, or None where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_DOCUMENTATION_HOST)
        except OSError:
            return None
        address: str = probe.getsockname()[0]
    return None if address.startswith("127.") else address


def consumer_application(
    house: House, settings: Settings, now: Callable[[], datetime], public_url: str
) -> ASGIApp:
    """The consumer's pages over an open house and what leads to them; everything else is not there."""
    render = render_error(error_page)

    def absent(request: Request, _: Exception) -> Response:
        return render(request, NotFound("There is nothing at this address"))

    async def verdicts(request: Request) -> Response:  # what the fridge asks
        return JSONResponse(await shopper_routes.verdicts(request))

    reports = Reports(house, now=now, randbytes=secrets.token_bytes, zone=ZoneInfo(settings.time_zone))
    shopping = Shopping(house, public_url)
    assets_route = Route("/assets/{name}", assets, methods=["GET"])
    links = resolver_routes(house, Resolving(house, public_url), render)
    pages = Starlette(
        routes=[
            *consumer.routes(house),
            *tiled.routes(house),
            *privacy.routes(house, house.scanning, days=settings.scan_days),
            *reporting.routes(reports),
            *shopper_pages.routes(house, shopping),
            Route("/api/verdicts", verdicts, methods=["POST"]),
            assets_route,
            *links,
        ],
        exception_handlers={
            SuyuanError: render,
            404: absent,
            405: absent,
            Exception: lambda request, _: render(request, SuyuanError()),
        },
    )
    pages.state.house, pages.state.shopping = house, shopping
    limited = BodyLimits(pages, render)

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        scope.setdefault("state", {}).update(principal=None, signs_in=False)  # nobody signs in here
        try:
            check_target(scope)
        except UriTooLong as error:
            await render(Request(scope), error)(scope, receive, sending)
            return
        await limited(scope, receive, sending)

    return application


def door(host: str, preferred: int) -> socket.socket:
    """A listening socket at ``preferred``, so that a printed code goes on leading here, or at a free port."""
    try:
        return socket.create_server((host, preferred))
    except OSError:
        return socket.create_server((host, 0))


@contextmanager
def consumers_served(
    settings: Settings, listening: socket.socket, now: Callable[[], datetime]
) -> Generator[None]:
    """The consumer's pages on ``listening`` for as long as the block lasts."""
    house, kept = open_house(settings, now), timedelta(days=settings.scan_days)
    host, port = listening.getsockname()
    app = consumer_application(house, settings, now, f"http://{host}:{port}")
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", access_log=False))
    thread = Thread(target=server.run, kwargs={"sockets": [listening]}, name="consumers", daemon=True)
    thread.start()
    try:
        with scan_upkeep(house.engine, house.scanning.log, house.judging.judge, now=now, kept=kept):
            try:
                while not server.started and thread.is_alive():
                    time.sleep(0.01)
                yield
            finally:
                server.should_exit = True
                thread.join(5)
    finally:
        house.close()
