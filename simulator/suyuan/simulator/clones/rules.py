"""Rules by which others find copies, as those who use them would write them, beside ours.

A rule gives a code's history a number; above its threshold the code is suspected.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from suyuan.trace.scan.likelihood import History, Scan, State, suspicion
from suyuan.trace.scan.parameters import SUSPICIOUS_AWAY, WARNED
from suyuan.trace.scan.wandering import kilometres, place_on_record

_FAR_KM, _APART_KM, _FLIGHT_KMH = 300.0, 50.0, 900.0


@dataclass(frozen=True, slots=True)
class Rule:
    """``weigh`` a history; at ``least`` or more it is suspected."""

    name: str
    weigh: Callable[[History], float]
    least: float


def scans(history: History) -> float:
    """How often the page was opened: what most sites go by."""
    return len(history.scans)


def devices(history: History) -> float:
    """How many different visitors there were, so far as hashes of the day can tell."""
    return len({one.visitor for one in history.scans})


def fastest(history: History) -> float:
    """The highest speed between two scans in a row, in km/h; places within 50 km of each other are one."""
    found = 0.0
    for one, other in pairwise(_placed(history)):
        km = _km(one, other)
        if km > _APART_KM:
            hours = max((other.time - one.time).total_seconds() / 3600, 1 / 3600)
            found = max(found, km / hours)
    return found


def far(history: History) -> float:
    """How many visitors were farther than 300 km from where the chain last had it."""
    return len({one.visitor for one in _far(history)})


def far_together(history: History) -> float:
    """The most visitors in one such place."""
    there: dict[str, set[str]] = defaultdict(set)
    for one in _far(history):
        if one.spot is not None:
            there[one.spot.code].add(one.visitor)
    return max(map(len, there.values()), default=0)


def weighted(history: History) -> float:
    """A sum of all of them, as a point system would have it."""
    places = len({one.spot.code for one in _far(history) if one.spot is not None})
    return (
        0.9 * min(far(history), 3)
        + 0.6 * min(max(places - 1, 0), 3)
        + 1.0 * (fastest(history) > _FLIGHT_KMH)
        + 0.4 * (devices(history) > 3)  # noqa: PLR2004
        + 0.4 * (scans(history) > 5)  # noqa: PLR2004
    )


def ours(history: History) -> float:
    """The likelihood of :mod:`suyuan.trace.scan.likelihood`, in bans, where that suspects anything."""
    found = suspicion(history)
    return found.score if found.state in _SUSPECTED else -math.inf


WEIGHTED = Rule("weighted sum", weighted, 2.4)
OURS = Rule("likelihood (ours)", ours, SUSPICIOUS_AWAY)
RULES = (
    Rule("more than 5 scans", scans, 6),
    Rule("more than 3 devices", devices, 4),
    Rule("impossible travel", fastest, _FLIGHT_KMH),
    Rule("far from custody", far, 1),
    Rule("far, 2 devices in one place", far_together, 2),
    WEIGHTED,
    OURS,
    Rule("the same, shoppers are warned", ours, WARNED),
)
_SUSPECTED = frozenset({State.SUSPICIOUS, State.KNOWN_COPY})


def _placed(history: History) -> list[Scan]:
    return [one for one in history.scans if one.spot is not None]


def _far(history: History) -> list[Scan]:
    found: list[Scan] = []
    for one in _placed(history):
        last, _ = place_on_record(history.stays, one.time)
        km = None if last is None or one.spot is None else kilometres(last, one.spot)
        if km is not None and km > _FAR_KM:
            found.append(one)
    return found


def _km(one: Scan, other: Scan) -> float:
    if one.spot is None or other.spot is None:
        return 0.0
    return kilometres(one.spot, other.spot) or 0.0
