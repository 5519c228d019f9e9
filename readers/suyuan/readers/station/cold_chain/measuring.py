"""What an order says that tells what loggers measured."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timezone

from suyuan.readers.station.cold_chain.assessment import Assessment, Circumstances, Measured, Span, assess
from suyuan.readers.station.cold_chain.profile import Logger, Profile
from suyuan.readers.station.order import Particulars


@dataclass(frozen=True, slots=True)
class Measuring(Particulars):
    """``readings`` of the goods that the order is about, say of the pallet to which a logger was bound.

    A logger is bound by packing it: its GIAI is a child of the pallet's SSCC until it is unpacked. ``span``
    is the time that the readings are to cover; ``local`` the offset of times in the event and on the screen.
    ``left_out`` rows of the logger's file could not be read, the first in line ``left_out_line``.
    ``ahead_s`` is how far the logger's clock was ahead of the station's when it was read out: its times are
    corrected by that.
    """

    readings: tuple[Measured, ...]
    profile: Profile
    local: timezone = UTC
    loggers: tuple[Logger, ...] = ()
    span: Span | None = None
    left_out: int = 0
    left_out_line: int = 0
    ahead_s: float = 0.0

    def assessed(self, now: datetime) -> Assessment:
        """What they say of the cold chain, handed in ``now``. O(n log n)."""
        known = {one.id: one for one in self.loggers}
        around = Circumstances(now, known, self.local, self.span, self.ahead_s)
        return assess(self.readings, self.profile, around)
