from __future__ import annotations

import asyncio
import random
import shutil
import sqlite3
import threading
import uuid
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from suyuan.readers.station import journal, outbox
from suyuan.readers.station.errors import OutboxDamaged, OutboxForeign, OutboxTaken, OutboxUnavailable
from suyuan.readers.station.event_id import new_event_id
from suyuan.readers.station.journal import Entry
from suyuan.readers.station.memory import Connection, Lesson
from suyuan.readers.station.outbox import Outbox
from suyuan.readers.station.steps import Known

NOW = datetime(2026, 11, 21, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time


def box(folder: Path, **more: Any) -> Outbox:
    return Outbox(folder, more.pop("station", "s"), now=more.pop("now", Clock()), **more)


def entry(name: str, size: int = 1, lessons: Sequence[Lesson] = ()) -> Entry:
    return Entry(name, {"padding": "x" * size}, NOW, 0.0, "boot", tuple(lessons))


def _modes(folder: Path) -> dict[str, int]:
    """Of a folder and the files in it, by their names."""
    return {path.name: path.stat().st_mode & 0o777 for path in (folder, *folder.iterdir())}


async def test_what_is_stored_is_its_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "var" / "data"
    with capture_logs() as told:
        async with box(folder) as out:
            await out.append([entry("a")])
            modes = _modes(folder)
    assert modes.pop("data") == 0o700
    assert {"outbox.sqlite", "outbox.sqlite-wal", "outbox.sqlite-shm"} <= modes.keys()
    assert set(modes.values()) == {0o600}
    assert told == []


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o755)
    return folder


async def test_a_folder_that_is_open_to_others_is_told_and_stays_as_it_is(shared: Path) -> None:
    with capture_logs() as told:
        async with box(shared) as out:
            await out.append([entry("a")])
            await out.append([entry("b")])
    [one] = told
    assert (one["event"], one["mode"]) == ("outbox.folder_open_to_others", "0755")
    assert _modes(shared)["data"] == 0o755


async def test_numbers_have_no_gaps_and_repetitions_keep_theirs(tmp_path: Path) -> None:
    async with box(tmp_path, first_sequence=10) as out:
        assert await out.append([entry("a"), entry("b")]) == [10, 11]
        assert await out.append([entry("b"), entry("c")]) == [11, 12]
    async with box(tmp_path) as out:
        assert await out.append([entry("d")]) == [13]
        assert [w.event_id for w in await out.waiting(10)] == ["a", "b", "c", "d"]


async def test_who_waits_for_a_commit_is_told_when_the_outbox_closes_meanwhile(tmp_path: Path) -> None:
    under_way, may_end = threading.Event(), threading.Event()

    class Slow:
        def __init__(self, db: Connection) -> None:
            self.db = db

        def execute(self, sql: str, parameters: Any = (), /) -> Any:
            if sql == "COMMIT" and armed:
                under_way.set()
                may_end.wait(10)
            return self.db.execute(sql, parameters)

        def close(self) -> None:
            self.db.close()

    def slow(path: Path) -> Connection:
        return Slow(outbox.connect(path))

    armed = False
    async with AsyncExitStack() as stack:
        out = await stack.enter_async_context(box(tmp_path, connect=slow))
        armed = True
        waiting = asyncio.create_task(out.append([entry("a")]))
        await asyncio.to_thread(under_way.wait, 10)
        closing = asyncio.create_task(stack.pop_all().aclose())
        await asyncio.sleep(0.02)
        may_end.set()
        async with asyncio.timeout(5):
            assert await waiting == [1]
        await closing


async def test_what_is_to_be_kept_is_kept_though_its_giver_is_cancelled(tmp_path: Path) -> None:
    """A station that stops with a new block list just in use finds it again when it starts."""
    busy, may_end = threading.Event(), threading.Event()

    def slow(_: Connection) -> None:
        busy.set()
        assert may_end.wait(10)

    async with box(tmp_path) as out:
        before = asyncio.create_task(out.within(slow))
        assert await asyncio.to_thread(busy.wait, 10)
        keeping = asyncio.create_task(out.keep("list", b"new"))
        await asyncio.sleep(0)
        keeping.cancel()
        await asyncio.wait([keeping])
        may_end.set()
        await before
    async with box(tmp_path) as out:
        assert await out.kept("list") == b"new"


async def test_events_at_once_share_a_commit(tmp_path: Path) -> None:
    commits = 0

    class Counting:
        def __init__(self, db: sqlite3.Connection) -> None:
            self.db = db

        def execute(self, sql: str, parameters: Any = (), /) -> Any:
            nonlocal commits
            commits += sql == "COMMIT"
            return self.db.execute(sql, parameters)

        def close(self) -> None:
            self.db.close()

    def connect(path: Path) -> Connection:
        return Counting(sqlite3.connect(path, isolation_level=None, check_same_thread=False))

    async with box(tmp_path, connect=connect) as out:
        before = commits
        numbers = await asyncio.gather(*(out.append([entry(str(n))]) for n in range(100)))
        assert [n for (n,) in numbers] == list(range(1, 101))
        assert commits - before == 1


async def test_a_full_disk_acknowledges_nothing_and_recovers_by_itself(tmp_path: Path) -> None:
    full = True

    def connect(path: Path) -> Connection:
        db = outbox.connect(path)
        if full:
            db.execute("PRAGMA max_page_count=40")
        return db

    async with box(tmp_path, connect=connect) as out:
        first = await out.append([entry("small")])
        with pytest.raises(OutboxUnavailable) as caught:
            await out.append([entry("large", 500_000)])
        assert "full" in caught.value.detail
        assert out.failure
        full = False
        assert await out.append([entry("large", 500_000)]) == [first[0] + 1]
        assert out.failure == ""


async def fill(folder: Path) -> None:
    async with box(folder) as out:
        await out.append([entry(str(n), 5_000) for n in range(20)])


async def open_and_close(folder: Path) -> None:
    async with box(folder):
        pass


def test_a_corrupt_file_is_set_aside_and_never_made_anew(tmp_path: Path) -> None:
    asyncio.run(fill(tmp_path))
    path = tmp_path / outbox.FILE
    content = bytearray(path.read_bytes())
    content[4096:12_288] = b"\xa5" * 8_192
    path.write_bytes(content)
    with pytest.raises(OutboxDamaged):
        asyncio.run(open_and_close(tmp_path))
    (aside,) = tmp_path.glob("*.damaged-*")
    assert aside.read_bytes() == content
    with pytest.raises(OutboxDamaged, match="set aside"):
        asyncio.run(open_and_close(tmp_path))
    assert not path.exists()


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / outbox.FILE).write_bytes(b"something else entirely, " * 100)
    with pytest.raises(OutboxDamaged):
        async with box(tmp_path):
            pass


async def test_one_process_and_one_station_to_a_folder(tmp_path: Path) -> None:
    async with box(tmp_path):
        with pytest.raises(OutboxTaken):
            async with box(tmp_path):
                pass
    with pytest.raises(OutboxForeign):
        async with box(tmp_path, station="another"):
            pass


async def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutboxUnavailable):
        async with box(tmp_path / "file"):
            pass


def test_less_than_full_synchronous_is_refused(tmp_path: Path) -> None:
    class Careless:
        def __init__(self) -> None:
            self.db = sqlite3.connect(tmp_path / "x", isolation_level=None)

        def execute(self, sql: str, parameters: Any = (), /) -> Any:
            return self.db.execute("PRAGMA user_version" if "synchronous=" in sql else sql, parameters)

        def close(self) -> None:
            self.db.close()

    careless = Careless()
    careless.db.execute("PRAGMA synchronous=NORMAL")
    with pytest.raises(OutboxUnavailable, match="durably"):
        journal.prepare(careless, "s")
    careless.close()


async def test_no_more_is_read_than_one_document_bears_and_at_least_one(tmp_path: Path) -> None:
    read: list[int] = []

    class Counted:
        def __init__(self, path: Path) -> None:
            self.db = outbox.connect(path)
            self.close = self.db.close

        def execute(self, sql: str, parameters: Any = (), /) -> Any:
            rows = self.db.execute(sql, parameters)
            if not sql.startswith("SELECT sequence, event_id"):
                return rows

            class Rows:
                def fetchone(self) -> Any:
                    read.append(1)
                    return rows.fetchone()

            return Rows()

    async with Outbox(tmp_path, "s", now=lambda: NOW, connect=Counted) as out:
        await out.append([Entry(f"e{n}", {"x": "y" * 1_000}, NOW, 0.0, "b") for n in range(50)])
        assert [one.sequence for one in await out.waiting(50, 3_500)] == [1, 2, 3]
        assert len(read) == 4
        assert [one.sequence for one in await out.waiting(50, 1)] == [1]
        assert len(await out.waiting(50)) == 50


async def test_a_log_that_is_found_is_written_anew_before_anything_is_built_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Outbox(tmp_path / "a", "s", now=lambda: NOW) as out:
        await out.append([entry("e1")])
        shutil.copytree(tmp_path / "a", tmp_path / "killed")  # its log is still there
    order: list[str] = []
    really = outbox.harden

    def harden(log: Path) -> None:
        order.append(log.name)
        really(log)

    def opened(path: Path) -> Any:
        order.append("open")
        return outbox.connect(path)

    monkeypatch.setattr(outbox, "harden", harden)
    async with Outbox(tmp_path / "killed", "s", now=lambda: NOW, connect=opened) as out:
        assert order == [f"{outbox.FILE}-wal", "open"]
        assert len(await out.waiting(9)) == 1


async def test_delivered_rows_stay_seven_days_and_refused_ones_for_ever(tmp_path: Path) -> None:
    clock = Clock()
    async with box(tmp_path, now=clock) as out:
        await out.append([entry("a"), entry("b"), entry("c")])
        await out.mark_sent([1], "job")
        await out.mark_refused(2, "no")
        clock.time += timedelta(days=6, hours=23)
        assert await out.purge() == 0
        clock.time += timedelta(hours=2)
        assert await out.purge() == 1
        queue = await out.queue()
        assert (queue.depth, queue.refused, queue.last_sequence) == (1, 1, 3)
        assert await out.append([entry("d")]) == [4]


async def test_what_is_learned_is_remembered(tmp_path: Path) -> None:
    async with box(tmp_path) as out:
        day = NOW.date()
        await out.append([entry("a", lessons=[Lesson("i", lot_key="l", expires=day)])])
        await out.append([entry("b", lessons=[Lesson("i", unit_key="u"), Lesson("j", unit_key="u")])])
        assert await out.known(["i", "z"]) == {"i": Known("l", "u", day)}
        await out.append([entry("c", lessons=[Lesson("i", left_unit=True)])])
        assert (await out.known(["i"]))["i"] == Known("l", None, day)
        await out.append([entry("d", lessons=[Lesson("u", emptied=True)])])
        assert (await out.known(["j"]))["j"] == Known()


def test_event_ids_are_version_7_and_in_order() -> None:

    chance = random.Random(1)
    ids = [new_event_id(NOW + timedelta(milliseconds=n), chance) for n in range(50)]
    assert ids == sorted(ids)
    assert {uuid.UUID(i).version for i in ids} == {7}
    assert {uuid.UUID(i).variant for i in ids} == {uuid.RFC_4122}
