"""Whatever is packed, split, unpacked and used up by amounts, a stopped lot stops what holds it, no more."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.readers.station.floor import OTHER, Floor, lot, sscc

from suyuan.readers.station.knowledge import Blocked
from suyuan.readers.station.order import Order, Step
from suyuan.trace.epcis.event import QuantityElement

UNITS = tuple(sscc(number) for number in range(3))
LOTS = tuple(lot(f"L{number}") for number in range(2))
MADE = (QuantityElement(lot("M", OTHER), 1, "KGM"),)


class Yard:
    """The reference: units in units, and what each holds itself, in grams; None: nobody knows how much."""

    def __init__(self) -> None:
        self.around: dict[str, str] = {}
        self.held: dict[tuple[str, str], int | None] = {}

    def within(self, unit: str) -> set[str]:
        inner = {one for one, outer in self.around.items() if outer == unit}
        return {unit}.union(*(self.within(one) for one in inner))

    def holds(self, unit: str, lot_key: str) -> bool:
        return any((one, lot_key) in self.held for one in self.within(unit))

    def put(self, unit: str, lot_key: str, grams: int | None) -> None:
        before = self.held.get((unit, lot_key), 0)
        self.held[unit, lot_key] = None if before is None or grams is None else before + grams

    def take(self, unit: str, lot_key: str, grams: int | None) -> None:
        before = self.held.get((unit, lot_key), 0)
        if grams is None or (before is not None and before <= grams):
            self.held.pop((unit, lot_key), None)
        elif before is not None:
            self.held[unit, lot_key] = before - grams

    def empty(self, unit: str) -> None:
        self.around = {one: outer for one, outer in self.around.items() if outer != unit}
        self.held = {(one, key): left for (one, key), left in self.held.items() if one != unit}

    def use_up(self, unit: str) -> None:
        gone = self.within(unit)
        self.held = {(one, key): left for (one, key), left in self.held.items() if one not in gone}


def _amount(lot_key: str, grams: int | None) -> QuantityElement:
    if grams is None:
        return QuantityElement(lot_key)
    told = (grams, "GRM") if grams % 2 else (float(Decimal(grams) / 1000), "KGM")
    return QuantityElement(lot_key, *told)


def _split(floor: Floor, yard: Yard, unit: str, other: str, lot_key: str, grams: int | None) -> None:
    """Some is filled over from one unit into another."""
    _take(floor, yard, unit, lot_key, grams)
    _put(floor, yard, other, lot_key, grams)


def _put(floor: Floor, yard: Yard, unit: str, lot_key: str, grams: int | None) -> None:
    floor.do(Order(Step.PACK, parent=unit, typed=True, quantities=(_amount(lot_key, grams),)))
    yard.put(unit, lot_key, grams)


def _take(floor: Floor, yard: Yard, unit: str, lot_key: str, grams: int | None) -> None:
    floor.do(Order(Step.UNPACK, parent=unit, typed=True, quantities=(_amount(lot_key, grams),)))
    yard.take(unit, lot_key, grams)


def _load(floor: Floor, yard: Yard, unit: str, other: str) -> None:
    if floor.do(Order(Step.PACK, parent=other), unit).taken:
        assert other not in yard.within(unit)
        yard.around[unit] = other


def _unload(floor: Floor, yard: Yard, unit: str) -> None:
    outer = yard.around.pop(unit, None)
    if outer is not None:
        assert floor.do(Order(Step.UNPACK, parent=outer), unit).taken


def _empty(floor: Floor, yard: Yard, unit: str) -> None:
    floor.do(Order(Step.UNPACK, parent=unit, typed=True))
    yard.empty(unit)


def _use_up(floor: Floor, yard: Yard, unit: str) -> None:
    assert floor.do(Order(Step.TRANSFORM, outputs=MADE), unit).taken
    yard.use_up(unit)


_units, _lots = st.sampled_from(UNITS), st.sampled_from(LOTS)
_much, _little = st.sampled_from((1000, 2, None)), st.sampled_from((1, 2, 1000, None))
_does: st.SearchStrategy[tuple[Callable[..., None], tuple[object, ...]]] = st.one_of(
    st.tuples(st.just(_put), st.tuples(_units, _lots, _much)),
    st.tuples(st.just(_put), st.tuples(_units, _lots, _much)),
    st.tuples(st.just(_take), st.tuples(_units, _lots, _little)),
    st.tuples(st.just(_split), st.tuples(_units, _units, _lots, _little)),
    st.tuples(st.just(_load), st.tuples(_units, _units)),
    st.tuples(st.just(_unload), st.tuples(_units)),
    st.tuples(st.just(_empty), st.tuples(_units)),
    st.tuples(st.just(_use_up), st.tuples(_units)),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_does, min_size=4, max_size=16), st.sampled_from(["held", "recalled"]))
def test_a_stopped_lot_stops_exactly_the_units_that_hold_some_of_it(
    does: list[tuple[Callable[..., None], tuple[object, ...]]], state: str
) -> None:
    floor, yard = Floor(checks_events=False), Yard()
    for act, what in does:
        act(floor, yard, *what)
    for lot_key in LOTS:
        floor.blocked = {lot_key: Blocked(state, "7")}
        for unit in UNITS:
            judged = floor.do(Order(Step.PICK), unit)
            assert (judged.taken == ()) is yard.holds(unit, lot_key)
