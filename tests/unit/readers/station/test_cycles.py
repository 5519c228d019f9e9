"""Where passes begin and end, and which way goods went, at a station as a whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.unit.readers.station.fakes import (
    NOW,
    QUICK,
    SSCC,
    FakeReader,
    Platform,
    item,
    point,
    station,
    tag,
    until,
)

from suyuan.readers.observation import InputChange, Observation
from suyuan.readers.reader import Capabilities
from suyuan.readers.station.config import Antennas, Cycle, Guard, Input, ReadPoint, SetOf, Side, Smoothing
from suyuan.readers.station.errors import OutboxUnavailable
from suyuan.readers.station.journal import Entry
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.outbox import Outbox
from suyuan.readers.station.outcome import Outcome
from suyuan.readers.station.station import Station
from suyuan.readers.station.words import State

RECEIVE = Order(Step.RECEIVE)
PATIENT = Smoothing(quiet_s=30.0)


class GateReader(FakeReader):
    """A reader with a light barrier at its first input."""

    def __init__(self) -> None:
        super().__init__()
        self.changes: asyncio.Queue[InputChange] = asyncio.Queue()

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(gpi=True)

    async def inputs(self) -> AsyncIterator[InputChange]:
        while True:
            yield await self.changes.get()

    def barrier(self, *, high: bool) -> None:
        self.changes.put_nowait(InputChange("x", 1, high, NOW))

    def pass_by(self, epc: str, *reads: tuple[int, float]) -> None:
        for antenna, rssi in reads:
            self.queue.put_nowait(Observation("x", antenna, tag(epc), NOW, NOW, rssi_dbm=rssi))


def made(folder: Path, reader: FakeReader, at: ReadPoint) -> tuple[Station, list[Outcome]]:
    told: list[Outcome] = []
    return station(folder, reader, Platform(), at, show=told.append), told


async def begun(at: Station) -> None:
    async with asyncio.timeout(20):
        while not (await at.glance("dock")).reading:  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0.005)


def gate(**more: Any) -> ReadPoint:
    cycle = Cycle(start_input=Input("r", 1), stop_input=Input("r", 1, high=False))
    return point(automatic=True, order=RECEIVE, cycle=cycle, **more)


async def test_a_light_barrier_begins_and_ends_a_pass(tmp_path: Path) -> None:
    reader = GateReader()
    at, told = made(tmp_path, reader, gate())
    async with at:
        reader.show(item(1))  # before: it stands there
        await until(lambda: reader.seen == 1)
        reader.barrier(high=True)
        await begun(at)
        reader.show(item(2), item(3))
        await until(lambda: reader.seen == 3)
        await asyncio.sleep(QUICK.quiet_s * 2)
        assert told == []  # quiet ends nothing where a barrier does
        reader.barrier(high=False)
        await until(lambda: bool(told))
    (outcome,) = told
    assert (outcome.read, outcome.ended, outcome.state) == (2, "input", State.DONE)


async def test_a_barrier_that_is_free_again_at_once_is_not_forgotten(tmp_path: Path) -> None:
    reader = GateReader()
    at, told = made(tmp_path, reader, gate(smoothing=PATIENT))
    async with at:
        reader.barrier(high=True)
        reader.barrier(high=False)
        await until(reader.changes.empty)
        reader.barrier(high=True)
        await begun(at)
        reader.show(item(1))
        await until(lambda: reader.seen == 1)
        reader.barrier(high=False)
        await until(lambda: bool(told))
    assert [outcome.read for outcome in told] == [1]  # the empty pass before says nothing


async def test_a_reader_without_inputs_is_told(tmp_path: Path) -> None:
    at, _ = made(tmp_path, FakeReader(), gate())
    async with at:
        await until(lambda: any(alarm.code == "NO_INPUTS" for alarm in at.alarms()))


async def test_edges_that_come_all_at_once_are_still_two_passes(tmp_path: Path) -> None:
    reader = GateReader()
    at, told = made(tmp_path, reader, gate(smoothing=PATIENT))
    async with at:
        reader.barrier(high=True)
        await begun(at)
        reader.show(item(1))
        await until(lambda: reader.seen == 1)
        for high in (False, True):  # the next pallet is there before the pass looked up
            reader.barrier(high=high)
        await until(lambda: len(told) == 1)
        await begun(at)
        reader.show(item(2))
        await until(lambda: reader.seen == 2)
        reader.barrier(high=False)
        await until(lambda: len(told) == 2)
    assert [(outcome.read, outcome.ended) for outcome in told] == [(1, "input"), (1, "input")]


async def test_the_next_pallet_passes_while_the_last_one_is_being_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, free, really = GateReader(), asyncio.Event(), Outbox.append

    async def slowly(self: Outbox, entries: Sequence[Entry]) -> list[int]:
        await free.wait()
        return await really(self, entries)

    monkeypatch.setattr(Outbox, "append", slowly)
    at, told = made(tmp_path, reader, gate(smoothing=PATIENT))
    async with at:
        reader.barrier(high=True)
        await begun(at)
        for number in (1, 2, 3):  # the first is not stored yet
            reader.show(item(number))
            await until(lambda number=number: reader.seen == number)  # type: ignore[misc]
            for high in (False, True):
                reader.barrier(high=high)
            await until(reader.changes.empty)
            await asyncio.sleep(0.05)
        reader.barrier(high=False)
        free.set()
        await until(lambda: sum(outcome.read for outcome in told) == 3)
    assert [(outcome.read, outcome.ended) for outcome in told] == [(1, "input"), (2, "input")]


@pytest.mark.parametrize("report", [SetOf.CURRENT, SetOf.ADDITIONS])
async def test_goods_that_could_not_be_stored_have_not_passed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, report: SetOf
) -> None:
    async def full(_: Outbox, __: Sequence[Entry]) -> list[int]:
        raise OutboxUnavailable("The disk is full.")

    reader = FakeReader()
    quiet = Smoothing(quiet_s=0.05, dedupe_s=600.0)
    at, told = made(
        tmp_path,
        reader,
        point(automatic=True, order=RECEIVE, smoothing=quiet, cycle=Cycle(report=report, if_empty=True)),
    )
    async with at:
        with monkeypatch.context() as broken:
            broken.setattr(Outbox, "append", full)
            reader.show(item(1))
            await until(lambda: len(told) == 1)
        for passes in (2, 3):
            reader.show(item(1))
            await until(lambda passes=passes: len(told) == passes)  # type: ignore[misc]
    assert [bool(outcome.sequences) for outcome in told] == [False, True, False]  # the third is the same tag


async def test_a_pass_ends_at_its_count(tmp_path: Path) -> None:
    reader = FakeReader()
    counting = point(smoothing=PATIENT, cycle=Cycle(count=3))
    at, _ = made(tmp_path, reader, counting)
    async with at:
        doing = asyncio.create_task(at.perform(RECEIVE, "dock"))
        await until(lambda: at.takes("dock"))
        reader.show(item(1), item(1), item(2), item(3))
        outcome = await doing
    assert (outcome.read, outcome.ended) == (3, "count")


async def test_a_pass_ends_by_time_by_quiet_and_by_hand(tmp_path: Path) -> None:
    reader = FakeReader()
    points = (
        point("time", cycle=Cycle(duration_s=0.1), smoothing=PATIENT),
        point("quiet"),
        point("hand", smoothing=PATIENT),
    )
    told: list[str] = []
    async with station(tmp_path, reader, Platform(), *points) as at:
        for name in ("time", "quiet", "hand"):
            doing = asyncio.create_task(at.perform(RECEIVE, name))
            await until(lambda name=name: at.takes(name))  # type: ignore[misc]
            before = reader.seen
            reader.show(item(1))
            await until(lambda before=before: reader.seen > before)  # type: ignore[misc]
            if name == "hand":
                at.close(name)
            told.append((await doing).ended)
        told.append((await at.perform(RECEIVE, "hand", timeout_s=0.0)).ended)
    assert told == ["duration", "stable", "button", "no tag"]


async def test_the_clock_begins_passes_and_an_empty_one_is_told_where_wanted(tmp_path: Path) -> None:
    reader = FakeReader()
    sweep = Cycle(repeat_s=0.05, duration_s=0.02, if_empty=True)
    at, told = made(tmp_path, reader, point(automatic=True, order=RECEIVE, cycle=sweep))
    async with at:
        await until(lambda: len(told) >= 2)
    assert {outcome.read for outcome in told} == {0}
    assert [m.code for m in told[0].messages] == ["NO_READ"]


def door(**more: Any) -> ReadPoint:
    sides = (
        Antennas("r", frozenset({1}), side=Side.OUTSIDE),
        Antennas("r", frozenset({2}), side=Side.INSIDE),
    )
    return point(sources=sides, inward=Step.RECEIVE, outward=Step.SHIP, **more)


IN = ((1, -50.0), (1, -42.0), (1, -42.0), (2, -42.0), (2, -42.0), (2, -50.0))


async def through(reader: GateReader, epc: str, *reads: tuple[int, float]) -> None:
    """Each read half a second of the station's time after the one before."""
    for one in reads:
        before = reader.seen
        reader.pass_by(epc, one)
        await until(lambda before=before: reader.seen > before)  # type: ignore[misc]
        await asyncio.sleep(0.01)


async def test_the_way_decides_the_step_of_an_automatic_door(tmp_path: Path) -> None:
    reader = GateReader()
    at, told = made(tmp_path, reader, door(automatic=True, order=RECEIVE, smoothing=PATIENT))
    async with at:
        for number, reads in enumerate((IN, IN[::-1], (*IN, *IN[:3], *IN[:3])), 1):
            await through(reader, item(number), *reads)
            at.close("dock")
            await until(lambda number=number: len(told) == number)  # type: ignore[misc]
    assert [(o.step, o.read, bool(o.sequences)) for o in told[:2]] == [
        (Step.RECEIVE, 1, True),
        (Step.SHIP, 1, True),
    ]
    assert (told[2].sequences, told[2].messages[0].code) in {((), "TURNED_BACK"), ((), "WAY_UNCLEAR")}


async def test_goods_that_go_the_other_way_than_the_order_are_not_recorded(tmp_path: Path) -> None:
    reader = GateReader()
    at, _ = made(tmp_path, reader, door(smoothing=PATIENT))
    async with at:
        doing = asyncio.create_task(at.perform(Order(Step.SHIP), "dock"))
        await until(lambda: at.takes("dock"))
        await through(reader, item(1), *IN)
        at.close("dock")
        outcome = await doing
        typed = await at.perform(Order(Step.SHIP, typed=True, epcs=(SSCC,)), "dock")
    assert (outcome.state, outcome.sequences) == (State.STOP, ())
    assert [m.code for m in outcome.messages] == ["WRONG_WAY"]
    assert typed.sequences


async def test_what_is_uncertain_counts_only_where_it_is_expected(tmp_path: Path) -> None:
    for expected in ((item(1), item(2)), (item(1),)):
        reader, platform = GateReader(), Platform()
        careful = point(guard=Guard.EVIDENCE, smoothing=Smoothing(quiet_s=0.2))
        folder = tmp_path / str(len(expected))
        folder.mkdir()
        async with station(folder, reader, platform, careful) as at:
            doing = asyncio.create_task(at.perform(Order(Step.RECEIVE, expected=expected), "dock"))
            await until(lambda at=at: at.takes("dock"))  # type: ignore[misc]
            for reads in ((1, -48.0), (2, -40.0), (1, -48.0)):
                reader.pass_by(item(1), reads)
            reader.pass_by(item(2), (1, -70.0))
            outcome = await doing
            await at.wait_delivered()
        (event,) = platform.events
        codes = [m.code for m in outcome.messages]
        if len(expected) == 2:
            assert (event["epcList"], codes) == ([item(1), item(2)], [])
        else:
            assert (event["epcList"], codes) == ([item(1)], ["UNCERTAIN_READ"])
            assert event["suyuan:exceptions"][0]["suyuan:epc"] == [item(2)]
