"""Receiving by despatch advice: five hundred announced, ten things wrong, each told in its class."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import orjson
import pytest

from suyuan.readers.station.bodies import CONTEXT, Place, bodies
from suyuan.readers.station.cold_chain.profile import Profile
from suyuan.readers.station.despatch import Announced, Despatch, Expected, LotFacts, Supplier
from suyuan.readers.station.filtering import Burst, Reading
from suyuan.readers.station.identity import GS1, from_text
from suyuan.readers.station.knowledge import Blocked, Known
from suyuan.readers.station.lessons import lessons
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.purchase import OrderLine
from suyuan.readers.station.receiving import Receiving
from suyuan.readers.station.steps import Judgement, Surroundings, asks, judge
from suyuan.readers.station.words import State
from suyuan.trace.epcis.event import QuantityElement, TypedReference
from suyuan.trace.epcis.json_document import read_event_json

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
GTIN, OTHER = "06901234567892", "06901234567816"
PRODUCT = f"https://id.gs1.org/01/{GTIN}"
LOT = f"{PRODUCT}/10/L1"
SSCC = "https://id.gs1.org/00/069012345000000011"
PLACE = Place(
    "s1", "https://id.gs1.org/414/6901234567892/254/1", "https://id.gs1.org/414/6901234567892", "+08:00"
)
FACTS = LotFacts("纯牛奶", "Milk", "250 mL", date(2026, 11, 10), date(2026, 12, 20), ("QC-1",))
DAIRY = Supplier(
    "https://id.gs1.org/417/6901234567892", "晨光乳业", "Morning Dairy", "杭州 文三路 1 号", "0571-1"
)


def item(serial: int, gtin: str = GTIN) -> str:
    return f"https://id.gs1.org/01/{gtin}/21/{serial}"


def announced(*serials: int, inside: str | None = None, tids: bool = False) -> tuple[Announced, ...]:
    return tuple(
        Announced(item(n), item(n), inside, LOT, f"E28011912000{n:012X}" if tids else None) for n in serials
    )


def despatch(*goods: Announced, sent: datetime = NOW - timedelta(days=1), **more: Any) -> Despatch:
    more.setdefault("supplier", DAIRY)
    papers = (TypedReference("desadv", "urn:epcglobal:cbv:bt:6901234500001:DA-77"),)
    return Despatch("urn:uuid:1", sent, goods=goods, documents=papers, lots={LOT: FACTS}, **more)


def burst(
    *serials: int, tids: dict[int, tuple[bytes, ...]] | None = None, others: tuple[str, ...] = ()
) -> Burst:
    """The items, each on the chip that the sender read it from unless ``tids`` says another."""
    readings = [
        Reading(
            from_text(item(n)),
            NOW,
            NOW,
            1,
            1,
            None,
            (tids or {}).get(n, (bytes.fromhex(f"E28011912000{n:012X}"),)),
        )
        for n in serials
    ]
    return Burst((*readings, *(Reading(from_text(epc), NOW, NOW, 1, 1) for epc in others)))


def around(
    blocked: dict[str, Blocked] | None = None,
    known: dict[str, Known] | None = None,
    coming: tuple[Despatch, ...] = (),
) -> Surroundings:
    return Surroundings(
        GS1,
        (blocked or {}).get,
        lambda key: (known or {}).get(key, Known()),
        NOW,
        date(2026, 11, 21),
        coming=Expected(coming, NOW),
    )


def codes(judged: Judgement) -> list[str]:
    return [m.code for m in judged.messages]


def event(order: Order, judged: Judgement) -> dict[str, Any]:
    [body] = bodies(order, judged, PLACE, NOW)
    read_event_json(orjson.dumps({"@context": list(CONTEXT), **body}))  # it is EPCIS
    return body


def test_five_hundred_announced_and_ten_things_wrong_are_each_in_the_right_class() -> None:
    sent = despatch(*announced(*range(1, 501), tids=True))
    seen = burst(
        *range(6, 501),
        tids={100: (bytes.fromhex("E28011912000000000000064"), bytes.fromhex("E28011912000000099999999"))},
        others=(item(9001), item(9002), item(9003)),
    )
    order = Order(Step.RECEIVE, particulars=Receiving(sent, ordered=(OrderLine(PRODUCT, Decimal(493)),)))
    judged = judge(order, seen, around({item(200): Blocked("recalled", "7")}))
    body = event(order, judged)
    receipt = body["suyuan:receipt"]
    assert receipt["suyuan:missing"] == [item(n) for n in range(1, 6)]
    assert receipt["suyuan:extra"] == [item(9001), item(9002), item(9003)]
    assert receipt["suyuan:clone"] == [item(100)]
    assert receipt["suyuan:recalled"] == [item(200)]
    counts = receipt["suyuan:counts"]
    assert (counts["suyuan:matched"], sum(counts.values())) == (493, 503)
    assert receipt["suyuan:decision"] == "accepted-with-exceptions"
    assert "suyuan:lacks" not in receipt  # Art. 50 and 53, without typing
    assert receipt["suyuan:lines"] == [
        {
            "suyuan:product": PRODUCT,
            "suyuan:name": "纯牛奶",
            "suyuan:specification": "250 mL",
            "suyuan:quantity": 493,
            "suyuan:lot": "L1",
            "suyuan:produced": "2026-11-10",
            "suyuan:expires": "2026-12-20",
            "suyuan:documents": ["QC-1"],
        }
    ]
    assert receipt["suyuan:supplier"]["suyuan:address"] == "杭州 文三路 1 号"
    assert judged.state is State.STOP
    assert sorted(codes(judged)) == ["DUP_TAG", "EXTRA", "MISSING", "RECALLED"]
    taught = {lesson.key: lesson for lesson in lessons(order, judged, GS1)}
    aside = {key for key, lesson in taught.items() if lesson.disposition == "non_sellable_other"}
    assert aside == {item(100), item(200), item(9001), item(9002), item(9003)}
    assert taught[item(300)].lot_key == LOT
    assert taught[LOT].expires == date(2026, 12, 20)


def test_all_that_was_announced_and_nothing_else_is_accepted_without_a_word() -> None:
    sent = despatch(*announced(1, 2, tids=True))
    order = Order(Step.RECEIVE, particulars=Receiving(sent))
    judged = judge(order, burst(1, 2), around())
    assert (codes(judged), judged.state) == ([], State.DONE)
    assert event(order, judged)["suyuan:receipt"]["suyuan:decision"] == "accepted"


def test_a_chip_that_is_not_the_senders_is_a_clone_even_if_its_code_is_right() -> None:
    sent = despatch(*announced(1, 2, tids=True))
    order = Order(Step.RECEIVE, particulars=Receiving(sent))
    other = bytes.fromhex("E28011912000000000001111")
    judged = judge(order, burst(1, 2, tids={1: (other,)}), around())
    assert codes(judged) == ["DUP_TAG"]
    assert event(order, judged)["suyuan:receipt"]["suyuan:clone"] == [item(1)]
    made_up = judge(order, burst(1, 2, tids={1: (bytes.fromhex("08112233"),)}), around())
    assert codes(made_up) == []  # a chip that makes up a number for each reading says nothing


def test_what_nobody_announced_and_nobody_knows_is_unknown() -> None:
    sent = despatch(*announced(1, tids=True))
    order = Order(Step.RECEIVE, particulars=Receiving(sent))
    stranger, met = item(5, OTHER), item(6, OTHER)
    judged = judge(order, burst(1, others=(stranger, met)), around(known={met: Known(lot_key="x")}))
    receipt = event(order, judged)["suyuan:receipt"]
    assert (receipt["suyuan:unknown"], receipt["suyuan:extra"]) == ([stranger], [met])


def test_the_despatch_is_found_by_what_is_read_and_counts_as_far_as_it_was_touched() -> None:
    other = SSCC[:-2] + "28"
    unit = [Announced(key, key) for key in (SSCC, other)]
    sent = despatch(
        *unit, *announced(1, 2, inside=SSCC, tids=True), *announced(3, 4, inside=other, tids=True)
    )
    order = Order(Step.RECEIVE)
    judged = judge(order, burst(1, others=(SSCC,)), around(coming=(despatch(*announced(99)), sent)))
    assert judged.missing == (item(2),)
    assert event(order, judged)["suyuan:receipt"]["suyuan:despatch"] == "urn:uuid:1"
    nothing = judge(order, burst(7777), around(coming=(sent,)))
    assert codes(nothing) == []  # no delivery has it: as before there were any
    assert "suyuan:receipt" not in event(order, nothing)
    named = Order(Step.RECEIVE, particulars=Receiving(sent))
    assert len(judge(named, burst(1, others=(SSCC,)), around()).missing) == 4
    listed = Order(Step.RECEIVE, expected=(item(1),))
    assert codes(judge(listed, burst(1), around(coming=(sent,)))) == []  # a list goes before a despatch


def test_loose_pieces_of_a_despatch_come_together() -> None:
    sent = despatch(*announced(1, 2, 3, tids=True), Announced(SSCC, SSCC))
    judged = judge(Order(Step.RECEIVE), burst(1, 2), around(coming=(sent,)))
    assert judged.missing == (item(3),)  # and the pallet may still be on the truck


def test_what_is_in_an_unopened_unit_has_come_with_it() -> None:
    sent = despatch(Announced(SSCC, SSCC), *announced(1, 2, inside=SSCC))
    order = Order(Step.RECEIVE, particulars=Receiving(sent, unopened=True))
    judged = judge(order, burst(others=(SSCC,)), around())
    assert codes(judged) == []
    taught = {lesson.key: lesson.unit_key for lesson in lessons(order, judged, GS1)}
    assert taught[item(1)] == SSCC
    strict = Order(Step.RECEIVE, particulars=Receiving(sent))
    assert judge(strict, burst(others=(SSCC,)), around()).missing == (item(1), item(2))


def test_what_came_unopened_is_judged_as_if_it_was_read() -> None:
    goods = (Announced(SSCC, SSCC), *announced(1, 2, 3, 4, inside=SSCC))
    sent = despatch(*goods, *announced(5, inside=f"{SSCC[:-2]}28"))
    order = Order(Step.RECEIVE, particulars=Receiving(sent, unopened=True))
    remembered = {item(1): Known(disposition="destroyed"), item(2): Known(disposition="non_sellable_other")}
    judged = judge(
        order, burst(others=(SSCC,)), around({item(3): Blocked("recalled", "7")}, known=remembered)
    )
    assert sorted(codes(judged)) == ["DESTROYED_SEEN", "MISSING", "RECALLED"]
    receipt = event(order, judged)["suyuan:receipt"]
    assert (receipt["suyuan:clone"], receipt["suyuan:recalled"]) == ([item(1)], [item(3)])
    assert receipt["suyuan:decision"] == "accepted-with-exceptions"
    stands = {lesson.key: lesson.disposition for lesson in lessons(order, judged, GS1)}
    assert [stands.get(item(n)) for n in range(1, 6)] == [
        "destroyed",
        "non_sellable_other",
        "non_sellable_other",
        "in_progress",
        None,
    ]


@pytest.mark.parametrize("named", [True, False])
def test_the_station_looks_up_all_that_was_announced(named: bool) -> None:
    sent = despatch(Announced(SSCC, SSCC), *announced(1, inside=SSCC))
    order = Order(Step.RECEIVE, particulars=Receiving(sent if named else None, unopened=True))
    asked = asks(order, burst(others=(SSCC,)), GS1, Expected((sent,), NOW))
    assert {SSCC, item(1), LOT} <= set(asked.keys)


@pytest.mark.parametrize("read", [(item(1),), (SSCC,)])
@pytest.mark.parametrize("why", ["recalled", "held", "expired"])
def test_the_lot_that_was_announced_is_stopped_though_no_label_names_it(
    read: tuple[str, ...], why: str
) -> None:
    sent = despatch(Announced(SSCC, SSCC), *announced(1, inside=SSCC))
    blocked = {LOT: Blocked(why, "7")}
    if why == "expired":
        blocked, sent = {}, replace(sent, lots={LOT: replace(FACTS, expires=date(2026, 11, 20))})
    order = Order(Step.RECEIVE, particulars=Receiving())
    judged = judge(order, burst(others=read), around(blocked, coming=(sent,)))
    assert why.upper() in codes(judged)
    assert event(order, judged)["suyuan:receipt"][f"suyuan:{why}"] == list(read)
    (stands,) = (each.disposition for each in lessons(order, judged, GS1) if each.key == read[0])
    assert stands == "non_sellable_other"


def test_an_announced_lot_by_amount_is_expired_too() -> None:
    over = despatch(Announced(LOT, LOT, is_class=True))
    over = replace(over, lots={LOT: replace(FACTS, expires=date(2026, 11, 20))})
    amount = (QuantityElement(LOT, 2, "KGM"),)
    order = Order(Step.RECEIVE, typed=True, quantities=amount, particulars=Receiving(over))
    assert "EXPIRED" in codes(judge(order, Burst(()), around()))


def test_units_said_to_be_in_each_other_without_end_take_no_time() -> None:
    keys = [item(n) for n in range(1, 3001)]
    sent = despatch(*(Announced(one, one, inside) for one, inside in pairwise(keys)))
    order = Order(Step.RECEIVE, particulars=Receiving(sent, unopened=True))
    assert judge(order, burst(1), around()).recorded


def test_a_receipt_without_despatch_is_blind_and_its_record_says_what_it_lacks() -> None:
    order = Order(Step.RECEIVE, particulars=Receiving())
    judged = judge(order, burst(1), around())
    assert codes(judged) == ["BLIND_RECEIPT"]
    lacks = event(order, judged)["suyuan:receipt"]["suyuan:lacks"].split()
    assert {"supplier", "name", "lot", "shelfLife"} <= set(lacks)


def test_an_old_list_of_what_is_coming_says_so() -> None:
    order = Order(Step.RECEIVE, particulars=Receiving(despatch(*announced(1, tids=True))))
    for hours, told in ((1, []), (2, ["DELIVERIES_OLD"])):
        here = replace(around(), coming=Expected((), NOW - timedelta(hours=hours)))
        assert codes(judge(order, burst(1), here)) == told


@pytest.mark.parametrize("state", ["recalled", "non_sellable_other", "retail_sold", "destroyed"])
def test_receiving_brings_nothing_back_into_trade(state: str) -> None:
    known = {item(1): Known(lot_key=LOT, disposition=state)}
    order = Order(Step.RECEIVE)
    judged = judge(order, burst(1), around(known=known))
    assert {lesson.key: lesson.disposition for lesson in lessons(order, judged, GS1)}[item(1)] == state


def test_three_lists_are_compared_and_loose_goods_by_their_amounts() -> None:
    grain = Announced(LOT, LOT, None, LOT, None, is_class=True, quantity=500.0, uom="KGM")
    order = Order(
        Step.RECEIVE,
        typed=True,
        quantities=(QuantityElement(LOT, 480.0, "KGM"),),
        particulars=Receiving(despatch(grain), ordered=(OrderLine(PRODUCT, Decimal(500), "KGM"),)),
    )
    judged = judge(order, Burst(), around())
    assert codes(judged) == ["NOT_AS_ORDERED"]
    [line] = event(order, judged)["suyuan:receipt"]["suyuan:lines"]
    assert (line["suyuan:quantity"], line["suyuan:uom"], line["suyuan:name"]) == (480.0, "KGM", "纯牛奶")


def test_a_receipt_before_its_despatch_is_kept_and_marked() -> None:
    sent = despatch(*announced(1, tids=True), sent=NOW + timedelta(hours=2))
    order = Order(Step.RECEIVE, particulars=Receiving(sent))
    judged = judge(order, burst(1), around())
    assert codes(judged) == ["WRONG_ORDER"]
    assert event(order, judged)["epcList"] == [item(1)]


def test_warm_damaged_and_unlicensed_goods_are_told() -> None:
    supplier = Supplier("https://id.gs1.org/417/6901234567892", "晨光", "", "", "", date(2026, 11, 20))
    sent = despatch(*announced(1, 2, tids=True), supplier=supplier)
    cold = Profile("milk", "", "", 2.0, 6.0)
    told = Receiving(sent, damaged=(item(2),), temperature_c=9.5, profile=cold)
    order = Order(Step.RECEIVE, particulars=told)
    judged = judge(order, burst(1, 2), around())
    assert sorted(codes(judged)) == ["DAMAGED", "LICENCE_EXPIRED", "TEMP_EXCURSION"]
    receipt = event(order, judged)["suyuan:receipt"]
    assert receipt["suyuan:damaged"] == [item(2)]
    assert receipt["suyuan:temperatureC"] == 9.5
    assert receipt["suyuan:temperature"] == [item(1)]
    assert receipt["suyuan:decision"] != "accepted"
    taught = {lesson.key: lesson.disposition for lesson in lessons(order, judged, GS1)}
    assert taught[item(1)] == "non_sellable_other"


@pytest.mark.parametrize("more", [{"confirmed": (item(2),)}, {"rejected": True}])
def test_what_a_person_decides_needs_a_reason(more: dict[str, Any]) -> None:
    told = Receiving(despatch(*announced(1, 2, tids=True)), **more)
    epcs = told.confirmed
    silent = Order(Step.RECEIVE, epcs=epcs, particulars=told)
    judged = judge(silent, burst(1), around())
    assert "REASON_NEEDED" in codes(judged)
    assert bodies(silent, judged, PLACE, NOW) == ()
    order = Order(Step.RECEIVE, epcs=epcs, particulars=told, reason="标签脱落")
    body = event(order, judge(order, burst(1), around()))
    assert body["suyuan:reason"] == "标签脱落"
    if told.rejected:
        assert (body["bizStep"], body["disposition"]) == ("arriving", "non_sellable_other")
        assert lessons(order, judge(order, burst(1), around()), GS1) == ()
    else:
        assert body["suyuan:receipt"]["suyuan:byHand"] == [item(2)]
        assert "suyuan:missing" not in body["suyuan:receipt"]
