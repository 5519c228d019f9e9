"""The air between tags and antennas, with its faults: missed reads, repeats, strays and unreadable tags.

Rates are engineering presets (see ``Rates``), not measurements. What a pass looks like is drawn once from a
generator seeded by its order, so that an interrupted play goes on with the same faults.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from types import TracebackType
from typing import Self

from suyuan.readers.llrp.emulator import LlrpEmulator
from suyuan.readers.observation import Observation
from suyuan.readers.reader import ReaderHealth
from suyuan.readers.station.agent import Source
from suyuan.simulator.numbers import company_prefix, sscc, unit_tag
from suyuan.trace.errors import Unavailable

LOUD_DBM, FAINT_DBM = -48.0, -76.0
"""Signal strength of what is held to the antenna, and of what comes over from the next dock."""
LEAST_DBM = -65.0
"""What the stations' read points take for their own."""
ROUND = timedelta(seconds=1)
MOST_ROUNDS = 60
TAKEN_WITHIN_S = 30.0
_NEIGHBOUR = 9999
_TAG_BYTES = 12


@dataclass(frozen=True, slots=True)
class Rates:
    """How often the air fails: per tag and look (``miss``, ``repeat``), per pass (``stray``, ``garbage``)."""

    miss: float = 0.06
    repeat: float = 0.25
    stray: float = 0.1
    garbage: float = 0.01


FAULTLESS = Rates(0.0, 0.0, 0.0, 0.0)


@dataclass(slots=True)
class Counts:
    """What happened in the air. ``reads`` counts every report of a tag, also repeated and faulty ones."""

    reads: int = 0
    missed: int = 0
    repeats: int = 0
    strays: int = 0
    garbage: int = 0

    def add(self, other: Counts) -> None:
        """Count another pass in."""
        self.reads += other.reads
        self.missed += other.missed
        self.repeats += other.repeats
        self.strays += other.strays
        self.garbage += other.garbage


@dataclass(frozen=True, slots=True)
class Pass:
    """What the reader reports while some goods are held to it: loud rounds, and faint strays beside them."""

    rounds: tuple[tuple[bytes, ...], ...]
    strays: tuple[bytes, ...]
    counts: Counts


def imagine_pass(tags: Sequence[bytes], rates: Rates, random: Random) -> Pass:
    """A pass of ``tags``, held to the reader until each was read, as by a worker who watches the count.

    At the latest in the last of :data:`MOST_ROUNDS` all are read, whatever the rates.
    """
    counts = Counts()
    rounds: list[tuple[bytes, ...]] = []
    read: set[bytes] = set()
    while len(read) < len(tags):
        last = len(rounds) + 1 == MOST_ROUNDS
        heard = [tag for tag in tags if last or random.random() >= rates.miss]
        counts.missed += len(tags) - len(heard)
        again = [tag for tag in heard if random.random() < rates.repeat]
        counts.repeats += len(again) + sum(tag in read for tag in heard)
        read.update(heard)
        rounds.append((*heard, *again))
    strays = [_foreign(random)] * random.randint(1, 4) if tags and random.random() < rates.stray else []
    if tags and random.random() < rates.garbage:
        rounds[0] = (*rounds[0], b"\xe2" + random.randbytes(_TAG_BYTES - 1))  # header E2 is no EPC scheme
        counts.garbage += 1
    counts.strays += len(strays)
    counts.reads += sum(map(len, rounds)) + len(strays)
    return Pass(tuple(rounds), tuple(strays), counts)


def _foreign(random: Random) -> bytes:
    """A pallet of another company that waits at the next dock."""
    return unit_tag(sscc(company_prefix(_NEIGHBOUR), random.randrange(10**9)), pallet=True)


class Clock:
    """A station's clock that stands still until it is set, so that simulated days pass in seconds.

    With ``wall`` it runs with that clock instead, and cannot be set.
    """

    def __init__(self, start: datetime, wall: Callable[[], datetime] | None = None) -> None:
        self._now = start
        self._wall = wall

    def now(self) -> datetime:
        """The instant to which it was last set, or the time of day."""
        return self._now if self._wall is None else self._wall()

    def set(self, to: datetime) -> None:
        """Put it to ``to``."""
        self._now = to


class Tap:
    """A reader (``source``) whose observations are counted once the station has taken them in."""

    def __init__(self, source: Source, taken: Taken) -> None:
        self._source = source
        self._taken = taken

    async def __aenter__(self) -> Self:
        await self._source.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._source.__aexit__(kind, error, trace)

    async def observations(self) -> AsyncIterator[Observation]:
        """The driver's observations; when the next one is asked for, the last one has been taken in."""
        async for seen in self._source.observations():
            yield seen
            self._taken.count_one()

    def health(self) -> ReaderHealth:
        """The driver's health; it compares clocks with that of this machine, not of the simulated world."""
        return replace(self._source.health(), clock_offset_s=None)


class Taken:
    """How many observations a station has taken in, to be waited for."""

    def __init__(self) -> None:
        self.count = 0
        self._news = asyncio.Event()

    def count_one(self) -> None:
        """One more."""
        self.count += 1
        self._news.set()

    async def reach(self, count: int) -> None:
        """Wait until ``count`` were taken in.

        Raises:
            Unavailable: they did not come within half a minute; the connection was lost.
        """
        try:
            async with asyncio.timeout(TAKEN_WITHIN_S):
                while self.count < count:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError as error:
            raise Unavailable(
                "The station took in {got} of {sent} reads.",
                remedy="The connection to its reader was lost; play again on the same folder.",
                got=self.count,
                sent=count,
            ) from error


async def present_pass(
    emulator: LlrpEmulator, antenna: int, made: Pass, taken: Taken, *, at: datetime, clock: Clock
) -> None:
    """Play ``made`` over the reader's real protocol from the instant ``at`` on, until the station has it all.

    Raises:
        Unavailable: the station's connection to the reader was lost.
    """
    await emulator.listening(antenna)
    goal = taken.count
    goal += await emulator.present(antenna, made.strays, rssi_dbm=FAINT_DBM, at=at)
    for number, heard in enumerate(made.rounds):
        clock.set(at + number * ROUND)
        goal += await emulator.present(antenna, heard, rssi_dbm=LOUD_DBM, at=clock.now())
    await taken.reach(goal)
