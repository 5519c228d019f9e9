"""In store: putting away, counting by sweep, picking first what expires first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from suyuan.readers.station.identity import Identities, lot_number
from suyuan.readers.station.knowledge import Lesson
from suyuan.readers.station.order import Order
from suyuan.readers.station.steps import goods, shapes, trade
from suyuan.readers.station.steps.case import Case, Effect, Finding, Judgement, finding
from suyuan.readers.station.stock import SWEEPS, Keeping, Sweeping, expired, passed_over
from suyuan.readers.station.words import Message

_SELLABLE, _SET_ASIDE = "sellable_not_accessible", "non_sellable_other"


def fit_for_picking(case: Case) -> Iterable[Finding]:
    """That nothing stopped, expired or set aside goes where it is picked from."""
    where = case.order.particulars
    if isinstance(where, Keeping) and where.pickable:
        unfit = {i.key for check in (goods.not_stopped, trade.in_trade) for f in check(case) for i in f.who}
        if some := [i for i in case.found if i.key in unfit]:
            yield finding("NOT_PICKABLE", some, Effect.REFUSED)
        classes = goods.named_classes(case.order, None, case.around.identities)
        if named := [i for i in classes if i.key in unfit]:
            yield finding("NOT_PICKABLE", named, Effect.STOPPED)


def stored(order: Order, judged: Judgement) -> dict[str, Any] | None:
    """Goods were put away."""
    body = shapes.observed(order, judged)
    where = order.particulars
    if body is None or not isinstance(where, Keeping):
        return body
    told = {"suyuan:storage": where.place} if where.place else {}
    return {**body, **told, **({"disposition": _SET_ASIDE} if where.pickable is False else {})}


def put_away(order: Order, judged: Judgement, identities: Identities) -> Iterable[Lesson]:
    """How the goods stand now and where; what was set aside before stays so until somebody releases it."""
    del identities
    where, case = order.particulars, judged.case
    quarantined = isinstance(where, Keeping) and where.pickable is False
    for each in judged.taken:
        before = None if case is None else trade.own_state(case, each)
        aside = quarantined or before in trade.OUT_OF_TRADE
        stands = (before or _SET_ASIDE) if aside else _SELLABLE
        place = where.place if isinstance(where, Keeping) and where.place else None
        yield Lesson(each.key, disposition=stands, missed=False, place=place)


def all_there(case: Case) -> Iterable[Finding]:
    """What should be there and was not seen, now and in the sweeps before; and what should not be there."""
    if not isinstance(case.order.particulars, Sweeping):
        yield from goods.as_expected(case)
        return
    place = case.order.particulars.place
    should = {one.key: one for one in case.around.stock if one.here and place in {"", one.place}}
    read, from_text = {i.key for i in case.found}, case.around.identities.from_text
    unseen = [one for key, one in should.items() if key not in read]
    if unseen:
        yield finding("MISSING", [from_text(one.key) for one in unseen])
    if extra := [i for i in case.found if i.key not in should]:
        yield finding("EXTRA", extra)
    if long_unseen := [from_text(one.key) for one in unseen if one.missed + 1 >= SWEEPS]:
        yield finding("GHOST", long_unseen, sweeps=SWEEPS)
    if old := [from_text(one.key) for one in expired(case.around.stock, case.around.today)]:
        yield finding("EXPIRED_IN_STORE", old)


def sweeps(case: Case) -> bool:
    """Whether the whole store is counted."""
    return isinstance(case.order.particulars, Sweeping)


def counted(order: Order, judged: Judgement) -> dict[str, Any] | None:
    """Goods were counted; what is missing stands beside."""
    body = shapes.observed(order, judged)
    if body is None or not isinstance(order.particulars, Sweeping):
        return body
    told: dict[str, Any] = {
        "suyuan:expected": len(judged.taken) - len(judged.extra) + len(judged.missing),
        "suyuan:found": len(judged.taken) - len(judged.extra),
        "suyuan:missing": len(judged.missing),
        "suyuan:extra": len(judged.extra),
    }
    place = {"suyuan:storage": order.particulars.place} if order.particulars.place else {}
    return {**body, **place, "suyuan:count": told}


def swept(order: Order, judged: Judgement, identities: Identities) -> Iterable[Lesson]:
    """What was seen is not missed any more; what was not, once more."""
    yield from (Lesson(each.key, missed=False) for each in judged.taken)
    if isinstance(order.particulars, Sweeping):
        yield from (Lesson(identities.from_text(epc).key, missed=True) for epc in judged.missing)


def earliest_first(case: Case) -> Iterable[Finding]:
    """That nothing is picked while an earlier piece of the same product stays in store."""
    keys = [key for i in case.found for key in (i.key, *case.around.held_by(i.key))]
    for left, _ in passed_over(case.around.stock, keys, case.around.today):
        lot = lot_number(left.lot_key) if left.lot_key else "-"
        told = {"product": left.product_key, "date": left.expires, "lot": lot}
        yield Finding(Message("EARLIER_FIRST", told))


STORE = (
    *goods.AIR,
    goods.right_product,
    goods.as_expected,
    goods.one_lot,
    trade.not_destroyed,
    fit_for_picking,
    *goods.END,
)
COUNT = (*goods.AIR, goods.right_product, all_there, trade.not_destroyed, *goods.END)
PICK = (
    *goods.AIR,
    goods.right_product,
    goods.as_expected,
    goods.one_lot,
    trade.not_destroyed,
    trade.in_trade,
    earliest_first,
    *goods.END,
)
