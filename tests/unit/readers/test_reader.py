from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from suyuan.readers import errors
from suyuan.readers.errors import ReaderError, TransientConnectionError, UnsupportedOperation
from suyuan.readers.field import Belt, Bench, TagInField
from suyuan.readers.observation import InputChange, Observation
from suyuan.readers.reader import KEPT_INPUTS, Capabilities, Reader, ReaderInfo
from suyuan.readers.registry import open_reader
from suyuan.readers.sim import SimReader
from suyuan.readers.tags.gen2 import Bank, Lock, LockField

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def now() -> datetime:
    return NOON


class Scripted(Reader):
    """A driver that does what the test says."""

    def __init__(
        self, *, connect_error: BaseException | None = None, work_error: Exception | None = None
    ) -> None:
        super().__init__("scripted", now=now, queue=5)
        self.connect_error = connect_error
        self.work_error = work_error
        self.released = 0

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities()

    async def _connect(self) -> ReaderInfo:
        if self.connect_error is not None:
            raise self.connect_error
        self._background(self._work())
        return ReaderInfo("scripted")

    async def _work(self) -> None:
        await asyncio.sleep(0)
        if self.work_error is not None:
            raise self.work_error

    async def _disconnect(self) -> None:
        self.released += 1

    def see(self, *epcs: bytes) -> None:
        self._deliver([Observation(self.name, 1, epc, NOON, NOON) for epc in epcs])

    def fail(self, error: ReaderError) -> None:
        self._fail(error)


async def test_a_failed_connect_releases_what_it_acquired_once() -> None:
    for error in (TransientConnectionError("away"), asyncio.CancelledError()):
        reader = Scripted(connect_error=error)
        with pytest.raises(type(error)):
            await reader.__aenter__()
        await reader.aclose()
        assert reader.released == 1
        assert not reader.health().connected


async def test_an_unforeseen_error_of_a_driver_reaches_the_consumer_with_its_cause() -> None:
    cause = KeyError("unforeseen")
    async with Scripted(work_error=cause) as reader:
        with pytest.raises(ReaderError, match="unforeseen") as caught:
            await asyncio.wait_for(reader.receive(), 5)
        assert caught.value.__cause__ is cause
        assert type(caught.value) is ReaderError
        assert not caught.value.retryable


async def test_a_reader_error_of_a_driver_reaches_the_consumer_as_it_is() -> None:
    error = TransientConnectionError("away")
    async with Scripted(work_error=error) as reader:
        with pytest.raises(TransientConnectionError) as caught:
            await asyncio.wait_for(reader.receive(), 5)
        assert caught.value is error


async def test_the_first_reason_stands() -> None:
    async with Scripted() as reader:
        reader.fail(TransientConnectionError("first"))
        reader.fail(TransientConnectionError("second"))
        with pytest.raises(TransientConnectionError, match="first"):
            await reader.receive()


async def test_two_consumers_share_the_queue() -> None:
    async with Scripted() as reader:
        first, second = asyncio.create_task(reader.receive(1)), asyncio.create_task(reader.receive(1))
        await asyncio.sleep(0)
        reader.see(b"\x01", b"\x02")
        both = await asyncio.wait_for(asyncio.gather(first, second), 5)
        assert sorted(seen.epc for batch in both for seen in batch) == [b"\x01", b"\x02"]


async def test_an_empty_report_is_a_sign_of_life_and_wakes_nobody() -> None:
    async with Scripted() as reader:
        waiting = asyncio.create_task(reader.receive())
        await asyncio.sleep(0)
        reader.see()
        await asyncio.sleep(0)
        assert not waiting.done()
        assert reader.health().last_heard == NOON
        waiting.cancel()


async def test_optional_operations_say_what_cannot_be_done() -> None:
    async with Scripted() as reader:
        with pytest.raises(UnsupportedOperation, match="scripted cannot set output 3 to True"):
            await reader.set_gpo(3, high=True)
        with pytest.raises(UnsupportedOperation, match="read 2 words at 0 of bank 2 of 3066"):
            await reader.read_memory(b"\x30\x66", Bank.TID, 0, 2)
        with pytest.raises(UnsupportedOperation, match="write 01 into 02"):
            await reader.write_epc(b"\x02", b"\x01")
        with pytest.raises(UnsupportedOperation, match="write at 4 of bank 3 of 02"):
            await reader.write_memory(b"\x02", Bank.USER, 4, b"\x01\x02")
        with pytest.raises(UnsupportedOperation, match="lock epc, user of 02"):
            await reader.lock_tag(b"\x02", {LockField.EPC: Lock.LOCK, LockField.USER: Lock.LOCK})
        with pytest.raises(UnsupportedOperation, match="kill 02"):
            await reader.kill_tag(b"\x02", 1)


def every_error() -> list[type[ReaderError]]:
    return [
        each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, ReaderError)
    ]


def test_codes_are_stable_distinct_and_drawn_in_the_docstring() -> None:
    found = every_error()
    assert len({each.code for each in found}) == len(found)
    assert {each.code for each in found} == {
        "reader-error",
        "reader-config",
        "printer-not-ready",
        "recording-ended",
        "reader-missing-dependency",
        "reader-connection",
        "reader-truncated",
        "reader-busy",
        "reader-refused",
        "reader-protocol",
        "reader-access-denied",
        "reader-untrusted",
        "reader-unsupported",
        "reader-tag-lost",
        "reader-several-tags",
        "reader-tag-unsupported",
        "reader-tag-locked",
        "reader-tag-password",
        "reader-tag-too-small",
        "reader-tag-taken",
        "reader-tag-write",
    }
    for each in found:
        line = next(line for line in (errors.__doc__ or "").splitlines() if f" {each.__name__} " in line)
        assert str(each.status) in line
        assert each.title != "Not available just now"


async def test_the_simulated_reader_looks_into_its_field() -> None:
    bench = Bench()
    bench.put(2, b"\x30" * 12, -61.5, tid=b"\xe2" * 8)
    bench.put(2, b"\x31" * 12)
    bench.take(2, b"\x31" * 12)
    bench.take(1, b"\x31" * 12)
    async with SimReader("dock", now=now, field=bench, antennas=(1, 2), period_s=0.001) as reader:
        seen = (await asyncio.wait_for(reader.receive(1), 5))[0]
        assert seen == Observation("dock", 2, b"\x30" * 12, NOON, NOON, 1, -61.5, b"\xe2" * 8)
        assert reader.info is not None
        assert reader.info.antennas == (1, 2)


async def test_the_belt_of_an_address_carries_every_tag_past() -> None:
    clock = [NOON]
    async with open_reader("sim://belt?tags=3&per_second=1&period=0.001", now=lambda: clock[0]) as reader:
        epcs: set[bytes] = set()
        async for seen in reader.observations():
            epcs.add(seen.epc)
            clock[0] += timedelta(seconds=1)
            if len(epcs) == 3:
                break
        assert {epc[:1] for epc in epcs} == {b"\x35"}
        assert {epc[-1] for epc in epcs} == {0, 1, 2}


def test_the_second_antenna_sees_what_the_first_saw_one_tag_earlier() -> None:
    belt = Belt(tags=5, per_second=2)
    later = NOON + timedelta(seconds=0.5)
    assert belt.seen(2, later) == belt.seen(1, NOON)
    assert belt.seen(1, later) != belt.seen(1, NOON)


async def test_the_tags_of_an_address_lie_before_each_antenna() -> None:
    async with open_reader("sim://b?antennas=1,2&epcs=3066,3067&period=0.001", now=now) as reader:
        seen = await asyncio.wait_for(reader.receive(4), 5)
        assert [(each.antenna, each.epc.hex()) for each in seen] == [
            (1, "3066"),
            (1, "3067"),
            (2, "3066"),
            (2, "3067"),
        ]


async def test_what_is_shown_to_a_closed_reader_is_refused() -> None:
    reader = SimReader("dock", now=now)
    with pytest.raises(TransientConnectionError, match="not connected"):
        reader.present(1, [b"\x30\x66"])


async def test_a_field_that_breaks_breaks_the_reader_and_does_not_hang_it() -> None:
    class Broken:
        def seen(self, antenna: int, at: datetime) -> list[TagInField]:
            raise ZeroDivisionError(antenna, at)

    async with SimReader("dock", now=now, field=Broken()) as reader:
        with pytest.raises(ReaderError, match="ZeroDivisionError"):
            await asyncio.wait_for(reader.receive(), 5)


async def test_inputs_are_heard_in_order_until_the_reader_ends() -> None:
    async with SimReader("dock", now=now) as reader:
        for high in (True, False):
            reader.switch(3, high=high)
        waiting = aiter(reader.inputs())
        assert await anext(waiting) == InputChange("dock", 3, high=True, at=NOON)
        assert await anext(waiting) == InputChange("dock", 3, high=False, at=NOON)

        async def last() -> int:
            return (await anext(waiting)).port

        waits = asyncio.create_task(last())
        await asyncio.sleep(0)
        reader.switch(4, high=True)
        assert await waits == 4
        reader.switch(5, high=True)
        reader.die()
        assert (await anext(waiting)).port == 5
        with pytest.raises(TransientConnectionError):
            await anext(waiting)
    assert [change async for change in reader.inputs()] == []
    with pytest.raises(TransientConnectionError, match="not connected"):
        reader.switch(1, high=True)


async def test_of_inputs_that_nobody_hears_the_newest_are_kept() -> None:
    async with SimReader("dock", now=now) as reader:
        for port in range(KEPT_INPUTS + 5):
            reader.switch(port, high=True)
        assert (await anext(aiter(reader.inputs()))).port == 5


async def test_outputs_of_the_simulated_reader_can_be_looked_at() -> None:
    async with SimReader("dock", now=now) as reader:
        await reader.set_gpo(2, high=True)
        assert reader.outputs == {2: True}
