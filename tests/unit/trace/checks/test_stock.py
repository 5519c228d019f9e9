"""Mass balance of lots at sites, of lots as a whole, and of processes, worked out by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest
from tests.unit.trace.checks.ledgers import (
    FARM,
    GROWER,
    LOT,
    MAKER,
    MEAL,
    MEALS,
    PLANT,
    RICE,
    SELLER,
    SHOP,
    Tale,
    case,
    item,
    kg,
    numbers,
    pieces,
    untold,
    with_facts,
)

from suyuan.trace.checks import Recipe
from suyuan.trace.lineage import Holding


@pytest.fixture
def tale() -> Tale:
    return Tale()


def test_what_comes_in_goes_out(tale: Tale) -> None:
    tale.make(0, FARM, kg(100))
    tale.send(1, FARM, SHOP, kg(100))
    tale.receive(9, SHOP, kg(99))  # within what weighing explains
    tale.sell(10, SHOP, kg(60))
    tale.see(11, SHOP, kg(39), action="DELETE", step="destroying")
    assert tale.found() == []


def test_more_is_sold_than_ever_came(tale: Tale) -> None:
    tale.make(0, FARM, kg(100))
    tale.send(1, FARM, SHOP, kg(100))
    came = tale.receive(9, SHOP, kg(100))
    tale.sell(10, SHOP, kg(80))
    below = tale.sell(11, SHOP, kg(30))
    last = tale.sell(12, SHOP, kg(5))
    (found,) = tale.found()
    assert (found.code, found.certainty, found.severity) == ("stock-below-zero", "certain", "alarm")
    assert (found.keys, found.place, found.party) == ((LOT,), SHOP, SELLER)
    assert numbers(found) == {"in": 100, "out": 115, "short": 15}
    assert found.evidence == (came, below, last)


def test_an_oversale_of_three_percent_is_told_and_of_one_is_weighing(tale: Tale) -> None:
    tale.make(0, FARM, kg(100))
    tale.send(1, FARM, SHOP, kg(100))
    tale.receive(9, SHOP, kg(100))
    tale.sell(10, SHOP, kg(101))
    assert tale.codes() == []
    tale.sell(11, SHOP, kg(2))
    assert tale.codes() == ["stock-below-zero"]


def test_pieces_are_counted_not_weighed(tale: Tale) -> None:
    tale.make(0, PLANT, pieces(1000))
    tale.sell(1, PLANT, pieces(1001))
    (found,) = tale.found()
    assert numbers(found)["short"] == 1


def test_the_order_within_an_instant_does_not_matter(tale: Tale) -> None:
    tale.sell(5, SHOP, kg(100), sequence=1)
    tale.receive(5, SHOP, kg(100), sequence=2)
    assert "stock-below-zero" not in tale.codes()


def test_goods_that_are_told_too_late_were_short_only_for_a_while(tale: Tale) -> None:
    tale.make(0, PLANT, kg(10))
    tale.sell(1, PLANT, kg(50))
    tale.make(2, PLANT, kg(60))
    (found,) = tale.found()
    assert (found.certainty, found.severity) == ("possible", "notice")


def test_sales_of_what_never_came_on_record_may_have_a_missing_record(tale: Tale) -> None:
    tale.sell(1, SHOP, kg(50))
    (found,) = [one for one in tale.found() if one.code == "stock-below-zero"]
    assert (found.certainty, found.severity) == ("possible", "warning")


def test_where_a_receipt_is_missing_that_is_what_is_told(tale: Tale) -> None:
    tale.make(0, FARM, kg(100))
    tale.send(1, FARM, SHOP, kg(100))
    tale.sell(10, SHOP, kg(60))
    assert tale.codes() == ["not-received"]


def test_what_left_in_an_unknown_amount_makes_no_shortage_less_certain(tale: Tale) -> None:
    tale.make(0, PLANT, kg(10))
    tale.see(1, PLANT, kg(None), action="DELETE")
    tale.sell(2, PLANT, kg(11))
    assert [one.certainty for one in tale.found() if one.code == "stock-below-zero"] == ["certain"]


def test_what_came_in_an_unknown_amount_lets_nothing_be_told(tale: Tale) -> None:
    tale.make(0, PLANT, kg(10))
    tale.make(1, PLANT, kg(None))
    tale.sell(2, PLANT, kg(50))
    found = tale.checked()
    assert found.findings == ()
    assert untold(found, "stock") == {"no-quantity": 1}


def test_where_an_unknown_amount_is_on_its_way_nothing_is_short(tale: Tale) -> None:
    tale.make(0, FARM, kg(100))
    tale.send(1, FARM, SHOP, kg(10))
    tale.send(1, FARM, SHOP, kg(None))
    tale.sell(9, SHOP, kg(70))
    assert tale.codes(now=20) == []


@pytest.mark.parametrize("nonsense", [-5.0, math.nan, math.inf])
def test_an_amount_that_is_none_states_nothing(tale: Tale, nonsense: float) -> None:
    tale.make(0, PLANT, kg(100))
    tale.make(1, PLANT, kg(nonsense))
    tale.pack(2, PLANT, case(1), kg(nonsense))
    tale.unpack(3, PLANT, case(1), kg(nonsense))
    tale.turn(4, PLANT, [kg(nonsense)], [kg(nonsense, MEALS)])
    tale.sell(5, PLANT, kg(300))
    found = tale.checked()
    assert found.findings == ()
    assert untold(found, "stock")["no-quantity"] == 2


def test_kilograms_are_not_compared_with_pieces(tale: Tale) -> None:
    tale.make(0, PLANT, kg(10, MEALS))
    tale.sell(1, PLANT, pieces(30))
    found = tale.checked()
    assert found.findings == ()
    assert untold(found, "stock") == {"units-differ": 2}


def test_goods_in_a_container_go_where_it_goes(tale: Tale) -> None:
    tale.make(0, FARM, kg(100))
    tale.pack(1, FARM, case(1), kg(40))
    tale.pack(2, FARM, case(9), case(1))
    tale.send(3, FARM, PLANT, case(9))
    tale.receive(8, PLANT, case(9))
    tale.unpack(9, PLANT, case(9), case(1))
    tale.unpack(10, PLANT, case(1), kg(40))
    tale.sell(11, PLANT, kg(40))
    tale.sell(12, FARM, kg(60))
    assert tale.found() == []
    tale.sell(13, FARM, kg(10))
    (found,) = tale.found()
    assert found.place == FARM
    assert numbers(found) == {"in": 100, "out": 110, "short": 10}


def test_a_crate_that_nobody_told_to_be_emptied_took_nothing_home_for_certain(tale: Tale) -> None:
    tale.make(0, FARM, kg(80))
    tale.pack(1, FARM, case(1), kg(40))
    tale.send(2, FARM, PLANT, case(1), kg(80))  # of which the crate holds one half
    tale.receive(9, PLANT, case(1), kg(80))
    tale.turn(10, PLANT, [kg(80)], [kg(60, MEALS)])
    tale.send(11, PLANT, FARM, case(1))
    tale.receive(20, FARM, case(1))
    (found,) = tale.found()
    assert (found.code, found.certainty, found.severity) == ("stock-below-zero", "possible", "warning")


def test_what_comes_out_of_a_crate_was_in_it_whoever_forgot_to_tell(tale: Tale) -> None:
    tale.make(0, FARM, kg(80))
    tale.send(2, FARM, PLANT, case(1))
    tale.receive(9, PLANT, case(1))
    tale.unpack(10, PLANT, case(1), kg(80))
    tale.turn(11, PLANT, [kg(80)], [kg(60, MEALS)])
    assert tale.found() == []


def test_what_is_packed_here_and_sent_is_gone_for_certain(tale: Tale) -> None:
    tale.make(0, FARM, kg(80))
    tale.pack(1, FARM, case(1), kg(120))
    tale.send(2, FARM, PLANT, case(1))
    tale.receive(20, PLANT, case(1))
    (found,) = tale.found()
    assert (found.certainty, numbers(found)["short"]) == ("certain", 40)


def test_an_unstated_amount_has_the_unit_of_its_lot(tale: Tale) -> None:
    tale.make(0, FARM, kg(80))
    tale.send(1, FARM, PLANT, Holding(LOT, is_class=True))
    tale.receive(9, PLANT, kg(80))
    tale.pack(10, PLANT, case(1), Holding(LOT, is_class=True))
    tale.turn(11, PLANT, [case(1)], [kg(60, MEALS)])
    found = tale.checked()
    assert found.findings == ()
    assert untold(found, "yield") == {"no-quantity": 1}


def test_a_crate_beside_its_goods_is_not_counted_twice(tale: Tale) -> None:
    tale.make(0, FARM, kg(100))
    tale.pack(1, FARM, case(1), kg(100))
    tale.send(2, FARM, PLANT, case(1), kg(100))
    tale.receive(8, PLANT, case(1), kg(100))
    tale.turn(9, PLANT, [case(1)], [pieces(50)])
    assert tale.found() == []


@pytest.mark.parametrize(
    ("put_in", "used"),
    [
        ([case(1), kg(100)], 100),  # the crate's content is part of what is named
        ([case(1), kg(150)], 150),
        ([kg(150), case(1), case(2)], 150),  # the second crate is in the first
        ([case(1), kg(60)], 60),  # of a process what is named counts, though the crate is gone with all
        ([case(1), kg(30, f"{RICE}/10/L2")], 130),
    ],
)
def test_what_is_named_beside_its_crate_is_used_once(
    tale: Tale, put_in: list[str | Holding], used: float
) -> None:
    tale.make(0, PLANT, kg(150), kg(30, f"{RICE}/10/L2"))
    tale.pack(1, PLANT, case(2), kg(100))
    tale.pack(2, PLANT, case(1), case(2))
    tale.turn(3, PLANT, put_in, [kg(170, MEALS)])
    (found,) = tale.found()
    assert (found.code, numbers(found)["in"]) == ("more-out-than-in", used)


def test_a_piece_named_beside_its_box_is_used_once(tale: Tale) -> None:
    tale.make(0, PLANT, item(1), item(2), lot=MEALS)
    tale.pack(1, PLANT, case(1), item(1), item(2))
    tale.turn(2, PLANT, [case(1), item(1)], [pieces(9, LOT)])
    (found,) = tale.found()
    assert numbers(found)["in"] == 2


@pytest.mark.parametrize("inner", [item(1), case(2)])
def test_pieces_beside_an_amount_in_a_crate_are_used_too(tale: Tale, inner: str) -> None:
    """Or nobody could tell what the process made of: of an empty crate nothing is made."""
    tale.make(0, PLANT, kg(10), item(1))
    tale.pack(1, PLANT, case(1), kg(10), inner)
    tale.turn(2, PLANT, [case(1)], [kg(15, MEALS)])
    found = tale.checked()
    if inner == item(1):
        assert (found.findings, untold(found, "yield")) == ((), {"units-differ": 1})
    else:
        assert [one.code for one in found.findings] == ["more-out-than-in"]


def test_two_words_for_one_movement_are_one_movement(tale: Tale) -> None:
    tale.make(0, FARM, kg(100))
    tale.send(1, FARM, PLANT, kg(60))
    tale.see(2, FARM, kg(60), step="departing", destinations=(PLANT,))
    tale.send(3, FARM, PLANT, kg(40))
    tale.see(8, PLANT, kg(60), step="arriving")
    tale.receive(9, PLANT, kg(60))
    tale.receive(10, PLANT, kg(40))
    tale.sell(11, PLANT, kg(100))
    assert tale.found() == []


def test_a_void_shipment_never_left(tale: Tale) -> None:
    tale.make(0, FARM, kg(100), case(1))
    tale.send(1, FARM, PLANT, kg(100), case(1))
    tale.see(2, FARM, kg(100), case(1), step="void_shipping")
    tale.sell(3, FARM, kg(100))
    assert tale.found() == []


def test_a_count_finds_what_is_missing_and_is_true_from_then_on(tale: Tale) -> None:
    tale.make(0, PLANT, kg(100))
    tale.see(5, PLANT, kg(70), step="stock_taking")
    tale.sell(6, PLANT, kg(70))
    (found,) = tale.found()
    assert (found.code, numbers(found)) == ("count-differs", {"expected": 100, "counted": 70})
    tale.sell(7, PLANT, kg(10))
    assert tale.codes() == ["count-differs", "stock-below-zero"]


def test_a_count_mends_what_was_not_known(tale: Tale) -> None:
    tale.make(0, PLANT, kg(None))
    tale.see(5, PLANT, kg(70), step="cycle_counting")
    found = tale.checked()
    assert found.findings == ()
    assert untold(found, "stock")["no-quantity"] >= 1


def test_more_of_a_lot_ends_than_was_made_of_it(tale: Tale) -> None:
    tale.make(0, FARM, kg(100))
    for number, shop in enumerate((SHOP, PLANT)):
        tale.see(5, shop, kg(80), step="storing")  # here it is, nobody says from where
        tale.sell(6 + number, shop, kg(80))
    (found,) = tale.found()
    assert (found.code, found.place, found.party) == ("lot-overdrawn", FARM, GROWER)
    assert numbers(found) == {"made": 100, "gone": 160, "over": 60}


def test_a_lot_has_no_more_pieces_than_were_made(tale: Tale) -> None:
    tale.make(0, PLANT, pieces(2))
    tale.make(1, PLANT, item(1), item(2), lot=MEALS)
    assert tale.codes() == []
    tale.make(2, PLANT, item(3), lot=MEALS)
    (found,) = tale.found()
    assert (found.code, numbers(found)["over"]) == ("more-pieces-than-made", 1)


def test_sums_of_a_party(tale: Tale) -> None:
    tale.make(0, PLANT, kg(100))
    tale.sell(1, PLANT, kg(30))
    tale.send(2, PLANT, SHOP, kg(50))
    (one,) = [one for one in tale.checked().balances if one.party == MAKER]
    assert (one.product, one.uom, one.made, one.sold, one.sent, one.stock) == (RICE, "KGM", 100, 30, 50, 20)


BAND = with_facts(recipes={MEAL: (Recipe(MEAL, frozenset({RICE}), least=0.5, most=0.9),)})


@pytest.mark.parametrize(
    ("came_out", "facts", "code"),
    [
        (70, BAND, None),
        (49, BAND, None),  # within what weighing explains
        (40, BAND, "yield-low"),
        (95, BAND, "yield-high"),
        (95, with_facts(), None),
        (130, with_facts(), "more-out-than-in"),
        (10, with_facts(recipes={MEAL: (Recipe(MEAL, most=0.9),)}), None),
    ],
)
def test_what_comes_out_of_a_process(tale: Tale, came_out: float, facts: Any, code: str | None) -> None:
    tale.make(0, PLANT, kg(100))
    tale.turn(1, PLANT, [kg(100)], [kg(came_out, MEALS)])
    assert tale.codes(facts) == ([] if code is None else [code])


def test_a_process_told_in_parts_is_judged_as_a_whole(tale: Tale) -> None:
    tale.make(0, PLANT, kg(100))
    tale.turn(1, PLANT, [kg(100)], [], transformation_id="run 7")
    tale.turn(2, PLANT, [], [kg(45, MEALS)], transformation_id="run 7")
    tale.turn(3, PLANT, [], [kg(30, MEALS)], transformation_id="run 7")
    assert tale.codes(BAND) == []


@pytest.mark.parametrize(
    ("put_in", "came_out", "reason"),
    [(None, 10.0, "no-quantity"), (10.0, None, "no-quantity"), (10.0, 9.0, "no-recipe")],
)
def test_what_is_not_told_of_a_process_is_not_passed(
    tale: Tale, put_in: float | None, came_out: float | None, reason: str
) -> None:
    tale.turn(1, PLANT, [kg(put_in)], [kg(came_out, MEALS)])
    found = tale.checked()
    assert untold(found, "yield") == {reason: 1}


def test_what_is_made_of_nothing_is_told(tale: Tale) -> None:
    tale.turn(1, PLANT, [], [kg(10, MEALS)])
    (found,) = tale.found()
    assert (found.code, found.keys, found.party) == ("made-from-nothing", (MEALS,), MAKER)
    other = Tale()
    other.make(1, PLANT, kg(10, MEALS))
    assert other.codes() == []
    assert other.codes(BAND) == ["made-from-nothing"]  # of a product that has a recipe
