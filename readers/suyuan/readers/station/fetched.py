"""What a station fetches from its platform now and then, and keeps for when the platform is away.

A list is asked for at one path of the platform. It comes as one answer or as pages, of which each tells in
``next`` how the following one is asked for. The raw pages are kept in the outbox's database, and read again
at the next start by the very function that read them when they came.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from random import Random
from typing import Any, Generic, TypeVar

import httpx
import orjson
import structlog

from suyuan.readers.station.config import StationConfig
from suyuan.readers.station.delivery import bearer, jittered
from suyuan.readers.station.errors import OutboxDamaged, OutboxUnavailable
from suyuan.readers.station.outbox import Outbox
from suyuan.readers.station.told import entries, object_of

log = structlog.get_logger(__name__)

AGAIN_S = 60.0
"""How long after a failure a list is asked for again."""
MOST_PAGES = 20
MOST_BYTES = 20_000_000
"""Of all pages together; a larger list is not taken, and the one before stays."""

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Source(Generic[Value]):
    """Which list: ``name`` it is kept under, ``path`` on the platform, seconds between two askings.

    ``read`` makes the value of the pages, or None of what is no such list; what it does not understand it
    leaves out. It is given at least one page, all of them within ``MOST_BYTES``.
    """

    name: str
    path: str
    every_s: float
    read: Callable[[Sequence[bytes]], Value | None]


class Fetched(Generic[Value]):
    """One list of one station's company: ``value`` is the last that came, at first ``nothing``."""

    def __init__(
        self,
        source: Source[Value],
        nothing: Value,
        outbox: Outbox,
        config: StationConfig,
        client: httpx.AsyncClient,
        *,
        random: Random,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._source = source
        self._outbox = outbox
        self._server = config.server
        self._client = client
        self._random = random
        self._sleep = sleep
        self._kept = f"{source.name} {config.party}"  # another company's are its own
        self._stored = b""
        self.value = nothing

    async def restore(self) -> None:
        """Take up the list that was last stored.

        Raises:
            OutboxUnavailable: the store cannot be read.
        """
        self._stored = await self._outbox.kept(self._kept) or b""
        pages = _unpacked(self._stored)
        value = self._source.read(pages) if pages else None
        if value is not None:
            self.value = value

    async def run(self) -> None:
        """Fetch for ever."""
        while True:
            wait = self._source.every_s if await self.fetch_once() else AGAIN_S
            await self._sleep(jittered(wait, self._random))

    async def fetch_once(self) -> bool:
        """Fetch, store and use the list; False where that failed: then the one before stays in use.

        A list that cannot be stored is used all the same.
        """
        try:
            pages = await self._pages()
            value = self._source.read(pages) if pages else None
            if value is None:
                return False
            try:
                packed = _packed(pages)
                if packed != self._stored:  # a commit takes its time, and most lists are like the one before
                    await self._outbox.keep(self._kept, packed)
                    self._stored = packed
            finally:
                self.value = value  # not before: what is used is there after a restart too
        except (httpx.HTTPError, httpx.InvalidURL, OutboxUnavailable, OutboxDamaged):
            return False  # work goes on without: its steps say what they do not know
        return True

    async def _pages(self) -> list[bytes]:
        """All pages, or none where one of them failed: half a list would pass for a whole one."""
        token, size = "", 0
        pages: list[bytes] = []
        for _ in range(MOST_PAGES):
            response = await self._client.get(
                f"{self._server.url}{self._source.path}",
                params={"next": token} if token else None,
                headers={**bearer(self._server), "Accept": "application/json"},
            )
            size += len(response.content)
            if response.status_code != HTTPStatus.OK or size > MOST_BYTES:
                return []
            pages.append(response.content)
            following = object_of(response.content).get("next")
            if not isinstance(following, str) or not following:
                return pages
            token = following
        log.warning("fetched.cut", path=self._source.path, pages=len(pages))  # the newest come first
        return pages


def _packed(pages: Sequence[bytes]) -> bytes:
    """The pages as one JSON array; what is no JSON was not read, and is not kept."""
    return b"[" + b",".join(pages) + b"]"


def _unpacked(stored: bytes) -> list[bytes]:
    """The pages that were kept; a version of before kept a single one, without the brackets."""
    try:
        told: Any = orjson.loads(stored) if stored else []
    except orjson.JSONDecodeError:
        return []
    return [stored] if isinstance(told, dict) else [orjson.dumps(page) for page in entries(told)]
