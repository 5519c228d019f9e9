from __future__ import annotations

import asyncio

from starlette.types import Message

from suyuan.readers.impinj.streams import Streams


async def test_who_waits_for_a_slow_client_goes_on_when_that_leaves() -> None:
    streams, left = Streams(10.0), asyncio.Event()
    stuck: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    sent = 0

    async def receive() -> Message:
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(_: Message) -> None:
        nonlocal sent
        sent += 1
        if sent > 2:  # beyond the head of the answer it takes nothing any more
            await stuck

    async def feed() -> None:
        for _ in range(10_010):
            await streams.put(b"x")

    serving = asyncio.create_task(streams({}, receive, send))
    await streams.changed.wait()
    feeding = asyncio.create_task(feed())
    done, _ = await asyncio.wait({feeding}, timeout=0.2)
    assert not done
    left.set()
    stuck.set_result(None)
    async with asyncio.timeout(20):
        await feeding
        await serving
