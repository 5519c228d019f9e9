"""Passes: from an order, or the first tag at an automatic read point, to the outcome that is stored."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from suyuan.readers.observation import InputChange, Observation
from suyuan.readers.station.bodies import local_time
from suyuan.readers.station.config import Input, StationConfig
from suyuan.readers.station.doorway import Ended, admitted, directed
from suyuan.readers.station.filtering import Burst, Filter
from suyuan.readers.station.identity import Identities
from suyuan.readers.station.lately import Moment
from suyuan.readers.station.order import Order
from suyuan.readers.station.outbox import Outbox
from suyuan.readers.station.outcome import Outcome, given_up, left_alone, outcome_from_json, taken_back
from suyuan.readers.station.recording import Recorder
from suyuan.readers.station.steps import Judgement, check_order
from suyuan.readers.station.undo import Claim, Reason, declaration
from suyuan.readers.station.watch import Glance, Tag, Watch
from suyuan.trace.errors import WrongUse
from suyuan.trace.gs1 import IdentifierError

NO_TAG_S = 10.0
"""How long an ordered step waits for its first tag."""
HELD_S = 60.0
"""How often a pass that waits to be closed looks up; it has no end of its own."""


class Passes:
    """The passes at the read points of one station.

    What each question means and raises says :class:`suyuan.readers.station.station.Station`, which asks them.

    Args:
        config: of the station.
        outbox: what is recorded goes there.
        recorder: judges what was seen and records it.
        identities: how tags and texts are read.
        now: the wall clock, aware UTC.
        monotonic: seconds that never go back.
        sleep: waits.
        boot_id: of the machine.
        recorded: told when something new is in the outbox.
        show: told every outcome.
    """

    def __init__(
        self,
        config: StationConfig,
        outbox: Outbox,
        recorder: Recorder,
        *,
        identities: Identities,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        boot_id: str,
        recorded: Callable[[], None],
        show: Callable[[Outcome], None] | None,
    ) -> None:
        self._config = config
        self._outbox = outbox
        self._recorder = recorder
        self._identities = identities
        self._now = now
        self._monotonic = monotonic
        self._sleep = sleep
        self._boot_id = boot_id
        self._recorded = recorded
        self._show = show
        self._filter = Filter(config.read_points, identities)
        self._points = {point.name: Watch(point) for point in config.read_points}
        self._ending = False

    async def recall(self) -> None:
        """Take up what passed before the station was begun: within its window it is not read again.

        Raises:
            OutboxUnavailable: what was recorded cannot be read.
        """
        spelled = Counter(point.read_point for point in self._config.read_points)
        points = {p.read_point: p for p in self._config.read_points if spelled[p.read_point] == 1}
        longest = max((point.smoothing.dedupe_s for point in points.values()), default=0.0)
        if not longest:
            return
        at = self._monotonic()
        keys: dict[str, dict[str, float]] = {name: {} for name in points}
        for each in await self._outbox.lately(Moment(self._now(), at, self._boot_id), longest):
            for name in each.names if each.read_point in points else ():
                with suppress(IdentifierError):  # a name that an older version took
                    key = self._identities.from_text(name).key
                    keys[each.read_point].setdefault(key, at - each.age_s)
        for name, point in points.items():
            self._filter.passed_before(point.name, keys[name])

    @property
    def unclaimed(self) -> int:
        """Observations of antennas that belong to no read point."""
        return self._filter.unclaimed

    def see(self, reader: str, seen: Observation) -> None:
        """Take in one observation and wake the read points that it opened."""
        for name in self._filter.add(reader, seen, self._monotonic()):
            self._points[name].news.set()

    def hear(self, reader: str, change: InputChange) -> None:
        """Begin and end the passes of the read points whose cycles wait for this edge at an input."""
        for watch in self._points.values():
            cycle = watch.point.cycle
            if _is(cycle.start_input, reader, change):
                watch.start()
                self._open(watch)
            if _is(cycle.stop_input, reader, change):
                watch.stop()

    def tags(self, read_point: str) -> tuple[Tag, ...]:
        """The tags of the pass that ended last at a read point."""
        return self._points[read_point].tags

    def takes(self, read_point: str) -> bool:
        """Whether what is seen at a read point counts now."""
        point = self._config.point(read_point)
        return point.automatic or self._points[point.name].reading

    # Ordered passes

    async def perform(
        self, order: Order, read_point: str, *, fresh: bool, timeout_s: float, hold: bool
    ) -> Outcome:
        """Carry out an order."""
        point = self._config.point(read_point)
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
            watch.forget_stop()
            try:
                burst, ended = Burst(), None
                if not order.typed:
                    burst, ended = await self._pass(watch, fresh=fresh, timeout_s=timeout_s, hold=hold)
                if watch.abandoned:
                    return self._told(watch, given_up(self._config.station, point, order, self._now()))
                return await self._complete(order, watch, burst, ended)
            finally:
                watch.reading = False

    async def performed(self, order_id: str) -> Outcome | None:
        """What came of the order of that id, if its event is stored."""
        told = await self._outbox.done(order_id) if order_id else None
        return None if told is None else outcome_from_json(told)

    def close(self, read_point: str) -> None:
        """End the pass at a read point now."""
        watch = self._points[self._config.point(read_point).name]
        watch.closing = True
        watch.news.set()

    def abandon(self, read_point: str) -> None:
        """End it and record nothing."""
        watch = self._points[self._config.point(read_point).name]
        watch.abandoned = watch.reading
        self.close(read_point)

    async def undo(self, read_point: str, reason: Reason, note: str) -> Outcome:
        """Declare the last event of a read point wrong."""
        point = self._config.point(read_point)
        watch = self._points[point.name]
        if watch.lock.locked():
            raise WrongUse(
                "A pass is under way at {name}.", where="read_point", remedy="End it first.", name=point.name
            )
        async with watch.lock:
            now = self._now()
            told = declaration(reason, note, local_time(now, self._config.utc_offset))
            claim = Claim(told, now, self._monotonic(), self._boot_id)
            undone = await self._outbox.undo(point.name, claim)
            if not point.automatic:  # there, a tag that is still in the field would be recorded again at once
                self._filter.forget_passed(point.name)
            self._recorded()
            watch.tags = ()
            return self._told(watch, taken_back(undone.outcome, undone.sequence, now))

    async def glance(self, read_point: str) -> Glance:
        """What happens at a read point."""
        point = self._config.point(read_point)
        watch = self._points[point.name]
        order, passes = watch.order, watch.passes
        judged: Judgement | None = None
        tags = watch.tags
        if watch.reading and order is not None:
            burst = self._admitted(order, self._filter.peek(point.name, self._monotonic()))
            judged, tags = await self._recorder.judge(order, burst)
        if passes != watch.passes or not watch.reading:  # it ended, or another began, while we looked
            judged, tags = None, watch.tags
        return Glance(point, watch.passes, watch.reading, watch.order, judged, tags, watch.outcome)

    # Automatic passes

    def loops(self) -> Sequence[Coroutine[None, None, None]]:
        """What the automatic read points do all day.

        Raises:
            InvalidInput: the order of one of them cannot be carried out.
        """
        for point in self._config.read_points:
            if point.automatic and point.order is not None:
                check_order(point.order, self._identities)
        return [self._work_alone(watch) for watch in self._points.values() if watch.point.automatic]

    async def end(self) -> None:
        """Close the passes that are under way and wait until they are recorded."""
        self._ending = True
        for watch in self._points.values():
            watch.news.set()
        for watch in self._points.values():
            async with watch.lock:
                pass

    async def _work_alone(self, watch: Watch) -> None:
        """Automatic mode: each burst becomes an event of the read point's own order."""
        order = watch.point.order
        if order is None:
            raise WrongUse("The automatic read point {name} has no order.", name=watch.point.name)
        cycle = watch.point.cycle
        due = self._monotonic()
        while True:
            due = await self._begins(watch, due)
            async with watch.lock:
                before = watch.outcome, watch.tags
                watch.begin(order)
                if cycle.triggered:
                    self._open(watch)
                burst, ended = await self._pass(watch, fresh=False, timeout_s=0.0)
                if burst.readings or burst.unreadable or burst.uncertain or cycle.if_empty:
                    await self._complete(order, watch, burst, ended)
                else:  # only what had passed before: nothing has happened
                    watch.outcome, watch.tags = before
                watch.reading = False

    def _open(self, watch: Watch) -> None:
        """What is heard from now on is of the next goods, even while the last are being stored."""
        if watch.point.automatic and not self._filter.begun(watch.point.name):
            self._filter.begin(watch.point.name, self._monotonic())

    async def _begins(self, watch: Watch, due: float) -> float:
        """Wait for what begins the next cycle of an automatic point; returns when one by the clock is due."""
        cycle = watch.point.cycle
        if cycle.repeat_s is not None:
            now = self._monotonic()
            due = max(due + cycle.repeat_s, now)
            await self._sleep(due - now)
            return due
        # Heard now, whatever comes of it: news that outlive a pass which had nothing to wait for would
        # bring us back here at once and for ever, and nothing else in the station would have its turn.
        news = watch.started if cycle.triggered else watch.news
        await news.wait()
        news.clear()
        return due

    # A pass

    async def _pass(
        self, watch: Watch, *, fresh: bool, timeout_s: float, hold: bool = False
    ) -> tuple[Burst, Ended]:
        name = watch.point.name
        if fresh:
            self._filter.begin(name, self._monotonic())
            self._filter.forget_passed(name)
        give_up = self._monotonic() + timeout_s
        while (ended := self._told_to_end(watch)) is None:
            due = self._monotonic() + HELD_S if hold else self._filter.closes_at(name)
            left = (give_up if due is None else due) - self._monotonic()
            if left <= 0:
                ended = self._by_itself(name)
                break
            watch.news.clear()
            await self._pause(watch.news, left)
        burst = self._filter.close(name, self._monotonic())
        if watch.awaited:
            self._open(watch)
        return burst, ended

    def _told_to_end(self, watch: Watch) -> Ended | None:
        """What ends a pass at once, if anything does."""
        if watch.closing:
            return Ended.BUTTON
        if self._ending:
            return Ended.STATION
        if watch.stopped:
            return Ended.INPUT
        return Ended.COUNT if self._filter.full(watch.point.name) else None

    def _by_itself(self, name: str) -> Ended:
        """Why a pass ended whose time is up."""
        longest = self._filter.lasts_until(name)
        if longest is None:
            return Ended.NO_TAG
        return Ended.DURATION if longest <= self._monotonic() else Ended.STABLE

    def _admitted(self, order: Order, burst: Burst) -> Burst:
        """What is uncertain counts where the order expects it."""
        if not burst.uncertain or order.expected is None:
            return burst
        return admitted(burst, (self._identities.from_text(epc).key for epc in order.expected))

    async def _pause(self, event: asyncio.Event, seconds: float) -> None:
        """Wait for ``event``, at most ``seconds`` of the station's own time."""
        waits = [asyncio.ensure_future(event.wait()), asyncio.ensure_future(self._sleep(seconds))]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _complete(self, order: Order, watch: Watch, burst: Burst, ended: Ended | None) -> Outcome:
        """Judge, build, store durably, tell."""
        why = ended.value if ended is not None else ""
        burst = self._admitted(order, burst)
        order_or_code = directed(order, watch.point, burst) if burst.readings else order
        if isinstance(order_or_code, str):
            alone = left_alone(self._config.station, watch.point, order, order_or_code, self._now())
            if not watch.point.automatic:  # there, the same goods would be told of again and again
                self._filter.take_back(watch.point.name, burst)
            return self._told(watch, replace(alone, ended=why))
        recorded = await self._recorder.record(order_or_code, watch.point, burst)
        watch.tags = recorded.tags
        if not recorded.stored:
            self._filter.take_back(watch.point.name, burst)
        if recorded.outcome.sequences:
            self._recorded()
        return self._told(watch, replace(recorded.outcome, ended=why))

    def _told(self, watch: Watch, outcome: Outcome) -> Outcome:
        """Only now, after the commit, may anything say what came of the pass."""
        watch.reading = False
        watch.outcome = outcome
        if self._show is not None:
            self._show(outcome)
        return outcome


def _is(edge: Input | None, reader: str, change: InputChange) -> bool:
    """Whether a change of an input is the edge that a cycle waits for."""
    return edge is not None and (edge.reader, edge.port, edge.high) == (reader, change.port, change.high)
