"""How much one request may bring to the station's page: a form its fields, the one of a pass also a file."""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from suyuan.trace.errors import SuyuanError, TooLarge

MOST_BODY = 256 * 1024
MOST_FILLED = 4 * 1024 * 1024
"""For the fields of a pass: a logger's file of some two months, a reading a minute, is pasted into one."""
FILLED_PATH = "/start"
_MOST_THROWN_AWAY = 64 * 1024 * 1024


class BodyLimits:
    """The middleware that refuses a body over its limit with ``refuse``, in the language of whoever asks.

    Starlette's own answers in English, as bare text. A browser that is answered while it still sends shows a
    broken connection instead of the answer: what is too much is received and thrown away, up to 64 MiB.
    """

    def __init__(self, app: ASGIApp, *, refuse: Callable[[Request, SuyuanError], Response]) -> None:
        self._app = app
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = MOST_FILLED if scope["path"] == FILLED_PATH else MOST_BODY
        length = Headers(scope=scope).get("content-length", "")
        if length.isascii() and length.isdigit() and int(length[:20]) > limit:
            await _throw_away(receive)
            await self._refuse(Request(scope), _too_large(limit))(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:  # the sender did not say how much it would be
                if message.get("more_body", False):
                    await _throw_away(receive)
                raise _too_large(limit)
            return message

        await self._app(scope, counted, send)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(
        "The request is larger than {limit} KB.",
        remedy="Send less at once: split a file by days.",
        limit=limit // 1024,
    )


async def _throw_away(receive: Receive) -> None:
    left = _MOST_THROWN_AWAY
    while left > 0:
        message = await receive()
        left -= len(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return
