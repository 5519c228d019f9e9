"""Traces and scopes as lines: serials in a row are one line, and nothing is lost by it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from suyuan.trace.lineage import Edge, Options, Scope, ScopeLine, State, Trace
from suyuan.trace.lineage.lines import ranges, scope_lines, trace_lines

ITEM = "https://id.gs1.org/01/09521234000013/21/"
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def state(serial: str, certainty: str = "certain") -> State:
    return State(ITEM + serial, "item", NOW, None, certainty)  # type: ignore[arg-type]


def trace(states: list[State], edges: list[Edge] | None = None) -> Trace:
    return Trace((), Options(), tuple(states), tuple(edges or ()), (), ())


def lines(found: Trace) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in b"".join(trace_lines(found, 7)).splitlines()]


def test_a_row_of_serials_is_one_line() -> None:
    head, one, other, last = lines(
        trace([*(state(f"{n:06}") for n in range(1000)), state("x7"), state("x9")])
    )
    assert (head["evidence"], head["states"]) == (7, 1002)
    told: Any = one["state"]
    assert (told["key"], told["last"], told["count"]) == (f"{ITEM}000000", f"{ITEM}000999", 1000)
    assert [found["state"]["count"] for found in (other, last)] == [1, 1]


def test_runs_of_an_engine_are_joined() -> None:
    runs = [
        replace(state("100"), count=5, last=f"{ITEM}104"),
        replace(state("105"), count=2, last=f"{ITEM}106"),
    ]
    (told,) = (one["state"] for one in lines(trace([*runs, state("107")]))[1:])
    assert (told["key"], told["last"], told["count"]) == (f"{ITEM}100", f"{ITEM}107", 8)


def test_what_differs_begins_a_line_of_its_own() -> None:
    found = lines(
        trace([state("1"), state("2", "possible"), state("3", "possible"), state("9"), state("10")])
    )
    assert [one["state"]["count"] for one in found[1:]] == [1, 2, 1, 1]  # 10 has more digits than 9


def test_edges_run_along_either_end() -> None:
    edges = [
        *(Edge("lot", f"{ITEM}{n}", "member", NOW, None, "certain", "told", ("e",)) for n in range(10, 20)),
        *(Edge(f"{ITEM}{n}", "box", "carry", NOW, None, "certain", "told", ("f",)) for n in range(10, 20)),
    ]
    _, first, second = lines(trace([], edges))
    assert (first["along"], first["count"]) == ("target", 10)
    assert (second["along"], second["through"], second["count"]) == ("source", f"{ITEM}19", 10)


def test_a_line_of_a_scope_has_its_keys_as_ranges() -> None:
    keys = tuple(f"{ITEM}{n:04}" for n in range(50))
    line = ScopeLine("p", None, "in_stock", None, 50, 50.0, 0.0, None, 50.0, keys)
    _, told = (orjson.loads(one) for one in b"".join(scope_lines(Scope(trace([]), (line,)), 1)).splitlines())
    assert told["ranges"] == [[keys[0], keys[-1], 50]]
    assert (told["line"]["hold"], "keys" in told["line"]) == (50.0, False)


@given(st.lists(st.integers(0, 30), unique=True).map(sorted), st.integers(1, 3))
def test_ranges_hold_every_key_once(numbers: list[int], digits: int) -> None:
    keys = [f"{ITEM}{number:0{digits}}" for number in numbers]
    spelled = [
        key
        for first, _, count in ranges(keys)
        for key in (f"{ITEM}{int(first.rpartition('/')[2]) + step:0{digits}}" for step in range(count))
    ]
    assert spelled == keys
