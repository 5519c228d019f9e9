"""Portions in crates and on pallets, and what a hold of one of them reaches,
by the law of tracing (section 9), each answer computed by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from suyuan.trace.lineage.contract import Options, WhereNow
from suyuan.trace.lineage.occurrence import Occurrence

from .engines import Build
from .honey import CRATE_CAME, GROWN, HONEY, PACKED, RECEIVED, SHIPPED, lying, where_is
from .stories import (
    BAKERY,
    BREAD,
    CASE,
    CRATE,
    FARM,
    MARKET,
    PALLET,
    SHOP,
    affected,
    ask,
    delete,
    hold_of,
    lines,
    make,
    observe,
    pack,
    some,
    sum_up,
    suspect,
    unpack,
)


@pytest.mark.parametrize(("amount", "loose"), [(12, 0), (20, 0), (25, 5)])
def test_a_crate_and_its_lot_are_named_in_one_event(build: Build, amount: float, loose: float) -> None:
    """What is in the crate is not told twice: neither when it leaves nor when it comes or is sold."""
    away = observe("away", 2, CRATE, some(HONEY, amount), step="shipping", read_point=FARM)
    there = {(FARM, "in_stock"): 30 - loose}
    assert lying(build, [GROWN, PACKED, away]) == {**there, (None, "in_transit"): 20 + loose}
    came = observe("came", 3, CRATE, some(HONEY, amount), step="receiving", place=SHOP)
    assert lying(build, [GROWN, PACKED, away, came]) == {**there, (SHOP, "in_stock"): 20 + loose}
    sold = observe("sold", 4, CRATE, some(HONEY, amount), step="retail_selling", place=SHOP)
    assert lying(build, [GROWN, PACKED, away, came, sold]) == {**there, (SHOP, "sold"): 20 + loose}


def test_two_pallets_at_two_shops_and_one_sale(build: Build) -> None:
    """A sale takes nothing from a pallet at another shop."""
    story = [
        *(GROWN, pack("one", 1, CASE, some(HONEY, 20), place=FARM)),
        pack("two", 1, PALLET, some(HONEY, 20), place=FARM),
        observe("one came", 2, CASE, step="receiving", place=SHOP),
        observe("two came", 2, PALLET, step="receiving", place=f"{MARKET}/254/DOOR"),
    ]
    for amount, farm, market in ((5, 10, {(f"{MARKET}/254/DOOR", "in_stock"): 15}), (23, 7, {})):
        sold = observe("sell", 3, some(HONEY, amount), step="retail_selling", place=MARKET)
        assert lying(build, [*story, sold]) == {
            (FARM, "in_stock"): farm,
            (SHOP, "in_stock"): 20,
            **market,
            (MARKET, "sold"): amount,
        }


def test_a_pallet_mixed_with_clean_goods_is_recalled(build: Build) -> None:
    """Twenty of the thirty that were together: whatever left of them may be bad, and all that stays."""
    story = [
        *(GROWN, observe("before", 0.5, some(HONEY, 10), step="receiving", place=SHOP), PACKED, CRATE_CAME),
        unpack("unpack", 3, CRATE, place=SHOP),
        observe("on", 4, some(HONEY, 12), step="shipping", read_point=SHOP, to=[MARKET]),
    ]
    assert lying(build, story, CRATE) == {(None, "in_transit"): 12, (SHOP, "in_stock"): 18}
    came = observe("came", 5, some(HONEY, 12), step="receiving", place=MARKET)
    sold = observe("sold", 6, some(HONEY, 2), step="retail_selling", place=MARKET)
    assert lying(build, [*story, came, sold], CRATE) == {
        (MARKET, "in_stock"): 10,
        (MARKET, "sold"): 2,
        (SHOP, "in_stock"): 18,
    }


def test_a_crate_travels_and_is_unpacked_at_the_shop(build: Build) -> None:
    story = [GROWN, PACKED]
    assert lying(build, story) == {(FARM, "in_stock"): 50}
    story += [observe("go", 1.5, CRATE, step="shipping", read_point=FARM, party="carrier")]
    assert lying(build, story) == {(FARM, "in_stock"): 30, (None, "in_transit"): 20}
    assert where_is(build, story) == WhereNow(None, None, "carrier", "in_transit")  # lots have no container
    story += [CRATE_CAME]
    assert lying(build, story) == {(FARM, "in_stock"): 30, (SHOP, "in_stock"): 20}
    assert where_is(build, story) == WhereNow(SHOP, None, "shop", "in_stock")
    for children in ([some(HONEY, 20)], [some(HONEY)], []):
        unpacked = [*story, unpack("unpack", 3, CRATE, *children, place=SHOP)]
        away = observe("empty", 4, CRATE, step="shipping", read_point=SHOP)
        assert lying(build, [*unpacked, away]) == {(FARM, "in_stock"): 30, (SHOP, "in_stock"): 20}


def test_a_crate_is_unpacked_in_part(build: Build) -> None:
    story = [
        *(GROWN, PACKED, CRATE_CAME),
        unpack("unpack", 3, CRATE, some(HONEY, 15), place=SHOP),
        observe("back", 4, CRATE, step="shipping", read_point=SHOP),
    ]
    assert lying(build, story) == {
        (FARM, "in_stock"): 30,
        (None, "in_transit"): 5,
        (SHOP, "in_stock"): 15,
    }


def test_sold_out_of_a_crate_that_nobody_unpacked(build: Build) -> None:
    sold = observe("sell", 3, some(HONEY, 2), step="retail_selling", place=SHOP)
    assert lying(build, [GROWN, PACKED, CRATE_CAME, sold]) == {
        (FARM, "in_stock"): 30,
        (SHOP, "in_stock"): 18,
        (SHOP, "sold"): 2,
    }


def test_a_crate_is_emptied_into_another(build: Build) -> None:
    """Within a source the one put first gives first, wherever the crates are."""
    story = [
        GROWN,
        PACKED,
        pack("case", 2, CASE, some(HONEY, 30), place=FARM),  # at the farm was all that was loose
        pack("more", 3, PALLET, some(HONEY, 25), place=FARM),  # 20 of the crate, 5 of the case
        observe("case goes", 4, CASE, step="receiving", place=SHOP),
        observe("pallet goes", 5, PALLET, step="receiving", place=MARKET),
    ]
    assert lying(build, story) == {(SHOP, "in_stock"): 25, (MARKET, "in_stock"): 25}


def test_a_crate_is_consumed(build: Build) -> None:
    cooked = make("cook", 3, [CRATE], [some(BREAD, 9)], place=BAKERY)
    left = {(FARM, "in_stock"): 30, (BAKERY, "consumed"): 20}
    assert lying(build, [GROWN, PACKED, cooked]) == left
    stacked = pack("stack", 2, PALLET, CRATE, place=FARM)
    by_pallet = replace(cooked, inputs=(replace(cooked.inputs[0], key=PALLET),))
    assert lying(build, [GROWN, PACKED, stacked, by_pallet]) == left


@pytest.mark.parametrize(("named", "consumed"), [(5, 20), (20, 20), (25, 25), (None, 20)])
def test_a_crate_and_its_lot_are_consumed(build: Build, named: float | None, consumed: float) -> None:
    cooked = make("cook", 3, [CRATE, some(HONEY, named)], [some(BREAD, 9)], place=BAKERY)
    assert lying(build, [GROWN, PACKED, cooked]) == {
        (FARM, "in_stock"): 50 - consumed,
        (BAKERY, "consumed"): consumed,
    }


def test_an_amount_is_consumed_from_where_it_is(build: Build) -> None:
    story = [GROWN, SHIPPED, RECEIVED]
    at_shop = make("cook", 3, [some(HONEY, 4)], [some(BREAD, 9)], place=SHOP)
    assert lying(build, [*story, at_shop]) == {
        (FARM, "in_stock"): 30,
        (SHOP, "in_stock"): 16,
        (SHOP, "consumed"): 4,
    }
    unknown = make("cook", 3, [some(HONEY)], [some(BREAD, 9)], place=SHOP)
    assert lying(build, [*story, unknown]) == {(FARM, "in_stock"): 30, (SHOP, "in_stock"): 20}


def test_a_crate_is_destroyed(build: Build) -> None:
    burnt = delete("burn", 3, CRATE, step="destroying", place=MARKET)
    left = {(FARM, "in_stock"): 30, (MARKET, "destroyed"): 20}
    assert lying(build, [GROWN, PACKED, burnt]) == left
    stacked = pack("stack", 2, PALLET, CRATE, place=FARM)
    assert (
        lying(build, [GROWN, PACKED, stacked, replace(burnt, what=(replace(burnt.what[0], key=PALLET),))])
        == left
    )


def test_a_crate_is_taken_out_of_use(build: Build) -> None:
    """What was in it is where that happened."""
    retired = delete("retire", 3, CRATE, step="decommissioning", place=SHOP)
    assert lying(build, [GROWN, PACKED, retired]) == {(FARM, "in_stock"): 30, (SHOP, "in_stock"): 20}


def test_a_crate_and_its_lot_are_thrown_away(build: Build) -> None:
    """The amount beside the crate is that in it, and what it is more than that."""
    for amount, gone in ((10, 20), (20, 20), (25, 25)):
        burnt = delete("burn", 3, CRATE, some(HONEY, amount), step="destroying", place=FARM)
        assert lying(build, [GROWN, PACKED, burnt]) == {
            (FARM, "in_stock"): 50 - gone,
            (FARM, "destroyed"): gone,
        }


@pytest.mark.parametrize("tell", [observe, delete])
def test_a_crate_is_sold_whole(build: Build, tell: Callable[..., Occurrence]) -> None:
    """Whether it is seen to be sold or told to be gone by it."""
    sold = tell("sell", 3, CRATE, step="retail_selling", place=SHOP)
    assert lying(build, [GROWN, PACKED, sold]) == {(FARM, "in_stock"): 30, (SHOP, "sold"): 20}
    gone = tell("sell", 3, CRATE, disposition="retail_sold", read_point=SHOP)
    assert lying(build, [GROWN, PACKED, gone]) == {(FARM, "in_stock"): 30, (SHOP, "sold"): 20}


def test_only_seen_in_a_crate(build: Build) -> None:
    seen = replace(pack("seen", 1, CRATE, some(HONEY, 20), place=SHOP), action="OBSERVE")
    assert lying(build, [GROWN, seen]) == {(FARM, "in_stock"): 50}
    unknown = pack("pack", 1, CRATE, some(HONEY), place=SHOP)
    assert lying(build, [GROWN, unknown]) == {(FARM, "in_stock"): 50}


def test_unpacked_by_somebody_who_tells_no_place(build: Build) -> None:
    """It is where the crate was; nowhere known, if the crate was on its way."""
    story = [GROWN, PACKED, CRATE_CAME]
    at_shop = {(FARM, "in_stock"): 30, (SHOP, "in_stock"): 20}
    away = observe("away", 4, CRATE, step="shipping", read_point=SHOP)
    for children in ([], [some(HONEY, 20)], [some(HONEY)]):
        unpacked = unpack("unpack", 3, CRATE, *children, party="anybody")
        assert lying(build, [*story, unpacked, away]) == at_shop
        assert where_is(build, [*story, unpacked]) == WhereNow(SHOP, None, "anybody", "in_stock")
    retired = delete("retire", 3, CRATE, step="decommissioning")
    assert lying(build, [*story, retired, away]) == at_shop
    unloaded = unpack("unload", 3, CRATE, disposition="in_transit", read_point=SHOP)
    assert lying(build, [*story, unloaded]) == {(FARM, "in_stock"): 30, (None, "in_transit"): 20}
    assert lying(build, [*story, away, unpack("unpack", 5, CRATE)]) == {
        (FARM, "in_stock"): 30,
        (None, "unaccounted"): 20,
    }


def test_unpacked_from_a_crate_on_a_pallet_by_somebody_who_tells_no_place(build: Build) -> None:
    story = [
        *(GROWN, PACKED, pack("stack", 2, PALLET, CRATE, place=FARM)),
        observe("come", 3, PALLET, step="receiving", place=SHOP),
        unpack("unpack", 4, CRATE, some(HONEY, 15)),
    ]
    assert lying(build, story) == {(FARM, "in_stock"): 30, (SHOP, "in_stock"): 20}
    away = observe("on", 5, PALLET, step="receiving", place=MARKET)
    assert lying(build, [*story, away]) == {
        (FARM, "in_stock"): 30,
        (SHOP, "in_stock"): 15,
        (MARKET, "in_stock"): 5,
    }


def test_only_what_is_in_the_suspect_crate(build: Build) -> None:
    story = [GROWN, PACKED, CRATE_CAME]
    assert hold_of(ask(build, story, suspect(CRATE)), HONEY) == (20, "KGM")
    assert lying(build, story, CRATE) == {(SHOP, "in_stock"): 20}
    assert lines(sum_up(build, story, {}, suspect(CRATE))) == [
        (SHOP, "shop", "in_stock", "KGM", 1, 20, (0, 20, 20))
    ]


def test_what_was_in_the_suspect_crate_is_found_where_it_went(build: Build) -> None:
    """What was sold at the farm since was never in it."""
    story = [
        *(GROWN, PACKED, CRATE_CAME),
        unpack("unpack", 3, CRATE, some(HONEY, 15), place=SHOP),
        observe("on", 4, CRATE, step="receiving", place=MARKET),
    ]
    assert lying(build, story, CRATE) == {(MARKET, "in_stock"): 5, (SHOP, "in_stock"): 15}
    story += [
        observe("sell", 5, some(HONEY, 4), step="retail_selling", place=FARM),
        observe("till", 6, some(HONEY, 1), step="retail_selling", place=SHOP),
        pack("case", 7, CASE, some(HONEY, 2), place=SHOP),
        make("cook", 8, [some(HONEY, 3)], [some(BREAD, 9, None)], place=SHOP),
        observe("give", 9, some(HONEY, 6), step="shipping", read_point=SHOP),
        observe("count", 10, some(HONEY, 26), step="stocking", place=FARM),
    ]
    assert lying(build, story, CRATE) == {
        (MARKET, "in_stock"): 5,
        (None, "in_transit"): 6,
        (SHOP, "consumed"): 3,
        (SHOP, "sold"): 1,
        (SHOP, "in_stock"): 5,  # 2 in the case, 3 on the shelf
    }


def test_what_came_through_the_crate_is_mixed_with_the_rest_there(build: Build) -> None:
    """Ten were at the shop before: twenty of those there, and the four sold, may be those of the crate."""
    before = observe("before", 0.5, some(HONEY, 10), step="receiving", place=SHOP)
    story = [GROWN, before, PACKED, CRATE_CAME, unpack("unpack", 3, CRATE, place=SHOP)]
    sold = observe("sell", 4, some(HONEY, 4), step="retail_selling", place=SHOP)
    assert lying(build, [*story, sold], CRATE) == {(SHOP, "sold"): 4, (SHOP, "in_stock"): 20}


def test_a_hold_above_the_lot_is_more_than_its_portions(build: Build) -> None:
    """Sixty were packed of a lot of fifty: ten that no portion explains are where the lot was last."""
    story = [GROWN, pack("pack", 1, CRATE, some(HONEY, 60), place=FARM), CRATE_CAME]
    sold = observe("sell", 3, some(HONEY, 5), step="retail_selling", place=FARM, party="till")
    assert hold_of(ask(build, story, suspect(CRATE)), HONEY) == (60, "KGM")
    assert lying(build, story, CRATE) == {(SHOP, "in_stock"): 60}
    assert lying(build, [*story, sold], CRATE) == {(SHOP, "in_stock"): 60}  # nothing at the farm to sell
    unpacked = unpack("unpack", 4, CRATE, some(HONEY, 20), place=MARKET)
    back = observe("back", 5, CRATE, step="receiving", place=SHOP)
    assert lying(build, [*story, sold, unpacked, back], CRATE) == {
        (MARKET, "in_stock"): 30,  # ten of which
        (SHOP, "in_stock"): 30,
    }


def test_a_hold_in_another_unit_is_not_measured_in_portions(build: Build) -> None:
    """Three litres are no three kilograms: a line of their own, where the lot is."""
    story = [GROWN, pack("pack", 1, CRATE, some(HONEY, 3, "LTR"), place=SHOP), RECEIVED]
    assert lines(sum_up(build, story, {}, suspect(CRATE))) == [
        (SHOP, "shop", "in_stock", "LTR", 1, 3, (0, 3, 3))
    ]


def test_a_hold_of_nothing_is_still_a_line(build: Build) -> None:
    story = [GROWN, pack("pack", 1, CRATE, some(HONEY, 0), place=SHOP)]
    assert lines(sum_up(build, story, {}, suspect(CRATE))) == [
        (FARM, "farm", "in_stock", "KGM", 1, 0, (0, 0, 0))
    ]


def test_a_lot_is_never_in_itself(build: Build) -> None:
    """Directly, or in what an amount of it is in: it begins nothing, and all of it is still somewhere."""
    itself = pack("itself", 1, HONEY, some(HONEY, 5), place=FARM)
    around = [pack("in", 1, CRATE, some(HONEY, 5), place=FARM), pack("out", 2, HONEY, CRATE, place=FARM)]
    for story in ([GROWN, itself], [GROWN, *around]):
        trace = ask(build, story, suspect(HONEY))
        assert [e for e in trace.edges if e.kind == "contain" and e.source == HONEY] == []
        assert sum(amount or 0 for amount in lying(build, story).values()) == 50
        assert HONEY in affected(ask(build, story, suspect(HONEY), options=Options(direction="backward")))
