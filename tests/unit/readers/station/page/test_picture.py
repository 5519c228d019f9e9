"""What should be here, what is missing and what is too much, where the step knows it and no order says it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from tests.unit.readers.station.fakes import Clock, FakeReader, Platform, item, point, read, station, until
from tests.unit.readers.station.floor import GTIN

from suyuan.readers.station.inspection import PLANS, Item, Plan, Result
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.page.desk import Desk
from suyuan.readers.station.page.picture import Counters, take
from suyuan.readers.station.recall_task import RecallTask
from suyuan.readers.station.release import Inspection
from suyuan.readers.station.station import Station
from suyuan.readers.station.stock import Sweeping
from suyuan.readers.station.words import State
from suyuan.trace.errors import InvalidInput, WrongUse

STORED = Order(Step.STORE)


async def test_a_sweep_counts_down_what_the_store_should_hold(tmp_path: Path) -> None:
    reader = FakeReader()
    async with station(tmp_path, reader, Platform(), point()) as at:
        desk = Desk(at)
        await read(at, reader, STORED, item(1), item(2), item(3))
        sweep = asyncio.create_task(at.perform(Order(Step.COUNT, particulars=Sweeping()), "dock", hold=True))
        await asyncio.sleep(0)
        begun = await take(desk, "dock")
        assert (begun.state, begun.counters) == (State.READING, Counters(0, 3, 3, 0))
        assert sorted(begun.absent) == [item(1), item(2), item(3)]
        reader.show(item(2), item(9))
        await until(lambda: reader.seen == 5)
        assert (await take(desk, "dock")).counters == Counters(2, 3, 2, 1)
        at.close("dock")
        await sweep
        ended = await take(desk, "dock")
        assert (ended.state, ended.counters) == (State.ATTENTION, Counters(2, 3, 2, 1))
        assert sorted(ended.absent) == [item(1), item(3)]


async def test_a_count_by_number_expects_that_number(tmp_path: Path) -> None:
    reader = FakeReader()
    async with station(tmp_path, reader, Platform(), point()) as at:
        await read(at, reader, STORED, item(1), item(2))
        await read(at, reader, Order(Step.COUNT, expected_count=3), item(1))
        assert (await take(Desk(at), "dock")).counters == Counters(1, 3, 2, 0)
        await read(at, reader, Order(Step.COUNT), item(1))
        assert (await take(Desk(at), "dock")).counters == Counters(1)


async def test_a_case_of_which_nothing_is_here_expects_nothing(tmp_path: Path) -> None:
    reader = FakeReader()
    async with station(tmp_path, reader, Platform(), point()) as at:
        await read(at, reader, STORED, item(1))
        await read(at, reader, Order(Step.HOLD, particulars=RecallTask("R-7")), item(1))
        assert (await take(Desk(at), "dock")).counters == Counters(0, 0, 0, 0)


async def test_a_step_that_is_not_done_at_a_read_point_is_refused(tmp_path: Path) -> None:
    gate = point(step=Step.SHIP, steps=(Step.RECEIVE,))
    assert gate.allowed == (Step.SHIP, Step.RECEIVE)
    assert point().allowed == tuple(Step)
    async with station(tmp_path, FakeReader(), Platform(), gate) as at:
        with pytest.raises(WrongUse, match="This step is not done at dock"):
            await Desk(at).start(gate, Step.DESTROY, {})


async def test_a_pass_that_cannot_be_judged_says_why_and_can_be_ended(tmp_path: Path) -> None:
    reader = FakeReader()
    plan = Plan(GTIN, (Item("铅", "mg/kg", most=Decimal("0.02")),))
    config = replace(station(tmp_path, reader, Platform()).config, sections={PLANS.name: (plan,)})
    at = Station(
        config,
        now=Clock().now,
        transport=httpx.MockTransport(Platform()),
        open_source=lambda _: reader,
        boot_id="b",
    )
    async with at:
        await until(lambda: at.hears("dock"))
        told = Inspection((Result("汞", "0.01", "mg/kg"),))
        order = Order(Step.INSPECT, product=GTIN, lot="L1", particulars=told)
        begun = asyncio.create_task(at.perform(order, "dock", hold=True))
        await until(lambda: at.takes("dock"))
        reader.show(item(1))
        await until(lambda: reader.seen == 1)
        picture = await take(Desk(at), "dock")
        assert (picture.reading, picture.state) == (True, State.STOP)
        assert "汞" in str(picture.fault)
        at.close("dock")
        with pytest.raises(InvalidInput):
            await begun
        assert not (await take(Desk(at), "dock")).reading


async def test_a_pass_that_a_fault_of_ours_ends_is_not_gone_without_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise ArithmeticError("no number")

    async with station(tmp_path, FakeReader(), Platform(), point()) as at:
        desk = Desk(at)
        monkeypatch.setattr(at, "perform", broken)
        await desk.start(point(), Step.STORE, {})
        await until(lambda: desk.fault("dock") is not None)
        picture = await take(desk, "dock")
        assert (picture.state, str(picture.fault)[:20]) == (State.STOP, "Something went wrong")
    assert "A pass was lost" in caplog.text
