"""Phones as readers: the screen that lets them in (``/phones``), and the page that they open (``/phone``)."""

from __future__ import annotations

import asyncio
import math
import re
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any, cast
from urllib.parse import urlencode

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from suyuan.readers.station.config import PageConfig, ReadPoint
from suyuan.readers.station.config_rules import only_here
from suyuan.readers.station.identity import GS1, as_typed
from suyuan.readers.station.outcome import Outcome
from suyuan.readers.station.page.host import Host
from suyuan.readers.station.page.pages import answer, asset_path, assets, language_of
from suyuan.readers.station.page.pairing import (
    certified_names,
    fingerprint,
    own_address,
    own_name,
    page_address,
    pairing_symbol,
)
from suyuan.readers.station.page.phone_book import MOST_NAME, Fate, Phone, PhoneBook, Sighting
from suyuan.readers.station.page.words import say, tell_error
from suyuan.readers.station.page.words_of_phone import PHONE
from suyuan.readers.station.page.work import NoStation
from suyuan.readers.station.phone_points import points_of, with_phones
from suyuan.readers.station.setup_file import is_begun
from suyuan.readers.station.station import Station
from suyuan.readers.station.watch import Tag
from suyuan.readers.wedge import LONGEST
from suyuan.trace.errors import Conflict, InvalidInput, NotAuthenticated, SuyuanError, TooLarge

COOKIE = "suyuan-phone"
COOKIE_AGE_S = 400 * 24 * 3600  # browsers keep none longer
NAMED_WITHIN_S = 2.0
MOST_BODY = 32 * 1024
_ID = re.compile(r"[0-9a-f]{32}")
_SPOKEN = "phone.js."
_FATES: Mapping[str, Fate] = {
    "taken": Fate.RECORDED,
    "extra": Fate.RECORDED,
    "refused": Fate.REFUSED,
    "unreadable": Fate.UNREADABLE,
}


class PhoneUnknown(NotAuthenticated):
    """The phone was not let in, or was removed."""

    code = "phone-unknown"
    title = "The station does not know this phone"


class NoPassYet(Conflict):
    """Nobody has started to read at the read point: what a phone sends would count for nothing."""

    code = "no-pass"
    title = "Nothing is being read"


class Phones:
    """The phones of whichever station ``host`` runs.

    Args:
        host: runs the station.
        monotonic: seconds that never go back.
        own_address: this machine's address in the network, empty where it has none.
        own_name: the name under which the network finds that address; it may take its time.
    """

    def __init__(
        self,
        host: Host,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        own_address: Callable[[], str],
        own_name: Callable[[str], str],
    ) -> None:
        self._host = host
        self._monotonic = monotonic
        self._own_address = own_address
        self._own_name = own_name
        self._asked: tuple[str, asyncio.Task[str]] | None = None
        self._fingerprint = ""
        self._certified: frozenset[str] = frozenset()
        self._station: Station | None = None
        self._opened: PhoneBook | None = None
        self._opening = asyncio.Lock()

    def routes(self) -> list[BaseRoute]:
        """The routes of the screen and of the phones."""
        return [
            Route("/phones", self.show, methods=["GET"]),
            Route("/phones/code", self.show_code, methods=["POST"]),
            Route("/phones/revoke", self.revoke, methods=["POST"]),
            Route("/phone", self.phone, methods=["GET"]),
            Route("/phone/shell", self.shell, methods=["GET"]),
            Route("/phone/worker.js", self.worker, methods=["GET"]),
            Route("/phone/manifest.json", self.manifest, methods=["GET"]),
            Route("/phone/pair", self.pair, methods=["POST"]),
            Route("/phone/typed", self.typed, methods=["POST"]),
            Route("/phone/sightings", self.sighted, methods=["POST"]),
            Route("/phone/state", self.state, methods=["GET"]),
        ]

    async def _at_work(self) -> tuple[Station, PhoneBook]:
        """The station at work and its phones.

        Raises:
            NoStation: none is at work.
            OutboxUnavailable: what was kept cannot be read.
        """
        station = self._host.station
        if station is None:
            raise NoStation(remedy="Look at the page: it says why.")
        async with self._opening:
            if self._opened is None or self._station is not station:
                book = PhoneBook(
                    station,
                    monotonic=self._monotonic,
                    secret=lambda: secrets.token_urlsafe(32),
                    choice=secrets.choice,
                )
                await book.load()
                certificate = station.config.page.certificate
                self._fingerprint = fingerprint(certificate) if certificate else ""
                self._certified = certified_names(certificate) if certificate else frozenset()
                station.follow(_settling(station, book))
                self._station, self._opened = station, book
            return station, self._opened

    # The station's screen

    async def show(self, request: Request) -> Response:
        """The phones, the code if one is good, and the address to open."""
        if self._host.station is None:
            return answer(request, "none.html", fault=self._host.fault, begun=is_begun(self._host.path))
        station, book = await self._at_work()
        code, left_s = book.code()
        page = station.config.page
        address, other = await self._addresses(request, page)
        return answer(
            request,
            "phones.html",
            phones=book.phones,
            heard={phone.number: points_of(station.config, phone.number) for phone in book.phones},
            code=code,
            left_s=math.ceil(left_s),
            address=address,
            other=other,
            symbol=pairing_symbol(address, code) if code else "",
            fingerprint=self._fingerprint,
            only_here=only_here(page.host),
            secure=request.url.scheme == "https",
            with_phones=with_phones(station.config),
        )

    async def _addresses(self, request: Request, page: PageConfig) -> tuple[str, str]:
        """Where a phone finds the page, and where else, if anywhere.

        As this browser did, unless that only works on this machine: then by the machine's name, where the
        network knows it, and by its address. Its address comes first where the page has a certificate that
        is not made out to the name.
        """
        host, port = request.url.hostname or "", request.url.port or page.port
        name = ""
        if only_here(host) or host == "localhost":
            host = self._own_address() or host
            name = await self._name_of(host)
        doubtful = page.certificate is not None and name not in self._certified
        ways = (host, name) if doubtful else (name, host)
        known = [page_address(request.url.scheme, one, port) for one in ways if one]
        return known[0], known[1] if name else ""

    async def _name_of(self, address: str) -> str:
        """The name of this machine that the network knows; nothing where that does not tell in time.

        It is asked once. An answer that comes late counts from then on, unless it is that there is no name.
        """
        if self._asked is None or self._asked[0] != address:
            self._asked = address, asyncio.create_task(asyncio.to_thread(self._own_name, address))
        _, asked = self._asked
        if asked.done():
            return asked.result()
        done, _ = await asyncio.wait({asked}, timeout=NAMED_WITHIN_S)
        if not done:
            asked.add_done_callback(self._ask_again)
            return ""
        return asked.result()

    def _ask_again(self, asked: asyncio.Task[str]) -> None:
        if self._asked is not None and self._asked[1] is asked and (asked.cancelled() or not asked.result()):
            self._asked = None

    async def show_code(self, request: Request) -> Response:
        """Make a code for one phone."""
        del request
        _, book = await self._at_work()
        book.show_code()
        return RedirectResponse("/phones", status_code=303)

    async def revoke(self, request: Request) -> Response:
        """Let a phone in no more."""
        number = str((await request.form()).get("number", ""))
        _, book = await self._at_work()
        if number in {str(phone.number) for phone in book.phones}:
            await book.revoke(int(number))
        return RedirectResponse("/phones", status_code=303)

    # The phone

    async def phone(self, request: Request) -> Response:
        """The page of a phone: to be let in, or to read."""
        if self._host.station is None:
            return answer(request, "none.html", fault=self._host.fault, begun=is_begun(self._host.path))
        station, book = await self._at_work()
        phone = book.of(request.cookies.get(COOKIE, ""))
        if phone is None:
            return self._joining(request, book, code=request.query_params.get("code", "")[:MOST_NAME])
        return self._reading(request, station, book, phone)

    async def shell(self, request: Request) -> Response:
        """The page to read with, for the worker to keep: refused where the phone would get another."""
        return self._reading(request, *await self._known(request))

    async def worker(self, request: Request) -> Response:
        """The script that opens the page without network; beside the page, whose scope it is given."""
        del request
        return Response(
            assets()["phone_worker.js"].content,
            media_type="text/javascript",
            headers={"Service-Worker-Allowed": "/phone"},
        )

    async def manifest(self, request: Request) -> Response:
        """What a phone needs to put the page among its apps."""
        station, _, _ = await self._known(request)
        icon = {"src": asset_path("icon.svg"), "type": "image/svg+xml", "sizes": "any"}
        told = {
            "id": "/phone",
            "name": station.config.called,
            "start_url": "/phone",
            "scope": "/phone",
            "display": "standalone",
            "background_color": "#ffffff",
            "theme_color": "#0b5a3c",
            "icons": [icon],
        }
        return JSONResponse(told, media_type="application/manifest+json")

    def _joining(
        self,
        request: Request,
        book: PhoneBook,
        error: SuyuanError | None = None,
        *,
        code: str = "",
        name: str = "",
    ) -> Response:
        fault = "" if error is None else tell_error(language_of(request), error)
        wait, status = math.ceil(book.wait_s()), 200 if error is None else error.status
        return answer(request, "phone_join.html", status=status, fault=fault, wait=wait, code=code, name=name)

    def _reading(
        self,
        request: Request,
        station: Station,
        book: PhoneBook,
        phone: Phone,
        error: SuyuanError | None = None,
        *,
        point: str = "",
        text: str = "",
    ) -> Response:
        language = language_of(request)
        points = points_of(station.config, phone.number)
        return answer(
            request,
            "phone.html",
            status=200 if error is None else error.status,
            phone=phone,
            station=station.config.called,
            points=points,
            point=point or request.query_params.get("point", ""),
            takes={each.name: station.takes(each.name) for each in points},
            seen=book.sightings(phone),
            words={key.removeprefix(_SPOKEN): say(language, key) for key in PHONE if key.startswith(_SPOKEN)},
            fault="" if error is None else tell_error(language, error),
            text=text,
            id=secrets.token_hex(16),
        )

    async def pair(self, request: Request) -> Response:
        """Let the phone in, if it knows the code."""
        form = await request.form()
        code, name = str(form.get("code", ""))[:MOST_NAME], str(form.get("name", ""))[:MOST_NAME]
        _, book = await self._at_work()
        try:
            _, token = await book.pair(code, name)
        except SuyuanError as error:
            return self._joining(request, book, error, name=name)
        inside = RedirectResponse("/phone", status_code=303)
        inside.set_cookie(
            COOKIE,
            token,
            max_age=COOKIE_AGE_S,
            httponly=True,
            samesite="strict",
            path="/phone",
            secure=request.url.scheme == "https",
        )
        return inside

    async def typed(self, request: Request) -> Response:
        """A code that was typed into the form of a phone without script."""
        form = await request.form()
        told = {name: str(form.get(name, "")) for name in ("id", "point", "text")}
        station, book = await self._at_work()
        phone = book.of(request.cookies.get(COOKIE, ""))
        if phone is None:
            return RedirectResponse("/phone", status_code=303)
        try:
            await _take(station, book, phone, {**told, "typed": True})
        except SuyuanError as error:
            return self._reading(
                request, station, book, phone, error, point=told["point"], text=told["text"][:LONGEST]
            )
        return RedirectResponse(f"/phone?{urlencode({'point': told['point']})}", status_code=303)

    async def sighted(self, request: Request) -> Response:
        """A sighting, as JSON, sent again until it is answered: ``id``, ``point``, ``text``, ``typed``."""
        body = await request.body()
        if len(body) > MOST_BODY:
            raise TooLarge("The request is too large.", remedy="Send less at once.")
        station, book, phone = await self._known(request)
        return JSONResponse({"fate": await _take(station, book, phone, _told(body))})

    async def state(self, request: Request) -> Response:
        """Where something can be read now, and what became of the phone's last sightings."""
        station, book, phone = await self._known(request)
        points = [
            {"name": point.name, "takes": station.takes(point.name)}
            for point in points_of(station.config, phone.number)
        ]
        seen = [{"id": one.id, "text": one.text, "fate": one.fate} for one in book.sightings(phone)]
        return JSONResponse({"points": points, "seen": seen})

    async def _known(self, request: Request) -> tuple[Station, PhoneBook, Phone]:
        station, book = await self._at_work()
        phone = book.of(request.cookies.get(COOKIE, ""))
        if phone is None:
            raise PhoneUnknown(
                "The station does not know this phone.",
                remedy="Have a code shown on the station's screen and type it here.",
            )
        return station, book, phone


def routes(host: Host) -> list[BaseRoute]:
    """The routes of the screen and of the phones."""
    return Phones(host, own_address=own_address, own_name=own_name).routes()


async def _take(station: Station, book: PhoneBook, phone: Phone, told: Mapping[str, Any]) -> Fate:
    """Take one sighting of a phone.

    Raises:
        InvalidInput: it is none, or what was typed names nothing.
        WrongUse: no such read point, or it does not listen to this phone.
        NoPassYet: nobody has started to read there.
        PhoneTooFast, OutboxUnavailable, ReaderError: it is to be sent again later.
    """
    id_, name, text = told.get("id"), told.get("point"), told.get("text")
    if not (isinstance(id_, str) and _ID.fullmatch(id_) and isinstance(name, str)):
        raise InvalidInput("This is no sighting of a phone.", remedy="Reload the page.")
    text = text.strip(" \t\r\n") if isinstance(text, str) else ""  # a GS may begin a code: it is FNC1
    if not 0 < len(text) <= LONGEST:
        raise InvalidInput("What was scanned is empty or too long.", where="text", remedy="Scan again.")
    point = station.config.point(name)

    def hand_on() -> None:
        if not station.takes(point.name):
            raise NoPassYet(
                "No pass is under way at {name}.",
                where="point",
                remedy="Start reading on the station's screen; the phone then sends by itself.",
                name=point.name,
            )
        station.sight(text, point.name, phone.number, typed=told.get("typed") is True)

    return await book.take(phone, Sighting(id_, text, point.name), hand_on)


def _told(body: bytes) -> Mapping[str, Any]:
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        told = None
    return cast("dict[str, Any]", told) if isinstance(told, dict) else {}


def _settling(station: Station, book: PhoneBook) -> Callable[[Outcome, tuple[Tag, ...]], None]:
    """What tells the phones of ``book`` how each pass ended."""

    def told(outcome: Outcome, tags: tuple[Tag, ...]) -> None:
        point: ReadPoint = station.config.point(outcome.read_point)
        fates = {_key(tag.code, tag.part == "unreadable"): _FATES[tag.part] for tag in tags}

        def judge(text: str) -> Fate | None:
            fate = fates.get(_key(text)) or fates.get(_key(text, unreadable=True))
            return Fate.UNRECORDED if fate is Fate.RECORDED and not outcome.sequences else fate

        book.settle(point.name, point.automatic, judge)

    return told


def _key(text: str, unreadable: bool = False) -> str:
    """The object that a text names, or how the station shows what it cannot read."""
    if not unreadable:
        try:
            return GS1.from_text(as_typed(text)).key
        except InvalidInput:
            pass
    return f"\0{text[:40]}"
