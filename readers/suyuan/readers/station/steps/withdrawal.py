"""Recall tasks: a sweep for the goods of a case, which are set aside; what is not found is told as it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from suyuan.readers.station.duration import duration
from suyuan.readers.station.identity import Identities, Identity
from suyuan.readers.station.knowledge import Lesson
from suyuan.readers.station.order import Order
from suyuan.readers.station.recall_task import (
    SET_ASIDE_FOR_RECALL,
    Found,
    Reach,
    RecallTask,
    cases_of,
    is_checksum,
    reach_of,
)
from suyuan.readers.station.steps import goods, shapes, trade
from suyuan.readers.station.steps.case import Case, Effect, Finding, Judgement, finding
from suyuan.readers.station.words import Message
from suyuan.trace.epcis.event import QuantityElement

_SET_ASIDE = "non_sellable_other"


def of_the_case(case: Case) -> Iterable[Finding]:
    """That what was read belongs to the case."""
    task = case.order.particulars
    if isinstance(task, RecallTask):
        sought = {one.key for one in case.around.asked.of(task.case).goods}
        others = [
            i
            for i in case.found
            if task.case not in _cases(case, i) and sought.isdisjoint({i.key, case.lot_of(i)})
        ]
        if others:
            yield finding("NOT_OF_CASE", others, Effect.ASIDE, case=task.case)


def for_a_case(case: Case) -> bool:
    """Whether the sweep is for a recall case, of which this station knows what it had."""
    return isinstance(case.order.particulars, RecallTask)


def accounted_for(case: Case) -> Iterable[Finding]:
    """That what should be here is found, and that the numbers add up; what does not is told and goes up."""
    task = case.order.particulars
    if not isinstance(task, RecallTask):
        return
    if (old_s := case.around.asked.old_s(case.around.now)) is not None:
        yield Finding(Message("RECALLS_OLD", {"span": duration(old_s)}))
    reach = _reach(case, task)
    read = {i.key for i in case.found}
    missing = [case.around.identities.from_text(key) for key in reach.missing if key not in read]
    if missing:
        yield finding("MISSING" if case.found or reach.found else "RECALL_DISPUTED", missing)
    if task.counted is not None and task.counted != len(case.found):
        yield Finding(Message("QTY_MISMATCH", {"expected": task.counted, "read": len(case.found)}))
    accounted = len(read.union(reach.found)) + sum(reach.fates.values())
    if accounted != reach.known:
        yield Finding(Message("RECALL_BALANCE", {"known": reach.known, "found": accounted}))
    if task.photo_sha256 and not is_checksum(task.photo_sha256):
        yield Finding(Message("PROOF_NEEDED"), effect=Effect.WAITS)


def _reach(case: Case, task: RecallTask) -> Reach:
    around = case.around
    return reach_of(task.case, around.blocked, around.stock, around.asked)


def _cases(case: Case, who: Identity) -> set[str]:
    around = case.around
    found = cases_of(who.key, case.lot_of(who), around.known(who.key).unit_key, around.blocked)
    for lot in around.held_by(who.key) & around.contents.get(who.key, frozenset()):  # amounts in it
        found |= cases_of(lot, None, None, around.blocked)
    return found


def held(order: Order, judged: Judgement) -> dict[str, Any] | None:
    """Goods were set aside for a case; a sweep that found none is told of the lots that it was for."""
    task, body, case = order.particulars, shapes.observed(order, judged), judged.case
    if not isinstance(task, RecallTask) or case is None:
        return body
    reach = _reach(case, task)
    unseen = tuple(epc for f in judged.findings if f.code in _UNSEEN for epc in f.epcs)
    answer = Found(
        task, reach, tuple(i.epc for i in judged.taken), unseen, tuple(i.key for i in judged.taken)
    )
    if body is None:
        if not reach.lots:
            return None
        nothing = shapes.written(QuantityElement(lot, 0) for lot in reach.lots)
        body = {"type": "ObjectEvent", "action": "OBSERVE", "epcList": [], "quantityList": nothing}
    return {**body, "disposition": SET_ASIDE_FOR_RECALL, "suyuan:recallTask": answer.as_event()}


_UNSEEN = frozenset({"MISSING", "RECALL_DISPUTED"})


def set_aside(order: Order, judged: Judgement, identities: Identities) -> Iterable[Lesson]:
    """That the goods are out of trade; of an amount its whole lot, since no part of it can be told apart."""
    state = SET_ASIDE_FOR_RECALL if isinstance(order.particulars, RecallTask) else _SET_ASIDE
    said = order.disposition if order.disposition in trade.OUT_OF_TRADE else state
    keys = [i.key for i in judged.taken] + [identities.from_text(q.epc_class).key for q in order.quantities]
    yield from (Lesson(key, disposition=said) for key in dict.fromkeys(keys))


CHECKS = (
    *goods.AIR,
    goods.right_product,
    of_the_case,
    goods.as_expected,
    accounted_for,
    trade.not_destroyed,
    *goods.END,
)
