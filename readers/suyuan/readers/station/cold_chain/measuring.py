"""The order that makes an event of what loggers measured. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timezone

from suyuan.readers.station.cold_chain.assessment import Assessment
from suyuan.readers.station.cold_chain.telling import sensor_elements
from suyuan.readers.station.order import Order, Particulars, Step


@dataclass(frozen=True, slots=True)
class Measuring(Particulars):
    """What was measured, judged; ``local`` is the offset of times on the screen."""

    assessment: Assessment
    local: timezone


def measuring_order(
    assessment: Assessment, epcs: Sequence[str], local: timezone, *, order_id: str = ""
) -> Order:
    """The order that tells what was measured beside ``epcs``, say the pallet to which the logger was bound.

    A logger is bound by packing it: its GIAI is a child of the pallet's SSCC until it is unpacked, and the
    station remembers in which unit it is.
    """
    return Order(
        Step.MEASURE,
        order_id=order_id,
        typed=True,
        epcs=tuple(epcs),
        sensor_elements=tuple(sensor_elements(assessment, local)),
        particulars=Measuring(assessment, local),
    )
