"""Amounts, where now, and scope by the law of tracing (sections 8 and 9), each answer computed by hand."""

from __future__ import annotations

import pytest

from suyuan.trace.lineage.contract import WhereNow
from suyuan.trace.lineage.occurrence import Holding, Occurrence

from .engines import Build
from .stories import (
    BAKERY,
    BREAD,
    CASE,
    DOUGH,
    FARM,
    FLOUR,
    MILL,
    SHOP,
    A,
    B,
    C,
    D,
    E,
    ask,
    commission,
    contaminated_of,
    delete,
    hold_of,
    lines,
    lot,
    make,
    observe,
    pack,
    some,
    sum_up,
    suspect,
    the,
)

# --- amounts (section 8)


def silo_story(*, pieces: bool = False) -> list[Occurrence]:
    uom = None if pieces else "KGM"
    return [
        commission("bad", 0, some(lot("BAD"), 10)),
        commission("good", 0, some(lot("GOOD"), 990)),
        make("fill", 2, [some(lot("BAD"), 10), some(lot("GOOD"), 990)], [some(DOUGH, 1000)]),
        make("draw", 4, [some(DOUGH, 100)], [some(BREAD, 100, uom)]),
        commission("born", 5, A, lots=[(A, BREAD)]),
    ]


@pytest.mark.parametrize("pieces", [False, True])
def test_ten_suspect_kilograms_in_a_silo_of_a_thousand(build: Build, *, pieces: bool) -> None:
    answer = ask(build, silo_story(pieces=pieces), suspect(lot("BAD")))
    assert hold_of(answer, DOUGH) == (1000, "KGM")
    assert contaminated_of(answer, DOUGH) == (10, 10, 10)
    assert hold_of(answer, BREAD) == (100, None if pieces else "KGM")
    assert contaminated_of(answer, BREAD) == pytest.approx((0, 1, 10))
    assert hold_of(answer, A) == (1, None)
    assert contaminated_of(answer, A) == pytest.approx((0, 0.01, 1))


def test_most_of_a_silo_is_suspect(build: Build) -> None:
    answer = ask(build, silo_story(), suspect(lot("GOOD")))
    assert contaminated_of(answer, BREAD) == pytest.approx((90, 99, 100))


def test_yield_scales_the_contaminated_input_and_outputs_share_it(build: Build) -> None:
    story = [
        commission("a", 0, some(lot("X"), 20)),
        commission("b", 0, some(lot("Y"), 20)),
        make(
            "press", 1, [some(lot("X"), 20), some(lot("Y"), 20)], [some(lot("OIL"), 5), some(lot("CAKE"), 15)]
        ),
    ]
    answer = ask(build, story, suspect(lot("X")))
    # 20 of 40 kg in, 20 kg out: 10 kg of the output; 5 kg of 20 and 15 kg of 20 are drawn from that.
    assert contaminated_of(answer, lot("OIL")) == pytest.approx((0, 2.5, 5))
    assert contaminated_of(answer, lot("CAKE")) == pytest.approx((5, 7.5, 10))


def test_mixed_units_tell_no_share(build: Build) -> None:
    story = [
        commission("flour", 0, some(FLOUR, 50)),
        make("mix", 1, [some(FLOUR, 50), some(lot("MILK"), 20, "LTR")], [some(BREAD, 100, None)]),
    ]
    answer = ask(build, story, suspect(FLOUR))
    assert hold_of(answer, BREAD) == (100, None)
    assert contaminated_of(answer, BREAD) == (0, None, 100)


def test_an_unknown_amount_is_not_guessed(build: Build) -> None:
    answer = ask(build, [make("mix", 1, [some(FLOUR, 50)], [some(BREAD)])], suspect(FLOUR))
    assert hold_of(answer, BREAD) is None
    assert contaminated_of(answer, BREAD) is None


def test_two_of_four_items_cooked_into_one_lot(build: Build) -> None:
    story = [
        pack("pack", 1, CASE, A, B, C, D),
        make("cook", 2, [CASE], [some(BREAD, 8)]),
    ]
    answer = ask(build, story, suspect(A), suspect(B))
    assert contaminated_of(answer, BREAD) == pytest.approx((4, 4, 4))  # 2 of 4 pieces, 8 kg out


def test_a_lot_made_by_two_groups_sums_them(build: Build) -> None:
    story = [
        commission("x", 0, some(lot("X"), 10)),
        commission("y", 0, some(lot("Y"), 10)),
        make("one", 1, [some(lot("X"), 10)], [some(BREAD, 10)]),
        make("two", 2, [some(lot("X"), 0), some(lot("Y"), 10)], [some(BREAD, 10)]),
        make("three", 3, [some(lot("Y"), 5)], [some(BREAD, 20)]),
    ]
    answer = ask(build, story, suspect(lot("X")))
    assert hold_of(answer, BREAD) == (40, "KGM")
    assert contaminated_of(answer, BREAD) == pytest.approx((10, 10, 10))


# --- where now, and scope (section 9)


def test_a_lot_consumed_destroyed_and_sold_in_part(build: Build) -> None:
    story = [
        commission("mill", 1, some(FLOUR, 100), place=MILL),
        make("bake", 5, [some(FLOUR, 30)], [some(BREAD, 60, None)], place=BAKERY),
        delete("burn", 6, some(FLOUR, 20), step="destroying", place=MILL),
        observe("sell", 7, some(FLOUR, 50), step="retail_selling", place=SHOP, party="shop"),
    ]
    scope = sum_up(build, story, {MILL: "miller", BAKERY: "baker"}, suspect(FLOUR))
    assert lines(scope) == [
        (MILL, "miller", "destroyed", "KGM", 1, 20, (20, 20, 20)),
        (BAKERY, "baker", "consumed", "KGM", 1, 30, (30, 30, 30)),
        (BAKERY, "baker", "in_stock", None, 1, 60, (60, 60, 60)),
        (SHOP, "shop", "sold", "KGM", 1, 50, (50, 50, 50)),
    ]


def test_items_are_counted_once_in_their_cases(build: Build) -> None:
    story = [
        commission("born", 1, A, B, C, lots=[(A, FLOUR), (B, FLOUR), (C, FLOUR)], place=FARM, party="farm"),
        pack("pack", 2, CASE, A, B, place=FARM, party="farm"),
        observe("ship", 3, CASE, step="shipping", read_point=FARM, party="carrier"),
        observe("sell", 4, C, step="retail_selling", place=SHOP, party="shop"),
    ]
    expected = [
        (None, "carrier", "in_transit", None, 2, 2, (2, 2, 2)),
        (SHOP, "shop", "sold", None, 1, 1, (1, 1, 1)),
    ]
    scope = sum_up(build, story, {}, suspect(FLOUR))
    assert lines(scope) == expected
    assert [line.keys for line in scope.lines] == [(A, B), (C,)]
    assert lines(sum_up(build, story, {}, suspect(CASE))) == expected[:1]  # the case holds them: not counted
    assert the(scope.trace, A).where_now == WhereNow(None, CASE, "carrier", "in_transit")


def test_where_now_after_each_last_word(build: Build) -> None:
    story = [
        observe("sold", 1, A, place=SHOP, disposition="retail_sold"),
        delete("over the counter", 1, B, place=SHOP, step="retail_selling"),
        delete("decommissioned", 1, C, place=SHOP, step="decommissioning"),
        observe("seen", 1, D),
        delete("burnt", 1, E, place=SHOP, disposition="destroyed"),
    ]
    answer = ask(build, story, *(suspect(key) for key in (A, B, C, D, E)))
    status = {key: state.where_now.status for key in (A, B, C, D, E) if (state := the(answer, key)).where_now}
    assert status == {A: "sold", B: "sold", C: "unaccounted", D: "unaccounted", E: "destroyed"}


def test_a_possible_state_has_no_certain_minimum(build: Build) -> None:
    story = [
        commission("born", 1, A, lots=[(A, FLOUR)]),
        make("mix", 2, [some(FLOUR, 10)], [Holding(B)]),
    ]
    share = contaminated_of(ask(build, story, suspect(A)), B)
    assert share == (0, None, 1)  # whether the item is in the ten kilograms nobody knows


# --- sentences that were sharpened after the first comparison


def test_a_lot_that_nobody_ever_named_has_no_known_amount(build: Build) -> None:
    answer = ask(build, [observe("seen", 1, A)], suspect(DOUGH))
    assert hold_of(answer, DOUGH) is None
    scope = sum_up(build, [observe("seen", 1, A)], {}, suspect(DOUGH))
    assert lines(scope) == [(None, None, "unaccounted", None, 1, None, (0, None, None))]


def test_an_item_in_transit_with_a_destination(build: Build) -> None:
    story = [observe("ship", 1, A, step="shipping", place=SHOP)]
    assert the(ask(build, story, suspect(A)), A).where_now == WhereNow(SHOP, None, "acme", "in_transit")


def test_an_unknown_content_of_a_consumed_case_hides_the_share(build: Build) -> None:
    story = [
        commission("mill", 0, some(FLOUR, 9)),
        pack("load", 1, CASE, some(FLOUR, 5), some(lot("SALT"))),
        make("mix", 2, [CASE], [some(BREAD, 8)]),
    ]
    assert contaminated_of(ask(build, story, suspect(FLOUR)), BREAD) == (0, None, 8)
