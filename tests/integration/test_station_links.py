"""A station that reads links and symbols: from the tag on the real stack to the event on the platform."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from suyuan.readers.registry import open_reader
from suyuan.readers.station.agent import Station
from suyuan.readers.station.config import ReaderConfig, ReadPoint, ServerConfig, Smoothing, StationConfig
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.words import State
from suyuan.readers.supervisor import Supervisor
from suyuan.readers.tags import ndef
from suyuan.readers.virtual.pcscd import PrivatePcscd
from suyuan.readers.virtual.tags import VirtualNtag, VirtualType4
from suyuan.readers.virtual.vpcd import VpcdCard

SIGNER = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
UID = bytes.fromhex("04a1b2c3d4e5f6")
GTIN = "06901234567892"
ITEM = f"https://id.gs1.org/01/{GTIN}/21/1"
LINK = f"https://brand.example/01/{GTIN}/21/1?e=9F86&c=94EE"
PLACE = "https://id.gs1.org/414/6901234567892"


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Platform:
    """A capture endpoint in memory."""

    events: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.events += json.loads(request.content)["epcisBody"]["eventList"]
            return httpx.Response(202, headers={"Location": "/capture/1"})
        if request.url.path == "/blocklist":
            return httpx.Response(404)
        return httpx.Response(200, json={"running": False, "success": True})


@dataclass
class Work:
    station: Station
    source: Supervisor
    platform: Platform


@pytest.fixture
async def work(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Work]:
    """A receiving station whose one reader has the address in the parameter."""
    url = str(request.param)
    source = Supervisor(lambda: open_reader(url, now=now), now=now, chance=lambda: 0.0)
    platform = Platform()
    point = ReadPoint(
        "dock", "r", Step.RECEIVE, f"{PLACE}/254/1", PLACE, smoothing=Smoothing(quiet_s=0.3, dedupe_s=0)
    )
    config = StationConfig(
        "s1",
        "https://id.gs1.org/417/6901234567892",
        tmp_path / "data",
        ServerConfig("http://platform.test", "t", SIGNER.public_key().public_bytes_raw()),
        (ReaderConfig("r", url),),
        (point,),
    )
    transport = httpx.MockTransport(platform)
    async with Station(config, now=now, transport=transport, open_source=lambda _: source) as station:
        yield Work(station, source, platform)


async def pass_by(work: Work, lay: Callable[[], AbstractContextManager[Any]]) -> Any:
    """One pass in which something is laid on the reader or scanned."""
    doing = asyncio.create_task(work.station.perform(Order(Step.RECEIVE), "dock", timeout_s=60))
    async with asyncio.timeout(120):
        while not work.source.health().connected:  # noqa: ASYNC110 - the state has no event of its own
            await asyncio.sleep(0.01)
        with lay():
            outcome = await doing
        await work.station.wait_delivered()
    return outcome


@pytest.mark.parametrize("work", ["pcsc://ACR122U"], indirect=True)
@pytest.mark.parametrize("kind", [VirtualNtag, VirtualType4])
async def test_a_link_on_a_tag_is_an_item_that_came(
    pcscd: PrivatePcscd, work: Work, kind: type[VirtualNtag | VirtualType4]
) -> None:
    tag = kind(UID, message=ndef.encode([ndef.uri_record(LINK)]))
    outcome = await pass_by(work, lambda: VpcdCard(tag, pcscd.dial))
    assert outcome.state is State.DONE
    (event,) = work.platform.events
    assert event["epcList"] == [ITEM]  # by its name: the tag's signature is another one at every tap
    assert event["bizStep"] == "receiving"


@pytest.mark.parametrize("work", ["wedge://page"], indirect=True)
async def test_symbols_are_items_units_and_lots(work: Work) -> None:
    def scan() -> AbstractContextManager[Any]:
        for text in (f"]d201{GTIN}211\x1d10L", f"(01){GTIN}(10)L", "00069012345000000011", LINK):
            work.source.push(text)
        return nullcontext()

    outcome = await pass_by(work, scan)
    assert outcome.read == 3
    (event,) = work.platform.events
    assert set(event["epcList"]) == {
        f"https://id.gs1.org/01/{GTIN}/10/L/21/1",
        "https://id.gs1.org/00/069012345000000011",
    }


@pytest.mark.parametrize("work", ["wedge://page"], indirect=True)
async def test_a_product_code_alone_is_told_as_such_and_records_nothing(work: Work) -> None:
    def scan() -> AbstractContextManager[Any]:
        work.source.push("]E06901234567892")
        work.source.push("hello")
        return nullcontext()

    outcome = await pass_by(work, scan)
    assert {message.code for message in outcome.messages} == {"PRODUCT_ONLY", "MISREAD"}
    assert outcome.state is State.ATTENTION
    assert work.platform.events == []
