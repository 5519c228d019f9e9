"""How a pass at a door ended, and what its way makes of its order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum

from suyuan.readers.station.config import ReadPoint
from suyuan.readers.station.direction import Way
from suyuan.readers.station.filtering import Burst
from suyuan.readers.station.order import Order


class Ended(StrEnum):
    """What ended a pass (ALE 1.1 §8.2.6, ECTerminationCondition, in our words)."""

    STABLE = "stable"
    DURATION = "duration"
    COUNT = "count"
    INPUT = "input"
    BUTTON = "button"
    NO_TAG = "no tag"
    STATION = "station"


def directed(order: Order, point: ReadPoint, burst: Burst) -> Order | str:
    """The order of what went this way through ``point``, or the code of what keeps it from being recorded.

    A door without steps for both ways leaves every order as it is, and so does a typed order.
    """
    if point.inward is None or point.outward is None or order.typed:
        return order
    step = {Way.INWARD: point.inward, Way.OUTWARD: point.outward}.get(burst.way or Way.UNCLEAR)
    if step is None:
        return "TURNED_BACK" if burst.way is Way.RETURNED else "WAY_UNCLEAR"
    if point.automatic:
        return replace(order, step=step)
    return order if order.step is step or point.inward is point.outward else "WRONG_WAY"


def admitted(burst: Burst, expected: Iterable[str]) -> Burst:
    """``burst`` with those uncertain readings taken in whose canonical keys are ``expected``.

    What the order names and the door heard went through; what it does not name stays uncertain.
    """
    wanted = frozenset(expected)
    taken = tuple(r for r in burst.uncertain if r.identity.key in wanted)
    if not taken:
        return burst
    left = tuple(r for r in burst.uncertain if r.identity.key not in wanted)
    return replace(burst, readings=(*burst.readings, *taken), uncertain=left)
