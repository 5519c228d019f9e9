"""What a reader still takes in while the station stops: its device will not tell it again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random

import httpx
from tests.unit.readers.station.fakes import NOW, PLACE, QUICK, Platform, tag, until

from suyuan.readers.observation import Observation
from suyuan.readers.reader import Capabilities, Reader, ReaderInfo
from suyuan.readers.station.agent import Station
from suyuan.readers.station.config import ReaderConfig, ReadPoint, ServerConfig, StationConfig
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.outcome import Outcome
from suyuan.readers.supervisor import Supervisor

LAST = "https://id.gs1.org/01/06901234567892/21/7"


class Late(Reader):
    """A reader that takes in what it has acknowledged when it is closed, as one behind a broker does."""

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities()

    async def _connect(self) -> ReaderInfo:
        return ReaderInfo()

    async def _disconnect(self) -> None:
        at = NOW + timedelta(seconds=1)
        self._deliver([Observation("r", 1, tag(LAST), at, at, rssi_dbm=-50.0)])


async def test_what_comes_in_while_a_station_stops_is_recorded(tmp_path: Path) -> None:
    point = ReadPoint(
        "dock",
        "r",
        Step.RECEIVE,
        f"{PLACE}/254/1",
        PLACE,
        smoothing=QUICK,
        automatic=True,
        order=Order(Step.RECEIVE),
    )
    config = StationConfig(
        "s1",
        "https://id.gs1.org/417/6901234567892",
        tmp_path,
        ServerConfig("http://platform.test", "t", bytes(32)),
        (ReaderConfig("r", "sim://r"),),
        (point,),
    )
    told: list[Outcome] = []
    async with Station(
        config,
        now=lambda: NOW,
        transport=httpx.MockTransport(Platform()),
        open_source=lambda _: Supervisor(
            lambda: Late("r", now=lambda: NOW), now=lambda: NOW, chance=Random(1).random
        ),
        show=told.append,
    ) as station:
        await until(lambda: station.hears("dock"))
    assert [(outcome.read, len(outcome.sequences)) for outcome in told] == [(1, 1)]
