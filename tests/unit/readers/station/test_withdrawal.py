"""Recall tasks, returns, destruction, and the first station of imports."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.readers.station.trade_cases import (
    GTIN,
    LOT,
    LOT_2,
    NOW,
    OTHER,
    PRODUCT,
    PROOF,
    RECALLED,
    SSCC,
    around,
    codes,
    done,
    item,
    seen,
    taught,
)

from suyuan.readers.station.ending import Decision, Destroying, Notice, Returning
from suyuan.readers.station.importing import Certificate, Importing
from suyuan.readers.station.knowledge import Blocked, Known
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.recall_task import Asked, RecallTask, Sought, Tasks, reach_of, tasks
from suyuan.readers.station.stock import Piece
from suyuan.readers.station.words import State
from suyuan.trace.epcis.event import QuantityElement


def piece(serial: int, state: str = "active", lot: str = LOT, unit: str | None = None) -> Piece:
    return Piece(item(serial), PRODUCT, lot, None, state, unit)


STOCK = [
    piece(1),
    piece(2),
    piece(3, "retail_sold"),
    piece(4, "in_transit"),
    piece(5, "destroyed"),
    piece(6, lot=LOT_2),
    piece(7, lot=LOT_2, unit=SSCC),
]
IN_LOT = {item(n): Known(lot_key=LOT) for n in range(1, 6)}


def test_a_task_is_what_a_case_means_for_this_station() -> None:
    carries = Blocked("recalled", "7", carries=True)
    listed = {LOT: RECALLED, SSCC: carries, f"{PRODUCT}/10/ELSE": Blocked("recalled", "8")}
    [task] = tasks({**listed, LOT_2: Blocked("held", "9")}.get, STOCK)
    assert (task.case, task.here, task.lots) == ("7", (item(1), item(2)), (LOT,))
    assert dict(task.fates) == {"sold": 1, "shipped": 1, "destroyed": 1}
    assert task.known == 5
    [unit] = tasks({SSCC: Blocked("recalled", "5")}.get, STOCK)
    assert unit.here == (item(7),)
    assert tasks(dict[str, Blocked]().get, STOCK) == []


def sweep(*read: str, **more: Any) -> tuple[dict[str, Any] | None, Any]:
    order = Order(Step.HOLD, particulars=RecallTask("7", **more))
    return done(order, seen(*read), around({LOT: RECALLED}, IN_LOT, stock=tuple(STOCK)))


def test_what_is_found_is_set_aside_and_the_answer_says_what_became_of_the_rest() -> None:
    body, judged = sweep(item(1), item(2), photo_sha256=PROOF, counted=2)
    assert body is not None
    assert (body["bizStep"], body["disposition"]) == ("holding", "recalled")
    answer = body["suyuan:recallTask"]
    assert (answer["suyuan:found"], answer["suyuan:notFound"], answer["suyuan:sold"]) == (2, 0, 1)
    assert answer["suyuan:photoSha256"] == PROOF
    assert codes(judged) == ["RECALLED"]
    assert set(taught(Order(Step.HOLD), judged).values()) == {"non_sellable_other"}


def test_what_should_be_here_and_is_not_goes_up() -> None:
    body, judged = sweep()
    assert body is not None
    assert body["suyuan:recallTask"]["suyuan:escalated"] is True
    assert body["suyuan:recallTask"]["suyuan:missing"] == [item(1), item(2)]
    assert {"RECALL_DISPUTED", "RECALL_BALANCE"} <= set(codes(judged))
    assert judged.state is State.STOP
    body, judged = sweep(item(1), counted=5)
    assert body is not None
    assert "suyuan:escalated" not in body["suyuan:recallTask"]
    assert {"MISSING", "QTY_MISMATCH", "RECALL_BALANCE"} <= set(codes(judged))


def test_what_is_not_of_the_case_is_left_out_and_a_proof_is_a_checksum() -> None:
    body, judged = sweep(item(1), item(2), item(6))
    assert body is not None
    assert body["epcList"] == [item(1), item(2)]
    assert "NOT_OF_CASE" in codes(judged)
    body, judged = sweep(item(1), item(2), photo_sha256="photo.jpg")
    assert (body, "PROOF_NEEDED" in codes(judged)) == (None, True)


def test_what_was_found_before_is_not_missed_in_the_next_sweep() -> None:
    stock = (piece(1, "recalled"), piece(2), *STOCK[2:])
    order = Order(Step.HOLD, particulars=RecallTask("7"))
    body, judged = done(order, seen(item(2)), around({LOT: RECALLED}, IN_LOT, stock=stock))
    assert body is not None
    answer = body["suyuan:recallTask"]
    assert (answer["suyuan:found"], answer["suyuan:notFound"], answer["suyuan:foundBefore"]) == (1, 0, 1)
    assert codes(judged) == ["RECALLED"]
    assert (judged.expected, judged.read) == (1, 1)
    body, judged = done(order, seen(), around({LOT: RECALLED}, IN_LOT, stock=stock))
    assert body is not None
    assert "suyuan:escalated" not in body["suyuan:recallTask"]  # some of it is there
    [task] = tasks({LOT: RECALLED}.get, stock)
    assert (task.here, task.found, task.missing) == ((item(1), item(2)), (item(1),), (item(2),))


def test_what_the_platform_knows_to_be_here_is_looked_for_too() -> None:
    goods = (Sought(item(8), "p", LOT_2), Sought(item(3), "p", LOT), Sought(LOT_2, "p"))
    told = Tasks((Asked("9", goods=goods),), NOW)
    [seven, nine] = tasks({LOT: RECALLED}.get, STOCK, told)
    assert reach_of("9", {LOT: RECALLED}.get, STOCK, told) == nine
    assert reach_of("10", {LOT: RECALLED}.get, STOCK, told).known == 0
    assert (seven.case, nine.case, nine.here) == ("7", "9", (item(8),))
    assert dict(nine.fates) == {"sold": 1}  # this station knows better
    assert (nine.lots, nine.asked.goods) == ((LOT, LOT_2), goods)
    order = Order(Step.HOLD, particulars=RecallTask("9"))
    where = around(known={item(6): Known(lot_key=LOT_2)}, stock=tuple(STOCK), asked=told)
    body, judged = done(order, seen(item(8), item(2)), where)
    assert body is not None
    assert body["epcList"] == [item(8)]
    assert codes(judged) == ["NOT_OF_CASE"]
    body, judged = done(order, seen(), where)  # nothing was found: that is told of its lots
    assert body is not None
    assert body["suyuan:recallTask"]["suyuan:missing"] == [item(8)]
    assert "RECALL_DISPUTED" in codes(judged)


def test_a_sweep_by_an_old_list_of_tasks_says_so() -> None:
    order = Order(Step.HOLD, particulars=RecallTask("7"))
    for hours, said in ((1, ["RECALLED"]), (2, ["RECALLED", "RECALLS_OLD"])):
        told = Tasks((), NOW - timedelta(hours=hours))
        where = around({LOT: RECALLED}, IN_LOT, stock=tuple(STOCK), asked=told)
        assert sorted(codes(done(order, seen(item(1), item(2)), where)[1])) == said


SOLD = {item(1): Known(lot_key=LOT, disposition="retail_sold")}


def test_a_return_needs_a_reason_and_waits_in_quarantine() -> None:
    order = Order(Step.RETURN, particulars=Returning(receipt="R-17"))
    assert codes(done(order, seen(item(1)), around(known=SOLD))[1]) == ["REASON_NEEDED"]
    order = replace(order, reason="包装破损")
    body, judged = done(order, seen(item(1)), around(known=SOLD))
    assert body is not None
    assert (body["disposition"], body["suyuan:receiptNumber"]) == ("returned", "R-17")
    assert taught(order, judged) == {item(1): "returned"}


@pytest.mark.parametrize(
    ("blocked", "state"),
    [
        ({LOT: RECALLED}, "retail_sold"),
        ({item(1): Blocked("held", "3")}, "retail_sold"),
        ({}, "recalled"),
        ({}, "destroyed"),
        ({}, "non_sellable_other"),
    ],
)
def test_what_is_recalled_held_or_set_aside_is_never_sold_again(
    blocked: dict[str, Blocked], state: str
) -> None:
    order = Order(
        Step.RETURN, reason="x", approver="qa", operator="op", particulars=Returning(Decision.RESALE)
    )
    known = {item(1): Known(lot_key=LOT, disposition=state)}
    body, judged = done(order, seen(item(1)), around(blocked, known))
    assert body is None
    assert "NOT_RESOLD" in codes(judged)
    assert taught(order, judged) == {}


def test_good_goods_are_sold_again_by_two_persons() -> None:
    order = Order(Step.RETURN, reason="买错", operator="op", particulars=Returning(Decision.RESALE))
    for approver in ("", "op", "OP "):
        body, judged = done(replace(order, approver=approver), seen(item(1)), around(known=SOLD))
        assert (body, codes(judged)) == (None, ["FOUR_EYES"])
    nobody = replace(order, operator="", approver="qa")
    assert codes(done(nobody, seen(item(1)), around(known=SOLD))[1]) == ["FOUR_EYES"]
    body, judged = done(replace(order, approver="qa"), seen(item(1)), around(known=SOLD))
    assert body is not None
    assert body["disposition"] == "sellable_not_accessible"
    unknown = done(replace(order, approver="qa"), seen(item(9)), around(known=SOLD))
    assert "NOT_RESOLD" in codes(unknown[1])


NOTICE = Notice("XH-2026-11", NOW - timedelta(hours=1), "杭州余杭焚烧厂")
PROVED = Destroying(NOTICE, witnesses=("w-1", "w-2"), proof_sha256=PROOF, means="焚烧")
GONE = Order(Step.DESTROY, operator="op", approver="w-1", expected=(item(1), item(2)), particulars=PROVED)


def test_a_destruction_is_proved_and_what_it_names_is_never_seen_again() -> None:
    body, judged = done(GONE, seen(item(1), item(2)), around())
    assert body is not None
    assert (body["action"], body["bizStep"], body["disposition"]) == ("DELETE", "destroying", "destroyed")
    proof = body["suyuan:destruction"]
    assert (proof["suyuan:notice"], proof["suyuan:witnesses"]) == ("XH-2026-11", ["w-1", "w-2"])
    assert (proof["suyuan:quarantined"], proof["suyuan:destroyed"]) == (2, 2)
    states = taught(GONE, judged)
    assert set(states.values()) == {"destroyed"}
    again = {key: Known(disposition=state) for key, state in states.items()}
    for step in (Step.SHIP, Step.RECEIVE, Step.STORE, Step.COUNT, Step.PICK, Step.RETURN, Step.HOLD):
        order = Order(step, reason="x", approver="y")
        assert "DESTROYED_SEEN" in codes(done(order, seen(item(1)), around(known=again))[1]), step


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"notice": None}, "NO_NOTICE"),
        ({"notice": replace(NOTICE, number="")}, "NO_NOTICE"),
        ({"notice": replace(NOTICE, at=NOW + timedelta(minutes=1))}, "EARLY"),
        ({"witnesses": ("w-1",)}, "FOUR_EYES"),
        ({"witnesses": ("w-1", "w-1")}, "FOUR_EYES"),
        ({"witnesses": ("w-1", "op")}, "FOUR_EYES"),
        ({"witnesses": ("w-1 ", "W-1")}, "FOUR_EYES"),
        ({"witnesses": ("w-1", "OP ")}, "FOUR_EYES"),
        ({"witnesses": ("w-1", " ")}, "FOUR_EYES"),
        ({"proof_sha256": "video.mp4"}, "PROOF_NEEDED"),
    ],
)
def test_nothing_is_destroyed_on_record_without_all_of_it(change: dict[str, Any], code: str) -> None:
    order = replace(GONE, particulars=replace(PROVED, **change))
    body, judged = done(order, seen(item(1), item(2)), around())
    assert (body, codes(judged)) == (None, [code])
    assert done(Order(Step.DESTROY), seen(item(1)), around())[0] is None


@pytest.mark.parametrize("approver", ["", " ", "OP"])
def test_one_person_destroys_nothing_whoever_they_name_as_witnesses(approver: str) -> None:
    body, judged = done(replace(GONE, approver=approver), seen(item(1), item(2)), around())
    assert (body, codes(judged)) == (None, ["FOUR_EYES"])


def test_goods_that_came_back_are_reworked_by_two_persons() -> None:
    order = Order(Step.RETURN, reason="x", operator="op", particulars=Returning(Decision.REWORK))
    body, judged = done(order, seen(item(1)), around(known=SOLD))
    assert (body, codes(judged)) == (None, ["FOUR_EYES"])
    assert done(replace(order, approver="qa"), seen(item(1)), around(known=SOLD))[0] is not None


def test_an_officer_may_waive_the_notice_with_a_reason() -> None:
    waived = replace(PROVED, notice=None, waived_by="officer-3")
    assert done(replace(GONE, particulars=waived), seen(item(1), item(2)), around())[0] is None
    body, _ = done(replace(GONE, particulars=waived, reason="疫情"), seen(item(1), item(2)), around())
    assert body is not None
    assert body["suyuan:destruction"]["suyuan:waivedBy"] == "officer-3"


def test_what_did_not_lie_in_quarantine_is_left_out_and_what_is_short_is_told() -> None:
    body, judged = done(GONE, seen(item(1), item(3)), around())
    assert body is not None
    assert body["epcList"] == [item(1)]
    assert codes(judged) == ["MISSING", "EXTRA"]


OTHER_LOT = f"https://id.gs1.org/01/{OTHER}/10/L1"
PAPERS = Importing(
    "310120260000000001", Certificate("CIQ-1", frozenset({GTIN}), frozenset({"L1"})), ("T-9",), "Exporter"
)
IMPORT = Order(Step.IMPORT, product=GTIN, lot="L1", country_of_origin="NZ", particulars=PAPERS)


def test_imports_are_coded_under_their_papers() -> None:
    body, judged = done(IMPORT, seen(item(1)), around())
    assert codes(judged) == []
    assert body is not None
    types = [one["type"] for one in body["bizTransactionList"]]
    assert types == ["https://ns.suyuan.example/paper/customs-declaration", "cert", "testres"]
    assert body["bizTransactionList"][1]["bizTransaction"].endswith("/ciq-certificate/CIQ-1")
    assert body["ilmd"]["cbvmda:countryOfOrigin"] == "NZ"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"declaration": ""}, "PAPERS_NEEDED"),
        ({"certificate": None}, "PAPERS_NEEDED"),
        ({"tests": ()}, "PAPERS_NEEDED"),
        ({"certificate": Certificate("CIQ-1", frozenset({OTHER}))}, "PAPERS_DIFFER"),
        ({"certificate": Certificate("CIQ-1", lots=frozenset({"L2"}))}, "PAPERS_DIFFER"),
        ({"declaration": " "}, "PAPERS_NEEDED"),
        ({"certificate": Certificate(" ")}, "PAPERS_NEEDED"),
        ({"tests": ("", " ")}, "PAPERS_NEEDED"),
    ],
)
def test_papers_that_lack_or_are_of_other_goods_code_nothing(change: dict[str, Any], code: str) -> None:
    body, judged = done(replace(IMPORT, particulars=replace(PAPERS, **change)), seen(item(1)), around())
    assert (body, codes(judged)) == (None, [code])


def test_a_certificate_is_compared_with_amounts_items_and_lots_that_nobody_knows() -> None:
    for order, read in (
        (Order(Step.IMPORT, typed=True, quantities=(QuantityElement(LOT_2, 2, "KGM"),)), ()),
        (Order(Step.IMPORT, typed=True, quantities=(QuantityElement(OTHER_LOT, 2, "KGM"),)), ()),
        (Order(Step.IMPORT), (item(1, OTHER),)),
        (Order(Step.IMPORT, product=GTIN), (item(1),)),  # of no lot
    ):
        body, judged = done(replace(order, particulars=PAPERS), seen(*read), around())
        assert body is None
        assert "PAPERS_DIFFER" in codes(judged)
    loose = Order(Step.IMPORT, typed=True, quantities=(QuantityElement(LOT, 2, "KGM"),), particulars=PAPERS)
    assert codes(done(loose, seen(), around())[1]) == []
    as_key = replace(PAPERS, certificate=Certificate("CIQ-1", frozenset({PRODUCT})))
    assert codes(done(replace(IMPORT, particulars=as_key), seen(item(1)), around())[1]) == []


def test_a_certificate_that_names_no_lots_covers_the_declaration() -> None:
    told = replace(PAPERS, certificate=Certificate("CIQ-1"))
    assert done(replace(IMPORT, particulars=told), seen(item(1)), around())[0] is not None
    assert done(replace(IMPORT, particulars=None), seen(item(1)), around())[0] is None
