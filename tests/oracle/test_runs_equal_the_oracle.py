"""Histories in which events name keys in sequence: runs are split and told again, and equal the oracle."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from suyuan.trace.lineage.contract import Options, Suspect
from suyuan.trace.lineage.occurrence import Holding, Occurrence

from .chronicled import ChronicledTracer
from .engines import oracle
from .random_histories import ITEMS, LOTS, OWNER, PLACES, UNITS, questions, wild_histories
from .stories import item
from .test_engines_equal_the_oracle import campaign, differences, line_rows, rows

ROW = tuple(item(f"{serial:03d}") for serial in range(98, 105))  # a hundred needs no digit more
LOT_OF = {key: LOTS[0] if number < 5 else LOTS[1] for number, key in enumerate(ROW)}


@st.composite
def slices(draw: st.DrawFn) -> tuple[str, ...]:
    first = draw(st.integers(0, len(ROW) - 1))
    return ROW[first : draw(st.integers(first + 1, len(ROW)))]


@st.composite
def in_sequence(draw: st.DrawFn) -> list[Occurrence]:
    """A wild history of which the items are slices of a row of keys."""
    return [draw(sliced(told)) for told in draw(wild_histories())]


@st.composite
def sliced(draw: st.DrawFn, told: Occurrence) -> Occurrence:
    named: dict[str, None] = {}

    def some(holdings: tuple[Holding, ...]) -> tuple[Holding, ...]:
        found: dict[str, Holding] = {}
        for one in holdings:
            for key in draw(slices()) if one.key in ITEMS else (one.key,):
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
    odd = draw(st.integers(0, 9)) == 9  # now and then another lot than everybody knows
    pairs = tuple((key, LOTS[2] if odd else LOT_OF[key]) for key in named) if tells else ()
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
    expected = oracle(history, OWNER)
    found = ChronicledTracer(data.draw(st.permutations(history)), batch, OWNER.get)
    assert differences(rows(expected.trace(asked, options)), rows(found.trace(asked, options))) == {}
    if options.direction == "forward":
        assert line_rows(expected.scope(asked, options)) == line_rows(found.scope(asked, options))
