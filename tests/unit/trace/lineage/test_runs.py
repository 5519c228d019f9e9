"""A run is one node for many instances: what is said of it, said of each, is what is said of single nodes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from suyuan.simulator.trade_tables import Trade, grow
from suyuan.trace.lineage import Holding, Lineage, Occurrence
from suyuan.trace.lineage.compiled.answer import affected, answered
from suyuan.trace.lineage.compiled.asked import plain
from suyuan.trace.lineage.compiled.common import behind, behind_all
from suyuan.trace.lineage.compiled.record import Record
from suyuan.trace.lineage.compiled.scratch import Rooms
from suyuan.trace.lineage.compiled.tables import NONE
from suyuan.trace.lineage.compiled.weave import weave

NAMES = ("node", "place", "container")


@pytest.fixture(scope="module")
def trades() -> tuple[Trade, Trade]:
    return grow(90), grow(90, runs=False)


def said(trade: Trade, things: list[int], *, forward: bool) -> set[tuple[Any, ...]]:
    """The states that follow from some things, of each thing."""
    nodes = np.searchsorted(trade.thing, things, side="right") - 1
    states, _ = answered(Rooms(trade.tables), plain(nodes.tolist()), forward=forward)
    found: set[tuple[Any, ...]] = set()
    for state in states:
        first = int(trade.thing[state["node"]])
        of_each = {name: state[name] for name in states.dtype.names if name not in NAMES}
        for name in NAMES[1:]:
            of_each[name] = NONE if state[name] == NONE else trade.thing[state[name]]
        told = tuple(repr(value) for _, value in sorted(of_each.items()))
        found |= {(thing, *told) for thing in range(first, first + int(trade.count[state["node"]]))}
    return found


def test_a_recall_says_the_same_of_runs_and_of_single_instances(trades: tuple[Trade, Trade]) -> None:
    in_runs, single = trades
    assert len(in_runs.items) < len(single.items) / 10
    assert in_runs.rows == single.rows
    lots = in_runs.raw[:3].tolist()  # farms' lots come first, and so are things of the same number
    assert said(in_runs, lots, forward=True) == said(single, lots, forward=True)


def test_a_way_back_says_the_same_of_runs_and_of_single_instances(trades: tuple[Trade, Trade]) -> None:
    in_runs, _ = trades
    item = int(in_runs.thing[in_runs.items[40]])
    back = [{row for row in said(trade, [item], forward=False) if row[0] < item} for trade in trades]
    assert back[0] == back[1]
    assert back[0]


@pytest.mark.parametrize("forward", [True, False])
def test_what_is_asked_for_alone_is_what_the_whole_answer_says(
    trades: tuple[Trade, Trade], *, forward: bool
) -> None:
    rooms, node = Rooms(trades[0].tables), int(trades[0].raw[0] if forward else trades[0].items[40])
    whole, _ = answered(rooms, plain([node]), forward=forward)
    alone, _ = answered(rooms, plain([node]), forward=forward, edges=False, whole=False)
    told = ["node", "start", "end", "possible", "carrier", "place", "container", "party", "status"]
    assert alone[told].tolist() == whole[~whole["carrier"]][told].tolist()


def test_what_is_asked_for_soonest_is_what_the_question_says(trades: tuple[Trade, Trade]) -> None:
    """A few suspects and many are laid before the question in two ways."""
    trade = trades[0]
    rooms = Rooms(trade.tables, 64)
    for forward, nodes in ((True, trade.raw), (False, trade.items)):
        for suspects in (nodes[:1].tolist(), nodes[:90:2].tolist()):
            soon = affected(rooms, suspects, forward=forward)
            told, _ = answered(rooms, plain(suspects), forward=forward, edges=False, whole=False)
            assert soon.tobytes() == told.tobytes()
            assert len(soon) >= len(suspects)


def test_an_empty_window_takes_nothing_from_the_next_suspect(trades: tuple[Trade, Trade]) -> None:
    rooms, (one, other) = Rooms(trades[0].tables), trades[0].items[[3, 40]].tolist()
    both, alone = plain([one, other]), plain([other])
    windows: Any = both.suspects
    windows["end"][0] = windows["start"][0]
    told, _ = answered(rooms, both, forward=False)
    assert told.tobytes() == answered(rooms, alone, forward=False)[0].tobytes()


ITEM, LOT, CAKE = (f"https://id.gs1.org/01/09506000134352/{of}" for of in ("21/A", "10/FLOUR", "10/CAKE"))


def baked(eggs: int) -> Record:
    """Some eggs and six pieces of a lot go into a lot of ten pieces."""
    time = datetime(2026, 3, 2, tzinfo=UTC)
    flour, cake = Holding(LOT, 6, is_class=True), Holding(CAKE, 10, is_class=True)
    inputs = (*(Holding(f"{ITEM}{number}") for number in range(eggs)), flour)
    one = Occurrence(
        "e0",
        "bakery",
        "TransformationEvent",
        time,
        time,
        inputs=inputs,
        outputs=(cake,),
    )
    return weave(Lineage([one]).history(None))


def number_of(record: Record, key: str) -> int:
    node = record.names.node(key)
    assert node is not None
    return node


def test_what_a_run_brings_into_a_lot_is_what_its_instances_bring() -> None:
    single, in_runs = baked(4), baked(1)
    tables: Any = in_runs.tables
    tables.nodes["count"][number_of(in_runs, f"{ITEM}0")] = 4
    shares: list[list[float]] = []
    for woven, eggs in ((single, 4), (in_runs, 1)):
        suspects = [number_of(woven, f"{ITEM}{number}") for number in range(eggs)]
        states, _ = answered(Rooms(woven.tables), plain(suspects), forward=True)
        (cake,) = states[states["node"] == number_of(woven, CAKE)]
        shares.append([cake[name] for name in ("hold", "low", "expected", "high")])
    assert shares == [[10, 4, 4, 4], [10, 4, 4, 4]]


def test_what_is_behind_all_is_what_the_question_for_each_says(trades: tuple[Trade, Trade]) -> None:
    trade = trades[0]
    rooms, suspects = Rooms(trade.tables, 64), trade.items[:10].tolist()
    soon = behind_all(rooms, suspects)
    told = behind(rooms, plain(suspects), all_of_them=True)
    assert soon.tobytes() == told.tobytes()
    assert len(soon) > 0
