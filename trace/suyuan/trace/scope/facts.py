"""The look-ups of a question, answered from the history that lineage keeps (any engine keeps it).

Who has them in a database may answer them there; the meaning is the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, tzinfo

from suyuan.trace.gs1 import site
from suyuan.trace.lineage.contract import Amount
from suyuan.trace.lineage.history import History
from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.lineage.scope import lying
from suyuan.trace.lineage.statement import EVER, NEVER, Statement, instant, moment
from suyuan.trace.lineage.where import Owner, where_now
from suyuan.trace.scope.records import Deed, Lying, Work


def deeds_of(
    history: History, party: str, start: datetime | None, end: datetime | None, owner: Owner
) -> Sequence[Deed]:
    """What a party made or shipped: by its own word, or at a place of its own. Linear in the history."""
    found: list[Deed] = []
    for told in _between(history, start, end):
        said = told.occurrence
        if said.party != party and not any(
            place is not None and owner(place) == party for place in (said.biz_location, said.read_point)
        ):
            continue
        made = _made(said)
        if made:
            found.append(Deed(said.evidence, said.time, "made", made))
        if said.biz_step == "shipping":
            keys = (*(one.key for one in said.what), *(() if said.parent is None else (said.parent,)))
            if keys:
                found.append(Deed(said.evidence, said.time, "shipped", keys))
    return found


def _made(said: Occurrence) -> tuple[str, ...]:
    if said.type == "ObjectEvent" and said.action == "ADD":
        return tuple(one.key for one in said.what)
    return tuple(one.key for one in said.outputs)


def work_at(
    history: History, point: str, start: datetime | None, end: datetime | None, *, whole_site: bool = False
) -> Sequence[Work]:
    """The transformations at a read point or place, or at its whole site. Linear in the history."""
    found: list[Work] = []
    for told in _between(history, start, end):
        said = told.occurrence
        at = point in (said.read_point, said.biz_location)
        if whole_site:
            at = told.place is not None and site(told.place) == site(point)
        if at and said.type == "TransformationEvent":
            inputs, outputs = (tuple(one.key for one in listed) for listed in (said.inputs, said.outputs))
            found.append(Work(said.evidence, said.time, inputs, outputs))
    return found


def made_on(history: History, lots: Collection[str], zone: tzinfo) -> Mapping[str, date]:
    """Per lot the local day on which an event first made or named it."""
    found: dict[str, date] = {}
    for lot in lots:
        made = [one.by.at for one in history.productions.get(lot, ())]
        first = moment(min(made) if made else history.births.get(lot, EVER))
        if first is not None:
            found[lot] = first.astimezone(zone).date()
    return found


def made(history: History, lots: Collection[str]) -> Mapping[str, Amount | None]:
    """How much of each lot there ever was (law of tracing §8)."""
    return {lot: history.produced(lot) for lot in lots}


def lying_of(history: History, lots: Collection[str], owner: Owner) -> Mapping[str, Sequence[Lying]]:
    """How all of each lot stands now: its pieces where any are on record, else its portions (§9)."""
    found: dict[str, Sequence[Lying]] = {}
    for lot in lots:
        pieces = history.instances.get(lot)
        if pieces:
            found[lot] = [Lying(where_now(history, one, owner).status, 1.0, None) for one in pieces]
        else:
            found[lot] = [Lying(head[2], one.quantity, head[3]) for head, one in lying(history, lot, owner)]
    return found


def _between(history: History, start: datetime | None, end: datetime | None) -> Sequence[Statement]:
    """The statements that count in [start, end), in order."""
    low, high = EVER if start is None else instant(start), NEVER if end is None else instant(end)
    return sorted(
        (told for told in history.statements.values() if low <= told.at < high),
        key=lambda told: told.position,
    )
