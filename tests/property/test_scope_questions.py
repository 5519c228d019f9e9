"""Laws of questions: on random histories, and of their JSON form."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.examples import examples
from tests.oracle.random_histories import INSTANCES, LOOSE, LOTS, PLACES, UNITS, histories, hours, windows
from tests.oracle.stories import at
from tests.unit.trace.scope.records import Story

from suyuan.trace.lineage import Occurrence, Options, Trace
from suyuan.trace.scope import question_json, read_question, scoped, traced
from suyuan.trace.scope.selection import (
    Cases,
    Eaten,
    KillStep,
    Lots,
    Objects,
    Place,
    Product,
    Question,
    Selection,
    Shared,
    Supplier,
    Suppositions,
)

stories = settings(max_examples=examples(20), deadline=None, suppress_health_check=[HealthCheck.too_slow])
things = st.lists(st.sampled_from((*INSTANCES, *LOTS, *LOOSE)), min_size=1, max_size=3, unique=True).map(
    tuple
)
places = st.sampled_from(PLACES)
times = st.tuples(hours, st.integers(1, 5))
PRODUCT = "https://id.gs1.org/01/09506000134352"
LONG_AGO, SOME_DAY = datetime(1990, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC)


@st.composite
def spans(draw: st.DrawFn) -> tuple[datetime | None, datetime | None]:
    since, until = draw(windows())
    return at(since), at(until)


@st.composite
def selections(draw: st.DrawFn) -> Selection:
    start, end = draw(spans())
    eaten = [
        Eaten("1", draw(things), (), (), start, end),
        Eaten("2", (), (draw(places),), draw(st.sampled_from(((), (PRODUCT,)))), start, end),
    ]
    return draw(
        st.sampled_from(
            (
                Objects(draw(things), start, end),
                Lots((draw(st.sampled_from(LOTS)),)),
                Product(PRODUCT, "made", date(2026, 3, 1), draw(st.sampled_from((None, date(2026, 3, 2))))),
                Place(draw(places), start, end),
                Supplier("https://id.gs1.org/417/9506000000015", ("made",), start, end),
                Cases(tuple(eaten), draw(st.sampled_from((None, 1, 2))), "all"),
            )
        )
    )


@st.composite
def lines(draw: st.DrawFn) -> tuple[Shared, ...]:
    return tuple(Shared("line", draw(places), *draw(spans())) for _ in range(draw(st.integers(0, 2))))


def objects(trace: Trace) -> set[str]:
    return {state.key for state in trace.states if not state.carrier and state.kind != "place"}


@stories
@given(histories(7), selections(), lines(), st.sampled_from(("forward", "backward")))
def test_the_minimum_is_the_certain_part_of_the_maximum(
    story: Sequence[Occurrence], selection: Selection, crossed: tuple[Shared, ...], direction: str
) -> None:
    records = Story(story)
    supposed = Suppositions("forward" if direction == "forward" else "backward", cross_contamination=crossed)
    found = traced(Question((selection,), supposed), records)
    plain = traced(Question((selection,), Suppositions(supposed.direction)), records)

    assert {one.certainty for one in found.minimum.states} <= {"certain"}
    assert objects(found.minimum) <= objects(found.maximum)
    assert objects(plain.maximum) <= objects(found.maximum)  # who supposes more finds no less
    assert objects(plain.minimum) <= objects(found.minimum)
    certain = records.trace(plain.choice.suspects, Options(supposed.direction, certain_only=True))
    assert plain.minimum == certain
    if direction == "forward":
        both = scoped(Question((selection,), supposed), records)
        assert (both.minimum.trace, both.maximum.trace) == (found.minimum, found.maximum)
        for line in both.maximum.lines:
            assert line.hold is None or line.contaminated_min <= line.hold + 1e-9


@stories
@given(histories(7), things, places)
def test_a_kill_step_of_all_times_is_one_without_window(
    story: Sequence[Occurrence], named: tuple[str, ...], place: str
) -> None:
    def killed(step: KillStep) -> Trace:
        return traced(Question((Objects(named),), Suppositions(kill=(step,))), Story(story)).maximum

    always, ever = killed(KillStep("place", place)), killed(KillStep("place", place, LONG_AGO, SOME_DAY))
    assert (always.states, always.edges) == (ever.states, ever.edges)


@settings(max_examples=examples(50), deadline=None)
@given(
    st.lists(selections(), min_size=1, max_size=3).map(tuple),
    lines(),
    st.sampled_from((None, 0, 3)),
    st.lists(st.sampled_from(UNITS), max_size=1),
)
def test_questions_are_read_as_they_were_written(
    named: tuple[Selection, ...], crossed: tuple[Shared, ...], depth: int | None, units: list[str]
) -> None:
    shared = (*crossed, *(Shared("tank", one, None, SOME_DAY + timedelta(microseconds=1)) for one in units))
    question = Question(named, Suppositions("backward", LONG_AGO, depth, shared, (KillStep("event", "e1"),)))

    assert read_question(orjson.loads(orjson.dumps(question_json(question)))) == question
