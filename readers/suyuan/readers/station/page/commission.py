"""The page on which UHF tags get the identities of a work order: ``/commission``."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from suyuan.readers.station.commission import Manner
from suyuan.readers.station.commission_screen import Coding
from suyuan.readers.station.config import ReadPoint
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.page.host import Host
from suyuan.readers.station.page.pages import Language, answer, language_of, render
from suyuan.readers.station.page.words import say
from suyuan.readers.station.page.words_of_commission import COMMISSION
from suyuan.readers.station.page.work import NoStation
from suyuan.readers.station.page.write import called
from suyuan.readers.station.setup_file import is_begun
from suyuan.readers.station.station import Station
from suyuan.readers.station.tag_fetch import PlatformAway
from suyuan.readers.station.tag_jobs import Progress, TagJob
from suyuan.readers.station.tag_record import can_record
from suyuan.readers.station.words import Message, State, reader_down
from suyuan.readers.station.work_order import WorkOrder
from suyuan.readers.tags.gen2 import password_of
from suyuan.trace.errors import InvalidInput, SuyuanError
from suyuan.trace.gs1 import identify

PATIENCE_S = 3.0
"""How long the page waits for the platform's list of jobs."""
MOST_PRINTED = 500
_LONGEST = 60
_MOST_DIGITS = 20
_PARTS = ("headline", "messages", "counters", "number", "tags")
_ORDER = ("order", "product", "lot", "count", "first", "last")


class Commissioning:
    """The page of whichever station ``host`` runs."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def routes(self) -> list[BaseRoute]:
        """The routes of the page."""
        deeds: Mapping[str, Callable[[Coding], Awaitable[object]]] = {
            "pause": Coding.pause,
            "go-on": Coding.go_on,
            "overwrite": Coding.overwrite,
            "doubt": Coding.doubt_last,
            "give-up": Coding.give_up_last,
            "keep": Coding.keep_last,
        }
        return [
            Route("/commission", self.show, methods=["GET"]),
            Route("/commission/live", self.live, methods=["GET"]),
            Route("/commission/start", self.start, methods=["POST"]),
            Route("/commission/compare", self.compare, methods=["POST"]),
            Route("/commission/end", self.end, methods=["POST"]),
            *(
                Route(f"/commission/{name}", self._deed(each), methods=["POST"])
                for name, each in deeds.items()
            ),
        ]

    # What is shown

    async def show(self, request: Request) -> Response:
        """The form, or the screen of what is being written."""
        station = self._host.station
        if station is None:
            return answer(request, "none.html", fault=self._host.fault, begun=is_begun(self._host.path))
        coding = station.tag_desk.coding
        if coding is None:
            return await self._form(request, station)
        return answer(request, "commission.html", **await picture(coding, station, language_of(request)))

    async def live(self, request: Request) -> Response:
        """The parts of the screen, as JSON; 410 once nothing is being written."""
        station = self._host.station
        coding = None if station is None else station.tag_desk.coding
        if station is None or coding is None:
            return Response(status_code=410)
        language = language_of(request)
        shown = await picture(coding, station, language)
        html = {f"html-{part}": render(f"part_commission_{part}.html", language, shown) for part in _PARTS}
        told = {name: shown[name] for name in ("state", "deeds", "signal", "page_title")}
        return JSONResponse({**html, **told}, headers={"Cache-Control": "no-store"})

    async def _form(
        self,
        request: Request,
        station: Station,
        error: SuyuanError | None = None,
        told: Mapping[str, str] | None = None,
    ) -> Response:
        desk = station.tag_desk
        offered: Sequence[TagJob] | None = None
        try:
            async with asyncio.timeout(PATIENCE_S):
                offered = await desk.shelf.offered(uhf=True)
        except (PlatformAway, TimeoutError):
            offered = None  # the page says so; an order that is typed or kept here needs no platform
        kept = await desk.shelf.kept(uhf=True)
        here = {job.id for job in kept}
        return answer(
            request,
            "commission_form.html",
            status=error.status if error else 200,
            readers=desk.encoders(),
            points=_points(station, desk.encoders()),
            kept=kept,
            offered=None if offered is None else [job for job in offered if job.id not in here],
            error=error,
            told=told or {},
            called=_called(language_of(request)),
            busy=desk.writer is not None,
            staffed=bool(station.duty.staff),
            person=station.duty.person,
        )

    # What is done

    async def start(self, request: Request) -> Response:
        """Take the order, or go on with one, and begin."""
        station = self._station()
        form = await request.form(max_files=0)
        told = {name: value.strip() for name, value in form.items() if isinstance(value, str)}
        password = told.pop("password", "")
        try:
            station.duty.ordered(Order(Step.COMMISSION))  # whoever may not record it does not begin it either
            manner = Manner(password_of(password), told.get("overwrite") == "1")
            point = station.config.point(told.get("point", "")).name
            order = await self._order(station, told)
            if isinstance(order, TagJob) and not can_record(order):
                point = ""  # units are recorded when they are packed
            await station.tag_desk.code(order, told.get("reader", ""), point=point, manner=manner)
        except SuyuanError as error:
            return await self._form(request, station, error, told)
        return RedirectResponse("/commission", status_code=303)

    async def _order(self, station: Station, told: Mapping[str, str]) -> WorkOrder | TagJob:
        """The order that was chosen from a list, or the one that was typed."""
        chosen = told.get("chosen", "")
        if not chosen:
            return _typed(told)
        kept = {job.id: job for job in await station.tag_desk.shelf.kept(uhf=True)}
        return kept.get(chosen) or await station.tag_desk.shelf.take(chosen, uhf=True)

    async def compare(self, request: Request) -> Response:
        """Compare a label with the tag that was written last."""
        printed = str((await request.form(max_files=0)).get("printed", "")).strip()
        coding = self._station().tag_desk.coding
        if coding is not None and printed:
            await coding.compare(printed[:MOST_PRINTED])
        return _done(request)

    async def end(self, request: Request) -> Response:
        """Record what was written and give the reader back; what cannot be recorded keeps the screen."""
        await self._station().tag_desk.end()
        return _done(request)

    def _deed(self, deed: Callable[[Coding], Awaitable[object]]) -> Callable[[Request], Awaitable[Response]]:
        async def handler(request: Request) -> Response:
            coding = self._station().tag_desk.coding
            if coding is not None:
                await deed(coding)
            return _done(request)

        return handler

    def _station(self) -> Station:
        station = self._host.station
        if station is None:
            raise NoStation(remedy="Look at the page: it says why.")
        return station


def routes(host: Host) -> list[BaseRoute]:
    """The routes of the page."""
    return Commissioning(host).routes()


def _points(station: Station, writers: Sequence[str]) -> list[ReadPoint]:
    """Where goods can be commissioned; first where that is usual, and where a reader is that writes."""
    found = [point for point in station.config.read_points if Step.COMMISSION in point.allowed]
    return sorted(found, key=lambda point: (point.step is not Step.COMMISSION, point.reader not in writers))


def _called(language: Language) -> Callable[[TagJob], str]:
    """What an order is called: as labels are, or where those tell nothing by product and lot themselves."""
    as_labels = called(language)

    def name(job: TagJob) -> str:
        if (told := as_labels(job)) or not job.subject:
            return told
        goods = identify(job.subject)
        lot = say(language, "write.lot", lot=goods.lot) if goods.lot else ""
        return " · ".join(part for part in (goods.gtin or goods.product_key, lot) if part)

    return name


# An order that is typed


def _typed(told: Mapping[str, str]) -> WorkOrder:
    for name in _ORDER:
        if not told.get(name):
            raise InvalidInput(
                "The work order is not filled in whole.", where=name, remedy="Fill in every field of it."
            )
    prefix = told.get("prefix", "")
    return WorkOrder(
        told["order"][:_LONGEST],
        told["product"][:_LONGEST],
        told["lot"][:_LONGEST],
        _number(told, "count"),
        _number(told, "first"),
        _number(told, "last"),
        expires=_day(told, "expires"),
        best_before=_day(told, "best_before"),
        produced=_day(told, "produced"),
        company_prefix_length=int(prefix) if prefix in _PREFIXES else None,
    )


_PREFIXES = tuple(str(length) for length in range(6, 13))


def _number(told: Mapping[str, str], name: str) -> int:
    text = told[name]
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise InvalidInput(
            "{text!a} is no number.", where=name, remedy="Write digits alone.", text=text[:_LONGEST]
        )
    return int(text)


def _day(told: Mapping[str, str], name: str) -> date | None:
    text = told.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise InvalidInput(
            "{text!a} is no day.", where=name, remedy="Write it as 2026-11-22.", text=text[:_LONGEST]
        ) from error


# The screen


async def picture(coding: Coding, station: Station, language: Language) -> dict[str, Any]:
    """What the screen shows at this moment."""
    at = await coding.look()
    here = coding.reader in station.tag_desk.encoders()
    messages = _messages(coding, at, here=here)
    state = _state(coding, messages)
    told = coding.told.message.code if coding.told is not None else ""
    fits = told in {"TAG_WRITTEN", "LABEL_AGREES"} and bool(at.last)
    word = say(language, _word(coding, at, state))
    left = _left(at.job)
    return {
        "station": station.config.called,
        "coding": coding,
        "at": at,
        "job": at.job,
        "wanted": at.job.used + left,
        "left": left,
        "short": max(0, at.job.used + at.job.spent + left - at.job.count),
        "spare": max(0, at.job.count - at.job.used - at.job.spent - left),
        "name": _called(language)(at.job),
        "state": state.value,
        "word": word,
        "messages": [message for message in messages if message.state in {State.ATTENTION, State.STOP}],
        "calm": _calm(coding, at, messages, language),
        "shown": at.last[0] if fits else at.next if left else None,
        "fits": fits,
        "reason": _reason,
        "deeds": _deeds(coding, at),
        "signal": coding.changes * 2 + here,
        "staffed": bool(station.duty.staff),
        "person": station.duty.person,
        "page_title": say(language, "page.title", word=word, station=station.config.called),
    }


_ORDER_OF_STATES = tuple(State).index


def _messages(coding: Coding, at: Progress, *, here: bool) -> list[Message]:
    """What is to be said, the reader's trouble first."""
    found = [] if here else [reader_down(coding.reader, None)]
    if coding.outcome is not None:
        found += coding.outcome.messages
    if coding.told is not None and not (found and coding.told.message.code == "READER_DOWN"):
        found.append(coding.told.message)
    if at.next is None and _left(at.job) and "SERIALS_OUT" not in {each.code for each in found}:
        found.append(Message("SERIALS_OUT", {"job": at.job.id, "spent": at.job.spent}))
    return found


def _state(coding: Coding, messages: Sequence[Message]) -> State:
    """The gravest of what is said; a question is amber, and a pause as calm as the beginning."""
    state = max((message.state for message in messages), key=_ORDER_OF_STATES, default=State.READY)
    if coding.fault is not None or coding.outcome is not None:
        return State.STOP
    if coding.giving_up is not None:
        return State.ATTENTION
    return State.READY if coding.paused and state is State.DONE else state


def _reason(code: str) -> str:
    """Why a tag was set aside, as far as there are words for it."""
    return code if f"coding.reason.{code}" in COMMISSION else "WRITE_FAIL"


def _left(job: TagJob) -> int:
    """How many tags are still to come. A job without serials to spare wants as many as it has left."""
    return max(0, (job.wanted or job.count - job.spent) - job.used)


def _word(coding: Coding, at: Progress, state: State) -> str:
    if coding.giving_up is not None and coding.fault is None:
        return "coding.word.give-up"
    if state in {State.ATTENTION, State.STOP}:
        return f"write.word.{state.value}"
    if not _left(at.job):
        return "coding.word.finished"
    return "coding.word.paused" if coding.paused else f"write.word.{state.value}"


def _calm(coding: Coding, at: Progress, messages: Sequence[Message], language: Language) -> str:
    """The sentence under the word where nothing is wrong."""
    if coding.giving_up is not None:
        return say(language, "coding.give-up", code=coding.giving_up.code)
    calm = [each for each in messages if each.state in {State.READY, State.DONE}]
    if len(calm) < len(messages):
        return ""  # what is wrong is said below
    if not _left(at.job):
        return say(language, "coding.finished" if coding.point else "coding.finished-units")
    if coding.paused:
        return say(language, "coding.paused")
    return f"{calm[-1].text(language)} {calm[-1].remedy(language)}" if calm else say(language, "coding.lay")


def _deeds(coding: Coding, at: Progress) -> list[str]:
    """What a person may do now."""
    if coding.giving_up is not None:
        return ["give-up", "keep", "end"]
    deeds = ["end"]
    if _left(at.job):
        deeds.append("go-on" if coding.paused else "pause")
    if coding.told is not None and coding.told.message.code == "TAG_TAKEN":
        deeds.append("overwrite")
    if coding.last is not None and at.unrecorded:
        deeds += ["doubt", "compare"]
    return deeds


def _done(request: Request) -> Response:
    if request.headers.get("accept", "").startswith("application/json"):
        return JSONResponse({})
    return RedirectResponse("/commission", status_code=303)
