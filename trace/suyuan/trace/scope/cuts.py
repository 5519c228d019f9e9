"""The cheapest set of labels on every way through a graph of which some nodes carry one.

Where every label is on one node only this is a minimum vertex cut: each node is split, and a flow proves it
(Menger, Ford and Fulkerson). A label on several nodes is paid once, and then the question is hard (as hard
as cutting ways that keep to time: Kempe, Kleinberg and Kumar 2000); it is put as a mixed-integer program,
and its bound is the proof. Beyond what that can take, the nodes of a label are made one: the set still cuts
every way, and how much smaller one might be is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from suyuan.trace.incident.components import components, is_cyclic

MOST_STEPS = 20_000
"""Steps of a graph with labels on several nodes that are still given to the mixed-integer program."""
_MOST_BRANCHES = 10_000
_MOST_FLOW = 1 << 29


@dataclass(frozen=True, slots=True)
class Labelled:
    """``after[n]`` are the nodes after node n; ``labels[n]`` what it carries, -1 for nothing.

    All of ``first`` carry a label, none of ``last`` does.
    """

    after: Sequence[Sequence[int]]
    labels: Sequence[int]
    first: Sequence[int]
    last: Sequence[int]


@dataclass(frozen=True, slots=True)
class Cut:
    """The labels of the cut, what they cost, and a bound that no cut is below."""

    labels: tuple[int, ...]
    value: float
    proof: float


def cheapest_cut(graph: Labelled, costs: Sequence[float]) -> Cut:
    """The labels of least cost of which every way from ``first`` to ``last`` carries one; costs from 0."""
    if not graph.first:
        return Cut((), 0.0, 0.0)
    folded = fold(graph)
    copies = np.bincount([label for label in folded.labels if label >= 0], minlength=len(costs))
    if copies.max(initial=0) <= 1:
        return _by_flow(folded, costs)
    if sum(map(len, folded.after)) <= MOST_STEPS:
        found = _by_program(folded, costs)
        if found is not None:
            return found
    shared = [cost / max(1, many) for cost, many in zip(costs, copies.tolist(), strict=True)]
    return _by_flow(_joined(folded), costs, at_least=_by_flow(folded, shared).proof)


def fold(graph: Labelled) -> Labelled:
    """The same ways with those nodes made one that carry the same label and go on alike.

    One pass from the ends; what is in a circle stays as it is.
    """
    count = len(graph.after)
    classes = [-1] * count
    known: dict[tuple[int, bool, frozenset[int]], int] = {}
    last = frozenset(graph.last)
    number = 0
    for component in components(graph.after):
        cyclic = is_cyclic(component, graph.after)
        for node in component:
            if cyclic:
                classes[node] = number
            else:
                on = frozenset(classes[one] for one in graph.after[node])
                name = (graph.labels[node], node in last, on if node not in last else frozenset[int]())
                classes[node] = known.setdefault(name, number)
            number = max(number, classes[node] + 1)
    return _renamed(graph, classes, number)


def _joined(graph: Labelled) -> Labelled:
    """The same graph with all nodes of a label made one: it has every way, and perhaps more."""
    names: dict[tuple[int, int], int] = {}
    classes = [
        names.setdefault((label, node if label < 0 else 0), len(names))
        for node, label in enumerate(graph.labels)
    ]
    return _renamed(graph, classes, len(names))


def _renamed(graph: Labelled, classes: Sequence[int], count: int) -> Labelled:
    after: list[dict[int, None]] = [{} for _ in range(count)]
    labels = [-1] * count
    for node, found in enumerate(classes):
        labels[found] = graph.labels[node]
        after[found].update(dict.fromkeys(classes[one] for one in graph.after[node]))
    first, last = (list(dict.fromkeys(classes[one] for one in ends)) for ends in (graph.first, graph.last))
    return Labelled([list(one) for one in after], labels, first, last)


def _by_flow(graph: Labelled, costs: Sequence[float], at_least: float | None = None) -> Cut:
    """A minimum cut by a maximum flow: node n enters at 2n and leaves at 2n + 1."""
    used = sorted({label for label in graph.labels if label >= 0})
    whole, factor = _in_whole_numbers([costs[label] for label in used])
    capacity = dict(zip(used, whole, strict=True))
    without_end = sum(whole) + 1
    count = len(graph.after)
    source, sink = 2 * count, 2 * count + 1
    rows: list[tuple[int, int, int]] = [
        (2 * node, 2 * node + 1, without_end if label < 0 else capacity[label])
        for node, label in enumerate(graph.labels)
    ]
    rows += [(2 * node + 1, 2 * on, without_end) for node, after in enumerate(graph.after) for on in after]
    rows += [(source, 2 * node, without_end) for node in graph.first]
    rows += [(2 * node + 1, sink, without_end) for node in graph.last]
    ends = np.array(rows, np.int64)
    network = csr_array(
        (ends[:, 2].astype(np.int32), (ends[:, 0], ends[:, 1])), shape=(2 * count + 2, 2 * count + 2)
    )
    flow = maximum_flow(network, source, sink)
    left = csr_array(network - flow.flow)
    left.eliminate_zeros()
    on_this_side = np.zeros(2 * count + 2, np.bool_)
    on_this_side[breadth_first_order(left, source, return_predecessors=False)] = True
    labels = sorted(
        {
            label
            for node, label in enumerate(graph.labels)
            if label >= 0 and on_this_side[2 * node] and not on_this_side[2 * node + 1]
        }
    )
    proof = flow.flow_value / factor if at_least is None else at_least
    return Cut(tuple(labels), sum(costs[label] for label in labels), proof)


def _in_whole_numbers(costs: Sequence[float]) -> tuple[list[int], float]:
    """Costs as whole numbers that a flow can add up, rounded down, and by what they were multiplied."""
    total = sum(costs)
    if total <= _MOST_FLOW and all(float(cost).is_integer() for cost in costs):
        return [int(cost) for cost in costs], 1.0
    factor = _MOST_FLOW / total
    return [int(cost * factor) for cost in costs], factor


def _by_program(graph: Labelled, costs: Sequence[float]) -> Cut | None:
    """As a mixed-integer program: a label is cut or not, and what follows what was reached is reached."""
    used = sorted({label for label in graph.labels if label >= 0})
    column = {label: row for row, label in enumerate(used)}
    many, count = len(used), len(graph.after)
    rows: list[Sequence[tuple[int, float]]] = []
    least: list[float] = []
    for node, after in enumerate(graph.after):
        for on in after:  # reached(on) >= reached(node) - cut(label of on)
            row = [(many + on, 1.0), (many + node, -1.0)]
            rows.append(row if graph.labels[on] < 0 else [*row, (column[graph.labels[on]], 1.0)])
            least.append(0.0)
    for node in graph.first:  # reached(node) >= 1 - cut(label of node)
        rows.append([(many + node, 1.0), (column[graph.labels[node]], 1.0)])
        least.append(1.0)
    upper = np.ones(many + count)
    upper[[many + node for node in graph.last]] = 0.0
    price = np.zeros(many + count)
    price[:many] = [costs[label] for label in used]
    found = milp(
        price,
        integrality=np.r_[np.ones(many), np.zeros(count)],
        bounds=Bounds(np.zeros(many + count), upper),
        constraints=LinearConstraint(_matrix(rows, many + count), np.array(least), np.inf),
        options={"node_limit": _MOST_BRANCHES, "mip_rel_gap": 0.0},
    )
    if found.x is None:
        return None
    labels = tuple(label for label, cut in zip(used, found.x[:many].tolist(), strict=True) if cut > 1 / 2)
    return Cut(labels, sum(costs[label] for label in labels), float(found.mip_dual_bound))


def _matrix(rows: Sequence[Sequence[tuple[int, float]]], width: int) -> csr_array:
    at = [(row, column, value) for row, cells in enumerate(rows) for column, value in cells]
    cells: npt.NDArray[np.float64] = np.array(at, np.float64).reshape(-1, 3)
    places = (cells[:, 0].astype(np.int64), cells[:, 1].astype(np.int64))
    return csr_array(coo_array((cells[:, 2], places), shape=(len(rows), width)))
