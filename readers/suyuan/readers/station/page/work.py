"""The page at which work is done: ``/``, its forms, and the stream that keeps it up to date."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, cast
from urllib.parse import urlencode

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from suyuan.readers.station.config import ReadPoint
from suyuan.readers.station.order import Step
from suyuan.readers.station.page import display, fields
from suyuan.readers.station.page.desk import Desk, choose, chosen_step, texts
from suyuan.readers.station.page.field import Field
from suyuan.readers.station.page.fields import Filled
from suyuan.readers.station.page.host import Host
from suyuan.readers.station.page.limits import MOST_FILLED
from suyuan.readers.station.page.pages import Language, answer, asset_path, language_of, render
from suyuan.readers.station.page.picture import Picture, take
from suyuan.readers.station.page.words import say
from suyuan.readers.station.phone_points import with_phones
from suyuan.readers.station.setup_file import is_begun
from suyuan.readers.station.undo import Reason
from suyuan.readers.station.words import WORDS
from suyuan.trace.errors import InvalidInput, Unavailable, WrongUse

EVERY_S = 0.2
BEAT, BEAT_S = b"data: {}\n\n", 2.0
"""The stream says something at least this often, so that a page knows when it is alone."""
MOST_STREAMS = 32
MOST_SCANNED = 2_000
PARTS = ("headline", "counters", "messages", "tags", "absent", "footer", "conditions")
"""The parts of the page that come anew whenever they change."""
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class NoStation(Unavailable):
    """No station is at work: it is not set up, or it cannot start."""

    code = "no-station"
    title = "No station is at work."


class Work:
    """The work page of whichever station ``host`` runs."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._desk: Desk | None = None
        self._streams = 0

    def routes(self) -> list[BaseRoute]:
        """The routes of the work page."""
        return [
            Route("/", self.show),
            Route("/live", self.live),
            Route("/start", self.start, methods=["POST"]),
            Route("/close", self.close, methods=["POST"]),
            Route("/abandon", self.abandon, methods=["POST"]),
            Route("/seen", self.seen, methods=["POST"]),
            Route("/undo", self.ask_undo, methods=["GET"]),
            Route("/undo", self.undo, methods=["POST"]),
            Route("/scan", self.scan, methods=["POST"]),
        ]

    def desk(self) -> Desk:
        """The desk of the station at work; a station that was started anew has a new one.

        Raises:
            NoStation: none is at work.
        """
        station = self._host.station
        if station is None:
            raise NoStation(remedy="Look at the page: it says why.")
        if self._desk is None or self._desk.station is not station:
            self._desk = Desk(station)
        return self._desk

    async def show(self, request: Request) -> Response:
        """The page."""
        if self._host.station is None:
            return answer(request, "none.html", fault=self._host.fault, begun=is_begun(self._host.path))
        desk = self.desk()
        point = choose(desk.station, request.query_params.get("point", ""))
        step = chosen_step(request.query_params.get("step", ""), desk.step(point))
        if step not in point.allowed:
            step = desk.step(point)
        return await self._page(request, desk, point, step)

    async def _page(
        self,
        request: Request,
        desk: Desk,
        point: ReadPoint,
        step: Step,
        filled: Filled | None = None,
        code: str = "",
    ) -> Response:
        """The page; with what is wrong with its fields, or with the ``code`` that was typed."""
        picture = await take(desk, point.name)
        if picture.reading or picture.automatic:
            step = picture.step
        values = await self._values(desk, point, step)
        faults = Filled(None).faults if filled is None else filled.faults
        language = language_of(request)
        gist = _gist(language, step, values)
        seldom = {f.name for f in fields.FIELDS[step] if f.seldom}
        context = {
            **_parts_context(picture, desk, language),
            "station": desk.station.config.called,
            "points": desk.station.config.read_points,
            "groups": display.grouped(point.allowed),
            "point": point,
            "step": step,
            "fields": fields.FIELDS[step],
            "values": values,
            "faults": faults,
            "open": not picture.reading and not gist,
            "seldom_open": any(name in seldom for name in (*faults, *gist)),
            "gist": gist,
            "brief": {f.name: _brief(language, f) for f in fields.FIELDS[step]},
            "code": code,
            "addresses": desk.station.addresses.partners,
            "edition": edition(desk),
            "writers": desk.station.tag_desk.readers(),
            "encoders": desk.station.tag_desk.encoders(),
            "phones": with_phones(desk.station.config),
            "recalls": await _recalls(desk),
            "staff": desk.station.duty.staff,
        }
        status = 400 if faults else 200
        return answer(request, "work.html", status=status, **context)

    async def _values(self, desk: Desk, point: ReadPoint, step: Step) -> Mapping[str, str]:
        try:
            return await desk.values(point, step)
        except Unavailable:  # the store is away; the picture says so, and the fields are as the file has them
            return fields.defaults(point, step, "")

    # What people do

    async def start(self, request: Request) -> Response:
        """Begin a pass."""
        desk, point, form = await self._asked(request)
        step = chosen_step(str(form.get("step", "")), point.step)
        filled = await desk.start(point, step, texts(form, step))
        if filled.order is not None:
            return self._done(request, point)
        if _wants_json(request):
            return _faults(language_of(request), filled)
        return await self._page(request, desk, point, step, filled)

    async def close(self, request: Request) -> Response:
        """End the pass: what was read is recorded."""
        desk, point, _ = await self._asked(request)
        desk.station.close(point.name)
        return self._done(request, point)

    async def abandon(self, request: Request) -> Response:
        """End the pass and record nothing."""
        desk, point, _ = await self._asked(request)
        desk.station.abandon(point.name)
        return self._done(request, point)

    async def seen(self, request: Request) -> Response:
        """The outcome was seen; the page goes back to ready."""
        desk, point, _ = await self._asked(request)
        desk.acknowledge(point.name, (await take(desk, point.name)).passes)
        return self._done(request, point)

    async def ask_undo(self, request: Request) -> Response:
        """The form that asks why; with ``part=1`` without the page around it."""
        desk = self.desk()
        point = choose(desk.station, request.query_params.get("point", ""))
        picture = await take(desk, point.name)
        language = language_of(request)
        told = None
        if picture.can_undo and picture.last is not None and not picture.reading:
            outcome = picture.last.outcome
            told = {
                "step": say(language, f"step.{outcome['step']}"),
                "count": outcome["read"],
                "sequence": ", ".join(map(str, outcome["sequences"])),
                "time": display.clock(datetime.fromisoformat(outcome["time"]), picture.zone),
            }
        template = "undo_form.html" if request.query_params.get("part") else "undo.html"
        return answer(request, template, undo=told, point=point, back=_back(point))

    async def undo(self, request: Request) -> Response:
        """Declare the last event wrong."""
        desk, point, form = await self._asked(request)
        reason = cast("Reason", str(form.get("reason", ""))[:40])  # the station refuses any other word
        note = str(form.get("note", "")).strip()
        await desk.station.undo(point.name, reason, note)
        desk.acknowledge(point.name, -1)
        return self._done(request, point)

    async def scan(self, request: Request) -> Response:
        """A code for the pass: a scanner's, as JSON, for a reader that takes such; or one that was typed."""
        desk = self.desk()
        if request.headers.get("content-type", "").startswith(_FORMS):
            return await self._typed(request)
        text, name = _scanned(await request.body())
        point = choose(desk.station, name)
        if not desk.station.takes(point.name):
            raise WrongUse(
                "No pass is under way at {name}.",
                where="point",
                remedy="Start reading first, then scan again.",
                name=point.name,
            )
        return JSONResponse({"reader": desk.station.scan(text, point.name)})

    async def _typed(self, request: Request) -> Response:
        desk, point, form = await self._asked(request)
        text = str(form.get("text", ""))
        fault = "" if desk.station.takes(point.name) else "fault.code-too-early"
        if len(text) > MOST_SCANNED:  # half a code may be another code
            fault = "fault.code"
        if not fault:
            try:
                desk.station.enter(text, point.name)
            except InvalidInput:
                fault = "fault.code"
        if not fault:
            return self._done(request, point)
        filled = Filled(None, {"code": (fault, {})})
        if _wants_json(request):
            return _faults(language_of(request), filled)
        return await self._page(request, desk, point, desk.step(point), filled, text)

    async def _asked(self, request: Request) -> tuple[Desk, ReadPoint, Mapping[str, object]]:
        form = dict(await request.form(max_files=0, max_part_size=MOST_FILLED))
        desk = self.desk()
        return desk, desk.station.config.point(str(form.get("point", ""))), form

    def _done(self, request: Request, point: ReadPoint) -> Response:
        if _wants_json(request):
            return JSONResponse({})
        return RedirectResponse(_back(point), status_code=303)

    # What the page hears

    async def live(self, request: Request) -> Response:
        """Server-sent events: the parts of the page that changed, as JSON."""
        if self._streams >= MOST_STREAMS:
            raise Unavailable(
                "Too many screens are open at this station.", remedy="Close pages that are not needed."
            )
        stream = self._changes(request, request.query_params.get("point", ""), language_of(request))
        return StreamingResponse(
            stream, media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    async def _changes(
        self, request: Request, read_point: str, language: Language
    ) -> AsyncGenerator[bytes, None]:
        last: dict[str, Any] = {}
        looking: asyncio.Future[dict[str, Any]] | None = None
        spoke = 0.0
        self._streams += 1
        try:
            yield b"retry: 1000\n\n"
            while not (self._host.stopping or await request.is_disconnected()):
                begun = time.monotonic()
                looking = asyncio.ensure_future(self._parts(read_point, language))
                while not (await asyncio.wait([looking], timeout=BEAT_S))[0]:
                    yield BEAT  # a slow disk is no lost connection
                now = looking.result()
                changed = {name: value for name, value in now.items() if last.get(name) != value}
                if changed or begun - spoke >= BEAT_S:
                    yield b"data: " + orjson.dumps(changed) + b"\n\n"
                    last, spoke = now, begun
                # A large burst takes long to judge: the screen must not slow the reading down.
                await asyncio.sleep(max(EVERY_S, 4 * (time.monotonic() - begun)))
        finally:
            self._streams -= 1
            if looking is not None:
                looking.cancel()

    async def _parts(self, read_point: str, language: Language) -> dict[str, Any]:
        if self._host.station is None:
            return {"edition": ""}
        desk = self.desk()
        point = choose(desk.station, read_point)
        picture = await take(desk, point.name)
        context = _parts_context(picture, desk, language)
        html = {f"html-{name}": render(f"part_{name}.html", language, context) for name in PARTS}
        return {
            **html,
            "edition": edition(desk),
            "state": picture.state.value,
            "signal": picture.signal,
            "reading": picture.reading,
            "recorded": list(picture.recorded),
            "title": say(language, "page.title", word=context["word"], station=desk.station.config.called),
            "seen": not picture.reading and picture.time is not None,
            "undo": picture.can_undo and not picture.reading,
            "typing": context["typing"],
            "clock": ""
            if picture.status is None
            else picture.status.clock.isoformat(timespec="milliseconds"),
        }


def edition(desk: Desk) -> str:
    """Changes with the configuration and with the page's own files: then a page loads itself anew."""
    told = f"{desk.station.config!r} {asset_path('station.js')} {asset_path('station.css')}"
    return sha256(told.encode()).hexdigest()[:12]


def _parts_context(picture: Picture, desk: Desk, language: Language) -> dict[str, Any]:
    word = WORDS[picture.state]
    config = desk.station.config

    def clock(moment: datetime) -> str:
        return display.clock(moment, picture.zone)

    return {
        "p": picture,
        "word": word.zh if language == "zh" else word.en,
        "held": desk.held(picture.point),
        "typing": desk.typed(desk.station.config.point(picture.point)),
        "chips": display.chips(
            picture,
            language,
            config.block_list_max_age_s,
            desk.station.duty,
            config.point(picture.point).reader,
        ),
        "short": display.short,
        "plain": display.plain,
        "staffed": bool(desk.station.duty.staff),
        "person": desk.station.duty.person,
        "conditions": display.conditions(picture),
        "clock": clock,
        "clock_offset": ""
        if picture.status is None
        else picture.status.clock.isoformat(timespec="milliseconds"),
    }


def _faults(language: Language, filled: Filled) -> Response:
    """What is wrong with each field, for the page's script."""
    told = {name: say(language, key, **more) for name, (key, more) in filled.faults.items()}
    return JSONResponse({"faults": told, "told": say(language, "fault.summary")}, 400)


def _gist(language: Language, step: Step, values: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """What stands in the fields, as people call it, by the field's name."""
    told: dict[str, tuple[str, str]] = {}
    for each, text in fields.standing(step, values):
        if each.kind == "choice":
            text = say(language, f"choice.{text}") if text in each.choices else text  # noqa: PLW2901
        told[each.name] = (_brief(language, each), "" if each.kind == "tick" else text)
    return told


def _brief(language: Language, each: Field) -> str:
    """The name of a field without what explains it."""
    return re.sub(r"\s*[(（].*", "", say(language, f"field.{each.name}"))


def _scanned(content: bytes) -> tuple[str, str]:
    """The text and the read point of ``{"text": …, "point": …}``."""
    try:
        told = orjson.loads(content)
    except orjson.JSONDecodeError:
        told = None
    members = cast("dict[str, Any]", told) if isinstance(told, dict) else {}
    text, point = members.get("text"), members.get("point", "")
    if not isinstance(text, str) or not 0 < len(text.strip()) <= MOST_SCANNED:
        raise InvalidInput("What was scanned is empty or too long.", where="text", remedy="Scan again.")
    return text, point if isinstance(point, str) else ""


def _back(point: ReadPoint) -> str:
    return f"/?{urlencode({'point': point.name})}"


async def _recalls(desk: Desk) -> int:
    """Of how many recalls goods are still to be found here; 0 while the store is away."""
    try:
        return sum(bool(task.missing) for task in await desk.station.recall_tasks())
    except Unavailable:
        return 0


def _wants_json(request: Request) -> bool:
    return request.headers.get("accept", "").startswith("application/json")
