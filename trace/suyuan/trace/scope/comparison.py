"""Two scopes side by side: what is in only one of them, what differs, and by which steps."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from suyuan.trace.gs1 import site
from suyuan.trace.lineage.contract import (
    Amount,
    Contaminated,
    Edge,
    Kind,
    Scope,
    ScopeLine,
    State,
    Status,
    Trace,
)
from suyuan.trace.scope.amounts import figures_of
from suyuan.trace.scope.answer import Comparison, Figures, KeyChange, LineChange, Standing

_CLOSE = 1e-9
_LineHead = tuple["str | None", "str | None", Status, "str | None", bool]


def compare(first: Scope, second: Scope) -> Comparison:
    """What differs; amounts closer than a billionth of themselves are equal.

    Exchanging the scopes exchanges ``first`` and ``second`` in the answer and changes nothing else. The work
    is that of both scopes.
    """
    return Comparison(tuple(_line_changes(first, second)), tuple(_key_changes(first.trace, second.trace)))


def _line_changes(first: Scope, second: Scope) -> Iterable[LineChange]:
    one, two = _by_head(first.lines), _by_head(second.lines)
    for head in sorted(one.keys() | two.keys(), key=_none_first):
        was, now = one.get(head), two.get(head)
        if was is None or now is None or not _same_figures(was, now):
            yield LineChange(*head, was, now)


def _by_head(lines: Iterable[ScopeLine]) -> Mapping[_LineHead, Figures]:
    found: dict[_LineHead, list[ScopeLine]] = {}
    for line in lines:
        head = (line.place, line.party, line.status, line.uom, line.hold is not None)
        found.setdefault(head, []).append(line)
    return {head: figures_of(told) for head, told in found.items()}


def _none_first(head: _LineHead) -> tuple[tuple[bool, str], ...]:
    place, party, status, uom, known = head
    return (*((part is not None, part or "") for part in (place, party, status, uom)), (known, ""))


def _same_figures(one: Figures, two: Figures) -> bool:
    return one.objects == two.objects and all(
        _same(told, other)
        for told, other in (
            (one.hold, two.hold),
            (one.contaminated_min, two.contaminated_min),
            (one.contaminated_expected, two.contaminated_expected),
            (one.contaminated_max, two.contaminated_max),
        )
    )


def _same(one: float | None, two: float | None) -> bool:
    if one is None or two is None:
        return one is two
    return math.isclose(one, two, rel_tol=_CLOSE, abs_tol=_CLOSE)


def _key_changes(first: Trace, second: Trace) -> Iterable[KeyChange]:
    one, two = _Reached(first), _Reached(second)
    for key in sorted(one.standings.keys() | two.standings.keys()):
        was, now = one.standings.get(key), two.standings.get(key)
        if was is not None and now is not None and _same_standing(was, now):
            continue
        edges = sorted(set(one.into.get(key, ())) ^ set(two.into.get(key, ())), key=_edge_order)
        supposed = {*one.supposed(key), *two.supposed(key)} if not was or not now else set[str]()
        kind = (one if now is None else two).kinds[key]
        yield KeyChange(key, kind, was, now, tuple(edges), tuple(sorted(supposed)))


def _same_standing(one: Standing, two: Standing) -> bool:
    if (one.certainty, one.where_now, one.count) != (two.certainty, two.where_now, two.count):
        return False
    return _same_amount(one.hold, two.hold) and _same_share(one.contaminated, two.contaminated)


def _same_amount(one: Amount | None, two: Amount | None) -> bool:
    if one is None or two is None:
        return one is two
    return one.uom == two.uom and _same(one.quantity, two.quantity)


def _same_share(one: Contaminated | None, two: Contaminated | None) -> bool:
    if one is None or two is None:
        return one is two
    figures = ((one.min, two.min), (one.expected, two.expected), (one.max, two.max))
    return one.uom == two.uom and all(_same(told, other) for told, other in figures)


def _edge_order(edge: Edge) -> tuple[str, str, str, str, tuple[str, ...]]:
    return str(edge.from_time or ""), edge.source, edge.kind, edge.certainty, edge.evidence


class _Reached:
    """What a trace reached, and how."""

    def __init__(self, trace: Trace) -> None:
        self.standings: dict[str, Standing] = {}
        self.kinds: dict[str, Kind] = {state.key: state.kind for state in trace.states}
        self.into: dict[str, list[Edge]] = {}
        self._outward: dict[str, list[str]] = {}
        self._suspects = {suspect.key for suspect in trace.suspects}
        what_if = trace.options.what_if
        self._places = [one.key for one in what_if.cross_contamination] + [
            suspect.key for suspect in trace.suspects if self.kinds.get(suspect.key) == "place"
        ]
        for state in trace.states:
            if not state.carrier and state.kind != "place":
                self._stand(state)
        for edge in trace.edges:
            if edge.kind in {"carry", "move"}:
                self._outward.setdefault(edge.source, []).append(edge.target)
            else:
                self.into.setdefault(edge.target, []).append(edge)

    def _stand(self, state: State) -> None:
        known = self.standings.get(state.key)
        if known is None or state.certainty == "certain":
            self.standings[state.key] = Standing(
                state.certainty, state.hold, state.contaminated, state.where_now, state.count
            )

    def supposed(self, key: str) -> Iterable[str]:
        """The supposed places and containers that pass on to ``key`` what no step on record brings to it."""
        if key not in self.standings or key in self._suspects or self.into.get(key):
            return ()
        found, stack = {key}, [key]
        while stack:
            for outer in self._outward.get(stack.pop(), ()):
                if outer not in found:
                    found.add(outer)
                    stack.append(outer)
        sites = {site(one) for one in found}
        return [one for one in self._places if one in found or site(one) in sites]
