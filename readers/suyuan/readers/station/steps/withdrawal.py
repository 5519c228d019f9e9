"""Recall tasks: a sweep for the goods of a case, which are set aside; what is not found is told as it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from suyuan.readers.station.identity import Identities, Identity
from suyuan.readers.station.knowledge import Lesson
from suyuan.readers.station.order import Order
from suyuan.readers.station.recall_task import Found, RecallTask, is_checksum
from suyuan.readers.station.steps import goods, shapes, trade
from suyuan.readers.station.steps.case import Case, Effect, Finding, Judgement, finding
from suyuan.readers.station.words import Message
from suyuan.trace.epcis.event import QuantityElement

_DISPOSITIONS = {"recalled": "recalled"}
_SET_ASIDE = "non_sellable_other"


def of_the_case(case: Case) -> Iterable[Finding]:
    """That what was read belongs to the case."""
    task = case.order.particulars
    if isinstance(task, RecallTask):
        others = [i for i in case.found if not _belongs(case, task, i)]
        if others:
            yield finding("NOT_OF_CASE", others, Effect.ASIDE, case=task.case)


def accounted_for(case: Case) -> Iterable[Finding]:
    """That what should be here is found, and that the numbers add up; what does not is told and goes up."""
    task = case.order.particulars
    if not isinstance(task, RecallTask):
        return
    read = {i.key for i in case.found}
    missing = [case.around.identities.from_text(key) for key in task.here if key not in read]
    if missing:
        yield finding("MISSING" if case.found else "RECALL_DISPUTED", missing)
    if task.counted is not None and task.counted != len(case.found):
        yield Finding(Message("QTY_MISMATCH", {"expected": task.counted, "read": len(case.found)}))
    accounted = len(case.found) + sum(task.fates.values())
    if accounted != task.known:
        told = {"into": task.known, "out": accounted, "low": task.known, "high": task.known}
        yield Finding(Message("MASS_BALANCE", told))
    if task.photo_sha256 and not is_checksum(task.photo_sha256):
        yield Finding(Message("PROOF_NEEDED"), effect=Effect.WAITS)


def _belongs(case: Case, task: RecallTask, who: Identity) -> bool:
    known = case.around.known(who.key)
    return not task.keys.isdisjoint({who.key, case.lot_of(who), known.unit_key} - {None})


def held(order: Order, judged: Judgement) -> dict[str, Any] | None:
    """Goods were set aside for a case; a sweep that found none is told of the lots that it was for."""
    task = order.particulars
    if not isinstance(task, RecallTask):
        return shapes.observed(order, judged)
    body = shapes.observed(order, judged)
    answer = Found(task, tuple(i.epc for i in judged.taken), judged.missing or _disputed(judged))
    if body is None:
        lots = sorted(key for key in task.keys if "/10/" in key or "/lot/" in key)
        body = {
            "type": "ObjectEvent",
            "action": "OBSERVE",
            "epcList": [],
            "quantityList": shapes.written(QuantityElement(lot, 0) for lot in lots),
        }
        if not lots:
            return None
    disposition = _DISPOSITIONS.get(task.state, _SET_ASIDE)
    return {**body, "disposition": disposition, "suyuan:recallTask": answer.as_event()}


def _disputed(judged: Judgement) -> tuple[str, ...]:
    return tuple(epc for f in judged.findings if f.code == "RECALL_DISPUTED" for epc in f.epcs)


def set_aside(order: Order, judged: Judgement, identities: Identities) -> Iterable[Lesson]:
    """That the goods are out of trade."""
    del identities
    task = order.particulars
    state = _DISPOSITIONS.get(task.state, _SET_ASIDE) if isinstance(task, RecallTask) else _SET_ASIDE
    yield from (Lesson(each.key, disposition=order.disposition or state) for each in judged.taken)


CHECKS = (
    *goods.AIR,
    goods.right_product,
    of_the_case,
    goods.as_expected,
    accounted_for,
    trade.not_destroyed,
    *goods.END,
)
