"""What holding something costs: one each, a value, or how much it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from suyuan.trace.epcis.problems import json_pointer
from suyuan.trace.errors import InvalidInput
from suyuan.trace.gs1 import site
from suyuan.trace.lineage.contract import Scope, Status
from suyuan.trace.scope.answer import By, Of
from suyuan.trace.scope.records import Amounts, Lying

IN_REACH: frozenset[Status] = frozenset({"in_stock", "in_transit"})
"""What can still be held."""
MOST_VALUE = 1e15
_Stock = dict[str, list["tuple[float, str | None] | None"]]


def prices_of(
    scope: Scope,
    names: Sequence[str],
    of: Of,
    by: By,
    values: Mapping[str, float],
    amounts: Amounts | None,
) -> dict[str, float]:
    """The cost of holding each of ``names``: keys, of places sites.

    Raises:
        InvalidInput: a value that is negative, no number or missing; an amount that nobody told, or amounts
            in several units.
    """
    match by:
        case "count":
            return dict.fromkeys(names, 1.0)
        case "value":
            return _valued(names, values)
        case "amount":
            stock = _stock_of_places(scope) if of == "places" else _stock(scope, names, amounts)
            return _weighed({name: stock[name] for name in names})


def _stock_of_places(scope: Scope) -> _Stock:
    found: _Stock = {}
    for line in scope.lines:
        if line.status == "in_stock" and line.place is not None:
            told = None if line.hold is None else (line.hold, line.uom)
            found.setdefault(site(line.place), []).append(told)
    return found


def _stock(scope: Scope, names: Iterable[str], amounts: Amounts | None) -> _Stock:
    """How much of each is in reach: of lots as looked up, of anything else one piece (or each of a run)."""
    states = {state.key: state for state in scope.trace.states}
    lots = [name for name in names if name in states and states[name].kind == "lot"]
    lying: Mapping[str, Sequence[Lying]] = {} if amounts is None else amounts.lying_of(lots)
    found: _Stock = {}
    for name in names:
        if name not in lots:
            found[name] = [(float(states[name].count if name in states else 1), None)]
        else:
            told = [one for one in lying.get(name, ()) if one.status in IN_REACH]
            found[name] = [(one.quantity, one.uom) for one in told] or [None]
    return found


def _valued(names: Iterable[str], values: Mapping[str, float]) -> dict[str, float]:
    for name, value in values.items():
        if not 0 <= value <= MOST_VALUE:
            raise InvalidInput(
                "{value} is no value.",
                where=f"/values{json_pointer((name,))}",
                remedy="Write a number from 0 to 10^15.",
                value=value,
            )
    missing = next((name for name in names if name not in values), None)
    if missing is not None:
        raise InvalidInput(
            "The value of {key} is missing.",
            where="/values",
            remedy="Give a value for everything that is in stock, or go by count.",
            key=missing,
        )
    return {name: float(values[name]) for name in names}


def _weighed(stock: _Stock) -> dict[str, float]:
    found: dict[str, float] = {}
    units: set[str | None] = set()
    for name, parts in stock.items():
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            raise InvalidInput(
                "Nobody told how much there is of {key}.",
                where="/by",
                remedy="Go by count, or give values.",
                key=name,
            )
        units.update(uom for _, uom in known)
        found[name] = sum(quantity for quantity, _ in known)
    if len(units) > 1:
        raise InvalidInput(
            "The amounts are in several units: {units}.",
            where="/by",
            remedy="Go by count, or give values.",
            units=", ".join(sorted(unit or "C62" for unit in units)),
        )
    return found
