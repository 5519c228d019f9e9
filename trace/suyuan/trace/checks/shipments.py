"""What was sent against what was received: missing halves, other amounts, other receivers.

Instances are followed by their names (:mod:`.journeys`), amounts of lots by size and time (:mod:`.parcels`).
A receiver is right if the site, its owner or the receiving party is a destination of the shipment; where none
is told, every receiver is.
"""

from __future__ import annotations

from suyuan.trace.checks.custody import Custody, Lot
from suyuan.trace.checks.facts import Facts, Rules
from suyuan.trace.checks.finding import Report
from suyuan.trace.checks.journeys import Journeys
from suyuan.trace.checks.parcels import Parcels
from suyuan.trace.checks.receivers import Matched, Receivers, Sent, ends
from suyuan.trace.checks.told import Told


class Shipments:
    """What is on the way, while a history is told."""

    def __init__(self, facts: Facts, rules: Rules, report: Report) -> None:
        self._receivers = Receivers(facts, rules, report)
        self._journeys, self._parcels = Journeys(self._receivers), Parcels(self._receivers)

    @property
    def matched(self) -> dict[str, Matched]:
        """What each party sent and received, and how much of it both sides told."""
        return self._receivers.matched

    def take(self, told: Told, custody: Custody) -> None:
        """The next event, before custody takes it."""
        if told.said.biz_step == "void_shipping":
            self._journeys.take_back(told)
            self._parcels.take_back(told, custody)
        elif told.statement.leaves:
            sent = Sent(told.mark, *ends(told.said.destinations))
            self._journeys.send(told, sent)
            self._parcels.send(told, sent, custody)
        elif told.here is not None:
            self._journeys.come(told, told.here, custody)
            self._parcels.come(told, told.here, custody)

    def coming(self, where: str, lot: Lot) -> float:
        """How much of a lot was sent to a site and never received there."""
        return self._parcels.coming(where, lot)

    def judge(self, now: int) -> None:
        """Tell what was never received, and what came from nowhere, as of the instant ``now``."""
        self._journeys.judge(now)
        self._parcels.judge(now)
        self._receivers.judge(now)
