"""What a station remembers after a step, so that later ones can check lots and containers offline."""

from __future__ import annotations

from suyuan.readers.station.identity import Identities
from suyuan.readers.station.knowledge import Lesson
from suyuan.readers.station.order import Order
from suyuan.readers.station.steps import PROCEDURES, Judgement


def lessons(order: Order, judged: Judgement, identities: Identities) -> tuple[Lesson, ...]:
    """What the event of ``judged`` teaches: lot and last day of what was made, what is in which unit."""
    return tuple(PROCEDURES[order.step].teaches(order, judged, identities))
