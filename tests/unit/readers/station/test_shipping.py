"""Shipping: against the order, to whom it may go, with what the receiver needs; and taken off again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from tests.unit.readers.station.trade_cases import (
    LOT,
    NOW,
    PRODUCT,
    RECALLED,
    SSCC,
    around,
    codes,
    done,
    item,
    seen,
    taught,
)

from suyuan.readers.station.knowledge import Known
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.purchase import OrderLine
from suyuan.readers.station.shipping import Buyer, Shipping
from suyuan.trace.epcis.event import QuantityElement

THREE = (OrderLine(PRODUCT, Decimal(3)),)


def test_a_whole_load_goes_with_vehicle_seal_and_set_point() -> None:
    told = Shipping(THREE, Buyer("东门店", "JY1", date(2026, 11, 21)), "浙A·12345", "SEAL-9", 4.0, "meat")
    order = Order(Step.SHIP, particulars=told)
    body, judged = done(order, seen(item(1), item(2), item(3)), around(known={item(1): Known(lot_key=LOT)}))
    assert codes(judged) == []
    assert body is not None
    assert body["suyuan:despatch"]["suyuan:seal"] == "SEAL-9"
    assert body["suyuan:despatch"]["suyuan:setPointC"] == 4.0
    assert {"suyuan:product": PRODUCT, "suyuan:quantity": 1, "suyuan:lot": "L1"} in body["suyuan:despatch"][
        "suyuan:lines"
    ]
    assert set(taught(order, judged).values()) == {"in_transit"}
    assert "bizLocation" not in body


def test_a_part_goes_only_with_a_reason() -> None:
    order = Order(Step.SHIP, particulars=Shipping(THREE))
    body, judged = done(order, seen(item(1), item(2)), around())
    assert codes(judged) == ["NOT_AS_ORDERED", "REASON_NEEDED"]
    assert body is None
    body, _ = done(Order(Step.SHIP, particulars=Shipping(THREE), reason="余下明天"), seen(item(1)), around())
    assert body is not None
    assert body["suyuan:reason"] == "余下明天"


def test_what_is_stopped_does_not_count_as_loaded() -> None:
    order = Order(Step.SHIP, particulars=Shipping(THREE))
    _, judged = done(order, seen(item(1), item(2), item(3)), around({item(3): RECALLED}))
    assert codes(judged) == ["NOT_AS_ORDERED", "REASON_NEEDED", "RECALLED"]


def test_loose_goods_are_compared_exactly() -> None:
    lines = (OrderLine(PRODUCT, Decimal("0.3"), "KGM"),)
    amounts = (QuantityElement(LOT, 0.1, "KGM"), QuantityElement(LOT, 0.2, "KGM"))
    order = Order(Step.SHIP, typed=True, quantities=amounts, particulars=Shipping(lines))
    assert codes(done(order, seen(), around())[1]) == []


def test_a_buyer_without_a_good_licence_gets_nothing() -> None:
    for last, stopped in ((date(2026, 11, 20), True), (date(2026, 11, 21), False)):
        order = Order(Step.SHIP, particulars=Shipping(buyer=Buyer("东门店", "JY1", last)))
        body, judged = done(order, seen(item(1)), around())
        assert (codes(judged) == ["LICENCE_EXPIRED"]) is stopped
        assert (body is None) is stopped


@pytest.mark.parametrize("state", ["non_sellable_other", "returned", "recalled", "retail_sold"])
def test_what_was_set_aside_stays_unless_two_persons_say_why(state: str) -> None:
    known = {item(1): Known(disposition=state)}
    body, judged = done(Order(Step.SHIP), seen(item(1)), around(known=known))
    assert (body, codes(judged)) == (None, ["OUT_OF_TRADE"])
    both = Order(Step.SHIP, reason="退回供货方", approver="qa-2", operator="op-1")
    assert done(both, seen(item(1)), around(known=known))[0] is not None
    for operator in ("", "qa-2", " QA-2 "):
        assert codes(done(replace(both, operator=operator), seen(item(1)), around(known=known))[1]) == [
            "OUT_OF_TRADE"
        ]
    inside = {item(2): Known(unit_key=SSCC), SSCC: Known(disposition=state)}
    assert codes(done(Order(Step.SHIP), seen(item(2)), around(known=inside))[1]) == ["OUT_OF_TRADE"]


def test_what_was_destroyed_is_an_alarm_whoever_explains_it() -> None:
    known = {item(1): Known(disposition="destroyed")}
    order = Order(Step.SHIP, reason="x", approver="y")
    body, judged = done(order, seen(item(1)), around(known=known))
    assert (body, codes(judged)) == (None, ["DESTROYED_SEEN"])


def test_what_was_loaded_is_taken_off_again_also_if_it_is_recalled() -> None:
    order = Order(Step.SHIP, particulars=Shipping(taken_off=True))
    known = {item(1): Known(disposition="in_transit")}
    body, judged = done(order, seen(item(1), item(2)), around({item(2): RECALLED}, known))
    assert body is not None
    assert (body["bizStep"], body["disposition"], len(body["epcList"])) == ("void_shipping", "in_progress", 2)
    assert "RECALLED" in codes(judged)
    assert set(taught(order, judged).values()) == {"in_progress"}
    assert body["eventTime"].startswith(f"{NOW.year}")


def test_what_an_excursion_set_aside_goes_on_once_two_persons_released_it_with_a_reason() -> None:
    known = {item(1): Known(disposition="non_sellable_other"), item(2): Known(disposition="in_progress")}
    for operator in ("op", "", "OP "):
        order = Order(Step.RELEASE, operator=operator, approver="op", reason="复核合格")
        judged = done(order, seen(item(1)), around(known=known))[1]
        assert codes(judged) == ["FOUR_EYES", "FOUR_EYES"]
    order = Order(Step.RELEASE, operator="op", approver="qa", reason="中心温度未超限，复核合格")
    body, judged = done(order, seen(item(1), item(2)), around(known=known))
    assert body is not None
    assert body["suyuan:reason"] == "中心温度未超限，复核合格"
    states = taught(order, judged)
    assert states[item(1)] == "sellable_not_accessible"
    again = {key: Known(disposition=state) for key, state in states.items()}
    assert codes(done(Order(Step.SHIP), seen(item(1)), around(known=again))[1]) == []
