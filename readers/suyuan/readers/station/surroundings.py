"""What a station is given by the machine that it runs on, and the parts that are made with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from random import Random

import httpx

from suyuan.readers.station.alarms import Alarms
from suyuan.readers.station.bodies import local_day
from suyuan.readers.station.clock import Quality
from suyuan.readers.station.config import StationConfig
from suyuan.readers.station.identity import Identities
from suyuan.readers.station.outbox import Outbox
from suyuan.readers.station.outcome import Outcome
from suyuan.readers.station.passes import Passes
from suyuan.readers.station.recording import Recorder
from suyuan.readers.station.uplink import Uplink


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Clocks, chance, network and the reading of tags; see the arguments of a station."""

    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    random: Random
    transport: httpx.AsyncBaseTransport | None
    sleep: Callable[[float], Awaitable[None]]
    identities: Identities
    boot_id: str
    clock: Callable[[], Quality]

    def outbox(self, config: StationConfig) -> Outbox:
        """Where records wait; not yet opened."""
        return Outbox(
            config.data,
            config.station,
            now=self.now,
            party=config.party,
            first_sequence=config.first_sequence,
            limit=config.outbox_limit,
        )

    def uplink(self, config: StationConfig, outbox: Outbox, alarms: Alarms) -> Uplink:
        """The way to the server; not yet opened."""
        return Uplink(
            outbox,
            config,
            transport=self.transport,
            now=self.now,
            monotonic=self.monotonic,
            random=self.random,
            sleep=self.sleep,
            alarms=alarms,
        )

    def passes(
        self, config: StationConfig, outbox: Outbox, uplink: Uplink, show: Callable[[Outcome], None]
    ) -> Passes:
        """What happens at the read points; each outcome is told to ``show``."""
        recorder = Recorder(
            config,
            outbox,
            self.identities,
            blocked=uplink.blocks.blocked,
            now=self.now,
            monotonic=self.monotonic,
            random=self.random,
            boot_id=self.boot_id,
            clock=self.clock,
            coming=lambda: uplink.deliveries.value,
            asked=lambda: uplink.recalls.value,
        )
        return Passes(
            config,
            outbox,
            recorder,
            identities=self.identities,
            now=self.now,
            monotonic=self.monotonic,
            sleep=self.sleep,
            boot_id=self.boot_id,
            recorded=uplink.delivery.wake,
            show=show,
        )

    def today(self, config: StationConfig) -> date:
        """The day at the station's place."""
        return local_day(self.now(), config.utc_offset)
