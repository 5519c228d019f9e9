"""The first station of imports: nothing is given a code before its papers are there and cover it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from suyuan.readers.station.identity import Identity, lot_number
from suyuan.readers.station.importing import UNKNOWN, Importing, contradictions
from suyuan.readers.station.order import Order
from suyuan.readers.station.steps import goods, shapes, trade
from suyuan.readers.station.steps.case import Case, Effect, Finding, Judgement
from suyuan.readers.station.words import Message

_PAPERS = {
    "customs-declaration": "报关单 customs declaration",
    "ciq-certificate": "检验检疫证明 inspection and quarantine certificate",
    "test-report": "检测报告 test report",
}
_NONE = Importing()


def papers_cover(case: Case) -> Iterable[Finding]:
    """That declaration, certificate and test reports are there, and the certificate is of these goods."""
    told = case.order.particulars if isinstance(case.order.particulars, Importing) else _NONE
    if lacks := told.lacks():
        named = ", ".join(_PAPERS[name] for name in lacks)
        yield Finding(Message("PAPERS_NEEDED", {"papers": named}), effect=Effect.WAITS)
    if told.certificate is None:
        return
    loose = goods.named_classes(case.order, None, case.around.identities)
    coming_in = [i for i in (*case.found, *loose) if i.kind != "unit"]
    products = [i.gtin or i.product_key or UNKNOWN for i in coming_in]
    lots = [_lot_of(case, i) for i in coming_in]
    products += [case.order.product] if case.order.product is not None else []
    lots += [lot_number(case.lot_key)] if case.lot_key is not None else []
    for says, are in contradictions(told.certificate, products, lots):
        fields = {"number": told.certificate.number, "told": says, "found": are}
        yield Finding(Message("PAPERS_DIFFER", fields), case.found, Effect.STOPPED)


def _lot_of(case: Case, who: Identity) -> str:
    lot = who.key if who.kind == "lot" else case.lot_of(who)
    return UNKNOWN if lot is None else lot_number(lot)


def coded(order: Order, judged: Judgement) -> dict[str, Any] | None:
    """Goods were given their codes, under the papers that they came in with."""
    told = order.particulars
    if not isinstance(told, Importing):
        return shapes.added(order, judged)
    body = shapes.added(replace(order, biz_transactions=()), judged)
    if body is None:
        return None
    papers = (*order.biz_transactions, *told.references())
    body["bizTransactionList"] = [{"type": p.type, "bizTransaction": p.id} for p in papers if p.type]
    return {**body, "suyuan:exporter": told.exporter} if told.exporter else body


CHECKS = (
    *goods.AIR,
    goods.right_product,
    goods.as_expected,
    goods.one_lot,
    trade.not_destroyed,
    papers_cover,
    *goods.END,
)
