"""Random histories of few objects at few instants, so that ties, reuse and cycles are frequent."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from hypothesis import strategies as st

from suyuan.trace.lineage.contract import CrossContamination, Options, Suspect, WhatIf
from suyuan.trace.lineage.occurrence import Basis, Holding, Occurrence

from .stories import BAKERY, DOCK, FARM, MILL, OVEN, at, clock, item, lot, unit

ITEMS = tuple(item(serial) for serial in "ABCD")
UNITS = (unit(1), unit(2), unit(3))
LOTS = (lot("FLOUR"), lot("DOUGH"), lot("BREAD"))
PLACES = (FARM, MILL, DOCK, BAKERY, OVEN)
INSTANCES = (*ITEMS, *UNITS)
LOT_OF = {ITEMS[0]: LOTS[0], ITEMS[1]: LOTS[0], ITEMS[2]: LOTS[1], ITEMS[3]: LOTS[2]}
OWNER = {MILL: "miller", DOCK: "docker", BAKERY: "baker"}
TYPES = ("ObjectEvent", "AggregationEvent", "AssociationEvent", "TransactionEvent", "TransformationEvent")
STEPS = (None, "shipping", "departing", "retail_selling", "destroying", "receiving")
DISPOSITIONS = (None, None, None, "in_transit", "retail_sold", "destroyed")
AMOUNTS = (None, 1.0, 2.0, 5.0, 10.0)
LAST_HOUR = 6

T = TypeVar("T")

hours = st.integers(min_value=0, max_value=LAST_HOUR)
instances = st.sampled_from(INSTANCES).map(Holding)


@st.composite
def amounts(draw: st.DrawFn) -> Holding:
    quantity = draw(st.sampled_from(AMOUNTS))
    uom = None if quantity is None else draw(st.sampled_from(("KGM", "KGM", "KGM", None)))
    return Holding(draw(st.sampled_from(LOTS)), quantity, uom, is_class=True)


def some_holdings(most: int, least: int = 0) -> st.SearchStrategy[tuple[Holding, ...]]:
    named = st.lists(
        st.one_of(instances, amounts()), min_size=least, max_size=most, unique_by=lambda h: h.key
    )
    return named.map(tuple)


def maybe(of: st.SearchStrategy[T]) -> st.SearchStrategy[T | None]:
    return st.one_of(st.none(), of)


@st.composite
def occurrences(draw: st.DrawFn, number: int) -> Occurrence:
    kind = draw(st.sampled_from(TYPES))
    hour = draw(hours)
    told = Occurrence(
        evidence=f"e{number}",
        party=draw(st.sampled_from(("acme", "other"))),
        type=kind,
        time=clock(hour),
        record_time=clock(draw(hours)),
        sequence=draw(st.integers(min_value=0, max_value=2)),
        event_id=draw(maybe(st.sampled_from(("id1", "id2", "id3")))),
        action=None,
        biz_step=draw(st.sampled_from(STEPS)),
        disposition=draw(st.sampled_from(DISPOSITIONS)),
        read_point=draw(maybe(st.sampled_from(PLACES))),
        biz_location=draw(maybe(st.sampled_from(PLACES))),
        basis=draw(st.sampled_from((Basis.READ, Basis.TYPED, Basis.TOLD))),
        declared_wrong_at=clock(hour) if draw(st.integers(0, 19)) == 7 else None,
    )
    if kind == "TransformationEvent":
        told = replace(
            told,
            inputs=draw(some_holdings(3)),
            outputs=draw(some_holdings(2)),
            transformation_id=draw(maybe(st.sampled_from(("t1", "t2")))),
        )
    else:
        told = replace(told, action=draw(st.sampled_from(("ADD", "ADD", "OBSERVE", "DELETE"))))
        if kind in ("AggregationEvent", "AssociationEvent"):
            told = replace(
                told, parent=draw(st.sampled_from((*UNITS, ITEMS[0]))), children=draw(some_holdings(3))
            )
        else:
            told = replace(told, what=draw(some_holdings(2, 1)))
            if kind == "TransactionEvent":
                told = replace(told, parent=draw(maybe(st.sampled_from(UNITS))))
    return replace(told, lot_of=tuple(draw(lots_told(told))))


@st.composite
def lots_told(draw: st.DrawFn, told: Occurrence) -> list[tuple[str, str]]:
    """Most often the lot that everybody knows; now and then another."""
    named = {h.key for h in (*told.what, *told.children, *told.inputs, *told.outputs) if not h.is_class}
    pairs: list[tuple[str, str]] = []
    for key in sorted(named & set(ITEMS)):
        choice = draw(st.integers(0, 7))
        if choice < 6:
            pairs.append((key, LOT_OF[key] if choice else draw(st.sampled_from(LOTS))))
    return pairs


@st.composite
def histories(draw: st.DrawFn, most: int = 9) -> list[Occurrence]:
    count = draw(st.integers(min_value=1, max_value=most))
    return [draw(occurrences(number)) for number in range(count)]


@st.composite
def windows(draw: st.DrawFn) -> tuple[int | None, int | None]:
    start, end = draw(maybe(hours)), draw(maybe(hours))
    if start is not None and end is not None and start >= end:
        return start, None
    return start, end


@st.composite
def suspects(draw: st.DrawFn) -> Suspect:
    since, until = draw(windows())
    return Suspect(draw(st.sampled_from((*INSTANCES, *LOTS, *PLACES))), at(since), at(until))


@st.composite
def suppositions(draw: st.DrawFn) -> WhatIf:
    crossed: list[CrossContamination] = []
    for key in draw(st.lists(st.sampled_from((*UNITS, *PLACES)), max_size=2)):
        since, until = draw(windows())
        crossed.append(CrossContamination(key, at(since), at(until)))
    kill = draw(st.sets(st.sampled_from(("e0", "e1", "e2", *PLACES)), max_size=1))
    return WhatIf(tuple(crossed), frozenset(kill))


@st.composite
def questions(draw: st.DrawFn) -> Options:
    known = draw(maybe(hours))
    return Options(
        direction=draw(st.sampled_from(("forward", "backward"))),
        known_at=None if known is None or draw(st.booleans()) else clock(known),
        depth=draw(st.sampled_from((None, None, None, 0, 1, 2))),
        what_if=draw(st.one_of(st.just(WhatIf()), suppositions())),
        certain_only=draw(st.integers(0, 9)) == 9,
    )
