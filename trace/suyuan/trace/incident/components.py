"""Strongly connected components and cycles of a directed graph, without recursion."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

Successors = Sequence[Sequence[int]]


def components(successors: Successors) -> list[list[int]]:
    """The strongly connected components, each after all that it leads to (Tarjan 1972); O(V+E)."""
    count = len(successors)
    order = [0] * count  # 0: not seen yet
    low = [0] * count
    waiting: list[int] = []
    is_waiting = bytearray(count)
    found: list[list[int]] = []
    seen = 0
    for root in range(count):
        if order[root]:
            continue
        seen += 1
        order[root] = low[root] = seen
        waiting.append(root)
        is_waiting[root] = 1
        path = [(root, iter(successors[root]))]
        while path:
            node, rest = path[-1]
            for after in rest:
                if not order[after]:
                    seen += 1
                    order[after] = low[after] = seen
                    waiting.append(after)
                    is_waiting[after] = 1
                    path.append((after, iter(successors[after])))
                    break
                if is_waiting[after] and order[after] < low[node]:
                    low[node] = order[after]
            else:
                path.pop()
                if path and low[node] < low[path[-1][0]]:
                    low[path[-1][0]] = low[node]
                if low[node] == order[node]:
                    found.append(_taken_off(waiting, is_waiting, node))
    return found


def is_cyclic(component: Sequence[int], successors: Successors) -> bool:
    """Whether a component of ``components`` holds a cycle."""
    return len(component) > 1 or component[0] in successors[component[0]]


def cycle_through(node: int, component: Sequence[int], successors: Successors) -> list[int]:
    """A shortest cycle from a node of a cyclic component back to it, the node first and not repeated."""
    inside = set(component)
    came_from: dict[int, int] = {}
    waiting = deque([node])
    while waiting:
        here = waiting.popleft()
        for after in successors[here]:
            if after == node:
                cycle = [here]
                while cycle[-1] != node:
                    cycle.append(came_from[cycle[-1]])
                return cycle[::-1]
            if after in inside and after not in came_from:
                came_from[after] = here
                waiting.append(after)
    return []


def _taken_off(waiting: list[int], is_waiting: bytearray, last: int) -> list[int]:
    component: list[int] = []
    while True:
        node = waiting.pop()
        is_waiting[node] = 0
        component.append(node)
        if node == last:
            return component
