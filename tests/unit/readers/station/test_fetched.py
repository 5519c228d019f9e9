"""Lists that a station fetches: what fails is told once, and what is the same is not stored again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import httpx
import orjson
import pytest
from structlog.testing import capture_logs
from tests.unit.readers.station.fakes import NOW, PLACE, FakeReader, Platform, item, station

from suyuan.readers.station import fetched
from suyuan.readers.station.fetched import Fetched, Source
from suyuan.readers.station.outbox import Outbox
from suyuan.readers.station.recall_task import NOTHING_ASKED, Tasks
from suyuan.readers.station.recalls import read_tasks

LATER = NOW.replace(year=NOW.year + 1)


class Answers:
    """What a platform answers, one page after another, and what a station stores of it."""

    def __init__(self, outbox: Outbox) -> None:
        self.pages = [page()]
        self.status = 200
        self.stored: list[str] = []
        self._outbox = outbox

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if not self.status:
            raise httpx.ConnectError("refused")
        at = int(request.url.params.get("next", "0"))
        return httpx.Response(self.status, content=self.pages[at])

    async def keep(self, name: str, value: bytes) -> None:
        self.stored.append(name)
        await self._outbox.keep(name, value)

    async def kept(self, name: str) -> bytes | None:
        return await self._outbox.kept(name)


def page(**more: Any) -> bytes:
    task = {"case": "R2026-0001", "goods": [{"key": item(1), "place": PLACE}], "whole": True}
    return orjson.dumps({"as_of": NOW.isoformat(), "tasks": [task], "next": None, **more})


@asynccontextmanager
async def listed(folder: Path) -> AsyncGenerator[tuple[Answers, Fetched[Tasks]]]:
    config = station(folder, FakeReader(), Platform()).config
    source = Source("recall tasks", "/api/recall-tasks", 120.0, lambda pages: read_tasks(pages, {PLACE}))
    async with Outbox(config.data, config.station, now=lambda: NOW, party=config.party) as outbox:
        told: Any = Answers(outbox)
        async with httpx.AsyncClient(transport=httpx.MockTransport(told)) as client:
            one = Fetched(source, NOTHING_ASKED, told, config, client, random=Random(1), sleep=asyncio.sleep)
            await one.restore()
            yield told, one


async def test_what_fails_is_told_when_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    async with listed(tmp_path) as (platform, one):
        with capture_logs() as logs:
            for status in (200, 404, 404, 500, 0, 0, 200, 200):
                platform.status = status
                assert await one.fetch_once() is (status == 200)
            monkeypatch.setattr(fetched, "MOST_BYTES", 10)
            assert not await one.fetch_once()
            monkeypatch.undo()
            platform.pages = [b"<html>"]
            assert not await one.fetch_once()
        said = [log.get("reason", log["event"]) for log in logs]
        assert len(one.value.asked) == 1
    assert said == [
        "status 404",
        "status 500",  # that the platform is away after it, the uplink tells
        "fetched.again",
        "more than 10 bytes",
        "no such list",
    ]


async def test_a_list_that_is_too_long_is_cut_and_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with listed(tmp_path) as (platform, one):
        platform.pages = [page(next="1"), page(next="2"), page()]
        monkeypatch.setattr(fetched, "MOST_BYTES", len(page(next="1")) * 2 + 5)
        with capture_logs() as logs:
            assert await one.fetch_once()
            assert await one.fetch_once()
            assert len(one.value.asked) == 2
            monkeypatch.undo()
            monkeypatch.setattr(fetched, "MOST_PAGES", 1)
            assert await one.fetch_once()
            assert len(one.value.asked) == 1
        assert [log["event"] for log in logs] == ["fetched.cut", "fetched.cut"]


async def test_only_the_time_of_a_list_that_is_the_same_is_stored(tmp_path: Path) -> None:
    async with listed(tmp_path) as (platform, one):
        assert await one.fetch_once()
        assert [name.endswith(" as of") for name in platform.stored] == [False, True]
        platform.stored.clear()
        platform.pages = [page(as_of=LATER.isoformat())]
        assert await one.fetch_once()
        assert await one.fetch_once()
        assert [name.endswith(" as of") for name in platform.stored] == [True]
    async with listed(tmp_path) as (platform, one):
        assert (one.value.as_of, len(one.value.asked)) == (LATER, 1)
        platform.pages = [page(as_of=LATER.isoformat())]
        assert await one.fetch_once()
        assert platform.stored == []


async def test_what_could_not_be_read_again_is_not_taken(tmp_path: Path) -> None:
    async with listed(tmp_path) as (platform, one):
        platform.pages = [page(deep=0).replace(b'"deep":0', b'"deep":' + b"[" * 400 + b"]" * 400)]
        assert not await one.fetch_once()
        assert (one.value, platform.stored) == (NOTHING_ASKED, [])
