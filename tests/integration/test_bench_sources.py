"""``suyuan bench sources`` prints what it measured, the same for the same seed."""

from __future__ import annotations

import orjson
from typer.testing import CliRunner

from suyuan.api.commands.bench import app
from suyuan.trace.errors import WrongUse


def run(*more: str) -> str:
    done = CliRunner().invoke(
        app, ["sources", "--seed", "3", "--outbreaks", "2", "--row", "5 cases, clean", *more]
    )
    assert done.exit_code == 0, done.output
    return done.output


def test_a_table_and_json() -> None:
    told = orjson.loads(run("--json"))
    assert (told["row"], told["cases"], told["shape"]) == ("5 cases, clean", 5, "proportional")
    assert list(told["orders"]) == ["ours", "effective distance", "FCL score"]
    assert 0 <= told["orders"]["ours"]["low"] <= told["orders"]["ours"]["first"] <= 1
    assert run("--json") == run("--json")
    assert run().splitlines()[2].startswith("5 cases, clean")


def test_a_row_that_is_none_is_told_of() -> None:
    done = CliRunner().invoke(app, ["sources", "--seed", "3", "--row", "clean"])
    assert isinstance(done.exception, WrongUse)
    assert done.output == ""
