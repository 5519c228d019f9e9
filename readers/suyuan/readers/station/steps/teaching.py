"""What a station remembers after a step, so that later ones can check lots and containers offline."""

from __future__ import annotations

from collections.abc import Iterable

from suyuan.readers.station.identity import Identities, Identity
from suyuan.readers.station.knowledge import Lesson
from suyuan.readers.station.order import Order
from suyuan.readers.station.steps.case import Judgement
from suyuan.readers.station.steps.procedure import Teaching


def made(order: Order, judged: Judgement, identities: Identities) -> Iterable[Lesson]:
    """Lot and last day of what began to be here, and the chips of its tags."""
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
        if lot_key is not None or last_day is not None or tid is not None:
            yield Lesson(who.key, lot_key=lot_key, expires=last_day, tid=tid)
    if judged.lot_key is not None and last_day is not None:
        yield Lesson(judged.lot_key, expires=last_day)


def packed(order: Order, judged: Judgement, identities: Identities) -> Iterable[Lesson]:
    """What is in which unit."""
    del order, identities
    parent = judged.parent.key if judged.parent is not None else None
    for child in judged.taken:
        yield Lesson(child.key, unit_key=parent)


def unpacked(order: Order, judged: Judgement, identities: Identities) -> Iterable[Lesson]:
    """What is in no unit any more; without any child named, all that was in this one."""
    del identities
    for child in judged.taken:
        yield Lesson(child.key, left_unit=True)
    if judged.parent is not None and not judged.taken and not order.quantities:
        yield Lesson(judged.parent.key, emptied=True)


def both(one: Teaching, other: Teaching) -> Teaching:
    """What either teaches."""

    def teaches(order: Order, judged: Judgement, identities: Identities) -> Iterable[Lesson]:
        yield from one(order, judged, identities)
        yield from other(order, judged, identities)

    return teaches


def standing(disposition: str) -> Teaching:
    """How objects stand from now on, in the CBV's word; an order may say another."""

    def teaches(order: Order, judged: Judgement, identities: Identities) -> Iterable[Lesson]:
        keys = [i.key for i in judged.taken]
        keys += [identities.from_text(amount.epc_class).key for amount in order.quantities]
        for key in dict.fromkeys(keys):
            yield Lesson(key, disposition=order.disposition or disposition)

    return teaches
