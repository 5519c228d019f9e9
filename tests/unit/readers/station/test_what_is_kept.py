"""What a station does not forget, whatever its clock says, and what no label and no later order replaces."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from tests.unit.readers.station.floor import (
    GTIN,
    OTHER,
    TODAY,
    Floor,
    burst,
    codes,
    item,
    labelled,
    lot,
    sscc,
)

from suyuan.readers.station import amounts_inside, journal, memory
from suyuan.readers.station.clock import Quality
from suyuan.readers.station.ending import Decision, Returning
from suyuan.readers.station.identity import GS1
from suyuan.readers.station.inspection import PLANS, Item, Plan
from suyuan.readers.station.journal import Entry
from suyuan.readers.station.knowledge import Blocked, Lesson, Moved
from suyuan.readers.station.lessons import lessons
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.release import Release
from suyuan.readers.station.shipping import Shipping
from suyuan.readers.station.stock import pieces
from suyuan.trace.epcis.event import QuantityElement

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=401)
YEAR = timedelta(days=365)
SHIP, SELL = Order(Step.SHIP), Order(Step.SELL)


@pytest.fixture
def db() -> sqlite3.Connection:
    made = sqlite3.connect(":memory:", isolation_level=None)
    for statement in (*journal._SCHEMA, *journal._INDEXES):  # pyright: ignore[reportPrivateUsage] - durable commits need a disk
        made.execute(statement)
    made.execute("INSERT INTO station VALUES (1, 's1', 1)")
    return made


def record(
    db: sqlite3.Connection, at: datetime, *lessons: Lesson, order: str = "", clock: Quality = "unknown"
) -> None:
    number = db.execute("SELECT next_sequence FROM station").fetchone()[0]
    body = {"type": "ObjectEvent"}
    journal.append(db, [Entry(f"e{number}", body, at, 1.0, "b", lessons, order, {}, clock=clock)])


def keys(db: sqlite3.Connection) -> set[str]:
    return {row[0] for row in db.execute("SELECT key FROM known")}


def test_a_clock_that_is_a_year_ahead_erases_nothing(db: sqlite3.Connection) -> None:
    record(db, NOW - timedelta(days=40), Lesson("sold", disposition="retail_sold"), order="O1")
    record(db, NOW, Lesson("new"))
    journal.purge(db, NOW + YEAR)
    assert keys(db) == {"sold", "new"}
    assert journal.done(db, "O1") is not None


def test_nor_does_a_record_of_a_clock_that_is_known_to_be_wrong(db: sqlite3.Connection) -> None:
    record(db, NOW - timedelta(days=40), Lesson("sold", disposition="retail_sold"))
    record(db, NOW + YEAR, Lesson("new"), clock="unsynchronised")
    journal.purge(db, NOW + YEAR)
    assert keys(db) == {"sold", "new"}


def test_what_is_long_past_is_forgotten(db: sqlite3.Connection) -> None:
    record(db, LONG_AGO, Lesson("sold", disposition="retail_sold"), Lesson("lot", expires=TODAY), order="O1")
    record(db, LONG_AGO, Lesson("unit", moved=(Moved("in", "some lot"),)))
    record(db, NOW, Lesson("new"))
    journal.purge(db, NOW)
    assert keys(db) == {"lot", "new"}  # the last day of the lot is not so long ago
    assert journal.done(db, "O1") is None
    assert amounts_inside.lots_inside(db, "unit") == {}


def test_that_a_batch_of_labels_was_recorded_is_never_forgotten(db: sqlite3.Connection) -> None:
    record(db, LONG_AGO, order=f"{journal.LABELS}1 1")
    record(db, NOW)
    journal.purge(db, NOW)
    assert journal.done(db, f"{journal.LABELS}1 1") is not None


@pytest.mark.parametrize(
    "stops",
    [
        Lesson("thing", disposition="non_sellable_other"),
        Lesson("thing", disposition="destroyed"),
        Lesson("thing", quality="non_conformant"),
        Lesson("thing", held_with=(("unit", "7"),)),
    ],
)
def test_what_keeps_goods_back_is_never_forgotten_nor_what_leads_to_the_goods(
    db: sqlite3.Connection, stops: Lesson
) -> None:
    led = (
        Lesson("of lot", lot_key="thing", unit_key="case"),
        Lesson("case", unit_key="pallet"),
        Lesson("inside", unit_key="thing"),
        Lesson("drum", moved=(Moved("in", "thing"),)),
        Lesson("drum", unit_key="pallet"),
    )
    beside = Lesson("beside", unit_key="case", disposition="in_transit")
    record(db, LONG_AGO, stops, *led, beside, Lesson("other", disposition="in_transit"))
    record(db, NOW)
    journal.purge(db, NOW)
    assert keys(db) == {"thing", "of lot", "case", "inside", "drum"}
    assert amounts_inside.lots_inside(db, "drum") == {"drum": {"thing"}}


def made(**fields: object) -> Floor:
    """Item 1 of lot L1."""
    at = Floor()
    at.do(Order(Step.COMMISSION, product=GTIN, lot="L1", **fields), item(1))  # type: ignore[arg-type]
    return at


@pytest.mark.parametrize("step", [Step.PACK, Step.SHIP, Step.SELL, Step.PICK, Step.STORE])
def test_a_label_with_another_lot_than_the_one_remembered_goes_nowhere(step: Step) -> None:
    at = made()
    parent = sscc(1) if step is Step.PACK else None
    judged = at.do(Order(step, parent=parent), labelled(1, "L2"))
    assert "LOT_DISPUTED" in codes(judged) or step is Step.STORE  # which only the picking area refuses
    assert (judged.taken == ()) is (step is not Step.STORE)


@pytest.mark.parametrize("recalled", ["L1", "L2"])
def test_a_recall_of_either_lot_stops_what_is_labelled_otherwise(recalled: str) -> None:
    at = made()
    at.blocked = {lot(recalled): Blocked("recalled", "7")}
    assert "RECALLED" in codes(at.do(SELL, labelled(1, "L2")))


def test_a_label_replaces_no_lot_that_is_known() -> None:
    at = made()
    at.do(Order(Step.RECEIVE), labelled(1, "L2"))
    assert memory.known(at.db, [item(1)])[item(1)].lot_key == lot("L1")


def test_nothing_is_made_again_under_the_lot_of_another_label() -> None:
    at = made()
    judged = at.do(Order(Step.COMMISSION, product=GTIN, lot="L2"), labelled(1, "L2"))
    assert (codes(judged), judged.recorded) == (["WRONG_LOT"], False)
    assert "L1" in judged.messages[0].text("en")


@pytest.mark.parametrize("pallet", [False, True])
def test_a_unit_with_an_item_of_a_planned_product_and_no_known_lot_is_not_released(*, pallet: bool) -> None:
    at = Floor({PLANS.name: (Plan(GTIN, (Item("铅", "mg/kg", most=Decimal("0.02")),), (Step.SHIP,)),)})
    assert codes(at.do(SHIP, item(7))) == ["NOT_RELEASED"]
    at.do(Order(Step.PACK, parent=sscc(1)), item(7))
    if pallet:
        at.do(Order(Step.PACK, parent=sscc(2)), sscc(1))
    judged = at.do(SHIP, sscc(2 if pallet else 1))
    assert (codes(judged), judged.taken) == (["NOT_RELEASED"], ())


def test_made_again_goods_keep_their_earlier_last_day() -> None:
    at = made(expires=TODAY)
    at.today = TODAY + timedelta(days=1)
    at.do(Order(Step.COMMISSION, product=GTIN, lot="L1", expires=TODAY + timedelta(days=30)), item(1))
    assert codes(at.do(SHIP, item(1))) == ["EXPIRED"]


def test_another_order_of_the_lot_frees_no_expired_label_of_it() -> None:
    at = made(expires=TODAY)
    at.today = TODAY + timedelta(days=1)
    at.do(Order(Step.COMMISSION, product=GTIN, lot="L1", expires=TODAY + timedelta(days=30)), item(2))
    assert codes(at.do(SHIP, labelled(5, "L1"))) == ["EXPIRED"]


def in_case() -> Floor:
    at = made()
    at.do(Order(Step.PACK, parent=sscc(1)), item(1))
    return at


def test_a_unit_is_sold_once_and_what_is_in_it_with_it() -> None:
    at = in_case()
    assert codes(at.do(SELL, sscc(1))) == []
    assert codes(at.do(SELL, sscc(1))) == ["SOLD_BEFORE"]
    assert codes(at.do(SELL, item(1))) == ["SOLD_BEFORE"]


RESALE = Order(
    Step.RETURN, reason="x", operator="a", approver="b", particulars=Returning(Decision.RESALE, "")
)


@pytest.mark.parametrize("back", [sscc(1), item(1)])
def test_what_was_sold_in_a_unit_comes_back_in_it_or_alone_and_can_be_sold_again(back: str) -> None:
    at = in_case()
    at.do(SELL, sscc(1))
    assert codes(at.do(RESALE, back)) == []
    assert codes(at.do(SELL, back)) == []


def test_what_was_in_the_units_that_went_in_is_what_goods_are_made_of() -> None:
    at = in_case()
    judged = at.do(Order(Step.TRANSFORM, outputs=(QuantityElement(lot("L1"), 1, "KGM"),)), sscc(1))
    assert codes(judged) == ["REWORK_LOOP"]
    cheese, rind = lot("C1", OTHER), QuantityElement(lot("L1"), 1, "KGM")
    assert codes(at.do(Order(Step.TRANSFORM, outputs=(QuantityElement(cheese, 1, "KGM"),)), sscc(1))) == []
    assert memory.recollect(at.db, memory.Ask((), uses=(cheese,))).sources[cheese] >= {lot("L1")}
    at.do(Order(Step.PACK, parent=sscc(2), typed=True, quantities=(QuantityElement(cheese, 1, "KGM"),)))
    assert codes(at.do(Order(Step.TRANSFORM, outputs=(rind,)), sscc(2))) == ["REWORK_LOOP"]


def undone(at: Floor, order: Order, *epcs: str) -> Callable[[], None]:
    """Do a step that can be undone later."""
    at.time += timedelta(seconds=1)
    judged, then = at.judge(order, burst(*epcs)), at.time
    taught = list(lessons(order, judged, GS1))
    before = memory.former(at.db, taught)
    memory.learn(at.db, taught, then)
    return lambda: memory.restore(at.db, before, then)


UNPACK = Order(Step.UNPACK, parent=sscc(1))


@pytest.mark.parametrize("between", [None, Step.STORE, Step.COUNT])
@pytest.mark.parametrize("named", [(), (item(1),)])
def test_what_was_not_unpacked_after_all_is_held_with_its_unit_again(
    between: Step | None, named: tuple[str, ...]
) -> None:
    at = in_case()
    undo = undone(at, replace(UNPACK, typed=not named), *named)
    if between is not None:
        at.do(Order(between), item(1))
    undo()
    at.do(Order(Step.HOLD), sscc(1))
    assert codes(at.do(SHIP, item(1))) == ["OUT_OF_TRADE"]


def test_what_was_put_into_another_unit_since_is_in_that_one() -> None:
    at = in_case()
    undo = undone(at, UNPACK, item(1))
    at.do(Order(Step.PACK, parent=sscc(2)), item(1))
    undo()
    assert memory.known(at.db, [item(1)])[item(1)].unit_key == sscc(2)


def test_what_was_sold_since_is_in_no_unit() -> None:
    at = in_case()
    undo = undone(at, UNPACK, item(1))
    at.do(SELL, item(1))
    undo()
    assert memory.known(at.db, [item(1)])[item(1)].unit_key is None


@pytest.mark.parametrize("between", [Step.COUNT, Step.STORE, Step.RECEIVE])
def test_the_undoing_of_a_release_keeps_the_goods_back_whatever_was_done_since(between: Step) -> None:
    at = made()
    at.do(Order(Step.HOLD), item(1))
    release = Order(
        Step.RELEASE,
        product=GTIN,
        lot="L1",
        operator="a",
        approver="b",
        reason="r",
        particulars=Release("C1"),
    )
    undo = undone(at, release, item(1))
    at.do(Order(between), item(1))
    undo()
    assert codes(at.do(SHIP, item(1))) == ["OUT_OF_TRADE"]
    assert lot("L1") not in memory.known(at.db, [lot("L1")])


def test_the_undoing_of_one_hold_ends_no_other() -> None:
    at = made()
    undo = undone(at, Order(Step.HOLD), item(1))
    at.do(Order(Step.HOLD), item(1))
    undo()
    assert codes(at.do(SHIP, item(1))) == ["OUT_OF_TRADE"]


SENT = Order(Step.SHIP, operator="a", approver="b", reason="to the laboratory")
TAKEN_OFF = Order(Step.SHIP, particulars=Shipping(taken_off=True))
QUARANTINE = Order(Step.RETURN, reason="x", particulars=Returning(Decision.QUARANTINE, ""))


@pytest.mark.parametrize("held", [item(1), sscc(1)])
@pytest.mark.parametrize("back", [TAKEN_OFF, Order(Step.RECEIVE), QUARANTINE, Order(Step.STORE)])
def test_what_two_persons_sent_on_is_set_aside_again_once_it_is_back(held: str, back: Order) -> None:
    at = in_case()
    at.do(Order(Step.HOLD), held)
    assert at.do(SENT, sscc(1)).taken
    assert [one.key for one in pieces(at.db) if one.here] == []
    at.do(back, sscc(1))
    if back.step is not Step.STORE or held == sscc(1):  # by putting a case away only that is known to be here
        assert {one.key for one in pieces(at.db) if one.here and not one.pickable} >= {held}
    for key in (item(1), sscc(1)):
        assert codes(at.do(SHIP, key)) == ["OUT_OF_TRADE"]


def test_a_lot_does_not_leave_with_a_label_of_it_and_stays_held() -> None:
    at = made()
    at.do(Order(Step.HOLD), lot("L1"))
    assert at.do(SENT, lot("L1")).taken
    at.do(TAKEN_OFF, lot("L1"))
    assert codes(at.do(SHIP, item(1))) == ["OUT_OF_TRADE"]


def test_what_was_sent_on_and_is_back_can_be_released() -> None:
    at = made()
    at.do(Order(Step.HOLD), item(1))
    at.do(SENT, item(1))
    at.do(TAKEN_OFF, item(1))
    at.do(replace(SENT, step=Step.RELEASE), item(1))
    assert codes(at.do(SHIP, item(1))) == []
