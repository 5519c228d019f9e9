"""One identity, several things: clones by travel, tags, holders, and what is seen after its end.

Every instance that an event names is compared with what was last known of it, its containers included. Two
sightings faster than any flight are two things; faster than any road they may be. Where coordinates are not
known nothing is concluded from places alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from suyuan.trace.checks.custody import Custody, End, Sighting, fate_of, named
from suyuan.trace.checks.facts import Facts, Point, Rules, Scan
from suyuan.trace.checks.finding import Code, Number, Report
from suyuan.trace.checks.told import WITHDRAWN, Mark, Told
from suyuan.trace.gs1 import site
from suyuan.trace.lineage.contract import Certainty
from suyuan.trace.lineage.kinds import kind_by_name
from suyuan.trace.lineage.statement import instant

_HOUR = 3_600_000_000
_GATE = "E2"
"""How the TID of a UHF tag for gates begins (ISO/IEC 15963, class of GS1)."""
_AFTER: dict[str, Code] = {
    "sold": "seen-after-sale",
    "destroyed": "seen-after-destruction",
    "used": "seen-after-use",
}


@dataclass(slots=True, eq=False)
class Alike:
    """Instances of which the same is found by the same two events."""

    code: Code
    last: Mark
    first_at: int
    first_by: str
    certainty: Certainty
    other_place: str | None
    other_party: str | None
    numbers: tuple[Number, ...]
    keys: dict[str, None] = field(default_factory=dict[str, None])


class Identities:
    """What was known of every instance, while a history is told."""

    def __init__(self, facts: Facts, rules: Rules, report: Report) -> None:
        self._facts, self._rules, self._report = facts, rules, report
        self._born: dict[str, Mark] = {}
        self._tags: dict[tuple[str, bool], tuple[str, Mark]] = {}
        self._jumps: dict[str, Sighting] = {}
        self._alike: dict[tuple[Code, str, str], Alike] = {}
        self._km = lru_cache(maxsize=65_536)(self._kilometres)

    def take(self, told: Told, custody: Custody) -> None:
        """The next event, before custody takes it."""
        for key, tag in told.tags:
            self._check_tag(key, tag, told)
        said = told.said
        makes = said.type == "ObjectEvent" and said.action == "ADD"
        for key in dict.fromkeys(named(said)):
            end = custody.ends.get(key)
            if end is not None:
                self._check_end(key, end, told, custody)
            if makes:
                self._check_birth(key, told)
            if told.here is not None:
                self._check_travel(key, told, told.here, custody)
        if fate_of(said) == "removed" and said.type == "ObjectEvent":
            for one in said.what:
                self._born.pop(one.key, None)  # its identifier may be given again
                for kind in (False, True):
                    self._tags.pop((one.key, kind), None)

    def _check_tag(self, key: str, tag: str, told: Told) -> None:
        """Of one kind: a label may bear a chip for gates and one for phones."""
        if kind_by_name(key) in ("unit", "lot"):  # a pallet bears two labels, a lot as many as it has pieces
            return
        kind = key, tag.startswith(_GATE)
        before = self._tags.setdefault(kind, (tag, told.mark))
        self._report.examined["identity"] += 1
        if not _is_same_chip(before[0], tag):
            self._note("two-tags", key, told, before[1].at, before[1].evidence,
                       place=before[1].here, party=before[1].party)  # fmt: skip
            self._tags[kind] = tag, told.mark
        elif len(tag) > len(before[0]):
            self._tags[kind] = tag, before[1]

    def _check_birth(self, key: str, told: Told) -> None:
        before = self._born.setdefault(key, told.mark)
        if before is told.mark:
            return
        same = before.party == told.said.party and before.here == told.here
        self._note(
            "commissioned-twice",
            key,
            told,
            before.at,
            before.evidence,
            certainty="possible" if same else "certain",  # perhaps told twice, with another event id
            place=before.here,
            party=before.party,
        )

    def _check_end(self, key: str, end: End, told: Told, custody: Custody) -> None:
        said, here = told.said, told.here
        fate = fate_of(said) if said.type == "ObjectEvent" else None
        here_again = here is not None and here == end.site
        if end.fate == "removed" or (end.fate == "destroyed" and fate == "destroyed" and here_again):
            return
        if end.fate == "used" and (
            kind_by_name(key) == "unit"  # an emptied crate is used again
            or key in custody.inside
            or (said.type == "TransformationEvent" and said.transformation_id is not None)
        ):
            return
        certainty: Certainty = "certain"
        code = _AFTER[end.fate]
        if end.fate == "sold":
            if fate == "sold":
                code, certainty = "sold-twice", "possible" if here_again else "certain"
            elif here_again or said.disposition in WITHDRAWN:
                return  # brought back
        self._note(
            code, key, told, end.at, end.evidence, certainty=certainty, place=end.site, party=end.party
        )

    def _check_travel(self, key: str, told: Told, here: str, custody: Custody) -> None:
        last = custody.last(key)
        if last is None or last.site == here:
            self._check_holders(key, told, here, last)
            return
        self._report.examined["identity"] += 1
        if told.statement.leaves and last.site in {site(one) for one in told.said.destinations}:
            return  # told in the wrong order: it was received before it was sent, by another clock
        km = self._km(last.site, here)
        if km is None:
            self._report.untold("identity", "no-coordinates")
        else:
            hours = (told.statement.at - last.at) / _HOUR
            if km - self._rules.near_km > hours * self._rules.road_kmh:
                flies = km - self._rules.near_km <= hours * self._rules.flight_kmh
                speed = (Number("speed", km / hours, "KMH"),) if hours > 0 else ()
                self._note(
                    "impossible-travel",
                    key,
                    told,
                    last.at,
                    last.evidence,
                    certainty="possible" if flies else "certain",
                    place=last.site,
                    party=last.party,
                    numbers=(Number("distance", km, "KMT"), Number("hours", hours, "HUR"), *speed),
                )
                self._jumps.pop(key, None)
                return
        self._check_holders(key, told, here, last)

    def _check_holders(self, key: str, told: Told, here: str, last: Sighting | None) -> None:
        """Seen at one holder's, at another's, at the first one's again, and nobody told that it left."""
        if last is None or last.leaves or told.statement.leaves:
            self._jumps.pop(key, None)
            return
        if last.site == here:
            return
        before = self._jumps.get(key)
        holder, now = self._facts.holder(last.site, last.party), self._facts.holder(here, told.said.party)
        if before is not None and self._facts.holder(before.site, before.party) == now:
            first = before
            self._note("two-holders", key, told, first.at, first.evidence, certainty="possible",
                       place=last.site, party=last.party, also=last.evidence)  # fmt: skip
            del self._jumps[key]
        elif holder != now:
            self._jumps[key] = last

    def _kilometres(self, one: str, other: str) -> float | None:
        first, second = self._facts.points.get(one), self._facts.points.get(other)
        return None if first is None or second is None else first.km_to(second)

    def _note(
        self,
        code: Code,
        key: str,
        told: Told,
        first_at: int,
        first_by: str,
        *,
        certainty: Certainty = "certain",
        place: str | None = None,
        party: str | None = None,
        numbers: tuple[Number, ...] = (),
        also: str = "",
    ) -> None:
        name = (code, f"{first_by} {also}", told.said.evidence)
        alike = self._alike.get(name)
        if alike is None:
            alike = self._alike[name] = Alike(
                code, told.mark, first_at, f"{first_by} {also}".strip(), certainty, place, party, numbers
            )
        alike.keys[key] = None

    def judge(self) -> None:
        """Tell what was found."""
        for one in self._alike.values():
            at = one.last.at
            self._report.find(
                one.code,
                one.keys,
                at=(min(one.first_at, at), max(one.first_at, at)),
                certainty=one.certainty,
                place=one.last.here,
                party=self._facts.holder(one.last.here, one.last.party),
                other_place=one.other_place,
                other_party=one.other_party,
                numbers=one.numbers,
                evidence=(*one.first_by.split(" "), one.last.evidence),
            )


def _is_same_chip(one: str, other: str) -> bool:
    """Readers read more or less of the same TID."""
    return one.startswith(other) or other.startswith(one)


def check_scans(scans: Iterable[Scan], rules: Rules, report: Report) -> None:
    """Shoppers who ask for one item in more places than an item can be: faster than a flight, or too many.

    Linear in the scans after sorting them by item and time.
    """
    of_item: dict[str, list[Scan]] = {}
    for scan in scans:
        of_item.setdefault(scan.key, []).append(scan)
    for key, told in sorted(of_item.items()):
        report.examined["identity"] += 1
        told.sort(key=lambda one: (one.time, one.point.latitude, one.point.longitude))
        far = max((_pace(a, b, rules) for a, b in pairwise(told)), default=(0.0, 0.0, 0.0))
        places = _places([one.point for one in told], rules.scans_apart_km)
        if far[0] > rules.flight_kmh or len(places) >= rules.scan_places:
            report.find(
                "scanned-apart",
                [key],
                at=(instant(told[0].time), instant(told[-1].time)),
                certainty="certain" if far[0] > rules.flight_kmh else "possible",
                numbers=(
                    Number("scans", float(len(told))),
                    Number("places", float(len(places))),
                    Number("distance", far[1], "KMT"),
                    Number("hours", far[2], "HUR"),
                ),
            )


def _pace(one: Scan, other: Scan, rules: Rules) -> tuple[float, float, float]:
    """(km/h, km, hours) from one scan to the next; scans near each other have no pace."""
    km = one.point.km_to(other.point)
    hours = (other.time - one.time).total_seconds() / 3600
    if km <= rules.scans_apart_km:
        return 0.0, km, hours
    return (km / hours if hours > 0 else math.inf), km, hours


def _places(points: Iterable[Point], apart_km: float) -> list[Point]:
    """Points of which each is far from all before it."""
    found: list[Point] = []
    for point in points:
        if all(point.km_to(one) > apart_km for one in found):
            found.append(point)
    return found
