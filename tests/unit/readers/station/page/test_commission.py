"""The page on which UHF tags get their identities: what its forms do and show, what it keeps."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.integration.label_jobs import JOB, UHF, Platform, link
from tests.unit.readers.station.fakes import Host, fill_disk, station, until
from tests.unit.readers.station.test_commission import GTIN, blank, key, named

from suyuan.readers.field import Bench
from suyuan.readers.sim import SimReader
from suyuan.readers.station.commission_screen import Coding
from suyuan.readers.station.config import PageConfig
from suyuan.readers.station.page.site import application
from suyuan.readers.station.staff import Person
from suyuan.readers.virtual.gen2 import VirtualGen2, WriteFault, WriteFaults
from suyuan.trace.gs1 import encode_epc, identify

BASE = "http://127.0.0.1:8800"
JSON = {"Accept": "application/json"}
ORDER = {
    "order": "W1", "product": GTIN, "lot": "L1", "count": "2", "first": "1000", "last": "1004",
    "expires": "2027-03-01", "prefix": "7",
}  # fmt: skip


class Press:
    """A station with a reader that writes, its page, and a browser without scripts."""

    def __init__(self, host: Host, field: Bench, page: httpx.AsyncClient, platform: Platform) -> None:
        self.host, self.field, self.page, self.platform = host, field, page, platform

    async def post(self, deed: str, **told: str) -> httpx.Response:
        return await self.page.post(f"/commission/{deed}", data=told)

    async def start(self, **told: str) -> httpx.Response:
        return await self.post("start", **{"reader": "r", "point": "dock", **ORDER, **told})

    async def text(self) -> str:
        html = (await self.page.get("/commission")).text
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))

    async def live(self) -> dict[str, Any]:
        return dict((await self.page.get("/commission/live", headers=JSON)).json())

    async def lay(self, *tags: VirtualGen2, shows: str) -> str:
        """Lay these tags, and nothing else, before the reader until the page shows this."""
        self.field.clear()
        for tag in tags:
            tag.away = False
            self.field.lay(1, tag)
        async with asyncio.timeout(20):
            while shows not in (text := await self.text()):  # noqa: ASYNC110 - a page has no event
                await asyncio.sleep(0.02)
        return text

    @property
    def coding(self) -> Coding | None:
        assert self.host.station is not None
        return self.host.station.tag_desk.coding


@asynccontextmanager
async def press(
    folder: Path, *, language: str = "en", faults: WriteFaults | None = None, staff: tuple[Person, ...] = ()
) -> AsyncGenerator[Press]:
    field, platform, host = Bench(), Platform(), Host(folder / "station.toml")
    reader: Any = SimReader("r", now=lambda: datetime.now(UTC), field=field, period_s=0.01, faults=faults)
    made = station(folder, reader, platform)
    made.duty.staff = staff
    transport = httpx.ASGITransport(application(host, PageConfig()))
    headers = {"Origin": BASE, "Accept-Language": language}
    async with (
        made as host.station,
        httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers) as page,
    ):
        await until(lambda: made.hears("dock"))
        yield Press(host, field, page, platform)


async def test_an_order_from_the_form_to_the_record(tmp_path: Path) -> None:
    async with press(tmp_path) as at:
        assert "New order" in await at.text()
        assert (await at.start()).status_code == 303
        shown = await at.text()
        assert "Lay a tag" in shown
        assert "wanted 2 done 0 left 2 rejects 0" in shown
        assert "Code of the next tag 1000" in shown
        shown = await at.lay(blank(1), shows="Written and verified: 1000")
        assert "Goes on the label with this code 1000" in shown
        assert "3 code(s) to spare · 1 to be recorded" in shown
        shown = await at.lay(blank(2), shows="Complete")
        assert "wanted 2 done 2 left 0" in shown
        live = await at.live()
        assert (live["state"], live["deeds"]) == ("done", ["end", "doubt", "compare"])
        assert (await at.post("end")).status_code == 303
        assert (await at.page.get("/commission/live")).status_code == 410
        assert "2 of 2 written" in await at.text()
        assert at.host.station is not None
        await at.host.station.wait_delivered()
    (event,) = at.platform.events
    assert event["epcList"] == [key(1000), key(1001)]
    assert event["ilmd"]["cbvmda:itemExpirationDate"] == "2027-03-01"


async def test_an_order_outlives_the_station_and_is_gone_on_with(tmp_path: Path) -> None:
    first = blank(1)
    async with press(tmp_path) as at:
        await at.start(lot="L-1", count="3")
        await at.lay(first, shows="Written and verified: 1000")
        # Neither ended nor recorded: as if the program were gone.
    async with press(tmp_path) as at:
        assert "1 of 3 written" in await at.text()
        assert (await at.start(count="2", lot="L-1")).status_code == 409  # not that order
        assert (await at.post("start", chosen="W1", reader="r", point="dock")).status_code == 303
        assert "Code of the next tag 1001" in await at.text()
        await at.lay(first, shows="This tag is done already")
        await at.lay(blank(2), shows="Written and verified: 1001")
        await at.post("end")
        assert at.host.station is not None
        await at.host.station.wait_delivered()
    (event,) = at.platform.events
    assert event["epcList"] == [key(1000), key(1001)]


class Once(WriteFaults):
    """What goes wrong with the next writes."""

    def __init__(self, *coming: WriteFault) -> None:
        super().__init__(lambda: 1.0)
        object.__setattr__(self, "coming", [*coming])

    coming: list[WriteFault]

    def draw(self) -> WriteFault | None:
        return self.coming.pop(0) if self.coming else None


async def test_each_fault_says_what_to_do_and_is_counted(tmp_path: Path) -> None:
    faults = Once(WriteFault.LEFT)
    taken = VirtualGen2(encode_epc(identify(key(7)), company_prefix_length=7))
    async with press(tmp_path, faults=faults) as at:
        await at.start(count="3")
        shown = await at.lay(blank(1), shows="The tag left while it was written")
        assert "Lay the same tag down again to go on" in shown
        await at.lay(blank(1), shows="Written and verified: 1000")
        faults.coming.extend([WriteFault.GARBLED, WriteFault.GARBLED])
        shown = await at.lay(blank(2), shows="is a reject")
        assert "Put the tag in the reject bin" in shown
        assert "rejects 1" in shown
        assert "not written 1001 given up" in shown
        assert "Code of the next tag 1002" in shown
        shown = await at.lay(blank(3), blank(4), shows="2 unwritten tags are in the field")
        assert "Leave only one" in shown
        await at.lay(taken, shows="The tag names something else")
        assert "overwrite" in (await at.live())["deeds"]
        await at.post("overwrite")
        await at.lay(taken, shows="Written and verified: 1002")
        assert named(taken) == key(1002)


async def test_what_lies_there_is_told_once_and_not_ten_times_a_second(tmp_path: Path) -> None:
    async with press(tmp_path) as at:
        await at.start()
        await at.lay(blank(3), blank(4), shows="2 unwritten tags are in the field")
        before = (await at.live())["signal"]
        await asyncio.sleep(1)
        assert (await at.live())["signal"] == before


async def test_a_pause_writes_nothing_until_it_ends(tmp_path: Path) -> None:
    async with press(tmp_path) as at:
        await at.start()
        await at.post("pause")
        tag = blank(1)
        await at.lay(tag, shows="Paused")
        assert "pause" not in (await at.live())["deeds"]
        await asyncio.sleep(0.5)
        assert named(tag) is None
        await at.post("go-on")
        await at.lay(tag, shows="Written and verified: 1000")


async def test_the_last_one_is_given_up_only_when_it_is_said_twice(tmp_path: Path) -> None:
    async with press(tmp_path) as at:
        await at.start()
        await at.post("give-up")
        assert "doubt" not in (await at.live())["deeds"]
        await at.lay(blank(1), shows="Written and verified: 1000")
        await at.post("doubt")
        assert (await at.live())["deeds"] == ["give-up", "keep", "end"]
        await at.post("keep")
        assert "done 1" in await at.text()
        await at.post("doubt")
        await at.post("give-up")
        shown = await at.text()
        assert "The code 1000 is given up" in shown
        assert "done 0 left 2 rejects 1" in shown


async def test_a_label_is_compared_with_the_tag_of_a_moment_ago(tmp_path: Path) -> None:
    async with press(tmp_path, language="zh") as at:
        await at.start()
        await at.lay(blank(1), shows="已写入并校验：1000")
        await at.post("compare", printed=f"(01){GTIN}(21)1000")
        assert "印刷编码与芯片一致" in await at.text()
        await at.post("compare", printed="<script>alert(1)</script>" * 100)
        html = (await at.page.get("/commission")).text
        assert "印刷编码" in html
        assert "<script>alert" not in html
        assert "印刷不符" in await at.text()


async def test_a_label_that_is_scanned_twice_costs_one_serial(tmp_path: Path) -> None:
    async with press(tmp_path) as at:
        await at.start(count="4")
        await at.lay(blank(1), shows="Written and verified: 1000")
        await at.lay(blank(2), shows="Written and verified: 1001")
        await at.post("compare", printed="1000")
        await at.post("compare", printed="1000")
        await at.post("doubt")
        await at.post("give-up")
        shown = await at.text()
        assert "The label says 1000 and its tag 1001" in shown
        assert "done 1 left 3 rejects 1" in shown
        assert (await at.live())["deeds"] == ["end", "pause"]


async def test_what_cannot_be_stored_is_never_green(tmp_path: Path) -> None:
    async with press(tmp_path) as at:
        await at.start()
        mend = fill_disk(tmp_path)
        await at.lay(blank(1), shows="Written and verified: 1000")  # tags are kept, events are not taken
        await at.post("end")
        live = await at.live()
        assert (live["state"], "doubt" in live["deeds"]) == ("stop", False)
        assert "cannot be stored" in await at.text()
        mend()
        await at.post("end")
        assert at.coding is None


async def test_an_order_whose_serials_are_spent_is_not_called_complete(tmp_path: Path) -> None:
    faults = Once(*[WriteFault.GARBLED] * 4)
    async with press(tmp_path, faults=faults) as at:
        await at.start(last="1002")
        await at.lay(blank(1), shows="rejects 1")
        assert "too few" not in await at.text()
        shown = await at.lay(blank(2), shows="rejects 2")
        assert "1 serial(s) too few" in shown
        shown = await at.lay(blank(3), shows="done 1")
        live = await at.live()
        assert (live["state"], "Complete" in shown) == ("stop", False)
        assert "has no serials left (2 were given up)" in shown
        await at.post("end")
        assert at.coding is None


async def test_nobody_at_work_begins_nothing(tmp_path: Path) -> None:
    ann = Person("ann", "Ann", frozenset({"operator"}), "", "b1")
    async with press(tmp_path, staff=(ann,)) as at:
        assert "Nobody" in await at.text()
        answer = await at.start()
        assert answer.status_code == 401
        assert 'href="/duty"' in answer.text
        assert at.coding is None


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"count": "9"}, "cannot have the serials"),
        ({"count": "1e3"}, "is no number"),
        ({"first": "9" * 50}, "is no number"),
        ({"product": "124"}, "names no product and lot"),
        ({"lot": ""}, "not filled in whole"),
        ({"lot": "<b>" * 20}, "names no product and lot"),
        ({"expires": "31.12.2027"}, "is no day"),
        ({"password": "12"}, "no access password"),
        ({"password": "0" * 8}, "no access password"),
        ({"reader": "none"}, "No reader none"),
        ({"point": "none"}, "none"),
        ({"chosen": JOB}, "not for UHF tags"),
        ({"chosen": "x"}, "is no number of a label job"),
    ],
)
async def test_what_is_wrong_with_an_order_is_told_and_nothing_begins(
    tmp_path: Path, told: dict[str, str], says: str
) -> None:
    async with press(tmp_path) as at:
        answer = await at.start(**told)
        assert answer.status_code == 400
        assert says in answer.text
        assert at.coding is None


async def test_a_job_of_the_platform_is_written_with_its_own_serials(tmp_path: Path) -> None:
    async with press(tmp_path) as at:
        assert UHF in await at.text()
        await at.post("start", chosen=UHF, reader="r", point="dock")
        await at.lay(blank(1), shows="Complete")
        await at.post("end")
        assert at.host.station is not None
        await at.host.station.wait_delivered()
        assert UHF not in (await at.page.get("/write")).text
    (event,) = at.platform.events
    assert event["epcList"] == [link(0)]


async def test_it_ends_by_itself_when_nobody_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with press(tmp_path) as at:
        assert at.host.station is not None
        desk = at.host.station.tag_desk
        monkeypatch.setattr(desk, "_parts", replace(vars(desk)["_parts"], idle_s=0.05))
        await at.start()
        await until(lambda: desk.coding is None)
        assert "0 of 2 written" in await at.text()
        assert (await at.post("pause")).status_code == 303


async def test_only_one_thing_is_written_at_a_time(tmp_path: Path) -> None:
    async with press(tmp_path) as at:
        await at.start()
        assert (await at.start()).status_code == 400


async def test_the_station_links_to_the_page_where_a_reader_writes(tmp_path: Path) -> None:
    async with press(tmp_path) as at:
        assert 'href="/commission"' in (await at.page.get("/")).text
