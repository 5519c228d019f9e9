"""Where an object is now, as far as anyone told (law of tracing §9)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from suyuan.trace.lineage.contract import Status, WhereNow
from suyuan.trace.lineage.history import History
from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.lineage.portions import Portion, portions
from suyuan.trace.lineage.statement import (
    Statement,
    after_deletion,
    says_destroyed,
    says_it_leaves,
    says_sold,
)

Owner = Callable[[str], "str | None"]
"""The party that master data name as owner of a place key, or None."""


def nobody(place: str) -> str | None:  # noqa: ARG001 - the shape of Owner
    """Master data that tell of no owner."""
    return None


def where_now(history: History, key: str, owner: Owner = nobody) -> WhereNow:
    """The container, place, party and status of ``key`` at the end of ``history``."""
    lying = portions(history, key)
    if lying:
        newest = next((one for one in reversed(lying) if not one.gone), lying[-1])
        return where_portion(history, newest, owner)
    return _as_a_whole(history, key, owner)


def where_portion(history: History, portion: Portion, owner: Owner = nobody) -> WhereNow:
    """Where a portion of a lot is: what is in a container is where that is."""
    if portion.container is not None:
        return replace(_as_a_whole(history, portion.container, owner), container=None)  # lots have none
    party = None if portion.place is None else owner(portion.place)
    return WhereNow(portion.place, None, party or portion.by.occurrence.party, portion.status)


def _as_a_whole(history: History, key: str, owner: Owner) -> WhereNow:
    """By the last word of it, and of what it is in."""
    inside = history.inside.get(key)
    place = history.effective_place(key)
    last = last_word(history, key)
    party = None if place is None else owner(place)
    if party is None and last is not None:
        party = last.occurrence.party
    return WhereNow(
        place, None if inside is None else inside.parent, party, _status(history, key, last, place)
    )


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
