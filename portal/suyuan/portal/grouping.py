"""A trace of thousands of states folded into a handful of groups that one can draw.

Two objects belong to one group when nothing in the trace tells them apart: same kind and product, same role,
same place, and the same kinds of neighbours, and theirs the same, and so on (partition refinement). The
refinement stops one round before there would be more groups than fit.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter

from suyuan.portal.services import Label
from suyuan.trace.lineage.contract import Certainty, Edge, EdgeKind, Kind, State, Status, Trace

LIMIT = 48
_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Group:
    """Objects that look the same in this trace; ``states`` are all of theirs, in the order of the trace."""

    index: int
    keys: tuple[str, ...]
    states: tuple[State, ...]
    suspect: bool
    carrier: bool
    certainty: Certainty

    @property
    def kind(self) -> Kind:
        """What its members are."""
        return self.states[0].kind

    @property
    def lead(self) -> State:
        """The state that stands for the group: the earliest affecting one."""
        return next((state for state in self.states if not state.carrier), self.states[0])

    @property
    def since(self) -> datetime | None:
        """The earliest begin of its members; None is without bound."""
        return min(self.states, key=_begin).from_time

    @property
    def statuses(self) -> Counter[Status]:
        """How many of its members are in which status."""
        now = {state.key: state.where_now for state in self.states}
        return Counter(where.status for where in now.values() if where is not None)

    @property
    def until(self) -> datetime | None:
        """The latest end of its members; None is without bound."""
        ends = [state.to_time for state in self.states]
        return None if None in ends else max(end for end in ends if end is not None)


@dataclass(frozen=True, slots=True)
class Link:
    """Edges of one kind between two groups."""

    index: int
    source: int
    target: int
    kind: EdgeKind
    certainty: Certainty
    edges: tuple[Edge, ...]


def _begin(state: State) -> datetime:
    return state.from_time or _BEGINNING


def _first_colour(
    states: Sequence[State], label: Label | None, suspects: frozenset[str], *, single_lots: bool
) -> Hashable:
    lead = next((state for state in states if not state.carrier), states[0])
    key = lead.key
    own = key if key in suspects or (lead.kind == "lot" and single_lots) or lead.kind == "place" else None
    name = label.name if label is not None and lead.kind in ("item", "lot", "product") else None
    place = lead.where_now.place if lead.where_now and lead.kind != "lot" else None
    return (own, lead.kind, name, lead.carrier, lead.certainty, place)


def _numbered(colours: Mapping[str, Hashable]) -> dict[str, int]:
    numbers: dict[Hashable, int] = {}
    return {key: numbers.setdefault(colour, len(numbers)) for key, colour in colours.items()}


def _refined(colour: Mapping[str, int], edges: Sequence[Edge], limit: int) -> Mapping[str, int]:
    """The finest colouring of at most ``limit`` colours that refinement reaches. O(rounds · edges)."""
    while True:
        around: dict[str, set[tuple[str, str, str, int]]] = defaultdict(set)
        for edge in edges:
            around[edge.source].add((">", edge.kind, edge.certainty, colour[edge.target]))
            around[edge.target].add(("<", edge.kind, edge.certainty, colour[edge.source]))
        finer = _numbered({key: (number, frozenset(around[key])) for key, number in colour.items()})
        count = len(set(finer.values()))
        if count > limit or count == len(set(colour.values())):
            return colour
        colour = finer


def grouped(trace: Trace, labels: Mapping[str, Label], limit: int = LIMIT) -> tuple[list[Group], list[Link]]:
    """The groups of ``trace`` and the links between them.

    Places show as groups only where they are of interest themselves; otherwise a group tells its place.
    """
    suspects = frozenset(suspect.key for suspect in trace.suspects)
    by_key: dict[str, list[State]] = defaultdict(list)
    for state in trace.states:
        if not (state.kind == "place" and state.carrier):
            by_key[state.key].append(state)
    edges = [edge for edge in trace.edges if edge.source in by_key and edge.target in by_key]
    lots = sum(states[0].kind == "lot" for states in by_key.values())
    colour = _refined(
        _numbered(
            {
                key: _first_colour(states, labels.get(key), suspects, single_lots=lots * 2 <= limit)
                for key, states in by_key.items()
            }
        ),
        edges,
        limit,
    )
    members: dict[int, list[str]] = defaultdict(list)
    for key, number in colour.items():
        members[number].append(key)
    groups = [_group(index, keys, by_key, suspects) for index, keys in enumerate(members.values())]
    index_of = {key: group.index for group in groups for key in group.keys}
    return groups, _links(edges, index_of)


def _group(
    index: int, keys: Sequence[str], by_key: Mapping[str, Sequence[State]], suspects: frozenset[str]
) -> Group:
    states = tuple(state for key in keys for state in by_key[key])
    affecting = [state for state in states if not state.carrier]
    certain = any(state.certainty == "certain" for state in affecting or states)
    return Group(
        index=index,
        keys=tuple(keys),
        states=states,
        suspect=any(key in suspects for key in keys),
        carrier=not affecting,
        certainty="certain" if certain else "possible",
    )


def _links(edges: Sequence[Edge], index_of: Mapping[str, int]) -> list[Link]:
    bundles: dict[tuple[int, int, EdgeKind, Certainty], list[Edge]] = defaultdict(list)
    for edge in edges:
        source, target = index_of[edge.source], index_of[edge.target]
        if source != target:
            bundles[source, target, edge.kind, edge.certainty].append(edge)
    return [
        Link(index, source, target, kind, certainty, tuple(sorted(found, key=attrgetter("source", "target"))))
        for index, ((source, target, kind, certainty), found) in enumerate(bundles.items())
    ]
