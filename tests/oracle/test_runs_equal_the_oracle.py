"""Histories in which events name keys in sequence: runs are split and told again, and equal the oracle."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from suyuan.trace.lineage.contract import Options, Suspect, Tracer
from suyuan.trace.lineage.occurrence import Holding, Occurrence

from .chronicled import ChronicledTracer
from .engines import exact, oracle
from .random_histories import ITEMS, LOTS, OWNER, PLACES, UNITS, questions, wild_histories
from .stored import StoredTracer
from .stories import item, lot
from .test_engines_equal_the_oracle import campaign, differences, line_rows, rows

ROW = tuple(item(f"{serial:03d}") for serial in range(98, 105))  # a hundred needs no digit more
LOT_ROW = tuple(lot(f"L{number}") for number in (1, 2, 3))  # listed like instances, lots are in runs too
LOT_OF = {key: LOTS[0] if number < 5 else LOTS[1] for number, key in enumerate(ROW)}


@st.composite
def slices(draw: st.DrawFn, *, lots: bool) -> tuple[str, ...]:
    row = LOT_ROW if lots and draw(st.booleans()) else ROW
    first = draw(st.integers(0, len(row) - 1))
    return row[first : draw(st.integers(first + 1, len(row)))]


@st.composite
def in_sequence(draw: st.DrawFn, *, lots: bool = False) -> list[Occurrence]:
    """A wild history of which the items are slices of a row of keys, or with ``lots`` of either of two."""
    return [draw(sliced(told, lots=lots)) for told in draw(wild_histories())]


@st.composite
def sliced(draw: st.DrawFn, told: Occurrence, *, lots: bool) -> Occurrence:
    named: dict[str, None] = {}

    def some(holdings: tuple[Holding, ...]) -> tuple[Holding, ...]:
        found: dict[str, Holding] = {}
        for one in holdings:
            for key in draw(slices(lots=lots)) if one.key in ITEMS else (one.key,):
                found.setdefault(key, one if one.is_class else Holding(key))
        named.update(dict.fromkeys(key for key in found if key in LOT_OF))
        return tuple(found.values())

    sliced_ = replace(
        told,
        what=some(told.what),
        children=some(told.children),
        inputs=some(told.inputs),
        outputs=some(told.outputs),
        parent=ROW[0] if told.parent in ITEMS else told.parent,
    )
    tells = draw(st.integers(0, 2))
    odd = draw(st.integers(0, 9))  # now and then another lot than everybody knows
    another = LOTS[2] if odd == 9 else draw(st.sampled_from(LOT_ROW)) if lots and odd > 5 else None
    pairs = tuple((key, another or LOT_OF[key]) for key in named) if tells else ()
    return replace(sliced_, lot_of=pairs)


@campaign
@given(
    history=in_sequence(),
    asked=st.lists(st.sampled_from((*ROW, *UNITS, *LOTS, *PLACES)).map(Suspect), min_size=1, max_size=2),
    options=questions(),
    batch=st.sampled_from((1, 3, 20)),
    data=st.data(),
)
def test_runs_equal_the_oracle(
    history: list[Occurrence], asked: list[Suspect], options: Options, batch: int, data: st.DataObject
) -> None:
    _compare(oracle(history, OWNER), history, asked, options, batch, data)


@campaign
@given(
    history=in_sequence(lots=True),
    asked=st.lists(st.sampled_from((*ROW, *LOT_ROW, *UNITS, *PLACES)).map(Suspect), min_size=1, max_size=2),
    options=questions(),
    batch=st.sampled_from((1, 3, 20)),
    data=st.data(),
)
def test_lots_in_runs_equal_the_exact_engine(
    history: list[Occurrence], asked: list[Suspect], options: Options, batch: int, data: st.DataObject
) -> None:
    """The law does not say where a lot is that somebody packed like an instance; engines agree on it."""
    _compare(exact(history, OWNER), history, asked, options, batch, data)


def _compare(
    expected: Tracer,
    history: list[Occurrence],
    asked: list[Suspect],
    options: Options,
    batch: int,
    data: st.DataObject,
) -> None:
    told = data.draw(st.permutations(history))
    for found in (ChronicledTracer(told, batch, OWNER.get), StoredTracer(told, OWNER.get)):
        assert differences(rows(expected.trace(asked, options)), rows(found.trace(asked, options))) == {}
        if options.direction == "forward":
            assert line_rows(expected.scope(asked, options)) == line_rows(found.scope(asked, options))
