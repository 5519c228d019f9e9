"""How one learns that there is new evidence: one small question for everybody who waits, and none at rest.

Asked rather than told, so that what another process stores (``suyuan load``) is noticed as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from suyuan.api.notify.threads import in_thread
from suyuan.trace.errors import Unavailable

ASK_EVERY_S = 0.5
_log = structlog.get_logger(__name__)


class Tide:
    """The sequence number of the newest evidence, as it rises. Used from one event loop."""

    def __init__(self, newest: Callable[[], int], sleep: Callable[[float], Awaitable[None]]) -> None:
        self._ask = newest
        self._sleep = sleep
        self._newest = 0
        self._waiting = 0
        self._wanted = asyncio.Event()
        self._rises = asyncio.Event()

    async def beyond(self, sequence: int) -> None:
        """Wait until there is evidence after ``sequence``."""
        self._waiting += 1
        self._wanted.set()
        try:
            while self._newest <= sequence:
                await self._rises.wait()
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._wanted.clear()

    async def run(self) -> None:
        """Ask for as long as somebody waits; goes on until cancelled."""
        while True:
            await self._wanted.wait()
            try:
                newest = await in_thread(self._ask)
            except Unavailable as error:  # it says so to everybody who asks for anything
                _log.warning("waiting for evidence", reason=error.detail)
                newest = self._newest
            if newest > self._newest:
                self._newest = newest
                rises, self._rises = self._rises, asyncio.Event()
                rises.set()
            await self._sleep(ASK_EVERY_S)
