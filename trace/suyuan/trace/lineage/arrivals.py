"""Arrivals of a lot at sites: one step told of them, another may tell of them again (law of tracing §9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from suyuan.trace.gs1 import site
from suyuan.trace.lineage.records import ENOUGH
from suyuan.trace.lineage.statement import Statement

_A_DAY = 24 * 3600 * 1_000_000  # microseconds


@dataclass(slots=True)
class _Arrival:
    """What came to a site by a step and may be told of by another one yet."""

    at: int
    step: str
    quantity: float


class Arrivals:
    """The arrivals of one lot that may be confirmed yet, by site."""

    def __init__(self) -> None:
        self._arrived: defaultdict[str, list[_Arrival]] = defaultdict(list)

    def note(self, told: Statement, place: str, quantity: float) -> None:
        """So much came to the site of ``place``."""
        recent = [one for one in self._arrived[site(place)] if one.at >= told.at - _A_DAY]
        arrival = _Arrival(told.at, told.occurrence.biz_step or "", quantity)
        self._arrived[site(place)] = [*recent, arrival]

    def confirmed(self, told: Statement, place: str, step: str, quantity: float) -> float:
        """How much of an arrival is what another step told of already, within a day; once."""
        since = told.at - _A_DAY
        return self._forget(place, quantity, lambda one: one.at >= since and one.step != step)

    def left(self, told: Statement, quantity: float) -> None:
        """So much went on from where ``told`` was read: nobody need confirm any more that it came."""
        place, since = told.occurrence.read_point, told.at - _A_DAY
        if place is not None:
            self._forget(place, quantity, lambda one: one.at >= since)

    def _forget(self, place: str, quantity: float, which: Callable[[_Arrival], bool]) -> float:
        """Take up to ``quantity`` off the arrivals at the site that might be confirmed, oldest first."""
        taken = 0.0
        for arrival in self._arrived[site(place)]:
            if which(arrival):
                part = min(arrival.quantity, quantity - taken)
                arrival.quantity -= part
                taken += part
        self._arrived[site(place)] = [one for one in self._arrived[site(place)] if one.quantity > ENOUGH]
        return taken
