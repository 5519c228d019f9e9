"""How often sign-in may fail, per account name and per client address.

Kept in memory: a restart forgives, and several processes count each for itself. The limits stop guessing, not
a network of many addresses; what a password must be (12 characters and more) stops that.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from math import ceil

from suyuan.trace.errors import SuyuanError

WINDOW = timedelta(minutes=15)
PER_NAME = 10
PER_ADDRESS = 30
REMEMBERED = 10_000


class TooManyAttempts(SuyuanError):
    """Sign-in failed too often of late, or too many sign in at once; ``seconds`` tells how long to wait."""

    code = "too-many-attempts"
    status = 429
    title = "Too many attempts to sign in"


def too_many(wait: timedelta) -> TooManyAttempts:
    """The refusal that names the time to wait."""
    seconds = max(1, ceil(wait.total_seconds()))
    return TooManyAttempts(
        "Too many attempts to sign in; the next one is possible in {seconds} seconds",
        seconds=seconds,
        remedy="Wait, then try again. Whoever has forgotten the password asks the administrator.",
    )


class Attempts:
    """The failed attempts of the last 15 minutes. Safe to use from several threads; memory is bounded."""

    def __init__(
        self, now: Callable[[], datetime], *, per_name: int | None = None, per_address: int | None = None
    ) -> None:
        self._now = now
        self._most = (per_name, per_address)
        self._failed: OrderedDict[tuple[str, str], deque[datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, name: str, address: str) -> None:
        """Count an attempt as failed before it is checked, so that many at once are no way around.

        Raises:
            TooManyAttempts: the name or the address has used up its attempts; this one is not counted.
        """
        now = self._now()
        with self._lock:
            counted = [(self._recent(kind, now), most) for kind, most in self._kinds(name, address)]
            waits = [times[0] + WINDOW - now for times, most in counted if len(times) >= most]
            if waits:
                raise too_many(max(waits))
            for times, _ in counted:
                times.append(now)

    def succeeded(self, name: str, address: str) -> None:
        """The attempt was right: forget what failed under the name, and this one of the address.

        For names of which only one person knows what is right. Where whoever guesses has something right too,
        such as a number of their own, it is :meth:`taken_back`: else every right one buys nine guesses.
        """
        with self._lock:
            self._failed.pop(("name", name), None)
            if times := self._failed.get(("address", address)):
                times.pop()

    def taken_back(self, name: str, address: str) -> None:
        """The latest attempt was right, which says nothing of those before it: forget this one alone."""
        with self._lock:
            for kind, _ in self._kinds(name, address):
                if times := self._failed.get(kind):
                    times.pop()

    def _recent(self, kind: tuple[str, str], now: datetime) -> deque[datetime]:
        times = self._failed.setdefault(kind, deque())
        self._failed.move_to_end(kind)
        while times and times[0] <= now - WINDOW:
            times.popleft()
        while len(self._failed) > REMEMBERED:
            self._failed.popitem(last=False)
        return times

    def _kinds(self, name: str, address: str) -> Iterator[tuple[tuple[str, str], int]]:
        per_name, per_address = self._most
        yield ("name", name), per_name or PER_NAME
        yield ("address", address), per_address or PER_ADDRESS
