"""Receiving: what came is compared with what was announced and ordered; all that has come is recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from suyuan.readers.station.amounts_inside import moved
from suyuan.readers.station.chips import chip_names
from suyuan.readers.station.despatch import Announced, Despatch, Expected, LotFacts
from suyuan.readers.station.duration import duration
from suyuan.readers.station.identity import Identities, Identity
from suyuan.readers.station.knowledge import NOTHING_KNOWN, Known, Lesson
from suyuan.readers.station.order import Order
from suyuan.readers.station.purchase import Difference, differences
from suyuan.readers.station.receiving import (
    QUARANTINED,
    Receiving,
    came_inside,
    classified,
    expected_of,
    receipt_of,
    unseen_in,
)
from suyuan.readers.station.steps import goods, shapes, trade
from suyuan.readers.station.steps.case import Case, Effect, Finding, Judgement, finding
from suyuan.readers.station.words import Message
from suyuan.trace.epcis.event import QuantityElement

OLD = timedelta(hours=1)
"""After so long without news of what is on its way a receipt says so."""
_SKEW = timedelta(minutes=5)
_NOTHING = Receiving()


def as_announced(case: Case) -> Iterable[Finding]:
    """What is missing and what is too many, against the despatch advice; without one, against the order.

    Where none was named, it is the one that announces most of what was read, and only as far as its units
    have been touched: who unloads pallet by pallet has not lost the rest.
    """
    order, despatch = _particulars(case.order), despatch_of(case)
    if despatch is None:
        yield from goods.as_expected(case)
        if case.order.particulars is not None and case.found:
            yield finding("BLIND_RECEIPT", case.found)
            yield from _as_of(case)
        return
    yield from _as_of(case)
    announced = {one.key: one for one in despatch.goods}
    wanted = expected_of(
        despatch,
        [i.key for i in case.found],
        unopened=order.unopened,
        touched=order.despatch is None,
    )
    read = {i.key for i in case.found}
    missing = [_identity(one, case.around.identities) for one in wanted if one.key not in read]
    if missing:
        yield finding("MISSING", missing)
    products = {i.product_key for i in _identities(despatch, case.around.identities)} - {None}
    lots = {one.key for one in despatch.goods if one.is_class}
    others = [i for i in case.found if i.key not in announced and i.lot_key not in lots]
    unknown = {i.key for i in others if _is_unknown(i, products, case)}
    if extra := [i for i in others if i.key not in unknown]:
        yield finding("EXTRA", extra)
    if unknown:
        yield finding("UNKNOWN_TAG", [i for i in others if i.key in unknown])
    if clones := list(_other_chips(case, announced)):
        yield finding("DUP_TAG", clones)
    yield from _of_despatch(case, despatch)


def is_announced(case: Case) -> bool:
    """Whether a despatch advice says what should come."""
    return despatch_of(case) is not None


def _as_of(case: Case) -> Iterable[Finding]:
    """That the list of what is on its way is of today's hours, where there is one."""
    as_of = case.around.coming.as_of
    if as_of is not None and case.around.now - as_of > OLD:
        span = duration((case.around.now - as_of).total_seconds())
        yield Finding(Message("DELIVERIES_OLD", {"span": span}))


def _of_despatch(case: Case, despatch: Despatch) -> Iterable[Finding]:
    if not despatch.whole:
        yield Finding(Message("NOT_ALL_TOLD", {"despatch": despatch.number}))
    time = max((r.last_seen for r in case.burst.readings), default=case.around.now)
    if despatch.sent > time + _SKEW:
        yield finding("WRONG_ORDER", case.found)
    supplier = despatch.supplier
    if supplier.licence_until is not None and supplier.licence_until < case.around.today:
        told = {"who": supplier.zh or supplier.en or supplier.key, "licence": "-"}
        yield Finding(Message("LICENCE_EXPIRED", {**told, "date": supplier.licence_until.isoformat()}))


def as_ordered(case: Case) -> Iterable[Finding]:
    """That as much of each product came as was ordered, of what may go on."""
    order = _particulars(case.order)
    if not order.ordered:
        return
    compared = (*goods.of_the_air(case), *as_announced(case), *as_found(case), *not_stopped(case))
    classes = classified(case.found, [(f.code, f.who) for f in compared])
    sound = [i for i in case.found if classes[i.key] not in QUARANTINED]
    for one in differences(order.ordered, sound, case.order.quantities):
        yield not_as_ordered(one)


def as_found(case: Case) -> Iterable[Finding]:
    """What a person saw: damage, the temperature of the goods, things counted by hand, a refusal."""
    order, identities = _particulars(case.order), case.around.identities
    if order.damaged:
        yield finding("DAMAGED", [identities.from_text(epc) for epc in order.damaged])
    profile, value_c = order.profile, order.temperature_c
    if profile is not None and value_c is not None and profile.beyond(value_c):
        low, high = (_limit(v) for v in (profile.least_c, profile.most_c))
        told = {"value": f"{value_c:.1f}", "low": low, "high": high, "span": duration(0)}
        yield Finding(Message("TEMP_EXCURSION", told), case.found)
    if (order.confirmed or order.rejected) and not case.order.reason:
        yield Finding(Message("REASON_NEEDED"), effect=Effect.WAITS)


def not_as_ordered(one: Difference) -> Finding:
    """The finding about a product of which another amount is there than was ordered."""
    told = {"product": one.product_key, "ordered": one.ordered, "there": one.there}
    return Finding(Message("NOT_AS_ORDERED", told))


def _limit(value_c: float | None) -> str:
    return "…" if value_c is None else f"{value_c:g}"


def not_destroyed(case: Case) -> Iterable[Finding]:
    """What this station saw destroyed has come all the same: it is told, and set aside."""
    return (replace(each, effect=Effect.TOLD) for each in trade.not_destroyed(_as_told(case)))


def not_stopped(case: Case) -> Iterable[Finding]:
    """That nothing is held, recalled or expired, by what the sender tells of its lot and unit too."""
    return goods.not_stopped(_as_told(case))


def _as_told(case: Case) -> Case:
    """The case with what came in units among what was found, knowing what the despatch advice says.

    Of its lots and units only where the station knows none; of two last days the earlier is meant.
    """
    despatch = despatch_of(case)
    if despatch is None:
        return case
    single = {one.key: one for one in despatch.goods if not one.is_class}
    found = (*case.found, *_come_inside(case, despatch))

    def known(key: str) -> Known:
        own, one, facts = case.around.known(key), single.get(key), despatch.lots.get(key, LotFacts())
        days = [day for day in (own.expires, facts.expires) if day is not None]
        return replace(
            own,
            lot_key=own.lot_key or (one.lot_key if one else None),
            unit_key=own.unit_key or (one.inside if one else None),
            expires=min(days, default=None),
        )

    inside = dict(case.around.inside)
    for unit, keys in unseen_in(despatch, {i.key for i in found}).items():
        inside[unit] = inside.get(unit, frozenset()) | keys
    return replace(case, found=found, around=replace(case.around, known=known, inside=inside))


def _come_inside(case: Case, despatch: Despatch | None) -> list[Identity]:
    """What counts as come, unread, with the units that it was announced in."""
    if despatch is None or not _particulars(case.order).unopened:
        return []
    come = came_inside(despatch, [i.key for i in case.found])
    return [_identity(one, case.around.identities) for one in come]


def despatch_of(case: Case) -> Despatch | None:
    """The despatch advice that the order names, or else the one that announces most of what was read."""
    return despatch_meant(case.order, [i.key for i in case.found], case.around.coming)


def despatch_meant(order: Order, read: Sequence[str], coming: Expected) -> Despatch | None:
    """The despatch advice that the order names, or else the one that announces most of the keys ``read``."""
    named = _particulars(order).despatch
    if named is not None or order.expected is not None:
        return named
    return next(iter(coming.holding(read)), None)


def asked_of(despatch: Despatch) -> Iterable[str]:
    """The keys that a receipt by ``despatch`` looks up in the station's memory."""
    for one in despatch.goods:
        yield from (key for key in (one.key, one.lot_key, one.inside) if key is not None)


def _particulars(order: Order) -> Receiving:
    return order.particulars if isinstance(order.particulars, Receiving) else _NOTHING


def _is_unknown(who: Identity, products: set[str | None], case: Case) -> bool:
    """Whether nothing is known of it: its product was not announced, and the station never met it."""
    return who.product_key not in products and case.around.known(who.key) == NOTHING_KNOWN


def _other_chips(case: Case, announced: Mapping[str, Announced]) -> Iterable[Identity]:
    """Those that were read from another chip than the sender read them from."""
    for reading in case.burst.readings:
        told = announced.get(reading.identity.key)
        if told is None or not told.tid:
            continue
        found, bound = chip_names(reading.tids), _announced_chip(told.tid)
        if len(found) == 1 and bound and found != bound:
            yield reading.identity


def _announced_chip(tid: str) -> frozenset[str]:
    """The chip as the sender told it; other systems tell more of a TID, or write it in small letters."""
    try:
        return chip_names((bytes.fromhex(tid),))
    except ValueError:
        return frozenset((tid.upper(),))


def _identities(despatch: Despatch, identities: Identities) -> list[Identity]:
    return [_identity(one, identities) for one in despatch.goods]


def _identity(one: Announced, identities: Identities) -> Identity:
    return identities.from_text(one.epc)


def received(order: Order, judged: Judgement) -> dict[str, Any] | None:
    """Objects came; the record of receipt stands in the event. What is refused at the gate only arrived."""
    body, case = shapes.observed(order, judged), judged.case
    if body is None or case is None or not _is_compared(case):
        return body
    told = _particulars(order)
    despatch, come = despatch_of(case), _come(judged)
    receipt = receipt_of(
        told,
        despatch,
        day=case.around.today,
        taken=come,
        classes=classes_of(judged),
        missing=judged.missing,
        lots=_lots(case, come, despatch),
        amounts=order.quantities,
        by_hand=told.confirmed,
    )
    body["suyuan:receipt"] = receipt.as_event()
    if told.rejected:
        return {**body, "bizStep": "arriving", "disposition": "non_sellable_other"}
    return body


def _is_compared(case: Case) -> bool:
    return case.order.particulars is not None or despatch_of(case) is not None


def classes_of(judged: Judgement) -> Mapping[str, str]:
    """The class of each thing that has come, by key (:data:`suyuan.readers.station.receiving.CLASSES`)."""
    return classified(_come(judged), [(f.code, f.who) for f in judged.findings])


def _come(judged: Judgement) -> tuple[Identity, ...]:
    """What was taken, with what came unopened in it."""
    case = judged.case
    if case is None or not judged.taken:
        return judged.taken
    return (*judged.taken, *_come_inside(case, despatch_of(case)))


def _lots(case: Case, taken: Iterable[Identity], despatch: Despatch | None) -> dict[str, str]:
    """The lots of things, by key: on the label, as remembered, or as announced."""
    announced = {} if despatch is None else {one.key: one.lot_key for one in despatch.goods}
    found = {i.key: case.lot_of(i) or announced.get(i.key) for i in taken}
    return {key: lot for key, lot in found.items() if lot is not None}


def learned(order: Order, judged: Judgement, identities: Identities) -> Iterable[Lesson]:
    """What is here now, in which unit, of which lot; what is in doubt is set aside."""
    case = judged.case
    if case is None or _particulars(order).rejected:
        return
    despatch, classes = despatch_of(case), classes_of(judged)
    announced = {} if despatch is None else {one.key: one for one in despatch.goods if not one.is_class}
    come = _come(judged)
    lots = _lots(case, come, despatch)
    keys = [*(i.key for i in come), *trade.contents(judged)]
    for key in dict.fromkeys(keys):
        aside = classes.get(key) in QUARANTINED
        one = announced.get(key)
        yield Lesson(
            key,
            lot_key=lots.get(key) or (one.lot_key if one else None),
            unit_key=one.inside if one else None,
            disposition=trade.still(case, key, "non_sellable_other" if aside else "in_progress"),
            place="",
        )
    there = set(keys)
    for one in () if despatch is None else despatch.goods:
        if one.is_class and one.inside in there:
            told = moved("there", one.key, QuantityElement(one.epc, one.quantity, one.uom))
            yield Lesson(one.inside, moved=(told,))
    for lot, facts in () if despatch is None else despatch.lots.items():
        if facts.expires is not None:
            yield Lesson(lot, expires=facts.expires)
    for amount in order.quantities:
        key = identities.from_text(amount.epc_class).key
        yield Lesson(key, disposition=trade.still(case, key, "in_progress"))


CHECKS = (
    *goods.AIR,
    as_announced,
    as_ordered,
    as_found,
    goods.one_lot,
    not_destroyed,
    not_stopped,
    goods.something_read,
    goods.clocks_agree,
)
