"""A job of labels written on tags, on the real stacks: pcscd with vpcd, and nfcpy's udp device."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.integration.label_jobs import (
    GTIN,
    HOME,
    JOB,
    OTHERS,
    UHF,
    Platform,
    Web,
    labels,
    link,
    ntag,
    on,
    station_file,
    uid,
)
from tests.ports import free_port
from tests.unit.readers.station.fakes import PLACE, Host

from suyuan.readers.station.config import PageConfig, ReaderConfig, ReadPoint, ServerConfig, StationConfig
from suyuan.readers.station.order import Step
from suyuan.readers.station.page.site import application
from suyuan.readers.station.renewing import RENEWALS, RenewalRule
from suyuan.readers.station.station import Station
from suyuan.readers.station.tag_jobs import Label
from suyuan.readers.tags import ndef, type2
from suyuan.readers.virtual.pcscd import PrivatePcscd
from suyuan.readers.virtual.tags import VirtualNtag
from suyuan.readers.virtual.udp import UdpTag
from suyuan.readers.virtual.vpcd import VpcdCard
from suyuan.trace.sun.renewal import without_secret

BASE = "http://127.0.0.1:8800"
JSON = {"Accept": "application/json"}
Lay = Callable[[VirtualNtag], AbstractContextManager[Any]]


@dataclass
class Bench:
    station: Station
    page: httpx.AsyncClient
    platform: Platform

    async def post(self, deed: str, **told: str) -> httpx.Response:
        return await self.page.post(f"/write/{deed}", data=told)

    async def start(self, **told: str) -> None:
        answer = await self.post("start", **{"job": JOB, "reader": "nfc", "point": "press", **told})
        assert answer.status_code == 303, answer.text

    async def live(self) -> dict[str, Any]:
        return dict((await self.page.get("/write/live", headers=JSON)).json())

    async def told(self, key: str, after: int = -1) -> dict[str, Any]:
        """What the page shows once the writer says ``key``, later than it said its number ``after``."""
        writer = self.station.tag_desk.writer
        assert writer is not None
        for _ in range(3000):
            if writer.told.key == key and writer.told.count > after:
                return await self.live()
            await asyncio.sleep(0.02)
        pytest.fail(f"{key} is not told, but {writer.told}")

    async def write(self, lay: Lay, tag: VirtualNtag, key: str = "written") -> dict[str, Any]:
        """Lay a tag on the reader until ``key`` is told, and take it away."""
        writer = self.station.tag_desk.writer
        assert writer is not None
        before = writer.told.count
        with lay(tag):
            shown = await self.told(key, before)
        await asyncio.sleep(0.5)  # the reader notices that it is gone
        return shown


@asynccontextmanager
async def bench(folder: Path, url: str, platform: Platform, now: Callable[[], Any]) -> AsyncGenerator[Bench]:
    host = Host(folder / "station.toml")
    config = StationConfig(
        "packing-1",
        "https://id.gs1.org/417/6901234567892",
        folder / "data",
        ServerConfig("http://platform.test", "t"),
        (ReaderConfig("nfc", url),),
        (ReadPoint("press", "nfc", Step.RECEIVE, f"{PLACE}/254/1", PLACE),),
    )
    transport = httpx.ASGITransport(application(host, PageConfig()))
    made = Station(config, now=now, transport=httpx.MockTransport(platform))
    headers = {"Origin": BASE, "Accept-Language": "en"}
    async with (
        made as station,
        httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers) as page,
    ):
        host.station = station
        for _ in range(500):
            health = (await station.status()).readers["nfc"]
            if health is not None and health.connected:
                break
            await asyncio.sleep(0.02)
        yield Bench(station, page, platform)


def clock() -> Callable[[], Any]:
    return lambda: datetime.now(UTC)


@pytest.fixture(params=["pcsc", "nfcpy"])
def air(request: pytest.FixtureRequest) -> tuple[str, Lay]:
    """The address of a reader, and how a tag is laid on it."""
    if request.param == "pcsc":
        pcscd: PrivatePcscd = request.getfixturevalue("pcscd")
        return "pcsc://ACR122U", lambda tag: VpcdCard(tag, pcscd.dial)
    port = free_port()
    return f"nfc+udp://127.0.0.1:{port}?types=a", lambda tag: UdpTag(tag, port)


def count(b: Bench) -> int:
    writer = b.station.tag_desk.writer
    assert writer is not None
    return writer.told.count


async def test_five_links_on_five_tags_one_torn_and_one_taken(tmp_path: Path, air: tuple[str, Lay]) -> None:
    url, lay = air
    async with bench(tmp_path, url, Platform(), clock()) as b:
        await b.start(record="1")
        b.platform.away = True  # from here on nobody needs the network
        good = [ntag(n) for n in range(1, 6)]
        shown = await b.write(lay, good[0])
        assert "1 of 5" in shown["html-number"]
        assert "K7M3 QP40 0" in shown["html-number"]
        assert uid(good[0]) in shown["html-tags"]

        other = await _torn(b, lay)
        assert on(other) == ""
        await b.write(lay, good[1])
        assert uid(ntag(0x70)) in (await b.live())["html-tags"]

        taken = ntag(3, f"{HOME}/01/{GTIN}/21/SOMETHING")
        good[2] = taken
        shown = await b.write(lay, ntag(0x72, f"{HOME}/01/{GTIN}/21/ELSE"), "failed")
        assert shown["deeds"] == ["overwrite", "take-back"]
        assert "belongs to" in shown["html-messages"]
        before = count(b)
        with lay(taken):
            await b.told("failed", before)
            await b.post("overwrite")
            shown = await b.told("written")
            assert "3 of 5" in shown["html-number"]
        await asyncio.sleep(0.5)
        await b.write(lay, good[0], "done-before")
        await b.write(lay, good[3])
        shown = await b.write(lay, good[4], "finished-recorded")
        assert shown["state"] == "done"
        assert [on(tag) for tag in good] == [link(n) for n in range(5)]
        writer = b.station.tag_desk.writer
        assert writer is not None
        assert {one.position: one.tid for one in writer.last} == {n: uid(t) for n, t in enumerate(good)}
        b.platform.away = False
        await b.post("end")
        await b.station.wait_delivered()
        (event,) = b.platform.events
        assert event["action"] == "ADD"
        assert event["bizStep"] == "commissioning"
        assert event["epcList"] == [link(n) for n in range(5)]
        assert event["ilmd"]["cbvmda:lotNumber"] == "L7"
        assert (await b.page.get("/write")).text.count("Finished") == 1


async def test_a_number_is_renewed_at_each_reading(tmp_path: Path, air: tuple[str, Lay]) -> None:
    url, lay = air
    platform = Platform()
    config = StationConfig(
        "desk-1",
        "https://id.gs1.org/417/6901234567892",
        tmp_path,
        ServerConfig("http://platform.test", "t"),
        (ReaderConfig("nfc", url),),
        (ReadPoint("desk", "nfc", Step.RECEIVE, f"{PLACE}/254/1", PLACE),),
        sections={RENEWALS.name: (RenewalRule("nfc"),)},
    )
    tag, said = ntag(1, link(0)), [link(0)]
    for times in range(2):  # a station that was begun anew does not wait before it renews the same tag again
        async with Station(config, now=clock(), transport=httpx.MockTransport(platform)) as station:
            with lay(tag):
                for _ in range(1500):
                    if len(platform.events) > times:
                        break
                    await asyncio.sleep(0.02)
            await station.wait_delivered()
        said.append(on(tag))
    assert [without_secret(each) for each in said] == [link(0)] * 3
    assert len(set(said)) == 3
    first, second = (event["suyuan:tags"][0] for event in platform.events)
    assert "suyuan:secretFound" not in first
    assert second["suyuan:secretFound"] == first["suyuan:secretWritten"]


async def _torn(b: Bench, lay: Lay) -> VirtualNtag:
    """A tag goes in the midst of being written; another one gets nothing until the first is destroyed."""
    torn = ntag(0x70, writes=5)
    shown = await b.write(lay, torn, "doubt")
    assert shown["state"] == "attention"
    assert uid(torn) in shown["html-messages"]
    assert shown["deeds"] == ["destroyed"]
    other = ntag(0x71)
    before = count(b)
    with lay(other):
        await b.told("doubt", before)
        assert (await b.live())["deeds"] == ["destroyed"]
    await asyncio.sleep(0.5)
    await b.post("destroyed")
    assert (await b.told("rejected"))["state"] == "ready"
    return other


async def test_what_cannot_be_written_is_told_with_what_to_do(tmp_path: Path, air: tuple[str, Lay]) -> None:
    url, lay = air
    platform = Platform(away=True)
    async with bench(tmp_path, url, platform, clock()) as b:
        for job, code, words in (
            (JOB, 503, "The platform does not answer"),
            ("hello", 400, "is no number of a label job"),
        ):
            answer = await b.post("start", job=job, reader="nfc")
            assert answer.status_code == code
            assert words in answer.text
            assert "What to do" in answer.text
        platform.away = False
        for job, code, words in (
            (OTHERS, 404, "There is no label job"),
            (UHF, 400, "is for UHF tags"),
        ):
            answer = await b.post("start", job=job, reader="nfc")
            assert (answer.status_code, words in answer.text) == (code, True), answer.text
        answer = await b.post("start", job=JOB, reader="gone")
        assert "No reader gone that writes tags is connected" in answer.text

        await b.start(job=f"{HOME}/console/labels/{JOB}")
        locked = ntag(1)
        locked.memory[10:12] = b"\xff\xff"
        assert "locked" in (await b.write(lay, locked, "failed"))["html-messages"]
        writer = b.station.tag_desk.writer
        assert writer is not None
        assert writer.next == Label(JOB, 0, labels()[0]["key"], link(0), "free")


async def test_the_last_tag_is_taken_back_only_by_emptying_it(tmp_path: Path, air: tuple[str, Lay]) -> None:
    url, lay = air
    async with bench(tmp_path, url, Platform(), clock()) as b:
        await b.start()
        first, second = ntag(1), ntag(2)
        await b.write(lay, first)
        await b.write(lay, second)
        await b.post("take-back")
        await b.write(lay, first, "take-back-other")
        assert on(first) == link(0)
        await b.write(lay, second, "taken-back")
        assert on(second) == ""
        shown = await b.write(lay, ntag(3))
        assert "2 of 5" in shown["html-number"]


async def test_locked_after_writing_if_told_to_and_the_page_goes_back(
    tmp_path: Path, air: tuple[str, Lay]
) -> None:
    url, lay = air
    async with bench(tmp_path, url, Platform(), clock()) as b:
        await b.start(lock="1")
        tag = ntag(1)
        await b.write(lay, tag)
        assert tag.memory[10:12] == b"\xff\xff"
        assert (await b.post("end")).status_code == 303
        assert (await b.page.get("/write/live")).status_code == 410
        assert "1 of 5 written" in (await b.page.get("/write")).text


# The power goes off in the midst of it


class Process:
    """``suyuan station run`` on a folder, and its page."""

    def __init__(self, folder: Path, port: int) -> None:
        with (folder / "out").open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "suyuan.api.cli", "station", "run", str(folder / "station.toml")],
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        self.page = httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Origin": f"http://127.0.0.1:{port}"}
        )
        self._until(lambda: "nfc</option>" in self.page.get("/write").text)
        answer = self.page.post("/write/start", data={"job": JOB, "reader": "nfc"})
        assert answer.status_code == 303, answer.text

    def _until(self, true: Callable[[], bool]) -> None:
        for _ in range(600):
            try:
                if true():
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.05)
        pytest.fail("the station does not come up")

    def live(self) -> dict[str, Any]:
        return dict(self.page.get("/write/live", headers=JSON).json())

    def until(self, true: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        shown: dict[str, Any] = {}

        def look() -> bool:
            shown.clear()
            shown.update(self.live())
            return true(shown)

        self._until(look)
        return shown

    def gone(self) -> None:
        """Wait until it was killed."""
        assert self._process.wait(30) == -signal.SIGKILL

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(10)
        self.page.close()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[tuple[Path, int, int]]:
    with Web(Platform(count=8)) as url:
        page, air = free_port(), free_port()
        reader = f"nfc+udp://127.0.0.1:{air}?types=a"
        (tmp_path / "station.toml").write_text(station_file(url, page, reader))
        yield tmp_path, page, air


class Deadly(VirtualNtag):
    """A tag that ends the station once it holds ``link``, ``after`` so many further commands."""

    def __init__(self, number: int, link: str, after: int) -> None:
        super().__init__(ntag(number).uid)
        self.link = link
        self.after = after
        self.kill: Callable[[], None] | None = None

    def answer(self, command: bytes) -> bytes | None:
        answer = super().answer(command)
        if self.kill is not None and self._holds():
            if self.after == 0:
                self.kill()
                self.kill = None
            self.after -= 1
        return answer

    def _holds(self) -> bool:
        return type2.read_message(lambda command: VirtualNtag.answer(self, command) or b"") == ndef.encode(
            [ndef.uri_record(self.link)]
        )


@pytest.mark.slow
def test_kill_nine_between_writing_and_green_loses_and_doubles_nothing(
    folder: tuple[Path, int, int],
) -> None:
    path, port, air = folder
    tags: list[VirtualNtag] = []
    doubts: list[bool] = []
    for run, after in enumerate((0, 5, 2)):
        station = Process(path, port)
        tag = Deadly(run + 1, link(run), after)
        tags.append(tag)
        tag.kill = station.kill
        with UdpTag(tag, air):
            station.gone()
        tag.kill = None
        assert on(tag) == link(run)
        station = Process(path, port)
        try:
            doubts.append(_another_tag_gets_no_link_that_may_be_on_one(station, air, run, tag))
        finally:
            station.kill()
    assert doubts[0]  # killed before it was read back
    assert [on(tag) for tag in tags] == [link(n) for n in range(3)]


def _another_tag_gets_no_link_that_may_be_on_one(
    station: Process, air: int, run: int, tag: VirtualNtag
) -> bool:
    doubt = station.live()["deeds"] == ["destroyed"]
    if doubt:  # killed before it was green
        other = ntag(0x80 + run)
        with UdpTag(other, air):
            time.sleep(1.5)
            assert station.live()["state"] == "attention"
        assert on(other) == ""
        time.sleep(0.5)
    with UdpTag(tag, air):  # the same tag again: it carries its link already
        station.until(lambda shown: uid(tag) in shown["html-tags"] and not shown["deeds"][:-1])
    assert on(tag) == link(run)
    return doubt
