"""The emulated reader's side of ``GET /data/stream``: answers that go on until a client is dropped."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

import uvicorn
from starlette.types import Receive, Scope, Send

_WAITING = 10_000
"""Pieces that wait for a slow client."""


class Server(uvicorn.Server):
    """Signals are the business of whoever runs the emulator."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Capture none."""
        yield


class Streams:
    """The ASGI application behind the path, and all that listen to it.

    Args:
        keepalive_s: seconds of silence after which an empty line is sent.
    """

    def __init__(self, keepalive_s: float) -> None:
        self.changed = asyncio.Event()
        self.serving = True
        self._keepalive_s = keepalive_s
        self._open: set[_Stream] = set()
        self._silent = False

    def __bool__(self) -> bool:
        """Does anybody listen?"""
        return bool(self._open)

    async def put(self, data: bytes) -> None:
        """Send these bytes to all, unless the device plays dead; waits for slow ones."""
        for stream in [] if self._silent else list(self._open):
            await stream.put(data)

    def cut(self) -> None:
        """Drop all, once they have what waits."""
        for stream in list(self._open):
            stream.cut()

    def silence(self, silent: bool) -> None:
        """Say nothing any more, not even signs of life; or speak again."""
        self._silent = silent

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one client until it is dropped or leaves."""
        del scope
        stream = _Stream()
        if not self.serving:
            return
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"\r\n", "more_body": True})
        self._open.add(stream)
        self.changed.set()
        left = asyncio.create_task(_gone(receive), name="r700 client")
        left.add_done_callback(lambda _: stream.cut())
        try:
            while not left.done() and (data := await stream.next(self._keepalive_s)) is not None:
                silent = self._silent and data == _KEEPALIVE
                await send({"type": "http.response.body", "body": b"" if silent else data, "more_body": True})
        finally:
            self._open.discard(stream)
            stream.empty()
            self.changed.set()
            left.cancel()
            await asyncio.gather(left, return_exceptions=True)
        # It returns without the last piece: the connection is cut, as by a reader that loses its power.


_KEEPALIVE = b"\r\n"


class _Stream:
    """One client that listens to events."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue(_WAITING)
        self._cut = asyncio.Event()

    async def put(self, data: bytes) -> None:
        if not self._cut.is_set():
            await self._waiting.put(data)

    def cut(self) -> None:
        self._cut.set()
        if not self._waiting.full():
            self._waiting.put_nowait(b"")

    def empty(self) -> None:
        """Throw away what waits, so that who waits to put more goes on; nobody will come for it."""
        self.cut()
        while not self._waiting.empty():
            self._waiting.get_nowait()

    async def next(self, keepalive_s: float) -> bytes | None:
        """What comes next, a sign of life after a silence; None at the end."""
        if self._cut.is_set() and self._waiting.empty():
            return None
        try:
            async with asyncio.timeout(keepalive_s):
                return await self._waiting.get() or None
        except TimeoutError:
            return _KEEPALIVE


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
