"""The companies and products of the sample world stand in the register as those of a platform do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from suyuan.api.demo.registering import register_world
from suyuan.api.house import open_house
from suyuan.api.master_data import entered
from suyuan.api.settings import read_settings
from suyuan.simulator.plot import imagine
from suyuan.trace.recall.licences import licence_fits, uscc_fits
from suyuan.trace.register.book import amend, entries, look_up
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.sight import HOUSE

END = datetime(2026, 11, 20, 8, tzinfo=UTC)


def test_the_sample_world_is_registered_once_and_with_numbers_that_fit(tmp_path: Path) -> None:
    house = open_house(read_settings({"SUYUAN_VAR": str(tmp_path)}), lambda: END)
    world = imagine(2026, END)
    with Writing(house.engine) as writing:
        register_world(writing, world, END)
    kitchen = world.cast.meals[0].producer
    with Reading(house.engine) as reading:
        found = [one.entry for one in entries(reading, viewer=HOUSE, limit=200).entries]
        registered = look_up(reading, kitchen.key, viewer=HOUSE).entry
    assert {one.key for one in found} == {one.key for one in (*world.cast.parties, *world.cast.products)}
    assert all(uscc_fits(one.value("uscc")) for one in found if one.kind == "party")
    assert [licence_fits(one.value("licence")) for one in found if one.value("licence")] == [True, True]
    assert registered.value("licence_until") > END.date().isoformat()
    changed = replace(registered, values={**registered.values, "phone": "400-111-2222"})
    with Writing(house.engine) as writing:
        amend(writing, kitchen.key, changed, by=HOUSE, now=END + timedelta(hours=1), confirmed=True)
        register_world(writing, world, END + timedelta(hours=2))
    with Reading(house.engine) as reading:
        assert look_up(reading, kitchen.key, viewer=HOUSE).entry.value("phone") == "400-111-2222"
        entry = entered(reading, kitchen.key)
    assert entry is not None
    assert entry.approved is not None, "the operator entered it"
    house.close()
