"""Worlds for judging source ranking: they are what they say, and the true farm is found in them."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from suyuan.simulator.outbreaks import CONTAMINATED_DAYS, DAYS, STAGES, Outbreak, Shape, World
from suyuan.simulator.source_trials import ROWS, Row, lower_bound, trials

SHAPES: tuple[Shape, ...] = get_args(Shape)


def said(outbreak: Outbreak) -> tuple[object, ...]:
    flows = (outbreak.network.into.tolist(), outbreak.network.quantity.tolist())
    return outbreak.cases, outbreak.farm, outbreak.days, outbreak.unrelated, flows


@pytest.mark.parametrize("shape", SHAPES)
def test_a_world_follows_from_its_seed_and_gives_what_was_asked_for(shape: Shape) -> None:
    told = World(11, 2, shape).outbreak(20, unrelated=0.2, missing=0.15)
    assert said(told) == said(World(11, 2, shape).outbreak(20, unrelated=0.2, missing=0.15))
    assert (len(told.cases), len(told.unrelated)) == (20, 4)
    assert told.farm.startswith("farm ")
    assert told.days[1] - told.days[0] == CONTAMINATED_DAYS - 1
    shops = {place for case in told.cases for place in case.places}
    assert all(shop.startswith("shop ") for shop in shops)
    assert any(shape == row.shape for row in ROWS)


def test_goods_are_neither_made_nor_lost_on_the_way() -> None:
    network = World(11).outbreak(5).network
    assert len(network.ids) == sum(STAGES) * DAYS
    out = np.bincount(network.out_of, network.quantity, len(network.ids))
    came = np.bincount(network.into, network.quantity, len(network.ids))
    between = (network.codes["product"] > 0) & (network.codes["product"] < len(STAGES) - 1)
    assert (out[between] <= came[between] * (1 + 1e-9)).all()
    early = between & (came > 0) & (network.day < network.day.max() - 2)
    assert out[early].sum() / came[early].sum() > 0.9  # the rest waits for a day on which it goes
    assert (np.diff(network.day) >= 0).all()


def test_the_true_farm_is_first_more_often_than_in_the_other_orders() -> None:
    rows = [Row(20), Row(20, 0.2)]
    for _, found in trials(4, 12, rows):
        ours, *others = found.values()
        assert ours.first >= 0.5
        assert all(ours.first > other.first and ours.rank < other.rank for other in others)


def test_the_bound_is_wilsons() -> None:
    assert lower_bound(0.81, 400) == pytest.approx(0.7687, abs=5e-4)
    assert lower_bound(0.0, 400) == pytest.approx(0.0, abs=1e-12)
    assert lower_bound(1.0, 10) == pytest.approx(0.7225, abs=5e-4)
