"""Inspection and release of lots: verdicts on results, two persons, a certificate for each, and the gate."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from suyuan.readers.station import inspection
from suyuan.readers.station.identity import Identities, Identity, lot_number
from suyuan.readers.station.inspection import PLANS, Plan, Result, Verdict
from suyuan.readers.station.knowledge import Lesson
from suyuan.readers.station.order import Order, two_persons
from suyuan.readers.station.release import Inspection, Release, certificate_key
from suyuan.readers.station.steps import shapes, trade
from suyuan.readers.station.steps.case import Case, Effect, Finding, Judgement, finding
from suyuan.readers.station.steps.goods import named_classes
from suyuan.readers.station.words import Message, listing

CONFORMANT, NON_CONFORMANT, RELEASED = "conformant", "non_conformant", "released"
"""How a lot stands in the station's memory."""
_DISPOSITIONS = {
    Verdict.CONFORMANT: CONFORMANT,
    Verdict.NON_CONFORMANT: NON_CONFORMANT,
    Verdict.INCONCLUSIVE: "in_progress",
    Verdict.MISSING: "in_progress",
}


def results(case: Case) -> Iterable[Finding]:
    """What the results say, where there are any; a lot that failed is tested again for a reason only."""
    yield from _of_one_lot(case)
    found = _findings(case)
    if found is None:
        if _told(case.order):
            yield Finding(Message("RESULTS_NOT_JUDGED"))
        return
    for verdict, code in (
        (Verdict.NON_CONFORMANT, "NON_CONFORMANT"),
        (Verdict.INCONCLUSIVE, "INCONCLUSIVE"),
        (Verdict.MISSING, "RESULTS_MISSING"),
    ):
        names = tuple(each.item.name for each in found if each.verdict is verdict)
        if names:
            yield Finding(Message(code, {"items": listing(names)}))
    if case.order.disposition == NON_CONFORMANT and Verdict.NON_CONFORMANT not in {f.verdict for f in found}:
        yield Finding(Message("NON_CONFORMANT", {"items": listing(tuple(map(lot_number, _lots(case))))}))
    again = any(case.around.known(lot).quality == NON_CONFORMANT for lot in _lots(case))
    if again and _disposition(case.order, found) == CONFORMANT and not case.order.reason:
        yield finding("RETEST", _objects(case), Effect.STOPPED)


def may_be_released(case: Case) -> Iterable[Finding]:
    """That all that the plan asks for is tested and good, two persons say so, and the certificate is new.

    A product without a plan is released by the two persons alone.
    """
    order, particulars = case.order, case.order.particulars
    yield from _of_one_lot(case)
    for lot in _lots(case):
        plan, stands = _plan_of(case, lot), case.around.known(lot).quality
        if stands == NON_CONFORMANT:
            yield Finding(Message("NON_CONFORMANT", {"items": lot_number(lot)}), effect=Effect.STOPPED)
        elif plan is not None and stands not in {CONFORMANT, RELEASED}:
            names = listing(tuple(item.name for item in plan.items))
            yield Finding(Message("RESULTS_MISSING", {"items": names}), effect=Effect.STOPPED)
    if not two_persons(order):
        yield Finding(Message("FOUR_EYES"), effect=Effect.STOPPED)
    if isinstance(particulars, Release):
        bearer = case.around.known(certificate_key(particulars.certificate)).lot_key
        if bearer is not None and bearer not in _lots(case):
            told = {"number": particulars.certificate}
            yield Finding(Message("CERTIFICATE_USED", told), effect=Effect.STOPPED)


def _of_one_lot(case: Case) -> Iterable[Finding]:
    """That one lot is meant: another's results say nothing of it, and each has a certificate of its own."""
    lots = _lots(case)
    if len(lots) > 1:
        told = {"count": len(lots), "lots": listing(tuple(lot_number(lot) for lot in lots))}
        yield Finding(Message("SEVERAL_LOTS", told), effect=Effect.STOPPED)


def was_released(case: Case) -> Iterable[Finding]:
    """That goods were released whose plan, in the station's file, says that they must be before this step."""
    plans = {plan.product: plan for plan in case.around.rows(PLANS) if case.order.step in plan.before}
    if not plans:
        return

    def waits(lot: str) -> bool:
        plan = plans.get(_product_of(case, lot))
        return plan is not None and case.around.known(lot).quality != RELEASED

    goes_in = () if case.reads_made else case.found
    held = [who for who in goes_in if any(waits(lot) for lot in _lots_of(case, who, plans))]
    if held:
        yield finding("NOT_RELEASED", held, trade.left_out(case))
    named = named_classes(case.order, None, case.around.identities)
    if loose := [who for who in named if any(waits(lot) for lot in _lots_of(case, who, plans))]:
        yield finding("NOT_RELEASED", loose, Effect.STOPPED)


def _lots_of(case: Case, who: Identity, plans: dict[str, Plan]) -> Iterable[str]:
    """The lots that must be released for ``who`` to go on.

    Of an item of a planned product whose lot is not known nothing can be shown to be released.
    """
    if who.kind == "unit":
        around = case.around
        inside = (around.identities.from_text(key) for key in around.held_by(who.key))
        single = (one for one in inside if one.kind == "item")
        of_items = {lot for one in single for lot in _lots_of(case, one, plans)}
        return of_items | around.contents.get(who.key, frozenset())
    if who.kind == "lot":
        return (who.key,)
    if not (lots := case.lots_of(who)) and (who.gtin or who.product_key) in plans:
        return (who.product_key or "",)
    return lots


def _product_of(case: Case, lot: str) -> str:
    who = case.around.identities.from_text(lot)
    return who.gtin or who.product_key or ""


def _plan_of(case: Case, lot: str) -> Plan | None:
    product = _product_of(case, lot)
    return next((plan for plan in case.around.rows(PLANS) if plan.product == product), None)


def _findings(case: Case) -> tuple[inspection.Finding, ...] | None:
    """The verdicts, or None where no results are given or the product has no plan."""
    told, lots = case.order.particulars, _lots(case)
    plan = _plan_of(case, lots[0]) if lots else None
    if not isinstance(told, Inspection) or plan is None:
        return None
    return inspection.judged(plan, told.results)


def _told(order: Order) -> tuple[Result, ...]:
    return order.particulars.results if isinstance(order.particulars, Inspection) else ()


def _disposition(order: Order, found: Iterable[inspection.Finding]) -> str:
    """The worse of what the results say and what the inspector found."""
    failed = order.disposition == NON_CONFORMANT
    return NON_CONFORMANT if failed else _DISPOSITIONS[inspection.overall(found)]


def _objects(case: Case) -> tuple[Identity, ...]:
    classes = (case.around.identities.from_text(amount.epc_class) for amount in case.order.quantities)
    return (*case.found, *classes)


def _lots(case: Case) -> tuple[str, ...]:
    """The lots that are inspected or released: of the order, of its amounts, of what was read."""
    lots = [] if case.lot_key is None else [case.lot_key]
    for who in _objects(case):
        lots += (who.key,) if who.kind == "lot" else sorted(case.lots_of(who))
    return tuple(dict.fromkeys(lots))


def inspected(order: Order, judged: Judgement) -> dict[str, Any] | None:
    """An inspection with its results, and the verdict on each item where there is a plan to judge them by."""
    body = shapes.observed(order, judged)
    found = None if judged.case is None else _findings(judged.case)
    if body is None or found is None:
        return body if body is None or not _told(order) else {**body, "suyuan:results": _unjudged(order)}
    body["disposition"] = _disposition(order, found)
    body["suyuan:results"] = [
        {
            "suyuan:item": each.item.name,
            "suyuan:verdict": each.verdict.value,
            "suyuan:values": list(each.values),
            **({"suyuan:standard": each.item.standard} if each.item.standard else {}),
        }
        for each in found
    ]
    return body


def _unjudged(order: Order) -> list[dict[str, Any]]:
    values = dict[str, list[str]]()
    for each in _told(order):
        values.setdefault(each.item, []).append(f"{each.value} {each.unit}")
    return [{"suyuan:item": item, "suyuan:values": some} for item, some in values.items()]


def inspected_lots(order: Order, judged: Judgement, identities: Identities) -> Iterable[Lesson]:
    """How the lots stand after the inspection.

    Looking alone can fail what is read and a lot that is named, but never make one good that is to be tested.
    A lot that failed stays so until all that is asked of it is tested again and good.
    """
    del identities
    case = judged.case
    found = None if case is None else _findings(case)
    if case is not None and found is not None:
        stands = _disposition(order, found)
        for lot in _lots(case):
            stays = case.around.known(lot).quality == NON_CONFORMANT and stands != CONFORMANT
            yield Lesson(lot, quality=NON_CONFORMANT if stays else stands)
    elif case is not None and order.disposition == NON_CONFORMANT:
        named = [case.lot_key, *(i.key for i in _objects(case) if i.kind == "lot")]
        for lot in dict.fromkeys(lot for lot in named if lot is not None):
            yield Lesson(lot, quality=NON_CONFORMANT)
        for key in (i.key for i in judged.taken if i.kind != "lot"):
            yield Lesson(key, disposition=trade.still(case, key, NON_CONFORMANT))


def released(order: Order, judged: Judgement) -> dict[str, Any] | None:
    """A release with the number of its certificate."""
    body = shapes.observed(order, judged)
    if body is not None and isinstance(order.particulars, Release):
        body["suyuan:certificate"] = order.particulars.certificate
    return body


def released_lots(order: Order, judged: Judgement, identities: Identities) -> Iterable[Lesson]:
    """That the lots are released, and whose the certificate is."""
    del identities
    lots = () if judged.case is None else _lots(judged.case)
    for lot in lots:
        yield Lesson(lot, quality=RELEASED)
    if lots and isinstance(order.particulars, Release):
        yield Lesson(certificate_key(order.particulars.certificate), lot_key=lots[0])
