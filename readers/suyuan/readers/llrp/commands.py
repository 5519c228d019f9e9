"""Commands to single tags through AccessSpecs: what the driver does when a tag is to be read or written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress

from suyuan.readers.errors import RequestRefused
from suyuan.readers.llrp import access
from suyuan.readers.llrp.access import COMMAND_SPEC, ONCE, TID_OPERATION, TID_SPEC, TID_WORDS
from suyuan.readers.llrp.codec import Message, Parameter, decode_message, refuse
from suyuan.readers.llrp.exchange import Exchange
from suyuan.readers.memory import refused, several_tags, tag_lost
from suyuan.readers.tags.gen2 import PC_WORD, WORD, Bank, Lock, LockField, Refusal, Target

TAG_PATIENCE_S = 2.0
"""Longest wait for a tag: one that is there is asked dozens of times in that."""
OTHERS_S = 0.2
"""How long a second tag with the same EPC has to show itself; a round of a hundred tags takes less."""
_TWICE = 2

Command = Callable[[int], Parameter]
Told = tuple[bytes | None, Parameter] | None
"""A result with the EPC of its tag; None when the connection died."""


class TagCommands:
    """One AccessSpec at a time over an exchange; reports that come in are handed in by :meth:`told`.

    A reader carries out the first AccessSpec that matches a tag and no other, so that ours that reads every
    TID (``reads_tids``) is switched off meanwhile.
    """

    def __init__(self, reader: str, exchange: Exchange, *, reads_tids: bool) -> None:
        self._reader = reader
        self._exchange = exchange
        self._reads_tids = reads_tids
        self._waiting: dict[int, asyncio.Queue[Told]] = {}
        self._last_operation = 0

    def told(self, report: bytes) -> None:
        """Take the results out of a tag report; nothing is done while no command waits for any.

        Raises:
            ProtocolError: the report cannot be.
        """
        if not self._waiting:
            return
        for epc, result in access.results(decode_message(report)):
            inbox = self._waiting.get(result.fields["OpSpecID"])
            if inbox is not None:
                inbox.put_nowait((epc, result))

    def give_up(self) -> None:
        """The connection is dead: nobody waits for a tag any more."""
        for inbox in self._waiting.values():
            inbox.put_nowait(None)

    async def identify(self, epc: bytes) -> Target:
        """See :meth:`MemoryReader.identify`. Of two chips without numbers of their own, none can be told."""
        for words in TID_WORDS:
            found = await self._results(Target(epc), _reading(Bank.TID, 0, words, 0), times=_TWICE)
            why = [access.refusal(each) for each in found]
            tids = {
                access.words_read(each) for each, not_done in zip(found, why, strict=True) if not not_done
            }
            tids = {tid for tid in tids if len(tid) == words * WORD}
            if len(tids) > 1:
                raise several_tags(self._reader, Target(epc))
            if tids:
                return Target(epc, tids.pop())
            if not found or Refusal.GONE in why:
                raise tag_lost(self._reader, Target(epc))
        return Target(epc)

    async def read(self, tag: Target, bank: Bank, offset: int, words: int, password: int) -> bytes:
        """See :meth:`Radio.read`."""
        result = await self._done(tag, _reading(bank, offset, words, password), secured=password > 0)
        data = access.words_read(result)
        if len(data) != words * WORD:
            raise refuse("The reader was asked for {words} words and read others.", "ReadData", words=words)
        return data

    async def write(self, tag: Target, bank: Bank, offset: int, data: bytes, password: int) -> None:
        """See :meth:`Radio.write`."""

        def command(operation: int) -> Parameter:
            return access.write(operation, bank, offset, data, password)

        await self._done(tag, command, secured=password > 0)

    async def lock(self, tag: Target, locks: Mapping[LockField, Lock], password: int) -> None:
        """See :meth:`MemoryReader.lock`."""
        await self._done(tag, lambda operation: access.lock(operation, locks, password), secured=True)

    async def kill(self, tag: Target, password: int) -> None:
        """See :meth:`MemoryReader.kill`."""
        await self._done(tag, lambda operation: access.kill(operation, password), secured=True)

    async def _done(self, tag: Target, command: Command, *, secured: bool) -> Parameter:
        """The result of a command that was carried out; ``secured``: it needs the right password."""
        found = await self._results(tag, command)
        why = access.refusal(found[0]) if found else Refusal.GONE
        if why is Refusal.GONE and found and secured and await self._answers(tag):
            # A tag falls silent at a wrong password, which LLRP 1.0.1 cannot tell from one that left.
            why = Refusal.PASSWORD
        if why is not None:
            raise refused(self._reader, tag, why)
        return found[0]

    async def _answers(self, tag: Target) -> bool:
        """Whether the tag is there for commands that need no password."""
        found = await self._results(tag, _reading(Bank.EPC, PC_WORD, 1, 0))
        return bool(found) and access.refusal(found[0]) is None

    async def _results(self, tag: Target, command: Command, *, times: int = ONCE) -> list[Parameter]:
        """What came of a command to every tag that matches, up to ``times`` times; empty if none answered."""
        self._last_operation = self._last_operation % (TID_OPERATION - 1) + 1
        operation = self._last_operation
        inbox = self._waiting[operation] = asyncio.Queue[Told]()
        ask = self._exchange.ask
        found: list[Told] = []
        try:
            await self._switch_tids("DISABLE_ACCESSSPEC")
            await ask(access.add_accessspec(COMMAND_SPEC, tag, command(operation), times=times))
            await ask(_spec("ENABLE_ACCESSSPEC"))
            try:
                async with asyncio.timeout(min(TAG_PATIENCE_S, self._exchange.timeout_s)):
                    found.append(await inbox.get())
                if times > ONCE:
                    async with asyncio.timeout(OTHERS_S):
                        found.append(await inbox.get())
            except TimeoutError:
                pass  # nobody answered, or nobody else did
        finally:
            try:
                await self._put_away()
            finally:
                del self._waiting[operation]
        while not inbox.empty():  # what the end of the AccessSpec let out
            found.append(inbox.get_nowait())
        return [self._of(tag, *each) for each in found if each is not None]

    def _of(self, tag: Target, epc: bytes | None, result: Parameter) -> Parameter:
        """The result, if it is of the tag that was meant; a reader that reads others too is not to write any.

        After a write some readers tell the EPC of before and some the new one: only reading is compared.
        """
        if result.name == "C1G2ReadOpSpecResult" and None not in {tag.epc, epc} and epc != tag.epc:
            raise refuse("The reader reads other tags than it is told to.", "RO_ACCESS_REPORT")
        return result

    async def _put_away(self) -> None:
        """Delete the AccessSpec: most readers have done so at its end, and refuse."""
        with suppress(RequestRefused):
            await self._exchange.ask(_spec("DELETE_ACCESSSPEC"))
        await self._switch_tids("ENABLE_ACCESSSPEC")

    async def _switch_tids(self, request: str) -> None:
        if self._reads_tids:
            await self._exchange.ask(_spec(request, TID_SPEC))


def _reading(bank: Bank, offset: int, words: int, password: int) -> Command:
    return lambda operation: access.read(operation, bank, offset, words, password)


def _spec(request: str, number: int = COMMAND_SPEC) -> Message:
    return Message(request, fields={"AccessSpecID": number})
