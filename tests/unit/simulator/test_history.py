from __future__ import annotations

import pytest

from suyuan.simulator.durability.history import Verdict, judged, together

WHOLE = [("s", 1, "a"), ("t", 1, "x"), ("s", 2, "b")]


def test_a_whole_history_holds() -> None:
    assert judged({"a", "b", "x", "y"}, {"a", "b"}, WHOLE).holds


@pytest.mark.parametrize(
    ("acknowledged", "stored", "wrong"),
    [
        ({"a", "b", "c"}, WHOLE, "lost"),
        ({"a"}, [*WHOLE, ("s", 3, "a")], "doubled"),
        ({"a"}, [*WHOLE, ("s", 3, "made up")], "invented"),
        ({"a"}, [*WHOLE, ("s", 4, "c")], "gaps"),
        ({"a"}, [("s", 2, "b"), ("s", 1, "a")], "disordered"),
    ],
)
def test_each_breach_is_told_by_its_name(
    acknowledged: set[str], stored: list[tuple[str, int, str]], wrong: str
) -> None:
    verdict = judged({"a", "b", "c", "x"}, acknowledged, stored)
    assert not verdict.holds
    assert [
        name for name in ("lost", "doubled", "invented", "gaps", "disordered") if getattr(verdict, name)
    ] == [wrong]


def test_verdicts_are_added_up() -> None:
    one = judged(None, {"a", "z"}, WHOLE)
    assert together((one, one)) == Verdict(4, 4, 6, 2, 0, 0, 0, 0)
