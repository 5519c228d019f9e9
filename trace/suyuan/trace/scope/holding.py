"""The smallest set to hold now: a minimum cut between what is in reach and whom it must not reach.

Not between the suspects and the sinks: what went past a lot, sent on or made into something else, is not
stopped by holding what is left of it. Goods are stopped where they are, or where they will pass (decision
0022).
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence

from suyuan.trace.errors import InvalidInput
from suyuan.trace.gs1 import site
from suyuan.trace.lineage.contract import Edge, Kind, Scope
from suyuan.trace.lineage.kinds import kind_by_name
from suyuan.trace.scope.amounts import overview
from suyuan.trace.scope.answer import By, Holding, Of, Past, Stopped
from suyuan.trace.scope.cuts import cheapest_cut
from suyuan.trace.scope.prices import IN_REACH, prices_of
from suyuan.trace.scope.records import Amounts
from suyuan.trace.scope.routes import routes_of

_GONE = frozenset({"sold", "destroyed", "unaccounted"})

Places = Mapping[str, frozenset["str | None"]]
"""Per thing the sites where some of it is in reach; None: in transit, or nobody knows where."""


def what_to_hold(
    scope: Scope,
    sinks: Sequence[str] = (),
    *,
    of: Of = "lots",
    by: By = "count",
    values: Mapping[str, float] | None = None,
    amounts: Amounts | None = None,
) -> Holding:
    """The cheapest set to hold, so that nothing that is still in reach comes to ``sinks``.

    ``sinks`` are places (by their site) that it must not reach; without any, whoever would buy it. A lot is
    held everywhere, with its items; an object by itself; a place lets nothing leave. Goods at a place go on
    as goods of this scope went on from there (:func:`suyuan.trace.scope.routes.routes_of`); where no such
    route leads to a sink, they may go to any. What is in transit may go anywhere.

    ``by``: how many; or the ``values`` of what would be held, per key; or how much of it is in reach, which
    ``amounts`` looks up for lots. By value or amount, places are held only where some of it is.

    Raises:
        InvalidInput: a sink that is no place, or a suspect itself; a value that is negative, no number or
            missing; amounts that nobody told or in several units.
    """
    ends = _ends(scope, sinks)
    stock = _stock(scope, of)
    moving = sorted(name for name, places in stock.items() if None in places)
    onward: dict[str, tuple[str | None, ...]] = {}
    if of == "places":
        coming = _without(stock, {None, *ends})
        onward = _onward(scope, coming, ends)
        there = sorted({place for places in coming.values() for place in places if place is not None})
        prices = prices_of(scope, there, of, by, values or {}, amounts)
        prices = dict.fromkeys(onward, 1.0) if by == "count" else prices
    else:  # wherever it is, some way leads on: a lot or object that is in reach has to be held itself
        coming = dict.fromkeys(_without(stock, ends), frozenset[str | None]({None}))
        prices = prices_of(scope, list(coming), of, by, values or {}, amounts)
    taken, value, proof = _cut(coming, onward, prices, of)
    kinds: dict[str, Kind] = {state.key: state.kind for state in scope.trace.states}
    kinds.update(dict.fromkeys(onward, "place"))
    return Holding(
        of,
        by,
        tuple(Stopped(name, kinds.get(name, kind_by_name(name)), prices[name]) for name in taken),
        value,
        proof,
        tuple(sorted(ends.values())),
        tuple(_past(scope, ends)),
        tuple(moving) if of == "places" else (),
        tuple(row for row in overview(scope, scope).totals if row.status in _GONE),
    )


def _without(stock: Places, left_out: Container[str | None]) -> dict[str, frozenset[str | None]]:
    """What is in reach anywhere but there."""
    found = {
        name: frozenset(place for place in places if place not in left_out) for name, places in stock.items()
    }
    return {name: places for name, places in found.items() if places}


def _ends(scope: Scope, sinks: Sequence[str]) -> dict[str, str]:
    """The sinks by their sites."""
    objects = {state.key for state in scope.trace.states if state.kind != "place"}
    suspects = {site(suspect.key) for suspect in scope.trace.suspects}
    for row, name in enumerate(sinks):
        if site(name) in suspects:
            raise InvalidInput(
                "{key} is a suspect itself.",
                where=f"/sinks/{row}",
                remedy="Name what lies beyond it.",
                key=name,
            )
        if kind_by_name(name) not in {"place", "other"} or name in objects:
            raise InvalidInput(
                "{value} names no place.", where=f"/sinks/{row}", remedy="Compare the identifier.", value=name
            )
    return {site(name): name for name in sinks}


def _stock(scope: Scope, of: Of) -> Places:
    """What is in reach by the name under which it is held, and where."""
    lots = {} if of == "objects" else lots_of(scope.trace.edges)
    found: dict[str, set[str | None]] = {}
    for line in scope.lines:
        if line.status in IN_REACH:
            place = site(line.place) if line.status == "in_stock" and line.place is not None else None
            for key in line.keys:
                found.setdefault(lots.get(key, key), set()).add(place)
    return {name: frozenset(places) for name, places in sorted(found.items())}


def lots_of(edges: Iterable[Edge]) -> dict[str, str]:
    """The lots of instances, as the edges of a trace tell them."""
    return {edge.target: edge.source for edge in edges if edge.kind == "member"}


def _onward(scope: Scope, coming: Places, ends: Mapping[str, str]) -> dict[str, tuple[str | None, ...]]:
    """Per place that goods in reach may come by, where they may go on to; None: to a sink."""
    routes = routes_of(scope.trace)
    sold = {site(line.place) for line in scope.lines if line.status == "sold" and line.place is not None}
    found: dict[str, tuple[str | None, ...]] = {}
    waiting = [place for places in coming.values() for place in places if place is not None]
    while waiting:
        place = waiting.pop()
        if place not in found:
            on = dict.fromkeys(None if one in ends else one for one in routes.get(place, ()))
            if not on or (not ends and place in sold):
                on[None] = None
            found[place] = tuple(on)
            waiting += [one for one in on if one is not None]
    lost = found.keys() - _leading(found)  # there goods only went round
    return {place: (*on, None) if place in lost else on for place, on in sorted(found.items())}


def _leading(onward: Mapping[str, Sequence[str | None]]) -> set[str | None]:
    """The places from which some route leads to a sink."""
    before: dict[str | None, list[str]] = {}
    for place, on in onward.items():
        for one in on:
            before.setdefault(one, []).append(place)
    found: set[str | None] = {None}
    stack: list[str | None] = [None]
    while stack:
        for place in before.get(stack.pop(), ()):
            if place not in found:
                found.add(place)
                stack.append(place)
    return found


def _cut(
    coming: Places, onward: Mapping[str, Sequence[str | None]], prices: Mapping[str, float], of: Of
) -> tuple[tuple[str, ...], float, float]:
    """The names of the cheapest cut, its cost and the flow."""
    if not coming:
        return (), 0.0, 0.0
    names, places = list(coming), list(onward)
    number: dict[str | None, int] = {place: len(names) + row for row, place in enumerate(places)}
    number[None] = len(names) + len(places)
    after = [sorted(number[place] for place in coming[name]) for name in names]
    after += [sorted(number[place] for place in onward[name]) for name in places]
    held = [None] * len(names) if of == "places" else [prices[name] for name in names]
    costs = [*held, *(prices.get(name) if of == "places" else None for name in places), None]
    found = cheapest_cut([*after, []], costs, range(len(names)), [number[None]])
    all_names = [*names, *places]
    return tuple(sorted(all_names[one] for one in found.vertices)), found.value, found.proof


def _past(scope: Scope, ends: Mapping[str, str]) -> Iterable[Past]:
    """Where it should not be, or was sold, and what of it."""
    found: dict[str, dict[str, None]] = {}
    for line in scope.lines:
        if line.place is not None and (line.status == "sold" or line.status in IN_REACH):
            name = ends.get(site(line.place), None if ends or line.status != "sold" else line.place)
            if name is not None:
                found.setdefault(name, {}).update(dict.fromkeys(line.keys))
    return (Past(name, tuple(sorted(keys))) for name, keys in sorted(found.items()))
