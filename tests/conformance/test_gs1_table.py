"""The table of application identifiers against GS1's own dictionary, row by row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from suyuan.trace.gs1.ai_rows import PREDEFINED
from suyuan.trace.gs1.application_identifiers import (
    APPLICATION_IDENTIFIERS,
    PATHS,
    ApplicationIdentifier,
    Charset,
    Component,
    beginning,
    known,
    unassigned,
)

pytestmark = pytest.mark.shared

_COMPONENT = re.compile(r"(\[?)([NXYZ])(\.\.)?(\d+)(\]?)((?:,[a-z0-9]+)*)")


def spread(words: str) -> list[str]:
    first, _, last = words.partition("-")
    return [str(number).rjust(len(first), "0") for number in range(int(first), int(last or first) + 1)]


def component(word: str) -> Component:
    found = _COMPONENT.fullmatch(word)
    assert found is not None
    bracket, charset, upto, length, _, rules = found.groups()
    longest = int(length)
    return Component(
        cast("Charset", charset), 1 if upto else longest, longest, bool(bracket), tuple(rules.split(",")[1:])
    )


def dictionary(shared: Path) -> Iterator[ApplicationIdentifier]:
    """The rows of GS1's file, read with a reader that the table does not share."""
    text = (shared / "gs1" / "gs1_syntax_dictionary" / "gs1-syntax-dictionary.txt").read_text("utf-8")
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        row, _, title = line.partition("#") if " # " in line else (line, "", "")
        # A title may have a number sign itself ("CERT # 1"): the first one ends the row.
        names, *words = row.split()
        flags = words.pop(0) if re.fullmatch(r"[*?]+", words[0]) else ""
        parts: list[Component] = []
        requires: list[tuple[tuple[str, ...], ...]] = []
        excludes: list[str] = []
        qualifiers: tuple[tuple[str, ...], ...] | None = None
        for word in words:
            if word.startswith("req="):
                requires.append(tuple(tuple(each.split("+")) for each in word[4:].split(",")))
            elif word.startswith("ex="):
                excludes.extend(word[3:].split(","))
            elif word == "dlpkey":
                qualifiers = ((),)
            elif word.startswith("dlpkey="):
                qualifiers = tuple(tuple(each.split(",")) for each in word[7:].split("|"))
            else:
                parts.append(component(word))
        for ai in spread(names):
            yield ApplicationIdentifier(
                ai,
                title.strip(),
                tuple(parts),
                "*" in flags,
                "?" in flags,
                qualifiers,
                tuple(requires),
                tuple(excludes),
            )


def test_every_row_is_that_of_the_dictionary(shared: Path) -> None:
    theirs = {row.ai: row for row in dictionary(shared)}
    assert len(theirs) == 541
    assert APPLICATION_IDENTIFIERS.keys() == theirs.keys()
    for ai, row in theirs.items():
        assert APPLICATION_IDENTIFIERS[ai] == row


def test_predefined_lengths_are_those_of_the_rows(shared: Path) -> None:
    for row in dictionary(shared):
        assert row.predefined == (row.ai[:2] in PREDEFINED)
        if row.predefined:
            assert row.longest == row.shortest == PREDEFINED[row.ai[:2]]


def test_look_up_by_the_beginning_of_raw_data(shared: Path) -> None:
    for row in dictionary(shared):
        assert known(row.ai) == row
        assert beginning(row.ai + "123456") == row
        assert unassigned(row.ai) is None
        assert APPLICATION_IDENTIFIERS[row.ai].known


@pytest.mark.parametrize(
    "ai", ["011", "800", "80", "399", "2367", "23", "4199", "2", "12345", "", "1A", "٠١"]
)
def test_what_can_never_be_an_ai(ai: str) -> None:
    assert known(ai) is None
    assert unassigned(ai) is None


@pytest.mark.parametrize(
    ("ai", "length"),
    [("89", None), ("3999", None), ("236", None), ("419", 13), ("04", 16), ("14", 6), ("3199", 6)],
)
def test_what_may_be_assigned_one_day(ai: str, length: int | None) -> None:
    row = unassigned(ai)
    assert row is not None
    assert not row.known
    assert beginning(ai) is None
    assert row.predefined == (length is not None)
    assert row.longest == (length or 90)


def test_paths_hold_every_selection_of_qualifiers_in_order() -> None:
    assert {("01",), ("01", "22", "21"), ("01", "235"), ("414", "254"), ("8013",)} <= PATHS
    assert not {("01", "21", "10"), ("01", "10", "235"), ("10",), ()} & PATHS
