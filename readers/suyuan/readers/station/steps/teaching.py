"""What a station remembers after a step, so that later ones can check lots and containers offline."""

from __future__ import annotations

from collections.abc import Iterable

from suyuan.readers.station.amounts_inside import moved
from suyuan.readers.station.identity import Identities, Identity
from suyuan.readers.station.knowledge import Lesson, Way
from suyuan.readers.station.order import Order
from suyuan.readers.station.steps import goods, trade
from suyuan.readers.station.steps.case import Case, Judgement
from suyuan.readers.station.steps.procedure import Teaching


def made(order: Order, judged: Judgement, identities: Identities) -> Iterable[Lesson]:
    """That it is here: lot and last day of what began to be, and the chips of its tags."""
    del identities
    return _made(order, judged, [i for i in judged.taken if i.kind == "item"])


def transformed(order: Order, judged: Judgement, identities: Identities) -> Iterable[Lesson]:
    """The same of what was made of something else."""
    outputs = [identities.from_text(epc) for epc in order.output_epcs]
    if order.reads_outputs:
        outputs += judged.taken
    return _made(order, judged, outputs)


def _made(order: Order, judged: Judgement, things: list[Identity]) -> Iterable[Lesson]:
    last_day = order.expires
    chips = {i.key: tid for i, tid in judged.chips}
    for who in things:
        lot_key = who.lot_key or judged.lot_key
        tid = chips.get(who.key)
        stands = None if who.kind == "lot" or judged.case is None else _active(order, judged.case, who.key)
        if stands is not None or lot_key is not None or last_day is not None:
            yield Lesson(who.key, lot_key=lot_key, expires=last_day, tid=tid, disposition=stands)
    if judged.lot_key is not None and last_day is not None:
        yield Lesson(judged.lot_key, expires=last_day)


def _active(order: Order, case: Case, key: str) -> str:
    return trade.still(case, key, order.disposition or "active")


def packed(order: Order, judged: Judgement, identities: Identities) -> Iterable[Lesson]:
    """What is in which unit, of which lot, what amounts; what leaves a unit takes along how that stood."""
    parent = judged.parent.key if judged.parent is not None else None
    for child in judged.taken:
        lot = child.lot_key if judged.case is None else judged.case.lot_of(child)
        if child.kind == "lot":
            yield Lesson(child.key, lot_key=lot)  # some of it: there may be more in other units
        else:
            stands, holds = _brought_along(judged, child.key), _held_with(judged, child.key)
            yield Lesson(child.key, lot_key=lot, unit_key=parent, disposition=stands, held_with=holds)
    yield from _amounts("in", order, judged, identities)


def _amounts(way: Way, order: Order, judged: Judgement, identities: Identities) -> Iterable[Lesson]:
    """What amounts went into the unit or out of it, told or read by labels of lots, as the event has them."""
    told = [moved(way, identities.from_text(each.epc_class).key, each) for each in order.quantities]
    told += [moved(way, child.key) for child in judged.taken if child.kind == "lot"]
    if judged.parent is not None and told:
        yield Lesson(judged.parent.key, moved=tuple(told))


def unpacked(order: Order, judged: Judgement, identities: Identities) -> Iterable[Lesson]:
    """What is in no unit any more; without any child named, all that was in this one.

    Taking goods out releases nothing. What was set aside with its unit by this company is set aside itself
    from then on, and waits for a release of its own: whoever releases an empty unit has not seen the goods.
    A hold of the unit on the platform's list goes along until the list lifts that very hold.
    """
    for child in judged.taken:
        if child.kind != "lot":
            stands, holds = _brought_along(judged, child.key), _held_with(judged, child.key)
            yield Lesson(child.key, left_unit=True, disposition=stands, held_with=holds)
    yield from _amounts("out", order, judged, identities)
    if judged.parent is None or judged.taken or order.quantities:
        return
    unit = judged.parent.key
    yield Lesson(unit, emptied=True)
    if judged.case is None:
        return
    around = judged.case.around
    for key in sorted(around.held_by(unit)):
        stands, holds = _brought_along(judged, key), _held_with(judged, key)
        if around.known(key).unit_key == unit and (stands or holds):
            yield Lesson(key, left_unit=True, disposition=stands, held_with=holds)


def _held_with(judged: Judgement, key: str) -> tuple[tuple[str, str], ...]:
    """The listed holds that a thing takes along out of the units that it is in."""
    return () if judged.case is None else tuple(sorted(goods.holds_around(judged.case.around, key)))


def _brought_along(judged: Judgement, key: str) -> str | None:
    """What a thing is because the units were so that it was in, where it is not out of trade itself."""
    if judged.case is None or judged.case.around.known(key).disposition in {
        *trade.OUT_OF_TRADE,
        trade.DESTROYED,
    }:
        return None
    return trade.inherited(judged.case.around, key)


def both(one: Teaching, other: Teaching) -> Teaching:
    """What either teaches."""

    def teaches(order: Order, judged: Judgement, identities: Identities) -> Iterable[Lesson]:
        yield from one(order, judged, identities)
        yield from other(order, judged, identities)

    return teaches
