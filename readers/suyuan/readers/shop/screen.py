"""What the screen of a shop shows now, and its page on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files

import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from suyuan.readers.observation import Observation
from suyuan.readers.shop.platform import Platform, PlatformAway, Told
from suyuan.trace.gs1 import IdentifierError, decode_epc

GONE_AFTER_S = 5.0
"""A tag that was not seen for so long is asked about anew when it comes back."""
STOP_STAYS_S = 5.0
"""For so long nothing better is shown over what must not be sold: goods may lie side by side."""
_ALIVE_S = 15.0
_AWAY = Told(
    "away",
    "unknown",
    ("暂时查不到", "Not available now"),
    ("连接中断，请稍后再试。", "The connection is down. Try again."),
)
_UNREADABLE = Told(
    "error",
    "unknown",
    ("无法识别", "Not readable"),
    ("芯片里没有商品编码。", "There is no code of goods on the tag."),
)
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_FILES = {"screen.html": "text/html", "screen.css": "text/css", "screen.js": "text/javascript"}


@dataclass(frozen=True, slots=True)
class _Shown:
    number: int
    at: float
    told: Told | None


class Screen:
    """One reader's goods before one platform. Lives in one event loop.

    Args:
        platform: who is asked.
        monotonic: seconds that never go back.
    """

    def __init__(self, platform: Platform, *, monotonic: Callable[[], float]) -> None:
        self._platform = platform
        self._monotonic = monotonic
        self._seen: dict[str, float] = {}
        self._shown = _Shown(0, 0.0, None)
        self._changed = asyncio.Condition()
        self._closed = False

    async def follow(self, observations: AsyncIterator[Observation]) -> None:
        """Show whatever comes, until nothing more does."""
        async for seen in observations:
            await self.take(seen)

    async def take(self, seen: Observation) -> None:
        """Ask about one sighting, unless its tag still lies there."""
        code, now = _code(seen), self._monotonic()
        self._seen = {known: at for known, at in self._seen.items() if now - at < GONE_AFTER_S}
        lies_there = code in self._seen
        self._seen[code] = now
        if lies_there:
            return
        if not code:
            await self._show(_UNREADABLE)
            return
        try:
            told = await self._platform.verdict(code)
        except PlatformAway:
            told = _AWAY
            del self._seen[code]  # asked again as soon as it is seen again
        await self._show(told)

    async def _show(self, told: Told) -> None:
        now, before = self._monotonic(), self._shown
        stops = before.told is not None and before.told.tone == "stop"
        if stops and told.tone != "stop" and now - before.at < STOP_STAYS_S:
            return
        async with self._changed:
            self._shown = _Shown(before.number + 1, now, told)
            self._changed.notify_all()

    async def close(self) -> None:
        """Let whoever watches go, so that the page's server ends at once."""
        async with self._changed:
            self._closed = True
            self._changed.notify_all()

    def changes(self) -> AsyncIterator[bytes]:
        """What is shown, as server-sent events, from now on; a comment now and then while nothing changes."""
        return self._after(self._shown.number)  # what somebody was shown before is nobody's business now

    async def _after(self, number: int) -> AsyncIterator[bytes]:
        while not self._closed:
            async with self._changed:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait_for(partial(self._is_after, number)), _ALIVE_S)
                shown = self._shown
            if shown.number == number or shown.told is None:
                yield b": alive\n\n"
                continue
            number = shown.number
            yield b"data: " + orjson.dumps(shown.told.as_json()) + b"\n\n"

    def _is_after(self, number: int) -> bool:
        return self._closed or self._shown.number != number


def application(screen: Screen) -> Starlette:
    """The page, for browsers of this machine alone: a Host of another name is refused (DNS rebinding)."""

    def page(request: Request) -> Response:
        name = request.url.path.strip("/") or "screen.html"
        return Response(_file(name), media_type=_FILES[name], headers=_HEADERS)

    def seen(_request: Request) -> Response:
        return StreamingResponse(screen.changes(), media_type="text/event-stream", headers=_HEADERS)

    return Starlette(
        routes=[Route(path, page) for path in ("/", "/screen.css", "/screen.js")] + [Route("/seen", seen)],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
    )


@cache
def _file(name: str) -> bytes:
    return (files("suyuan.readers.shop") / name).read_bytes()


def _code(seen: Observation) -> str:
    """What the tag or symbol says, to be asked about; nothing where it names nothing."""
    if seen.text is not None:
        return seen.text.strip()
    try:
        return decode_epc(seen.epc).identifier.key
    except IdentifierError:
        return ""
