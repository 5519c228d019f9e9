"""A station at work: readers in, outcomes and durable events out, whether the server is there or not."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import date, datetime
from random import Random
from types import TracebackType
from typing import Any, Self

import httpx

from suyuan.readers.observation import Observation
from suyuan.readers.station.blocklist import BlockList
from suyuan.readers.station.bodies import Place, bodies, local_day, local_time
from suyuan.readers.station.config import ReaderConfig, StationConfig
from suyuan.readers.station.delivery import Delivery
from suyuan.readers.station.device_key import DeviceAuth, DeviceKeyUnfit, read_device_key
from suyuan.readers.station.errors import OutboxDamaged, OutboxUnavailable
from suyuan.readers.station.event_id import new_event_id
from suyuan.readers.station.filtering import Burst, Filter
from suyuan.readers.station.identity import GS1, Identities
from suyuan.readers.station.intake import Intake
from suyuan.readers.station.journal import Entry
from suyuan.readers.station.lessons import lessons
from suyuan.readers.station.memory import recall_of
from suyuan.readers.station.order import Order
from suyuan.readers.station.outbox import Outbox
from suyuan.readers.station.outcome import (
    Outcome,
    given_up,
    not_stored,
    outcome_from_json,
    outcome_of,
    taken_back,
)
from suyuan.readers.station.partners import AddressBook, Partners
from suyuan.readers.station.status import Source, Status
from suyuan.readers.station.steps import (
    Judgement,
    Known,
    Surroundings,
    check_order,
    judge,
    lot_key_of,
    named,
)
from suyuan.readers.station.tag_desk import TagDesk
from suyuan.readers.station.tag_fetch import TagShelf
from suyuan.readers.station.tag_writer import Parts
from suyuan.readers.station.undo import Claim, Last, Reason, declaration
from suyuan.readers.station.watch import Glance, Watch, tags_of
from suyuan.readers.station.words import Message
from suyuan.trace.errors import WrongUse

NO_TAG_S = 10.0
"""How long an ordered step waits for its first tag."""
HELD_S = 60.0
"""How often a pass that waits to be closed looks up; it has no end of its own."""
PURGE_EVERY_S = 3600.0


class Station:
    """One station: an async context manager; inside it, tags become events.

    Args:
        config: see :mod:`suyuan.readers.station.config`.
        now: the wall clock, aware UTC.
        monotonic: seconds that never go back; times bursts and back-off.
        random: event ids and jitter; the system's own unless a test wants to repeat itself.
        transport: httpx transport to the server, for tests and simulations.
        sleep: waits; a simulation may bend it.
        identities: how tags and texts are read; by default :mod:`suyuan.trace.gs1`.
        open_source: opens a reader; by default the driver of its URL. It may raise ReaderError: then the
            station tries again, for ever.
        show: told every outcome, automatic ones too.
        boot_id: of the machine, kept with each record beside the monotonic clock.
    """

    def __init__(
        self,
        config: StationConfig,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
        random: Random | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        identities: Identities | None = None,
        open_source: Callable[[ReaderConfig], Source] | None = None,
        show: Callable[[Outcome], None] | None = None,
        boot_id: str = "",
    ) -> None:
        self.config = config
        self._now = now
        self._monotonic = monotonic
        self._random = random or secrets.SystemRandom()
        self._transport = transport
        self._sleep = sleep
        self._identities = identities or GS1
        self._show = show
        self._boot_id = boot_id
        self._filter = Filter(config.read_points, self._identities)
        self._points = {p.name: Watch(p) for p in config.read_points}
        self._alarms: dict[tuple[str, str], Message] = {}
        self._intake = Intake(
            config.readers,
            now=now,
            random=self._random,
            sleep=sleep,
            see=self._see,
            alarm=self._alarm_for("reader"),
            open_source=open_source,
        )
        self._exit = AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            self._outbox = await stack.enter_async_context(
                Outbox(
                    self.config.data,
                    self.config.station,
                    now=self._now,
                    party=self.config.party,
                    first_sequence=self.config.first_sequence,
                )
            )
            client = await stack.enter_async_context(
                httpx.AsyncClient(
                    transport=self._transport,
                    timeout=httpx.Timeout(30.0, connect=5.0),
                    auth=self._signature(),
                )
            )
            self._delivery = Delivery(
                self._outbox,
                self.config.server,
                client,
                now=self._now,
                random=self._random,
                sleep=self._sleep,
                alarm=self._alarm_for("delivery"),
            )
            self._blocks = BlockList(
                self._outbox,
                self.config.server,
                client,
                now=self._now,
                random=self._random,
                sleep=self._sleep,
                alarm=self._alarm_for("block list"),
            )
            await self._blocks.restore()
            self._partners = Partners(
                self._outbox, self.config, client, random=self._random, sleep=self._sleep
            )
            await self._partners.restore()
            await self._tell_apart()
            self.tag_desk = self._tag_desk(client)
            self._start()
            stack.push_async_callback(self._stop)
            stack.push_async_callback(self.tag_desk.aclose)
            self._exit = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._exit.aclose()

    def _signature(self) -> DeviceAuth | None:
        """What signs our requests; None where the configuration has a token."""
        file = self.config.server.device_key_file
        if file is None:
            return None
        alarm, key = self._alarm_for("clock"), read_device_key(file)
        if key.party and key.party != self.config.party:
            raise DeviceKeyUnfit(
                "The device key {path} is {party}'s, but the station is set up for {other}.",
                where="station.party",
                remedy="Join anew in the setup, with the same link if it was interrupted.",
                path=str(file),
                party=key.party,
                other=self.config.party,
            )
        return DeviceAuth(key, now=self._now, alarm=lambda told: alarm("clock", told))

    async def _tell_apart(self) -> None:
        """Say which records wait for a party in whose name the station no longer works."""
        for party, count in (await self._outbox.queue()).apart:
            told = {"count": count, "party": party, "own": self.config.party}
            self._alarm(("apart", party), Message("APART", told))

    def _tag_desk(self, client: httpx.AsyncClient) -> TagDesk:
        shelf = TagShelf(self._outbox, self.config.server, client, self._now)

        def today() -> date:
            return local_day(self._now(), self.config.utc_offset)

        parts = Parts(self._outbox, self._intake, self.perform, self.performed, self._now, today)
        return TagDesk(shelf, parts)

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

        Raises:
            InvalidInput: the order cannot be carried out; ``where`` names its field.
            WrongUse: no such read point, or it works by itself and nothing can be read for an order.
        """
        point = self.config.point(read_point)
        check_order(order, self._identities)
        if point.automatic and not order.typed:
            raise WrongUse(
                "The read point {name} works by itself.",
                where="read_point",
                remedy="Only typed orders can be given to it.",
                name=point.name,
            )
        watch = self._points[point.name]
        async with watch.lock:
            before = await self.performed(order.order_id)
            if before is not None:
                return before
            watch.begin(order)
            try:
                burst = (
                    Burst()
                    if order.typed
                    else await self._pass(watch, fresh=fresh, timeout_s=timeout_s, hold=hold)
                )
                if watch.abandoned:
                    return self._told(watch, given_up(self.config.station, point, order, self._now()))
                return await self._complete(order, watch, burst)
            finally:
                watch.reading = False

    async def performed(self, order_id: str) -> Outcome | None:
        """What came of the order of that id (without its messages) if its event is stored, else None.

        Raises:
            OutboxUnavailable: the outbox cannot be read.
        """
        told = await self._outbox.done(order_id) if order_id else None
        return None if told is None else outcome_from_json(told)

    def close(self, read_point: str) -> None:
        """End the pass at ``read_point`` now, as the button on the screen does.

        Raises:
            WrongUse: no such read point.
        """
        watch = self._points[self.config.point(read_point).name]
        watch.closing = True
        watch.news.set()

    def abandon(self, read_point: str) -> None:
        """End the pass at ``read_point`` now and record nothing; an automatic point's passes cannot be.

        Raises:
            WrongUse: no such read point.
        """
        watch = self._points[self.config.point(read_point).name]
        watch.abandoned = watch.reading
        self.close(read_point)

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
            NothingToUndo: nothing was recorded, it was undone before, or it is more than ten minutes old.
            OutboxUnavailable: the declaration cannot be stored; the event stands.
        """
        point = self.config.point(read_point)
        watch = self._points[point.name]
        if watch.lock.locked():
            raise WrongUse(
                "A pass is under way at {name}.", where="read_point", remedy="End it first.", name=point.name
            )
        async with watch.lock:
            now = self._now()
            told = declaration(reason, note, local_time(now, self.config.utc_offset))
            claim = Claim(told, now, self._monotonic(), self._boot_id)
            undone = await self._outbox.undo(point.name, claim)
            if not point.automatic:  # there, a tag that is still in the field would be recorded again at once
                self._filter.forget_passed(point.name)
            self._delivery.wake()
            watch.tags = ()
            return self._told(watch, taken_back(undone.outcome, undone.sequence, now))

    async def last(self, read_point: str) -> Last | None:
        """The last event of ``read_point``, undone or not, as long as the outbox has it.

        Raises:
            WrongUse: no such read point.
            OutboxUnavailable: the outbox cannot be read.
        """
        name = self.config.point(read_point).name
        return await self._outbox.last(name, self._now(), self._monotonic(), self._boot_id)

    async def glance(self, read_point: str) -> Glance:
        """What happens at ``read_point``; of a pass under way, what would become of it. Linear in its tags.

        Raises:
            WrongUse: no such read point.
            OutboxUnavailable: the outbox cannot be read.
        """
        point = self.config.point(read_point)
        watch = self._points[point.name]
        order, passes = watch.order, watch.passes
        judged: Judgement | None = None
        tags = watch.tags
        if watch.reading and order is not None:
            burst = self._filter.peek(point.name, self._monotonic())
            around = await self._surroundings(order, burst, self._now())
            judged = judge(order, burst, around)
            tags = tags_of(burst, judged, around.known)
        if passes != watch.passes or not watch.reading:  # it ended, or another began, while we looked
            judged, tags = None, watch.tags
        return Glance(point, watch.passes, watch.reading, watch.order, judged, tags, watch.outcome)

    def scan(self, text: str, read_point: str) -> str:
        """Hand ``text``, scanned into a page or a phone, to a reader that takes such; returns its name.

        That is the reader of ``read_point`` if it can, else the first that can.

        Raises:
            WrongUse: no such read point, or no reader here takes texts.
            ReaderError: the reader is not connected.
        """
        return self._intake.scan(text, self.config.point(read_point))

    @property
    def addresses(self) -> AddressBook:
        """Whom the company deals with, as far as the station was ever told."""
        return self._partners.book

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
        now = self._now()
        oldest = None if queue.oldest is None else (now - queue.oldest).total_seconds()
        return Status(
            self.config.station,
            now,
            queue,
            oldest,
            self._intake.health(),
            self._delivery.state,
            self._blocks.age_s(),
            self._blocks.sequence,
            self.alarms(),
            self._filter.unclaimed,
        )

    def alarms(self) -> tuple[Message, ...]:
        """What stands at the moment, beside what single outcomes say."""
        standing = dict(self._alarms)
        age = self._blocks.age_s()
        if age is not None and age > self.config.block_list_max_age_s:
            standing["block list", "age"] = Message("BLOCK_LIST_OLD", {"age": f"{age / 60:.0f} min"})
        told: list[Message] = []
        for message in standing.values():  # delivery and block list are refused in the same words
            if message not in told:
                told.append(message)
        return tuple(told)

    async def wait_delivered(self) -> None:
        """Return once nothing waits for delivery; for demonstrations and tests."""
        while (await self._outbox.queue()).depth:
            await self._sleep(0.02)

    async def failed(self) -> None:
        """Return never, or raise what ended one of the station's loops: a fault of ours."""
        await asyncio.gather(*self._tasks)

    # A pass

    async def _pass(self, watch: Watch, *, fresh: bool, timeout_s: float, hold: bool = False) -> Burst:
        name = watch.point.name
        if fresh:
            self._filter.restart(name)
            self._filter.forget_passed(name)
        give_up = self._monotonic() + timeout_s
        while not (watch.closing or self._stopping):
            due = self._monotonic() + HELD_S if hold else self._filter.closes_at(name)
            left = (give_up if due is None else due) - self._monotonic()
            if left <= 0:
                break
            watch.news.clear()
            await self._pause(watch.news, left)
        return self._filter.close(name, self._monotonic())

    async def _pause(self, event: asyncio.Event, seconds: float) -> None:
        """Wait for ``event``, at most ``seconds`` of the station's own time."""
        waits = [asyncio.ensure_future(event.wait()), asyncio.ensure_future(self._sleep(seconds))]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _complete(self, order: Order, watch: Watch, burst: Burst) -> Outcome:
        """Judge, build, store durably, tell."""
        now, point = self._now(), watch.point
        judged: Judgement | None = None
        try:
            around = await self._surroundings(order, burst, now)
            judged = judge(order, burst, around)
            watch.tags = tags_of(burst, judged, around.known)
            place = Place(self.config.station, point.read_point, point.biz_location, self.config.utc_offset)
            outcome = outcome_of(self.config.station, point, order, judged, now)
            entries = [
                self._entry(
                    order, judged, replace(outcome, event_ids=(new_event_id(now, self._random),)), body
                )
                for body in bodies(order, judged, place, now)
            ]
            sequences = await self._outbox.append(entries) if entries else []
        except (OutboxUnavailable, OutboxDamaged) as error:
            outcome = not_stored(self.config.station, point, order, judged, error, self._now())
        else:
            names = tuple(entry.event_id for entry in entries)
            outcome = replace(outcome, event_ids=names, sequences=tuple(sequences))
            self._delivery.wake()
        return self._told(watch, outcome)

    def _told(self, watch: Watch, outcome: Outcome) -> Outcome:
        """Only now, after the commit, may anything say what came of the pass."""
        watch.reading = False
        watch.outcome = outcome
        if self._show is not None:
            self._show(outcome)
        return outcome

    def _entry(self, order: Order, judged: Judgement, outcome: Outcome, body: dict[str, Any]) -> Entry:
        return Entry(
            outcome.event_ids[0],
            body,
            outcome.time,
            self._monotonic(),
            self._boot_id,
            lessons(order, judged, self._identities),
            order.order_id,
            outcome.as_json(),
            outcome.read_point,
        )

    async def _surroundings(self, order: Order, burst: Burst, now: datetime) -> Surroundings:
        who = named(order, burst, self._identities)
        known = await self._outbox.known([i.key for i in who])
        lots = {i.lot_key for i in who} | {k.lot_key for k in known.values()}
        lots.add(lot_key_of(order, self._identities))
        known |= await self._outbox.known([lot for lot in lots if lot is not None])

        def remembered(key: str) -> Known:
            return recall_of(known, key)

        return Surroundings(
            self._identities,
            self._blocks.blocked,
            remembered,
            now,
            local_day(now, self.config.utc_offset),
        )

    # The loops

    def _start(self) -> None:
        for point in self.config.read_points:
            if point.automatic and point.order is not None:
                check_order(point.order, self._identities)
        loops = [
            self._delivery.run(),
            self._blocks.run(),
            self._partners.run(),
            self._purge(),
            *self._intake.loops(),
            *(self._work_alone(w) for w in self._points.values() if w.point.automatic),
        ]
        self._tasks = [asyncio.create_task(loop) for loop in loops]

    async def _stop(self) -> None:
        """In good order: no more readings, then passes under way are closed, then the rest."""
        self._stopping = True
        for watch in self._points.values():
            watch.news.set()
        for watch in self._points.values():
            async with watch.lock:
                pass
        for task in self._tasks:
            task.cancel()
        ended = await asyncio.gather(*self._tasks, return_exceptions=True)
        for end in ended:
            if isinstance(end, BaseException) and not isinstance(end, asyncio.CancelledError):
                raise end

    def _see(self, reader: str, seen: Observation) -> None:
        """Take in one observation and wake the read points that it opened."""
        for name in self._filter.add(reader, seen, self._monotonic()):
            self._points[name].news.set()

    async def _work_alone(self, watch: Watch) -> None:
        """Automatic mode: each burst becomes an event of the read point's own order."""
        order = watch.point.order
        if order is None:
            raise WrongUse("The automatic read point {name} has no order.", name=watch.point.name)
        while True:
            await watch.news.wait()
            async with watch.lock:
                before = watch.outcome, watch.tags
                watch.begin(order)
                burst = await self._pass(watch, fresh=False, timeout_s=0.0)
                if burst.readings or burst.unreadable:
                    await self._complete(order, watch, burst)
                else:  # only what had passed before: nothing has happened
                    watch.outcome, watch.tags = before
                watch.reading = False

    async def _purge(self) -> None:
        while True:
            try:
                await self._outbox.purge()
            except (OutboxUnavailable, OutboxDamaged) as error:
                self._alarm(("outbox", "purge"), Message("QUEUE_FULL", {"reason": error.detail}))
            else:
                self._alarm(("outbox", "purge"), None)
            await self._sleep(PURGE_EVERY_S)

    # Alarms

    def _alarm(self, about: tuple[str, str], message: Message | None) -> None:
        if message is None:
            self._alarms.pop(about, None)
        else:
            self._alarms[about] = message

    def _alarm_for(self, who: str) -> Callable[[str, Message | None], None]:
        def alarm(about: str, message: Message | None) -> None:
            self._alarm((who, about), message)

        return alarm
