"""The driver for LLRP readers: ``llrp://10.0.0.5:5084?antennas=1,2&session=2``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar, Self

import structlog

from suyuan.readers.address import Option, ReaderAddress, read_options
from suyuan.readers.errors import (
    ProtocolError,
    ReaderBusy,
    ReaderConfigError,
    ReaderError,
    RequestRefused,
    TransientConnectionError,
)
from suyuan.readers.llrp import requests
from suyuan.readers.llrp.codec import Frame, Message, Parameter, decode_message
from suyuan.readers.llrp.connection import Connection
from suyuan.readers.llrp.report import EPOCH, MICROSECOND, RO_ACCESS_REPORT, read_report
from suyuan.readers.llrp.requests import ROSPEC_ID, Inventory
from suyuan.readers.reader import DEFAULT_QUEUE, Capabilities, ReaderDriver, ReaderInfo

log = structlog.get_logger(__name__)

DEFAULT_PORT = 5084
SILENCES = 3
"""Keepalives that may fail to come before the connection counts as dead."""
GOODBYE_S = 1.0
"""Longest wait for a polite end of the connection, in seconds."""
CONNECTED, BUSY_READER_INITIATED, BUSY_CLIENT_INITIATED = 0, 1, 2
"""Status of a ConnectionAttemptEvent (LLRP 1.0.1 §16.2.7.6.7)."""


class LlrpReader(ReaderDriver):
    """A reader that speaks LLRP 1.0.1 or 1.1 over TCP.

    On entering it checks that the reader takes us as its client, deletes all ROSpecs there, asks for
    keepalives, and adds, enables and starts one ROSpec. On leaving it deletes that and closes politely.
    """

    OPTIONS: ClassVar[tuple[Option, ...]] = requests.OPTIONS

    def __init__(
        self,
        name: str,
        host: str,
        port: int = DEFAULT_PORT,
        *,
        now: Callable[[], datetime],
        inventory: Inventory | None = None,
        keepalive_s: float = 10.0,
        timeout_s: float = 5.0,
        host_clock: bool = False,
        queue: int = DEFAULT_QUEUE,
    ) -> None:
        super().__init__(name, now=now, queue=queue)
        self._host = host
        self._port = port
        self._inventory = inventory or Inventory()
        self._keepalive_s = keepalive_s
        self._timeout_s = timeout_s
        self._host_clock = host_clock
        self._connection: Connection | None = None
        self._welcome = False
        self._pending: dict[int, asyncio.Future[Message]] = {}
        self._last_id = 0

    @classmethod
    def from_address(cls, address: ReaderAddress, *, now: Callable[[], datetime]) -> Self:
        """A reader for ``llrp://host:port?...``.

        Raises:
            ReaderConfigError: no host, a path, or a bad option.
        """
        if not address.host or address.path not in {"", "/"}:
            raise ReaderConfigError(
                "{url} is not the address of an LLRP reader.",
                where="url",
                remedy="Write llrp://host or llrp://host:port, with options after a '?'.",
                url=address.url,
            )
        options = read_options(address, cls.OPTIONS)
        port = DEFAULT_PORT if address.port is None else address.port
        return cls(
            options["name"] or f"{address.host}:{port}",
            address.host,
            port,
            now=now,
            inventory=Inventory(
                options["antennas"],
                options["session"],
                options["power"],
                options["mode"],
                options["population"],
                options["n"],
            ),
            keepalive_s=options["keepalive"],
            timeout_s=options["timeout"],
            host_clock=options["clock"],
            queue=options["queue"],
        )

    @property
    def capabilities(self) -> Capabilities:
        """RSSI, the device's clock, outputs; keepalives as often as asked for."""
        return Capabilities(
            rssi=True, device_clock=not self._host_clock, gpo=True, keepalive_s=self._keepalive_s
        )

    async def set_gpo(self, port: int, *, high: bool) -> None:
        """Switch a general-purpose output.

        Raises:
            RequestRefused: the reader has no such output.
            TransientConnectionError: the connection is gone, or no answer came in time.
        """
        await self._ask(requests.set_gpo(port, high=high))

    # Connecting

    async def _connect(self) -> ReaderInfo:
        try:
            async with asyncio.timeout(self._timeout_s):
                self._connection = Connection(*await asyncio.open_connection(self._host, self._port))
                await self._be_welcome(self._connection)
        except TimeoutError as error:
            raise self._silent(self._timeout_s) from error
        except OSError as error:
            raise TransientConnectionError(
                "There is no connection to {host}:{port}: {reason}.",
                where=self.name,
                remedy="Check the address, the cable and that the reader is switched on.",
                host=self._host,
                port=self._port,
                reason=error.strerror or str(error),
            ) from error
        self._background(self._listen(self._connection))
        capabilities = await self._ask(Message("GET_READER_CAPABILITIES"))
        try:
            await self._ask(Message("DELETE_ROSPEC"))
        except RequestRefused as error:
            # Some devices refuse to delete all where there are none; a real obstacle shows at ADD_ROSPEC.
            log.info("llrp.delete_all_refused", reader=self.name, reason=str(error))
        await self._ask(requests.set_reader_config(self._keepalive_s))
        await self._ask(requests.add_rospec(self._inventory, capabilities))
        await self._ask(Message("ENABLE_ROSPEC", fields={"ROSpecID": ROSPEC_ID}))
        await self._ask(Message("START_ROSPEC", fields={"ROSpecID": ROSPEC_ID}))
        return requests.read_info(capabilities)

    async def _be_welcome(self, connection: Connection) -> None:
        """Read the first message, in which the reader says whether it takes us."""
        _, data = await connection.read()
        message = decode_message(data)
        event = message.find("ReaderEventNotificationData")
        attempt = event.find("ConnectionAttemptEvent") if event else None
        if event is None or attempt is None:
            raise ProtocolError(
                "The reader began with {name}, not with a connection event.", name=message.name
            )
        status = attempt.fields["Status"]
        if status in {BUSY_READER_INITIATED, BUSY_CLIENT_INITIATED}:
            raise ReaderBusy(
                "The reader {host}:{port} serves another client.",
                where=self.name,
                remedy="End the other program, or wait until the reader notices that it is gone.",
                host=self._host,
                port=self._port,
            )
        if status != CONNECTED:
            raise RequestRefused(
                "The reader refuses connections (status {status}).", where=self.name, status=status
            )
        self._welcome = True
        self._compare_clocks(event)

    async def _disconnect(self) -> None:
        connection = self._connection
        if connection is None:
            return
        try:
            if self._welcome and self._error is None:
                async with asyncio.timeout(GOODBYE_S):
                    await self._say_goodbye(connection)
        except (ReaderError, TimeoutError) as error:
            log.info("llrp.goodbye_failed", reader=self.name, reason=str(error))
        finally:
            await connection.aclose()

    async def _say_goodbye(self, connection: Connection) -> None:
        await connection.send(Message("DELETE_ROSPEC", self._next_id(), {"ROSpecID": ROSPEC_ID}))
        farewell = self._next_id()
        await connection.send(Message("CLOSE_CONNECTION", farewell))
        frame, _ = await connection.read()
        while frame.id != farewell:
            await asyncio.sleep(0)
            frame, _ = await connection.read()

    # Requests and answers

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    async def _ask(self, request: Message) -> Message:
        """Send a request and wait for its answer."""
        if self._connection is None or self._error is not None or self._closed:
            raise self._error or TransientConnectionError(
                "The reader {reader} is not connected.", reader=self.name
            )
        number = self._next_id()
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._pending[number] = answer
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._connection.send(Message(request.name, number, request.fields, request.children))
                response = await answer
        except TimeoutError as error:
            raise self._silent(self._timeout_s) from error
        finally:
            self._pending.pop(number, None)
        self._check(request.name, response)
        return response

    def _check(self, request: str, response: Message) -> None:
        status = response.find("LLRPStatus")
        if status is None or (response.name not in {f"{request}_RESPONSE", "ERROR_MESSAGE"}):
            raise ProtocolError(
                "The reader answered {request} with {name}.", request=request, name=response.name
            )
        if status.fields["StatusCode"] or response.name == "ERROR_MESSAGE":
            raise RequestRefused(
                "The reader {reader} refused {request} with status {status}: {reason}",
                where=self.name,
                reader=self.name,
                request=request,
                status=status.fields["StatusCode"],
                reason=ascii(status.fields["ErrorDescription"]),
            )

    def _silent(self, seconds: float) -> TransientConnectionError:
        return TransientConnectionError(
            "Nothing was heard from {reader} for {seconds} s.",
            where=self.name,
            reader=self.name,
            seconds=seconds,
        )

    # Listening

    async def _listen(self, connection: Connection) -> None:
        """Take in messages until the connection dies; whoever waits for an answer learns of it."""
        patience = SILENCES * self._keepalive_s
        try:
            while True:
                async with asyncio.timeout(patience):
                    for frame, data in await connection.read_all():
                        await self._take(connection, frame, data)
                await asyncio.sleep(0)  # a fast reader's bytes are always there: others get their turn
        except TimeoutError as error:
            self._give_up(self._silent(patience), error)
        except ReaderError as error:
            self._give_up(error)

    def _give_up(self, error: ReaderError, cause: BaseException | None = None) -> None:
        error.__cause__ = error.__cause__ or cause
        log.warning("llrp.connection_lost", reader=self.name, code=error.code, reason=str(error))
        self._fail(error)
        for waiting in self._pending.values():
            if not waiting.done():
                waiting.set_exception(error)

    async def _take(self, connection: Connection, frame: Frame, data: bytes) -> None:
        if frame.number == RO_ACCESS_REPORT:
            self._deliver(read_report(data, self.name, self._now(), host_clock=self._host_clock))
            return
        self._heard()
        message = decode_message(data)
        waiting = self._pending.get(message.id)
        if message.name == "KEEPALIVE":
            await connection.send(Message("KEEPALIVE_ACK", message.id))
        elif message.name == "READER_EVENT_NOTIFICATION":
            self._note(message)
        elif waiting is not None and not waiting.done():
            waiting.set_result(message)
        else:
            log.warning("llrp.unexpected", reader=self.name, message=message.name, id=message.id)

    def _note(self, message: Message) -> None:
        for event in message.all("ReaderEventNotificationData"):
            self._compare_clocks(event)
            for part in event.children:
                if part.name == "ConnectionCloseEvent":
                    raise TransientConnectionError(
                        "The reader {reader} closes the connection.", reader=self.name
                    )
                if part.name not in {"UTCTimestamp", "Uptime"}:
                    log.info("llrp.event", reader=self.name, what=part.name, **_plain(part.fields))

    def _compare_clocks(self, event: Parameter) -> None:
        stamp = event.find("UTCTimestamp")
        if stamp is not None:
            host = (self._now() - EPOCH) / MICROSECOND
            self._clock_offset_s = (stamp.fields["Microseconds"] - host) / 1e6


def _plain(fields: Any) -> dict[str, str]:
    return {name: ascii(value) for name, value in fields.items()}
