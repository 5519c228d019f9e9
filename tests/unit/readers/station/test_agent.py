"""The station as a whole, on a reader of ours and a platform of ours."""

from __future__ import annotations

import asyncio
import base64
import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from suyuan.readers.errors import TransientConnectionError
from suyuan.readers.observation import Observation
from suyuan.readers.reader import ReaderHealth
from suyuan.readers.station import journal
from suyuan.readers.station.agent import Station
from suyuan.readers.station.config import ReaderConfig, ReadPoint, ServerConfig, Smoothing, StationConfig
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.words import Colour, State
from suyuan.trace.epcis.event import QuantityElement
from suyuan.trace.errors import InvalidInput, WrongUse
from suyuan.trace.gs1 import encode_epc, identify

SIGNER = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
GTIN = "06901234567892"
QUICK = Smoothing(quiet_s=0.05, dedupe_s=30.0)


def item(serial: int, gtin: str = GTIN) -> str:
    return f"https://id.gs1.org/01/{gtin}/21/{serial}"


SSCC = "https://id.gs1.org/00/069012345000000011"


def tag(epc: str) -> bytes:
    return encode_epc(identify(epc), company_prefix_length=7)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - what is awaited has no event of its own
            await asyncio.sleep(0.005)


class FakeReader:
    """A source that yields what the test puts into it."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Observation | None] = asyncio.Queue()
        self.opened = 0
        self.fail_to_open = 0

    async def __aenter__(self) -> Self:
        self.opened += 1
        if self.fail_to_open >= self.opened:
            raise TransientConnectionError("refused")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    async def observations(self) -> AsyncIterator[Observation]:
        while (seen := await self.queue.get()) is not None:
            yield seen

    def health(self) -> ReaderHealth:
        return ReaderHealth(connected=True)

    def show(self, *memories: bytes, antenna: int = 1) -> None:
        for memory in memories:
            self.queue.put_nowait(Observation("x", antenna, memory, NOW, NOW, rssi_dbm=-50.0))


class Platform:
    """A capture endpoint in memory."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.away = False
        self.blocks = b""
        self.refuses = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.away:
            raise httpx.ConnectError("refused")
        if self.refuses:
            return httpx.Response(401, json={"title": "Not signed in", "detail": "The token is unknown"})
        if request.url.path == "/blocklist":
            return httpx.Response(200, content=self.blocks) if self.blocks else httpx.Response(404)
        if request.method == "POST":
            self.events += json.loads(request.content)["epcisBody"]["eventList"]
            return httpx.Response(202, headers={"Location": "/capture/1"})
        return httpx.Response(200, json={"running": False, "success": True})


Make = Callable[..., AbstractAsyncContextManager[Station]]


@pytest.fixture
def reader() -> FakeReader:
    return FakeReader()


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def make(tmp_path: Path, reader: FakeReader, platform: Platform) -> Make:
    def _make(
        step: Step = Step.COMMISSION, *, automatic: bool = False, order: Order | None = None, **more: Any
    ) -> AbstractAsyncContextManager[Station]:
        point = ReadPoint(
            "dock",
            "r",
            step,
            "https://id.gs1.org/414/6901234567892/254/1",
            "https://id.gs1.org/414/6901234567892",
            smoothing=QUICK,
            automatic=automatic,
            order=order,
        )
        config = StationConfig(
            "s1",
            "https://id.gs1.org/417/6901234567892",
            tmp_path / "data",
            ServerConfig("http://platform.test", "t", SIGNER.public_key().public_bytes_raw()),
            (ReaderConfig("r", "sim://r"),),
            (point,),
        )
        return Station(
            config,
            now=lambda: NOW,
            transport=httpx.MockTransport(platform),
            open_source=lambda _: reader,
            **more,
        )

    return _make


async def test_commissioned_items_reach_the_platform(
    make: Make, reader: FakeReader, platform: Platform
) -> None:
    order = Order(Step.COMMISSION, product=GTIN, lot="L1", expires=date(2026, 12, 1), country_of_origin="CN")
    async with make() as station:
        doing = asyncio.create_task(station.perform(order, "dock"))
        await asyncio.sleep(0)
        reader.show(*(tag(item(n)) for n in (1, 2, 3)))
        outcome = await doing
        await station.wait_delivered()
    assert outcome.state is State.DONE
    assert outcome.colour is Colour.GREEN
    assert outcome.read == 3
    (event,) = platform.events
    assert event["type"] == "ObjectEvent"
    assert event["action"] == "ADD"
    assert event["bizStep"] == "commissioning"
    assert event["disposition"] == "active"
    assert event["epcList"] == [item(n) for n in (1, 2, 3)]
    assert event["ilmd"] == {
        "cbvmda:lotNumber": "L1",
        "cbvmda:itemExpirationDate": "2026-12-01",
        "cbvmda:countryOfOrigin": "CN",
    }
    assert event["eventTime"] == "2026-11-21T11:00:00.000+08:00"
    assert event["eventTimeZoneOffset"] == "+08:00"
    assert event["eventID"] == outcome.event_ids[0]
    assert event["suyuan:station"] == "s1"
    assert event["suyuan:sequence"] == 1
    assert event["suyuan:basis"] == "read"


async def test_works_with_the_platform_away_from_the_first_second(make: Make, platform: Platform) -> None:
    platform.away = True
    order = Order(Step.COMMISSION, product=GTIN, lot="L1", typed=True, quantities=(_kg(),))
    async with make() as station:
        outcome = await station.perform(order, "dock")
        assert outcome.sequences == (1,)
        await until(lambda: {"OFFLINE", "NO_BLOCK_LIST"} <= {m.code for m in station.alarms()})
        assert (await station.status()).server == "away"
    platform.away = False
    async with make() as station:
        await station.wait_delivered()
        outcome = await station.perform(order, "dock")
        assert outcome.sequences == (2,)
        await station.wait_delivered()
    assert [e["suyuan:sequence"] for e in platform.events] == [1, 2]
    assert platform.events[0]["suyuan:basis"] == "typed"


def _kg() -> QuantityElement:
    return QuantityElement(f"https://id.gs1.org/01/{GTIN}/10/L1", 12.5, "KGM")


async def test_pack_then_ship_the_unit(make: Make, reader: FakeReader, platform: Platform) -> None:
    async with make(Step.PACK) as station:
        doing = asyncio.create_task(station.perform(Order(Step.PACK), "dock"))
        await asyncio.sleep(0)
        reader.show(tag(item(1)), tag(SSCC), tag(item(2)))
        packed = await doing
        doing = asyncio.create_task(station.perform(Order(Step.SHIP, expected=(SSCC, item(9))), "dock"))
        await asyncio.sleep(0)
        reader.show(tag(SSCC))
        shipped = await doing
        await station.wait_delivered()
    assert packed.state is State.DONE
    assert platform.events[0]["parentID"] == SSCC
    assert platform.events[0]["childEPCs"] == [item(1), item(2)]
    assert shipped.state is State.ATTENTION
    assert shipped.missing == (item(9),)
    assert platform.events[1]["disposition"] == "in_transit"
    assert "bizLocation" not in platform.events[1]


async def test_automatic_mode_makes_one_event_per_burst_and_none_for_a_tag_that_stays(
    make: Make, reader: FakeReader, platform: Platform
) -> None:
    outcomes: list[Any] = []
    order = Order(Step.RECEIVE)
    async with make(Step.RECEIVE, automatic=True, order=order, show=outcomes.append) as station:
        reader.show(tag(item(1)), tag(item(2)))
        await until(lambda: len(outcomes) == 1)
        reader.show(tag(item(1)), tag(item(2)))
        await asyncio.sleep(0.15)
        reader.show(tag(item(3)))
        await until(lambda: len(outcomes) == 2)
        await station.wait_delivered()
    assert [e["epcList"] for e in platform.events] == [[item(1), item(2)], [item(3)]]


class Sluggish:
    """A monotonic clock of a busy machine: between any two looks a second has passed."""

    def __init__(self) -> None:
        self.looks = 0

    def __call__(self) -> float:
        self.looks += 1
        assert self.looks < 1000, "the station looks at its clock and does nothing else"
        return float(self.looks)


async def test_automatic_mode_goes_on_when_a_burst_is_over_before_it_is_looked_at(
    make: Make, reader: FakeReader, platform: Platform
) -> None:
    outcomes: list[Any] = []
    more = {"show": outcomes.append, "monotonic": Sluggish()}
    async with make(Step.RECEIVE, automatic=True, order=Order(Step.RECEIVE), **more) as station:
        for number in (1, 2):
            reader.show(tag(item(number)))
            await until(lambda: len(outcomes) == number)  # noqa: B023 - awaited within its turn
        await station.wait_delivered()
    assert [e["epcList"] for e in platform.events] == [[item(1)], [item(2)]]


async def test_the_button_of_an_automatic_point_where_nothing_lies_does_no_harm(
    make: Make, reader: FakeReader
) -> None:
    outcomes: list[Any] = []
    more = {"show": outcomes.append, "monotonic": Sluggish()}
    async with make(Step.RECEIVE, automatic=True, order=Order(Step.RECEIVE), **more) as station:
        station.close("dock")
        await asyncio.sleep(0.05)
        reader.show(tag(item(1)))
        await until(lambda: len(outcomes) == 1)


async def test_garbage_in_the_air_is_told_and_harms_nothing(make: Make, reader: FakeReader) -> None:
    async with make() as station:
        doing = asyncio.create_task(station.perform(Order(Step.COMMISSION, product=GTIN), "dock"))
        await asyncio.sleep(0)
        reader.show(b"\xff" * 12, b"", tag(item(1)))
        outcome = await doing
    assert outcome.state is State.ATTENTION
    (message,) = outcome.messages
    assert message.code == "MISREAD"
    assert message.fields["count"] == 2
    assert outcome.sequences == (1,)


async def test_no_tag_in_time(make: Make) -> None:
    async with make() as station:
        outcome = await station.perform(Order(Step.COMMISSION, product=GTIN), "dock", timeout_s=0.05)
    assert [m.code for m in outcome.messages] == ["NO_READ"]
    assert outcome.event_ids == ()


async def test_the_button_ends_the_pass(make: Make) -> None:
    async with make() as station:
        doing = asyncio.create_task(station.perform(Order(Step.SELL), "dock", timeout_s=60))
        await asyncio.sleep(0.01)
        station.close("dock")
        outcome = await asyncio.wait_for(doing, 2)
    assert outcome.read == 0


async def test_a_reader_that_is_away_is_tried_again(make: Make, reader: FakeReader) -> None:
    reader.fail_to_open = 1
    async with make() as station:
        await asyncio.sleep(0.05)
        assert [m.code for m in station.alarms() if m.code == "READER_DOWN"]
        await until(lambda: "READER_DOWN" not in {m.code for m in station.alarms()})
        status = await station.status()
    assert status.readers["r"] == ReaderHealth(connected=True)
    assert "READER_DOWN" not in {m.code for m in status.alarms}


async def test_wrong_orders_and_places_are_refused(make: Make) -> None:
    async with make() as station:
        with pytest.raises(WrongUse, match="no read point"):
            await station.perform(Order(Step.SELL), "nowhere")
        with pytest.raises(InvalidInput):
            await station.perform(Order(Step.SELL, product="12"), "dock")
        with pytest.raises(InvalidInput):
            await station.perform(Order(Step.PACK, parent="https://id.gs1.org/00/1"), "dock")


async def test_a_recalled_lot_is_stopped_at_the_till_even_offline_after_a_restart(
    make: Make, platform: Platform, reader: FakeReader
) -> None:
    lot = f"https://id.gs1.org/01/{GTIN}/10/L1"
    listed = {lot: {"state": "recalled", "case": 7}}
    payload = json.dumps({"issued": "2026-11-21T00:00:00Z", "sequence": 1, "keys": listed}).encode()
    commission = Order(Step.COMMISSION, product=GTIN, lot="L1", typed=True, epcs=(item(1),))
    async with make() as station:
        assert (await station.perform(commission, "dock")).state is State.DONE
        platform.blocks = json.dumps(
            {
                "payload": base64.b64encode(payload).decode(),
                "signature": base64.b64encode(SIGNER.sign(payload)).decode(),
                "key_id": "1",
            }
        ).encode()
        async with asyncio.timeout(10):
            while (await station.status()).block_list_sequence != 1:  # noqa: ASYNC110 - polled, as the list is
                await asyncio.sleep(0.05)
    platform.away = True
    async with make(Step.SELL) as station:
        doing = asyncio.create_task(station.perform(Order(Step.SELL), "dock"))
        await asyncio.sleep(0)
        reader.show(tag(item(1)), tag(item(2)))
        outcome = await doing
    assert (outcome.state, outcome.colour, outcome.word.zh) == (State.STOP, Colour.RED, "请拦下")
    assert [m.code for m in outcome.messages] == ["RECALLED"]
    assert outcome.refused == (item(1),)
    assert outcome.sequences == (2,)


async def test_a_disk_that_fails_says_stop_and_acknowledges_nothing(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(*_: object) -> list[int]:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(journal, "append", no_space)
    order = Order(Step.SELL, typed=True, epcs=(item(1),))
    async with make() as station:
        outcome = await station.perform(order, "dock")
    assert (outcome.state, outcome.event_ids, outcome.sequences) == (State.STOP, (), ())
    assert [m.code for m in outcome.messages] == ["QUEUE_FULL"]


async def test_a_platform_that_refuses_the_key_is_told_once_in_words_and_strands_nothing(
    make: Make, platform: Platform
) -> None:
    slept: list[float] = []

    async def soon(seconds: float) -> None:
        slept.append(seconds)
        await asyncio.sleep(0.01)

    platform.refuses = True
    order = Order(Step.COMMISSION, product=GTIN, lot="L1", typed=True, quantities=(_kg(),))
    async with make(sleep=soon) as station:
        assert (await station.perform(order, "dock")).sequences == (1,)
        await until(lambda: "NOT_SIGNED_IN" in {m.code for m in station.alarms()})
        await asyncio.sleep(0.05)
        [told] = [m for m in station.alarms() if m.code == "NOT_SIGNED_IN"]
        assert "join anew" in told.remedy("en")
        assert platform.events == []
        platform.refuses = False
        await station.wait_delivered()
        await until(lambda: "NOT_SIGNED_IN" not in {m.code for m in station.alarms()})
    assert [e["suyuan:sequence"] for e in platform.events] == [1]


async def test_an_automatic_point_whose_order_cannot_be_carried_out_is_told_at_the_start(make: Make) -> None:
    with pytest.raises(InvalidInput):
        async with make(Step.SELL, automatic=True, order=Order(Step.SELL, product="12")):
            pass


async def test_an_event_that_cannot_be_written_at_all_stops_no_other(make: Make) -> None:
    good = Order(Step.SELL, typed=True, epcs=(item(1),))
    bad = replace(good, extra={"suyuan:note": object()})
    async with make() as station:
        with pytest.raises(TypeError):
            await asyncio.wait_for(station.perform(bad, "dock"), 5)
        assert (await asyncio.wait_for(station.perform(good, "dock"), 5)).sequences == (1,)


async def test_an_order_with_an_id_is_carried_out_once_also_after_a_restart(
    make: Make, platform: Platform
) -> None:
    order = Order(Step.RECEIVE, order_id="r-1", epcs=(item(1),), typed=True)
    async with make() as station:
        assert await station.performed("r-1") is None
        first = await station.perform(order, "dock")
        again = await station.perform(order, "dock")
        await station.wait_delivered()
    async with make() as station:
        later = await station.perform(order, "dock")
        assert await station.performed("r-1") == later
        other = await station.perform(replace(order, order_id="r-2"), "dock")
        await station.wait_delivered()
    assert first.event_ids == again.event_ids == later.event_ids != other.event_ids
    assert first.sequences == again.sequences == later.sequences
    assert (later.state, later.read, later.time) == (first.state, first.read, first.time)
    assert len(platform.events) == 2


async def test_an_inspection_is_put_on_record_as_conformant_or_not(make: Make, platform: Platform) -> None:
    lot = QuantityElement(f"https://id.gs1.org/01/{GTIN}/10/L1", 336)
    async with make() as station:
        check = {"what": {"en": "Release test"}}
        await station.perform(
            Order(Step.INSPECT, typed=True, quantities=(lot,), extra={"suyuan:check": check}), "dock"
        )
        failed = Order(Step.INSPECT, typed=True, quantities=(lot,), disposition="non_conformant")
        await station.perform(failed, "dock")
        await station.wait_delivered()
    told = [(e["type"], e["action"], e["bizStep"], e["disposition"]) for e in platform.events]
    assert told == [
        ("ObjectEvent", "OBSERVE", "inspecting", "conformant"),
        ("ObjectEvent", "OBSERVE", "inspecting", "non_conformant"),
    ]
    assert platform.events[0]["suyuan:check"] == check
