"""How fast readers on a network are heard: the R700's stream, and each dialect through a real mosquitto.

``python tests/bench/bench_network_readers.py`` prints the median of five turns, all in one process but the
broker: what is published and what is heard share one core.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import orjson

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # when it is run as a program

from tests.conformance.network_rigs import now, running

from suyuan.readers.impinj.emulator import R700Emulator, stamp, tag_event
from suyuan.readers.mqtt.emulator import MqttEmulator
from suyuan.readers.reader import Reader
from suyuan.readers.registry import open_reader
from suyuan.simulator.durability.broker import program

EPCS = [number.to_bytes(12, "big") for number in range(500)]
TURNS = 5
Publish = Callable[[], Awaitable[None]]


async def heard(reader: Reader, publish: Publish, expected: int) -> float:
    """Observations a second, in the median turn."""
    rates: list[float] = []
    for _ in range(TURNS):
        began = perf_counter()
        publishing = asyncio.ensure_future(publish())
        count = 0
        async with asyncio.timeout(60):
            while count < expected:
                count += len(await reader.receive(100_000))
        rates.append(count / (perf_counter() - began))
        await publishing
    return statistics.median(rates)


async def stream() -> float:
    """The R700's stream as fast as it can be read: 64 kB at once."""
    at = datetime.now(UTC)
    events = [
        orjson.dumps(
            {
                "timestamp": stamp(at),
                "hostname": "r700",
                "eventType": "tagInventory",
                "tagInventoryEvent": tag_event(epc, 1, -50, at),
            }
        )
        for epc in EPCS
    ]
    piece = b"\r\n".join(events[:200]) + b"\r\n"
    async with (
        R700Emulator(now=now) as emulator,
        open_reader(f"{emulator.url}?queue=100000", now=now) as reader,
    ):

        async def publish() -> None:
            for _ in range(250):
                await emulator.send_raw(piece)

        return await heard(reader, publish, 250 * 200)


async def broker(folder: Path, dialect: str, *, joined: bool) -> float:
    """Events published with QoS 1, each acknowledged, one in a message or 500."""
    async with (
        running(folder) as made,
        open_reader(f"mqtt://127.0.0.1:{made.port}/tags?dialect={dialect}&queue=100000", now=now) as reader,
        MqttEmulator("127.0.0.1", made.port, "tags", dialect, now=now) as emulator,
    ):
        rounds = 40 if joined else 2

        async def publish() -> None:
            for _ in range(rounds):
                await emulator.present(1, EPCS, at=now(), joined=joined)

        return await heard(reader, publish, rounds * len(EPCS))


def measure() -> dict[str, float]:
    """Each way of hearing, in observations a second."""
    found = {"R700 stream": asyncio.run(stream())}
    if program() is None:
        return found
    for dialect in ("impinj", "zebra", "generic"):
        for joined in (False, True):
            with tempfile.TemporaryDirectory() as folder:
                rate = asyncio.run(broker(Path(folder), dialect, joined=joined))
            found[f"MQTT {dialect}, {'500 in a message' if joined else 'one in a message'}"] = rate
    return found


def test_network_readers() -> None:
    found = measure()
    sys.stdout.write("\n" + "".join(f"{name}: {rate:,.0f}/s\n" for name, rate in found.items()))
    assert min(found.values()) > 0


if __name__ == "__main__":
    test_network_readers()
