"""Drivers whose library blocks: whatever touches the device happens in one thread, one thing at a time.

The thread takes turns: a driver's :meth:`BlockingReader._turn` waits a moment for something to be seen, and
between two turns the operations that callers asked for are carried out. So a vendor's library is never
entered twice, and a slow event loop slows the reading down instead of filling the memory.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, TypeVar

import structlog

from suyuan.readers.errors import TransientConnectionError
from suyuan.readers.observation import Observation
from suyuan.readers.reader import DEFAULT_QUEUE, ReaderDriver, ReaderInfo

log = structlog.get_logger(__name__)

Answer = TypeVar("Answer")

TURN_S = 0.2
"""How long a turn waits for something to be seen: the latency of operations and of closing."""
RELEASE_S = 5.0
"""How long closing waits for a library that does not return; then its thread is left to itself."""


class BlockingReader(ReaderDriver):
    """What drivers over blocking libraries share; they implement ``_open``, ``_turn`` and ``_release``."""

    def __init__(self, name: str, *, now: Callable[[], datetime], queue: int = DEFAULT_QUEUE) -> None:
        super().__init__(name, now=now, queue=queue)
        self._thread: ThreadPoolExecutor | None = None
        self._left = asyncio.Event()

    @abstractmethod
    def _open(self) -> ReaderInfo:
        """In the thread: take hold of the device; raises a ReaderError. ``_release`` is called after it."""

    @abstractmethod
    def _turn(self) -> Sequence[Observation]:
        """In the thread: what was seen since the last turn; waits at most :data:`TURN_S` for something.

        Raises:
            ReaderError: the device is gone.
        """

    @abstractmethod
    def _release(self) -> None:
        """In the thread: let go of everything, in whatever state; called once, never raises."""

    async def _connect(self) -> ReaderInfo:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"reader {self.name}")
        info = await asyncio.get_running_loop().run_in_executor(self._thread, self._open)
        self._background(self._take_turns(self._thread))
        return info

    async def _disconnect(self) -> None:
        thread, self._thread = self._thread, None
        if thread is not None:
            release = asyncio.get_running_loop().run_in_executor(thread, self._release)
            if not (await asyncio.wait([release], timeout=RELEASE_S))[0]:
                log.warning("reader.library_hangs", reader=self.name)
            else:
                release.result()
            self._left.set()
            thread.shutdown(wait=False)

    async def _take_turns(self, thread: ThreadPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        while True:
            seen = await loop.run_in_executor(thread, self._turn)
            if seen:
                self._deliver(seen)
            else:
                self._heard()

    async def _ask(self, deed: Callable[[], Answer]) -> Answer:
        """Carry out ``deed`` in the thread, between two turns.

        Raises:
            TransientConnectionError: the reader is not connected, or was given up before it was done.
        """
        if self._thread is None or not self._connected:
            raise TransientConnectionError("The reader {reader} is not connected.", reader=self.name)
        answer = asyncio.get_running_loop().run_in_executor(self._thread, deed)
        left = asyncio.ensure_future(self._left.wait())
        ends: list[asyncio.Future[Any]] = [answer, left]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            answered = answer.done()
        finally:
            for end in ends:  # what has not begun is not to be done any more
                end.cancel()
        if not answered:
            raise TransientConnectionError("The reader {reader} does not answer any more.", reader=self.name)
        return answer.result()
