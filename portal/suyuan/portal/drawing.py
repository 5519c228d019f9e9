"""A layered drawing of groups and links: columns are stages, time runs from left to right.

The steps are those of Sugiyama, Tagawa and Toda (1981): give every node a layer, stretch long links over
dummy nodes, order each layer by barycentres to lessen crossings, then place the nodes. The last step solves
"as near to the neighbours as the gaps allow" exactly for each layer, by pooling adjacent violators.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from suyuan.portal.grouping import Group, Link

WIDTH, HEIGHT = 184, 64  # a node
COLUMN, GAP = 252, 16  # from column to column, between nodes
MARGIN, HEAD = 16, 40
_DUMMY_HEIGHT = 8
_SWEEPS = 6
_START = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Node:
    """A group with its upper left corner."""

    group: Group
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Line:
    """A link with the path that draws it and the middle where its count may stand."""

    link: Link
    path: str
    label_x: int
    label_y: int


@dataclass(frozen=True, slots=True)
class Column:
    """A stage: where it stands, and when it begins, or in a trace back when it ends (None: without bound)."""

    x: int
    time: datetime | None


@dataclass(frozen=True, slots=True)
class Drawing:
    """What the page draws, in units of one CSS pixel."""

    width: int
    height: int
    nodes: tuple[Node, ...]
    lines: tuple[Line, ...]
    columns: tuple[Column, ...]


def drawn(groups: Sequence[Group], links: Sequence[Link], *, from_the_right: bool = False) -> Drawing:
    """The drawing. ``from_the_right`` aligns by the distance to the last stage, for traces back.

    O(sweeps · (nodes + links · layers)).
    """
    if not groups:
        return Drawing(0, 0, (), (), ())
    layer = _layers(groups, links, from_the_right=from_the_right)
    sketch = _Sketch(len(groups), layer, links)
    sketch.order()
    centre = sketch.place()
    top = min(centre[i] - sketch.height(i) / 2 for i in range(len(centre)))
    shift = MARGIN + HEAD - top
    nodes = tuple(
        Node(group, MARGIN + layer[i] * COLUMN, round(centre[i] + shift - HEIGHT / 2))
        for i, group in enumerate(groups)
    )
    lines = tuple(_line(link, sketch, centre, shift) for link in links)
    bottom = max(centre[i] + sketch.height(i) / 2 for i in range(len(centre))) + shift + MARGIN
    columns = tuple(
        Column(MARGIN + number * COLUMN, _stage([groups[i] for i in members], ends=from_the_right))
        for number, members in sorted(_members(layer).items())
    )
    return Drawing(
        width=2 * MARGIN + (max(layer) * COLUMN) + WIDTH,
        height=round(bottom),
        nodes=nodes,
        lines=lines,
        columns=columns,
    )


def _stage(groups: Sequence[Group], *, ends: bool) -> datetime | None:
    """The earliest begin of the groups, or the latest of their ends."""
    times = [time for group in groups if (time := group.until if ends else group.since)]
    if not times:
        return None
    return max(times) if ends else min(times)


def _members(layer: Sequence[int]) -> dict[int, list[int]]:
    members: dict[int, list[int]] = defaultdict(list)
    for node, number in enumerate(layer):
        members[number].append(node)
    return members


def _layers(groups: Sequence[Group], links: Sequence[Link], *, from_the_right: bool) -> list[int]:
    """The length of the longest path to each group; where groups form a cycle, the earliest goes first."""
    pairs = {(link.source, link.target) for link in links}
    if from_the_right:
        pairs = {(target, source) for source, target in pairs}
    after: dict[int, set[int]] = defaultdict(set)
    waiting: dict[int, set[int]] = {group.index: set() for group in groups}
    for source, target in pairs:
        after[source].add(target)
        waiting[target].add(source)
    layer = [0] * len(groups)

    def urgency(i: int) -> tuple[int, bool, float, int]:
        since = groups[i].since or _START
        stamp = since.timestamp() if since is not _START else 0.0
        return (len(waiting[i]), not groups[i].suspect, -stamp if from_the_right else stamp, i)

    while waiting:
        first = min(waiting, key=urgency)
        del waiting[first]
        for target in after[first]:
            if target in waiting:
                waiting[target].discard(first)
                layer[target] = max(layer[target], layer[first] + 1)
    last = max(layer)
    return [last - number for number in layer] if from_the_right else layer


class _Sketch:
    """Nodes and dummies in ordered layers; each link is a chain of them from left to right."""

    def __init__(self, count: int, layer: Sequence[int], links: Sequence[Link]) -> None:
        self.count = count
        self.layer = list(layer)
        self.chains: dict[int, list[int]] = {}
        routes: dict[tuple[int, int], list[int]] = {}
        for link in links:
            ends = (link.source, link.target)
            left, right = sorted(ends, key=lambda i: self.layer[i])
            if (left, right) not in routes:
                routes[left, right] = self._chain(left, right)
            self.chains[link.index] = routes[left, right]
        self.rows = [members for _, members in sorted(_members(self.layer).items())]
        self.left: dict[int, list[int]] = defaultdict(list)
        self.right: dict[int, list[int]] = defaultdict(list)
        for chain in routes.values():
            for a, b in pairwise(chain):
                if self.layer[a] != self.layer[b]:
                    self.right[a].append(b)
                    self.left[b].append(a)

    def _chain(self, left: int, right: int) -> list[int]:
        between = range(self.layer[left] + 1, self.layer[right])
        start = len(self.layer)
        self.layer.extend(between)
        return [left, *range(start, start + len(between)), right]

    def height(self, node: int) -> int:
        """A dummy needs room for a line only."""
        return HEIGHT if node < self.count else _DUMMY_HEIGHT

    def order(self) -> None:
        """Sort each layer by the mean position of its neighbours, to and fro."""
        for sweep in range(_SWEEPS):
            forward = sweep % 2 == 0
            beside = self.left if forward else self.right
            rank = {node: i for row in self.rows for i, node in enumerate(row)}
            for row in self.rows if forward else reversed(self.rows):
                mean = {
                    node: sum(rank[n] for n in beside[node]) / len(beside[node])
                    if beside[node]
                    else float(rank[node])
                    for node in row
                }
                row.sort(key=lambda node: mean[node])
                rank.update({node: i for i, node in enumerate(row)})

    def place(self) -> list[float]:
        """The vertical centre of every node and dummy."""
        centre = [0.0] * len(self.layer)
        for row in self.rows:
            total = 0.0
            for node in row:
                centre[node] = total + self.height(node) / 2
                total += self.height(node) + GAP
            for node in row:
                centre[node] -= (total - GAP) / 2
        for sweep in range(_SWEEPS):
            for row in self.rows if sweep % 2 == 0 else reversed(self.rows):
                wished = [self._wish(node, centre) for node in row]
                for node, y in zip(row, self._apart(row, wished), strict=True):
                    centre[node] = y
        return centre

    def _wish(self, node: int, centre: Sequence[float]) -> float:
        beside = self.left[node] + self.right[node]
        return sum(centre[n] for n in beside) / len(beside) if beside else centre[node]

    def _apart(self, row: Sequence[int], wished: Sequence[float]) -> list[float]:
        """The centres nearest to ``wished`` (least squares) that keep order and gaps."""
        offset = [0.0]
        for above, below in pairwise(row):
            offset.append(offset[-1] + (self.height(above) + self.height(below)) / 2 + GAP)
        pools: list[tuple[float, int]] = []  # mean, size
        for wish, shift in zip(wished, offset, strict=True):
            mean, size = wish - shift, 1
            while pools and pools[-1][0] > mean:
                before, n = pools.pop()
                mean, size = (mean * size + before * n) / (size + n), size + n
            pools.append((mean, size))
        spread = [mean for mean, size in pools for _ in range(size)]
        return [mean + shift for mean, shift in zip(spread, offset, strict=True)]


def _line(link: Link, sketch: _Sketch, centre: Sequence[float], shift: float) -> Line:
    """A smooth path along the chain, from the edge of the source to the edge of the target."""
    chain = sketch.chains[link.index]
    left = [MARGIN + sketch.layer[node] * COLUMN for node in chain]
    y = [round(centre[node] + shift) for node in chain]
    if left[0] == left[-1]:  # both in one column, in a cycle of groups: a loop on the right side
        edge = left[0] + WIDTH
        return Line(
            link,
            f"M{edge} {y[0]}C{edge + 56} {y[0]} {edge + 56} {y[-1]} {edge} {y[-1]}",
            edge + 42,
            (y[0] + y[-1]) // 2,
        )
    points: list[tuple[int, int]] = [(left[0] + WIDTH, y[0])]
    for x, row in zip(left[1:-1], y[1:-1], strict=True):
        points += [(x, row), (x + WIDTH, row)]
    points.append((left[-1], y[-1]))
    if chain[0] != link.source:
        points.reverse()
    path = f"M{points[0][0]} {points[0][1]}"
    for i in range(1, len(points)):
        (x0, y0), (x1, y1) = points[i - 1], points[i]
        bend = (x0 + x1) // 2
        path += f"H{x1}" if y0 == y1 else f"C{bend} {y0} {bend} {y1} {x1} {y1}"
    middle = len(points) // 2
    (x0, y0), (x1, y1) = points[middle - 1], points[middle]
    return Line(link, path, (x0 + x1) // 2, (y0 + y1) // 2)
