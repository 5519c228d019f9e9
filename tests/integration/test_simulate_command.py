"""``suyuan simulate world``, loaded, traced and checked by the real commands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from suyuan.api.commands.load import load
from suyuan.api.commands.simulate import app
from suyuan.api.commands.trace import app as trace
from suyuan.api.house import open_house
from suyuan.api.settings import read_settings
from suyuan.trace.lineage.contract import Options, Suspect

LOADING = typer.Typer()
LOADING.command()(load)
WORLD = ("--farms", "2", "--days", "11", "--seed", "3", "--shops", "3", "--crops", "leafy")


def run(command: typer.Typer, *words: str) -> str:
    done = CliRunner().invoke(command, words)
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("worlds") / "green"
    told = run(app, "world", "--out", str(out), *WORLD, "--inject", "outbreak=5,late=0.05,repeated=0.02")
    assert "5 people ill" in told
    assert run(LOADING, str(out / "epcis"), "--db", str(out / "store.db"), "--json")
    return out


def truth(world: Path) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads((world / "truth.json").read_text("utf-8"))
    return found


def prefix(key: str) -> str:
    """The company of a place or party, by its GLN."""
    return key.rpartition("/")[2][:9]


def test_what_is_loaded_traces_to_the_truth(world: Path) -> None:
    told = truth(world)
    house = open_house(read_settings({"SUYUAN_DATABASE": str(world / "store.db")}))
    try:
        suspects = [Suspect(key) for key in told["incident"]["suspects"]]
        states = house.trace(suspects, Options("forward")).states
    finally:
        house.close()
    found = {one.key: one for one in states if not one.carrier and one.kind != "place"}
    assert set(found) == set(told["affected"])
    for key, one in told["affected"].items():
        now = found[key].where_now
        if one["where"] is not None and one["where"]["status"] in {"in_stock", "sold"}:
            assert now is not None
            assert (now.place, now.status) == (one["where"]["place"], one["where"]["status"])
            assert now.party is not None
            assert prefix(now.party) == prefix(one["where"]["place"])  # as master data tell


def test_the_trace_command_leads_back_from_someone_ill_to_the_farm(world: Path) -> None:
    told = truth(world)
    item = next(case["item"] for case in told["cases"] if case["related"] and case["item"])
    back = json.loads(run(trace, "back", item, "--db", str(world / "store.db"), "--json"))
    assert set(told["incident"]["suspects"]) & {state["key"] for state in back["states"]}


def test_loading_again_brings_nothing_new(world: Path) -> None:
    told = json.loads(
        run(LOADING, str(world / "epcis"), "--db", str(world / "store.db"), "--json").splitlines()[0]
    )
    assert (told["captured"], told["conflicts"], told["refusals"]) == (0, 0, 0)


def test_wishes_without_a_chance_are_told(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app, ["world", "--out", str(tmp_path / "w"), *WORLD[:2], "--days", "1", "--inject", "clone"]
    )
    assert done.exit_code == 0
    assert "no clone: there was no chance for it" in done.output
