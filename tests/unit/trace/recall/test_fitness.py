"""What stands against selling goods, and what takes it back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from suyuan.trace.epcis.cbv import DISPOSITION
from suyuan.trace.lineage import Visit
from suyuan.trace.lineage.occurrence import Basis
from suyuan.trace.recall.fitness import Unfit, condition

BOX = "https://id.gs1.org/00/095212340000000013"
BORN = datetime(2026, 11, 1, tzinfo=UTC)


def visit(hour: int, disposition: str, step: str = "inspecting", through: str | None = None) -> Visit:
    basis = Basis.READ if through is None else Basis.INFERRED
    return Visit(BORN + timedelta(hours=hour), step, disposition, None, "p", basis, f"e{hour}", through)


def told(*visits: Visit, lot: tuple[Visit, ...] = (), is_unit: bool = False) -> str:
    found = condition(visits, lot, is_unit=is_unit)
    return "" if found is None else found[0]


def test_every_word_is_one_of_the_vocabulary() -> None:
    assert set(get_args(Unfit)) <= set(DISPOSITION.words)


@pytest.mark.parametrize(
    ("first", "then", "stands"),
    [
        ("damaged", "in_transit", True), ("damaged", "sellable_accessible", False),
        ("damaged", "retail_sold", True), ("returned", "sellable_not_accessible", False),
        ("inactive", "active", False), ("unknown", "conformant", False),
        # To put them on a shelf is no check.
        ("recalled", "sellable_accessible", True), ("non_conformant", "sellable_accessible", True),
        ("expired", "active", True), ("non_conformant", "conformant", False),
        ("recalled", "conformant", False),
    ],
)  # fmt: skip
def test_a_word_stands_until_a_better_one_is_told(first: str, then: str, *, stands: bool) -> None:
    assert told(visit(1, first), visit(2, then)) == (first if stands else "")
    assert told(visit(1, then), visit(2, first)) == first


def test_a_box_speaks_for_what_is_in_it_but_not_against_what_was_told_of_the_thing() -> None:
    assert told(visit(1, "damaged", through=BOX)) == "damaged"
    assert told(visit(1, "damaged", through=BOX), visit(2, "conformant", through=BOX)) == ""
    assert told(visit(1, "damaged"), visit(2, "sellable_accessible", through=BOX)) == "damaged"


def test_what_is_taken_out_of_a_box_says_nothing_of_the_box_and_the_rest() -> None:
    missing = visit(1, "unknown", "unpacking")
    assert told(missing) == "unknown"
    assert told(missing, is_unit=True) == told(visit(1, "unknown", "unpacking", BOX)) == ""
    assert told(visit(1, "damaged", "receiving"), is_unit=True) == "damaged"


def test_of_a_lot_only_what_holds_for_all_of_it_counts() -> None:
    assert told(lot=(visit(1, "non_conformant"),)) == "non_conformant"
    assert told(lot=(visit(1, "non_conformant"), visit(2, "conformant"))) == ""
    assert told(lot=(visit(1, "damaged"),)) == ""  # some kilograms of it
    assert told(visit(1, "non_conformant"), lot=(visit(2, "conformant"),)) == ""
    assert told(visit(1, "damaged"), lot=(visit(2, "conformant"),)) == "damaged"  # this very piece
