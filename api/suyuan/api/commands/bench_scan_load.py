"""Looks at codes as many phones make them: an open loop, in a process of its own.

Each request has its time, whatever became of those before it, and its latency counts from that time: a server
that stands still for a second is charged with all that came in that second. Asked over connections that stay
open. Run as ``python -m suyuan.api.commands.bench_scan_load``: what to do comes in as JSON, what was found
goes out.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

import orjson

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) MicroMessenger/8.0.66"
_TICK_S = 0.0005
_PATIENCE_S = 30.0
_HEADERS_END = b"\r\n\r\n"


@dataclass(slots=True)
class Result:
    """Seconds from the time when each request was due to its last byte; answers by status; those in vain."""

    latencies: list[float] = field(default_factory=list[float])
    statuses: Counter[int] = field(default_factory=Counter[int])
    failed: int = 0


class _Connection(asyncio.Protocol):
    """One request after the other on one connection."""

    def __init__(self, load: _Load) -> None:
        self._load = load
        self._transport: asyncio.Transport | None = None
        self._due = 0.0
        self._left = -1  # bytes of the body; below zero: headers are not through
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 (TCP)
        self._transport = transport
        self._load.idle.append(self)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if self._due:
            self._load.result.failed += 1
            self._load.done += 1
        self._transport = None
        if self in self._load.idle:
            self._load.idle.remove(self)

    def ask(self, due: float, request: bytes) -> None:
        self._due, self._left, self._held = due, -1, b""
        if self._transport is not None:
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        if self._left < 0:
            self._held += data
            end = self._held.find(_HEADERS_END)
            if end < 0:
                return
            head = self._held[:end]
            self._load.result.statuses[int(head[9:12])] += 1
            at = head.lower().find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r", 1)[0]) if at >= 0 else 0
            self._left = length - (len(self._held) - end - len(_HEADERS_END))
        else:
            self._left -= len(data)
        if self._left <= 0:
            self._load.result.latencies.append(time.perf_counter() - self._due)
            self._load.done += 1
            self._due = 0.0
            self._load.free(self)


class _Load:
    """The whole of it."""

    def __init__(self, requests: list[bytes], rate: float) -> None:
        self._requests = requests
        self._rate = rate
        self._late: deque[tuple[float, bytes]] = deque()
        self.idle: list[_Connection] = []
        self.result = Result()
        self.done = 0

    def free(self, connection: _Connection) -> None:
        if self._late:
            connection.ask(*self._late.popleft())
        else:
            self.idle.append(connection)

    async def run(self, host: str, port: int, connections: int) -> float:
        """Ask all; the seconds from the first that was due to the last that was answered."""
        loop = asyncio.get_running_loop()
        for _ in range(connections):
            await loop.create_connection(lambda: _Connection(self), host, port)
        start = time.perf_counter() + 0.1
        sent, total = 0, len(self._requests)
        while sent < total:
            now = time.perf_counter()
            due = min(total, int((now - start) * self._rate) + 1) if now >= start else 0
            while sent < due:
                at, request = start + sent / self._rate, self._requests[sent]
                sent += 1
                if self.idle:
                    self.idle.pop().ask(at, request)
                else:
                    self._late.append((at, request))
            await asyncio.sleep(_TICK_S)
        ending = time.perf_counter() + _PATIENCE_S
        while self.done < total and time.perf_counter() < ending:  # noqa: ASYNC110 (once, at the end)
            await asyncio.sleep(0.01)
        self.result.failed += total - self.done
        return time.perf_counter() - start


def _request(host: str, path: str, language: str, tag: str) -> bytes:
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        f"User-Agent: {PHONE}",
        "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        f"Accept-Language: {language}",
        "Accept-Encoding: gzip, deflate",
        "Sec-Fetch-Mode: navigate",
        *([f"If-None-Match: {tag}"] if tag else []),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def main() -> None:
    """Do what is told in the standard input."""
    told: dict[str, Any] = orjson.loads(sys.stdin.buffer.read())
    host, port = told["host"], told["port"]
    requests = [_request(f"{host}:{port}", *one) for one in told["requests"]]
    load = _Load(requests, told["rate"])
    took = asyncio.run(load.run(host, port, told["connections"]))
    found = {
        "took": took,
        "latencies": sorted(load.result.latencies),
        "statuses": {str(status): count for status, count in load.result.statuses.items()},
        "failed": load.result.failed,
    }
    sys.stdout.buffer.write(orjson.dumps(found))


if __name__ == "__main__":
    main()
