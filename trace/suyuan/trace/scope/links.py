"""Certain common links: what lies on every way to every case.

Decision 0022 says how ways keep to time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from suyuan.trace.epcis.problems import Problem
from suyuan.trace.errors import InvalidInput
from suyuan.trace.gs1 import site
from suyuan.trace.incident.components import components
from suyuan.trace.lineage.contract import Kind, Options, Suspect, Trace
from suyuan.trace.lineage.kinds import kind_by_name
from suyuan.trace.lineage.statement import EVER, NEVER, instant, moment
from suyuan.trace.scope.answer import CommonLinks, Link
from suyuan.trace.scope.choosing import eaten_by
from suyuan.trace.scope.records import Records
from suyuan.trace.scope.selection import Eaten
from suyuan.trace.scope.ways import Node, Sink, Ways, find_ways, reached


def common_links(
    cases: Sequence[Eaten], records: Records, options: Options, *, sources: Sequence[Suspect] = ()
) -> CommonLinks:
    """What contamination must have passed through, if it came from ``sources`` and made all ``cases`` ill.

    Without sources, every beginning on the ways back from the cases counts as one. A place is a link if every
    way went by it. One trace back for all cases that ate the same; then one sweep of the ways per candidate,
    of which there are no more than things on one way.

    Raises:
        InvalidInput: no case, or no way leads to any.
        TooLarge: more ways than are followed.
    """
    back = Options("backward", options.known_at, options.depth, options.what_if, options.certain_only)
    sinks: dict[str, Sink] = {}
    found: dict[tuple[Suspect, ...], Trace] = {}
    for case in cases:
        eaten = tuple(eaten_by(case, records))
        sinks[case.case] = _sink(())
        if eaten:
            if eaten not in found:  # a thousand complaints may be of a dozen things
                found[eaten] = records.trace(eaten, back)
            sinks[case.case] = _sink(found[eaten].suspects)  # under the names that the trace has for them
    traces = tuple(found.values())
    named = records.trace(sources, Options("backward", depth=0)).suspects if sources else ()
    begin = named or beginnings(traces)
    ways = find_ways(traces, begin, sinks)
    if not ways.sinks:
        raise InvalidInput(
            "No way on record leads to any of these cases.",
            where="/cases",
            remedy="Name what was eaten, or take wider windows or other sources.",
        )
    unreached = tuple(name for name in sinks if name not in ways.sinks)
    doubts = tuple(
        Problem("/cases", "No way on record leads to case {key}.", {"key": name}, "Take a wider window.")
        for name in unreached
    )
    kinds: dict[str, Kind] = {state.key: state.kind for trace in traces for state in trace.states}
    return CommonLinks(
        tuple(sorted({_name(ways.nodes[number]) for number in ways.starts})),
        tuple(name for name in sinks if name in ways.sinks),
        tuple(links_of(ways, kinds)),
        tuple(sorted(_shared(ways))),
        unreached,
        doubts,
    )


def beginnings(traces: Iterable[Trace]) -> tuple[Suspect, ...]:
    """What no step of the traces leads to, and no supposition either: nothing known is before it.

    Of things that records have come from one another in a circle, to which nothing else leads, any may be
    where it began: without them a thing beside the circle would seem to lie on every way. O(V+E).
    """
    keys: dict[str, None] = {}
    numbers: dict[str, int] = {}
    successors: list[list[int]] = []
    supposed: set[str] = set()
    for trace in traces:
        objects = (state.key for state in trace.states if not state.carrier and state.kind != "place")
        keys.update(dict.fromkeys(objects))
        supposed.update(one.key for one in trace.options.what_if.cross_contamination)
        for edge in trace.edges:
            if edge.kind in {"transform", "contain", "member"}:
                for key in (edge.source, edge.target):
                    if numbers.setdefault(key, len(successors)) == len(successors):
                        successors.append([])
                successors[numbers[edge.source]].append(numbers[edge.target])
    led_to = _led_to(successors)
    return tuple(Suspect(key) for key in keys if key not in supposed and numbers.get(key) not in led_to)


def _led_to(successors: Sequence[Sequence[int]]) -> set[int]:
    """The nodes to which some step leads that did not begin in their own circle."""
    circles = components(successors)
    part_of = {node: number for number, circle in enumerate(circles) for node in circle}
    entered = {
        part_of[after]
        for node, afters in enumerate(successors)
        for after in afters
        if part_of[after] != part_of[node]
    }
    return {node for number in entered for node in circles[number]}


def _sink(eaten: Iterable[Suspect]) -> Sink:
    keys, sites = set[str](), set[str]()
    start, end = EVER, NEVER
    for suspect in eaten:
        is_place = kind_by_name(suspect.key) == "place"
        (sites if is_place else keys).add(site(suspect.key) if is_place else suspect.key)
        start, end = _bound(suspect.from_time, EVER), _bound(suspect.to_time, NEVER)
    return Sink(frozenset(keys), frozenset(sites), start, end)


def _bound(time: datetime | None, unbounded: int) -> int:
    return unbounded if time is None else instant(time)


def links_of(ways: Ways, kinds: Mapping[str, Kind]) -> Iterable[Link]:
    """What is on every way from the starts to a sink, in the order in which one way comes to it.

    A thing may be met at several instants: it is a link if without all of these no way is left.
    """
    met: dict[str, list[int]] = {}
    for number, node in enumerate(ways.nodes):
        name = _name(node)
        if name and node.kind != "sink":
            met.setdefault(name, []).append(number)
    ends = set(ways.sinks.values())
    for name in dict.fromkeys(_name(ways.nodes[number]) for number in _one_way(ways, ends)):
        if name and not ends & reached(ways.after, ways.starts, frozenset(met[name])):
            start = min(ways.nodes[number].start for number in met[name])
            yield Link(name, kinds.get(name, kind_by_name(name)), moment(start))


def _name(node: Node) -> str:
    """What a node is met by: an object, or the site where it stays; empty for what lies between."""
    return (node.place or "") if node.kind == "stay" else "" if node.kind in {"later", "sink"} else node.key


def _one_way(ways: Ways, ends: set[int]) -> Sequence[int]:
    """The nodes of a shortest way."""
    came_from: dict[int, int] = {}
    seen, waiting = set(ways.starts), deque(ways.starts)
    while waiting:
        here = waiting.popleft()
        if here in ends:
            found = [came_from[here]]
            while found[-1] in came_from:
                found.append(came_from[found[-1]])
            return found[::-1]
        for after in ways.after[here]:
            if after not in seen:
                seen.add(after)
                came_from[after] = here
                waiting.append(after)
    return ()


def _shared(ways: Ways) -> set[str]:
    """The objects from which some way leads to each of the sinks."""
    found: set[str] | None = None
    for number in ways.sinks.values():
        leading = (ways.nodes[one] for one in reached(ways.before, [number]))
        keys = {node.key for node in leading if node.kind == "object"}
        found = keys if found is None else found & keys
    return found or set()
