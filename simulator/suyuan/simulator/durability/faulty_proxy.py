"""A bad network before a platform: a proxy of HTTP that loses, tears, delays, doubles and swallows.

It reads whole requests, so that it can choose for each what becomes of it. Every exchange has connections of
its own on both sides.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, fields
from random import Random
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

_MOST_HEAD = 64 << 10
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_CONNECTION = re.compile(rb"\r\nconnection:[^\r]*", re.IGNORECASE)
_BAD_GATEWAY = (
    b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
)


@dataclass(frozen=True, slots=True)
class Faults:
    """How often an exchange meets each fault; the rest go well.

    ``lost`` before it reaches the platform, ``torn`` with half of the request sent, ``refused`` by a gateway,
    ``swallowed`` (half open: no answer ever), ``unanswered`` once the platform has done it, ``cut`` in the
    midst of the answer, ``doubled``: done twice; ``delayed`` by up to ``longest_s``.
    """

    lost: float = 0.05
    torn: float = 0.02
    refused: float = 0.02
    swallowed: float = 0.002
    unanswered: float = 0.05
    cut: float = 0.02
    doubled: float = 0.03
    delayed: float = 0.05
    longest_s: float = 0.5


_KINDS = tuple(one.name for one in fields(Faults) if one.name != "longest_s")


class FaultyProxy:
    """An async context manager; ``url`` leads through it to ``upstream``, ``met`` counts what it did.

    ``away`` set, nobody gets through at all.
    """

    def __init__(self, upstream: str, faults: Faults, random: Random) -> None:
        parts = urlsplit(upstream)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._faults = faults
        self._random = random
        self._server: asyncio.Server | None = None
        self.url = ""
        self.away = False
        self.met: Counter[str] = Counter()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=_MOST_HEAD)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def _fate(self) -> str:
        left = self._random.random()
        for kind in _KINDS:
            left -= getattr(self._faults, kind)
            if left < 0:
                return kind
        return "well"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                await self._exchange(reader, writer)
        finally:
            # A reset, not an orderly end: what a client has not read by then is gone.
            writer.transport.abort() if not writer.is_closing() else None

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        body = await reader.readexactly(int(length.group(1)) if length else 0)
        request = _CONNECTION.sub(b"", head)[:-2] + b"Connection: close\r\n\r\n" + body
        fate = "lost" if self.away else self._fate()
        self.met[fate] += 1
        match fate:
            case "lost":
                return
            case "torn":
                await self._asked(request[: len(request) // 2], whole=False)
                return
            case "refused":
                answer = _BAD_GATEWAY
            case "swallowed":
                await reader.read()  # until the client gives up
                return
            case "delayed":
                await asyncio.sleep(self._random.uniform(0.0, self._faults.longest_s))
                answer = await self._asked(request)
            case "doubled":
                await self._asked(request)
                answer = await self._asked(request)
            case _:
                answer = await self._asked(request)
        if fate == "unanswered":
            return
        writer.write(answer[: len(answer) // 2] if fate == "cut" else answer)
        await writer.drain()
        if fate != "cut":
            writer.close()
            await writer.wait_closed()

    async def _asked(self, request: bytes, *, whole: bool = True) -> bytes:
        """What the platform answers; of a torn request nobody waits for the answer."""
        reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            writer.write(request)
            await writer.drain()
            return await reader.read() if whole else b""
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
