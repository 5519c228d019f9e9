"""Shipping: what is loaded is compared with the order; what is stopped or set aside does not go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from suyuan.readers.station.identity import Identities
from suyuan.readers.station.knowledge import Lesson
from suyuan.readers.station.order import Order
from suyuan.readers.station.purchase import differences
from suyuan.readers.station.shipping import Shipping, advice
from suyuan.readers.station.steps import goods, shapes, trade
from suyuan.readers.station.steps.arrival import not_as_ordered
from suyuan.readers.station.steps.case import Case, Effect, Finding, Judgement, finding
from suyuan.readers.station.words import Message

_USUAL = Shipping()


def may_go(case: Case) -> Iterable[Finding]:
    """What was set aside or destroyed is refused; what is taken off again is not."""
    if _particulars(case.order).taken_off:
        yield finding("TAKEN_OFF", case.found)
        return
    yield from trade.not_destroyed(case)
    yield from trade.in_trade(case)


def not_stopped(case: Case) -> Iterable[Finding]:
    """That nothing is held, recalled or expired; what is taken off again is recorded all the same."""
    found = goods.not_stopped(case)
    if _particulars(case.order).taken_off:
        return (replace(each, effect=Effect.TOLD) for each in found)
    return found


def to_licensed(case: Case) -> Iterable[Finding]:
    """That the buyer's licence is good today (domain rule: no shipment to an operator without one)."""
    buyer = _particulars(case.order).buyer
    if buyer is not None and buyer.licensed_until is not None and buyer.licensed_until < case.around.today:
        told = {"who": buyer.name, "licence": buyer.licence or "-", "date": buyer.licensed_until.isoformat()}
        yield Finding(Message("LICENCE_EXPIRED", told), effect=Effect.STOPPED)


def as_ordered(case: Case) -> Iterable[Finding]:
    """That as much is loaded as was ordered; a part of it goes with a reason."""
    ordered = _particulars(case.order).ordered
    if not ordered:
        return
    stopped = {i.key for check in (goods.not_stopped, may_go) for f in check(case) for i in f.who}
    loaded = [i for i in case.found if i.key not in stopped]
    found = differences(ordered, loaded, case.order.quantities)
    yield from map(not_as_ordered, found)
    if found and not case.order.reason:
        yield Finding(Message("REASON_NEEDED"), effect=Effect.WAITS)


def shipped(order: Order, judged: Judgement) -> dict[str, Any] | None:
    """Goods left, with the despatch advice; or they were taken off again, which CBV calls void_shipping."""
    body = shapes.observed(order, judged)
    if body is None or judged.case is None or not isinstance(order.particulars, Shipping):
        return body
    if order.particulars.taken_off:
        return {**body, "bizStep": "void_shipping", "disposition": "in_progress"}
    lots = {i.key: lot for i in judged.taken if (lot := judged.case.lot_of(i)) is not None}
    told = advice(order.particulars, judged.taken, lots)
    return {**body, "suyuan:despatch": told} if told else body


def gone(order: Order, judged: Judgement, identities: Identities) -> Iterable[Lesson]:
    """What is not here any more, or is here again, with all that is in it."""
    del identities
    back, case = _particulars(order).taken_off, judged.case
    for key in dict.fromkeys((*(i.key for i in judged.taken), *trade.contents(judged))):
        if case is not None:
            stands = trade.still(case, key, "in_progress") if back else trade.left(case, key)
            yield Lesson(key, disposition=stands, place="")


def _particulars(order: Order) -> Shipping:
    return order.particulars if isinstance(order.particulars, Shipping) else _USUAL


CHECKS = (
    *goods.AIR,
    goods.right_product,
    goods.as_expected,
    goods.one_lot,
    to_licensed,
    may_go,
    as_ordered,
    not_stopped,
    goods.something_read,
    goods.clocks_agree,
)
