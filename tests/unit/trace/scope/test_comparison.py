"""What differs between two scopes, and what made it differ."""

from __future__ import annotations

from tests.oracle.stories import BAKERY, CRATE, FARM, MILL, A, B, commission, lot, make, pack, some
from tests.unit.trace.scope.records import Story

from suyuan.trace.lineage import ExactTracer, Lineage, Scope, Suspect
from suyuan.trace.lineage.contract import Amount
from suyuan.trace.scope import compare, scoped
from suyuan.trace.scope.answer import Comparison
from suyuan.trace.scope.selection import KillStep, Lots, Question, Shared, Suppositions

FLOUR, BREAD = lot("FLOUR"), lot("BREAD")
WATER = lot("WATER")
STORY = Story(
    (
        commission("flour", 0, some(FLOUR, 100), place=MILL),
        commission("water", 0, some(WATER, 50), place=MILL),
        make("bread", 2, [some(FLOUR, 60)], [some(BREAD, 80)], place=BAKERY),
    )
)


def summed(*lots: str, supposed: Suppositions = Suppositions()) -> Scope:  # noqa: B008 - a value
    return scoped(Question((Lots(lots),), supposed), STORY).maximum


def test_a_scope_does_not_differ_from_itself() -> None:
    assert compare(summed(FLOUR), summed(FLOUR)) == Comparison((), ())


def test_what_a_kill_step_takes_away() -> None:
    found = compare(summed(FLOUR), summed(FLOUR, supposed=Suppositions(kill=(KillStep("place", BAKERY),))))

    assert found.only_first == (BREAD,)
    assert found.only_second == ()
    (change,) = found.keys
    assert [(one.source, one.target, one.kind, one.evidence) for one in change.edges] == [
        (FLOUR, BREAD, "transform", ("bread", "bread"))
    ]
    assert change.first is not None
    assert (change.first.certainty, change.supposed) == ("certain", ())
    assert [(one.place, one.status, one.first and one.first.hold, one.second) for one in found.lines] == [
        (BAKERY, "in_stock", 80.0, None)
    ]


def test_what_a_place_adds_is_told_with_the_place() -> None:
    found = compare(
        summed(FLOUR), summed(FLOUR, supposed=Suppositions(cross_contamination=(Shared("place", MILL),)))
    )

    assert found.only_second == (WATER,)
    (change,) = found.keys
    assert (change.edges, change.supposed) == ((), (MILL,))
    assert [
        (one.place, one.first and one.first.hold, one.second and one.second.hold) for one in found.lines
    ] == [(MILL, 40.0, 90.0)]


def test_what_a_crate_adds_is_told_with_the_crate() -> None:
    story = Story((pack("p", 1, CRATE, A), pack("q", 2, CRATE, B)))
    supposed = Suppositions(cross_contamination=(Shared("container", CRATE),))
    plain, crossed = (
        scoped(Question((Lots((A,)),), one), story).maximum for one in (Suppositions(), supposed)
    )
    found = {change.key: change for change in compare(plain, crossed).keys}

    assert found.keys() == {CRATE, B}
    assert found[CRATE].supposed == (CRATE,)
    assert [(one.source, one.kind) for one in found[B].edges] == [(CRATE, "contain")]


def test_an_amount_that_differs_is_a_change_of_the_lot() -> None:
    found = compare(summed(FLOUR), summed(FLOUR, supposed=Suppositions(depth=0)))
    assert found.only_first == (BREAD,)

    one = ExactTracer(Lineage([commission("a", 0, some(FLOUR, 5), place=FARM)]))
    two = ExactTracer(Lineage([commission("a", 0, some(FLOUR, 7), place=FARM)]))
    (change,) = compare(one.scope([Suspect(FLOUR)]), two.scope([Suspect(FLOUR)])).keys
    assert change.first is not None
    assert change.second is not None
    assert (change.first.hold, change.second.hold) == (Amount(5.0, "KGM"), Amount(7.0, "KGM"))
