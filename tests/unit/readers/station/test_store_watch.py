"""A store that fails, fills up or is well again, and a clock that is set: told within one look."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from inspect import signature
from pathlib import Path
from typing import Any

import orjson
import pytest

from suyuan.readers.station import clock, journal, outbox
from suyuan.readers.station.clock import STEP_S, Steps, kernel_quality
from suyuan.readers.station.errors import OutboxUnavailable
from suyuan.readers.station.journal import Entry
from suyuan.readers.station.memory import Connection
from suyuan.readers.station.outbox import Outbox
from suyuan.readers.station.room import LITTLE_FREE, NOTHING_FREE, Room
from suyuan.readers.station.station import Station
from suyuan.readers.station.store_watch import EVERY_S, clock_set, keep_watch
from suyuan.readers.station.words import SAYINGS, Message

NOW = datetime(2026, 11, 22, tzinfo=UTC)
MB = 1 << 20


def entry(name: str, size: int = 1, **more: Any) -> Entry:
    return Entry(name, {"padding": "x" * size}, more.pop("wall", NOW), more.pop("mono", 0.0), "boot", **more)


class Stop(Exception):
    """The watch was looked at long enough."""


@dataclass
class Watched:
    """What an alarm was told, look by look; ``between`` happens after each."""

    between: Callable[[int], None] = lambda _look: None
    looks: int = 3
    told: list[dict[str, Message | None]] = field(default_factory=list[dict[str, Message | None]])
    now: dict[str, Message | None] = field(default_factory=dict[str, "Message | None"])

    def alarm(self, about: str, message: Message | None) -> None:
        self.now[about] = message

    async def sleep(self, seconds: float) -> None:
        assert seconds == EVERY_S <= 5.0
        self.told.append(dict(self.now))
        if len(self.told) == self.looks:
            raise Stop
        self.between(len(self.told))
        await asyncio.sleep(0)

    async def watch(self, out: Outbox, steps: Steps | None = None) -> list[str]:
        """The codes that stood at each look, joined."""
        with pytest.raises(Stop):
            await keep_watch(out, steps or Steps(lambda: NOW, lambda: 0.0), self.alarm, self.sleep)
        return ["+".join(sorted(m.code for m in look.values() if m)) for look in self.told]


class Failing:
    """A connection whose commits fail as long as ``failing`` says so."""

    failing = False

    def __init__(self, path: Path) -> None:
        self.db = outbox.connect(path)

    def execute(self, sql: str, parameters: Any = (), /) -> Any:
        if self.failing and sql == "COMMIT":
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorname = "SQLITE_IOERR_FSYNC"
            raise error
        return self.db.execute(sql, parameters)

    def close(self) -> None:
        self.db.close()


async def test_a_disk_that_fails_is_told_at_the_next_look_and_recovers_without_hands(tmp_path: Path) -> None:
    class Disk(Failing):
        pass

    async with Outbox(tmp_path, "s", now=lambda: NOW, connect=Disk) as out:
        assert await out.append([entry("a")]) == [1]
        Disk.failing = True
        with pytest.raises(OutboxUnavailable, match="disk I/O error"):
            await out.append([entry("b")])

        def mended(look: int) -> None:
            Disk.failing = look < 2

        watched = Watched(between=mended)
        assert await watched.watch(out) == ["QUEUE_FULL", "QUEUE_FULL", ""]
        assert await out.append([entry("b")]) == [2]


async def test_a_log_that_the_disk_does_not_take_keeps_the_connection_until_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Disk(Failing):
        closed = 0

        def close(self) -> None:
            Disk.closed += 1
            super().close()

    refuses = True

    def harden(log: Path) -> None:
        assert log.name == "outbox.sqlite-wal"
        if refuses:
            raise OSError(5, "Input/output error")

    async with Outbox(tmp_path, "s", now=lambda: NOW, connect=Disk) as out:
        await out.append([entry("a")])
        monkeypatch.setattr(outbox, "harden", harden)
        Disk.failing = True
        for _ in range(2):
            with pytest.raises(OutboxUnavailable):
                await out.append([entry("b")])
        assert not Disk.closed, "closing copies a log into the file that is not on the disk"
        Disk.failing = refuses = False
        assert await out.append([entry("b")]) == [2]
        assert Disk.closed == 1


def test_a_log_is_written_over_itself_as_it_was(tmp_path: Path) -> None:
    log = tmp_path / "x-wal"
    content = os.urandom(3 * MB + 17)
    log.write_bytes(content)
    outbox.harden(log)
    assert log.read_bytes() == content


async def test_room_that_grows_short_is_told_before_it_is_over_and_nothing_stored_is_lost(
    tmp_path: Path,
) -> None:
    async with Outbox(tmp_path, "s", now=lambda: NOW, limit=MB) as out:
        stored: list[int] = []
        codes: list[str] = []
        while not (room := await out.room()).full:
            codes.append("soon" if room.used >= 0.8 * MB else "well")
            stored += await out.append([entry(f"n{len(stored)}", 10_000)])
        with pytest.raises(OutboxUnavailable) as caught:
            await out.append([entry("one too many")])
        assert codes[0] == "well"
        assert codes.count("soon") > 5
        assert caught.value.where == "station.outbox_limit_mb"
        assert stored == list(range(1, len(stored) + 1))
        assert [one.sequence for one in await out.waiting(1000)] == stored
        assert (await Watched(looks=1).watch(out)) == ["NO_ROOM"]
        # What is delivered makes room; the oldest of it goes before its week is over, and nothing else does.
        await out.mark_sent(stored[:40], "job")
        assert await out.append([entry("after", 10_000)]) == [stored[-1] + 1]
        assert [one.sequence for one in await out.waiting(1000)] == [*stored[40:], stored[-1] + 1]
        assert out.failure == ""


async def test_where_memory_alone_has_taken_the_room_only_a_higher_limit_helps(tmp_path: Path) -> None:
    async with Outbox(tmp_path, "s", now=lambda: NOW, limit=MB) as out:
        numbers = await out.append([entry("a", 10_000)])
        await out.keep("as large as what is remembered of many goods", bytes(MB))
        assert (await Watched(looks=1).watch(out)) == ["NO_ROOM"]  # as far as is known, delivery helps
        await out.mark_sent(numbers, "job")
        assert (await Watched(looks=1).watch(out)) == ["LITTLE_ROOM"]  # it can be let go
        with pytest.raises(OutboxUnavailable) as caught:
            await out.append([entry("b")])
        assert "remembers" in caught.value.detail
        assert "Raise outbox_limit_mb" in caught.value.remedy
        assert (await Watched(looks=1).watch(out)) == ["MEMORY_FULL"]
    async with Outbox(tmp_path, "s", now=lambda: NOW, limit=2 * MB) as out:
        assert await out.append([entry("b")]) == [2]


async def test_a_full_or_read_only_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = os.statvfs(tmp_path)

    def disk(free: int, flags: int) -> Callable[[object], os.statvfs_result]:
        blocks = free // usual.f_frsize
        values = (*usual[:4], blocks, *usual[5:8], flags, usual.f_namemax)
        return lambda _folder: os.statvfs_result(values)

    async with Outbox(tmp_path, "s", now=lambda: NOW) as out:
        monkeypatch.setattr(os, "statvfs", disk(LITTLE_FREE // 2, 0))
        assert await Watched(looks=1).watch(out) == ["LITTLE_ROOM"]
        monkeypatch.setattr(os, "statvfs", disk(NOTHING_FREE // 2, 0))  # "go on working" would be a lie
        assert await Watched(looks=1).watch(out) == ["QUEUE_FULL"]
        monkeypatch.setattr(os, "statvfs", disk(8 * LITTLE_FREE, os.ST_RDONLY))
        assert await Watched(looks=1).watch(out) == ["QUEUE_FULL"]
        monkeypatch.setattr(os, "statvfs", disk(8 * LITTLE_FREE, 0))
        assert await Watched(looks=1).watch(out) == [""]


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (timedelta(days=365), ("拨快了 1 年", "forward by 1 year")),
        (-timedelta(days=365), ("拨慢了 1 年", "back by 1 year")),
        (-timedelta(hours=1), ("拨慢了 1 小时", "back by 1 hour")),
        (timedelta(seconds=1), None),  # a leap second, or a time server at work
    ],
)
async def test_a_clock_that_is_set_is_told(
    tmp_path: Path, step: timedelta, told: tuple[str, str] | None
) -> None:
    wall, mono = NOW, 100.0

    def later(look: int) -> None:
        nonlocal wall, mono
        wall, mono = wall + timedelta(seconds=2) + (step if look == 1 else timedelta()), mono + 2.0

    async with Outbox(tmp_path, "s", now=lambda: NOW) as out:
        watched = Watched(between=later, looks=4)
        codes = await watched.watch(out, Steps(lambda: wall, lambda: mono))
    assert codes == (["", "CLOCK_SET", "CLOCK_SET", "CLOCK_SET"] if told else [""] * 4)
    if told:
        message = watched.now["clock"]
        assert message is not None
        assert told[0] in message.text("zh")
        assert told[1] in message.text("en")


async def test_a_record_says_what_is_known_of_its_clock_and_keeps_its_place(tmp_path: Path) -> None:
    back = NOW - timedelta(days=365)
    async with Outbox(tmp_path, "s", now=lambda: NOW) as out:
        await out.append([entry("a", clock="synchronised")])
        await out.append([entry("b", mono=1.0, wall=back, clock="unsynchronised")])
        await out.append([entry("c", mono=2.0, wall=back + timedelta(seconds=1))])
        waiting = await out.waiting(10)
    told = [orjson.loads(one.payload) for one in waiting]
    assert [one["suyuan:sequence"] for one in told] == [1, 2, 3]
    of_clock = [{k: v for k, v in one.items() if k.startswith("suyuan:clock")} for one in told]
    stepped = -365 * 86_400 - 1
    assert of_clock == [{}, {"suyuan:clockQuality": "unsynchronised", "suyuan:clockStep": stepped}, {}]
    with sqlite3.connect(tmp_path / outbox.FILE) as db:
        kept = [row[0] for row in db.execute("SELECT clock FROM outbox ORDER BY sequence")]
    db.close()
    assert kept == ["synchronised", "unsynchronised", "unknown"]


def test_another_run_of_the_machine_has_another_monotonic_clock() -> None:
    assert clock.step_s(NOW, 5.0, None) == 0.0
    assert clock.step_s(NOW + timedelta(seconds=STEP_S), 0.0, (NOW, 0.0)) == STEP_S


def test_the_kernel_is_asked_for_its_clock() -> None:
    assert kernel_quality() in {"synchronised", "unsynchronised"}


def test_asking_for_the_clock_starts_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(*_args: object, **_more: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "Popen", start)
    assert kernel_quality() in {"synchronised", "unsynchronised"}


def test_a_machine_that_slept_has_not_had_its_clock_set(monkeypatch: pytest.MonkeyPatch) -> None:
    asleep = timedelta(hours=14)
    wall = [NOW, NOW + asleep]
    since_start = {time.CLOCK_BOOTTIME: [100.0, 100.0 + asleep.total_seconds()]}

    def clock_gettime(which: int) -> float:
        return since_start[which].pop(0)

    monkeypatch.setattr(time, "clock_gettime", clock_gettime)
    monkeypatch.setattr(time, "monotonic", lambda: 100.0)  # it stands still meanwhile
    steps = Steps(lambda: wall.pop(0), signature(Station).parameters["monotonic"].default)
    assert [steps.look(), steps.look()] == [0.0, 0.0]


def test_an_outbox_of_an_older_version_gets_what_it_lacks(tmp_path: Path) -> None:
    db: Connection = outbox.connect(tmp_path / outbox.FILE)
    journal.prepare(db, "s")
    journal.append(db, [entry("a")])
    db.execute("ALTER TABLE outbox DROP COLUMN clock")
    journal.prepare(db, "s")
    assert journal.append(db, [entry("b")]) == [2]
    assert [row[0] for row in db.execute("SELECT clock FROM outbox").fetchall()] == ["unknown"] * 2
    db.close()


@pytest.mark.parametrize("code", ["LITTLE_ROOM", "NO_ROOM", "MEMORY_FULL", "CLOCK_SET", "TWO_STATIONS"])
def test_every_alarm_of_the_store_has_its_words(code: str) -> None:
    fields = {**Room(1, MB, 2).as_fields(), **clock_set(3.0).fields, "station": "dock", "number": 7}
    message = Message(code, fields)
    assert code in SAYINGS
    assert message.text("zh") != message.text("en")
    assert message.remedy("zh") != message.remedy("en")
