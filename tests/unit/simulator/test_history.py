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
    one = judged({"a", "b", "x"}, {"a", "z"}, WHOLE)
    assert together((one, one)) == Verdict(6, 4, 6, 2, 0, 0, 0, 0)


def test_what_nobody_kept_is_not_judged_and_not_told_as_well() -> None:
    one = judged(None, {"a"}, WHOLE)
    assert one.holds
    assert str(together((one, one))).startswith("– attempted, 2 acknowledged, 6 stored")
    assert "– made up" in str(one)
