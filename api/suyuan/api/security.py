"""Who is asking: bearer tokens of stations and programs, signed-in browsers, and what each may do.

The consumer's pages are public and set no cookie. Everything else needs a principal. A browser's POST must
come from our own pages: the fetch metadata or the Origin must say so, which needs no token in every form.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import quote

from anyio.to_thread import run_sync
from fastapi import Depends
from sqlalchemy import Engine
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from suyuan.api.attempts import too_many
from suyuan.api.authority import INSECURE_PARTY
from suyuan.api.device_auth import authenticate_device, is_device_token
from suyuan.api.forms import SentForms, is_anothers, is_form_of_console
from suyuan.api.house import House
from suyuan.api.limits import BodyLimits
from suyuan.api.problems import problem
from suyuan.portal.doors import may_open, viewer_of
from suyuan.portal.policy import policy
from suyuan.portal.services import Principal
from suyuan.trace.errors import NotAllowed, NotAuthenticated, SuyuanError
from suyuan.trace.register.parties import competence_of
from suyuan.trace.store.accounts import (
    Account,
    AccountRole,
    CredentialsWrong,
    authenticate_session,
    authenticate_token,
    end_session,
    start_session,
    verify_password,
)
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.sight import Viewer

__all__ = ["Security", "allow", "house_of", "principal", "viewer_of"]

SESSION_LIFETIME = timedelta(hours=12)
LONGEST_TARGET = 32_768  # bytes of path and query; servers refuse twice as much without a word
HEADERS = {
    "Content-Security-Policy": policy(),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_OVER_TLS = {"Strict-Transport-Security": "max-age=31536000"}
_TAKE_DOCUMENTS = ("/capture", "/events")
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_POLICY_VIOLATION = 1008  # RFC 6455 §7.4.1
INSECURE = Viewer("insecure", "administrator", INSECURE_PARTY)
# One Argon2 computation takes 64 MiB and a core: two at once are plenty. A few more may wait; never so many
# that the threads which serve everybody else are all waiting here.
_PASSWORDS_AT_ONCE = threading.BoundedSemaphore(2)
_PASSWORDS_WAITING = threading.BoundedSemaphore(8)


class UriTooLong(SuyuanError):
    """The address of a request is longer than is read here."""

    code = "uri-too-long"
    status = 414
    title = "The address is too long"


class ForeignRequest(NotAllowed):
    """A browser sent a form that did not come from our own page."""

    code = "foreign-request"
    title = "This form did not come from our page"


def check_target(scope: Scope) -> None:
    """Raise ``UriTooLong`` where path and query are longer than is read here."""
    if len(scope.get("raw_path", b"")) + len(scope["query_string"]) > LONGEST_TARGET:
        raise UriTooLong(
            "The address has more than {limit} characters",
            limit=LONGEST_TARGET,
            remedy="Ask for less at once, or keep the query under a name: POST /queries.",
        )


def guarding_headers(*, secure_cookies: bool) -> list[tuple[bytes, bytes]]:
    """The headers that every answer has which does not say otherwise."""
    headers = {**HEADERS, **(_OVER_TLS if secure_cookies else {}), "Cache-Control": "no-store"}
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


class Security:
    """Finds out who is asking, guards signed-in browsers against foreign forms, and sets the headers."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        engine: Engine,
        now: Callable[[], datetime],
        insecure: bool,
        secure_cookies: bool,
        public_url: str,
        render: Callable[[Request, SuyuanError], Response],
    ) -> None:
        self._app = app
        self._public_url = public_url
        self._forms = BodyLimits(SentForms(app, engine=engine, now=now), render)
        self._render = render
        self._engine = engine
        self._now = now
        self._insecure = insecure
        self._cookie = cookie_name(secure_cookies=secure_cookies)
        self._headers = guarding_headers(secure_cookies=secure_cookies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "websocket":
            await self._serve_socket(scope, receive, send)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        request.state.principal = request.state.viewer = None
        request.state.credentials_wrong = False
        request.state.form = secrets.token_urlsafe(12)
        try:
            check_target(scope)
            request.state.viewer = viewer = await self._viewer(request)
            if viewer is not None:
                request.state.principal = Principal(viewer.name, viewer.role, viewer.party)
        except CredentialsWrong:
            request.state.credentials_wrong = True
        except SuyuanError as error:  # too long, a foreign form, no database: answered here, not deeper in
            await self._render(request, error)(scope, receive, self._with_headers(send))
            return
        if (elsewhere := self._guard(request)) is not None:
            await elsewhere(scope, receive, self._with_headers(send))
            return
        app = self._app if scope["path"] in _TAKE_DOCUMENTS else self._forms
        await app(scope, receive, self._with_headers(send))

    async def _serve_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A WebSocket knows no same-origin policy: a page from elsewhere is refused whatever it brings."""
        socket = WebSocket(scope, receive, send)
        socket.state.principal = socket.state.viewer = None
        socket.state.credentials_wrong = False
        try:
            if "origin" in socket.headers:
                check_origin(socket.headers)
            socket.state.viewer = viewer = await self._viewer(socket)
            if viewer is not None:
                socket.state.principal = Principal(viewer.name, viewer.role, viewer.party)
                socket.state.still_asking = self._asking(socket)
        except CredentialsWrong:
            socket.state.credentials_wrong = True
        except SuyuanError as error:
            await refuse(socket, error)
            return
        await self._app(scope, receive, send)

    def _guard(self, request: Request) -> Response | None:
        """The console's doors; nobody is sent to the sign-in page and comes back from there.

        What was typed into a form whose opener is not signed in is not lost: :class:`SentForms` answers it.
        """
        path: str = request.scope["path"]  # as the router sees it
        if path != "/console" and not path.startswith("/console/"):
            return None
        found: Principal | None = request.state.principal
        sends = is_form_of_console(request)
        if sends and (_is_ours(request) if found is None else is_anothers(request, found)):
            return None
        if found is None:
            back = quote(path, safe="/:()") + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/sign-in?next={quote(back, safe='')}", status_code=303)
        if may_open(found.role, path):
            return None
        return self._render(request, _not_for(found))

    async def _viewer(self, request: HTTPConnection) -> Viewer | None:
        asked = self._asking(request)
        if asked is None or self._insecure:
            return None if asked is None else INSECURE
        return await run_sync(asked)

    def _asking(self, request: HTTPConnection) -> Callable[[], Viewer] | None:
        """What finds out who is asking, now or later; None where the request does not say.

        It raises ``NotAuthenticated`` where the credentials are wrong, or not valid any more.
        """
        changes = request.scope.get("method", "GET") not in _SAFE_METHODS
        if self._insecure:
            # Whatever site the same browser has open must not decide in the name of whoever tests here.
            if changes and _tells_its_page(request.headers):
                check_origin(request.headers)
            return lambda: INSECURE
        kind, _, secret = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and is_device_token(secret):
            return lambda: authenticate_device(self._engine, secret.strip(), self._now(), self._public_url)
        if kind.lower() == "bearer":
            return lambda: self._authenticate(authenticate_token, secret.strip())
        if (session := request.cookies.get(self._cookie)) is not None:
            if changes:
                check_origin(request.headers)
            return lambda: self._authenticate(authenticate_session, session)
        return None

    def _with_headers(self, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = list(message.get("headers", ()))
                names = {name.lower() for name, _ in told}
                message["headers"] = told + [one for one in self._headers if one[0] not in names]
            await send(message)

        return sending

    def _authenticate(self, look_up: Callable[[Reading, str, datetime], Account], secret: str) -> Viewer:
        with Reading(self._engine) as reading:
            return viewer_as(reading, look_up(reading, secret, self._now()))


def viewer_as(reading: Reading, account: Account) -> Viewer:
    """The viewer that an account is: an officer with the competence of the authority, as registered now."""
    officer = account.role is AccountRole.REGULATOR
    competence = competence_of(reading, account.party) if officer else None
    return Viewer(account.name, account.role.value, account.party, competence)


def cookie_name(*, secure_cookies: bool) -> str:
    """Browsers accept ``__Host-`` names only over TLS, from us, for us."""
    return "__Host-suyuan" if secure_cookies else "suyuan"


def check_origin(headers: Headers) -> None:
    """Raise ``ForeignRequest`` unless the browser says that its own page of this host sent the request."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        ours = site in ("same-origin", "none")
    else:
        host = headers.get("host", "")
        ours = bool(host) and headers.get("origin", "").partition("://")[2] == host
    if not ours:
        raise ForeignRequest(
            "The request came from {origin}",
            origin=headers.get("origin", "an unknown page"),
            remedy="Open the page here and send the form again.",
        )


def _is_ours(request: Request) -> bool:
    try:
        check_origin(request.headers)
    except ForeignRequest:
        return False
    return True


def _tells_its_page(headers: Headers) -> bool:
    return "sec-fetch-site" in headers or "origin" in headers


async def refuse(socket: WebSocket, error: SuyuanError) -> None:
    """Answer a handshake with a problem; a server that cannot do that answers 403 without words."""
    if "websocket.http.response" in socket.scope.get("extensions", {}):
        await socket.send_denial_response(problem(error, socket.url.path))
    else:
        await socket.close(_POLICY_VIOLATION)


def principal(request: HTTPConnection) -> Principal:
    """Who is asking; ``NotAuthenticated`` for nobody."""
    found: Principal | None = request.state.principal
    if found is None:
        if request.state.credentials_wrong:
            raise CredentialsWrong(
                "These credentials are not valid", remedy="Check them, or ask the administrator for new ones."
            )
        raise NotAuthenticated(
            "This needs credentials", remedy="Send a bearer token in the Authorization header, or sign in."
        )
    return found


def allow(*roles: str) -> Callable[[Principal], Principal]:
    """A dependency that lets only these roles pass; an administrator always may."""

    def check(by: Annotated[Principal, Depends(principal)]) -> Principal:
        if by.role not in (*roles, "administrator"):
            raise _not_for(by)
        return by

    return check


def check_may(request: HTTPConnection, *roles: str) -> Principal:
    """Who is asking, if they have one of these roles; an administrator always may."""
    return allow(*roles)(principal(request))


def _not_for(by: Principal) -> NotAllowed:
    return NotAllowed("{name} is a {role} and may not do this", name=by.name, role=by.role)


capturer = allow("station")
reader_of_events = allow("regulator", "company", "station")  # what of them, sight says


def house_of(request: Request) -> House:
    """The house of this application."""
    house: House = request.app.state.house
    return house


def sign_in(engine: Engine, name: str, password: str, now: datetime) -> str:
    """The secret of a new session.

    Raises:
        CredentialsWrong: name and password do not fit.
        TooManyAttempts: many are signing in at this moment.
    """
    if not _PASSWORDS_WAITING.acquire(blocking=False):
        raise too_many(timedelta(seconds=5))
    try:
        with _PASSWORDS_AT_ONCE, Reading(engine) as reading:
            verify_password(reading, name, password)
    finally:
        _PASSWORDS_WAITING.release()
    with Writing(engine) as writing:
        return start_session(writing, name, now=now, randbytes=secrets.token_bytes, lifetime=SESSION_LIFETIME)


def sign_out(engine: Engine, secret: str) -> None:
    """End a session."""
    with Writing(engine) as writing:
        end_session(writing, secret)


def local_path(value: str) -> str:
    """A path of ours to go on to after signing in; anything else becomes the console."""
    ours = value.startswith("/") and not value.startswith(("//", "/\\"))
    return value if ours and value.isprintable() else "/console"
