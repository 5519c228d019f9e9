"""What the shopper's pages ask of the house: recalls as the public knows them, and eyes for photos."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from suyuan.api.house import House
from suyuan.api.phone import Busy, decode
from suyuan.trace.recall.bulletin import Bulletin, bulletin_of
from suyuan.trace.recall.recall import Case

_FRESH = timedelta(minutes=1)
# Anybody may send a photo. Those of phones at work wait a while for their turn; those of strangers would
# take the threads that serve everybody else, so beyond a few they are asked to come back.
_STRANGERS = threading.BoundedSemaphore(3)
_Decided = tuple[str, int, int]


class Shopping:
    """Bulletins of one house, kept until something is decided, a minute at most. Safe from any thread."""

    def __init__(self, house: House, public_url: str) -> None:
        self._house = house
        self.public_url = public_url
        self._lock = threading.Lock()
        self._kept: dict[_Decided, tuple[datetime, Bulletin | None]] = {}

    def bulletins(self) -> Sequence[Bulletin]:
        """Every public recall and warning, the newest first."""
        cases = self._house.cases()
        with self._lock:
            self._kept = {_decided(case): self._told(case, self._kept) for case in cases}
            found = [bulletin for _, bulletin in self._kept.values() if bulletin is not None]
        return sorted(found, key=lambda bulletin: bulletin.notice.published_at, reverse=True)

    def symbols(self, photo: bytes) -> Sequence[str]:
        """What a scanner would give for the symbols in a photo; see :func:`suyuan.api.phone.decode`."""
        if not _STRANGERS.acquire(blocking=False):
            raise Busy("Other photos are being looked at", remedy="Try again in a moment.")
        try:
            return [symbol["text"] for symbol in decode(photo)]
        finally:
            _STRANGERS.release()

    def _told(
        self, case: Case, kept: Mapping[_Decided, tuple[datetime, Bulletin | None]]
    ) -> tuple[datetime, Bulletin | None]:
        now = self._house.now()
        before = kept.get(_decided(case))
        if before is not None and now - before[0] < _FRESH:
            return before
        house = self._house
        return now, bulletin_of(case, house.records, house.zone, self.public_url)


def _decided(case: Case) -> _Decided:
    """What changes with every decision, and with what arrives of a recall later."""
    return case.number, len(case.log), len(case.keys)
