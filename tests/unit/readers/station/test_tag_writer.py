"""Writing tags: what becomes of a link whatever goes wrong between the tag, the disk and the reader."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.integration.label_jobs import JOB, Platform, labels, link, ntag, on, told_of, uid
from tests.unit.readers.station.fakes import Clock, FakeReader, Host, fill_disk, point, station, until

from suyuan.readers.errors import ReaderError, TagLost, TagWriteError, TransientConnectionError
from suyuan.readers.observation import Observation
from suyuan.readers.reader import Capabilities
from suyuan.readers.station import tag_writer
from suyuan.readers.station.config import PageConfig
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.outbox import FILE
from suyuan.readers.station.page.site import application
from suyuan.readers.station.staff import Person
from suyuan.readers.station.station import Station
from suyuan.readers.station.tag_fetch import PlatformAway
from suyuan.readers.station.tag_record import can_record
from suyuan.readers.station.tag_writer import NothingToTakeBack, TagWriter, Told, Wish
from suyuan.readers.station.words import State
from suyuan.readers.tags import access, type2
from suyuan.readers.tags.access import LinkTag, TagAccess
from suyuan.readers.virtual.tags import VirtualNtag
from suyuan.trace.errors import WrongUse


class Press(FakeReader):
    """A reader whose field holds one tag; ``fault`` is what its next writing ends with."""

    def __init__(self) -> None:
        super().__init__()
        self.capabilities = Capabilities(link=True, write_link=True)
        self.tag: VirtualNtag | None = None
        self.fault: ReaderError | None = None
        self.refused: ReaderError | None = None

    def lay(self, tag: VirtualNtag | None) -> None:
        self.tag = tag
        if tag is not None:
            at = Clock().wall
            self.queue.put_nowait(Observation("r", 1, b"", at, at, 1, None, tag.uid, on(tag)))

    async def read_link(self) -> LinkTag:
        return access.read_link(self._access())

    async def write_link(self, link: str, *, lock: bool = False, overwrite: bool = False) -> LinkTag:
        refused, self.refused = self.refused, None
        if refused is not None:
            raise refused
        done = access.write_link(self._access(), link, lock=lock, overwrite=overwrite)
        fault, self.fault = self.fault, None
        if fault is not None:
            raise fault
        return done

    async def clear_link(self) -> LinkTag:
        done = access.clear_link(self._access())
        fault, self.fault = self.fault, None
        if fault is not None:
            raise fault
        return done

    def _access(self) -> TagAccess:
        def transceive(command: bytes) -> bytes:
            answer = None if self.tag is None else self.tag.answer(command)
            if answer is None:
                raise TagLost("The tag left the reader.")
            return answer

        return type2.access(transceive)


class Bench:
    def __init__(self, folder: Path, at: Station, press: Press) -> None:
        self.folder, self.station, self.press = folder, at, press

    @property
    def writer(self) -> TagWriter:
        writer = self.station.tag_desk.writer
        assert writer is not None
        return writer

    async def start(self, *, record: str = "", lock: bool = False) -> None:
        job = await self.station.tag_desk.shelf.take(JOB)
        await self.station.tag_desk.start(Wish(job, "r", lock, record))
        await asyncio.sleep(0.02)

    async def lay(self, tag: VirtualNtag) -> Told:
        """Lay a tag, wait for what is said, take it away."""
        before = self.writer.told.count
        self.press.lay(tag)
        settled = {State.READY, State.DONE, State.ATTENTION, State.STOP}
        await until(lambda: self.writer.told.count > before and self.writer.told.state in settled)
        await asyncio.sleep(0.02)
        self.press.lay(None)
        return self.writer.told

    def used(self) -> dict[int, str]:
        """Position and UID of what counts as written, as it is on the disk."""
        with closing(sqlite3.connect(self.folder / "data" / FILE)) as db:
            return dict(db.execute("SELECT position, tid FROM label WHERE state = 'used'").fetchall())


@asynccontextmanager
async def bench(folder: Path, platform: Any = None, *points: Any, **more: Any) -> AsyncGenerator[Bench]:
    press = Press()
    async with station(folder, press, platform or Platform(), *points, **more) as at:
        await until(lambda: at.tag_desk.readers() == ["r"])
        yield Bench(folder, at, press)


def break_disk(folder: Path, state: str) -> Callable[[], None]:
    """From now on no link can become ``state``; what is returned mends it."""

    def run(statement: str) -> None:
        with closing(sqlite3.connect(folder / "data" / FILE, isolation_level=None)) as db:
            db.execute(statement)

    run(
        f"CREATE TRIGGER broken BEFORE UPDATE ON label WHEN NEW.state = '{state}'"
        " BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
    )
    return lambda: run("DROP TRIGGER broken")


@pytest.mark.parametrize("again", ["the same tag", "another"])
async def test_a_tag_torn_at_any_page_neither_loses_nor_doubles_its_link(tmp_path: Path, again: str) -> None:
    whole = 0
    for writes in range(1, 18):
        async with bench(tmp_path / str(writes)) as b:
            await b.start()
            torn = ntag(1, writes=writes)
            told = await b.lay(torn)
            if told.key == "written":
                assert b.used() == {0: uid(torn)}
                whole += 1
                continue
            assert (told.key, told.tid, b.used()) == ("doubt", uid(torn), {})
            torn.writes = None
            fresh = ntag(2)
            assert (await b.lay(fresh)).key == "doubt"
            assert on(fresh) == ""
            if again == "another":
                await b.writer.destroyed()
                assert b.writer.told.key == "rejected"
            tag = torn if again == "the same tag" else fresh
            assert (await b.lay(tag)).key == "written"
            assert on(tag) == link(0)
            assert b.used() == {0: uid(tag)}
    assert 0 < whole < 17  # the last ones were not torn any more


async def test_green_only_once_it_is_on_the_disk(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        await b.start()
        mend = break_disk(tmp_path, "used")
        tag = ntag(1)
        told = await b.lay(tag)
        assert (told.key, told.state) == ("failed", State.STOP)
        assert on(tag) == link(0)
        assert b.used() == {}
        other = ntag(2)
        mend()
        assert (await b.lay(other)).key == "doubt"
        assert on(other) == ""
        assert (await b.lay(tag)).key == "written"
        assert b.used() == {0: uid(tag)}


async def test_no_tag_is_touched_before_its_number_is_on_the_disk(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        await b.start()
        break_disk(tmp_path, "open")
        tag = ntag(1)
        assert (await b.lay(tag)).state is State.STOP
        assert on(tag) == ""


async def test_a_reader_that_goes_leaves_a_doubt_that_survives_the_station(tmp_path: Path) -> None:
    tag = ntag(1)
    async with bench(tmp_path) as b:
        await b.start()
        b.press.fault = TransientConnectionError("The reader {reader} went away.", reader="r")
        assert (await b.lay(tag)).key == "doubt"
        assert on(tag) == link(0)
    async with bench(tmp_path, Platform(away=True)) as b:
        await b.start()
        assert (b.writer.told.key, b.writer.told.tid) == ("doubt", uid(tag))
        assert (await b.lay(ntag(2))).key == "doubt"
        assert (await b.lay(tag)).key == "written"
        assert (await b.lay(ntag(2))).key == "written"
        assert b.used() == {0: uid(tag), 1: uid(ntag(2))}


async def test_a_tag_that_fails_is_rejected_and_its_link_waits(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        await b.start()
        b.press.refused = TagWriteError("The tag refused page {page}.", page=5)
        bad = ntag(1)
        told = await b.lay(bad)
        assert (told.key, told.tid) == ("bad-tag", uid(bad))
        assert [(n, t) for n, t, _ in b.writer.rejects] == [(0, uid(bad))]
        assert (await b.lay(ntag(2))).key == "written"
        assert b.used() == {0: uid(ntag(2))}


async def test_a_double_stops_and_is_overwritten_only_by_the_button(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        await b.start()
        await b.lay(ntag(1))
        double = ntag(2, link(0))
        told = await b.lay(double)
        assert (told.key, told.state, told.offer) == ("double", State.STOP, "overwrite")
        b.press.tag = ntag(3, link(0))
        await b.writer.overwrite()  # another one lies there now
        assert on(b.press.tag) == link(0)
        b.press.tag = double
        await b.writer.overwrite()
        assert b.writer.told.key == "double"  # asked for the one before: it is asked again
        await b.writer.overwrite()
        assert on(double) == link(1)
        assert b.used() == {0: uid(ntag(1)), 1: uid(double)}


async def test_a_tag_lost_when_it_was_to_be_overwritten_is_when_it_comes_again(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        await b.start()
        await b.lay(ntag(1))
        double, other = ntag(2, link(0)), ntag(3, link(0))
        for between, key in ((None, "written"), (other, "double")):
            double.memory[:] = ntag(2, link(0)).memory
            assert (await b.lay(double)).key == "double"
            await b.writer.overwrite()  # nothing lies there at this moment
            assert on(double) == link(0)
            if between is not None:
                assert (await b.lay(between)).key == "double"
            assert (await b.lay(double)).key == key
        assert b.used() == {0: uid(ntag(1)), 1: uid(double)}


async def test_a_tag_that_carries_the_next_link_already_is_that_tag(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        await b.start()
        tag = ntag(1, link(0), writes=0)  # it can be read, and not be written any more
        tag.writes = None
        tag.memory[10:12] = b"\xff\xff"
        assert (await b.lay(tag)).key == "written"
        assert b.used() == {0: uid(tag)}
        await b.lay(ntag(2))
        assert (await b.lay(tag)).key == "done-before"
        assert b.used() == {0: uid(tag), 1: uid(ntag(2))}


async def test_what_lies_there_to_be_written_is_no_goods_that_pass(tmp_path: Path) -> None:
    automatic = point(automatic=True, order=Order(Step.RECEIVE))
    platform = Platform()
    async with bench(tmp_path, platform, automatic) as b:
        await b.start()
        await b.lay(ntag(1))
        await asyncio.sleep(0.2)
        assert (await b.station.status()).queue.last_sequence == 0
        await b.station.tag_desk.end()
        b.press.lay(ntag(2, link(4)))
        async with asyncio.timeout(5):
            while not (await b.station.status()).queue.last_sequence:  # noqa: ASYNC110 - it has no event
                await asyncio.sleep(0.02)


async def test_the_last_tag_is_no_failed_one_where_the_shift_ended_and_nothing_could_be_recorded(
    tmp_path: Path,
) -> None:
    async with bench(tmp_path, Platform(count=3)) as b:
        await b.start(record="dock")
        await b.lay(ntag(1))
        await b.lay(ntag(2))
        b.station.duty.staff = (Person("u1", "王秀英"),)  # and nobody is at work
        await b.lay(ntag(3))
        await until(lambda: b.writer.told.key == "not-recorded")
        told = b.writer.told
        assert (told.state, told.offer) == (State.STOP, "again")
        assert told.error is not None
        assert b.used() == {n: uid(ntag(n + 1)) for n in range(3)}
        b.station.duty.staff = ()
        await b.writer.again()
        assert b.writer.told.key == "finished-recorded"


async def test_the_form_offers_one_read_point_of_the_reader(tmp_path: Path) -> None:
    async with bench(tmp_path, None, point(), point("dock 2")) as b:
        host = Host(tmp_path / "station.toml")
        host.station = b.station
        transport = httpx.ASGITransport(application(host, PageConfig()))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8800") as page:
            form = (await page.get("/write")).text
        assert "<option selected>dock</option><option>dock 2</option>" in form


async def test_what_was_written_is_recorded_once(tmp_path: Path) -> None:
    platform = Platform(away=True)
    platform.away = False
    async with bench(tmp_path, platform) as b:
        await b.start(record="dock")
        await b.lay(ntag(1))
        await b.lay(ntag(2))
        mend = fill_disk(tmp_path)
        await b.station.tag_desk.end()
        assert (b.writer.told.key, b.writer.told.state) == ("not-recorded", State.STOP)
        mend()
        await b.writer.again()
        assert (b.writer.told.key, b.writer.told.sequences) == ("recorded", (1,))
        with pytest.raises(NothingToTakeBack):
            await b.writer.take_back()
        await b.station.tag_desk.end()
    async with bench(tmp_path, platform) as b:
        await b.start(record="dock")
        await b.lay(ntag(3))
        await b.station.tag_desk.end()
        await b.station.wait_delivered()
    assert [event["epcList"] for event in platform.events] == [[link(0), link(1)], [link(2)]]
    assert platform.events[0]["suyuan:basis"] == "read"
    assert platform.events[1]["suyuan:tags"] == [{"suyuan:epc": link(2), "suyuan:tid": uid(ntag(3))}]


async def test_what_seals_a_link_is_on_the_tag_and_in_no_event(tmp_path: Path) -> None:
    platform, tag = Platform(count=1, seal="?v=K7M3QP4AK7M3QP4A"), ntag(3)
    async with bench(tmp_path, platform) as b:
        await b.start(record="dock")
        await b.lay(tag)
        await b.station.tag_desk.end()
        await b.station.wait_delivered()
    assert on(tag) == f"{link(0)}?v=K7M3QP4AK7M3QP4A"
    assert platform.events[0]["epcList"] == [link(0)]
    assert platform.events[0]["suyuan:tags"] == [{"suyuan:epc": link(0), "suyuan:tid": uid(tag)}]


async def test_taking_back_that_is_torn_is_a_doubt_and_not_a_loss(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        await b.start()
        tag = ntag(1)
        await b.lay(tag)
        await b.writer.take_back()
        b.press.fault = TagLost("The tag left the reader.")
        assert (await b.lay(tag)).key == "doubt"
        assert b.used() == {}
        assert (await b.lay(tag)).key == "written"
        assert b.used() == {0: uid(tag)}
        await b.writer.take_back()
        await b.writer.keep()
        assert (await b.lay(ntag(2))).key == "written"


async def test_a_finished_job_and_a_second_writing_are_refused(tmp_path: Path) -> None:
    async with bench(tmp_path, Platform(count=1)) as b:
        await b.start()
        with pytest.raises(WrongUse, match="being written"):
            await b.start()
        assert (await b.lay(ntag(1))).key == "finished"
        await b.station.tag_desk.end()
        with pytest.raises(WrongUse, match="finished"):
            await b.start()


async def test_a_writing_that_nobody_looks_at_gives_the_reader_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bench(tmp_path) as b:
        desk = b.station.tag_desk
        monkeypatch.setattr(desk, "_parts", replace(desk._parts, idle_s=0.1))  # pyright: ignore[reportPrivateUsage]
        await b.start()
        await until(lambda: desk.writer is None)
        await b.start()  # and it can be begun anew
    assert tag_writer.IDLE_S > 60


@pytest.mark.parametrize(
    "answer",
    [
        b"{",
        b"[]",
        {**told_of(JOB), "labels": labels(4)},
        {**told_of(JOB), "labels": list(reversed(labels()))},
        {**told_of(JOB), "labels": [{**one, "link": link(1)} for one in labels()]},
        {**told_of(JOB, -1), "labels": []},
        {**told_of("f" * 16), "labels": labels()},
        {**told_of(JOB), "labels": [{**one, "key": "a b"} for one in labels()]},
    ],
)
async def test_an_answer_that_cannot_be_is_not_kept(tmp_path: Path, answer: Any) -> None:
    def platform(_: httpx.Request) -> httpx.Response:
        return (
            httpx.Response(200, content=answer)
            if isinstance(answer, bytes)
            else httpx.Response(200, json=answer)
        )

    async with bench(tmp_path, platform) as b:
        with pytest.raises(PlatformAway):
            await b.station.tag_desk.shelf.take(JOB)
        assert await b.station.tag_desk.shelf.kept() == []


async def test_links_that_are_none_and_units_that_are_not_produced(tmp_path: Path) -> None:
    def platform(_: httpx.Request) -> httpx.Response:
        return httpx.Response(
            200, json={**told_of(JOB, 1), "labels": [{**labels(1)[0], "link": "javascript:1"}]}
        )

    async with bench(tmp_path, platform) as b:
        with pytest.raises(ReaderError, match="no web link"):
            await b.station.tag_desk.shelf.take(JOB)
    async with bench(tmp_path / "2") as b:
        job = await b.station.tag_desk.shelf.take(JOB)
    assert can_record(job)
    assert not can_record(replace(job, subject=""))
    assert not can_record(replace(job, subject="nonsense"))
