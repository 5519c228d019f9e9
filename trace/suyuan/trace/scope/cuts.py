"""The cheapest vertices on every way through a graph: each is split, and a flow proves the cut (Menger)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_MOST_FLOW = 1 << 30
"""What all costs together come to at most: a flow is counted in 32 bits."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The vertices of a cut, what they cost, and a bound that no cut is below."""

    vertices: tuple[int, ...]
    value: float
    proof: float


def cheapest_cut(
    after: Sequence[Sequence[int]], costs: Sequence[float | None], first: Sequence[int], last: Sequence[int]
) -> Cut:
    """Vertices of least cost without which no way leads from ``first`` to ``last``.

    ``after[v]`` are the vertices after v; ``costs[v]`` is from 0, None where v cannot be taken; some vertex
    of every way can be. Of several such sets it is the one nearest to ``first``. A flow is in whole numbers:
    where costs are not, the proof may fall short by a billionth of all costs for each vertex taken.
    """
    # A third of a second of every start, for a question that is seldom asked.
    from scipy.sparse import csr_array  # noqa: PLC0415
    from scipy.sparse.csgraph import breadth_first_order, maximum_flow  # noqa: PLC0415

    whole, worth, parts = _in_whole_numbers([cost for cost in costs if cost is not None])
    capacity = iter(whole)
    without_end = sum(whole) + 1
    source, sink = 2 * len(after), 2 * len(after) + 1
    steps = {
        (2 * v, 2 * v + 1): without_end if cost is None else next(capacity) for v, cost in enumerate(costs)
    }
    steps |= {(2 * v + 1, 2 * on): without_end for v, onward in enumerate(after) for on in onward}
    steps |= {(source, 2 * v): without_end for v in first} | {(2 * v + 1, sink): without_end for v in last}
    ends = np.array([*steps], np.int64)
    network = csr_array(
        (np.array([*steps.values()], np.int32), (ends[:, 0], ends[:, 1])), shape=(sink + 1, sink + 1)
    )
    flow = maximum_flow(network, source, sink)
    left = csr_array(network - flow.flow)
    left.eliminate_zeros()
    near = np.zeros(sink + 1, np.bool_)
    near[breadth_first_order(left, source, return_predecessors=False)] = True
    cut = tuple(v for v in range(len(after)) if near[2 * v] and not near[2 * v + 1])
    return Cut(cut, sum(costs[v] or 0.0 for v in cut), float(flow.flow_value) * worth / parts)


def _in_whole_numbers(costs: Sequence[float]) -> tuple[list[int], float, int]:
    """Costs as whole numbers that a flow can add up, rounded down, and what so many of these are worth."""
    total = sum(costs)
    if total <= _MOST_FLOW and all(float(cost).is_integer() for cost in costs):
        return [int(cost) for cost in costs], 1.0, 1
    return [int(cost / total * _MOST_FLOW) for cost in costs], total, _MOST_FLOW
