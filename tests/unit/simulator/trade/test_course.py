"""What is done: in order, the same for the same seed, and nothing is made of nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from itertools import pairwise

import pytest

from suyuan.simulator.trade.course import Course, local_day, weigh
from suyuan.simulator.trade.deeds import Act, Role, parcels
from suyuan.simulator.trade.goods import GOODS
from suyuan.simulator.trade.mischief import DONE
from suyuan.simulator.trade.numbering import SeriesKind

from .worlds import GREEN, SMALL, played

EVERYTHING: dict[str, int] = dict.fromkeys(DONE, 2)


def held(course: Course) -> int:
    """What is on hand or on the road, in milligrams."""
    lying = sum(weigh(one) for yard in course.yards for stock in yard.stock.values() for one in stock)
    packed = sum(weigh(one.goods) for yard in course.yards for cases in yard.cases.values() for one in cases)
    return lying + packed + sum(weigh(one) for _, _, load, _ in course.waiting() for one in parcels(load))


@pytest.mark.parametrize("mischief", [{}, EVERYTHING], ids=["honest", "cheated"])
def test_mass_is_kept_to_the_milligram(mischief: dict[str, int]) -> None:
    course, _, _ = played(replace(SMALL, days=14), mischief=mischief)
    books = course.books
    assert (
        books.grown + books.unrecorded
        == books.lost + books.sold + books.destroyed + books.vanished + held(course)
    )
    assert books.sold > 0.1 * books.grown
    assert (books.unrecorded > 0) == (books.vanished > 0) == bool(mischief)


def test_the_same_seed_gives_the_same_deeds_in_the_order_of_time() -> None:
    _, deeds, _ = played(GREEN)
    assert played(GREEN)[1] == deeds
    assert played(replace(GREEN, seed=4))[1] != deeds
    assert [deed.number for deed in deeds] == list(range(1, len(deeds) + 1))
    assert all(one.at <= other.at for one, other in pairwise(deeds))
    assert {deed.act for deed in deeds} >= {act for act in Act if act is not Act.DESTROY}


def test_what_goes_out_of_a_lot_is_never_more_than_there_was() -> None:
    _, deeds, names = played()
    made: Counter[tuple[int, int]] = Counter()
    gone: Counter[tuple[int, int]] = Counter()
    for deed in deeds:
        for one in deed.mentions:
            if one.amount is None:
                continue
            if deed.act is Act.GROW or one.role is Role.OUTPUT:
                made[one.series, one.first] += one.amount
            elif one.role is Role.INPUT or deed.act in (Act.SELL, Act.DESTROY):
                gone[one.series, one.first] += one.amount
    assert set(gone) <= set(made)
    assert all(gone[lot] <= made[lot] for lot in gone)
    assert all(names.series[series].kind is SeriesKind.LOT for series, _ in made)


def test_batches_give_what_their_processes_give() -> None:
    course, deeds, names = played()
    yields = {
        frozenset(goods for goods, _, _ in process.gives): process
        for line in course.plan.lines.values()
        for process in line.processes
    }
    product = {number: goods for _, goods, number in course.products()}
    seen: Counter[str] = Counter()
    for deed in deeds:
        if (
            deed.act is not Act.MAKE
            or deed.transformation
            or any(
                one.role is Role.INPUT and names.series[one.series].kind is SeriesKind.CRATE
                for one in deed.mentions
            )
        ):
            continue
        mass: dict[str, int] = defaultdict(int)
        into = 0
        for one in deed.mentions:
            stem = names.series[one.series].stem
            goods = product[int(stem.partition("/01/")[2][10:13])]
            grams = GOODS[goods].milligrams(one.count if one.amount is None else one.amount)
            if one.role is Role.INPUT:
                into += grams
            else:
                mass[goods] += grams
        process = yields[frozenset(mass)]
        seen[process.id] += 1
        for goods, low, high in process.gives:
            assert low * into - GOODS[goods].milligrams(1) <= mass[goods] <= high * into
    assert len(seen) >= 12


def test_nothing_is_used_or_sold_after_its_last_day() -> None:
    _, deeds, _ = played(replace(SMALL, days=14))
    last = {
        (deed.brought.series, deed.brought.number): deed.brought.best_before
        for deed in deeds
        if deed.brought is not None
    }
    used = 0
    for deed in deeds:
        for one in deed.mentions:
            if one.amount is not None and (one.role is Role.INPUT or deed.act is Act.SELL):
                assert local_day(deed.at) <= last.get((one.series, one.first), 10**6)
                used += 1
    assert used > 100
    assert any(deed.act is Act.DESTROY for deed in deeds)


def test_goods_go_through_one_to_eight_transformations() -> None:
    _, deeds, _ = played(replace(SMALL, crops=("pork",), days=14))
    depth: dict[tuple[int, int], int] = {}
    crated: dict[tuple[int, int], int] = {}
    under_way: dict[int, int] = {}  # told in two parts
    for deed in deeds:
        if deed.act is Act.FILL:
            parent, child = deed.mentions
            crated[parent.series, parent.first] = depth[child.series, child.first]
        elif deed.brought is not None and deed.act is not Act.MAKE:
            for one in deed.mentions:
                depth.update(
                    dict.fromkeys(((one.series, n) for n in range(one.first, one.first + one.count)), 0)
                )
        elif deed.act is Act.MAKE:
            used = [(one.series, one.first) for one in deed.mentions if one.role is Role.INPUT]
            known = [depth.get(key, crated.get(key, 0)) for key in used]
            deepest = max(known) if known else under_way[deed.transformation]
            under_way[deed.transformation] = deepest
            made = [(one.series, one.first) for one in deed.mentions if one.role is Role.OUTPUT]
            depth.update(dict.fromkeys(made, 1 + deepest))
    assert set(depth.values()) == set(range(9))


def test_crates_come_back_and_are_filled_again() -> None:
    _, deeds, names = played(replace(GREEN, days=12))
    filled = Counter(
        names.keys(one)[0]
        for deed in deeds
        if deed.act is Act.FILL
        for one in deed.mentions
        if one.role is Role.PARENT
    )
    assert max(filled.values()) >= 2


def test_every_kind_of_mischief_strikes_as_often_as_asked_where_there_is_a_chance() -> None:
    course, _, _ = played(replace(SMALL, days=14), mischief=EVERYTHING)
    struck = Counter(fault.kind for fault in course.mischief.faults)
    assert set(struck) == set(DONE)
    assert max(struck.values()) <= 2
