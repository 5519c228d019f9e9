"""Undoing the last step: what is declared, what is forgotten, and when it is refused."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from typing import cast

import pytest
from tests.unit.readers.station.fakes import (
    GTIN,
    SSCC,
    Clock,
    FakeReader,
    Platform,
    fill_disk,
    item,
    point,
    read,
    remembered,
    station,
)

from suyuan.readers.station.errors import OutboxUnavailable
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.steps import Known
from suyuan.readers.station.undo import NothingToUndo, Reason
from suyuan.readers.station.words import State
from suyuan.trace.errors import InvalidInput, WrongUse


@pytest.fixture
def reader() -> FakeReader:
    return FakeReader()


@pytest.fixture
def platform() -> Platform:
    return Platform()


async def test_the_platform_gets_the_event_again_declared_wrong(
    tmp_path: Path, reader: FakeReader, platform: Platform
) -> None:
    async with station(tmp_path, reader, platform) as at:
        recorded = await read(at, reader, Order(Step.RECEIVE), item(1), item(2))
        undone = await at.undo("dock", "did_not_occur", "wrong pallet")
        await at.wait_delivered()
    first, second = platform.events
    declaration = second.pop("errorDeclaration")
    assert first == second
    assert first["eventID"] == recorded.event_ids[0]
    assert declaration["reason"] == "did_not_occur"
    assert declaration["declarationTime"].endswith("+08:00")
    assert declaration["suyuan:note"] == "wrong pallet"
    assert (first["suyuan:sequence"], declaration["suyuan:sequence"]) == (1, 2)
    assert undone.state is State.READY
    assert undone.sequences == (2,)
    assert [m.code for m in undone.messages] == ["UNDONE"]


async def test_it_is_durable_with_the_platform_away(
    tmp_path: Path, reader: FakeReader, platform: Platform
) -> None:
    platform.away = True
    async with station(tmp_path, reader, platform) as at:
        await read(at, reader, Order(Step.RECEIVE), item(1))
        await at.undo("dock", "did_not_occur")
        assert (await at.status()).queue.depth == 2
    platform.away = False
    async with station(tmp_path, reader, platform) as at:
        await at.wait_delivered()
        with pytest.raises(NothingToUndo, match="undone already"):
            await at.undo("dock", "did_not_occur")
    assert ["errorDeclaration" in e for e in platform.events] == [False, True]
    assert platform.events[0]["eventID"] == platform.events[1]["eventID"]


async def test_only_once_only_soon_only_here(tmp_path: Path, reader: FakeReader, platform: Platform) -> None:
    clock = Clock()
    points = (point("dock"), point("gate"))
    async with station(tmp_path, reader, platform, *points, clock=clock) as at:
        with pytest.raises(NothingToUndo, match="Nothing was recorded"):
            await at.undo("dock", "did_not_occur")
        await read(at, reader, Order(Step.RECEIVE), item(1))
        with pytest.raises(NothingToUndo, match="Nothing was recorded"):
            await at.undo("gate", "did_not_occur")
        await at.undo("dock", "did_not_occur")
        with pytest.raises(NothingToUndo, match="undone already"):
            await at.undo("dock", "did_not_occur")
        await read(at, reader, Order(Step.RECEIVE), item(1))
        clock.forward(601)
        with pytest.raises(NothingToUndo, match="more than 10 minutes"):
            await at.undo("dock", "did_not_occur")
        await at.wait_delivered()
    assert len(platform.events) == 3


async def test_a_clock_that_is_set_back_gives_no_more_time(
    tmp_path: Path, reader: FakeReader, platform: Platform
) -> None:
    clock = Clock()
    async with station(tmp_path, reader, platform, clock=clock) as at:
        await read(at, reader, Order(Step.RECEIVE), item(1))
        wall = clock.wall
        clock.forward(700)
        clock.wall = wall
        with pytest.raises(NothingToUndo, match="more than 10 minutes"):
            await at.undo("dock", "did_not_occur")


async def test_a_pass_under_way_comes_first(tmp_path: Path, reader: FakeReader, platform: Platform) -> None:
    async with station(tmp_path, reader, platform) as at:
        await read(at, reader, Order(Step.RECEIVE), item(1))
        doing = asyncio.create_task(at.perform(Order(Step.RECEIVE), "dock"))
        await asyncio.sleep(0)
        with pytest.raises(WrongUse, match="under way"):
            await at.undo("dock", "did_not_occur")
        at.abandon("dock")
        given_up = await doing
        assert given_up.state is State.READY
        assert given_up.sequences == ()
        with pytest.raises(InvalidInput):
            await at.undo("dock", cast("Reason", "because"))
        await at.undo("dock", "incorrect_data")
        await at.wait_delivered()
    assert len(platform.events) == 2


async def test_the_memory_is_as_it_was(tmp_path: Path, reader: FakeReader, platform: Platform) -> None:
    made = Order(Step.COMMISSION, product=GTIN, lot="L1", expires=date(2026, 12, 1))
    lot = f"https://id.gs1.org/01/{GTIN}/10/L1"
    async with station(tmp_path, reader, platform) as at:
        await read(at, reader, made, item(1), item(2))
        of_lot = Known(lot, None, date(2026, 12, 1), "active")
        packed = Known(lot, SSCC, date(2026, 12, 1), "active")
        assert remembered(tmp_path, item(1)) == {item(1): of_lot}

        await read(at, reader, Order(Step.PACK, parent=SSCC), item(1), item(2))
        assert remembered(tmp_path, item(1)) == {item(1): packed}
        await at.undo("dock", "did_not_occur")
        assert remembered(tmp_path, item(1), item(2)) == {item(1): of_lot, item(2): of_lot}

        await read(at, reader, Order(Step.PACK, parent=SSCC), item(1), item(2))
        await at.perform(Order(Step.UNPACK, parent=SSCC, typed=True), "dock")  # emptied as a whole
        assert remembered(tmp_path, item(1)) == {item(1): of_lot}
        await at.undo("dock", "did_not_occur")
        assert remembered(tmp_path, item(1), item(2)) == {item(1): packed, item(2): packed}

        await read(at, reader, Order(Step.COMMISSION, product=GTIN, lot="L2"), item(3))
        await at.undo("dock", "did_not_occur")
        assert remembered(tmp_path, item(3)) == {}


async def test_what_another_point_learned_since_stays(
    tmp_path: Path, reader: FakeReader, platform: Platform
) -> None:
    points = (point("dock"), point("gate"))
    other = "https://id.gs1.org/00/069012345000000028"
    async with station(tmp_path, reader, platform, *points) as at:
        await read(at, reader, Order(Step.PACK, parent=SSCC), item(1))
        await read(at, reader, Order(Step.PACK, parent=other, reason="box torn"), item(1), where="gate")
        await at.undo("dock", "did_not_occur")
        assert remembered(tmp_path, item(1))[item(1)].unit_key == other


async def test_an_order_that_was_undone_can_be_carried_out_again(
    tmp_path: Path, reader: FakeReader, platform: Platform
) -> None:
    order = Order(Step.RECEIVE, order_id="o-1", typed=True, epcs=(item(1),))
    async with station(tmp_path, reader, platform) as at:
        await at.perform(order, "dock")
        await at.undo("dock", "did_not_occur")
        assert await at.performed("o-1") is None
        again = await at.perform(order, "dock")
        assert again.sequences == (3,)


async def test_what_cannot_be_stored_is_not_undone(
    tmp_path: Path, reader: FakeReader, platform: Platform
) -> None:
    platform.away = True
    async with station(tmp_path, reader, platform) as at:
        await read(at, reader, Order(Step.PACK, parent=SSCC), item(1))

        mend = fill_disk(tmp_path)
        with pytest.raises(OutboxUnavailable):
            await at.undo("dock", "did_not_occur")
        mend()
        assert remembered(tmp_path, item(1))[item(1)].unit_key == SSCC
        assert (await at.status()).queue.depth == 1
        await at.undo("dock", "did_not_occur")
