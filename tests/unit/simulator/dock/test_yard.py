from __future__ import annotations

import numpy as np
import pytest

from suyuan.simulator.dock.air import Mast, answers, made_load, mean_gain
from suyuan.simulator.dock.trial import OURS, RULES, SETTINGS, Score, judge
from suyuan.simulator.dock.yard import Setting, day

SMALL = Setting("small", doors=2, shield_db=13.0, tags=(20, 30))


def test_a_day_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    first = day(SMALL, 1001, passes=1)
    assert first == day(SMALL, 1001, passes=1)
    assert first != day(SMALL, 1002, passes=1)


def test_the_truth_is_whole() -> None:
    made = day(SMALL, 1001, passes=2)
    assert len(made.passages) == 4
    tags = [tag for passage in made.passages for tag in passage.tags]
    assert len(tags) == len(set(tags)) == made.tags
    assert all(20 <= len(p.tags) <= 30 and p.begins < p.ends for p in made.passages)
    assert [h.at for h in made.heard] == sorted(h.at for h in made.heard)


def test_what_is_farther_or_behind_goods_is_heard_less() -> None:
    random = np.random.default_rng(1)
    load = made_load(random, 300, 6.0)
    mast = Mast(np.array([[-1.4, 0.0, 1.0]]), np.array([[1.0, 0.0, 0.0]]))

    def heard(x: float, y: float) -> float:
        gain = mean_gain(load, np.array([x, y, 0.0]), mast.at[0], mast.looks[0])
        return float(answers(load, gain)[0].mean())

    assert heard(0.0, 0.0) > 0.95
    assert heard(0.0, 0.0) > heard(4.0, 0.0) > heard(12.0, 0.0)
    assert heard(0.0, 0.0) > heard(0.0, 6.0)


def test_evidence_keeps_the_neighbours_goods_out() -> None:
    made = day(SETTINGS[0], 1003, passes=2)
    strongest, _, ours = (judge(made, SETTINGS[0], rule) for rule in RULES)
    assert strongest.strays == ours.strays > 0
    assert strongest.wrong_door > 3 * (ours.wrong_door + 1)
    assert ours.recall > 0.97
    assert ours.right_ways == ours.ways == len(made.passages)


def test_a_pallet_that_turns_back_is_told() -> None:
    turning = Setting("back", doors=1, tags=(30, 40), turns_back=1.0)
    score = judge(day(turning, 1004, passes=3), turning, OURS)
    assert (score.right_ways, score.wrong_ways) == (3, 0)


def test_scores_add_up() -> None:
    total = Score()
    for _ in range(2):
        total.add(Score(passed=10, taken=9, wrong_door=1))
    assert total.recall == pytest.approx(0.9)
    assert total.wrong_door_per_mille == pytest.approx(100.0)
