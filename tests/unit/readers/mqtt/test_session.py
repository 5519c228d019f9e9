"""The session with a broker that sends more than is taken."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from suyuan.readers.mqtt import session
from suyuan.readers.mqtt.session import MOST_WAITING, Route, Session

CONNACK, SUBACK, PUBLISH = b"\x20\x02\x00\x00", b"\x90\x03", b"\x30"


def published(number: int, size: int) -> bytes:
    """A message with its number, at most once (MQTT 3.1.1 \u00a73.3)."""
    body = b"\x00\x01t" + f"{number:08d}".encode().ljust(size, b".")
    length, left = b"", len(body)
    while left > 127:
        length, left = length + bytes((left % 128 | 128,)), left // 128
    return PUBLISH + length + bytes((left,)) + body


@asynccontextmanager
async def flooding(count: int, size: int) -> AsyncGenerator[Session]:
    """A session with a broker that sends so many messages as fast as it can."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.read(1_000):  # the first connection only knocks
            writer.write(CONNACK)
            subscribe = await reader.read(1_000)
            writer.write(SUBACK + subscribe[2:4] + b"\x00")
            for number in range(count):
                writer.write(published(number, size))
                await writer.drain()
            await reader.read()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        opened = Session("dock", Route(host="127.0.0.1", port=port))
        await opened.open(["t"])
        yield opened
        await opened.aclose()


async def test_what_waits_is_bounded_and_nothing_is_lost() -> None:
    async with flooding(5_000, 100) as opened, asyncio.timeout(60):
        client = opened._client
        assert client is not None
        while not client.is_paused:  # noqa: ASYNC110 - a client has no event for it
            await asyncio.sleep(0)
        await asyncio.sleep(0.1)  # what had come would have been taken in
        assert len(client.messages) == MOST_WAITING
        heard = [int((await opened.next()).payload.rstrip(b".")) for _ in range(5_000)]
        assert heard == list(range(5_000))
        assert client.waiting_bytes == 0


async def test_a_few_large_messages_are_bounded_by_their_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "MOST_WAITING_BYTES", 100_000)
    async with flooding(200, 10_000) as opened, asyncio.timeout(60):
        client = opened._client
        assert client is not None
        while not client.is_paused:  # noqa: ASYNC110 - a client has no event for it
            await asyncio.sleep(0)
        await asyncio.sleep(0.1)
        assert len(client.messages) == 10
        heard = [int((await opened.next()).payload.rstrip(b".")) for _ in range(200)]
        assert heard == list(range(200))


async def test_a_close_while_much_waits_hands_out_what_is_acknowledged() -> None:
    async with flooding(5_000, 100) as opened, asyncio.timeout(60):
        client = opened._client
        assert client is not None
        while not client.is_paused:  # noqa: ASYNC110 - a client has no event for it
            await asyncio.sleep(0)
        assert len(await opened.aclose()) == MOST_WAITING
