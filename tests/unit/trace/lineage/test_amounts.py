"""What to hold and how much of it is contaminated (law of tracing §8), where it is now, and scope (§9)."""

from __future__ import annotations

import pytest
from tests.unit.trace.lineage.chronicle import Chronicle, edges, some, state, suspect

from suyuan.trace.lineage import (
    Amount,
    Contaminated,
    ExactTracer,
    Scope,
    ScopeLine,
    Suspect,
    WhereNow,
    where_now,
)


@pytest.fixture
def told() -> Chronicle:
    return Chronicle()


def amounts(told: Chronicle, key: str, *suspects: str) -> tuple[Amount | None, Contaminated | None]:
    found = state(told.trace(*suspects), key)
    return found.hold, found.contaminated


def kg(low: float, expected: float | None, high: float) -> Contaminated:
    return Contaminated(low, expected, high, "KGM")


def pieces(low: float, expected: float | None, high: float) -> Contaminated:
    return Contaminated(low, expected, high)


def silo(told: Chronicle) -> None:
    told.make(0, some("bad", 10))
    told.make(0, some("good", 990))
    told.turn(1, [some("bad", 10), some("good", 990)], [some("silo", 1000)])
    told.turn(2, [some("silo", 100)], [some("flour", 100)])


def test_ten_kilograms_in_a_silo_of_a_thousand_a_hundred_drawn(told: Chronicle) -> None:
    silo(told)
    assert amounts(told, "bad", "bad") == (Amount(10, "KGM"), kg(10, 10, 10))
    assert amounts(told, "silo", "bad") == (Amount(1000, "KGM"), kg(10, 10, 10))
    assert amounts(told, "flour", "bad") == (Amount(100, "KGM"), kg(0, 1, 10))


def test_what_is_mostly_contaminated_has_a_minimum(told: Chronicle) -> None:
    told.make(0, some("bad", 90))
    told.turn(1, [some("bad", 90), some("good", 10)], [some("mix", 100)])
    told.turn(2, [some("mix", 50)], [some("bag", 50)])
    assert amounts(told, "bag", "bad")[1] == kg(40, 45, 50)


def test_losses_scale_and_outputs_share(told: Chronicle) -> None:
    told.make(0, some("bad", 10))
    told.turn(1, [some("bad", 10), some("good", 10)], [some("a", 6), some("b", 4)])
    assert amounts(told, "a", "bad")[1] == kg(1, 3, 5)
    assert amounts(told, "b", "bad")[1] == kg(0, 2, 4)


@pytest.mark.parametrize("unknown", [some("other"), some("other", 3, "LTR"), "piece"])
def test_without_one_unit_throughout_only_the_bounds_are_known(told: Chronicle, unknown: str) -> None:
    told.make(0, some("bad", 10))
    told.turn(1, [some("bad", 10), unknown], [some("mix", 12)])
    assert amounts(told, "mix", "bad") == (Amount(12, "KGM"), kg(0, None, 12))


def test_an_amount_nobody_stated_is_not_guessed(told: Chronicle) -> None:
    told.turn(1, ["bad"], [some("mix")])
    assert amounts(told, "mix", "bad") == (None, None)


def test_a_possible_state_has_no_minimum(told: Chronicle) -> None:
    told.turn(1, [], [some("mix", 10)], id="t")
    told.turn(2, [some("bad", 10)], [], id="t")
    told.make(0, some("bad", 10))
    assert amounts(told, "mix", "bad")[1] == kg(0, 10, 10)


def test_several_groups_make_one_lot(told: Chronicle) -> None:
    told.make(0, some("bad", 10))
    told.turn(1, [some("bad", 5)], [some("mix", 5)])
    told.turn(2, [some("bad", 5), some("good", 5)], [some("mix", 10)])
    assert amounts(told, "mix", "bad") == (Amount(15, "KGM"), kg(10, 10, 10))


def test_a_container_put_in_counts_by_its_contents(told: Chronicle) -> None:
    told.make(0, some("bad", 10))
    told.pack(1, "tank", some("bad", 10))
    told.turn(2, ["tank", some("good", 30)], [some("mix", 40)])
    assert amounts(told, "mix", "bad")[1] == kg(10, 10, 10)


def test_pieces_of_a_lot_counted_in_pieces(told: Chronicle) -> None:
    told.turn(1, ["bad", "good"], ["x", "y"])
    assert amounts(told, "x", "bad") == (Amount(1), pieces(0, 0.5, 1))
    told.make(3, "i", "j", "k", lot="L")
    assert amounts(told, "L", "L") == (Amount(3), pieces(3, 3, 3))
    assert amounts(told, "i", "L") == (Amount(1), pieces(1, 1, 1))


def test_pieces_of_a_lot_weighed(told: Chronicle) -> None:
    told.make(0, some("bad", 5))
    told.turn(1, [some("bad", 5), some("good", 5)], [some("L", 10)])
    told.make(2, "i", lot="L")
    assert amounts(told, "i", "bad")[1] == pieces(0, 0.5, 1)
    assert amounts(told, "i", "L")[1] == pieces(1, 1, 1)


def test_of_a_lot_reached_only_in_a_container_what_was_inside_is_held(told: Chronicle) -> None:
    told.make(0, some("L", 100))
    told.pack(1, "tank", some("L", 30))
    told.pack(2, "tank", some("L", 10))
    assert amounts(told, "L", "tank") == (Amount(40, "KGM"), kg(0, 40, 40))
    assert amounts(told, "L", "tank", "L") == (Amount(100, "KGM"), kg(100, 100, 100))


def test_carriers_and_places_have_no_amounts(told: Chronicle) -> None:
    told.pack(0, "case", "x", place="dock")
    trace = told.trace("x")
    assert {s.key: s.hold for s in trace.states} == {"x": Amount(1), "case": None, "dock": None}


# Where now and scope


def now(told: Chronicle, key: str) -> WhereNow:
    return where_now(told.lineage().history(), key, {"shop": "shopkeeper"}.get)


def test_where_an_object_is_now(told: Chronicle) -> None:
    told.see(0, "x", place="farm")
    assert now(told, "x") == WhereNow("farm", None, "acme", "in_stock")
    told.pack(1, "case", "x")
    told.see(2, "case", step="shipping", party="carrier")
    assert now(told, "x") == WhereNow(None, "case", "carrier", "in_transit")
    told.see(3, "case", place="shop", party="carrier")
    assert now(told, "x") == WhereNow("shop", "case", "shopkeeper", "in_stock")
    told.unpack(4, "case")
    told.delete(5, "x", step="retail_selling", place="shop")
    assert now(told, "x") == WhereNow(None, None, "acme", "sold")


@pytest.mark.parametrize(
    ("step", "status"),
    [("destroying", "destroyed"), ("retail_selling", "sold"), ("decommissioning", "unaccounted")],
)
def test_what_a_deletion_means(told: Chronicle, step: str, status: str) -> None:
    told.see(0, "x", place="farm")
    told.delete(1, "x", step=step)
    assert now(told, "x").status == status


def test_status_of_what_was_consumed_destroyed_with_its_container_or_never_seen(told: Chronicle) -> None:
    told.pack(0, "case", "x")
    told.pack(0, "bin", "y")
    told.turn(1, ["case"], ["soup"])
    told.destroy(2, "bin")
    assert [now(told, key).status for key in ("x", "y", "soup", "nobody")] == [
        "consumed",
        "destroyed",
        "unaccounted",
        "unaccounted",
    ]


def scope(told: Chronicle, *suspects: str) -> Scope:
    return ExactTracer(told.lineage()).scope([suspect(one) for one in suspects])


def test_scope_splits_a_lot_by_what_became_of_it(told: Chronicle) -> None:
    told.make(0, some("bad", 100), place="farm")
    told.turn(1, [some("bad", 60)], [some("soup", 60)], place="plant")
    told.destroy(2, some("bad", 10), place="dump")
    told.see(3, some("bad"), place="farm")
    lines = {(line.place, line.status): line for line in scope(told, "bad").lines}
    assert lines["plant", "consumed"] == ScopeLine(
        "plant", "acme", "consumed", "KGM", 1, 60, 60, 60, 60, ("bad",)
    )
    assert lines["dump", "destroyed"].hold == 10
    assert lines["farm", "in_stock"].hold == 30
    assert lines["plant", "in_stock"].keys == ("soup",)


def test_scope_counts_nothing_twice(told: Chronicle) -> None:
    told.make(0, "i", "j", lot="L", place="shop")
    told.pack(1, "case", "i", "j", place="shop")
    told.see(2, "i", place="shop")
    (line,) = scope(told, "L", "case").lines
    assert (line.keys, line.objects, line.hold, line.uom) == (("i", "j"), 2, 2, None)


def test_scope_says_where_the_expected_is_unknown(told: Chronicle) -> None:
    told.turn(1, ["bad"], [some("mix", 10), some("odd")], place="plant")
    lines = {line.uom: line for line in scope(told, "bad").lines}
    assert (lines["KGM"].contaminated_expected, lines["KGM"].contaminated_max) == (None, 10)
    consumed = next(line for line in scope(told, "bad").lines if line.status == "consumed")
    assert consumed.keys == ("bad",)
    assert sum(line.objects for line in scope(told, "bad").lines) == 3


def test_scope_is_of_now_though_the_trace_is_of_then(told: Chronicle) -> None:
    told.see(1, "x", place="farm")
    told.see(9, "x", place="shop")
    answer = ExactTracer(told.lineage()).scope([Suspect("x")])
    assert [line.place for line in answer.lines] == ["shop"]
    assert answer.trace.places == ("farm", "shop")


def test_what_is_held_of_a_lot_in_containers_is_unknown_where_one_amount_is(told: Chronicle) -> None:
    told.make(0, some("L", 100))
    told.pack(1, "p", some("L", 5))
    told.pack(1, "q", some("L"))
    told.pack(1, "r", some("L", 7))
    told.see(1, "s", place="dock")
    told.pack(1, "s", some("L", 9), action="OBSERVE")  # seen, not measured
    assert amounts(told, "L", "p", "r") == (Amount(7, "KGM"), kg(0, 7, 7))
    assert amounts(told, "L", "p", "q") == (None, None)
    assert amounts(told, "L", "p", "s") == (None, None)


@pytest.mark.parametrize(("uom", "most"), [("KGM", 4), (None, 2)])
def test_affected_instances_in_an_amount_of_their_lot(told: Chronicle, uom: str | None, most: float) -> None:
    told.make(0, "i", "j", "k", lot="L", place="mill")
    told.turn(1, [some("L", 4, uom)], [some("mix", 4, uom)], place="mill")
    assert amounts(told, "mix", "i", "j")[1] == Contaminated(0, None, most, uom)


def test_an_unknown_part_makes_the_expected_of_the_sum_unknown(told: Chronicle) -> None:
    told.make(0, some("bad", 10))
    told.make(0, "i", lot="L", place="mill")
    told.turn(1, [some("bad", 5), some("L", 5)], [some("mix", 10)], place="mill")
    assert amounts(told, "mix", "bad", "i")[1] == kg(5, None, 10)
    told.turn(2, [some("bad", 5)], [some("mix", 5)])
    assert amounts(told, "mix", "bad", "i")[1] == kg(10, None, 15)


def test_what_is_named_and_in_a_named_container_is_put_in_once(told: Chronicle) -> None:
    told.pack(0, "case", "x", "y")
    told.turn(1, ["x", "case", "x"], ["out", "more"])
    assert amounts(told, "out", "x")[1] == pieces(0, 0.5, 1)
    bases = {edge.source: edge.basis for edge in edges(told.trace("case"), "transform")}
    assert (bases["x"], bases["y"]) == ("told", "inferred")


def test_a_possible_way_gives_no_minimum_to_a_certain_one(told: Chronicle) -> None:
    told.make(0, some("bad", 2))
    told.turn(1, [some("bad", 2), some("good", 8)], [some("mix", 10)])
    told.pack(2, "bin", some("mix", 5))
    found = [one for one in told.trace("bad", "bin").states if one.key == "mix"]
    assert [(one.certainty, one.contaminated) for one in found] == [("certain", kg(2, 10, 10))]


def test_each_output_has_the_inputs_put_in_before_it(told: Chronicle) -> None:
    told.make(0, some("bad", 10))
    told.turn(1, [], [some("early", 5)], id="t")
    told.turn(2, [some("bad", 10)], [some("late", 5)], id="t")
    assert amounts(told, "early", "bad")[1] == kg(0, 5, 5)
    assert amounts(told, "late", "bad")[1] == kg(5, 5, 5)


def test_nothing_is_known_of_a_draw_from_an_empty_lot(told: Chronicle) -> None:
    told.make(0, some("bad", 0))
    told.turn(1, [some("bad", 5)], [some("mix", 5)])
    assert amounts(told, "mix", "bad")[1] == kg(0, None, 5)


def test_a_lot_of_unknown_amount_is_a_line_of_its_own(told: Chronicle) -> None:
    told.see(0, some("K"), some("L"), place="mill")
    told.see(0, "x", place="mill")
    known, *unknown = scope(told, "K", "L", "x").lines
    assert (known.keys, known.hold, known.contaminated_max) == (("x",), 1, 1)
    assert unknown == [
        ScopeLine("mill", "acme", "in_stock", None, 1, None, 0, None, None, (lot,)) for lot in ("K", "L")
    ]


def test_a_lot_that_is_used_up_is_consumed_where_the_last_of_it_was(told: Chronicle) -> None:
    told.make(0, some("flour", 10), place="mill")
    told.pack(1, "silo", some("flour", 4), place="mill")
    told.turn(2, [some("flour", 6)], ["bread"], place="bakery")
    assert now(told, "flour").status == "in_stock"
    told.turn(3, ["silo"], ["cake"], place="oven")
    assert now(told, "flour") == WhereNow("oven", None, "acme", "consumed")


@pytest.mark.parametrize(
    ("step", "status"), [("destroying", "destroyed"), ("retail_selling", "sold"), (None, "unaccounted")]
)
def test_a_lot_that_is_wholly_deleted_is_what_the_last_deletion_says(
    told: Chronicle, step: str | None, status: str
) -> None:
    told.make(0, some("flour", 10), place="mill")
    told.destroy(1, some("flour", 4), place="dump")
    told.delete(2, some("flour", 6), place="shop", step=step)
    where = now(told, "flour")
    assert (where.place, where.status) == ("shop", status)
    assert {(line.place, line.status, line.hold) for line in scope(told, "flour").lines} == {
        ("dump", "destroyed", 4),
        ("shop", status, 6),
        ("mill", "in_stock", None),  # the mill never said that it let any of it go
    }
