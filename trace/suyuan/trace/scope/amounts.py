"""How much it is: per place, per party and in all, by status and unit, at least and at most."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from suyuan.trace.lineage.contract import Amount, Scope, ScopeLine, Status
from suyuan.trace.lineage.records import ENOUGH
from suyuan.trace.scope.answer import NOTHING, Balance, Figures, Overview, Row
from suyuan.trace.scope.records import Amounts, Lying

Head = tuple["str | None", Status, "str | None", bool]
"""Of whom, status, unit, and whether anybody told an amount."""


def overview(minimum: Scope, maximum: Scope) -> Overview:
    """The lines of two scopes summed per place, per party and in all, side by side.

    What has no known amount is counted apart (``known`` False), never as none of some unit.
    """
    return Overview(
        _rows(minimum.lines, maximum.lines, lambda line: line.place),
        _rows(minimum.lines, maximum.lines, lambda line: line.party),
        _rows(minimum.lines, maximum.lines, lambda _: None),
    )


def figures_of(lines: Iterable[ScopeLine]) -> Figures:
    """Lines of one unit together. Things are counted once per line that they are on."""
    objects, hold, low, high = 0, 0.0, 0.0, 0.0
    expected: float | None = 0.0
    known = True
    for line in lines:
        objects += line.objects
        low += line.contaminated_min
        known = known and line.hold is not None
        hold += line.hold or 0.0
        high += line.contaminated_max or 0.0
        told = line.contaminated_expected
        expected = None if expected is None or told is None else expected + told
    return Figures(objects, hold if known else None, low, expected, high if known else None)


def _rows(
    minimum: Iterable[ScopeLine], maximum: Iterable[ScopeLine], of: Callable[[ScopeLine], str | None]
) -> tuple[Row, ...]:
    low, high = _summed(minimum, of), _summed(maximum, of)
    heads = sorted(low.keys() | high.keys(), key=_none_first)
    return tuple(Row(*head, low.get(head, NOTHING), high.get(head, NOTHING)) for head in heads)


def _summed(lines: Iterable[ScopeLine], of: Callable[[ScopeLine], str | None]) -> Mapping[Head, Figures]:
    found: dict[Head, list[ScopeLine]] = {}
    for line in lines:
        found.setdefault((of(line), line.status, line.uom, line.hold is not None), []).append(line)
    return {head: figures_of(told) for head, told in found.items()}


def _none_first(head: Head) -> tuple[bool, str, str, bool, str, bool]:
    of, status, uom, known = head
    return of is not None, of or "", status, uom is not None, uom or "", not known


def balances(scope: Scope, amounts: Amounts) -> tuple[Balance, ...]:
    """Every affected lot against what was made of it, in order of keys.

    The whole lot is balanced, also where only part of it is affected.
    """
    lots = sorted({one.key for one in scope.trace.states if one.kind == "lot" and not one.carrier})
    made, lying = amounts.made(lots), amounts.lying_of(lots)
    return tuple(_balance(lot, made.get(lot), lying.get(lot, ())) for lot in lots)


def _balance(lot: str, made: Amount | None, lying: Sequence[Lying]) -> Balance:
    by_status: dict[Status, float] = {}
    for one in lying:
        by_status[one.status] = by_status.get(one.status, 0.0) + one.quantity
    units = {one.uom for one in lying}
    uom = next(iter(units), None if made is None else made.uom)
    untold = None
    if made is not None and units <= {made.uom}:
        untold = made.quantity - sum(by_status.values())
        untold = untold if abs(untold) > ENOUGH * max(1.0, made.quantity) else 0.0
    return Balance(lot, made, by_status, uom, untold)
