"""Events that were just stored, on their way to lineage: what capture has read need not be read back."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from threading import Event, Lock
from typing import NamedTuple

from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.lineage.standing import Told
from suyuan.trace.store.jobs import CaptureJob

MOST = 80_000
"""Events and names in them that wait for lineage at most; what comes beyond them the store has."""
MANY = 20_000
"""Of which lineage is told before anybody asks, so that nobody waits for many more: ten thousand reads."""
_LONG = 1_000
"""So many letters take the room of one name more: names of a usual length make no difference."""


class _Stretch(NamedTuple):
    """All evidence from one sequence number to another; ``told`` are the accepted ones among it, in order."""

    last: int
    told: Sequence[Told]
    weight: int


class Arrivals:
    """What was stored by this process, by stretches of sequence numbers. Safe to use from several threads.

    They may come in any order. What is not here (another process stored it, or there was no room) the store
    has: it is always right to forget everything.
    """

    def __init__(self, most: int = MOST, many: int = MANY) -> None:
        self._most = most
        self._many = many
        self._lock = Lock()
        self._by_first: dict[int, _Stretch] = {}
        self._held = 0
        self.news = Event()
        """Set when many wait; whoever waits for it clears it."""

    def hand_over(self, job: CaptureJob) -> None:
        """Note what ``job`` stored; it tells of all its evidence, and its transaction has ended."""
        told = [(one.sequence, one.occurrence) for one in job.evidence]
        numbers = [one.sequence for one in (*job.evidence, *job.conflicting)]
        if not numbers:
            return
        weight = sum(_weight(occurrence) for _, occurrence in told)
        with self._lock:
            if self._held + weight <= self._most:
                self._by_first[min(numbers)] = _Stretch(max(numbers), told, weight)
                self._held += weight
            if self._held >= self._many:
                self.news.set()

    def take(self, after: int, newest: int) -> tuple[int, Sequence[Told]]:
        """How far evidence is here without a gap, from ``after`` to at most ``newest``, and what it is.

        Whatever stands up to ``newest`` is forgotten: who takes knows the rest from the store.
        """
        told: list[Told] = []
        with self._lock:
            while (stretch := self._by_first.get(after + 1)) is not None and stretch.last <= newest:
                del self._by_first[after + 1]
                self._held -= stretch.weight
                told += stretch.told
                after = stretch.last
            for first in [first for first in self._by_first if first <= newest]:
                self._held -= self._by_first.pop(first).weight
        return after, told


def _weight(one: Occurrence) -> int:
    things = (*one.what, *one.children, *one.inputs, *one.outputs)
    others = (
        *(one.evidence, one.event_id, one.transformation_id, one.biz_step, one.disposition),
        *(one.read_point, one.biz_location, one.parent, *one.destinations),
        *chain.from_iterable(one.lot_of),
    )
    letters = sum(len(thing.key) for thing in things) + sum(map(len, filter(None, others)))
    return 1 + len(things) + len(one.destinations) + len(one.lot_of) + letters // _LONG
