"""What a station shows of itself, and what it needs of a reader."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from suyuan.readers.observation import Observation
from suyuan.readers.reader import Capabilities, ReaderHealth
from suyuan.readers.station.journal import Queue
from suyuan.readers.station.words import Message
from suyuan.readers.tags.access import LinkTag


class Source(Protocol):
    """As much of a reader, supervised or not, as a station uses."""

    async def __aenter__(self) -> Self:
        """Connect."""
        ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect."""
        ...

    def observations(self) -> AsyncIterator[Observation]:
        """What it sees."""
        ...

    def health(self) -> ReaderHealth:
        """How it fares."""
        ...


@runtime_checkable
class TakesText(Protocol):
    """A reader that can be fed from outside: texts scanned into a page or a phone."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can; ``push`` says whether it can be fed after all."""
        ...

    def push(self, text: str, antenna: int = 1) -> None:
        """Let it see ``text``."""
        ...


@runtime_checkable
class WritesLinks(Protocol):
    """A reader that writes links on tags; see :class:`suyuan.readers.reader.Reader`."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can; ``write_link`` says whether it can write after all."""
        ...

    async def read_link(self) -> LinkTag:
        """The one tag in the field."""
        ...

    async def write_link(self, link: str, *, lock: bool = False, overwrite: bool = False) -> LinkTag:
        """Write it, read it back, compare."""
        ...

    async def clear_link(self) -> LinkTag:
        """Empty it."""
        ...


@dataclass(frozen=True, slots=True)
class Status:
    """A station at one moment: what its footer shows.

    ``server`` is ``idle``, ``sending``, ``away`` or ``not-signed-in``; ``oldest_unsent_s`` and
    ``block_list_age_s`` are None where there is nothing; ``clock`` is the station's own.
    """

    station: str
    clock: datetime
    queue: Queue
    oldest_unsent_s: float | None
    readers: dict[str, ReaderHealth | None]
    server: str
    block_list_age_s: float | None
    block_list_sequence: int
    alarms: tuple[Message, ...]
    unclaimed: int
