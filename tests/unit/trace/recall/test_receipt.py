"""From a receipt to lots: what the till recorded is certain, what was merely there that day is possible."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from suyuan.trace.recall.receipt import Stay, lots_of_a_receipt
from suyuan.trace.store.sales import Sale

ZONE = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 11, 20)
MIDNIGHT = datetime(2026, 11, 20, tzinfo=ZONE).astimezone(UTC)
PRODUCT = "https://id.gs1.org/01/09521234000013"
SHOP = "https://id.gs1.org/414/9521234000006"


def lot(name: str) -> str:
    return f"{PRODUCT}/10/{name}"


def hours(number: float) -> datetime:
    return MIDNIGHT + timedelta(hours=number)


@dataclass
class Records:
    """Lots, when they were at the shop, and what its till said."""

    stays: dict[str, Stay]
    sales: list[Sale] = field(default_factory=list[Sale])
    lots: dict[str, str] = field(default_factory=dict[str, str])

    def sales_at(self, place: str, product: str, start: datetime, end: datetime) -> Sequence[Sale]:
        assert (place, product) == (SHOP, PRODUCT)
        return [sale for sale in self.sales if start <= sale.time < end]

    def lot_of(self, key: str) -> str | None:
        return self.lots.get(key)

    def lots_of(self, product: str) -> Sequence[str]:
        assert product == PRODUCT
        return [lot("A"), lot("B"), lot("ELSEWHERE")]

    def lots_at(
        self, place: str, lots: Collection[str], start: datetime, end: datetime
    ) -> Mapping[str, Stay]:
        assert (place, set(lots)) == (SHOP, {lot("A"), lot("B"), lot("ELSEWHERE")})
        assert (start, end) == (hours(0), hours(24))
        return self.stays


def test_a_recorded_sale_is_certain_and_a_lot_that_was_there_is_possible() -> None:
    items = [f"{PRODUCT}/21/{number}" for number in range(3)]
    records = Records(
        stays={lot("A"): (hours(-30), hours(10)), lot("B"): (hours(8), None)},
        sales=[Sale(item, hours(number + 9), None, None, "e") for number, item in enumerate(items)],
        lots=dict.fromkeys(items[:2], lot("A")),
    )
    answer = lots_of_a_receipt(records, SHOP, PRODUCT, DAY, ZONE)
    assert [(one.lot, one.sold, one.pieces) for one in answer.candidates] == [
        (lot("A"), True, 2),
        (lot("B"), False, 0),
    ]
    assert (answer.candidates[1].seen_from, answer.candidates[1].seen_to) == (hours(8), None)
    assert answer.loose == (items[2],)


def test_loose_goods_are_added_up_by_unit() -> None:
    records = Records(
        stays={lot("A"): (None, None)},
        sales=[
            Sale(lot("A"), hours(9), 0.5, "KGM", "e1"),
            Sale(lot("A"), hours(10), 1.25, "KGM", "e2"),
            Sale(lot("A"), hours(11), 3.0, None, "e3"),
            Sale(lot("A"), hours(25), 9.0, "KGM", "tomorrow"),
        ],
    )
    [found] = lots_of_a_receipt(records, SHOP, PRODUCT, DAY, ZONE).candidates
    assert dict(found.amounts) == {"KGM": 1.75, "": 3.0}
    assert found.sold
    assert (found.seen_from, found.seen_to) == (None, None)
