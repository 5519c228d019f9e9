"""When things were recorded: what was known changes at these instants and at none between (law §1.1)."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import datetime

from suyuan.trace.lineage.statement import EVER, instant


class RecordTimes:
    """The instants at which anything was recorded, each once: eight bytes. They come nearly in order."""

    def __init__(self, instants: Iterable[int] = ()) -> None:
        """``instants`` in order, each once."""
        self._instants = array("q", instants)

    def note(self, recorded: datetime) -> int:
        """Something was recorded then; the instant."""
        at = instant(recorded)
        where = bisect_left(self._instants, at)
        if where == len(self._instants) or self._instants[where] != at:
            self._instants.insert(where, at)
        return at

    def known(self, known_at: datetime | None) -> int | None:
        """The last instant by ``known_at``, EVER before all; None where all is known by then.

        All questions between two instants are one: whoever keeps what was known then, keeps it under this.
        """
        if known_at is None:
            return None
        before = bisect_right(self._instants, instant(known_at))
        if before == len(self._instants):
            return None
        return self._instants[before - 1] if before else EVER
