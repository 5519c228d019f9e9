from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.unit.readers.station.fakes import GTIN, PLACE, item, tag
from typer.testing import CliRunner

from suyuan.api.commands.station import app
from suyuan.readers.errors import ReaderError
from suyuan.readers.observation import Observation
from suyuan.readers.sim import SimReader
from suyuan.readers.station.config import Cycle, Input, ReaderConfig, ReadPoint, ServerConfig, StationConfig
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.rehearsal import rehearse

FILE = """
[station]
id = "s"
party = "https://id.gs1.org/417/6901234567892"
data = "var"
[server]
url = "https://platform.example"
token = "t"
[[readers]]
name = "dock"
url = "sim://dock?period=0.05&epcs=EPCS&record=TAPE"
[[read_points]]
name = "in"
reader = "dock"
step = "receive"
read_point = "https://id.gs1.org/414/6901234567892/254/1"
"""


def file(folder: Path, text: str = FILE) -> Path:
    path = folder / "station.toml"
    tape = str(folder / "tape.jsonl")
    path.write_text(text.replace("EPCS", tag(item(1)).hex()).replace("TAPE", tape), encoding="utf-8")
    return path


def test_what_would_be_recorded_is_printed_and_nothing_is_written(tmp_path: Path) -> None:
    path = file(tmp_path)
    told = CliRunner().invoke(app, ["check", str(path), "--seconds", "0.3", "--json"])
    assert told.exit_code == 0, told.output
    found = json.loads(told.stdout)
    (point,) = found["readPoints"]
    assert point["objects"] == [item(1)]
    assert point["events"][0]["bizStep"] == "receiving"
    assert found["readers"][0]["reads"] > 0
    assert [one.name for one in tmp_path.iterdir()] == ["station.toml"]  # no outbox, no tape


def test_in_words_for_a_person(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["check", str(file(tmp_path)), "--seconds", "0.2"])
    assert "will" not in told.stdout
    assert f"{item(1)}  x" in told.stdout
    assert "Nothing was written or sent" in told.stdout


def test_the_file_alone(tmp_path: Path) -> None:
    path = file(tmp_path, FILE.replace("sim://dock", "llrp://192.0.2.1"))
    told = CliRunner().invoke(app, ["check", str(path), "--file-only"])
    assert told.exit_code == 0
    assert "can be read" in told.stdout


def test_a_file_that_is_wrong_is_told_in_both_languages(tmp_path: Path) -> None:
    path = file(tmp_path, FILE.replace("step =", "stepp ="))
    told = CliRunner().invoke(app, ["check", str(path)])
    assert told.exit_code != 0
    assert "第 15 行" in told.stderr
    assert "Line 15" in str(told.exception)


def test_the_hash_of_a_pin() -> None:
    told = CliRunner().invoke(app, ["pin"], input="4711\n4711\n")
    assert told.stdout.splitlines()[-1].startswith('pin_hash = "scrypt:')
    assert "4711" not in told.output


def test_a_pin_is_no_option_which_others_would_see() -> None:
    assert CliRunner().invoke(app, ["pin", "--pin", "4711"]).exit_code == 2


class Gone(SimReader):
    async def _connect(self) -> None:  # type: ignore[override]
        raise ReaderError("The reader {reader} is away.", reader=self.name)


def now() -> datetime:
    return datetime.now(UTC)


async def test_a_reader_that_is_away_keeps_nobody_from_trying_the_others() -> None:
    door = ReadPoint("door", "good", Step.RECEIVE, f"{PLACE}/254/1", antennas=frozenset({1, 7}))
    config = StationConfig(
        "s",
        "https://id.gs1.org/417/6901234567892",
        Path("/nowhere"),
        ServerConfig("https://platform.example", "t"),
        tuple(ReaderConfig(name, f"sim://{name}") for name in ("good", "gone", "spare")),
        (
            replace(door, cycle=Cycle(start_input=Input("gone", 1))),
            ReadPoint("wrong", "gone", Step.SHIP, "x", automatic=True, order=Order(Step.SHIP, product="1")),
        ),
    )
    made: dict[str, SimReader] = {}

    def opened(url: str) -> SimReader:
        name = url.removeprefix("sim://")
        made[name] = (Gone if name == "gone" else SimReader)(name, now=now)
        return made[name]

    async def look(_: float) -> None:
        made["good"].present(1, [tag(item(1)), b"\xe2"])
        await asyncio.sleep(0.05)

    found = await rehearse(config, 1.0, now=now, monotonic=lambda: 0.0, sleep=look, opened=opened)
    assert [one.fault is None for one in found.readers] == [True, False, True]
    assert not found.good
    first, second = found.points
    assert [r.identity.gtin for r in first.burst.readings] == [GTIN]
    assert [m.code for m in first.messages] == ["MISREAD"]
    assert second.fault is not None
    assert {doubt.where for doubt in found.doubts} == {
        "readers[2]",
        "read_points[0]",
        "read_points[0].cycle",  # it waits for an order, whatever its input does
    }


class Broken(SimReader):
    async def observations(self) -> AsyncIterator[Observation]:
        raise ValueError("a fault of ours")
        yield


async def test_a_fault_of_ours_is_not_swallowed() -> None:
    with pytest.raises(ValueError, match="a fault of ours"):
        await rehearse(
            simple(f"{PLACE}/254/1"),
            0.0,
            now=now,
            monotonic=lambda: 0.0,
            opened=lambda _: Broken("good", now=now),
        )


async def test_an_event_that_the_platform_would_refuse_is_told() -> None:
    reader = SimReader("good", now=now)

    async def look(_: float) -> None:
        reader.present(1, [tag(item(1))])
        await asyncio.sleep(0.05)

    found = await rehearse(
        simple("nonsense here"), 1.0, now=now, monotonic=lambda: 0.0, sleep=look, opened=lambda _: reader
    )
    (point,) = found.points
    assert point.fault is not None
    assert (point.fault.where, found.good) == ("/readPoint/id", False)


def simple(read_point: str) -> StationConfig:
    return StationConfig(
        "s",
        "https://id.gs1.org/417/6901234567892",
        Path("/nowhere"),
        ServerConfig("https://platform.example", "t"),
        (ReaderConfig("good", "sim://good"),),
        (ReadPoint("door", "good", Step.RECEIVE, read_point),),
    )
