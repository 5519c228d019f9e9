"""Look-ups of questions over a story, straight from its history."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime

from suyuan.trace.gs1 import identify
from suyuan.trace.lineage import ExactTracer, Lineage, Options, Scope, Suspect, Trace
from suyuan.trace.lineage.contract import Amount
from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.lineage.presence import lots_at
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
        self._lineage = Lineage(story)
        self._owner = (owners or {}).get
        self._dates = dates or {}
        self._tracer = ExactTracer(self._lineage, owner=self._owner)
        self.asked = 0

    def trace(self, suspects: Sequence[Suspect], options: Options = Options()) -> Trace:  # noqa: B008 - a value
        self.asked += 1
        return self._tracer.trace(suspects, options)

    def scope(self, suspects: Sequence[Suspect], options: Options = Options()) -> Scope:  # noqa: B008 - a value
        return self._tracer.scope(suspects, options)

    def is_known(self, key: str) -> bool:
        history = self._lineage.history()
        return key in history.births or key in history.visitors

    def lots_of(self, product: str) -> Sequence[str]:
        return sorted(k for k in self._lineage.history().classes if identify(k).product_key == product)

    def dates_of(self, lots: Collection[str]) -> Dates:
        return {lot: self._dates[lot] for lot in lots if lot in self._dates}

    def made_on(self, lots: Collection[str], known_at: datetime | None) -> Mapping[str, date]:
        return facts.made_on(self._lineage.history(known_at), lots, UTC)

    def lots_at(
        self, place: str, lots: Collection[str], start: datetime, end: datetime
    ) -> Mapping[str, tuple[datetime | None, datetime | None]]:
        found = lots_at(self._lineage.history(), place, lots, instant(start), instant(end))
        return {lot: (moment(since), moment(until)) for lot, (since, until) in found.items()}

    def deeds_of(
        self, party: str, start: datetime | None, end: datetime | None, known_at: datetime | None
    ) -> Iterable[Deed]:
        return facts.deeds_of(self._lineage.history(known_at), party, start, end, self._owner)

    def work_at(
        self,
        point: str,
        start: datetime | None,
        end: datetime | None,
        known_at: datetime | None,
        *,
        whole_site: bool = False,
    ) -> Sequence[Work]:
        return facts.work_at(self._lineage.history(known_at), point, start, end, whole_site=whole_site)

    def made(self, lots: Collection[str]) -> Mapping[str, Amount | None]:
        return facts.made(self._lineage.history(), lots)

    def lying_of(self, lots: Collection[str]) -> Mapping[str, Sequence[Lying]]:
        return facts.lying_of(self._lineage.history(), lots, self._owner)
