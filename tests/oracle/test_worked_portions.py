"""Where the portions of a lot lie when some of it is sent, received and sold,
by the law of tracing (section 9), each answer computed by hand.

What happens to some of it must not happen to all of it.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from suyuan.trace.lineage.contract import WhereNow

from .engines import Build
from .honey import GROWN, HONEY, RECEIVED, SHIPPED, lying, sent, where_is
from .stories import (
    DOCK,
    DOUGH,
    FARM,
    MARKET,
    MILL,
    SHOP,
    clock,
    commission,
    just_after,
    lines,
    lot,
    make,
    observe,
    some,
    sum_up,
    suspect,
)


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
