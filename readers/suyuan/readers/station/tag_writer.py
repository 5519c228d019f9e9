"""Writing the links of a job on tags, one tag after the other, each exactly once.

A tag comes, is looked at, written, read back and compared by the driver, and the link counts as used once
that is on the disk; only then the screen turns green. Before a tag is touched its UID is stored with the link
(:mod:`suyuan.readers.station.tag_jobs`), so that neither a torn writing nor the end of this process leaves a
link that might be on two tags, or on none without anybody's knowing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Literal, Self, TypeVar

from suyuan.readers.errors import (
    ReaderError,
    SeveralTags,
    TagLocked,
    TagLost,
    TagTaken,
    TagTooSmall,
    TagUnsupported,
    TagWriteError,
    UnsupportedOperation,
)
from suyuan.readers.observation import Observation
from suyuan.readers.station import tag_jobs
from suyuan.readers.station.intake import Intake
from suyuan.readers.station.memory import Connection
from suyuan.readers.station.outbox import Outbox
from suyuan.readers.station.outcome import Outcome
from suyuan.readers.station.tag_jobs import Label, TagJob
from suyuan.readers.station.tag_record import Books, Perform, Performed, record
from suyuan.readers.station.words import State
from suyuan.readers.tags.access import LinkTag, uid_of
from suyuan.trace.errors import Conflict, SuyuanError
from suyuan.trace.sun.renewal import without_secret

_T = TypeVar("_T")
IDLE_S = 600.0
"""A writing that nobody looks at ends: the reader belongs to the read points again."""
_UNTOUCHED = (TagTaken, TagLocked, TagTooSmall, TagUnsupported, UnsupportedOperation, SeveralTags)
"""What a driver finds out before it writes anything."""

Offer = Literal["", "overwrite", "destroyed", "again"]


class NothingToTakeBack(Conflict):
    """There is no last tag, or what was written is recorded already."""

    code = "no-tag-to-take-back"
    title = "No tag can be taken back"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person chose: the job, the reader ``reader``, ``lock`` after writing, ``point`` to record at.

    ``point`` is empty where nothing is to be recorded.
    """

    job: TagJob
    reader: str
    lock: bool = False
    point: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What the screen says: ``key`` of its words, the ``label`` and ``tid`` that it is about, an ``error``.

    ``offer`` is what a person may decide now. ``count`` changes with every new thing that is said.
    """

    state: State
    key: str
    label: Label | None = None
    tid: str = ""
    error: SuyuanError | None = None
    offer: Offer = ""
    sequences: tuple[int, ...] = ()
    count: int = 0


@dataclass(frozen=True, slots=True)
class Parts:
    """What a writer works with; ``today`` is the station's own day, ``is_badge`` knows the staff's EPCs."""

    outbox: Outbox
    intake: Intake
    perform: Perform
    performed: Performed
    now: Callable[[], datetime]
    today: Callable[[], date]
    idle_s: float = field(default=IDLE_S)
    is_badge: Callable[[str], bool] = lambda _: False


class TagWriter:
    """One job being written with one reader: an async context manager."""

    def __init__(self, wish: Wish, parts: Parts) -> None:
        self.wish = wish
        self.job = wish.job
        self.told = Told(State.READY, "lay")
        self.next: Label | None = None
        self.last: Sequence[Label] = ()
        self.rejects: Sequence[tuple[int, str, str]] = ()
        self.taking_back: Label | None = None
        self._may_overwrite = ""  # the UID of the tag of which a person said so
        self.ended = False
        self._parts = parts
        self._lock = asyncio.Lock()
        self._came = asyncio.Event()
        self._looked = asyncio.get_running_loop().time()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Take the reader over; a tag that lies there already is written.

        Raises:
            WrongUse: the reader is not there, or cannot write.
            OutboxUnavailable: the store cannot be read.
        """
        self._parts.intake.writer(self.wish.reader)
        await self._refresh()
        if self.job.finished:
            self._say(State.DONE, "finished")
        elif self.next is not None and self.next.state == "open":
            self._say(State.ATTENTION, "doubt", self.next, self.next.tid, offer="destroyed")
        self._parts.intake.divert(self.wish.reader, self._see)
        self._task = asyncio.create_task(self._run(), name="tag writer")
        self._came.set()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Give the reader back; what is being written is finished first."""
        async with self._lock:
            self._give_back()
            if self._task is not None and self._task is not asyncio.current_task():
                self._task.cancel()
                with suppress(asyncio.CancelledError):
                    await self._task

    def look(self) -> None:
        """Somebody looks at the page."""
        self._looked = asyncio.get_running_loop().time()

    # What people decide

    async def overwrite(self) -> None:
        """Write the tag that was refused since it names something else, and no other.

        If the reader has just lost it, it is written when it is seen again, unless another comes first.
        """
        async with self._lock:
            if self.told.offer == "overwrite":
                self._may_overwrite = self.told.tid
                await self._tag()

    async def destroyed(self) -> None:
        """The tag that the link may be on will never be used: its link is free for the next tag."""
        async with self._lock:
            label = self.next
            if label is not None and label.state == "open":
                now = self._parts.now()
                await self._within(lambda db: tag_jobs.reject(db, label, label.tid, "torn", now))
                await self._refresh()
                self.taking_back = None
                self._say(State.READY, "rejected", label, label.tid)
        self._came.set()

    async def again(self) -> None:
        """Look at the tag that lies there once more, or record once more what could not be recorded."""
        if self.told.key == "not-recorded":
            await self.record()
        else:
            self._came.set()

    async def take_back(self) -> None:
        """From now on the last tag, laid on the reader again, is emptied and its link is free.

        Raises:
            NothingToTakeBack: there is none, or it is part of an event.
        """
        async with self._lock:
            last = self.last[0] if self.last else None
            if last is None or last.batch is not None:
                raise NothingToTakeBack(
                    "There is no last tag that could be taken back.",
                    where="job",
                    remedy="What is recorded is undone on the station's page.",
                )
            self.taking_back = last
            self._say(State.READY, "take-back", last, last.tid)

    async def keep(self) -> None:
        """Do not take the last tag back after all."""
        async with self._lock:
            self.taking_back = None
            self._say(State.READY, "lay")

    async def record(self) -> Outcome | None:
        """Record what was written as produced; None where nothing is to be.

        Each batch is one commissioning event, whose order id makes that it is recorded once.
        """
        async with self._lock:
            return await self._record()

    # A tag

    def _see(self, _seen: Observation) -> None:
        self._came.set()

    async def _run(self) -> None:
        while (left_s := self._looked + self._parts.idle_s - asyncio.get_running_loop().time()) > 0:
            try:
                async with asyncio.timeout(left_s):
                    await self._came.wait()
            except TimeoutError:
                continue  # somebody may have looked meanwhile
            self._came.clear()
            async with self._lock:
                await self._tag()
        self._give_back()

    def _give_back(self) -> None:
        """The reader belongs to the read points again."""
        if not self.ended:
            self.ended = True
            self._parts.intake.divert(self.wish.reader, None)

    async def _tag(self) -> None:
        """Deal with the tag that lies there; whatever comes of it is told."""
        try:
            reader = self._parts.intake.writer(self.wish.reader)
            found = await reader.read_link()
        except TagLost:
            return  # it is gone again, or none lay there yet
        except SuyuanError as error:
            self._fail(error)
            return
        try:
            await self._deal(found)
        except SuyuanError as error:
            self._fail(error, found.tid.hex().upper())

    async def _deal(self, found: LinkTag) -> None:
        tid = uid_of(found)
        if self._may_overwrite != tid:
            self._may_overwrite = ""
        await self._refresh()  # the disk decides, not what we believed before something failed
        if (original := found.original) is not None:
            await self._within(lambda db: tag_jobs.note_original(db, tid, original=original))
        found = replace(found, text=without_secret(found.text))  # the secret is no part of whose link it is
        known = await self._within(lambda db: tag_jobs.by_link(db, found.text)) if found.text else None
        if self.taking_back is not None:
            await self._empty(self.taking_back, found, tid)
        elif known is not None and known.state == "used" and known.tid == tid:
            if not (self.told.state is State.DONE and self.told.tid == tid):  # it has not been lifted yet
                self._say(State.READY, "done-before", known, tid)
        elif self.next is None:
            self._say(State.DONE, "finished")
        elif known is not None and known.link == self.next.link:
            await self._write(self.next, found, tid, overwrite=False)
        elif self.next.state == "open" and self.next.tid != tid:
            self._say(State.ATTENTION, "doubt", self.next, self.next.tid, offer="destroyed")
        elif known is not None and known.state == "used" and self._may_overwrite != tid:
            self._say(State.STOP, "double", known, tid, offer="overwrite")
        else:
            await self._write(self.next, found, tid, overwrite=bool(self._may_overwrite))

    async def _write(self, label: Label, found: LinkTag, tid: str, *, overwrite: bool) -> None:
        """Write, or find written already, and count it once it is on the disk."""
        reader = self._parts.intake.writer(self.wish.reader)
        if found.text != label.link or (self.wish.lock and found.writable):
            await self._within(lambda db: tag_jobs.begin(db, label, tid))
            self._say(State.READING, "writing", label, tid)
            try:
                done = await reader.write_link(label.link, lock=self.wish.lock, overwrite=overwrite)
            except _UNTOUCHED as error:
                await self._within(lambda db: tag_jobs.release(db, label))
                self._fail(error, tid)
                return
            except ReaderError as error:
                await self._torn(label, tid, error)
                return
            tid = done.tid.hex().upper()
        now = self._parts.now()
        await self._within(lambda db: tag_jobs.use(db, label, tid, now))
        self._may_overwrite = ""
        await self._refresh()
        self._say(State.DONE, "written", self.last[0] if self.last else label, tid)
        if self.job.finished:
            await self._finish()

    async def _torn(self, label: Label, tid: str, error: ReaderError) -> None:
        """What a failed writing leaves: a bad tag that is still there, or one of which nothing is known."""
        if isinstance(error, TagWriteError):
            with suppress(ReaderError):
                left = await self._parts.intake.writer(self.wish.reader).read_link()
                if left.tid.hex().upper() == tid and left.text != label.link:
                    now = self._parts.now()
                    await self._within(lambda db: tag_jobs.reject(db, label, tid, error.code, now))
                    await self._refresh()
                    self._say(State.ATTENTION, "bad-tag", label, tid, error)
                    return
        await self._refresh()
        self._say(State.ATTENTION, "doubt", label, tid, error, offer="destroyed")

    async def _empty(self, label: Label, found: LinkTag, tid: str) -> None:
        """Take a tag back: its link is in doubt from here on, and free once the tag is empty."""
        if tid != label.tid or found.text not in {"", label.link}:
            self._say(State.ATTENTION, "take-back-other", label, label.tid)
            return
        await self._within(lambda db: tag_jobs.begin(db, label, tid))
        self.taking_back = None
        try:
            if found.text:
                await self._parts.intake.writer(self.wish.reader).clear_link()
        except (TagLocked, TagUnsupported, UnsupportedOperation, SeveralTags) as error:
            await self._within(lambda db: tag_jobs.release(db, label))
            self._fail(error, tid)
            return
        except ReaderError as error:
            await self._refresh()
            self._say(State.ATTENTION, "doubt", label, tid, error, offer="destroyed")
            return
        await self._within(lambda db: tag_jobs.free(db, label))
        await self._refresh()
        self._say(State.READY, "taken-back", label, tid)

    # The end of a job

    async def _finish(self) -> None:
        if not self.wish.point:
            self._say(State.DONE, "finished", self.told.label, self.told.tid)
            return
        try:
            await self._record()
        except SuyuanError as error:  # the tag is written and counted; it is the record that is not there
            self._say(State.STOP, "not-recorded", error=error, offer="again")

    async def _record(self) -> Outcome | None:
        if not self.wish.point or not self.job.subject:
            return None
        parts = self._parts
        outcome = await record(
            self.job, self.wish.point, Books(parts.outbox, parts.perform, parts.performed, parts.today)
        )
        if outcome is not None and not outcome.sequences:
            self._say(State.STOP, "not-recorded", offer="again")
            return outcome
        await self._refresh()
        if outcome is not None:
            key = "finished-recorded" if self.job.finished else "recorded"
            self._say(State.DONE, key, sequences=outcome.sequences)
        return outcome

    # Inside

    def _fail(self, error: SuyuanError, tid: str = "") -> None:
        offer: Offer = "overwrite" if isinstance(error, TagTaken) else "again"
        state = State.ATTENTION if isinstance(error, ReaderError) else State.STOP
        self._say(state, "failed", self.next, tid, error, offer=offer)

    def _say(
        self,
        state: State,
        key: str,
        label: Label | None = None,
        tid: str = "",
        error: SuyuanError | None = None,
        *,
        offer: Offer = "",
        sequences: tuple[int, ...] = (),
    ) -> None:
        self.told = Told(state, key, label, tid, error, offer, sequences, self.told.count + 1)

    async def _refresh(self) -> None:
        number = self.job.id
        found = await self._within(lambda db: tag_jobs.job(db, number))
        self.job = found or self.job
        self.next = await self._within(lambda db: tag_jobs.following(db, number))
        self.last = await self._within(lambda db: tag_jobs.last_used(db, number, 10))
        self.rejects = (await self._within(lambda db: tag_jobs.rejects(db, number)))[:10]

    async def _within(self, work: Callable[[Connection], _T]) -> _T:
        return await self._parts.outbox.within(work)
