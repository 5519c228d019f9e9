"""What left our sight, and what is for others: made histories, and sums that are exact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.trace.lineage.chronicle import Chronicle, minute, some

from suyuan.trace.lineage import ExactTracer, Lineage, Scope, ScopeLine, Suspect
from suyuan.trace.lineage.kept import ExactThings
from suyuan.trace.recall.cases import affected_keys, carrying_units
from suyuan.trace.recall.division import Division, PlaceFacts, divided_by_owner, divided_by_place, requests
from suyuan.trace.recall.lost import PATIENCE, Sighted, sighted
from suyuan.trace.recall.parcels import share_of
from suyuan.trace.store.sight import EVERYTHING, Competence

MARKET = Competence(frozenset({"processing", "retail"}), frozenset({"33"}))
FACTS = {"farm": ("farm", "330110"), "plant": ("processing", "330106"), "shop": ("retail", "330106")}
LATER = minute(0) + PATIENCE + timedelta(minutes=60)


class World:
    """A lineage with what pages ask of it."""

    def __init__(self, told: Chronicle, *suspects: str) -> None:
        self.lineage = Lineage()
        self.lineage.add(told.told)
        self.scope: Scope = ExactTracer(self.lineage).scope([Suspect(key) for key in suspects])
        self.share = share_of(lambda: ExactThings(self.lineage.history()), self.scope)

    def sighted(
        self,
        now: datetime = LATER,
        outside: Mapping[str, str] | None = None,
        lines: Sequence[ScopeLine] | None = None,
        left: Sequence[str | None] | None = None,
    ) -> Sighted:
        return sighted(
            self.scope,
            self.scope.lines if lines is None else lines,
            share=self.share,
            outside=lambda evidence: (outside or {}).get(evidence, ""),
            now=now,
            left=left,
        )


def sums(lines: Iterable[ScopeLine]) -> dict[str | None, object]:
    found: dict[str | None, float] = {}
    for line in lines:
        found[line.uom] = found.get(line.uom, 0.0) + (line.hold or 0.0)
    return {unit: pytest.approx(amount) for unit, amount in found.items()}


def everything(found: Sighted) -> list[ScopeLine]:
    return [*found.lines, *(lost.line for lost in found.lost)]


def made_history() -> Chronicle:
    """Six items: on the shelf, sold, shipped long ago, shipped just now, sent outside, deleted."""
    told = Chronicle()
    told.make(0, "a", "b", "c", "d", "e", "f", lot="lot", place="plant", step="commissioning")
    told.see(1, "a", "b", place="shop", step="receiving")
    told.see(2, "b", place="shop", step="retail_selling", disposition="retail_sold")
    told.see(3, "c", step="shipping", disposition="in_transit", read_point="plant")
    told.see(60 + 60 * 24 * 7, "d", step="shipping", disposition="in_transit", read_point="plant")
    told.see(5, "e", step="shipping", disposition="in_transit", read_point="plant")
    told.delete(6, "f", read_point="plant")
    return told


def test_each_way_out_of_sight_is_told_with_its_last_event_and_sold_goods_are_not_lost() -> None:
    told = made_history()
    world = World(told, "lot")
    found = world.sighted(outside={"e6": "abroad"})
    lost = {lost.line.keys: (lost.reason, lost.to) for lost in found.lost}
    assert lost == {
        ("c",): ("not-received", ""),
        ("e",): ("outside", "abroad"),
        ("f",): ("unaccounted", ""),
    }
    last = next(one.last for one in found.lost if one.line.keys == ("c",))
    assert last is not None
    assert (last.time, last.biz_step, last.place, last.holder, last.evidence) == (
        minute(3),
        "shipping",
        "plant",
        "acme",
        "e4",
    )
    kept = {key: line.status for line in found.lines for key in line.keys}
    assert kept == {"a": "in_stock", "b": "sold", "d": "in_transit"}
    assert sums(everything(found)) == sums(world.scope.lines)


def test_goods_are_lost_only_after_the_patience_and_found_again_when_they_arrive() -> None:
    told = made_history()
    soon = World(told, "lot").sighted(now=minute(3) + PATIENCE - timedelta(seconds=1))
    assert {one.line.keys for one in soon.lost} == {("f",)}
    told.see(60 * 24 * 7, "c", place="shop", step="receiving")
    assert ("c",) not in {one.line.keys for one in World(told, "lot").sighted().lost}


def test_a_container_that_leaves_takes_its_contents_along() -> None:
    told = Chronicle()
    told.make(0, "a", "b", lot="lot", place="plant")
    told.pack(1, "box", "a", "b", place="plant")
    told.see(2, "box", step="shipping", disposition="in_transit", read_point="plant")
    world = World(told, "lot")
    (lost,) = world.sighted().lost
    assert (lost.line.keys, lost.line.hold, lost.line.objects) == (("a", "b"), 2.0, 2)
    assert sums(everything(world.sighted())) == sums(world.scope.lines)


def test_a_weighed_lot_is_lost_by_what_is_left_of_it() -> None:
    told = Chronicle()
    for lot, amount in (("x", 10.0), ("y", 4.0)):
        told.make(0, some(lot, amount), place="farm")
    told.turn(1, [some("x", 3.0)], [some("z", 3.0)], place="plant")
    told.see(2, some("x", 7.0), step="shipping", disposition="in_transit", read_point="farm")
    told.see(60 * 24 * 7 + 30, some("y", 4.0), step="shipping", disposition="in_transit", read_point="farm")
    world = World(told, "x", "y")
    found = world.sighted(now=minute(60 * 24 * 7 + 31))
    (lost,) = found.lost
    assert (lost.line.keys, lost.line.hold) == (("x",), pytest.approx(7.0))
    assert next(line.hold for line in found.lines if line.keys == ("y",)) == pytest.approx(4.0)
    assert sums(everything(found)) == sums(world.scope.lines)


AWAY = {"step": "shipping", "disposition": "in_transit"}


def test_of_loose_goods_every_shipment_speaks_for_itself() -> None:
    told = Chronicle()
    told.make(0, some("L", 50.0), place="farm")
    told.see(1, some("L", 5.0), read_point="farm", **AWAY)
    told.see(60 * 24 * 7 + 30, some("L", 30.0), read_point="farm", **AWAY)
    told.see(60 * 24 * 7 + 31, some("L", 2.0), read_point="farm", **AWAY)
    world = World(told, "L")
    found = world.sighted()
    assert [(one.reason, one.line.hold, one.last and one.last.evidence) for one in found.lost] == [
        ("not-received", pytest.approx(5.0), "e2")
    ]
    assert [line.hold for line in found.lines if line.status == "in_transit"] == [pytest.approx(32.0)]
    assert sums(everything(found)) == sums(world.scope.lines)
    abroad = world.sighted(outside={"e3": "abroad"})
    assert [(one.reason, one.line.hold, one.to) for one in abroad.lost] == [
        ("not-received", pytest.approx(5.0), ""),
        ("outside", pytest.approx(30.0), "abroad"),
    ]
    assert sums(everything(abroad)) == sums(world.scope.lines)


def test_loose_goods_in_a_container_were_last_seen_when_that_was() -> None:
    told = Chronicle()
    told.make(0, some("L", 50.0), place="farm")
    told.pack(1, "box", some("L", 20.0), place="farm")
    told.see(60 * 24 * 7 + 30, "box", read_point="farm", **AWAY)
    world = World(told, "L")
    assert world.sighted().lost == ()
    (lost,) = world.sighted(now=LATER + PATIENCE).lost
    assert (lost.line.hold, lost.last and lost.last.evidence) == (pytest.approx(20.0), "e3")


def test_what_is_lost_of_two_lots_is_told_by_shipment_with_all_that_it_took() -> None:
    told = Chronicle()
    told.make(0, some("L", 10.0), some("M", 4.0), place="farm")
    told.see(1, some("L", 3.0), some("M", 1.0), read_point="farm", **AWAY)
    told.see(2, some("L", 7.0), read_point="farm", **AWAY)
    found = World(told, "L", "M").sighted()
    assert [(one.line.keys, one.line.hold) for one in found.lost] == [
        (("L", "M"), pytest.approx(4.0)),
        (("L",), pytest.approx(7.0)),
    ]


@given(st.lists(st.tuples(st.sampled_from("LM"), st.integers(1, 9), st.booleans()), max_size=8))
def test_the_rows_of_loose_goods_add_up_to_the_scope(sent: list[tuple[str, int, bool]]) -> None:
    told = Chronicle()
    told.make(0, some("L", 20.0), some("M", 40.0), place="farm")
    for n, (lot, amount, late) in enumerate(sent, 1):
        told.see(n + 60 * 24 * 7 * late, some(lot, amount / 3), read_point="farm", **AWAY)
    world = World(told, "L", "M")
    assert sums(everything(world.sighted(now=minute(0) + PATIENCE + timedelta(minutes=30)))) == sums(
        world.scope.lines
    )


ways = st.sampled_from(["shelf", "sold", "shipped", "shipped late", "deleted", "destroyed"])


@given(st.lists(ways, min_size=1, max_size=12))
def test_whatever_happens_the_rows_add_up_to_the_scope(fates: list[str]) -> None:
    told = Chronicle()
    items = [f"i{n}" for n in range(len(fates))]
    told.make(0, *items, lot="lot", place="plant")
    away = {"step": "shipping", "disposition": "in_transit", "read_point": "plant"}
    for n, (item, fate) in enumerate(zip(items, fates, strict=True), 1):
        match fate:
            case "sold":
                told.see(n, item, place="shop", step="retail_selling")
            case "shipped":
                told.see(n, item, **away)
            case "shipped late":
                told.see(60 * 24 * 7 + 59 + n, item, **away)
            case "deleted":
                told.delete(n, item, place="plant")
            case "destroyed":
                told.destroy(n, item, place="plant")
            case _:
                told.see(n, item, place="shop")
    world = World(told, "lot")
    found = world.sighted()
    assert sums(everything(found)) == sums(world.scope.lines)
    assert sorted(key for line in everything(found) for key in line.keys) == sorted(items)
    assert {key for one in found.lost for key in one.line.keys} == {
        item for item, fate in zip(items, fates, strict=True) if fate in ("shipped", "deleted")
    }


def divided(world: World, competence: Competence | None, facts: PlaceFacts = FACTS) -> Division:
    return divided_by_place(world.scope, competence, facts, world.share)


def chain() -> World:
    """A farm lot, part of it on the farm, part made into items at the plant and in the shop."""
    told = Chronicle()
    told.make(0, some("L", 10.0), place="farm")
    told.make(0, "whole", lot="H", place="farm")
    lots = (("p", "M"), ("q", "M"))
    told.turn(1, [some("L", 6.0)], ["p", "q"], place="plant", lot_of=lots)
    told.see(2, "q", place="shop", step="receiving")
    return World(told, "L", "H")


def test_a_market_regulator_holds_no_farm_and_asks_the_one_who_may() -> None:
    world = chain()
    found = divided(world, MARKET)
    assert {line.place for line in found.lines} == {"plant", "shop"}
    assert {line.place for line in found.beyond_lines} == {"farm"}
    assert {"whole", "H"} <= found.beyond_keys
    assert {"p", "q", "L"} <= found.keys  # of L a part was used at the plant
    assert found.keys | found.beyond_keys == affected_keys(world.scope)
    authorities = [
        ("nation", Competence(frozenset({"farm"}), frozenset({""}))),
        ("city", Competence(frozenset({"farm", "slaughter"}), frozenset({"3301"}))),
        ("elsewhere", Competence(frozenset({"farm"}), frozenset({"11"}))),
        ("market", MARKET),
    ]
    (request,) = requests(found, authorities)
    assert (request.to, request.stage, request.district) == ("city", "farm", "330110")
    assert requests(found, authorities[2:])[0].to == ""
    asked = {(key, "farm", "330110") for line in found.beyond_lines for key in line.keys}
    assert requests(found, authorities, asked=asked) == []
    elsewhere = {(key, stage, "330106") for key, stage, _ in asked}
    assert requests(found, authorities, asked=elsewhere) == [request]


def test_what_is_on_the_way_falls_to_whoever_answers_for_where_it_left() -> None:
    told = Chronicle()
    told.make(0, "x", "y", lot="lot", place="farm")
    told.see(1, "x", "y", place="plant", step="receiving")
    told.see(2, "y", place="farm", step="receiving")
    for item, place in (("x", "plant"), ("y", "farm")):
        told.see(3, item, step="shipping", disposition="in_transit", read_point=place)
    world = World(told, "lot")
    assert [line.place for line in world.scope.lines] == [None]
    found = divided(world, MARKET)
    assert [line.keys for line in found.lines] == [("x",)]
    assert [line.keys for line in found.beyond_lines] == [("y",)]
    assert found.beyond_at == (("farm", "330110"),)
    assert "y" not in found.keys
    assert sums([*found.lines, *found.beyond_lines]) == sums(world.scope.lines)


def test_of_loose_goods_on_the_way_each_shipment_falls_to_where_it_left() -> None:
    told = Chronicle()
    told.make(0, some("L", 50.0), place="farm")
    told.see(1, some("L", 20.0), place="plant", step="receiving")
    told.see(2, some("L", 5.0), read_point="farm", **AWAY)
    told.see(60 * 24 * 7 + 30, some("L", 8.0), read_point="plant", **AWAY)
    world = World(told, "L")
    found = divided(world, MARKET)
    amounts = {
        (line.place, left): line.hold for line, left in zip(found.lines, found.left or (), strict=True)
    }
    assert amounts == {("plant", "plant"): pytest.approx(12.0), (None, "plant"): pytest.approx(8.0)}
    beyond = zip(found.beyond_lines, found.beyond_left or (), found.beyond_at, strict=True)
    assert {(line.place, left, at): line.hold for line, left, at in beyond} == {
        ("farm", "farm", FACTS["farm"]): pytest.approx(25.0),
        (None, "farm", FACTS["farm"]): pytest.approx(5.0),
    }
    assert sums([*found.lines, *found.beyond_lines]) == sums(world.scope.lines)
    ours = world.sighted(lines=found.lines, left=found.left)
    theirs = world.sighted(lines=found.beyond_lines, left=found.beyond_left)
    assert (ours.lost, sums(ours.lines)) == ((), sums(found.lines))
    assert [(one.line.hold, one.last and one.last.place) for one in theirs.lost] == [
        (pytest.approx(5.0), "farm")
    ]
    assert sums(everything(theirs)) == sums(found.beyond_lines)


def test_a_place_that_nobody_registered_is_held_and_named() -> None:
    found = divided(chain(), MARKET, {"farm": FACTS["farm"], "plant": FACTS["plant"]})
    assert found.nowhere == {"shop"}
    assert "q" in found.keys


@given(
    st.frozensets(st.sampled_from(["farm", "processing", "retail"])),
    st.sampled_from(["", "33", "3301", "330106", "11"]),
)
def test_nothing_is_within_that_competence_does_not_cover(stages: frozenset[str], region: str) -> None:
    world, competence = chain(), Competence(stages, frozenset({region}))
    found = divided(world, competence)
    for line in found.lines:
        assert line.place is not None
        assert competence.covers(*FACTS[line.place])
    for line in found.beyond_lines:
        assert line.place is not None
        assert not competence.covers(*FACTS[line.place])
    covered = {key for line in found.lines for key in line.keys}
    places = {s.key: s.where_now.place for s in world.scope.trace.states if s.where_now is not None}
    for key in found.keys & {"whole", "p", "q"}:
        assert key in covered
        assert competence.covers(*FACTS[places[key] or ""])
    assert sums([*found.lines, *found.beyond_lines]) == sums(world.scope.lines)


def test_without_a_competence_on_record_nothing_registered_is_held() -> None:
    found = divided(chain(), None)
    assert (found.lines, found.keys) == ((), frozenset())
    assert divided(chain(), EVERYTHING).beyond_lines == ()


def test_a_company_stops_its_own_goods_wherever_they_are_and_nobody_elses() -> None:
    world = chain()
    found: Division = divided_by_owner(world.scope, {"p", "q"}.__contains__, world.share)
    assert found.keys == {"p", "q"}
    assert "L" in found.beyond_keys
    assert sums([*found.lines, *found.beyond_lines]) == sums(world.scope.lines)


def test_the_portions_of_a_lot_are_told_once_however_many_lines_it_has() -> None:
    told, shops = Chronicle(), 30
    told.make(0, some("L", 10.0 * shops), some("M", 10.0 * shops), place="farm")
    for n in range(shops):
        told.see(n + 1, some("L", 9.0), some("M", 9.0), place=f"shop {n}", step="receiving")
    world = World(told, "L", "M")
    asked: list[str] = []
    share = share_of(lambda: ExactThings(world.lineage.history(), asked.append), world.scope)
    found = divided_by_owner(world.scope, {"L"}.__contains__, share)
    assert len(found.lines) == len(found.beyond_lines) == shops + 1
    assert sums([*found.lines, *found.beyond_lines]) == sums(world.scope.lines)
    assert len(asked) < 10 * shops


def test_units_that_hold_loose_goods_are_stopped_with_what_holds_them() -> None:
    told = Chronicle()
    told.make(0, some("L", 50.0), "x", place="farm")
    told.pack(1, "box", some("L", 20.0), place="farm")
    told.pack(1, "emptied", some("L", 5.0), place="farm")
    told.pack(1, "unstated", some("L", None), place="farm")
    told.pack(2, "pallet", "box", place="farm")
    told.unpack(3, "emptied", place="farm")
    told.pack(4, "crate", "x", place="farm")
    world = World(told, "L", "x")

    def carrying(*keys: str, gone: str = "") -> frozenset[str]:
        return carrying_units(world.scope, frozenset(keys), lambda _, unit: unit != gone)

    assert carrying("L") == {"box", "pallet", "unstated"}
    assert carrying("L", gone="box") == {"unstated"}
    assert carrying("x") == {"crate"}
    assert carrying("L", "x") == carrying("L") | carrying("x")
