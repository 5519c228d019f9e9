"""What pages and interfaces are given: journeys and JSON."""

from __future__ import annotations

import json

import pytest
from tests.unit.trace.lineage.chronicle import Chronicle, minute, minutes, options, some

from suyuan.trace.lineage import (
    Basis,
    ExactTracer,
    Suspect,
    Trace,
    Visit,
    journey,
    scope_json,
    trace_json,
)


@pytest.fixture
def told() -> Chronicle:
    return Chronicle()


def steps(told: Chronicle, key: str) -> list[tuple[float | None, str | None, str | None]]:
    return [(minutes(v.time), v.place, v.through) for v in journey(told.lineage(), key)]


def test_a_journey_follows_the_containers_while_it_is_in_them(told: Chronicle) -> None:
    told.see(0, "case", place="depot")
    told.make(1, "x", place="plant", basis=Basis.READ)
    told.pack(2, "case", "x", place="plant")
    told.pack(3, "truck", "case", place="plant")
    told.see(4, "truck", step="departing", read_point="gate")
    told.see(5, "truck", place="shop")
    told.unpack(6, "truck", place="shop")
    told.see(7, "truck", place="garage")
    told.unpack(8, "case", "x", place="shop")
    told.see(9, "case", place="depot")
    assert steps(told, "x") == [
        (1, "plant", None),
        (2, "plant", None),
        (3, "plant", "case"),
        (4, None, "truck"),
        (5, "shop", "truck"),
        (6, "shop", "truck"),
        (8, "shop", None),
    ]
    first, *_ = journey(told.lineage(), "x")
    assert first == Visit(minute(1), None, None, "plant", "acme", Basis.READ, "e2")
    assert journey(told.lineage(), "x")[3].basis is Basis.INFERRED


def test_a_journey_does_not_tell_what_it_was_made_of(told: Chronicle) -> None:
    told.see(0, "milk", place="farm")
    told.turn(1, ["milk"], ["cheese"], place="dairy")
    told.see(2, "cheese", place="shop")
    assert [place for _, place, _ in steps(told, "cheese")] == ["dairy", "shop"]
    assert [place for _, place, _ in steps(told, "milk")] == ["farm", "dairy"]
    assert journey(told.lineage(), "nothing") == ()


def test_a_journey_as_known_at_a_past_time(told: Chronicle) -> None:
    told.see(0, "x", place="farm")
    told.see(1, "x", place="shop", record_time=minute(9))
    assert len(journey(told.lineage(), "x", known_at=minute(5))) == 1


def test_a_trace_as_json_has_the_names_of_the_contract(told: Chronicle) -> None:
    told.make(0, some("bad", 4), place="farm")
    told.turn(1, [some("bad", 4)], [some("soup", 4)])
    asked = options(kill=["b", "a"], cross=[("farm", 0, None)])
    trace = ExactTracer(told.lineage()).trace([Suspect("bad")], asked)
    read = json.loads(b"".join(trace_json(trace)))
    assert set(read) == set(Trace.__slots__)
    assert read["options"]["what_if"]["kill"] == ["a", "b"]
    soup = next(state for state in read["states"] if state["key"] == "soup")
    assert soup["from_time"] == "2026-03-01T00:01:00Z"
    assert soup["to_time"] is None
    assert soup["contaminated"] == {"min": 4.0, "expected": 4.0, "max": 4.0, "uom": "KGM"}
    assert [edge["kind"] for edge in read["edges"]] == [edge.kind for edge in trace.edges]


def test_a_scope_as_json_comes_in_pieces(told: Chronicle) -> None:
    told.turn(1, ["bad"], [f"portion-{number}" for number in range(2000)])
    scope = ExactTracer(told.lineage()).scope([Suspect("bad")])
    pieces = list(scope_json(scope))
    assert len(pieces) > 3
    read = json.loads(b"".join(pieces))
    assert sum(line["objects"] for line in read["lines"]) == 2001
    assert len(read["trace"]["states"]) == 2001


def test_an_empty_trace_is_json_too(told: Chronicle) -> None:
    empty = ExactTracer(told.lineage()).trace([])
    assert json.loads(b"".join(trace_json(empty)))["states"] == []
