"""Every content rule against every assertion of GS1's own tests: verdict, kind of error, place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from suyuan.trace.gs1.contents import RULES, flaw_of

pytestmark = pytest.mark.shared

# Both rows ask a register of company prefixes that the reference brings along: once it refuses 1234567,
# once it is away. We know no register and refuse the I in front, which no GTIN and no SSCC can have.
NEEDS_A_REGISTER = {"GS1_LINTER_INVALID_GCP_PREFIX", "GS1_LINTER_GCP_DATASOURCE_OFFLINE"}


def assertions(shared: Path) -> Iterator[dict[str, Any]]:
    for line in (shared / "gs1" / "gs1dict_linters.jsonl").read_text("utf-8").splitlines():
        yield json.loads(line)


def code_of(kind: str) -> str:
    return kind.removeprefix("GS1_LINTER_").lower().replace("_", "-").replace("exipiration", "expiration")


def marked(value: str, position: int, length: int) -> str:
    return f"{value[:position]}*{value[position : position + length]}*{value[position + length :]}"


def test_every_rule_agrees_with_every_assertion(shared: Path) -> None:
    seen = 0
    for row in assertions(shared):
        flaw = flaw_of(row["linter"], row["value"])
        assert (flaw is None) == row["ok"], row
        seen += 1
        if flaw is None or (row["linter"] == "gcppos2" and row["err"] in NEEDS_A_REGISTER):
            continue
        assert flaw.code == code_of(row["err"]), row
        assert marked(row["value"], flaw.position, flaw.length) == row["markup"], row
    assert seen == 2881


def test_every_rule_is_asserted_or_is_that_of_company_prefixes(shared: Path) -> None:
    asserted = {row["linter"] for row in assertions(shared)}
    obsolete = {"hhmm", "iso3166list", "key", "keyoff1", "latlong", "mmoptss", "yymmddhh"}
    assert RULES.keys() - asserted == {"gcppos1", *obsolete}
