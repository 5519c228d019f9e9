"""An LLRP reader in software: a real peer over TCP or TLS, for simulations, demonstrations and tests.

It carries out the ROSpecs and AccessSpecs that any LLRP client gives it over a
:class:`~suyuan.readers.field.TagField` of virtual Gen2 tags, or reports what a simulator tells it to have
seen (:meth:`LlrpEmulator.present`), and fails on demand. One client at a time, as the standard has it. It
speaks 1.0.1, and 1.1 with clients that ask for it; it can take on the ways of Impinj's or Zebra's readers.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import Self

from suyuan.readers.errors import ReaderError
from suyuan.readers.field import Bench, TagField
from suyuan.readers.llrp.codec import Parameter
from suyuan.readers.llrp.connection import Connection
from suyuan.readers.llrp.inventory import MOST_IN_A_REPORT
from suyuan.readers.llrp.machine import Machine
from suyuan.readers.llrp.report import write_report
from suyuan.readers.llrp.session import Session, event
from suyuan.readers.llrp.vendors import Vendor
from suyuan.readers.observation import Observation
from suyuan.readers.virtual.gen2 import WriteFaults

CLIENT_CONNECTION_EXISTS, ANOTHER_ATTEMPTED = 2, 4


class LlrpEmulator:
    """An emulated reader that listens on ``host:port`` while the context is entered.

    Args:
        port: 0 takes a free one; see :attr:`port` and :attr:`url` afterwards.
        field: what the antennas see; an empty :class:`Bench` by default.
        now: the clock of the device, aware UTC; may differ from the host's.
        antennas: how many antennas it has.
        round_s: seconds between two looks into the field.
        vendor: whose ways it takes on.
        utc: it knows the date; otherwise it tells times since it was switched on.
        faults: what share of writes to tags goes wrong.
        tls: its side of TLS; plain TCP without.
        tell: told in a line what happens.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        now: Callable[[], datetime],
        field: TagField | None = None,
        antennas: int = 4,
        round_s: float = 0.05,
        vendor: Vendor = Vendor.GENERIC,
        utc: bool = True,
        faults: WriteFaults | None = None,
        tls: ssl.SSLContext | None = None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.host = host
        self.port = port
        self.machine = Machine(
            field if field is not None else Bench(),
            tuple(range(1, antennas + 1)),
            now=now,
            round_s=round_s,
            vendor=vendor,
            utc=utc,
            faults=faults,
            broken=self._break_off,
            tell=tell,
        )
        self.silent = False
        self._now = now
        self._tls = tls
        self._tell = tell
        self._server: asyncio.Server | None = None
        self._session: Session | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()

    @property
    def url(self) -> str:
        """The address under which a driver finds it."""
        return f"llrp{'s' if self._tls else ''}://{self.host}:{self.port}"

    @property
    def gpo(self) -> dict[int, bool]:
        """The outputs that were switched."""
        return self.machine.outputs

    @property
    def connected(self) -> bool:
        """Is a client there?"""
        return self._session is not None

    @property
    def serving(self) -> bool:
        """Does it listen? After :meth:`aclose` it can be entered again, on the same port."""
        return self._server is not None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, self.host, self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stop listening and drop the client, as when the device loses its power. Can be called twice."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # What a simulator does with it

    async def present(
        self,
        antenna: int,
        epcs: Iterable[bytes],
        *,
        rssi_dbm: float = -50.0,
        at: datetime | None = None,
        count: int = 1,
    ) -> int:
        """Report these sightings to the client, stamped ``at``; how many were reported.

        That is 0 when no client is there, or none whose running ROSpec covers the antenna: a reader that
        nobody asked sees nothing.
        """
        at = at or self._now()
        tags = [Observation("", antenna, epc, at, at, count, rssi_dbm) for epc in epcs]
        run = self.machine.running(antenna)
        if self._session is None or run is None or not tags:
            return 0
        size = run.plan.report_every or MOST_IN_A_REPORT
        for start in range(0, len(tags), size):
            await self.machine.report(run.plan, tags[start : start + size])
        return len(tags)

    def switch(self, port: int, *, high: bool) -> None:
        """Let an input become high or low, as when a photo-eye's beam is broken."""
        self.machine.switch(port, high=high)

    def plug(self, antenna: int, *, plugged_in: bool) -> None:
        """Plug an antenna in, or pull it out: it sees nothing then."""
        self.machine.plug(antenna, plugged_in=plugged_in)

    async def listening(self, antenna: int = 1) -> None:
        """Wait until a client has a running ROSpec that covers the antenna."""
        while self._session is None or self.machine.running(antenna) is None:
            self._changed.clear()
            await self._changed.wait()

    async def alone(self) -> None:
        """Wait until no client is connected."""
        while self._session is not None:
            self._changed.clear()
            await self._changed.wait()

    # Faults on demand

    async def cut(self, *, mid_report: bool = False) -> None:
        """Drop the client's connection; ``mid_report``: after half of a tag report."""
        session = self._session
        if session is None:
            return
        if mid_report:
            at = self._now()
            whole = write_report([Observation("", 1, bytes(12), at, at)], message_id=0)
            await session.send_raw(whole[: len(whole) // 2])
            await session.connection.hang_up()
        else:
            session.connection.abort()

    async def send_raw(self, data: bytes) -> None:
        """Send any bytes to the client, such as garbage."""
        if self._session is not None:
            await self._session.send_raw(data)

    def silence(self, silent: bool = True) -> None:
        """Fall silent: the connection stays, and nothing at all is sent any more, keepalives neither."""
        self.silent = silent

    def trouble(self, message: str) -> None:
        """A fault of the device's own, such as too much heat: all runs end, and it says why."""
        self.machine.trouble(message)

    async def restart(self) -> None:
        """Take leave of the client and forget everything, as a reader does that is told to restart."""
        session = self._session
        if session is not None:
            session.note(Parameter("ConnectionCloseEvent"), self._now())
            await session.connection.hang_up()
        self.machine.reset()

    # Serving

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        connection = Connection(reader, writer)
        peer = ":".join(map(str, writer.get_extra_info("peername")[:2]))
        try:
            if self._session is not None:
                await self._turn_away(connection, self._session)
                return
            self._session = session = Session(self.machine, connection, lambda: self.silent, self._notice)
            self._tell(f"client {peer} connected")
            try:
                await session.serve()
            finally:
                self._session = None
                self._tell(f"client {peer} is gone")
                self._notice()
        except (ReaderError, asyncio.CancelledError):
            # The client went away or broke the protocol: the next one is welcome. Or we close: asyncio's
            # streams report a server's task that ends as cancelled as a fault.
            pass
        finally:
            with suppress(asyncio.CancelledError):  # likewise
                await connection.aclose()

    def _break_off(self) -> None:
        """The field failed: a reader whose radio breaks goes down, and does not fall silent."""
        if self._session is not None:
            self._session.connection.abort()

    def _notice(self) -> None:
        self._changed.set()

    async def _turn_away(self, connection: Connection, session: Session) -> None:
        await session.send(
            event(self._now(), Parameter("ConnectionAttemptEvent", {"Status": ANOTHER_ATTEMPTED}))
        )
        refusal = Parameter("ConnectionAttemptEvent", {"Status": CLIENT_CONNECTION_EXISTS})
        await connection.send(event(self._now(), refusal))
        await connection.hang_up()
