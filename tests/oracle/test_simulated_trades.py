"""On simulated trades the oracle finds the truth, and every engine what the oracle finds."""

from __future__ import annotations

from functools import cache
from random import Random

import pytest

from suyuan.simulator.trade.grown import begun
from suyuan.simulator.trade.plan import Extent
from suyuan.simulator.trade.spoken import occurrences
from suyuan.simulator.trade.telling import TOLD, badly, plainly
from suyuan.simulator.trade.truth import close, truth
from suyuan.simulator.trade.words import Names
from suyuan.trace.lineage.contract import Options, Suspect
from suyuan.trace.lineage.occurrence import Occurrence

from .engines import ENGINES, oracle
from .test_engines_equal_the_oracle import line_rows, rows

TINY = Extent(farms=1, days=5, seed=1, crops=("leafy",), distributors=1, shops=2)


def imagined(*, faults: float) -> tuple[list[Occurrence], dict[str, str], list[str], set[str]]:
    """History, owners of places, suspects, and what is affected."""
    course = begun(TINY, outbreak="farm")
    names = Names(course.plan, course.numbering.series, TINY.seed)
    deeds = list(course.deeds())
    shares: dict[str, float] = dict.fromkeys(TOLD, faults)
    told = (
        badly(deeds, shares, Random(3), len(course.plan.sites), lambda _: None) if faults else plainly(deeds)
    )
    history = list(occurrences(told, names))
    close(course)
    found = truth(course, names, events=len(deeds), faults={})
    owner = dict(zip(names.places, names.parties, strict=True))
    return history, owner, found["incident"]["suspects"], set(found["affected"])


def test_the_oracle_finds_the_truth() -> None:
    history, owner, suspects, affected = imagined(faults=0)
    found = oracle(history, owner).trace([Suspect(key) for key in suspects])
    states = {one.key for one in found.states if not one.carrier and one.kind != "place"}
    assert states == affected
    assert len(affected) > 50


@cache
def told_badly() -> tuple[list[Occurrence], dict[str, str], list[str], str]:
    history, owner, suspects, affected = imagined(faults=0.04)
    return history, owner, suspects, next(key for key in sorted(affected) if "/21/" in key)


def answers(name: str) -> tuple[object, ...]:
    history, owner, suspects, item = told_badly()
    engine = ENGINES[name](history, owner)
    first = [Suspect(suspects[0])]
    return (
        rows(engine.trace([Suspect(key) for key in suspects], Options("forward"))),
        rows(engine.trace([Suspect(item)], Options("backward"))),
        line_rows(engine.scope(first)),
    )


@cache
def law() -> tuple[object, ...]:
    return answers("oracle")


@pytest.mark.parametrize("name", [name for name in ENGINES if name not in {"oracle", "exact-live"}])
def test_engines_equal_the_oracle_however_it_is_told(name: str) -> None:
    assert answers(name) == law()
