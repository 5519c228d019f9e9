"""Every way that influence may have gone, as a plain directed graph that no way against time is in.

A node is not an object but an object from an instant on: (key, start, end) and where it was then. A step
leads from one to another only if it can be gone from that instant on, so that whatever is connected here has
kept to time all along, and ordinary algorithms of graphs (cuts, dominators) may be used. A graph of keys
alone would join what came too late to what had left before. See decision 0022.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

from suyuan.trace.errors import TooLarge
from suyuan.trace.gs1 import site
from suyuan.trace.lineage.contract import CrossContamination, Edge, Suspect, Trace
from suyuan.trace.lineage.kinds import kind_by_name
from suyuan.trace.lineage.statement import EVER, NEVER, instant

MOST_NODES = 2_000_000

NodeKind = Literal["object", "stay", "later", "room", "sink"]


class Node(NamedTuple):
    """One point of ways, affected in [start, end).

    ``object``: influence arrives at ``key``; ``stay``: it is at ``place`` (None: nobody knows where);
    ``later``: a lot goes on to its stays from ``row`` on; ``room``: all that is at a supposed place.
    """

    kind: NodeKind
    key: str
    start: int = EVER
    end: int = NEVER
    row: int = 0
    place: str | None = None


class Step(NamedTuple):
    """To be gone from whoever is affected in [opens, closes); arrives at ``made``, else at once."""

    target: str
    opens: int
    closes: int
    made: int | None = None
    ends: bool = False  # what it reaches is affected no longer than where it comes from


class Stay(NamedTuple):
    """At the site ``place`` during [start, end), None: nobody knows where; ``own`` unless in a container."""

    start: int
    end: int
    place: str | None
    own: bool = True


@dataclass(frozen=True, slots=True)
class Sink:
    """Where a way ends: any of these objects, or sites, affected there in [start, end)."""

    keys: frozenset[str] = frozenset()
    sites: frozenset[str] = frozenset()
    start: int = EVER
    end: int = NEVER


@dataclass(slots=True)
class Ways:
    """``after[n]`` and ``before[n]`` are the numbers of the nodes next to node n; ``sinks`` by name."""

    nodes: list[Node] = field(default_factory=list[Node])
    after: list[list[int]] = field(default_factory=list[list[int]])
    before: list[list[int]] = field(default_factory=list[list[int]])
    starts: list[int] = field(default_factory=list[int])
    sinks: dict[str, int] = field(default_factory=dict[str, int])


def find_ways(traces: Sequence[Trace], starts: Iterable[Suspect], sinks: Mapping[str, Sink]) -> Ways:
    """All ways along the steps of ``traces`` from ``starts`` to ``sinks``; nothing else is in the graph.

    What the traces suppose of places and containers is followed too. The work is that of the nodes and steps
    found: of an object there are as many nodes as instants at which influence arrives at it, and stays.

    Raises:
        TooLarge: there are more than two million nodes.
    """
    search = _Search(Told(traces), sinks)
    for suspect in starts:
        search.begin(suspect)
    search.run()
    return _only_to_sinks(search.ways)


class Told:
    """What traces tell of steps, containers and places, by key."""

    def __init__(self, traces: Sequence[Trace]) -> None:
        self.steps: defaultdict[str, dict[Step, None]] = defaultdict(dict)
        self.inside: defaultdict[str, dict[tuple[str, int, int], None]] = defaultdict(dict)
        self.lots = {one.key for trace in traces for one in trace.states if one.kind in {"lot", "product"}}
        self._moves: defaultdict[str, dict[Stay, None]] = defaultdict(dict)
        for trace in traces:
            for edge in trace.edges:
                self._tell(edge)
        self.at: defaultdict[str, list[tuple[str, int, int]]] = defaultdict(list)
        self.stays: dict[str, list[Stay]] = {}
        for key in {state.key for trace in traces for state in trace.states if not state.carrier}:
            for stay in self.stays_of(key):
                if stay.place is not None and self.shares(key, stay):
                    self.at[stay.place].append((key, stay.start, stay.end))
        self.crossed = {one for trace in traces for one in trace.options.what_if.cross_contamination}

    def _tell(self, edge: Edge) -> None:
        start, end = _window(edge.from_time, edge.to_time)
        match edge.kind:
            case "transform":
                # Of an open transformation nobody may say here when it took in what it took in after it gave.
                late = edge.certainty == "possible" and start == end and len(set(edge.evidence)) > 1
                closes = NEVER if late else start + 1
                self.steps[edge.source][Step(edge.target, start, closes, end)] = None
            case "member":
                self.steps[edge.source][Step(edge.target, start, NEVER, ends=True)] = None
            case "contain":
                self.steps[edge.source][Step(edge.target, start, end)] = None
                self.inside[edge.target][edge.source, start, end] = None
            case "carry":
                self.inside[edge.source][edge.target, start, end] = None
            case "move":
                self._moves[edge.source][Stay(start, end, site(edge.target))] = None

    @property
    def moved(self) -> Iterable[str]:
        """Everything that was at some place, what only carries too."""
        return self._moves.keys()

    def stays_of(self, key: str) -> list[Stay]:
        """Where it was, in order; of an instance all time is covered."""
        if key not in self.stays:
            found = sorted(set(self._present(key, EVER, NEVER)), key=lambda stay: stay[:2])
            self.stays[key] = found if key in self.lots else _one_after_the_other(found)
        return self.stays[key]

    def shares(self, key: str, stay: Stay) -> bool:
        """Whether it shares the place: amounts of lots do by their own word only (law of tracing §6)."""
        return stay.own or key not in self.lots

    def _present(self, key: str, low: int, high: int, *, own: bool = True) -> Iterator[Stay]:
        """Where it was: in a container where that was, else by its own word (law of tracing §5)."""
        inside = [
            (container, max(start, low), min(end, high))
            for container, start, end in self.inside.get(key, ())
            if max(start, low) < min(end, high)
        ]
        for start, end, place, _ in self._moves.get(key, ()):
            begin, until = max(start, low), min(end, high)
            taken = [] if key in self.lots else [(since, to) for _, since, to in inside]
            for since, to in _outside(begin, until, taken):
                yield Stay(since, to, place, own)
        for container, start, end in inside:
            yield from self._present(container, start, end, own=False)


def _outside(start: int, end: int, taken: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """What is left of [start, end)."""
    for since, until in sorted(taken):
        if start < min(since, end):
            yield start, min(since, end)
        start = max(start, until)
    if start < end:
        yield start, end


def _one_after_the_other(found: Sequence[Stay]) -> list[Stay]:
    """Stays that cover all time: an instance is in one place, or nobody knows where."""
    covered: list[Stay] = []
    until = EVER
    for start, end, place, _ in found:
        if end > until:
            if start > until:
                covered.append(Stay(until, start, None))
            covered.append(Stay(max(start, until), end, place))
            until = end
    if until < NEVER:
        covered.append(Stay(until, NEVER, None))
    return covered


def _window(start: datetime | None, end: datetime | None) -> tuple[int, int]:
    return EVER if start is None else instant(start), NEVER if end is None else instant(end)


class _Search:
    """Follows the steps from node to node, each node once."""

    def __init__(self, told: Told, sinks: Mapping[str, Sink]) -> None:
        self.ways = Ways()
        self._told = told
        self._sinks = sinks
        self._numbers: dict[Node, int] = {}
        self._waiting: deque[int] = deque()
        self._opened: dict[str, defaultdict[int, list[Step]]] = {}

    def begin(self, suspect: Suspect) -> None:
        """A suspect object, or everything at a suspect place."""
        start, end = _window(suspect.from_time, suspect.to_time)
        if start < end:
            node = self._node_of(suspect.key, start, end)
            self.ways.starts.append(self._number(node))

    def _node_of(self, key: str, start: int, end: int) -> Node:
        """Where influence arrives: a place passes it on to all that is there (law of tracing §6)."""
        is_room = self._is_room(key)
        return Node("room" if is_room else "object", site(key) if is_room else key, start, end)

    def _is_room(self, key: str) -> bool:
        return kind_by_name(key) == "place" or (key not in self._told.stays and site(key) in self._told.at)

    def run(self) -> None:
        """Until every node was followed."""
        while self._waiting:
            number = self._waiting.popleft()
            node = self.ways.nodes[number]
            for after in dict.fromkeys(self._after(node)):
                self._lead(number, self._number(after))
            for name, sink in self._sinks.items():
                if _ends_at(node, sink):
                    self._lead(number, self._number(Node("sink", name)))

    def _number(self, node: Node) -> int:
        known = self._numbers.get(node)
        if known is not None:
            return known
        number = self._numbers[node] = len(self.ways.nodes)
        if number >= MOST_NODES:
            raise TooLarge(
                "There are more than {most} ways to follow.",
                remedy="Take a shorter time, fewer suspects, or less depth.",
                most=MOST_NODES,
            )
        self.ways.nodes.append(node)
        self.ways.after.append([])
        self.ways.before.append([])
        if node.kind == "sink":
            self.ways.sinks[node.key] = number
        else:
            self._waiting.append(number)
        return number

    def _lead(self, number: int, after: int) -> None:
        self.ways.after[number].append(after)
        self.ways.before[after].append(number)

    def _after(self, node: Node) -> Iterator[Node]:
        match node.kind:
            case "object":
                yield self._first_stay(node)
            case "stay":
                yield from self._leaving(node)
            case "later":
                yield from self._of_lot(node, node.row)
            case "room":
                for key, start, end in self._told.at.get(node.key, ()):
                    low = max(start, node.start)
                    if low < min(end, node.end):
                        yield self._node_of(key, low, NEVER)
            case "sink":
                pass

    def _first_stay(self, node: Node) -> Node:
        """Where it is when influence arrives; row -1: at no place that is known."""
        for row, stay in enumerate(self._told.stays.get(node.key, ())):
            if stay.start <= node.start < stay.end:
                return node._replace(kind="stay", row=row, place=stay.place)
        return node._replace(kind="stay", row=-1)

    def _leaving(self, node: Node) -> Iterator[Node]:
        """What leaves a stay: to the next one, by the steps that are open meanwhile, by suppositions."""
        stays = self._told.stays.get(node.key, ())
        until = node.end
        if node.key not in self._told.lots:
            if node.row >= 0:
                until = min(until, stays[node.row].end)
                yield from self._stay(node, node.row + 1)
            for step in self._told.steps.get(node.key, ()):
                # What is consumed as it arrives elsewhere may have been either here or there.
                last = min(until + 1, node.end) if step.made is not None else until
                low = max(node.start, step.opens)
                if low < min(last, step.closes):
                    yield self._reached(node, step, low)
        elif node.row < 0 and stays and node.start < stays[0].start:
            yield from self._stay(node, 0)  # nowhere yet: all that comes later goes by its first place
            yield from self._steps_of_lot(node, 0)
        else:
            yield Node("later", node.key, node.start, node.end, self._rank(node.key, node.start))
        yield from self._crossing(node, until)

    def _of_lot(self, node: Node, row: int) -> Iterator[Node]:
        """Where parts of a lot may go after ``row`` of its stays began: to the next, and whatever is made."""
        yield from self._stay(node, row)
        if row < len(self._told.stays.get(node.key, ())):
            yield node._replace(row=row + 1)
        yield from self._steps_of_lot(node, row)

    def _steps_of_lot(self, node: Node, row: int) -> Iterator[Node]:
        """The steps that open there, or that were open when influence arrived."""
        first = self._rank(node.key, node.start) == row
        steps = self._told.steps.get(node.key, ()) if first else self._opening(node.key).get(row, ())
        for step in steps:
            low = max(node.start, step.opens)
            if low < min(node.end, step.closes) and (not first or self._rank(node.key, low) == row):
                yield self._reached(node, step, low)

    def _opening(self, lot: str) -> Mapping[int, Sequence[Step]]:
        """The steps of a lot by how many of its stays had begun."""
        found = self._opened.get(lot)
        if found is None:
            found = self._opened[lot] = defaultdict(list)
            for step in self._told.steps.get(lot, ()):
                found[self._rank(lot, step.opens)].append(step)
        return found

    def _reached(self, node: Node, step: Step, low: int) -> Node:
        made = low if step.made is None else step.made
        return self._node_of(step.target, made, node.end if step.ends else NEVER)

    def _rank(self, lot: str, at: int) -> int:
        """How many stays of a lot had begun."""
        return bisect_right(self._told.stays.get(lot, ()), at, key=lambda stay: stay.start)

    def _stay(self, node: Node, row: int) -> Iterator[Node]:
        stays = self._told.stays.get(node.key, ())
        if row < len(stays) and stays[row].start < node.end and stays[row].end > node.start:
            start = max(stays[row].start, node.start)
            yield Node("stay", node.key, start, node.end, row, stays[row].place)

    def _crossing(self, node: Node, until: int) -> Iterator[Node]:
        for supposed in self._told.crossed:
            yield from self._shared(node, until, supposed)

    def _shared(self, node: Node, until: int, supposed: CrossContamination) -> Iterator[Node]:
        opens, closes = _window(supposed.from_time, supposed.to_time)
        low = max(node.start, opens)
        if self._is_room(supposed.key):
            if node.place is not None and node.place == site(supposed.key):
                stay = self._told.stays[node.key][node.row]
                if self._told.shares(node.key, stay) and low < min(until, closes, stay.end):
                    yield self._node_of(supposed.key, low, closes)
            return
        for container, start, end in self._told.inside.get(node.key, ()):
            if container == supposed.key and max(low, start) < min(until, closes, end):
                yield Node("object", container, max(low, start), closes)


def _ends_at(node: Node, sink: Sink) -> bool:
    if max(node.start, sink.start) >= min(node.end, sink.end):
        return False
    return (
        node.key in sink.keys if node.kind == "object" else node.kind == "stay" and node.place in sink.sites
    )


def _only_to_sinks(ways: Ways) -> Ways:
    """Without what leads nowhere."""
    kept = sorted(reached(ways.before, ways.sinks.values()))
    number = {old: new for new, old in enumerate(kept)}
    return Ways(
        [ways.nodes[old] for old in kept],
        [[number[one] for one in ways.after[old] if one in number] for old in kept],
        [[number[one] for one in ways.before[old] if one in number] for old in kept],
        [number[one] for one in dict.fromkeys(ways.starts) if one in number],
        {name: number[one] for name, one in ways.sinks.items()},
    )


def reached(
    next_to: Sequence[Sequence[int]], begin: Iterable[int], without: frozenset[int] = frozenset()
) -> set[int]:
    """Every node that leads on from ``begin``, these included, never through ``without``. O(V+E)."""
    found = set(begin) - without
    stack = list(found)
    while stack:
        for one in next_to[stack.pop()]:
            if one not in found and one not in without:
                found.add(one)
                stack.append(one)
    return found
