"""Where an object is now, as far as anyone told (law of tracing §9)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from suyuan.trace.lineage.contract import Amount, Status, WhereNow
from suyuan.trace.lineage.history import History, stated
from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.lineage.records import ENOUGH
from suyuan.trace.lineage.statement import Statement, says_destroyed, says_it_leaves, says_sold

Owner = Callable[[str], "str | None"]
"""The party that master data name as owner of a place key, or None."""


def nobody(place: str) -> str | None:  # noqa: ARG001 - the shape of Owner
    """Master data that tell of no owner."""
    return None


def where_now(history: History, key: str, owner: Owner = nobody) -> WhereNow:
    """The container, place, party and status of ``key`` at the end of ``history``."""
    inside = history.inside.get(key)
    place = history.effective_place(key)
    last = last_word(history, key)
    used_up = _used_up(history, key)
    if used_up is not None and used_up[1] == "consumed":
        place = used_up[0].place
    party = None if place is None else owner(place)
    if party is None and last is not None:
        party = last.occurrence.party
    status = _status(history, key, last, place) if used_up is None else used_up[1]
    return WhereNow(place, None if inside is None else inside.parent, party, status)


def gone_of(history: History, lot: str) -> Iterator[tuple[Statement, Amount, Status]]:
    """The stated amounts of a lot that were consumed or deleted, in order of positions."""
    gone: list[tuple[Statement, Amount, Status]] = []
    for consumption in history.consumptions.get(lot, ()):
        gone.extend(
            (consumption.by, amount, "consumed") for amount in consumption.amounts if amount is not None
        )
    for told in history.naming.get(lot, ()):
        said = told.occurrence
        if said.type == "ObjectEvent" and said.action == "DELETE":
            for holding in said.what:
                amount = stated(holding) if holding.is_class and holding.key == lot else None
                if amount is not None:
                    gone.append((told, amount, after_deletion(said)))
    yield from sorted(gone, key=lambda one: one[0].position)


def _used_up(history: History, lot: str) -> tuple[Statement, Status] | None:
    """The last consumption of a lot that is wholly consumed, or the last deletion of one wholly deleted."""
    produced = history.produced(lot) if history.is_class(lot) else None
    if produced is None:
        return None
    consumed, deleted = 0.0, 0.0
    consumption: tuple[Statement, Status] | None = None
    deletion: tuple[Statement, Status] | None = None
    for by, amount, status in gone_of(history, lot):
        if amount.uom != produced.uom:
            continue
        if status == "consumed":
            consumed += amount.quantity
            consumption = (by, status)
        else:
            deleted += amount.quantity
            deletion = (by, status)
    if consumed >= produced.quantity - ENOUGH:
        return consumption
    return deletion if deleted >= produced.quantity - ENOUGH else None


def last_word(history: History, key: str) -> Statement | None:
    """The last statement that names the object or a container now holding it."""
    last: Statement | None = None
    at: str | None = key
    while at is not None:
        naming = history.naming.get(at)
        if naming and (last is None or naming[-1].position > last.position):
            last = naming[-1]
        inside = history.inside.get(at)
        at = None if inside is None else inside.parent
    return last


def _status(history: History, key: str, last: Statement | None, place: str | None) -> Status:
    end = history.ends.get(key)
    if end is not None:
        return "consumed" if end.consumed else after_deletion(end.by.occurrence)
    known: Status = "unaccounted" if place is None else "in_stock"
    return known if last is None else _after(last.occurrence, known)


def _after(said: Occurrence, known: Status) -> Status:
    """What the last word says of the status; ``known`` if nothing."""
    if said.type == "ObjectEvent" and said.action == "DELETE":
        return after_deletion(said)
    if says_sold(said):
        return "sold"
    if says_destroyed(said):
        return "destroyed"
    return "in_transit" if says_it_leaves(said) else known


def after_deletion(said: Occurrence) -> Status:
    """Decommissioned: destroyed and sold where it says so, else nobody knows."""
    if says_destroyed(said):
        return "destroyed"
    return "sold" if says_sold(said) else "unaccounted"
