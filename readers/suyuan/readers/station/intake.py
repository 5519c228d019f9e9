"""The readers of a station: connected again whenever they are lost, fed from outside where they can be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from suyuan.readers.errors import ReaderError, TransientConnectionError
from suyuan.readers.observation import InputChange, Observation
from suyuan.readers.reader import Reader, ReaderHealth
from suyuan.readers.registry import open_reader
from suyuan.readers.station.config import ReaderConfig, ReadPoint
from suyuan.readers.station.status import HasInputs, Source, TakesText, WritesLinks, WritesMemory
from suyuan.readers.station.words import Message, reader_down
from suyuan.readers.supervisor import ReaderState, StateChange, Supervisor
from suyuan.trace.errors import WrongUse

RECONNECT_S = (0.2, 10.0)


class Intake:
    """What ``readers`` see, handed to ``see``.

    Args:
        readers: of the configuration.
        now: the wall clock, aware UTC.
        random: jitter of the back-off.
        sleep: waits.
        see: told the name of a reader and what it saw.
        alarm: told the name of a reader and what stands against it, or None when it is well again.
        open_source: opens a reader; by default the driver of its URL, supervised.
        hear: told the name of a reader and a change of one of its inputs, for those in ``listened``.
        listened: the readers whose inputs anybody waits for.
    """

    def __init__(
        self,
        readers: Sequence[ReaderConfig],
        *,
        now: Callable[[], datetime],
        random: Random,
        sleep: Callable[[float], Awaitable[None]],
        see: Callable[[str, Observation], None],
        alarm: Callable[[str, Message | None], None],
        open_source: Callable[[ReaderConfig], Source] | None = None,
        hear: Callable[[str, InputChange], None] = lambda _name, _change: None,
        listened: Collection[str] = (),
    ) -> None:
        self._readers = readers
        self._of_badges = frozenset(reader.name for reader in readers if reader.badges)
        self._now = now
        self._random = random
        self._sleep = sleep
        self._see = see
        self._alarm = alarm
        self._open_source = open_source or self._supervised
        self._hear = hear
        self._listened = frozenset(listened)
        self._sources: dict[str, Source | None] = {r.name: None for r in readers}
        self._diverted: dict[str, Callable[[Observation], None]] = {}

    def loops(self) -> list[Coroutine[Any, Any, None]]:
        """What is to run, for ever, one for each reader."""
        return [self._listen(reader) for reader in self._readers]

    def health(self) -> dict[str, ReaderHealth | None]:
        """How each reader fares; None for one that could not be opened."""
        return {name: s.health() if s is not None else None for name, s in self._sources.items()}

    def scan(self, text: str, point: ReadPoint) -> str:
        """Hand ``text`` to the reader of ``point``, or to the first one that can be fed; returns its name.

        Raises:
            WrongUse: no reader takes texts.
            ReaderError: the reader is not connected.
        """
        names = sorted(self._sources, key=lambda name: name != point.reader)
        for name in names:
            source = self._sources[name]
            if name not in self._of_badges and isinstance(source, TakesText) and source.capabilities.push:
                source.push(text, min(point.antennas, default=1) if name == point.reader else 1)
                return name
        raise WrongUse(
            "No scanner is set up at this station.",
            where="readers",
            remedy="Connect one in the setup, as a keyboard scanner.",
        )

    def is_fed(self, name: str) -> bool:
        """Whether the reader ``name`` may see what a page or a phone says that it scanned."""
        if name in self._of_badges:
            return False
        source = self._sources[name]
        return source is None or (isinstance(source, TakesText) and source.capabilities.push)

    def feed(self, name: str, text: str, antenna: int) -> None:
        """Let the reader ``name`` see ``text`` at ``antenna``.

        Raises:
            ReaderError: it is not connected, or cannot be fed.
        """
        source = self._sources.get(name)
        if name in self._of_badges or not isinstance(source, TakesText):
            raise TransientConnectionError("The reader {reader} is not connected.", reader=name)
        source.push(text, antenna)

    def writers(self) -> list[str]:
        """The readers that are there and write links on tags."""
        return [name for name in self._sources if self._writer(name) is not None]

    def writer(self, name: str) -> WritesLinks:
        """The reader ``name``, to write with.

        Raises:
            WrongUse: it is not there, or cannot write links.
        """
        source = self._writer(name)
        if source is None:
            raise WrongUse(
                "No reader {name} that writes tags is connected.",
                where="reader",
                remedy="Connect an NFC reader in the setup.",
                name=name,
            )
        return source

    def encoder(self, name: str) -> WritesMemory:
        """The reader ``name``, to write UHF tags with.

        Raises:
            WrongUse: it is not there, or cannot write them.
        """
        source = self._sources.get(name)
        if not isinstance(source, WritesMemory) or not source.capabilities.memory:
            raise WrongUse(
                "No reader {name} that writes UHF tags is connected.",
                where="reader",
                remedy="Connect one in the setup; readers for NFC write links.",
                name=name,
            )
        return source

    def encoders(self) -> list[str]:
        """The readers that are there and write UHF tags."""
        return [
            name
            for name, source in self._sources.items()
            if isinstance(source, WritesMemory) and source.capabilities.memory
        ]

    def divert(self, name: str, see: Callable[[Observation], None] | None) -> None:
        """Hand what the reader ``name`` sees to ``see`` alone (None: to the read points again).

        Tags that are laid on it to be written are not goods that pass.
        """
        if see is None:
            self._diverted.pop(name, None)
        else:
            self._diverted[name] = see

    def _writer(self, name: str) -> WritesLinks | None:
        source = self._sources.get(name)
        can = isinstance(source, WritesLinks) and source.capabilities.write_link
        return source if can and isinstance(source, WritesLinks) else None

    async def _listen(self, reader: ReaderConfig) -> None:
        """Feed the filter from one reader, and connect again whenever it is lost."""
        least, most = RECONNECT_S
        wait = least
        while True:
            source: Source | None = None
            try:
                source = self._open_source(reader)
                async with source, self._inputs_of(reader, source):
                    self._sources[reader.name] = source
                    self._alarm(reader.name, None)
                    async for told in source.observations():
                        wait = least
                        self._take(reader.name, source, told)
                failure: ReaderError | None = None
            except ReaderError as error:
                failure = error
            finally:
                if isinstance(source, Reader):  # what it acknowledged to its device does not come again
                    for told in source.heard()[0]:
                        self._take(reader.name, source, told)
                self._sources[reader.name] = None
            self._alarm(reader.name, reader_down(reader.name, failure))
            await self._sleep(wait * (0.5 + self._random.random() / 2))
            wait = min(wait * 2, most)

    def _take(self, name: str, source: Source, told: Observation) -> None:
        seen = on_our_clock(told, source.health().clock_offset_s)
        if (taker := self._diverted.get(name)) is not None:
            taker(seen)
        else:
            self._see(name, seen)

    @asynccontextmanager
    async def _inputs_of(self, reader: ReaderConfig, source: Source) -> AsyncGenerator[None]:
        """Hand on what the inputs of a reader do, while it is open."""
        if reader.name not in self._listened:
            yield
            return
        if not isinstance(source, HasInputs) or not source.capabilities.gpi:
            self._alarm(f"{reader.name} inputs", Message("NO_INPUTS", {"reader": reader.name}))
            yield
            return
        listening = asyncio.create_task(self._hand_on(reader.name, source))
        try:
            yield
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _hand_on(self, name: str, source: HasInputs) -> None:
        try:
            async for change in source.inputs():
                self._hear(name, change)
        except ReaderError:
            return  # the same end of the connection is told by the observations

    def _supervised(self, reader: ReaderConfig) -> Source:
        """The reader that ``reader`` names, which connects again by itself."""

        def changed(change: StateChange) -> None:
            down = change.state is ReaderState.DOWN
            self._alarm(reader.name, reader_down(reader.name, change.reason) if down else None)

        return Supervisor(
            lambda: open_reader(reader.url, now=self._now),
            now=self._now,
            chance=self._random.random,
            sleep=self._sleep,
            on_change=changed,
        )


def on_our_clock(seen: Observation, ahead_s: float | None) -> Observation:
    """The same sighting by the station's clock, where the reader's is known to be ``ahead_s`` ahead.

    What is read at two readers, one after the other, must stand in events one after the other.
    """
    if not ahead_s:
        return seen
    apart = timedelta(seconds=ahead_s)
    return replace(seen, first_seen=seen.first_seen - apart, last_seen=seen.last_seen - apart)
