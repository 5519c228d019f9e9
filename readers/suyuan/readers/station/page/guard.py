"""Which requests the station's page lets in, and the headers of every answer.

The page stands on a machine in a shop or hall whose browser also visits other sites, and often has no
password. Three things keep strangers out: a Host that is a name of this machine or of its certificate (a
foreign name that is made to resolve to it, DNS rebinding, is not), forms only from our own pages, and a PIN
where the page listens beyond this machine.
"""

from __future__ import annotations

import hashlib
import hmac
import socket
from collections import deque
from collections.abc import Callable, Collection
from ipaddress import ip_address

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from suyuan.trace.errors import NotAllowed

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: with it browsers send "Origin: null" with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
COOKIE = "suyuan-station"
COOKIE_AGE_S = 180 * 24 * 3600
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
OPEN_PATHS = ("/pin", "/static/", "/language/", "/phone/")
PHONE_PATH = "/phone"
"""Where phones come, which bring a token of their own instead of the PIN; below it too."""
MOST_TRIES, TRIES_WITHIN_S = 5, 60.0


class ForeignRequest(NotAllowed):
    """A request that did not come from the station's own page."""

    code = "foreign-request"
    title = "This did not come from the station's page"


class Lock:
    """The PIN of the page: what a right one is worth, and how often wrong ones may come.

    Args:
        pin: empty: there is none, everybody who reaches the page may use it.
        key: secret bytes that outlast a restart, so that the kiosk need not be unlocked again.
        monotonic: seconds that never go back.
    """

    def __init__(self, pin: str, key: bytes, *, monotonic: Callable[[], float]) -> None:
        self._pin = pin.encode()
        self._ticket = hmac.new(key, b"page " + self._pin, hashlib.sha256).hexdigest()
        self._monotonic = monotonic
        self._wrong: deque[float] = deque(maxlen=MOST_TRIES)

    def admits(self, request: Request) -> bool:
        """Whether the request bears the cookie that a right PIN gave."""
        return not self._pin or hmac.compare_digest(
            request.cookies.get(COOKIE, "").encode(), self._ticket.encode()
        )

    def wait_s(self) -> float:
        """How long nobody may try now: wrong ones are counted for all together, whatever their address."""
        if len(self._wrong) < MOST_TRIES:
            return 0.0
        return max(0.0, self._wrong[0] + TRIES_WITHIN_S - self._monotonic())

    def open(self, pin: str, response: Response) -> bool:
        """Whether ``pin`` is right; then ``response`` carries the cookie. A wrong one is counted."""
        if not hmac.compare_digest(pin.strip().encode(), self._pin):
            self._wrong.append(self._monotonic())
            return False
        response.set_cookie(
            COOKIE, self._ticket, max_age=COOKIE_AGE_S, httponly=True, samesite="strict", path="/"
        )
        return True


class Guard:
    """The middleware around the page's application."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        lock: Lock,
        refuse: Callable[[Request, NotAllowed], Response],
        names: Collection[str],
    ) -> None:
        self._app = app
        self._lock = lock
        self._refuse = refuse
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        answer: ASGIApp = self._app
        try:
            check_host(request.headers, self._names)
            if request.method not in SAFE_METHODS:
                check_origin(request.headers, request.url.scheme)
        except ForeignRequest as error:
            answer = self._refuse(request, error)
        else:
            path = request.url.path
            if not path.startswith(OPEN_PATHS) and path != PHONE_PATH and not self._lock.admits(request):
                answer = RedirectResponse("/pin", status_code=303)
        await answer(scope, receive, _with_headers(send))


def check_host(headers: Headers, names: Collection[str]) -> None:
    """See that the browser asked for this machine by an address or by a name that is its own.

    ``names`` are those beside the machine's: where the page listens, and who its certificate is made out to.

    Raises:
        ForeignRequest: a name of somebody else's, which may be made to resolve to this machine.
    """
    name = headers.get("host", "").rpartition(":")[0] or headers.get("host", "")
    if name.count(":") > 1 or name.startswith("["):
        name = headers.get("host", "").partition("]")[0].removeprefix("[")
    machine = socket.gethostname().lower()
    if name.lower() in {"localhost", machine, f"{machine}.local", *names} or _is_address(name):
        return
    raise ForeignRequest(
        "The page was asked for under the name {name}, which is not this machine's.",
        name=name[:100],
        remedy="Open the address that the station prints when it starts.",
    )


def check_origin(headers: Headers, scheme: str = "http") -> None:
    """See that a page of ours sent the form.

    Over plain HTTP on a local network browsers send no fetch metadata, but they do send Origin.

    Raises:
        ForeignRequest: it comes from elsewhere, or nothing says where from.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        ours = site == "same-origin"
    else:
        host = headers.get("host", "")
        ours = bool(host) and headers.get("origin", "") == f"{scheme}://{host}"
    if not ours:
        raise ForeignRequest(
            "The request came from {origin}.",
            origin=headers.get("origin", "an unknown page")[:200],
            remedy="Open the station's page and do it there.",
        )


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return sending
