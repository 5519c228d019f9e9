"""An order of UHF tags before a screen: what it says now, and what a person may decide."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Self

from suyuan.readers.station import tag_jobs
from suyuan.readers.station.commission import Written
from suyuan.readers.station.outbox import Outbox
from suyuan.readers.station.outcome import Outcome
from suyuan.readers.station.tag_jobs import Label, Progress, TagJob
from suyuan.readers.station.tag_line import TagLine
from suyuan.trace.errors import SuyuanError

SAME_S = 2.0
"""A tag that stays where it is is told of again and again: what was said less long ago is not said anew."""

_NO_LONGER = {"LABEL_MISMATCH", "TAG_GIVEN_UP"}
"""Said of a tag that was the last one: the one before it is not to hand any more."""


class Coding:
    """The tags of one order being written while somebody looks on, from :meth:`begin` to :meth:`aclose`.

    It ends by itself, and gives the reader back, when nobody has looked for ``idle_s``. What was written
    until then is kept with its order, to be gone on with or recorded.

    What people decide about the last tag is about the one that was written while they looked on: a label that
    is scanned twice must not be compared with the tag before.

    Args:
        outbox: keeps the order.
        reader: the name of the reader that writes.
        point: the read point at which is recorded; empty: nowhere.
        locks: its tags get a password and are locked with it.
        idle_s: how long nobody may look.
    """

    def __init__(self, outbox: Outbox, reader: str, point: str, *, locks: bool, idle_s: float) -> None:
        self.reader = reader
        self.point = point
        self.locks = locks
        self.told: Written | None = None
        self.outcome: Outcome | None = None
        self.fault: SuyuanError | None = None
        self.last: Label | None = None
        self.giving_up: Label | None = None
        self.changes = 0
        self.ended = False
        self._outbox = outbox
        self._idle_s = idle_s
        self._line: TagLine | None = None
        self._progress: tuple[int, Progress] | None = None
        self._said_at = self._looked = asyncio.get_running_loop().time()
        self._watching: asyncio.Task[None] | None = None

    async def begin(self, line: TagLine) -> Self:
        """Let ``line``, which tells :meth:`say` what comes of its tags, begin to write.

        Raises:
            OutboxUnavailable: the store cannot be read.
        """
        self._line = await line.__aenter__()
        self._watching = asyncio.create_task(self._watch(), name="coding")
        return self

    async def aclose(self) -> None:
        """Give the reader back; a tag that is being written is finished first, and nothing is recorded."""
        if self._watching is not None:
            if not self.ended:  # else it is just giving the reader back
                self._watching.cancel()
            with suppress(asyncio.CancelledError):
                await self._watching
        await self._end()

    @property
    def job(self) -> TagJob:
        """What is written, as far as it had come after the last tag."""
        return self._at.job

    @property
    def paused(self) -> bool:
        """Whether no tag is written just now, because a person said so."""
        return self._at.paused

    async def look(self) -> Progress:
        """How far it has come; somebody looks.

        Raises:
            OutboxUnavailable: the store cannot be read.
        """
        self._looked = asyncio.get_running_loop().time()
        if self._progress is None or self._progress[0] != self.changes:
            changes, job = self.changes, self.job
            self._progress = changes, await self._outbox.within(lambda db: tag_jobs.progress(db, job))
        return self._progress[1]

    def say(self, written: Written) -> None:
        """Show what came of a tag."""
        before, now = self._said_at, asyncio.get_running_loop().time()
        self._said_at = now
        if self.told is not None and self.told.message == written.message and now - before < SAME_S:
            return
        self.fault = self.outcome = self.giving_up = None
        self.told = written
        if written.message.code in {"TAG_WRITTEN", *_NO_LONGER}:
            self.last = written.label
        self.changes += 1

    # What people decide

    async def pause(self) -> None:
        """Write no tag until :meth:`go_on`."""
        await self._at.pause()
        self.changes += 1

    async def go_on(self) -> None:
        """Write the tags that come."""
        self._at.go_on()
        self.changes += 1

    async def overwrite(self) -> None:
        """The tag that was left alone since it names something else may be written, and no other."""
        if self.told is not None and self.told.message.code == "TAG_TAKEN":
            self._at.encoder.overwrite(str(self.told.message.fields["tid"]))

    async def compare(self, printed: str) -> None:
        """Compare what a label says with the tag that was written last, if there is one to hand.

        Raises:
            OutboxUnavailable: what comes of it cannot be stored.
        """
        if self.last is not None:
            self._show(await self._at.encoder.compare(printed, self.last))

    async def doubt_last(self) -> None:
        """Ask whether the serial of the tag that was written last is to be given up."""
        if self.last is not None:
            self.giving_up = self.last
            self.changes += 1

    async def give_up_last(self) -> None:
        """Give that serial up; not if another tag was written since it was asked.

        Raises:
            OutboxUnavailable: it cannot be stored.
        """
        if self.giving_up is not None:
            self._show(await self._at.encoder.give_up_last(self.giving_up))

    async def keep_last(self) -> None:
        """Do not give it up after all."""
        self.giving_up = None
        self.changes += 1

    async def record(self) -> bool:
        """Record what was written as commissioned; whether all of it is, or why not is shown."""
        self.fault = self.outcome = None
        self.changes += 1
        try:
            outcome = await self._at.record()
        except SuyuanError as error:  # nobody is at work, or the store is away: the screen says so
            self.fault = error
            return False
        if outcome is not None and not outcome.sequences:
            self.outcome = outcome
            return False
        return True

    # Inside

    @property
    def _at(self) -> TagLine:
        if self._line is None:
            raise RuntimeError("begin() comes first")
        return self._line

    def _show(self, written: Written) -> None:
        self.told = None  # whatever was said a moment ago, this is new
        self.say(written)

    async def _watch(self) -> None:
        while (left_s := self._looked + self._idle_s - asyncio.get_running_loop().time()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(left_s)  # somebody may look meanwhile, which moves the end
        await self._end()

    async def _end(self) -> None:
        if not self.ended:
            self.ended = True
            await self._at.__aexit__(None, None, None)
