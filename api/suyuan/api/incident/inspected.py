"""What an investigator's question looks up, as far as it is in sight of whoever asks (decision 0005)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from time import sleep

from suyuan.api.elsewhere import LiesElsewhere
from suyuan.api.house import House
from suyuan.api.incident.places import districts
from suyuan.trace.errors import NotFound, SuyuanError
from suyuan.trace.gs1 import site
from suyuan.trace.incident.gathered import Gathering, anything
from suyuan.trace.incident.recorded import Around, Recorded, laid_out
from suyuan.trace.lineage import Options, Scope, Suspect, Trace
from suyuan.trace.lineage.contract import Amount
from suyuan.trace.recall.dates import registered_dates, told_dates
from suyuan.trace.scope import facts
from suyuan.trace.scope.records import Deed, Lying, Stay, Work
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.history import evidence_in_sight
from suyuan.trace.store.objects import chunks
from suyuan.trace.store.sight import Reach, Viewer, is_own, reach_of

_EVERYTHING = Options()
_CITY = 4  # digits of a district code that name its city
_AT_ONCE = 256
_EVERY_PIECE = sys.maxsize
_TURN_S = 0.001
"""A lock that is taken again at once is not handed on: so long others have to take it."""


def _unheard() -> None:
    """Nobody listens."""


class Inspected:
    """The records of one house through the eyes of one viewer, for one question.

    Answers as ``suyuan.trace.scope.records`` asks: a trace or scope is cut as everywhere, and what else is
    looked up follows from events that are in sight.
    """

    def __init__(self, house: House, viewer: Viewer, heard: Callable[[], None] = _unheard) -> None:
        """``heard`` is called before each trace, and may raise to end the question."""
        self._house = house
        self._heard = heard
        self._records = house.records
        self._viewer = viewer
        self._view = house.seen_by(viewer)
        self._reaches_all = reach_of(viewer) is Reach.ALL

    @property
    def sees_all(self) -> bool:
        """Whether nothing on record is kept from the viewer."""
        return self._reaches_all

    def trace(self, suspects: Sequence[Suspect], options: Options = _EVERYTHING) -> Trace:
        """See ``Tracer.trace``; ``NotFound`` for a suspect that is not in sight."""
        self._heard()
        return self._view.trace(suspects, options)

    def origins(
        self, suspects: Sequence[Suspect], heard: Callable[[], None] = _unheard
    ) -> tuple[Sequence[str], int]:
        """The things that suspects may come from, and how many of them are out of sight.

        Others are answered between its steps; ``heard`` is called there, and may raise to end it.
        """

        def turn() -> None:
            heard()
            sleep(_TURN_S)

        found, withheld = self._view.origins(suspects, Options("backward"), turn)
        return sorted(found), withheld

    def scope(self, suspects: Sequence[Suspect], options: Options = _EVERYTHING) -> Scope:
        """See ``Tracer.scope``; ``NotFound`` for a suspect that is not in sight."""
        self._heard()
        return self._view.scope(suspects, options)

    def is_known(self, key: str) -> bool:
        """Whether anything is in sight under the key.

        Raises:
            LiesElsewhere: an officer asks of something beyond their competence.
        """
        refusal = self.refused(key)
        if isinstance(refusal, LiesElsewhere):
            raise refusal
        return refusal is None

    def refused(self, key: str) -> SuyuanError | None:
        """Why nothing may be told of a key; None where something may."""
        try:
            if self.sees_all:
                self._house.known(self._records.aliases().key(key))
            else:
                self._view.check(key)
        except (NotFound, LiesElsewhere) as error:
            return error
        return None

    def now(self) -> datetime:
        """The clock."""
        return self._house.now()

    def sees(self, evidence: str) -> bool:
        """Whether an event is on record under this key of evidence, and in sight."""
        return evidence in self._parties([evidence])

    def lots_of(self, product: str) -> Sequence[str]:
        """The lots of a product that are in sight."""
        found = self._records.lots_of(product)
        return found if self.sees_all else [lot for lot in found if self.is_known(lot)]

    def dates_of(self, lots: Collection[str]) -> Mapping[str, Mapping[str, date]]:
        """Dates as events told them at the making; else as the owner registered them."""
        return {lot: self._dates(lot) for lot in lots if self.is_known(lot)}

    def _dates(self, lot: str) -> Mapping[str, date]:
        told = (self._records.ilmd(evidence) for evidence in self._records.making(lot))
        zone = self._house.zone
        return {**registered_dates(self._records.registered(lot), zone), **told_dates(told, zone)}

    def made_on(self, lots: Collection[str], known_at: datetime | None) -> Mapping[str, date]:
        """See ``Records.made_on``."""
        zone = self._house.zone
        return self._records.asked(lambda things: facts.made_on(things, lots, zone), known_at)

    def lots_at(
        self, place: str, lots: Collection[str], start: datetime, end: datetime
    ) -> Mapping[str, Stay]:
        """See ``Records.lots_at``; where not all is in sight, by the moves in sight."""
        if self.sees_all:
            return self._records.lots_at(place, lots, start, end)
        if not lots:
            return {}
        where, found = site(self._records.aliases().key(place)), dict[str, Stay]()
        for lot in lots:
            for edge in self._view.trace([Suspect(lot)], Options(depth=0)).edges:
                meets = (edge.from_time or start) < end and (edge.to_time or end) > start
                if edge.kind == "move" and site(edge.target) == where and meets:
                    found.setdefault(lot, (edge.from_time, edge.to_time))
        return found

    def deeds_of(
        self, party: str, start: datetime | None, end: datetime | None, known_at: datetime | None
    ) -> Iterable[Deed]:
        """See ``Records.deeds_of``."""
        key, places = self._records.aliases().key(party), self._records.places_of(party)
        found = self._records.asked(lambda things: facts.deeds_of(things, key, places, start, end), known_at)
        seen = self._seen(one.evidence for one in found)
        return [one for one in found if one.evidence in seen]

    def work_at(
        self,
        point: str,
        start: datetime | None,
        end: datetime | None,
        known_at: datetime | None,
        *,
        whole_site: bool = False,
    ) -> Sequence[Work]:
        """See ``Records.work_at``."""
        key = self._records.aliases().key(point)
        found = self._records.asked(
            lambda things: facts.work_at(things, key, start, end, whole_site=whole_site), known_at
        )
        seen = self._seen(one.evidence for one in found)
        return [one for one in found if one.evidence in seen]

    def told_at(self, places: Collection[str]) -> frozenset[str]:
        """Those of some places at whose site anything in sight was ever told."""
        if not places:
            return frozenset()
        first = self._records.aliases().key
        sites = {place: site(first(place)) for place in places}
        told = self._records.asked(lambda things: facts.told_at(things, frozenset(sites.values())))
        seen = self._seen(evidence for evidence, _ in told)
        found = {where for evidence, where in told if evidence in seen}
        return frozenset(place for place, where in sites.items() if where in found)

    def made(self, lots: Collection[str]) -> Mapping[str, Amount | None]:
        """See ``Amounts.made``; of lots of which all that was ever told is in sight."""
        whole = self._whole(lots)
        return self._records.asked(lambda things: facts.made(things, whole))

    def lying_of(self, lots: Collection[str]) -> Mapping[str, Sequence[Lying]]:
        """See ``Amounts.lying_of``; of lots of which all that was ever told is in sight."""
        whole = self._whole(lots)
        return self._records.asked(lambda things: facts.lying_of(things, whole))

    def network(self, keys: Collection[str], heard: Callable[[], None] = _unheard) -> Recorded:
        """The network of lots that these keys belong to, out of what is in sight.

        Others are answered between its steps; ``heard`` is called there, and may raise to end it.
        """
        looked_at: set[str] = set()

        def look(evidence: str) -> bool:
            looked_at.add(evidence)
            return True

        whole = self._laid_out(keys, heard, look)
        if self.sees_all:
            return whole
        parties = self._parties(looked_at)
        others = frozenset(one for one, party in parties.items() if not is_own(self._viewer, party))
        return self._laid_out(keys, heard, parties.__contains__, others.__contains__)

    def _laid_out(
        self,
        keys: Collection[str],
        heard: Callable[[], None],
        sees: Callable[[str], bool],
        others: Callable[[str], bool] = anything,
    ) -> Recorded:
        gathering = Gathering(keys, sees, others)
        while self._records.asked(gathering.go_on):
            heard()
            sleep(_TURN_S)
        places = {place for lot in gathering.lots.values() for place in lot.at}
        known, first = self._records.attributes(places), self._records.aliases().key
        owners = {place: first(told["party"]) for place, told in known.items() if told.get("party")}
        found = laid_out(gathering, Around(owners.get, self._house.zone, sees, others))
        told = districts(self._house.engine, {lot.place for lot in found.lots})
        lots = (replace(lot, region=told.get(lot.place, "")[:_CITY]) for lot in found.lots)
        return replace(found, lots=tuple(lots))

    def _whole(self, lots: Collection[str]) -> Collection[str]:
        if self.sees_all:
            return lots
        told = {lot: frozenset(self._told_of(lot)) for lot in lots}
        seen = self._seen(one for evidence in told.values() for one in evidence)
        return [lot for lot, evidence in told.items() if evidence <= seen]

    def _told_of(self, lot: str) -> Iterator[str]:
        """The evidence of all that was ever told of a lot and its pieces."""
        for visits in self._records.journeys([lot]).values():
            yield from (visit.evidence for visit in visits)
        for some in chunks(self._records.pieces(lot, _EVERY_PIECE), _AT_ONCE):
            for visits in self._records.journeys(some).values():
                yield from (visit.evidence for visit in visits)

    def _seen(self, evidence: Iterable[str]) -> frozenset[str]:
        keys = frozenset(evidence)
        return keys if self.sees_all else frozenset(self._parties(keys))

    def _parties(self, evidence: Collection[str]) -> Mapping[str, str]:
        """Those in sight of some evidence, with the party that captured each."""
        with Reading(self._house.engine) as reading:
            return evidence_in_sight(reading, evidence, self._viewer)
