"""Ground truth of the miniature world, worked out by hand from the recipes.

36 meals in 6 lots of 2 cases of 3. The contaminated lettuce B2 goes into M3, M4 and M5. Case i of lot number
n (M1 is 0) goes to receiver (i + n) mod 5, where 0 to 3 are the shops and 4 is the reserve of the
distribution centre:

M3: shop-3, shop-4    M4: shop-4, centre    M5: centre, shop-1

Of each case that came to a shop 40 %, rounded up to 2 of 3, are sold; its third meal is on the shelf.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import orjson
import pytest

from suyuan.simulator.plot import imagine
from suyuan.simulator.truth import truth
from suyuan.simulator.world import MINIATURE, World

END = datetime(2026, 11, 21, 11, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def world() -> World:
    return imagine(7, END, MINIATURE)


def test_the_incident_is_the_lettuce_of_the_farm_in_zhangjiakou(world: World) -> None:
    incident = truth(world)["incident"]
    farm = world.site("farm-b")
    assert incident["suspects"] == [world.lots[world.contaminated].key]
    assert world.contaminated.endswith("/10/261117-B2")
    assert incident["time"] == "2026-11-16T22:00:00+00:00"  # harvested at 06:00 in Zhangjiakou
    assert incident["place"] == farm.key


def test_affected_are_the_lettuce_and_three_lots_of_meals_with_their_items(world: World) -> None:
    told = truth(world)
    lots = sorted(key[-2:] for key, what in told["affected"].items() if what["kind"] == "lot")
    items = [key for key, what in told["affected"].items() if what["kind"] == "item"]
    assert lots == ["B2", "M3", "M4", "M5"]
    assert sorted(key[-2:] for key in told["clean"]) == ["M1", "M2", "M6"]
    assert len(items) == 3 * 2 * 3
    assert {what["certainty"] for what in told["affected"].values()} == {"certain"}


def test_where_the_affected_are_was_counted_by_hand(world: World) -> None:
    told = truth(world)
    names = {site.key: site.station for site in world.stations}
    where = [what["where"] for what in told["affected"].values() if what["kind"] == "item"]
    assert Counter((names[w["place"]], w["status"], w["container"] is not None) for w in where) == {
        ("shop-1", "sold", False): 2,
        ("shop-1", "in_stock", False): 1,
        ("shop-3", "sold", False): 2,
        ("shop-3", "in_stock", False): 1,
        ("shop-4", "sold", False): 4,
        ("shop-4", "in_stock", False): 2,
        ("distribution", "in_stock", True): 6,
    }
    lettuce = told["affected"][world.contaminated]["where"]
    assert lettuce == {"place": world.site("plant").key, "container": None, "status": "consumed"}
    assert [told["affected"][key]["where"] for key in world.affected_lots] == [None] * 3


def test_carriers_are_seven_crates_six_cases_and_three_pallets(world: World) -> None:
    carriers = truth(world)["carriers"]
    assert len(set(carriers)) == len(carriers) == 7 + 6 + 3
    assert set(carriers) <= set(world.units)


def test_cases_are_items_that_were_sold_from_affected_lots(world: World) -> None:
    told = truth(world)
    assert [case["lot"][-2:] for case in told["cases"]].count("M3") == 2
    for case in told["cases"]:
        where = told["affected"][case["item"]]["where"]
        assert where == {"place": case["place"], "container": None, "status": "sold"}


def test_the_lorry_that_stood_warm_carried_one_pallet_of_six_meals(world: World) -> None:
    told = truth(world)["cold_chain"]
    assert (told["from"], told["to"]) == (world.site("plant").key, world.site("distribution").key)
    assert told["since"] == "2026-11-16T09:00:00+00:00"  # from 17:00 to 18:30 on the day it was cooked
    assert told["until"] == "2026-11-16T10:30:00+00:00"
    assert told["inspected"] == "2026-11-16T11:40:00+00:00"
    assert 9.0 <= told["worst_c"] <= 9.2
    (pallet,) = told["units"]
    assert len(world.contents[pallet]) == 2
    assert len(told["items"]) == 6
    assert {world.items[key].lot[-2:] for key in told["items"]} == {"M2"}


def test_it_is_json_and_has_the_faults_once_they_were_counted(world: World) -> None:
    assert orjson.loads(orjson.dumps(truth(world)))["faults"] is None
    assert truth(world, {"missed": 3})["faults"] == {"missed": 3}


def test_the_sample_world_has_a_shipment_under_way() -> None:
    world = imagine(7, END)
    travelling = [
        w for key, w in world.whereabouts.items() if key in world.items and w.status == "in_transit"
    ]
    assert len(travelling) == 60  # 5 cases of M6 for the last shop
    assert {w.place for w in travelling} == {None}
    assert None not in {w.container for w in travelling}
