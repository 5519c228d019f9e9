"""How long goods stay at a site, by what they are: the stays that are far longer than the others."""

from __future__ import annotations

from suyuan.trace.checks.custody import Custody
from suyuan.trace.checks.durations import Durations
from suyuan.trace.checks.facts import Facts, Rules, product_of
from suyuan.trace.checks.finding import Number, Report
from suyuan.trace.checks.told import Mark, Told
from suyuan.trace.lineage.kinds import kind_by_name

_HOUR = 3_600_000_000
_UNITS = "unit"
_A_NIGHT_H = 24.0
"""What misses the last lorry of the day stays until the next one."""

Stay = tuple[str, str]
"""A site, and a product (all logistic units are one)."""


class Stays:
    """Since when what came to a site is there, while a history is told."""

    def __init__(self, facts: Facts, rules: Rules, report: Report) -> None:
        self._facts, self._report = facts, report
        self._since: dict[str, Mark] = {}
        self._durations: Durations[Stay, tuple[str, Mark, Mark]] = Durations(rules)

    def take(self, told: Told, custody: Custody) -> None:
        """The next event, before custody takes it."""
        here, said = told.here, told.said
        for inside in (said.children, said.inputs):  # these stay no longer by themselves
            for one in inside:
                self._since.pop(one.key, None)
        if here is None:
            return
        for one in told.said.what:
            if one.is_class:
                continue
            before = self._since.get(one.key)
            if told.statement.leaves:
                if before is not None and before.here == here:
                    self._leave(one.key, before, told.mark, here, custody)
                self._since.pop(one.key, None)
            elif before is None or before.here != here:
                self._since[one.key] = told.mark

    def _leave(self, key: str, came: Mark, told: Mark, here: str, custody: Custody) -> None:
        what = _UNITS if kind_by_name(key) == _UNITS else product_of(custody.lots.get(key, key))
        hours = (told.at - came.at) / _HOUR
        self._durations.add((here, what), hours, (key, came, told))

    def judge(self) -> None:
        """Tell the stays that were far too long."""
        seen, few = self._durations.counts()
        self._report.examined["route"] += seen
        self._report.untold("route", "too-few", few)
        for (here, _), hours, usual, (key, came, told) in self._durations.outlying():
            if hours - usual <= _A_NIGHT_H:
                continue
            self._report.find(
                "long-stay",
                [key],
                at=(came.at, told.at),
                place=here,
                party=self._facts.holder(here, told.party),
                numbers=(Number("hours", hours, "HUR"), Number("usual", usual, "HUR")),
                evidence=(came.evidence, told.evidence),
            )
