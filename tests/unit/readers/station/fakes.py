"""A reader, a platform and a station for tests that look at the station from outside."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from suyuan.readers.observation import Observation
from suyuan.readers.reader import ReaderHealth
from suyuan.readers.station.config import ReaderConfig, ReadPoint, ServerConfig, Smoothing, StationConfig
from suyuan.readers.station.memory import known
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.outbox import FILE, connect
from suyuan.readers.station.station import Station
from suyuan.readers.station.steps import Known
from suyuan.trace.errors import SuyuanError
from suyuan.trace.gs1 import encode_epc, identify

SIGNER = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
GTIN = "06901234567892"
SSCC = "https://id.gs1.org/00/069012345000000011"
PLACE = "https://id.gs1.org/414/6901234567892"
QUICK = Smoothing(quiet_s=0.05)


def item(serial: int, gtin: str = GTIN) -> str:
    return f"https://id.gs1.org/01/{gtin}/21/{serial}"


def tag(epc: str) -> bytes:
    return encode_epc(identify(epc), company_prefix_length=7)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - what is awaited has no event of its own
            await asyncio.sleep(0.005)


class Clock:
    """A wall clock and a monotonic one that the test moves."""

    def __init__(self) -> None:
        self.wall = NOW
        self.ticks = 100.0

    def now(self) -> datetime:
        self.wall += timedelta(microseconds=1)
        return self.wall

    def monotonic(self) -> float:
        return self.ticks + asyncio.get_running_loop().time()

    def forward(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.ticks += seconds


class FakeReader:
    """A source that yields what the test puts into it."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Observation | None] = asyncio.Queue()
        self.seen = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    async def observations(self) -> AsyncIterator[Observation]:
        while (seen := await self.queue.get()) is not None:
            self.seen += 1
            yield seen

    def health(self) -> ReaderHealth:
        return ReaderHealth(connected=True, last_heard=NOW, reads=self.seen, clock_offset_s=0.4)

    def show(self, *epcs: str | bytes, antenna: int = 1) -> None:
        for epc in epcs:
            memory = tag(epc) if isinstance(epc, str) else epc
            self.queue.put_nowait(Observation("x", antenna, memory, NOW, NOW, rssi_dbm=-50.0))


class Platform:
    """A capture endpoint in memory."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.away = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.away:
            raise httpx.ConnectError("refused")
        if request.url.path == "/blocklist":
            return httpx.Response(404)
        if request.method == "POST":
            self.events += json.loads(request.content)["epcisBody"]["eventList"]
            return httpx.Response(202, headers={"Location": "/capture/1"})
        return httpx.Response(200, json={"running": False, "success": True})


class Host:
    """What a station's page is opened over: it has the station that the test gives it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.station: Station | None = None
        self.fault: SuyuanError | None = None
        self.stopping = False

    async def restart(self) -> None:
        """The test's station goes on."""

    async def rest(self) -> None:
        """Nothing needs to be waited for."""


def fill_disk(folder: Path) -> Callable[[], None]:
    """From now on the outbox of the station in ``folder`` takes no more events; what is returned mends it."""

    def run(statement: str) -> None:
        with closing(sqlite3.connect(folder / "data" / FILE, isolation_level=None)) as db:
            db.execute(statement)

    run(
        "CREATE TRIGGER full BEFORE INSERT ON outbox"
        " BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
    )
    return lambda: run("DROP TRIGGER full")


def remembered(folder: Path, *keys: str) -> dict[str, Known]:
    """What the station in ``folder`` remembers of ``keys``."""
    with closing(connect(folder / "data" / FILE)) as db:
        return known(db, keys)


def point(name: str = "dock", step: Step = Step.RECEIVE, **more: Any) -> ReadPoint:
    more.setdefault("smoothing", QUICK)
    return ReadPoint(name, "r", step, f"{PLACE}/254/1", PLACE, **more)


def station(
    folder: Path,
    reader: FakeReader,
    platform: Callable[[httpx.Request], httpx.Response],
    *points: ReadPoint,
    clock: Clock | None = None,
    party: str = "https://id.gs1.org/417/6901234567892",
    **more: Any,
) -> Station:
    clock = clock or Clock()
    config = StationConfig(
        "s1",
        party,
        folder / "data",
        ServerConfig("http://platform.test", "t", SIGNER.public_key().public_bytes_raw()),
        (ReaderConfig("r", "sim://r"),),
        points or (point(),),
    )
    more.setdefault("now", clock.now)
    more.setdefault("monotonic", clock.monotonic)

    def open_source(_: ReaderConfig) -> FakeReader:
        return reader

    return Station(
        config, transport=httpx.MockTransport(platform), open_source=open_source, boot_id="b", **more
    )


async def read(at: Station, reader: FakeReader, order: Order, *epcs: str, where: str = "dock") -> Any:
    doing = asyncio.create_task(at.perform(order, where))
    await asyncio.sleep(0)
    reader.show(*epcs)
    return await doing
