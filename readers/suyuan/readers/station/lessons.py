"""What a station remembers after a step, so that later ones can check lots and containers offline."""

from __future__ import annotations

from collections.abc import Iterable

from suyuan.readers.station.identity import Identities, Identity
from suyuan.readers.station.memory import Lesson
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.steps import Judgement


def lessons(order: Order, judged: Judgement, identities: Identities) -> tuple[Lesson, ...]:
    """What the event of ``judged`` teaches: lot and last day of what was made, what is in which unit."""
    return tuple(_lessons(order, judged, identities))


def _lessons(order: Order, judged: Judgement, identities: Identities) -> Iterable[Lesson]:
    parent = judged.parent.key if judged.parent is not None else None
    match order.step:
        case Step.COMMISSION:
            yield from _made(order, judged, [i for i in judged.taken if i.kind == "item"])
        case Step.TRANSFORM:
            made = [identities.from_text(epc) for epc in order.output_epcs]
            if order.reads_outputs:
                made += judged.taken
            yield from _made(order, judged, made)
        case Step.PACK:
            for child in judged.taken:
                yield Lesson(child.key, unit_key=parent)
        case Step.UNPACK:
            for child in judged.taken:
                yield Lesson(child.key, left_unit=True)
            if parent is not None and not judged.taken and not order.quantities:
                yield Lesson(parent, emptied=True)
        case Step.SHIP | Step.RECEIVE | Step.SELL | Step.INSPECT:
            return


def _made(order: Order, judged: Judgement, made: list[Identity]) -> Iterable[Lesson]:
    last_day = order.expires
    for who in made:
        lot_key = who.lot_key or judged.lot_key
        if lot_key is not None or last_day is not None:
            yield Lesson(who.key, lot_key=lot_key, expires=last_day)
    if judged.lot_key is not None and last_day is not None:
        yield Lesson(judged.lot_key, expires=last_day)
