"""Amounts of lots that units hold: remembered by unit, by the law of tracing, and stopped with their lot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from tests.unit.readers.station.floor import GTIN, NOW, OTHER, TODAY, Floor, codes, item, lot, sscc

from suyuan.readers.station import journal, memory
from suyuan.readers.station.amounts_inside import left_of, lots_inside, moved
from suyuan.readers.station.despatch import Announced, Despatch, Expected, Supplier
from suyuan.readers.station.inspection import PLANS, Item, Plan
from suyuan.readers.station.journal import Entry
from suyuan.readers.station.knowledge import DRAINED, Blocked, Lesson, Moved
from suyuan.readers.station.memory import Ask
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.outbox import Outbox
from suyuan.readers.station.recall_task import RecallTask, reach_of
from suyuan.readers.station.receiving import Receiving
from suyuan.readers.station.stock import pieces
from suyuan.trace.epcis.event import QuantityElement

SACK, PALLET, OTHERS = sscc(1), sscc(2), sscc(3)
SHIP = Order(Step.SHIP)
HELD = Blocked("held", "7")


def kg(number: str, value: float | None, uom: str | None = "KGM") -> QuantityElement:
    return QuantityElement(lot(number), value, uom)


def filled(*elements: QuantityElement) -> Floor:
    """A sack with these amounts on a pallet; another pallet with an amount of lot L9."""
    at = Floor()
    at.do(Order(Step.PACK, parent=SACK, typed=True, quantities=elements or (kg("L1", 20),)))
    at.do(Order(Step.PACK, parent=PALLET), SACK)
    at.do(Order(Step.PACK, parent=OTHERS, typed=True, quantities=(kg("L9", 5),)))
    return at


def out(*elements: QuantityElement, unit: str = SACK) -> Order:
    return Order(Step.UNPACK, parent=unit, typed=True, quantities=elements)


def held(at: Floor) -> None:
    at.blocked = {lot("L1"): HELD}


def set_aside(at: Floor) -> None:
    at.do(Order(Step.HOLD, typed=True, quantities=(kg("L1", 1),)))


def expired(at: Floor) -> None:
    made = Order(
        Step.COMMISSION, product=GTIN, lot="L1", expires=TODAY, typed=True, quantities=(kg("L1", 1),)
    )
    at.do(made)
    at.today = TODAY + timedelta(days=1)


def failed(at: Floor) -> None:
    at.do(Order(Step.INSPECT, product=GTIN, lot="L1", disposition="non_conformant"), item(99))


def unreleased(at: Floor) -> None:
    plan = Plan(GTIN, (Item("铅", "mg/kg", most=Decimal("0.02")),), (Step.SHIP,))
    at.sections = {PLANS.name: (plan,)}
    memory.learn(at.db, [Lesson(lot("L9"), quality="released")], at.time)


@pytest.mark.parametrize(
    "stop", [held, set_aside, expired, failed, unreleased], ids=lambda stop: stop.__name__
)
@pytest.mark.parametrize("unit", [SACK, PALLET])
def test_a_lot_that_is_stopped_stops_every_unit_that_holds_some_of_it(
    unit: str, stop: Callable[[Floor], None]
) -> None:
    at = filled()
    stop(at)
    assert at.do(SHIP, unit).taken == ()
    assert at.do(SHIP, OTHERS).taken != ()


@pytest.mark.parametrize(
    ("taken", "stops"),
    [
        (out(kg("L1", 5)), True),
        (out(kg("L1", 20)), False),
        (out(kg("L1", 20_000, "GRM")), False),
        (out(kg("L1", 3, None)), True),  # pieces of what was weighed: how much is left is open
        (out(kg("L1", None)), False),  # the law of tracing: named without an amount, it is out
        (out(), False),
        (out(unit=PALLET), True),  # the sack itself is off the pallet, and full
        (out(kg("L2", 20)), True),
    ],
)
def test_what_is_taken_out_ends_the_stop_once_nothing_is_left(taken: Order, *, stops: bool) -> None:
    at = filled()
    assert codes(at.do(taken)) == []
    held(at)
    assert (at.do(SHIP, SACK).taken == ()) is stops


def test_the_pallet_is_free_once_its_sack_is_gone() -> None:
    at = filled()
    at.do(Order(Step.UNPACK, parent=PALLET), SACK)
    held(at)
    assert codes(at.do(SHIP, PALLET)) == []
    assert codes(at.do(SHIP, SACK)) == ["HELD"]


def test_a_label_of_a_lot_is_packed_into_as_many_units_as_there_are_sacks_of_it() -> None:
    at = Floor()
    for unit in (SACK, OTHERS):
        assert codes(at.do(Order(Step.PACK, parent=unit), lot("L1"))) == []
    assert codes(at.do(Order(Step.UNPACK, parent=SACK), lot("L1"))) == []
    held(at)
    assert codes(at.do(SHIP, SACK)) == []
    assert codes(at.do(SHIP, OTHERS)) == ["HELD"]


def test_a_sack_in_the_hopper_is_empty_and_can_be_filled_again() -> None:
    at = filled()
    made = Order(Step.TRANSFORM, outputs=(QuantityElement(lot("N", OTHER), 19, "KGM"),))
    assert codes(at.do(made, PALLET)) == []
    held(at)
    assert codes(at.do(SHIP, SACK)) == []
    assert codes(at.do(SHIP, PALLET)) == []
    at.do(Order(Step.PACK, parent=SACK, typed=True, quantities=(kg("L1", 1),)))
    assert codes(at.do(SHIP, PALLET)) == ["HELD"]


def test_an_amount_that_came_inside_a_unit_is_remembered_once() -> None:
    goods = (
        Announced(SACK, SACK),
        Announced(lot("L1"), lot("L1"), SACK, lot("L1"), is_class=True, quantity=20.0, uom="KGM"),
    )
    coming = Expected((Despatch("urn:uuid:1", NOW - timedelta(days=1), Supplier("x"), goods),), NOW)
    at = Floor(coming=coming)
    for _ in range(2):
        at.do(Order(Step.RECEIVE, particulars=Receiving(unopened=True)), SACK)
    at.coming = Expected()
    held(at)
    assert codes(at.do(SHIP, SACK)) == ["HELD"]
    at.blocked = {}
    at.do(out(kg("L1", 20)))
    held(at)
    assert codes(at.do(SHIP, SACK)) == []


def test_an_amount_goes_into_the_unit_that_is_read() -> None:
    at = Floor()
    assert codes(at.do(Order(Step.PACK, quantities=(kg("L1", 20),)), SACK)) == []
    held(at)
    assert codes(at.do(SHIP, SACK)) == ["HELD"]
    assert codes(at.do(Order(Step.UNPACK, quantities=(kg("L1", 20),)), SACK)) == ["HELD"]
    assert codes(at.do(SHIP, SACK)) == []


def test_two_lots_in_a_unit_are_kept_apart_and_shipping_takes_them_along() -> None:
    at = filled(kg("L1", 20), kg("L2", 1))
    assert codes(at.do(SHIP, PALLET)) == []
    at.do(Order(Step.RECEIVE), PALLET)
    at.do(out(kg("L1", 20)))
    found = memory.recollect(at.db, Ask((), units=(PALLET, OTHERS)))
    assert found.inside[PALLET] == {SACK, lot("L2")}
    assert found.contents == {PALLET: {lot("L2")}, OTHERS: {lot("L9")}}


@pytest.mark.parametrize(
    ("moves", "left"),
    [
        ([], {}),
        ([moved("in", "L", kg("L1", 0.1)), moved("in", "L", kg("L1", 0.2))], {"L": (Decimal("0.3"), "mass")}),
        ([moved("in", "L", kg("L1", 0.3)), moved("out", "L", kg("L1", 0.3))], {}),
        ([moved("in", "L", kg("L1", 2)), moved("in", "L", kg("L1", 2, None))], {"L": None}),
        ([moved("in", "L"), moved("out", "L", kg("L1", 2))], {"L": None}),
        ([moved("in", "L", kg("L1", 2, "XBX")), moved("out", "L", kg("L1", 2, "XBX"))], {}),
        ([moved("in", "L", kg("L1", 2, "XBX")), moved("out", "L", kg("L1", 2))], {"L": (Decimal(2), "XBX")}),
        ([moved("out", "L", kg("L1", 2)), moved("in", "L", kg("L1", 1))], {"L": (Decimal(1), "mass")}),
        ([moved("in", "L", kg("L1", 2)), moved("there", "L", kg("L1", 9))], {"L": (Decimal(2), "mass")}),
        ([moved("in", "L"), moved("in", "M"), DRAINED, moved("in", "M")], {"M": None}),
    ],
)
def test_the_ledger_is_read_by_the_law(moves: list[Moved], left: dict[str, object]) -> None:
    assert left_of(moves) == left


async def test_amounts_outlive_the_program(tmp_path: Path) -> None:
    packed = (Lesson(SACK, moved=(moved("in", lot("L1"), kg("L1", 20)),)), Lesson(SACK, unit_key=PALLET))
    async with Outbox(tmp_path, "s", now=lambda: NOW) as box:
        await box.append([Entry("a", {}, NOW, 0.0, "boot", packed)])
    async with Outbox(tmp_path, "s", now=lambda: NOW) as box:
        await box.append([Entry("a", {}, NOW, 0.0, "boot", packed)])  # told again: counts once
        found = await box.recollect(Ask((), units=(PALLET,)))
        assert found.contents == {PALLET: {lot("L1")}}
        gone = (Lesson(SACK, moved=(moved("out", lot("L1"), kg("L1", 20)),)),)
        await box.append([Entry("b", {}, NOW, 0.0, "boot", gone)])
        assert (await box.recollect(Ask((), units=(PALLET,)))).contents == {PALLET: frozenset()}


def test_a_sweep_for_a_case_expects_the_units_that_only_hold_an_amount_of_its_lot() -> None:
    at = filled()
    at.blocked = {lot("L1"): Blocked("recalled", "7")}
    reach = reach_of("7", at.blocked.get, pieces(at.db))
    assert (reach.here, reach.lots) == (tuple(sorted((SACK, PALLET))), (lot("L1"),))
    swept = at.do(Order(Step.HOLD, particulars=RecallTask("7")), SACK)
    [missing] = [each for each in swept.findings if each.code == "MISSING"]
    assert missing.epcs == (PALLET,)
    swept = at.do(Order(Step.HOLD, particulars=RecallTask("7")), PALLET)
    assert {"MISSING", "RECALL_BALANCE", "NOT_OF_CASE"}.isdisjoint(codes(swept))


def test_a_sweep_expects_no_unit_of_which_the_amount_was_taken_out() -> None:
    at = filled()
    at.do(out(kg("L1", 20)))
    at.blocked = {lot("L1"): Blocked("recalled", "7")}
    assert reach_of("7", at.blocked.get, pieces(at.db)).here == ()


def test_what_is_taken_back_counts_neither_in_nor_out_whatever_was_recorded_meanwhile() -> None:
    at = Floor()

    def does(seconds: int, *moves: Moved, emptied: bool = False) -> Callable[[], None]:
        lessons, time = [Lesson(SACK, moved=moves, emptied=emptied)], NOW + timedelta(seconds=seconds)
        before = memory.former(at.db, lessons)
        memory.learn(at.db, lessons, time)
        return lambda: memory.restore(at.db, before, time)

    def there() -> frozenset[str]:
        return lots_inside(at.db, SACK)[SACK]

    does(1, moved("in", "L", kg("L1", 5)))
    undo_taking = does(2, moved("out", "L", kg("L1", 5)))
    undo_packing = does(3, moved("in", "L", kg("L1", 3)))
    does(4, moved("out", "L", kg("L1", 3)))
    assert there() == frozenset()
    undo_taking()
    assert there() == {"L"}
    undo_packing()
    does(5, moved("out", "L", kg("L1", 2)))
    assert there() == frozenset()
    does(6, moved("in", "L"))
    undo_emptying = does(7, emptied=True)
    assert there() == frozenset()
    undo_emptying()
    assert there() == {"L"}


def test_amounts_are_forgotten_with_their_unit_and_not_before() -> None:
    at = Floor()
    for statement in journal._SCHEMA:  # pyright: ignore[reportPrivateUsage]
        at.db.execute(statement)
    memory.learn(at.db, [Lesson(unit, moved=(moved("in", "L"),)) for unit in (SACK, PALLET)], NOW)
    memory.learn(at.db, [Lesson(SACK, disposition="in_progress")], NOW + timedelta(days=300))
    memory.forget(at.db, memory.as_text(NOW + timedelta(days=1)))
    assert (lots_inside(at.db, SACK), lots_inside(at.db, PALLET)) == ({SACK: {"L"}}, {})


@pytest.mark.parametrize("hold", ["listed", "set aside"])
@pytest.mark.parametrize("taken", [(kg("L1", 5),), ()])
def test_nothing_loose_is_taken_out_of_a_held_unit(hold: str, taken: tuple[QuantityElement, ...]) -> None:
    at = filled()
    if hold == "listed":
        at.blocked = {PALLET: HELD}
    else:
        at.do(Order(Step.HOLD), PALLET)
    refused = at.do(out(*taken))
    assert codes(refused)[-1] == "LOOSE_FROM_HOLD"
    assert (refused.taken, refused.recorded) == ((), False)
    for language in ("zh", "en"):
        assert SACK in refused.messages[-1].text(language)
        assert refused.messages[-1].remedy(language)
    by_two = replace(out(*taken), reason="sampled", operator="a", approver="b")
    assert at.do(by_two).recorded is (hold == "set aside")


def test_sacks_come_whole_out_of_a_held_pallet_and_take_the_hold_along() -> None:
    at = filled()
    at.blocked = {PALLET: HELD}
    assert at.do(out(unit=PALLET)).recorded
    assert codes(at.do(SHIP, SACK)) == ["HELD"]
    at.blocked = {}
    assert codes(at.do(SHIP, SACK)) == []
