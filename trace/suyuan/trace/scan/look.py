"""A look at the page of a thing: what was asked, and as much of who asked as may be used for a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from suyuan.trace.scan.past import Channel


@dataclass(frozen=True, slots=True)
class Look:
    """One request for the page of a code. ``address`` and ``agent`` are never stored (decision 0035).

    ``query`` is what stood behind the question mark, as it was sent: marks, signatures and taps. ``visitor``
    is what stands for address and agent for the rest of the day; whoever notes the look fills it in.
    ``ahead`` and ``is_scan``: see :mod:`suyuan.trace.scan.visitor`; what is asked ahead uses no tap up.
    ``place`` is a code of GB/T 2260, as the visitor told it.
    """

    time: datetime
    query: str = ""
    address: str = ""
    agent: str = ""
    visitor: bytes = b""
    ahead: bool = False
    is_scan: bool = True
    channel: Channel = Channel.PHONE
    place: str = ""
