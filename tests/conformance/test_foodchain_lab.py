"""Published FoodChain-Lab networks with the answers of its own programs: no difference is allowed."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from datetime import date
from math import inf
from pathlib import Path
from typing import Any

import pytest

from suyuan.api.networks import read_network
from suyuan.trace.incident import Dialect, Scores, Settings, score
from suyuan.trace.incident.date_limits import inferred_limits
from suyuan.trace.incident.flows import layout

pytestmark = pytest.mark.shared
SUYUAN = str(Path(sys.executable).parent / "suyuan")
DESKTOP = "fcl-desktop-Tracing_Test_with_Temporal_Order.json"


def told(path: Path) -> Any:
    return json.loads(path.read_bytes())


@pytest.mark.parametrize("dialect", ["desktop", "exact"])
def test_desktop_workflow(shared: Path, dialect: Dialect) -> None:
    path = shared / "fcl" / DESKTOP
    read = read_network(path.read_bytes())
    found = score(read.network, read.settings, dialect=dialect)
    expected = told(path)["expected"]
    assert {name: asdict(one) for name, one in found.stations.items()} == expected["stations"]
    assert {name: asdict(one) for name, one in found.deliveries.items()} == expected["deliveries"]
    assert (len(found.stations), len(found.deliveries)) == (381, 648)
    assert found.cycles == found.returning == ()


@pytest.mark.parametrize("dialect", ["desktop", "exact"])
def test_desktop_unit_test(shared: Path, dialect: Dialect) -> None:
    path = shared / "fcl" / "fcl-junit-tracingtest.json"
    read = read_network(path.read_bytes())
    expected = told(path)["expected_station_weight_case"]["station_scores"]
    found = score(read.network, read.settings, dialect=dialect)
    assert {name: one.score for name, one in found.stations.items()} == expected


def web_settings(params: dict[str, list[str]]) -> Settings:
    return Settings(
        dict.fromkeys(params["outbreakStations"], 1.0),
        dict.fromkeys(params["outbreakDeliveries"], 1.0),
        cc_stations=frozenset(params["ccStations"]),
        kill_stations=frozenset(params["killStations"]),
        kill_deliveries=frozenset(params["killDeliveries"]),
        observed_stations=dict.fromkeys(params["observedStations"], "full"),
        observed_deliveries=dict.fromkeys(params["observedDeliveries"], "full"),
    )


def as_web(found: Scores) -> dict[str, Any]:
    def marked(way: str, kind: str) -> set[str]:
        return {name for name, one in getattr(found, kind).items() if getattr(one, way)}

    return {
        "stationScores": {name: one.score for name, one in found.stations.items() if one.score},
        "deliveryScores": {name: one.score for name, one in found.deliveries.items() if one.score},
        "commonLinks": {name for name, one in found.stations.items() if one.score == 1},
        "forwardStations": marked("forward", "stations"),
        "backwardStations": marked("backward", "stations"),
        "forwardDeliveries": marked("forward", "deliveries"),
        "backwardDeliveries": marked("backward", "deliveries"),
    }


@pytest.mark.parametrize("name", ["ExampleData.json", "small_network.json"])
def test_web_program(shared: Path, name: str) -> None:
    read = read_network((shared / "fcl" / name).read_bytes())
    cases = told(shared / "fcl" / f"fcl-web-expected-{name}")["cases"]
    assert len(cases) == 21
    for case in cases:
        settings = web_settings(case["params"])
        found = as_web(score(read.network, settings, dialect="web", dates=case["dates"]))
        for member, value in found.items():
            expected = set(case[member]) if isinstance(value, set) else case[member]
            assert value == expected, (case["scenario"], case["dates"], member)


@pytest.mark.parametrize("name", ["ExampleData.json", "small_network.json"])
def test_days_that_the_web_program_infers(shared: Path, name: str) -> None:
    network = read_network((shared / "fcl" / name).read_bytes()).network
    limits = inferred_limits(network, layout(network, Settings()).links)

    def shown(span: tuple[float, float]) -> list[str | None]:
        return [None if abs(day) == inf else date.fromordinal(int(day)).isoformat() for day in span]

    found = {
        delivery.id: {"out": shown(out), "in": shown(into)}
        for delivery, out, into in zip(network.deliveries, limits.out, limits.into, strict=True)
    }
    assert found == told(shared / "fcl" / f"fcl-web-expected-{name}")["inferredDates"]
    assert limits.left_out == ()


def test_the_example_of_the_template_is_read_whole(shared: Path) -> None:
    read = read_network((shared / "fcl" / "All_In_One_Template_Example.xlsx").read_bytes())
    network = read.network
    assert (len(network.stations), len(network.deliveries), len(network.links)) == (6, 7, 6)
    assert [(lot.station, lot.number) for lot in network.lots] == [
        ("Farmer 1", "L117"), ("Farmer 2", "L14"), ("Yogurt Factory", "LY1"), ("Yogurt Factory", "LY2"),
    ]  # fmt: skip
    [first, *_] = network.deliveries
    assert (first.supplier, first.recipient, first.arrival) == ("Farmer 1", "Yogurt Factory", (2016, 1, 1))
    assert (first.amount and (first.amount.value, first.amount.unit)) == (1500, "l")
    assert read.warnings == ()
    found = score(network, Settings({"Supermarket 2": 1.0, "Supermarket 3": 1.0}))
    assert (found.stations["Farmer 1"].score, found.stations["Farmer 2"].score) == (1.0, 1.0)
    assert found.lots == {
        "Farmer 1 | Milk | L117": 1.0,
        "Farmer 2 | Milk | L14": 1.0,
        "Yogurt Factory | Yogurt | LY1": 0.5,
        "Yogurt Factory | Yogurt | LY2": 1.0,
    }


def test_the_empty_template_has_no_deliveries(shared: Path) -> None:
    read = read_network((shared / "fcl" / "All_In_One_Template.xlsx").read_bytes())
    assert read.network.stations == ()
    assert [warning.detail for warning in read.warnings] == ["The network has no deliveries."]


def test_doubts_of_the_web_example(shared: Path) -> None:
    read = read_network((shared / "fcl" / "ExampleData.json").read_bytes())
    assert (len(read.network.links), len(read.warnings)) == (31, 12)  # of 33, two are told twice
    assert read.warnings[0].where == "/data/deliveryRelations/data/30"
    assert read.warnings[2].detail.startswith("Into lot Sug_39 went 30 kg, and 1 kg came out")


def test_the_command_prints_exactly_the_scores(shared: Path) -> None:
    path = shared / "fcl" / DESKTOP
    done = subprocess.run(
        [SUYUAN, "incident", "score", str(path), "--dialect", "desktop"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == told(path)["expected"]
