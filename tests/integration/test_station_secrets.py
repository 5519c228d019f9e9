"""A tag, a station, the platform and its page: what a shopper is told of chips and of numbers on them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient
from tests.integration.label_jobs import ntag, on, uid
from tests.unit.readers.station.fakes import Clock, station, until
from tests.unit.readers.station.test_renewing import Desk, with_secrets

from suyuan.api.app import application
from suyuan.api.chip_cases import case_of
from suyuan.api.house import CapturedBy, House, open_house
from suyuan.api.settings import read_settings
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.renewing import AGAIN_S
from suyuan.readers.virtual.tags import VirtualNtag
from suyuan.trace.recall.passport import Level
from suyuan.trace.scan.chips import findings
from suyuan.trace.scan.look import Look
from suyuan.trace.scan.past import FindingKind
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.tag_bindings import bindings_of_keys
from suyuan.trace.store.tag_told import tell_anew

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
FACTORY, SHOP, STRANGER = (
    f"https://id.gs1.org/417/{number}" for number in ("6901234567892", "6901234567908", "6901234567915")
)
PLACE = "https://id.gs1.org/414/6901234567892"
GTIN = "06901234567892"
ITEM = f"https://id.gs1.org/01/{GTIN}/21/7001"
PATH = f"/01/{GTIN}/21/7001"
REAL = (
    bytes.fromhex("04AB87F2CA1190"),
    bytes.fromhex("67B1750BCCEB1174F9A33BF20E0226551A6366939B31F949848C3C087350FA90"),
)
"""UID and signature of a chip of the maker, as published."""


@dataclass
class Platform:
    """Takes in what stations send, as the real one does; it can hold back what is sent, and send it twice."""

    house: House
    party: str = FACTORY
    held: list[bytes] = field(default_factory=list[bytes])
    holds: bool = False
    acts: int = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.held.append(request.content)
            self.acts += request.content.count(b"suyuan:secretWritten")
            if not self.holds:
                self.release()
            return httpx.Response(202, headers={"Location": "/capture/1"})
        if request.url.path == "/blocklist":
            return httpx.Response(404)
        return httpx.Response(200, json={"running": False, "success": True})

    def release(self, times: int = 1) -> None:
        """Let arrive what was held back, the last first."""
        for content in self.held[::-1] * times:
            job = self.house.capture(
                content, "application/json", by=CapturedBy(self.party), behaviour="rollback"
            )
            assert job.success, job.errors
        self.held.clear()


def tell(house: House, party: str = FACTORY, chip: str = "", **more: Any) -> None:
    """An event of a party about the item; it brings it about unless told otherwise."""
    tags = [{"suyuan:epc": ITEM, "suyuan:tid": chip, **more.pop("tag", {})}] if chip else []
    event = {
        "type": "ObjectEvent",
        "action": "ADD",
        "bizStep": "commissioning",
        "eventTime": "2026-11-20T08:00:00Z",
        "eventTimeZoneOffset": "+08:00",
        "epcList": [ITEM],
        "readPoint": {"id": PLACE},
        "suyuan:tags": tags,
        **more,
    }
    document = {
        "@context": [
            "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
            {"suyuan": "https://ns.suyuan.example/"},
        ],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-20T08:00:00Z",
        "epcisBody": {"eventList": [{name: told for name, told in event.items() if told is not None}]},
    }
    job = house.capture(
        json.dumps(document).encode(), "application/json", by=CapturedBy(party), behaviour="rollback"
    )
    assert job.captured == 1, job.errors


@dataclass
class World:
    house: House
    client: TestClient
    folder: Path

    def page(self, link: str = "", language: str = "en") -> str:
        query = link.partition("?")[2]
        path = f"/p{PATH}" + (f"?{query}" if query else "")
        answer = self.client.get(path, headers={"Accept": "text/html", "Accept-Language": language})
        assert answer.status_code == 200, answer.text
        return answer.text

    def found(self) -> list[FindingKind]:
        with Reading(self.house.engine) as reading:
            return [one.kind for one in findings(case_of(reading, [ITEM], bindings_of_keys(reading, [ITEM])))]

    @asynccontextmanager
    async def desk(self, name: str = "a", platform: Platform | None = None) -> AsyncGenerator[Bench]:
        desk, clock = Desk(), Clock()
        taking = platform or Platform(self.house)
        at = station(self.folder / name, desk, taking, clock=clock)
        at.config = with_secrets(at.config)
        async with at:
            yield Bench(desk, clock, taking)
            await at.wait_delivered()


@dataclass
class Bench:
    desk: Desk
    clock: Clock
    platform: Platform

    async def lay(self, tag: VirtualNtag) -> None:
        """Lay a tag on the reader until the platform was sent what became of it, and take it away."""
        before = self.platform.acts
        self.clock.forward(max(AGAIN_S, 600.0))
        self.desk.lay(tag)
        await until(lambda: self.platform.acts > before)
        self.desk.lay(None)


@pytest.fixture
def world(tmp_path: Path) -> Any:
    told = {"SUYUAN_VAR": str(tmp_path / "var"), "SUYUAN_PUBLIC_URL": "http://testserver"}
    set_up = read_settings(told)
    (tmp_path / "var").mkdir()
    house = open_house(set_up, lambda: NOW + timedelta(hours=5))
    with TestClient(application(set_up, house, lambda: NOW + timedelta(hours=5))) as client:
        yield World(house, client, tmp_path)
    house.close()


CURRENT, STALE = "the one that a station wrote last", "has been replaced by a station since"
FORKED, MISMATCH = "read two tags that bear this code", "not the one on record for this item"


async def test_a_tap_shows_the_number_that_a_station_wrote_last(world: World) -> None:
    tag = ntag(1, f"http://testserver{PATH}")
    tell(world.house, chip=uid(tag))
    assert CURRENT not in world.page(on(tag))
    async with world.desk() as bench:
        await bench.lay(tag)
    first = on(tag)
    assert CURRENT in world.page(first)
    assert "站点最近一次写入" in world.page(first, "zh-CN")
    async with world.desk() as bench:
        await bench.lay(tag)
    assert STALE in world.page(first), "a link of before"
    page = world.page(on(tag))
    assert CURRENT in page
    assert STALE not in page
    assert FORKED not in page
    assert world.found() == []
    steps = [one.step for one in world.house.passport(PATH).journey]
    assert steps == ["commissioning"], "what was done to the tag is no step of the goods"


async def test_a_copy_is_told_once_both_were_read_wherever_that_was(world: World) -> None:
    tag = ntag(1, f"http://testserver{PATH}")
    tell(world.house, chip=uid(tag))
    async with world.desk("a") as bench:
        await bench.lay(tag)
    copy = VirtualNtag(tag.uid)
    copy.memory[:] = tag.memory
    async with world.desk("a") as bench:
        await bench.lay(tag)
    async with world.desk("b") as bench:
        bench.clock.forward(3600)
        assert FORKED not in world.page(on(tag))
        await bench.lay(copy)
    for shown in (tag, copy):
        assert FORKED in world.page(on(shown))
    assert world.found() == [FindingKind.STALE_SECRET]


async def test_stations_off_line_and_documents_sent_twice_make_no_copy(world: World) -> None:
    tag = ntag(1, f"http://testserver{PATH}")
    tell(world.house, chip=uid(tag))
    away = Platform(world.house, holds=True)
    for name in "abab":
        async with world.desk(name, away) as bench:
            await bench.lay(tag)
    assert "not known here yet" in world.page(on(tag)) or CURRENT not in world.page(on(tag))
    async with world.desk("c") as bench:
        await bench.lay(tag)
    assert FORKED not in world.page(on(tag))
    away.release(times=2)
    page = world.page(on(tag))
    assert CURRENT in page
    assert FORKED not in page
    assert world.found() == []
    tell_anew(world.house.engine)
    assert world.page(on(tag)).count(CURRENT) == page.count(CURRENT)


async def test_another_chip_than_the_recorded_one_is_told_of_partners_and_not_of_strangers(
    world: World,
) -> None:
    tell(world.house, chip="04A1B2C3D4E501")
    seen: dict[str, Any] = {"action": "OBSERVE", "bizStep": None, "chip": "04A1B2C3D4E599"}
    tell(world.house, STRANGER, **seen)
    assert MISMATCH not in world.page()
    assert world.found() == []
    shipped = {"type": "possessing_party", "destination": SHOP}
    tell(
        world.house,
        action="OBSERVE",
        bizStep="shipping",
        destinationList=[shipped],
        eventTime="2026-11-20T09:00:00Z",
    )
    tell(world.house, SHOP, **seen)
    assert MISMATCH in world.page()
    assert "标签可能被更换或复制" in world.page(language="zh-CN")
    assert world.found() == [FindingKind.WRONG_CHIP]


@pytest.mark.parametrize("made", [True, False])
async def test_where_no_chip_is_on_record_strangers_make_no_copy(world: World, made: bool) -> None:
    if made:
        tell(world.house)

    def renew(party: str, number: str, found: str, hour: int) -> None:
        secrets = {"suyuan:secretFound": found * 32, "suyuan:secretWritten": number * 32}
        seen: dict[str, Any] = {"chip": "04A1B2C3D4E599", "tag": secrets, "bizStep": None}
        tell(world.house, party, action="OBSERVE", eventTime=f"2026-11-20T{hour:02}:00:00Z", **seen)

    renew(STRANGER, "2", "1", 5)
    renew(STRANGER, "3", "1", 6)
    assert world.found() == []
    renew(FACTORY, "5", "4", 7)
    renew(FACTORY, "6", "4", 8)
    assert world.found() == ([FindingKind.STALE_SECRET] if made else [])


async def test_a_chip_of_another_kind_and_a_chip_without_number_say_nothing(world: World) -> None:
    tell(world.house, chip="04A1B2C3D4E501")
    for chip in ("E28011912000000000000007", "E2801191", "08010203"):
        tell(world.house, action="OBSERVE", bizStep=None, chip=chip)
    assert MISMATCH not in world.page()
    assert world.found() == []


async def test_the_makers_signature_is_told_from_the_tag_to_the_page(world: World) -> None:
    tag = ntag(1, f"http://testserver{PATH}")
    tag.uid, tag.signature = REAL
    tag.memory[0:3], tag.memory[4:8] = REAL[0][:3], REAL[0][3:]
    tell(world.house, chip=uid(tag))
    assert "signed by the maker" not in world.page()
    platform = Platform(world.house)
    desk = Desk()
    async with station(world.folder / "a", desk, platform) as at:
        doing = asyncio.create_task(at.perform(Order(Step.INSPECT), "dock"))
        await asyncio.sleep(0)
        desk.lay(tag)
        await doing
        await at.wait_delivered()
    assert "signed by the maker of the chip" in world.page()
    assert "带有芯片制造商的签名" in world.page(language="zh-CN")


async def test_the_level_of_a_code_is_that_of_its_chip(world: World) -> None:
    tag = ntag(1, f"http://testserver{PATH}")
    tell(world.house, chip=uid(tag))
    passport = world.house.passport(PATH)

    def level(link: str) -> Level:
        look = Look(NOW, link.partition("?")[2], is_scan=False)
        return world.house.looked_at(passport, look).level

    assert level(on(tag)) is Level.CHIP
    async with world.desk() as bench:
        await bench.lay(tag)
    assert level(on(tag)) is Level.RENEWED
    assert level(f"http://testserver{PATH}?y=AAAAAAAAAAAA") is Level.CHIP
