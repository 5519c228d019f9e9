"""A connection cuts what comes into messages, however the network has cut it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suyuan.readers.errors import ProtocolError, TransientConnectionError, TruncatedMessage
from suyuan.readers.llrp.codec import MAX_MESSAGE, Frame
from suyuan.readers.llrp.connection import CHUNK, Connection


def message(number: int, size: int = 0) -> bytes:
    return b"\x04\x3d" + (10 + size).to_bytes(4, "big") + number.to_bytes(4, "big") + bytes(size)


@asynccontextmanager
async def connected() -> AsyncGenerator[tuple[asyncio.StreamWriter, Connection]]:
    """What the peer writes to, and the connection that reads it."""
    come: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()

    async def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await come.put((reader, writer))

    async with await asyncio.start_server(welcome, "127.0.0.1", 0) as server:
        connection = Connection(*await asyncio.open_connection(*server.sockets[0].getsockname()))
        _, peer = await come.get()
        try:
            yield peer, connection
        finally:
            await connection.aclose()
            peer.close()


def fed(*pieces: bytes) -> Connection:
    """A connection to which these pieces come, and then its end."""
    reader = asyncio.StreamReader()
    for piece in pieces:
        reader.feed_data(piece)
    reader.feed_eof()
    return Connection(reader, None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] (nothing is sent)


async def test_all_that_came_is_given_at_once() -> None:
    async with connected() as (peer, connection):
        peer.write(message(1) + message(2, 5) + message(3)[:4])
        first, *others = await connection.read_all()
        assert first[1] == message(1)
        assert [frame.id for frame, _ in others] in ([2], [])
        if not others:
            assert (await connection.read())[0].id == 2
        peer.write(message(3)[4:] + message(4))
        assert (await connection.read())[0].id == 3
        assert [frame.id for frame, _ in await connection.read_all()] == [4]
        peer.close()
        with pytest.raises(TransientConnectionError, match="closed"):
            await connection.read_all()


@given(st.lists(st.integers(0, 300), min_size=1, max_size=8), st.data())
def test_cut_anywhere(sizes: list[int], data: st.DataObject) -> None:
    whole = b"".join(message(number, size) for number, size in enumerate(sizes))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    pieces = [whole[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(whole)], strict=True)]

    async def reading() -> list[bytes]:
        reader = asyncio.StreamReader()
        connection = Connection(reader, None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        come: list[bytes] = []

        async def read() -> None:
            while len(come) < len(sizes):
                come.extend(each for _, each in await connection.read_all())

        task = asyncio.create_task(read())
        for piece in pieces:
            if piece:
                reader.feed_data(piece)
            await asyncio.sleep(0)
        await task
        return come

    assert b"".join(asyncio.run(reading())) == whole


async def test_what_came_before_garbage_is_given_out_first() -> None:
    connection = fed(message(1) + message(2) + b"GET / HTTP/1.1\r\n" + message(3))
    assert [frame.id for frame, _ in await connection.read_all()] == [1, 2]
    for _ in range(2):
        with pytest.raises(ProtocolError):
            await connection.read_all()


@pytest.mark.parametrize(("piece", "got"), [(message(2, 9)[:4], 4), (message(2, 9)[:12], 12)])
async def test_an_end_inside_a_message_says_how_far_it_came(piece: bytes, got: int) -> None:
    connection = fed(message(1) + piece)
    assert (await connection.read())[0].id == 1
    with pytest.raises(TruncatedMessage, match=f"ended {got} bytes"):
        await connection.read()


async def test_the_longest_message_comes_whole() -> None:
    long = message(7, MAX_MESSAGE - 10)
    connection = fed(
        message(6), *(long[start : start + CHUNK] for start in range(0, len(long), CHUNK)), message(8)
    )
    come = [each async for each in every(connection)]
    assert [frame.id for frame, _ in come] == [6, 7, 8]
    assert come[1][1] == long


async def test_a_claim_of_more_is_refused_before_it_comes() -> None:
    claim = b"\x04\x3d" + (16 * 1024 * 1024).to_bytes(4, "big") + bytes(4)
    with pytest.raises(ProtocolError, match="cannot be 16777216 bytes"):
        await fed(claim).read()


async def every(connection: Connection) -> AsyncGenerator[tuple[Frame, bytes]]:
    while True:
        try:
            batch = await connection.read_all()
        except TransientConnectionError:
            return
        for each in batch:
            yield each
