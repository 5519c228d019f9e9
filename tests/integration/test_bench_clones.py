"""``suyuan bench clones`` prints what it measured, the same for the same seed."""

from __future__ import annotations

import orjson
import pytest
from typer.testing import CliRunner

from suyuan.api.commands.bench import app
from suyuan.simulator.clones.trials import CLONE_COUNTS
from suyuan.trace.errors import WrongUse


def run(*more: str) -> str:
    done = CliRunner().invoke(app, ["clones", "--seed", "3", "--codes", "30", "--market", "5 %", *more])
    assert done.exit_code == 0, done.output
    return done.output


def test_a_table_and_json() -> None:
    told = orjson.loads(run("--json"))
    assert told["market"] == "5 % tell a place"
    ours = told["rules"]["likelihood (ours)"]
    assert ours["falseAlarms"]["of"] == 30
    assert [*ours["found"]] == [str(count) for count in CLONE_COUNTS]
    assert run("--json") == run("--json")
    assert run().splitlines()[1] == "5 % tell a place"


def test_a_market_that_is_none_is_told_of() -> None:
    done = CliRunner().invoke(app, ["clones", "--seed", "3", "--market", "no such"])
    assert isinstance(done.exception, WrongUse)
    with pytest.raises(AssertionError):
        run("--codes", "1")
