"""Sends what subscriptions have due to their receivers: in sequence, at least once, until it is taken.

One task for each subscription::

    wait (a time of the schedule, or new evidence) -> turn -> message -> POST -> 2xx -> note how far -> ...
                                                                 └ anything else -> wait longer each time ┘

Progress is stored after the receiver's 2xx and before the next message. A message is made anew for each
attempt and only when its turn has come, so that the owner's sight is that of the moment, and whoever waits
holds nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol, cast

import structlog

from suyuan.api.notify import forms
from suyuan.api.notify.addresses import NotCalled
from suyuan.api.notify.standing import AccountGone, Message, Standing, Watch
from suyuan.api.notify.threads import in_thread
from suyuan.api.notify.tide import Tide
from suyuan.api.notify.turns import Turns
from suyuan.api.notify.webhook import Answer, ReceiverAway
from suyuan.trace.epcis.query import QueryParameterWrong
from suyuan.trace.epcis.representation import EpcFormat
from suyuan.trace.epcis.schedule import QuerySchedule
from suyuan.trace.errors import NotFound, SuyuanError, Unavailable
from suyuan.trace.store.columns import EPOCH
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.subscriptions import (
    Subscription,
    active_subscriptions,
    note_batch,
    note_delivered,
    note_failing,
    note_mended,
    note_run,
    suspend,
)

Sleep = Callable[[float], Awaitable[None]]

FIRST_WAIT_S = 2.0
LONGEST_WAIT_S = 900.0
PATIENCE = timedelta(days=3)
"""How long attempts may fail before a subscription is suspended."""
LEAST_FAILURES = 20
"""And how many in a row: some three hours, which no clock that is set forward makes shorter."""
_LOOK_EVERY_S = 30.0  # at the clock, which may be set
_BEGIN_ANEW_S = 60.0
_KEEP_EVERY = 10_000  # events looked at in vain before that is kept
_KEEP_RUNS_EVERY = timedelta(minutes=1)  # that found nothing: each is a write that captures wait for
_OWN = frozenset(("tide", "subscriptions"))
_FINAL = AccountGone, NotFound, QueryParameterWrong
"""What no waiting mends: the account or the query is gone, or means nothing any more."""
_GONE = 410
_TOO_LARGE = 413
_log = structlog.get_logger(__name__)


class Client(Protocol):
    """What carries messages; see :class:`suyuan.api.notify.webhook.Webhooks`."""

    async def post(
        self, dest: str, content: bytes, *, media_type: str, token: str | None, headers: dict[str, str]
    ) -> Answer:
        """Send one message."""
        ...

    async def close(self) -> None:
        """Give all connections back."""
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The clock, the waiting and the chance (numbers in [0, 1)) that a deliverer works with."""

    now: Callable[[], datetime]
    sleep: Sleep
    chance: Callable[[], float]


class Deliverer:
    """All deliveries of one server. :meth:`working` is the time in which it works."""

    def __init__(self, standing: Standing, client: Callable[[], Client], around: Surroundings) -> None:
        self.standing = standing
        self._client_of = client
        self._around = around
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._later: dict[str, asyncio.TimerHandle] = {}
        self._begin_anew()

    @asynccontextmanager
    async def working(self) -> AsyncGenerator[None]:
        """Deliver meanwhile; at the end whatever is on the way is dropped and will be sent again."""
        self._begin_anew()
        self._loop = asyncio.get_running_loop()
        client = self._client_of()
        self._keep("tide", self.tide.run)
        self._keep("subscriptions", lambda: self._keep_tasks(client))
        try:
            yield
        finally:
            self._loop = None
            for timer in self._later.values():
                timer.cancel()
            self._later.clear()
            await _end(list(self._tasks.values()))
            self._tasks.clear()
            await client.close()

    def _begin_anew(self) -> None:
        """What belongs to one event loop."""
        self.tide = Tide(self.standing.newest, self._around.sleep)
        self._changed = asyncio.Event()
        self._turns = Turns()

    def changed(self) -> None:
        """Subscriptions were made or deleted. May be called from any thread, also while nothing works."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake)

    def changes(self) -> asyncio.Event:
        """Set when a subscription or query is made or deleted after now."""
        return self._changed

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def _keep_tasks(self, client: Client) -> None:
        """A task for every active subscription, and none for those that are not there any more."""
        while True:
            changed = self._changed  # before looking: what is made meanwhile is not missed
            try:
                active = {one.id: one for one in await in_thread(self._active)}
            except Unavailable as error:
                _log.warning("subscriptions are not known", reason=error.detail)
                await self._around.sleep(FIRST_WAIT_S)
                self._wake()
            else:
                await _end([self._tasks.pop(key) for key in self._served() - active.keys()])
                for key in active.keys() - self._served():
                    self._begin(client, active[key])
            await changed.wait()

    def _active(self) -> list[Subscription]:
        with Reading(self.standing.house.engine) as reading:
            return list(active_subscriptions(reading))

    def _served(self) -> set[str]:
        return self._tasks.keys() - _OWN

    def _begin(self, client: Client, known: Subscription) -> None:
        delivery = _Delivery(self, client, self._around, self._turns)
        self._keep(known.id, lambda: delivery.run(known), again=self._wake)

    def _keep(
        self, key: str, work: Callable[[], Coroutine[Any, Any, None]], again: Callable[[], None] | None = None
    ) -> None:
        """A task whose failure is in the log, and which begins anew after a while by itself or ``again``."""

        def ended(task: asyncio.Task[None]) -> None:
            if task.cancelled() or (fault := task.exception()) is None or self._loop is None:
                return
            _log.error("deliveries failed", task=key, exc_info=fault)
            self._tasks.pop(key, None)
            anew = again or (lambda: self._keep(key, work))
            self._later[key] = self._loop.call_later(_BEGIN_ANEW_S, anew)

        self._tasks[key] = asyncio.create_task(work())
        self._tasks[key].add_done_callback(ended)


@dataclass(frozen=True, slots=True)
class _Tried:
    """An attempt: when it began, what was due, and the receiver's answer, or why there is none.

    ``answer`` is None where nothing was due, and nothing sent.
    """

    began: datetime
    count: int
    through: int
    is_last: bool
    answer: Answer | str | None


class _Delivery:
    """The deliveries of one subscription, one after the other."""

    def __init__(self, deliverer: Deliverer, client: Client, around: Surroundings, turns: Turns) -> None:
        self._standing = deliverer.standing
        self._tide = deliverer.tide
        self._client = client
        self._around = around
        self._turns = turns
        self._failures = 0
        self._troubled = False  # by what is no fault of the receiver
        self._kept: datetime | None = None  # when a run that found nothing was last kept

    async def run(self, known: Subscription) -> None:
        """Until it is suspended, or deleted and thereby cancelled."""
        while known.suspended is None:
            if known.schedule is not None:
                await wait_until(known.schedule, known, self._around)
            known = await self._run(known)
            if known.schedule is None and known.suspended is None:
                await self._tide.beyond(known.delivered)

    async def _run(self, known: Subscription) -> Subscription:
        """One run: everything that is due, message by message."""
        owes_report = known.report_if_empty and known.schedule is not None
        kept = known.delivered
        while known.suspended is None:
            tried = await self._try(known, owes_report=owes_report)
            if self._troubled and isinstance(tried, _Tried):
                self._failures, self._troubled = 0, False
                known = await self._stored(partial(note_mended, known=known))
            if tried is None:
                await self._wait_for_next()
            elif isinstance(tried, _FINAL):
                return await self._suspend(known, tried.detail)
            elif isinstance(tried, SuyuanError):
                known = await self._after_trouble(known, tried)
            elif tried.answer is None:
                return await self._after_nothing(known, tried, kept)
            elif isinstance(tried.answer, Answer) and tried.answer.is_taken:
                self._failures = 0
                note = partial(note_delivered, ends_run=tried.is_last)
                known = await self._note(note, known, tried.through)
                if tried.is_last:
                    return known
                owes_report, kept = False, tried.through
            else:
                known = await self._after_failure(known, tried, tried.answer)
        return known

    async def _try(self, known: Subscription, *, owes_report: bool) -> _Tried | SuyuanError | None:
        """Make the next message and send it, if there is something to send; None while the database is away.

        An error that the query means nothing any more, or cannot be answered now, is told to the receiver
        once; of a closed account it is told nothing.
        """
        async with self._turns.turn(known.party):
            began = self._around.now()
            message = await self._message(known)
            if message is None or isinstance(message, AccountGone):
                return message
            if isinstance(message, SuyuanError):
                if message.detail == known.reason and not isinstance(message, _FINAL):
                    return message
                told, media_type = forms.trouble(
                    message,
                    known.form,
                    now=began,
                    query_name=known.told_query,
                    subscription_id=known.told_id,
                )
                await self._post(known, told, media_type)
                return message
            answer = None
            if message.count or owes_report:
                answer = await self._post(known, message.content, forms.media_type(known.form))
            return _Tried(began, message.count, message.through, message.is_last, answer)

    async def _message(self, known: Subscription) -> Message | SuyuanError | None:
        """The next message; an error that it is instead; None while the database is away."""
        watch = Watch(
            known.told_id,
            known.party,
            known.query_name,
            known.account,
            cast("EpcFormat", known.epc_format),
            known.due,
            known.batch,
            known.params,
            known.form,
        )
        try:
            return await in_thread(self._standing.message, watch)
        except Unavailable as error:
            _log.warning("a standing query waits", subscription=known.id, reason=error.detail)
            return None
        except SuyuanError as error:
            return error

    async def _suspend(self, known: Subscription, reason: str) -> Subscription:
        """Its party sees it; the log tells whoever runs the platform."""
        _log.warning("subscription suspended", subscription=known.id, party=known.party, reason=reason)
        return await self._note(suspend, known, reason)

    async def _after_nothing(self, known: Subscription, tried: _Tried, kept: int) -> Subscription:
        """Remember how far was looked, and when; keep it now and then."""
        now = self._around.now()
        if known.schedule is not None:
            known = replace(known, min_record_time=now)
            is_time = self._kept is None or not timedelta() <= now - self._kept < _KEEP_RUNS_EVERY
        else:
            is_time = tried.through - kept > _KEEP_EVERY
        if not is_time:
            return replace(known, delivered=tried.through)
        self._kept = now
        return await self._note(note_run, known, tried.through)

    async def _after_failure(self, known: Subscription, tried: _Tried, answer: Answer | str) -> Subscription:
        """Note what went wrong, and wait before the next attempt."""
        status = answer.status if isinstance(answer, Answer) else 0
        if status == _TOO_LARGE and tried.count > 1:
            return await self._stored(lambda writing: note_batch(writing, known, tried.count // 2))
        reason = f"The receiver answered {status}" if status else str(answer)
        if status == _GONE or self._fails_for_days(known):
            return await self._suspend(known, reason)
        failing = known.failing_since
        if failing is None or failing > tried.began or known.reason != reason:
            failed = known
            known = await self._stored(lambda writing: note_failing(writing, failed, reason, tried.began))
        await self._wait_for_next(answer)
        return known

    async def _after_trouble(self, known: Subscription, trouble: SuyuanError) -> Subscription:
        """There is no answer now, maybe for what others stated: wait for one, however long it takes."""
        self._troubled = True
        if known.failing_since is None or known.reason != trouble.detail:
            failed, now = known, self._around.now()
            known = await self._stored(lambda writing: note_failing(writing, failed, trouble.detail, now))
        await self._wait_for_next()
        return known

    def _fails_for_days(self, known: Subscription) -> bool:
        failing = known.failing_since
        many = self._failures >= LEAST_FAILURES
        return many and failing is not None and self._around.now() - failing >= PATIENCE

    async def _post(self, known: Subscription, content: bytes, media_type: str) -> Answer | str:
        """The receiver's answer, or why there is none: to its party in one sentence, to the log in full."""
        headers = {**forms.versions(known.form), "GS1-EPC-Format": known.epc_format}
        try:
            return await self._client.post(
                known.dest,
                content,
                media_type=media_type,
                token=known.signature_token,
                headers=headers,
            )
        except (NotCalled, ReceiverAway) as error:
            _log.info("receiver not reached", subscription=known.id, party=known.party, reason=error.why)
            return error.detail

    async def _wait_for_next(self, answer: Answer | str = "") -> None:
        self._failures += 1
        asked = answer.retry_after_s if isinstance(answer, Answer) else None
        await self._around.sleep(max(wait_s(self._failures, self._around.chance()), asked or 0.0))

    async def _note(
        self, note: Callable[..., Subscription], known: Subscription, told: int | str
    ) -> Subscription:
        """Store what was learnt; waits for a database that is away, since nothing may be forgotten."""
        now = self._around.now()
        return await self._stored(lambda writing: note(writing, known, told, now))

    async def _stored(self, work: Callable[[Writing], Subscription]) -> Subscription:
        while True:
            try:
                return await in_thread(self._write, work)
            except Unavailable as error:
                _log.warning("progress waits to be stored", reason=error.detail)
                await self._wait_for_next()

    def _write(self, work: Callable[[Writing], Subscription]) -> Subscription:
        with Writing(self._standing.house.engine) as writing:
            return work(writing)


async def wait_until(schedule: QuerySchedule, known: Subscription, around: Surroundings) -> None:
    """Wait for the next time of a schedule after the last run; of those that were missed, one is at once.

    A last run that lies ahead was noted by a clock that has been set back since: then after now.
    """
    begins = known.initial_record_time if known.initial_record_time > known.created else EPOCH
    last, due = max(known.created, known.min_record_time), None
    while True:
        now = around.now()
        if due is None or last > max(now, begins):
            last = min(last, max(now, begins))
            due = schedule.next_after(last)
        left = _LOOK_EVERY_S if due is None else (due - now).total_seconds()
        if left <= 0:
            return
        await around.sleep(min(left, _LOOK_EVERY_S))


def wait_s(failures: int, chance: float) -> float:
    """The wait after that many failures in a row: twice the one before, up to half of it less at random."""
    full = min(FIRST_WAIT_S * 2.0 ** min(failures - 1, 20), LONGEST_WAIT_S)
    return full * (1 - chance / 2)


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
