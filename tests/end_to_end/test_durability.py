"""Short forms of the campaigns that need the real server; the long ones are ``suyuan bench durability``."""

from __future__ import annotations

from pathlib import Path

import pytest

from suyuan.api.durability.deliveries import delivered
from suyuan.api.durability.stations import Plan, under_faults
from suyuan.simulator.durability.faulty_proxy import Faults

SEED = 20261122


@pytest.mark.slow
def test_a_station_of_several_readers_under_all_faults_keeps_the_law(tmp_path: Path) -> None:
    plan = Plan(
        stations=1,
        readers=2,
        r700=True,
        mqtt=True,
        seconds=6,
        longest_life_s=3,
        server_once_in=3,
        readers_fail=True,
        simulated_reader=True,
        faults=Faults(),
    )
    came = under_faults(tmp_path, plan, seed=SEED)
    assert came.holds, came
    assert came.verdict.acknowledged > 50
    assert {kind.partition(" ")[0] for kind in came.troubles} == {"LLRP", "R700", "MQTT", "network"}
    assert came.of_readers.keys() == {"reader1", "reader2", "r700", "mqtt", "belt"}


@pytest.mark.slow
def test_a_bad_network_has_an_effect_of_exactly_once(tmp_path: Path) -> None:
    faults = Faults(
        lost=0.1, torn=0.05, unanswered=0.15, cut=0.05, doubled=0.1, swallowed=0.0, longest_s=0.05
    )
    came = delivered(tmp_path, 800, seed=SEED, faults=faults, batch=16, stations=2)
    assert came.verdict.holds, came
    assert came.verdict.stored == 800
    assert {"lost", "torn", "unanswered", "cut", "doubled", "refused"} <= came.met.keys()
