"""Who trades with whom: determined by the extent, and of the shape that was asked for."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from suyuan.simulator.trade.goods import CROPS, DEEPEST, lines
from suyuan.simulator.trade.numbering import Numbering, SeriesKind
from suyuan.simulator.trade.plan import FEWEST, MOST, Extent, Plan, lay_out
from suyuan.simulator.trade.towns import kilometres, towns
from suyuan.trace.errors import TooLarge, WrongUse
from suyuan.trace.gs1 import canonical_key

LARGE = Extent(farms=600, days=1, seed=9)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return lay_out(LARGE)


def test_it_follows_from_the_extent(plan: Plan) -> None:
    assert lay_out(LARGE) == plan
    assert lay_out(replace(LARGE, seed=10)) != plan


def test_few_serve_very_many_and_most_serve_few(plan: Plan) -> None:
    suppliers = Counter(buyer for route in plan.routes.values() for buyer in route.buyers)
    packers = [suppliers[site.number] for site in plan.stage("packer")]
    assert min(packers) >= FEWEST
    processors = sorted(suppliers[site.number] for site in plan.stage("processor"))
    assert processors[0] >= FEWEST
    assert processors[-1] > 4 * processors[len(processors) // 4]
    assert max(processors) <= MOST + len(plan.stage("farm")) // 10  # beside those whom nobody drew
    served = sorted(len(plan.routes[site.number, ""].buyers) for site in plan.stage("distributor"))
    assert served[-1] > 10 * served[len(served) // 2]


def test_every_place_finds_buyers_and_everything_reaches_a_shop(plan: Plan) -> None:
    sells = {seller for seller, _ in plan.routes}
    assert sells == {site.number for site in plan.sites if site.stage != "shop"}
    for route in plan.routes.values():
        assert len(set(route.buyers)) == len(route.buyers) == len(route.shares) == len(route.hours)
        assert min(route.hours) >= 1.5
    assert {
        plan.sites[buyer].stage
        for (_, goods), route in plan.routes.items()
        for buyer in route.buyers
        if not goods
    } == {"shop"}


def test_firms_have_names_in_both_languages_and_keys_that_are_right(plan: Plan) -> None:
    for site in plan.sites[:: len(plan.sites) // 40]:
        assert canonical_key(site.key) == site.key
        assert canonical_key(site.party) == site.party
        assert plan.name(site).zh[:2] in {town.name.zh[:2] for town in towns()}
        assert plan.name(site).en.isprintable()
    assert len({site.key for site in plan.sites}) == len(plan.sites)


def test_numbers_in_a_row_are_keys_in_their_canonical_spelling() -> None:
    numbering = Numbering()
    for kind in SeriesKind:
        place = numbering.begun(kind, 123, 7)
        first = numbering.take(place, 3)
        assert numbering.take(place) == first + 3
        for number in (first, first + 2):
            key = numbering.series[place].key(number)
            assert canonical_key(key) == key


def test_a_company_runs_out_of_logistic_units() -> None:
    numbering = Numbering()
    units = numbering.begun(SeriesKind.UNIT, 1)
    with pytest.raises(TooLarge, match="10000000 cases"):
        numbering.take(units, 10_000_000)


def test_distances_are_those_of_the_map() -> None:
    place = {town.name.en: number for number, town in enumerate(towns())}
    assert kilometres(place["Beijing"], place["Shanghai"]) == pytest.approx(1067, abs=25)
    assert kilometres(place["Guangzhou"], place["Guangzhou"]) == 0
    assert {town.name.zh for town in towns()} >= {"北京", "潍坊", "乌鲁木齐"}


def test_the_deepest_goods_are_eight_transformations_from_the_farm() -> None:
    depths: dict[str, int] = {crop.goods: 0 for crop in CROPS.values()}
    for line in lines(CROPS):
        for process in line.processes:
            assert sum(share for _, share in process.takes) == pytest.approx(1)
            assert sum(high for _, _, high in process.gives) <= 1
            depth = 1 + max(depths[goods] for goods, _ in process.takes)
            depths.update(dict.fromkeys((goods for goods, _, _ in process.gives), depth))
        assert max(depths[goods] for goods in line.gives) == line.depth
    assert max(depths.values()) == DEEPEST == 8


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (replace(LARGE, farms=0), "at least one of each"),
        (replace(LARGE, shops=0), "at least one of each"),
        (replace(LARGE, begins=date(9999, 12, 31)), "lie between 1970-01-02 and 9000-01-01"),
        (replace(LARGE, begins=date(1, 1, 1)), "lie between 1970-01-02"),
        (replace(LARGE, crops=()), "no crop"),
        (replace(LARGE, crops=("cocoa",)), "no crop cocoa. Choose among leafy"),
        (replace(LARGE, depth=3), "nothing of the crop leafy reaches a shop"),
    ],
)
def test_an_extent_that_cannot_be_is_refused(wrong: Extent, said: str) -> None:
    with pytest.raises(WrongUse, match=said):
        lay_out(wrong)


def test_more_firms_than_prefixes_are_refused() -> None:
    with pytest.raises(TooLarge, match="999999 firms"):
        lay_out(Extent(farms=1, days=1, seed=1, processors=1_000_001, crops=("leafy",)))
