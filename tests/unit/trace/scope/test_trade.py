"""Questions put to a small trade of which the truth is known: the salad of one farm is contaminated."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tests.unit.simulator.trade.worlds import GREEN, played
from tests.unit.trace.scope.records import Story

from suyuan.simulator.trade.spoken import occurrences
from suyuan.simulator.trade.telling import plainly
from suyuan.simulator.trade.truth import close, truth
from suyuan.trace.lineage import Options, Suspect
from suyuan.trace.scope import balances, choose, common_links, compare, overview, scoped, what_to_hold
from suyuan.trace.scope.selection import Cases, Eaten, KillStep, Question, Supplier, Suppositions

COURSE, DEEDS, NAMES = played(replace(GREEN, days=9), outbreak="farm")
close(COURSE)
TOLD = tuple(occurrences(plainly(DEEDS), NAMES))
TRUTH = truth(COURSE, NAMES, events=len(TOLD), faults={})
SUSPECTS: list[str] = TRUTH["incident"]["suspects"]
FARM: str = TRUTH["incident"]["place"]
START, END = map(datetime.fromisoformat, TRUTH["incident"]["window"])
OWNERS = {place.key: place.party for place in COURSE.plan.sites}
RECORDS = Story(TOLD, OWNERS)
FARMER = Supplier(OWNERS[FARM], ("made",), START, END)
ILL = tuple(
    Eaten(str(case["number"]), (case["item"] or case["lot"],)) for case in TRUTH["cases"] if case["related"]
)


WHOLE = scoped(Question((FARMER,)), RECORDS)


def test_what_the_farm_made_is_suspected_and_everything_affected_is_found() -> None:
    found = WHOLE

    assert {one.key for one in found.choice.suspects} == set(SUSPECTS)
    states = found.maximum.trace.states
    assert {one.key for one in states if not one.carrier and one.kind != "place"} == TRUTH["affected"].keys()
    assert all(one.reconciles for one in balances(found.maximum, RECORDS))
    pieces = sum(
        row.maximum.objects
        for row in overview(found.minimum, found.maximum).totals
        if row.status == "in_stock"
    )
    left = [one["where"] for one in TRUTH["affected"].values() if one["kind"] == "item" and one["where"]]
    assert pieces == sum(where["status"] == "in_stock" for where in left)


def test_what_is_left_is_held_as_lots_or_where_it_lies() -> None:
    scope = WHOLE.maximum
    lots, places, things = (what_to_hold(scope, of=of) for of in ("lots", "places", "objects"))

    stock = [line for line in scope.lines if line.status == "in_stock"]
    moving = [line for line in scope.lines if line.status == "in_transit"]
    assert len(things.stopped) == sum(line.objects for line in (*stock, *moving))
    assert {one.key for one in places.stopped} <= {line.place for line in stock}
    assert 0 < len(places.on_the_way) <= len(lots.stopped) < len(things.stopped)
    assert lots.is_smallest
    assert places.is_smallest


def test_a_kill_step_takes_away_what_a_plant_made() -> None:
    plant = next(edge.evidence[0] for edge in WHOLE.maximum.trace.edges if edge.kind == "transform")
    less = scoped(Question((FARMER,), Suppositions(kill=(KillStep("event", plant),))), RECORDS)
    found = compare(WHOLE.maximum, less.maximum)

    assert found.only_second == ()
    assert any(plant in edge.evidence for change in found.keys for edge in change.edges)


def test_the_farm_is_on_every_way_to_the_cases() -> None:
    cases = ILL[:5]
    links = common_links(cases, RECORDS, Options(), sources=[Suspect(key) for key in SUSPECTS])
    assert links.links[0].key == FARM
    assert links.unreached == ()

    shared = choose([Cases(cases, 2, "all")], RECORDS, Options())
    assert set(SUSPECTS) & {one.key for one in shared.suspects}
