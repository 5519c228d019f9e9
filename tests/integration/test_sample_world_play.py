"""The miniature world played over real LLRP and real HTTP, with faults, interruptions, refusals."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.unit.simulator.fake_platform import TOKENS, Platform, play_through, real_now, running, tokens

from suyuan.readers.station.order import Step
from suyuan.simulator.field import Rates
from suyuan.simulator.play import Played, play
from suyuan.simulator.plot import imagine
from suyuan.simulator.story import Assignment
from suyuan.simulator.world import MINIATURE, World
from suyuan.trace.errors import Conflict, NotAuthenticated, Unavailable, WrongUse
from suyuan.trace.gs1 import canonical_key

END = datetime(2026, 11, 21, 11, 0, tzinfo=UTC)
ROUGH = Rates(miss=0.3, repeat=0.5, stray=0.5, garbage=0.2)
BIZ_STEPS = {
    Step.PACK: "packing",
    Step.UNPACK: "unpacking",
    Step.TRANSFORM: "creating_class_instance",
    Step.COMMISSION: "commissioning",
    Step.INSPECT: "inspecting",
    Step.SHIP: "shipping",
    Step.RECEIVE: "receiving",
    Step.SELL: "retail_selling",
}


@pytest.fixture(scope="module")
def world() -> World:
    return imagine(7, END, MINIATURE)


@pytest.fixture
async def platform() -> AsyncIterator[Platform]:
    async with running() as platform:
        yield platform


async def played(world: World, platform: Platform, folder: Path, **more: Any) -> Played:
    return await play(
        world,
        server_url=platform.url,
        tokens=tokens(world),
        folder=folder,
        block_list_key=platform.key,
        now=real_now,
        **more,
    )


def planned(assignment: Assignment) -> tuple[object, ...]:
    """What the platform must be told of an assignment: station, step and exactly the objects expected."""
    order = assignment.order
    children = frozenset((*(order.expected or ()), *order.epcs))
    classes = frozenset(q.epc_class for q in (*order.quantities, *order.outputs))
    return assignment.station, BIZ_STEPS[order.step], order.parent, children, classes


def told(event: dict[str, Any]) -> tuple[object, ...]:
    instances = [epc for name in ("epcList", "childEPCs", "inputEPCList") for epc in event.get(name, ())]
    amounts = [
        amount["epcClass"]
        for name in ("quantityList", "childQuantityList", "outputQuantityList")
        for amount in event.get(name, ())
    ]
    parent = event.get("parentID")
    return (
        event["suyuan:station"],
        event["bizStep"],
        None if parent is None else canonical_key(parent),
        frozenset(canonical_key(epc) for epc in instances),
        frozenset(canonical_key(epc_class) for epc_class in amounts),
    )


async def test_every_planned_event_arrives_exactly_once_through_rough_air(
    world: World, platform: Platform, tmp_path: Path
) -> None:
    steps: list[int] = []

    def progress(done: int, total: int, text: str) -> None:
        assert total == len(world.assignments)
        assert text
        steps.append(done)

    result = await played(world, platform, tmp_path, rates=ROUGH, progress=progress)
    assert Counter(map(told, platform.events.values())) == Counter(map(planned, world.assignments))
    assert platform.duplicates == 0
    assert result.acknowledged == result.assignments == len(world.assignments)
    assert (result.refused, result.stopped, result.resumed) == (0, 0, 0)
    assert min(result.counts.missed, result.counts.repeats, result.counts.strays, result.counts.garbage) > 0
    assert steps == list(range(1, len(world.assignments) + 1))


@pytest.mark.slow
def test_event_times_lie_in_the_simulated_days_and_each_station_signs_for_itself(
    world: World, tmp_path: Path
) -> None:
    platform = play_through(world, tmp_path)
    planned_time = {planned(a): a.time for a in world.assignments}
    sites = {site.station: site for site in world.stations}
    for event_id, event in platform.events.items():
        time = datetime.fromisoformat(event["eventTime"])
        assert timedelta(0) <= time - planned_time[told(event)] < timedelta(seconds=15)
        assert event["eventTimeZoneOffset"] == "+08:00"
        site = sites[event["suyuan:station"]]
        assert event["readPoint"]["id"].startswith(site.key)
        assert platform.tokens_of[event_id] == TOKENS + site.station


@pytest.mark.parametrize("after", [2, pytest.param(130, marks=pytest.mark.slow)])
async def test_an_interrupted_play_goes_on_without_loss_or_duplicate(
    world: World, platform: Platform, tmp_path: Path, after: int
) -> None:
    reached = asyncio.Event()

    def progress(done: int, total: int, text: str) -> None:
        del total, text
        if done == after:
            reached.set()

    first = asyncio.create_task(played(world, platform, tmp_path, progress=progress))
    await reached.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    second = await played(world, platform, tmp_path)
    assert second.resumed >= after
    assert Counter(map(told, platform.events.values())) == Counter(map(planned, world.assignments))
    assert second.acknowledged == len(world.assignments)


KILLED = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from suyuan.simulator.play import play
from suyuan.simulator.plot import imagine
from suyuan.simulator.world import MINIATURE
url, folder, end = sys.argv[1:]
world = imagine(7, datetime.fromisoformat(end), MINIATURE)
tokens = {site.station: "token-of-" + site.station for site in world.stations}
asyncio.run(play(world, server_url=url, tokens=tokens, folder=Path(folder), block_list_key=None,
                 now=lambda: datetime.now(UTC)))
"""


@pytest.mark.slow
async def test_a_play_whose_process_was_killed_goes_on_without_loss_or_duplicate(
    world: World, platform: Platform, tmp_path: Path
) -> None:
    arguments = (sys.executable, "-c", KILLED, platform.url, str(tmp_path), END.isoformat())
    process = await asyncio.create_subprocess_exec(*arguments)
    while len(platform.events) < 40:
        assert process.returncode is None
        await asyncio.sleep(0.01)
    process.kill()
    await process.wait()
    assert len(platform.events) < len(world.assignments)
    second = await played(world, platform, tmp_path)
    assert second.resumed >= 40
    assert Counter(map(told, platform.events.values())) == Counter(map(planned, world.assignments))


@pytest.mark.slow
async def test_a_finished_play_started_again_changes_nothing_and_another_world_is_refused(
    world: World, platform: Platform, tmp_path: Path
) -> None:
    first = await played(world, platform, tmp_path)
    before = dict(platform.events)
    again = await played(world, platform, tmp_path)
    assert platform.events == before
    assert again.resumed == len(world.assignments)
    assert (again.counts, again.acknowledged) == (first.counts, first.acknowledged)
    other = imagine(8, END, MINIATURE)
    with pytest.raises(Conflict, match="another sample world"):
        await played(other, platform, tmp_path)


async def test_a_missing_token_is_told_before_anything_is_done(
    world: World, platform: Platform, tmp_path: Path
) -> None:
    some = tokens(world)
    del some["plant"]
    with pytest.raises(WrongUse, match="plant"):
        await play(
            world,
            server_url=platform.url,
            tokens=some,
            folder=tmp_path / "new",
            block_list_key=None,
            now=real_now,
        )
    assert not (tmp_path / "new").exists()


async def test_a_refused_token_is_told_and_the_play_can_go_on_with_a_right_one(
    world: World, platform: Platform, tmp_path: Path
) -> None:
    wrong = {**tokens(world), "shop-3": "stolen"}
    with pytest.raises(NotAuthenticated, match="shop-3"):
        await play(
            world,
            server_url=platform.url,
            tokens=wrong,
            folder=tmp_path,
            block_list_key=None,
            now=real_now,
        )
    result = await played(world, platform, tmp_path)
    assert result.acknowledged == len(platform.events) == len(world.assignments)


async def test_without_a_server_the_stations_go_on_and_the_events_come_later(
    world: World, platform: Platform, tmp_path: Path
) -> None:
    platform.away = True
    with pytest.raises(Unavailable, match="did not take"):
        await played(world, platform, tmp_path, patience_s=0.2)
    assert not platform.events
    platform.away = False
    result = await played(world, platform, tmp_path)
    assert result.resumed == result.acknowledged == len(platform.events) == len(world.assignments)
