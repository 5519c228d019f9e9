"""Work in a thread that is waited for, whoever is cancelled meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar, TypeVarTuple

from anyio.to_thread import run_sync

_T = TypeVar("_T")
_Given = TypeVarTuple("_Given")


async def in_thread(work: Callable[[*_Given], _T], *given: *_Given) -> _T:
    """Call ``work`` in a thread. A cancellation comes through once the thread has ended.

    A thread that is left behind would go on using a database which is closed meanwhile.
    """
    working = asyncio.ensure_future(run_sync(work, *given))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        while not working.done():  # whoever shuts down may cancel more than once
            with suppress(asyncio.CancelledError):
                await asyncio.wait([working])
        if not working.cancelled():
            working.exception()  # nobody is left to hear of it
        raise
