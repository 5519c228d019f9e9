"""The way of most scans: before all that looks at other requests, to a page that is made already.

What is served here is what :func:`suyuan.portal.consumer.passport_page` would answer, byte for byte, and is
limited and guarded as that is; whatever is not plain (a mark, a tap, a chip, a suspicion, a link that the
producer gave, somebody who is signed in, an error) goes on to the routes. See decision 0040.
"""

from __future__ import annotations

import gzip
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from anyio.to_thread import run_sync
from starlette.types import ASGIApp, Receive, Scope, Send

from suyuan.api.house import House
from suyuan.api.passports.absences import Absences, stand_in
from suyuan.api.passports.codes import CHOICES, Code, asked_for, code_at
from suyuan.api.passports.found import Finder, Found
from suyuan.api.passports.pages import Asked, Pages, values_of
from suyuan.api.passports.slots import GTIN, LOT, SERIAL, MadePage
from suyuan.api.passports.written import OWN
from suyuan.api.resolver.routes import page_headers
from suyuan.api.scan_limits import ScanLimits, was_let_through
from suyuan.portal.compressing import reads_gzip
from suyuan.portal.language import Speech
from suyuan.trace.errors import NotFound, SuyuanError
from suyuan.trace.scan.visitor import is_scan
from suyuan.trace.store.scans import Scan

_AIS = {GTIN: "01", LOT: "10", SERIAL: "21"}
_LONGEST_HEADER = 100
"""Characters of a header of which the meaning is remembered."""
_reads_gzip = lru_cache(maxsize=256)(reads_gzip)


class PlainScans:
    """Serves the pages of goods that are plain, and hands everything else on.

    ``guard`` are the headers that every answer has which does not say otherwise.
    """

    def __init__(
        self, app: ASGIApp, *, house: House, limits: ScanLimits, guard: Sequence[tuple[bytes, bytes]]
    ) -> None:
        self._app = app
        self._house = house
        self._limits = limits
        self._guard = dict(guard)
        self._pages = Pages(house.zone, house.tiles)
        self._absences = Absences(house.zone)
        self._finder = Finder(house)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        code = _code_of(scope)
        if code is not None:
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            if _is_plain(headers, code) and self._limits.lets_through(_address(scope)):
                if await self._serve(scope, send, code, headers):
                    return
                was_let_through(scope)
        try:
            await self._app(scope, receive, send)
        finally:
            if scope["type"] == "lifespan":
                self._finder.close()

    async def _serve(self, scope: Scope, send: Send, code: Code, headers: Mapping[str, str]) -> bool:
        try:
            found = await self._finder.find(code)
        except (SuyuanError, sqlite3.Error):  # the routes find the same, and say it
            return False
        if found is None:
            return False
        now = self._house.now().replace(microsecond=0)
        if isinstance(found, NotFound):
            return await self._tell(scope, send, code, found, headers, now)
        asked = asked_for(scope["query_string"], headers.get("accept-language", ""), code.link)
        page = self._pages.ready(found.kept.body, asked, found.before, now)
        if page is None:
            page = await run_sync(self._pages.page, found.kept.body, asked, found.before, now)
        if page is None:
            return False
        self._note(scope, headers, found, now)
        await self._send(scope, send, _answer(page, asked, found, now, headers))
        return True

    async def _tell(
        self,
        scope: Scope,
        send: Send,
        code: Code,
        unknown: NotFound,
        headers: Mapping[str, str],
        now: datetime,
    ) -> bool:
        """Say that nothing is on record of an item."""
        parts = code.parts
        link = "".join(f"/{_AIS[name]}/{stand_in(name)}" for name in parts)
        asked = asked_for(scope["query_string"], headers.get("accept-language", ""), link)
        if not code.is_below_pages:
            asked = replace(asked, path=link)
        page = self._absences.page(asked, unknown, parts, now)
        if page is None:
            return False
        self._limits.missed(_address(scope))
        self._house.scanning.log.miss(scope["path"])
        content = page.gzipped(Speech(asked.language), {**parts, "checked": now})
        await self._send(scope, send, (404, *_packed(_headers(asked, code), content, headers)))
        return True

    def _note(self, scope: Scope, headers: Mapping[str, str], found: Found, now: datetime) -> None:
        """As :meth:`suyuan.api.scanning.Scanning.seen` does."""
        if not is_scan(scope["method"], headers):
            return
        log = self._house.scanning.log
        visitor = log.visitor(now, _address(scope), headers.get("user-agent", ""))
        is_single = found.kept.body.kind in ("item", "unit")
        log.note(Scan(found.code.owner.key, now, visitor, is_single=is_single))

    async def _send(self, scope: Scope, send: Send, answer: tuple[int, dict[str, str], bytes]) -> None:
        status, headers, content = answer
        told = {name.lower().encode(): value.encode("latin-1") for name, value in headers.items()}
        raw = list({**self._guard, **told}.items())
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else content})


def _code_of(scope: Scope) -> Code | None:
    """The code of a plain request for a page of goods."""
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
        return None
    if scope["query_string"] not in CHOICES:
        return None
    path: bytes = scope.get("raw_path") or b""
    return code_at(path.partition(b"?")[0])


def _is_plain(headers: Mapping[str, str], code: Code) -> bool:
    if "cookie" in headers or "authorization" in headers:
        return False
    if code.is_below_pages:
        return True
    accept = headers.get("accept", "")
    return "text/html" in accept and "linkset" not in accept


def _address(scope: Scope) -> str:
    address: str = (scope.get("client") or ("",))[0]
    return address


def _answer(
    page: MadePage, asked: Asked, found: Found, now: datetime, headers: Mapping[str, str]
) -> tuple[int, dict[str, str], bytes]:
    before = found.before
    tag = f'W/"{page.digest}-{before.count}-{now:%Y%m%d%H%M}"'
    told = _headers(asked, found.code) | {"ETag": tag}
    if tag in headers.get("if-none-match", ""):
        return 304, told, b""
    content = page.gzipped(Speech(asked.language), values_of(found.code.serial, before, now))
    return 200, *_packed(told, content, headers)


def _headers(asked: Asked, code: Code) -> dict[str, str]:
    told = {
        "Cache-Control": "no-cache",
        "Content-Language": asked.language,
        "Vary": "Accept-Language, Accept-Encoding",
    }
    return told if code.is_below_pages else told | page_headers(code.link.replace(OWN, code.serial))


def _packed(told: dict[str, str], content: bytes, headers: Mapping[str, str]) -> tuple[dict[str, str], bytes]:
    """``content``, which is gzip, as the request takes it, and the headers that tell so."""
    told["Content-Type"] = "text/html; charset=utf-8"
    accepted = headers.get("accept-encoding", "")
    if (_reads_gzip if len(accepted) <= _LONGEST_HEADER else reads_gzip)(accepted):
        told["Content-Encoding"] = "gzip"
    else:
        content = gzip.decompress(content)
    told["Content-Length"] = str(len(content))
    return told, content
