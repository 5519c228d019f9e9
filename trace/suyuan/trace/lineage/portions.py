"""Where the amounts of a lot lie that has no pieces of its own: loose goods (law of tracing §9, portions)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from suyuan.trace.gs1 import site
from suyuan.trace.lineage.history import History
from suyuan.trace.lineage.ledger import Ledger, going
from suyuan.trace.lineage.measures import total
from suyuan.trace.lineage.statement import Position, Statement, holdings, packs
from suyuan.trace.lineage.stock import Portion

__all__ = ["Portion", "heard_of", "portions", "stays"]


def portions(history: History, lot: str) -> Sequence[Portion]:
    """The portions of ``lot``, those put last at the end.

    Empty for a lot whose amount is unknown or nothing, and for one with instances. Linear in the statements
    that concern the lot, times what shares its place.
    """
    ledger = _told(history, lot)
    return () if ledger is None else ledger.portions()


def stays(history: History, lot: str) -> Mapping[str, Sequence[tuple[int, int]]] | None:
    """Per site, when anything of ``lot`` lay there loose; None for a lot without portions."""
    ledger = _told(history, lot)
    return None if ledger is None else ledger.stays()


def heard_of(history: History, lot: str) -> Iterator[Statement]:
    """The last words of sites where ``lot`` may be, nobody knows how much; portions there aside."""
    if history.instances.get(lot) or not history.is_class(lot):
        return
    last: dict[str, Statement] = {}
    for told in history.naming.get(lot, ()):
        if any(one.is_class and one.key == lot for one in holdings(told.occurrence)):
            for place in (told.place, told.occurrence.read_point):
                if place is not None:
                    last[site(place)] = told
    for where, told in last.items():
        if told.place is not None and site(told.place) == where and _leaves_it_there(told, lot):
            yield told


def _leaves_it_there(told: Statement, lot: str) -> bool:
    said = told.occurrence
    if told.leaves or going(said) is not None or any(one.key == lot for one in said.inputs):
        return False
    return not packs(said) or said.action == "DELETE"


def _told(history: History, lot: str) -> Ledger | None:
    """The ledger of a lot after all that concerns it."""
    produced = None if history.instances.get(lot) else history.produced(lot)
    if produced is None or produced.quantity <= 0 or not history.is_class(lot):
        return None
    ledger = Ledger(history, lot, produced.quantity, produced.uom)
    consumed = {one.by.position: one for one in history.consumptions.get(lot, ())}
    left: defaultdict[Position, list[str]] = defaultdict(list)
    for position, container in history.lot_exits.get(lot, ()):
        left[position].append(container)
    told = {one.position: one for one in history.naming.get(lot, ())}
    told.update((position, one.by) for position, one in consumed.items())
    told.update((position, history.statements[position[-1]]) for position in left)
    for position in sorted(told):
        consumption = consumed.get(position)
        if consumption is not None:
            amount = total(consumption.amounts)
            quantity = None if amount is None or amount.uom != produced.uom else amount.quantity
            ledger.consume(told[position], quantity, left.pop(position, ()))
        ledger.tell(told[position], left.get(position, ()))
    return ledger
