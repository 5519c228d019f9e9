"""The table of README.md says what the suite does, driver by driver."""

from __future__ import annotations

from pathlib import Path

import pytest

from .test_readers import CAN

README = Path(__file__).parent / "README.md"
NEEDS = {
    "a tag or code appears": (set[str](), "–"),
    "a slow consumer": (set[str](), "–"),
    "the reader dies": ({"die"}, "–"),
    "it dies within a report": ({"die_in_mid_report"}, "–"),
    "it sends garbage": ({"garbage"}, "–"),
    "a link is read": ({"write"}, "says so"),
    "of two tags none": ({"two"}, "–"),
    "tag memory is read": ({"uhf"}, "says so"),
    "inputs are heard": ({"inputs"}, "–"),
    "codes are handed in": ({"push"}, "says so"),
}
"""What a row is about: what its tests need of a driver, and what its cells say of those without it."""


def rows() -> list[list[str]]:
    lines = README.read_text("utf-8").splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]


def test_every_driver_has_a_column() -> None:
    assert rows()[0][2:] == list(CAN)
    assert len(rows()) == 1 + len(NEEDS)


@pytest.mark.parametrize("row", rows()[1:], ids=lambda row: row[0][:30])
def test_a_row_says_what_is_tried(row: list[str]) -> None:
    what, file, *cells = row
    abilities, without = next(each for begins, each in NEEDS.items() if what.startswith(begins))
    assert (README.parent / file).is_file()
    for (driver, can), cell in zip(CAN.items(), cells, strict=True):
        assert cell == ("yes" if abilities <= can else without), driver
