"""From a receipt without its package to the lots that it can have been: shop, product, day.

What the till recorded on that day is certain to have been sold there; every other lot of the product that was
at the shop at some moment of the day is possible, because tills miss items and receipts are kept badly.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Protocol

from suyuan.trace.gs1 import site
from suyuan.trace.lineage.contract import Options, Suspect, Trace
from suyuan.trace.store.sales import Sale

MOST_LOTS = 500
"""Lots that are looked at; a product with more of them alive at once is asked by lot."""


class ReceiptRecords(Protocol):
    """What is needed of the records."""

    def sales_at(self, place: str, product: str, start: datetime, end: datetime) -> Sequence[Sale]:
        """See :func:`suyuan.trace.store.sales.sales_at`."""
        ...

    def lot_of(self, key: str) -> str | None:
        """The lot of an instance."""
        ...

    def lots_of(self, product: str) -> Sequence[str]:
        """The lots of a product on record."""
        ...

    def trace(self, suspects: Sequence[Suspect], options: Options) -> Trace:
        """See ``Tracer.trace``."""
        ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """A lot that the package can have been of.

    ``pieces`` and ``amounts`` (unit code -> quantity) were sold there on that day by record; with neither,
    the lot was only there, between ``seen_from`` and ``seen_to`` (None: still).
    """

    lot: str
    pieces: int
    amounts: tuple[tuple[str, float], ...]
    seen_from: datetime | None
    seen_to: datetime | None

    @property
    def sold(self) -> bool:
        """Whether a sale of it is on record for that day."""
        return bool(self.pieces or self.amounts)


@dataclass(frozen=True, slots=True)
class Answer:
    """The candidates, sold ones first, then by lot.

    ``loose`` are pieces sold whose lot nobody recorded; ``unlooked`` counts lots beyond :data:`MOST_LOTS`.
    """

    candidates: tuple[Candidate, ...]
    loose: tuple[str, ...]
    unlooked: int


def lots_of_a_receipt(records: ReceiptRecords, shop: str, product: str, day: date, zone: tzinfo) -> Answer:
    """The lots of ``product`` that a purchase at ``shop`` on the local ``day`` can have been of.

    One forward trace per lot of the product.
    """
    start = datetime.combine(day, time(), zone).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    pieces: dict[str, int] = {}
    amounts: dict[str, dict[str, float]] = {}
    loose: list[str] = []
    lots = list(records.lots_of(product))
    known = set(lots)
    for sale in records.sales_at(shop, product, start, end):
        if sale.key in known:
            told = amounts.setdefault(sale.key, {})
            told[sale.uom or ""] = told.get(sale.uom or "", 0.0) + (sale.quantity or 0.0)
        elif (lot := records.lot_of(sale.key)) is not None:
            pieces[lot] = pieces.get(lot, 0) + 1
        else:
            loose.append(sale.key)
    looked_at = dict.fromkeys([*pieces, *amounts, *lots[:MOST_LOTS]])
    found = [
        Candidate(lot, pieces.get(lot, 0), tuple(amounts.get(lot, {}).items()), *(stay or (None, None)))
        for lot in looked_at
        if (stay := _stay(records.trace((Suspect(lot),), Options()), shop, product, start, end))
        or lot in pieces
        or lot in amounts
    ]
    found.sort(key=lambda one: (not one.sold, one.lot))
    return Answer(tuple(found), tuple(loose), max(0, len(lots) - MOST_LOTS))


def _stay(
    trace: Trace, shop: str, product: str, start: datetime, end: datetime
) -> tuple[datetime | None, datetime | None] | None:
    """When instances of the product in the trace were at the shop, if that touches [start, end)."""
    stays: Iterable[tuple[datetime | None, datetime | None]] = (
        (edge.from_time, edge.to_time)
        for edge in trace.edges
        if edge.kind == "move" and edge.source.startswith(product + "/") and site(edge.target) == shop
    )
    touching = [
        (begun, ended)
        for begun, ended in stays
        if (begun is None or begun < end) and (ended is None or ended > start)
    ]
    if not touching:
        return None
    begins = [begun for begun, _ in touching]
    ends = [ended for _, ended in touching]
    return (
        None if None in begins else min(begun for begun in begins if begun),
        None if None in ends else max(ended for ended in ends if ended),
    )
