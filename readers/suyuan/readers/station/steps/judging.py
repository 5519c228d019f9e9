"""Judging a pass: what of the readings is taken, what is refused, and what the station says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from suyuan.readers.station.chips import chips
from suyuan.readers.station.despatch import NOTHING_COMES, Expected
from suyuan.readers.station.filtering import Burst, Reading
from suyuan.readers.station.identity import Identities, Identity
from suyuan.readers.station.memory import Ask
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.steps import arrival, orders
from suyuan.readers.station.steps.case import Case, Effect, Finding, Judgement, Surroundings
from suyuan.readers.station.steps.goods import named_classes
from suyuan.readers.station.steps.procedure import Procedure
from suyuan.readers.station.steps.table import PROCEDURES
from suyuan.readers.station.words import worst


def check_order(order: Order, identities: Identities) -> None:
    """See that the order can be carried out.

    Raises:
        InvalidInput: ``where`` names the field of the order that is wrong.
    """
    orders.check(order, PROCEDURES[order.step], identities)


def judge(order: Order, burst: Burst, around: Surroundings) -> Judgement:
    """What is taken and refused of ``burst`` under ``order``, and what the station says. Linear."""
    case = _case(order, burst, around)
    findings: list[Finding] = []
    for check in case.procedure.checks:
        new = tuple(check(case))
        findings += new
        if aside := _keys(new, Effect.ASIDE):
            case = replace(case, found=tuple(i for i in case.found if i.key not in aside))
    stopped = any(f.effect is Effect.STOPPED for f in findings)
    kept_out = _keys(findings, Effect.REFUSED)
    taken = () if stopped else tuple(i for i in case.found if i.key not in kept_out)
    apart = tuple(i for f in findings if f.effect is Effect.ASIDE for i in f.who if i.kind in _KINDS)
    messages = tuple(f.message for f in findings)
    return Judgement(
        state=worst(tuple(m.state for m in messages)),
        messages=messages,
        taken=taken,
        refused=(*apart, *(i for i in case.found if stopped or i.key in kept_out)),
        missing=_epcs(findings, "MISSING"),
        extra=_epcs(findings, "EXTRA"),
        parent=case.parent,
        expected=_expected(case, findings),
        read=len(case.found),
        read_any=any(not r.typed for r in burst.readings),
        event_time=max((r.last_seen for r in burst.readings), default=around.now),
        lot_key=case.made_lot,
        recorded=not stopped and not any(f.effect is Effect.WAITS for f in findings),
        chips=(*chips(burst.readings, taken), *_written(order, taken)),
        findings=tuple(findings),
        case=case,
    )


def _written(order: Order, taken: Iterable[Identity]) -> Iterable[tuple[Identity, str]]:
    """The chips of the tags that typed objects were written on."""
    return ((i, order.tids[i.epc]) for i in taken if i.epc in order.tids)


def _expected(case: Case, findings: Iterable[Finding]) -> int | None:
    """How many there should be: by the order, or by what the checks compared with; None: nobody knows."""
    order = case.order
    if order.expected is not None:
        return len(order.expected)
    if order.expected_count is not None or not case.procedure.compares(case):
        return order.expected_count
    counts = Counter[str]()
    for each in findings:
        counts[each.code] += len(each.who)
    there = len(case.found) - counts["EXTRA"] - counts["UNKNOWN_TAG"]
    return there + counts["MISSING"] + counts["RECALL_DISPUTED"]


_KINDS = frozenset({"item", "lot", "unit"})


def _keys(findings: Iterable[Finding], effect: Effect) -> frozenset[str]:
    return frozenset(i.key for f in findings if f.effect is effect for i in f.who)


def _epcs(findings: Iterable[Finding], code: str) -> tuple[str, ...]:
    return tuple(epc for f in findings if f.code == code for epc in f.epcs)


def _case(order: Order, burst: Burst, around: Surroundings) -> Case:
    procedure, identities = PROCEDURES[order.step], around.identities
    goods, foreign = _split(burst.readings, procedure)
    parent, goods, units = _parent(order, procedure, goods, identities)
    typed = tuple(identities.from_text(epc) for epc in order.epcs)
    found = tuple({i.key: i for i in (*typed, *goods)}.values())
    says_lots = not procedure.uses or order.reads_outputs  # what goes in has lots of its own
    return Case(
        procedure,
        order,
        burst,
        around,
        found,
        foreign,
        parent,
        units,
        orders.lot_key_of(order, identities),
        _said(found, around) if says_lots else {},
    )


def asks(order: Order, burst: Burst, identities: Identities, coming: Expected = NOTHING_COMES) -> Ask:
    """Everything that the check of this order will ask the station's memory about."""
    procedure = PROCEDURES[order.step]
    parent = None if order.parent is None else identities.from_text(order.parent)
    typed = (identities.from_text(epc) for epc in order.epcs)
    classes = named_classes(order, parent, identities)
    who = (*(r.identity for r in burst.readings), *typed, *classes)
    keys = [each for i in who for each in (i.key, i.lot_key) if each is not None]
    lot_key = orders.lot_key_of(order, identities)
    if lot_key is not None:
        keys.append(lot_key)
    if order.particulars is not None:
        keys += order.particulars.asks()
    if order.step is Step.RECEIVE:
        despatch = arrival.despatch_meant(order, [i.key for i in who], coming)
        keys += () if despatch is None else arrival.asked_of(despatch)
    uses = who if procedure.uses else ()
    units = {i.key for i in who if i.kind == "unit"}
    return Ask(tuple(keys), tuple(each for i in uses for each in (i.key, i.lot_key) if each), tuple(units))


def _split(
    readings: Iterable[Reading], procedure: Procedure
) -> tuple[tuple[Identity, ...], tuple[Identity, ...]]:
    goods, foreign = list[Identity](), list[Identity]()
    for reading in readings:
        (goods if reading.identity.kind in procedure.kinds else foreign).append(reading.identity)
    return tuple(goods), tuple(foreign)


def _parent(
    order: Order, procedure: Procedure, goods: tuple[Identity, ...], identities: Identities
) -> tuple[Identity | None, tuple[Identity, ...], int | None]:
    """The unit of a packing or unpacking, the goods without it, and how many units if that is not clear."""
    if not procedure.contains:
        return None, goods, None
    if order.parent is not None:
        parent = identities.from_text(order.parent)
        return parent, tuple(g for g in goods if g.key != parent.key), None
    units = [g for g in goods if g.kind == "unit"]
    if len(units) != 1:
        return None, goods, len(units)
    return units[0], tuple(g for g in goods if g.key != units[0].key), None


def _said(found: Iterable[Identity], around: Surroundings) -> Mapping[str, str]:
    """The lots that goods have of themselves, by key: on the label, or else as this station remembers it."""
    lots = {i.key: i.lot_key or around.known(i.key).lot_key for i in found}
    return {key: lot for key, lot in lots.items() if lot is not None}
