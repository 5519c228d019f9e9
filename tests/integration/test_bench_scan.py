"""The short form of the measurement of scans, and what is built ahead of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration import market
from tests.integration.market import Market

from suyuan.api.commands.bench_scan import measure
from suyuan.api.passports.prepared import prepare_all
from suyuan.trace.gs1 import identify
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.sight import EVERYTHING, Viewer


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Market]:
    with market.open_market(tmp_path) as made:
        yield made


def test_looks_are_answered_while_events_come_in_and_a_hold_is_shown(tmp_path: Path) -> None:
    found = measure(tmp_path, items=1_000, rate=40, seconds=1, connections=4, events=2)
    assert found.prepared["passports"] > found.items
    assert found.prepared["built"] < 20
    assert 0 <= found.hold_visible_s < 20
    for load in found.loads.values():
        assert load.failed == 0
        assert sum(load.statuses.values()) == load.requests == 40
        assert set(load.statuses) <= {"200", "404"}


def test_what_is_built_ahead_is_what_is_built_at_a_look(here: Market) -> None:
    house = here.house
    authority = Viewer("conducting", "regulator", market.AUTHORITIES["conducting"][0], EVERYTHING)
    house.desk.hold_at_once(here.case, authority, "Residues found")
    more = [f"{market.PLANT.product}/21/MORE{number}" for number in range(6)]
    made = {
        "type": "ObjectEvent", "eventTime": "2026-11-10T08:00:00+08:00", "eventTimeZoneOffset": "+08:00",
        "bizStep": "commissioning", "action": "ADD", "epcList": more, "ilmd": {"cbvmda:lotNumber": "PL-7301"},
        "readPoint": {"id": market.PLANT.dock},
    }  # fmt: skip
    sold = {**made, "action": "OBSERVE", "bizStep": "retail_selling", "epcList": more[:1]}
    del sold["ilmd"]
    market.capture(house, market.PLANT.party, made, sold)
    with Reading(house.engine) as reading:
        told = prepare_all(house.passports, house.records, reading)
    assert told.passports - told.built == len(more) - 2  # the one that was sold, and the first of the others
    for key in (*market.ITEM_KEYS, *more):
        with_lot = f"{market.PLANT.product}/10/{market.LOT.rpartition('/')[2]}/21/{identify(key).serial}"
        ahead = house.passports.of(identify(with_lot))
        at_a_look = house.passports.built(identify(with_lot))
        assert at_a_look is not None
        assert at_a_look.passport(identify(key).serial).verdict.reasons == ahead.verdict.reasons
        assert at_a_look.passport(identify(key).serial).journey == ahead.journey
