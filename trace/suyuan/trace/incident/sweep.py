"""Closures of many nodes at once: unions of bit sets in an order that is found once.

A *plan* is that order. ``closures`` replays it with whatever the nodes carry (a bit for each case, say), so
that the closures themselves are never held; ``reached`` replays it backwards, for the closure of a few nodes.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from suyuan.trace.incident.components import Successors, components, is_cyclic


@dataclass(frozen=True, slots=True)
class Plan:
    """Step i: what is carried by ``source[i]`` and its closure so far joins the closure of ``into[i]``.

    ``stands_for`` maps a node to the one that holds its closure; ``cycles`` are the cyclic components.
    """

    into: Sequence[int]
    source: Sequence[int]
    stands_for: Sequence[int]
    cycles: tuple[tuple[int, ...], ...]

    def closures(self, own: Sequence[int]) -> list[int]:
        """For each node the union of what the nodes of its closure carry, as bits; O(steps) unions."""
        holds = self.stands_for
        sets = [0] * len(holds)
        for into, source in zip(self.into, self.source, strict=True):
            sets[into] |= sets[holds[source]] | own[source]
        return [sets[holder] for holder in holds]

    def reached(self, starts: Iterable[int]) -> bytearray:
        """A mark for each node that is in the closure of a start; the starts only if they are on a cycle."""
        holds = self.stands_for
        wanted = bytearray(len(holds))
        marks = bytearray(len(holds))
        for start in starts:
            wanted[holds[start]] = 1
        for into, source in zip(reversed(self.into), reversed(self.source), strict=True):
            if wanted[into]:
                marks[source] = 1
                wanted[holds[source]] = 1
        return marks


def exact_plan(successors: Successors) -> Plan:
    """The plan of true closures: all nodes of a cycle share one; O(V+E)."""
    into, source = array("i"), array("i")
    stands_for = list(range(len(successors)))
    cycles: list[tuple[int, ...]] = []
    for component in components(successors):
        holder = component[0]
        if is_cyclic(component, successors):
            cycles.append(tuple(sorted(component)))
        for node in component:
            stands_for[node] = holder
        for node in component:
            for after in successors[node]:
                into.append(holder)
                source.append(after)
    return Plan(into, source, stands_for, tuple(sorted(cycles)))


def memoised_plan(successors: Successors) -> Plan:
    """The plan of FoodChain-Lab's closures: a node in progress gives what it has found so far.

    On a graph without cycles the same as ``exact_plan``; on a cycle the result depends on the order of the
    nodes and of their successors, and that order is kept here.
    """
    into, source = array("i"), array("i")
    begun = bytearray(len(successors))
    for root in range(len(successors)):
        if begun[root]:
            continue
        begun[root] = 1
        path = [(root, iter(successors[root]))]
        while path:
            node, rest = path[-1]
            for after in rest:
                into.append(node)  # a node counts as found before its own closure is looked for
                source.append(after)
                if not begun[after]:
                    begun[after] = 1
                    path.append((after, iter(successors[after])))
                    break
            else:
                path.pop()
                if path:
                    into.append(path[-1][0])
                    source.append(node)
    return Plan(into, source, range(len(successors)), ())
