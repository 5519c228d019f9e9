"""The truth of a trade, and that a trace of its incident finds exactly that where all was told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from random import Random
from typing import Any

import pytest

from suyuan.simulator.trade.plan import Extent
from suyuan.simulator.trade.spoken import occurrences
from suyuan.simulator.trade.telling import badly, plainly
from suyuan.simulator.trade.truth import close, fault, truth
from suyuan.trace.lineage import ExactTracer, Lineage, Options, Scope, Suspect

from .worlds import GREEN, SMALL, played

Lying = tuple[str | None, str, str | None]
"""Place, status and unit."""
WORLD = replace(SMALL, days=12, seed=2)


@cache
def traced(extent: Extent, outbreak: str) -> tuple[Mapping[str, Any], Scope]:
    course, deeds, names = played(extent, outbreak=outbreak)
    close(course)
    found = truth(course, names, events=len(deeds), faults={})
    lineage = Lineage(occurrences(plainly(deeds), names))
    owner = dict(zip(names.places, names.parties, strict=True))
    suspects = [Suspect(key) for key in found["incident"]["suspects"]]
    return found, ExactTracer(lineage, owner=owner.get).scope(suspects, Options("forward"))


CASES = [(WORLD, "farm"), (replace(WORLD, crops=("leafy", "shrimp")), "plant")]


@pytest.mark.slow
@pytest.mark.parametrize(("extent", "outbreak"), CASES)
def test_a_trace_of_the_incident_is_the_truth(extent: Extent, outbreak: str) -> None:
    found, scope = traced(extent, outbreak)
    trace, affected = scope.trace, found["affected"]
    states = {one.key: one for one in trace.states if not one.carrier and one.kind != "place"}
    assert set(states) == set(affected)
    assert {one.certainty for one in states.values()} == {"certain"}
    carriers = {one.key for one in trace.states if one.carrier and one.kind == "unit"}
    assert carriers == set(found["carriers"])
    for key, told in affected.items():
        if told["kind"] == "item":
            now = states[key].where_now
            assert now is not None
            where = told["where"]
            assert (where["status"], where["container"]) == (now.status, now.container)
            assert where["place"] == now.place or now.status in {
                "destroyed",
                "consumed",
            }  # and is nowhere now
    statuses = Counter(told["where"]["status"] for told in affected.values() if told["kind"] == "item")
    assert sum(statuses.values()) > 100
    assert statuses["sold"] > 0


def test_what_was_told_late_twice_or_wrongly_and_then_right_makes_no_difference() -> None:
    course, deeds, names = played(replace(GREEN, days=9), outbreak="farm")
    shares: dict[str, float] = dict.fromkeys(("late", "repeated", "corrected", "retracted"), 0.05)
    told = badly(deeds, shares, Random(1), len(course.plan.sites), lambda _: None)
    suspects = [Suspect(names.series[series].key(number)) for series, number in course.incident.suspects]
    plain, corrected = (
        ExactTracer(Lineage(occurrences(one, names))).trace(suspects, Options("forward"))
        for one in (plainly(deeds), told)
    )
    assert [(edge.source, edge.target, edge.kind, edge.from_time) for edge in corrected.edges] == [
        (edge.source, edge.target, edge.kind, edge.from_time) for edge in plain.edges
    ]
    assert corrected.states == plain.states
    assert len(plain.states) > 100


@pytest.mark.parametrize(("extent", "outbreak"), CASES)
def test_a_scope_of_the_incident_is_the_truth_to_the_gram(extent: Extent, outbreak: str) -> None:
    found, scope = traced(extent, outbreak)
    told: Counter[Lying] = Counter()
    for line in scope.lines:
        assert line.hold is not None
        told[_lying(line.place, line.status, line.uom)] += round(line.hold * 1000)
    true: Counter[Lying] = Counter()
    for one in found["affected"].values():
        if one["kind"] == "item":
            true[_lying(one["where"]["place"], one["where"]["status"], None)] += 1000
        else:
            for part in one["parts"]:
                true[_lying(part["place"], part["status"], part["uom"])] += round(part["quantity"] * 1000)
    assert told == true
    assert {"sold", "consumed"} <= {status for _, status, _ in true}


def _lying(place: str | None, status: str, uom: str | None) -> Lying:
    """Where it lies, or was sold; what is used up is nowhere."""
    return place if status in {"in_stock", "sold"} else None, status, uom


@pytest.mark.parametrize(("extent", "outbreak"), CASES)
def test_contaminated_amounts_are_those_that_really_are(extent: Extent, outbreak: str) -> None:
    found, scope = traced(extent, outbreak)
    shares = {key: one["share"] for key, one in found["affected"].items() if one["kind"] == "lot"}
    seen = 0
    for state in scope.trace.states:
        if state.key in shares and state.hold is not None and state.contaminated is not None:
            contaminated, real = state.contaminated, shares[state.key] * state.hold.quantity
            dust = 0.001 * state.hold.quantity
            assert contaminated.min - dust <= real <= contaminated.max + dust
            assert contaminated.expected == pytest.approx(real, abs=dust)
            seen += 1
    assert seen == len(shares)


def test_the_ill_ate_what_was_contaminated_and_others_did_not() -> None:
    found, _ = traced(*CASES[0])
    cases, affected = found["cases"], found["affected"]
    assert [case["number"] for case in cases] == [f"C{n:03d}" for n in range(1, len(cases) + 1)]
    assert Counter(case["related"] for case in cases) == {True: 16, False: 4}
    for case in cases:
        assert case["sold"] < case["eaten"] < case["onset"]
        assert case["related"] == (case["lot"] in affected)
        if case["related"] and case["item"]:
            where = affected[case["item"]]["where"]
            assert (where["place"], where["status"]) == (case["place"], "sold")
    assert [case["onset"] for case in cases] == sorted(case["onset"] for case in cases)


def test_shares_fall_as_goods_are_mixed_and_heat_ends_illness() -> None:
    found, _ = traced(*CASES[0])
    shares = {told["share"] for told in found["affected"].values()}
    assert max(shares) == 1
    assert min(shares) < 0.9
    assert all(0 < share <= 1 for share in shares)
    milk, _ = traced(replace(WORLD, crops=("milk",)), "farm")
    assert milk["affected"]
    assert not [case for case in milk["cases"] if case["related"]]


def test_without_an_outbreak_there_is_no_incident() -> None:
    course, deeds, names = played()
    close(course)
    found = truth(course, names, events=len(deeds), faults={"clone": 2})
    assert found["incident"] is None
    assert found["affected"] == {}
    assert found["carriers"] == found["cases"] == []
    assert found["faults"] == {"clone": 2}


def test_what_people_did_is_seen_in_what_is_told() -> None:
    """Each fault is named with keys, places and events; and the events show it."""
    kinds = ("clone", "diversion", "lost", "expired", "oversell", "relabel", "dilution")
    course, deeds, names = played(replace(WORLD, days=16), mischief=dict.fromkeys(kinds, 2))
    told = [fault(one, names) for one in course.mischief.faults]
    events = {one.event_id: one for one in occurrences(plainly(deeds), names)}
    assert {one["kind"] for one in told} == set(kinds)
    for one in told:
        assert one["keys"]
        shown = [events[event] for event in one["events"]]
        places = [event.biz_location for event in shown]
        match one["kind"]:
            case "clone":
                assert places == [one["genuine"], one["false"]]
                assert all(one["keys"][0] in {h.key for h in event.what} for event in shown)
            case "diversion":
                (sent,) = shown
                assert one["meant_for"] in sent.destinations
                assert one["meant_for"] != one["went_to"]
                got = _received(events.values(), one["keys"][0], sent)
                assert got in {one["went_to"], None}
            case "lost":
                (sent,) = shown
                assert _received(events.values(), one["keys"][0], sent) is None
            case "expired":
                assert shown[0].biz_step == "retail_selling"
            case _:
                assert one["amount"] > 0
                assert "events" in one


def _received(events: Any, key: str, sent: Any) -> str | None:
    """Where a thing or lot was received next from the place that sent it."""
    after = (
        event
        for event in events
        if event.biz_step == "receiving"
        and event.time > sent.time
        and key in {holding.key for holding in event.what}
        and "/10/" not in key
    )
    return next((event.biz_location for event in after), None)
