"""What happens at one read point: the pass under way, or the last one, as a screen shows it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from suyuan.readers.station.config import ReadPoint
from suyuan.readers.station.filtering import Burst
from suyuan.readers.station.identity import Identity, lot_number
from suyuan.readers.station.order import Order
from suyuan.readers.station.outcome import Outcome
from suyuan.readers.station.steps import Judgement, Known

Part = Literal["taken", "extra", "refused", "unreadable"]
"""What becomes of a tag: ``extra`` is recorded although the order did not expect it."""


class Watch:
    """What the loops of one read point share."""

    def __init__(self, point: ReadPoint) -> None:
        self.point = point
        self.lock = asyncio.Lock()
        self.news = asyncio.Event()
        self.closing = False
        self.abandoned = False
        self.reading = False
        self.started = asyncio.Event()
        self.starts = self._mine = 0
        self._ended_by_input = -1
        self.passes = 0
        self.order: Order | None = point.order
        self.tags: tuple[Tag, ...] = ()
        self.outcome: Outcome | None = None

    def begin(self, order: Order) -> None:
        """A pass of ``order`` begins."""
        self.closing = self.abandoned = False
        self.reading = True
        self.passes += 1
        self.order, self.outcome, self.tags = order, None, ()
        self._mine = self.starts

    def start(self) -> None:
        """An input begins the next pass."""
        self.starts += 1
        self.started.set()

    @property
    def awaited(self) -> bool:
        """Whether an input began another pass after the one under way."""
        return self.starts > self._mine

    def stop(self) -> None:
        """An input ends the pass that the last start began, whether it is under way yet or not."""
        self._ended_by_input = self.starts
        self.news.set()

    def forget_stop(self) -> None:
        """What an input ended before is not this pass."""
        self._ended_by_input = -1

    @property
    def stopped(self) -> bool:
        """Whether an input ended the pass under way; one of the next pass ends no pass before it."""
        return self._ended_by_input >= self._mine


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag as a screen shows it; ``code`` is its identifier, or the start of what cannot be read.

    ``product`` is the GTIN, or the own code that a platform gave.
    """

    code: str
    kind: str
    part: Part
    time: datetime | None = None
    product: str | None = None
    lot: str | None = None


@dataclass(frozen=True, slots=True)
class Glance:
    """A read point at one moment.

    While a pass is under way ``outcome`` is None, and ``judged`` is what would become of it if it ended now;
    after it, ``judged`` is None and ``outcome`` what came of it. Neither is there before the first pass.
    """

    point: ReadPoint
    passes: int
    reading: bool
    order: Order | None
    judged: Judgement | None
    tags: tuple[Tag, ...]
    outcome: Outcome | None


def tags_of(burst: Burst, judged: Judgement, known: Callable[[str], Known]) -> tuple[Tag, ...]:
    """The tags of ``burst``, the one that was first seen last in front."""
    refused, extra = {i.key for i in judged.refused}, set(judged.extra)
    read = sorted(burst.readings, key=lambda r: r.first_seen)[::-1]
    parent = () if judged.parent is None else (judged.parent,)
    taken = {i.key for i in (*judged.taken, *parent)}

    def part(who: Identity) -> Part:
        if who.key in refused or who.key not in taken:
            return "refused"
        return "extra" if who.epc in extra else "taken"

    good = tuple(
        Tag(
            r.identity.epc,
            r.identity.kind,
            part(r.identity),
            r.first_seen,
            r.identity.gtin or (r.identity.product_key or "").rpartition("/")[2] or None,
            _lot(r.identity.lot_key or known(r.identity.key).lot_key or judged.lot_key, r.identity),
        )
        for r in read
    )
    bad = (
        Tag(c[:16].hex() if isinstance(c, bytes) else c[:40], "other", "unreadable") for c in burst.unreadable
    )
    return (*bad, *good)


def _lot(lot_key: str | None, who: Identity) -> str | None:
    """The lot number in its canonical key, if the object has the product of that key."""
    if lot_key is None or who.product_key is None or not lot_key.startswith(f"{who.product_key}/"):
        return None
    return lot_number(lot_key) or None
