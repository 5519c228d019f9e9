"""Deliveries with a clock, a chance and a receiver of our own: nothing lost, nothing out of order."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import AsyncGenerator, Callable, Generator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from anyio.to_thread import current_default_thread_limiter
from tests.integration.test_named_queries import FARM, SHOP, document

from suyuan.api.database import prepared_engine
from suyuan.api.house import CapturedBy, House
from suyuan.api.notify import deliverer as delivering
from suyuan.api.notify.addresses import not_called
from suyuan.api.notify.deliverer import PATIENCE, Deliverer, Surroundings, wait_s
from suyuan.api.notify.standing import Message, Standing, Watch
from suyuan.api.notify.tide import ASK_EVERY_S
from suyuan.api.notify.turns import OF_A_PARTY
from suyuan.api.notify.webhook import Answer, away
from suyuan.api.settings import read_settings
from suyuan.trace.epcis.schedule import parse_schedule
from suyuan.trace.gs1 import canonical_key
from suyuan.trace.store.accounts import AccountRole, create_account, disable_account
from suyuan.trace.store.engine import QueryTooComplex, Reading, Writing
from suyuan.trace.store.named_queries import NamedQuery, create_query, delete_query
from suyuan.trace.store.subscriptions import (
    MOST_SUBSCRIPTIONS,
    Subscription,
    create_subscription,
    delete_subscription,
    due_from,
    note_run,
    subscription,
)

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
FIRST = NOW + timedelta(seconds=ASK_EVERY_S)  # what is captured at once is noticed then
PARTY = canonical_key(FARM)
TAKEN = Answer(204)


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Clock:
    """Time that passes only when :meth:`pass_by` says so."""

    now: datetime = NOW
    waiting: list[tuple[datetime, int, asyncio.Future[None]]] = field(
        default_factory=list[tuple[datetime, int, "asyncio.Future[None]"]]
    )
    slept: list[float] = field(default_factory=list[float])
    count: Iterable[int] = field(default_factory=itertools.count)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self.waiting, (self.now + timedelta(seconds=seconds), next(iter(self.count)), woken))
        await woken

    async def pass_by(self, seconds: float) -> None:
        end = self.now + timedelta(seconds=seconds)
        while True:
            await settled()
            if not self.waiting or self.waiting[0][0] > end:
                break
            due, _, woken = heapq.heappop(self.waiting)
            self.now = max(self.now, due)
            if not woken.done():
                woken.set_result(None)
        self.now = end


async def settled() -> None:
    """Until tasks have done all that they can at this moment, their work in threads included."""
    threads = current_default_thread_limiter()
    quiet = 0
    while quiet < 30:
        await asyncio.sleep(0.001 if threads.borrowed_tokens else 0)
        quiet = 0 if threads.borrowed_tokens else quiet + 1


@dataclass
class Receiver:
    """Keeps what it takes; ``answers`` are given in turn, then everything is taken."""

    answers: list[Answer | Exception] = field(default_factory=list[Answer | Exception])
    most: int = 1_000_000
    got: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    tried: int = 0
    media_types: list[str] = field(default_factory=list[str])
    at: list[datetime] = field(default_factory=list[datetime])
    clock: Callable[[], datetime] = lambda: NOW

    async def post(
        self, dest: str, content: bytes, *, media_type: str, token: str | None, headers: Any
    ) -> Answer:
        assert dest == "https://receiver.example/hook"
        assert token == "secret"
        assert headers["GS1-EPCIS-Version"]
        self.tried += 1
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        told = orjson.loads(content)
        if media_type == "application/json" and len(steps(told)) > self.most:
            return Answer(413)
        self.got.append(told)
        self.media_types.append(media_type)
        self.at.append(self.clock())
        return TAKEN

    async def close(self) -> None:
        pass

    @property
    def steps(self) -> list[str]:
        return [step for one in self.got for step in steps(one)]


def steps(told: dict[str, Any]) -> list[str]:
    return [one["bizStep"] for one in told["epcisBody"]["queryResults"]["resultsBody"]["eventList"]]


@dataclass
class World:
    house: House
    clock: Clock
    receiver: Receiver

    def capture(self, *events: str) -> None:
        job = self.house.capture(
            document(*events), "application/json", by=CapturedBy(FARM), behaviour="rollback"
        )
        assert job.captured == len(events)

    def subscribe(self, **told: Any) -> Subscription:
        """A stream, if nothing else is told."""
        with Writing(self.house.engine) as writing:
            due = due_from(writing, told.pop("since", None), self.clock.now)
            made = Subscription(
                id=f"s{next(IDS)}",
                party=PARTY,
                query_name="q",
                account="farm",
                dest="https://receiver.example/hook",
                signature_token="secret",
                schedule=None,
                report_if_empty=False,
                epc_format="Always_GS1_Digital_Link",
                initial_record_time=due.since,
                created=self.clock.now,
                newest_then=due.newest_then,
                delivered=due.delivered,
                min_record_time=due.since,
            )
            made = replace(made, **told)
            create_subscription(writing, made)
        return made

    def state(self, made: Subscription) -> Subscription:
        with Reading(self.house.engine) as reading:
            return subscription(reading, PARTY, "q", made.id)

    @asynccontextmanager
    async def delivering(self, standing: Standing | None = None) -> AsyncGenerator[Deliverer]:
        around = Surroundings(lambda: self.clock.now, self.clock.sleep, lambda: 0.0)
        deliverer = Deliverer(standing or Standing(self.house, {}), lambda: self.receiver, around)
        async with deliverer.working():
            await settled()
            yield deliverer


IDS = itertools.count()


@pytest.fixture
def world(tmp_path: Path) -> Generator[World]:
    clock = Clock()
    settings = read_settings({"SUYUAN_VAR": str(tmp_path)})
    house = House(prepared_engine(settings.database), settings, lambda: clock.now)
    with Writing(house.engine) as writing:
        create_account(writing, "farm", role=AccountRole.STATION, party=FARM, now=NOW)
        create_query(writing, NamedQuery(PARTY, "q", {"EQ_action": ["OBSERVE"]}, NOW, "farm"))
    receiver = Receiver(clock=lambda: clock.now)
    yield World(house, clock, receiver)
    house.close()


async def test_a_stream_is_sent_within_a_second_and_in_sequence(world: World) -> None:
    world.capture("holding")  # before the subscription: not due
    made = world.subscribe()
    async with world.delivering():
        world.capture("shipping", "receiving")
        await world.clock.pass_by(1)
        assert world.receiver.steps == ["shipping", "receiving"]
        world.capture("storing")
        await world.clock.pass_by(1)
    assert world.receiver.steps == ["shipping", "receiving", "storing"]
    first = world.receiver.got[0]["epcisBody"]["queryResults"]
    assert (first["queryName"], first["subscriptionID"]) == ("q", made.id)
    assert first["resultsBody"]["eventList"][0]["epcList"][0].startswith("https://id.gs1.org/01/")
    state = world.state(made)
    assert state.last_notified is not None
    assert state.delivered == 4


async def test_what_was_recorded_since_a_time_is_sent_first(world: World) -> None:
    world.capture("holding")
    world.clock.now += timedelta(hours=1)
    world.capture("shipping")
    made = world.subscribe(since=NOW + timedelta(minutes=30))
    world.clock.now -= timedelta(minutes=40)  # somebody sets the clock back
    world.capture("receiving")
    async with world.delivering():
        await world.clock.pass_by(1)
    assert world.receiver.steps == ["shipping", "receiving"]
    assert world.state(made).delivered == 3


async def test_whatever_fails_nothing_is_lost_and_the_order_stays(world: World) -> None:
    made = world.subscribe()
    world.receiver.answers = [
        Answer(500),
        away("https://receiver.example/hook", "no"),
        not_called("receiver.example", "no"),
        Answer(302),
        Answer(503, 60.0),
    ]
    async with world.delivering():
        world.capture("shipping")
        await world.clock.pass_by(3)
        state = world.state(made)
        assert (state.failing_since, state.reason.partition(":")[0]) == (
            FIRST,
            "receiver.example does not answer",
        )
        world.capture("receiving")
        await world.clock.pass_by(120)
    assert world.receiver.steps == ["shipping", "receiving"]
    assert [each for each in world.clock.slept if each != ASK_EVERY_S] == [2.0, 4.0, 8.0, 16.0, 60.0]
    state = world.state(made)
    assert (state.failing_since, state.reason, state.suspended) == (None, "", None)


async def test_a_receiver_with_little_room_gets_smaller_messages(world: World) -> None:
    made = world.subscribe()
    world.receiver.most = 3
    names = ["shipping", "receiving", "storing", "holding", "packing", "loading", "picking", "sampling"]
    async with world.delivering():
        world.capture(*names)
        await world.clock.pass_by(1)
    assert world.receiver.steps == names
    assert {len(steps(one)) for one in world.receiver.got} == {2}
    assert world.state(made).batch == 2


async def test_an_event_that_a_receiver_cannot_take_waits_as_any_failure(world: World) -> None:
    made = world.subscribe()
    world.receiver.most = 0
    async with world.delivering():
        world.capture("shipping")
        await world.clock.pass_by(5)
        assert world.state(made).reason == "The receiver answered 413"
        world.receiver.most = 1
        await world.clock.pass_by(10)
    assert world.receiver.steps == ["shipping"]


@pytest.mark.parametrize("answer", [Answer(410), Answer(500)])
async def test_who_is_gone_or_fails_for_days_is_suspended_with_a_reason(world: World, answer: Answer) -> None:
    made = world.subscribe()
    world.receiver.answers = [answer] * 1000
    async with world.delivering():
        world.capture("shipping")
        await world.clock.pass_by(10)
        if answer.status == 500:
            assert world.state(made).suspended is None
            world.clock.now += PATIENCE  # somebody sets the clock forward
            await world.clock.pass_by(900)
            assert world.state(made).suspended is None
            await world.clock.pass_by(4 * 3600)
        state = world.state(made)
        assert state.suspended is not None
        assert state.reason == f"The receiver answered {answer.status}"
        tried = world.receiver.tried
        world.capture("receiving")
        await world.clock.pass_by(10)
        assert world.receiver.tried == tried
    assert state.delivered == 0  # it can begin anew from its minRecordTime


async def test_a_process_that_dies_after_sending_sends_again_and_loses_nothing(world: World) -> None:
    made = world.subscribe()

    class Dying(Receiver):
        async def post(self, *args: Any, **options: Any) -> Answer:
            await super().post(*args, **options)
            raise asyncio.CancelledError  # taken, but nothing is noted any more

    survivor, world.receiver = world.receiver, Dying()
    async with world.delivering():
        world.capture("shipping", "receiving")
        await world.clock.pass_by(1)
        assert world.receiver.steps == ["shipping", "receiving"]
    assert world.state(made).delivered == 0
    world.capture("storing")
    world.receiver = survivor
    async with world.delivering():
        await world.clock.pass_by(1)
    assert world.receiver.steps == ["shipping", "receiving", "storing"]


async def test_a_schedule_reports_at_its_times_and_makes_up_for_one_that_was_missed(world: World) -> None:
    made = world.subscribe(schedule=parse_schedule({"minute": "0,30"}), report_if_empty=True)
    async with world.delivering():
        world.capture("shipping")
        await world.clock.pass_by(29 * 60)
        assert world.receiver.tried == 0
        await world.clock.pass_by(60)
        assert [steps(one) for one in world.receiver.got] == [["shipping"]]
        await world.clock.pass_by(30 * 60)
    assert [steps(one) for one in world.receiver.got] == [["shipping"], []]
    assert world.state(made).min_record_time == NOW + timedelta(hours=1)
    world.clock.now += timedelta(hours=5)  # three times five are missed
    world.capture("receiving")
    async with world.delivering():
        assert [steps(one) for one in world.receiver.got] == [["shipping"], [], ["receiving"]]
        await world.clock.pass_by(60)
        assert world.receiver.tried == 3
    assert [moment.minute for moment in world.receiver.at[:2]] == [30, 0]


async def test_a_schedule_without_news_is_silent_unless_asked(world: World) -> None:
    made = world.subscribe(schedule=parse_schedule({"second": "0"}))
    async with world.delivering():
        await world.clock.pass_by(300)
    assert world.receiver.tried == 0
    assert world.state(made).min_record_time > NOW


async def test_a_clock_that_is_set_back_stops_no_schedule(world: World) -> None:
    made = world.subscribe(schedule=parse_schedule({"minute": "[0-59]"}), report_if_empty=True)
    world.clock.now += timedelta(days=400)  # a battery is empty
    async with world.delivering():
        await world.clock.pass_by(90)
        assert world.receiver.tried == 2
        world.receiver.answers = [Answer(500)] * 99
        await world.clock.pass_by(60)
        assert world.state(made).failing_since == world.clock.now - timedelta(seconds=30)
    world.clock.now -= timedelta(days=400)
    async with world.delivering():
        await world.clock.pass_by(60)
        assert NOW < (world.state(made).failing_since or NOW) < NOW + timedelta(days=1)
        world.receiver.answers, world.receiver.tried = [], 0
        await world.clock.pass_by(120)
    assert 2 <= world.receiver.tried <= 3


async def test_a_subscription_that_begins_later_waits_for_it(world: World) -> None:
    every = parse_schedule({"minute": "[0-59]"})
    world.subscribe(since=NOW + timedelta(hours=1), schedule=every, report_if_empty=True)
    async with world.delivering():
        await world.clock.pass_by(3590)
        assert world.receiver.tried == 0
        await world.clock.pass_by(80)
    assert world.receiver.tried == 1


async def test_slow_receivers_of_one_party_keep_nobody_else_waiting(world: World) -> None:
    class Slow(Receiver):
        kept: int = 0

        async def post(self, dest: str, content: bytes, **options: Any) -> Answer:
            if "slow" not in dest:
                return await super().post(dest, content, **options)
            self.kept += 1
            await world.clock.sleep(30)
            raise away(dest, "no")

    world.receiver = slow = Slow()
    other = canonical_key(SHOP)
    with Writing(world.house.engine) as writing:
        create_account(writing, "shop", role=AccountRole.STATION, party=SHOP, now=NOW)
        create_query(writing, NamedQuery(other, "q", {}, NOW, "shop"))
    for _ in range(MOST_SUBSCRIPTIONS):
        world.subscribe(dest="https://slow.example/hook")
    world.subscribe(party=other, account="shop")
    made: list[str] = []

    class Counting(Standing):
        def message(self, watch: Watch) -> Message:
            made.append(watch.party)
            return super().message(watch)

    async with world.delivering(Counting(world.house, {})):
        made.clear()
        job = world.house.capture(
            document("receiving"), "application/json", by=CapturedBy(SHOP), behaviour="rollback"
        )
        world.capture("shipping")
        assert job.captured == 1
        await world.clock.pass_by(1)
        assert slow.steps == ["receiving"]
        assert slow.kept == OF_A_PARTY
        assert made.count(PARTY) == OF_A_PARTY  # those that wait for their turn hold no message


async def test_a_closed_account_gets_nothing_any_more(world: World) -> None:
    made = world.subscribe()
    async with world.delivering():
        with Writing(world.house.engine) as writing:
            disable_account(writing, "farm", NOW)
        world.capture("shipping")
        await world.clock.pass_by(1)
    assert world.receiver.tried == 0
    state = world.state(made)
    assert state.suspended is not None
    assert state.reason == "The account farm is closed"


async def test_a_query_that_means_nothing_any_more_is_told_to_the_receiver(world: World) -> None:
    with Writing(world.house.engine) as writing:
        create_query(writing, NamedQuery(PARTY, "old", {"EQ_nothing": ["x"]}, NOW, "farm"))
    made = world.subscribe(query_name="old")
    async with world.delivering():
        world.capture("shipping")
        await world.clock.pass_by(1)
    assert world.receiver.media_types == ["application/problem+json"]
    assert world.receiver.got[0]["type"] == "epcisException:QueryParameterException"
    with Reading(world.house.engine) as reading:
        assert subscription(reading, PARTY, "old", made.id).suspended is not None


async def test_a_query_that_is_too_much_for_now_is_told_once_and_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "LEAST_FAILURES", 2)
    made = world.subscribe()
    good, too_much = Standing.message, True

    class Troubled(Standing):
        def message(self, watch: Watch) -> Message:
            if too_much:
                raise QueryTooComplex("The query is too complex", where="query")
            return good(self, watch)

    async with world.delivering(Troubled(world.house, {})):
        world.capture("shipping")
        await world.clock.pass_by(10)
        world.clock.now += PATIENCE
        await world.clock.pass_by(60)
        assert [one["type"] for one in world.receiver.got] == ["epcisException:QueryTooComplexException"]
        state = world.state(made)
        assert (state.suspended, state.reason) == (None, "The query is too complex")
        assert state.failing_since is not None
        too_much = False
        world.receiver.answers = [Answer(500)]
        await world.clock.pass_by(200)
        assert steps(world.receiver.got[1]) == [
            "shipping"
        ]  # a receiver that fails then has its own three days
    state = world.state(made)
    assert (state.suspended, state.failing_since, state.reason, state.delivered) == (None, None, "", 1)


async def test_what_is_deleted_or_made_meanwhile_is_noticed(world: World) -> None:
    made = world.subscribe()
    async with world.delivering() as deliverer:
        with Writing(world.house.engine) as writing:
            delete_subscription(writing, PARTY, "q", made.id)
        deliverer.changed()
        await settled()
        world.capture("shipping")
        await world.clock.pass_by(1)
        assert world.receiver.tried == 0
        world.subscribe()
        deliverer.changed()
        await settled()
        world.capture("receiving")
        await world.clock.pass_by(1)
        assert world.receiver.steps == ["receiving"]
        with Writing(world.house.engine) as writing:
            delete_query(writing, PARTY, "q")
        deliverer.changed()
        await settled()
        world.capture("storing")
        await world.clock.pass_by(1)
    assert world.receiver.steps == ["receiving"]


async def test_a_schedule_without_news_writes_once_a_minute(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = world.subscribe(schedule=parse_schedule({"second": "[0-59]"}))
    noted: list[int] = []

    def noting(writing: Writing, known: Subscription, through: int, now: datetime) -> Subscription:
        noted.append(through)
        return note_run(writing, known, through, now)

    monkeypatch.setattr(delivering, "note_run", noting)
    async with world.delivering():
        await world.clock.pass_by(150)
        assert len(noted) == 3
        world.capture("shipping")
        await world.clock.pass_by(1)
    assert world.receiver.steps == ["shipping"]
    assert world.state(made).delivered == 1


async def test_what_failed_does_not_begin_anew_after_the_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "_BEGIN_ANEW_S", 0.02)
    world.subscribe()
    asked: list[int] = []

    class Broken(Standing):
        def newest(self) -> int:
            asked.append(1)
            raise ZeroDivisionError

    tasks = asyncio.all_tasks()
    async with world.delivering(Broken(world.house, {})):
        await asyncio.sleep(0.1)
        assert len(asked) > 1  # it does while there is something to deliver
    await asyncio.sleep(0.1)
    assert asyncio.all_tasks() == tasks


async def test_nobody_asks_for_evidence_where_nobody_subscribes(world: World) -> None:
    async with world.delivering():
        await world.clock.pass_by(60)
    assert world.clock.slept == []


def test_waits_grow_to_a_quarter_of_an_hour_and_differ() -> None:
    assert [wait_s(failures, 0.0) for failures in (1, 2, 3, 10, 1000)] == [2.0, 4.0, 8.0, 900.0, 900.0]
    assert wait_s(3, 0.999) == pytest.approx(4.0, abs=0.01)
