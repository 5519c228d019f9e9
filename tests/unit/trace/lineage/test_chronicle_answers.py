"""A chronicle answers in runs, while others tell, and works out loose goods again only where it has to."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Literal

import pytest

from suyuan.trace.lineage import Holding, Occurrence, Options, Scope, Suspect
from suyuan.trace.lineage.chronicle import Chronicle, ChronicleTracer
from suyuan.trace.lineage.contract import CrossContamination, WhatIf

from .test_chronicle import CASES, ITEM, LOT, MILL, SHOP, items, made, packed, runs, seen, told

CENTRE = "https://id.gs1.org/414/9506000000039"
MILK, CREAM = (f"https://id.gs1.org/01/09506000134352/10/{of}" for of in ("MILK", "CREAM"))


def answering(*history: Occurrence) -> tuple[Chronicle, ChronicleTracer]:
    chronicle = Chronicle(16)
    chronicle.add(history)
    return chronicle, ChronicleTracer(chronicle)


def lines(scope: Scope) -> list[tuple[object, ...]]:
    return [(line.place, line.status, line.hold, line.objects, line.keys[0]) for line in scope.lines]


def test_a_row_of_keys_is_one_state_and_one_edge() -> None:
    _, tracer = answering(made(0, 1000), packed(1, CASES[0], items(0, 20)))
    scope = tracer.scope([Suspect(LOT)])
    rows = {state.key: (state.count, state.last) for state in scope.trace.states if state.kind == "item"}
    assert rows == {f"{ITEM}000000": (20, f"{ITEM}000019"), f"{ITEM}000020": (980, f"{ITEM}000999")}
    assert sum(edge.kind == "member" for edge in scope.trace.edges) == 2
    (line,) = scope.lines
    assert (line.objects, line.hold, line.keys[0], line.keys[-1]) == (
        *(1000, 1000.0, f"{ITEM}000000", f"{ITEM}000999"),
    )


def test_one_of_a_row_that_a_question_names_is_asked_for_alone() -> None:
    chronicle, tracer = answering(made(0, 1000), packed(1, CASES[0], items(0, 20)))
    key = f"{ITEM}000007"
    assert lines(tracer.scope([Suspect(key)])) == [(MILL, "in_stock", 1.0, 1, key)]
    assert runs(chronicle)[key] == 1
    # What shares its case is affected with it, the one before and the other twelve.
    shared = Options(what_if=WhatIf((CrossContamination(CASES[0]),)))
    states = tracer.trace([Suspect(key)], shared).states
    assert sorted(one.count for one in states if one.kind == "item") == [1, 7, 12]
    assert tracer.trace([Suspect(f"{ITEM}009999")]).states[0].where_now is not None  # nobody named it
    assert sum(runs(chronicle).values()) == 1000


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_lots_of_one_another_are_walked_once(direction: Literal["forward", "backward"]) -> None:
    """No event says so; names that were linked wrongly might."""
    lots = [LOT.replace("L1", f"L{number}") for number in (1, 2, 3)]
    pairs = ((lots[0], lots[1]), (lots[1], lots[0]), (lots[2], lots[2]))
    _, tracer = answering(replace(seen(0, lots, 1), lot_of=pairs))
    for lot in lots:
        states = tracer.trace([Suspect(lot)], Options(direction=direction)).states
        assert lot in {one.key for one in states}


def test_a_place_that_nobody_told_is_asked_for_by_its_site() -> None:
    _, tracer = answering(made(0, 10))
    asked = [Suspect(f"{MILL}/254/{room}") for room in range(300)]  # more than there are guests
    states = tracer.trace(asked).states
    assert [one.count for one in states if one.kind == "item"] == [10]
    assert {one.key for one in states if one.kind == "place"} >= {one.key for one in asked}


def some(lot: str, quantity: float) -> Holding:
    return Holding(lot, quantity, "KGM", is_class=True)


def loose(number: int, hour: float, kind: str, **said: Any) -> Occurrence:
    """As :func:`told`, of amounts."""
    lists = {name: said.pop(name) for name in ("what", "children") if name in said}
    occurrence = told(number, kind, hour, **said)
    return Occurrence(
        **{name: getattr(occurrence, name) for name in Occurrence.__slots__ if name not in lists}, **lists
    )


def dairy() -> list[Occurrence]:
    """Milk and cream are made at the mill; ten of the milk go into a crate; later four lie at the shop."""
    return [
        loose(0, 0, "ObjectEvent", action="ADD", what=(some(MILK, 20),), biz_location=MILL),
        loose(1, 0, "ObjectEvent", action="ADD", what=(some(CREAM, 5),), biz_location=MILL),
        loose(
            *(2, 1, "AggregationEvent"),
            action="ADD",
            parent=CASES[0],
            children=(some(MILK, 10),),
            biz_location=MILL,
        ),
        loose(3, 5, "ObjectEvent", action="OBSERVE", what=(some(MILK, 4),), biz_location=SHOP),
    ]


def changes(chronicle: Chronicle, lot: str) -> int:
    goods: Any = chronicle.books.goods
    nodes: Any = chronicle.books.nodes
    return int(goods["repairs"][nodes["goods"][chronicle.node(lot)]])


def held(tracer: ChronicleTracer) -> set[tuple[str | None, float | None]]:
    return {(line.place, line.hold) for line in tracer.scope([Suspect(MILK)]).lines}


def test_a_crate_that_moved_before_a_word_of_its_goods_changes_where_they_lie() -> None:
    """Of what lies at the shop nobody knows from where, until it is told that the crate was there."""
    chronicle, tracer = answering(*dairy())
    assert held(tracer) == {(MILL, 16.0), (SHOP, 4.0)}
    counted = changes(chronicle, MILK), changes(chronicle, CREAM)
    chronicle.add([seen(4, [CASES[0]], 9, CENTRE)])  # after all that is told of the milk
    assert (changes(chronicle, MILK), changes(chronicle, CREAM)) == counted
    assert held(tracer) == {(CENTRE, 10.0), (MILL, 6.0), (SHOP, 4.0)}
    chronicle.add([seen(5, [CASES[0]], 3, SHOP)])
    assert changes(chronicle, MILK) > counted[0]
    assert changes(chronicle, CREAM) == counted[1]
    assert held(tracer) == {(CENTRE, 6.0), (MILL, 10.0), (SHOP, 4.0)}


def test_who_asks_while_others_tell_hears_of_one_state() -> None:
    """Each lot is made as a hundred and seen at once: it is there whole or not yet."""
    history = [
        one
        for lot in range(40)
        for one in (
            made(100 * lot, 100 * lot + 100, 2 * lot),
            seen(2 * lot + 1, items(100 * lot, 100 * lot + 100), 2 + lot),
        )
    ]

    chronicle, tracer = answering(history[0])

    def ask() -> Sequence[int]:
        scopes = [tracer.scope([Suspect(LOT), Suspect(items(number, number + 1)[0])]) for number in range(40)]
        return [sum(line.objects for line in scope.lines) for scope in scopes]

    with ThreadPoolExecutor(2) as pool:
        answers = pool.submit(ask)
        for one in history:
            chronicle.add([one])
        counts = answers.result()
    assert all(count > 0 and count % 100 == 0 for count in counts)
    (line,) = tracer.scope([Suspect(LOT)]).lines
    assert (line.place, line.objects) == (SHOP, 4000)
