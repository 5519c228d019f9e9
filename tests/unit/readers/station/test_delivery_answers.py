"""What a station makes of the platform's answers: receipts that do not fit, another machine of its name."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import orjson
import pytest

from suyuan.readers.station.alarms import Alarms
from suyuan.readers.station.config import ServerConfig
from suyuan.readers.station.delivery import MOST_BYTES_IN_BATCH, REPEATED, Delivery, Verdict
from suyuan.readers.station.journal import Entry
from suyuan.readers.station.outbox import Outbox
from suyuan.readers.station.words import Message

NOW = datetime(2026, 11, 22, tzinfo=UTC)


class Platform:
    """Accepts everything; ``counts`` is what its receipts count, ``repeated`` its header."""

    def __init__(self, repeated: str = "", counts: Mapping[str, object] = MappingProxyType({})) -> None:
        self.repeated = repeated
        self.counts = {f"suyuan:{name}": count for name, count in counts.items()}
        self.sizes: list[int] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json={"running": False, "success": True, **self.counts})
        self.sizes.append(len(orjson.loads(request.content)["epcisBody"]["eventList"]))
        headers = {"Location": "/capture/1", **({REPEATED: self.repeated} if self.repeated else {})}
        return httpx.Response(202, headers=headers)


async def no_wait(_seconds: float) -> None:
    pass


async def sent(
    folder: Path, platform: Platform, entries: list[Entry], station: str = "dock"
) -> tuple[list[Verdict | None], dict[str, Message | None], int]:
    """Verdicts until nothing waits, three at most; the alarms; how many wait then."""
    alarms: dict[str, Message | None] = {}
    async with (
        Outbox(folder, station, now=lambda: NOW, group_s=0.0) as outbox,
        httpx.AsyncClient(transport=httpx.MockTransport(platform)) as client,
    ):
        await outbox.append(entries)
        delivery = Delivery(
            outbox,
            ServerConfig("http://platform.test", "t"),
            client,
            now=lambda: NOW,
            random=random.Random(1),
            sleep=no_wait,
            alarm=alarms.__setitem__,
        )
        verdicts = [await delivery.deliver_once() for _ in range(3)]
        return verdicts, alarms, (await outbox.queue()).depth


def entry(number: int, **body: Any) -> Entry:
    return Entry(f"urn:uuid:{number}", body, NOW, 0.0, "b")


@pytest.mark.parametrize(
    ("counts", "stored"),
    [
        ({}, True),  # another EPCIS platform, which does not count
        ({"captured": 3, "duplicates": 0, "conflicts": 0}, True),
        ({"captured": 1, "duplicates": 2, "conflicts": 0}, True),
        ({"captured": 2, "duplicates": 0, "conflicts": 1}, True),
        ({"captured": 2, "duplicates": 0, "conflicts": 0}, False),
        ({"captured": 30}, False),
    ],
)
async def test_a_receipt_for_other_events_than_were_sent_is_none(
    tmp_path: Path, counts: dict[str, object], stored: bool
) -> None:
    verdicts, alarms, waiting = await sent(tmp_path, Platform(counts=counts), [entry(n) for n in range(3)])
    assert (verdicts[0], waiting) == ((Verdict.STORED, 0) if stored else (Verdict.AWAY, 3))
    if not stored:
        message = alarms["server"]
        assert message is not None
        assert "of 3 events" in message.text("en")


@pytest.mark.parametrize(
    ("header", "number"),
    [
        ("dock;17", "17"),
        ("gate;4, dock;17", "17"),
        ("d%C3%B6ck;1", None),
        ("gate;4", None),
        ("", None),
        (";;,;", None),
        ("dock;" + "9" * 500, "9" * 20),
    ],
)
async def test_another_machine_of_our_name_is_told(tmp_path: Path, header: str, number: str | None) -> None:
    _, alarms, waiting = await sent(tmp_path, Platform(header), [entry(1)])
    message = alarms["two stations"]
    assert waiting == 0  # the records of both are kept
    assert (message and message.fields.get("number")) == number
    assert message is None or message.code == "TWO_STATIONS"


async def test_a_name_of_any_letters_is_recognised(tmp_path: Path) -> None:
    _, alarms, _ = await sent(tmp_path, Platform("%E4%B8%80%E5%8F%B7%E9%97%A8;3"), [entry(1)], "一号门")
    assert alarms["two stations"] is not None


async def test_a_document_holds_what_is_bearable_and_at_least_one(tmp_path: Path) -> None:
    large = MOST_BYTES_IN_BATCH // 3
    entries = [entry(n, note="x" * large) for n in range(4)]
    platform = Platform()
    await sent(tmp_path, platform, [*entries, entry(9, note="x" * (MOST_BYTES_IN_BATCH + 1))])
    assert platform.sizes == [2, 2, 1]


def refusing(request: httpx.Request) -> httpx.Response:
    """A platform that takes no record whose serial is even, and says why."""
    if request.method == "GET":
        return httpx.Response(200, json={"running": False, "success": True})
    numbers = [one["suyuan:sequence"] for one in orjson.loads(request.content)["epcisBody"]["eventList"]]
    bad = [number for number in numbers if number % 2 == 0]
    if bad:
        return httpx.Response(400, json={"title": "Invalid", "detail": f"not {bad[0]}"})
    return httpx.Response(202, headers={"Location": "/capture/1"})


def a_delivery(outbox: Outbox, client: httpx.AsyncClient, alarm: Alarms) -> Delivery:
    return Delivery(
        outbox,
        ServerConfig("http://platform.test", "t"),
        client,
        now=lambda: NOW,
        random=random.Random(1),
        sleep=no_wait,
        alarm=alarm.of("delivery"),
    )


async def test_however_much_is_refused_is_one_alarm_which_a_restart_does_not_end(tmp_path: Path) -> None:
    alarms = Alarms()
    async with (
        Outbox(tmp_path, "dock", now=lambda: NOW, group_s=0.0) as outbox,
        httpx.AsyncClient(transport=httpx.MockTransport(refusing)) as client,
    ):
        await outbox.append([entry(number) for number in range(1, 21)])
        await a_delivery(outbox, client, alarms).deliver_once()
        (told,) = alarms.all()
        assert (told.code, dict(told.fields)) == (
            "REFUSED",
            {"count": 10, "sequence": 20, "words": "400 Invalid: not 20"},
        )
        anew = Alarms()
        await a_delivery(outbox, client, anew).deliver_once()
        assert anew.all() == [told]

        assert await outbox.retry() == 10
        mended = httpx.AsyncClient(transport=httpx.MockTransport(Platform()))
        async with mended:
            again = a_delivery(outbox, mended, anew)
            assert await again.deliver_once() is Verdict.STORED
        assert anew.all() == []
        assert (await outbox.queue()).depth == 0
        assert await outbox.retry() == 0


async def test_the_refused_record_of_the_highest_number_is_told(tmp_path: Path) -> None:
    async with Outbox(tmp_path, "dock", now=lambda: NOW, group_s=0.0) as outbox:
        await outbox.append([entry(number) for number in range(1, 4)])
        for number in (3, 1):
            await outbox.mark_refused(number, f"no {number}")
        assert (await outbox.queue()).last_refused == (3, "no 3")
