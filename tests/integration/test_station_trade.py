"""Two stations of two companies and the real platform: what one ships the other expects and gets."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert
from tests.integration.live_server import PLACE, SHOP, Live, live_server, place_entry
from tests.unit.readers.station.fakes import FakeReader, item, read, tag, until

from suyuan.readers.observation import Observation
from suyuan.readers.station.config import ReaderConfig, ReadPoint, ServerConfig, Smoothing, StationConfig
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.station import Station
from suyuan.trace.epcis.event import TypedReference
from suyuan.trace.store.accounts import AccountRole, accounts, create_account, create_token
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.record_tables import EntryRow

DAIRY, DAIRY_PLACE = "https://id.gs1.org/417/6901234567892", "https://id.gs1.org/414/6901234567892"
SSCC = "https://id.gs1.org/00/069012345000000011"
GTIN = "06901234567892"
LOT = f"https://id.gs1.org/01/{GTIN}/10/L1"
LAST = date(2099, 12, 31)
PAPER = TypedReference("desadv", "urn:epcglobal:cbv:bt:6901234567892:DA-77")


class Punctual(FakeReader):
    """A reader whose clock is that of this machine: what is done later happened later."""

    def show(self, *epcs: str | bytes, antenna: int = 1) -> None:
        now = datetime.now(UTC)
        for epc in epcs:
            memory = tag(epc) if isinstance(epc, str) else epc
            self.queue.put_nowait(Observation("x", antenna, memory, now, now, rssi_dbm=-50.0))


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    with live_server(tmp_path / "server") as running:
        with Writing(running.house.engine) as writing:
            writing.connection.execute(insert(EntryRow), place_entry(DAIRY_PLACE, DAIRY))
        yield running


def at_work(live: Live, folder: Path, party: str, place: str, reader: FakeReader) -> Station:
    name = party.rpartition("/")[2]
    with Writing(live.house.engine) as writing:
        if name not in {known.name for known in accounts(writing)}:
            create_account(writing, name, role=AccountRole.STATION, party=party, now=datetime.now(UTC))
        token, _ = create_token(writing, name, now=datetime.now(UTC), randbytes=secrets.token_bytes)
    dock = ReadPoint("dock", "r", Step.RECEIVE, f"{place}/254/1", place, smoothing=Smoothing(quiet_s=0.1))
    config = StationConfig(
        name, party, folder / name, ServerConfig(live.url, token), (ReaderConfig("r", "sim://r"),), (dock,)
    )
    return Station(config, now=lambda: datetime.now(UTC), open_source=lambda _: reader)


async def test_what_one_station_ships_another_expects_and_receives(live: Live, tmp_path: Path) -> None:
    pieces, reader = [item(n) for n in range(1, 6)], Punctual()
    async with at_work(live, tmp_path, DAIRY, DAIRY_PLACE, reader) as sender:
        made = Order(Step.COMMISSION, product=GTIN, lot="L1", expires=LAST)
        await read(sender, reader, made, *pieces)
        await read(sender, reader, Order(Step.PACK), SSCC, *pieces)
        to = (TypedReference("possessing_party", SHOP), TypedReference("location", PLACE))
        shipping = Order(Step.SHIP, biz_transactions=(PAPER,), destinations=to)
        assert (await read(sender, reader, shipping, SSCC)).sequences
        await sender.wait_delivered()
    goods = Punctual()
    async with at_work(live, tmp_path, SHOP, PLACE, goods) as receiver:
        await until(lambda: bool(receiver.coming.despatches))
        [despatch] = receiver.coming.despatches
        assert despatch.number == "DA-77"
        assert {one.key for one in despatch.goods} == {SSCC, *pieces}
        assert despatch.lots[LOT].expires == LAST
        came = await read(receiver, goods, Order(Step.RECEIVE), SSCC, *pieces[:4])
        assert came.missing == (pieces[4],)
        await receiver.wait_delivered()
    async with at_work(live, tmp_path, SHOP, PLACE, goods) as receiver:
        await until(lambda: pieces[0] not in {g.key for d in receiver.coming.despatches for g in d.goods})
    [event] = live.events(pieces[0], "receiving")
    assert event["suyuan:receipt"]["suyuan:despatch"] == despatch.id
    assert event["suyuan:receipt"]["suyuan:missing"] == [pieces[4]]
    [line] = event["suyuan:receipt"]["suyuan:lines"]
    assert (line["suyuan:lot"], line["suyuan:quantity"]) == ("L1", 4)
