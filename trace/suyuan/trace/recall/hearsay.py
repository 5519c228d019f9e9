"""What those say of goods who never had them on record: told as it is, and against nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from suyuan.trace.epcis.event import Event
from suyuan.trace.lineage import Visit
from suyuan.trace.lineage.contract import Kind
from suyuan.trace.recall.custody import SELLS, Told
from suyuan.trace.recall.fitness import condition
from suyuan.trace.recall.passport import Reason, VerdictState
from suyuan.trace.recall.temperature import temperature


def is_sale(visit: Visit) -> bool:
    """Whether the thing itself was sold here, and not what it is in."""
    return visit.biz_step == SELLS and visit.basis != "inferred"


def uncertain(own: Told, of_lot: Told, events: Mapping[str, Event], kind: Kind) -> Iterable[Reason]:
    """What those told against goods, or their lot, who alone say that they took them over."""
    of = own.uncertain
    against = [visit for visit in (*of, *of_lot.uncertain) if _speaks_against(visit)]
    against += [visit for visit in of if _was_out(visit, events)]
    sales = [visit for visit in own.heard if is_sale(visit)] if kind == "item" else []
    if len(sales) > 1 and any(is_sale(visit) for visit in of):
        against.append(sales[-1])
    if against:
        yield Reason(VerdictState.ATTENTION, "unsure-word", {"time": against[-1].time})


def strange(own: Told, of_lot: Told, kind: Kind) -> Iterable[Reason]:
    """That strangers told of a sale, or else against goods: it changes nothing, and is no secret."""
    sales = [visit for visit in own.strange if is_sale(visit)] if kind == "item" else []
    against = sales or [visit for visit in (*own.strange, *of_lot.strange) if _speaks_against(visit)]
    if against:
        code = "strange-sale" if sales else "strange-word"
        yield Reason(VerdictState.REGISTERED, code, {"time": against[-1].time})


def _was_out(visit: Visit, events: Mapping[str, Event]) -> bool:
    measured = temperature((visit,), events)
    return measured is not None and bool(measured.excursions)


def _speaks_against(visit: Visit) -> bool:
    return visit.biz_step == "destroying" or condition((visit,)) is not None
