"""The cold chain: what loggers measured stands in an event, and an excursion sets the goods aside."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from suyuan.readers.station.cold_chain.measuring import Measuring
from suyuan.readers.station.cold_chain.telling import messages, sensor_elements
from suyuan.readers.station.identity import Identities
from suyuan.readers.station.knowledge import Lesson
from suyuan.readers.station.order import Order
from suyuan.readers.station.steps import goods, shapes, trade
from suyuan.readers.station.steps.case import Case, Finding, Judgement
from suyuan.readers.station.words import Message

SET_ASIDE = "non_sellable_other"


def kept_cold(case: Case) -> Iterable[Finding]:
    """What the assessment says: excursions, gaps, doubts; and that rows were left out. All is recorded."""
    measured = case.order.particulars
    if isinstance(measured, Measuring):
        for message in messages(measured.assessed(case.around.now), measured.local):
            yield Finding(message, case.found)
        if measured.left_out:
            told = {"count": measured.left_out, "line": measured.left_out_line}
            yield Finding(Message("SENSOR_ROWS", told), case.found)


def sensed(order: Order, judged: Judgement) -> dict[str, Any] | None:
    """What was measured; goods that were too warm or too cold are not for sale until somebody decides."""
    measured = order.particulars
    if not isinstance(measured, Measuring) or judged.case is None:
        return shapes.sensed(order, judged)
    found = measured.assessed(judged.case.around.now)
    told = tuple(sensor_elements(found, measured.local))
    body = shapes.sensed(replace(order, sensor_elements=told), judged)
    if body is None:
        return None
    return {
        **body,
        "sensorElementList": list(told),
        **({"disposition": SET_ASIDE} if found.excursions else {}),
    }


def learned(order: Order, judged: Judgement, identities: Identities) -> Iterable[Lesson]:
    """That the goods are set aside until quality assurance releases them."""
    del identities
    measured, case = order.particulars, judged.case
    if isinstance(measured, Measuring) and case and measured.assessed(case.around.now).excursions:
        for each in judged.taken:
            yield Lesson(each.key, disposition=trade.still(case, each.key, SET_ASIDE))


CHECKS = (*goods.AIR, kept_cold, trade.not_destroyed, *goods.END)
