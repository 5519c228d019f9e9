"""A vendor's library that does not come back must not take the station with it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest

from suyuan.readers import blocking
from suyuan.readers.address import ReaderAddress
from suyuan.readers.blocking import BlockingReader
from suyuan.readers.errors import TransientConnectionError
from suyuan.readers.observation import Observation
from suyuan.readers.reader import Capabilities, ReaderInfo
from suyuan.readers.supervisor import Backoff, ReaderState, StateChange, Supervisor


def now() -> datetime:
    return datetime.now(UTC)


class Stuck(BlockingReader):
    """Its library does not return from the first turn; from others it does."""

    opened = 0

    def __init__(self, until: threading.Event) -> None:
        super().__init__("desk", now=now)
        self._until = until
        self._number = 0

    @classmethod
    def from_address(cls, address: ReaderAddress, *, now: object) -> Stuck:
        raise NotImplementedError

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(keepalive_s=0.05)

    def _open(self) -> ReaderInfo:
        Stuck.opened += 1
        self._number = Stuck.opened
        return ReaderInfo()

    def _turn(self) -> Sequence[Observation]:
        self._until.wait(10 if self._number == 1 else 0.01)
        return ()

    def _release(self) -> None: ...

    async def ask(self) -> int:
        return await self._ask(lambda: 1)


@pytest.fixture
def may_return(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    monkeypatch.setattr(blocking, "RELEASE_S", 0.05)
    monkeypatch.setattr(Stuck, "opened", 0)
    event = threading.Event()
    yield event
    event.set()


async def test_a_reader_whose_library_hangs_is_told_and_opened_anew(may_return: threading.Event) -> None:
    states: list[ReaderState] = []
    back = asyncio.Event()

    def changed(change: StateChange) -> None:
        states.append(change.state)
        if states.count(ReaderState.UP) > 1:
            back.set()

    backoff = Backoff(first_s=0.01, most_s=0.01)
    async with (
        asyncio.timeout(5),
        Supervisor(
            lambda: Stuck(may_return), now=now, chance=lambda: 0.0, backoff=backoff, on_change=changed
        ),
    ):
        await back.wait()
    assert ReaderState.DOWN in states


async def test_who_waits_for_a_library_that_hangs_is_told(may_return: threading.Event) -> None:
    async with asyncio.timeout(5):
        reader = Stuck(may_return)
        await reader.__aenter__()
        waiting = asyncio.create_task(reader.ask())
        await asyncio.sleep(0.01)
        await reader.aclose()
        with pytest.raises(TransientConnectionError):
            await waiting
