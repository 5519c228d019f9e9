"""Whatever the network and the power do between station and platform, every event arrives exactly once."""

from __future__ import annotations

import asyncio
import json
import random
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suyuan.readers.station.config import ServerConfig
from suyuan.readers.station.delivery import REFUSED_S, Delivery, Verdict
from suyuan.readers.station.journal import Entry
from suyuan.readers.station.outbox import Outbox
from suyuan.readers.station.words import Message

NOW = datetime(2026, 11, 21, tzinfo=UTC)


class FlakyPlatform:
    """Stores by eventID; loses requests, answers and jobs; refuses poisoned events, all or nothing."""

    def __init__(self, chance: random.Random, poison: frozenset[str]) -> None:
        self.chance = chance
        self.poison = poison
        self.well = False
        self.stored: dict[str, int] = {}
        self.order: list[int] = []
        self.jobs: dict[str, dict[str, Any]] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        fate = 1.0 if self.well else self.chance.random()
        if fate < 0.2:
            raise httpx.ConnectError("lost on the way there")
        response = self._answer(request)
        if fate < 0.5:
            raise httpx.ReadError("lost on the way back")
        if fate < 0.6:
            return httpx.Response(self.chance.choice([404, 408, 429, 500, 503]))
        return response

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json=self.jobs[request.url.path])
        events = json.loads(request.content)["epcisBody"]["eventList"]
        bad = [e["eventID"] for e in events if e["eventID"] in self.poison]
        if not bad:
            for event in events:
                if event["eventID"] not in self.stored:
                    self.stored[event["eventID"]] = event["suyuan:sequence"]
                    self.order.append(event["suyuan:sequence"])
        path = f"/capture/{len(self.jobs)}"
        errors = [{"title": "No such step", "detail": name, "status": 400} for name in bad]
        self.jobs[path] = {"running": False, "success": not bad, "errors": errors}
        return httpx.Response(202, headers={"Location": path})


async def no_wait(_seconds: float) -> None:
    await asyncio.sleep(0)


class Interrupted(Exception):
    """The station died between the platform's answer and its own note of it."""


class DyingOutbox(Outbox):
    """An outbox whose station sometimes dies just before it notes what was delivered."""

    chance: random.Random = random.Random(0)
    dies: float = 0.0

    async def mark_sent(self, sequences: Any, receipt: str) -> None:
        if self.chance.random() < self.dies:
            raise Interrupted
        await super().mark_sent(sequences, receipt)


async def life(folder: Path, seed: int, bursts: list[int], poisoned: set[int], batch: int) -> None:
    chance = random.Random(seed)
    names = [f"urn:uuid:{n}" for n in range(sum(bursts))]
    poison = frozenset(names[n] for n in poisoned if n < len(names))
    platform = FlakyPlatform(chance, poison)
    acknowledged: dict[str, int] = {}
    left = list(names)
    alarms: dict[str, Message | None] = {}
    for size in [*bursts, 0]:
        burst, left = left[:size], left[size:]
        if not left and not size:
            platform.well = True
        async with (
            DyingOutbox(folder, "s", now=lambda: NOW, group_s=0.0) as outbox,
            httpx.AsyncClient(transport=httpx.MockTransport(platform)) as client,
        ):
            outbox.chance, outbox.dies = chance, 0.0 if platform.well else 0.3
            entries = [Entry(n, {"type": "ObjectEvent"}, NOW, 0.0, "b") for n in burst]
            sequences: list[int] = []
            for _ in range(chance.randint(1, 2)):  # the caller may not know that it was stored: it asks again
                sequences = await outbox.append(entries) if entries else []
            acknowledged.update(zip(burst, sequences, strict=True))
            delivery = Delivery(
                outbox,
                ServerConfig("http://platform.test", "t"),
                client,
                now=lambda: NOW,
                random=chance,
                sleep=no_wait,
                alarm=alarms.__setitem__,
                batch=batch,
            )
            try:
                for _ in range(len(names) * 4 if platform.well else chance.randint(0, 6)):
                    if await delivery.deliver_once() is None:
                        break
            except Interrupted:
                continue
            if platform.well:
                queue = await outbox.queue()
                assert queue.depth == 0
                assert queue.refused == len(poison)
    check(platform, acknowledged, names, poison)
    assert (alarms.get("refused") is not None) == bool(poison)


def check(
    platform: FlakyPlatform, acknowledged: dict[str, int], attempted: list[str], poison: frozenset[str]
) -> None:
    assert set(acknowledged) - poison <= set(platform.stored), "an acknowledged event was lost"
    assert set(platform.stored) <= set(attempted), "an event was made up"
    assert platform.stored == {n: s for n, s in acknowledged.items() if n not in poison}
    assert len(platform.order) == len(set(platform.order)), "an event was stored twice"
    assert sorted(acknowledged.values()) == list(range(1, len(attempted) + 1)), "the sequence has gaps"


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    bursts=st.lists(st.integers(1, 8), min_size=1, max_size=6),
    poisoned=st.sets(st.integers(0, 40), max_size=3),
    batch=st.integers(1, 9),
)
def test_exactly_once_in_effect(seed: int, bursts: list[int], poisoned: set[int], batch: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(life(Path(folder), seed, bursts, poisoned, batch))


class ShutOut:
    """A platform that lets nobody in until it is mended."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.asked = 0
        self.mended = False
        self.stored: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if not self.mended:
            return httpx.Response(self.status)
        if request.method == "POST":
            self.stored += [e["eventID"] for e in json.loads(request.content)["epcisBody"]["eventList"]]
            return httpx.Response(202, headers={"Location": "/capture/1"})
        return httpx.Response(200, json={"running": False, "success": True})


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_credential_is_tried_slowly_until_it_is_let_in_again(tmp_path: Path, status: int) -> None:
    async def one_life() -> None:
        alarms: dict[str, Message | None] = {}
        slept: list[float] = []
        platform = ShutOut(status)

        async def sleep(seconds: float) -> None:
            slept.append(seconds)
            platform.mended = platform.asked >= 3
            if platform.mended:
                message = alarms["server"]
                assert message is not None
                assert message.code == "NOT_SIGNED_IN"
            await asyncio.sleep(0)

        async with (
            Outbox(tmp_path, "s", now=lambda: NOW, group_s=0.0) as outbox,
            httpx.AsyncClient(transport=httpx.MockTransport(platform)) as client,
        ):
            await outbox.append([Entry("a", {}, NOW, 0.0, "b")])
            delivery = Delivery(
                outbox,
                ServerConfig("http://platform.test", "t"),
                client,
                now=lambda: NOW,
                random=random.Random(1),
                sleep=sleep,
                alarm=alarms.__setitem__,
            )
            running = asyncio.create_task(delivery.run())
            async with asyncio.timeout(5):
                while (await outbox.queue()).depth:
                    assert not running.done()
                    await asyncio.sleep(0)
            running.cancel()
            assert platform.stored == ["a"]
            assert all(REFUSED_S / 2 <= seconds <= REFUSED_S for seconds in slept)
            assert alarms["server"] is None

    asyncio.run(one_life())


def test_a_proxy_that_refuses_without_a_word_parks_no_event(tmp_path: Path) -> None:
    async def one_life() -> None:
        proxy = httpx.MockTransport(lambda _: httpx.Response(400, text="<h1>400 Bad Request</h1>"))
        async with (
            Outbox(tmp_path, "s", now=lambda: NOW, group_s=0.0) as outbox,
            httpx.AsyncClient(transport=proxy) as client,
        ):
            await outbox.append([Entry("a", {}, NOW, 0.0, "b")])
            delivery = Delivery(
                outbox,
                ServerConfig("http://platform.test", "t"),
                client,
                now=lambda: NOW,
                random=random.Random(1),
                sleep=no_wait,
                alarm=lambda _about, _told: None,
            )
            assert await delivery.deliver_once() is Verdict.AWAY
            queue = await outbox.queue()
            assert (queue.depth, queue.refused) == (1, 0)

    asyncio.run(one_life())
