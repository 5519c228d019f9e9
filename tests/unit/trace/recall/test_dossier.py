"""What went into a lot: amounts as told, or as its containers brought them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.unit.trace.lineage.chronicle import Chronicle, options, some, suspect

from suyuan.trace.lineage import ExactTracer
from suyuan.trace.lineage.contract import Amount
from suyuan.trace.lineage.journey import Visit
from suyuan.trace.lineage.occurrence import Basis
from suyuan.trace.recall.dossier import course, flows


def made_of_crates() -> Chronicle:
    told = Chronicle()
    told.make(0, some("lettuce", 30.0), place="farm")
    for crate in ("c1", "c2"):
        told.pack(1, crate, some("lettuce", 12.0), place="farm")
    told.make(2, some("rice", 9.0), place="mill")
    told.turn(3, ["c1", "c2", some("rice", 9.0)], [some("meal", 40.0)], place="kitchen")
    told.turn(4, [some("meal", 1.0)], [some("soup", 1.0)], place="kitchen")
    return told


def test_a_lot_that_came_in_crates_is_told_with_what_the_crates_held() -> None:
    lineage = made_of_crates().lineage()
    back = ExactTracer(lineage).trace([suspect("meal")], options("backward", depth=1))
    asked: list[tuple[str, tuple[str, ...]]] = []

    def consumed(key: str, evidence: Sequence[str]) -> list[Amount]:
        asked.append((key, tuple(evidence)))
        return [Amount(12.0, "KGM"), Amount(12.0, "KGM")] if key == "lettuce" else []

    found = {flow.key: flow for flow in flows(back, "meal", {}, consumed, into=True)}
    assert found["lettuce"].amounts == ((24.0, "KGM"),)
    assert found["rice"].amounts == ()  # its event is not at hand: the amount is not known, not none
    assert {evidence for _, evidence in asked} == {("e5",)}
    assert "soup" not in found


def test_what_was_made_of_a_lot_is_one_transformation_away() -> None:
    forth = ExactTracer(made_of_crates().lineage()).trace([suspect("lettuce")], options(depth=1))
    found = flows(forth, "lettuce", {}, lambda _key, _evidence: (), into=False)
    assert [(flow.key, flow.certainty, flow.evidence) for flow in found] == [("meal", "certain", ("e5",))]


def sold_piece_by_piece(pieces: int, shops: int) -> list[list[Visit]]:
    """The journeys of pieces that were packed in one case, shipped, and sold one a minute."""
    start = datetime(2026, 11, 20, 8, tzinfo=UTC)

    def visit(step: str, minute: int, place: str, evidence: str, basis: Basis = Basis.READ) -> Visit:
        return Visit(start + timedelta(minutes=minute), step, None, place, f"of {place}", basis, evidence)

    return [
        [
            visit("commissioning", 0, "farm", "coded"),
            visit("shipping", 1, "farm", "sent", Basis.INFERRED),
            visit("retail_selling", 2 + piece, f"shop {piece % shops}", f"sold {piece}"),
        ]
        for piece in range(pieces)
    ]


def test_what_happened_to_pieces_is_summed_by_step_and_place() -> None:
    told = course(sold_piece_by_piece(30, 2))
    assert [(row.step, row.place, row.pieces, row.events) for row in told] == [
        ("commissioning", "farm", 30, 1),
        ("shipping", "farm", 30, 1),
        ("retail_selling", "shop 0", 15, 15),
        ("retail_selling", "shop 1", 15, 15),
    ]
    sold = told[2]
    assert (sold.last - sold.first, len(sold.evidence), sold.evidence[0]) == (
        timedelta(minutes=28),
        8,
        "sold 0",
    )


def test_the_summary_stays_short_and_loses_no_piece_however_many_shops_sold_them() -> None:
    told = course(sold_piece_by_piece(1000, 400))
    sold = [row for row in told if row.step == "retail_selling"]
    assert len(sold) == 20
    assert sum(row.pieces for row in sold) == 1000
    assert [(row.places, row.place) for row in sold if row.places > 1] == [(381, None)]


def test_a_piece_that_came_twice_to_a_place_is_one_piece_and_two_events() -> None:
    (journey,) = sold_piece_by_piece(1, 1)
    told = course([[*journey, replace(journey[1], evidence="sent again")]])
    assert [(row.pieces, row.events) for row in told if row.step == "shipping"] == [(1, 2)]
    assert course([]) == ()
