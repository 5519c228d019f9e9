"""Full outboxes and the real server, with a good network between them or a bad one.

The stations' own outbox and delivery, the real server as a process of its own; afterwards the history is held
against the store.
"""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import httpx

from suyuan.api.durability.platform import PARTY, Platform, running, stored
from suyuan.readers.station.config import ServerConfig
from suyuan.readers.station.delivery import Delivery
from suyuan.readers.station.journal import Entry
from suyuan.readers.station.outbox import Outbox
from suyuan.readers.station.words import Message
from suyuan.simulator.durability.faulty_proxy import Faults, FaultyProxy
from suyuan.simulator.durability.history import Verdict, judged

OFFLINE = timedelta(hours=72)
PATIENCE_S = 3.0
"""For an answer through a bad network; a station waits for half a minute."""
_PLACE = "https://id.gs1.org/414/9521234000006"
_AT_ONCE = 500
_LOOK_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class Came:
    """What came of it. ``met`` counts what the bad network did to exchanges.

    ``server_cpu_s`` is the server's processor time, its start (some three seconds) included.
    """

    events: int
    filled_s: float
    drained_s: float
    server_cpu_s: float
    verdict: Verdict
    met: Mapping[str, int]

    @property
    def per_second(self) -> float:
        """Events delivered in a second."""
        return self.events / self.drained_s


def delivered(
    folder: Path,
    events: int,
    *,
    seed: int,
    faults: Faults | None = None,
    batch: int | None = None,
    stations: int = 1,
    tell: Callable[[str], None] = lambda _told: None,
) -> Came:
    """Fill outboxes with ``events`` reads of 72 hours offline, then start the server and let them drain.

    The reads are shared among ``stations``, which drain side by side: while one waits for an answer that
    never comes, others go on.
    """
    return asyncio.run(_delivered(folder, events, Random(seed), faults, batch, stations, tell))  # noqa: S311 (to be repeated)


async def _delivered(
    folder: Path,
    events: int,
    random: Random,
    faults: Faults | None,
    batch: int | None,
    stations: int,
    tell: Callable[[str], None],
) -> Came:
    cpu_s = _cpu_of_children()
    async with AsyncExitStack() as stack:
        outboxes = [
            await stack.enter_async_context(
                Outbox(folder / name, name, now=lambda: datetime.now(UTC), party=PARTY, group_s=0.0)
            )
            for name in (f"dock-{number}" for number in range(1, stations + 1))
        ]
        start = time.perf_counter()
        acknowledged = await _fill(outboxes, events, datetime.now(UTC) - OFFLINE)
        filled_s = time.perf_counter() - start
        tell(f"{events:,} reads of {OFFLINE.total_seconds() / 3600:.0f} hours recorded in {filled_s:.0f} s")
        platform = stack.enter_context(running(folder / "platform"))
        url = platform.url
        met: Mapping[str, int] = {}
        if faults is not None:
            proxy = await stack.enter_async_context(FaultyProxy(url, faults, random))
            url, met = proxy.url, proxy.met
        client = await stack.enter_async_context(
            httpx.AsyncClient(timeout=httpx.Timeout(PATIENCE_S if faults else 30.0))
        )
        start = time.perf_counter()
        deliveries = [_delivery(outbox, url, platform, client, random, batch) for outbox in outboxes]
        await _drain(outboxes, deliveries, tell)
        drained_s = time.perf_counter() - start
    verdict = judged(acknowledged, acknowledged, stored(platform))
    return Came(events, filled_s, drained_s, _cpu_of_children() - cpu_s, verdict, dict(met))


def _cpu_of_children() -> float:
    """Processor seconds of processes that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


async def _fill(outboxes: Sequence[Outbox], events: int, began: datetime) -> set[str]:
    """Record ``events`` reads, spread over the hours offline; their names, once they are durable."""
    names: set[str] = set()
    for turn, first in enumerate(range(0, events, _AT_ONCE)):
        outbox = outboxes[turn % len(outboxes)]
        some = range(first, min(first + _AT_ONCE, events))
        entries = [_entry(outbox.station, number, began + OFFLINE * (number / events)) for number in some]
        await outbox.append(entries)
        names.update(one.event_id for one in entries)
    return names


def _entry(station: str, number: int, at: datetime) -> Entry:
    body = {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "epcList": [f"https://id.gs1.org/01/09521234000020/21/{number + 1}"],
        "eventTime": at.isoformat(timespec="milliseconds"),
        "eventTimeZoneOffset": "+08:00",
        "bizStep": "receiving",
        "disposition": "in_progress",
        "readPoint": {"id": f"{_PLACE}/254/dock"},
        "bizLocation": {"id": _PLACE},
        "suyuan:station": station,
        "suyuan:basis": "read",
    }
    return Entry(f"urn:uuid:00000000-0000-7000-8000-{number:012x}", body, at, float(number), "boot")


def _delivery(
    outbox: Outbox, url: str, platform: Platform, client: httpx.AsyncClient, random: Random, batch: int | None
) -> Delivery:
    def alarm(_about: str, _told: Message | None) -> None:
        """The history is judged, not what was told on the way."""

    async def soon(seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.05))  # a campaign has no time for the back-off of a station

    more = {} if batch is None else {"batch": batch}
    return Delivery(
        outbox,
        ServerConfig(url, platform.token),
        client,
        now=lambda: datetime.now(UTC),
        random=random,
        sleep=soon,
        alarm=alarm,
        **more,
    )


async def _drain(
    outboxes: Sequence[Outbox], deliveries: Sequence[Delivery], tell: Callable[[str], None]
) -> None:
    running = [asyncio.create_task(each.run()) for each in deliveries]
    told = time.monotonic()
    try:
        while depth := sum([(await outbox.queue()).depth for outbox in outboxes]):
            for each in running:
                if each.done():
                    await each
            if time.monotonic() - told > 30:  # noqa: PLR2004 (seconds)
                tell(f"{depth:,} wait")
                told = time.monotonic()
            await asyncio.sleep(_LOOK_EVERY_S)
    finally:
        for each in running:
            each.cancel()
        await asyncio.wait(running)
