"""The page on which the links of a label job are written on tags: ``/write``."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from suyuan.readers.station.page.host import Host
from suyuan.readers.station.page.pages import Language, answer, language_of, render
from suyuan.readers.station.page.words import say
from suyuan.readers.station.page.work import NoStation
from suyuan.readers.station.setup_file import is_begun
from suyuan.readers.station.station import Station
from suyuan.readers.station.tag_fetch import PlatformAway
from suyuan.readers.station.tag_jobs import Label, TagJob
from suyuan.readers.station.tag_record import can_record
from suyuan.readers.station.tag_writer import TagWriter, Wish
from suyuan.readers.station.words import State
from suyuan.trace.errors import SuyuanError

PATIENCE_S = 3.0
"""How long the page waits for the platform's list of jobs."""
_PARTS = ("headline", "number", "messages", "tags")


class Writing:
    """The page of whichever station ``host`` runs."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def routes(self) -> list[BaseRoute]:
        """The routes of the page."""
        deeds: Mapping[str, Callable[[TagWriter], Awaitable[object]]] = {
            "overwrite": TagWriter.overwrite,
            "destroyed": TagWriter.destroyed,
            "again": TagWriter.again,
            "take-back": TagWriter.take_back,
            "keep": TagWriter.keep,
        }
        return [
            Route("/write", self.show, methods=["GET"]),
            Route("/write/live", self.live, methods=["GET"]),
            Route("/write/start", self.start, methods=["POST"]),
            Route("/write/end", self.end, methods=["POST"]),
            *(Route(f"/write/{name}", self._deed(deed), methods=["POST"]) for name, deed in deeds.items()),
        ]

    # What is shown

    async def show(self, request: Request) -> Response:
        """The form, or the screen of what is being written."""
        station = self._host.station
        if station is None:
            return answer(request, "none.html", fault=self._host.fault, begun=is_begun(self._host.path))
        writer = station.tag_desk.writer
        if writer is None:
            return await self._form(request, station)
        writer.look()
        return answer(request, "write.html", **picture(writer, station, language_of(request)))

    async def live(self, request: Request) -> Response:
        """The parts of the screen, as JSON; 410 once nothing is being written."""
        station = self._host.station
        writer = None if station is None else station.tag_desk.writer
        if station is None or writer is None:
            return Response(status_code=410)
        writer.look()
        language = language_of(request)
        shown = picture(writer, station, language)
        html = {f"html-{part}": render(f"part_write_{part}.html", language, shown) for part in _PARTS}
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
                offered = await desk.shelf.offered()
        except (PlatformAway, TimeoutError):
            offered = None  # the page says so; what is kept can be written all the same
        kept = await desk.shelf.kept()
        here = {job.id for job in kept}
        return answer(
            request,
            "write_form.html",
            status=error.status if error else 200,
            station=station.config.called,
            readers=desk.readers(),
            points=station.config.read_points,
            kept=kept,
            offered=None if offered is None else [job for job in offered if job.id not in here],
            error=error,
            told=told or {},
            called=called(language_of(request)),
        )

    # What is done

    async def start(self, request: Request) -> Response:
        """Fetch the job if need be, and begin."""
        station = self._station()
        form = await request.form(max_files=0)
        told = {name: value.strip() for name, value in form.items() if isinstance(value, str)}
        try:
            job = await station.tag_desk.shelf.take(told.get("chosen") or told.get("job", ""))
            record = told.get("record") == "1" and can_record(job)
            point = station.config.point(told.get("point", "")).name if record else ""
            await station.tag_desk.start(Wish(job, told.get("reader", ""), told.get("lock") == "1", point))
        except SuyuanError as error:
            return await self._form(request, station, error, told)
        return RedirectResponse("/write", status_code=303)

    async def end(self, request: Request) -> Response:
        """Record if that was chosen, and give the reader back."""
        await self._station().tag_desk.end()
        return _done(request)

    def _deed(
        self, deed: Callable[[TagWriter], Awaitable[object]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def handler(request: Request) -> Response:
            writer = self._station().tag_desk.writer
            if writer is not None:
                await deed(writer)
            return _done(request)

        return handler

    def _station(self) -> Station:
        station = self._host.station
        if station is None:
            raise NoStation(remedy="Look at the page: it says why.")
        return station


def routes(host: Host) -> list[BaseRoute]:
    """The routes of the page."""
    return Writing(host).routes()


def picture(writer: TagWriter, station: Station, language: Language) -> dict[str, Any]:
    """What the screen shows at this moment."""
    told, job = writer.told, writer.job
    shown = told.label if told.state in {State.DONE, State.READING} and told.label else writer.next
    fields = {
        "number": told.label.position + 1 if told.label else "",
        "count": job.count,
        "tid": told.tid,
        "sequences": ", ".join(map(str, told.sequences)),
    }
    word = say(language, f"write.word.{told.state.value}")
    failed = told.error is not None and told.key == "failed"
    return {
        "station": station.config.called,
        "writer": writer,
        "told": told,
        "job": job,
        "name": called(language)(job),
        "state": told.state.value,
        "word": word,
        "sentence": "" if failed else say(language, f"write.told.{told.key}", **fields),
        "remedy": _remedy(told.key, fields, language),
        "shown": shown,
        "fits": bool(shown and told.label and shown.position == told.label.position),
        "deeds": _deeds(writer),
        "last": writer.last,
        "rejects": writer.rejects,
        "signal": told.count,
        "page_title": say(language, "page.title", word=word, station=station.config.called),
    }


def called(language: str) -> Callable[[TagJob], str]:
    """What a job is called: its product and lot in this language."""

    def name(job: TagJob) -> str:
        first, second = ("name_zh", "name_en") if language == "zh" else ("name_en", "name_zh")
        goods = job.about.get(first) or job.about.get(second) or ""
        lot = job.about.get("lot_name") or job.about.get("lot") or ""
        parts = [
            "" if job.subject else say(language, "write.units"),
            goods,
            say(language, "write.lot", lot=lot) if lot else "",
        ]
        return " · ".join(part for part in parts if part)

    return name


def _deeds(writer: TagWriter) -> list[str]:
    """What a person may do now."""
    deeds: list[str] = [writer.told.offer] if writer.told.offer else []
    if writer.taking_back is not None:
        return [*deeds, "keep"]
    taking_back = writer.last and writer.last[0].batch is None and _settled(writer.next)
    return [*deeds, "take-back"] if taking_back else deeds


def _settled(label: Label | None) -> bool:
    return label is None or label.state == "free"


def _remedy(key: str, fields: Mapping[str, object], language: str) -> str:
    keys = ("not-recorded", "doubt", "double", "bad-tag", "take-back-other")
    return say(language, f"write.do.{key}", **fields) if key in keys else ""


def _done(request: Request) -> Response:
    if request.headers.get("accept", "").startswith("application/json"):
        return JSONResponse({})
    return RedirectResponse("/write", status_code=303)
