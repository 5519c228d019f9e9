"""One suite for every reader driver: each must behave alike, whatever carries the bytes.

A rig (see conftest.py) stands for a driver together with a device that the test commands. What a driver or
its device cannot do is not in its row of ``CAN``; everything else holds for all of them. README.md shows both
as a table.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

from suyuan.readers.errors import (
    ProtocolError,
    ReaderError,
    SeveralTags,
    TagLocked,
    TagLost,
    TagTaken,
    TagTooSmall,
    TransientConnectionError,
    TruncatedMessage,
    UnsupportedOperation,
)
from suyuan.readers.observation import Observation
from suyuan.readers.reader import Reader
from suyuan.readers.supervisor import Backoff, ReaderState, StateChange, Supervisor
from suyuan.readers.tags import ndef
from suyuan.readers.virtual.tags import VirtualNtag, VirtualTag, VirtualType4
from suyuan.trace.errors import WrongUse

NOON = datetime(2026, 5, 1, 12, 0, 0, 123_456, tzinfo=UTC)
UID = bytes.fromhex("04a1b2c3d4e5f6")
LINK = "https://id.example.cn/01/06901234567892/21/a%2Fb?e=9F&c=E4=="
OTHER = "https://id.example.cn/01/06901234567892/21/other"
Code = bytes | str

CAN = {
    "sim": {"die", "die_in_mid_report", "garbage", "push", "uhf", "inputs"},
    "llrp": {"die", "die_in_mid_report", "garbage", "uhf", "inputs"},
    "llrps": {"die", "die_in_mid_report", "garbage", "uhf", "inputs"},
    "impinj": {"die", "die_in_mid_report", "garbage"},
    "mqtt+impinj": {"die", "garbage"},
    "mqtt+zebra": {"die", "garbage"},
    "mqtt+generic": {"die", "garbage"},
    "pcsc": {"die", "write", "two"},
    "nfc+udp": {"die", "garbage", "write"},
    "serial": {"die", "die_in_mid_report", "garbage", "push"},
    "page": {"push"},
    "http": {"push"},
}
SLOW = {"pcsc", "nfc+udp"}
"""Where a tag must be laid and taken away again, which takes a good part of a second each time."""


def having(*abilities: str) -> pytest.MarkDecorator:
    """Only rigs that can do all this."""
    names = [name for name, able in CAN.items() if able.issuperset(abilities)]
    return pytest.mark.parametrize("rig", names, indirect=True)


def lacking(ability: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("rig", [name for name in CAN if ability not in CAN[name]], indirect=True)


FAULTS = ("die", "die_in_mid_report", "garbage")
all_of_them = having()
every_fault = pytest.mark.parametrize(
    ("rig", "fault"),
    [
        (name, fault)
        for name, able in CAN.items()
        for fault in sorted(able & {"die", "die_in_mid_report", "garbage"})
    ],
    indirect=["rig"],
)


class Rig(Protocol):
    """A device under the test's command, and the driver for it.

    ``codes`` are what its tags or symbols say; ``keeps_time``: the device tells times and strengths.
    """

    codes: tuple[Code, ...]
    antennas: int
    keeps_time: bool

    def reader(self, queue: int = 1000) -> Reader:
        """A new, unconnected reader for the device."""
        ...

    async def show(self, reader: Reader, antenna: int, *codes: Code, at: datetime) -> None:
        """Let the device see tags or symbols, once its reader listens."""
        ...

    def lying(self, tag: VirtualTag, antenna: int = 1) -> AbstractAsyncContextManager[None]:
        """A tag lies there as long as this lasts."""
        ...

    async def die(self) -> None: ...
    async def die_in_mid_report(self) -> None: ...
    async def garbage(self) -> None: ...
    async def revive(self) -> None: ...


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - the counters of a reader have no event to wait for
            await asyncio.sleep(0.002)


async def take(reader: Reader, count: int) -> list[Observation]:
    """The next observations; fails after twenty seconds."""
    taken: list[Observation] = []
    async with asyncio.timeout(20):
        while len(taken) < count:
            taken += await reader.receive(count - len(taken))
    return taken


def said(seen: Observation) -> Code:
    return seen.epc if seen.text is None else seen.text


def message(link: str) -> bytes:
    return ndef.encode([ndef.uri_record(link)])


@all_of_them
async def test_what_appears_is_observed(rig: Rig) -> None:
    async with rig.reader() as reader:
        await rig.show(reader, 1, rig.codes[0], at=NOON)
        (seen,) = await take(reader, 1)
        assert (seen.reader, seen.antenna, said(seen), seen.count) == ("dock", 1, rig.codes[0], 1)
        assert reader.capabilities.link or seen.text is None
        if rig.keeps_time:
            assert (seen.first_seen, seen.last_seen, seen.rssi_dbm) == (NOON, NOON, -47.0)
        else:
            assert timedelta() <= datetime.now(UTC) - seen.first_seen < timedelta(seconds=10)
            assert seen.epc == b""
        health = reader.health()
        assert (health.connected, health.reads, health.dropped, health.truncated) == (True, 1, 0, 0)
        assert health.last_heard is not None
        assert datetime.now(UTC) - health.last_heard < timedelta(seconds=5)


@all_of_them
async def test_antennas_and_codes_are_told_apart(rig: Rig) -> None:
    a, b, c, d = rig.codes[:4]
    async with rig.reader() as reader:
        await rig.show(reader, 1, a, b, at=NOON)
        await rig.show(reader, rig.antennas, c, d, a, at=NOON + timedelta(seconds=1))
        seen = await take(reader, 5)
        last = rig.antennas
        assert [(each.antenna, said(each)) for each in seen] == [
            (1, a),
            (1, b),
            (last, c),
            (last, d),
            (last, a),
        ]
        if rig.keeps_time:
            assert {each.first_seen for each in seen[2:]} == {NOON + timedelta(seconds=1)}


@all_of_them
async def test_iteration_ends_when_closed_and_gives_out_what_waits(rig: Rig) -> None:
    a, b = rig.codes[:2]
    reader = rig.reader()
    async with reader:
        await rig.show(reader, 1, a, b, at=NOON)
        await until(lambda: reader.health().reads == 2)
    assert [said(seen) async for seen in reader.observations()] == [a, b]
    assert await reader.receive() == []
    assert not reader.health().connected


@having("die")
async def test_a_reader_that_dies_ends_with_an_error_after_what_it_saw(rig: Rig) -> None:
    async with rig.reader() as reader:
        await rig.show(reader, 1, rig.codes[0], at=NOON)
        await until(lambda: reader.health().reads == 1)
        await rig.die()
        await until(lambda: not reader.health().connected)
        assert [said(seen) for seen in await take(reader, 1)] == [rig.codes[0]]
        with pytest.raises(TransientConnectionError):
            await reader.receive()
        with pytest.raises(TransientConnectionError):
            _ = [seen async for seen in reader.observations()]
        assert reader.health().truncated == 0


@having("die_in_mid_report")
async def test_dying_in_mid_report_loses_only_that_report_and_counts_it(rig: Rig) -> None:
    async with rig.reader() as reader:
        await rig.show(reader, 1, rig.codes[0], at=NOON)
        await rig.die_in_mid_report()
        assert [said(seen) for seen in await take(reader, 1)] == [rig.codes[0]]
        with pytest.raises(TruncatedMessage):
            await asyncio.wait_for(reader.receive(), 5)
        health = reader.health()
        assert (health.connected, health.reads, health.truncated) == (False, 1, 1)


@having("garbage")
async def test_garbage_is_a_protocol_error(rig: Rig) -> None:
    async with rig.reader() as reader:
        await rig.show(reader, 1, rig.codes[0], at=NOON)
        await rig.garbage()
        assert [said(seen) for seen in await take(reader, 1)] == [rig.codes[0]]
        with pytest.raises(ProtocolError):
            await asyncio.wait_for(reader.receive(), 5)


@all_of_them
async def test_a_slow_consumer_loses_the_oldest_and_the_loss_is_counted(
    rig: Rig, request: pytest.FixtureRequest
) -> None:
    slow = request.node.callspec.params["rig"] in SLOW
    many = [*rig.codes][: 3 if slow else 10]
    keep = 1 if slow else 3
    async with rig.reader(queue=keep) as reader:
        await rig.show(reader, 1, *many, at=NOON)
        await until(lambda: reader.health().reads == len(many))
        assert [said(seen) for seen in await take(reader, keep)] == many[-keep:]
        health = reader.health()
        assert (health.reads, health.dropped) == (len(many), len(many) - keep)
        await rig.show(reader, 1, rig.codes[0], at=NOON)
        assert [said(seen) for seen in await take(reader, 1)] == [rig.codes[0]]


@all_of_them
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


@all_of_them
async def test_a_waiting_consumer_can_be_cancelled_and_the_reader_goes_on(rig: Rig) -> None:
    async with rig.reader() as reader:
        waiting = asyncio.create_task(take(reader, 1))
        await asyncio.sleep(0.02)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await rig.show(reader, 1, rig.codes[1], at=NOON)
        assert [said(seen) for seen in await take(reader, 1)] == [rig.codes[1]]


@all_of_them
async def test_nothing_is_left_running_after_the_close(rig: Rig) -> None:
    before = asyncio.all_tasks()
    async with rig.reader() as reader:
        await rig.show(reader, 1, rig.codes[0], at=NOON)
        assert len(await take(reader, 1)) == 1
    await until(
        lambda: not {task for task in asyncio.all_tasks() - before if "reader dock" in task.get_name()}
    )


def supervised(rig: Rig) -> tuple[Supervisor, list[StateChange]]:
    changes: list[StateChange] = []
    supervisor = Supervisor(
        rig.reader,
        now=lambda: datetime.now(UTC),
        chance=lambda: 0.0,
        backoff=Backoff(first_s=0.01, most_s=0.05),
        on_change=changes.append,
    )
    return supervisor, changes


@every_fault
async def test_the_supervisor_brings_a_reader_back_and_the_observations_go_on(rig: Rig, fault: str) -> None:
    a, b = rig.codes[:2]
    supervisor, changes = supervised(rig)
    async with supervisor:
        await rig.show(supervisor, 1, a, at=NOON)
        assert [said(seen) for seen in await take(supervisor, 1)] == [a]
        await getattr(rig, fault)()
        await until(lambda: len(changes) > 2)
        await rig.revive()
        await until(lambda: supervisor.state is ReaderState.UP)
        await rig.show(supervisor, rig.antennas, b, at=NOON)
        assert [said(seen) for seen in await take(supervisor, 1)] == [b]
        health = supervisor.health()
        assert (health.connected, health.reads) == (True, 2)
        assert health.truncated == (fault == "die_in_mid_report")
    assert supervisor.state is ReaderState.DOWN
    states = [change.state for change in changes]
    assert states[:4] == ["connecting", "up", "down", "connecting"]
    down = next(change for change in changes if change.state is ReaderState.DOWN)
    assert isinstance(down.reason, ReaderError)
    assert down.retry_in_s == 0.01


# Tags that hold links

TYPES = [("pcsc", 1), ("pcsc", 2), ("nfc+udp", 1), ("nfc+udp", 2)]
every_tag = pytest.mark.parametrize(("rig", "antenna"), TYPES, indirect=["rig"])


def tag_of(antenna: int, link: str = "", writes: int | None = None) -> VirtualNtag | VirtualType4:
    held = message(link) if link else b""
    if antenna == 1:
        return VirtualNtag(UID, message=held, writes=writes)
    return VirtualType4(UID, held, writes=writes)


@every_tag
async def test_a_link_is_written_and_read_back_and_then_observed(rig: Rig, antenna: int) -> None:
    tag = tag_of(antenna)
    async with rig.reader() as reader:
        async with rig.lying(tag, antenna):
            (seen,) = await take(reader, 1)
            assert (seen.text, seen.tid) == ("", UID)
            written = await reader.write_link(LINK)
            assert (written.text, written.tid, written.writable) == (LINK, UID, True)
            assert written.model == ("NTAG215" if antenna == 1 else "Type 4 tag")
            assert await reader.read_link() == written
            with pytest.raises(TagTaken):
                await reader.write_link(OTHER)
            with pytest.raises(TagTooSmall):
                await reader.write_link("https://x/" + "a" * 900)
            assert (await reader.write_link(OTHER, overwrite=True)).text == OTHER
        async with rig.lying(tag, antenna):
            (seen,) = await take(reader, 1)
            assert (seen.text, seen.tid) == (OTHER, UID)
        with pytest.raises(TagLost):
            await reader.read_link()


@having("write")
async def test_a_locked_tag_is_not_written(rig: Rig) -> None:
    async with rig.reader() as reader, rig.lying(VirtualNtag(UID)):
        assert len(await take(reader, 1)) == 1
        assert not (await reader.write_link(LINK, lock=True)).writable
        with pytest.raises(TagLocked):
            await reader.write_link(LINK)
        assert (await reader.read_link()).text == LINK


@every_tag
async def test_a_tag_that_leaves_in_mid_write_is_empty_and_never_wrong(rig: Rig, antenna: int) -> None:
    tag = tag_of(antenna, OTHER, writes=2)
    async with rig.reader() as reader:
        async with rig.lying(tag, antenna):
            assert [seen.text for seen in await take(reader, 1)] == [OTHER]
            with pytest.raises(TagLost):
                await reader.write_link(LINK, overwrite=True)
        tag.writes = None
        async with rig.lying(tag, antenna):
            assert [seen.text for seen in await take(reader, 1)] == [""]
            assert (await reader.write_link(LINK)).text == LINK


@having("write")
async def test_a_tag_that_says_nonsense_is_seen_without_text(rig: Rig) -> None:
    tag = VirtualNtag(UID)
    tag.memory[16:22] = b"\x03\xff\xff\xff\xff\xff"
    async with rig.reader() as reader, rig.lying(tag):
        assert [(seen.text, seen.tid) for seen in await take(reader, 1)] == [("", UID)]


@having("two")
async def test_of_two_tags_none_is_meant(rig: Rig) -> None:
    async with rig.reader() as reader:
        async with rig.lying(tag_of(1, LINK)), rig.lying(tag_of(2, OTHER), 2):
            assert {seen.text for seen in await take(reader, 2)} == {LINK, OTHER}
            with pytest.raises(SeveralTags):
                await reader.write_link(LINK, overwrite=True)
            with pytest.raises(SeveralTags):
                await reader.read_link()
        with pytest.raises(TagLost):
            await reader.write_link(LINK)


@having("write")
async def test_a_supervised_reader_writes_too(rig: Rig) -> None:
    supervisor, _ = supervised(rig)
    with pytest.raises(TransientConnectionError):
        await supervisor.write_link(LINK)
    async with supervisor, rig.lying(VirtualNtag(UID)):
        assert len(await take(supervisor, 1)) == 1
        assert (await supervisor.write_link(LINK)).text == LINK
        assert (await supervisor.read_link()).text == LINK


@lacking("write")
async def test_who_cannot_write_says_so(rig: Rig) -> None:
    async with rig.reader() as reader:
        assert not reader.capabilities.write_link
        with pytest.raises(UnsupportedOperation):
            await reader.write_link(LINK)
        with pytest.raises(UnsupportedOperation):
            await reader.read_link()


@having("push")
async def test_what_is_pushed_is_observed_also_through_the_supervisor(rig: Rig) -> None:
    supervisor, _ = supervised(rig)
    with pytest.raises(TransientConnectionError):
        supervisor.push(LINK)
    async with supervisor:
        await until(lambda: supervisor.state is ReaderState.UP)
        assert supervisor.capabilities.push
        supervisor.push(LINK)
        assert [(seen.text, seen.epc) for seen in await take(supervisor, 1)] == [(LINK, b"")]


@lacking("push")
async def test_who_takes_nothing_from_outside_says_so(rig: Rig) -> None:
    async with rig.reader() as reader:
        assert not reader.capabilities.push
        with pytest.raises(UnsupportedOperation):
            reader.push(LINK)
