"""Setting a station up without editing a file: joining the platform, finding a reader, naming its antennas.

While a reader is tried, the station rests, because most readers serve one client. Every form is answered by a
redirect; what it led to is kept here until the page has shown it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from suyuan.readers.address import parse_address, spelled_out
from suyuan.readers.diagnosis import Finding, probe
from suyuan.readers.discovery import Found, discover, local_networks
from suyuan.readers.errors import ReaderConfigError
from suyuan.readers.reader import Reader
from suyuan.readers.registry import RECORD, open_reader
from suyuan.readers.station import setup_file
from suyuan.readers.station.config import ReaderConfig
from suyuan.readers.station.joining import join
from suyuan.readers.station.order import Step
from suyuan.readers.station.page.host import Host
from suyuan.readers.station.page.kinds import kind_of, untested
from suyuan.readers.station.page.pages import answer, language_of, render
from suyuan.readers.station.page.setup_form import Antenna, antennas_of, points_of, retold
from suyuan.readers.station.setup_file import Draft
from suyuan.readers.station.trial import Trial
from suyuan.trace.errors import InvalidInput, SuyuanError

IDLE_S = 600.0
"""A trial that nobody looks at ends: the station must not rest for ever because a tab was left open."""
_CALL_S = 20.0
_ONLY_IN_FILE = ("password_file", "password_env", RECORD)
"""Options that read or write what lies on this machine: who can reach the page must not send it elsewhere."""


@dataclass(slots=True)
class Shown:
    """What the last form led to, for the next page that is asked for."""

    error: SuyuanError | None = None
    finding: Finding | None = None
    found: Sequence[Found] | None = None
    url: str = ""
    tried: Sequence[str] = ()  # what an address without a scheme was taken for
    told: Mapping[str, str] = field(default_factory=dict[str, str])  # a form that was not accepted


class Setup:
    """The setup of one station. One person at a time: each step waits for the one before.

    Args:
        host: runs the station, lets it rest and takes up the file.
        opener: makes the reader of an address.
        find: looks for readers.
        client: makes the client that shows the enrolment code to the platform.
        now: the wall clock, aware UTC.
    """

    def __init__(
        self,
        host: Host,
        *,
        opener: Callable[..., Reader] = open_reader,
        find: Callable[[], Awaitable[Sequence[Found]]] | None = None,
        client: Callable[[], httpx.Client] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._host = host
        self._opener = opener
        self._find = find or (lambda: discover(local_networks()))
        self._client = client or partial(httpx.Client, timeout=_CALL_S)
        self._now = now
        self._shown = Shown()
        self._lock = asyncio.Lock()
        self._trial: Trial | None = None
        self._name = ""
        self._held = AsyncExitStack()
        self._looked = asyncio.Event()
        self._idle: asyncio.Task[None] | None = None

    def routes(self) -> list[BaseRoute]:
        """The pages of the setup."""
        forms: Mapping[str, Callable[[Mapping[str, str]], Awaitable[str]]] = {
            "enrol": self._enrol,
            "find": self._look,
            "try": self._try,
            "remove": self._remove,
            "save": self._save,
            "scan": self._scan,
            "cancel": self._cancel,
        }
        return [
            Route("/setup", self._overview, methods=["GET"]),
            Route("/setup/antennas", self._antennas, methods=["GET"]),
            Route("/setup/seen", self._seen, methods=["GET"]),
            *(Route(f"/setup/{name}", self._form(deed), methods=["POST"]) for name, deed in forms.items()),
        ]

    async def aclose(self) -> None:
        """Let a reader that is being tried go."""
        async with self._lock:
            await self._end_trial()

    # What is shown

    async def _overview(self, request: Request) -> Response:
        shown, self._shown = self._shown, Shown()
        try:
            draft = setup_file.draft_of(setup_file.read_text(self._host.path))
        except SuyuanError as error:
            shown.error, draft = shown.error or error, Draft()
        return answer(
            request,
            "setup.html",
            status=shown.error.status if shown.error else 200,
            draft=draft,
            shown=shown,
            fault=self._host.fault if draft.complete else None,
            trying=self._trial is not None,
            kind_of=kind_of,
            writers=self._host.station.tag_desk.readers() if self._host.station is not None else (),
        )

    async def _antennas(self, request: Request) -> Response:
        trial = self._trial
        if trial is None:
            return RedirectResponse("/setup", status_code=303)
        self._looked.set()
        shown, self._shown = self._shown, Shown()
        rows = self._rows(trial, shown.told)
        return answer(
            request,
            "setup_antennas.html",
            status=shown.error.status if shown.error else 200,
            trial=trial,
            shown=shown,
            rows=rows,
            kind=kind_of(trial.url),
            one=self._is_one(trial),
            name=shown.told.get("reader", self._name),
            place=shown.told.get("place", self._draft().place),
            steps=list(Step),
        )

    async def _seen(self, request: Request) -> Response:
        """The part of the page that changes, for its script."""
        trial = self._trial
        if trial is None:
            return Response(status_code=410)
        self._looked.set()
        told = {"trial": trial, "kind": kind_of(trial.url), "one": self._is_one(trial)}
        html = render("setup_seen.html", language_of(request), told)
        return HTMLResponse(html, headers={"Cache-Control": "no-store"})

    def _is_one(self, trial: Trial) -> bool:
        """Whether there is nothing to tell apart: a scanner, or one NFC reader."""
        return kind_of(trial.url) != "uhf" and len(trial.antennas) <= 1

    def _rows(self, trial: Trial, told: Mapping[str, str]) -> Sequence[Antenna]:
        points = [point for point in self._draft().points if point.reader == self._name]
        return retold(antennas_of(trial.antennas, points), told)

    def _draft(self) -> Draft:
        return setup_file.draft_of(setup_file.read_text(self._host.path))

    # What is done: each deed returns where to go

    def _form(
        self, deed: Callable[[Mapping[str, str]], Awaitable[str]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def handler(request: Request) -> Response:
            form = await request.form(max_files=0)
            told = {name: value.strip() for name, value in form.items() if isinstance(value, str)}
            async with self._lock:
                try:
                    to = await deed(told)
                except SuyuanError as error:
                    self._shown = Shown(error=error, url=told.get("url", ""), told=told)
                    to = "/setup/antennas" if self._trial is not None else "/setup"
            return RedirectResponse(to, status_code=303)

        return handler

    async def _enrol(self, told: Mapping[str, str]) -> str:
        def redeem() -> None:
            with self._client() as client:
                join(self._host.path, told.get("code", ""), server_url=told.get("server", ""), client=client)

        await asyncio.to_thread(redeem)
        await self._host.restart()
        return "/setup"

    async def _look(self, _told: Mapping[str, str]) -> str:
        await self._end_trial()
        await self._host.rest()  # a reader that serves the station does not greet anybody else
        try:
            self._shown = Shown(found=await self._find())
        finally:
            await self._host.restart()
        return "/setup#found"

    async def _try(self, told: Mapping[str, str]) -> str:
        """Connect to a reader: one that is there already by its name, or one at an address."""
        name = told.get("name", "")
        known = self._draft().reader(name) if name else None
        url = known.url if known else told.get("url", "")
        if not url:
            raise InvalidInput(
                "There is no address",
                where="url",
                remedy="Choose a reader that was found, or type its address.",
            )
        spelled = spelled_out(url)
        if known is None:
            for each in spelled:
                _check_typed(each)
        await self._end_trial()
        await self._host.rest()
        tried: list[Finding] = []
        try:
            for each in spelled:
                tried.append(await probe(each, now=self._now, opener=self._opener))
                if tried[-1].works:
                    await self._begin_trial(each)
                    self._name = name if known else self._fresh_name(each)
                    return "/setup/antennas"
        finally:
            if self._trial is None:  # whatever stood against it, the station works on
                await self._host.restart()
        self._shown = Shown(finding=tried[0], url=url, tried=() if spelled == (url,) else spelled)
        return "/setup#finding"

    async def _scan(self, told: Mapping[str, str]) -> str:
        if self._trial is not None:
            self._trial.push(told.get("text", ""))
        return "/setup/antennas"

    async def _save(self, told: Mapping[str, str]) -> str:
        trial = self._trial
        if trial is None:
            return "/setup"
        name = told.get("reader", "") or self._name
        points = points_of(told, reader=name, antennas=list(trial.antennas), one=self._is_one(trial))
        if not trial.reads and told.get("untested") != "1":
            raise untested(kind_of(trial.url))
        text = setup_file.read_text(self._host.path)
        if name != self._name and self._draft().reader(self._name) is not None:
            text = setup_file.without_reader(text, self._name)
        setup_file.write(self._host.path, setup_file.with_reader(text, ReaderConfig(name, trial.url), points))
        await self._end_trial()
        await self._host.restart()
        return "/" if self._host.fault is None and self._draft().complete else "/setup"

    async def _remove(self, told: Mapping[str, str]) -> str:
        text = setup_file.without_reader(setup_file.read_text(self._host.path), told.get("name", ""))
        setup_file.write(self._host.path, text)
        await self._host.restart()
        return "/setup"

    async def _cancel(self, _told: Mapping[str, str]) -> str:
        await self._end_trial()
        await self._host.restart()
        return "/setup"

    # The trial

    async def _begin_trial(self, url: str) -> None:
        self._trial = await self._held.enter_async_context(
            Trial(url, open_reader=partial(self._opener, now=self._now), now=self._now)
        )
        self._looked.set()
        self._idle = asyncio.create_task(self._until_idle(), name="setup idle")

    async def _end_trial(self) -> None:
        self._trial = None
        if self._idle is not None and self._idle is not asyncio.current_task():
            self._idle.cancel()
        self._idle = None
        await self._held.aclose()

    async def _until_idle(self) -> None:
        while await self._is_looked_at():
            self._looked.clear()
        async with self._lock:
            await self._end_trial()
            await self._host.restart()

    async def _is_looked_at(self) -> bool:
        try:
            async with asyncio.timeout(IDLE_S):  # wait_for would lose a cancellation that meets the look
                await self._looked.wait()
        except TimeoutError:
            return False
        return True

    def _fresh_name(self, url: str) -> str:
        """A name for a new reader after its scheme: llrp, llrp-2 and so on."""
        scheme = url.partition("://")[0].partition("+")[0]
        taken = {reader.name for reader in self._draft().readers}
        names: list[Any] = [scheme, *(f"{scheme}-{number}" for number in range(2, len(taken) + 3))]
        return str(next(name for name in names if name not in taken))


def _check_typed(url: str) -> None:
    """Raise for an address that only the station's file may hold; what else is wrong with it the trial tells.

    Raises:
        InvalidInput: it names a file or a variable of this machine.
    """
    try:
        options = parse_address(url).options
    except ReaderConfigError:
        return
    for option in _ONLY_IN_FILE:
        if option in options:
            raise InvalidInput(
                "The option {option} cannot be given on this page",
                where="url",
                remedy="Write this reader into the station's file: only there may its address name files and"
                " variables.",
                option=option,
            )
