"""Looks at codes on their way to the log: noted at once, written by one thread, in batches (decision 0035).

Whoever notes a look never waits for the disk. What a crash can lose is what was noted since the last batch,
about a second; what comes while the queue is full is counted and lost. Neither holds an address: that ends
with its request, as a visitor of the day.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from threading import Lock

from sqlalchemy import Engine

from suyuan.api.resolver.short import in_plain
from suyuan.trace.scan.probing import probe_of
from suyuan.trace.scan.visitor import visitor_of
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.scans import Scan, destroy_salts, keep_probes, keep_scans, salt_of

MOST_WAITING = 20_000
"""Looks: ten seconds of the most that a server answers."""

_AT_ONCE = 250
"""Looks of one unit of work, a few milliseconds: pages are put together meanwhile, in the same process."""

_SALT_SIZE = 32
_AHEAD = timedelta(minutes=5)

_MOST_PROBES = 2_000
_PROBES = 5
"""Look-ups of one, a millisecond each, before others have their turn."""

_NEXT = 10
"""Numbers that lie no further apart than this follow one another: who counts up skips those of its own."""

Batches = Callable[[list[str]], Mapping[str, str]]
"""The keys of the lots of codes, of those that have one on record."""


@dataclass(frozen=True, slots=True)
class _Day:
    """A day of the house with its salt; ``is_shared`` if all processes have that one."""

    start: datetime
    end: datetime
    salt: bytes
    is_shared: bool


class ScanLog:
    """The queue of one process. Safe to use from several threads; :meth:`write` and :meth:`turn` from one."""

    def __init__(
        self,
        engine: Engine,
        *,
        zone: tzinfo,
        batches: Batches,
        is_known: Callable[[str], bool],
        randbytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._engine = engine
        self._zone = zone
        self._batches = batches
        self._is_known = is_known
        self._randbytes = randbytes
        self._waiting: deque[Scan] = deque()
        self._taken: list[Scan] = []  # to be written next; they stay here while that fails
        self._missed: deque[str] = deque(maxlen=_MOST_PROBES)
        self._last_probed: dict[str, int] = {}
        self._days: tuple[_Day, ...] = ()
        self._destroyed = ""  # the day before which no salt is left
        self._lock = Lock()
        self.dropped = 0

    def visitor(self, now: datetime, address: str, agent: str) -> bytes:
        """Who asks, for the rest of the day."""
        for day in self._days:
            if day.start <= now < day.end:
                return visitor_of(day.salt, address, agent)
        return visitor_of(self._own_day(now).salt, address, agent)

    def note(self, scan: Scan) -> None:
        """Let a look be written soon."""
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append(scan)
        else:
            self.dropped += 1

    def miss(self, path: str) -> None:
        """Let it be counted that a code was asked for of which nothing is on record."""
        self._missed.append(path)

    def write_probes(self, now: datetime, breathe: Callable[[], None] = lambda: None) -> None:
        """Add up what was asked for in vain, of lots and products that are on record: others are anybody's.

        Some milliseconds between two breaths. Raises ``DatabaseUnavailable``; what was asked until then is
        not counted.
        """
        found: dict[str, tuple[int, int]] = {}
        for number in range(len(self._missed)):
            if number % _PROBES == _PROBES - 1:
                breathe()
            probe = probe_of(in_plain(self._missed.popleft()))
            key = None if probe is None else next(filter(self._is_known, probe.keys), None)
            if probe is not None and key is not None:
                count, sequential = found.get(key, (0, 0))
                found[key] = (count + 1, sequential + self._is_next(key, probe.number))
        if found:
            with Writing(self._engine) as writing:
                keep_probes(writing, found, self.start_of(now))

    def _is_next(self, key: str, number: int | None) -> bool:
        if number is None:
            return False
        last = self._last_probed.pop(key, None)
        self._last_probed[key] = number
        if len(self._last_probed) > _MOST_PROBES:
            del self._last_probed[next(iter(self._last_probed))]
        return last is not None and 0 < abs(number - last) <= _NEXT

    def write(self) -> bool:
        """Write the next of what waits, as one unit of work; whether more does. An error loses nothing.

        Raises:
            DatabaseUnavailable: try again later.
        """
        while self._waiting and len(self._taken) < _AT_ONCE:
            self._taken.append(self._waiting.popleft())
        if not self._taken:
            return False
        batches = self._batches([scan.key for scan in self._taken])
        with Writing(self._engine) as writing:
            keep_scans(writing, self._taken, self.start_of, batches)
        self._taken.clear()
        return bool(self._waiting)

    def turn(self, now: datetime) -> None:
        """Agree with other processes on the salts of today and soon of tomorrow, and destroy older ones.

        Raises:
            DatabaseUnavailable: try again later.
        """
        wanted = dict.fromkeys((self.start_of(now), self.start_of(now + _AHEAD)))
        have = {day.start for day in self._days if day.is_shared}
        days = [day for day in self._days if day.end > now and day.is_shared]
        for start in wanted:
            if start not in have:
                with Writing(self._engine) as writing:
                    salt = salt_of(writing, self._name(start), self._randbytes(_SALT_SIZE))
                days.append(_Day(start, self._end_of(start), salt, is_shared=True))
        with self._lock:
            self._days = tuple(days)
        today = self._name(now)
        if self._destroyed != today and destroy_salts(self._engine, today):
            self._destroyed = today

    def start_of(self, instant: datetime) -> datetime:
        """The start of the day of an instant, where the house is."""
        return datetime.combine(instant.astimezone(self._zone).date(), time(), self._zone)

    def _end_of(self, start: datetime) -> datetime:
        return datetime.combine(start.date() + timedelta(days=1), time(), self._zone)

    def _name(self, instant: datetime) -> str:
        return instant.astimezone(self._zone).date().isoformat()

    def _own_day(self, now: datetime) -> _Day:
        """Before :meth:`turn` was here, nobody waits for it: a salt of this process alone, in no database."""
        with self._lock:
            for day in self._days:
                if day.start <= now < day.end:
                    return day
            start = self.start_of(now)
            day = _Day(start, self._end_of(start), self._randbytes(_SALT_SIZE), is_shared=False)
            self._days = (day, *self._days[:1])
            return day
