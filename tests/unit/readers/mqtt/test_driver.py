"""What the driver makes of messages, without a broker."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiomqtt import Message
from structlog.testing import capture_logs

from suyuan.readers.errors import TransientConnectionError
from suyuan.readers.mqtt.driver import SLICE, MqttReader
from suyuan.readers.mqtt.session import Route, Session
from suyuan.readers.reader import Reader
from suyuan.readers.registry import open_reader
from suyuan.readers.tape import Tape

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
JUST_NOW = NOW - timedelta(minutes=1)
BATCH = 20_000


def reader(query: str = "dialect=zebra") -> Reader:
    return open_reader(f"mqtt://broker/dock?name=dock&{query}", now=lambda: NOW)


def say(dock: Reader, event: object, *, retain: bool = False, topic: str = "dock") -> None:
    payload = event if isinstance(event, bytes) else orjson.dumps(event)
    dock.take_raw(orjson.dumps({"topic": topic, "retain": retain}) + b"\n" + payload)


def tag(at: datetime, **names: str) -> dict[str, Any]:
    return {"timestamp": at.isoformat(), "data": {"idHex": "30" * 12, "format": "epc", **names}}


def pin(at: datetime, **names: str) -> dict[str, Any]:
    return {"type": "gpi", "timestamp": at.isoformat(), "data": {"pin": 1, "state": "HIGH"}, **names}


def test_a_retained_sighting_is_told_only_if_it_was_just_seen() -> None:
    for at, query, told in (
        (JUST_NOW, "dialect=zebra", 1),
        (NOW - timedelta(days=400), "dialect=zebra", 0),
        (NOW + timedelta(days=400), "dialect=zebra", 0),
        (JUST_NOW, "dialect=zebra&clock=host", 0),  # the only clock that tells its age does not count
    ):
        dock = reader(query)
        say(dock, tag(at), retain=True)
        assert (dock.health().reads, dock.health().repeated) == (told, 1 - told)
        say(dock, tag(at + timedelta(seconds=1)))
        assert dock.health().reads == told + 1


def test_a_change_of_an_input_is_told_once_of_the_device_that_is_meant_and_never_if_retained() -> None:
    dock = reader("dialect=zebra&device=FX1")
    say(dock, pin(JUST_NOW, hostName="FX1"), retain=True)
    say(dock, pin(JUST_NOW, hostName="FX2"))
    assert dock.heard()[1] == []
    for _ in range(2):
        say(dock, pin(JUST_NOW, hostName="FX1"))
    (change,) = dock.heard()[1]
    assert (change.port, change.high, change.at) == (1, True, JUST_NOW)
    assert dock.health().repeated == 2


@pytest.mark.parametrize("device", ["FX1", "84:24:8D:00:00:01"])
def test_a_device_is_known_by_its_host_name_and_by_its_mac(device: str) -> None:
    dock = reader(f"dialect=zebra&device={device}")
    say(dock, tag(NOW, hostName="FX1", MAC="84:24:8D:00:00:01"))
    assert len(dock.heard()[0]) == 1
    with capture_logs() as logs:
        for _ in range(2):
            say(dock, tag(NOW, hostName="FX2", MAC="84:24:8D:00:00:02"))
    assert [(line["event"], line["device"]) for line in logs] == [("mqtt.other_device", "'FX2'")]
    assert dock.heard()[0] == []


def test_a_will_counts_unless_it_was_retained_or_is_empty() -> None:
    dock = reader("dialect=zebra&will=gone")
    say(dock, b"x", retain=True, topic="gone")
    say(dock, b"", topic="gone")
    with pytest.raises(TransientConnectionError, match="has gone"):
        say(dock, b"x", topic="gone")


@pytest.mark.parametrize(
    ("event", "garbled"),
    [
        ({}, BATCH),
        ({"data": {"tagData": [{"EPCid": "zz"}]}}, BATCH),
        ({"type": "gpi", "data": {}}, 0),
    ],
)
def test_a_message_has_its_share_of_the_log_and_no_more(event: object, garbled: int) -> None:
    dock = reader()
    with capture_logs() as logs:
        say(dock, [event] * BATCH)
    assert dock.health().garbled == garbled
    assert len(logs) <= 16
    assert [line["count"] for line in logs if line["event"] == "mqtt.garbled"] == [garbled] * bool(garbled)


class Played(Session):
    """A session of one message, without a broker."""

    def __init__(self, payload: bytes) -> None:
        super().__init__("dock", Route(host="broker", port=1883))
        self._waiting = [Message("dock", payload, 1, False, 1, None)]

    async def open(self, topics: Sequence[str]) -> None:
        del topics

    async def next(self) -> Message:
        if not self._waiting:
            await asyncio.Event().wait()
        return self._waiting.pop()

    async def aclose(self) -> list[Message]:
        return []


def playing(payload: bytes) -> MqttReader:
    dock = reader()
    assert isinstance(dock, MqttReader)
    dock._session = Played(payload)
    return dock


def events(count: int) -> list[bytes]:
    times = (NOW - timedelta(milliseconds=number) for number in range(count))
    return [orjson.dumps(tag(at)) for at in times]


def batch(count: int) -> bytes:
    return orjson.dumps({"data": {"tagData": [{"EPC": f"{number:024x}"} for number in range(count)]}})


@pytest.mark.parametrize(
    ("payload", "reads", "garbled", "least"),
    [
        (b"[" + b",".join(events(5_000)) + b"]", 5_000, 0, 5_000),
        (b"".join(events(5_000)), 5_000, 0, 5_000),
        (batch(10_000), 10_000, 0, 10_000),
        (b"[" + b",".join([b"{}"] * 30_000) + b"]", 0, 30_000, 30_000),
        (b'{"data":[]}' * 20_000 + b"".join(events(1)), 1, 0, 20_000),
    ],
    ids=["array", "joined", "one event", "garbage", "nothing said"],
)
async def test_while_a_large_message_is_taken_in_others_have_their_turn(
    payload: bytes, reads: int, garbled: int, least: int
) -> None:
    dock, turns = playing(payload), 0
    async with dock, asyncio.timeout(60):
        while (dock.health().reads, dock.health().garbled) != (reads, garbled):
            await asyncio.sleep(0)
            turns += 1
    assert turns >= least // SLICE


async def test_a_close_within_a_large_message_tells_all_of_it() -> None:
    dock = playing(batch(5_000))
    async with dock, asyncio.timeout(60):
        while not dock.health().reads:  # noqa: ASYNC110 - the counters of a reader have no event
            await asyncio.sleep(0)
        assert dock.health().reads < 5_000
    assert len(dock.heard()[0]) == dock.health().reads == 5_000


async def test_others_have_their_turn_while_a_close_takes_in_what_waits() -> None:
    class Waiting(Played):
        async def aclose(self) -> list[Message]:
            return [Message("dock", batch(5_000), 1, False, 0, None)] * 2

    dock, turns = playing(b"{}"), 0
    dock._session = Waiting(b"{}")

    async def count() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    await dock.__aenter__()
    counting = asyncio.create_task(count())
    await dock.aclose()
    counting.cancel()
    assert dock.health().reads == 10_000
    assert turns >= 10_000 // SLICE


@pytest.mark.parametrize(("length", "kept"), [(1024, 1), (1025, 0)])
def test_what_is_too_long_to_be_read_is_not_recorded(
    length: int, kept: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dock = reader("dialect=zebra&payload=1024")
    assert isinstance(dock, MqttReader)
    kept_raw: list[bytes] = []
    dock.record(Tape(tmp_path / "tape", "mqtt://broker/dock"))
    monkeypatch.setattr(dock, "_raw", kept_raw.append)
    say(dock, b"x" * length)
    assert (len(kept_raw), dock.health().garbled) == (kept, 1)
