"""The HTTP application: everything put together, once, here."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Annotated
from zoneinfo import ZoneInfo

import structlog
from fastapi import Depends, FastAPI, Form, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Match
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from suyuan.api import (
    check_routes,
    copy_routes,
    enrolment_routes,
    health_routes,
    key_routes,
    label_routes,
    phone_routes,
    problem_routes,
    shopper_routes,
    station_routes,
    trace_routes,
)
from suyuan.api.attempts import Attempts
from suyuan.api.clones import Copies
from suyuan.api.devices import DeviceDesk
from suyuan.api.epcis import (
    capture_routes,
    event_routes,
    named_query_routes,
    resource_routes,
    subscription_routes,
    websocket,
)
from suyuan.api.epcis.released import ReleasedTokens
from suyuan.api.epcis.websocket import Sockets
from suyuan.api.house import House, open_house, utc_now
from suyuan.api.incident import answer_routes, export_routes, investigation_routes, job_routes
from suyuan.api.incident.checks import Checks
from suyuan.api.incident.console import PageAnswers, PageFindings
from suyuan.api.incident.desk import InvestigationDesk
from suyuan.api.incident.jobs import Jobs
from suyuan.api.labelling import LabelDesk
from suyuan.api.limits import limit_of, too_large
from suyuan.api.notify.deliverer import Deliverer, Surroundings
from suyuan.api.notify.standing import Standing
from suyuan.api.notify.turns import Turns
from suyuan.api.notify.webhook import Webhooks
from suyuan.api.openapi.description import describe
from suyuan.api.parameters import misread, only_known
from suyuan.api.passports.route import PlainScans
from suyuan.api.passports.upkeep import passport_upkeep
from suyuan.api.phone import PhoneDesk
from suyuan.api.problems import render_error
from suyuan.api.registering import Registering
from suyuan.api.reports import Reports
from suyuan.api.resolver import link_routes, verification_routes
from suyuan.api.resolver.link_desk import LinkDesk
from suyuan.api.resolver.link_tables import LinkTables
from suyuan.api.resolver.resolving import Resolving
from suyuan.api.resolver.routes import routes as resolver_routes
from suyuan.api.resolver.verifying import Verifying
from suyuan.api.scan_limits import LimitScans, ScanLimits
from suyuan.api.scan_upkeep import scan_upkeep
from suyuan.api.security import (
    INSECURE,
    SESSION_LIFETIME,
    Security,
    check_origin,
    cookie_name,
    guarding_headers,
    local_path,
    sign_in,
    sign_out,
)
from suyuan.api.settings import Settings, read_settings
from suyuan.api.shopping import Shopping
from suyuan.api.soap import routes as soap_routes
from suyuan.api.staff import Staff
from suyuan.api.till import Till
from suyuan.api.upkeep import upkeep
from suyuan.portal import (
    account_pages,
    clones,
    code_pages,
    device_pages,
    label_pages,
    link_tables,
    links,
    phone,
    privacy,
    receipt,
    report_desk,
    reporting,
)
from suyuan.portal.incident import routes as incident_pages
from suyuan.portal.pages import error_page, routes, sign_in_page
from suyuan.portal.register import routes as register_routes
from suyuan.portal.resuming import Kept, carried, resume_page, sign_in_again
from suyuan.portal.shopper import pages as shopper_pages
from suyuan.trace.errors import InvalidInput, NotAuthenticated, NotFound, SuyuanError
from suyuan.trace.store.resources import ValuesInSight

_log = structlog.get_logger(__name__)

Render = Callable[[Request, Exception], Response]


class MethodNotAllowed(SuyuanError):
    """The resource exists but does not take this method."""

    code = "method-not-allowed"
    status = 405
    title = "This method is not possible here"


def create() -> FastAPI:
    """The application of this environment: what the server process loads."""
    settings = read_settings(os.environ)
    return application(settings, open_house(settings, utc_now))


def application(settings: Settings, house: House, now: Callable[[], datetime] = utc_now) -> FastAPI:
    """The application over an open house, which it closes at the end of its life."""
    app = _empty(settings, house, now)
    _open_desks(app, settings, house, now)
    render = render_error(error_page)
    guard = guarding_headers(secure_cookies=settings.secure_cookies)
    _answer_errors(app, render, guard)
    _guard(app, settings, house, now, render)
    for part in FOR_PROGRAMS:
        app.include_router(part.router)
    for part in OF_INCIDENTS:
        app.include_router(part.router, dependencies=[Depends(only_known)])
    app.router.routes.extend(websocket.routes)
    for router in OF_THE_STANDARD:
        app.include_router(router, dependencies=[Depends(resource_routes.check_request)])
    _add_sign_in(app, settings, house, now)
    app.router.routes.extend(_pages(app, settings, house, now))
    app.router.routes.extend(resolver_routes(house, Resolving(house, settings.public_url), render))
    describe(app)
    return app


FOR_PROGRAMS = (
    check_routes,
    phone_routes,
    enrolment_routes,
    station_routes,
    health_routes,
    problem_routes,
    key_routes,
    label_routes,
    link_routes,
    verification_routes,
    shopper_routes,
    copy_routes,
    soap_routes,
)
OF_INCIDENTS = (trace_routes, answer_routes, investigation_routes, export_routes, job_routes)
"""Questions of investigators: a parameter that means nothing would answer another one."""
OF_THE_STANDARD = (
    capture_routes.router,
    event_routes.router,
    named_query_routes.router,
    subscription_routes.router,
    resource_routes.router,
    resource_routes.front,
)
"""EPCIS 2.0: what its headers ask is looked at before anything else."""


def _empty(settings: Settings, house: House, now: Callable[[], datetime]) -> FastAPI:
    kept = timedelta(days=settings.scan_days)
    scans = house.scanning.log

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        with (
            upkeep(house.records.lineage),
            passport_upkeep(house.passports),
            scan_upkeep(house.engine, scans, house.judging.judge, now=now, kept=kept),
        ):
            async with app.state.deliverer.working():
                yield
            app.state.jobs.close()  # a ranking under way would keep lineage to itself
        house.close()

    return FastAPI(
        title="Suyuan",
        summary="Food traceability: EPCIS 2.0 capture and query, exact tracing, recall.",
        version="0.1.0",
        lifespan=lifespan,
        docs_url=None,  # the interactive pages load scripts from elsewhere, which our policy forbids
        redoc_url=None,
        openapi_url="/openapi.json",
    )


def _open_desks(app: FastAPI, settings: Settings, house: House, now: Callable[[], datetime]) -> None:
    """What a route finds through its request: it is not ours to call."""
    state = app.state
    state.house = house
    state.public_url = settings.public_url
    state.values_in_sight = ValuesInSight()
    state.released_tokens = ReleasedTokens()
    state.devices = DeviceDesk(house.engine, settings, now, secrets.token_bytes, house.block_list_public_key)
    state.till = Till(house, settings)
    zone = ZoneInfo(settings.time_zone)
    state.phones = PhoneDesk(house, state.till, state.devices, randbytes=secrets.token_bytes, zone=zone)
    state.labels = LabelDesk(
        house.engine, settings, now, secrets.token_bytes, house.passport, house.label_keys
    )
    state.links = LinkDesk(house, settings.public_url, now)
    state.link_tables = LinkTables(house.engine, state.links, now)
    state.verifying = Verifying(house, now)
    state.incidents = InvestigationDesk(house)
    state.checks = Checks(house)
    state.copies = Copies(house, now)
    state.shopping = Shopping(house, settings.public_url)
    state.jobs = Jobs(now, secrets.token_bytes)
    state.receivers = [ip_network(network) for network in settings.receivers]
    state.sockets = Sockets()
    state.soap_turns = Turns(soap_routes.AT_ONCE, soap_routes.OF_A_PARTY)
    state.deliverer = Deliverer(
        Standing(house, {INSECURE.name: INSECURE} if settings.insecure else {}),
        lambda: Webhooks(networks=state.receivers),
        Surroundings(now, asyncio.sleep, secrets.SystemRandom().random),
    )


def _guarded(response: Response, guard: Sequence[tuple[bytes, bytes]]) -> Response:
    told = {name for name, _ in response.raw_headers}
    response.raw_headers += [one for one in guard if one[0] not in told]
    return response


def _answer_errors(app: FastAPI, render: Render, guard: Sequence[tuple[bytes, bytes]]) -> None:
    """Every error as a page or a problem, whoever raised it."""
    app.add_exception_handler(SuyuanError, render)
    # A fault of ours: the server's log gets the traceback, the caller a page or problem without it. It is
    # answered outside of all that stands before the routes.
    app.add_exception_handler(Exception, lambda request, _: _guarded(render(request, SuyuanError()), guard))
    app.add_exception_handler(HTTPException, lambda request, error: _http_error(request, error, render))
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(RequestValidationError, lambda request, error: render(request, _invalid(error)))
    app.add_exception_handler(UnicodeEncodeError, lambda request, error: render(request, _no_text(error)))


def _guard(
    app: FastAPI, settings: Settings, house: House, now: Callable[[], datetime], render: Render
) -> None:
    """What stands before every route; the last one added is outermost."""
    limits = ScanLimits(settings.scan_limit, now)
    app.add_middleware(
        LimitScans,
        limits=limits,
        on_miss=house.scanning.log.miss,
        render=render,
    )
    app.add_middleware(
        Security,
        engine=house.engine,
        now=now,
        insecure=settings.insecure,
        secure_cookies=settings.secure_cookies,
        public_url=settings.public_url,
        render=render,
    )
    if not settings.insecure:  # there everybody is somebody, and no page is the public's
        guard = guarding_headers(secure_cookies=settings.secure_cookies)
        app.add_middleware(PlainScans, house=house, limits=limits, guard=guard)
    if settings.trusted_proxies:  # so that everything behind it sees who is asking
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=list(settings.trusted_proxies))


def _pages(
    app: FastAPI, settings: Settings, house: House, now: Callable[[], datetime]
) -> Iterator[BaseRoute]:
    """The portal's pages, each over the services that it asks for."""
    state, random = app.state, secrets.token_bytes
    yield from device_pages.routes(house, state.devices, now)
    yield from phone.routes(state.phones)
    yield from account_pages.routes(Staff(house.engine, now))
    reports = Reports(house, now=now, randbytes=random, zone=ZoneInfo(settings.time_zone))
    for part in (reporting, report_desk, receipt):
        yield from part.routes(reports)
    yield from routes(house, house.desk)
    yield from privacy.routes(house, house.scanning, days=settings.scan_days)
    yield from shopper_pages.routes(house, state.shopping)
    yield from incident_pages.routes(
        house, state.incidents, reports, PageFindings(state.checks), PageAnswers(state.jobs)
    )
    yield from code_pages.routes(state.labels)
    yield from label_pages.routes(state.labels)
    yield from links.routes(state.links)
    yield from link_tables.routes(state.link_tables)
    yield from clones.routes(state.copies)
    yield from register_routes(Registering(house.engine, settings, now, random, house.papers_of))


def _add_sign_in(app: FastAPI, settings: Settings, house: House, now: Callable[[], datetime]) -> None:
    cookie = cookie_name(secure_cookies=settings.secure_cookies)
    attempts = Attempts(now)

    @app.post("/sign-in", include_in_schema=False)
    def post_sign_in(  # pyright: ignore[reportUnusedFunction] (registered by the decorator)
        request: Request,
        name: Annotated[str, Form(max_length=100)],
        password: Annotated[str, Form(max_length=256)],
        kept: Annotated[Kept | None, Depends(_carried)],
        next: Annotated[str, Form(max_length=2048)] = "/console",  # noqa: A002 (the name of the form field)
    ) -> Response:
        check_origin(request.headers)
        address = "" if request.client is None else request.client.host
        attempts.begin(name, address)
        try:
            secret = sign_in(house.engine, name, password, now())
        except NotAuthenticated:
            return sign_in_page(request, error=True, next=local_path(next), name=name, kept=kept)
        attempts.succeeded(name, address)
        if (before := request.cookies.get(cookie)) is not None:
            sign_out(house.engine, before)  # the browser forgets it; so do we
        response = _after_sign_in(request, name, kept, local_path(next))
        response.set_cookie(
            cookie,
            secret,
            max_age=int(SESSION_LIFETIME.total_seconds()),
            path="/",
            secure=settings.secure_cookies,
            httponly=True,
            samesite="lax",
        )
        return response

    @app.post("/sign-out", include_in_schema=False)
    def post_sign_out(request: Request) -> Response:  # pyright: ignore[reportUnusedFunction] (registered by the decorator)
        if (secret := request.cookies.get(cookie)) is not None:
            sign_out(house.engine, secret)
        response = RedirectResponse("/", status_code=303)
        response.delete_cookie(cookie, path="/", secure=settings.secure_cookies, httponly=True)
        return response


async def _carried(request: Request) -> Kept | None:
    return carried(await request.form())


def _after_sign_in(request: Request, name: str, kept: Kept | None, onward: str) -> Response:
    if kept is None:
        return RedirectResponse(onward, status_code=303)
    if kept.opened_by not in ("", name):
        return sign_in_again(request, kept, now_as=name)
    return resume_page(request, kept, name)


async def _gone(request: Request, _error: Exception) -> Response:
    """Whoever sent went away before the end: no fault of ours, and nobody is left to be answered."""
    _log.info("client-gone", method=request.method, path=request.url.path)
    return Response(status_code=400)


def _http_error(request: Request, error: Exception, render: Render) -> Response:
    """The framework's own refusal in our form, with the headers that belong to it (405 needs Allow)."""
    response = render(request, _ours(error, request.url.path))
    response.headers.update((isinstance(error, HTTPException) and error.headers) or {})
    if response.status_code == 405:  # noqa: PLR2004 (RFC 9110)
        # Several routes may serve one address; the framework names the methods of the first.
        response.headers["Allow"] = ", ".join(filter(lambda method: _is_served(request, method), _METHODS))
    return response


_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


def _is_served(request: Request, method: str) -> bool:
    scope = {**request.scope, "method": method}
    return any(route.matches(dict(scope))[0] is Match.FULL for route in request.app.router.routes)


def _ours(error: Exception, path: str) -> SuyuanError:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 404:  # noqa: PLR2004 (RFC 9110)
        return NotFound(
            "There is nothing at this address", remedy="Check the address, or start at the front page."
        )
    if status == 405:  # noqa: PLR2004 (RFC 9110)
        return MethodNotAllowed("This address does not take that method")
    if status == 413:  # noqa: PLR2004 (RFC 9110)
        return too_large(limit_of(path), path)
    return InvalidInput("{reason}", reason=getattr(error, "detail", "The request is not valid"))


def _no_text(error: Exception) -> SuyuanError:
    """A form in a charset (unicode_escape, utf-7) of what UTF-8 cannot write: no browser sends it."""
    if not isinstance(error, UnicodeEncodeError) or error.encoding != "utf-8":
        raise error
    return InvalidInput("The request is not valid", remedy="Fill it in and send the form again.")


def _invalid(error: Exception) -> SuyuanError:
    return misread(error.errors() if isinstance(error, RequestValidationError) else ())
