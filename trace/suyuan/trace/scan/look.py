"""A look at the page of a thing: what was asked, and as much of who asked as may be used for a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Look:
    """One request for the page of a code. ``address`` is never stored: see :mod:`suyuan.trace.store.scans`.

    ``query`` is what stood behind the question mark, as it was sent: marks, signatures and taps.
    """

    time: datetime
    query: str = ""
    address: str = ""
    agent: str = ""
