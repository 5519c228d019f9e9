"""The smallest set to hold: a minimum cut between suspects and sinks, of what can still be held.

Decision 0022 says how ways keep to time and why the cut is proved by a flow.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from suyuan.trace.errors import InvalidInput
from suyuan.trace.gs1 import site
from suyuan.trace.lineage.contract import Edge, Kind, Scope
from suyuan.trace.lineage.kinds import kind_by_name
from suyuan.trace.scope.amounts import overview
from suyuan.trace.scope.answer import By, Holding, Of, Past, Stopped
from suyuan.trace.scope.cuts import Labelled, cheapest_cut
from suyuan.trace.scope.prices import in_reach, prices_of
from suyuan.trace.scope.records import Amounts
from suyuan.trace.scope.ways import Node, Sink, Ways, find_ways, reached

_GONE = frozenset({"sold", "destroyed", "unaccounted"})


def what_to_hold(
    scope: Scope,
    sinks: Sequence[str] = (),
    *,
    of: Of = "lots",
    by: By = "count",
    values: Mapping[str, float] | None = None,
    amounts: Amounts | None = None,
) -> Holding:
    """The smallest set of lots, places or objects on every way from the suspects of ``scope`` to ``sinks``.

    ``sinks`` are places (by their site) or objects; without any, the places where something of it was sold.
    ``by``: how many; or the ``values`` of what would be held, per key; or how much of it is in reach, which
    ``amounts`` looks up. Only what is in stock or in transit can be held, at a place only what is in stock;
    no sink can be. Holding a lot holds its items.

    Raises:
        InvalidInput: no sink, one that is a suspect itself, or none that any way reaches; a value that is
            negative, no number or missing; amounts that nobody told or in several units.
        TooLarge: more ways than are followed.
    """
    ends = _sinks(scope, sinks)
    ways = find_ways([scope.trace], scope.trace.suspects, ends)
    if not ways.sinks:
        raise InvalidInput(
            "No way on record leads from the suspects to any of these places or objects.",
            where="/sinks",
            remedy="Name others, or look at the trace: there is nothing to stop.",
        )
    labels, within = _Labels(scope, of, ends), in_reach(scope, of)
    names = [name if (name := labels.of(node)) in within else "" for node in ways.nodes]
    first, past = _begun(ways, names)
    held = reached(ways.after, first)
    on_ways = sorted(held)
    used = list(dict.fromkeys(name for node in on_ways if (name := names[node])))
    prices = prices_of(scope, used, of, by, values or {}, amounts)
    graph = _graph(ways, on_ways, [names[node] for node in on_ways], used, first)
    cut = cheapest_cut(graph, [prices[name] for name in used])
    return Holding(
        of,
        by,
        tuple(Stopped(used[row], labels.kind(used[row]), prices[used[row]]) for row in cut.labels),
        cut.value,
        cut.proof,
        tuple(sorted(name for name, number in ways.sinks.items() if number in held)),
        tuple(past),
        tuple(row for row in overview(scope, scope).totals if row.status in _GONE),
    )


def _sinks(scope: Scope, sinks: Sequence[str]) -> dict[str, Sink]:
    """The ends of ways by name."""
    places = {site(place) for place in scope.trace.places}
    suspects = {site(suspect.key) for suspect in scope.trace.suspects}
    named = dict.fromkeys(sinks) or dict.fromkeys(
        line.place for line in scope.lines if line.status == "sold" and line.place is not None
    )
    if not named:
        raise InvalidInput(
            "Nothing of it was sold yet, and no place is named that it must not reach.",
            where="/sinks",
            remedy="Name the shops or other places to protect.",
        )
    found: dict[str, Sink] = {}
    for row, name in enumerate(named):
        if site(name) in suspects:
            raise InvalidInput(
                "{key} is a suspect itself.",
                where=f"/sinks/{row}",
                remedy="Name what lies beyond it.",
                key=name,
            )
        is_place = kind_by_name(name) == "place" or site(name) in places
        found[name] = Sink(sites=frozenset({site(name)})) if is_place else Sink(frozenset({name}))
    return found


class _Labels:
    """What each node of the ways is held by: its lot, its object or the site where it is."""

    def __init__(self, scope: Scope, of: Of, ends: Mapping[str, Sink]) -> None:
        self._of = of
        self._kinds: dict[str, Kind] = {state.key: state.kind for state in scope.trace.states}
        self._ends = {name for end in ends.values() for name in (*end.keys, *end.sites)}
        self._lots = lots_of(scope.trace.edges) if of == "lots" else {}
        led_to = {edge.target for edge in scope.trace.edges if edge.kind in {"transform", "contain"}}
        suspects = {suspect.key for suspect in scope.trace.suspects}
        crossed = bool(scope.trace.options.what_if.cross_contamination)
        places = any(self.kind(key) == "place" for key in suspects)
        # What only its lot leads to is behind its lot on every way: it need not say so again.
        self._own = None if crossed or places else led_to | suspects

    def of(self, node: Node) -> str:
        """The name by which it can be held; empty for what cannot."""
        if self._of == "places":
            place = node.place if node.kind == "stay" else None
            return "" if place is None or place in self._ends else place
        if node.kind != "object" or node.key in self._ends:
            return ""
        lot = self._lots.get(node.key)
        if lot is not None and self._own is not None and node.key not in self._own:
            return ""
        return lot or node.key

    def kind(self, name: str) -> Kind:
        """The kind of what is held."""
        return "place" if self._of == "places" else self._kinds.get(name, kind_by_name(name))


def lots_of(edges: Iterable[Edge]) -> dict[str, str]:
    """The lots of instances, as edges of a trace tell them."""
    return {edge.target: edge.source for edge in edges if edge.kind == "member"}


def _begun(ways: Ways, names: Sequence[str]) -> tuple[list[int], list[Past]]:
    """The first nodes that can be held on any way, and the sinks to which ways lead without any."""
    first: dict[int, None] = {}
    came_from: dict[int, int] = {}
    waiting = deque(ways.starts)
    seen = set(ways.starts)
    while waiting:
        here = waiting.popleft()
        if names[here]:
            first[here] = None
            continue
        for after in ways.after[here]:
            if after not in seen:
                seen.add(after)
                came_from[after] = here
                waiting.append(after)
    past = [
        Past(name, _way(ways, came_from, number))
        for name, number in sorted(ways.sinks.items())
        if number in seen
    ]
    return list(first), past


def _way(ways: Ways, came_from: Mapping[int, int], number: int) -> tuple[str, ...]:
    """The objects and places on the way to a node, in order."""
    found: list[str] = []
    here: int | None = came_from.get(number)
    while here is not None:
        node = ways.nodes[here]
        found += [node.place] if node.kind == "stay" and node.place is not None else []
        found += [node.key] if node.kind in {"object", "room"} else []
        here = came_from.get(here)
    return tuple(key for key, _ in groupby(reversed(found)))


def _graph(
    ways: Ways, nodes: Sequence[int], names: Sequence[str], used: Sequence[str], first: Sequence[int]
) -> Labelled:
    """``nodes`` of the ways with the numbers of their names in ``used``."""
    number = {node: row for row, node in enumerate(nodes)}
    label = {name: row for row, name in enumerate(used)}
    return Labelled(
        [[number[one] for one in ways.after[node]] for node in nodes],
        [label.get(name, -1) for name in names],
        [number[node] for node in first],
        [number[node] for node in ways.sinks.values() if node in number],
    )
