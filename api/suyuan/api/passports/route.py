"""The way of most scans: past router and templates, to a page that is made already.

What is served here is what :func:`suyuan.portal.consumer.passport_page` would answer, byte for byte; whatever
is not plain (a mark, a tap, a chip, a suspicion, a link that the producer gave, somebody who is signed in, an
error) goes on to the routes.
"""

from __future__ import annotations

import asyncio
import gzip
import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from sqlalchemy import Engine
from starlette.types import ASGIApp, Receive, Scope, Send

from suyuan.api.house import House
from suyuan.api.passports.absences import Absences, stand_in
from suyuan.api.passports.kept import Kept
from suyuan.api.passports.pages import Asked, Before, Pages, values_of
from suyuan.api.passports.slots import GTIN, LOT, SERIAL, MadePage
from suyuan.api.passports.written import OWN
from suyuan.api.resolver.routes import page_headers
from suyuan.portal.compressing import reads_gzip
from suyuan.portal.consumer import PAGES
from suyuan.portal.language import Language, Speech, negotiate
from suyuan.trace.errors import NotFound, SuyuanError
from suyuan.trace.gs1 import identify
from suyuan.trace.recall.facts import number_not_known
from suyuan.trace.register.labels import seal_of_label
from suyuan.trace.scan.likelihood import State
from suyuan.trace.scan.visitor import is_scan
from suyuan.trace.store.columns import instant
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.passport_news import Latest
from suyuan.trace.store.passport_rows import Ask, Owner, asking
from suyuan.trace.store.scans import Scan

_STEM = "https://id.gs1.org"
_VALUE = "[A-Za-z0-9._~-]+"
_PATH = re.compile(
    f"({PAGES})?(?:/01/([0-9]{{14}})(?:/10/({_VALUE}))?(?:/21/({_VALUE}))?|/00/([0-9]{{18}}))".encode()
)
_CHOICES: Mapping[bytes, tuple[tuple[str, str], ...]] = {
    b"": (),
    b"lang=zh-CN": (("lang", "zh-CN"),),
    b"lang=en": (("lang", "en"),),
    b"large=1": (("large", "1"),),
    b"lang=zh-CN&large=1": (("lang", "zh-CN"), ("large", "1")),
    b"lang=en&large=1": (("lang", "en"), ("large", "1")),
    b"large=1&lang=zh-CN": (("large", "1"), ("lang", "zh-CN")),
    b"large=1&lang=en": (("large", "1"), ("lang", "en")),
}
_GIVEN = "SELECT 1 FROM link WHERE key IN (:item, :lot, :product) AND ended IS NULL LIMIT 1"
_GLANCE = (  # one statement: with each, whoever asks gives up their turn
    f"SELECT ({_GIVEN}), (SELECT job FROM label WHERE key = :key),"  # noqa: S608 (ours)
    " coalesce((SELECT 1 FROM tag_binding WHERE key = :key LIMIT 1),"
    " (SELECT 1 FROM tag_told WHERE key = :key LIMIT 1)),"
    " s.count, s.first, s.state FROM (SELECT 1) AS one LEFT JOIN scan_summary AS s ON s.key = :key"
)
_AIS = {GTIN: "01", LOT: "10", SERIAL: "21"}
_SUSPECTED = frozenset({State.SUSPICIOUS.value, State.KNOWN_COPY.value})
_JOBS = 10_000
_MAPPED = 1 << 40
"""Bytes of the store that are looked at where they lie: SQLite takes its own bound for it, 2 GB."""
_LONGEST = 200
"""Bytes of a path of which anything is remembered; those of codes are half as long."""


@dataclass(frozen=True, slots=True)
class _Code:
    """A code that a path names: under what its passport is kept, and the path without its serial."""

    owner: Owner
    product: str
    serial: str
    is_below_pages: bool
    link: str

    @property
    def parts(self) -> dict[str, str]:
        """The parts of the code of an item, the last one last."""
        gtin = self.product.rpartition("/")[2]
        lot = {LOT: self.owner.lot.rpartition("/")[2]} if self.owner.lot else {}
        return {GTIN: gtin, **lot, SERIAL: self.serial}


@dataclass(frozen=True, slots=True)
class _Found:
    """What is to be answered."""

    code: _Code
    kept: Kept
    before: Before


class PlainScans:
    """Serves the pages of goods that are plain, and hands everything else on."""

    def __init__(self, app: ASGIApp, *, house: House) -> None:
        self._app = app
        self._house = house
        self._pages = Pages(house.zone, house.tiles)
        self._absences = Absences(house.zone)
        # One passport is built at a time: whoever waits finds what others asked for, and the loop its turn.
        self._builder = CapacityLimiter(1)
        self._watch = _watching(house.engine)
        self._turn = asyncio.Lock()
        self._version = -1
        self._latest = Latest()
        self._sealed: dict[str, bool] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if (code := _code_of(scope)) is not None and await self._serve(scope, send, code):
            return
        try:
            await self._app(scope, receive, send)
        finally:
            if scope["type"] == "lifespan" and self._watch is not None:
                self._watch.close()

    async def _serve(self, scope: Scope, send: Send, code: _Code) -> bool:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if not _is_plain(headers, code):
            return False
        try:
            found = await self._found(code)
        except (SuyuanError, sqlite3.Error):  # the routes find the same, and say it
            return False
        if found is None:
            return False
        now = self._house.now().replace(microsecond=0)
        if isinstance(found, NotFound):
            return await self._tell(scope, send, code, found, headers, now)
        accept_language = headers.get("accept-language", "")
        asked = _asked(scope["query_string"], accept_language, code.link)
        page = self._pages.ready(found.kept.body, asked, found.before, now)
        if page is None:
            page = await run_sync(self._pages.page, found.kept.body, asked, found.before, now)
        if page is None:
            return False
        self._note(scope, headers, found, now)
        await _send(scope, send, _answer(page, asked, found, now, headers))
        return True

    async def _tell(
        self,
        scope: Scope,
        send: Send,
        code: _Code,
        unknown: NotFound,
        headers: Mapping[str, str],
        now: datetime,
    ) -> bool:
        """Say that nothing is on record of an item."""
        parts = code.parts
        link = "".join(f"/{_AIS[name]}/{stand_in(name)}" for name in parts)
        accept_language = headers.get("accept-language", "")
        asked = _asked(scope["query_string"], accept_language, link)
        if not code.is_below_pages:
            asked = replace(asked, path=link)
        page = self._absences.page(asked, unknown, parts, now)
        if page is None:
            return False
        content = page.gzipped(Speech(asked.language), {**parts, "checked": now})
        await _send(scope, send, (404, *_packed(_headers(asked, code), content, headers)))
        return True

    async def _found(self, code: _Code) -> _Found | NotFound | None:
        watch = self._watch
        if watch is None:
            return await run_sync(self._asked_in_turn, code)
        if watch.version() != self._version:
            async with self._turn:  # whoever waits here finds that somebody looked after they came
                version = watch.version()
                if version != self._version:
                    self._latest = await run_sync(self._house.passports.catch_up)
                    self._version = version
        latest = self._latest
        kept = self._house.passports.at_hand(code.owner, latest, watch.ask)
        if kept is None and (unknown := self._unnamed(code, latest, watch.ask)) is not None:
            return unknown
        if kept is None:
            kept = await run_sync(self._house.passports.find, code.owner, latest)
        if kept is None:
            found = await run_sync(self._built, code, limiter=self._builder)
            if not isinstance(found, Kept):
                return found
            kept = found
        return self._seen(code, kept, watch.ask)

    def _built(self, code: _Code) -> Kept | NotFound | None:
        """What is kept for a code, built if need be; what is said of an item that nobody gave out."""
        passports = self._house.passports
        kept = passports.find(code.owner, passports.catch_up())
        if kept is None:
            try:
                self._house.passport(code.link.replace(OWN, code.serial))
            except NotFound as unknown:
                with Reading(self._house.engine) as reading:
                    is_told = code.serial and not self._is_linked(code, asking(reading))
                return unknown if is_told else None
            kept = passports.find(code.owner, passports.catch_up())  # None: it has another name, or is new
        return kept

    def _unnamed(self, code: _Code, latest: Latest, ask: Ask) -> NotFound | None:
        """What is said of an item that nothing names but its product, without asking all that tells of it."""
        if not code.serial:
            return None
        item = identify(code.link.replace(OWN, code.serial))
        if self._house.passports.is_unnamed(item, latest, ask) and not self._is_linked(code, ask):
            return number_not_known(item)
        return None

    def _is_linked(self, code: _Code, ask: Ask) -> bool:
        """Whether a producer's link, or another resolver, may be where a code leads that nobody gave out."""
        if not code.is_below_pages and self._house.handled_by(identify(code.owner.key)) is not None:
            return True
        return ask(_GIVEN, _levels(code, code.parts.get(LOT))) is not None

    def _asked_in_turn(self, code: _Code) -> _Found | NotFound | None:
        """The same for a database that does not tell by itself that something changed; in a thread."""
        kept = self._built(code)
        if not isinstance(kept, Kept):
            return kept
        with Reading(self._house.engine) as reading:
            return self._seen(code, kept, asking(reading))

    def _seen(self, code: _Code, kept: Kept, ask: Ask) -> _Found | None:
        """What is known of looks at it, if nothing but these is to be told."""
        if code.serial and kept.body.passport.kind != "item":
            return None  # its lot is stopped and tells for it
        levels = _levels(code, kept.body.passport.lot)
        given, job, chip, count, first, state = ask(_GLANCE, {"key": code.owner.key, **levels}) or (None,) * 6
        if (
            given is not None
            or chip is not None
            or state in _SUSPECTED
            or (job is not None and self._is_sealed(job, code))
        ):
            return None
        if count is None:
            return _Found(code, kept, Before())
        return _Found(code, kept, Before(count, None if first is None else instant(first)))

    def _is_sealed(self, job: str, code: _Code) -> bool:
        if job not in self._sealed:
            if len(self._sealed) > _JOBS:
                self._sealed.clear()
            with Reading(self._house.engine) as reading:
                self._sealed[job] = seal_of_label(reading, code.owner.key) is not None
        return self._sealed[job]

    def _note(self, scope: Scope, headers: Mapping[str, str], found: _Found, now: datetime) -> None:
        """As :meth:`suyuan.api.scanning.Scanning.seen` does."""
        if not is_scan(scope["method"], headers):
            return
        log, passport = self._house.scanning.log, found.kept.body.passport
        address = (scope.get("client") or ("",))[0]
        visitor = log.visitor(now, address, headers.get("user-agent", ""))
        is_single = passport.kind in ("item", "unit")
        log.note(Scan(found.code.owner.key, now, visitor, is_single=is_single))


class _SqliteWatch:
    """A connection of the event loop's own: look-ups by key take less than handing them to a thread."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._opened: sqlite3.Connection | None = None

    def version(self) -> int:
        """A number that changes whenever anybody committed anything."""
        return int(self._connection().execute("PRAGMA data_version").fetchone()[0])

    def ask(self, statement: str, values: Mapping[str, object]) -> Sequence[Any] | None:
        """One row."""
        found: Sequence[Any] | None = self._connection().execute(statement, values).fetchone()
        return found

    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            address = f"file:{quote(self._path)}?mode=ro"
            # An event loop may move to another thread between requests, as those of tests do.
            self._opened = sqlite3.connect(
                address, uri=True, isolation_level=None, timeout=1.0, check_same_thread=False
            )
            # Whatever is committed empties the cache of a connection; what is mapped is not read anew.
            self._opened.execute(f"PRAGMA mmap_size = {_MAPPED}")
        return self._opened

    def close(self) -> None:
        """Give it back."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None


def _watching(engine: Engine) -> _SqliteWatch | None:
    if engine.url.get_backend_name() != "sqlite":
        return None
    return _SqliteWatch(str(engine.url.database))


def _code_of(scope: Scope) -> _Code | None:
    """The code of a plain request for a page of goods."""
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
        return None
    if scope["query_string"] not in _CHOICES or scope.get("state", {}).get("principal") is not None:
        return None
    path = scope.get("raw_path") or b""
    return None if len(path) > _LONGEST else _code_in(path)


@lru_cache(maxsize=4096)
def _code_in(path: bytes) -> _Code | None:
    found = _PATH.fullmatch(path.partition(b"?")[0])
    if found is None:
        return None
    below, gtin, lot, serial, sscc = (part.decode() if part else "" for part in found.groups())
    if sscc:
        return _Code(Owner(f"{_STEM}/00/{sscc}", ""), "", "", bool(below), f"/00/{sscc}")
    product = f"{_STEM}/01/{gtin}"
    lot_key = f"{product}/10/{lot}" if lot else ""
    link = f"/01/{gtin}" + (f"/10/{lot}" if lot else "")
    if serial:
        return _Code(
            Owner(f"{product}/21/{serial}", lot_key), product, serial, bool(below), f"{link}/21/{OWN}"
        )
    return _Code(Owner(lot_key or product, ""), product, "", bool(below), link)


def _is_plain(headers: Mapping[str, str], code: _Code) -> bool:
    if "cookie" in headers or "authorization" in headers:
        return False
    if code.is_below_pages:
        return True
    accept = headers.get("accept", "")
    return "text/html" in accept and "linkset" not in accept


def _levels(code: _Code, lot: str | None) -> dict[str, object]:
    """Of what a link may have been given that leads elsewhere; below the pages nothing does."""
    if code.is_below_pages:
        return {"item": None, "lot": None, "product": None}
    lot_key = f"{code.product}/10/{lot}" if lot else ""
    return {"item": code.owner.key, "lot": lot_key, "product": code.product}


def _asked(query: bytes, accept_language: str, link: str) -> Asked:
    language = negotiate(dict(_CHOICES[query]).get("lang"), accept_language)
    return _asked_in(language, query, link)


@lru_cache(maxsize=32_768)
def _asked_in(language: Language, query: bytes, link: str) -> Asked:
    """Kept by the language, not by the header, which may be of any length."""
    chosen = dict(_CHOICES[query])
    is_chosen = language if chosen.get("lang") == language else None
    return Asked(f"{PAGES}{link}", link, _CHOICES[query], language, is_chosen, large="large" in chosen)


def _answer(
    page: MadePage, asked: Asked, found: _Found, now: datetime, headers: Mapping[str, str]
) -> tuple[int, dict[str, str], bytes]:
    before = found.before
    tag = f'W/"{page.digest}-{before.count}-{now:%Y%m%d%H%M}"'
    told = _headers(asked, found.code) | {"ETag": tag}
    if tag in headers.get("if-none-match", ""):
        return 304, told, b""
    content = page.gzipped(Speech(asked.language), values_of(found.code.serial, before, now))
    return 200, *_packed(told, content, headers)


def _headers(asked: Asked, code: _Code) -> dict[str, str]:
    told = {
        "Cache-Control": "no-cache",
        "Content-Language": asked.language,
        "Vary": "Accept-Language, Accept-Encoding",
    }
    return told if code.is_below_pages else told | page_headers(code.link.replace(OWN, code.serial))


def _packed(told: dict[str, str], content: bytes, headers: Mapping[str, str]) -> tuple[dict[str, str], bytes]:
    """``content``, which is gzip, as the request takes it, and the headers that tell so."""
    told["Content-Type"] = "text/html; charset=utf-8"
    if reads_gzip(headers.get("accept-encoding", "")):
        told["Content-Encoding"] = "gzip"
    else:
        content = gzip.decompress(content)
    told["Content-Length"] = str(len(content))
    return told, content


async def _send(scope: Scope, send: Send, answer: tuple[int, dict[str, str], bytes]) -> None:
    status, headers, content = answer
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else content})
