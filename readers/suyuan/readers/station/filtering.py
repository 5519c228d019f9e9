"""From raw sightings to readings at logical read points.

Pure: nothing here knows a clock. ``at`` is the station's monotonic time of arrival in seconds, so that a
stepping wall clock can neither hold a burst open nor let a duplicate through. The ideas are those of the
filtering and collection layer that GS1 standardised as ALE 1.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from suyuan.readers.observation import Observation
from suyuan.readers.station.config import Antennas, Guard, ReadPoint, SetOf
from suyuan.readers.station.direction import Sides, Way
from suyuan.readers.station.evidence import Around, Before, Trace, Verdict, weigh
from suyuan.readers.station.identity import Identities
from suyuan.readers.station.patterns import Test, wanted
from suyuan.readers.station.sightings import Content, Reading, Sighting, count, identify, name_of, read

_Pass = tuple[str, Way | None]
"""What passed, by its key or the name of what is unreadable; and its way, where ways have their own steps."""

__all__ = ["MOST_TAGS", "MOST_UNREADABLE", "Burst", "Content", "Filter", "Reading"]

MOST_TAGS = 100_000
"""Distinct tags of one burst; beyond, sightings are only counted: the air must not fill the memory."""
MOST_UNREADABLE = 1_000
_FORGET_S = 30.0
"""After so long a silence it does not count any more that a tag was heard before a pass."""
_SAME_TIME_S = 5.0
"""How long before a tag was first heard in a pass another door's reads of it still tell where it is."""


@dataclass(frozen=True, slots=True)
class Burst:
    """What one pass at a read point gave, and what was left out and why.

    ``unreadable`` are contents that are no identifier, ``glimpsed`` were seen too seldom, ``strays`` belong
    to a neighbouring read point, ``duplicates`` were read here within the dedupe window, ``overflow`` counts
    sightings beyond the limit, ``unwanted`` tags that the patterns of the cycle leave out. ``uncertain`` are
    read, but it is not clear whether they were in this pass. ``way`` is told where antennas have sides.
    """

    readings: tuple[Reading, ...] = ()
    unreadable: tuple[Content, ...] = ()
    glimpsed: int = 0
    strays: int = 0
    duplicates: int = 0
    overflow: int = 0
    unwanted: int = 0
    uncertain: tuple[Reading, ...] = ()
    way: Way | None = None


@dataclass(slots=True)
class _Open:
    """The burst that is open at one read point, what was heard there before it, and what passed lately."""

    point: ReadPoint
    listens: tuple[Antennas, ...]
    wanted: Test
    sightings: dict[Content, Sighting] = field(default_factory=dict[Content, Sighting])
    unwanted: set[Content] = field(default_factory=set[Content])
    before: dict[Content, Before] = field(default_factory=dict[Content, Before])
    begun_at: float | None = None
    opened_at: float | None = None
    last_new_at: float = 0.0
    counted: int = 0
    overflow: int = 0
    passed: dict[_Pass, float] = field(default_factory=dict[_Pass, float])
    stood: dict[str, Reading] = field(default_factory=dict[str, Reading])
    stood_before: dict[str, Reading] = field(default_factory=dict[str, Reading])


@dataclass(frozen=True, slots=True)
class _Gathered:
    """What a burst gives; and all that is there, new or not: readable by its key, and unreadable."""

    burst: Burst
    here: dict[str, Reading]
    unreadable: list[Content]


class Filter:
    """All read points of one station.

    Args:
        points: the read points; antennas that no point listens to are counted in ``unclaimed``.
        identities: how tag contents are read.
    """

    def __init__(self, points: Sequence[ReadPoint], identities: Identities) -> None:
        self._identities = identities
        self._open = {p.name: _Open(p, p.listens, wanted(p.cycle.include, p.cycle.exclude)) for p in points}
        self._by_reader: dict[str, list[_Open]] = {}
        for burst in self._open.values():
            for reader in burst.point.readers:
                self._by_reader.setdefault(reader, []).append(burst)
        self._rivals = {p.name: [self._open[q.name] for q in points if _apart(p, q)] for p in points}
        self._weighs = any(p.guard is Guard.EVIDENCE for p in points)
        self.unclaimed = 0

    def add(self, reader: str, seen: Observation, at: float) -> list[str]:
        """Take in one observation of ``reader`` and return the read points that should look up.

        Those are the points whose burst it opened or whose count it reached. Too weak ones leave no trace.
        O(read points of the reader).
        """
        claimed = False
        called: list[str] = []
        for burst in self._by_reader.get(reader, ()):
            for antennas in burst.listens:
                if antennas.hear(reader, seen.antenna):
                    break
            else:
                continue
            claimed = True
            if _strong_enough(seen, burst.point, antennas) and self._sight(burst, antennas, seen, at):
                called.append(burst.point.name)
        self.unclaimed += not claimed
        return called

    def begin(self, point: str, at: float) -> None:
        """A pass begins at ``point``: what was heard until now was before it."""
        burst = self._open[point]
        self._end(burst, at)
        burst.begun_at = at

    def begun(self, point: str) -> bool:
        """Whether a pass began at ``point`` that is not closed yet."""
        return self._open[point].begun_at is not None

    def take_back(self, point: str, burst: Burst) -> None:
        """What ``burst``, the last that ``point`` closed, gave is not recorded: it has not passed."""
        open_, way = self._open[point], _own_way(self._open[point].point, burst.way)
        open_.stood = open_.stood_before
        for name in _names((r.identity.key for r in burst.readings), burst.unreadable, way):
            open_.passed.pop(name, None)

    def passed_before(self, point: str, passed: Mapping[str, float]) -> None:
        """Tags, by their keys, passed ``point`` before this filter began, each at its time, below 0 too.

        Not where ways have steps of their own: which way it was is not told.
        """
        burst = self._open[point]
        if burst.point.inward is None:
            burst.passed |= {(key, None): at for key, at in passed.items()}

    def forget_passed(self, point: str) -> None:
        """Let tags that passed ``point`` be read again, as a new order does."""
        self._open[point].passed.clear()

    def closes_at(self, point: str) -> float | None:
        """When the open burst of ``point`` ends if no new tag comes, or None if nothing was seen.

        Where a light barrier ends it, no quiet does unless the cycle says so.
        """
        burst, longest = self._open[point], self.lasts_until(point)
        if longest is None:
            return None
        smoothing, cycle = burst.point.smoothing, burst.point.cycle
        quiet = cycle.stable_s or (None if cycle.stop_input is not None else smoothing.quiet_s)
        return (
            longest if quiet is None or burst.opened_at is None else min(burst.last_new_at + quiet, longest)
        )

    def lasts_until(self, point: str) -> float | None:
        """When the open burst of ``point`` ends at the latest, or None if nothing was seen."""
        burst = self._open[point]
        cycle = burst.point.cycle
        begun = burst.begun_at if cycle.triggered and burst.begun_at is not None else burst.opened_at
        return None if begun is None else begun + (cycle.duration_s or burst.point.smoothing.longest_s)

    def full(self, point: str) -> bool:
        """Whether as many tags were seen as the cycle of ``point`` waits for."""
        burst = self._open[point]
        most = burst.point.cycle.count
        return most is not None and burst.counted >= most

    def seen(self, point: str) -> frozenset[str]:
        """The keys of what is readable in the open burst so far, to compare with what is expected."""
        burst = self._open[point]
        enough = burst.point.smoothing.min_reads
        return frozenset(
            s.identity.key
            for s in burst.sightings.values()
            if s.identity is not None and s.trace.count >= enough
        )

    def peek(self, point: str, at: float) -> Burst:
        """The open burst of ``point`` as it would be if it ended now; linear in its tags."""
        return self._gather(self._open[point], at).burst

    def close(self, point: str, at: float) -> Burst:
        """End the burst of ``point`` and return it; linear in its tags."""
        burst = self._open[point]
        gathered = self._gather(burst, at)
        way = _own_way(burst.point, gathered.burst.way)
        _note_passed(burst, _names(gathered.here, gathered.unreadable, way), at)
        burst.stood_before, burst.stood = burst.stood, gathered.here
        self._end(burst, at)
        return gathered.burst

    def _gather(self, burst: _Open, at: float) -> _Gathered:
        kept, doubted, glimpsed, strays = self._sift(burst, at)
        here, unreadable = read(kept)
        way = _way(burst.point, kept)
        own = _own_way(burst.point, way)
        late = _passed_lately(burst, at)
        new = tuple(r for key, r in here.items() if (key, own) not in late)
        garbage = tuple(each for each in unreadable if (name_of(each), None) not in late)
        left = read(doubted)[0].items()
        uncertain = tuple(r for key, r in left if key not in here and (key, own) not in late)
        result = Burst(
            _reported(burst, here, new),
            garbage[:MOST_UNREADABLE],
            glimpsed,
            strays,
            len(here) - len(new),
            burst.overflow,
            len(burst.unwanted),
            uncertain,
            way,
        )
        return _Gathered(result, here, unreadable)

    def _sight(self, burst: _Open, antennas: Antennas, seen: Observation, at: float) -> bool:
        """Take it into the burst; whether it opened it, or reached the count that ends it."""
        content = seen.epc if seen.text is None else seen.text
        known = burst.sightings.get(content)
        opens = False
        if known is None:
            if content in burst.unwanted:
                return False
            if len(burst.sightings) >= MOST_TAGS:
                burst.overflow += max(seen.count, 1)
                return False
            identity = identify(self._identities, content)
            if not burst.wanted(content, identity):
                if len(burst.unwanted) < MOST_TAGS:
                    burst.unwanted.add(content)
                return False
            opens = burst.opened_at is None
            if opens:
                burst.opened_at = at
            burst.last_new_at = at
            known = burst.sightings[content] = Sighting(
                seen.first_seen, seen.last_seen, seen.antenna, identity, seen.typed, Trace(at, at)
            )
        before = known.trace.count
        count(known, seen, at)
        if before < burst.point.smoothing.min_reads <= known.trace.count and known.identity is not None:
            burst.counted += 1
        if antennas.side is not None:
            known.sides = known.sides or Sides()
            since = at if burst.opened_at is None else burst.opened_at
            known.sides.hear(antennas.side, seen.rssi_dbm, at - since, max(seen.count, 1))
        return opens or self.full(burst.point.name)

    def _sift(self, burst: _Open, at: float) -> tuple[_Kept, _Kept, int, int]:
        """What belongs to the pass, what may, how many were seen too seldom, and how many are strays."""
        often = {c: s for c, s in burst.sightings.items() if s.trace.count >= burst.point.smoothing.min_reads}
        glimpsed = len(burst.sightings) - len(often)
        if burst.point.guard is Guard.STRONGEST:
            kept = [(c, s) for c, s in often.items() if not self._is_weaker(burst, c, s)]
            return kept, [], glimpsed, len(often) - len(kept)
        # An order may wait long for its first tag; only a trigger tells when the goods are there.
        begun = burst.begun_at if burst.point.cycle.triggered else burst.opened_at
        verdicts = weigh(
            {content: s.trace for content, s in often.items() if not s.typed},
            lambda content: self._around(burst, content),
            begun=at if begun is None else begun,
            closed=at,
        )
        said = [(c, s, verdicts.get(c, Verdict.BELONGS)) for c, s in often.items()]
        kept = [(c, s) for c, s, verdict in said if verdict is Verdict.BELONGS]
        doubted = [(c, s) for c, s, verdict in said if verdict is Verdict.UNCERTAIN]
        return kept, doubted, glimpsed, len(often) - len(kept) - len(doubted)

    def _is_weaker(self, burst: _Open, content: Content, sighting: Sighting) -> bool:
        """Whether another read point saw the tag stronger at about the same time: that one keeps it."""
        mine = sighting.trace
        for other in self._rivals[burst.point.name]:
            rival = other.sightings.get(content)
            if rival is None or rival.trace.peak_dbm is None or mine.peak_dbm is None:
                continue
            apart = abs(rival.trace.peak_at - mine.peak_at)
            if apart <= burst.point.smoothing.arbitration_s and rival.trace.peak_dbm > mine.peak_dbm:
                return True
        return False

    def _around(self, burst: _Open, content: Content) -> Around:
        """What the other read points heard of a tag meanwhile, and this one before."""
        since = burst.sightings[content].trace.first_at - _SAME_TIME_S
        most = 0.0
        for other in self._rivals[burst.point.name]:
            now, then = other.sightings.get(content), other.before.get(content)
            energy = 0.0 if now is None or now.trace.last_at < since else now.trace.recent_mw
            if then is not None and then.last_at >= since:
                energy += then.recent_mw
            most = max(most, energy)
        return Around(most, burst.before.get(content))

    def _end(self, burst: _Open, at: float) -> None:
        """Lay what the burst heard to what was before the next one, and begin anew."""
        if self._weighs:
            burst.before = {c: b for c, b in burst.before.items() if at - b.last_at < _FORGET_S}
            for content, sighting in burst.sightings.items():
                trace = sighting.trace
                if at - trace.last_at < _FORGET_S:
                    burst.before.setdefault(content, Before(trace.first_at, trace.last_at)).hear(trace)
        burst.sightings.clear()
        burst.unwanted.clear()
        burst.begun_at = burst.opened_at = None
        burst.overflow = burst.counted = 0


_Kept = list[tuple[Content, Sighting]]


def _apart(point: ReadPoint, other: ReadPoint) -> bool:
    """Whether the two points hear by different antennas: one place cannot be its own neighbour."""
    return point is not other and not any(
        mine.reader == theirs.reader
        and (not mine.numbers or not theirs.numbers or mine.numbers & theirs.numbers)
        for mine in point.listens
        for theirs in other.listens
    )


def _strong_enough(seen: Observation, point: ReadPoint, antennas: Antennas) -> bool:
    least = point.smoothing.min_rssi_dbm if antennas.min_rssi_dbm is None else antennas.min_rssi_dbm
    return least is None or seen.rssi_dbm is None or seen.rssi_dbm >= least


def _way(point: ReadPoint, kept: _Kept) -> Way | None:
    """The way of what belongs to the pass, where the point's antennas have sides."""
    if all(antennas.side is None for antennas in point.listens):
        return None
    heard = Sides()
    for _, sighting in kept:
        if sighting.sides is not None:
            heard.join(sighting.sides)
    return heard.way()


def _own_way(point: ReadPoint, way: Way | None) -> Way | None:
    """The way, where it has a step of its own: what came in may go out, and what turned back come in."""
    return None if point.inward is None else way


def _names(keys: Iterable[str], unreadable: Iterable[Content], way: Way | None) -> list[_Pass]:
    return [*((key, way) for key in keys), *((name_of(each), None) for each in unreadable)]


def _reported(burst: _Open, here: Mapping[str, Reading], new: tuple[Reading, ...]) -> tuple[Reading, ...]:
    """The set that the cycle reports, against what stood here at the end of the one before."""
    match burst.point.cycle.report:
        case SetOf.CURRENT:
            return new
        case SetOf.ADDITIONS:
            return tuple(r for r in new if r.identity.key not in burst.stood)
        case SetOf.DELETIONS:
            return tuple(r for key, r in burst.stood.items() if key not in here)


def _passed_lately(burst: _Open, at: float) -> frozenset[_Pass]:
    """What passed within the window, which is not read again."""
    window = burst.point.smoothing.dedupe_s
    return frozenset(name for name, then in burst.passed.items() if at - then < window)


def _note_passed(burst: _Open, names: Sequence[_Pass], at: float) -> None:
    """Note what passed; a tag that stays in the field keeps its window open."""
    window = burst.point.smoothing.dedupe_s
    burst.passed = {name: then for name, then in burst.passed.items() if at - then < window}
    if window > 0:
        burst.passed |= dict.fromkeys(names, at)
