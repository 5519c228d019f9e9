"""What must not happen to goods: sold, used or sent on after a stop or their last day, or in a far region."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from suyuan.trace.checks.custody import Custody, fate_of
from suyuan.trace.checks.facts import Facts, Stop, product_of
from suyuan.trace.checks.finding import Code, Number, Report
from suyuan.trace.checks.told import WITHDRAWN, Told
from suyuan.trace.lineage.occurrence import Holding
from suyuan.trace.lineage.statement import holdings


@dataclass(slots=True, eq=False)
class Region:
    """What of a product or lot was seen at a site outside its regions."""

    first: Told
    last: Told
    keys: dict[str, None] = field(default_factory=dict[str, None])


class Goods:
    """Dates and stops of goods, while a history is told."""

    def __init__(self, facts: Facts, report: Report) -> None:
        self._facts, self._report = facts, report
        self._days: dict[str, date] = {}
        self._outside: dict[tuple[str, str], Region] = {}

    def take(self, told: Told, custody: Custody) -> None:
        """The next event, before custody takes it."""
        said = told.said
        if told.last_day is not None:
            self._learn(told, told.last_day)
        uses = said.type == "TransformationEvent"
        sells = said.type == "ObjectEvent" and fate_of(said) == "sold"
        if uses or sells:
            goods = list(_with_contents(said.inputs if uses else said.what, custody))
            self._check_days(told, goods, custody, "used-expired" if uses else "sold-expired")
            if self._facts.stops:
                self._check_stops(told, goods, custody, "used-after-stop" if uses else "sold-after-stop")
        elif self._facts.stops and told.statement.leaves and said.disposition not in WITHDRAWN:
            goods = list(_with_contents(said.what, custody))
            self._check_stops(told, goods, custody, "moved-after-stop")
        if self._facts.regions and told.here is not None and not told.statement.leaves:
            self._check_regions(told, told.here, custody)

    # Dates

    def _learn(self, told: Told, last: date) -> None:
        """The date of what the event brought about; that of an item goes before that of its lot."""
        said = told.said
        for _, lot in said.lot_of:
            self._days.setdefault(lot, last)
        lots = dict(said.lot_of)
        for one in (*said.outputs, *(said.what if said.action == "ADD" else ())):
            if one.is_class:
                self._days.setdefault(one.key, last)
            elif self._days.get(lots.get(one.key, "")) != last:
                self._days[one.key] = last

    def _day(self, key: str, custody: Custody) -> date | None:
        lot = custody.lots.get(key, key)
        return self._days.get(key) or self._days.get(lot) or self._facts.last_days.get(lot)

    def _check_days(self, told: Told, goods: list[str], custody: Custody, code: Code) -> None:
        over: dict[date, list[str]] = {}
        today = told.local_day
        for key in goods:
            self._report.examined["expiry"] += 1
            last = self._day(key, custody)
            if last is None:
                self._report.untold("expiry", "no-date")
            elif today > last:
                over.setdefault(last, []).append(key)
        for last, keys in sorted(over.items()):
            self._find(code, told, keys, (Number("days", float((today - last).days), "DAY"),))

    # Stops

    def _check_stops(self, told: Told, goods: list[str], custody: Custody, code: Code) -> None:
        stopped: dict[Stop, list[str]] = {}
        for key in goods:
            self._report.examined["stop"] += 1
            stop = self._facts.stops.get(key) or self._facts.stops.get(custody.lots.get(key, key))
            if stop is not None and told.said.time >= stop.since:
                stopped.setdefault(stop, []).append(key)
        for stop, keys in sorted(stopped.items(), key=lambda one: one[0].case):
            hours = (told.said.time - stop.since).total_seconds() / 3600
            self._find(code, told, keys, (Number("hours", hours, "HUR"),), stop.case)

    # Regions

    def _check_regions(self, told: Told, here: str, custody: Custody) -> None:
        district = self._facts.districts.get(here)
        for one in holdings(told.said):
            lot = one.key if one.is_class else custody.lots.get(one.key, one.key)
            subject = lot if lot in self._facts.regions else product_of(lot)
            regions = self._facts.regions.get(subject)
            if regions is None:
                continue
            self._report.examined["route"] += 1
            if district is None:
                self._report.untold("route", "no-district")
            elif not district.startswith(regions):
                region = self._outside.setdefault((subject, here), Region(told, told))
                region.last = told
                region.keys[one.key] = None

    def judge(self) -> None:
        """Tell what was seen outside its regions."""
        for (_, here), one in self._outside.items():
            self._report.find(
                "outside-region",
                one.keys,
                at=(one.first.statement.at, one.last.statement.at),
                place=here,
                party=self._facts.holder(here, one.first.said.party),
                evidence=(one.first.said.evidence, one.last.said.evidence),
            )

    def _find(
        self,
        code: Code,
        told: Told,
        keys: list[str],
        numbers: tuple[Number, ...],
        case: str | None = None,
    ) -> None:
        here = told.here
        self._report.find(
            code,
            keys,
            at=(told.statement.at, told.statement.at),
            place=here,
            party=self._facts.holder(here, told.said.party),
            numbers=numbers,
            evidence=(told.said.evidence,),
            case=case,
        )


def _with_contents(listed: tuple[Holding, ...], custody: Custody) -> Iterator[str]:
    """What is named, and what is in it: pieces, and lots of which there is some."""
    for one in listed:
        inside = False
        if not one.is_class:
            for inner in custody.contents(one.key):
                inside = True
                yield inner
            for lot, _ in custody.load(one.key):
                inside = True
                yield lot
        if not inside:
            yield one.key
