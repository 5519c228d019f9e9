"""One suite for every reader driver: each must behave alike, whatever carries the bytes.

A rig stands for a driver together with a device that the test commands. The LLRP rig is a real TCP
connection on the loopback to the emulated reader.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

from suyuan.readers.errors import ProtocolError, ReaderError, TransientConnectionError, TruncatedMessage
from suyuan.readers.llrp.driver import LlrpReader
from suyuan.readers.llrp.emulator import LlrpEmulator
from suyuan.readers.observation import Observation
from suyuan.readers.reader import Reader
from suyuan.readers.sim import SimReader
from suyuan.readers.supervisor import Backoff, ReaderState, StateChange, Supervisor
from suyuan.trace.errors import WrongUse

NOON = datetime(2026, 5, 1, 12, 0, 0, 123_456, tzinfo=UTC)
A, B, C = (bytes.fromhex(f"3066c4409047e140075bcd{last}") for last in ("15", "16", "17"))
LONG = bytes.fromhex("3666c4409047e159b2c2bf100000000000000000000000000000")[:26]


def now() -> datetime:
    return datetime.now(UTC)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - the counters of a reader have no event to wait for
            await asyncio.sleep(0.002)


class Rig(Protocol):
    """A device under the test's command, and the driver for it."""

    def reader(self, queue: int = 1000) -> Reader:
        """A new, unconnected reader for the device."""
        ...

    async def show(self, reader: Reader, antenna: int, *epcs: bytes, at: datetime = NOON) -> None:
        """Let the device see tags, once its reader listens."""
        ...

    async def die(self) -> None: ...
    async def die_in_mid_report(self) -> None: ...
    async def garbage(self) -> None: ...
    async def revive(self) -> None: ...


class SimRig:
    """The simulated driver is its own device: the test acts on the newest one."""

    def __init__(self) -> None:
        self.made: list[SimReader] = []
        self.dead = False

    def reader(self, queue: int = 1000) -> Reader:
        self.made.append(SimReader("dock", now=now, antennas=(1, 2), queue=queue))
        return self.made[-1]

    async def show(self, reader: Reader, antenna: int, *epcs: bytes, at: datetime = NOON) -> None:
        del reader
        await until(lambda: self.made[-1].health().connected)
        self.made[-1].present(antenna, epcs, rssi_dbm=-47, at=at)

    async def die(self) -> None:
        self.made[-1].die()

    async def die_in_mid_report(self) -> None:
        self.made[-1].die(TruncatedMessage("The connection ended inside a report."))

    async def garbage(self) -> None:
        self.made[-1].die(ProtocolError("The device sent garbage."))

    async def revive(self) -> None:
        pass  # a new reader is a new device


class LlrpRig:
    """The LLRP driver against the emulator over TCP."""

    def __init__(self, emulator: LlrpEmulator) -> None:
        self.emulator = emulator

    def reader(self, queue: int = 1000) -> Reader:
        return LlrpReader(
            "dock", "127.0.0.1", self.emulator.port, now=now, keepalive_s=2, timeout_s=5, queue=queue
        )

    async def show(self, reader: Reader, antenna: int, *epcs: bytes, at: datetime = NOON) -> None:
        del reader
        await self.emulator.listening(antenna)
        assert await self.emulator.present(antenna, epcs, rssi_dbm=-47, at=at) == len(epcs)

    async def die(self) -> None:
        await self.emulator.aclose()

    async def die_in_mid_report(self) -> None:
        await self.emulator.cut(mid_report=True)

    async def garbage(self) -> None:
        await self.emulator.send_raw(b"GET / HTTP/1.1\r\nHost: reader\r\n\r\n")

    async def revive(self) -> None:
        if not self.emulator.serving:
            await self.emulator.__aenter__()


@pytest.fixture(params=["sim", "llrp"])
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    async with AsyncExitStack() as stack:
        if request.param == "sim":
            yield SimRig()
        else:
            yield LlrpRig(await stack.enter_async_context(LlrpEmulator(now=now)))


async def take(reader: Reader, count: int) -> list[Observation]:
    """The next observations; fails after five seconds."""
    taken: list[Observation] = []
    async with asyncio.timeout(5):
        while len(taken) < count:
            taken += await reader.receive(count - len(taken))
    return taken


async def test_a_tag_that_appears_is_observed(rig: Rig) -> None:
    async with rig.reader() as reader:
        await rig.show(reader, 1, A)
        (seen,) = await take(reader, 1)
        assert seen == Observation("dock", 1, A, NOON, NOON, 1, -47.0)
        health = reader.health()
        assert (health.connected, health.reads, health.dropped, health.truncated) == (True, 1, 0, 0)
        assert health.last_heard is not None
        assert now() - health.last_heard < timedelta(seconds=5)


async def test_several_antennas_and_lengths_of_epc(rig: Rig) -> None:
    async with rig.reader() as reader:
        await rig.show(reader, 1, A, B)
        await rig.show(reader, 2, C, LONG, A, at=NOON + timedelta(seconds=1))
        seen = await take(reader, 5)
        assert [(each.antenna, each.epc) for each in seen] == [(1, A), (1, B), (2, C), (2, LONG), (2, A)]
        assert {each.first_seen for each in seen[2:]} == {NOON + timedelta(seconds=1)}


async def test_iteration_ends_when_closed_and_gives_out_what_waits(rig: Rig) -> None:
    reader = rig.reader()
    async with reader:
        await rig.show(reader, 1, A, B)
        await until(lambda: reader.health().reads == 2)
    assert [seen.epc async for seen in reader.observations()] == [A, B]
    assert await reader.receive() == []
    assert not reader.health().connected


async def test_a_reader_that_dies_ends_with_an_error_after_what_it_saw(rig: Rig) -> None:
    async with rig.reader() as reader:
        await rig.show(reader, 1, A)
        await until(lambda: reader.health().reads == 1)
        await rig.die()
        await until(lambda: not reader.health().connected)
        assert [seen.epc for seen in await take(reader, 1)] == [A]
        with pytest.raises(TransientConnectionError):
            await reader.receive()
        with pytest.raises(TransientConnectionError):
            _ = [seen async for seen in reader.observations()]
        assert reader.health().truncated == 0


async def test_dying_in_mid_report_loses_only_that_report_and_counts_it(rig: Rig) -> None:
    async with rig.reader() as reader:
        await rig.show(reader, 1, A)
        await rig.die_in_mid_report()
        assert [seen.epc for seen in await take(reader, 1)] == [A]
        with pytest.raises(TruncatedMessage):
            await asyncio.wait_for(reader.receive(), 5)
        health = reader.health()
        assert (health.connected, health.reads, health.truncated) == (False, 1, 1)


async def test_garbage_is_a_protocol_error(rig: Rig) -> None:
    async with rig.reader() as reader:
        await rig.show(reader, 1, A)
        await rig.garbage()
        assert [seen.epc for seen in await take(reader, 1)] == [A]
        with pytest.raises(ProtocolError):
            await asyncio.wait_for(reader.receive(), 5)


async def test_a_slow_consumer_loses_the_oldest_and_the_loss_is_counted(rig: Rig) -> None:
    async with rig.reader(queue=3) as reader:
        many = [number.to_bytes(12, "big") for number in range(10)]
        await rig.show(reader, 1, *many)
        await until(lambda: reader.health().reads == 10)
        assert [seen.epc for seen in await take(reader, 3)] == many[7:]
        health = reader.health()
        assert (health.reads, health.dropped) == (10, 7)
        await rig.show(reader, 1, A)
        assert [seen.epc for seen in await take(reader, 1)] == [A]


async def test_close_is_idempotent_and_a_reader_is_opened_once(rig: Rig) -> None:
    reader = rig.reader()
    await reader.aclose()
    await reader.aclose()
    reader = rig.reader()
    async with reader:
        await reader.aclose()
    await reader.aclose()
    with pytest.raises(WrongUse):
        await reader.__aenter__()


async def test_a_waiting_consumer_can_be_cancelled_and_the_reader_goes_on(rig: Rig) -> None:
    async with rig.reader() as reader:
        waiting = asyncio.create_task(take(reader, 1))
        await asyncio.sleep(0.02)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await rig.show(reader, 1, B)
        assert [seen.epc for seen in await take(reader, 1)] == [B]


async def test_nothing_is_left_running_after_the_close(rig: Rig) -> None:
    before = asyncio.all_tasks()
    async with rig.reader() as reader:
        await rig.show(reader, 1, A)
        assert len(await take(reader, 1)) == 1
    await until(
        lambda: not {task for task in asyncio.all_tasks() - before if "reader dock" in task.get_name()}
    )


def supervised(rig: Rig) -> tuple[Supervisor, list[StateChange]]:
    changes: list[StateChange] = []
    supervisor = Supervisor(
        rig.reader,
        now=now,
        chance=lambda: 0.0,
        backoff=Backoff(first_s=0.01, most_s=0.05),
        on_change=changes.append,
    )
    return supervisor, changes


@pytest.mark.parametrize("fault", ["die", "die_in_mid_report", "garbage"])
async def test_the_supervisor_brings_a_reader_back_and_the_observations_go_on(rig: Rig, fault: str) -> None:
    supervisor, changes = supervised(rig)
    async with supervisor:
        await rig.show(supervisor, 1, A)
        assert [seen.epc for seen in await take(supervisor, 1)] == [A]
        await getattr(rig, fault)()
        await until(lambda: changes[-1].state is not ReaderState.UP)
        await rig.revive()
        await until(lambda: supervisor.state is ReaderState.UP)
        await rig.show(supervisor, 2, B)
        assert [seen.epc for seen in await take(supervisor, 1)] == [B]
        health = supervisor.health()
        assert (health.connected, health.reads) == (True, 2)
        assert health.truncated == (fault == "die_in_mid_report")
    assert supervisor.state is ReaderState.DOWN
    states = [change.state for change in changes]
    assert states[:5] == ["connecting", "up", "down", "connecting", "up"] or fault == "die"
    down = next(change for change in changes if change.state is ReaderState.DOWN)
    assert isinstance(down.reason, ReaderError)
    assert down.retry_in_s == 0.01
