"""Where an object is now, as far as anyone told (law of tracing §9)."""

from __future__ import annotations

from collections.abc import Callable

from suyuan.trace.lineage.contract import Status, WhereNow
from suyuan.trace.lineage.history import History
from suyuan.trace.lineage.occurrence import Occurrence
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
    last = _last_word(history, key)
    party = None if place is None else owner(place)
    if party is None and last is not None:
        party = last.occurrence.party
    return WhereNow(
        place, None if inside is None else inside.parent, party, _status(history, key, last, place)
    )


def _last_word(history: History, key: str) -> Statement | None:
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
        return "consumed" if end.consumed else _after_deletion(end.by.occurrence)
    known: Status = "unaccounted" if place is None else "in_stock"
    return known if last is None else _after(last.occurrence, known)


def _after(said: Occurrence, known: Status) -> Status:
    """What the last word says of the status; ``known`` if nothing."""
    if said.type == "ObjectEvent" and said.action == "DELETE":
        return _after_deletion(said)
    if says_sold(said):
        return "sold"
    if says_destroyed(said):
        return "destroyed"
    return "in_transit" if says_it_leaves(said) else known


def _after_deletion(said: Occurrence) -> Status:
    """Decommissioned: destroyed and sold where it says so, else nobody knows."""
    if says_destroyed(said):
        return "destroyed"
    return "sold" if says_sold(said) else "unaccounted"
