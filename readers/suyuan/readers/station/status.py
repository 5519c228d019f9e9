"""What a station shows of itself, and what it needs of a reader."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from suyuan.readers.observation import InputChange, Observation
from suyuan.readers.reader import Capabilities, ReaderHealth
from suyuan.readers.station.journal import Queue
from suyuan.readers.station.words import Message
from suyuan.readers.tags.access import LinkTag
from suyuan.readers.tags.gen2 import Bank, Lock, LockField
from suyuan.trace.sun import SunKeys


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
class HasInputs(Protocol):
    """A reader with inputs, such as light barriers and buttons."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can; ``gpi`` says whether it has inputs after all."""
        ...

    def inputs(self) -> AsyncIterator[InputChange]:
        """Their changes, as they come."""
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


@runtime_checkable
class RenewsLinks(Protocol):
    """A reader that exchanges the link of a tag; see :class:`suyuan.readers.reader.Reader`."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can; ``write_link`` says whether it can write after all."""
        ...

    async def renew_link(
        self, chip: bytes, before: str, after: str, *, keys: SunKeys | None = None
    ) -> LinkTag:
        """Write one link in place of another on the tag of that number, read it back, compare."""
        ...


@runtime_checkable
class WritesMemory(Protocol):
    """A reader that writes UHF tags; see :class:`suyuan.readers.reader.Reader`."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can; ``memory`` says whether it can write UHF tags after all."""
        ...

    async def read_memory(
        self, epc: bytes, bank: Bank, offset: int, words: int, *, password: int = 0, tid: bytes | None = None
    ) -> bytes:
        """Words of a bank."""
        ...

    async def write_memory(
        self, epc: bytes, bank: Bank, offset: int, data: bytes, *, password: int = 0, tid: bytes | None = None
    ) -> None:
        """Write words, read them back, compare."""
        ...

    async def write_epc(self, epc: bytes, new: bytes, *, password: int = 0, tid: bytes | None = None) -> None:
        """Give a tag another EPC, read it back, compare."""
        ...

    async def lock_tag(
        self, epc: bytes, locks: Mapping[LockField, Lock], *, password: int = 0, tid: bytes | None = None
    ) -> None:
        """Lock parts of a tag."""
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
