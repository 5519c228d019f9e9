"""``suyuan station retry``: what the platform refused waits again, and only where nobody else is at it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from suyuan.api.commands.station_retry import retry
from suyuan.readers.station.errors import OutboxTaken
from suyuan.readers.station.journal import Entry
from suyuan.readers.station.outbox import FILE, Outbox
from suyuan.trace.errors import WrongUse

NOW = datetime(2026, 11, 22, tzinfo=UTC)
PARTY = "https://id.gs1.org/417/9521234000013"
CONFIG = f"""
[station]
id = "dock"
party = "{PARTY}"
data = "data"

[server]
url = "http://127.0.0.1:1"
token = "t"

[[readers]]
name = "gate"
url = "sim://gate"

[[read_points]]
name = "gate"
reader = "gate"
step = "receive"
read_point = "https://id.gs1.org/414/9521234000013"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "station.toml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


def outbox(folder: Path) -> Outbox:
    return Outbox(folder / "data", "dock", now=lambda: NOW, party=PARTY)


async def test_an_outbox_that_a_station_uses_is_left_alone(config: Path) -> None:
    async with outbox(config.parent) as used:
        await used.append([Entry("a", {}, NOW, 0.0, "b")])
        await used.mark_refused(1, "no")
        with pytest.raises(OutboxTaken):
            await retried(config)
        assert (await used.queue()).refused == 1


async def test_what_was_refused_waits_again(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with outbox(config.parent) as used:
        await used.append([Entry(name, {}, NOW, 0.0, "b") for name in ("a", "b", "c")])
        await used.mark_refused(2, "no")
    await retried(config)
    await retried(config)
    assert capsys.readouterr().out == "1 refused record(s) wait again.\nNo record was refused.\n"
    async with outbox(config.parent) as used:
        assert [one.sequence for one in await used.waiting(9)] == [1, 2, 3]


def test_where_nothing_was_recorded_nothing_is_made(config: Path) -> None:
    with pytest.raises(WrongUse) as error:
        retry(config)
    assert "data" in error.value.detail
    assert not (config.parent / "data" / FILE).exists()


async def retried(config: Path) -> None:
    """The command, which runs a loop of its own."""
    await asyncio.to_thread(retry, config)
