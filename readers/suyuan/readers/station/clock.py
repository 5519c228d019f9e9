"""What a station knows of its own clock: whether the kernel keeps it by a time server, and when it was set.

No record is refused for its clock. What is known goes along with it, so that the platform can tell how far to
trust its time; the order of a station's records is that of their numbers, whatever its clock says.
"""

from __future__ import annotations

import ctypes
import sys
import time
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any, Literal

Quality = Literal["synchronised", "unsynchronised", "unknown"]

STEP_S = 2.0
"""By which the wall clock may part from the monotonic one between two looks before it counts as set."""
_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
_MOST_TIMEX = 512  # bytes: more than struct timex has on any Linux
_BOOT_TIME: int | None = getattr(time, "CLOCK_BOOTTIME", None)


def monotonic() -> float:
    """Seconds that never go back and go on while the machine sleeps, where the kernel counts those (Linux).

    Elsewhere a sleep looks as if the wall clock had been set forward.
    """
    return time.monotonic() if _BOOT_TIME is None else time.clock_gettime(_BOOT_TIME)


@cache
def _c_library() -> Any:
    """What this program is linked with: to look for the library's name would start a process each time."""
    return ctypes.CDLL(None, use_errno=True)


def kernel_quality() -> Quality:
    """What the Linux kernel says of its clock; ``unknown`` elsewhere, or where nobody may ask."""
    if not sys.platform.startswith("linux"):
        return "unknown"
    adjust = getattr(_c_library(), "adjtimex", None)
    if adjust is None:
        return "unknown"
    asked = ctypes.create_string_buffer(_MOST_TIMEX)  # all zero: modes 0 changes nothing
    state = int(adjust(asked))
    if state < 0:
        return "unknown"
    return "unsynchronised" if state == _TIME_ERROR else "synchronised"


def unknown() -> Quality:
    """Where nobody tells."""
    return "unknown"


def step_s(wall: datetime, mono: float, since: tuple[datetime, float] | None) -> float:
    """By how many seconds the wall clock was set since ``since``, a look in the same run of the machine.

    0.0 where that is less than :data:`STEP_S`, or there was no look.
    """
    if since is None:
        return 0.0
    apart = (wall - since[0]).total_seconds() - (mono - since[1])
    return apart if abs(apart) >= STEP_S else 0.0


class Steps:
    """Notices that the wall clock was set, between one look and the next."""

    def __init__(self, now: Callable[[], datetime], monotonic: Callable[[], float]) -> None:
        self._now = now
        self._monotonic = monotonic
        self._since: tuple[datetime, float] | None = None

    def look(self) -> float:
        """Seconds that it was set forward (or, negative, back) since the last look; mostly 0.0."""
        look = self._now(), self._monotonic()
        found = step_s(*look, self._since)
        self._since = look
        return found
