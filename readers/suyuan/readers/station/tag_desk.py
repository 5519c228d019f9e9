"""Where tags are written at a station: the jobs that it knows, and the one writing that is under way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack

from suyuan.readers.station import work_order
from suyuan.readers.station.commission import PLAIN, Encoder, Manner, Written
from suyuan.readers.station.commission_screen import Coding
from suyuan.readers.station.tag_fetch import TagShelf
from suyuan.readers.station.tag_jobs import TagJob
from suyuan.readers.station.tag_line import TagLine
from suyuan.readers.station.tag_record import Books
from suyuan.readers.station.tag_writer import Parts, TagWriter, Wish
from suyuan.readers.station.work_order import WorkOrder
from suyuan.trace.errors import WrongUse


class TagDesk:
    """The writing of tags at one station: one job, with one reader, at a time."""

    def __init__(self, shelf: TagShelf, parts: Parts) -> None:
        self.shelf = shelf
        self._parts = parts
        self._writer: TagWriter | None = None
        self._coding: Coding | None = None
        self._held = AsyncExitStack()

    @property
    def writer(self) -> TagWriter | None:
        """What is being written, or None; a writing that nobody looked at for long has ended."""
        return None if self._writer is None or self._writer.ended else self._writer

    @property
    def coding(self) -> Coding | None:
        """The order of UHF tags that is being written before a screen, or None."""
        return None if self._coding is None or self._coding.ended else self._coding

    def readers(self) -> Sequence[str]:
        """The names of the readers that are there and can write tags."""
        return self._parts.intake.writers()

    def encoders(self) -> Sequence[str]:
        """The names of the readers that are there and can write UHF tags."""
        return self._parts.intake.encoders()

    async def start(self, wish: Wish) -> TagWriter:
        """Begin to write.

        Raises:
            WrongUse: a writing is under way, or the reader is not there or cannot write.
            OutboxUnavailable: the store cannot be read.
        """
        self._see_free()
        if wish.job.finished and not wish.point:
            raise WrongUse(
                "The job {job} is finished: every link is on a tag.",
                where="job",
                remedy="Choose another job; on the platform's page Labels more can be made.",
                job=wish.job.id,
            )
        await self._held.aclose()
        self._writer = await self._held.enter_async_context(TagWriter(wish, self._parts))
        return self._writer

    async def commission(
        self,
        order: WorkOrder | TagJob,
        reader: str,
        *,
        point: str,
        tell: Callable[[Written], None],
        manner: Manner = PLAIN,
    ) -> TagLine:
        """A line that writes the tags of ``order`` with ``reader``, to be entered; what comes is told.

        A work order is kept from now on, with its serials, whatever becomes of this process. A job of the
        platform, whose serials it leased, comes from the shelf: ``shelf.take(number, uhf=True)``.

        Raises:
            WrongUse: a writing is under way, or the reader is not there or cannot write UHF tags.
            InvalidInput, SerialsTaken: the order cannot be carried out.
            OutboxUnavailable: it cannot be stored.
        """
        self._see_free()
        parts = self._parts
        parts.intake.encoder(reader)
        job = (
            order
            if isinstance(order, TagJob)
            else await parts.outbox.within(lambda db: work_order.take(db, order, parts.now()))
        )
        books = Books(parts.outbox, parts.perform, parts.performed, parts.today)
        encoder = Encoder(
            job,
            lambda: parts.intake.encoder(reader),
            parts.outbox,
            now=parts.now,
            manner=manner,
            called=reader,
            is_badge=parts.is_badge,
        )
        return TagLine(encoder, parts.intake, reader, books=books, point=point, tell=tell)

    async def code(
        self, order: WorkOrder | TagJob, reader: str, *, point: str, manner: Manner = PLAIN
    ) -> Coding:
        """Begin to write the tags of ``order`` before a screen; otherwise as :meth:`commission`."""
        self._see_free()
        await self._held.aclose()
        parts = self._parts
        coding = Coding(parts.outbox, reader, point, locks=manner.password > 0, idle_s=parts.idle_s)
        line = await self.commission(order, reader, point=point, tell=coding.say, manner=manner)
        self._coding = await coding.begin(line)
        self._held.push_async_callback(coding.aclose)
        return coding

    def _see_free(self) -> None:
        if self.writer is not None or self.coding is not None:
            raise WrongUse("A job is being written already.", where="job", remedy="End it first.")

    async def end(self) -> None:
        """Record what was written, if that was chosen, and give the reader back.

        What cannot be recorded keeps the writing open, and its screen says why.
        """
        if self.coding is not None and self.coding.point and not await self.coding.record():
            return
        writer = self.writer
        if writer is not None:
            outcome = await writer.record()
            if outcome is not None and not outcome.sequences:
                return
        await self.aclose()

    async def aclose(self) -> None:
        """Give the reader back; nothing is recorded."""
        self._writer = self._coding = None
        await self._held.aclose()
