"""Goods that must stop get through neither packed nor unpacked, returned, or made into others."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from tests.unit.readers.station.floor import GTIN, OTHER, TODAY, Floor, codes, item, labelled, lot, sscc

from suyuan.readers.station import memory
from suyuan.readers.station.ending import Decision, Destroying, Notice, Returning
from suyuan.readers.station.inspection import PLANS, Item, Plan
from suyuan.readers.station.knowledge import Blocked
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.stock import pieces
from suyuan.readers.station.table import ConfigFault, Table
from suyuan.trace.epcis.event import QuantityElement

CASE, PALLET = sscc(1), sscc(2)
SHIP = Order(Step.SHIP)
HOLD = Order(Step.HOLD)


def amount(number: str = "L1", gtin: str = GTIN) -> QuantityElement:
    return QuantityElement(lot(number, gtin), 2, "KGM")


def packed(*, pallet: bool = True, expires: date | None = None) -> Floor:
    """Item 1 of lot L1 in a case, which is on a pallet."""
    at = Floor()
    at.do(Order(Step.COMMISSION, product=GTIN, lot="L1", expires=expires), item(1))
    at.do(Order(Step.PACK, parent=CASE), item(1))
    if pallet:
        at.do(Order(Step.PACK, parent=PALLET), CASE)
    return at


def state(at: Floor, key: str) -> str | None:
    return memory.recall_of(memory.known(at.db, [key]), key).disposition


def destroy(*, quantities: tuple[QuantityElement, ...] = ()) -> Order:
    told = Destroying(
        notice=Notice("N1", Floor().time - timedelta(days=1), "incinerator"),
        witnesses=("w1", "w2"),
        proof_sha256="ab" * 32,
    )
    return Order(
        Step.DESTROY,
        operator="w3",
        approver="w1",
        reason="spoiled",
        quantities=quantities,
        particulars=told,
    )


@pytest.mark.parametrize("unit", [CASE, PALLET])
@pytest.mark.parametrize("listed", [item(1), lot("L1")])
def test_a_unit_does_not_go_with_something_recalled_in_it(unit: str, listed: str) -> None:
    at = packed()
    at.blocked = {listed: Blocked("recalled", "7")}
    judged = at.do(SHIP, unit)
    assert (codes(judged), judged.taken) == (["RECALLED"], ())


def test_the_lot_on_the_label_of_what_was_packed_is_remembered() -> None:
    at = Floor()
    at.do(Order(Step.PACK, parent=CASE), labelled(1, "L1"))
    at.blocked = {lot("L1"): Blocked("recalled", "7")}
    assert codes(at.do(SHIP, CASE)) == ["RECALLED"]


def test_a_unit_does_not_go_with_something_expired_in_it() -> None:
    at = packed(expires=TODAY)
    assert codes(at.do(Order(Step.PICK), PALLET)) == []
    at.today = TODAY + timedelta(days=1)
    assert codes(at.do(SHIP, PALLET)) == ["EXPIRED"]


@pytest.mark.parametrize("held", [item(1), CASE, PALLET])
@pytest.mark.parametrize("shipped", [item(1), CASE, PALLET])
def test_a_hold_is_of_all_that_is_around_and_in_it(held: str, shipped: str) -> None:
    at = packed()
    assert codes(at.do(HOLD, held)) == []
    judged = at.do(SHIP, shipped)
    assert (codes(judged), judged.taken) == (["OUT_OF_TRADE"], ())


def test_a_unit_that_the_list_stops_stops_what_is_deep_in_it() -> None:
    at = packed()
    at.blocked = {PALLET: Blocked("held", "7")}
    assert codes(at.do(SHIP, item(1))) == ["HELD"]
    at.blocked = {PALLET: Blocked("held", "7", carries=True)}
    assert codes(at.do(SHIP, item(1))) == []


@pytest.mark.parametrize("named", [(), (CASE,)])
def test_taking_goods_out_of_a_held_unit_releases_nothing(named: tuple[str, ...]) -> None:
    at = packed()
    at.do(HOLD, PALLET)
    if named:
        at.do(Order(Step.UNPACK, parent=PALLET), *named)
    else:
        at.do(Order(Step.UNPACK, parent=PALLET, typed=True))
    assert memory.known(at.db, [CASE])[CASE].unit_key is None
    assert codes(at.do(SHIP, CASE)) == ["OUT_OF_TRADE"]
    assert codes(at.do(SHIP, item(1))) == ["OUT_OF_TRADE"]
    release = Order(Step.RELEASE, operator="a", approver="b", reason="tested")
    assert codes(at.do(release, CASE)) == []
    assert codes(at.do(SHIP, CASE)) == []


@pytest.mark.parametrize("named", [(), (CASE,)])
def test_a_listed_hold_of_a_unit_goes_along_with_what_is_taken_out_until_it_is_lifted(
    named: tuple[str, ...],
) -> None:
    at = packed()
    at.blocked = {PALLET: Blocked("held", "7")}
    at.do(Order(Step.UNPACK, parent=PALLET, typed=not named), *named)
    assert memory.known(at.db, [CASE])[CASE].unit_key is None
    for goods in (CASE, item(1)):
        assert codes(at.do(SHIP, goods)) == ["HELD"]
    at.do(Order(Step.UNPACK, parent=CASE), item(1))  # and out of that too
    assert codes(at.do(SHIP, item(1))) == ["HELD"]
    assert codes(at.do(Order(Step.PACK, parent=sscc(3)), item(1))) == ["HELD"]
    assert codes(at.do(SHIP, sscc(3))) == ["HELD"]  # whatever it is put back into
    for others in ({}, {PALLET: Blocked("held", "8")}, {PALLET: Blocked("held", "7", carries=True)}):
        at.blocked = others
        assert codes(at.do(Order(Step.PICK), item(1))) == []
        assert codes(at.do(Order(Step.PICK), sscc(3))) == []


def test_what_is_taken_out_of_a_unit_that_only_carries_goes_on() -> None:
    at = packed()
    at.blocked = {PALLET: Blocked("held", "7", carries=True)}
    at.do(Order(Step.UNPACK, parent=PALLET), CASE)
    at.blocked = {PALLET: Blocked("held", "7")}
    assert codes(at.do(SHIP, CASE)) == []


@pytest.mark.parametrize("listed", [item(1), lot("L1")])
def test_a_hold_on_an_item_or_its_lot_goes_along_with_it(listed: str) -> None:
    at = packed()
    at.blocked = {listed: Blocked("held", "7")}
    at.do(Order(Step.UNPACK, parent=CASE), item(1))
    assert codes(at.do(SHIP, item(1))) == ["HELD"]
    assert codes(at.do(SHIP, CASE)) == []
    at.do(Order(Step.PACK, parent=CASE), item(1))
    assert codes(at.do(SHIP, CASE)) == ["HELD"]


def test_the_release_of_a_unit_frees_what_only_the_unit_kept() -> None:
    at = packed()
    at.do(HOLD, PALLET)
    release = Order(Step.RELEASE, operator="a", approver="b", reason="tested")
    assert codes(at.do(release, PALLET)) == []
    assert codes(at.do(SHIP, item(1))) == []


def test_the_release_of_a_unit_lifts_nothing_that_is_against_a_thing_in_it() -> None:
    at = packed()
    at.do(HOLD, item(1))
    at.do(HOLD, PALLET)
    release = Order(Step.RELEASE, operator="a", approver="b", reason="tested")
    judged = at.do(release, PALLET)
    assert codes(judged) == ["STILL_KEPT"]
    assert item(1) in judged.messages[0].text("zh")
    assert PALLET in judged.messages[0].text("en")
    assert at.events[-1]["suyuan:exceptions"][0]["suyuan:detail"] == "STILL_KEPT"
    assert codes(at.do(SHIP, PALLET)) == ["OUT_OF_TRADE"]
    assert codes(at.do(release, item(1))) == []
    assert codes(at.do(SHIP, PALLET)) == []


def test_the_release_of_a_unit_tells_of_lots_in_it_that_are_set_aside() -> None:
    at = packed()
    at.do(Order(Step.HOLD, typed=True, quantities=(amount(),)))
    judged = at.do(Order(Step.RELEASE, operator="a", approver="b", reason="tested"), PALLET)
    assert codes(judged) == ["STILL_KEPT"]
    assert codes(at.do(SHIP, PALLET)) == ["OUT_OF_TRADE"]


def test_what_was_taken_out_of_a_unit_that_was_set_aside_waits_for_its_own_release() -> None:
    at = packed()
    at.do(HOLD, PALLET)
    at.do(Order(Step.UNPACK, parent=PALLET), CASE)
    at.do(Order(Step.RELEASE, operator="a", approver="b", reason="tested"), PALLET)
    assert codes(at.do(SHIP, PALLET)) == []
    assert codes(at.do(SHIP, CASE)) == ["OUT_OF_TRADE"]


def test_packing_into_another_unit_releases_nothing() -> None:
    at = packed(pallet=False)
    at.do(HOLD, CASE)
    assert codes(at.do(Order(Step.PACK, parent=PALLET), item(1))) == ["OUT_OF_TRADE", "IN_OTHER_PARENT"]
    moved = Order(Step.PACK, parent=PALLET, operator="a", approver="b", reason="the case is torn")
    assert at.do(moved, item(1)).taken
    assert codes(at.do(SHIP, PALLET)) == ["OUT_OF_TRADE"]


def test_what_was_in_a_destroyed_unit_is_destroyed() -> None:
    at = packed()
    assert at.do(destroy(), PALLET).taken
    for key in (item(1), CASE):
        assert state(at, key) == "destroyed"
    assert codes(at.do(SHIP, item(1))) == ["DESTROYED_SEEN"]


@pytest.mark.parametrize(
    "order",
    [
        Order(Step.COMMISSION, product=GTIN),
        Order(Step.PACK, parent=CASE),
        Order(Step.UNPACK, parent=CASE),
        Order(Step.TRANSFORM, outputs=(amount("N", OTHER),)),
        Order(Step.INSPECT),
        Order(Step.RELEASE, operator="a", approver="b"),
        Order(Step.MEASURE),
        SHIP,
    ],
    ids=lambda order: order.step,
)
def test_what_was_destroyed_comes_back_by_no_step(order: Order) -> None:
    at = Floor()
    at.do(destroy(), item(1))
    judged = at.do(order, item(1))
    assert "DESTROYED_SEEN" in codes(judged)
    assert judged.taken == ()


def test_nothing_destroyed_or_held_is_made_into_other_goods() -> None:
    into = Order(Step.TRANSFORM, outputs=(amount("N", OTHER),))
    typed = replace(into, typed=True)
    at = Floor()
    at.do(destroy(), item(1))
    at.do(HOLD, item(2), lot("L1"))
    for order, code in (
        (replace(typed, input_epcs=(item(1),)), "DESTROYED_SEEN"),
        (replace(typed, input_epcs=(item(2),)), "OUT_OF_TRADE"),
        (replace(typed, inputs=(amount(),)), "OUT_OF_TRADE"),
    ):
        judged = at.do(order)
        assert (codes(judged), judged.recorded) == ([code], False)
    judged = at.do(into, item(2), item(3))
    assert (codes(judged), judged.recorded) == (["OUT_OF_TRADE"], False)
    agreed = replace(into, operator="a", approver="b", reason="rework")
    assert at.do(agreed, item(2)).recorded


@pytest.mark.parametrize("by_amount", [True, False])
def test_a_held_lot_holds_its_items_wherever_they_are_until_it_is_released(by_amount: bool) -> None:
    at = packed()
    at.do(Order(Step.COMMISSION, product=GTIN, lot="L1"), item(2))
    if by_amount:
        at.do(Order(Step.HOLD, typed=True, quantities=(amount(),)))
    else:
        at.do(HOLD, lot("L1"))
    for goods in (item(2), CASE, PALLET, labelled(3, "L1")):
        assert codes(at.do(SHIP, goods)) == ["OUT_OF_TRADE"]
    loose = at.do(Order(Step.SHIP, typed=True, quantities=(amount(),)))
    assert (codes(loose), loose.recorded) == (["OUT_OF_TRADE"], False)
    assert (
        codes(at.do(Order(Step.RECEIVE, typed=True, quantities=(amount(),)))) == []
    )  # it has come all the same
    assert codes(at.do(SHIP, item(2))) == ["OUT_OF_TRADE"]
    release = Order(Step.RELEASE, typed=True, quantities=(amount(),), operator="a", approver="b")
    assert codes(at.do(release)) == ["REASON_NEEDED"]
    at.do(Order(Step.RELEASE, typed=True, quantities=(amount(),), operator="a", approver="b", reason="good"))
    assert codes(at.do(SHIP, item(2))) == []


def test_an_order_to_hold_cannot_say_that_the_goods_are_for_sale() -> None:
    at = Floor()
    at.do(Order(Step.HOLD, disposition="sellable_accessible"), item(1))
    at.do(Order(Step.HOLD, disposition="damaged"), item(2))
    assert (state(at, item(1)), state(at, item(2))) == ("non_sellable_other", "damaged")


@pytest.mark.parametrize("step", [Step.SHIP, Step.SELL, Step.PICK])
def test_a_lot_that_failed_goes_neither_as_items_nor_in_units_nor_by_amount(step: Step) -> None:
    at = packed()
    at.do(Order(Step.INSPECT, disposition="non_conformant"), lot("L1"))
    for goods in (labelled(2, "L1"), CASE):
        judged = at.do(Order(step), goods)
        assert (codes(judged), judged.taken) == (["OUT_OF_TRADE"], ())
    loose = at.do(Order(step, typed=True, quantities=(amount(),)))
    assert (codes(loose), loose.recorded) == (["OUT_OF_TRADE"], False)


def test_a_lot_whose_label_was_packed_is_in_the_unit_and_does_not_end_with_it() -> None:
    at = Floor()
    at.do(Order(Step.PACK, parent=CASE), lot("L1"), item(1))
    at.do(Order(Step.PACK, parent=PALLET), lot("L2"))
    at.do(destroy(), PALLET)
    assert state(at, lot("L2")) is None
    at.do(Order(Step.INSPECT, disposition="non_conformant"), lot("L1"))
    assert codes(at.do(SHIP, CASE)) == ["OUT_OF_TRADE"]


def test_items_that_were_found_bad_are_not_shipped_until_two_persons_say_why() -> None:
    at = Floor()
    at.do(Order(Step.INSPECT, disposition="non_conformant"), item(1))
    assert codes(at.do(SHIP, item(1), item(2))) == ["OUT_OF_TRADE"]
    at.do(Order(Step.RELEASE, operator="a", approver="b", reason="the dent is in the lid only"), item(1))
    assert codes(at.do(SHIP, item(1))) == []


def test_a_return_releases_nothing_that_was_held() -> None:
    at = Floor()
    at.do(HOLD, item(1))
    at.do(Order(Step.RETURN, reason="came back"), item(1))
    resale = Returning(Decision.RESALE)
    again = Order(Step.RETURN, reason="good", operator="a", approver="b", particulars=resale)
    assert codes(at.do(again, item(1))) == ["NOT_RESOLD"]
    assert codes(at.do(SHIP, item(1))) == ["OUT_OF_TRADE"]


def test_what_comes_back_in_its_case_is_here_again() -> None:
    at = packed(pallet=False)
    at.do(SHIP, CASE)
    at.do(Order(Step.RETURN, reason="refused at the gate"), CASE)
    assert {one.key for one in pieces(at.db) if one.here} == {item(1), CASE}


def test_a_release_makes_nothing_sellable_that_was_sold_or_used_up() -> None:
    at = Floor()
    at.do(Order(Step.SELL), item(1))
    at.do(Order(Step.TRANSFORM, outputs=(amount("N", OTHER),)), item(2))
    release = Order(Step.RELEASE, operator="a", approver="b", reason="good")
    assert codes(at.do(release, item(1))) == ["SOLD_BEFORE"]
    assert codes(at.do(release, item(2))) == ["OUT_OF_TRADE"]
    assert codes(at.do(Order(Step.SELL), item(1))) == ["SOLD_BEFORE"]


@pytest.mark.parametrize("step", [Step.PICK, Step.PACK, Step.TRANSFORM])
def test_a_plan_holds_back_what_is_not_released_before_each_step_that_it_may_name(step: Step) -> None:
    plan = Plan(GTIN, (Item("铅", "mg/kg"),), before=(step,))
    outputs = (amount("N", OTHER),) if step is Step.TRANSFORM else ()
    at = Floor(sections={PLANS.name: (plan,)})
    order = Order(step, parent=CASE if step is Step.PACK else None, outputs=outputs)
    judged = at.do(order, labelled(1, "L1"))
    assert (codes(judged), judged.taken) == (["NOT_RELEASED"], ())
    if step is Step.TRANSFORM:
        judged = at.do(replace(order, typed=True, inputs=(amount(),)))
        assert (codes(judged), judged.recorded) == (["NOT_RELEASED"], False)
        made = at.do(Order(step, reads_outputs=True, inputs=(amount("R", OTHER),)), labelled(2, "L1"))
        assert made.recorded  # what is made here cannot be released before


def test_a_plan_may_not_name_a_step_that_waits_for_no_release() -> None:
    plan = {
        "product": GTIN,
        "before": ["ship", "store"],
        "items": [{"name": "铅", "unit": "mg/kg", "most": 1}],
    }
    with pytest.raises(ConfigFault, match="before store"):
        PLANS.read(Table(plan, "plans[0]"))


def test_what_leaves_in_its_case_is_not_here_and_comes_back_with_it() -> None:
    at = packed()
    assert {one.key for one in pieces(at.db) if one.here} == {item(1)}
    at.do(SHIP, PALLET)
    assert [one.key for one in pieces(at.db) if one.here] == []
    at.do(Order(Step.RECEIVE), PALLET)
    assert {one.key for one in pieces(at.db) if one.here} == {item(1), CASE, PALLET}


def test_single_items_that_went_into_others_are_used_up_and_lots_are_not() -> None:
    at = packed(pallet=False)
    made = Order(Step.TRANSFORM, inputs=(amount("L2"),), outputs=(amount("N", OTHER),))
    assert at.do(made, item(3), CASE).recorded
    for key in (item(1), item(3)):
        assert codes(at.do(SHIP, key)) == ["OUT_OF_TRADE"]
        assert codes(at.do(made, key)) == ["OUT_OF_TRADE"]
    assert not [one for one in pieces(at.db) if one.here]
    assert codes(at.do(Order(Step.SHIP, typed=True, quantities=(amount("L2"),)))) == []


def test_destroying_some_of_a_lot_destroys_not_all_of_it() -> None:
    at = Floor()
    assert at.do(destroy(quantities=(amount(),)), lot("L2")).recorded
    assert codes(at.do(SHIP, labelled(1, "L1"), lot("L1"), lot("L2"))) == []


def test_expiry_is_the_earliest_of_what_is_in_the_unit() -> None:
    at = packed(expires=date(2026, 11, 10))
    at.do(Order(Step.COMMISSION, product=GTIN, lot="L0", expires=date(2026, 11, 2)), item(2))
    at.do(Order(Step.PACK, parent=CASE), item(2))
    (message,) = at.do(SHIP, CASE).messages
    assert message.fields["date"] == "2026-11-02"
