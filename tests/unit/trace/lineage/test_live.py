"""Which history counts, and that the order of arrival does not matter (law of tracing §1-§5)."""

from __future__ import annotations

import gc
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.trace.lineage.chronicle import Chronicle, minute, said, some

from suyuan.trace.lineage import (
    Amount,
    ExactTracer,
    Holding,
    Lineage,
    Occurrence,
    Options,
    Scope,
    Suspect,
    Trace,
)


@pytest.fixture
def told() -> Chronicle:
    return Chronicle()


BOXES = ("p", "q", "r")
LOTS = ("L", "M")
ITEMS = tuple(f"i{number}" for number in range(6))


def random_history(seed: int, events: int = 40) -> Chronicle:
    """A busy little world: ties in time, nested and class contents, rework, corrections, open groups."""
    dice = random.Random(seed)
    told = Chronicle()
    for _ in range(events):
        if told.told and dice.random() < 0.1:
            told.declare_wrong(dice.randrange(30), dice.choice(told.told))
        else:
            random_event(told, dice)
    return told


def random_event(told: Chronicle, dice: random.Random) -> None:
    at, one, lot, box = dice.randrange(12), dice.choice(ITEMS), dice.choice(LOTS), dice.choice(BOXES)
    amount = some(lot, dice.choice([None, 1, 2, 5]))
    parts: list[str | Holding] = [one, amount]
    part, anything = dice.choice(parts), dice.choice([*parts, box])
    where: dict[str, Any] = {"record_time": minute(dice.randrange(30))}
    where |= dice.choice([{"place": "mill"}, {"place": "shop"}, {}, {"step": "shipping"}])
    happenings: list[Callable[[], object]] = [
        lambda: told.make(at, one, lot=lot, **where),
        lambda: told.make(at, amount, **where),
        lambda: told.see(at, one, amount, box, **where),
        lambda: told.pack(at, box, one, dice.choice(BOXES), amount, **where),
        lambda: told.unpack(at, box, **where),
        lambda: told.unpack(at, box, part, **where),
        lambda: told.turn(at, [anything], [dice.choice(ITEMS)], id=dice.choice([None, "t"]), **where),
        lambda: told.turn(at, [amount], [some(dice.choice(LOTS), 2)], **where),
        lambda: told.delete(at, one, box, step=dice.choice(["destroying", "shipping", None])),
    ]
    dice.choice(happenings)()


def answers(lineage: Lineage) -> list[Trace]:
    tracer = ExactTracer(lineage, owner={"shop": "shopkeeper"}.get)
    asked = (Options(), Options("backward"), Options(known_at=minute(15)))
    return [
        tracer.trace([Suspect(key, minute(2), minute(9))], options)
        for key in ("i0", "L", "p", "mill")
        for options in asked
    ]


def scopes(lineage: Lineage) -> list[Scope]:
    tracer = ExactTracer(lineage, owner={"shop": "shopkeeper"}.get)
    return [tracer.scope([Suspect(key)]) for key in ("i0", "L", "p", "mill")]


@pytest.mark.parametrize("seed", range(12))
def test_any_order_of_arrival_gives_the_same_answers(seed: int) -> None:
    told = random_history(seed).told
    expected = answers(Lineage(told))
    shuffled = list(told)
    random.Random(seed).shuffle(shuffled)
    assert answers(Lineage(shuffled)) == expected
    assert scopes(Lineage(shuffled)) == scopes(Lineage(told))


@pytest.mark.parametrize("seed", range(12, 24))
def test_a_live_lineage_equals_one_built_from_scratch(seed: int) -> None:
    told = random_history(seed).told
    in_order = sorted(told, key=lambda occurrence: occurrence.time) if seed % 2 else told
    live = Lineage()
    for end in range(0, len(in_order), 5):
        live.add(in_order[end : end + 5])
        assert answers(live) == answers(Lineage(in_order[: end + 5]))


def test_a_state_has_its_share_within_its_hold() -> None:
    for seed in range(24, 40):
        for answer in answers(random_history(seed).lineage()):
            for state in answer.states:
                share = state.contaminated
                if share is not None and state.hold is not None:
                    expected = share.min if share.expected is None else share.expected
                    assert 0 <= share.min <= expected + 1e-9 <= share.max + 2e-9
                    assert share.max <= state.hold.quantity + 1e-9


def test_the_same_evidence_counts_once(told: Chronicle) -> None:
    told.make(0, some("L", 5))
    lineage = told.lineage()
    lineage.add(told.told)
    assert len(lineage) == 1
    assert ExactTracer(lineage).trace([Suspect("L")]).states[0].hold is not None


def known(told: Sequence[Occurrence], at: float) -> set[str]:
    trace = ExactTracer(Lineage(told)).trace([Suspect("a")], Options(known_at=minute(at)))
    return set(said(trace))


def test_an_error_declaration_takes_out_its_event_in_either_order(told: Chronicle) -> None:
    wrong = told.turn(5, ["a"], ["b"])
    told.turn(5, ["a"], ["c"])
    told.declare_wrong(20, wrong)
    assert set(told.forward("a")) == {"a", "c"}
    assert set(said(ExactTracer(Lineage(told.told[::-1])).trace([Suspect("a")]))) == {"a", "c"}
    live = Lineage()
    for occurrence in told.told:
        live.add([occurrence])
        live.history()
    assert set(said(ExactTracer(live).trace([Suspect("a")]))) == {"a", "c"}


def test_a_declaration_reaches_only_events_of_its_own_party(told: Chronicle) -> None:
    wrong = told.turn(5, ["a"], ["b"])
    told.declare_wrong(20, replace(wrong, party="rival"))
    assert set(told.forward("a")) == {"a", "b"}


def test_a_trace_as_known_at_a_past_time(told: Chronicle) -> None:
    wrong = told.turn(5, ["a"], ["b"], record_time=minute(6))
    told.turn(5, ["a"], ["c"], record_time=minute(30))
    told.declare_wrong(20, wrong)
    assert known(told.told, 5) == {"a"}
    assert known(told.told, 6) == {"a", "b"}
    assert known(told.told, 20) == {"a"}
    assert known(told.told, 30) == {"a", "c"}


def test_a_late_arrival_changes_what_was_answered(told: Chronicle) -> None:
    told.pack(0, "crate", "x")
    late = told.unpack(5, "crate", "x")
    told.turn(9, ["crate"], ["soup"])
    lineage = Lineage([told.told[0], told.told[2]])
    tracer = ExactTracer(lineage)
    assert set(said(tracer.trace([Suspect("x")]))) == {"x", "soup"}
    lineage.add([late])
    assert set(said(tracer.trace([Suspect("x")]))) == {"x"}


def test_an_instance_told_of_after_its_lot_was_consumed(told: Chronicle) -> None:
    told.turn(5, [some("L", 1)], ["out"])
    lineage = told.lineage()
    lineage.history()
    lineage.add([told.make(5, "i", lot="L")])  # at the same instant, but later in order
    assert set(said(ExactTracer(lineage).trace([Suspect("i")]))) == {"i", "out"}


def test_a_child_has_one_parent_at_a_time(told: Chronicle) -> None:
    told.pack(0, "p", "x")
    told.pack(3, "q", "x")
    told.unpack(4, "p", "x")  # it is no longer in p: nothing happens
    told.pack(5, "q", "x")
    spans = [(c.parent, c.start, c.end) for c in told.lineage().history().containers_of["x"]]
    assert [parent for parent, *_ in spans] == ["p", "q"]
    assert spans[0][2] == spans[1][1]
    assert told.lineage().history().inside["x"].parent == "q"


def test_a_container_does_not_get_into_itself(told: Chronicle) -> None:
    told.pack(0, "p", "p")
    told.pack(1, "p", "q", some("L", 1))
    told.pack(2, "q", "r")
    told.pack(3, "r", "p")
    history = told.lineage().history()
    assert "p" not in history.inside
    assert history.outermost("r") == "p"


def test_the_amount_of_a_lot_inside_a_container(told: Chronicle) -> None:
    told.pack(0, "p", some("L", 5))
    told.pack(1, "p", some("L", 5))
    told.unpack(2, "p", some("L", 6))
    (inside,) = told.lineage().history().containments_in["p"]
    assert inside.inside is not None
    assert (inside.inside.amount(), inside.inside.peak()) == (
        Amount(4, "KGM"),
        Amount(10, "KGM"),
    )
    told.unpack(3, "p", some("L", 4))
    assert not told.lineage().history().contents["p"]
    told.pack(4, "p", some("L"))
    told.unpack(5, "p", some("L", 4))
    assert told.lineage().history().contents["p"]
    told.unpack(6, "p", some("L"))
    assert not told.lineage().history().contents["p"]


def test_destroying_a_container_destroys_its_contents(told: Chronicle) -> None:
    told.pack(0, "case", "x")
    told.pack(1, "pallet", "case")
    told.destroy(5, "pallet")
    history = told.lineage().history()
    assert set(history.ends) == {"pallet", "case", "x"}
    assert not history.inside
    told.see(6, "x", place="shop")
    assert "x" not in told.lineage().history().ends


def test_decommissioning_a_container_frees_its_contents(told: Chronicle) -> None:
    told.see(0, "pallet", place="dock")
    told.pack(1, "pallet", "x", some("L", 1))
    told.delete(5, "pallet")
    history = told.lineage().history()
    assert set(history.ends) == {"pallet"}
    assert not history.contents["pallet"]
    assert history.effective_place("x") == "dock"
    assert history.episodes["x"][-1].inferred


def test_where_an_instance_is_follows_its_outermost_container(told: Chronicle) -> None:
    told.see(0, "x", place="farm")
    told.pack(1, "case", "x")
    told.pack(2, "truck", "case")
    told.see(3, "truck", place="depot")
    assert told.lineage().history().effective_place("x") == "depot"
    told.unpack(4, "truck")
    assert told.lineage().history().effective_place("x") == "depot"
    told.see(5, "case", step="departing", read_point="gate")
    assert told.lineage().history().effective_place("x") is None


def test_the_same_site_goes_on(told: Chronicle) -> None:
    dock, room = (f"https://id.gs1.org/414/0614141000005/254/{n}" for n in ("dock", "room"))
    told.see(0, "x", place=dock)
    told.see(5, "x", place=room)
    (episode,) = told.lineage().history().episodes["x"]
    assert episode.place == dock


@pytest.mark.parametrize("on", [True, False])
def test_the_garbage_collector_is_left_as_it_was_found(told: Chronicle, *, on: bool) -> None:
    told.pack(0, "p", "x")
    was_on = gc.isenabled()
    try:
        (gc.enable if on else gc.disable)()
        told.lineage().history()
        assert gc.isenabled() == on
    finally:
        (gc.enable if was_on else gc.disable)()
