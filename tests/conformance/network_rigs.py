"""Rigs of readers that are reached through other servers: an R700 over HTTP, and readers behind a broker."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Self

import httpx
from tests.conftest import absent
from tests.ports import free_port

from suyuan.readers.credentials import Credentials
from suyuan.readers.impinj.driver import ImpinjReader
from suyuan.readers.impinj.emulator import R700Emulator
from suyuan.readers.mqtt.dialects import Fields, impinj_event, zebra_event
from suyuan.readers.mqtt.driver import MqttReader
from suyuan.readers.mqtt.emulator import MqttEmulator
from suyuan.readers.mqtt.session import Route
from suyuan.readers.reader import Reader
from suyuan.simulator.durability.broker import Broker, program

EPCS = tuple(bytes.fromhex(f"3066c4409047e140075bcd{last:02x}") for last in range(0x15, 0x1F))
LONG_EPC = bytes.fromhex("3666c4409047e159b2c2bf100000000000000000000000000000")[:26]
LOGIN = ("root", "impinj")
EVENTS = {"impinj": impinj_event, "zebra": zebra_event, "generic": Fields().event}
Code = bytes | str


def now() -> datetime:
    return datetime.now(UTC)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - the counters of a reader have no event to wait for
            await asyncio.sleep(0.002)


def epcs_of(codes: tuple[Code, ...]) -> list[bytes]:
    return [code for code in codes if isinstance(code, bytes)]


class ImpinjRig:
    """The driver for Impinj's IoT interface against the emulated R700 over HTTP."""

    codes: tuple[Code, ...] = (*EPCS[:3], LONG_EPC, *EPCS[3:])
    antennas = 2
    keeps_time = True

    def __init__(self, emulator: R700Emulator) -> None:
        self.emulator = emulator

    def reader(self, queue: int = 1000) -> Reader:
        return ImpinjReader(
            "dock",
            httpx.URL(f"http://127.0.0.1:{self.emulator.port}"),
            now=now,
            credentials=Credentials(*LOGIN),
            keepalive_s=2,
            timeout_s=5,
            queue=queue,
        )

    async def show(self, reader: Reader, antenna: int, *codes: Code, at: datetime) -> None:
        del reader
        await self.emulator.listening()
        assert await self.emulator.present(antenna, epcs_of(codes), rssi_dbm=-47, at=at) == len(codes)

    async def die(self) -> None:
        await self.emulator.aclose()

    async def die_in_mid_report(self) -> None:
        await self.emulator.cut(mid_report=True)

    async def garbage(self) -> None:
        await self.emulator.send_raw(b"SSH-2.0-dropbear\r\n")

    async def revive(self) -> None:
        if not self.emulator.serving:
            await self.emulator.__aenter__()


@asynccontextmanager
async def running(folder: Path, *settings: str) -> AsyncGenerator[Broker]:
    """A broker that runs; the test is skipped where there is none, and fails where everything is required."""
    if program() is None:
        absent("there is no mosquitto; on Debian: apt-get install mosquitto")
    async with Broker(folder, *settings) as broker:
        yield broker


class Relay:
    """A cable to the broker that can be cut within a message, or say what nobody said."""

    def __init__(self, broker: Broker) -> None:
        self.port = free_port()
        self.cuts = 0
        self._broker = broker
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.StreamWriter] = set()
        self._carrying: set[asyncio.Task[None]] = set()
        self._cut_after: int | None = None

    async def __aenter__(self) -> Self:
        await self.plug()
        return self

    async def plug(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)

    def unplug(self) -> None:
        if self._server is not None:
            self._server.close()

    async def __aexit__(self, *_: object) -> None:
        self.unplug()
        for client in self._clients:
            client.transport.abort()
        await asyncio.gather(*self._carrying)

    async def say(self, data: bytes) -> None:
        """Send these bytes to the clients, as if the broker had."""
        for client in list(self._clients):
            client.write(data)

    def cut_next(self, after: int) -> None:
        """Cut the connection after so many bytes of what the broker sends next."""
        self._cut_after = after

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._carrying.add(task)
        self._clients.add(writer)
        here: asyncio.StreamWriter | None = None
        try:
            there, here = await asyncio.open_connection("127.0.0.1", self._broker.port)
            await asyncio.gather(self._forth(reader, here), self._back(there, writer))
        except OSError:
            pass  # one of the two is away, and then the other goes, too
        finally:
            self._clients.discard(writer)
            for end in (writer, here):
                if end is not None:
                    end.transport.abort()
                    with suppress(OSError):
                        await end.wait_closed()
            self._carrying.discard(task)

    async def _forth(self, client: asyncio.StreamReader, broker: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await client.read(65536):
                broker.write(data)
                await broker.drain()
        broker.close()

    async def _back(self, broker: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await broker.read(65536):
                client.write(data[: self._cut_after])
                await client.drain()
                if self._cut_after is not None:
                    self._cut_after = None
                    self.cuts += 1
                    break
        client.close()


class MqttRig:
    """The MQTT driver on a real broker, and an emulated reader that publishes to it."""

    codes: tuple[Code, ...] = ImpinjRig.codes
    antennas = 2
    keeps_time = True

    def __init__(self, broker: Broker, relay: Relay, dialect: str) -> None:
        self.broker = broker
        self.relay = relay
        self.dialect = dialect
        self.numbers = count(1)

    def reader(self, queue: int = 1000) -> Reader:
        return MqttReader(
            "dock",
            Route(host="127.0.0.1", port=self.relay.port, client_id="dock-1", timeout_s=5),
            "plant/+/tags",
            EVENTS[self.dialect],
            now=now,
            queue=queue,
        )

    def emulator(self) -> MqttEmulator:
        return MqttEmulator(
            "127.0.0.1", self.broker.port, "plant/r1/tags", self.dialect, now=now, numbers=self.numbers
        )

    async def show(self, reader: Reader, antenna: int, *codes: Code, at: datetime) -> None:
        await until(lambda: reader.health().connected)
        seen = reader.health().reads + len(codes)
        joined = self.dialect == "zebra"
        async with self.emulator() as emulator:
            await emulator.present(antenna, epcs_of(codes), rssi_dbm=-47, at=at, joined=joined)
        # A broker takes its time: what is shown has been seen when this returns, as with other devices.
        await until(lambda: reader.health().reads >= seen)

    async def die(self) -> None:
        self.relay.unplug()
        await asyncio.to_thread(self.broker.end, signal.SIGTERM)

    async def garbage(self) -> None:
        await self.relay.say(b"\xff\xff\xff\xff\xff\xff not a broker")

    async def revive(self) -> None:
        if not self.broker.runs:
            await self.broker.start()
            await self.relay.plug()
