"""Machine code: what Python calls has a way in from Python, what machine code calls has none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from suyuan.trace.lineage.compiled import machine
from suyuan.trace.lineage.compiled.machine import inlined, walking


def _more(number: int) -> int:
    return number + 1


more: Callable[[int], int] = _more


def _steps(number: int) -> int:
    found = 0
    for step in range(number):
        found += more(step)
    return found


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where machine code is kept for the time of a test."""
    monkeypatch.setattr(machine._CONFIG, "CACHE_DIR", str(tmp_path))  # pyright: ignore[reportPrivateUsage]
    machine._store.cache_clear()  # pyright: ignore[reportPrivateUsage]
    yield tmp_path
    machine._store.cache_clear()  # pyright: ignore[reportPrivateUsage]


def test_both_answer_whoever_calls_them(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def made(name: str) -> list[str]:
        return sorted(file.parents[1].name for file in kept.rglob(f"*.{name}-*.nbc"))

    monkeypatch.setitem(globals(), "more", inlined(_more))
    steps = walking(_steps)
    assert steps(3) == 1 + 2 + 3
    assert (made("_steps"), made("_more")) == (["entered"], ["called"])
    assert more(3) == 4  # never a call into nothing: the way in is made when it is first taken
    assert made("_more") == ["called", "entered"]
