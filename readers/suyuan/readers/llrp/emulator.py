"""An LLRP reader in software: a real peer over TCP, for simulations, demonstrations and tests.

It runs the ROSpecs that any LLRP client gives it over a :class:`~suyuan.readers.field.TagField`, or reports
what a simulator tells it to have seen (:meth:`LlrpEmulator.present`), and fails on demand. One client at a
time, as the standard has it. It speaks 1.0.1 and answers 1.1 requests in kind; access operations, GPI
triggers and holding of events are not there, and its capabilities say so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from suyuan.readers.errors import ProtocolError, ReaderError, TransientConnectionError
from suyuan.readers.field import Bench, TagField
from suyuan.readers.llrp import device
from suyuan.readers.llrp.codec import HEADER, Message, Parameter, decode_message
from suyuan.readers.llrp.connection import Connection
from suyuan.readers.llrp.inventory import (
    ACTIVE,
    MOST_IN_A_REPORT,
    BadROSpec,
    Plan,
    Run,
    answer,
    read_plan,
    status,
)
from suyuan.readers.llrp.report import microseconds, write_report
from suyuan.readers.observation import Observation

ANY = 0
"""The ROSpec id that means all of them."""
PARAMETER_ERROR, UNSUPPORTED_MESSAGE, OUT_OF_RANGE = 100, 109, 301
"""Status codes M_ParameterError, M_UnsupportedMessage, A_OutOfRange (LLRP 1.0.1 §15.2.1)."""
CONNECTED, CLIENT_CONNECTION_EXISTS, ANOTHER_ATTEMPTED = 0, 2, 4


class LlrpEmulator:
    """An emulated reader that listens on ``host:port`` while the context is entered.

    Args:
        port: 0 takes a free one; see :attr:`port` and :attr:`url` afterwards.
        field: what the antennas see; an empty :class:`Bench` by default.
        now: the clock of the device, aware UTC; may differ from the host's.
        antennas: how many antennas it has.
        round_s: seconds between two looks into the field.
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
    ) -> None:
        self.host = host
        self.port = port
        self.field = field if field is not None else Bench()
        self.antennas = tuple(range(1, antennas + 1))
        self.gpo: dict[int, bool] = {}
        self.silent = False
        self._now = now
        self._round_s = round_s
        self._server: asyncio.Server | None = None
        self._session: _Session | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()

    @property
    def url(self) -> str:
        """The address under which a driver finds it."""
        return f"llrp://{self.host}:{self.port}"

    @property
    def connected(self) -> bool:
        """Is a client there?"""
        return self._session is not None

    @property
    def serving(self) -> bool:
        """Does it listen? After :meth:`aclose` it can be entered again, on the same port."""
        return self._server is not None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, self.host, self.port)
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
        session = self._session
        at = at or self._now()
        tags = [Observation("", antenna, epc, at, at, count, rssi_dbm) for epc in epcs]
        run = session.running(antenna) if session is not None else None
        if session is None or run is None or not tags:
            return 0
        size = run.plan.report_every or MOST_IN_A_REPORT
        for start in range(0, len(tags), size):
            await session.report(run.plan, tags[start : start + size])
        return len(tags)

    async def listening(self, antenna: int = 1) -> None:
        """Wait until a client has a running ROSpec that covers the antenna."""
        while self._session is None or self._session.running(antenna) is None:
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

    # Serving

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        connection = Connection(reader, writer)
        try:
            if self._session is not None:
                await self._turn_away(connection, self._session)
                return
            self._session = session = _Session(self, connection, self._now, self._round_s, self._notice)
            try:
                await session.serve()
            finally:
                self._session = None
                self._notice()
        except (ReaderError, asyncio.CancelledError):
            # The client went away or broke the protocol: the next one is welcome. Or we close: asyncio's
            # streams report a server's task that ends as cancelled as a fault.
            pass
        finally:
            await connection.aclose()

    def _notice(self) -> None:
        self._changed.set()

    async def _turn_away(self, connection: Connection, session: _Session) -> None:
        await session.send(
            event(self._now(), Parameter("ConnectionAttemptEvent", {"Status": ANOTHER_ATTEMPTED}))
        )
        refusal = Parameter("ConnectionAttemptEvent", {"Status": CLIENT_CONNECTION_EXISTS})
        await connection.send(event(self._now(), refusal))
        await connection.hang_up()


def event(at: datetime, *parts: Parameter, message_id: int = 0) -> Message:
    """A READER_EVENT_NOTIFICATION stamped with the device's UTC clock."""
    stamp = Parameter("UTCTimestamp", {"Microseconds": microseconds(at.astimezone(UTC))})
    data = Parameter("ReaderEventNotificationData", children=(stamp, *parts))
    return Message("READER_EVENT_NOTIFICATION", message_id, children=(data,))


class _Session:
    """One client from its connection event to its end."""

    def __init__(
        self,
        emulator: LlrpEmulator,
        connection: Connection,
        now: Callable[[], datetime],
        round_s: float,
        notice: Callable[[], None],
    ) -> None:
        self.connection = connection
        self._emulator = emulator
        self._now = now
        self._round_s = round_s
        self._notice = notice
        self._runs: dict[int, Run] = {}
        self._keepalive: asyncio.Task[None] | None = None
        self._last_id = 0
        self._answers: dict[str, Callable[[Message], Message]] = {
            "GET_READER_CAPABILITIES": self._capabilities,
            "GET_READER_CONFIG": self._config,
            "SET_READER_CONFIG": self._configure,
            "GET_SUPPORTED_VERSION": device.supported_version,
            "SET_PROTOCOL_VERSION": answer,
            "ADD_ROSPEC": self._add,
            "GET_ROSPECS": self._list,
            "DELETE_ACCESSSPEC": answer,
            "GET_ACCESSSPECS": answer,
            "CLOSE_CONNECTION": answer,
            **dict.fromkeys(
                ("DELETE_ROSPEC", "ENABLE_ROSPEC", "DISABLE_ROSPEC", "START_ROSPEC", "STOP_ROSPEC"),
                self._change,
            ),
        }

    def running(self, antenna: int) -> Run | None:
        """The active ROSpec that covers the antenna."""
        return next(
            (
                run
                for run in self._runs.values()
                if run.state == ACTIVE and any(antenna in antennas for antennas in run.plan.antennas)
            ),
            None,
        )

    async def serve(self) -> None:
        """Welcome the client and answer it until it leaves.

        Raises:
            ReaderError: it went away or broke the protocol.
        """
        try:
            await self.send(event(self._now(), Parameter("ConnectionAttemptEvent", {"Status": CONNECTED})))
            while await self._answer_one():
                self._notice()
        finally:
            for run in self._runs.values():
                run.disable()
            if self._keepalive is not None:
                self._keepalive.cancel()

    async def send(self, message: Message) -> None:
        """Send a message, unless the emulator plays dead."""
        if not self._emulator.silent:
            await self.connection.send(message)

    async def send_raw(self, data: bytes) -> None:
        """Send bytes, unless the emulator plays dead."""
        if not self._emulator.silent:
            await self.connection.send_raw(data)

    async def report(self, plan: Plan, tags: list[Observation]) -> None:
        """Send one tag report."""
        self._last_id += 1
        with suppress(TransientConnectionError):  # the serving loop sees the same end and cleans up
            await self.send_raw(
                write_report(tags, message_id=self._last_id, rospec_id=plan.id, content=plan.content)
            )

    async def _answer_one(self) -> bool:
        """Read a message and answer it; false when the client closes the connection."""
        _, data = await self.connection.read()
        try:
            message = decode_message(data)
        except ProtocolError as error:
            number = int.from_bytes(data[6 : HEADER.size], "big")
            problem = status(PARAMETER_ERROR, str(error))
            await self.send(Message("ERROR_MESSAGE", number, children=(problem,)))
            return True
        if message.name in {"KEEPALIVE_ACK", "ENABLE_EVENTS_AND_REPORTS"}:
            return True  # the standard has no answer to these
        if message.name == "GET_REPORT":
            for run in self._runs.values():
                await run.flush()
            return True
        respond = self._answers.get(message.name)
        if respond is None:
            problem = status(UNSUPPORTED_MESSAGE, f"{message.name} is not supported")
            await self.send(
                Message("ERROR_MESSAGE", message.id, children=(problem,), version=message.version)
            )
            return True
        await self.send(respond(message))
        return message.name != "CLOSE_CONNECTION"

    def _capabilities(self, request: Message) -> Message:
        return answer(
            request, *device.capabilities(len(self._emulator.antennas), request.fields["RequestedData"])
        )

    def _config(self, request: Message) -> Message:
        return answer(request, *device.configuration(self._emulator.antennas))

    def _configure(self, request: Message) -> Message:
        for output in request.all("GPOWriteData"):
            port = output.fields["GPOPortNumber"]
            if not 1 <= port <= device.OUTPUTS:
                return answer(request, code=OUT_OF_RANGE, description=f"there is no output {port}")
            self._emulator.gpo[port] = bool(output.fields["GPOData"])
        keepalive = request.find("KeepaliveSpec")
        if keepalive is not None:
            if self._keepalive is not None:
                self._keepalive.cancel()
                self._keepalive = None
            period_s = keepalive.fields["PeriodicTriggerValue"] / 1000
            if keepalive.fields["KeepaliveTriggerType"] and period_s:
                self._keepalive = asyncio.create_task(self._keep_alive(period_s), name="llrp keepalive")
        return answer(request)

    async def _keep_alive(self, period_s: float) -> None:
        with suppress(TransientConnectionError):
            while True:
                await asyncio.sleep(period_s)
                self._last_id += 1
                await self.send(Message("KEEPALIVE", self._last_id))

    def _add(self, request: Message) -> Message:
        rospec = request.find("ROSpec")
        if rospec is None:
            return answer(request, code=PARAMETER_ERROR, description="ADD_ROSPEC needs a ROSpec")
        try:
            plan = read_plan(rospec, self._emulator.antennas)
        except BadROSpec as error:
            return answer(request, code=PARAMETER_ERROR, description=str(error))
        if plan.id in self._runs:
            return answer(request, code=PARAMETER_ERROR, description=f"there is a ROSpec {plan.id} already")
        self._runs[plan.id] = Run(
            rospec,
            plan,
            self._emulator.field,
            self.report,
            now=self._now,
            round_s=self._round_s,
            broken=self.connection.abort,
        )
        return answer(request)

    def _list(self, request: Message) -> Message:
        return answer(request, *(run.describe() for run in self._runs.values()))

    def _change(self, request: Message) -> Message:
        """DELETE, ENABLE, DISABLE, START or STOP one ROSpec, or all with id 0, which may be none."""
        number = request.fields["ROSpecID"]
        if number != ANY and number not in self._runs:
            return answer(request, code=PARAMETER_ERROR, description=f"there is no ROSpec {number}")
        for run in [run for key, run in self._runs.items() if number in {ANY, key}]:
            match request.name:
                case "ENABLE_ROSPEC":
                    run.enable()
                case "START_ROSPEC":
                    if run.state < 1:
                        return answer(request, code=PARAMETER_ERROR, description="the ROSpec is disabled")
                    run.start()
                case "STOP_ROSPEC":
                    run.stop()
                case _:
                    run.disable()
                    if request.name == "DELETE_ROSPEC":
                        del self._runs[run.plan.id]
        return answer(request)
