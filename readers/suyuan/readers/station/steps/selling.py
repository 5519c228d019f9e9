"""What is checked when goods are sold: that they are in trade, of a released lot, and not sold already."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from suyuan.readers.station.identity import Identities
from suyuan.readers.station.knowledge import Lesson
from suyuan.readers.station.order import Order
from suyuan.readers.station.steps import goods, releasing, trade
from suyuan.readers.station.steps.case import Case, Check, Effect, Finding, Judgement, finding
from suyuan.readers.station.steps.trade import SOLD

_SINGLE = frozenset({"item", "unit"})


def sellable(case: Case) -> Iterable[Finding]:
    """That each item and unit is sold once, and neither it nor its lot is out of trade.

    What that is sold twice has a copied code, or came back and nobody recorded that. Lots that failed are
    not sold whatever else is said of their items.
    """
    sold = [i for i in case.found if i.kind in _SINGLE and case.around.known(i.key).disposition == SOLD]
    if sold:
        yield finding("SOLD_BEFORE", sold, Effect.REFUSED)
    others = replace(case, found=tuple(i for i in case.found if i not in sold))
    yield from trade.not_destroyed(others)
    yield from trade.none_failed(others) if trade.sent_on(case.order) else trade.in_trade(others)


CHECKS: tuple[Check, ...] = (*goods.USUAL, sellable, releasing.was_released)


def learned(order: Order, judged: Judgement, identities: Identities) -> Iterable[Lesson]:
    """That these are sold, and in no unit any more; what is in a unit goes along in it."""
    del order, identities
    single = [who.key for who in judged.taken if who.kind in _SINGLE]
    yield from (Lesson(key, disposition=SOLD, left_unit=True) for key in single)
    yield from (Lesson(key, disposition=SOLD) for key in trade.contents(judged) if key not in single)
