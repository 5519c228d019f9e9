"""Amounts, where now, and scope by the law of tracing (sections 8 and 9), each answer computed by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from suyuan.trace.lineage.contract import Options, WhereNow
from suyuan.trace.lineage.occurrence import Holding, Occurrence

from .engines import Build
from .stories import (
    BAKERY,
    BREAD,
    CASE,
    CRATE,
    DOUGH,
    FARM,
    FLOUR,
    MILL,
    OVEN,
    PALLET,
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
    objects,
    observe,
    pack,
    places,
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


# --- unknown amounts (sections 3 and 8)


def test_a_draw_from_an_unknown_amount_is_not_guessed(build: Build) -> None:
    story = [
        commission("x", 0, some(lot("X"), 5)),
        make("mix", 1, [some(lot("X"), 5), some(FLOUR, 5)], [some(BREAD, 10)]),
    ]  # how much flour there ever was nobody tells
    assert contaminated_of(ask(build, story, suspect(FLOUR)), BREAD) == (0, None, 5)
    both = ask(build, story, suspect(FLOUR), suspect(lot("X")))
    assert contaminated_of(both, BREAD) == (5, None, 10)


def test_a_draw_from_a_lot_made_later_in_an_unknown_amount(build: Build) -> None:
    story = [
        make("out", 2, [], [some(BREAD, 10)], transformation="vat 7"),
        make("knead", 3, [some(FLOUR, 5)], [some(DOUGH)]),
        make("typed", 4, [some(DOUGH, 10)], [], transformation="vat 7"),
    ]  # the vat put out before the dough was made: no earlier group gave the dough anything
    answer = ask(build, story, suspect(FLOUR))
    assert objects(answer) == {
        (FLOUR, None, None, "certain"),
        (DOUGH, 3, None, "certain"),
        (BREAD, 2, None, "possible"),
    }
    assert contaminated_of(answer, BREAD) == (0, None, 10)


@pytest.mark.parametrize(("uom", "most"), [(None, 2), ("KGM", 3)])
def test_possible_instances_in_an_amount(build: Build, uom: str | None, most: float) -> None:
    """Three pieces hold at most the two suspect ones; of three kilograms nobody knows."""
    story = [
        commission("born", 0, A, B, C, D, lots=[(key, FLOUR) for key in (A, B, C, D)], place=MILL),
        commission("x", 0, some(lot("X"), 5, uom)),
        make("bake", 2, [some(FLOUR, 3, uom), some(lot("X"), 5, uom)], [some(BREAD, 16)], place=MILL),
    ]
    answer = ask(build, story, suspect(A), suspect(B))
    assert contaminated_of(answer, BREAD) == (0, None, 2 * most)  # 8 in, 16 out
    with_x = ask(build, story, suspect(A), suspect(B), suspect(lot("X")))
    assert contaminated_of(with_x, BREAD) == (10, None, 10 + 2 * most)
    lot_itself = ask(build, story, suspect(FLOUR))  # its own amount is drawn then, of four pieces
    assert contaminated_of(lot_itself, BREAD) == ((6, 6, 6) if uom is None else (0, None, 6))


def test_an_unknown_amount_on_the_way_makes_the_hold_unknown(build: Build) -> None:
    story = [
        commission("mill", 0, some(FLOUR, 50)),
        pack("one", 1, CRATE, some(FLOUR, 20)),
        pack("two", 2, PALLET, some(FLOUR)),
    ]
    assert hold_of(ask(build, story, suspect(CRATE)), FLOUR) == (20, "KGM")
    both = ask(build, story, suspect(CRATE), suspect(PALLET))
    assert hold_of(both, FLOUR) is None
    assert contaminated_of(both, FLOUR) is None


def test_what_is_only_seen_inside_has_an_amount_once_one_is_added(build: Build) -> None:
    seen = pack("seen", 1, CRATE, some(FLOUR, 99))
    story = [commission("mill", 0, some(FLOUR, 50)), replace(seen, action="OBSERVE")]
    assert hold_of(ask(build, story, suspect(CRATE)), FLOUR) is None
    story += [pack("fill", 2, CRATE, some(FLOUR, 7))]
    assert hold_of(ask(build, story, suspect(CRATE)), FLOUR) == (7, "KGM")


def test_more_inside_than_was_ever_told_produced_is_all_of_it(build: Build) -> None:
    """C.min is at least Q then, so every instance is contaminated; the hold is not understated."""
    story = [
        commission("told", 0, some(DOUGH, 1)),
        commission("born", 0, C, lots=[(C, DOUGH)]),
        pack("fill", 1, CASE, some(DOUGH, 5), D),
        observe("arrive", 1.5, CASE, place=MILL),
        make("cook", 2, [C], [some(BREAD, 10)], place=BAKERY),
    ]
    answer = ask(build, story, suspect(MILL, 0))
    assert hold_of(answer, DOUGH) == (5, "KGM")
    assert contaminated_of(answer, C) == (1, 1, 1)
    assert contaminated_of(answer, BREAD) == (10, 10, 10)


def test_a_lot_named_beside_its_case_is_consumed_once_as_named(build: Build) -> None:
    story = [
        commission("mill", 0, some(FLOUR, 20)),
        pack("fill", 1, CASE, some(FLOUR, 5)),
        make("mix", 2, [CASE, some(FLOUR, 5), some(DOUGH, 15)], [some(BREAD, 20)], place=BAKERY),
    ]
    answer = ask(build, story, suspect(FLOUR))
    assert contaminated_of(answer, BREAD) == (5, 5, 5)  # five of twenty, not ten of twenty-five
    assert lines(sum_up(build, story, {}, suspect(FLOUR))) == [
        (None, "acme", "unaccounted", "KGM", 1, 15, (15, 15, 15)),
        (BAKERY, "acme", "consumed", "KGM", 1, 5, (5, 5, 5)),
        (BAKERY, "acme", "in_stock", "KGM", 1, 20, (5, 5, 5)),
    ]


# --- lots that are used up, and what deletions say (section 9)


def test_a_lot_that_is_used_up_is_consumed_where_the_last_of_it_was(build: Build) -> None:
    story = [
        commission("harvest", 1, some(FLOUR, 100), place=FARM),
        make("knead", 5, [some(FLOUR, 60)], [some(DOUGH, 60)], place=MILL),
    ]
    some_left = ask(build, story, suspect(FLOUR))
    assert the(some_left, FLOUR).where_now == WhereNow(FARM, None, "acme", "in_stock")
    story += [make("bake", 6, [some(FLOUR, 40)], [some(BREAD, 40)], place=BAKERY, party="baker")]
    used_up = ask(build, story, suspect(FLOUR))
    assert the(used_up, FLOUR).where_now == WhereNow(BAKERY, None, "baker", "consumed")
    assert lines(sum_up(build, story, {FARM: "farm", MILL: "miller"}, suspect(FLOUR))) == [
        (FARM, "farm", "in_stock", None, 1, None, (0, None, None)),  # it let nothing go itself
        (MILL, "miller", "consumed", "KGM", 1, 60, (60, 60, 60)),
        (MILL, "miller", "in_stock", "KGM", 1, 60, (60, 60, 60)),
        (BAKERY, "baker", "consumed", "KGM", 1, 40, (40, 40, 40)),
        (BAKERY, "baker", "in_stock", "KGM", 1, 40, (40, 40, 40)),
    ]


def test_a_lot_consumed_in_another_unit_may_be_there_still(build: Build) -> None:
    story = [
        commission("harvest", 1, some(FLOUR, 100), place=FARM),
        make("knead", 5, [some(FLOUR, 100, "LTR")], [some(DOUGH, 60)], place=MILL),
    ]
    assert the(ask(build, story, suspect(FLOUR)), FLOUR).where_now == WhereNow(FARM, None, "acme", "in_stock")


def test_a_lot_consumed_in_its_crates_is_consumed(build: Build) -> None:
    story = [
        commission("mill", 1, some(FLOUR, 30), place=MILL),
        pack("fill", 2, CRATE, some(FLOUR, 20), place=MILL),
        pack("stack", 3, PALLET, CRATE, place=MILL),
        make("tip", 5, [PALLET], [some(DOUGH, 20)], place=BAKERY),
        make("rest", 6, [some(FLOUR, 10)], [some(BREAD, 10)], place=OVEN),
    ]
    assert the(ask(build, story[:4], suspect(FLOUR)), FLOUR).where_now == WhereNow(
        MILL, None, "acme", "in_stock"
    )
    assert the(ask(build, story, suspect(FLOUR)), FLOUR).where_now == WhereNow(OVEN, None, "acme", "consumed")


@pytest.mark.parametrize(
    ("step", "status"),
    [("destroying", "destroyed"), ("retail_selling", "sold"), ("decommissioning", "unaccounted")],
)
def test_a_lot_that_is_wholly_deleted_is_what_the_last_deletion_says(
    build: Build, step: str, status: str
) -> None:
    story = [
        commission("mill", 1, some(FLOUR, 50), place=MILL),
        delete("first", 5, some(FLOUR, 30), step="destroying", place=MILL),
        delete("last", 6, some(FLOUR, 20), step=step, place=MILL),
        observe("empty sack", 7, some(FLOUR), place=FARM),
    ]
    where = the(ask(build, story, suspect(FLOUR)), FLOUR).where_now
    assert where is not None
    assert (where.place, where.status) == (MILL, status)  # an empty sack elsewhere moves nothing


def test_a_lot_half_consumed_and_half_deleted_is_what_became_of_the_last_of_it(build: Build) -> None:
    story = [
        commission("mill", 1, some(FLOUR, 50), place=MILL),
        make("bake", 5, [some(FLOUR, 30)], [some(BREAD, 30)], place=BAKERY),
        delete("burn", 6, some(FLOUR, 20), step="destroying", place=MILL),
        observe("empty sack", 7, some(FLOUR), place=MILL),
    ]
    where = the(ask(build, story, suspect(FLOUR)), FLOUR).where_now
    assert where == WhereNow(MILL, None, "acme", "destroyed")
    assert lines(sum_up(build, story, {}, suspect(FLOUR))) == [
        (MILL, "acme", "destroyed", "KGM", 1, 20, (20, 20, 20)),
        (MILL, "acme", "in_stock", None, 1, None, (0, None, None)),  # what the sack holds
        (BAKERY, "acme", "consumed", "KGM", 1, 30, (30, 30, 30)),
        (BAKERY, "acme", "in_stock", "KGM", 1, 30, (30, 30, 30)),
    ]


def test_deleted_amounts_are_destroyed_sold_or_unaccounted(build: Build) -> None:
    story = [
        commission("mill", 1, some(FLOUR, 100), place=SHOP),
        delete("burn", 2, some(FLOUR, 20), disposition="destroyed", place=SHOP),
        delete("sell", 3, some(FLOUR, 30), disposition="retail_sold", place=SHOP),
        delete("write off", 4, some(FLOUR, 10), place=SHOP),
        observe("count", 6, some(FLOUR, 1), place=SHOP),
    ]
    assert lines(sum_up(build, story, {}, suspect(FLOUR))) == [
        (SHOP, "acme", "destroyed", "KGM", 1, 20, (20, 20, 20)),
        (SHOP, "acme", "in_stock", "KGM", 1, 40, (40, 40, 40)),
        (SHOP, "acme", "sold", "KGM", 1, 30, (30, 30, 30)),
        (SHOP, "acme", "unaccounted", "KGM", 1, 10, (10, 10, 10)),
    ]


def test_each_lot_of_unknown_amount_is_a_line_of_its_own(build: Build) -> None:
    story = [
        commission("mill", 1, some(FLOUR, 9), place=MILL),
        make("mix", 2, [some(FLOUR, 2)], [some(DOUGH), some(BREAD)], place=MILL),
        observe("box", 2, A, place=MILL),
    ]
    scope = sum_up(build, story, {}, suspect(FLOUR), suspect(A))
    assert [(*line, told.keys) for line, told in zip(lines(scope), scope.lines, strict=True)] == [
        (MILL, "acme", "consumed", "KGM", 1, 2, (2, 2, 2), (FLOUR,)),
        (MILL, "acme", "in_stock", None, 1, 1, (1, 1, 1), (A,)),
        (MILL, "acme", "in_stock", None, 1, None, (0, None, None), (BREAD,)),
        (MILL, "acme", "in_stock", None, 1, None, (0, None, None), (DOUGH,)),
        (MILL, "acme", "in_stock", "KGM", 1, 7, (7, 7, 7), (FLOUR,)),
    ]


# --- certain_only (section 10)


def test_certain_only_leaves_out_of_the_finished_answer(build: Build) -> None:
    """The case is a member of the very lot in it: possibly suspect after 3, hence no carrier."""
    story = [pack("fill", 1, A, some(FLOUR, 5), lots=[(A, FLOUR)], place=OVEN)]
    answer = ask(build, story, suspect(FLOUR, 1, 3))
    assert objects(answer) == {
        (FLOUR, 1, 3, "certain"),
        (FLOUR, 3, None, "possible"),
        (A, 1, 3, "certain"),
        (A, 3, None, "possible"),
    }
    only = ask(build, story, suspect(FLOUR, 1, 3), options=Options(certain_only=True))
    assert objects(only) == {(FLOUR, 1, 3, "certain"), (A, 1, 3, "certain")}
    assert places(only) == {(OVEN, 1, 3, "certain carrier")}
    assert {(e.kind, e.source, e.target) for e in only.edges} == {
        ("member", FLOUR, A),
        ("carry", FLOUR, A),
        ("move", A, OVEN),
        ("move", FLOUR, OVEN),
    }
    assert only.places == (OVEN,)
