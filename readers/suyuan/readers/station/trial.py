"""Trying a reader before it is set up: what each of its antennas sees, live."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from suyuan.readers.errors import ReaderError
from suyuan.readers.observation import Observation
from suyuan.readers.reader import Reader, ReaderInfo
from suyuan.readers.station.identity import GS1, Identities, Identity
from suyuan.trace.errors import InvalidInput

SHOWN = 10
"""Tags that are remembered of each antenna; the air must not fill the memory."""
_MOST_ANTENNAS = 64


@dataclass(frozen=True, slots=True)
class SeenTag:
    """A tag at an antenna: what it says (``name`` as printed, or its bytes), how often and how loud."""

    name: str
    known: bool
    count: int
    last_seen: datetime
    rssi_dbm: float | None


class Trial:
    """A reader that is being tried: an async context manager; inside it, antennas fill up.

    Args:
        url: of the reader, as typed or found.
        open_reader: makes the reader of an address, not yet connected.
        now: the wall clock, aware UTC.
        identities: how tags are read.
    """

    def __init__(
        self,
        url: str,
        *,
        open_reader: Callable[[str], Reader],
        now: Callable[[], datetime],
        identities: Identities = GS1,
    ) -> None:
        self.url = url
        self.began = now()
        self.error: ReaderError | None = None
        self.reads = 0
        self._open_reader = open_reader
        self._identities = identities
        self._reader: Reader | None = None
        self._antennas: dict[int, OrderedDict[str, SeenTag]] = {}
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Connect.

        Raises:
            ReaderError: the reader cannot be had; it is let go.
        """
        reader = self._open_reader(self.url)
        await reader.__aenter__()
        self._reader = reader
        for antenna in (reader.info or ReaderInfo()).antennas[:_MOST_ANTENNAS]:
            self._antennas[antenna] = OrderedDict()
        self._task = asyncio.create_task(self._watch(reader), name="trial")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        if self._reader is not None:
            await self._reader.aclose()

    @property
    def info(self) -> ReaderInfo:
        """What the device says of itself."""
        return (self._reader and self._reader.info) or ReaderInfo()

    @property
    def takes_text(self) -> bool:
        """Whether a page or phone feeds it."""
        return self._reader is not None and self._reader.capabilities.push

    @property
    def antennas(self) -> dict[int, tuple[SeenTag, ...]]:
        """What each antenna saw, the last first."""
        return {number: tuple(reversed(seen.values())) for number, seen in sorted(self._antennas.items())}

    def push(self, text: str) -> None:
        """Hand over what was scanned into the page.

        Raises:
            ReaderError: the reader takes nothing from a page, or the text is no code.
        """
        if self._reader is not None:
            self._reader.push(text)

    async def _watch(self, reader: Reader) -> None:
        try:
            async for seen in reader.observations():
                self._see(seen)
        except ReaderError as error:
            self.error = error

    def _see(self, seen: Observation) -> None:
        if seen.antenna not in self._antennas and len(self._antennas) >= _MOST_ANTENNAS:
            return
        tags = self._antennas.setdefault(seen.antenna, OrderedDict())
        identity = self._identity(seen)
        raw = (seen.text or seen.epc.hex())[:200]
        name = identity.epc if identity else "".join(c if c.isprintable() else "·" for c in raw)
        before = tags.pop(name, None)
        count = max(seen.count, 1) + (before.count if before else 0)
        tags[name] = SeenTag(name, identity is not None, count, seen.last_seen, seen.rssi_dbm)
        self.reads += max(seen.count, 1)
        while len(tags) > SHOWN:
            tags.popitem(last=False)

    def _identity(self, seen: Observation) -> Identity | None:
        try:
            if seen.text is not None:
                return self._identities.from_text(seen.text)
            return self._identities.from_tag(seen.epc)
        except InvalidInput:
            return None
