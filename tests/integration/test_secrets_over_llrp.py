"""Numbers in the user memory of UHF tags, renewed over LLRP: an emulated reader, real TCP."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
from tests.integration.label_jobs import Platform
from tests.unit.readers.station.fakes import PLACE, item, tag

from suyuan.readers.field import Bench
from suyuan.readers.llrp.emulator import LlrpEmulator
from suyuan.readers.station.config import ReaderConfig, ReadPoint, ServerConfig, StationConfig
from suyuan.readers.station.order import Step
from suyuan.readers.station.renewing import RENEWALS, RenewalRule
from suyuan.readers.station.station import Station
from suyuan.readers.tags.gen2 import Bank
from suyuan.readers.virtual.gen2 import VirtualGen2
from suyuan.trace.sun.renewal import is_secret


async def test_each_tag_of_a_pass_gets_a_number_of_its_own(tmp_path: Path) -> None:
    platform, field = Platform(), Bench()
    tags = [VirtualGen2(tag(item(serial))) for serial in (1, 2)]
    async with LlrpEmulator(now=lambda: datetime.now(UTC), field=field, round_s=0.02) as press:
        config = StationConfig(
            "dock-1",
            "https://id.gs1.org/417/6901234567892",
            tmp_path,
            ServerConfig("http://platform.test", "t"),
            (ReaderConfig("dock", f"{press.url}?tid=yes"),),
            (ReadPoint("dock", "dock", Step.RECEIVE, f"{PLACE}/254/1", PLACE),),
            sections={RENEWALS.name: (RenewalRule("dock"),)},
        )
        said: list[set[str]] = []
        for times in (1, 2):
            station = Station(
                replace(config),
                now=lambda: datetime.now(UTC),
                transport=httpx.MockTransport(platform),
            )
            async with station:
                for each in tags:
                    field.lay(1, each)
                for _ in range(1000):
                    if len(platform.events) == 2 * times:
                        break
                    await asyncio.sleep(0.02)
                field.clear()
                await station.wait_delivered()
            said.append({bytes(each.banks[Bank.USER][:12]).decode() for each in tags})
    assert all(is_secret(each) for numbers in said for each in numbers)
    assert len(said[0] | said[1]) == 4
    entries = [event["suyuan:tags"][0] for event in platform.events]
    before = {entry["suyuan:epc"]: entry["suyuan:secretWritten"] for entry in entries[:2]}
    after = {entry["suyuan:epc"]: entry["suyuan:secretFound"] for entry in entries[2:]}
    assert before == after
