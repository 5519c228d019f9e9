"""Every two seconds: whether records can still be stored, how much room they have, whether the clock was set.

So a disk that fails, fills or turns read-only is told within seconds, and once it is well again the alarm
goes by itself, with nobody at the station.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from suyuan.readers.station.clock import Steps
from suyuan.readers.station.duration import duration
from suyuan.readers.station.errors import OutboxDamaged, OutboxUnavailable
from suyuan.readers.station.outbox import Outbox
from suyuan.readers.station.room import NOTHING_FREE
from suyuan.readers.station.words import Message
from suyuan.readers.words import Said

EVERY_S = 2.0
TOLD_FOR = 300
"""Looks for which it is told that the clock was set: ten minutes."""
_FORWARD, _BACK = Said("拨快", "forward"), Said("拨慢", "back")


async def keep_watch(
    outbox: Outbox,
    steps: Steps,
    alarm: Callable[[str, Message | None], None],
    sleep: Callable[[float], Awaitable[None]],
) -> None:
    """Tell ``alarm`` what stands against the store and the clock, for ever."""
    left = 0
    while True:
        alarm("store", await _of_the_store(outbox))
        if set_by := steps.look():
            alarm("clock", clock_set(set_by))
            left = TOLD_FOR
        elif left and not (left := left - 1):
            alarm("clock", None)
        await sleep(EVERY_S)


def clock_set(seconds: float) -> Message:
    """That the clock was set, forward or, negative, back."""
    way = _FORWARD if seconds > 0 else _BACK
    return Message("CLOCK_SET", {"span": duration(seconds), "way": way})


async def _of_the_store(outbox: Outbox) -> Message | None:
    try:
        if outbox.failure:
            await outbox.try_again()
        room = await outbox.room()
    except (OutboxUnavailable, OutboxDamaged) as error:
        return Message("QUEUE_FULL", {"reason": error.detail})
    if room.read_only:
        return Message("QUEUE_FULL", {"reason": "read-only file system"})
    if room.free < NOTHING_FREE:
        return Message("QUEUE_FULL", {"reason": "the disk is full"})
    if room.full:
        return Message("NO_ROOM" if room.waits else "MEMORY_FULL", room.as_fields())
    return Message("LITTLE_ROOM", room.as_fields()) if room.short else None
