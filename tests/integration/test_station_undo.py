"""A step is done and undone at a real station; the platform's lineage is as it was before."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import httpx
from tests.unit.readers.station.fakes import GTIN, PLACE, SSCC, FakeReader, item, point, read

from suyuan.api.app import application
from suyuan.api.house import open_house
from suyuan.api.settings import read_settings
from suyuan.readers.station.config import ReaderConfig, ServerConfig, StationConfig
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.station import Station
from suyuan.trace.lineage.contract import Options, Suspect
from suyuan.trace.store.accounts import AccountRole, create_account, create_token
from suyuan.trace.store.engine import Writing

PARTY = "https://id.gs1.org/417/6901234567892"


def now() -> datetime:
    return datetime.now(UTC)


async def test_after_undo_the_objects_are_where_they_were(tmp_path: Path) -> None:
    settings = read_settings({"SUYUAN_VAR": str(tmp_path), "SUYUAN_PUBLIC_URL": "http://platform.test"})
    house = open_house(settings, now)
    with Writing(house.engine) as writing:
        create_account(writing, "dock", role=AccountRole.STATION, party=PARTY, now=now())
        token, _ = create_token(writing, "dock", now=now(), randbytes=bytes)
    app = application(settings, house, now)
    reader = FakeReader()
    config = StationConfig(
        "s1",
        PARTY,
        tmp_path / "data",
        ServerConfig("http://platform.test", token),
        (ReaderConfig("r", "sim://r"),),
        (point(),),
    )

    def open_source(_: ReaderConfig) -> FakeReader:
        return reader

    async with Station(config, now=now, transport=httpx.ASGITransport(app), open_source=open_source) as at:
        await read(at, reader, Order(Step.COMMISSION, product=GTIN, lot="L1"), item(1), item(2))
        await _delivered(at)
        before = house.trace([Suspect(item(1))], Options())

        recorded = await read(at, reader, Order(Step.PACK, parent=SSCC), item(1), item(2))
        await _delivered(at)
        packed = house.trace([Suspect(SSCC)], Options())
        assert {item(1), item(2)} <= {state.key for state in packed.states}

        outcome = await at.undo("dock", "did_not_occur")
        await _delivered(at)
        after = house.trace([Suspect(item(1))], Options())
        kept = house.events_with_id(recorded.event_ids[0])

    assert after == before
    assert len(kept) == 2  # what was told and its declaration: nothing is deleted
    assert outcome.sequences == (3,)
    where = next(state for state in after.states if state.key == item(1)).where_now
    assert where is not None
    assert (where.container, where.place) == (None, PLACE)
    house.close()


async def _delivered(at: Station) -> None:
    async with asyncio.timeout(20):
        await at.wait_delivered()
