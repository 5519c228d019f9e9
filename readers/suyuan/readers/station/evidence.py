"""Whether a tag that a door heard goes through it, or only stands or passes nearby.

One loud read proves little: a tag of the next door that faces this one is heard as well as one in the middle
of a pallet here. So all of a pass is weighed: how loud a tag was, how often and from how many antennas, how
much louder than at any other door of the station, whether its reads lie about the middle of the pass as those
of the loud tags do, and whether it was there long before. Pure: times are the station's monotonic seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from math import log10
from statistics import median
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)

# Log-odds that a tag belongs to the pass, fitted by logistic regression on the simulated doors of
# suyuan.simulator.dock, on seeds that no published number is measured with (docs/benchmarks.md).
_START = 19.5
_LOUDER_HERE = 0.21  # each dB that all its reads here are above those at the loudest other door
_PEAK = 0.32  # each dBm of its loudest read
_OFF_CENTRE = -6.25  # half a pass between the middle of its reads and that of the loud tags
_READ = 1.0  # each read, up to five
_ANTENNA = 3.25  # each antenna that heard it
_BEFORE = -1.75  # each second that it was heard before the pass, up to twelve
_LOUD_BEFORE = 0.24  # each dB that it was louder before than in the pass: it came from close by, and went
_BELONGS, _STRAY = 3.0, -1.0

_LOUDER_RANGE, _LOUD_BEFORE_RANGE = (-25.0, 30.0), (-20.0, 20.0)
_MOST_READS, _MOST_BEFORE_S, _MOST_OFF = 5, 12.0, 1.5
_SHORTEST_HALF_S = 0.5
_KEPT = 5 / 6
"""What of earlier reads counts on at the next one: about the last six do."""


class Verdict(Enum):
    """What the evidence says."""

    BELONGS = "belongs"
    UNCERTAIN = "uncertain"
    STRAY = "stray"


@dataclass(slots=True)
class Trace:
    """What one point heard of one tag in one pass; without signal strengths there is nothing to weigh."""

    first_at: float
    last_at: float
    count: int = 0
    antennas: set[int] = field(default_factory=set[int])
    peak_dbm: float | None = None
    peak_at: float = 0.0
    energy_mw: float = 0.0
    recent_mw: float = 0.0
    _weight: float = 0.0
    _moment: float = 0.0

    def hear(self, antenna: int, rssi_dbm: float | None, at: float, count: int) -> bool:
        """Take in one report; whether it is the loudest so far. O(1)."""
        self.count += count
        self.last_at = max(self.last_at, at)
        self.antennas.add(antenna)
        if rssi_dbm is None:
            return False
        power = 10.0 ** (rssi_dbm / 10.0)
        amplitude = power**0.5
        self.energy_mw += power * count
        self.recent_mw = self.recent_mw * _KEPT**count + power * count
        self._weight += amplitude * count
        self._moment += amplitude * count * at
        loudest = self.peak_dbm is None or rssi_dbm >= self.peak_dbm
        if loudest:
            self.peak_dbm, self.peak_at = rssi_dbm, at
        return loudest

    @property
    def centre(self) -> float:
        """The second about which its reads lie, loud ones weighing more."""
        return self._moment / self._weight if self._weight else (self.first_at + self.last_at) / 2


@dataclass(slots=True)
class Before:
    """What a point heard of one tag before the pass: since when, until when, how loud lately."""

    first_at: float
    last_at: float
    recent_mw: float = 0.0

    def hear(self, trace: Trace) -> None:
        """Take in what an earlier pass, or the time between passes, heard of the tag."""
        self.last_at = max(self.last_at, trace.last_at)
        self.recent_mw = self.recent_mw * _KEPT**trace.count + trace.recent_mw


@dataclass(frozen=True, slots=True)
class Around:
    """What else is known of a tag: its energy at the loudest other door, and what was heard of it before."""

    rival_mw: float = 0.0
    before: Before | None = None


def weigh(
    traces: Mapping[Key, Trace], around: Callable[[Key], Around], *, begun: float, closed: float
) -> dict[Key, Verdict]:
    """The verdict about each tag of a pass that lasted from ``begun`` to ``closed``. O(n log n)."""
    others = {key: around(key) for key in traces}
    louder = {key: _louder(trace, others[key].rival_mw) for key, trace in traces.items()}
    middle = _middle(traces, louder)
    half = max((closed - begun) / 2, _SHORTEST_HALF_S)
    verdicts: dict[Key, Verdict] = {}
    for key, trace in traces.items():
        if trace.peak_dbm is None:
            verdicts[key] = Verdict.BELONGS
            continue
        off = min(abs(trace.centre - middle) / half, _MOST_OFF)
        odds = (
            _START
            + _LOUDER_HERE * louder[key]
            + _PEAK * trace.peak_dbm
            + _OFF_CENTRE * off
            + _READ * min(trace.count, _MOST_READS)
            + _ANTENNA * len(trace.antennas)
            + _of_before(trace, others[key].before, begun)
        )
        verdicts[key] = (
            Verdict.BELONGS if odds > _BELONGS else Verdict.UNCERTAIN if odds > _STRAY else Verdict.STRAY
        )
    return verdicts


def _louder(trace: Trace, rival_mw: float) -> float:
    """How many dB louder it was here than at the loudest other door."""
    if rival_mw <= 0.0 or trace.energy_mw <= 0.0:
        return _LOUDER_RANGE[1]
    return _within(10.0 * log10(trace.energy_mw / rival_mw), _LOUDER_RANGE)


def _of_before(trace: Trace, before: Before | None, begun: float) -> float:
    if before is None or before.recent_mw <= 0.0:
        return _LOUD_BEFORE * _LOUD_BEFORE_RANGE[0]
    seconds = min(max(begun - before.first_at, 0.0), _MOST_BEFORE_S)
    louder = _within(10.0 * log10(before.recent_mw / trace.energy_mw), _LOUD_BEFORE_RANGE)
    return _BEFORE * seconds + _LOUD_BEFORE * louder


def _middle(traces: Mapping[Key, Trace], louder: Mapping[Key, float]) -> float:
    """When the body of the pass went through: the median centre of the louder half of what is ours."""
    heard = {key: trace.peak_dbm for key, trace in traces.items() if trace.peak_dbm is not None}
    ours = [key for key in heard if louder[key] > 0] or list(heard)
    if not ours:
        return 0.0
    loud = median(heard[key] for key in ours)
    return median(traces[key].centre for key in ours if heard[key] >= loud)


def _within(value: float, ends: tuple[float, float]) -> float:
    return min(max(value, ends[0]), ends[1])
