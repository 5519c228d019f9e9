"""Single things in tables are told as the exact engine tells them, at every question and for every key."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from suyuan.trace.lineage import Amount, Holding, Lineage
from suyuan.trace.lineage.kept import ExactLineage, RecordedThings
from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.lineage.statement import EVER, NEVER, instant

from .random_histories import INSTANCES, LOOSE, LOTS, OWNER, PLACES, histories, hours, maybe, windows
from .stories import BAKERY, CASE, DOUGH, FARM, FLOUR, MARKET, MILL, PALLET, SHOP, A, B, clock, item
from .test_engines_equal_the_oracle import campaign
from .things import products, told_of, told_of_places, words_of, woven

KEYS = (*INSTANCES, *LOTS, *LOOSE, *PLACES, item("NOBODY"), "urn:nothing")


def between(hour_window: tuple[int | None, int | None]) -> tuple[int, int]:
    start, end = hour_window
    return EVER if start is None else instant(clock(start)), NEVER if end is None else instant(clock(end))


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
    found = RecordedThings(annals, products(annals.record), words_of(history), OWNER.get)
    for key in KEYS:
        assert told_of(found, key) == told_of(expected, key)
    lots, during = (*LOTS, *LOOSE, *INSTANCES), between(window)
    assert told_of_places(found, PLACES, lots, during) == told_of_places(expected, PLACES, lots, during)
    product = item("A").partition("/21/")[0]
    assert found.lots_of(product) == expected.lots_of(product)
    journeys = found.checkpoints(KEYS)
    assert {key: [one[1] for one in journeys[key]] for key in KEYS} == {
        key: [one[1] for one in told] for key, told in expected.checkpoints(KEYS).items()
    }


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
    found = RecordedThings(annals, products(annals.record), words_of(history))
    assert dict(found.contents(CASE)) == {FLOUR: Amount(0.75, "KGM"), B: None}
    places = [(at.place, through) for at, through in found.checkpoints([A])[A]]
    assert places == [(FARM, None), (FARM, CASE), (MILL, PALLET), (BAKERY, CASE)]
    exact = ExactLineage()
    exact.add(history)
    for key in (A, B, FLOUR, DOUGH, CASE, PALLET):
        assert told_of(found, key) == told_of(exact.things(), key)
