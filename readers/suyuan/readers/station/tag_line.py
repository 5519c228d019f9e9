"""A reader at which UHF tags of one work order are written as they come, each by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Self

from suyuan.readers.observation import Observation
from suyuan.readers.station.commission import Encoder, Written
from suyuan.readers.station.intake import Intake
from suyuan.readers.station.outcome import Outcome
from suyuan.readers.station.tag_jobs import TagJob
from suyuan.readers.station.tag_record import Books, record
from suyuan.readers.station.words import Message
from suyuan.trace.errors import SuyuanError

SETTLE_S = 0.15
"""How long the field is looked at before a tag in it is written: is there only one?"""
MOST_REMEMBERED = 1_000
"""Tags that were dealt with and may still lie there."""


class TagLine:
    """Tags being written for one job with one reader: an async context manager.

    What comes of each tag is told to ``tell``. Tags that are done may stay in the field; of several that are
    not, none is written.

    Args:
        encoder: writes them.
        intake: has the reader, which belongs to the line meanwhile.
        reader: its name.
        books: where what was written is recorded.
        point: the read point at which; empty: nowhere, as yet.
        tell: told what came of a tag.
        settle_s: how long the field is looked at first.
    """

    def __init__(
        self,
        encoder: Encoder,
        intake: Intake,
        reader: str,
        *,
        books: Books,
        point: str,
        tell: Callable[[Written], None],
        settle_s: float = SETTLE_S,
    ) -> None:
        self.encoder = encoder
        self.fault: SuyuanError | None = None
        self._intake = intake
        self._reader = reader
        self._books = books
        self._point = point
        self._tell = tell
        self._settle_s = settle_s
        self._seen: dict[bytes, None] = {}
        self._done: dict[bytes, None] = {}
        self._came = asyncio.Event()
        self._paused = False
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    @property
    def job(self) -> TagJob:
        """What is written, as far as it had come after the last tag."""
        return self.encoder.job

    async def __aenter__(self) -> Self:
        """Take the reader over.

        Raises:
            OutboxUnavailable: the store cannot be read.
        """
        await self.encoder.refresh()
        self._intake.divert(self._reader, self._see)
        self._task = asyncio.create_task(self._run(), name="tag line")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Give the reader back; a tag that is being written is finished first."""
        async with self._lock:
            self._intake.divert(self._reader, None)
            if self._task is not None:
                self._task.cancel()
                with suppress(asyncio.CancelledError):
                    await self._task

    @property
    def paused(self) -> bool:
        """Whether no tag is written until :meth:`go_on`."""
        return self._paused

    async def pause(self) -> None:
        """Write no tag from now on; one that is being written is finished first."""
        async with self._lock:
            self._paused = True
            self._seen.clear()

    def go_on(self) -> None:
        """Write the tags that are seen from now on."""
        self._paused = False

    async def record(self) -> Outcome | None:
        """Record what was written as commissioned; None where there is nothing more, or no place for it."""
        return await record(self.job, self._point, self._books) if self._point else None

    def _see(self, seen: Observation) -> None:
        if seen.epc and seen.epc not in self._done and not self._paused:
            self._seen[seen.epc] = None
            self._came.set()

    async def _run(self) -> None:
        while True:
            await self._came.wait()
            await asyncio.sleep(self._settle_s)
            self._came.clear()
            epcs, self._seen = [epc for epc in self._seen if epc not in self._done], {}
            try:
                async with self._lock:
                    if not self._paused:  # it may have been while the field was looked at
                        await self._deal(epcs)
            except SuyuanError as error:  # the store: nothing of it counts, and the screen says why
                self.fault = error
                self._tell(Written(Message("QUEUE_FULL", {"reason": error.detail})))

    async def _deal(self, epcs: list[bytes]) -> None:
        if len(epcs) != 1:
            if epcs:
                self._tell(Written(Message("SEVERAL_TAGS", {"count": len(epcs)})))
            return
        written = await self.encoder.encode(epcs[0])
        if written.epc:
            self._done[written.epc] = None
            while len(self._done) > MOST_REMEMBERED:
                self._done.pop(next(iter(self._done)))
        self._seen.clear()  # what was reported meanwhile is about the tag as it was before
        self.fault = None
        if written.message.code != "NO_READ":
            await self.encoder.refresh()
            self._tell(written)
