"""Goods at one station, from the despatch advice to the furnace, with the platform away half of it."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import httpx
import orjson
from tests.unit.readers.station.fakes import (
    NOW,
    PLACE,
    SIGNER,
    SSCC,
    Clock,
    FakeReader,
    Platform,
    item,
    point,
    read,
    station,
    until,
)

from suyuan.readers.station.cold_chain.assessment import Measured
from suyuan.readers.station.cold_chain.measuring import Measuring
from suyuan.readers.station.cold_chain.profile import Profile
from suyuan.readers.station.ending import Destroying, Notice
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.recall_task import RecallTask
from suyuan.readers.station.stock import Sweeping

LOT = "https://id.gs1.org/01/06901234567892/10/L1"
MEAT = Profile("meat", "冷鲜肉", "chilled meat", 0.0, 4.0)


class Trading(Platform):
    """A platform that announces one delivery, and recalls its lot when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.recalled = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.away or request.url.path not in {"/api/deliveries", "/blocklist"}:
            return super().__call__(request)
        if request.url.path == "/blocklist":
            keys = {LOT: {"state": "recalled", "case": "7"}} if self.recalled else {}
            told = {"issued": NOW.isoformat(), "sequence": 2 if self.recalled else 1, "keys": keys}
            payload = orjson.dumps(told)
            signed = {"payload": payload, "signature": SIGNER.sign(payload)}
            return httpx.Response(200, json={n: base64.b64encode(v).decode() for n, v in signed.items()})
        goods: list[dict[str, Any]] = [{"epc": SSCC, "key": SSCC}]
        goods += [{"epc": item(n), "key": item(n), "in": SSCC, "lot": LOT} for n in range(1, 5)]
        one = {
            "id": "urn:uuid:d1",
            "sent": NOW.isoformat(),
            "from": {"key": "https://id.gs1.org/417/6901234567908", "name": {"zh": "农场", "en": "Farm"}},
            "to": [],
            "documents": [],
            "goods": goods,
            "lots": {LOT: {"expires": "2026-12-20"}},
            "whole": True,
        }
        return httpx.Response(200, json={"as_of": NOW.isoformat(), "deliveries": [one], "next": None})


async def test_goods_come_are_kept_warmed_counted_recalled_and_destroyed(tmp_path: Path) -> None:
    platform, reader, clock = Trading(), FakeReader(), Clock()
    dock = point()
    async with station(tmp_path, reader, platform, dock, clock=clock) as at:
        await until(lambda: bool(at.coming.despatches))
        came = await read(at, reader, Order(Step.RECEIVE), SSCC, *(item(n) for n in range(1, 4)))
        assert [m.code for m in came.messages] == ["MISSING"]
        assert len(await at.stock()) == 4
    platform.away = True
    async with station(tmp_path, reader, platform, dock, clock=clock) as at:
        assert at.coming.despatches  # what is expected is known without a network
        warm = Measuring((Measured(NOW, 9.0), Measured(clock.now(), 9.0)), MEAT)
        measured = await read(at, reader, Order(Step.MEASURE, particulars=warm), item(1))
        assert "TEMP_EXCURSION" in [m.code for m in measured.messages]
        shipped = await read(at, reader, Order(Step.SHIP), item(1), item(2))
        assert [m.code for m in shipped.messages] == ["OUT_OF_TRADE"]
        assert shipped.refused == (item(1),)
        counted = await read(at, reader, Order(Step.COUNT, particulars=Sweeping()), SSCC, item(1))
        assert counted.missing == (item(3),)
        platform.away = False
        await at.wait_delivered()
    platform.recalled = True
    async with station(tmp_path, reader, platform, dock, clock=clock) as at:
        async with asyncio.timeout(20):
            while not (tasks := await at.recall_tasks()):  # noqa: ASYNC110 - a list has no event of its own
                await asyncio.sleep(0.005)
        [task] = tasks
        assert (task.case, task.here) == ("7", (item(1), item(3)))
        assert dict(task.fates) == {"shipped": 1}
        held = await read(at, reader, Order(Step.HOLD, particulars=RecallTask("7")), item(1))
        assert "MISSING" in [m.code for m in held.messages]
        proof = Destroying(Notice("N-1", NOW, "焚烧厂"), witnesses=("a", "b"), proof_sha256="0" * 64)
        gone = await read(
            at,
            reader,
            Order(Step.DESTROY, expected=(item(1),), particulars=proof, operator="c", approver="a"),
            item(1),
        )
        assert gone.sequences
        again = await read(at, reader, Order(Step.COUNT), item(1))
        assert "DESTROYED_SEEN" in [m.code for m in again.messages]
        await at.wait_delivered()
    refused = [event["suyuan:refused"] for event in platform.events if "suyuan:refused" in event]
    assert refused == ["ship", "count"]  # what was kept out is told as a sighting
    made = [event for event in platform.events if "suyuan:refused" not in event]
    steps = [event["bizStep"] for event in made]
    assert steps == ["receiving", "sensor_reporting", "shipping", "cycle_counting", "holding", "destroying"]
    receipt, warmed, _, swept, holding, destroyed = made
    assert receipt["suyuan:receipt"]["suyuan:supplier"]["suyuan:name"] == "农场"
    assert warmed["disposition"] == "non_sellable_other"
    assert warmed["sensorElementList"][0]["sensorReport"][0]["maxValue"] == 9.0
    assert swept["suyuan:count"]["suyuan:missing"] == 1
    assert holding["suyuan:recallTask"] == {
        "suyuan:case": "7",
        "suyuan:found": 1,
        "suyuan:notFound": 1,
        "suyuan:shipped": 1,
        "suyuan:missing": [item(3)],
    }
    assert destroyed["action"] == "DELETE"
    assert destroyed["bizLocation"] == {"id": PLACE}
