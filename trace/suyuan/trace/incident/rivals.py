"""Two other orders of the same sources, for comparison: effective distance and FoodChain-Lab's score.

Both are given the same lots with dates: what a case may have eaten is what reached its places within three
weeks before it fell ill.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from suyuan.trace.incident.cases import Case, exposures
from suyuan.trace.incident.chances import ways
from suyuan.trace.incident.lots import LotNetwork, Reals
from suyuan.trace.incident.walks import best_way

WINDOW_DAYS = 21
_UNREACHED = 1.0  # farther than the farthest that is reached


@dataclass(frozen=True, slots=True)
class Compared:
    """Of each lot, by row of the network.

    ``distance`` is the mean effective distance to the cases, ``variance`` theirs: D(source, case) is the
    shortest sum of 1 - log(share) over the flows. ``score`` is the share of cases that the lot reaches
    (FoodChain-Lab's score with a weight of 1 for each case).
    """

    distance: Reals
    variance: Reals
    score: Reals


def compared(network: LotNetwork, cases: Sequence[Case]) -> Compared:
    """Both orders; O(flows x cases)."""
    shares, _ = ways(network)
    near = np.zeros((len(network.ids), len(cases)))
    for column, (case, rows) in enumerate(zip(cases, exposures(network, cases), strict=True)):
        if case.lots or case.onset is None:
            near[rows, column] = 1.0
        else:
            lag = case.onset.toordinal() - network.day[rows]
            near[rows[(lag >= 0) & (lag <= WINDOW_DAYS)], column] = 1.0
    best_way(network.first, network.into, shares / math.e, near)
    reached = near > 0
    distance = -np.log(near, out=np.zeros_like(near), where=reached)
    distance[~reached] = distance.max(initial=0.0) + _UNREACHED
    return Compared(distance.mean(axis=1), distance.var(axis=1), reached.mean(axis=1))
