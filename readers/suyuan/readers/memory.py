"""What every driver shares that writes UHF tags: one operation at a time, one tag at a time, read back."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Mapping
from datetime import datetime

from suyuan.readers.errors import (
    ReaderError,
    SeveralTags,
    TagLocked,
    TagLost,
    TagPasswordRefused,
    TagTooSmall,
    TagWriteError,
)
from suyuan.readers.reader import DEFAULT_QUEUE, ReaderDriver
from suyuan.readers.tags import gen2
from suyuan.readers.tags.gen2 import Bank, Lock, LockField, Refusal, Target
from suyuan.trace.errors import InvalidInput


class MemoryReader(ReaderDriver):
    """A driver that reads and writes the memory of Gen2 tags; it is its own :class:`~gen2.Radio`.

    A driver implements the five primitives at the end. Operations wait for each other: there is one radio.
    """

    def __init__(self, name: str, *, now: Callable[[], datetime], queue: int = DEFAULT_QUEUE) -> None:
        super().__init__(name, now=now, queue=queue)
        self._one_at_a_time = asyncio.Lock()

    async def read_memory(
        self, epc: bytes, bank: Bank, offset: int, words: int, *, password: int = 0, tid: bytes | None = None
    ) -> bytes:
        """Words from a tag's memory; see :meth:`Reader.read_memory`."""
        gen2.check_range(bank, offset, words)
        gen2.check_password(password)
        async with self._one_at_a_time:
            return await self.read(await self._single(epc, tid), bank, offset, words, password)

    async def write_memory(
        self, epc: bytes, bank: Bank, offset: int, data: bytes, *, password: int = 0, tid: bytes | None = None
    ) -> None:
        """Write words and read them back; see :meth:`Reader.write_memory`."""
        gen2.check_range(bank, offset, gen2.check_words(data))
        gen2.check_password(password)
        if bank is Bank.EPC:
            raise InvalidInput(
                "The EPC bank is not written word by word.", where="bank", remedy="Write the whole EPC."
            )
        async with self._one_at_a_time:
            await gen2.write_memory(self, await self._single(epc, tid), bank, offset, data, password)

    async def write_epc(self, epc: bytes, new: bytes, *, password: int = 0, tid: bytes | None = None) -> None:
        """Give a tag another EPC and read it back; see :meth:`Reader.write_epc`."""
        gen2.check_epc(new)
        gen2.check_password(password)
        async with self._one_at_a_time:
            await gen2.write_epc(self, await self._single(epc, tid), new, password)

    async def lock_tag(
        self, epc: bytes, locks: Mapping[LockField, Lock], *, password: int = 0, tid: bytes | None = None
    ) -> None:
        """Lock or unlock parts of a tag; see :meth:`Reader.lock_tag`."""
        gen2.check_password(password)
        if not locks:
            raise InvalidInput("It is not said what to lock.", where="locks", remedy="Name a field.")
        async with self._one_at_a_time:
            await self.lock(await self._single(epc, tid), locks, password)

    async def kill_tag(self, epc: bytes, password: int, *, tid: bytes | None = None) -> None:
        """Silence a tag for ever; see :meth:`Reader.kill_tag`."""
        gen2.check_password(password)
        if not password:
            raise TagPasswordRefused(
                "A tag cannot be killed with the password 0.",
                where=self.name,
                remedy="Write a kill password into it first (bank 0, words 0 and 1).",
            )
        async with self._one_at_a_time:
            await self.kill(await self._single(epc, tid), password)

    async def _single(self, epc: bytes, tid: bytes | None) -> Target:
        """The tag that is meant: known by its chip's id where the caller or the tag tells it."""
        return Target(epc, tid) if tid else await self.identify(epc)

    # What drivers implement

    @abstractmethod
    async def identify(self, epc: bytes) -> Target:
        """The one tag with this EPC, with its chip's id if it has one of its own.

        Raises:
            TagLost: no tag with this EPC answers.
            SeveralTags: more than one does.
        """

    @abstractmethod
    async def read(self, tag: Target, bank: Bank, offset: int, words: int, password: int) -> bytes:
        """See :meth:`gen2.Radio.read`."""

    @abstractmethod
    async def write(self, tag: Target, bank: Bank, offset: int, data: bytes, password: int) -> None:
        """See :meth:`gen2.Radio.write`."""

    @abstractmethod
    async def lock(self, tag: Target, locks: Mapping[LockField, Lock], password: int) -> None:
        """Change what is locked; raises as :class:`gen2.Radio` does."""

    @abstractmethod
    async def kill(self, tag: Target, password: int) -> None:
        """Kill the tag; raises as :class:`gen2.Radio` does."""


def tag_lost(reader: str, tag: Target) -> TagLost:
    """The error for a tag that does not answer, or not any more."""
    return TagLost(
        "The tag {tag} does not answer on {reader}.",
        where=reader,
        remedy="Hold it still before the antenna until it is done.",
        tag=str(tag),
        reader=reader,
    )


def several_tags(reader: str, tag: Target) -> SeveralTags:
    """The error for two tags that carry the same EPC."""
    return SeveralTags(
        "More than one tag with the EPC {tag} lies before {reader}.",
        where=reader,
        remedy="Leave only the one that is meant.",
        tag=str(tag),
        reader=reader,
    )


def refused(reader: str, tag: Target, why: Refusal) -> ReaderError:
    """The error for a tag that did not do what it was told."""
    match why:
        case Refusal.GONE:
            return tag_lost(reader, tag)
        case Refusal.LOCKED:
            return TagLocked(
                "The memory of the tag {tag} is locked.",
                where=reader,
                remedy="Give its access password, or take another tag.",
                tag=str(tag),
            )
        case Refusal.PASSWORD:
            return TagPasswordRefused(
                "The tag {tag} has another password.",
                where=reader,
                remedy="Give the password that was written into this tag.",
                tag=str(tag),
            )
        case Refusal.ZERO_KILL:
            return TagPasswordRefused(
                "The tag {tag} has no kill password.",
                where=reader,
                remedy="Write a kill password into it first (bank 0, words 0 and 1).",
                tag=str(tag),
            )
        case Refusal.OVERRUN:
            return TagTooSmall(
                "The memory of the tag {tag} ends before that.",
                where=reader,
                remedy="Take a tag with more memory.",
                tag=str(tag),
            )
        case Refusal.FAULT:
            return TagWriteError(
                "The tag {tag} did not do what it was told.",
                where=reader,
                remedy="Hold it closer and try once more; if that fails too, take another tag.",
                tag=str(tag),
            )
