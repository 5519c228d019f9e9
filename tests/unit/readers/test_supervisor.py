from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from suyuan.readers.errors import (
    ReaderBusy,
    ReaderConfigError,
    ReaderError,
    TransientConnectionError,
    TruncatedMessage,
    UnsupportedOperation,
)
from suyuan.readers.observation import InputChange, Observation
from suyuan.readers.reader import Capabilities, Reader, ReaderInfo
from suyuan.readers.supervisor import Backoff, ReaderState, StateChange, Supervisor
from suyuan.readers.tags.gen2 import Bank, Lock, LockField

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


class Clock:
    """Time that passes only when the test says so; sleepers wake in order."""

    def __init__(self) -> None:
        self.at = NOON
        self.sleepers: list[tuple[datetime, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        sleeper = asyncio.get_running_loop().create_future()
        self.sleepers.append((self.at + timedelta(seconds=seconds), sleeper))
        await sleeper

    async def pass_(self, seconds: float) -> None:
        end = self.at + timedelta(seconds=seconds)
        await settle()
        while due := [entry for entry in self.sleepers if entry[0] <= end and not entry[1].done()]:
            wakes, sleeper = min(due, key=lambda entry: entry[0])
            self.sleepers.remove((wakes, sleeper))
            self.at = max(self.at, wakes)
            sleeper.set_result(None)
            await settle()
        self.at = end


async def settle() -> None:
    for _ in range(30):
        await asyncio.sleep(0)


class Device(Reader):
    """A reader under the test's command; ``error`` makes its connect fail."""

    def __init__(self, clock: Clock, error: ReaderError | None, keepalive_s: float | None) -> None:
        super().__init__("dock", now=clock.now)
        self.error = error
        self.keepalive_s = keepalive_s
        self.outputs: list[tuple[int, bool]] = []
        self.former: Reader | None = None
        self.late: list[bytes] = []

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(keepalive_s=self.keepalive_s)

    async def _connect(self) -> ReaderInfo:
        if self.error is not None:
            raise self.error
        return ReaderInfo("device")

    async def _disconnect(self) -> None:
        if self.late:
            self.see(*self.late)
            self.switch(len(self.late))

    async def set_gpo(self, port: int, *, high: bool) -> None:
        self.outputs.append((port, high))

    def take_over(self, former: Reader) -> None:
        self.former = former

    def leave_out(self) -> None:
        self._garbled += 1
        self._repeated += 1

    def see(self, *epcs: bytes) -> None:
        self._deliver([Observation("dock", 1, epc, NOON, NOON) for epc in epcs])

    def switch(self, port: int) -> None:
        self._deliver_input(InputChange("dock", port, high=True, at=NOON))

    def fail(self, error: ReaderError) -> None:
        self._fail(error)


class Hall:
    """A supervisor over scripted devices, one for each attempt."""

    def __init__(
        self, *errors: ReaderError | None, keepalive_s: float | None = None, queue: int = 100
    ) -> None:
        self.clock = Clock()
        self.errors = list(errors)
        self.keepalive_s = keepalive_s
        self.devices: list[Device] = []
        self.changes: list[StateChange] = []
        self.supervisor = Supervisor(
            self.connect,
            now=self.clock.now,
            chance=lambda: 0.0,
            sleep=self.clock.sleep,
            backoff=Backoff(first_s=1, most_s=8, stable_s=60),
            on_change=self.changes.append,
            queue=queue,
        )

    def connect(self) -> Device:
        error = self.errors.pop(0) if self.errors else None
        self.devices.append(Device(self.clock, error, self.keepalive_s))
        return self.devices[-1]

    @property
    def states(self) -> str:
        return " ".join(change.state for change in self.changes)


def away() -> TransientConnectionError:
    return TransientConnectionError("away")


async def test_failed_attempts_wait_longer_each_time_up_to_the_limit() -> None:
    hall = Hall(*(away() for _ in range(6)))
    async with hall.supervisor:
        await hall.clock.pass_(60)
        waits = [change.retry_in_s for change in hall.changes if change.state is ReaderState.DOWN]
        assert waits == [1, 2, 4, 8, 8, 8]
        assert hall.changes[-1].state is ReaderState.UP
        assert hall.changes[-1].at == NOON + timedelta(seconds=31)
        assert hall.supervisor.info == ReaderInfo("device")


async def test_a_reader_that_stays_away_fills_no_log() -> None:
    with capture_logs() as logs:
        hall = Hall(*(away() for _ in range(6)), ReaderBusy("busy"))
        async with hall.supervisor:
            await hall.clock.pass_(120)
    told = [(log["log_level"], log["state"], log["code"]) for log in logs]
    assert told == [
        ("warning", "down", "reader-connection"),
        ("warning", "down", "reader-busy"),
        ("info", "up", None),
        ("info", "down", None),  # closed
    ]


async def test_the_wait_starts_anew_only_after_a_connection_that_held() -> None:
    hall = Hall()
    async with hall.supervisor:
        for held_s in (1, 1, 61):
            await hall.clock.pass_(held_s)
            assert hall.supervisor.state is ReaderState.UP
            hall.devices[-1].fail(away())
            await hall.clock.pass_(8)
        waits = [change.retry_in_s for change in hall.changes if change.state is ReaderState.DOWN]
        assert waits == [1, 2, 1]


async def test_a_long_failing_connect_is_not_a_connection_that_held() -> None:
    hall = Hall()

    class Slow(Device):
        async def _connect(self) -> ReaderInfo:
            await hall.clock.sleep(100)
            raise away()

    supervisor = Supervisor(
        lambda: Slow(hall.clock, None, None),
        now=hall.clock.now,
        chance=lambda: 0.0,
        sleep=hall.clock.sleep,
        backoff=Backoff(first_s=1, most_s=8, stable_s=60),
        on_change=hall.changes.append,
    )
    async with supervisor:
        await hall.clock.pass_(350)
    assert [change.retry_in_s for change in hall.changes if change.reason] == [1, 2, 4]


async def test_observations_and_losses_add_up_across_reconnects() -> None:
    hall = Hall()
    async with hall.supervisor as supervisor:
        await settle()
        hall.devices[0].see(b"\x01", b"\x02")
        hall.devices[0].fail(TruncatedMessage("cut"))
        await hall.clock.pass_(1)
        hall.devices[1].see(b"\x03")
        await settle()
        assert [seen.epc for seen in await supervisor.receive()] == [b"\x01", b"\x02", b"\x03"]
        health = supervisor.health()
        assert (health.reads, health.truncated, health.dropped, health.connected) == (3, 1, 0, True)


async def test_a_reader_takes_over_from_the_one_before_it_and_their_counters_add_up() -> None:
    hall = Hall(None, away())
    async with hall.supervisor as supervisor:
        await settle()
        hall.devices[0].leave_out()
        hall.devices[0].fail(away())
        await hall.clock.pass_(10)
        hall.devices[2].leave_out()
        assert [device.former for device in hall.devices] == [None, *hall.devices[:2]]
        health = supervisor.health()
        assert (health.garbled, health.repeated) == (2, 2)


async def test_drops_of_the_outer_queue_count_too() -> None:
    hall = Hall(queue=1)
    async with hall.supervisor as supervisor:
        await settle()
        hall.devices[0].see(b"\x01", b"\x02", b"\x03")
        await settle()
        assert [seen.epc for seen in await supervisor.receive()] == [b"\x03"]
        assert supervisor.health().dropped == 2


async def test_silence_degrades_and_then_kills_a_connection() -> None:
    hall = Hall(keepalive_s=10)
    async with hall.supervisor:
        await hall.clock.pass_(15)
        assert hall.states == "connecting up"
        await hall.clock.pass_(10)
        assert hall.states == "connecting up degraded"
        assert hall.supervisor.health().connected
        hall.devices[0].see()
        await hall.clock.pass_(5)
        assert hall.states == "connecting up degraded up"
        await hall.clock.pass_(60)
        assert hall.states.startswith("connecting up degraded up degraded down connecting up")
        down = next(change for change in hall.changes if change.state is ReaderState.DOWN)
        assert isinstance(down.reason, TransientConnectionError)
        assert len(hall.devices) == 2


async def test_a_reader_that_promises_nothing_may_be_silent() -> None:
    hall = Hall()
    async with hall.supervisor:
        await hall.clock.pass_(100_000)
        assert hall.states == "connecting up"


async def test_an_error_that_trying_again_cannot_mend_ends_the_iteration() -> None:
    hall = Hall(away(), ReaderConfigError("wrong antenna"))
    async with hall.supervisor as supervisor:
        await hall.clock.pass_(100)
        assert hall.states == "connecting down connecting down"
        assert hall.changes[-1].retry_in_s is None
        with pytest.raises(ReaderConfigError, match="wrong antenna"):
            await supervisor.receive()


async def test_a_busy_reader_is_tried_again() -> None:
    hall = Hall(ReaderBusy("busy"))
    async with hall.supervisor:
        await hall.clock.pass_(1)
        assert hall.states == "connecting down connecting up"


async def test_a_bad_address_is_an_error_at_construction() -> None:
    def connect() -> Reader:
        raise ReaderConfigError("no such scheme")

    with pytest.raises(ReaderConfigError):
        Supervisor(connect, now=lambda: NOON, chance=lambda: 0.0)


async def test_a_reader_closed_by_another_hand_is_opened_again() -> None:
    hall = Hall()
    async with hall.supervisor:
        await settle()
        await hall.devices[0].aclose()
        await hall.clock.pass_(1)
        assert hall.states == "connecting up down connecting up"


async def test_operations_go_to_the_present_reader() -> None:
    hall = Hall()
    async with hall.supervisor as supervisor:
        await settle()
        await supervisor.set_gpo(1, high=True)
        assert hall.devices[0].outputs == [(1, True)]
        with pytest.raises(UnsupportedOperation):
            await supervisor.read_memory(b"\x30", Bank.TID, 0, 1)
        with pytest.raises(UnsupportedOperation):
            await supervisor.write_epc(b"\x30", b"\x31")
        with pytest.raises(UnsupportedOperation):
            await supervisor.write_memory(b"\x30", Bank.USER, 0, b"\x31\x32")
        with pytest.raises(UnsupportedOperation):
            await supervisor.lock_tag(b"\x30", {LockField.EPC: Lock.LOCK})
        with pytest.raises(UnsupportedOperation):
            await supervisor.kill_tag(b"\x30", 1)


async def test_inputs_go_on_across_reconnects_and_what_was_seen_is_not_lost_for_them() -> None:
    hall = Hall()
    async with hall.supervisor as supervisor:
        heard = aiter(supervisor.inputs())
        await settle()
        hall.devices[0].switch(1)
        hall.devices[0].see(b"\x01", b"\x02")
        hall.devices[0].fail(TransientConnectionError("away"))
        await settle()
        await hall.clock.pass_(1)
        hall.devices[1].switch(2)
        assert [(await anext(heard)).port for _ in range(2)] == [1, 2]
        assert [seen.epc for seen in await supervisor.receive()] == [b"\x01", b"\x02"]


async def test_what_a_driver_takes_in_while_it_is_closed_is_handed_on_too() -> None:
    hall = Hall()
    async with hall.supervisor as supervisor:
        await settle()
        hall.devices[0].late = [b"\x01", b"\x02"]
        hall.devices[0].fail(away())
        await hall.clock.pass_(1)
        hall.devices[1].late = [b"\x03"]
    assert [seen.epc for seen in await supervisor.receive()] == [b"\x01", b"\x02", b"\x03"]
    assert [change.port async for change in supervisor.inputs()] == [2, 1]


async def test_closing_while_it_waits_for_a_retry_is_quick_and_final() -> None:
    hall = Hall(away())
    async with hall.supervisor as supervisor:
        await settle()
        assert supervisor.state is ReaderState.DOWN
    await supervisor.aclose()
    assert await supervisor.receive() == []
    assert len(hall.devices) == 1


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_the_wait_lies_between_the_jittered_and_the_full_one(failures: int, chance: float) -> None:
    backoff = Backoff()
    full = min(backoff.most_s, backoff.first_s * 2.0 ** min(failures - 1, 100))
    assert full / 2 <= backoff.delay_s(failures, chance) <= full
    assert backoff.delay_s(failures, 0.0) == full
