from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tests.unit.readers.station.floor import GTIN, Floor, codes, item, labelled, lot, sscc

from suyuan.readers.station import memory
from suyuan.readers.station.inspection import PLANS, Item, Plan, Result
from suyuan.readers.station.knowledge import Lesson
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.release import Inspection, Release
from suyuan.trace.epcis.event import QuantityElement

LEAD = Item("铅", "mg/kg", most=Decimal("0.02"), standard="GB 2762-2022")
COLI = Item("大肠菌群", "CFU/g", n=2, c=0, m=Decimal(10))
PLAN = Plan(GTIN, (LEAD, COLI), (Step.SHIP, Step.SELL))
LOT = lot("L1")
GOOD = (Result("铅", "15", "µg/kg"), Result("大肠菌群", "<10", "CFU/g"), Result("大肠菌群", "3", "CFU/g"))


def floor() -> Floor:
    return Floor({PLANS.name: (PLAN,)})


def of_lot(step: Step, **more: Any) -> Order:
    amount = QuantityElement(LOT, 500, "KGM")
    return Order(step, product=GTIN, lot="L1", typed=True, quantities=(amount,), **more)


def inspect(*results: Result, **more: Any) -> Order:
    return of_lot(Step.INSPECT, particulars=Inspection(results), **more)


def release(certificate: str = "HZ-2026-0001", **more: Any) -> Order:
    told: dict[str, Any] = {"operator": "p1", "approver": "p2", **more}
    return of_lot(Step.RELEASE, particulars=Release(certificate), **told)


def test_a_good_lot_is_released_by_two_persons_and_may_go() -> None:
    at = floor()
    assert codes(at.do(inspect(*GOOD))) == []
    event = at.events[-1]
    assert (event["bizStep"], event["disposition"]) == ("inspecting", "conformant")
    assert event["suyuan:results"][0] == {
        "suyuan:item": "铅",
        "suyuan:verdict": "conformant",
        "suyuan:values": ["15 µg/kg"],
        "suyuan:standard": "GB 2762-2022",
    }
    assert codes(at.do(release())) == []
    event = at.events[-1]
    assert (event["disposition"], event["suyuan:certificate"]) == ("sellable_not_accessible", "HZ-2026-0001")
    assert (event["suyuan:operator"], event["suyuan:approver"]) == ("p1", "p2")
    assert codes(at.do(Order(Step.SHIP), labelled(1, "L1"))) == []


@pytest.mark.parametrize(
    ("results", "code", "disposition"),
    [
        (GOOD[:2], "RESULTS_MISSING", "in_progress"),
        ((Result("铅", "0.03", "mg/kg"), *GOOD[1:]), "NON_CONFORMANT", "non_conformant"),
        ((Result("铅", "<0.05", "mg/kg"), *GOOD[1:]), "INCONCLUSIVE", "in_progress"),
    ],
)
def test_what_is_missing_open_or_bad_cannot_be_released(
    results: tuple[Result, ...], code: str, disposition: str
) -> None:
    at = floor()
    assert codes(at.do(inspect(*results))) == [code]
    assert at.events[-1]["disposition"] == disposition
    judged = at.do(release())
    assert codes(judged) == ["NON_CONFORMANT" if disposition == "non_conformant" else "RESULTS_MISSING"]
    assert len(at.events) == 1


def test_release_before_any_result_is_a_stop() -> None:
    at = floor()
    assert codes(at.do(release())) == ["RESULTS_MISSING"]
    assert at.events == []


@pytest.mark.parametrize("persons", [("", "p2"), ("p1", ""), ("p1", "p1"), ("", "")])
def test_one_person_cannot_release(persons: tuple[str, str]) -> None:
    at = floor()
    at.do(inspect(*GOOD))
    operator, approver = persons
    assert codes(at.do(release(operator=operator, approver=approver))) == ["FOUR_EYES"]
    assert len(at.events) == 1


def test_a_certificate_is_of_one_lot() -> None:
    at = floor()
    at.do(inspect(*GOOD))
    at.do(release())
    assert codes(at.do(release())) == []
    other = replace(release(), lot="L2", quantities=(QuantityElement(lot("L2"), 1, "KGM"),))
    at.do(replace(inspect(*GOOD), lot="L2", quantities=other.quantities))
    assert codes(at.do(other)) == ["CERTIFICATE_USED"]


def test_a_lot_that_failed_is_tested_again_for_a_reason_only() -> None:
    at = floor()
    at.do(inspect(Result("铅", "0.03", "mg/kg"), *GOOD[1:]))
    assert codes(at.do(inspect(*GOOD))) == ["RETEST"]
    assert codes(at.do(inspect(*GOOD, reason="留样复检，原样品污染"))) == []
    assert codes(at.do(release())) == []


def test_what_becomes_of_goods_neither_releases_their_lot_nor_takes_that_back() -> None:
    at = floor()
    at.do(Order(Step.STORE), LOT)
    assert codes(at.do(Order(Step.SHIP), LOT)) == ["NOT_RELEASED"]
    at.do(inspect(*GOOD))
    at.do(Order(Step.STORE), LOT)
    assert codes(at.do(release())) == []
    at.do(Order(Step.SHIP), LOT)
    assert codes(at.do(Order(Step.SHIP), labelled(2, "L1"))) == []


def test_looking_alone_fails_a_lot_but_does_not_stand_for_its_tests() -> None:
    at = floor()
    at.do(of_lot(Step.INSPECT, disposition="conformant"))
    assert codes(at.do(release())) == ["RESULTS_MISSING"]
    at.do(Order(Step.INSPECT, disposition="non_conformant"), labelled(1, "L1"))  # of this one item
    at.do(inspect(*GOOD))
    at.do(of_lot(Step.INSPECT, disposition="non_conformant"))
    assert codes(at.do(release())) == ["NON_CONFORMANT"]


@pytest.mark.parametrize("step", [Step.SHIP, Step.SELL])
def test_what_was_not_released_does_not_go(step: Step) -> None:
    at = floor()
    assert codes(at.do(Order(step), labelled(1, "L1"))) == ["NOT_RELEASED"]
    assert codes(at.do(Order(step), item(2))) == ["NOT_RELEASED"]  # of an unknown lot nothing is known
    assert at.events == []
    assert codes(at.do(of_lot(step))) == ["NOT_RELEASED"]
    assert codes(Floor().do(Order(step), labelled(1, "L1"))) == []


def test_a_pallet_goes_only_when_all_lots_in_it_are_released() -> None:
    at, box, pallet = floor(), sscc(1), sscc(2)
    at.do(Order(Step.COMMISSION, product=GTIN, lot="L1"), item(1))
    at.do(Order(Step.PACK, parent=box), item(1))
    at.do(Order(Step.PACK, parent=pallet), box)
    assert codes(at.do(Order(Step.SHIP), pallet)) == ["NOT_RELEASED"]
    at.do(inspect(*GOOD))
    at.do(release())
    assert codes(at.do(Order(Step.SHIP), pallet)) == []


def test_nothing_is_sold_twice_nor_of_a_lot_that_failed() -> None:
    at = Floor({PLANS.name: (replace(PLAN, before=()),)})
    assert codes(at.do(Order(Step.SELL), labelled(1, "L1"))) == []
    judged = at.do(Order(Step.SELL), labelled(1, "L1"), labelled(2, "L1"))
    assert codes(judged) == ["SOLD_BEFORE"]
    assert at.events[-1]["epcList"] == [labelled(2, "L1")]
    at.do(Order(Step.RETURN), labelled(1, "L1"))
    assert codes(at.do(Order(Step.SELL), labelled(1, "L1"))) == ["OUT_OF_TRADE"]
    at.do(inspect(Result("铅", "0.03", "mg/kg"), *GOOD[1:]))
    assert codes(at.do(Order(Step.SELL), labelled(3, "L1"))) == ["OUT_OF_TRADE"]


def test_what_was_destroyed_is_not_sold() -> None:
    at = Floor()
    memory.learn(at.db, [Lesson(item(1), disposition="destroyed")], at.time)
    judged = at.do(Order(Step.SELL), item(1))
    assert judged.taken == ()
    assert codes(judged) == ["DESTROYED_SEEN"]


def test_results_and_releases_are_of_one_lot() -> None:
    at = floor()
    both = (QuantityElement(LOT, 5, "KGM"), QuantityElement(lot("L2"), 5, "KGM"))
    told = Inspection(GOOD)
    judged = at.do(Order(Step.INSPECT, typed=True, quantities=both, particulars=told))
    assert codes(judged) == ["SEVERAL_LOTS"]
    assert not judged.recorded
    people: dict[str, Any] = {"operator": "p1", "approver": "p2"}
    judged = at.do(Order(Step.RELEASE, typed=True, quantities=both, particulars=Release("C-1"), **people))
    assert "SEVERAL_LOTS" in codes(judged)
    assert at.events == []


def test_a_lot_that_failed_is_not_cleared_by_results_that_lack_some() -> None:
    at = floor()
    at.do(inspect(Result("铅", "0.03", "mg/kg"), *GOOD[1:]))
    assert codes(at.do(inspect(GOOD[0]))) == ["RESULTS_MISSING"]
    assert codes(at.do(Order(Step.PACK, parent=sscc(1)), labelled(1, "L1"))) == ["OUT_OF_TRADE"]
    assert codes(at.do(inspect(*GOOD))) == ["RETEST"]
    assert codes(at.do(release())) == ["NON_CONFORMANT"]


def test_what_the_inspector_found_bad_is_bad_whatever_the_results_say() -> None:
    at = floor()
    assert codes(at.do(inspect(*GOOD, disposition="non_conformant"))) == ["NON_CONFORMANT"]
    assert at.events[-1]["disposition"] == "non_conformant"
    assert codes(at.do(release())) == ["NON_CONFORMANT"]


def test_results_that_no_plan_judges_are_recorded_without_a_verdict() -> None:
    at = Floor()
    assert codes(at.do(inspect(*GOOD))) == ["RESULTS_NOT_JUDGED"]
    assert at.events[-1]["suyuan:results"] == [
        {"suyuan:item": "铅", "suyuan:values": ["15 µg/kg"]},
        {"suyuan:item": "大肠菌群", "suyuan:values": ["<10 CFU/g", "3 CFU/g"]},
    ]
    assert LOT not in memory.known(at.db, [LOT])
