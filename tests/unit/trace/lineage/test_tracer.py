"""Influence, forward and backward (law of tracing §4, §6, §7, §10)."""

from __future__ import annotations

import pytest
from tests.unit.trace.lineage.chronicle import Chronicle, edges, minute, options, said, since, some

from suyuan.trace.errors import InvalidInput, TooLarge
from suyuan.trace.lineage import ExactTracer, Lineage, Suspect, runs


@pytest.fixture
def told() -> Chronicle:
    return Chronicle()


def test_the_output_of_a_transformation_is_affected_from_when_it_was_made(told: Chronicle) -> None:
    told.turn(10, ["a"], ["b"])
    assert told.forward("a") == {"a": [("certain", None, None)], "b": [("certain", 10, None)]}
    assert told.backward("b") == {"a": [("certain", None, 10 + 1e-6 / 60)], "b": [("certain", None, None)]}


def test_nothing_follows_from_what_was_used_before_it_was_suspect(told: Chronicle) -> None:
    told.turn(10, ["a"], ["b"])
    assert set(told.forward(since("a", 10))) == {"a", "b"}
    assert set(told.forward(since("a", 10.1))) == {"a"}
    assert set(told.forward(since("a", None, 10))) == {"a"}
    assert set(told.backward(since("b", None, 10))) == {"b"}


def test_an_open_transformation_with_a_late_clerk_links_possibly(told: Chronicle) -> None:
    told.turn(5, ["early"], [], id="t")
    told.turn(10, [], ["out"], id="t")
    told.turn(20, ["late"], [], id="t")
    told.turn(20, ["foreign"], [], id="t", party="other")
    assert told.forward("early")["out"] == [("certain", 10, None)]
    assert told.forward("late")["out"] == [("possible", 10, None)]
    assert "out" not in told.forward("foreign")
    back = told.backward("out")
    assert (back["early"][0][0], back["late"][0][0]) == ("certain", "possible")
    (edge,) = edges(told.trace("late"), "transform")
    assert (edge.from_time, edge.to_time, edge.certainty) == (minute(10), minute(10), "possible")
    assert edge.evidence == ("e3", "e2")


def test_contents_stay_affected_after_they_leave_but_not_what_left_before(told: Chronicle) -> None:
    told.pack(0, "crate", "x", "y")
    told.unpack(5, "crate", "x")
    told.pack(6, "crate", "z")
    told.unpack(8, "crate")
    told.pack(9, "crate", "later")
    assert told.forward(since("crate", 5, 9)) == {
        "crate": [("certain", 5, 9)],
        "y": [("certain", 5, None)],
        "z": [("certain", 6, None)],
    }


def test_a_container_only_carries_what_is_in_it(told: Chronicle) -> None:
    told.pack(0, "case", "x", "y")
    told.pack(1, "pallet", "case")
    told.unpack(5, "case", "x")
    told.turn(9, ["pallet"], ["soup"])
    trace = told.trace("x")
    assert said(trace) == {"x": [("certain", None, None)]}
    assert said(trace, carriers=True) == {"case": [("certain", 0, 5)], "pallet": [("certain", 1, 5)]}
    assert [(e.source, e.target) for e in edges(trace, "carry")] == [("x", "case"), ("case", "pallet")]


def test_consuming_a_container_consumes_its_contents_at_any_depth(told: Chronicle) -> None:
    told.pack(0, "case", "x", some("L", 5))
    told.pack(1, "pallet", "case")
    told.turn(9, ["pallet"], ["soup"])
    assert set(told.forward("x")) == {"x", "soup"}
    assert set(told.forward("L")) == {"L", "soup"}
    (edge,) = edges(told.trace("x"), "transform")
    assert edge.basis == "inferred"
    assert edges(told.trace("pallet"), "transform")[-1].certainty == "certain"
    assert set(told.backward("soup")) == {"soup", "pallet", "case", "x", "L"}


def test_unpacking_and_consuming_at_one_instant_leaves_the_contents_out(told: Chronicle) -> None:
    told.pack(0, "crate", "x")
    told.turn(9, ["crate"], ["soup"])
    told.unpack(9, "crate")
    assert set(told.forward("x")) == {"x"}


def test_a_container_emptied_and_filled_again_keeps_lots_apart(told: Chronicle) -> None:
    told.pack(0, "crate", some("A", 10))
    told.unpack(3, "crate")
    told.pack(4, "crate", some("B", 10))
    told.turn(5, ["crate"], [some("C", 20)])
    assert set(told.forward("A")) == {"A"}
    assert "A" not in told.backward("C")


def test_instances_of_an_affected_lot_are_affected_from_their_birth(told: Chronicle) -> None:
    told.make(3, "i", "j", lot="L")
    trace = told.trace(since("L", 1, 9))
    assert said(trace) == {"L": [("certain", 1, 9)], "i": [("certain", 3, 9)], "j": [("certain", 3, 9)]}
    edge = edges(trace, "member")[0]
    assert (edge.source, edge.target, edge.from_time, edge.to_time) == ("L", "i", minute(3), None)
    assert told.backward("i")["L"] == [("certain", None, None)]


def test_class_consumption_possibly_takes_the_instances_that_were_there(told: Chronicle) -> None:
    told.make(0, "here", "gone", "dead", "unknown", lot="L")
    told.see(1, "here", place="mill")
    told.see(1, "gone", place="shop")
    told.destroy(1, "dead", place="mill")
    told.turn(5, [some("L", 1)], [some("M", 1)], place="mill")
    told.make(6, "late", lot="L")
    assert told.forward("here")["M"] == [("possible", 5, None)]
    assert told.forward("unknown")["M"] == [("possible", 5, None)]
    for absent in ("gone", "dead", "late"):
        assert "M" not in told.forward(absent)
    assert told.forward("L")["M"] == [("certain", 5, None)]
    assert told.backward("M")["here"][0][0] == "possible"


def test_outright_consumption_by_the_same_group_is_certain(told: Chronicle) -> None:
    told.make(0, "i", lot="L")
    told.turn(5, [some("L", 1)], ["out"], id="t")
    told.turn(6, ["i"], ["two"], id="t")
    assert told.forward("i")["two"] == [("certain", 6, None)]
    assert told.forward("i")["out"] == [("possible", 5, None)]  # taken at 6, made at 5
    assert len(edges(told.trace("i"), "transform")) == 2


def test_part_of_a_lot_in_a_suspect_container_is_only_possible(told: Chronicle) -> None:
    told.make(0, some("L", 100))
    told.make(0, some("M", 40))
    told.pack(1, "crate", some("L", 40), some("M", 40))
    found = told.forward("crate")
    assert (found["L"], found["M"]) == ([("possible", 1, None)], [("certain", 1, None)])
    assert told.backward("L")["crate"][0][0] == "possible"
    assert told.backward("M")["crate"][0][0] == "certain"


def test_a_suspect_place_affects_what_was_there_in_its_window(told: Chronicle) -> None:
    told.pack(0, "pallet", "x")
    told.see(1, "pallet", place="dock")
    told.see(5, "pallet", step="departing", read_point="dock")
    told.see(2, some("L", 3), place="dock")
    told.see(7, "other", place="dock")
    assert told.forward(since("dock", 3, 6)) == {
        "dock": [("certain", 3, 6)],
        "pallet": [("certain", 3, None)],
        "x": [("certain", 3, None)],
        "L": [("certain", 3, None)],
    }
    back = told.backward(since("dock", 3, 6))
    assert back["x"] == [("certain", None, 5)]
    assert back["L"] == [("certain", None, 6)]
    assert "other" not in back


def test_cross_contamination_of_a_container_in_its_window(told: Chronicle) -> None:
    told.pack(0, "tote", "bad")
    told.pack(2, "tote", "near")
    told.unpack(4, "tote", "bad")
    told.pack(5, "tote", "after")
    told.unpack(8, "tote")
    told.pack(9, "tote", "washed")
    assert set(told.forward("bad")) == {"bad"}
    supposed = told.forward("bad", cross=[("tote", 1, 9)])
    assert supposed["tote"] == [("certain", 1, 9)]
    assert supposed["near"] == [("certain", 2, None)]
    assert supposed["after"] == [("certain", 5, None)]
    assert "washed" not in supposed
    assert set(told.forward("bad", cross=[("tote", 4, 9)])) == {"bad"}
    assert set(told.backward("after", cross=[("tote", 1, 9)])) == {"after", "tote", "bad", "near"}
    assert set(told.backward("washed", cross=[("tote", 1, 9)])) == {"washed", "tote"}


def test_cross_contamination_of_a_place_in_its_window(told: Chronicle) -> None:
    told.see(0, "bad", place="room")
    told.see(1, "near", place="room")
    told.see(3, "bad", place="elsewhere")
    told.see(5, "after", place="room")
    supposed = told.forward("bad", cross=[("room", 0, 4)])
    assert supposed == {
        "bad": [("certain", None, None)],
        "room": [("certain", 0, 4)],
        "near": [("certain", 1, None)],
    }
    back = told.backward("near", cross=[("room", 0, 4)])
    assert set(back) == {"near", "room", "bad"}
    assert back["bad"] == [("certain", None, 3)]
    assert set(told.backward("after", cross=[("room", 0, 4)])) == {"after"}


def test_a_kill_step_stops_influence(told: Chronicle) -> None:
    step = told.turn(5, ["milk"], ["cheese"], place="dairy")
    told.turn(6, ["cheese"], ["pizza"], place="kitchen")
    assert set(told.forward("milk", kill=["dairy"])) == {"milk"}
    assert set(told.forward("milk", kill=[step.evidence])) == {"milk"}
    assert set(told.forward("milk", kill=["kitchen"])) == {"milk", "cheese"}
    assert set(told.backward("pizza", kill=["dairy"])) == {"pizza", "cheese"}


def test_depth_counts_transformations_only(told: Chronicle) -> None:
    told.turn(1, ["a"], ["b"])
    told.pack(2, "case", "b")
    told.turn(3, ["case"], ["c"])
    told.turn(4, ["c"], ["d"])
    assert set(told.forward("a", depth=0)) == {"a"}
    assert set(told.forward("a", depth=2)) == {"a", "b", "c"}
    assert set(told.backward("d", depth=1)) == {"d", "c"}


def test_certain_only_leaves_out_what_is_possible(told: Chronicle) -> None:
    told.turn(5, ["a"], ["b"], id="t")
    told.turn(6, ["late"], [], id="t")
    assert set(told.forward("late", certain_only=True)) == {"late"}
    assert set(told.backward("b", certain_only=True)) == {"b", "a"}


def test_rework_ends(told: Chronicle) -> None:
    for round_ in range(50):
        told.turn(round_, [some("A", 1), some("B", 1)], [some("A", 1), some("C", 1)])
        told.turn(round_ + 0.5, [some("C", 1)], [some("B", 1)])
    assert set(told.forward("A")) == set(told.backward("A")) == {"A", "B", "C"}


def test_certain_time_is_taken_out_of_possible_time(told: Chronicle) -> None:
    told.turn(5, [], ["out"], id="t")
    told.turn(6, ["a"], [], id="t")
    told.turn(9, ["a"], ["out"])
    assert told.forward("a")["out"] == [("possible", 5, 9), ("certain", 9, None)]


def test_a_long_chain_needs_no_recursion(told: Chronicle) -> None:
    for number in range(3000):
        told.turn(number, [f"n{number}"], [f"n{number + 1}"])
    assert len(told.forward("n0")) == len(told.backward("n3000")) == 3001


def test_a_large_transformation_is_not_written_out_without_bound(
    told: Chronicle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three made into four are seven things and twelve steps."""
    inputs, outputs = ["a", "b", "c"], ["k", "l", "m", "n"]
    told.turn(1, inputs, outputs)
    monkeypatch.setattr(runs, "MOST_WRITTEN_OUT", 19)
    assert len(told.trace(*inputs).edges) == 12
    monkeypatch.setattr(runs, "MOST_WRITTEN_OUT", 18)
    for direction, asked in (("forward", inputs), ("backward", outputs)):
        with pytest.raises(TooLarge, match="The answer has more than 18 rows"):
            told.trace(*asked, direction=direction)


def test_moves_lead_to_places_that_only_carry(told: Chronicle) -> None:
    told.see(1, "x", place="farm")
    told.see(4, "x", step="shipping", read_point="farm")
    told.see(6, "x", place="shop")
    trace = told.trace(since("x", 2))
    assert said(trace, carriers=True) == {"farm": [("certain", 2, 4)], "shop": [("certain", 6, None)]}
    assert [(e.target, e.from_time, e.to_time) for e in edges(trace, "move")] == [
        ("farm", minute(1), minute(4)),
        ("shop", minute(6), None),
    ]
    assert trace.places == ("farm", "shop")
    assert trace.parties == ("acme",)


def test_backward_reports_the_suspect_as_given(told: Chronicle) -> None:
    told.turn(5, ["a"], ["b"])
    assert told.backward(since("b", 5, 9))["b"] == [("certain", 5, 9)]
    both = told.backward(since("b", 5, 9), since("a", 7, 8))
    assert both["a"] == [("certain", None, 5 + 1e-6 / 60), ("certain", 7, 8)]


def test_windows_are_checked() -> None:
    tracer = ExactTracer(Lineage())
    with pytest.raises(InvalidInput, match="ends before it begins"):
        tracer.trace([since("a", 5, 4)])
    with pytest.raises(InvalidInput, match="no zone"):
        tracer.trace([Suspect("a", minute(1).replace(tzinfo=None))])
    with pytest.raises(InvalidInput, match="forward trace"):
        tracer.scope([since("a", 5)], options("backward"))


@pytest.mark.parametrize(
    ("since_", "until", "reported"), [(4, None, False), (1, None, True), (None, 1, False)]
)
def test_backward_a_place_passes_on_only_within_its_window(
    told: Chronicle, since_: float | None, until: float | None, *, reported: bool
) -> None:
    told.see(1, "a", "b", place="oven")
    told.see(3, "a", "b", place="shop")
    back = told.backward("a", cross=[("oven", since_, until)])
    assert back.get("oven") == ([("certain", None, 3)] if reported else None)
    assert ("b" in back) == reported


def test_backward_a_place_passes_on_only_before_the_bound(told: Chronicle) -> None:
    told.see(0, "a", "b", place="mill")
    early = told.backward(since("a", None, 5), cross=[("mill", 6, None)])
    assert set(early) == {"a"}
    later = told.backward(since("a", None, 7), cross=[("mill", 6, None)])
    assert (later["mill"], later["b"]) == ([("certain", None, 7)], [("certain", None, 7)])


def test_parties_are_those_of_the_evidence_and_of_where_things_are(told: Chronicle) -> None:
    told.see(0, "x")
    assert told.trace("x").parties == ("acme",)  # no edge, but somebody has it
    told.pack(1, "box", "x", party="packer", place="plant")
    tracer = ExactTracer(told.lineage(), owner={"plant": "owner"}.get)
    assert tracer.trace([Suspect("x")]).parties == ("owner", "packer")


def test_certain_only_keeps_the_amounts_of_the_whole_answer(told: Chronicle) -> None:
    told.pack(0, "crate", some("L", 5), some("M"))
    told.make(0, some("L", 5))
    told.turn(1, [some("M", 1)], [some("L", 5)], id="t")
    told.turn(2, ["x"], [some("L", 1)])
    whole = {one.key: one for one in told.trace("crate", "x").states if one.certainty == "certain"}
    only = {one.key: one for one in told.trace("crate", "x", certain_only=True).states}
    assert only["L"] == whole["L"]
    assert only["L"].contaminated is not None
    assert "M" not in only
    assert not {"M"} & {
        end
        for edge in told.trace("crate", "x", certain_only=True).edges
        for end in (edge.source, edge.target)
    }
