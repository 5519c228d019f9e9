"""Laws of simulated trades, whatever their extent and whatever goes wrong in them."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from suyuan.simulator.trade.course import Course, weigh
from suyuan.simulator.trade.deeds import Deed, parcels
from suyuan.simulator.trade.goods import CROPS
from suyuan.simulator.trade.grown import begun
from suyuan.simulator.trade.mischief import DONE
from suyuan.simulator.trade.plan import Extent
from suyuan.simulator.trade.spoken import occurrences
from suyuan.simulator.trade.telling import TOLD, badly
from suyuan.simulator.trade.truth import close, truth
from suyuan.simulator.trade.words import Names

NEEDS = {"pork": 3, "leafy": 4, "milk": 5, "shrimp": 4, "rice": 5}
few = st.one_of(st.none(), st.integers(1, 4))


@st.composite
def extents(draw: st.DrawFn) -> Extent:
    crops = tuple(draw(st.lists(st.sampled_from(sorted(CROPS)), min_size=1, unique=True)))
    return Extent(
        *(draw(st.integers(1, 7)), draw(st.integers(1, 9)), draw(st.integers(0, 10**9))),
        *(draw(few), draw(few), draw(few), draw(few), crops),
        draw(st.integers(max(NEEDS[crop] for crop in crops), 8)),
    )


def held(course: Course) -> int:
    lying = sum(weigh(one) for yard in course.yards for stock in yard.stock.values() for one in stock)
    packed = sum(weigh(one.goods) for yard in course.yards for cases in yard.cases.values() for one in cases)
    return lying + packed + sum(weigh(one) for _, _, load, _ in course.waiting() for one in parcels(load))


@settings(max_examples=25, deadline=None)
@given(
    extents(),
    st.dictionaries(st.sampled_from(DONE), st.integers(1, 3)),
    st.dictionaries(st.sampled_from(sorted(TOLD)), st.floats(0, 0.1)),
    st.sampled_from((None, "farm", "plant")),
)
def test_mass_time_and_truth_are_kept(
    extent: Extent, mischief: dict[str, int], shares: dict[str, float], outbreak: str | None
) -> None:
    course = begun(extent, mischief=mischief, outbreak=outbreak)
    deeds = tuple(course.deeds())
    books = course.books
    gone = books.lost + books.sold + books.destroyed + books.vanished
    assert books.grown + books.unrecorded == gone + held(course)
    assert [deed.at for deed in deeds] == sorted(deed.at for deed in deeds)
    names = Names(course.plan, course.numbering.series, extent.seed)
    _check_telling(course, deeds, names, shares)
    close(course)
    found = truth(course, names, events=len(deeds), faults={})
    named = {key for deed in deeds for one in deed.mentions for key in names.keys(one)}
    named |= {names.series[one.series].key(one.number) for deed in deeds if (one := deed.brought) is not None}
    assert set(found["affected"]) <= named
    assert set(found["carriers"]) <= named
    assert {case["lot"] for case in found["cases"] if case["related"]} <= set(found["affected"])


def _check_telling(course: Course, deeds: tuple[Deed, ...], names: Names, shares: dict[str, float]) -> None:
    """It goes on record after it was done and in the order of that, nothing twice."""
    told = list(badly(deeds, shares, Random(0), len(course.plan.sites), lambda _: None))
    assert [one.known for one in told] == sorted(one.known for one in told)
    spoken = list(occurrences(told, names))
    assert len({one.evidence for one in spoken}) == len(spoken)
    for one in spoken:
        assert one.time < one.record_time
        assert (one.type == "TransformationEvent") == bool(one.inputs or one.outputs)
        assert (one.parent is not None) == (one.type == "AggregationEvent")
        assert one.what or one.children or one.inputs or one.outputs or one.parent
