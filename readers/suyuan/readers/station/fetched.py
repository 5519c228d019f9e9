"""What a station fetches from its platform now and then, and keeps for when the platform is away.

A list is asked for at one path of the platform. It comes as one answer or as pages, of which each tells in
``next`` how the following one is asked for. The pages are kept in the outbox's database, ``as_of`` apart,
which is another every time, and read again at the next start by the very function that read them when they
came. What fails is logged when it begins to, and when something else fails.
"""

from __future__ import annotations

import asyncio
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
from suyuan.readers.station.told import entries, members, object_of

log = structlog.get_logger(__name__)

AGAIN_S = 60.0
"""How long after a failure a list is asked for again."""
MOST_PAGES = 20
MOST_BYTES = 20_000_000
"""Of all pages together: the page that would be beyond it is left out, with what follows it."""

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Source(Generic[Value]):
    """Which list: ``name`` it is kept under, ``path`` on the platform, seconds between two askings.

    ``read`` makes the value of the pages, or None of what is no such list; what it does not understand it
    leaves out. It is given at least one page, all of them within ``MOST_BYTES``, in a thread of its own.
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
        self._kept_time = f"{self._kept} as of"
        self._stored: dict[str, bytes] = {}
        self._said = ""
        self.value = nothing

    async def restore(self) -> None:
        """Take up the list that was last stored.

        Raises:
            OutboxUnavailable: the store cannot be read.
        """
        self._stored = {name: await self._outbox.kept(name) or b"" for name in (self._kept, self._kept_time)}
        pages = _unpacked(*self._stored.values())
        value = await asyncio.to_thread(self._source.read, pages) if pages else None
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
            pages, lacks = await self._pages()
            if pages and not await self._take(pages):
                pages, lacks = [], "no such list"
        except httpx.TransportError:
            return False  # the platform is away, which the uplink tells; work goes on without its lists
        except (httpx.HTTPError, httpx.InvalidURL, OutboxUnavailable, OutboxDamaged) as error:
            pages, lacks = [], type(error).__name__
        self._tell(lacks, pages)
        return bool(pages)

    def _tell(self, lacks: str, pages: Sequence[bytes]) -> None:
        if lacks == self._said:
            return
        self._said, path = lacks, self._source.path
        if lacks:
            log.warning("fetched.cut" if pages else "fetched.failed", path=path, reason=lacks)
        else:
            log.info("fetched.again", path=path)

    async def _take(self, pages: Sequence[bytes]) -> bool:
        """Store and use a list, in this order; False where it is none."""
        value = await asyncio.to_thread(self._source.read, pages)
        packed = await asyncio.to_thread(_packed, pages)
        if value is None or packed is None:
            return False
        try:
            for name, part in zip((self._kept, self._kept_time), packed, strict=True):
                if part != self._stored.get(name):  # a commit takes its time: most lists are as they were
                    await self._outbox.keep(name, part)
                    self._stored[name] = part
        finally:
            self.value = value  # not before: what is used is there after a restart too
        return True

    async def _pages(self) -> tuple[list[bytes], str]:
        """All pages, or none where one of them failed, since half a list would pass for a whole one; and why.

        A list that is too long is cut, which is told too: the newest come first.
        """
        token, size = "", 0
        pages: list[bytes] = []
        for _ in range(MOST_PAGES):
            response = await self._client.get(
                f"{self._server.url}{self._source.path}",
                params={"next": token} if token else None,
                headers={**bearer(self._server), "Accept": "application/json"},
            )
            if response.status_code != HTTPStatus.OK:
                return [], f"status {response.status_code}"
            size += len(response.content)
            if size > MOST_BYTES:
                return pages, f"more than {MOST_BYTES} bytes"
            pages.append(response.content)
            following = object_of(response.content).get("next")
            if not isinstance(following, str) or not following:
                return pages, ""
            token = following
        return pages, f"more than {MOST_PAGES} pages"


def _packed(pages: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """The pages without their ``as_of`` as one JSON array, and the first one's; None if they are too deep."""
    told = [dict(object_of(page)) for page in pages]
    times = [page.pop("as_of", None) for page in told]
    try:
        return orjson.dumps(told), orjson.dumps(times[0])
    except orjson.JSONEncodeError:  # it reads deeper than it writes
        return None


def _unpacked(stored: bytes, as_of: bytes) -> list[bytes]:
    """The pages that were kept; versions of before kept ``as_of`` in them, and a first one a single page."""
    if not stored:
        return []
    try:
        told: Any = orjson.loads(stored)
        pages = [dict(members(page)) for page in entries(told) or [told]]
        if as_of:
            pages[0]["as_of"] = orjson.loads(as_of)
        return [orjson.dumps(page) for page in pages]
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return []
