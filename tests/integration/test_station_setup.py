"""A station set up from its page alone: joined, a reader found, tried over real LLRP, named, at work."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import orjson

from suyuan.readers.discovery import Found
from suyuan.readers.llrp.emulator import LlrpEmulator
from suyuan.readers.station.agent import Agent
from suyuan.readers.station.config import PageConfig, StationConfig
from suyuan.readers.station.config_file import load
from suyuan.readers.station.page.setup import Setup
from suyuan.readers.station.page.site import application
from suyuan.readers.station.station import Station
from suyuan.trace.gs1 import encode_epc, identify

PLACE = "https://id.gs1.org/414/9521234000006"
PARTY = "https://id.gs1.org/417/9521234000006"
ITEM = encode_epc(identify("https://id.gs1.org/01/09521234000013/21/7001"), company_prefix_length=7)
BASE = "http://127.0.0.1:8800"


def now() -> datetime:
    return datetime.now(UTC)


def platform(request: httpx.Request) -> httpx.Response:
    """The platform's answer to the one good code; everything else is out of reach (events wait)."""
    if request.url.path != "/enrol":
        return httpx.Response(503)
    asked = orjson.loads(request.content)
    if asked["code"] != "GOOD-CODE":
        return httpx.Response(
            409, json={"code": "enrolment-code-expired", "detail": "The code has expired.", "remedy": ""}
        )
    told = {
        "device": "d1",
        "name": "Dock 1",
        "party": PARTY,
        "place": PLACE,
        "audience": "https://trace.example",
        "block_list_key": "00" * 32,
        "server_time": "2026-11-21T08:00:00Z",
    }
    return httpx.Response(201, json=told)


@dataclass
class Bench:
    agent: Agent
    page: httpx.AsyncClient
    path: Path

    async def post(self, deed: str, **told: str) -> httpx.Response:
        """A form, and the page that it leads to."""
        answer = await self.page.post(f"/setup/{deed}", data=told, headers={"Origin": BASE})
        assert answer.status_code == 303, answer.text
        return await self.page.get(answer.headers["location"])


@asynccontextmanager
async def bench(tmp_path: Path, found: Sequence[Found] = ()) -> AsyncGenerator[Bench]:
    async def find() -> Sequence[Found]:
        return found

    def make(config: StationConfig) -> Station:
        return Station(config, now=now, transport=httpx.MockTransport(platform))

    def client() -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(platform))

    path = tmp_path / "station.toml"
    agent = Agent(path, make=make)
    setup = Setup(agent, find=find, client=client)
    app = application(agent, PageConfig(), more=setup.routes())
    async with AsyncExitStack() as stack:
        page = await stack.enter_async_context(
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app), base_url=BASE, headers={"Accept-Language": "en"}
            )
        )
        working = asyncio.create_task(agent.work())
        await asyncio.sleep(0)
        try:
            yield Bench(agent, page, path)
        finally:
            await setup.aclose()
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)


def words(html: str) -> str:
    """What a person reads of it."""
    return re.sub(r"<[^>]*>", " ", html)


def left_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def seen(bench: Bench, text: str) -> str:
    """The live part of the page, once it shows ``text``."""
    part = ""
    for _ in range(100):
        part = (await bench.page.get("/setup/seen")).text
        if text in part:
            return part
        await asyncio.sleep(0.05)
    message = f"{text} never appeared: {part}"
    raise AssertionError(message)


async def test_from_nothing_to_a_station_at_work(tmp_path: Path) -> None:
    async with LlrpEmulator(now=now, antennas=2) as emulator:
        reader = Found(emulator.url, "llrp", "读写器", "UHF reader in the hall", "LLRP")
        async with bench(tmp_path, [reader]) as made:
            assert "No reader yet." in (await made.page.get("/setup")).text
            joined = await made.post("enrol", code="https://trace.example/enrol#GOOD-CODE")
            assert "Joined https://trace.example" in joined.text
            assert f"at {PLACE}" in joined.text
            assert (tmp_path / "device-key.json").stat().st_mode & 0o077 == 0
            found = await made.post("find")
            assert "UHF reader in the hall" in found.text
            trial = await made.post("try", url=emulator.url)
            assert "Antenna 2" in trial.text
            assert f'value="{PLACE}"' in trial.text
            await emulator.listening(2)
            await emulator.present(2, [ITEM])
            part = await seen(made, "09521234000013/21/7001")
            assert "No tag yet" in part  # at antenna 1
            form = {"reader": "hall", "place": PLACE, "name-2": "Gate 2", "step-2": "ship", "step-1": ""}
            work = await made.post("save", **form)
            assert work.status_code == 200
            assert "<span>Dock 1</span>" in work.text  # as it was called with its code, not its id
            assert made.agent.station is not None, made.agent.fault
            [point] = load(made.path).read_points
            assert (point.name, point.step.value, point.antennas) == ("Gate 2", "ship", frozenset({2}))
            assert point.read_point == f"{PLACE}/254/2"
            assert point.biz_location == PLACE
            await emulator.listening(2)  # the station itself reads now
            overview = (await made.page.get("/setup")).text
            assert "the station is at work" in overview
            assert "Gate 2 · Ship · antenna 2" in overview


async def test_a_file_with_a_page_alone_becomes_a_station(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        made.path.write_text('[page]\nlisten = "127.0.0.1:8801"\n')
        await made.post("enrol", code="GOOD-CODE", server="https://trace.example")
        await made.post("try", url="wedge://page")
        await made.post("save", reader="till", place=PLACE, untested="1", **{"step-1": "sell"})
        config = load(made.path)
        assert (config.station, config.party, config.page.port) == ("Dock-1", PARTY, 8801)


async def test_phones_become_a_reader_of_which_one_read_point_hears_all(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        await made.post("enrol", code="GOOD-CODE", server="https://trace.example")
        await made.post("try", url="http://phones")
        await made.post("save", reader="hands", place=PLACE, untested="1", **{"step-1": "receive"})
        config = load(made.path)
        assert [(reader.name, reader.url) for reader in config.readers] == [("hands", "http://phones")]
        assert [(point.name, point.antennas) for point in config.read_points] == [("hands", frozenset())]


async def test_changing_a_reader_lets_the_station_rest_and_taking_it_back_wakes_it(tmp_path: Path) -> None:
    async with LlrpEmulator(now=now, antennas=1) as emulator, bench(tmp_path) as made:
        await made.post("enrol", code="GOOD-CODE", server="https://trace.example")
        await made.post("try", url=emulator.url)
        form = {"reader": "hall", "place": PLACE, "name-1": "Gate", "step-1": "ship"}
        refused = await made.post("save", **form)
        assert refused.status_code == 400
        assert "No tag has been read yet" in refused.text
        assert 'value="Gate"' in refused.text  # nobody types it again
        await made.post("save", **form, untested="1")
        await emulator.listening()
        await made.post("try", name="hall")
        assert made.agent.station is None
        await emulator.listening()
        kept = (await made.page.get("/setup/antennas")).text
        assert 'value="Gate"' in kept
        await made.post("cancel")
        assert made.agent.station is not None
        await made.post("try", name="hall")
        moved = {**form, "reader": "dock", "step-1": "receive", "untested": "1"}
        await made.post("save", **moved)
        config = load(made.path)
        assert [r.name for r in config.readers] == ["dock"]
        assert [(p.reader, p.step.value) for p in config.read_points] == [("dock", "receive")]
        removed = await made.post("remove", name="dock")
        assert "No reader yet." in removed.text


async def test_what_is_not_a_reader_is_told_with_what_to_check(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        nobody = await made.post("try", url="llrp://127.0.0.1:9")
        assert "nothing listens on port 9" in nobody.text
        assert 'value="llrp://127.0.0.1:9"' in nobody.text
        for url, says in (
            ("http://10.0.0.5", "Write http://phones for phones"),
            ("https://10.0.0.5", "no reader driver for the scheme https"),
            ("lrp://10.0.0.5", "llrp"),
            ("", "There is no address"),
            ("llrp://..", "not a valid address"),
            (f"llrp://{'a' * 64}.example", "not a valid address"),
        ):
            assert says in (await made.post("try", url=url)).text
        none = await made.post("find")
        assert "No reader was found." in none.text
        page = await made.page.get("/setup", headers={"Accept-Language": "zh"})
        assert "站点设置" in page.text


async def test_the_page_lends_nobody_the_files_and_variables_of_the_machine(tmp_path: Path) -> None:
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.read(4096))
        writer.close()

    secret = tmp_path / "token"
    secret.write_text("station-token")
    tape = tmp_path / "dock.tape"
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server, bench(tmp_path) as made:
        host = f"x@127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for option in (f"password_file={secret}", "password_env=HOME", f"record={tape}"):
            answer = await made.post("try", url=f"impinj+http://{host}/?{option}")
            name = option.partition("=")[0]
            assert f"The option {name} cannot be given on this page" in words(answer.text)
            assert "Write this reader into the station" in answer.text
    assert asked == []
    assert not tape.exists()


async def test_a_password_that_was_typed_is_neither_shown_nor_sent_back_changed(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        for url in ("impinj+http://root:s3cret@127.0.0.1:9/", "root:s3cret@127.0.0.1:9"):
            answer = await made.post("try", url=url)
            assert "s3cret" not in answer.text
            assert 'name="url" value=""' in answer.text
            assert "type all of it anew" in answer.text


async def test_an_address_without_a_scheme_is_that_of_a_uhf_reader_first(tmp_path: Path) -> None:
    async with LlrpEmulator(now=now, antennas=1) as emulator, bench(tmp_path) as made:
        bare = emulator.url.removeprefix("llrp://")
        trial = await made.post("try", url=bare)
        assert f"llrp://{bare}" in trial.text
        assert "Antenna 1" in trial.text
        await made.post("cancel")
        nobody = await made.post("try", url="127.0.0.1:9")
        assert "nothing listens on port 9" in nobody.text
        assert "Tried: UHF reader" in nobody.text
        assert 'value="127.0.0.1:9"' in nobody.text
        port = await made.post("try", url="/dev/ttyNone7")
        assert "serial scanner" in port.text
        assert "serial NFC reader" in port.text
        with_scheme = await made.post("try", url="llrp://127.0.0.1:9")
        assert "Tried:" not in with_scheme.text


async def test_a_printer_is_told_as_such(tmp_path: Path) -> None:
    async def print_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nServer: CUPS/2.4 IPP/2.1\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(print_nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, bench(tmp_path) as made:
        told = await made.post("try", url=f"llrp://127.0.0.1:{port}")
        assert "is a printer" in told.text or "something else" in told.text


async def test_a_code_that_is_refused_is_told_in_both_languages(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        english = await made.post("enrol", code="OLD-CODE", server="https://trace.example")
        assert "expired" in english.text
        made.page.headers["Accept-Language"] = "zh"
        chinese = await made.post("enrol", code="OLD-CODE", server="https://trace.example")
        assert "登记码已过期" in chinese.text
    assert left_in(tmp_path) == []


async def test_wrong_forms_leave_the_file_as_it_was(tmp_path: Path) -> None:
    async with LlrpEmulator(now=now, antennas=2) as emulator, bench(tmp_path) as made:
        await made.post("enrol", code="GOOD-CODE", server="https://trace.example")
        before = made.path.read_bytes()
        await made.post("try", url=emulator.url)
        good = {"reader": "hall", "place": PLACE, "untested": "1"}
        for wrong, says in (
            ({"step-1": ""}, "No antenna has a step"),
            ({"step-1": "fly"}, "There is no step fly"),
            ({"step-1": "ship", "place": "the yard"}, "the yard is not the code of a place"),
            (
                {"step-1": "ship", "step-2": "sell", "name-1": "x", "name-2": "x"},
                "Two antennas are called x",
            ),
        ):
            told = await made.post("save", **{**good, **wrong})
            assert says in told.text
            assert made.path.read_bytes() == before
        both = {**good, "step-1": "ship", "step-2": "ship", "name-1": "gate", "name-2": "gate"}
        await made.post("save", **both)
        [point] = load(made.path).read_points
        assert point.antennas == frozenset({1, 2})


async def test_a_scanner_that_types_is_tried_on_the_page(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        await made.post("enrol", code="GOOD-CODE", server="https://trace.example")
        trial = await made.post("try", url="wedge://page")
        assert "Scan a code" in trial.text
        await made.post("scan", text="]d2010952123400001321S-77")
        await seen(made, "S-77")
        await made.post("scan", text="<script>alert(1)</script>")
        part = await seen(made, "alert(1)")
        assert "<script>alert" not in part
        assert "not a code we can read" in part
        chinese = (await made.page.get("/setup/antennas", headers={"Accept-Language": "zh"})).text
        assert "天线" not in words(chinese + part)
        assert "ntenna" not in words(trial.text + part)
        assert trial.text.count("<fieldset") == 0
        none = await made.post("save", reader="Till", place=PLACE, **{"step-1": ""})
        assert "No step is chosen" in none.text
        await made.post("save", reader="Till", place=PLACE, **{"step-1": "sell"})
        [point] = load(made.path).read_points
        assert (point.name, point.antennas, point.step.value) == ("Till", frozenset(), "sell")
        overview = (await made.page.get("/setup")).text
        assert "Till · Sell" in overview
        made.path.write_text(
            made.path.read_text().replace('[[read_points]]\nname = "Till"', '[[read_points]]\nname = "East"')
        )
        again = await made.post("try", name="Till")
        assert '<input type="hidden" name="name-1" value="East">' in again.text  # it keeps the name it had
        await made.post("cancel")
        assert "ntenna" not in words(overview)


async def test_a_scanner_that_scanned_nothing_is_told_in_its_own_words(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        await made.post("enrol", code="GOOD-CODE", server="https://trace.example")
        await made.post("try", url="wedge://page")
        told = await made.post("save", reader="Till", place=PLACE, **{"step-1": "sell"})
        assert "No code has been scanned yet" in told.text
        assert "ntenna" not in words(told.text)


async def test_foreign_pages_cannot_set_up_the_station(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        for deed in ("enrol", "find", "try", "remove", "save", "scan", "cancel"):
            answer = await made.page.post(f"/setup/{deed}", headers={"Origin": "https://evil.example"})
            assert answer.status_code == 403
