"""A platform that fits on one screen: capture, its jobs and a signed block list, over real HTTP."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from suyuan.simulator.field import Rates
from suyuan.simulator.play import play
from suyuan.simulator.world import World

TOKENS = "token-of-"


class Platform:
    """Keeps every event that it is sent, with the token that sent it; forgets duplicates of an eventID."""

    def __init__(self) -> None:
        self.events: dict[str, dict[str, Any]] = {}
        self.duplicates = 0
        self.tokens_of: dict[str, str] = {}
        self.blocked: dict[str, Mapping[str, str]] = {}
        self.sequence = 1
        self.away = False
        self.url = ""
        self._key = Ed25519PrivateKey.generate()

    @property
    def key(self) -> bytes:
        return self._key.public_key().public_bytes_raw()

    def block(self, keys: dict[str, Mapping[str, str]]) -> None:
        self.blocked, self.sequence = keys, self.sequence + 1

    def answer(self, method: str, path: str, token: str, body: bytes) -> tuple[int, str, bytes]:
        """Status, extra header lines, body."""
        if not token.startswith(TOKENS):
            return 401, "", b"{}"
        if self.away:
            return 503, "", b"{}"
        if (method, path) == ("POST", "/capture"):
            for event in orjson.loads(body)["epcisBody"]["eventList"]:
                self.duplicates += event["eventID"] in self.events
                self.events[event["eventID"]] = event
                self.tokens_of[event["eventID"]] = token
            return 202, "Location: /capture/1\r\n", b""
        if (method, path) == ("GET", "/capture/1"):
            return 200, "", orjson.dumps({"running": False, "success": True})
        if (method, path) == ("GET", "/blocklist"):
            return 200, "", self._block_list()
        return 404, "", b"{}"

    def _block_list(self) -> bytes:
        issued = datetime.now(UTC).isoformat()
        payload = orjson.dumps({"issued": issued, "sequence": self.sequence, "keys": self.blocked})
        signature = self._key.sign(payload)
        parts = {"payload": payload, "signature": signature}
        return orjson.dumps({name: base64.b64encode(part).decode() for name, part in parts.items()})

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await _head(reader):
                method, path, headers = head
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                token = headers.get("authorization", "").removeprefix("Bearer ")
                status, more, content = self.answer(method, path, token, body)
                lines = f"HTTP/1.1 {status} X\r\nContent-Length: {len(content)}\r\n{more}\r\n"
                writer.write(lines.encode() + content)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client left in the middle, as clients do
        finally:
            writer.close()


async def _head(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str]] | None:
    lines: list[str] = []
    while line := (await reader.readline()).decode().strip():
        lines.append(line)
    if not lines:
        return None
    method, path, _ = lines[0].split(" ")
    pairs = (line.partition(":") for line in lines[1:])
    return method, path, {name.lower(): value.strip() for name, _, value in pairs}


@asynccontextmanager
async def running() -> AsyncGenerator[Platform, None]:
    platform = Platform()
    server = await asyncio.start_server(platform.serve, "127.0.0.1", 0)
    platform.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield platform


def play_through(world: World, folder: Path, rates: Rates | None = None) -> Platform:
    """Play ``world`` to a platform of its own, which is gone afterwards but remembers."""

    async def to_the_end() -> Platform:
        async with running() as platform:
            await play(
                world,
                server_url=platform.url,
                tokens=tokens(world),
                folder=folder,
                block_list_key=None,
                now=real_now,
                rates=rates,
            )
            return platform

    return asyncio.run(to_the_end())


def tokens(world: World) -> dict[str, str]:
    return {site.station: TOKENS + site.station for site in world.stations}


def real_now() -> datetime:
    return datetime.now(UTC)
