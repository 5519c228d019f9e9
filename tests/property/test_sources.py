"""Laws of source ranking on random networks of lots."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suyuan.trace.incident.assumptions import Assumptions
from suyuan.trace.incident.cases import Case, Negative
from suyuan.trace.incident.chances import chances
from suyuan.trace.incident.lots import KINDS, Flow, LotNetwork, TracedLot, lay_out
from suyuan.trace.incident.sources import _likelihoods, rank_sources  # pyright: ignore[reportPrivateUsage]

BEGAN = date(2026, 3, 1)
Story = tuple[Sequence[TracedLot], Sequence[Flow], Sequence[Case], str]


@st.composite
def stories(draw: st.DrawFn) -> Story:
    count = draw(st.integers(2, 9))
    days = sorted(draw(st.lists(st.integers(0, 6), min_size=count, max_size=count)))
    size = st.one_of(st.none(), st.floats(0.5, 100))
    lots = [
        TracedLot(
            str(number),
            draw(st.sampled_from("ABC")),
            BEGAN + timedelta(days),
            draw(st.sampled_from(("", "x"))),
            draw(st.sampled_from(("", "y"))),
            "",
            draw(size),
        )
        for number, days in enumerate(days)
    ]
    flows = [
        Flow(str(one), str(two), draw(st.floats(0.01, 100)))
        for one in range(count)
        for two in range(one + 1, count)
        if draw(st.integers(0, 2)) == 0
    ]
    places = sorted({lot.place for lot in lots})
    onsets = st.one_of(st.none(), st.integers(0, 20).map(lambda late: BEGAN + timedelta(late)))
    number = draw(st.integers(1, 6))
    cases = [Case(str(each), (draw(st.sampled_from(places)),), draw(onsets)) for each in range(number)]
    return lots, flows, cases, draw(st.sampled_from([lot.id for lot in lots]))


def laid(lots: Sequence[TracedLot], flows: Sequence[Flow]) -> LotNetwork:
    return lay_out(lots, flows).network


@settings(max_examples=30, deadline=None)
@given(stories(), st.randoms(use_true_random=False), st.floats(0.001, 1000))
def test_laws(story: Story, dice: random.Random, factor: float) -> None:
    lots, flows, cases, tested = story
    network = laid(lots, flows)
    found = rank_sources(network, cases)

    for kind in KINDS:  # what is believed is all there is
        assert sum(found.posterior[kind].values()) + found.unexplained == pytest.approx(1)
    assert found.lots.sum() + found.unexplained == pytest.approx(1)

    other = list(cases)  # the order of cases says nothing
    dice.shuffle(other)
    np.testing.assert_allclose(rank_sources(network, other).lots, found.lots, atol=1e-9)

    scaled = laid(  # nor does the unit of the quantities
        [replace(lot, size=None if lot.size is None else lot.size * factor) for lot in lots],
        [replace(flow, quantity=(flow.quantity or 0) * factor) for flow in flows],
    )
    np.testing.assert_allclose(rank_sources(scaled, cases).lots, found.lots, rtol=1e-4, atol=1e-6)

    assumed = Assumptions()  # a clean test raises no source
    everything = np.ones(len(network.ids), np.bool_)
    before, after = (
        _likelihoods(chances(network, cases, tests, assumed.densities, everything), assumed)
        for tests in ([], [Negative(tested)])
    )
    assert (after <= before + 1e-9).all()
