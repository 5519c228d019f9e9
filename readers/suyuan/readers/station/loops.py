"""What goes on in a station while it runs, and how that is ended in good order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any

from suyuan.readers.station.errors import OutboxDamaged, OutboxUnavailable
from suyuan.readers.station.outbox import Outbox
from suyuan.readers.station.words import Message

PURGE_EVERY_S = 3600.0


class Loops:
    """Loops that run from now on: those that listen to readers, and the others."""

    def __init__(
        self, listening: Iterable[Coroutine[Any, Any, None]], others: Iterable[Coroutine[Any, Any, None]]
    ) -> None:
        self._listening = [asyncio.create_task(loop) for loop in listening]
        self._all = [*self._listening, *(asyncio.create_task(loop) for loop in others)]

    async def failed(self) -> None:
        """Return never, or raise what ended one of them: a fault of ours.

        Who stops waiting for it ends no loop: a pass under way is still to be closed and recorded.
        """
        ended, _ = await asyncio.wait(self._all, return_when=asyncio.FIRST_EXCEPTION)
        for task in ended:
            task.result()

    async def stop(self, close: Callable[[], Awaitable[None]]) -> None:
        """No more readings, then ``close`` what is under way, then end the rest; raises what had failed."""
        for task in self._listening:
            task.cancel()
        await asyncio.gather(*self._listening, return_exceptions=True)
        await close()
        for task in self._all:
            task.cancel()
        for end in await asyncio.gather(*self._all, return_exceptions=True):
            if isinstance(end, BaseException) and not isinstance(end, asyncio.CancelledError):
                raise end


async def keep_purged(
    outbox: Outbox,
    alarm: Callable[[str, Message | None], None],
    sleep: Callable[[float], Awaitable[None]],
) -> None:
    """Every hour throw away what the server has confirmed, for ever."""
    while True:
        try:
            await outbox.purge()
        except (OutboxUnavailable, OutboxDamaged) as error:
            alarm("purge", Message("QUEUE_FULL", {"reason": error.detail}))
        else:
            alarm("purge", None)
        await sleep(PURGE_EVERY_S)
