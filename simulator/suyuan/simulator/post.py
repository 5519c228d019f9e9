"""A post of the sample world: one station with its emulated reader, real LLRP between them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Self

from suyuan.readers.llrp.emulator import LlrpEmulator
from suyuan.readers.registry import open_reader
from suyuan.readers.station.agent import Station
from suyuan.readers.station.config import ReaderConfig, ReadPoint, ServerConfig, Smoothing, StationConfig
from suyuan.readers.station.outcome import Outcome
from suyuan.simulator.cast import Site
from suyuan.simulator.field import LEAST_DBM, Clock, Pass, Rates, Taken, Tap, imagine_pass, present_pass
from suyuan.simulator.story import Assignment
from suyuan.simulator.world import UTC_OFFSET

READER = "reader"
NEVER_BY_ITSELF = Smoothing(min_rssi_dbm=LEAST_DBM, quiet_s=60.0, longest_s=600.0)
"""A pass ends when the worker sees that the count is complete and presses the button, not by a window."""
BUTTON_EVERY_S = 0.01
PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class Server:
    """Where a post delivers to: URL, token, and the public key of block lists (None: no block list)."""

    url: str
    token: str
    block_list_key: bytes | None


class Post:
    """An async context manager; inside, the station runs and its reader answers.

    Args:
        site: where it is.
        folder: in which the station keeps its data (in a folder of its own name).
        server: where it delivers to.
        clock: the station's wall clock.
        now: the real wall clock, by which the reader's driver judges silence.
    """

    def __init__(
        self,
        site: Site,
        folder: Path,
        server: Server,
        *,
        clock: Clock,
        now: Callable[[], datetime],
    ) -> None:
        self.site = site
        self._folder = folder
        self._server = server
        self._clock = clock
        self._now = now
        self._taken = Taken()
        self._exit = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            emulator = LlrpEmulator(now=self._clock.now, antennas=len(self.site.doors))
            self.emulator = await stack.enter_async_context(emulator)
            config = station_config(self.site, emulator.url, self._folder, self._server)
            station = Station(config, now=self._clock.now, open_source=self._tap)
            self.station = await stack.enter_async_context(station)
            self._exit = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._exit.aclose()

    def _tap(self, reader: ReaderConfig) -> Tap:
        return Tap(open_reader(reader.url, now=self._now), self._taken)

    async def carry_out(self, assignment: Assignment, made: Pass) -> Outcome:
        """Do one assignment at its time, the goods held to the reader until all is read.

        Raises:
            InvalidInput: the station refuses the order as such.
            Unavailable: the connection between reader and station was lost.
        """
        self._clock.set(assignment.time)
        point, order = assignment.read_point, assignment.order
        if order.typed:
            return await self.station.perform(order, point)
        step = asyncio.create_task(
            self.station.perform(order, point, fresh=False, timeout_s=PATIENCE_S), name=assignment.order_id
        )
        try:
            antenna = self.site.door(order.step).antenna
            await present_pass(
                self.emulator, antenna, made, self._taken, at=assignment.time, clock=self._clock
            )
            while not step.done():
                self.station.close(point)
                await asyncio.wait({step}, timeout=BUTTON_EVERY_S)
        finally:
            if not step.done():
                step.cancel()
        return await step


def pass_of(assignment: Assignment, rates: Rates) -> Pass:
    """The pass of an assignment: the same at every call."""
    return imagine_pass(assignment.tags, rates, Random(assignment.order_id))  # noqa: S311 - repeatable faults


def station_config(site: Site, reader_url: str, folder: Path, server: Server) -> StationConfig:
    """The configuration of the station at ``site``."""
    return StationConfig(
        station=site.station,
        party=site.party.key,
        data=folder / site.station,
        server=ServerConfig(server.url.rstrip("/"), server.token, server.block_list_key),
        readers=(ReaderConfig(READER, reader_url),),
        read_points=tuple(
            ReadPoint(
                name=door.name,
                reader=READER,
                step=door.step,
                read_point=door.key,
                biz_location=site.key,
                antennas=frozenset({door.antenna}),
                smoothing=NEVER_BY_ITSELF,
            )
            for door in site.doors
        ),
        utc_offset=UTC_OFFSET,
    )
