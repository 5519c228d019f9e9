"""Who sent what to whom: shipments, whether a receiver is the right one, and how many halves were matched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from suyuan.trace.checks.custody import Sighting
from suyuan.trace.checks.durations import Durations
from suyuan.trace.checks.facts import Facts, Rules
from suyuan.trace.checks.finding import Code, Number, Report, Severity
from suyuan.trace.checks.told import Mark
from suyuan.trace.gs1 import site
from suyuan.trace.lineage.kinds import kind_by_name

HOUR = 3_600_000_000
"""In microseconds."""
ARRIVING = frozenset({"receiving", "arriving"})
"""Steps of whoever says that goods came, before anything else is done with them."""

Route = tuple[str, str]
Way = tuple[str, Mark, Mark]
"""What went, the event that sent it, the event that told it elsewhere."""


@dataclass(slots=True, eq=False)
class Sent:
    """One shipment."""

    mark: Mark
    sites: frozenset[str]
    parties: frozenset[str]

    @property
    def origin(self) -> str | None:
        """The site that it left."""
        return self.mark.here

    @property
    def aim(self) -> str | None:
        """The site that it was sent to; the first by its key of several."""
        return min(self.sites, default=None)


@dataclass(slots=True)
class Matched:
    """Pieces, units and amounts that a party sent and received, and those of which both halves are told."""

    sent: int = 0
    sent_matched: int = 0
    received: int = 0
    received_matched: int = 0


@dataclass(slots=True, eq=False)
class _Batch:
    """What the same two events say of one or many objects."""

    code: Code
    here: str | None
    first: Mark
    last: Mark
    sent: Sent | None
    possible: bool
    seen: Sighting | None
    keys: dict[str, None] = field(default_factory=dict[str, None])


class Receivers:
    """What instances and amounts on the way have in common."""

    def __init__(self, facts: Facts, rules: Rules, report: Report) -> None:
        self.facts, self.rules, self.report = facts, rules, report
        self.routes: Durations[Route, Way] = Durations(rules)
        self.matched: dict[str, Matched] = {}
        self._batches: dict[tuple[Code, str | None, str, str], _Batch] = {}

    def of(self, party: str) -> Matched:
        """The counts of a party."""
        return self.matched.setdefault(party, Matched())

    def fits(self, sent: Sent, here: str, party: str) -> bool | None:
        """Whether goods that come to ``here`` were sent there; None where nobody knows whose site it is."""
        if (not sent.sites and not sent.parties) or here in sent.sites:
            return True
        owner = self.facts.owner(here)
        if not sent.sites and (party in sent.parties or owner in sent.parties):
            return True
        return None if owner is None and not sent.sites else False

    def accepts(self, sent: Sent, here: str, party: str) -> bool:
        """Whether an amount that comes here may be of that shipment: it was sent here, or to its receiver."""
        return self.fits(sent, here, party) is not False or self.is_theirs(sent, here, party)

    def is_theirs(self, sent: Sent, here: str, party: str) -> bool:
        """Whether it is at least another site of the receiver."""
        owner = self.facts.holder(here, party)
        return owner in sent.parties or any(self.facts.owner(one) == owner for one in sent.sites)

    def astray(self, key: str, here: str, came: Mark, sent: Sent, *, possible: bool) -> None:
        """Find that something came elsewhere than where it was sent."""
        self.note("diverted", key, here, (sent.mark, came), sent, possible=possible)

    def arrived(self, key: str, sent: Sent, came: Mark, here: str) -> None:
        """Both halves are told."""
        self.of(sent.mark.party).sent_matched += 1
        if sent.origin is not None:
            hours = (came.at - sent.mark.at) / HOUR
            self.routes.add((sent.origin, here), hours, (key, sent.mark, came))

    def soon(self, sent: Sent, received: Mark) -> bool:
        """Whether what was received before it was sent can have been received by a wrong clock."""
        return received.at >= self.earliest(sent)

    def earliest(self, sent: Sent) -> float:
        """The instant from which on what was received may have been sent then, by a wrong clock."""
        return sent.mark.at - self.rules.skew_h * HOUR

    def patience_h(self, sent: Sent) -> float:
        """Hours within which it should have come: as usual on its route, else by the rules."""
        usual = [self.routes.usual((sent.origin, one)) for one in sent.sites if sent.origin is not None]
        known = [one[1] for one in usual if one is not None]
        return max(known) if known and len(known) == len(usual) else self.rules.transit_h

    def overdue(self, sent: Sent, now: int) -> bool:
        """Whether it should have come by now."""
        return (now - sent.mark.at) / HOUR > self.patience_h(sent)

    def note(
        self,
        code: Code,
        key: str,
        here: str | None,
        told: tuple[Mark, Mark],
        sent: Sent | None,
        *,
        possible: bool = False,
        seen: Sighting | None = None,
    ) -> None:
        """Find something of an object, by two events; what the same two say of many is one finding."""
        first, last = told
        name = (code, here, first.evidence, last.evidence)
        batch = self._batches.get(name)
        if batch is None:
            batch = self._batches[name] = _Batch(code, here, first, last, sent, possible, seen)
        batch.keys[key] = None

    def judge(self, now: int) -> None:
        """Tell what was noted, and ways that took far too long."""
        for batch in self._batches.values():
            self._find(batch, now)
        seen, few = self.routes.counts()
        self.report.examined["route"] += seen
        self.report.untold("route", "too-few", few)
        for (origin, here), hours, usual, (key, left, came) in self.routes.outlying():
            self.report.find(
                "slow-transit",
                [key],
                at=(left.at, came.at),
                place=here,
                party=self.facts.holder(here, came.party),
                other_place=origin,
                other_party=left.party,
                numbers=(Number("hours", hours, "HUR"), Number("usual", usual, "HUR")),
                evidence=(left.evidence, came.evidence),
            )

    def _find(self, batch: _Batch, now: int) -> None:
        first, last, sent, seen = batch.first, batch.last, batch.sent, batch.seen
        place, party = batch.here, self.facts.holder(batch.here, last.party)
        other = None if sent is None else sent.origin
        other_party = None if sent is None else sent.mark.party
        numbers: tuple[Number, ...] = ()
        severity: Severity | None = None
        if sent is not None and batch.code == "not-received":
            place, party = sent.aim, self.facts.holder(sent.aim, min(sent.parties, default=None))
            hours = (now - first.at) / HOUR
            numbers = (Number("hours", hours, "HUR"), Number("usual", self.patience_h(sent), "HUR"))
        elif sent is not None and batch.code == "diverted":
            other, theirs = sent.aim, self.is_theirs(sent, str(batch.here), last.party)
            severity = "notice" if theirs else None
        elif batch.code == "received-before-shipped":
            party = self.facts.holder(place, first.party)
            numbers = (Number("hours", (last.at - first.at) / HOUR, "HUR"),)
        elif seen is not None:
            other, other_party = seen.site, self.facts.holder(seen.site, seen.party)
        at = sorted((first.at, last.at))
        self.report.find(
            batch.code,
            batch.keys,
            at=(at[0], at[1]),
            certainty="possible" if batch.possible else "certain",
            severity=severity,
            place=place,
            party=party,
            other_place=other,
            other_party=other_party,
            numbers=numbers,
            evidence=(*(() if seen is None else (seen.evidence,)), first.evidence, last.evidence),
        )


def ends(destinations: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Sites and parties of a list of destinations."""
    places = [one for one in destinations if kind_by_name(one) == "place"]
    return frozenset(map(site, places)), frozenset(destinations) - frozenset(places)
