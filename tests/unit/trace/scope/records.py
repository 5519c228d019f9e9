"""Look-ups of questions over a story, straight from its lineage."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime

from suyuan.trace.lineage import Options, Scope, Suspect, Trace
from suyuan.trace.lineage.contract import Amount
from suyuan.trace.lineage.kept import ExactLineage
from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.lineage.statement import instant, moment
from suyuan.trace.scope import Deed, Lying, Work, facts

Dates = Mapping[str, Mapping[str, date]]


class Story:
    """What happened, whose places are whose, and the dates of lots that somebody told."""

    def __init__(
        self,
        story: Sequence[Occurrence],
        owners: Mapping[str, str] | None = None,
        dates: Dates | None = None,
    ) -> None:
        self._owners = owners or {}
        self._lineage = ExactLineage(owner=self._owners.get)
        self._lineage.add(story)
        self._told = frozenset(one.evidence for one in story)
        self._dates = dates or {}
        self.asked = 0

    def trace(self, suspects: Sequence[Suspect], options: Options = Options()) -> Trace:  # noqa: B008 - a value
        self.asked += 1
        return self._lineage.tracer.trace(suspects, options)

    def scope(self, suspects: Sequence[Suspect], options: Options = Options()) -> Scope:  # noqa: B008 - a value
        return self._lineage.tracer.scope(suspects, options)

    @property
    def sees_all(self) -> bool:
        return True

    def sees(self, evidence: str) -> bool:
        return evidence in self._told

    def is_known(self, key: str) -> bool:
        things = self._lineage.things()
        return things.is_born(key) or things.is_visited(key)

    def lots_of(self, product: str) -> Sequence[str]:
        return self._lineage.things().lots_of(product)

    def dates_of(self, lots: Collection[str]) -> Dates:
        return {lot: self._dates[lot] for lot in lots if lot in self._dates}

    def made_on(self, lots: Collection[str], known_at: datetime | None) -> Mapping[str, date]:
        return facts.made_on(self._lineage.things(known_at), lots, UTC)

    def lots_at(
        self, place: str, lots: Collection[str], start: datetime, end: datetime
    ) -> Mapping[str, tuple[datetime | None, datetime | None]]:
        found = self._lineage.things().lots_at(place, lots, instant(start), instant(end))
        return {lot: (moment(since), moment(until)) for lot, (since, until) in found.items()}

    def deeds_of(
        self, party: str, start: datetime | None, end: datetime | None, known_at: datetime | None
    ) -> Iterable[Deed]:
        places = [place for place, owner in self._owners.items() if owner == party]
        return facts.deeds_of(self._lineage.things(known_at), party, places, start, end)

    def work_at(
        self,
        point: str,
        start: datetime | None,
        end: datetime | None,
        known_at: datetime | None,
        *,
        whole_site: bool = False,
    ) -> Sequence[Work]:
        return facts.work_at(self._lineage.things(known_at), point, start, end, whole_site=whole_site)

    def made(self, lots: Collection[str]) -> Mapping[str, Amount | None]:
        return facts.made(self._lineage.things(), lots)

    def lying_of(self, lots: Collection[str]) -> Mapping[str, Sequence[Lying]]:
        return facts.lying_of(self._lineage.things(), lots)
