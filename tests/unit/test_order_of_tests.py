"""The order in which several processes run the tests."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from tests.conftest import spread


def test_modules_that_wait_are_spread_and_stay_whole() -> None:
    waiting = [(f"end_to_end/{name}", case) for name in "xy" for case in range(2)]
    others = [(f"unit/{name}", case) for name in "abcdef" for case in range(3)]
    found = spread(waiting + others, lambda one: Path(one[0]), lambda path: "end_to_end" in path.parts)
    modules = [(module[-1], [case for _, case in its]) for module, its in groupby(found, lambda one: one[0])]
    assert "".join(name for name, _ in modules) == "axbcdyef"
    assert all(cases == ([0, 1] if name in "xy" else [0, 1, 2]) for name, cases in modules)


def test_where_there_is_one_kind_alone_nothing_changes() -> None:
    found = [("unit/b", 1), ("unit/a", 1), ("unit/a", 0)]
    for is_spread in (True, False):
        assert spread(found, lambda one: Path(one[0]), lambda _, told=is_spread: told) == found
