"""The cold chain: what loggers measured stands in an event, and an excursion sets the goods aside."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from suyuan.readers.station.cold_chain.measuring import Measuring
from suyuan.readers.station.cold_chain.telling import messages
from suyuan.readers.station.identity import Identities
from suyuan.readers.station.knowledge import Lesson
from suyuan.readers.station.order import Order
from suyuan.readers.station.steps import goods, shapes
from suyuan.readers.station.steps.case import Case, Finding, Judgement

SET_ASIDE = "non_sellable_other"


def kept_cold(case: Case) -> Iterable[Finding]:
    """What the assessment says: excursions, gaps, doubts. All of it is recorded."""
    measured = case.order.particulars
    if isinstance(measured, Measuring):
        for message in messages(measured.assessment, measured.local):
            yield Finding(message, case.found)


def sensed(order: Order, judged: Judgement) -> dict[str, Any] | None:
    """What was measured; goods that were too warm or too cold are not for sale until somebody decides."""
    body = shapes.sensed(order, judged)
    return body if body is None or not _broken(order) else {**body, "disposition": SET_ASIDE}


def learned(order: Order, judged: Judgement, identities: Identities) -> Iterable[Lesson]:
    """That the goods are set aside until quality assurance releases them."""
    del identities
    if _broken(order):
        yield from (Lesson(each.key, disposition=SET_ASIDE) for each in judged.taken)


def _broken(order: Order) -> bool:
    measured = order.particulars
    return isinstance(measured, Measuring) and bool(measured.assessment.excursions)


CHECKS = (*goods.AIR, kept_cold, *goods.END)
