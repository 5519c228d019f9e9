"""From a receipt without its package to the lots that it can have been: shop, product, day.

What the till recorded on that day is certain to have been sold there; every other lot of the product that was
at the shop at some moment of the day is possible, because tills miss items and receipts are kept badly.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Protocol

from suyuan.trace.store.sales import Sale

Stay = tuple[datetime | None, datetime | None]
"""From when until when; None: since nobody knows when, and: still."""


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

    def lots_at(
        self, place: str, lots: Collection[str], start: datetime, end: datetime
    ) -> Mapping[str, Stay]:
        """Which of these lots were at the site of a place during [start, end), and when."""
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
    """The candidates, sold ones first, then by lot. ``loose`` are pieces sold whose lot nobody recorded."""

    candidates: tuple[Candidate, ...]
    loose: tuple[str, ...]


def lots_of_a_receipt(records: ReceiptRecords, shop: str, product: str, day: date, zone: tzinfo) -> Answer:
    """The lots of ``product`` that a purchase at ``shop`` on the local ``day`` can have been of.

    The work is that of the visits of the shop and of the sales of that day.
    """
    start = datetime.combine(day, time(), zone).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    pieces: dict[str, int] = {}
    amounts: dict[str, dict[str, float]] = {}
    loose: list[str] = []
    lots = set(records.lots_of(product))
    for sale in records.sales_at(shop, product, start, end):
        if sale.key in lots:
            told = amounts.setdefault(sale.key, {})
            told[sale.uom or ""] = told.get(sale.uom or "", 0.0) + (sale.quantity or 0.0)
        elif (lot := records.lot_of(sale.key)) is not None:
            pieces[lot] = pieces.get(lot, 0) + 1
        else:
            loose.append(sale.key)
    stays = records.lots_at(shop, lots, start, end)
    found = [
        Candidate(lot, pieces.get(lot, 0), tuple(amounts.get(lot, {}).items()), *stays.get(lot, (None, None)))
        for lot in {*pieces, *amounts, *stays}
    ]
    found.sort(key=lambda one: (not one.sold, one.lot))
    return Answer(tuple(found), tuple(loose))
