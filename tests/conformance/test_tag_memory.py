"""UHF tags read, written, locked and killed, and inputs heard: alike through every driver that can.

The rigs are those of test_readers.py.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

import pytest

from suyuan.readers.errors import (
    ReaderError,
    SeveralTags,
    TagLocked,
    TagLost,
    TagPasswordRefused,
    TagTooSmall,
    TagWriteError,
    TransientConnectionError,
    UnsupportedOperation,
)
from suyuan.readers.field import Bench
from suyuan.readers.observation import InputChange
from suyuan.readers.reader import Reader
from suyuan.readers.tags.gen2 import Bank, Lock, LockField
from suyuan.readers.virtual.gen2 import VirtualGen2, WriteFaults
from suyuan.trace.errors import InvalidInput

from .test_readers import Rig as AnyRig
from .test_readers import having, lacking, supervised, until

OLD, NEW = bytes.fromhex("e28011910000000000000001"), bytes.fromhex("3066c4409047e140075bcd15")
LONG = bytes.fromhex("f73795211411234538566cb0afc4")
PASSWORD = 0xCAFE_0001

memory, inputs = having("uhf"), having("inputs")


class Rig(AnyRig, Protocol):
    """A rig whose device has Gen2 tags before its antennas, and inputs."""

    bench: Bench
    faults: WriteFaults | None

    def switch(self, port: int, *, high: bool) -> None: ...


async def sees(reader: Reader, epc: bytes) -> None:
    """Wait until the reader tells of this EPC."""
    async with asyncio.timeout(20):
        async for seen in reader.observations():
            if seen.epc == epc:
                return


@memory
async def test_an_epc_is_written_and_from_then_on_observed(rig: Rig) -> None:
    tag = rig.bench.put(1, OLD)
    async with rig.reader() as reader:
        assert reader.capabilities.memory
        for before, after in ((OLD, LONG), (LONG, NEW)):
            await sees(reader, before)
            await reader.write_epc(before, after)
            assert tag.epc == after
        await sees(reader, NEW)
        assert await reader.read_memory(NEW, Bank.TID, 0, 6) == tag.tid
        assert await reader.read_memory(NEW, Bank.EPC, 1, 7, tid=tag.tid) == b"\x30\x00" + NEW


@memory
async def test_words_are_written_and_read(rig: Rig) -> None:
    rig.bench.put(2, OLD)
    async with rig.reader() as reader:
        await reader.write_memory(OLD, Bank.USER, 3, b"lot 7 ")
        assert await reader.read_memory(OLD, Bank.USER, 2, 5) == b"\0\0lot 7 \0\0"
        with pytest.raises(TagTooSmall):
            await reader.write_memory(OLD, Bank.USER, 30, bytes(6))
        with pytest.raises(TagLocked):
            await reader.write_memory(OLD, Bank.TID, 0, bytes(2))
        with pytest.raises(InvalidInput):
            await reader.write_memory(OLD, Bank.USER, 0, b"odd")


@memory
async def test_a_locked_tag_opens_to_its_password_only(rig: Rig) -> None:
    tag = rig.bench.put(1, OLD)
    async with rig.reader() as reader:
        await reader.write_memory(OLD, Bank.RESERVED, 2, PASSWORD.to_bytes(4))
        await reader.lock_tag(OLD, {LockField.EPC: Lock.LOCK, LockField.USER: Lock.LOCK}, password=PASSWORD)
        with pytest.raises(TagLocked):
            await reader.write_epc(OLD, NEW)
        with pytest.raises(TagPasswordRefused):
            await reader.write_epc(OLD, NEW, password=PASSWORD + 1)
        with pytest.raises(TagPasswordRefused):
            await reader.lock_tag(OLD, {LockField.EPC: Lock.UNLOCK})
        assert tag.epc == OLD
        await reader.write_epc(OLD, NEW, password=PASSWORD)
        await reader.lock_tag(NEW, {LockField.EPC: Lock.PERMALOCK}, password=PASSWORD)
        with pytest.raises(TagLocked):
            await reader.write_epc(NEW, OLD, password=PASSWORD)
        assert tag.epc == NEW


@memory
async def test_a_killed_tag_is_silent(rig: Rig) -> None:
    tag = rig.bench.lay(1, VirtualGen2(OLD, kill_password=9))
    async with rig.reader() as reader:
        with pytest.raises(TagPasswordRefused):
            await reader.kill_tag(OLD, 8)
        with pytest.raises(TagPasswordRefused):
            await reader.kill_tag(OLD, 0)
        assert tag.there
        await reader.kill_tag(OLD, 9)
        assert tag.killed
        with pytest.raises(TagLost):
            await reader.read_memory(OLD, Bank.TID, 0, 2)


@memory
async def test_a_tag_that_leaves_in_mid_write_is_lost_and_not_told_as_written(rig: Rig) -> None:
    tag = rig.bench.lay(1, VirtualGen2(OLD, writes=3))
    async with rig.reader() as reader:
        with pytest.raises(TagLost):
            await reader.write_epc(OLD, NEW, tid=tag.tid)
        tag.away, tag.writes = False, None
        assert tag.epc == NEW[:4] + OLD[4:]
        await reader.write_epc(tag.epc, NEW, tid=tag.tid)
        assert tag.epc == NEW


@memory
async def test_of_two_tags_with_one_epc_none_is_meant_unless_the_chip_is_named(rig: Rig) -> None:
    one, other = (rig.bench.lay(1, VirtualGen2(OLD, chip)) for chip in (b"\xe2" * 12, b"\xe3" * 12))
    async with rig.reader() as reader:
        with pytest.raises(SeveralTags):
            await reader.write_epc(OLD, NEW)
        assert (one.epc, other.epc) == (OLD, OLD)
        await reader.write_epc(OLD, NEW, tid=other.tid)
        assert (one.epc, other.epc) == (OLD, NEW)


@memory
@pytest.mark.parametrize(
    ("faults", "error"),
    [
        (WriteFaults(lambda: 0.0, refused=1.0), TagWriteError),
        (WriteFaults(lambda: 0.0, garbled=1.0), TagWriteError),
        (WriteFaults(lambda: 0.0, left=1.0), TagLost),
    ],
    ids=["refused", "garbled", "left"],
)
async def test_a_write_that_goes_wrong_is_an_error(
    rig: Rig, faults: WriteFaults, error: type[ReaderError]
) -> None:
    tag = rig.bench.put(1, OLD)
    rig.faults = faults
    async with rig.reader() as reader:
        with pytest.raises(error):
            await reader.write_epc(OLD, NEW)
        assert tag.epc != NEW


@memory
async def test_operations_at_once_wait_for_each_other(rig: Rig) -> None:
    tags = [rig.bench.put(1, OLD[:-1] + bytes((number,))) for number in range(4)]
    async with rig.reader() as reader:
        writes = (reader.write_epc(tag.epc, NEW[:-1] + bytes((number,))) for number, tag in enumerate(tags))
        await asyncio.gather(*writes)
    assert [tag.epc[-1] for tag in tags] == [0, 1, 2, 3]
    assert {tag.epc[:-1] for tag in tags} == {NEW[:-1]}


@memory
async def test_a_reader_that_dies_lets_nobody_wait(rig: Rig) -> None:
    async with rig.reader() as reader:
        waiting = asyncio.create_task(reader.read_memory(OLD, Bank.USER, 0, 1))
        await asyncio.sleep(0.05)
        await rig.die()
        with pytest.raises((TransientConnectionError, TagLost)):
            await asyncio.wait_for(waiting, 20)
        await until(lambda: not reader.health().connected)
        with pytest.raises(TransientConnectionError):
            await reader.write_epc(OLD, NEW)


@memory
async def test_a_supervised_reader_writes_too(rig: Rig) -> None:
    tag = rig.bench.lay(1, VirtualGen2(OLD, kill_password=9))
    supervisor, _ = supervised(rig)
    with pytest.raises(TransientConnectionError):
        await supervisor.write_epc(OLD, NEW)
    async with supervisor:
        await sees(supervisor, OLD)
        await supervisor.write_memory(OLD, Bank.USER, 0, b"ok", tid=tag.tid)
        await supervisor.lock_tag(OLD, {LockField.USER: Lock.PERMALOCK}, tid=tag.tid)
        await supervisor.write_epc(OLD, NEW, tid=tag.tid)
        assert await supervisor.read_memory(NEW, Bank.USER, 0, 1, tid=tag.tid) == b"ok"
        await supervisor.kill_tag(NEW, 9, tid=tag.tid)
    assert tag.killed


@lacking("uhf")
async def test_who_has_no_tags_with_memory_says_so(rig: Rig) -> None:
    async with rig.reader() as reader:
        able = reader.capabilities
        assert (able.memory, able.lock, able.kill) == (False, False, False)
        for refused in (
            reader.read_memory(OLD, Bank.TID, 0, 2),
            reader.write_memory(OLD, Bank.USER, 0, b"ab"),
            reader.write_epc(OLD, NEW),
            reader.lock_tag(OLD, {LockField.EPC: Lock.LOCK}),
            reader.kill_tag(OLD, 1),
        ):
            with pytest.raises(UnsupportedOperation):
                await refused


@inputs
async def test_inputs_are_heard_and_outputs_switched(rig: Rig) -> None:
    supervisor, _ = supervised(rig)
    async with supervisor:
        await until(lambda: supervisor.health().connected)
        await supervisor.set_gpo(1, high=True)
        heard = aiter(supervisor.inputs())
        for high in (True, False):
            rig.switch(2, high=high)
        changes: list[InputChange] = []
        async with asyncio.timeout(20):
            while [change.high for change in changes if change.port == 2][-2:] != [True, False]:
                changes.append(await anext(heard))
        assert supervisor.capabilities.gpi
        assert {change.reader for change in changes} == {"dock"}
