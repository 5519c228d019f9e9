"""Where the portions of a lot lie by the law of tracing (section 9), each answer computed by hand.

Fifty kilograms of honey are made at a farm; what happens to some of it must not happen to all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import permutations

import pytest

from suyuan.trace.lineage.contract import Options, WhereNow
from suyuan.trace.lineage.occurrence import Holding, Occurrence

from .engines import Build
from .stories import (
    BAKERY,
    BREAD,
    CASE,
    CRATE,
    DOCK,
    DOUGH,
    FARM,
    MARKET,
    MILL,
    PALLET,
    SHOP,
    A,
    B,
    ask,
    clock,
    commission,
    delete,
    hold_of,
    just_after,
    lines,
    lot,
    make,
    observe,
    pack,
    some,
    sum_up,
    suspect,
    the,
    unpack,
)

HONEY = lot("HONEY")
GROWN = commission("grow", 0, some(HONEY, 50), place=FARM, party="farm")
SHIPPED = observe("ship", 1, some(HONEY, 20), step="shipping", read_point=FARM, party="farm")
RECEIVED = observe("receive", 2, some(HONEY, 20), step="receiving", place=SHOP, party="shop")
PACKED = pack("pack", 1, CRATE, some(HONEY, 20), place=FARM, party="farm")
CRATE_CAME = observe("crate", 2, CRATE, step="receiving", place=SHOP, party="shop")

Where = tuple[str | None, str]


def lying(build: Build, story: Sequence[Occurrence], suspected: str = HONEY) -> dict[Where, float | None]:
    """How much of the honey lies where, in which status; the same when the story arrives backwards."""
    scope = sum_up(build, story, {}, suspect(suspected))
    assert lines(sum_up(build, list(reversed(story)), {}, suspect(suspected))) == lines(scope)
    its = [line for line in scope.lines if HONEY in line.keys]
    found: dict[Where, float | None] = {}
    for line in its:  # two parties at one place
        before = found.get((line.place, line.status), 0.0)
        found[line.place, line.status] = None if before is None or line.hold is None else before + line.hold
    return found


def where_is(build: Build, story: Sequence[Occurrence]) -> WhereNow | None:
    return the(ask(build, story, suspect(HONEY)), HONEY).where_now


# --- sent, received, sold


def test_two_kilograms_are_sold_of_fifty(build: Build) -> None:
    story = [GROWN, SHIPPED]
    assert lying(build, story) == {(FARM, "in_stock"): 30, (None, "in_transit"): 20}
    assert where_is(build, story) == WhereNow(None, None, "farm", "in_transit")
    story += [RECEIVED, observe("sell", 3, some(HONEY, 2), step="retail_selling", place=SHOP, party="till")]
    assert lines(sum_up(build, story, {FARM: "farmer"}, suspect(HONEY))) == [
        (FARM, "farmer", "in_stock", "KGM", 1, 30, (30, 30, 30)),
        (SHOP, "shop", "in_stock", "KGM", 1, 18, (18, 18, 18)),
        (SHOP, "till", "sold", "KGM", 1, 2, (2, 2, 2)),
    ]
    assert where_is(build, story) == WhereNow(SHOP, None, "shop", "in_stock")


def test_contamination_is_split_in_proportion(build: Build) -> None:
    story = [
        commission("bad", 0, some(lot("BAD"), 10), place=FARM),
        make("fill", 1, [some(lot("BAD"), 10), some(lot("GOOD"), 40)], [some(HONEY, 50)], place=FARM),
        observe("ship", 2, some(HONEY, 20), step="shipping", read_point=FARM),
        observe("receive", 3, some(HONEY, 20), step="receiving", place=SHOP),
        observe("sell", 4, some(HONEY, 5), step="retail_selling", place=SHOP),
    ]
    assert lines(sum_up(build, story, {}, suspect(lot("BAD")))) == [
        (FARM, "acme", "consumed", "KGM", 1, 10, (10, 10, 10)),
        (FARM, "acme", "in_stock", "KGM", 1, 30, (6, 6, 6)),  # a fifth of each
        (SHOP, "acme", "in_stock", "KGM", 1, 15, (3, 3, 3)),
        (SHOP, "acme", "sold", "KGM", 1, 5, (1, 1, 1)),
    ]


def sent(to: str | None, amount: float, hour: float = 1) -> Occurrence:
    """Shipped from the farm, with a destination if one is told."""
    return observe(
        f"send {amount}",
        hour,
        some(HONEY, amount),
        step="shipping",
        read_point=FARM,
        to=() if to is None else (to,),
    )


@pytest.mark.parametrize("first", [SHOP, MARKET])
def test_two_shops(build: Build, first: str) -> None:
    """Which comes first does not matter: of loose goods nobody knows which they were."""
    story = [
        GROWN,
        SHIPPED,
        observe("ship too", 1, some(HONEY, 10), step="shipping", read_point=FARM),
        observe("at shop", 2 if first == SHOP else 4, some(HONEY, 20), step="receiving", place=SHOP),
        observe("at market", 3, some(HONEY, 10), step="receiving", place=MARKET),
    ]
    assert lying(build, story) == {
        (FARM, "in_stock"): 20,
        (SHOP, "in_stock"): 20,
        (MARKET, "in_stock"): 10,
    }


@pytest.mark.parametrize("target", [MARKET, f"{MARKET}/254/GATE", "market hall"])
@pytest.mark.parametrize("amount", [10, None])
def test_two_shipments_under_way_and_the_second_is_received_first(
    build: Build, target: str, amount: float | None
) -> None:
    """Each receives what was meant for it: by its place, a part of its place or its party."""
    story = [
        *(GROWN, sent(SHOP, 20), sent(target, 10, 1.5)),
        observe(
            "come", 2, some(HONEY, amount), step="receiving", place=f"{MARKET}/254/DOOR", party="market hall"
        ),
    ]
    assert lines(sum_up(build, story, {}, suspect(HONEY))) == [
        (None, "acme", "in_transit", "KGM", 1, 20, (20, 20, 20)),
        (FARM, "farm", "in_stock", "KGM", 1, 20, (20, 20, 20)),
        (f"{MARKET}/254/DOOR", "market hall", "in_stock", "KGM", 1, 10, (10, 10, 10)),
    ]
    at_shop = observe("come too", 3, some(HONEY), step="receiving", place=SHOP)
    assert lying(build, [*story, at_shop]) == {
        (FARM, "in_stock"): 20,
        (SHOP, "in_stock"): 20,
        (f"{MARKET}/254/DOOR", "in_stock"): 10,
    }


def test_what_is_meant_for_another_is_not_received(build: Build) -> None:
    """Twenty to the shop, five to nobody said, three to the market; the market got twelve."""
    story = [
        *(GROWN, sent(SHOP, 20), sent(None, 5, 1.2), sent(MARKET, 3, 1.4)),
        observe("come", 2, some(HONEY, 12), step="receiving", place=MARKET),  # 3, 5 and 4 of the farm's
        observe("come too", 3, some(HONEY), step="receiving", place=SHOP),  # what still moves to it
    ]
    came = {(FARM, "in_stock"): 18, (SHOP, "in_stock"): 20, (MARKET, "in_stock"): 12}
    assert lying(build, story) == came


def test_a_redirected_delivery(build: Build) -> None:
    """It was meant for the shop, where it may come yet; the market got some, and said how much or did not."""
    came = observe("come", 2, some(HONEY, 20), step="receiving", place=MARKET)
    assert lying(build, [GROWN, sent(SHOP, 20), came]) == {
        (FARM, "in_stock"): 10,
        (None, "in_transit"): 20,
        (MARKET, "in_stock"): 20,
    }
    seen = observe("come", 2, some(HONEY), step="receiving", place=MARKET)
    nobodys = sent(None, 5, 1.5)
    assert lying(build, [GROWN, sent(SHOP, 20), nobodys, seen]) == {
        (FARM, "in_stock"): 25,
        (None, "in_transit"): 20,
        (MARKET, "in_stock"): 5,
    }
    # Nothing moves to the market or to nobody said: it got something, nobody knows how much.
    assert lying(build, [GROWN, sent(SHOP, 20), seen]) == {
        (FARM, "in_stock"): 30,
        (None, "in_transit"): 20,
        (MARKET, "in_stock"): None,
    }


def test_goods_meant_for_a_place_are_sold_there_first(build: Build) -> None:
    """What is sold where nothing was received came with the delivery that was meant for it."""
    story = [
        *(GROWN, sent(SHOP, 20), sent(MARKET, 10, 1.5)),
        observe("sell", 2, some(HONEY, 4), step="retail_selling", place=MARKET),
        observe("come", 3, some(HONEY), step="receiving", place=SHOP),
    ]
    assert lying(build, story) == {
        (FARM, "in_stock"): 20,
        (SHOP, "in_stock"): 20,
        (None, "in_transit"): 6,
        (MARKET, "sold"): 4,
    }


@pytest.mark.parametrize("step", ["arriving", "stocking", "unloading", None])
def test_what_was_received_is_told_again(build: Build, step: str | None) -> None:
    seen = replace(observe("again", 3, some(HONEY, 20), place=SHOP), biz_step=step)
    story = [GROWN, SHIPPED, RECEIVED, seen]
    assert lying(build, story) == {(FARM, "in_stock"): 30, (SHOP, "in_stock"): 20}


@pytest.mark.parametrize("steps", [("arriving", "receiving"), ("receiving", "arriving")])
def test_the_carrier_and_the_shop_tell_of_the_same_goods(build: Build, steps: tuple[str, str]) -> None:
    """Twice over, the second time while there was some already; and told in two halves."""
    story = [GROWN]
    for trip, total in ((0, 12), (10, 24)):
        story += [
            replace(sent(None, 12, trip + 1), evidence=f"send {trip}"),
            observe(
                f"one {trip}", trip + 2, some(HONEY, 12), step=steps[0], place=f"{SHOP}/254/GATE", party="van"
            ),
            observe(f"two {trip}", trip + 3, some(HONEY, 5), step=steps[1], place=SHOP, party="shop"),
            observe(f"three {trip}", trip + 4, some(HONEY, 7), step=steps[1], place=SHOP, party="shop"),
        ]
        assert lying(build, story) == {
            (FARM, "in_stock"): 50 - total,
            (f"{SHOP}/254/GATE", "in_stock"): total,
        }
    assert where_is(build, story) == WhereNow(f"{SHOP}/254/GATE", None, "van", "in_stock")
    more = observe("four", 20, some(HONEY, 1), step=steps[1], place=SHOP)  # nobody told that of it before
    assert lying(build, [*story, more]) == {
        (FARM, "in_stock"): 25,
        (f"{SHOP}/254/GATE", "in_stock"): 24,
        (SHOP, "in_stock"): 1,
    }


@pytest.mark.parametrize(("hour", "came"), [(26, 12), (just_after(26), 24)])
def test_an_arrival_is_confirmed_within_a_day(build: Build, hour: float, came: float) -> None:
    story = [
        *(GROWN, observe("arrive", 2, some(HONEY, 12), step="arriving", place=SHOP)),
        observe("receive", hour, some(HONEY, 12), step="receiving", place=SHOP),
    ]
    assert lying(build, story) == {(FARM, "in_stock"): 50 - came, (SHOP, "in_stock"): came}


def test_what_came_and_left_is_not_confirmed(build: Build) -> None:
    """Twelve arrived and went on; the twelve that are received then are others."""
    story = [
        *(GROWN, observe("arrive", 2, some(HONEY, 12), step="arriving", place=SHOP)),
        observe("on", 3, some(HONEY, 12), step="shipping", read_point=SHOP, to=[MARKET]),
        observe("receive", 4, some(HONEY, 12), step="receiving", place=SHOP),
    ]
    assert lying(build, story) == {
        (FARM, "in_stock"): 26,
        (SHOP, "in_stock"): 12,
        (None, "in_transit"): 12,
    }


def test_what_was_shelved_first_is_received_then(build: Build) -> None:
    """Whatever told first that it came: the same goods. The oldest first: those five are old soon."""
    story = [
        *(GROWN, observe("shelve", 2, some(HONEY, 5), step="stocking", place=SHOP)),
        observe("shelve too", 10, some(HONEY, 12), step="stocking", place=SHOP),  # seven more
        observe("receive", 26, some(HONEY, 6), step="receiving", place=SHOP),
        observe("receive too", 27, some(HONEY, 8), step="receiving", place=SHOP),  # six of it, and two
    ]
    assert lying(build, story) == {(FARM, "in_stock"): 36, (SHOP, "in_stock"): 14}


def test_more_is_received_than_arrived(build: Build) -> None:
    story = [
        *(GROWN, SHIPPED),
        observe("arrive", 2, some(HONEY, 12), step="arriving", place=SHOP),
        observe("receive", 3, some(HONEY, 15), step="receiving", place=SHOP),  # three more
        observe("arrive too", 4, some(HONEY, 4), step="arriving", place=SHOP),  # those three, and one
    ]
    assert lying(build, story) == {(FARM, "in_stock"): 30, (None, "in_transit"): 4, (SHOP, "in_stock"): 16}


def test_deliveries_without_recorded_shipping(build: Build) -> None:
    story = [
        GROWN,
        observe("one", 1, some(HONEY, 10), step="receiving", place=SHOP),
        observe("two", 2, some(HONEY, 5), step="receiving", place=SHOP),
    ]
    assert lying(build, story) == {(FARM, "in_stock"): 35, (SHOP, "in_stock"): 15}


def test_what_was_shipped_departs_once(build: Build) -> None:
    departed = observe("depart", 1.5, some(HONEY, 20), step="departing", read_point=FARM)
    assert lying(build, [GROWN, SHIPPED, departed]) == {(FARM, "in_stock"): 30, (None, "in_transit"): 20}
    more = observe("depart", 1.5, some(HONEY, 25), disposition="in_transit", read_point=FARM, party="farm")
    assert lying(build, [GROWN, SHIPPED, more]) == {(FARM, "in_stock"): 25, (None, "in_transit"): 25}


@pytest.mark.parametrize("amount", [20, 30, 50])
def test_what_departed_is_shipped_once(build: Build, amount: float) -> None:
    """The carrier tells first; what he took is claimed by the shipping, with its destination."""
    stays = {} if amount == 50 else {(FARM, "in_stock"): 50.0 - amount}
    departed = observe(
        "depart", 1, some(HONEY, amount), step="departing", read_point=f"{FARM}/254/GATE", party="van"
    )
    story = [GROWN, departed, sent(SHOP, amount, 2)]
    assert lying(build, story) == {**stays, (None, "in_transit"): amount}
    assert where_is(build, story) == WhereNow(None, None, "acme", "in_transit")
    came = observe("come", 3, some(HONEY), step="receiving", place=SHOP)
    assert lying(build, [*story, came]) == {**stays, (SHOP, "in_stock"): amount}


def test_only_shipping(build: Build) -> None:
    """Each shipment is its own; what is short had left before."""
    story = [GROWN, sent(SHOP, 20), sent(MARKET, 25, 2)]
    assert lying(build, story) == {(FARM, "in_stock"): 5, (None, "in_transit"): 45}
    story += [sent(None, 11, 3)]  # five are left; six are among those that move
    assert lying(build, story) == {(None, "in_transit"): 50}
    came = [
        observe("come", 4, some(HONEY), step="receiving", place=SHOP),
        observe("come too", 5, some(HONEY), step="receiving", place=MARKET),
    ]
    assert lying(build, [*story, *came]) == {
        (SHOP, "in_stock"): 20,
        (MARKET, "in_stock"): 25,
        (None, "in_transit"): 5,
    }


def test_a_shipping_claims_a_part_of_what_departed(build: Build) -> None:
    """Eight of twelve, then ten: the four that are left, and six more."""
    story = [
        GROWN,
        observe("depart", 1, some(HONEY, 12), disposition="in_transit", read_point=FARM),
        sent(SHOP, 8, 2),
    ]
    assert lying(build, story) == {(FARM, "in_stock"): 38, (None, "in_transit"): 12}
    story += [sent(MARKET, 10, 3)]
    assert lying(build, story) == {(FARM, "in_stock"): 32, (None, "in_transit"): 18}
    came = observe("come", 4, some(HONEY), step="receiving", place=MARKET)
    assert lying(build, [*story, came]) == {
        (FARM, "in_stock"): 32,
        (None, "in_transit"): 8,
        (MARKET, "in_stock"): 10,
    }


def test_what_departed_elsewhere_is_not_claimed(build: Build) -> None:
    """Fifteen that left the market are not what the farm ships."""
    story = [
        *(GROWN, observe("receive", 1, some(HONEY, 15), step="receiving", place=MARKET)),
        observe("depart", 2, some(HONEY, 15), step="departing", read_point=MARKET),
        sent(SHOP, 10, 3),
    ]
    assert lying(build, story) == {(FARM, "in_stock"): 25, (None, "in_transit"): 25}


def test_what_came_long_ago_does_not_leave_first(build: Build) -> None:
    """Two arrived today, two left: the two that are received then are others, for all the old stock there."""
    story = [
        *(GROWN, observe("old", 1, some(HONEY, 2), step="receiving", place=SHOP)),
        observe("arrive", 40, some(HONEY, 2), step="arriving", place=SHOP),
        observe("ship", 41, some(HONEY, 2), step="shipping", read_point=SHOP, to=[MARKET]),
        observe("receive", 42, some(HONEY, 2), step="receiving", place=SHOP),
    ]
    assert lying(build, story) == {
        (FARM, "in_stock"): 44,
        (SHOP, "in_stock"): 4,
        (None, "in_transit"): 2,
    }


def test_shelving_after_receiving_moves_nothing(build: Build) -> None:
    came = {(FARM, "in_stock"): 30, (SHOP, "in_stock"): 20}
    for amount in (5, 20, None):
        shelved = observe("shelve", 3, some(HONEY, amount), step="stocking", place=SHOP)
        assert lying(build, [GROWN, SHIPPED, RECEIVED, shelved]) == came
    more = observe("shelve", 3, some(HONEY, 23), step="stocking", place=SHOP)  # three came unseen
    assert lying(build, [GROWN, SHIPPED, RECEIVED, more]) == {(FARM, "in_stock"): 27, (SHOP, "in_stock"): 23}


def test_more_is_sold_than_was_received(build: Build) -> None:
    sold = observe("sell", 3, some(HONEY, 25), step="retail_selling", place=SHOP)
    assert lying(build, [GROWN, SHIPPED, RECEIVED, sold]) == {(FARM, "in_stock"): 25, (SHOP, "sold"): 25}
    sold = observe("sell", 3, some(HONEY, 99), step="retail_selling", place=SHOP)
    assert lying(build, [GROWN, SHIPPED, RECEIVED, sold]) == {(SHOP, "sold"): 50}  # never more than there is


def test_received_without_being_shipped(build: Build) -> None:
    assert lying(build, [GROWN, RECEIVED]) == {(FARM, "in_stock"): 30, (SHOP, "in_stock"): 20}


def test_more_is_shipped_than_the_place_had(build: Build) -> None:
    story = [
        GROWN,
        observe("receive", 1, some(HONEY, 45), step="receiving", place=SHOP),  # 5 stay
        observe("return", 2, some(HONEY, 10), step="shipping", read_point=SHOP),  # 35 stay
        observe("ship", 3, some(HONEY, 20), step="shipping", read_point=FARM),  # 5, 10 on the way, 5 more
    ]
    assert lying(build, story) == {(SHOP, "in_stock"): 30, (None, "in_transit"): 20}


def test_received_before_it_is_told_as_made(build: Build) -> None:
    """A clock was wrong: what the shop has is no longer for the farm to have."""
    story = [replace(GROWN, time=clock(5)), RECEIVED]
    assert lying(build, story) == {(FARM, "in_stock"): 30, (SHOP, "in_stock"): 20}
    assert where_is(build, story) == WhereNow(FARM, None, "farm", "in_stock")


def test_made_at_two_places(build: Build) -> None:
    story = [
        commission("one", 0, some(HONEY, 30), place=FARM),
        make("two", 1, [some(DOUGH, 5)], [some(HONEY, 20)], place=MILL),
        commission("three", 2, some(HONEY, 5)),
        commission("four", 3, some(HONEY, 6), step="shipping", read_point=FARM),
    ]
    assert lying(build, story) == {
        (FARM, "in_stock"): 30,
        (MILL, "in_stock"): 20,
        (None, "unaccounted"): 5,
        (None, "in_transit"): 6,
    }


def test_one_site_is_one_stock_of_each_party_under_its_first_name(build: Build) -> None:
    story = [
        GROWN,
        observe("one", 1, some(HONEY, 10), step="receiving", place=DOCK, party="docker"),
        observe("two", 2, some(HONEY, 5), step="receiving", place=MILL, party="miller"),
        observe("three", 3, some(HONEY, 12), step="stocking", place=MILL, party="shelver"),
        observe("four", 4, some(HONEY, 1), step="receiving", place=MILL, party="docker"),
    ]  # the shelver saw some of the fifteen, and put none
    assert lines(sum_up(build, story, {}, suspect(HONEY))) == [
        (FARM, "farm", "in_stock", "KGM", 1, 34, (34, 34, 34)),
        (MILL, "miller", "in_stock", "KGM", 1, 5, (5, 5, 5)),
        (DOCK, "docker", "in_stock", "KGM", 1, 11, (11, 11, 11)),
    ]


def test_a_transaction_counts_as_seen(build: Build) -> None:
    sold = replace(
        observe("sell", 3, some(HONEY, 2), step="retail_selling", place=SHOP), type="TransactionEvent"
    )
    for action in ("ADD", "OBSERVE", "DELETE"):
        story = [GROWN, RECEIVED, replace(sold, action=action)]
        assert lying(build, story) == {
            (FARM, "in_stock"): 30,
            (SHOP, "in_stock"): 18,
            (SHOP, "sold"): 2,
        }
    burnt = replace(sold, biz_step="destroying", action="DELETE", what=(some(HONEY),))
    assert lying(build, [GROWN, RECEIVED, burnt]) == {(FARM, "in_stock"): 30, (SHOP, "in_stock"): 20}
    billed = replace(sold, biz_step=None, action="DELETE")  # a bill is withdrawn, not the honey
    assert lying(build, [GROWN, RECEIVED, billed]) == {(FARM, "in_stock"): 30, (SHOP, "in_stock"): 20}


# --- more is told than there is, and by whom


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


# --- heard of


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


# --- crates


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


# --- a hold that is smaller than the lot


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


# --- unstated amounts


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


# --- deletions


@pytest.mark.parametrize(
    ("step", "status"),
    [("destroying", "destroyed"), ("retail_selling", "sold"), ("decommissioning", "unaccounted")],
)
def test_deleted_with_and_without_an_amount(build: Build, step: str, status: str) -> None:
    story = [GROWN, SHIPPED, RECEIVED]
    some_of_it = delete("delete", 3, some(HONEY, 6), step=step, place=SHOP)
    assert lying(build, [*story, some_of_it]) == {
        (FARM, "in_stock"): 30,
        (SHOP, "in_stock"): 14,
        (SHOP, status): 6,
    }
    all_there = delete("delete", 3, some(HONEY), step=step, place=SHOP)
    assert lying(build, [*story, all_there]) == {(FARM, "in_stock"): 30, (SHOP, status): 20}
    came = {(FARM, "in_stock"): 30, (SHOP, "in_stock"): 20}
    assert lying(build, [*story, delete("delete", 3, some(HONEY), step=step)]) == came
    assert lying(build, [*story, delete("delete", 3, some(HONEY), step=step, place=MARKET)]) == came
    early = delete("delete", -1, some(HONEY), step=step, place=SHOP)  # a clock was wrong: nothing was there
    assert lying(build, [GROWN, early]) == {(FARM, "in_stock"): 50}
    in_crate = delete("delete", 3, some(HONEY), step=step, place=MARKET)
    assert lying(build, [GROWN, PACKED, CRATE_CAME, in_crate]) == came


def test_what_is_gone_does_not_come_back(build: Build) -> None:
    """A lot written off is not the "unaccounted" from which later events may take; it may be there."""
    story = [
        GROWN,
        delete("write off", 1, some(HONEY, 50), place=FARM),
        observe("seen", 2, some(HONEY, 5), step="receiving", place=SHOP),
    ]
    assert lying(build, story) == {(FARM, "unaccounted"): 50, (SHOP, "in_stock"): None}
    assert where_is(build, story) == WhereNow(FARM, None, "acme", "unaccounted")


# --- what is known, and when


def test_every_order_of_arrival_tells_the_same(build: Build) -> None:
    story = [GROWN, SHIPPED, RECEIVED, observe("sell", 3, some(HONEY, 2), step="retail_selling", place=SHOP)]
    answers = [lines(sum_up(build, arrived, {}, suspect(HONEY))) for arrived in permutations(story)]
    assert answers == [answers[0]] * 24


def test_what_was_not_known_yet(build: Build) -> None:
    story = [GROWN, SHIPPED, replace(RECEIVED, record_time=clock(9))]
    early = build(story, {}).scope([suspect(HONEY)], Options(known_at=clock(8)))
    assert [(line.place, line.hold) for line in early.lines] == [(None, 20), (FARM, 30)]
    late = build(story, {}).scope([suspect(HONEY)], Options(known_at=clock(9)))
    assert [(line.place, line.hold) for line in late.lines] == [(FARM, 30), (SHOP, 20)]


def test_a_sale_declared_wrong_was_none(build: Build) -> None:
    sold = observe("sell", 3, some(HONEY, 2), step="retail_selling", place=SHOP, event_id="id1")
    wrong = replace(sold, evidence="wrong", declared_wrong_at=clock(4))
    assert lying(build, [GROWN, SHIPPED, RECEIVED, sold, wrong]) == {
        (FARM, "in_stock"): 30,
        (SHOP, "in_stock"): 20,
    }


def test_a_shipping_declared_wrong_leaves_what_was_received(build: Build) -> None:
    shipped = replace(SHIPPED, event_id="id1")
    wrong = replace(shipped, evidence="wrong", declared_wrong_at=clock(4))
    assert lying(build, [GROWN, shipped, wrong]) == {(FARM, "in_stock"): 50}
    assert lying(build, [GROWN, shipped, RECEIVED, wrong]) == {(FARM, "in_stock"): 30, (SHOP, "in_stock"): 20}


# --- lots without portions


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
