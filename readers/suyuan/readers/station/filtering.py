"""From raw sightings to readings at logical read points.

Pure: nothing here knows a clock. ``at`` is the station's monotonic time of arrival in seconds, so that a
stepping wall clock can neither hold a burst open nor let a duplicate through. The ideas are those of the
filtering and collection layer that GS1 standardised as ALE 1.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from suyuan.readers.observation import Observation
from suyuan.readers.station.config import ReadPoint
from suyuan.readers.station.identity import Identities, Identity
from suyuan.trace.errors import InvalidInput

MOST_TAGS = 100_000
"""Distinct tags of one burst; beyond, sightings are only counted: the air must not fill the memory."""
MOST_UNREADABLE = 1_000
_MOST_CHIPS = 4


Content = bytes | str
"""What a tag or symbol says: EPC memory, or the text of a link or a symbol."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A tag that was at a read point: its identity, when and how it was seen; ``typed``: by hand only."""

    identity: Identity
    first_seen: datetime
    last_seen: datetime
    count: int
    antenna: int
    rssi_dbm: float | None = None
    tids: tuple[bytes, ...] = ()
    typed: bool = False


@dataclass(frozen=True, slots=True)
class Burst:
    """What one pass at a read point gave, and what was left out and why.

    ``unreadable`` are contents that are no identifier, ``glimpsed`` were seen too seldom, ``strays`` belong
    to a neighbouring read point, ``duplicates`` were read here within the dedupe window, ``overflow`` counts
    sightings beyond the limit.
    """

    readings: tuple[Reading, ...] = ()
    unreadable: tuple[Content, ...] = ()
    glimpsed: int = 0
    strays: int = 0
    duplicates: int = 0
    overflow: int = 0


@dataclass(slots=True)
class _Sighting:
    first_seen: datetime
    last_seen: datetime
    count: int
    antenna: int
    rssi_dbm: float | None
    seen_at: float
    identity: Identity | None
    typed: bool
    tids: set[bytes] = field(default_factory=set[bytes])


@dataclass(slots=True)
class _Open:
    """The burst that is open at one read point, and what passed there lately (key -> time)."""

    point: ReadPoint
    sightings: dict[Content, _Sighting] = field(default_factory=dict[Content, _Sighting])
    opened_at: float | None = None
    last_new_at: float = 0.0
    overflow: int = 0
    passed: dict[str, float] = field(default_factory=dict[str, float])


class Filter:
    """All read points of one station.

    Args:
        points: the read points; antennas of one reader that no point claims are counted in ``unclaimed``.
        identities: how tag contents are read.
    """

    def __init__(self, points: Sequence[ReadPoint], identities: Identities) -> None:
        self._identities = identities
        self._open = {p.name: _Open(p) for p in points}
        self._by_reader: dict[str, list[_Open]] = {}
        for burst in self._open.values():
            self._by_reader.setdefault(burst.point.reader, []).append(burst)
        self.unclaimed = 0

    def add(self, reader: str, seen: Observation, at: float) -> list[str]:
        """Take in one observation of ``reader`` and return the read points whose burst it opened.

        Too weak ones leave no trace. O(read points of the reader).
        """
        claimed = False
        opened: list[str] = []
        for burst in self._by_reader.get(reader, ()):
            if not burst.point.antennas or seen.antenna in burst.point.antennas:
                claimed = True
                if _strong_enough(seen, burst.point):
                    if burst.opened_at is None:
                        opened.append(burst.point.name)
                    self._sight(burst, seen, at)
        self.unclaimed += not claimed
        return opened

    def restart(self, point: str) -> None:
        """Forget what is open at ``point``; what passed before still counts as duplicate."""
        burst = self._open[point]
        burst.sightings.clear()
        burst.opened_at = None
        burst.overflow = 0

    def forget_passed(self, point: str) -> None:
        """Let tags that passed ``point`` be read again, as a new order does."""
        self._open[point].passed.clear()

    def closes_at(self, point: str) -> float | None:
        """When the open burst of ``point`` ends if no new tag comes, or None if nothing was seen."""
        burst = self._open[point]
        if burst.opened_at is None:
            return None
        smoothing = burst.point.smoothing
        return min(burst.last_new_at + smoothing.quiet_s, burst.opened_at + smoothing.longest_s)

    def seen(self, point: str) -> frozenset[str]:
        """The keys of what is readable in the open burst so far, to compare with what is expected."""
        burst = self._open[point]
        enough = burst.point.smoothing.min_reads
        return frozenset(
            s.identity.key for s in burst.sightings.values() if s.identity is not None and s.count >= enough
        )

    def peek(self, point: str, at: float) -> Burst:
        """The open burst of ``point`` as it would be if it ended now; linear in its tags."""
        return self._gather(self._open[point], at)[0]

    def close(self, point: str, at: float) -> Burst:
        """End the burst of ``point`` and return it; linear in its tags."""
        burst = self._open[point]
        result, passed = self._gather(burst, at)
        _note_passed(burst, passed, at)
        self.restart(point)
        return result

    def _gather(self, burst: _Open, at: float) -> tuple[Burst, list[str]]:
        """What the burst gives, and the names of everything that passed, new or not."""
        kept, glimpsed, strays = self._sift(burst)
        readings, unreadable = _read(kept)
        passed = [r.identity.key for r in readings] + [_name(each) for each in unreadable]
        late = _passed_lately(burst, at)
        new = tuple(r for r in readings if r.identity.key not in late)
        garbage = tuple(each for each in unreadable if _name(each) not in late)
        duplicates = len(readings) - len(new)
        return Burst(new, garbage[:MOST_UNREADABLE], glimpsed, strays, duplicates, burst.overflow), passed

    def _sight(self, burst: _Open, seen: Observation, at: float) -> None:
        if burst.opened_at is None:
            burst.opened_at = burst.last_new_at = at
        content = seen.epc if seen.text is None else seen.text
        known = burst.sightings.get(content)
        if known is None:
            if len(burst.sightings) >= MOST_TAGS:
                burst.overflow += max(seen.count, 1)
                return
            burst.last_new_at = at
            identity = _identify(self._identities, content)
            known = burst.sightings[content] = _Sighting(
                seen.first_seen, seen.last_seen, 0, seen.antenna, seen.rssi_dbm, at, identity, seen.typed
            )
        _count(known, seen, at)

    def _sift(self, burst: _Open) -> tuple[list[tuple[Content, _Sighting]], int, int]:
        kept: list[tuple[Content, _Sighting]] = []
        glimpsed = strays = 0
        for content, sighting in burst.sightings.items():
            if sighting.count < burst.point.smoothing.min_reads:
                glimpsed += 1
            elif self._is_stray(burst, content, sighting):
                strays += 1
            else:
                kept.append((content, sighting))
        return kept, glimpsed, strays

    def _is_stray(self, burst: _Open, content: Content, sighting: _Sighting) -> bool:
        """Whether another read point saw the tag stronger at about the same time: that one keeps it."""
        if sighting.rssi_dbm is None:
            return False
        for other in self._open.values():
            if other is burst:
                continue
            rival = other.sightings.get(content)
            if rival is None or rival.rssi_dbm is None:
                continue
            apart = abs(rival.seen_at - sighting.seen_at)
            if apart <= burst.point.smoothing.arbitration_s and rival.rssi_dbm > sighting.rssi_dbm:
                return True
        return False


def _strong_enough(seen: Observation, point: ReadPoint) -> bool:
    least = point.smoothing.min_rssi_dbm
    return least is None or seen.rssi_dbm is None or seen.rssi_dbm >= least


def _count(known: _Sighting, seen: Observation, at: float) -> None:
    known.count += max(seen.count, 1)
    known.typed = known.typed and seen.typed
    known.first_seen = min(known.first_seen, seen.first_seen)
    known.last_seen = max(known.last_seen, seen.last_seen)
    if seen.rssi_dbm is not None and (known.rssi_dbm is None or seen.rssi_dbm >= known.rssi_dbm):
        known.rssi_dbm, known.antenna, known.seen_at = seen.rssi_dbm, seen.antenna, at
    if seen.tid is not None and len(known.tids) < _MOST_CHIPS:
        known.tids.add(seen.tid)


def _identify(identities: Identities, content: Content) -> Identity | None:
    try:
        return identities.from_text(content) if isinstance(content, str) else identities.from_tag(content)
    except InvalidInput:
        return None


def _name(unreadable: Content) -> str:
    """Under which name an unreadable content is remembered; no key begins like this."""
    return f"\0{unreadable}" if isinstance(unreadable, str) else unreadable.hex()


def _read(kept: Iterable[tuple[Content, _Sighting]]) -> tuple[list[Reading], list[Content]]:
    """The sightings that name something, one reading per object, and the contents of the others."""
    readings: dict[str, Reading] = {}
    unreadable: list[Content] = []
    for content, sighting in kept:
        identity = sighting.identity
        if identity is None:
            unreadable.append(content)
        elif identity.key in readings:  # one object in two spellings, say an SGTIN-96 and an SGTIN+
            readings[identity.key] = _joined(readings[identity.key], identity, sighting)
        else:
            readings[identity.key] = _reading(identity, sighting)
    return list(readings.values()), unreadable


def _reading(identity: Identity, s: _Sighting) -> Reading:
    return Reading(
        identity, s.first_seen, s.last_seen, s.count, s.antenna, s.rssi_dbm, tuple(sorted(s.tids)), s.typed
    )


def _joined(reading: Reading, identity: Identity, s: _Sighting) -> Reading:
    """Both as one, in the spelling of the first; its lot is known if either tells it."""
    return Reading(
        replace(reading.identity, lot_key=reading.identity.lot_key or identity.lot_key),
        min(reading.first_seen, s.first_seen),
        max(reading.last_seen, s.last_seen),
        reading.count + s.count,
        reading.antenna,
        reading.rssi_dbm,
        tuple(sorted({*reading.tids, *s.tids})),
        reading.typed and s.typed,
    )


def _passed_lately(burst: _Open, at: float) -> frozenset[str]:
    """What passed within the window, which is not read again."""
    window = burst.point.smoothing.dedupe_s
    return frozenset(name for name, then in burst.passed.items() if at - then < window)


def _note_passed(burst: _Open, names: Sequence[str], at: float) -> None:
    """Note what passed; a tag that stays in the field keeps its window open."""
    window = burst.point.smoothing.dedupe_s
    burst.passed = {name: then for name, then in burst.passed.items() if at - then < window}
    if window > 0:
        burst.passed |= dict.fromkeys(names, at)
