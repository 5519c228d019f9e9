"""A counterfeit bears the number of a genuine item: two stations read it, the checks tell of two tags."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from suyuan.api.checking import findings
from suyuan.api.database import prepared_engine
from suyuan.api.house import CapturedBy, House
from suyuan.api.settings import read_settings
from suyuan.readers.sim import SimReader
from suyuan.readers.station.agent import Station
from suyuan.readers.station.config import ReaderConfig, ReadPoint, ServerConfig, Smoothing, StationConfig
from suyuan.readers.station.order import Order, Step
from suyuan.trace.gs1 import encode_epc, identify

SIGNER = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
PARTY = "https://id.gs1.org/417/6901234567892"
PLACES = ("https://id.gs1.org/414/6901234567892", "https://id.gs1.org/414/6901234567908")
GENUINE, SOLD = (f"https://id.gs1.org/01/06901234567892/21/{serial}" for serial in (1, 2))
NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)


@dataclass
class Platform:
    """Takes in what stations send, as the real one does, into a store."""

    house: House
    taken: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.taken += json.loads(request.content)["epcisBody"]["eventList"]
            job = self.house.capture(
                request.content, "application/json", by=CapturedBy(PARTY), behaviour="rollback"
            )
            assert job.success, job.errors
            return httpx.Response(202, headers={"Location": "/capture/1"})
        if request.url.path == "/blocklist":
            return httpx.Response(404)
        return httpx.Response(200, json={"running": False, "success": True})


async def inspect(platform: Platform, folder: Path, place: str, tags: dict[str, bytes | None]) -> None:
    """One pass at a station of a place, before whose simulated reader these tags lie."""
    reader = SimReader("r", now=lambda: NOW)
    point = ReadPoint(
        "dock", "r", Step.INSPECT, f"{place}/254/1", place, smoothing=Smoothing(quiet_s=0.1, dedupe_s=0)
    )
    config = StationConfig(
        "s1",
        PARTY,
        folder,
        ServerConfig("http://platform.test", "t", SIGNER.public_key().public_bytes_raw()),
        (ReaderConfig("r", "sim://r"),),
        (point,),
    )
    transport = httpx.MockTransport(platform)
    async with Station(config, now=lambda: NOW, transport=transport, open_source=lambda _: reader) as station:
        doing = asyncio.create_task(station.perform(Order(Step.INSPECT), "dock"))
        async with asyncio.timeout(20):
            while not reader.health().connected:  # noqa: ASYNC110 - the state has no event of its own
                await asyncio.sleep(0.01)
            for epc, tid in tags.items():
                reader.present(1, [encode_epc(identify(epc), company_prefix_length=7)], tid=tid)
            await doing
            await station.wait_delivered()


async def test_two_tags_with_one_number_are_found_in_what_stations_read(tmp_path: Path) -> None:
    settings = read_settings({"SUYUAN_VAR": str(tmp_path), "SUYUAN_PUBLIC_URL": "http://testserver"})
    house = House(prepared_engine(tmp_path / "suyuan.db"), settings, lambda: NOW)
    platform = Platform(house)
    first, second, third = (bytes.fromhex(f"e28011902000{number:012x}") for number in (1, 2, 3))
    await inspect(platform, tmp_path / "a", PLACES[0], {GENUINE: first, SOLD: second})
    await inspect(platform, tmp_path / "b", PLACES[1], {GENUINE: third, SOLD: second})
    assert len(platform.taken) == 2
    (found,) = [one for one in findings(house).findings if one.code == "two-tags"]
    assert (found.keys, found.certainty, len(found.evidence)) == ((GENUINE,), "certain", 2)
