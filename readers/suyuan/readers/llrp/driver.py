"""The driver for LLRP readers: ``llrp://10.0.0.5:5084?antennas=1,2&session=2``, ``llrps://`` over TLS."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar, Self

import structlog

from suyuan.readers import tls
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
from suyuan.readers.llrp.codec import HEADER, Frame, Message, Parameter, decode_message
from suyuan.readers.llrp.commands import TagCommands
from suyuan.readers.llrp.connection import Connection
from suyuan.readers.llrp.exchange import Exchange, silent
from suyuan.readers.llrp.report import EPOCH, MICROSECOND, RO_ACCESS_REPORT, read_report
from suyuan.readers.llrp.requests import ROSPEC_ID, Inventory
from suyuan.readers.llrp.starting import Device, take_over
from suyuan.readers.memory import MemoryReader
from suyuan.readers.observation import InputChange, Observation
from suyuan.readers.reader import DEFAULT_QUEUE, Capabilities, ReaderInfo
from suyuan.readers.tags.gen2 import Bank, Lock, LockField, Target
from suyuan.readers.tls import Security, security

log = structlog.get_logger(__name__)

DEFAULT_PORT, DEFAULT_TLS_PORT = 5084, 5085
_NUMBER = 0x3FF  # the bits of a message's type in its first word
SILENCES = 3
"""Keepalives that may fail to come before the connection counts as dead."""
GOODBYE_S = 1.0
"""Longest wait for a polite end of the connection, in seconds."""
AGAIN_S = 0.5
"""Seconds after which a ROSpec that the reader ended by itself is started again."""
CONNECTED, BUSY_READER_INITIATED, BUSY_CLIENT_INITIATED = 0, 1, 2
"""Status of a ConnectionAttemptEvent (LLRP 1.0.1 §16.2.7.6.7)."""
STARTED, ENDED, PREEMPTED = 0, 1, 2
"""EventType of a ROSpecEvent."""


class LlrpReader(MemoryReader):
    """A reader that speaks LLRP 1.0.1 or 1.1 over TCP, or over TLS.

    On entering it checks that the reader takes us as its client, deletes what others left there, asks for
    keepalives and events, and adds, enables and starts one ROSpec. On leaving it deletes that and closes
    politely.
    """

    OPTIONS: ClassVar[tuple[Option, ...]] = requests.OPTIONS
    KEEPS_RAW: ClassVar[bool] = True
    TLS_OPTIONS: ClassVar[tuple[Option, ...]] = requests.TLS_OPTIONS

    def __init__(
        self,
        name: str,
        host: str,
        port: int = DEFAULT_PORT,
        *,
        now: Callable[[], datetime],
        inventory: Inventory | None = None,
        security: Security | None = None,
        newest: bool = False,
        keepalive_s: float = 10.0,
        timeout_s: float = 5.0,
        host_clock: bool = False,
        queue: int = DEFAULT_QUEUE,
    ) -> None:
        super().__init__(name, now=now, queue=queue)
        self._host = host
        self._port = port
        self._inventory = inventory or Inventory()
        self._security = security
        self._newest = newest
        self._keepalive_s = keepalive_s
        self._timeout_s = timeout_s
        self._host_clock = host_clock
        self._connection: Connection | None = None
        self._exchange: Exchange | None = None
        self._commands: TagCommands | None = None
        self._device = Device(ReaderInfo())
        self._looking = False
        self._switched: set[int] = set()

    @classmethod
    def from_address(cls, address: ReaderAddress, *, now: Callable[[], datetime]) -> Self:
        """A reader for ``llrp://host:port?...`` or ``llrps://host:port?...``.

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
        secure = address.scheme == "llrps"
        options = read_options(address, cls.TLS_OPTIONS if secure else cls.OPTIONS)
        port = address.port
        if port is None:
            port = DEFAULT_TLS_PORT if secure else DEFAULT_PORT
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
                options["tid"],
                options["search"],
                options["duty"],
            ),
            security=security(options) if secure else None,
            newest=options["version"],
            keepalive_s=options["keepalive"],
            timeout_s=options["timeout"],
            host_clock=options["clock"],
            queue=options["queue"],
        )

    @property
    def capabilities(self) -> Capabilities:
        """What LLRP can do; once connected, as far as this device can. Keepalives as often as asked for."""
        device = self._device
        return Capabilities(
            rssi=True,
            tid=self._inventory.tid,
            device_clock=device.utc and not self._host_clock,
            gpi=device.inputs != {},
            gpo=True,
            memory=device.memory,
            lock=device.memory,
            kill=device.memory,
            keepalive_s=self._keepalive_s,
        )

    async def set_gpo(self, port: int, *, high: bool) -> None:
        """Switch a general-purpose output.

        Raises:
            RequestRefused: the reader has no such output.
            TransientConnectionError: the connection is gone, or no answer came in time.
        """
        await self._connected_exchange().ask(requests.set_gpo(port, high=high))

    # The radio: commands to tags in the field

    async def identify(self, epc: bytes) -> Target:
        """The one tag with this EPC; see :meth:`MemoryReader.identify`."""
        return await self._radio().identify(epc)

    async def read(self, tag: Target, bank: Bank, offset: int, words: int, password: int) -> bytes:
        """Words of a tag's memory."""
        return await self._radio().read(tag, bank, offset, words, password)

    async def write(self, tag: Target, bank: Bank, offset: int, data: bytes, password: int) -> None:
        """Write words."""
        await self._radio().write(tag, bank, offset, data, password)

    async def lock(self, tag: Target, locks: Mapping[LockField, Lock], password: int) -> None:
        """Change a tag's locks."""
        await self._radio().lock(tag, locks, password)

    async def kill(self, tag: Target, password: int) -> None:
        """Silence a tag for ever."""
        await self._radio().kill(tag, password)

    def _radio(self) -> TagCommands:
        self._connected_exchange()
        if self._commands is None or not self._device.memory:
            raise self._unsupported("read or write the memory of tags")
        return self._commands

    def _connected_exchange(self) -> Exchange:
        if self._exchange is None or self._error is not None or self._closed:
            raise self._error or TransientConnectionError(
                "The reader {reader} is not connected.", reader=self.name
            )
        return self._exchange

    # Connecting

    async def _connect(self) -> ReaderInfo:
        self._connection = connection = await self._dial()
        self._exchange = exchange = Exchange(self.name, connection, self._timeout_s)
        self._background(self._listen(connection, exchange))
        self._device = device = await take_over(
            exchange, self._inventory, self._keepalive_s, newest=self._newest, name=self.name
        )
        self._commands = TagCommands(self.name, exchange, reads_tids=device.reads_tids)
        self._looking = True
        self._antennas_out.update(device.antennas_out)
        for port, high in (device.inputs or {}).items():
            if high is not None and port not in self._switched:  # what changed since is told already
                self._deliver_input(InputChange(self.name, port, high, self._now()))
        return device.info

    async def _dial(self) -> Connection:
        """A connection on which the reader has said that it takes us."""
        try:
            async with asyncio.timeout(self._timeout_s):
                if self._security is None:
                    streams = await asyncio.open_connection(self._host, self._port)
                else:
                    streams = await tls.connect(self._security, self._host, self._port)
                self._connection = Connection(*streams)
                await self._be_welcome(self._connection)
        except TimeoutError as error:
            raise silent(self.name, self._timeout_s) from error
        except OSError as error:
            raise tls.failure(error, self._host, self._port, where=self.name) from error
        except TransientConnectionError as error:
            raise tls.objection(error, self._host, self._port) or error from error.__cause__
        return self._connection

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
        self._compare_clocks(event)

    async def _disconnect(self) -> None:
        connection = self._connection
        if connection is None:
            return
        try:
            if self._exchange is not None and self._error is None:
                async with asyncio.timeout(GOODBYE_S):
                    await _say_goodbye(connection, self._exchange)
        except (ReaderError, TimeoutError) as error:
            log.info("llrp.goodbye_failed", reader=self.name, reason=str(error))
        finally:
            await connection.aclose()

    # Listening

    async def _listen(self, connection: Connection, exchange: Exchange) -> None:
        """Take in messages until the connection dies; whoever waits for an answer learns of it."""
        patience = SILENCES * self._keepalive_s
        try:
            while True:
                async with asyncio.timeout(patience):
                    for frame, data in await connection.read_all():
                        await self._take(exchange, frame, data)
                await asyncio.sleep(0)  # a fast reader's bytes are always there: others get their turn
        except TimeoutError as error:
            self._give_up(exchange, silent(self.name, patience), error)
        except ReaderError as error:
            self._give_up(exchange, error)

    def _give_up(self, exchange: Exchange, error: ReaderError, cause: BaseException | None = None) -> None:
        error.__cause__ = error.__cause__ or cause
        log.warning("llrp.connection_lost", reader=self.name, code=error.code, reason=str(error))
        self._fail(error)
        exchange.give_up(error)
        if self._commands is not None:
            self._commands.give_up()

    async def _take(self, exchange: Exchange, frame: Frame, data: bytes) -> None:
        if frame.number == RO_ACCESS_REPORT:
            self._raw(data)
            if self._commands is not None:
                self._commands.told(data)
            self._deliver(self._read(data))
            return
        self._heard()
        message = decode_message(data)
        if message.name == "KEEPALIVE":
            await exchange.say("KEEPALIVE_ACK", message.id)
        elif message.name == "READER_EVENT_NOTIFICATION":
            self._raw(data)
            self._note(exchange, message)
        elif not exchange.answered(message):
            log.warning("llrp.unexpected", reader=self.name, message=message.name, id=message.id)

    def _read(self, report: bytes) -> list[Observation]:
        host_clock, nameless = self._host_clock, self._count_nameless
        return read_report(report, self.name, self._now(), host_clock=host_clock, nameless=nameless)

    def _count_nameless(self) -> None:
        self._garbled += 1

    def take_raw(self, data: bytes) -> None:
        """Decode a report of tags or a notice of inputs; see :meth:`Reader.take_raw`."""
        if len(data) >= HEADER.size and HEADER.unpack_from(data)[0] & _NUMBER == RO_ACCESS_REPORT:
            self._deliver(self._read(data))
            return
        for event in decode_message(data).all("ReaderEventNotificationData"):
            for part in event.all("GPIEvent"):
                self._tell_input(event, part)

    def _tell_input(self, event: Parameter, part: Parameter) -> None:
        port, high = part.fields["GPIPortNumber"], bool(part.fields["GPIEvent"])
        self._switched.add(port)
        self._deliver_input(InputChange(self.name, port, high, self._time_of(event)))

    def _note(self, exchange: Exchange, message: Message) -> None:
        for event in message.all("ReaderEventNotificationData"):
            self._compare_clocks(event)
            for part in event.children:
                self._note_part(exchange, event, part)

    def _note_part(self, exchange: Exchange, event: Parameter, part: Parameter) -> None:
        match part.name:
            case "UTCTimestamp" | "Uptime":
                return
            case "ROSpecEvent" if part.fields["EventType"] == STARTED:
                return
            case "ConnectionCloseEvent":
                raise TransientConnectionError("The reader {reader} closes the connection.", reader=self.name)
            case "GPIEvent":
                self._tell_input(event, part)
            case "AntennaEvent":
                plugged_in = self._antennas_out.discard, self._antennas_out.add
                plugged_in[not part.fields["EventType"]](part.fields["AntennaID"])
            case "ROSpecEvent" if part.fields["EventType"] in {ENDED, PREEMPTED}:
                if self._looking and part.fields["ROSpecID"] == ROSPEC_ID:
                    self._background(self._look_again(exchange))
            case _:
                pass
        log.info("llrp.event", reader=self.name, what=part.name, **_plain(part.fields))

    async def _look_again(self, exchange: Exchange) -> None:
        """Start the ROSpec again, which has no end of its own: only trouble of the reader's ends it.

        Raises:
            RequestRefused: the reader will not; the connection is given up and taken up anew.
        """
        await asyncio.sleep(AGAIN_S)
        await exchange.ask(Message("START_ROSPEC", fields={"ROSpecID": ROSPEC_ID}))

    def _time_of(self, event: Parameter) -> datetime:
        """When it was, by the device's clock if that is to be used and can be."""
        stamp = event.find("UTCTimestamp")
        if stamp is None or self._host_clock:
            return self._now()
        microseconds: int = stamp.fields["Microseconds"]
        try:
            return EPOCH + microseconds * MICROSECOND
        except OverflowError:
            return self._now()

    def _compare_clocks(self, event: Parameter) -> None:
        stamp = event.find("UTCTimestamp")
        if stamp is not None:
            host = (self._now() - EPOCH) / MICROSECOND
            self._clock_offset_s = (stamp.fields["Microseconds"] - host) / 1e6


async def _say_goodbye(connection: Connection, exchange: Exchange) -> None:
    await exchange.say("DELETE_ROSPEC", ROSpecID=ROSPEC_ID)
    await exchange.say("DELETE_ACCESSSPEC", AccessSpecID=0)
    farewell = await exchange.say("CLOSE_CONNECTION")
    frame, _ = await connection.read()
    while frame.id != farewell:
        await asyncio.sleep(0)
        frame, _ = await connection.read()


def _plain(fields: Any) -> dict[str, str]:
    return {name: ascii(value) for name, value in fields.items()}
