"""The manual of the station's file: a station takes every example, and every key stands in one."""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from suyuan.readers.station.config import StationConfig
from suyuan.readers.station.config_file import parse
from suyuan.readers.station.order import Step
from suyuan.readers.station.table import Table

MANUAL = Path(__file__).parents[4] / "docs" / "station.md"
HEAD, *EXAMPLES = re.findall(r"```toml\n(.*?)```", MANUAL.read_text(encoding="utf-8"), re.DOTALL)


def read(example: str, folder: Path) -> StationConfig:
    return parse(tomllib.loads(HEAD + example, parse_float=Decimal), folder)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_every_example_is_a_file_that_a_station_takes(number: int, tmp_path: Path) -> None:
    assert read(EXAMPLES[number], tmp_path).read_points


def test_every_step_has_an_example(tmp_path: Path) -> None:
    shown = {point.step for example in EXAMPLES for point in read(example, tmp_path).read_points}
    assert shown == set(Step)


def test_every_setting_stands_in_an_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: set[tuple[str, str]] = set()
    pop = Table._pop  # pyright: ignore[reportPrivateUsage]

    def noting(self: Table, key: str) -> object:
        found = pop(self, key)
        asked.add((re.sub(r"\[\d+\]", "", self.where), key))
        return found

    monkeypatch.setattr(Table, "_pop", noting)
    for example in EXAMPLES:
        read(example, tmp_path)
    text = HEAD + "".join(EXAMPLES)
    told = {
        key for _, key in asked if re.search(rf"(?:^|[{{,\[.])\s*{key}\s*(?:=|\]|\.)", text, re.MULTILINE)
    }
    assert len(asked) > 80
    missing = {f"{where}.{key}" for where, key in asked if key not in told}
    assert missing == {"server.token", "server.token_file"}  # told beside the third way
