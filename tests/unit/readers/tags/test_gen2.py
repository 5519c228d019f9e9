"""UHF tags in software, and what is believed after writing one."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

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
)
from suyuan.readers.field import Belt, Bench
from suyuan.readers.sim import SimReader
from suyuan.readers.tags.gen2 import (
    MAX_WORDS,
    WORD,
    Bank,
    Lock,
    LockField,
    Refusal,
    check_words,
    protocol_control,
)
from suyuan.readers.virtual.gen2 import TagRefuses, VirtualGen2, WriteFaults
from suyuan.trace.errors import InvalidInput

OLD, NEW = bytes.fromhex("e28011910000000000000001"), bytes.fromhex("3066c4409047e140075bcd15")
LONG = bytes.fromhex("f73795211411234538566cb0afc4")
PASSWORD = 0xCAFE_0001


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
async def reader(bench: Bench) -> AsyncIterator[SimReader]:
    async with SimReader("desk", now=now, field=bench, period_s=60) as opened:
        yield opened


async def test_an_epc_is_written_with_its_length_and_the_chip_stays_the_same(
    reader: SimReader, bench: Bench
) -> None:
    tag = bench.put(1, OLD)
    tid = tag.tid
    for before, after in ((OLD, LONG), (LONG, NEW), (NEW, b"\x30\x66")):
        await reader.write_epc(before, after)
        assert (tag.epc, tag.tid) == (after, tid)
    control = await reader.read_memory(b"\x30\x66", Bank.EPC, 1, 1)
    assert control.hex() == "0800"
    with pytest.raises(TagLost):
        await reader.read_memory(OLD, Bank.TID, 0, 6)


@pytest.mark.parametrize(
    ("old", "size", "control"),
    [(0x3000, 14, 0x3800), (0x36FF, 12, 0x36FF), (0x35A1, 12, 0x3400), (0, 62, 0xF800)],
)
def test_the_control_word_keeps_what_is_not_the_length(old: int, size: int, control: int) -> None:
    assert protocol_control(old, bytes(size)) == control


async def test_memory_is_written_and_read_in_words(reader: SimReader, bench: Bench) -> None:
    bench.put(1, OLD)
    await reader.write_memory(OLD, Bank.USER, 3, b"lot 7 ")
    assert await reader.read_memory(OLD, Bank.USER, 2, 5) == b"\0\0lot 7 \0\0"
    with pytest.raises(TagTooSmall):
        await reader.read_memory(OLD, Bank.USER, 30, 3)
    with pytest.raises(TagTooSmall):
        await reader.write_memory(OLD, Bank.USER, 30, bytes(6))
    with pytest.raises(TagLocked):
        await reader.write_memory(OLD, Bank.TID, 0, bytes(2))


async def test_a_chip_too_small_for_the_epc_keeps_its_own(reader: SimReader, bench: Bench) -> None:
    tag = bench.lay(1, VirtualGen2(OLD, epc_words=6))
    with pytest.raises(TagTooSmall):
        await reader.write_epc(OLD, LONG)
    assert tag.epc == OLD


async def test_a_locked_tag_opens_to_its_password_only(reader: SimReader, bench: Bench) -> None:
    tag = bench.put(1, OLD)
    await reader.write_memory(OLD, Bank.RESERVED, 2, PASSWORD.to_bytes(4))
    await reader.lock_tag(
        OLD, {LockField.EPC: Lock.LOCK, LockField.ACCESS_PASSWORD: Lock.LOCK}, password=PASSWORD
    )
    for wrong, error in ((0, TagLocked), (PASSWORD + 1, TagPasswordRefused)):
        with pytest.raises(error):
            await reader.write_epc(OLD, NEW, password=wrong)
        with pytest.raises(error):
            await reader.read_memory(OLD, Bank.RESERVED, 2, 2, password=wrong)
    with pytest.raises(TagPasswordRefused):
        await reader.lock_tag(OLD, {LockField.EPC: Lock.UNLOCK})
    assert tag.epc == OLD
    await reader.write_epc(OLD, NEW, password=PASSWORD)
    await reader.write_memory(NEW, Bank.RESERVED, 0, bytes(3) + b"\x07" + bytes(4), password=PASSWORD)
    await reader.write_epc(NEW, OLD)  # without a password, a lock keeps nobody out
    assert tag.epc == OLD


@pytest.mark.parametrize("lock", [Lock.PERMALOCK, Lock.PERMAUNLOCK])
async def test_what_is_for_ever_is_for_ever(reader: SimReader, bench: Bench, lock: Lock) -> None:
    tag = bench.lay(1, VirtualGen2(OLD, access_password=PASSWORD))
    await reader.lock_tag(OLD, {LockField.EPC: lock}, password=PASSWORD)
    with pytest.raises(TagLocked):
        await reader.lock_tag(OLD, {LockField.EPC: Lock.UNLOCK, LockField.USER: Lock.LOCK}, password=PASSWORD)
    if lock is Lock.PERMAUNLOCK:
        await reader.write_epc(OLD, NEW)
    else:
        with pytest.raises(TagLocked):
            await reader.write_epc(OLD, NEW, password=PASSWORD)
        await reader.write_memory(OLD, Bank.USER, 0, b"ok")  # locks are changed all or none
    assert tag.epc == (NEW if lock is Lock.PERMAUNLOCK else OLD)


async def test_a_password_locked_for_ever_is_not_even_read(reader: SimReader, bench: Bench) -> None:
    bench.lay(1, VirtualGen2(OLD, access_password=PASSWORD, kill_password=9))
    await reader.lock_tag(OLD, {LockField.KILL_PASSWORD: Lock.PERMALOCK}, password=PASSWORD)
    with pytest.raises(TagLocked):
        await reader.read_memory(OLD, Bank.RESERVED, 0, 2, password=PASSWORD)
    assert await reader.read_memory(OLD, Bank.RESERVED, 2, 2) == PASSWORD.to_bytes(4)


async def test_a_killed_tag_is_silent_for_ever(reader: SimReader, bench: Bench) -> None:
    bench.lay(1, VirtualGen2(OLD, kill_password=9))
    bench.put(1, NEW)
    for password in (0, 8):
        with pytest.raises(TagPasswordRefused):
            await reader.kill_tag(OLD, password)
    with pytest.raises(TagPasswordRefused, match="no kill password"):
        await reader.kill_tag(NEW, 8)
    await reader.kill_tag(OLD, 9)
    with pytest.raises(TagLost):
        await reader.read_memory(OLD, Bank.TID, 0, 2)
    assert [tag.epc for tag in bench.seen(1, now())] == [NEW]


async def test_of_two_tags_with_one_epc_the_chip_says_which(reader: SimReader, bench: Bench) -> None:
    one, other = (bench.lay(1, VirtualGen2(OLD, chip)) for chip in (b"\xe2" * 12, b"\xe3" * 12))
    with pytest.raises(SeveralTags):
        await reader.write_epc(OLD, NEW)
    await reader.write_epc(OLD, NEW, tid=other.tid)
    assert (one.epc, other.epc) == (OLD, NEW)
    with pytest.raises(TagLost):
        await reader.write_epc(OLD, LONG, tid=other.tid)


async def test_tags_that_leave_in_mid_write_are_lost_and_half_written(
    reader: SimReader, bench: Bench
) -> None:
    tag = bench.lay(1, VirtualGen2(OLD, writes=3))
    with pytest.raises(TagLost):
        await reader.write_epc(OLD, NEW)
    tag.away = False
    assert tag.epc == NEW[:4] + OLD[4:]
    with pytest.raises(TagLost):
        await reader.write_memory(tag.epc, Bank.USER, 0, b"ab")


@pytest.mark.parametrize(
    ("faults", "error"),
    [
        (WriteFaults(lambda: 0.0, refused=1.0), TagWriteError),
        (WriteFaults(lambda: 0.0, garbled=1.0), TagWriteError),
        (WriteFaults(lambda: 0.0, left=1.0), TagLost),
    ],
)
async def test_a_write_that_goes_wrong_is_never_told_as_done(
    bench: Bench, faults: WriteFaults, error: type[ReaderError]
) -> None:
    bench.put(1, OLD)
    async with SimReader("desk", now=now, field=bench, faults=faults) as reader:
        with pytest.raises(error):
            await reader.write_memory(OLD, Bank.USER, 0, b"abcd")
        bench.clear()
        bench.put(1, OLD)
        with pytest.raises(error):
            await reader.write_epc(OLD, NEW)


async def test_of_many_writes_as_many_fail_as_are_to_fail(bench: Bench) -> None:
    draw = random.Random(7).random
    faults = WriteFaults(draw, refused=0.1, garbled=0.1, left=0.1)
    failed = 0
    async with SimReader("desk", now=now, field=bench, faults=faults, period_s=60) as reader:
        for number in range(500):
            bench.clear()
            tag = bench.put(1, OLD)
            new = NEW[:-2] + number.to_bytes(2)
            try:
                await reader.write_epc(OLD, new)
            except (TagWriteError, TagLost):
                failed += 1
            else:
                assert tag.epc == new
    assert 100 < failed < 200


async def test_a_belt_keeps_no_memory(bench: Bench) -> None:
    del bench
    async with SimReader("belt", now=now, field=Belt(1, 1)) as reader:
        (seen,) = await reader.receive(1)
        assert len(await reader.read_memory(seen.epc, Bank.TID, 0, 6)) == 12
        with pytest.raises(TagLocked):
            await reader.write_epc(seen.epc, NEW)
        with pytest.raises(TagLocked):
            await reader.lock_tag(seen.epc, {LockField.EPC: Lock.LOCK})


BAD: dict[str, Callable[[SimReader], object]] = {
    "an EPC of no bytes": lambda reader: reader.write_epc(OLD, b""),
    "an EPC of half words": lambda reader: reader.write_epc(OLD, NEW[:-1]),
    "an EPC that no control word can tell": lambda reader: reader.write_epc(OLD, bytes(64)),
    "no words": lambda reader: reader.read_memory(OLD, Bank.USER, 0, 0),
    "words before the first": lambda reader: reader.read_memory(OLD, Bank.USER, -1, 2),
    "more than a command carries": lambda reader: reader.read_memory(OLD, Bank.USER, 0, 256),
    "no data": lambda reader: reader.write_memory(OLD, Bank.USER, 0, b""),
    "half a word": lambda reader: reader.write_memory(OLD, Bank.USER, 0, b"abc"),
    "the EPC word by word": lambda reader: reader.write_memory(OLD, Bank.EPC, 2, NEW),
    "half an access password": lambda reader: reader.write_memory(OLD, Bank.RESERVED, 2, b"ab"),
    "the other half": lambda reader: reader.write_memory(OLD, Bank.RESERVED, 3, b"ab"),
    "a password of 33 bits": lambda reader: reader.kill_tag(OLD, 1 << 32),
    "nothing to lock": lambda reader: reader.lock_tag(OLD, {}),
}


@pytest.mark.parametrize("title", BAD)
async def test_what_no_tag_can_do_is_bad_input(reader: SimReader, bench: Bench, title: str) -> None:
    tag = bench.put(1, OLD)
    with pytest.raises(InvalidInput):
        await BAD[title](reader)  # type: ignore[misc]  # each is a coroutine
    assert tag.epc == OLD


async def test_without_a_field_and_without_a_connection_nothing_is_done() -> None:
    reader = SimReader("desk", now=now)
    with pytest.raises(TransientConnectionError):
        await reader.write_epc(OLD, NEW)
    async with reader:
        with pytest.raises(TagLost):
            await reader.write_epc(OLD, NEW)


def test_why_a_tag_refuses_is_said() -> None:
    tag = VirtualGen2(OLD, away=True)
    with pytest.raises(TagRefuses, match="not there") as caught:
        tag.read(Bank.EPC, 0, 0)
    assert caught.value.why is Refusal.GONE


def test_a_command_carries_as_many_words_as_it_may_and_no_more() -> None:
    assert check_words(bytes(MAX_WORDS * WORD)) == MAX_WORDS
    for data in (bytes((MAX_WORDS + 1) * WORD), bytes(3), b""):
        with pytest.raises(InvalidInput, match="cannot be written"):
            check_words(data)
