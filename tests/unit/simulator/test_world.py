from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import orjson
import pytest

from suyuan.readers.station.identity import from_tag
from suyuan.readers.station.order import Step
from suyuan.simulator.master_data import master_data
from suyuan.simulator.numbers import DEMONSTRATION_PREFIX, mod_11_10
from suyuan.simulator.plot import HARVESTS, SERIAL_BITS, imagine
from suyuan.simulator.world import LOCAL, MINIATURE, QUIET, World
from suyuan.trace.epcis.json_document import read_json
from suyuan.trace.gs1 import identify

END = datetime(2026, 11, 21, 11, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def world() -> World:
    return imagine(7, END)


def test_the_same_seed_and_end_give_the_same_world_and_others_another(world: World) -> None:
    assert imagine(7, END) == world
    assert set(imagine(8, END).items).isdisjoint(world.items)
    assert set(imagine(7, END + timedelta(days=1)).items).isdisjoint(world.items)
    assert set(imagine(7, END + timedelta(days=1)).units).isdisjoint(world.units)


def test_it_has_the_size_of_the_sample_world(world: World) -> None:
    assert len(world.items) == 2016
    pallets = [unit for unit, inside in world.contents.items() if world.contents.keys() & set(inside)]
    assert len(pallets) == 12
    assert sum(len(a.tags) for a in world.assignments) > 6000
    sold = sum(world.whereabouts[key].status == "sold" for key in world.items)
    assert 0.3 < sold / len(world.items) < 0.36


def test_every_key_is_a_canonical_one_under_the_demonstration_prefix(world: World) -> None:
    cast = world.cast
    keys = [
        *(p.key for p in cast.parties),
        *(p.key for p in cast.products),
        *(s.key for s in world.stations),
        *(d.key for s in world.stations for d in s.doors),
        *world.lots,
        *world.items,
        *world.units,
    ]
    for key in keys:
        identifier = identify(key)
        assert identifier.key == key
        value = identifier.ais[0][1]
        start = {"00": 1, "01": 1}.get(identifier.ais[0][0], 0)  # extension and indicator digits come first
        assert value[start:].startswith(DEMONSTRATION_PREFIX)
    assert len(set(keys)) == len(keys)


def test_every_tag_says_what_it_is_on(world: World) -> None:
    for item in world.items.values():
        assert from_tag(item.memory).key == item.key
    for key, unit in world.units.items():
        assert from_tag(unit.memory).key == key


def test_serials_cannot_be_guessed_from_one_another(world: World) -> None:
    serials = sorted(int(key.rpartition("/")[2]) for key in world.items)
    assert serials[0] > 0
    assert serials[-1] < 1 << SERIAL_BITS
    assert max(b - a for a, b in pairwise(serials)) < 1 << (SERIAL_BITS - 6)  # spread over the whole range
    assert serials != list(range(serials[0], serials[0] + len(serials)))


def test_licences_have_the_check_digit_of_iso_7064(world: World) -> None:
    assert mod_11_10("0794") == 5  # the worked example of ISO/IEC 7064
    licences = [p.licence for p in world.cast.parties if p.licence]
    assert len(licences) == 2
    for number in licences:
        assert number.startswith("SC")
        assert len(number) == 16
        assert mod_11_10(number[2:-1]) == int(number[-1])


@pytest.mark.parametrize("hour", [0, 6, 12, 15, 18])
def test_history_ends_some_hours_before_the_end_whatever_the_hour(hour: int) -> None:
    end = END.replace(hour=hour)
    world = imagine(7, end)
    times = [a.time for a in world.assignments]
    assert times == sorted(times)
    assert QUIET <= end - times[-1] < timedelta(hours=24)
    assert timedelta(days=7) < end - times[0] < timedelta(days=11)


@pytest.mark.parametrize("hour", [0, 6, 12, 15, 18])
def test_one_early_lot_of_meals_is_past_its_day_and_the_others_are_not(hour: int) -> None:
    world = imagine(7, END.replace(hour=hour), MINIATURE)
    today = world.end.astimezone(LOCAL).date()
    days = {
        lot.code[-2:]: (lot.expires - today).days
        for lot in world.lots.values()
        if lot.expires is not None and lot.product in world.cast.meals
    }
    assert days["M1"] < 0
    assert 0 <= days["M2"] <= 2
    assert all(days[name] >= 3 for name in ("M3", "M4", "M5", "M6"))


def test_each_station_works_one_thing_after_the_other_and_only_after_its_senders(world: World) -> None:
    time_of = {a.order_id: a.time for a in world.assignments}
    assert len(time_of) == len(world.assignments)
    for site in world.stations:
        times = [a.time for a in world.assignments if a.station == site.station]
        assert all(b - a >= timedelta(seconds=20) for a, b in pairwise(times)), site.station
    for assignment in world.assignments:
        assert all(time_of[earlier] < assignment.time for earlier in assignment.after)
        if assignment.order.step is Step.RECEIVE:
            assert assignment.after


def test_shops_sell_in_their_opening_hours_and_nothing_past_its_day(world: World) -> None:
    lot_of = {item.memory: world.lots[item.lot] for item in world.items.values()}
    for assignment in world.assignments:
        if assignment.order.step is Step.SELL:
            local = assignment.time.astimezone(LOCAL)
            assert 8 <= local.hour < 21
            for tag in assignment.tags:
                expires = lot_of[tag].expires
                assert expires is not None
                assert local.date() <= expires


def test_the_complaints_have_exactly_one_farm_lot_in_common(world: World) -> None:
    farm_lots = {key: lot.code[-2:] for key, lot in world.lots.items() if lot.code[-2:] in HARVESTS}
    herds = {key: lot.code for key, lot in world.lots.items() if lot.code.endswith("P")}
    used: dict[str, set[str]] = {}
    for origin in (*farm_lots, *herds):
        for meal in _made_with(world, origin):
            used.setdefault(meal, set()).add(origin)
    lots = {world.items[c.item].lot for c in world.complaints}
    assert len(world.complaints) == 5
    assert len({c.item for c in world.complaints}) == 5
    assert len(lots) >= 2
    common = {origin for origin in (*farm_lots, *herds) if all(origin in used[lot] for lot in lots)}
    assert common == {world.contaminated}
    assert all(world.whereabouts[c.item].status == "sold" for c in world.complaints)
    assert len({c.place for c in world.complaints}) >= 2


def _made_with(world: World, origin: str) -> set[str]:
    """Lots made of ``origin``, found from the assignments by tags: another way than the story's account."""
    holds = {world.units[unit].memory: inside[0] for unit, inside in world.contents.items()}
    holds |= {
        tag: f"https://id.gs1.org/01/{a.order.product}/10/{a.order.lot}"
        for a in world.assignments
        if a.order.step is Step.COMMISSION
        for tag in a.tags
    }
    found = {origin}
    for a in world.assignments:
        if a.order.step is Step.TRANSFORM and found & {holds[tag] for tag in a.tags}:
            found.add(a.order.outputs[0].epc_class)
    return found - {origin}


def test_nothing_in_the_orders_tells_of_the_contamination(world: World) -> None:
    text = repr(world.assignments).lower()
    assert "salmonella" not in text
    assert "contaminat" not in text
    documents = orjson.dumps(master_data(world)).decode().lower()
    assert "contaminat" not in documents


def test_master_data_are_a_valid_document_that_names_everything(world: World) -> None:
    document = read_json(orjson.dumps(master_data(world)))
    assert document.warnings == ()
    told = {(v.type.rpartition(":")[2], v.id): v.attributes for v in document.vocabularies}
    parties = {key for kind, key in told if kind == "Party"}
    for product in world.cast.products:
        attributes = told["EPCClass", product.key]
        assert attributes["suyuan:producer"] in parties
        assert attributes["suyuan:nameZh"] == product.name.zh
        assert attributes["cbvmda:netContentDescription"]
    for site in world.stations:
        assert told["BusinessLocation", site.key]["suyuan:party"] in parties
        assert told["BusinessLocation", site.key]["suyuan:cityEn"]
        for door in site.doors:
            assert told["ReadPoint", door.key]["suyuan:party"] in parties
    for party in world.cast.parties:
        assert told["Party", party.key]["suyuan:nameEn"] == party.name.en
