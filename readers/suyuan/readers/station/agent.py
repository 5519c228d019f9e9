"""The station agent: one station and its page as a process of its own."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path

import orjson
import structlog

from suyuan.readers.station.clock import kernel_quality
from suyuan.readers.station.config import PageConfig, StationConfig
from suyuan.readers.station.config_file import load, load_page
from suyuan.readers.station.outcome import Outcome, message_as_json
from suyuan.readers.station.page.server import address, listen, serving, tls_of
from suyuan.readers.station.page.setup import Setup
from suyuan.readers.station.page.site import application
from suyuan.readers.station.setup_file import is_begun
from suyuan.readers.station.station import Station
from suyuan.readers.station.status import Source, Status
from suyuan.readers.station.words import Message, State
from suyuan.trace.errors import SuyuanError

__all__ = ["Agent", "Source", "Station", "Status", "boot_id", "run"]

TRY_AGAIN_S = 5.0
"""How often a station that cannot work is tried again: a disk may come back, a file may be mended by hand."""
_KEY_BYTES = 32


def boot_id() -> str:
    """The kernel's name for this run of the machine, empty where it has none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def run(config_path: Path) -> None:
    """Run the station that ``config_path`` describes, and its page, until SIGTERM or SIGINT.

    Its outcomes are JSON lines. A file that is not there, or wrong, is no end: the page says so and mends it.
    Without a page it is.

    Raises:
        WrongUse: the table ``[page]`` is wrong, or there is no page and the configuration is wrong.
        PagePortTaken: the page cannot listen.
        PageCertificateUnusable: its certificate cannot be served with.
        OutboxDamaged, OutboxTaken, OutboxUnavailable: there is no page, and the outbox cannot be used.
    """
    page = load_page(config_path)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # stdout is for outcomes
    asyncio.run(_run(config_path, page))


class Agent:
    """Runs the station of the file ``path``, and starts it anew when it is told that the file was changed.

    Args:
        path: of the TOML file; it may be absent or wrong, then ``fault`` says so.
        make: a station of a configuration, not yet entered.
        patient: with a page a station that cannot work is tried again; without, its fault ends :meth:`work`.
    """

    def __init__(self, path: Path, *, make: Callable[[StationConfig], Station], patient: bool = True) -> None:
        self.path = path
        self.station: Station | None = None
        self.fault: SuyuanError | None = None
        self.stopping = False
        self._make = make
        self._patient = patient
        self._resting = False
        self._asked = self._answered = 0
        """How often the file was to be taken up, and which of these times it has been."""
        self._again = asyncio.Event()
        self._settled = asyncio.Event()

    async def restart(self) -> None:
        """Take up the file as it is now; returns once the station works, or ``fault`` says why not."""
        self._resting = False
        await self._take_up()

    async def rest(self) -> None:
        """Let the station finish and its readers go, until :meth:`restart`; returns once they are free."""
        self._resting = True
        await self._take_up()

    async def _take_up(self) -> None:
        self._asked += 1
        mine = self._asked
        self._again.set()
        while self._answered < mine:  # a start that was under way before may settle first
            self._settled.clear()
            await self._settled.wait()

    def _settle(self, taking: int) -> None:
        self._answered = taking
        self._settled.set()

    async def work(self) -> None:
        """Run the station, again and again, until cancelled.

        Raises:
            SuyuanError: it cannot work, and there is no page to say so.
        """
        while True:
            self._again.clear()
            taking = self._asked
            if self._resting:
                self.fault = None
                self._settle(taking)
                await self._again.wait()
                continue
            try:
                async with self._make(load(self.path)) as station:
                    self.station, self.fault = station, None
                    _write({"station": station.config.station, "state": State.READY.value})
                    try:
                        self._settle(taking)
                        await self._while_it_works(station)
                    finally:
                        self.station = None
                _write({"station": station.config.station, "state": "stopped"})
            except SuyuanError as error:
                if not self._patient:
                    raise
                await self._pause(error, taking)

    async def _while_it_works(self, station: Station) -> None:
        """Until the file is to be taken up anew; alarms are told as they come and go."""
        ends = [asyncio.create_task(self._again.wait()), asyncio.create_task(station.failed())]
        told: tuple[Message, ...] = ()
        try:
            while not any(end.done() for end in ends):
                await asyncio.wait(ends, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
                alarms = station.alarms()
                if alarms != told:
                    _write(
                        {"station": station.config.station, "alarms": [message_as_json(m) for m in alarms]}
                    )
                    told = alarms
        finally:
            for end in ends:
                end.cancel()
        if ends[1].done():
            await ends[1]

    async def _pause(self, error: SuyuanError, taking: int) -> None:
        """Tell once why no station works, and wait until it may have gone."""
        if self.fault is None or str(self.fault) != str(error):
            told = {"code": error.code, "where": error.where, "detail": str(error)}
            _write({"setup": told} if is_begun(self.path) else {"fault": told})
        self.fault = error
        self._settle(taking)
        with suppress(TimeoutError):
            async with asyncio.timeout(TRY_AGAIN_S):  # wait_for would lose a cancellation that meets the wish
                await self._again.wait()


async def _run(path: Path, page: PageConfig) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)

    def make(config: StationConfig) -> Station:
        return Station(
            config, now=lambda: datetime.now(UTC), show=_print, boot_id=boot_id(), clock=kernel_quality
        )

    agent = Agent(path, make=make, patient=bool(page.host))
    async with AsyncExitStack() as stack:
        if page.host:
            tls = tls_of(page)
            sock = listen(page)
            more = Setup(agent).routes()
            app = application(agent, page, key=cookie_key(path) if page.pin else None, more=more)
            await stack.enter_async_context(serving(app, sock, tls))
            url = address(sock, tls=tls is not None)
            _write({"page": url})
            first = f"尚未设置，请打开 not set up yet, open {url}setup"
            told = first if is_begun(path) else f"页面 page {url}"
            print(f"suyuan station: {told}", file=sys.stderr, flush=True)  # noqa: T201 - for a person
        working = asyncio.create_task(agent.work())
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait([working, stopped], return_when=asyncio.FIRST_COMPLETED)
        agent.stopping = True
        stopped.cancel()
        await _end(working, agent)


async def _end(working: asyncio.Task[None], agent: Agent) -> None:
    """Let the station finish in good order; a fault of ours is raised."""
    station = agent.station
    if not working.done():
        working.cancel()
    try:
        await working
    except asyncio.CancelledError:
        if station is not None:
            _write({"station": station.config.station, "state": "stopped"})


def cookie_key(path: Path) -> bytes | None:
    """The secret of the PIN's cookie, kept beside the configuration so that a restart asks no kiosk again.

    None where it cannot be kept: then every start of the station asks for the PIN.
    """
    file = path.with_name(f"{path.name}.cookie-key")
    try:
        try:
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as new:
                new.write(secrets.token_bytes(_KEY_BYTES))
        except FileExistsError:
            pass
        key = file.read_bytes()
    except OSError:
        return None
    return key if len(key) == _KEY_BYTES else None


def _print(outcome: Outcome) -> None:
    _write(outcome.as_json())


def _write(line: dict[str, object]) -> None:
    """Tell whoever listens; that nobody does any more (a closed pipe, a full disk) must stop no goods."""
    with suppress(OSError):
        sys.stdout.buffer.write(orjson.dumps(line) + b"\n")
        sys.stdout.buffer.flush()
