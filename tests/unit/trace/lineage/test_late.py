"""Late arrivals: replayed alone where nothing they concern was spoken of since (law of tracing §1)."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.unit.trace.lineage.chronicle import Chronicle, minute, said, some
from tests.unit.trace.lineage.test_live import answers, random_history, scopes

from suyuan.trace.lineage import ExactTracer, Lineage, Occurrence, Suspect
from suyuan.trace.lineage.history import History


@pytest.fixture
def told() -> Chronicle:
    return Chronicle()


def alone(early: list[Occurrence], late: Occurrence) -> bool:
    """Whether ``late`` went into the history that was there, which then says what a fresh one says."""
    lineage = Lineage(early)
    before = lineage.history()
    lineage.add([late])
    after = lineage.history()
    assert facts(after) == facts(Lineage([*early, late]).history())
    return after is before


def facts(history: History) -> object:
    """What is known of every object, without empty entries."""
    keys = sorted(history.births)
    return [
        (
            (key, history.births[key], history.lots.get(key, ("",))[0]),
            key in history.ends and history.ends[key].by.occurrence.evidence,
            [one.occurrence.evidence for one in history.naming.get(key, ())],
            sorted((c.parent, c.start, c.end) for c in history.containers_of.get(key, ())),
            [(e.place, e.start, e.end) for e in history.episodes.get(key, ())],
            [(c.by.position, c.possible) for c in history.consumptions.get(key, ())],
            [p.by.position for p in history.productions.get(key, ())],
            history.produced(key),
        )
        for key in keys
    ]


def test_what_concerns_nothing_spoken_of_since_is_replayed_alone(told: Chronicle) -> None:
    told.pack(0, "p", "x")
    told.pack(0, "q", "y")
    told.turn(9, ["z"], ["out"], place="plant")
    told.see(10, "p", place="shop")
    assert alone(told.told, told.see(5, "q", place="depot"))
    assert alone(told.told, told.unpack(6, "q", "y", place="depot"))
    assert alone(told.told, told.destroy(7, "q"))


def test_amounts_are_taken_from_one_lot_in_any_order(told: Chronicle) -> None:
    told.make(0, some("silo", 100), place="mill")
    told.turn(9, [some("silo", 10)], [some("noon", 10)])
    assert alone(told.told, told.turn(5, [some("silo", 20)], [some("morning", 20)]))
    consumed = told.lineage().history().consumptions["silo"]
    assert [one.by.occurrence.evidence for one in consumed] == ["e3", "e2"]


AFTER: dict[str, Callable[[Chronicle], Occurrence]] = {
    "its place": lambda told: told.see(5, "x", place="depot"),
    "its container": lambda told: told.pack(5, "case", "x"),
    "the container it leaves": lambda told: told.unpack(5, "case", "y"),
    "its contents": lambda told: told.turn(5, ["case"], ["soup"]),
    "its contents destroyed": lambda told: told.destroy(5, "case"),
    "instances of the lot": lambda told: told.turn(5, [some("L", 1)], ["soup"]),
    "what is made of it": lambda told: told.make(5, some("M", 7)),
    "its lot": lambda told: told.see(5, lot_of=(("x", "K"),)),
    "a group": lambda told: told.turn(5, [], ["soup"], id="t"),
    "a new item of a lot consumed since": lambda told: told.make(5, "new", lot="N"),
}


@pytest.mark.parametrize("late", AFTER.values(), ids=list(AFTER))
def test_what_concerns_something_spoken_of_since_is_replayed_in_its_place(
    told: Chronicle, late: Callable[[Chronicle], Occurrence]
) -> None:
    told.make(0, "x", "y", lot="L", place="farm")
    told.pack(1, "case", "y")
    told.pack(8, "case", "z")
    told.see(9, "x", "y", place="shop")
    told.make(9, some("M", 1))
    told.turn(9, [some("N", 1)], ["other"], id="t")
    assert not alone(list(told.told), late(told))


def test_instances_first_told_of_in_one_delivery(told: Chronicle) -> None:
    told.turn(5, [some("L", 1)], ["out"])
    lineage = told.lineage()
    lineage.history()
    lineage.add([told.see(2, "i"), told.make(8, "i", lot="L")])
    assert set(said(ExactTracer(lineage).trace([Suspect("i")]))) == {"i", "out"}


def test_a_station_hours_late_costs_no_replay(told: Chronicle) -> None:
    for number in range(20):
        told.pack(number, f"case{number}", f"item{number}", place=f"plant{number % 2}")
        told.see(number + 100, f"case{number}", place="shop" if number % 2 else "market")
    late = [one for one in told.told if one.biz_location == "market"]
    lineage = Lineage(one for one in told.told if one not in late)
    history = lineage.history()
    for one in late:
        lineage.add([one])
        assert lineage.history() is history
    assert facts(history) == facts(told.lineage().history())


@pytest.mark.parametrize("seed", range(40, 60))
def test_deliveries_in_any_order_and_portion_give_the_same_answers(seed: int) -> None:
    dice = random.Random(seed)
    shuffled = list(random_history(seed, 25).told)
    dice.shuffle(shuffled)
    live, portion = Lineage(), dice.choice((1, 2, 5))
    for end in range(portion, len(shuffled) + portion, portion):
        live.add(shuffled[end - portion : end])
        assert facts(live.history()) == facts(Lineage(shuffled[:end]).history())
    assert answers(live) == answers(Lineage(shuffled))
    assert scopes(live) == scopes(Lineage(shuffled))


def test_a_declaration_still_reaches_what_came_late(told: Chronicle) -> None:
    told.see(9, "y", place="shop")
    lineage = told.lineage()
    history = lineage.history()
    late = replace(told.turn(5, ["a"], ["b"]), record_time=minute(20))
    lineage.add([late])
    assert lineage.history() is history
    lineage.add([told.declare_wrong(30, late)])
    assert set(said(ExactTracer(lineage).trace([Suspect("a")]))) == {"a"}
