"""Blank UHF tags for ``suyuan bench commission``, and the reader that they are laid before.

Through the simulated driver all is in one process. Over LLRP the emulated reader and its chips are a process
of their own, which is told what to lay and asked in the end what every chip bears.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from multiprocessing.connection import Connection
from random import Random
from typing import Any, Protocol

from suyuan.readers.field import Bench
from suyuan.readers.llrp.emulator import LlrpEmulator
from suyuan.readers.reader import Reader
from suyuan.readers.registry import open_reader
from suyuan.readers.sim import SimReader
from suyuan.readers.virtual.gen2 import VirtualGen2, WriteFault, WriteFaults
from suyuan.trace.errors import Unavailable

_BLANK = bytes.fromhex("e2801191")
_PATIENCE_S = 60.0
_ROUND_S = 0.004


class Over(StrEnum):
    """What the tags are written through."""

    SIM = "sim"
    LLRP = "llrp"


@dataclass(frozen=True, slots=True)
class Borne:
    """What came of the tags: the EPC of each chip that was laid, by its TID, and which faults were drawn."""

    epcs: Mapping[str, bytes]
    faults: Mapping[str, int]


class Press(Protocol):
    """A reader that writes, and the tags before it."""

    def reader(self) -> AbstractAsyncContextManager[Reader]:
        """The reader, connected."""
        ...

    async def lay(self, number: int, *, twin: bool = False) -> None:
        """Lay this tag down alone; ``twin``: with another one beside it that is called the same."""
        ...

    async def seen(self, reader: Reader) -> bytes:
        """The EPC of a tag that the reader sees."""
        ...

    async def borne(self) -> Borne:
        """What came of all tags that were ever laid."""
        ...


class _Faults(WriteFaults):
    """Counts what goes wrong."""

    def __init__(self, chance: Random, share: float) -> None:
        super().__init__(chance.random, share / 3, share / 3, share / 3)
        object.__setattr__(self, "drawn", Counter[str]())

    drawn: Counter[str]

    def draw(self) -> WriteFault | None:
        fault = super().draw()
        if fault is not None:
            self.drawn[fault.value] += 1
        return fault


class _Roll:
    """Tags by their number, and the field in which one of them lies."""

    def __init__(self, seed: int, share: float) -> None:
        self.field = Bench()
        self.faults = _Faults(Random(seed), share)  # noqa: S311 - faults are to come again with their seed
        self.last = VirtualGen2(_BLANK)
        self._tags: dict[int, VirtualGen2] = {}
        self._twins: list[VirtualGen2] = []

    def lay(self, number: int, *, twin: bool) -> None:
        if number not in self._tags:
            self._tags[number] = VirtualGen2(_BLANK + number.to_bytes(8))
        self.last = self._tags[number]
        self.last.away = False
        self.field.clear()
        self.field.lay(1, self.last)
        if twin:
            other = VirtualGen2(self.last.epc, VirtualGen2(_BLANK + (-number).to_bytes(8, signed=True)).tid)
            self._twins.append(self.field.lay(1, other))

    def borne(self) -> Borne:
        laid = [*self._tags.values(), *self._twins]
        return Borne({tag.tid.hex().upper(): tag.epc for tag in laid}, dict(self.faults.drawn))


class SimPress:
    """The simulated driver over the tags themselves."""

    def __init__(self, seed: int, share: float) -> None:
        self._roll = _Roll(seed, share)

    def reader(self) -> AbstractAsyncContextManager[Reader]:
        """A reader that reports nothing by itself: what lies there is known."""
        return SimReader("press", now=_now, field=self._roll.field, period_s=3600.0, faults=self._roll.faults)

    async def lay(self, number: int, *, twin: bool = False) -> None:
        """See :class:`Press`."""
        self._roll.lay(number, twin=twin)

    async def seen(self, reader: Reader) -> bytes:
        """See :class:`Press`."""
        del reader
        return self._roll.last.epc

    async def borne(self) -> Borne:
        """See :class:`Press`."""
        return self._roll.borne()


class LlrpPress:
    """Our driver over TCP to an emulated reader in another process, which has the tags."""

    def __init__(self, port: int, told: Connection) -> None:
        self._port = port
        self._told = told
        self._laid = _now()

    @asynccontextmanager
    async def reader(self) -> AsyncGenerator[Reader]:
        """The driver of ``llrp://``, connected."""
        async with open_reader(f"llrp://127.0.0.1:{self._port}?session=1", now=_now) as opened:
            yield opened

    async def lay(self, number: int, *, twin: bool = False) -> None:
        """See :class:`Press`."""
        await self._ask("lay", number, twin)
        self._laid = _now()

    async def seen(self, reader: Reader) -> bytes:
        """What was reported since; what was under way may still be of the tag that lay there before."""
        while True:
            last = (await reader.receive())[-1]
            if last.last_seen >= self._laid:
                return last.epc

    async def borne(self) -> Borne:
        """See :class:`Press`."""
        found: Borne = await self._ask("borne")
        return found

    async def _ask(self, *words: object) -> Any:
        def ask() -> Any:
            self._told.send(words)
            if not self._told.poll(_PATIENCE_S):
                raise Unavailable("The emulated reader does not answer.")
            return self._told.recv()

        return await asyncio.to_thread(ask)


@asynccontextmanager
async def pressing(over: Over, seed: int, share: float) -> AsyncGenerator[Press]:
    """Tags of which ``share`` of all writes goes wrong, a third each refused, garbled and torn."""
    if over is Over.SIM:
        yield SimPress(seed, share)
        return
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, seed, share), daemon=True)
    process.start()
    try:
        if not await asyncio.to_thread(here.poll, _PATIENCE_S):
            raise Unavailable("The emulated reader does not start.")
        yield LlrpPress(here.recv(), here)
    finally:
        process.terminate()
        process.join()


def _serve(told: Connection, seed: int, share: float) -> None:
    """The reader's process: it does as it is told until it is ended."""

    async def serve() -> None:
        roll = _Roll(seed, share)
        emulator = LlrpEmulator(now=_now, field=roll.field, round_s=_ROUND_S, faults=roll.faults)
        async with emulator:
            told.send(emulator.port)
            while True:
                match await asyncio.to_thread(told.recv):
                    case ("lay", int(number), bool(twin)):
                        roll.lay(number, twin=twin)
                        told.send(None)
                    case _:
                        told.send(roll.borne())

    asyncio.run(serve())


def _now() -> datetime:
    return datetime.now(UTC)
