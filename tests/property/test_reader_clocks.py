"""However wrong the clocks of readers are, the same goods are read, and what came first stands first."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.unit.readers.station.fakes import (
    SSCC,
    Clock,
    FakeReader,
    Platform,
    item,
    read,
    station,
)

from suyuan.readers.observation import Observation
from suyuan.readers.reader import ReaderHealth
from suyuan.readers.station.order import Order, Step


class Skewed(FakeReader):
    """A reader whose clock is ``ahead`` seconds before that of the station."""

    def __init__(self, clock: Clock, ahead: float) -> None:
        super().__init__()
        self.clock = clock
        self.ahead = ahead

    def health(self) -> ReaderHealth:
        return ReaderHealth(connected=True, clock_offset_s=self.ahead)

    def show(self, *epcs: str | bytes, antenna: int = 1) -> None:
        super().show(*epcs, antenna=antenna)
        told = [self.queue.get_nowait() for _ in epcs]
        at = self.clock.now() + timedelta(seconds=self.ahead)
        for seen in told:
            assert isinstance(seen, Observation)
            self.queue.put_nowait(Observation("x", antenna, seen.epc, at, at, rssi_dbm=-50.0))


async def worked(folder: Path, commissioning: float, packing: float) -> list[dict[str, Any]]:
    """Goods are commissioned at one reader and packed a second later at another."""
    clock, platform = Clock(), Platform()
    for ahead, order, codes in (
        (commissioning, Order(Step.COMMISSION, product="06901234567892"), [item(1), item(2)]),
        (packing, Order(Step.PACK), [SSCC, item(1), item(2)]),
    ):
        reader = Skewed(clock, ahead)
        async with station(folder, reader, platform, clock=clock) as at:
            outcome = await read(at, reader, order, *codes)
            assert outcome.messages == ()
            await at.wait_delivered()
        clock.forward(1)
    return platform.events


skews = st.floats(-3600, 3600)


@settings(max_examples=12, deadline=None)
@given(commissioning=skews, packing=skews)
@example(commissioning=30.0, packing=0.0)
def test_the_same_goods_in_the_same_order(commissioning: float, packing: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        made, packed = asyncio.run(worked(Path(folder), commissioning, packing))
    assert sorted(made["epcList"]) == sorted(packed["childEPCs"]) == [item(1), item(2)]
    apart = datetime.fromisoformat(packed["eventTime"]) - datetime.fromisoformat(made["eventTime"])
    assert timedelta(seconds=0.9) < apart < timedelta(seconds=1.1)
