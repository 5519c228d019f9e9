"""A thread is waited for, whoever is cancelled meanwhile."""

from __future__ import annotations

import asyncio
import threading

import pytest

from suyuan.api.notify.threads import in_thread


async def test_a_cancellation_waits_for_the_thread() -> None:
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        may_end.wait(10)
        ended.set()

    task = asyncio.create_task(in_thread(work))
    while not begun.is_set():  # noqa: ASYNC110 (a thread's event)
        await asyncio.sleep(0.001)
    task.cancel()
    await asyncio.wait([task], timeout=0.05)
    assert not task.done()
    task.cancel()  # whoever shuts down may be in a hurry
    await asyncio.wait([task], timeout=0.05)
    assert not task.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()


async def test_what_the_thread_finds_or_raises_comes_back() -> None:
    assert await in_thread(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        await in_thread(divmod, 7, 0)
