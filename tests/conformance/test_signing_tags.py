"""Tags that sign each tap, over every driver that can write them: on the real pcscd, and in nfcpy's air."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Protocol

import pytest

from suyuan.readers.errors import TagLocked, TagLost, TagTaken, TagUnsupported, UnsupportedOperation
from suyuan.readers.reader import Reader
from suyuan.readers.supervisor import Backoff, Supervisor
from suyuan.readers.virtual.ntag424 import Tear, VirtualNtag424
from suyuan.readers.virtual.tags import VirtualNtag, VirtualTag, VirtualType4
from suyuan.trace.sun import KeyFile, KeySet, sun_of, verify

UID = bytes.fromhex("04a1b2c3d4e5f6")
LINK = "https://id.example.cn/01/06901234567892/21/7"
OTHER = "https://id.example.cn/01/06901234567892/21/other"
KEYS = KeyFile({1: KeySet(1, "Suyuan", b"A" * 16, b"M" * 16, b"F" * 16)})
THEIRS = KeyFile({1: KeySet(1, "Theirs", b"X" * 16, b"Y" * 16, b"Z" * 16)})
SLOTS = {"pcsc": 2, "nfc+udp": 1}


class Rig(Protocol):
    def reader(self, queue: int = 1000) -> Reader: ...
    def lying(self, tag: VirtualTag, antenna: int = 1) -> AbstractAsyncContextManager[None]: ...


@pytest.fixture
def slot(request: pytest.FixtureRequest) -> int:
    return SLOTS[request.node.callspec.params["rig"]]


signing = pytest.mark.parametrize("rig", list(SLOTS), indirect=True)


async def seen(reader: Reader) -> str:
    async with asyncio.timeout(20):
        return (await reader.receive(1))[0].text or ""


@signing
async def test_a_tag_signs_each_tap(rig: Rig, slot: int) -> None:
    tag = VirtualNtag424(UID)
    async with rig.reader() as reader:
        assert reader.capabilities.sign_link
        async with rig.lying(tag, slot):
            assert await seen(reader) == ""
            with pytest.raises(TagTaken, match="does not have its keys"):
                await reader.sign_link(LINK, KEYS, signed_before=lambda uid: uid == UID)
            found = await reader.sign_link(LINK, KEYS, signed_before=lambda _: False)
            assert (found.model, found.tid, found.writable) == ("NTAG 424 DNA", UID, False)
            with pytest.raises(TagTaken):
                await reader.sign_link(OTHER, KEYS)
            with pytest.raises(TagTaken):
                await reader.sign_link(LINK, THEIRS)
            with pytest.raises(TagLocked):
                await reader.write_link(LINK)
        async with rig.lying(tag, slot):
            tap = verify(sun_of(await seen(reader)), KEYS)
        assert tap.uid == UID
        assert tap.counter > verify(sun_of(found.text), KEYS).counter


@signing
@pytest.mark.parametrize("after", [30])
async def test_a_tag_torn_away_is_finished_the_next_time(rig: Rig, slot: int, after: int) -> None:
    tag = VirtualNtag424(UID)
    async with rig.reader() as reader:
        async with rig.lying(tag, slot):
            assert await seen(reader) == ""
            tag.tear = Tear(after, done=True)
            with pytest.raises(TagLost):
                await reader.sign_link(LINK, KEYS)
        tag.tear = None
        async with rig.lying(tag, slot):
            await seen(reader)
            assert verify(sun_of((await reader.sign_link(LINK, KEYS)).text), KEYS).uid == UID


@signing
@pytest.mark.parametrize("make", [lambda: VirtualNtag(UID), lambda: VirtualType4(UID)])
async def test_other_chips_cannot_sign_and_are_not_written(
    rig: Rig, slot: int, make: Callable[[], VirtualTag]
) -> None:
    async with rig.reader() as reader, rig.lying(make(), slot):
        assert await seen(reader) == ""
        with pytest.raises((UnsupportedOperation, TagUnsupported)):
            await reader.sign_link(LINK, KEYS)
        assert (await reader.read_link()).text == ""


@pytest.mark.parametrize("rig", list(SLOTS), indirect=True)
async def test_a_password_keeps_a_tag_from_being_written(rig: Rig) -> None:
    tag = VirtualNtag(UID)
    async with rig.reader() as reader:
        async with rig.lying(tag):
            assert await seen(reader) == ""
            assert (await reader.write_link(LINK, keys=KEYS)).text == LINK
        async with rig.lying(tag):
            assert await seen(reader) == LINK
            with pytest.raises(TagLocked):
                await reader.write_link(OTHER, overwrite=True)
            assert (await reader.write_link(OTHER, overwrite=True, keys=KEYS)).text == OTHER
            assert (await reader.read_link()).text == OTHER


@signing
async def test_a_supervised_reader_lets_tags_sign_too(rig: Rig, slot: int) -> None:
    supervisor = Supervisor(
        rig.reader, now=lambda: datetime.now(UTC), chance=lambda: 0.0, backoff=Backoff(first_s=0.01)
    )
    async with supervisor, rig.lying(VirtualNtag424(UID), slot):
        assert await seen(supervisor) == ""
        with pytest.raises(TagTaken):
            await supervisor.sign_link(LINK, KEYS, signed_before=lambda uid: uid == UID)
        assert (await supervisor.sign_link(LINK, KEYS)).text.startswith(LINK)


@pytest.mark.parametrize("rig", ["sim", "llrp", "serial", "page"], indirect=True)
async def test_who_cannot_sign_says_so(rig: Rig) -> None:
    async with rig.reader() as reader:
        assert not reader.capabilities.sign_link
        with pytest.raises(UnsupportedOperation):
            await reader.sign_link(LINK, KEYS)
