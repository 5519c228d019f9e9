"""The work page over a station at work: what its forms do and what it shows."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.unit.readers.station.fakes import (
    GTIN,
    SSCC,
    FakeReader,
    Host,
    Platform,
    fill_disk,
    item,
    point,
    station,
    until,
)

from suyuan.readers.errors import TransientConnectionError
from suyuan.readers.reader import Capabilities
from suyuan.readers.station.config import PageConfig, Smoothing
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.page import work
from suyuan.readers.station.page.desk import Desk
from suyuan.readers.station.page.picture import take
from suyuan.readers.station.page.site import application
from suyuan.readers.station.words import State

BASE = "http://127.0.0.1:8800"
JSON = {"Accept": "application/json"}


class Hall:
    """A station, its page, and a browser without scripts."""

    def __init__(self, host: Host, reader: FakeReader, client: httpx.AsyncClient) -> None:
        self.host = host
        self.reader = reader
        self.client = client

    async def page(self, path: str = "/") -> str:
        return (await self.client.get(path)).text

    async def post(self, path: str, **values: str) -> httpx.Response:
        return await self.client.post(path, data={"point": "dock", **values})

    async def until(self, state: str) -> str:
        async with asyncio.timeout(10):
            while f"state-{state}" not in (text := await self.page()):  # noqa: ASYNC110 - a page has no event
                await asyncio.sleep(0.02)
        return text


@asynccontextmanager
async def hall(folder: Path, *points: Any, platform: Any = None, **more: Any) -> AsyncGenerator[Hall, None]:
    reader, host = more.pop("reader", None) or FakeReader(), Host(folder / "station.toml")
    app = application(host, PageConfig())
    made = station(folder, reader, platform or Platform(), *points, **more)
    transport = httpx.ASGITransport(app)
    headers = {"Origin": BASE, "Accept-Language": "en"}
    async with (
        made as host.station,
        httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers) as c,
    ):
        yield Hall(host, reader, c)


async def test_a_pass_by_plain_forms(tmp_path: Path) -> None:
    async with hall(tmp_path) as at:
        assert "state-ready" in await at.page()
        answer = await at.post("/start", step="receive", expected_count="2", hold="1")
        assert (answer.status_code, answer.headers["location"]) == (303, "/?point=dock")
        assert 'formaction="/close"' in await at.until("reading")
        at.reader.show(item(1), item(2), item(3))
        await until(lambda: at.reader.seen == 3)
        await at.post("/close")
        text = await at.until("attention")
        assert "2 expected, 3 read" in text
        assert "Stored here · record 1" in text
        assert "/undo?point=dock" in text
        await at.post("/seen")
        assert "state-ready" in await at.page()


async def test_a_loose_lot_needs_no_reading(tmp_path: Path) -> None:
    platform = Platform()
    async with hall(tmp_path, platform=platform) as at:
        await at.post("/start", step="receive", product=GTIN, lot="L1", amount="12.5", unit="KGM")
        await at.until("done")
        assert at.host.station is not None
        await at.host.station.wait_delivered()
    (event,) = platform.events
    assert event["quantityList"] == [
        {"epcClass": f"https://id.gs1.org/01/{GTIN}/10/L1", "quantity": 12.5, "uom": "KGM"}
    ]
    assert event["suyuan:basis"] == "typed"


async def test_a_receipt_against_an_order_with_what_was_counted_by_hand(tmp_path: Path) -> None:
    platform = Platform()
    told = {"ordered": f"{GTIN} 3 件", "confirmed": item(2), "reason": "标签脱落"}
    async with hall(tmp_path, platform=platform) as at:
        await at.post("/start", step="receive", hold="1", **told)
        await at.until("reading")
        at.reader.show(item(1))
        await until(lambda: at.reader.seen == 1)
        await at.post("/close")
        text = await at.until("attention")
        assert "ordered, 2 there" in text
        await at.post("/start", step="receive", hold="1", **{**told, "ordered": "", "confirmed": item(3)})
        await at.until("reading")
        await at.post("/close")  # not one tag could be read
        assert "Stored here · record 2" in await at.until("attention")
        assert at.host.station is not None
        await at.host.station.wait_delivered()
    first, second = platform.events
    assert first["epcList"] == [item(2), item(1)]
    assert (first["suyuan:receipt"]["suyuan:byHand"], first["suyuan:reason"]) == ([item(2)], "标签脱落")
    assert (second["epcList"], second["suyuan:basis"]) == ([item(3)], "typed")


async def test_what_is_wrong_stands_at_its_field(tmp_path: Path) -> None:
    async with hall(tmp_path) as at:
        answer = await at.post("/start", step="receive", product="1", lot="L1")
        assert answer.status_code == 400
        assert 'id="e-product"' in answer.text
        assert 'value="L1"' in answer.text  # nothing that was written is lost
        answer = await at.client.post(
            "/start", data={"point": "dock", "step": "receive", "product": "1"}, headers=JSON
        )
        assert answer.json()["faults"]["product"].startswith("This is no GTIN")
        assert "state-ready" in await at.page()


async def test_two_passes_at_once_are_refused(tmp_path: Path) -> None:
    async with hall(tmp_path) as at:
        await at.post("/start", step="receive", hold="1")
        answer = await at.client.post("/start", data={"point": "dock", "step": "receive"}, headers=JSON)
        assert answer.json() == {
            "told": "A pass is under way at dock. End it first.",
            "code": "wrong-use",
        }
        assert (await at.post("/abandon")).status_code == 303
        text = await at.until("ready")
        assert "nothing was recorded" in text
        assert (await at.client.post("/close", data={"point": "nowhere"})).status_code == 400


async def test_fields_are_remembered_without_what_is_only_once(tmp_path: Path) -> None:
    async with hall(tmp_path) as at:
        await at.post("/start", step="pack", parent=SSCC, expected_count="1", product=GTIN)
        at.reader.show(item(1))
        text = await at.until("done")
        assert f'value="{GTIN}"' in text
        assert SSCC not in text
    async with hall(tmp_path) as at:
        text = await at.page("/?point=dock&step=pack")
        assert f'value="{GTIN}"' in text


async def test_never_green_for_what_is_not_stored(tmp_path: Path) -> None:
    seen: list[State] = []
    async with hall(tmp_path) as at:
        assert at.host.station is not None
        desk = Desk(at.host.station)
        mend = fill_disk(tmp_path)
        doing = asyncio.create_task(at.host.station.perform(Order(Step.RECEIVE), "dock"))
        await asyncio.sleep(0)
        at.reader.show(item(1))
        while not doing.done():
            seen.append((await take(desk, "dock")).state)
            await asyncio.sleep(0.002)
        last = await take(desk, "dock")
        mend()
    assert last.state is State.STOP
    assert last.recorded == ()
    assert State.READING in seen
    assert State.DONE not in seen


async def test_green_begins_after_the_commit(tmp_path: Path) -> None:
    """Whenever the picture is green its event is in the file, looked at from outside."""
    async with hall(tmp_path) as at:
        assert at.host.station is not None
        desk = Desk(at.host.station)
        for number in range(1, 6):
            doing = asyncio.create_task(at.host.station.perform(Order(Step.RECEIVE), "dock"))
            await asyncio.sleep(0)
            at.reader.show(item(number))
            picture = await take(desk, "dock")
            while picture.state is not State.DONE or picture.passes < number:
                picture = await take(desk, "dock")
            assert picture.recorded == (number,)
            assert (await at.host.station.status()).queue.last_sequence == number
            await doing


async def test_counters_and_tags_while_the_pass_is_open(tmp_path: Path) -> None:
    async with hall(tmp_path) as at:
        assert at.host.station is not None
        desk = Desk(at.host.station)
        order = Order(Step.SHIP, expected=(item(1), item(2)))
        doing = asyncio.create_task(at.host.station.perform(order, "dock", hold=True))
        await asyncio.sleep(0)
        at.reader.show(item(2), item(9), b"\xff" * 12, *(item(n) for n in range(20, 31)))
        await until(lambda: at.reader.seen == 14)
        picture = await take(desk, "dock")
        counters = picture.counters
        assert (counters.expected, counters.read, counters.missing, counters.extra) == (2, 13, 1, 12)
        assert picture.state is State.READING
        assert len(picture.tags) == 10
        assert {m.code for m in picture.messages} == {"MISREAD", "EXTRA"}
        at.host.station.close("dock")
        await doing
        after = await take(desk, "dock")
        assert {m.code for m in after.messages} == {"MISREAD", "EXTRA", "MISSING"}
        assert after.state is State.ATTENTION
        assert after.recorded == (1,)


async def test_a_reader_that_is_away_is_not_ready(tmp_path: Path) -> None:
    async with hall(tmp_path, reader=Away()) as at:
        text = await at.until("attention")
        assert "Reader r is away" in text
        assert "r not connected" in text


async def test_undo_by_form(tmp_path: Path) -> None:
    async with hall(tmp_path) as at:
        assert "nothing that can be undone" in await at.page("/undo?point=dock")
        assert (await at.post("/undo", reason="did_not_occur")).status_code == 409
        await at.post("/start", step="receive")
        at.reader.show(item(1))
        await at.until("done")
        assert "1 objects" in await at.page("/undo?point=dock")
        assert (await at.post("/undo")).status_code == 400
        assert (await at.post("/undo", reason="did_not_occur", note="x" * 999)).status_code == 303
        text = await at.until("ready")
        assert "declared wrong" in text
        assert (await at.post("/undo", reason="did_not_occur")).status_code == 409


async def test_an_automatic_point_shows_what_it_does(tmp_path: Path) -> None:
    own = point(automatic=True, order=Order(Step.RECEIVE), smoothing=Smoothing(quiet_s=0.05, dedupe_s=30.0))
    async with hall(tmp_path, own) as at:
        text = await at.page()
        assert "works by itself" in text
        assert 'id="go"' not in text
        at.reader.show(item(1), item(2))
        assert "record 1" in await at.until("done")
        answer = await at.client.post("/start", data={"point": "dock", "step": "receive"}, headers=JSON)
        assert answer.status_code == 400


class Scanner(FakeReader):
    """A reader that is fed by the page."""

    capabilities = Capabilities(push=True)

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[tuple[str, int]] = []

    def push(self, text: str, antenna: int = 1) -> None:
        self.texts.append((text, antenna))


async def test_what_the_scanner_types_reaches_its_reader(tmp_path: Path) -> None:
    scanner = Scanner()
    async with hall(tmp_path, point(antennas=frozenset({3})), reader=scanner) as at:
        assert at.host.station is not None
        async with asyncio.timeout(10):
            while (await at.host.station.status()).readers["r"] is None:
                pass
        told = await at.client.post("/scan", json={"text": "1234", "point": "dock"}, headers=JSON)
        assert (told.status_code, scanner.texts) == (400, [])  # it would count for nothing
        assert told.json()["told"] == "No pass is under way at dock. Start reading first, then scan again."
        await at.post("/start", step="receive", hold="1")
        answer = await at.client.post(
            "/scan", json={"text": f"(00){SSCC[-18:]}", "point": "dock"}, headers=JSON
        )
        assert answer.json() == {"reader": "r"}
        assert scanner.texts == [(f"(00){SSCC[-18:]}", 3)]
        for bad in (b"", b"[]", b'{"text": 3}', b'{"text": " "}', json.dumps({"text": "x" * 2001}).encode()):
            answer = await at.client.post("/scan", content=bad, headers=JSON)
            assert answer.status_code == 400, bad
            assert answer.json()["told"] == "What was scanned is empty or too long. Scan again."
    async with hall(tmp_path) as at:
        await at.post("/start", step="receive", hold="1")
        answer = await at.client.post("/scan", json={"text": "1234"}, headers=JSON)
        assert answer.json()["told"].startswith("No scanner is set up")


class Away(FakeReader):
    async def __aenter__(self) -> Any:
        raise TransientConnectionError("refused")


async def test_codes_are_typed_where_no_reader_is(tmp_path: Path) -> None:
    platform = Platform()
    smoothing = Smoothing(quiet_s=0.05, min_reads=3)
    async with hall(tmp_path, point(smoothing=smoothing), reader=Away(), platform=platform) as at:
        early = await at.post("/scan", text=SSCC[-18:])
        assert early.status_code == 400
        assert "Nothing is being read" in early.text
        assert f'value="{SSCC[-18:]}"' in early.text  # nothing that was typed is lost
        await at.post("/start", step="receive")
        wrong = await at.client.post("/scan", data={"point": "dock", "text": "<b>"}, headers=JSON)
        assert wrong.json()["faults"]["code"].startswith("This is no code")
        long = await at.post("/scan", text=f"https://id.gs1.org/01/{GTIN}/21/9?{'x' * 2_000}")
        assert long.status_code == 400
        for text in (SSCC[-18:], f" (01){GTIN}(21)7 "):
            answer = await at.post("/scan", text=text)
            assert (answer.status_code, answer.headers["location"]) == (303, "/?point=dock")
        await asyncio.sleep(0.1)  # longer than the quiet window, which nobody types within
        page = await at.until("reading")
        assert 'http-equiv="refresh"' not in page  # it would take away what is being typed
        await at.post("/close")
        await at.until("done")
        platform.away = False
        assert at.host.station is not None
        await at.host.station.wait_delivered()
    (event,) = platform.events
    assert event["epcList"] == [SSCC, item(7)]
    assert event["suyuan:basis"] == "typed"


async def test_the_field_for_codes_is_there_for_scanners_and_absent_readers_only(tmp_path: Path) -> None:
    async with hall(tmp_path) as at:
        assert at.host.station is not None
        async with asyncio.timeout(10):
            while not at.host.station.hears("dock"):  # noqa: ASYNC110 - a reader's coming has no event
                await asyncio.sleep(0.01)
        assert 'action="/scan" hidden>' in await at.page()
    async with hall(tmp_path, reader=Away()) as at:
        assert 'action="/scan">' in await at.page()


async def test_a_lot_left_in_its_field_is_told_and_stops_what_contradicts_it(tmp_path: Path) -> None:
    async with hall(tmp_path) as at:
        await at.post("/start", step="commission", product=GTIN, lot="L1", hold="1")
        at.reader.show(item(1))
        await until(lambda: at.reader.seen == 1)
        await at.post("/close")
        gist = (await at.until("done")).partition('id="gist">')[2].partition("</summary>")[0]
        assert f"Product <b>{GTIN}</b>" in gist
        assert "Lot <b>L1</b>" in gist
        await at.post("/start", step="commission", product=GTIN, lot="L2", hold="1")
        at.reader.show(item(1))
        await until(lambda: at.reader.seen == 2)
        await at.post("/close")
        text = await at.until("stop")
        assert "field says L2, the goods are of lot L1" in text
        assert at.host.station is not None
        await until(lambda: at.host.station is not None and not at.host.station.takes("dock"))
        assert (await at.host.station.status()).queue.last_sequence == 1


async def test_shipping_to_nobody_is_asked_for(tmp_path: Path) -> None:
    async with hall(tmp_path) as at:
        asked = await at.post("/start", step="ship")
        assert asked.status_code == 400
        assert "nobody will be told of this delivery" in asked.text
        assert (await at.post("/start", step="ship", untold="1")).status_code == 303
        at.reader.show(item(1))
        assert (
            "Nobody is told" in (await at.until("done")).partition('id="gist">')[2].partition("</summary>")[0]
        )


async def test_without_a_station_every_form_says_so(tmp_path: Path) -> None:
    async with hall(tmp_path) as at:
        stopped = at.host.station
        at.host.station = None
        assert (await at.client.get("/")).status_code == 200
        for path in ("/start", "/close", "/abandon", "/seen", "/undo", "/scan"):
            answer = await at.client.post(path, data={"point": "dock"}, headers=JSON)
            assert (answer.status_code, answer.json()["code"]) == (503, "no-station"), path
        at.host.station = stopped


async def test_the_stream_tells_what_changes(tmp_path: Path) -> None:
    async with hall(tmp_path) as at:
        assert at.host.station is not None
        listening = asyncio.create_task(at.client.get("/live?point=dock"))
        await asyncio.sleep(0.3)
        await at.post("/start", step="receive")
        await asyncio.sleep(0.3)
        at.reader.show(item(1))
        await asyncio.sleep(1.0)
        at.host.stopping = True
        answer = await listening
    assert answer.headers["content-type"].startswith("text/event-stream")
    told = [json.loads(line[6:]) for line in answer.text.split("\n") if line.startswith("data: ")]
    states = [each["state"] for each in told if "state" in each]
    assert states == ["ready", "reading", "done"]
    assert told[0]["edition"]
    assert "edition" not in told[1]
    green = next(each for each in told if each.get("state") == "done")
    assert green["recorded"] == [1]
    assert "<h1" in green["html-headline"]


async def test_hostile_tags_are_text(tmp_path: Path) -> None:
    async with hall(tmp_path) as at:
        await at.post("/start", step="receive", hold="1", document="<script>alert(1)</script>")
        text = await at.page("/?point=<script>&step=%22")
        assert "<script>alert" not in text
        assert (await at.client.get("/live?point=%00", headers={"Host": "evil.example"})).status_code == 403


@pytest.mark.parametrize("path", ["/start", "/close", "/abandon", "/seen", "/undo", "/scan"])
async def test_no_other_page_can_do_anything(tmp_path: Path, path: str) -> None:
    async with hall(tmp_path) as at:
        answer = await at.client.post(path, data={"point": "dock"}, headers={"Origin": "http://evil.example"})
        assert answer.status_code == 403


async def test_a_slow_disk_is_no_lost_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is: the disk answers after the stream has waited twice in vain."""
    async with hall(tmp_path) as at:
        assert at.host.station is not None
        whole, wait, waited = at.host.station.status, asyncio.wait, asyncio.Semaphore(0)

        async def counted(looking: Any, **settings: Any) -> Any:
            done, waiting = await wait(looking, **settings)
            if not done:
                waited.release()
            return done, waiting

        async def slow() -> Any:
            for _ in range(2):
                await waited.acquire()
            at.host.stopping = True
            return await whole()

        monkeypatch.setattr(at.host.station, "status", slow)
        monkeypatch.setattr(work.asyncio, "wait", counted)
        monkeypatch.setattr(work, "BEAT_S", 0.1)
        answer = await at.client.get("/live?point=dock")
    told = [line for line in answer.text.split("\n") if line.startswith("data: ")]
    assert told[:2] == ["data: {}", "data: {}"]
    assert '"state"' in told[-1]
