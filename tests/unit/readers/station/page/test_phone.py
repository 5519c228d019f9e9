"""The pages for phones, over a station: who is let in, and what is said of what a phone sent."""

from __future__ import annotations

import asyncio
import functools
import re
import secrets
import threading
from base64 import b64decode
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import zxingcpp
from starlette.applications import Starlette
from tests.unit.readers.certificates import make_certificate
from tests.unit.readers.station.fakes import GTIN, PLACE, SIGNER, Host, Platform, fill_disk, item
from tests.unit.readers.test_symbol import picture

from suyuan.readers.station.config import (
    PageConfig,
    ReaderConfig,
    ReadPoint,
    ServerConfig,
    Smoothing,
    StationConfig,
)
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.page.phone import Phones
from suyuan.readers.station.page.site import application
from suyuan.readers.station.station import Station

BASE = "http://192.168.1.20:8800"
PIN = "260415"
QUICK = Smoothing(quiet_s=0.05, dedupe_s=0)


def configured(folder: Path) -> StationConfig:
    def point(name: str, reader: str, *antennas: int, **more: Any) -> ReadPoint:
        place = f"{PLACE}/254/1"
        return ReadPoint(
            name, reader, Step.RECEIVE, place, PLACE, antennas=frozenset(antennas), smoothing=QUICK, **more
        )

    return StationConfig(
        "s1",
        "https://id.gs1.org/417/6901234567892",
        folder / "data",
        ServerConfig("http://platform.test", "t", SIGNER.public_key().public_bytes_raw()),
        (ReaderConfig("hands", "http://phones"), ReaderConfig("till", "wedge://page")),
        (
            point("dock", "hands"),
            point("second", "hands", 2),
            point("counter", "till"),
            point("gate", "hands", automatic=True, order=Order(Step.RECEIVE)),
        ),
        page=PageConfig("0.0.0.0", 8800, PIN),  # noqa: S104 - nothing listens in this test
    )


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - a station has no event for it
            await asyncio.sleep(0.002)


class Hall:
    """A station with its page, a kiosk that is unlocked, and phones."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.host = Host(folder / "station.toml")
        self.station: Station | None = None
        self.app = application(self.host, configured(folder).page, key=b"k")
        self.kiosk = self.browser()

    def browser(self) -> httpx.AsyncClient:
        headers = {"Origin": BASE, "Accept-Language": "en"}
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app), base_url=BASE, headers=headers, follow_redirects=False
        )

    async def start(self) -> None:
        """Start the station, anew where one worked before."""
        await self.stop()
        self.station = Station(
            configured(self.folder), now=lambda: datetime.now(UTC), transport=httpx.MockTransport(Platform())
        )
        await self.station.__aenter__()
        self.host.station = self.station
        await until(lambda: self.hears("dock") and self.hears("counter"))

    def hears(self, point: str) -> bool:
        return self.station is not None and self.station.hears(point)

    async def stop(self) -> None:
        if self.station is not None:
            self.host.station = None
            await self.station.__aexit__(None, None, None)

    async def code(self) -> str:
        assert (await self.kiosk.post("/phones/code")).status_code == 303
        return (await self.kiosk.get("/phones")).text.split('id="code">')[1].split("<")[0]

    async def phone(self, name: str = "") -> httpx.AsyncClient:
        """A phone that was let in."""
        made = self.browser()
        answer = await made.post("/phone/pair", data={"code": await self.code(), "name": name})
        assert (answer.status_code, answer.headers["location"]) == (303, "/phone")
        return made

    async def reading(self, point: str = "dock") -> asyncio.Task[Any]:
        """A pass that is closed by hand."""
        assert self.station is not None
        doing = asyncio.create_task(self.station.perform(Order(Step.RECEIVE), point, timeout_s=60, hold=True))
        await until(functools.partial(self.station.takes, point))
        return doing

    async def close(self, doing: asyncio.Task[Any], tags: int, point: str = "dock") -> Any:
        """End the pass once it has seen so many tags."""
        assert self.station is not None
        async with asyncio.timeout(20):
            while len((await self.station.glance(point)).tags) < tags:  # noqa: ASYNC110 - it has no event
                await asyncio.sleep(0.005)
        self.station.close(point)
        return await doing


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    made = Hall(tmp_path)
    await made.kiosk.post("/pin", data={"pin": PIN})
    await made.start()
    yield made
    await made.stop()


def sighting(text: str, point: str = "dock", **more: Any) -> dict[str, Any]:
    return {"id": secrets.token_hex(16), "point": point, "text": text, **more}


async def send(phone: httpx.AsyncClient, told: dict[str, Any]) -> tuple[int, Any]:
    answer = await phone.post("/phone/sightings", json=told, headers={"Accept": "application/json"})
    return answer.status_code, answer.json()


async def fates(phone: httpx.AsyncClient) -> dict[str, str]:
    told = (await phone.get("/phone/state", headers={"Accept": "application/json"})).json()
    return {one["text"]: one["fate"] for one in told["seen"]}


async def test_only_the_kiosk_lets_phones_in_and_a_phone_sees_nothing_else(hall: Hall) -> None:
    stranger = hall.browser()
    for path in ("/phones", "/", "/setup"):
        assert (await stranger.get(path)).headers["location"] == "/pin"
    assert (await stranger.post("/phones/code")).headers["location"] == "/pin"
    assert "Connect this phone" in (await stranger.get("/phone")).text
    assert (await stranger.post("/phone/sightings", json=sighting(item(1)))).status_code == 401
    assert (await stranger.get("/phone/state")).status_code == 401
    answer = await stranger.post("/phone/pair", data={"code": "AAAAAA", "name": "Li"})
    assert answer.status_code == 403
    assert 'value="Li"' in answer.text  # nobody types it again
    assert "The code is wrong or has run out." in answer.text
    phone = await hall.phone("Zhang San")
    for path in ("/phones", "/"):
        assert (await phone.get(path)).headers["location"] == "/pin"
    assert "Zhang San" in (await phone.get("/phone")).text
    assert "Zhang San" in (await hall.kiosk.get("/phones")).text


async def test_the_token_is_of_this_page_alone(hall: Hall) -> None:
    answer = await hall.browser().post("/phone/pair", data={"code": await hall.code()})
    cookie = answer.headers["set-cookie"]
    for part in ("HttpOnly", "SameSite=strict", "Path=/phone"):
        assert part in cookie
    phone = await hall.phone()
    told = sighting(item(1))
    foreign = await phone.post("/phone/sightings", json=told, headers={"Origin": "http://evil.example"})
    assert foreign.status_code == 403


async def test_codes_of_phones_cannot_be_guessed_in_bulk(hall: Hall) -> None:
    code = await hall.code()
    for _ in range(5):
        assert (await hall.browser().post("/phone/pair", data={"code": "AAAAAA"})).status_code == 403
    answer = await hall.browser().post("/phone/pair", data={"code": code})
    assert answer.status_code == 429
    assert "Wait a minute" in answer.text


async def test_taken_is_said_when_the_station_has_it_and_recorded_when_it_is_stored(hall: Hall) -> None:
    phone = await hall.phone()
    doing = await hall.reading()
    told = sighting(item(1))
    for _ in range(3):
        assert await send(phone, told) == (200, {"fate": "taken"})
    symbol = f"\x1d01{GTIN}213\x1d10L"
    for text in (" hello\n", symbol):
        assert await send(phone, sighting(text)) == (200, {"fate": "taken"})
    assert await send(phone, sighting(f"(01){GTIN}(21)2", typed=True)) == (200, {"fate": "taken"})
    outcome = await hall.close(doing, 4)
    assert outcome.sequences
    assert await fates(phone) == {
        item(1): "recorded",
        "hello": "unreadable",
        symbol: "recorded",
        f"(01){GTIN}(21)2": "recorded",
    }
    assert await send(phone, told) == (200, {"fate": "recorded"})
    assert hall.station is not None
    health = (await hall.station.status()).readers["hands"]
    assert health is not None
    assert health.reads == 3  # what was typed is no reading of a device


async def test_what_is_abandoned_or_cannot_be_stored_is_never_recorded(hall: Hall) -> None:
    phone = await hall.phone()
    doing = await hall.reading()
    await send(phone, sighting(item(1)))
    assert hall.station is not None
    hall.station.abandon("dock")
    await doing
    assert await fates(phone) == {item(1): "unrecorded"}
    doing = await hall.reading()
    await send(phone, sighting(item(2)))
    mend = fill_disk(hall.folder)
    outcome = await hall.close(doing, 1)
    assert not outcome.sequences
    assert (await fates(phone))[item(2)] == "unrecorded"
    mend()


async def test_before_anybody_reads_nothing_is_taken(hall: Hall) -> None:
    phone = await hall.phone()
    told = sighting(item(1))
    status, said = await send(phone, told)
    assert (status, said["code"]) == (409, "no-pass")
    assert "Start reading" in said["told"]
    doing = await hall.reading()
    assert await send(phone, told) == (200, {"fate": "taken"})
    await hall.close(doing, 1)
    assert await fates(phone) == {item(1): "recorded"}


async def test_an_automatic_read_point_takes_at_any_time(hall: Hall) -> None:
    phone = await hall.phone()
    assert await send(phone, sighting(item(1), "gate")) == (200, {"fate": "taken"})
    async with asyncio.timeout(20):
        while (await fates(phone)) != {item(1): "recorded"}:  # noqa: ASYNC110 - as a phone asks
            await asyncio.sleep(0.02)


async def test_a_phone_reads_for_the_points_that_listen_to_it(hall: Hall) -> None:
    first, second = await hall.phone(), await hall.phone()

    async def points(phone: httpx.AsyncClient) -> list[str]:
        return [each["name"] for each in (await phone.get("/phone/state")).json()["points"]]

    assert await points(first) == ["dock", "gate"]
    assert await points(second) == ["dock", "second", "gate"]
    doing = await hall.reading("second")
    status, told = await send(first, sighting(item(1), "second"))
    assert (status, told["told"]) == (
        400,
        "The read point second does not listen to phone 1. Choose another one on the phone.",
    )
    assert (await send(second, sighting(item(1), "second")))[0] == 200
    await hall.close(doing, 1, "second")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"id": 1, "point": "dock", "text": "x"}',
        b'{"id": "zz", "point": "dock", "text": "x"}',
        b'{"id": "' + b"0" * 32 + b'", "point": [], "text": "x"}',
        b'{"id": "' + b"0" * 32 + b'", "point": "dock", "text": " "}',
        b'{"id": "' + b"0" * 32 + b'", "point": "nowhere", "text": "x"}',
        b'{"id": "' + b"0" * 32 + b'", "point": "dock", "text": "' + b"x" * 5000 + b'"}',
        b"\xff\xfe",
    ],
)
async def test_what_is_no_sighting_is_refused_for_good(hall: Hall, body: bytes) -> None:
    phone = await hall.phone()
    answer = await phone.post("/phone/sightings", content=body, headers={"Accept": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["told"]


async def test_too_much_is_refused(hall: Hall) -> None:
    phone = await hall.phone()
    assert (await phone.post("/phone/sightings", content=b"x" * 40_000)).status_code == 413


async def test_a_phone_outlasts_a_restart_until_it_is_removed(hall: Hall) -> None:
    phone = await hall.phone()
    doing = await hall.reading()
    told = sighting(item(1))
    await send(phone, told)
    await hall.close(doing, 1)
    await hall.start()
    doing = await hall.reading()
    assert await send(phone, told) == (200, {"fate": "unknown"})  # one sighting, told by an earlier pass
    await send(phone, sighting(item(2)))
    outcome = await hall.close(doing, 1)
    assert outcome.read == 1
    await hall.kiosk.post("/phones/revoke", data={"number": "1"})
    status, said = await send(phone, sighting(item(3)))
    assert (status, said["code"]) == (401, "phone-unknown")
    assert "Connect this phone" in (await phone.get("/phone")).text


async def test_codes_are_typed_without_script(hall: Hall) -> None:
    phone = await hall.phone()
    doing = await hall.reading()
    text = (await phone.get("/phone")).text
    form = {"id": text.split('name="id" value="')[1].split('"')[0], "point": "dock", "text": item(1)}
    for _ in range(2):  # the same form, sent twice
        answer = await phone.post("/phone/typed", data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, "/phone?point=dock")
    wrong = await phone.post("/phone/typed", data={**form, "id": "1" * 32, "text": '"><script>x'})
    assert wrong.status_code == 400
    assert "<script>x" not in wrong.text
    outcome = await hall.close(doing, 1)
    assert outcome.read == 1
    assert "Recorded" in (await phone.get("/phone")).text


async def test_a_station_that_is_away_is_told_to_the_phone(hall: Hall) -> None:
    phone = await hall.phone()
    station, hall.host.station = hall.host.station, None
    assert (await send(phone, sighting(item(1))))[0] == 503
    assert (await phone.get("/phone")).status_code == 200
    hall.host.station = station


@pytest.mark.parametrize(
    ("base", "name", "shown", "other"),
    [
        ("http://127.0.0.1:8800", "", "http://10.1.2.3:8800/phone", ""),
        (
            "https://localhost:8800",
            "dairy.local",
            "https://dairy.local:8800/phone",
            "https://10.1.2.3:8800/phone",
        ),
        ("http://192.168.1.20:8800", "dairy.local", "http://192.168.1.20:8800/phone", ""),
        ("http://[fe80::1]:8801", "", "http://[fe80::1]:8801/phone", ""),
    ],
)
async def test_the_address_is_one_that_a_phone_can_open_and_the_symbol_says_it_with_the_code(
    hall: Hall, base: str, name: str, shown: str, other: str
) -> None:
    asked: list[str] = []

    def own_name(address: str) -> str:
        asked.append(address)
        return name

    app = Starlette(routes=Phones(hall.host, own_address=lambda: "10.1.2.3", own_name=own_name).routes())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base) as kiosk:
        assert "<img" not in (await kiosk.get("/phones")).text  # nothing to let in with: nothing to scan
        await kiosk.post("/phones/code")
        page = (await kiosk.get("/phones")).text
        code = page.split('id="code">')[1].split("<")[0]
        assert f'id="address">{shown}<' in page
        assert page.count("/phone<") == 1 + bool(other)
        assert not other or f">{other}<" in page
        assert scanned(page) == f"{shown}?code={code}"
        filled = (await kiosk.get(f"/phone?code={code}")).text
        assert f'value="{code}"' in filled
        assert asked in ([], ["10.1.2.3"])  # a name server is asked once, however often the page is opened


def scanned(page: str) -> str:
    """What the one QR symbol on a page says."""
    _, _, told = page.partition("data:image/svg+xml;base64,")
    svg = b64decode(told.partition('"')[0])
    (found,) = zxingcpp.read_barcodes(picture(svg))
    return found.text


async def test_a_name_server_that_says_nothing_holds_nobody_up(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("suyuan.readers.station.page.phone.NAMED_WITHIN_S", 0.05)
    answered = threading.Event()

    def own_name(_address: str) -> str:
        answered.wait(20)
        return "late.local"

    phones = Phones(hall.host, own_address=lambda: "10.1.2.3", own_name=own_name)
    transport = httpx.ASGITransport(Starlette(routes=phones.routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8800") as kiosk:
        await kiosk.post("/phones/code")
        assert 'id="address">http://10.1.2.3:8800/phone<' in (await kiosk.get("/phones")).text
        answered.set()
        async with asyncio.timeout(20):  # what it said late counts from then on
            while 'id="address">http://late.local:8800/phone<' not in (await kiosk.get("/phones")).text:  # noqa: ASYNC110 - it has no event
                await asyncio.sleep(0.01)


async def test_a_name_server_that_was_late_and_knew_no_name_is_asked_again(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("suyuan.readers.station.page.phone.NAMED_WITHIN_S", 0.05)
    begun = threading.Event()
    answers = iter(("", "dairy.local"))

    def own_name(_address: str) -> str:
        begun.wait(20)
        return next(answers)

    phones = Phones(hall.host, own_address=lambda: "10.1.2.3", own_name=own_name)
    transport = httpx.ASGITransport(Starlette(routes=phones.routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8800") as kiosk:
        assert "dairy.local" not in (await kiosk.get("/phones")).text
        begun.set()
        await kiosk.post("/phones/code")
        async with asyncio.timeout(20):
            while 'id="address">http://dairy.local:8800/phone<' not in (await kiosk.get("/phones")).text:  # noqa: ASYNC110 - it has no event
                await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("names", "shown", "other"),
    [(("dairy.local",), "dairy.local", "10.1.2.3"), ((), "10.1.2.3", "dairy.local")],
)
async def test_the_symbol_says_the_name_only_where_the_certificate_is_made_out_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...], shown: str, other: str
) -> None:
    files = make_certificate(tmp_path / "tls", names=names)
    plain = configured(tmp_path)
    page = replace(plain.page, certificate=files.certificate, certificate_key=files.key)

    def secured(_folder: Path) -> StationConfig:
        return replace(plain, page=page)

    monkeypatch.setattr(f"{__name__}.configured", secured)
    hall = Hall(tmp_path)
    await hall.start()
    phones = Phones(hall.host, own_address=lambda: "10.1.2.3", own_name=lambda _: "dairy.local")
    transport = httpx.ASGITransport(Starlette(routes=phones.routes()))
    async with httpx.AsyncClient(transport=transport, base_url="https://localhost:8800") as kiosk:
        await kiosk.post("/phones/code")
        told = (await kiosk.get("/phones")).text
        assert f'id="address">https://{shown}:8800/phone<' in told
        assert f">https://{other}:8800/phone<" in told
        assert scanned(told).startswith(f"https://{shown}:8800/phone?code=")
    await hall.stop()


async def test_what_stands_in_a_scanned_link_is_no_markup(hall: Hall) -> None:
    page = (await hall.browser().get("/phone", params={"code": '"><script>x' + "y" * 1000})).text
    assert "<script>x" not in page
    (filled,) = re.findall(r'name="code" value="([^"]*)"', page)
    assert "y" * 20 in filled
    assert "y" * 40 not in filled


async def test_only_a_phone_that_was_let_in_may_keep_the_page(hall: Hall) -> None:
    stranger, phone = hall.browser(), await hall.phone()
    for path in ("/phone/shell", "/phone/manifest.json"):
        assert (await stranger.get(path)).status_code == 401
        assert (await phone.get(path)).status_code == 200
    assert 'id="typing"' in (await phone.get("/phone/shell")).text
    told = (await phone.get("/phone/manifest.json")).json()
    assert (told["start_url"], told["scope"], told["display"]) == ("/phone", "/phone", "standalone")
    assert (await stranger.get(told["icons"][0]["src"])).status_code == 200
    worker = await stranger.get("/phone/worker.js")
    assert worker.headers["service-worker-allowed"] == "/phone"
    assert worker.headers["content-type"].startswith("text/javascript")
    assert "script-src 'self'" in worker.headers["content-security-policy"]
