"""The checks over one store: its events in the order of time, and what master data and cases tell beside."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, tzinfo
from decimal import Decimal, InvalidOperation

from sqlalchemy import select

from suyuan.api.house import House
from suyuan.trace.checks import (
    Checked,
    Facts,
    Point,
    Recipe,
    Scan,
    Stop,
    Told,
    check,
    told,
    within_instants,
)
from suyuan.trace.gs1 import site
from suyuan.trace.recall.dates import last_day, registered_dates, told_dates
from suyuan.trace.recall.names import Attributes, by_local_name
from suyuan.trace.recall.recall import Case
from suyuan.trace.register.aliases import Aliases, aliases
from suyuan.trace.register.districts import district_code, region
from suyuan.trace.register.fields import listed, parts_of
from suyuan.trace.store.decisions import decisions
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.history import in_time_order
from suyuan.trace.store.sight import HOUSE, Reach, Viewer, reach_of, visible_statements
from suyuan.trace.store.tables import VocabularyRow
from suyuan.trace.store.vocabulary import all_attributes

_FARTHEST_NORTH, _FARTHEST_EAST = 90.0, 180.0

Heard = Callable[[int], None]
"""Told the number of events read so far, now and then."""
_EVERY = 1000


def _unheard(_events: int) -> None:
    """Nobody listens."""


def findings(
    house: House, *, by: datetime | None = None, scans: Iterable[Scan] = (), heard: Heard = _unheard
) -> Checked:
    """What the checks find in everything that is on record.

    ``by`` is when what was sent should have come, if that is not now: for a history that ended long ago.
    ``scans`` are shoppers' questions for items, of which the store itself keeps none.

    One pass over the evidence: about as long as reading it takes (a million events: some minutes), with
    memory of what there is now, not of the events.
    """
    with Reading(house.engine) as reading:
        return findings_in(reading, house, by=by or house.now(), scans=scans, heard=heard)


def findings_in(
    reading: Reading,
    house: House,
    *,
    by: datetime,
    viewer: Viewer = HOUSE,
    scans: Iterable[Scan] = (),
    heard: Heard = _unheard,
) -> Checked:
    """What the checks find in what ``viewer`` sees of one snapshot of the store.

    Out of a part of the evidence a check concludes too much: whoever shows such findings to anybody takes
    those that are found in all of it too.
    """
    names = aliases(reading)
    described = _described(reading, names)
    if reach_of(viewer) is not Reach.ALL:
        told = select(VocabularyRow.key).where(visible_statements(viewer))
        seen = {names.key(key) for key in reading.connection.execute(told).scalars()}
        described = {key: known for key, known in described.items() if "inputs" not in known or key in seen}
    facts = facts_of(described, names.key, house.zone)
    if next(decisions(reading), None) is not None:  # to ask for cases is to follow all lineage
        facts = replace(facts, stops=stops_of(house.cases(), names.key))
    history = within_instants(_history(reading, viewer, names, house.zone, heard))
    return check(history, facts, now=by, scans=scans)


def _described(reading: Reading, names: Aliases) -> Mapping[str, Attributes]:
    """Master data by first name; what is told under that goes before what is told under others."""
    found: dict[str, Attributes] = {}
    for key, values in all_attributes(reading).items():
        first, told_here = names.key(key), by_local_name(values)
        before = found.get(first, {})
        found[first] = {**before, **told_here} if key == first else {**told_here, **before}
    return found


def _history(reading: Reading, viewer: Viewer, names: Aliases, zone: tzinfo, heard: Heard) -> Iterator[Told]:
    for number, (event, seen) in enumerate(in_time_order(reading, viewer)):
        if number % _EVERY == 0:
            heard(number)
        day = last_day(told_dates([event.ilmd], zone)) if event.ilmd else None
        one = told(event, names.occurrence(seen), last_day=day)
        if names.entries:
            one = replace(
                one,
                tags=tuple((names.key(key), tag) for key, tag in one.tags),
                sources=tuple(map(names.key, one.sources)),
            )
        yield one


def facts_of(described: Mapping[str, Attributes], first_name: Callable[[str], str], zone: tzinfo) -> Facts:
    """What master data tell, as attributes by local name of each key; what cannot be read is not told."""
    owners = {site(key): first_name(known["party"]) for key, known in described.items() if known.get("party")}
    recipes: dict[str, tuple[Recipe, ...]] = {}
    for known in described.values():
        if "inputs" in known and known.get("product"):
            one = _recipe(known, first_name)
            recipes[one.product] = (*recipes.get(one.product, ()), one)
    return Facts(
        points={site(key): at for key, known in described.items() if (at := _point(known)) is not None},
        districts={site(key): known["district"] for key, known in described.items() if known.get("district")},
        owner=owners.get,
        recipes=recipes,
        regions={
            key: tuple(region(district_code(one)) for one in listed(known["saleRegions"]))
            for key, known in described.items()
            if known.get("saleRegions")
        },
        last_days={
            key: day for key, known in described.items() if (day := _last_day(known, zone)) is not None
        },
    )


def stops_of(cases: Iterable[Case], first_name: Callable[[str], str]) -> Mapping[str, Stop]:
    """Which goods must not be sold now, since when, by which case; of several the earliest."""
    found: dict[str, Stop] = {}
    for case in cases:
        since = min((at for at in (case.held_at, case.published_at) if at is not None), default=None)
        if case.stops is None or since is None:
            continue
        stop = Stop(since, case.number)
        for key in map(first_name, case.keys):
            if key not in found or since < found[key].since:
                found[key] = stop
    return found


def _recipe(known: Attributes, first_name: Callable[[str], str]) -> Recipe:
    try:
        inputs = frozenset(first_name(part.product) for part in parts_of(known["inputs"]))
    except (InvalidOperation, ValueError):
        inputs = frozenset[str]()
    return Recipe(
        first_name(known["product"]), inputs, _share(known.get("yieldLeast")), _share(known.get("yieldMost"))
    )


def _share(percent: str | None) -> float | None:
    try:
        found = None if percent is None else float(Decimal(percent)) / 100
    except InvalidOperation:
        return None
    return found if found is None or math.isfinite(found) else None


def _point(known: Attributes) -> Point | None:
    try:
        north, east = float(known["latitude"]), float(known["longitude"])
    except (KeyError, ValueError):
        return None
    right = math.isfinite(north) and math.isfinite(east)
    return (
        Point(north, east)
        if right and abs(north) <= _FARTHEST_NORTH and abs(east) <= _FARTHEST_EAST
        else None
    )


def _last_day(known: Attributes, zone: tzinfo) -> date | None:
    return last_day(registered_dates(known, zone))
