"""Portions where more is told than there is, or less, or nothing of the amount,
by the law of tracing (section 9), each answer computed by hand.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from suyuan.trace.lineage.contract import WhereNow
from suyuan.trace.lineage.occurrence import Holding

from .engines import Build
from .honey import CRATE_CAME, GROWN, HONEY, PACKED, RECEIVED, SHIPPED, lying, sent, where_is
from .stories import (
    CRATE,
    DOCK,
    FARM,
    MARKET,
    MILL,
    SHOP,
    A,
    B,
    ask,
    commission,
    delete,
    lines,
    make,
    observe,
    pack,
    some,
    sum_up,
    suspect,
    the,
    unpack,
)


def test_an_uninvolved_company_destroys_all_of_it(build: Build) -> None:
    """The farm let nothing go: it may have it still."""
    burnt = delete("burn", 3, some(HONEY, 50), step="destroying", place=MARKET, party="stranger")
    assert lying(build, [GROWN, burnt]) == {(MARKET, "destroyed"): 50, (FARM, "in_stock"): None}
    heard = lines(sum_up(build, [GROWN, burnt], {FARM: "farmer"}, suspect(HONEY)))[0]
    assert heard == (FARM, "farmer", "in_stock", None, 1, None, (0, None, None))


def test_weighing_differences(build: Build) -> None:
    less = replace(RECEIVED, what=(some(HONEY, 19.5),))
    assert lying(build, [GROWN, SHIPPED, less]) == {
        (FARM, "in_stock"): 30,
        (None, "in_transit"): 0.5,
        (SHOP, "in_stock"): 19.5,
    }
    more = replace(RECEIVED, what=(some(HONEY, 20.5),))
    assert lying(build, [GROWN, SHIPPED, more]) == {(FARM, "in_stock"): 29.5, (SHOP, "in_stock"): 20.5}


def test_the_same_receiving_is_told_twice(build: Build) -> None:
    again = replace(RECEIVED, evidence="again", party="store room")
    story = [GROWN, SHIPPED, RECEIVED, again]
    assert lying(build, story) == {(FARM, "in_stock"): 10, (SHOP, "in_stock"): 40}


def test_a_customer_brings_some_back(build: Build) -> None:
    """What is sold does not come back: two of the farm's, or of nothing that is left."""
    sold = observe("sell", 3, some(HONEY, 20), step="retail_selling", place=SHOP)
    back = observe("back", 4, some(HONEY, 2), step="returning", place=SHOP)
    assert lying(build, [GROWN, SHIPPED, RECEIVED, sold, back]) == {
        (FARM, "in_stock"): 28,
        (SHOP, "sold"): 20,
        (SHOP, "in_stock"): 2,
    }
    all_sold = observe("sell", 3, some(HONEY, 50), step="retail_selling", place=SHOP)
    assert lying(build, [GROWN, SHIPPED, RECEIVED, all_sold, back]) == {
        (SHOP, "sold"): 50,
        (SHOP, "in_stock"): None,
    }


def test_taken_out_of_the_books_then_shipped_and_received(build: Build) -> None:
    gone = delete("books", 0.5, some(HONEY, 50), step="decommissioning", place=FARM)
    assert lying(build, [GROWN, gone, SHIPPED, RECEIVED]) == {
        (FARM, "unaccounted"): 50,
        (SHOP, "in_stock"): None,
    }


def test_two_parties_at_one_cold_store(build: Build) -> None:
    """Each takes its own first, then the other's."""
    store = {MILL: "owner"}
    story = [
        *(GROWN, observe("north", 1, some(HONEY, 20), step="receiving", place=MILL, party="north")),
        observe("south", 2, some(HONEY, 10), step="receiving", place=DOCK, party="south"),
        observe("from south", 3, some(HONEY, 8), step="shipping", read_point=MILL, party="south"),
        observe("sold by south", 4, some(HONEY, 5), step="retail_selling", place=MILL, party="south"),
    ]
    assert lines(sum_up(build, story, {}, suspect(HONEY))) == [
        (None, "south", "in_transit", "KGM", 1, 8, (8, 8, 8)),
        (FARM, "farm", "in_stock", "KGM", 1, 20, (20, 20, 20)),
        (MILL, "north", "in_stock", "KGM", 1, 17, (17, 17, 17)),
        (MILL, "south", "sold", "KGM", 1, 5, (5, 5, 5)),
    ]
    assert the(ask(build, story, suspect(HONEY)), HONEY).where_now == WhereNow(
        None, None, "south", "in_transit"
    )
    of_the_owner = lines(sum_up(build, story, store, suspect(HONEY)))[2:]
    assert [(line[1], line[5]) for line in of_the_owner] == [("owner", 17), ("owner", 5)]


def test_an_arrival_without_an_amount(build: Build) -> None:
    """Everything meant for it; else what alone moves without destinations; else it is heard of."""
    seen = observe("seen", 2, some(HONEY), step="arriving", place=SHOP, party="shop")
    assert lying(build, [GROWN, sent(SHOP, 20), sent("shop", 5), sent(None, 3), seen]) == {
        (FARM, "in_stock"): 22,
        (SHOP, "in_stock"): 25,
        (None, "in_transit"): 3,
    }
    assert lying(build, [GROWN, SHIPPED, seen]) == {(FARM, "in_stock"): 30, (SHOP, "in_stock"): 20}
    assert lying(build, [GROWN, sent(None, 20), sent(None, 5, 1.5), seen]) == {
        (FARM, "in_stock"): 25,
        (None, "in_transit"): 25,
        (SHOP, "in_stock"): None,
    }
    # A place that is not named by GS1, sent to and come to.
    stall = "https://example.org/stall"
    to_stall = replace(SHIPPED, destinations=(stall,))
    there = replace(seen, biz_location=stall)
    assert lying(build, [GROWN, to_stall, sent(None, 3), there]) == {
        (FARM, "in_stock"): 27,
        (None, "in_transit"): 3,
        (stall, "in_stock"): 20,
    }
    # Sent to the same party, but to another place of it.
    assert lying(build, [GROWN, replace(SHIPPED, destinations=("shop", MARKET)), seen]) == {
        (FARM, "in_stock"): 30,
        (None, "in_transit"): 20,
        (SHOP, "in_stock"): None,
    }


@pytest.mark.parametrize("children", [[some(HONEY)], []])
def test_a_pallet_packed_without_an_amount_is_unpacked_elsewhere(
    build: Build, children: list[Holding]
) -> None:
    story = [
        *(GROWN, pack("pack", 1, CRATE, some(HONEY), place=FARM), CRATE_CAME),
        unpack("unpack", 3, CRATE, *children, place=SHOP),
    ]
    heard = {(SHOP, "in_stock"): None} if children else {}
    assert lying(build, story) == {(FARM, "in_stock"): 50, **heard}
    gone = observe("gone", 4, some(HONEY), step="shipping", read_point=SHOP)
    assert lying(build, [*story, gone]) == {(FARM, "in_stock"): 50}


def test_a_lot_of_unknown_amount_in_two_shops(build: Build) -> None:
    """Where it was told last is where it is now; it may be at the others too."""
    story = [
        commission("grow", 0, some(HONEY), place=FARM),
        observe("one", 2, some(HONEY, 20), step="receiving", place=SHOP),
        observe("two", 3, some(HONEY), step="receiving", place=f"{MARKET}/254/DOOR", party="market"),
    ]
    assert lines(sum_up(build, story, {SHOP: "shop"}, suspect(HONEY))) == [
        (FARM, "acme", "in_stock", None, 1, None, (0, None, None)),
        (SHOP, "shop", "in_stock", None, 1, None, (0, None, None)),
        (f"{MARKET}/254/DOOR", "market", "in_stock", None, 1, None, (0, None, None)),
    ]
    for how in ("retail_selling", "destroying", "shipping", "departing"):
        gone = observe("gone", 4, some(HONEY, 2), step=how, read_point=SHOP)
        scope = sum_up(build, [*story, gone], {}, suspect(HONEY))
        left = {line.place for line in scope.lines if line.status == "in_stock"}
        assert left == {FARM, f"{MARKET}/254/DOOR"}
    packed = pack("pack", 4, CRATE, some(HONEY), place=SHOP)
    cooked = make("cook", 4, [some(HONEY)], [], place=SHOP)
    for let_go in (packed, cooked):
        heard = sum_up(build, [*story, let_go], {}, suspect(HONEY))
        assert {line.place for line in heard.lines if line.keys == (HONEY,)} >= {
            FARM,
            f"{MARKET}/254/DOOR",
        }


def test_what_only_a_sold_crate_holds_is_heard_of(build: Build) -> None:
    """Two were taken out of it and seen; somebody at the mill says that they left."""
    story = [
        *(GROWN, pack("pack", 1, CRATE, some(HONEY, 50), place=FARM)),
        observe("sell", 2, CRATE, step="retail_selling", place=FARM),
        observe("out", 3, some(HONEY, 2), step="receiving", place=FARM),
        observe("left", 4, some(HONEY, 2), step="departing", read_point=MILL),
    ]
    assert lying(build, story) == {
        (FARM, "sold"): 48,
        (FARM, "in_stock"): None,
        (None, "in_transit"): 2,
    }


def test_what_is_in_a_crate_there_is_not_only_heard_of(build: Build) -> None:
    counted = observe("count", 3, some(HONEY), step="stocking", place=SHOP)
    assert lying(build, [GROWN, PACKED, CRATE_CAME, counted]) == {
        (FARM, "in_stock"): 30,
        (SHOP, "in_stock"): 20,
    }


def test_unstated_amounts_move_everything_there(build: Build) -> None:
    shipped = observe("ship", 1, some(HONEY), step="shipping", read_point=FARM)
    assert lying(build, [GROWN, shipped]) == {(None, "in_transit"): 50}
    received = observe("receive", 2, some(HONEY), step="receiving", place=SHOP)
    assert lying(build, [GROWN, SHIPPED, received]) == {(FARM, "in_stock"): 30, (SHOP, "in_stock"): 20}


@pytest.mark.parametrize("step", ["retail_selling", "destroying"])
def test_a_sale_without_an_amount_moves_nothing(build: Build, step: str) -> None:
    """Something of it was sold; how much nobody said, and the rest is still looked for."""
    story = [GROWN, SHIPPED, RECEIVED]
    stays = {(FARM, "in_stock"): 30, (SHOP, "in_stock"): 20}
    for amount in (some(HONEY), some(HONEY, 3, "LTR")):
        for place in (SHOP, MARKET, FARM):
            assert lying(build, [*story, observe("sell", 3, amount, step=step, place=place)]) == stays
        assert lying(build, [*story, observe("sell", 3, amount, step=step)]) == stays


def test_unstated_where_nothing_is_it_moves_nothing(build: Build) -> None:
    others = [GROWN, PACKED, CRATE_CAME]  # 30 loose at the farm, 20 in the crate at the shop
    for step in ("receiving", "stocking"):
        seen = observe("seen", 3, some(HONEY), step=step, place=MARKET)
        assert lying(build, [*others, seen]) == {
            (FARM, "in_stock"): 30,
            (SHOP, "in_stock"): 20,
            (MARKET, "in_stock"): None,
        }
    gone = observe("gone", 3, some(HONEY), step="departing", read_point=MARKET)
    assert lying(build, [*others, gone]) == {(FARM, "in_stock"): 30, (SHOP, "in_stock"): 20}


def test_an_amount_in_another_unit_moves_nothing(build: Build) -> None:
    heard = {(FARM, "in_stock"): 30, (None, "in_transit"): 20, (SHOP, "in_stock"): None}
    came = observe("receive", 2, some(HONEY, 7, "LTR"), step="receiving", place=SHOP)
    assert lying(build, [GROWN, SHIPPED, came]) == heard
    two = observe("receive", 2, some(HONEY, 7), some(HONEY, 1, "LTR"), step="receiving", place=SHOP)
    assert lying(build, [GROWN, SHIPPED, two]) == heard
    gone = delete("gone", 2, some(HONEY, 7, "LTR"), step="destroying", place=FARM)
    assert lying(build, [GROWN, gone]) == {(FARM, "in_stock"): 50}
    left = observe("left", 2, some(HONEY, 7, "LTR"), step="departing", read_point=FARM)
    assert lying(build, [GROWN, left]) == {(FARM, "in_stock"): 50}
    twice = observe("receive", 2, some(HONEY, 7), some(HONEY, 1), step="receiving", place=SHOP)
    assert lying(build, [GROWN, SHIPPED, twice]) == {
        (FARM, "in_stock"): 30,
        (None, "in_transit"): 12,
        (SHOP, "in_stock"): 8,
    }


def test_seen_at_no_told_place_moves_nothing(build: Build) -> None:
    assert lying(build, [GROWN, observe("count", 1, some(HONEY, 3))]) == {(FARM, "in_stock"): 50}


def test_a_lot_with_known_pieces_has_no_portions(build: Build) -> None:
    story = [GROWN, commission("jar", 1, A, lots=[(A, HONEY)], place=FARM), *(SHIPPED, RECEIVED)]
    assert where_is(build, story) == WhereNow(SHOP, None, "shop", "in_stock")
    assert lying(build, story) == {}  # its pieces count


def test_a_lot_of_unknown_amount_has_no_portions(build: Build) -> None:
    story = [commission("grow", 0, some(HONEY), place=FARM), SHIPPED]
    assert lying(build, story) == {(None, "in_transit"): None}
    sold = observe("sell", 3, some(HONEY, 2), step="retail_selling", place=SHOP)
    assert lying(build, [*story, sold]) == {(SHOP, "sold"): None}


def test_a_lot_of_no_amount(build: Build) -> None:
    story = [commission("grow", 0, some(HONEY, 0), place=FARM), observe("box", 1, B, place=FARM)]
    assert lines(sum_up(build, story, {}, suspect(HONEY))) == [
        (FARM, "acme", "in_stock", None, 1, None, (0, None, None)),  # heard of
        (FARM, "acme", "in_stock", "KGM", 1, 0, (0, 0, 0)),
    ]
