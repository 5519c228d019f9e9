"""Single things in tables are told as the exact engine tells them, at every question and for every key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from suyuan.trace.lineage import Amount, Holding, Lineage, Options, Suspect
from suyuan.trace.lineage.chronicle import Chronicle
from suyuan.trace.lineage.kept import ExactLineage, Things
from suyuan.trace.lineage.kept.chronicled import ChronicleLineage
from suyuan.trace.lineage.kept.recorded import RecordedThings
from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.lineage.statement import EVER, NEVER, instant

from .random_histories import INSTANCES, LOOSE, LOTS, OWNER, PLACES, histories, hours, maybe, windows
from .stories import BAKERY, CASE, DOUGH, FARM, FLOUR, MARKET, MILL, PALLET, SHOP, A, B, clock, item
from .test_engines_equal_the_oracle import campaign, differences, line_rows, rows
from .test_runs_equal_the_oracle import ROW, in_sequence
from .things import told_of, told_of_places, words_back, words_of, woven

KEYS = (*INSTANCES, *LOTS, *LOOSE, *PLACES, item("NOBODY"), "urn:nothing")


def between(hour_window: tuple[int | None, int | None]) -> tuple[int, int]:
    start, end = hour_window
    return EVER if start is None else instant(clock(start)), NEVER if end is None else instant(clock(end))


def alike(found: Things, expected: Things, keys: Sequence[str], window: tuple[int, int]) -> None:
    """Whatever is asked of these keys."""
    for key in keys:
        assert told_of(found, key) == told_of(expected, key)
    lots = (*LOTS, *LOOSE, *INSTANCES)
    assert told_of_places(found, PLACES, lots, window) == told_of_places(expected, PLACES, lots, window)
    product = item("A").partition("/21/")[0]
    assert found.lots_of(product) == expected.lots_of(product)
    journeys = found.checkpoints(keys)
    assert {key: [one[1] for one in journeys[key]] for key in keys} == {
        key: [one[1] for one in told] for key, told in expected.checkpoints(keys).items()
    }


@campaign
@given(history=histories(), window=windows(), hour=maybe(hours))
def test_woven_tables_tell_what_the_exact_engine_tells(
    history: list[Occurrence], window: tuple[int | None, int | None], hour: int | None
) -> None:
    known_at = None if hour is None else clock(hour)
    exact = ExactLineage(owner=OWNER.get)
    exact.add(history)
    expected = exact.things(known_at)
    annals = woven(Lineage(history).history(known_at))
    found = RecordedThings(annals, words_of(history), OWNER.get)
    alike(found, expected, KEYS, between(window))


@campaign
@given(
    history=st.one_of(histories(), in_sequence()),
    window=windows(),
    hour=maybe(hours),
    batch=st.sampled_from((1, 3, 20)),
    data=st.data(),
)
def test_a_chronicle_tells_what_the_exact_engine_tells(
    history: list[Occurrence],
    window: tuple[int | None, int | None],
    hour: int | None,
    batch: int,
    data: st.DataObject,
) -> None:
    """In runs, told in any order and asked in between."""
    known_at = None if hour is None else clock(hour)
    exact = ExactLineage(owner=OWNER.get)
    exact.add(history)
    kept = ChronicleLineage(Chronicle(), words_back(history), owner=OWNER.get)
    shuffled = data.draw(st.permutations(history))
    for first in range(0, len(shuffled), batch):
        kept.add(shuffled[first : first + batch])
        kept.things().lots_of(item("A").partition("/21/")[0])
    alike(kept.things(known_at), exact.things(known_at), (*KEYS, *ROW), between(window))
    asked, options = [Suspect(data.draw(st.sampled_from((*KEYS, *ROW))))], Options(known_at=known_at)
    expected, found = exact.tracer.scope(asked, options), kept.tracer.scope(asked, options)
    assert differences(rows(expected.trace), rows(found.trace)) == {}
    assert line_rows(expected) == line_rows(found)


def test_a_crate_is_emptied_without_a_word_of_what_was_in_it_and_filled_again() -> None:
    """What was told while something else was in it concerns neither the contents of now nor their journey."""
    packs = Occurrence("", "acme", "AggregationEvent", clock(0), clock(0), parent=CASE)
    comes = Occurrence("", "acme", "ObjectEvent", clock(0), clock(0), action="OBSERVE")
    four, one = (Holding(FLOUR, amount, "KGM", is_class=True) for amount in (4.0, 1.0))
    told = [
        replace(packs, action="ADD", children=(four, Holding(A)), biz_location=FARM),
        replace(packs, action="ADD", parent=PALLET, children=(Holding(CASE),), biz_location=FARM),
        replace(comes, what=(Holding(PALLET),), biz_location=MILL),
        replace(packs, action="DELETE", biz_location=BAKERY),
        replace(comes, what=(Holding(CASE),), biz_location=SHOP),
        replace(packs, action="ADD", children=(one, Holding(B)), biz_location=SHOP),
        replace(packs, action="DELETE", children=(replace(one, quantity=0.25),), biz_location=MARKET),
    ]
    history = [
        replace(one, evidence=f"e{hour}", time=clock(hour), lot_of=((A, DOUGH),) if hour else ())
        for hour, one in enumerate(told)
    ]
    annals = woven(Lineage(history).history())
    found = RecordedThings(annals, words_of(history))
    assert dict(found.contents(CASE)) == {FLOUR: Amount(0.75, "KGM"), B: None}
    places = [(at.place, through) for at, through in found.checkpoints([A])[A]]
    assert places == [(FARM, None), (FARM, CASE), (MILL, PALLET), (BAKERY, CASE)]
    exact = ExactLineage()
    exact.add(history)
    for key in (A, B, FLOUR, DOUGH, CASE, PALLET):
        assert told_of(found, key) == told_of(exact.things(), key)
