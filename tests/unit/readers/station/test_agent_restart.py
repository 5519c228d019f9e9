"""The agent around the station: no file, a wrong file, a file that was changed, an outbox that is taken."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from tests.unit.readers.station.fakes import NOW, PLACE, FakeReader, item, tag, until

from suyuan.readers.station.agent import Agent, cookie_key
from suyuan.readers.station.config import StationConfig
from suyuan.readers.station.errors import OutboxTaken
from suyuan.readers.station.outbox import Outbox
from suyuan.readers.station.outcome import Outcome
from suyuan.readers.station.station import Station
from suyuan.trace.errors import WrongUse

GOOD = f"""
[station]
id = "s1"
party = "https://id.gs1.org/417/6901234567892"
data = "data"
[server]
url = "http://127.0.0.1:9"
token = "t"
[[readers]]
name = "r"
url = "sim://r"
[[read_points]]
name = "dock"
reader = "r"
step = "receive"
read_point = "{PLACE}"
"""


def make(config: StationConfig) -> Station:
    return Station(config, now=lambda: NOW)


@asynccontextmanager
async def working(path: Path, make: Callable[[StationConfig], Station] = make) -> AsyncGenerator[Agent, None]:
    agent = Agent(path, make=make)
    task = asyncio.create_task(agent.work())
    try:
        async with asyncio.timeout(20):
            await agent.restart()
            yield agent
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def lines(capfd: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    """What the agent told since it was last asked."""
    return [json.loads(line) for line in capfd.readouterr().out.splitlines() if line[:1] == "{"]


async def test_it_waits_for_a_file_and_takes_it_up(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "station.toml"
    async with working(path) as agent:
        assert agent.station is None
        assert agent.fault is not None
        assert agent.fault.code == "station-not-set-up"
        begun = lines(capfd)
        assert [set(line) for line in begun] == [{"setup"}]  # the first start is no fault
        path.write_text(GOOD)
        await agent.restart()
        assert agent.fault is None
        assert agent.station is not None
        first = agent.station
        path.write_text(GOOD.replace('name = "dock"', 'name = "gate"'))
        await agent.restart()
        assert agent.station is not None
        assert agent.station is not first
        assert agent.station.config.read_points[0].name == "gate"
        path.write_text(GOOD.replace('url = "http', 'uri = "http'))
        await agent.restart()
        assert agent.station is None
        assert isinstance(agent.fault, WrongUse)
        assert agent.fault.where == "server.uri"
        assert "fault" in lines(capfd)[-1]


async def test_a_setup_that_is_not_finished_is_no_fault(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "station.toml"
    path.write_text(GOOD.partition("[[readers]]")[0])
    async with working(path) as agent:
        assert agent.fault is not None
        assert [set(line) for line in lines(capfd)] == [{"setup"}]
    path.write_text("[station")
    async with working(path):
        assert [set(line) for line in lines(capfd)] == [{"fault"}]


async def test_a_taken_folder_is_told_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "station.toml"
    path.write_text(GOOD)
    async with Outbox(tmp_path / "data", "s1", now=lambda: NOW), working(path) as agent:
        assert isinstance(agent.fault, OutboxTaken)
    async with working(path) as agent:
        assert agent.station is not None


async def test_without_a_page_a_fault_is_an_end(tmp_path: Path) -> None:
    with pytest.raises(WrongUse):
        await Agent(tmp_path / "none.toml", make=make, patient=False).work()


AUTOMATIC = f"""{GOOD}
automatic = true
[read_points.smoothing]
min_reads = 1
quiet_s = 60.0
[read_points.order]
"""


async def test_what_was_read_before_the_file_is_taken_up_anew_is_recorded(tmp_path: Path) -> None:
    path, reader = tmp_path / "station.toml", FakeReader()
    path.write_text(AUTOMATIC)
    outcomes: list[Outcome] = []

    def watched(config: StationConfig) -> Station:
        return Station(config, now=lambda: NOW, open_source=lambda _: reader, show=outcomes.append)

    async with working(path, watched) as agent:
        station = agent.station
        assert station is not None
        reader.show(tag(item(1)))
        await until(lambda: station.takes("dock") and station._passes._points["dock"].reading)  # pyright: ignore[reportPrivateUsage]
        await agent.restart()
        assert [outcome.sequences for outcome in outcomes] == [(1,)]


async def test_who_wishes_for_a_rest_while_the_station_starts_waits_for_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "station.toml"
    path.write_text(GOOD)
    begun, may_go_on = asyncio.Event(), asyncio.Event()

    class Slow(Station):
        async def _tell_apart(self) -> None:
            begun.set()
            await may_go_on.wait()

    agent = Agent(path, make=lambda config: Slow(config, now=lambda: NOW))
    task = asyncio.create_task(agent.work())
    try:
        async with asyncio.timeout(10):
            await begun.wait()
            resting = asyncio.create_task(agent.rest())
            await asyncio.sleep(0)
            may_go_on.set()
            await resting
        assert agent.station is None  # its reader is free
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_a_wish_that_meets_the_end_does_not_undo_it(tmp_path: Path) -> None:
    agent = Agent(tmp_path / "none.toml", make=make)
    task = asyncio.create_task(agent.work())
    await until(lambda: agent.fault is not None)
    wish = asyncio.create_task(agent.restart())
    await asyncio.sleep(0)
    task.cancel()
    ended, _ = await asyncio.wait([task], timeout=2)
    wish.cancel()
    task.cancel()  # whatever became of the first
    assert ended


def test_the_key_of_the_cookie_is_kept_and_private(tmp_path: Path) -> None:
    path = tmp_path / "station.toml"
    key = cookie_key(path)
    assert key is not None
    assert cookie_key(path) == key
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o077 == 0
    assert cookie_key(tmp_path / "none" / "station.toml") is None
