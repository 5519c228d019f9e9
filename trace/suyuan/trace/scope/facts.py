"""The look-ups of a question, answered from what a kept lineage tells of single things (any engine keeps it).

Who has them in a database may answer them there; the meaning is the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, tzinfo

from suyuan.trace.gs1 import site
from suyuan.trace.lineage.contract import Amount
from suyuan.trace.lineage.kept import Things
from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.lineage.statement import EVER, NEVER, instant, moment
from suyuan.trace.scope.records import Deed, Lying, Work


def deeds_of(
    things: Things, party: str, places: Iterable[str], start: datetime | None, end: datetime | None
) -> Sequence[Deed]:
    """What a party made or shipped: by its own word, or at a place of its own.

    ``places`` are all that master data give it. The work is that of what was told by it or at their sites.
    """
    found: list[Deed] = []
    low, high = _window(start, end)
    for told in things.told_at({site(place) for place in places}, low, high, party=party):
        said = told.occurrence
        if said.party != party and not any(
            place is not None and things.owner(place) == party
            for place in (said.biz_location, said.read_point)
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
    things: Things, point: str, start: datetime | None, end: datetime | None, *, whole_site: bool = False
) -> Sequence[Work]:
    """The transformations at a read point or place, or at its whole site."""
    found: list[Work] = []
    low, high = _window(start, end)
    for told in things.told_at({site(point)}, low, high, type_="TransformationEvent"):
        said = told.occurrence
        at = point in (said.read_point, said.biz_location)
        if whole_site:
            at = told.place is not None and site(told.place) == site(point)
        if at:
            inputs, outputs = (tuple(one.key for one in listed) for listed in (said.inputs, said.outputs))
            found.append(Work(said.evidence, said.time, inputs, outputs))
    return found


def told_at(things: Things, sites: Collection[str]) -> frozenset[tuple[str, str]]:
    """What was ever told at the place or read point of some sites: its evidence, each with the site."""
    return frozenset(
        (told.occurrence.evidence, where)
        for told in things.told_at(sites, EVER, NEVER)
        for point in (told.place, told.occurrence.read_point)
        if point is not None and (where := site(point)) in sites
    )


def made_on(things: Things, lots: Collection[str], zone: tzinfo) -> Mapping[str, date]:
    """Per lot the local day on which an event first made or named it."""
    found: dict[str, date] = {}
    for lot in lots:
        made = things.first_made(lot)
        first = moment(things.birth(lot) if made is None else made)
        if first is not None:
            found[lot] = first.astimezone(zone).date()
    return found


def made(things: Things, lots: Collection[str]) -> Mapping[str, Amount | None]:
    """How much of each lot there ever was (law of tracing §8)."""
    return {lot: things.produced(lot) for lot in lots}


def lying_of(things: Things, lots: Collection[str]) -> Mapping[str, Sequence[Lying]]:
    """How all of each lot stands now: its pieces where any are on record, else its portions (§9)."""
    found: dict[str, Sequence[Lying]] = {}
    for lot in lots:
        pieces = [Lying(things.where_now(one).status, 1.0, None) for one in things.pieces(lot)]
        found[lot] = pieces or [Lying(head[2], one.quantity, head[3]) for head, one in things.lying(lot)]
    return found


def _window(start: datetime | None, end: datetime | None) -> tuple[int, int]:
    return EVER if start is None else instant(start), NEVER if end is None else instant(end)
