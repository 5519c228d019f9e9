"""How large a request may be where it is a form: refused in words that reach the sender."""

from __future__ import annotations

from collections.abc import Callable

from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from suyuan.portal.reporting import MOST_PHOTO_MB
from suyuan.trace.errors import SuyuanError, TooLarge

FORM_LIMIT = 1 << 20  # bytes of a form without files
UPLOAD_LIMIT = 20 << 20  # bytes of a form with a file: a table of 50,000 rows, a photographed certificate
PHOTO_LIMIT = 10 << 20  # bytes of a photo of a symbol
REPORT_LIMIT = (MOST_PHOTO_MB << 20) + FORM_LIMIT
_THROWN_AWAY = 256 << 20
_REPORT = "/report"
_PHOTOS = ("/phone/decode", "/scan")
_TAKE_FILES = ("/console/register/", "/console/links/", "/api/links/", "/score")  # beginnings of paths


def limit_of(path: str) -> int:
    """The most bytes that a form sent to ``path`` may have."""
    if path == _REPORT:
        return REPORT_LIMIT
    if path in _PHOTOS:
        return PHOTO_LIMIT
    return UPLOAD_LIMIT if path.startswith(_TAKE_FILES) else FORM_LIMIT


def too_large(limit: int, path: str = "") -> TooLarge:
    """What is answered to more."""
    if limit == FORM_LIMIT:
        return TooLarge(
            "What is sent here may have {limit} bytes; this is more", limit=limit, remedy="Send it in parts."
        )
    if path.startswith("/score"):
        return TooLarge(
            "A network sent here may have {limit} MB; this one is larger",
            limit=limit >> 20,
            remedy="Leave out what is neither a station nor a delivery, or send the stations of one product.",
        )
    return TooLarge(
        "A file sent here may have {limit} MB; this one is larger",
        limit=limit >> 20,
        remedy="Photograph it with fewer pixels, or split the table. Back in the browser leads to the form.",
    )


class BodyLimits:
    """Lets the application read bodies up to the limit of their path.

    A browser that is answered while it still sends shows a broken connection instead of our answer: a file
    that is too large is received first and thrown away, up to 256 MiB. A shopper's report is ended where its
    photo exceeds the limit, so that its own page answers, with what was typed.
    """

    def __init__(self, app: ASGIApp, render: Callable[[Request, SuyuanError], Response]) -> None:
        self._app = app
        self._render = render

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        limit = limit_of(scope["path"])
        headers = Headers(scope=scope)
        if scope["path"] == _REPORT and (end := _end_of_form(headers)):
            await self._app(scope, _Cut(receive, limit, end), send)
            return
        length = headers.get("content-length", "")
        if length.isascii() and length.isdigit() and int(length[:20]) > limit:
            if limit > FORM_LIMIT:  # nobody fills in a megabyte by hand
                await _throw_away(receive)
            await self._render(Request(scope), too_large(limit, scope["path"]))(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:  # the sender did not say how much it would be
                raise HTTPException(413)
            return message

        await self._app(scope, counted, send)


class _Cut:
    """The messages of a form with files, ended at ``limit`` bytes; what comes after is thrown away."""

    def __init__(self, receive: Receive, limit: int, end: bytes) -> None:
        self._receive = receive
        self._left = limit
        self._end = end

    async def __call__(self) -> Message:
        """The next message."""
        message = await self._receive()
        body: bytes = message.get("body", b"")
        if len(body) <= self._left:
            self._left -= len(body)
            return message
        if message.get("more_body", False):
            await _throw_away(self._receive)
        kept, self._left = body[: self._left], 0
        return {"type": "http.request", "body": kept + self._end, "more_body": False}


def _end_of_form(headers: Headers) -> bytes:
    """What ends a form with files; nothing for another body."""
    kind, options = parse_options_header(headers.get("content-type", ""))
    boundary = options.get(b"boundary", b"")
    return b"\r\n--" + boundary + b"--\r\n" if kind == b"multipart/form-data" and boundary else b""


async def _throw_away(receive: Receive) -> None:
    thrown = 0
    while thrown < _THROWN_AWAY:
        message = await receive()
        thrown += len(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return
