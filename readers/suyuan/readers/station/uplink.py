"""A station's side of everything that passes between it and the platform."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import AsyncExitStack
from datetime import datetime
from random import Random
from types import TracebackType
from typing import Any, Self

import httpx

from suyuan.readers.station.alarms import Alarms
from suyuan.readers.station.blocklist import BlockList
from suyuan.readers.station.config import StationConfig
from suyuan.readers.station.deliveries import DELIVERIES
from suyuan.readers.station.delivery import Delivery
from suyuan.readers.station.despatch import NOTHING_COMES
from suyuan.readers.station.device_key import (
    TOLERANCE,
    DeviceAuth,
    DeviceKeyUnfit,
    ahead_of,
    read_device_key,
)
from suyuan.readers.station.duration import duration
from suyuan.readers.station.fetched import Fetched
from suyuan.readers.station.outbox import Outbox
from suyuan.readers.station.partners import AddressBook, book_source, own_namespace
from suyuan.readers.station.recall_task import NOTHING_ASKED
from suyuan.readers.station.recalls import recall_source
from suyuan.readers.station.tag_fetch import TagShelf
from suyuan.readers.station.words import Message


class Uplink:
    """The client of the platform and what uses it: an async context manager; inside it, kept lists are there.

    Args:
        outbox: open; what waits in it is sent, what is fetched is kept in it.
        config: of the station.
        transport: httpx transport, None for the network itself.
        now: the wall clock, aware UTC.
        monotonic: seconds that never go back.
        random: jitter.
        sleep: waits.
        alarms: told what stands against the way to the platform.
    """

    def __init__(
        self,
        outbox: Outbox,
        config: StationConfig,
        *,
        transport: httpx.AsyncBaseTransport | None,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        random: Random,
        sleep: Callable[[float], Awaitable[None]],
        alarms: Alarms,
    ) -> None:
        server = config.server
        self._client = client = httpx.AsyncClient(
            transport=transport,
            timeout=httpx.Timeout(30.0, connect=5.0),
            auth=_signature(config, now, alarms),
        )
        self.delivery = Delivery(
            outbox, server, client, now=now, random=random, sleep=sleep, alarm=alarms.of("delivery")
        )
        self.blocks = BlockList(
            outbox,
            server,
            client,
            now=now,
            monotonic=monotonic,
            random=random,
            sleep=sleep,
            alarm=alarms.of("block list"),
        )
        self.partners = Fetched(
            book_source(config),
            AddressBook(namespace=own_namespace(config)),
            outbox,
            config,
            client,
            random=random,
            sleep=sleep,
        )
        self.deliveries = Fetched(
            DELIVERIES, NOTHING_COMES, outbox, config, client, random=random, sleep=sleep
        )
        self.recalls = Fetched(
            recall_source(config), NOTHING_ASKED, outbox, config, client, random=random, sleep=sleep
        )
        self.shelf = TagShelf(outbox, server, client, now)

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._client)
            await self.blocks.restore()
            await self.partners.restore()
            await self.deliveries.restore()
            await self.recalls.restore()
            stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    def loops(self) -> list[Coroutine[Any, Any, None]]:
        """What is to run, for ever."""
        fetching = (self.partners, self.deliveries, self.recalls)
        return [self.delivery.run(), self.blocks.run(), *(each.run() for each in fetching)]


class _ClockCompared(httpx.Auth):
    """Signs nothing; tells from the answers how wrong this machine's clock is."""

    def __init__(self, now: Callable[[], datetime], alarm: Callable[[Message | None], None]) -> None:
        self._now = now
        self._alarm = alarm

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Let the request pass and look at the date of its answer."""
        ahead = ahead_of((yield request), self._now())
        if ahead is not None:
            seconds = abs(round(ahead.total_seconds()))
            wrong = seconds > TOLERANCE.total_seconds()
            self._alarm(Message("STATION_CLOCK", {"span": duration(seconds)}) if wrong else None)


def _signature(config: StationConfig, now: Callable[[], datetime], alarms: Alarms) -> httpx.Auth:
    """What signs our requests, or with a token, which needs none, only compares the clocks."""
    file, alarm = config.server.device_key_file, alarms.of("clock")
    if file is None:
        return _ClockCompared(now, lambda told: alarm("clock", told))
    key = read_device_key(file)
    if key.party and key.party != config.party:
        raise DeviceKeyUnfit(
            "The device key {path} is {party}'s, but the station is set up for {other}.",
            where="station.party",
            remedy="Join anew in the setup, with the same link if it was interrupted.",
            path=str(file),
            party=key.party,
            other=config.party,
        )
    return DeviceAuth(key, now=now, alarm=lambda told: alarm("clock", told))
