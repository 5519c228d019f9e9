"""Everything that is on record of one code, as the likelihood of copies asks for it.

Scans come from their log, custody and sale from lineage, chips from what stations told. What is not on record
is left out: nothing is concluded from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from suyuan.api.chip_cases import case_of
from suyuan.api.records import LiveRecords
from suyuan.trace.gs1 import IdentifierError, identify, site
from suyuan.trace.lineage import Visit
from suyuan.trace.lineage.occurrence import Basis
from suyuan.trace.recall.hearing import Hearing
from suyuan.trace.recall.names import Attributes, city
from suyuan.trace.register.districts import district_code
from suyuan.trace.scan.chips import findings
from suyuan.trace.scan.cities import spot_of
from suyuan.trace.scan.parameters import LATE_RECORDS
from suyuan.trace.scan.past import Batch, Channel, Finding, FindingKind, History, Outcome, Scan, Spot, Stay
from suyuan.trace.scan.visitor import network_in
from suyuan.trace.store import scans as store
from suyuan.trace.store.copies import cleared_at
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.sight import Viewer, events_in_sight
from suyuan.trace.store.tag_bindings import bindings_of_keys
from suyuan.trace.store.tag_told import makers_of

_LEAVES = frozenset({"shipping", "departing"})
_SOLD = "retail_selling"
_IN_SHOPS = frozenset({_SOLD, "stocking"})
_COMES_BACK = frozenset({"receiving", "collecting", "destroying", "disposing"})
"""Steps that goods may go through after their sale: they were brought back."""
_WITH_BUYERS = frozenset({"accepting", "inspecting"})
"""Steps that goods go through with those who bought them, too: they tell of no return and of no copy."""

Expiry = Callable[[str], date | None]
"""The last day of a thing, None where it has none on record."""


class Histories:
    """The histories of the codes of one house."""

    def __init__(self, records: LiveRecords, expiry: Expiry) -> None:
        self._records = records
        self._expiry = expiry

    def of(self, reading: Reading, key: str, batch: str = "", viewer: Viewer | None = None) -> History:
        """All that is known of ``key``, an item or unit; ``batch`` is the key of its lot, if that is known.

        Of custody and findings only what follows from events in sight of ``viewer``, where one is given.
        Custody is by the word of those who had it on record: a stranger's event accuses nobody's goods.

        One question to lineage, two for the names of its places, and a handful of look-ups.
        """
        makers = makers_of(reading, [key]).values()
        hearing = Hearing(self._records, self._records.aliases().key)
        told, _ = hearing.of(key, _product_of(key) or None, makers=set(makers))
        visits: Sequence[Visit] = told.certain
        spots = self._spots(visits)
        chips = case_of(reading, [key], bindings_of_keys(reading, [key]))
        found = (*_against_the_sale(visits), *findings(chips))
        if viewer is not None:
            evidence = {visit.evidence for visit in visits}.union(*(one.evidence for one in found))
            sight = events_in_sight(reading, viewer, evidence)
            visits = [visit for visit in visits if visit.evidence in sight]
            found = tuple(one for one in found if sight.issuperset(one.evidence))
        of_batch = store.batch_scans(reading, batch or key, _product_of(key))
        gone = [visit.time for visit in visits if _is_destroyed(visit)]
        sales = _sales(visits)
        return History(
            scans=tuple(merged(store.scans_of(reading, key))),
            stays=tuple(stays(visits, spots)),
            findings=found,
            batch=Batch(of_batch.probes, of_batch.sequential, of_batch.placed, of_batch.far),
            shipped=_shipped(visits),
            sold=sales[0].time if sales else None,
            destroyed=gone[0] if gone else None,
            expiry=self._expiry(key),
            cleared=cleared_at(reading, key),
        )

    def _spots(self, visits: Sequence[Visit]) -> Mapping[str, Spot]:
        """The cities of places, by their own master data or by those of the site that they belong to."""
        places = {visit.place for visit in visits if visit.place is not None}
        told = self._records.attributes({*places, *map(site, places)})
        found = {place: _spot(told.get(place, {})) or _spot(told.get(site(place), {})) for place in places}
        return {place: spot for place, spot in found.items() if spot is not None}


def merged(scans: Iterable[store.Scan]) -> Iterator[Scan]:
    """Looks of the log as scans: one in which a visitor told the place takes that of the look before it."""
    kept: list[Scan] = []
    last: dict[str, int] = {}
    for scan in map(_scan, scans):
        at = last.get(scan.visitor)
        if at is not None and _tells_the_place_of(scan, kept[at]):
            kept[at] = replace(kept[at], spot=scan.spot)
        else:
            last[scan.visitor] = len(kept)
            kept.append(scan)
    yield from kept


def _tells_the_place_of(scan: Scan, before: Scan) -> bool:
    is_next = scan.time - before.time < store.ONE_SCAN
    return is_next and before.spot is None and scan.spot is not None and scan.outcome is Outcome.NONE


def _scan(scan: store.Scan) -> Scan:
    spot = spot_of(scan.place) if scan.place else None
    network = network_in(scan.visitor).hex()
    return Scan(scan.time, scan.visitor.hex(), spot, Channel(scan.channel), Outcome(scan.outcome), network)


def stays(visits: Iterable[Visit], spots: Mapping[str, Spot]) -> list[Stay]:
    """Consecutive visits to one place as one stay, which ends where something tells that it left."""
    found: list[tuple[str, Stay]] = []
    for visit in visits:
        if visit.place is None:
            continue
        until = visit.time if visit.biz_step in _LEAVES else None
        retail = visit.biz_step in _IN_SHOPS
        if found and found[-1][0] == visit.place:
            stay = found[-1][1]
            found[-1] = visit.place, replace(stay, until=until, retail=stay.retail or retail)
        else:
            found.append((visit.place, Stay(visit.time, spots.get(visit.place), until, retail=retail)))
    return [stay for _, stay in found]


def _shipped(visits: Sequence[Visit]) -> datetime | None:
    """When it left its maker: as told, or by when it was somewhere else."""
    places = [visit.place for visit in visits if visit.place is not None]
    for visit in visits:
        moved = visit.place is not None and visit.place != places[0]
        if visit.biz_step in _LEAVES or moved:
            return visit.time
    return None


def _sales(visits: Iterable[Visit]) -> list[Visit]:
    return [visit for visit in visits if visit.biz_step == _SOLD]


def _is_destroyed(visit: Visit) -> bool:
    return visit.biz_step == "destroying" or visit.disposition == "destroyed"


def _against_the_sale(visits: Sequence[Visit]) -> Iterator[Finding]:
    """A second sale, and reads of the thing itself in the chain after the sale that bring nothing back."""
    sales = [visit for visit in _sales(visits) if visit.basis is not Basis.INFERRED]
    if not sales:
        return
    sale = sales[0]
    for again in sales[1:]:
        yield Finding(FindingKind.SOLD_TWICE, again.time, (sale.evidence, again.evidence))
    for visit in visits:
        if visit.time <= sale.time + LATE_RECORDS or visit.through is not None:
            continue
        taken_back = visit.biz_step == "accepting" and visit.party == sale.party
        if visit.biz_step in _COMES_BACK or taken_back:
            return
        if visit.biz_step not in (_SOLD, *_WITH_BUYERS) and visit.basis is not Basis.INFERRED:
            yield Finding(FindingKind.AFTER_SALE, visit.time, (sale.evidence, visit.evidence))


def _spot(attributes: Attributes) -> Spot | None:
    told = city(attributes)
    return next((spot for name in (told.zh, told.en) if (spot := spot_of(district_code(name)))), None)


def _product_of(key: str) -> str:
    try:
        return identify(key).product_key or ""
    except IdentifierError:
        return ""
