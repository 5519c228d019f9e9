"""The one interface of all readers, and what every driver shares.

A driver subclasses :class:`ReaderDriver`, implements two primitives, :meth:`Reader._connect` and
:meth:`Reader._disconnect`, and calls :meth:`Reader._deliver` for what it sees and :meth:`Reader._fail` when
it dies. The base owns the rest: the bounded queue with counted drops, iteration, the counters and a close
that can be called twice.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any, ClassVar, Self

from suyuan.readers.address import COMMON_OPTIONS, Option, ReaderAddress
from suyuan.readers.errors import ProtocolError, ReaderError, TruncatedMessage
from suyuan.readers.observation import InputChange, Observation, packed, unpacked
from suyuan.readers.operations import Operations
from suyuan.readers.tape import Tape
from suyuan.trace.errors import SuyuanError, WrongUse

DEFAULT_QUEUE = 10_000
"""Observations kept for a slow consumer unless told otherwise (some 10 s of a fast reader)."""
KEPT_INPUTS = 1_000
"""Changes of inputs kept for whoever asks for them; of more, the oldest go."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a driver can tell and do. ``keepalive_s``: something is heard at least this often, or None.

    ``gpi``, ``gpo``: it has inputs, outputs.
    ``memory``: it reads and writes the memory of UHF tags and their EPC; ``lock``, ``kill``: those too.
    ``link``: it reads links and symbols, told as ``Observation.text``; ``write_link``: it also writes them,
    ``sign_link``: so that chips which can sign each tap;
    ``push``: it is fed from outside (a page, a phone).
    """

    antennas: bool = True
    rssi: bool = False
    tid: bool = False
    device_clock: bool = False
    gpi: bool = False
    gpo: bool = False
    memory: bool = False
    lock: bool = False
    kill: bool = False
    link: bool = False
    write_link: bool = False
    sign_link: bool = False
    push: bool = False
    keepalive_s: float | None = None


@dataclass(frozen=True, slots=True)
class ReaderInfo:
    """What the device says of itself; empty text where it says nothing."""

    model: str = ""
    firmware: str = ""
    serial: str = ""
    antennas: tuple[int, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class ReaderHealth:
    """How a reader fares.

    ``reads`` counts observations that came in, ``dropped`` those of them that a slow consumer lost,
    ``truncated`` reports that a dying connection cut off, ``garbled`` reports left out because they could
    not be understood, ``repeated`` sightings not told because they had been told before.
    ``clock_offset_s`` is device minus host.
    ``antennas_out`` are those that the device says are not plugged in any more.
    """

    connected: bool
    last_heard: datetime | None = None
    reads: int = 0
    dropped: int = 0
    truncated: int = 0
    clock_offset_s: float | None = None
    garbled: int = 0
    repeated: int = 0
    antennas_out: tuple[int, ...] = ()


class Reader(Operations, ABC):
    """A connection to one reader: an async context manager that is entered once.

    Args:
        name: stands in every observation as ``reader``.
        now: the host's clock, aware UTC.
        queue: how many observations wait for a slow consumer before the oldest are dropped (and counted).
    """

    KEEPS_RAW: ClassVar[bool] = False
    """Whether the driver gives what the device sends to :meth:`_raw`; else a tape keeps its observations."""

    def __init__(self, name: str, *, now: Callable[[], datetime], queue: int = DEFAULT_QUEUE) -> None:
        self.name = name
        self._now = now
        self._queue: deque[Observation] = deque()
        self._limit = queue
        self._signal = asyncio.Event()
        self._inputs: deque[InputChange] = deque(maxlen=KEPT_INPUTS)
        self._input_signal = asyncio.Event()
        self._entered = False
        self._connected = False
        self._closed = False
        self._error: ReaderError | None = None
        self._last_heard: datetime | None = None
        self._reads = 0
        self._dropped = 0
        self._truncated = 0
        self._garbled = 0
        self._repeated = 0
        self._clock_offset_s: float | None = None
        self._antennas_out: set[int] = set()
        self._info: ReaderInfo | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._tape: Tape | None = None

    # What callers use

    @property
    @abstractmethod
    def capabilities(self) -> Capabilities:
        """What this driver can tell and do."""

    @property
    def info(self) -> ReaderInfo | None:
        """What the device said of itself, or None before it was first connected."""
        return self._info

    async def __aenter__(self) -> Self:
        if self._entered or self._closed:
            raise WrongUse(
                "The reader {reader} was opened before.", remedy="Open a new one.", reader=self.name
            )
        self._entered = True
        if self._tape is not None:
            self._tape.begin(self._now())
        try:
            self._info = await self._connect()
        except BaseException as error:
            await self.aclose()
            if isinstance(error, Exception) and not isinstance(error, SuyuanError):
                raise self._own_fault(error) from error
            raise
        if self._error is None:
            self._connected = True
        self._heard()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Give up the connection. Further calls do nothing; what waits in the queue can still be read."""
        if self._closed:
            return
        self._closed = True
        self._connected = False
        self._wake_all()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._disconnect()
        if self._tape is not None:
            self._tape.close()

    async def observations(self) -> AsyncIterator[Observation]:
        """The observations in the order in which they came in, until the reader is closed.

        Several iterations at once share the queue: each observation goes to one of them.

        Raises:
            ReaderError: the connection died; raised after what had come in before was handed out.
        """
        while True:
            while self._queue:
                yield self._queue.popleft()
            if not await self._more(self._queue, self._signal):
                return

    async def inputs(self) -> AsyncIterator[InputChange]:
        """Changes of the reader's inputs as they come, until it is closed; nothing where it has none.

        Raises:
            ReaderError: the connection died; raised after what had come in before was handed out.
        """
        while True:
            while self._inputs:
                yield self._inputs.popleft()
            if not await self._more(self._inputs, self._input_signal):
                return

    async def receive(self, most: int = 1_000) -> list[Observation]:
        """All observations that wait (at most ``most``); waits for the first; empty when closed.

        Raises:
            ReaderError: the connection died and nothing waits any more.
        """
        while not self._queue:
            if not await self._more(self._queue, self._signal):
                return []
        return [self._queue.popleft() for _ in range(min(most, len(self._queue)))]

    def health(self) -> ReaderHealth:
        """The counters and the state of the connection at this moment."""
        return ReaderHealth(
            self._connected,
            self._last_heard,
            self._reads,
            self._dropped,
            self._truncated,
            self._clock_offset_s,
            self._garbled,
            self._repeated,
            tuple(sorted(self._antennas_out)),
        )

    def take_over(self, former: Reader) -> None:
        """Go on where ``former``, a reader of the same address whose connection died, had to stop.

        Called before this one is entered, once the other is closed. A driver that remembers something
        beyond a connection, such as what it has told already, takes it from there.
        """
        del former

    def record(self, tape: Tape) -> None:
        """Keep what the device sends on ``tape``, from the connection on; closed with the reader.

        What :mod:`suyuan.readers.replay` plays again.
        """
        self._tape = tape

    def take_raw(self, data: bytes) -> None:
        """Decode what a tape of this driver kept, as if the device had just sent it; for replays.

        Raises:
            ReaderError: it is not what this driver's devices send.
        """
        try:
            seen = unpacked(data, self.name)
        except ValueError as error:
            raise ProtocolError("The recording holds what is no observation.", where=self.name) from error
        if isinstance(seen, InputChange):
            self._deliver_input(seen)
        else:
            self._deliver([seen])

    def heard(self) -> tuple[list[Observation], list[InputChange]]:
        """Everything that waits, without waiting; nothing of it comes again."""
        seen, inputs = list(self._queue), list(self._inputs)
        self._queue.clear()
        self._inputs.clear()
        return seen, inputs

    # What drivers implement and call

    @abstractmethod
    async def _connect(self) -> ReaderInfo:
        """Connect and start to deliver; raises a ReaderError. After a failure ``_disconnect`` is called."""

    @abstractmethod
    async def _disconnect(self) -> None:
        """Release everything that ``_connect`` acquired, in whatever state; called once, never raises."""

    def _deliver(self, seen: Sequence[Observation]) -> None:
        """Queue what was seen; over the limit the oldest go, and are counted."""
        self._heard()
        self._reads += len(seen)
        self._queue.extend(seen)
        if self._tape is not None and not self.KEEPS_RAW:
            for each in seen:
                self._tape.add(packed(each), self._now())
        excess = len(self._queue) - self._limit
        if excess > 0:
            for _ in range(excess):
                self._queue.popleft()
            self._dropped += excess
        if seen:
            self._signal.set()

    def _deliver_input(self, change: InputChange) -> None:
        """Queue a change of an input; over the limit the oldest go."""
        self._heard()
        self._inputs.append(change)
        if self._tape is not None and not self.KEEPS_RAW:
            self._tape.add(packed(change), self._now())
        self._input_signal.set()

    def _raw(self, data: bytes) -> None:
        """Keep a report as the device sent it, before it is decoded, where it is recorded."""
        if self._tape is not None:
            self._tape.add(data, self._now())

    def _heard(self) -> None:
        """The device gave a sign of life."""
        self._last_heard = self._now()

    def _fail(self, error: ReaderError) -> None:
        """The connection is dead; the first reason stands."""
        self._connected = False
        if self._error is None:
            self._error = error
            self._truncated += isinstance(error, TruncatedMessage)
        self._wake_all()

    def _background(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a part of the driver as a task: its error is the reader's, closing ends it."""
        task = asyncio.create_task(work, name=f"reader {self.name}")
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    # Inside

    def _wake_all(self) -> None:
        self._signal.set()
        self._input_signal.set()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, ReaderError):
            self._fail(error)
        elif error is not None:
            failure = self._own_fault(error)
            failure.__cause__ = error
            self._fail(failure)

    def _own_fault(self, error: BaseException) -> ReaderError:
        """What a driver raised that no driver may raise: a fault of its program, not of the device."""
        return ReaderError(
            "The driver of {reader} failed: {reason}",
            remedy=whose_fault(type(self).__module__),
            reader=self.name,
            reason=repr(error),
        )

    async def _more(self, queue: Sequence[object], signal: asyncio.Event) -> bool:
        """Wait until something waits (true) or nothing will come any more (false, or the reader's error)."""
        while not queue:
            if self._closed:
                return False
            if self._error is not None:
                raise self._error
            signal.clear()
            await signal.wait()
        return True


def whose_fault(module: str) -> str:
    """Whom to tell of a fault of the program of the driver in ``module``."""
    if module.startswith("suyuan."):
        return "Report it as a fault of Suyuan, with the log; other readers work without it."
    return "Tell whoever made it; other readers work without it."


class ReaderDriver(Reader):
    """A reader that an address can name; what the registry loads and third parties subclass."""

    OPTIONS: ClassVar[tuple[Option, ...]] = COMMON_OPTIONS
    """Options that the driver's URL may carry."""

    @classmethod
    @abstractmethod
    def from_address(cls, address: ReaderAddress, *, now: Callable[[], datetime]) -> Self:
        """A reader for this address, not yet connected.

        Raises:
            ReaderConfigError: the address or an option cannot be right.
        """
