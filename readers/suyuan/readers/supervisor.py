"""Keeps one reader connected: reconnects, watches for silence, and counts what was lost on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

import structlog

from suyuan.readers.errors import ReaderError, TransientConnectionError
from suyuan.readers.reader import DEFAULT_QUEUE, Capabilities, Reader, ReaderHealth, ReaderInfo
from suyuan.readers.tags.access import LinkTag
from suyuan.readers.tags.gen2 import Bank, Lock, LockField
from suyuan.trace.sun import SignedBefore, SunKeys

log = structlog.get_logger(__name__)

DEGRADED_AFTER, DEAD_AFTER = 2, 4
"""Keepalive periods of silence after which a connection counts as degraded, and as dead."""


class ReaderState(StrEnum):
    """What a supervised reader is doing. ``degraded``: connected, but silent longer than promised."""

    CONNECTING = "connecting"
    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class StateChange:
    """A step of a reader from one state to another; ``retry_in_s`` is None where nothing more is tried."""

    reader: str
    state: ReaderState
    at: datetime
    reason: ReaderError | None = None
    retry_in_s: float | None = None


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before the next attempt, in seconds.

    The wait doubles from ``first_s`` to ``most_s``; up to the share ``jitter`` of it is taken off at random,
    so that a hall of readers does not come back in step. It starts anew once a connection held for
    ``stable_s``. ``most_s`` is what a person waits for at most who has just put the plug back in.
    """

    first_s: float = 0.5
    most_s: float = 10.0
    factor: float = 2.0
    jitter: float = 0.5
    stable_s: float = 10.0

    def delay_s(self, failures: int, chance: float) -> float:
        """The wait after that many failures in a row (from 1); ``chance`` lies in [0, 1)."""
        full = self.first_s
        for _ in range(failures - 1):
            if full >= self.most_s:
                break
            full *= self.factor
        return min(full, self.most_s) * (1 - self.jitter * chance)


class Supervisor(Reader):
    """A reader that comes back: itself a :class:`Reader`, whose observations go on across reconnects.

    Entering it returns at once, whether or not the device is there; what happens is told to ``on_change``.
    Its iteration ends with an error only where trying again is pointless (``ReaderError.retryable``).

    Args:
        connect: makes a new, unconnected reader for every attempt; called once at construction too, so that
            a bad address is an error there.
        now: the host's clock, aware UTC.
        chance: random numbers in [0, 1) for the jitter.
        sleep: waits that many seconds.
        on_change: told of every change of state, from within the event loop.
    """

    def __init__(
        self,
        connect: Callable[[], Reader],
        *,
        now: Callable[[], datetime],
        chance: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        backoff: Backoff | None = None,
        on_change: Callable[[StateChange], None] | None = None,
        queue: int = DEFAULT_QUEUE,
    ) -> None:
        self._reader = connect()
        super().__init__(self._reader.name, now=now, queue=queue)
        self._reconnect = connect
        self._chance = chance
        self._sleep = sleep
        self._backoff = backoff or Backoff()
        self._on_change = on_change
        self._state = ReaderState.DOWN
        self._logged: tuple[ReaderState, str | None] | None = None
        self._past = ReaderHealth(connected=False)
        self._failures = 0

    @property
    def state(self) -> ReaderState:
        """The state at this moment."""
        return self._state

    @property
    def capabilities(self) -> Capabilities:
        """Those of the reader."""
        return self._reader.capabilities

    @property
    def info(self) -> ReaderInfo | None:
        """What the device said of itself when it was last connected."""
        return self._reader.info or self._info

    def health(self) -> ReaderHealth:
        """The reader's health over all connections, with what this queue dropped too."""
        total = _added(self._past, self._reader.health())
        return replace(total, dropped=total.dropped + self._dropped)

    async def set_gpo(self, port: int, *, high: bool) -> None:
        """Switch an output of the reader; see :meth:`Reader.set_gpo`."""
        await self._reader.set_gpo(port, high=high)

    async def read_memory(
        self, epc: bytes, bank: Bank, offset: int, words: int, *, password: int = 0, tid: bytes | None = None
    ) -> bytes:
        """Read tag memory; see :meth:`Reader.read_memory`."""
        return await self._reader.read_memory(epc, bank, offset, words, password=password, tid=tid)

    async def write_memory(
        self, epc: bytes, bank: Bank, offset: int, data: bytes, *, password: int = 0, tid: bytes | None = None
    ) -> None:
        """Write tag memory; see :meth:`Reader.write_memory`."""
        await self._reader.write_memory(epc, bank, offset, data, password=password, tid=tid)

    async def write_epc(self, epc: bytes, new: bytes, *, password: int = 0, tid: bytes | None = None) -> None:
        """Write a tag's EPC; see :meth:`Reader.write_epc`."""
        await self._reader.write_epc(epc, new, password=password, tid=tid)

    async def lock_tag(
        self, epc: bytes, locks: Mapping[LockField, Lock], *, password: int = 0, tid: bytes | None = None
    ) -> None:
        """Lock parts of a tag; see :meth:`Reader.lock_tag`."""
        await self._reader.lock_tag(epc, locks, password=password, tid=tid)

    async def kill_tag(self, epc: bytes, password: int, *, tid: bytes | None = None) -> None:
        """Silence a tag; see :meth:`Reader.kill_tag`."""
        await self._reader.kill_tag(epc, password, tid=tid)

    async def read_link(self) -> LinkTag:
        """Read the tag in the field; see :meth:`Reader.read_link`."""
        return await self._reader.read_link()

    async def write_link(
        self, link: str, *, lock: bool = False, overwrite: bool = False, keys: SunKeys | None = None
    ) -> LinkTag:
        """Write the tag in the field; see :meth:`Reader.write_link`."""
        return await self._reader.write_link(link, lock=lock, overwrite=overwrite, keys=keys)

    async def renew_link(
        self, chip: bytes, before: str, after: str, *, keys: SunKeys | None = None
    ) -> LinkTag:
        """Exchange the link of the tag in the field; see :meth:`Reader.renew_link`."""
        return await self._reader.renew_link(chip, before, after, keys=keys)

    async def sign_link(
        self,
        link: str,
        keys: SunKeys,
        *,
        overwrite: bool = False,
        signed_before: SignedBefore | None = None,
    ) -> LinkTag:
        """Let the tag in the field sign; see :meth:`Reader.sign_link`."""
        return await self._reader.sign_link(link, keys, overwrite=overwrite, signed_before=signed_before)

    async def clear_link(self) -> LinkTag:
        """Empty the tag in the field; see :meth:`Reader.clear_link`."""
        return await self._reader.clear_link()

    def push(self, text: str, antenna: int = 1) -> None:
        """Feed the reader; see :meth:`Reader.push`."""
        self._reader.push(text, antenna)

    async def _connect(self) -> ReaderInfo:
        self._background(self._keep())
        return ReaderInfo()

    async def _disconnect(self) -> None:
        self._change(ReaderState.DOWN)

    async def _keep(self) -> None:
        """Connect, hand on, reconnect, until closed or hopeless."""
        while True:
            self._change(ReaderState.CONNECTING)
            up_since: datetime | None = None
            try:
                try:
                    async with self._reader as reader:
                        up_since = self._now()
                        self._info = reader.info
                        self._change(ReaderState.UP)
                        await self._serve(reader)
                finally:  # on closing, a driver takes in what it has acknowledged and not told yet
                    seen, changes = self._reader.heard()
                    self._deliver(seen)
                    for change in changes:
                        self._deliver_input(change)
            except ReaderError as error:
                await self._recover(error, self._now() - up_since if up_since else timedelta())

    async def _recover(self, error: ReaderError, lasted: timedelta) -> None:
        """Wait before the next attempt, or give up."""
        if not error.retryable:
            self._change(ReaderState.DOWN, error)
            raise error
        self._failures = 1 if lasted >= timedelta(seconds=self._backoff.stable_s) else self._failures + 1
        wait_s = self._backoff.delay_s(self._failures, self._chance())
        self._change(ReaderState.DOWN, error, wait_s)
        await self._sleep(wait_s)
        self._past = replace(_added(self._past, self._reader.health()), connected=False)
        former, self._reader = self._reader, self._reconnect()
        self._reader.take_over(former)

    async def _serve(self, reader: Reader) -> None:
        """Hand on what the reader sees, under the watchdog.

        Raises:
            ReaderError: the connection died, or fell silent for too long.
        """
        works = (self._hand_on(reader), self._hand_on_inputs(reader), self._watch(reader))
        parts = {asyncio.create_task(work) for work in works}
        try:
            done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)
        for part in done:
            part.result()

    async def _hand_on(self, reader: Reader) -> None:
        while seen := await reader.receive():
            self._deliver(seen)
        raise TransientConnectionError("The reader {reader} was closed.", reader=self.name)

    async def _hand_on_inputs(self, reader: Reader) -> None:
        """While the reader lives; of its end :meth:`_hand_on` tells, once it handed on what had come in."""
        with suppress(ReaderError):
            async for change in reader.inputs():
                self._deliver_input(change)
        await asyncio.Event().wait()

    async def _watch(self, reader: Reader) -> None:
        """Compare the time since the reader was last heard with what it promised."""
        promised_s = reader.capabilities.keepalive_s
        if promised_s is None:
            await asyncio.Event().wait()  # it promises nothing: silence means nothing
            return
        while True:
            await self._sleep(promised_s / 2)
            heard = reader.health().last_heard
            silent_s = (self._now() - heard).total_seconds() if heard else 0.0
            silence = TransientConnectionError(
                "Nothing was heard from {reader} for {seconds} s.", reader=self.name, seconds=silent_s
            )
            if silent_s > DEAD_AFTER * promised_s:
                raise silence
            if silent_s > DEGRADED_AFTER * promised_s:
                self._change(ReaderState.DEGRADED, silence)
            else:
                self._change(ReaderState.UP)

    def _change(
        self, state: ReaderState, reason: ReaderError | None = None, retry_in_s: float | None = None
    ) -> None:
        if state is self._state:
            return
        self._state = state
        self._log(state, reason)
        if self._on_change is not None:
            self._on_change(StateChange(self.name, state, self._now(), reason, retry_in_s))

    def _log(self, state: ReaderState, reason: ReaderError | None) -> None:
        """Write down what changed; attempts that fail as the one before did are one line, however many."""
        told = state, str(reason) if reason else None
        if state is ReaderState.CONNECTING or told == self._logged:
            return
        self._logged = told
        write = log.warning if reason else log.info
        write(
            "reader.state",
            reader=self.name,
            state=str(state),
            code=reason.code if reason else None,
            reason=told[1],
        )


def _added(past: ReaderHealth, present: ReaderHealth) -> ReaderHealth:
    return ReaderHealth(
        present.connected,
        present.last_heard or past.last_heard,
        past.reads + present.reads,
        past.dropped + present.dropped,
        past.truncated + present.truncated,
        present.clock_offset_s if present.clock_offset_s is not None else past.clock_offset_s,
        past.garbled + present.garbled,
        past.repeated + present.repeated,
        present.antennas_out,
    )
