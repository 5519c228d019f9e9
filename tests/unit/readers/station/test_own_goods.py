"""Goods without GS1 codes at a station: the same steps, checks and stops as for all others."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from suyuan.readers.station.bodies import Place, bodies
from suyuan.readers.station.filtering import Burst, Reading
from suyuan.readers.station.identity import GS1, from_text
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.steps import (
    Blocked,
    Judgement,
    Known,
    Surroundings,
    check_order,
    judge,
    lot_key_of,
)
from suyuan.readers.station.words import State
from suyuan.trace.errors import InvalidInput

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
PRODUCT = "https://trace.example.cn/own/product/P00001A"
OTHER = "https://trace.example.cn/own/product/P00002C"
LOT = f"{PRODUCT}/lot/%E7%AB%AF%E5%8D%88"
ITEM = f"{PRODUCT}/serial/7K3M9PQRT4WX"
UNIT = "https://trace.example.cn/own/unit/K0000000001M"
GS1_ITEM = "https://id.gs1.org/01/06901234567892/21/1"
PLACE = Place("s1", "https://trace.example.cn/own/place/S000013", None, "+08:00")


def judged(order: Order, *epcs: str, blocked: dict[str, Blocked] | None = None) -> Judgement:
    around = Surroundings(GS1, (blocked or {}).get, lambda _: Known(), NOW, date(2026, 11, 21))
    return judge(order, Burst(tuple(Reading(from_text(e), NOW, NOW, 1, 1, None, ()) for e in epcs)), around)


def test_an_own_lot_is_commissioned_and_what_is_not_of_it_is_refused() -> None:
    order = Order(Step.COMMISSION, product=PRODUCT, lot="端午", expires=date(2027, 5, 18))
    check_order(order, GS1)
    assert lot_key_of(order, GS1) == LOT
    found = judged(order, ITEM, f"{OTHER}/serial/AAAA", GS1_ITEM)
    assert [who.key for who in found.taken] == [ITEM]
    assert len(found.refused) == 2
    (event,) = bodies(order, found, PLACE, NOW)
    assert event["epcList"] == [ITEM]
    assert event["ilmd"]["cbvmda:lotNumber"] == "端午"


def test_an_order_for_a_gtin_refuses_own_goods() -> None:
    found = judged(Order(Step.COMMISSION, product="6901234567892"), GS1_ITEM, ITEM)
    assert [who.key for who in found.taken] == [GS1_ITEM]


def test_own_goods_are_packed_into_an_own_unit() -> None:
    order = Order(Step.PACK)
    found = judged(order, ITEM, UNIT)
    assert found.parent is not None
    assert found.parent.key == UNIT
    (event,) = bodies(order, found, PLACE, NOW)
    assert (event["parentID"], event["childEPCs"]) == (UNIT, [ITEM])


def test_a_link_that_tells_its_lot_is_stopped_with_it() -> None:
    stopped = judged(Order(Step.SELL), f"{LOT}/serial/7K3M9PQRT4WX", blocked={LOT: Blocked("held", "3")})
    assert stopped.state is State.STOP
    assert stopped.taken == ()


def test_a_tag_that_signs_its_link_keeps_one_name() -> None:
    assert from_text(f"{LOT}/serial/AB?c=0001&m=5f").epc == f"{LOT}/serial/AB"


@pytest.mark.parametrize("product", [f"{PRODUCT}/lot/1", f"{OTHER[:-1]}D", "https://x.example/p", "69", ""])
def test_what_is_no_product_is_refused_before_anything_is_read(product: str) -> None:
    with pytest.raises(InvalidInput):
        check_order(Order(Step.COMMISSION, product=product), GS1)
