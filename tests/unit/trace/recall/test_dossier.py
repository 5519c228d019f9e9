"""What went into a lot: amounts as told, or as its containers brought them."""

from __future__ import annotations

from collections.abc import Sequence

from tests.unit.trace.lineage.chronicle import Chronicle, options, some, suspect

from suyuan.trace.lineage import ExactTracer
from suyuan.trace.lineage.contract import Amount
from suyuan.trace.recall.dossier import flows


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
