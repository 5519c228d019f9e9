"""Sweeps over a network of lots in machine code: each visits every flow once, from the last lot to the first.

Columns are cases or tests; ``shares`` are parts of a lot that took a flow or, looking back, of what came.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from suyuan.trace.incident.lots import Numbers, Reals, Whole
from suyuan.trace.lineage.compiled.machine import making, walking

Singles = npt.NDArray[np.float32]

_LARGE, _SMALL = 1e150, 1e-150


@walking
def absorb(first: Whole, into: Numbers, shares: Reals, found: Singles) -> None:
    """Add to each lot what its flows lead to: ``found[u] += share x found[v]`` for every flow u -> v."""
    for u in range(len(first) - 2, -1, -1):
        for flow in range(first[u], first[u + 1]):
            share = np.float32(shares[flow])
            v = into[flow]
            for column in range(found.shape[1]):
                found[u, column] += share * found[v, column]


@walking
def best_way(first: Whole, into: Numbers, shares: Reals, found: Reals) -> None:
    """Raise each lot to the most probable way on from it: ``max(found[u], share x found[v])``."""
    for u in range(len(first) - 2, -1, -1):
        for flow in range(first[u], first[u + 1]):
            v = into[flow]
            for column in range(found.shape[1]):
                along = shares[flow] * found[v, column]
                if along > found[u, column]:  # noqa: PLR1730 (not so in machine code)
                    found[u, column] = along


@making
def judge(
    group: Numbers,
    day: Whole,
    explained: Reals,
    reached: Reals,
    tested: Reals,
    power: Reals,
    chance: Reals,
    share: Reals,
    prior: Reals,
    found: Reals,
) -> None:
    """Log-likelihood of each run of days of one source, against "all cases are unrelated".

    Row i is a source on one day (``group[i]`` its number, days rising): ``explained[i, c]`` and
    ``reached[i]`` are sums of amount x probability, ``tested[i, n]`` what part of test n's goods is from it.
    ``share`` and ``prior`` are possible shares of unrelated cases and how far they are believed;
    ``chance[c]`` is how probable case c is if unrelated. ``found[i, w]`` is for the run from row i to the row
    w days later; where there is none, or nothing of it reaches a consumer, it is left as it is.
    """
    ratio = np.zeros(explained.shape[1])
    test_sum = np.zeros(tested.shape[1])
    likelihood = np.zeros(len(share))
    nothing = _mixed(ratio, 0.0, share, prior, likelihood)  # most sources reach no case
    for i in range(len(group)):
        ratio[:] = 0.0
        test_sum[:] = 0.0
        reach = 0.0
        some = False
        for j in range(i, len(group)):
            if group[j] != group[i] or day[j] - day[i] >= found.shape[1]:
                break
            reach += reached[j]
            for case in range(len(ratio)):
                if explained[j, case] > 0.0:
                    ratio[case] += explained[j, case] / chance[case]
                    some = True
            for test in range(len(test_sum)):
                test_sum[test] += tested[j, test]
            if reach > 0.0:
                value = _mixed(ratio, 1.0 / reach, share, prior, likelihood) if some else nothing
                for test in range(len(test_sum)):
                    value += math.log(1.0 - power[test] * min(1.0, test_sum[test]))
                found[i, day[j] - day[i]] = value


@walking
def _mixed(ratio: Reals, scale: float, share: Reals, prior: Reals, likelihood: Reals) -> float:
    """Log of the mean, over shares e as they are believed, of the product of (1 - e) x ratio x scale + e."""
    for at in range(len(share)):
        product = 1.0
        likelihood[at] = 0.0
        for case in range(len(ratio)):
            product *= (1.0 - share[at]) * ratio[case] * scale + share[at]
            if product > _LARGE or product < _SMALL:  # few logarithms instead of one per case
                likelihood[at] += math.log(product)
                product = 1.0
        likelihood[at] += math.log(product)
    top = likelihood[0]
    for at in range(len(share)):
        top = max(top, likelihood[at])
    total = 0.0
    for at in range(len(share)):
        total += prior[at] * math.exp(likelihood[at] - top)
    return float(top + math.log(total))
