"""What was at a place during a window: itself, in a container, or as an amount in one (law of tracing §5)."""

from __future__ import annotations

import pytest
from tests.unit.trace.lineage.chronicle import Chronicle, minute, minutes, some

from suyuan.trace.lineage.presence import lots_at
from suyuan.trace.lineage.statement import instant, moment

LOT = "https://id.gs1.org/01/09521234000013/10/A"
OTHER = "https://id.gs1.org/01/09521234000013/10/B"
FOREIGN = "https://id.gs1.org/01/09521234000020/10/A"
SHOP = "https://id.gs1.org/414/9521234000006"
SHELF = SHOP + "/254/2"
PLANT = "https://id.gs1.org/414/9521234000013"


@pytest.fixture
def told() -> Chronicle:
    return Chronicle()


def at_the_shop(told: Chronicle, start: float, end: float) -> dict[str, tuple[float | None, float | None]]:
    found = lots_at(
        told.lineage().history(), SHOP, {LOT, OTHER}, instant(minute(start)), instant(minute(end))
    )
    return {lot: (minutes(moment(since)), minutes(moment(until))) for lot, (since, until) in found.items()}


def test_a_piece_counts_for_its_lot_from_its_arrival_until_it_leaves(told: Chronicle) -> None:
    told.make(0, "a1", "a2", lot=LOT, place=PLANT)
    told.see(10, "a1", place=SHOP)
    told.see(12, "a2", place=SHELF)
    told.see(20, "a1", place=PLANT)
    assert at_the_shop(told, 11, 15) == {LOT: (10, None)}
    told.see(30, "a2", place=PLANT)
    assert at_the_shop(told, 11, 15) == {LOT: (10, 30)}
    assert at_the_shop(told, 30, 40) == {}
    assert at_the_shop(told, 0, 10) == {}


def test_what_is_in_an_unopened_case_was_there_too(told: Chronicle) -> None:
    told.make(0, "a1", lot=LOT, place=PLANT)
    told.make(0, "b1", lot=OTHER, place=PLANT)
    told.pack(1, "case", "a1", "b1", place=PLANT)
    told.pack(2, "pallet", "case", place=PLANT)
    told.see(10, "pallet", place=SHOP)
    told.unpack(15, "case", "b1", place=SHOP)
    told.see(20, "b1", place=PLANT)
    told.see(25, "pallet", place=PLANT)
    assert at_the_shop(told, 12, 13) == {LOT: (10, 25), OTHER: (10, 15)}
    assert at_the_shop(told, 16, 17) == {LOT: (10, 25), OTHER: (15, 20)}
    assert at_the_shop(told, 21, 22) == {LOT: (10, 25)}


def test_an_amount_of_a_lot_counts_loose_and_in_a_container(told: Chronicle) -> None:
    told.make(0, some(LOT, 10), some(OTHER, 5), some(FOREIGN, 1), place=PLANT)
    told.pack(1, "crate", some(LOT, 10), place=PLANT)
    told.see(10, "crate", place=SHOP)
    told.see(11, some(OTHER, 5), some(FOREIGN, 1), place=SHOP)
    assert set(at_the_shop(told, 12, 13)) == {LOT, OTHER}
    assert set(at_the_shop(told, 10.5, 10.6)) == {LOT}


def test_a_piece_that_sits_in_a_case_elsewhere_is_not_there(told: Chronicle) -> None:
    told.make(0, "a1", lot=LOT, place=SHOP)
    told.pack(5, "case", "a1", place=SHOP)
    told.see(10, "case", place=PLANT)
    assert at_the_shop(told, 6, 7) == {LOT: (5, 10)}
    assert at_the_shop(told, 11, 12) == {}


def test_loose_goods_stay_though_another_place_tells_of_the_lot(told: Chronicle) -> None:
    told.make(0, some(LOT, 30), place=PLANT)
    told.see(1, some(LOT, 20), step="shipping", read_point=PLANT)
    told.see(10, some(LOT, 20), place=SHOP, step="receiving")
    told.see(20, some(LOT, 10), place="far", step="receiving")
    told.see(30, some(LOT, 20), place=SHOP, step="retail_selling")
    assert at_the_shop(told, 25, 26) == {LOT: (10, 30)}
    assert at_the_shop(told, 31, 32) == {}


def test_a_lot_of_which_nobody_told_how_much_there_is_stays(told: Chronicle) -> None:
    told.see(10, some(LOT), place=SHOP, step="receiving")
    told.see(20, some(LOT), place="far", step="receiving")
    assert at_the_shop(told, 25, 26) == {LOT: (10, None)}
