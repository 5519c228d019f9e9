"""A lineage as a service keeps it, in objects and in tables: views of the past, lots of products, runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest
from tests.unit.trace.lineage.chronicle import Chronicle as Story
from tests.unit.trace.lineage.chronicle import minute, some

from suyuan.trace.errors import TooLarge
from suyuan.trace.lineage import Edge, Options, State, Suspect, Trace, live, runs
from suyuan.trace.lineage.chronicle import Chronicle
from suyuan.trace.lineage.kept import ExactLineage, Kept
from suyuan.trace.lineage.kept.chronicled import ChronicleLineage, between
from suyuan.trace.lineage.runs import one_by_one

PRODUCT = "https://id.gs1.org/01/09506000134352"
ITEM, LOT, ALIKE = f"{PRODUCT}/21/A1", f"{PRODUCT}/10/L1", f"{PRODUCT}/10/L2"


def tables() -> Kept:
    return ChronicleLineage(Chronicle(), lambda _: [])


FORMS = pytest.mark.parametrize("make", [ExactLineage, tables])


@pytest.fixture
def told_anew(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """One for each time that a past was told anew."""
    times: list[object] = []
    exact, chronicled = live.counted, Chronicle.as_known

    def counted(occurrences: Any) -> Any:
        times.append(None)
        return exact(occurrences)

    def as_known(self: Chronicle, known_at: datetime) -> Chronicle:
        times.append(known_at)
        return chronicled(self, known_at)

    monkeypatch.setattr(live, "counted", counted)
    monkeypatch.setattr(Chronicle, "as_known", as_known)
    return times


@FORMS
def test_the_past_is_told_anew_only_where_it_changed(
    make: Callable[[], Kept], told_anew: list[object]
) -> None:
    story = Story()
    for at in (10, 20, 30):
        story.make(at, f"i{at}", record_time=minute(at))
    kept = make()
    kept.add(story.told)

    def born(known: float) -> tuple[set[str], int]:
        """Which of them are born, and how often anything was told anew so far."""
        things = kept.things(minute(known))
        return {key for key in ("i5", "i10", "i20", "i30", "i40") if things.is_born(key)}, len(told_anew)

    assert born(30) == born(99) == ({"i10", "i20", "i30"}, 0)  # all there is
    assert born(20) == ({"i10", "i20"}, 1)
    assert born(29) == born(20.5) == ({"i10", "i20"}, 1)  # nothing was recorded meanwhile
    assert born(10) == ({"i10"}, 2)
    kept.add([story.make(40, "i40", record_time=minute(40))])
    assert born(20) == ({"i10", "i20"}, 2)
    assert born(10) == ({"i10"}, 2)
    kept.add([story.make(5, "i5", record_time=minute(15))])
    assert born(10) == ({"i10"}, 2)
    assert born(20) == ({"i5", "i10", "i20"}, 3)
    assert born(30) == ({"i5", "i10", "i20", "i30"}, 4)
    assert born(10) == ({"i10"}, 5)  # few are kept, the latest asked for
    assert born(30) == ({"i5", "i10", "i20", "i30"}, 5)
    assert born(1) == born(2) == (set(), 6)


@FORMS
def test_what_is_spoken_of_as_a_lot_is_one_of_its_product_whatever_its_name_is(
    make: Callable[[], Kept],
) -> None:
    kept, story = make(), Story()
    kept.add([story.make(0, ITEM, some(LOT, 1.0))])
    assert kept.things().lots_of(PRODUCT) == [LOT]
    wrong = story.see(1, some(ITEM, 1.0))
    kept.add([wrong])
    assert kept.things().lots_of(PRODUCT) == [LOT, ITEM]
    kept.add([story.declare_wrong(2, wrong), story.make(3, f"{PRODUCT}/21/B7", lot=ALIKE)])
    assert kept.things().lots_of(PRODUCT) == [LOT, ALIKE]
    kept.add([story.make(4, f"{PRODUCT}/21/C7", lot=ITEM)])
    assert kept.things().lots_of(PRODUCT) == [LOT, ALIKE, ITEM]
    assert kept.things(minute(3)).lots_of(PRODUCT) == [LOT, ALIKE]


def test_no_more_rows_are_written_out_than_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a step from one run to another, an edge for each with each."""
    states = [
        State(f"{run}1", "item", None, None, "certain", count=count) for run, count in (("a", 3), ("b", 4))
    ]
    edge = Edge("a1", "b1", "transform", None, None, "certain", "seen", ())
    trace = Trace((Suspect("a1"),), Options(), tuple(states), (edge,), (), ())
    monkeypatch.setattr(runs, "MOST_WRITTEN_OUT", 3 + 4 + 3 * 4)
    written = one_by_one(trace, between)
    assert [len(written.states), len({(one.source, one.target) for one in written.edges})] == [7, 12]
    monkeypatch.setattr(runs, "MOST_WRITTEN_OUT", 18)

    def never(first: str, count: int) -> Sequence[str]:
        raise AssertionError((first, count))

    with pytest.raises(TooLarge, match=r"more than 18 rows.*Ask for less"):
        one_by_one(trace, never)
