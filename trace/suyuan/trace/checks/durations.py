"""How long things usually take, and which took far too long: medians and deviations from them.

Durations of one kind (a route, a stay of a product at a site) are compared by their logarithms with median
and median absolute deviation, which outliers do not move. With few observations nothing is told.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from heapq import heappush, heappushpop
from statistics import median
from typing import Generic, TypeVar

from suyuan.trace.checks.facts import Rules

_Kind = TypeVar("_Kind", bound=Hashable)
_Of = TypeVar("_Of")

MOST_KEPT = 16_384
"""Observations of one kind that the usual is worked out from; of more, every second one, and so on."""
MOST_TOLD = 20
"""The longest of one kind that are remembered with what they were."""
_LEAST_DEVIATION = math.log(1.1)
_GAUSSIAN = 1.4826  # median absolute deviation to standard deviation


@dataclass(slots=True)
class _Observed(Generic[_Of]):
    seen: int = 0
    every: int = 1
    logs: array[float] = field(default_factory=lambda: array("d"))
    longest: list[tuple[float, int, _Of]] = field(default_factory=list[tuple[float, int, _Of]])


class Durations(Generic[_Kind, _Of]):
    """Durations in hours by kind; memory per kind is bounded."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._observed: dict[_Kind, _Observed[_Of]] = {}

    def add(self, kind: _Kind, hours: float, of: _Of) -> None:
        """One more observation; those that are not longer than nothing are none."""
        if hours <= 0:
            return
        one = self._observed.setdefault(kind, _Observed())
        if one.seen % one.every == 0:
            one.logs.append(math.log(hours))
            if len(one.logs) > MOST_KEPT:
                one.logs, one.every = one.logs[::2], one.every * 2
        one.seen += 1
        push = heappush if len(one.longest) < MOST_TOLD else heappushpop
        push(one.longest, (hours, -one.seen, of))

    def usual(self, kind: _Kind) -> tuple[float, float] | None:
        """(median, the longest that is not outlying) in hours; None before there are enough."""
        one = self._observed.get(kind)
        if one is None or len(one.logs) < self._rules.observations:
            return None
        middle = median(one.logs)
        spread = _GAUSSIAN * median(abs(value - middle) for value in one.logs)
        reach = self._rules.outlying * max(spread, _LEAST_DEVIATION)
        return math.exp(middle), math.exp(middle + max(reach, math.log(self._rules.longer)))

    def outlying(self) -> Iterator[tuple[_Kind, float, float, _Of]]:
        """(kind, hours, median hours, what it was) of what took too long, at most 20 of a kind."""
        for kind, one in self._observed.items():
            usual = self.usual(kind)
            if usual is not None:
                for hours, _, of in sorted(one.longest, key=lambda entry: (-entry[0], -entry[1])):
                    if hours > usual[1]:
                        yield kind, hours, usual[0], of

    def counts(self) -> tuple[int, int]:
        """How many observations there are, and how many of them are of kinds that are too few to tell."""
        few = (one.seen for kind, one in self._observed.items() if self.usual(kind) is None)
        return sum(one.seen for one in self._observed.values()), sum(few)
