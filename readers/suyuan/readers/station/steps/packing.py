"""What is checked when goods are packed into units, units into larger ones, and taken out again."""

from __future__ import annotations

from collections.abc import Iterable

from suyuan.readers.station.identity import lot_number
from suyuan.readers.station.memory import DEEPEST
from suyuan.readers.station.packing_rule import PACKING, PackingRule
from suyuan.readers.station.steps import goods, trade
from suyuan.readers.station.steps.case import Case, Effect, Finding, finding
from suyuan.readers.station.words import Message, listing


def one_parent(case: Case) -> Iterable[Finding]:
    """That nothing is packed that is still inside another unit.

    With a reason it is: then it was taken out and nobody recorded it, and the event of this packing ends what
    was said before.
    """
    parent = case.parent
    if parent is None:
        return
    elsewhere: dict[str, list[int]] = {}
    for place, who in enumerate(case.found):
        unit = case.around.known(who.key).unit_key
        if unit is not None and unit != parent.key:
            elsewhere.setdefault(unit, []).append(place)
    effect = Effect.TOLD if case.order.reason else Effect.REFUSED
    for unit, places in elsewhere.items():
        yield finding("IN_OTHER_PARENT", [case.found[p] for p in places], effect, parent=unit)


def no_circle(case: Case) -> Iterable[Finding]:
    """That no unit is packed into what is inside it."""
    if case.parent is None:
        return
    outer, around = {case.parent.key}, case.around.known(case.parent.key).unit_key
    while around is not None and around not in outer and len(outer) < DEEPEST:
        outer.add(around)
        around = case.around.known(around).unit_key
    inside = [who for who in case.found if who.key in outer]
    if inside or around is not None:
        yield finding("PARENT_LOOP", inside or (case.parent,), Effect.STOPPED)


def nothing_loose_from_a_hold(case: Case) -> Iterable[Finding]:
    """That no amount is taken out of a unit that is held or out of trade: afterwards nobody could tell which.

    Two persons with a reason may, where the company itself set the unit aside.
    """
    parent = case.parent
    if parent is None:
        return
    around = case.around
    amounts = bool(case.order.quantities) or any(i.kind == "lot" for i in case.found)
    emptied = not case.found and not case.order.quantities
    if not amounts and not (emptied and around.loose.get(parent.key)):
        return
    held = around.blocked(parent.key)
    listed = (held is not None and not held.carries) or bool(goods.holds_around(around, parent.key))
    aside = trade.own_state(case, parent) in trade.OUT_OF_TRADE and not trade.sent_on(case.order)
    if listed or aside:
        yield finding("LOOSE_FROM_HOLD", (parent,), Effect.STOPPED)


def by_the_rule(case: Case) -> Iterable[Finding]:
    """That there are as many as the product's rule says, of one lot where it says so."""
    products = {i.gtin or i.product_key for i in case.found if i.kind != "unit"} - {None}
    rules = [rule for product in products if (rule := _rule_of(case, product or ""))]
    lots = dict.fromkeys(lot for i in case.found if (lot := case.lot_of(i)) is not None)
    if len(lots) > 1 and any(rule.one_lot for rule in rules):
        told = listing(tuple(lot_number(lot) for lot in lots), most=3)
        yield finding("MIXED_LOTS", case.found, Effect.STOPPED, lots=told)
    if case.order.expected is not None or case.order.expected_count is not None or len(rules) != 1:
        return
    count, read = rules[0].count, len(case.found)
    if count and read < count:
        yield Finding(Message("QTY_MISMATCH", {"expected": count, "read": read}))
    elif count and read > count:
        # Which of them stand in the box beside it cannot be told: then none is packed.
        effect = Effect.TOLD if case.order.reason else Effect.STOPPED
        yield finding("OVER_FULL", case.found, effect, expected=count, read=read)


def _rule_of(case: Case, product: str) -> PackingRule | None:
    rules = {rule.product: rule for rule in case.around.rows(PACKING)}
    return rules.get(product) or rules.get("")


def was_inside(case: Case) -> Iterable[Finding]:
    """That nothing is taken out of this unit that is known to be inside another one.

    Such an event would end nothing (decision 0002, §3): the goods would still be in the other one.
    """
    parent = case.parent
    if parent is None:
        return
    known = [(who, case.around.known(who.key).unit_key) for who in case.found]
    if other := [who for who, unit in known if unit is not None and unit != parent.key]:
        yield finding("NOT_INSIDE", other, Effect.REFUSED, parent=parent.epc)
