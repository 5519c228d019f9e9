from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from string import Formatter

import pytest

from suyuan.readers.station.bodies import Place, bodies, local_time
from suyuan.readers.station.filtering import Burst, Reading
from suyuan.readers.station.identity import GS1, from_text
from suyuan.readers.station.lessons import lessons
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.steps import Blocked, Judgement, Known, Surroundings, check_order, judge
from suyuan.readers.station.words import SAYINGS, WORDS, Message, State
from suyuan.trace.epcis.event import QuantityElement, TypedReference
from suyuan.trace.errors import InvalidInput

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
GTIN, OTHER = "06901234567892", "06901234567816"
LOT = f"https://id.gs1.org/01/{GTIN}/10/L1"
SSCC = "https://id.gs1.org/00/069012345000000011"
PLACE = Place("s1", "https://id.gs1.org/414/6901234567892", None, "+08:00")
RECALLED = Blocked("recalled", "7")


def item(serial: int, gtin: str = GTIN) -> str:
    return f"https://id.gs1.org/01/{gtin}/21/{serial}"


def burst(*epcs: str, tids: tuple[bytes, ...] = ()) -> Burst:
    return Burst(tuple(Reading(from_text(e), NOW, NOW, 1, 1, None, tids) for e in epcs))


def around(
    blocked: Mapping[str, Blocked] | None = None, known: Mapping[str, Known] | None = None
) -> Surroundings:
    return Surroundings(
        GS1, (blocked or {}).get, lambda key: (known or {}).get(key, Known()), NOW, date(2026, 11, 21)
    )


def codes(judged: Judgement) -> list[str]:
    return [m.code for m in judged.messages]


@pytest.mark.parametrize(
    ("blocked", "known"),
    [
        ({item(1): RECALLED}, {}),
        ({LOT: RECALLED}, {item(1): Known(lot_key=LOT)}),
        ({SSCC: RECALLED}, {item(1): Known(unit_key=SSCC)}),
    ],
    ids=["the item", "its lot", "its unit"],
)
def test_a_sale_of_a_recalled_item_is_refused_and_the_rest_recorded(
    blocked: dict[str, Blocked], known: dict[str, Known]
) -> None:
    judged = judge(Order(Step.SELL), burst(item(1), item(2)), around(blocked, known))
    assert judged.state is State.STOP
    assert codes(judged) == ["RECALLED"]
    assert [i.epc for i in judged.refused] == [item(1)]
    (event,) = bodies(Order(Step.SELL), judged, PLACE, NOW)
    assert event["epcList"] == [item(2)]
    assert (event["bizStep"], event["disposition"]) == ("retail_selling", "retail_sold")


def test_the_chips_of_items_that_are_taken_stand_in_the_event() -> None:
    chips = (bytes.fromhex("e280aa"), bytes.fromhex("08112233"))  # the second one is made up at each reading
    seen = burst(item(1), item(2), SSCC, LOT, tids=chips)
    (event,) = bodies(
        Order(Step.SELL), judge(Order(Step.SELL), seen, around({item(2): RECALLED})), PLACE, NOW
    )
    assert event["suyuan:tags"] == [{"suyuan:epc": item(1), "suyuan:tid": "E280AA"}]
    (bare,) = bodies(Order(Step.SELL), judge(Order(Step.SELL), burst(item(1)), around()), PLACE, NOW)
    assert "suyuan:tags" not in bare


def test_a_unit_that_only_carries_something_recalled_is_not_shipped_but_its_healthy_contents_are_sold() -> (
    None
):
    carrying = {SSCC: Blocked("recalled", "7", carries=True)}
    shipped = judge(Order(Step.SHIP), burst(SSCC), around(carrying))
    assert codes(shipped) == ["RECALLED"]
    assert bodies(Order(Step.SHIP), shipped, PLACE, NOW) == ()
    sold = judge(Order(Step.SELL), burst(item(1)), around(carrying, {item(1): Known(unit_key=SSCC)}))
    assert codes(sold) == []
    assert len(bodies(Order(Step.SELL), sold, PLACE, NOW)) == 1


def test_nothing_is_recorded_where_nothing_may_go_on() -> None:
    judged = judge(Order(Step.SHIP), burst(item(1)), around({item(1): Blocked("held", "3")}))
    assert codes(judged) == ["HELD"]
    assert bodies(Order(Step.SHIP), judged, PLACE, NOW) == ()


def test_a_blocked_lot_in_the_order_stops_the_whole_shipment() -> None:
    order = Order(Step.SHIP, quantities=(QuantityElement(LOT, 10, "KGM"),))
    judged = judge(order, burst(item(1)), around({LOT: RECALLED}))
    assert judged.state is State.STOP
    assert bodies(order, judged, PLACE, NOW) == ()


def test_a_blocked_input_stops_the_whole_transformation() -> None:
    order = Order(Step.TRANSFORM, outputs=(QuantityElement(f"https://id.gs1.org/01/{OTHER}/10/P", 5, "KGM"),))
    judged = judge(order, burst(item(1), item(2)), around({item(1): RECALLED}))
    assert bodies(order, judged, PLACE, NOW) == ()
    assert len(judged.refused) == 2


def test_a_receipt_of_recalled_goods_is_a_fact_and_says_stop() -> None:
    judged = judge(Order(Step.RECEIVE), burst(item(1)), around({item(1): RECALLED}))
    assert judged.state is State.STOP
    assert len(bodies(Order(Step.RECEIVE), judged, PLACE, NOW)) == 1


@pytest.mark.parametrize(("last_day", "stopped"), [(date(2026, 11, 20), True), (date(2026, 11, 21), False)])
def test_the_last_day_is_still_good(last_day: date, *, stopped: bool) -> None:
    judged = judge(Order(Step.SELL), burst(item(1)), around({}, {item(1): Known(expires=last_day)}))
    assert (codes(judged) == ["EXPIRED"]) is stopped
    assert (judged.taken == ()) is stopped


def test_missing_extra_wrong_and_cloned_are_told() -> None:
    order = Order(Step.PACK, product=GTIN, parent=SSCC, expected=(item(1), item(2)))
    judged = judge(order, burst(item(1), item(3), item(4, OTHER), tids=(b"a", b"b")), around())
    assert set(codes(judged)) == {"DUP_TAG", "WRONG_PRODUCT", "MISSING", "EXTRA"}
    assert judged.missing == (item(2),)
    assert judged.extra == (item(3),)
    (event,) = bodies(order, judged, PLACE, NOW)
    assert event["childEPCs"] == [item(1), item(3)]


@pytest.mark.parametrize("units", [0, 2])
def test_a_parent_that_is_not_clear_records_nothing(units: int) -> None:
    found = [item(1), SSCC, "https://id.gs1.org/00/169012345000000018"][: 1 + units]
    judged = judge(Order(Step.PACK), burst(*found), around())
    assert "WRONG_PARENT" in codes(judged)
    assert bodies(Order(Step.PACK), judged, PLACE, NOW) == ()


def test_transformation_and_shipping_documents() -> None:
    out = QuantityElement(f"https://id.gs1.org/01/{OTHER}/10/P", 5, "KGM")
    order = Order(Step.TRANSFORM, typed=True, inputs=(QuantityElement(LOT, 6, "KGM"),), outputs=(out,))
    (event,) = bodies(order, judge(order, Burst(), around()), PLACE, NOW)
    assert event["inputQuantityList"] == [{"epcClass": LOT, "quantity": 6, "uom": "KGM"}]
    assert event["bizStep"] == "creating_class_instance"
    assert event["suyuan:basis"] == "typed"
    assert "action" not in event
    order = Order(
        Step.SHIP,
        biz_transactions=(TypedReference("desadv", "urn:epcglobal:cbv:bt:6901234567892:77"),),
        destinations=(TypedReference("owning_party", "https://id.gs1.org/417/6901234567892"),),
    )
    (event,) = bodies(order, judge(order, burst(SSCC), around()), PLACE, NOW)
    assert event["bizTransactionList"] == [
        {"type": "desadv", "bizTransaction": "urn:epcglobal:cbv:bt:6901234567892:77"}
    ]
    assert event["destinationList"][0]["type"] == "owning_party"


@pytest.mark.parametrize(
    ("order", "where"),
    [
        (Order(Step.SELL, product="12x"), "product"),
        (Order(Step.SELL, lot="L"), "lot"),
        (Order(Step.SHIP, epcs=(LOT,)), "epcs"),
        (Order(Step.SHIP, typed=True), "epcs"),
        (Order(Step.TRANSFORM), "transformation_id"),
    ],
)
def test_orders_that_cannot_be_carried_out(order: Order, where: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_order(order, GS1)
    assert caught.value.where == where
    assert caught.value.remedy


def test_time_at_the_offset() -> None:
    assert local_time(NOW, "-03:30") == "2026-11-20T23:30:00.000-03:30"


def test_everything_can_be_said_in_both_languages() -> None:
    for code, saying in SAYINGS.items():
        places = {
            name
            for text in (saying.zh, saying.en, saying.do_zh, saying.do_en)
            for _, name, _, _ in Formatter().parse(text)
            if name
        }
        fields: dict[str, object] = dict.fromkeys(places, "9")
        message = Message(code, fields)
        assert message.text("zh-CN") != message.text("en")
        assert "{" not in message.text("zh") + message.text("en")
        assert message.remedy("zh")
        assert message.remedy("en")
    assert {s: (w.zh, w.en) for s, w in WORDS.items()} == {
        State.READY: ("就绪", "ready"),
        State.READING: ("读取中", "reading"),
        State.DONE: ("完成", "done"),
        State.ATTENTION: ("注意", "attention"),
        State.STOP: ("请拦下", "stop the goods"),
    }


def labelled(serial: int, lot: str, gtin: str = GTIN) -> str:
    return f"https://id.gs1.org/01/{gtin}/10/{lot}/21/{serial}"


@pytest.mark.parametrize(
    ("step", "epc", "known"),
    [
        (Step.COMMISSION, labelled(1, "L2"), {}),
        (Step.COMMISSION, f"https://id.gs1.org/01/{GTIN}/10/L2", {}),
        (Step.COMMISSION, item(1), {item(1): Known(lot_key=LOT.replace("L1", "L2"))}),
        (Step.RECEIVE, labelled(1, "L2"), {}),
        (Step.SELL, labelled(1, "L2"), {}),
    ],
    ids=["on the label", "a lot's label", "remembered", "received", "sold"],
)
def test_a_lot_in_a_field_that_contradicts_the_goods_stops_and_records_nothing(
    step: Step, epc: str, known: dict[str, Known]
) -> None:
    order = Order(step, product=GTIN, lot="L1")
    judged = judge(order, burst(item(7), epc), around({}, known))
    assert judged.state is State.STOP
    (message,) = judged.messages
    assert message.code == "WRONG_LOT"
    assert (message.fields["order"], message.fields["lots"]) == ("L1", "L2")
    assert bodies(order, judged, PLACE, NOW) == ()
    assert len(judged.refused) == 2


def test_goods_of_the_lot_that_the_field_says_and_of_other_products_contradict_nothing() -> None:
    order = Order(Step.RECEIVE, product=GTIN, lot="L1")
    judged = judge(order, burst(labelled(1, "L1"), item(2), labelled(3, "L9", OTHER), SSCC), around())
    assert judged.messages == ()
    made = Order(Step.TRANSFORM, product=GTIN, lot="L1", outputs=(QuantityElement(LOT, 5, "KGM"),))
    assert judge(made, burst(labelled(1, "L2")), around()).messages == ()  # what goes in has its own lot


def test_the_lot_of_labels_stands_where_no_field_says_one() -> None:
    order = Order(Step.COMMISSION, product=GTIN)
    (event,) = bodies(order, judged := judge(order, burst(labelled(1, "L%2F2")), around()), PLACE, NOW)
    assert event["ilmd"] == {"cbvmda:lotNumber": "L/2"}
    (lesson,) = lessons(order, judged, GS1)
    assert (lesson.key, lesson.lot_key) == (item(1), f"https://id.gs1.org/01/{GTIN}/10/L%2F2")
    mixed = judge(order, burst(labelled(1, "L1"), labelled(2, "L2"), item(3)), around())
    assert "ilmd" not in bodies(order, mixed, PLACE, NOW)[0]
    assert [each.lot_key and each.lot_key[-2:] for each in lessons(order, mixed, GS1)] == ["L1", "L2", None]
