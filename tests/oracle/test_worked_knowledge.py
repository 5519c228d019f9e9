"""Portions as they are known late, taken back, declared wrong or gone,
by the law of tracing (section 9), each answer computed by hand.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from suyuan.trace.lineage.contract import Options, WhereNow

from .engines import Build
from .honey import CRATE_CAME, GROWN, HONEY, PACKED, RECEIVED, SHIPPED, lying, where_is
from .stories import (
    FARM,
    MARKET,
    SHOP,
    clock,
    delete,
    lines,
    observe,
    some,
    sum_up,
    suspect,
)


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
