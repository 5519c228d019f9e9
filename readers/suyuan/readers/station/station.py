"""A station at work: readers in, outcomes and durable events out, whether the server is there or not."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime
from random import Random
from types import TracebackType
from typing import Self

import httpx

from suyuan.readers.observation import InputChange, Observation
from suyuan.readers.station.alarms import Alarms
from suyuan.readers.station.clock import Quality, Steps, monotonic, unknown
from suyuan.readers.station.config import ReaderConfig, ReadPoint, StationConfig
from suyuan.readers.station.despatch import Expected
from suyuan.readers.station.duration import duration
from suyuan.readers.station.duty import Duty
from suyuan.readers.station.identity import GS1, Identities, as_typed
from suyuan.readers.station.intake import Intake
from suyuan.readers.station.loops import Loops, keep_purged
from suyuan.readers.station.order import Order
from suyuan.readers.station.outcome import Outcome
from suyuan.readers.station.partners import AddressBook
from suyuan.readers.station.passes import NO_TAG_S
from suyuan.readers.station.phone_points import phones_of
from suyuan.readers.station.recall_task import Reach, Tasks
from suyuan.readers.station.recall_task import tasks as recall_tasks
from suyuan.readers.station.renewing import Renewing
from suyuan.readers.station.staff import STAFF
from suyuan.readers.station.status import Source, Status
from suyuan.readers.station.stock import Piece, pieces
from suyuan.readers.station.store_watch import keep_watch
from suyuan.readers.station.surroundings import Surroundings
from suyuan.readers.station.tag_desk import TagDesk
from suyuan.readers.station.tag_writer import Parts
from suyuan.readers.station.undo import Last, Reason
from suyuan.readers.station.watch import Glance, Tag
from suyuan.readers.station.words import Message


class Station:
    """One station: an async context manager; inside it, tags become events.

    Args:
        config: see :mod:`suyuan.readers.station.config`.
        now: the wall clock, aware UTC.
        monotonic: seconds that never go back; times bursts and back-off, tells how old a record is.
        random: event ids and jitter; the system's own unless a test wants to repeat itself.
        transport: httpx transport to the server, for tests and simulations.
        sleep: waits; a simulation may bend it.
        identities: how tags and texts are read; by default :mod:`suyuan.trace.gs1`.
        open_source: opens a reader; by default the driver of its URL. It may raise ReaderError: then the
            station tries again, for ever.
        show: told every outcome, automatic ones too.
        boot_id: of the machine, kept with each record beside the monotonic clock.
        clock: how far the wall clock can be trusted, kept with each record too.
    """

    def __init__(
        self,
        config: StationConfig,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float] = monotonic,
        random: Random | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        identities: Identities | None = None,
        open_source: Callable[[ReaderConfig], Source] | None = None,
        show: Callable[[Outcome], None] | None = None,
        boot_id: str = "",
        clock: Callable[[], Quality] = unknown,
    ) -> None:
        self.config = config
        self._around = around = Surroundings(
            now=now,
            monotonic=monotonic,
            random=random or secrets.SystemRandom(),
            transport=transport,
            sleep=sleep,
            identities=identities or GS1,
            boot_id=boot_id,
            clock=clock,
        )
        self._show = show
        self._followers: list[Callable[[Outcome, tuple[Tag, ...]], None]] = []
        self.duty = Duty(STAFF.of(config), config.utc_offset, now=now, monotonic=monotonic)
        self._alarms = Alarms()
        self._intake = Intake(
            config.readers,
            now=now,
            random=around.random,
            sleep=sleep,
            see=self._see,
            alarm=self._alarms.of("reader"),
            open_source=open_source,
            hear=self._hear,
            listened=config.with_inputs,
        )
        self._exit = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            around, config = self._around, self.config
            self._outbox = await stack.enter_async_context(around.outbox(config))
            self._uplink = await stack.enter_async_context(around.uplink(config, self._outbox, self._alarms))
            self._passes = around.passes(config, self._outbox, self._uplink, self._tell)
            await self._passes.recall()
            await self._tell_apart()
            self.tag_desk = self._tag_desk()
            self._renewing = self._renews()
            self._loops = self._begun()
            stack.push_async_callback(self._loops.stop, self._passes.end)
            stack.push_async_callback(self.tag_desk.aclose)
            self._exit = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._exit.aclose()

    async def _tell_apart(self) -> None:
        """Say which records wait for a party in whose name the station no longer works."""
        for party, count in (await self._outbox.queue()).apart:
            told = {"count": count, "party": party, "own": self.config.party}
            self._alarms.set("apart", party, Message("APART", told))

    def _tag_desk(self) -> TagDesk:
        now, today = self._around.now, lambda: self._around.today(self.config)
        parts = Parts(
            self._outbox,
            self._intake,
            self.perform,
            self.performed,
            now,
            today,
            is_badge=self.duty.is_badge,
        )
        return TagDesk(self._uplink.shelf, parts)

    def _renews(self) -> Renewing:
        wake = self._uplink.delivery.wake
        alarm = self._alarms.of("renewals")
        return Renewing(self.config, self._outbox, self._intake, self._around, alarm=alarm, recorded=wake)

    def _begun(self) -> Loops:
        around, alarms = self._around, self._alarms
        automatic = self._passes.loops()  # first: it refuses orders that cannot be
        steps = Steps(around.now, around.monotonic)
        return Loops(
            self._intake.loops(),
            [
                *self._uplink.loops(),
                keep_purged(self._outbox, alarms.of("outbox"), around.sleep),
                keep_watch(self._outbox, steps, alarms.of("watch"), around.sleep),
                *automatic,
                self._renewing.loop(),
            ],
        )

    # What callers do

    async def perform(
        self,
        order: Order,
        read_point: str,
        *,
        fresh: bool = True,
        timeout_s: float = NO_TAG_S,
        hold: bool = False,
    ) -> Outcome:
        """Carry out ``order`` at ``read_point`` and return once its event is durably stored (or refused).

        What was in the field before counts only with ``fresh=False``. The pass ends when no new tag came for
        the read point's quiet window, on :meth:`close`, or if no tag came at all within ``timeout_s``; with
        ``hold`` on :meth:`close` only. :meth:`abandon` ends it too, and then nothing is recorded.
        An order with an ``order_id`` whose event is stored already is answered as :meth:`performed` does.
        Where the station has staff, whoever is at work does it, and the order's own words about that go.

        Raises:
            NobodyAtWork, RoleMissing: the station has staff, and who is at work may not do it.
            InvalidInput: the order cannot be carried out; ``where`` names its field.
            WrongUse: no such read point, or it works by itself and nothing can be read for an order.
        """
        order = self.duty.ordered(order)
        return await self._passes.perform(order, read_point, fresh=fresh, timeout_s=timeout_s, hold=hold)

    async def performed(self, order_id: str) -> Outcome | None:
        """What came of the order of that id (without its messages) if its event is stored, else None.

        Raises:
            OutboxUnavailable: the outbox cannot be read.
        """
        return await self._passes.performed(order_id)

    def close(self, read_point: str) -> None:
        """End the pass at ``read_point`` now, as the button on the screen does.

        Raises:
            WrongUse: no such read point.
        """
        self._passes.close(read_point)

    def abandon(self, read_point: str) -> None:
        """End the pass at ``read_point`` now and record nothing; an automatic point's passes cannot be.

        Raises:
            WrongUse: no such read point.
        """
        self._passes.abandon(read_point)

    async def undo(self, read_point: str, reason: Reason, note: str = "") -> Outcome:
        """Declare the last event of ``read_point`` wrong; returns once that is durably stored.

        The declaration is delivered like every event, and the station forgets what the event taught it.

        Args:
            read_point: its name.
            reason: in the words of CBV.
            note: free words beside it, at most ``MOST_NOTE`` characters of them are kept.

        Raises:
            WrongUse: no such read point, or a pass is under way there.
            InvalidInput: no such reason.
            NobodyAtWork, RoleMissing: the station has staff, and it was somebody else's work.
            NothingToUndo: nothing was recorded, it was undone before, or it is more than ten minutes old.
            OutboxUnavailable: the declaration cannot be stored; the event stands.
        """
        last = await self.last(read_point)
        if last is not None:
            self.duty.may_undo(datetime.fromisoformat(last.outcome["time"]))
        return await self._passes.undo(read_point, reason, note)

    async def last(self, read_point: str) -> Last | None:
        """The last event of ``read_point``, undone or not, as long as the outbox has it.

        Raises:
            WrongUse: no such read point.
            OutboxUnavailable: the outbox cannot be read.
        """
        name = self.config.point(read_point).name
        around = self._around
        return await self._outbox.last(name, around.now(), around.monotonic(), around.boot_id)

    async def glance(self, read_point: str) -> Glance:
        """What happens at ``read_point``; of a pass under way, what would become of it. Linear in its tags.

        Raises:
            WrongUse: no such read point.
            OutboxUnavailable: the outbox cannot be read.
        """
        return await self._passes.glance(read_point)

    def scan(self, text: str, read_point: str) -> str:
        """Hand ``text``, scanned into a page or a phone, to a reader that takes such; returns its name.

        That is the reader of ``read_point`` if it can, else the first that can.

        Raises:
            WrongUse: no such read point, or no reader here takes texts.
            ReaderError: the reader is not connected.
        """
        return self._intake.scan(text, self.config.point(read_point))

    def enter(self, text: str, read_point: str) -> None:
        """Take ``text``, which a person typed, for something seen at ``read_point``; it needs no reader.

        Raises:
            WrongUse: no such read point.
            InvalidInput: the text names nothing.
        """
        point = self.config.point(read_point)
        self._take_typed(text, point, point.reader, min(point.antennas, default=1))

    def sight(self, text: str, read_point: str, phone: int, *, typed: bool = False) -> None:
        """Take ``text``, which the phone of that number read, for something seen at ``read_point``.

        Raises:
            WrongUse: no such read point, or it does not listen to this phone.
            InvalidInput: the text was typed and names nothing; or it is empty, or longer than any code.
            ReaderError: the reader of phones is not connected.
        """
        point = self.config.point(read_point)
        reader = phones_of(self.config, point, phone)
        if typed:
            self._take_typed(text, point, reader, phone)
        else:
            self._intake.feed(reader, text, phone)

    def _take_typed(self, text: str, point: ReadPoint, reader: str, antenna: int) -> None:
        self._around.identities.from_text(typed := as_typed(text))
        now, times = self._around.now(), point.smoothing.min_reads
        self._see(reader, Observation(reader, antenna, b"", now, now, count=times, text=typed, typed=True))

    def follow(self, told: Callable[[Outcome, tuple[Tag, ...]], None]) -> None:
        """From now on tell each outcome, with the tags of its pass, to ``told`` too."""
        self._followers.append(told)

    def _tell(self, outcome: Outcome) -> None:
        for told in self._followers:
            told(outcome, self._passes.tags(outcome.read_point))
        if self._show is not None:
            self._show(outcome)

    def takes(self, read_point: str) -> bool:
        """Whether what is seen at ``read_point`` counts now: a pass is under way, or it works by itself.

        Raises:
            WrongUse: no such read point.
        """
        return self._passes.takes(read_point)

    def hears(self, read_point: str) -> bool:
        """Whether all readers of ``read_point`` are connected.

        Raises:
            WrongUse: no such read point.
        """
        health = self._intake.health()
        told = (health[reader] for reader in self.config.point(read_point).readers)
        return all(one is not None and one.connected for one in told)

    @property
    def addresses(self) -> AddressBook:
        """Whom the company deals with, as far as the station was ever told."""
        return self._uplink.partners.value

    @property
    def coming(self) -> Expected:
        """What is on its way to the company, as far as the station was ever told."""
        return self._uplink.deliveries.value

    @property
    def asked(self) -> Tasks:
        """What the platform asks to be taken out of trade, as far as the station was ever told."""
        return self._uplink.recalls.value

    async def stock(self) -> tuple[Piece, ...]:
        """All that the station knows to lie here, or to have gone from here. Linear in its memory.

        Raises:
            OutboxUnavailable: the outbox cannot be read.
        """
        return tuple(await self._outbox.within(pieces))

    async def recall_tasks(self) -> list[Reach]:
        """What the recalls on the block list, and those that the platform asks for, mean for this station.

        By its own records and, of what it never met, by what the platform last told. Linear in its memory.

        Raises:
            OutboxUnavailable: the outbox cannot be read.
        """
        return recall_tasks(self._uplink.blocks.blocked, await self.stock(), self.asked)

    async def keep(self, name: str, value: bytes) -> None:
        """Store a small value of the station's page durably.

        Raises:
            OutboxUnavailable: it cannot be stored.
        """
        await self._outbox.keep(f"page {name}", value)

    async def kept(self, name: str) -> bytes | None:
        """What :meth:`keep` stored under ``name``.

        Raises:
            OutboxUnavailable: the outbox cannot be read.
        """
        return await self._outbox.kept(f"page {name}")

    async def status(self) -> Status:
        """How the station fares at this moment.

        Raises:
            OutboxUnavailable: the outbox cannot be read.
        """
        queue = await self._outbox.queue()
        now = self._around.now()
        oldest = None if queue.oldest is None else (now - queue.oldest).total_seconds()
        return Status(
            self.config.station,
            now,
            queue,
            oldest,
            self._intake.health(),
            self._uplink.delivery.state,
            self._uplink.blocks.age_s(),
            self._uplink.blocks.sequence,
            self.alarms(),
            self._passes.unclaimed,
        )

    def alarms(self) -> tuple[Message, ...]:
        """What stands at the moment, beside what single outcomes say."""
        standing, age = self._alarms.all(), self._uplink.blocks.age_s()
        if age is None and self.config.server.key is not None:
            standing.append(Message("NO_BLOCK_LIST"))
        elif age is not None and age > self.config.block_list_max_age_s:
            standing.append(Message("BLOCK_LIST_OLD", {"age": duration(age)}))
        return tuple(standing)

    async def wait_delivered(self) -> None:
        """Return once nothing waits for delivery; for demonstrations and tests."""
        while (await self._outbox.queue()).depth:
            await self._around.sleep(0.02)

    async def failed(self) -> None:
        """Return never, or raise what ended one of the station's loops: a fault of ours.

        Who stops waiting for it ends no loop: a pass under way is still to be closed and recorded.
        """
        await self._loops.failed()

    def _see(self, reader: str, seen: Observation) -> None:
        badges = self.duty.has_badges and not self._intake.is_fed(reader)
        if not (badges and self.duty.takes_badge(seen)):
            self._passes.see(reader, seen)
            self._renewing.see(reader, seen)

    def _hear(self, reader: str, change: InputChange) -> None:
        self._passes.hear(reader, change)
