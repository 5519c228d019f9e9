"""How complete the records of each party are: origins, matched shipments, key data, time until recorded.

The key data are those that 21 CFR 1.1325 to 1.1350 (FSMA 204) and 《食品安全法》第五十、五十三条 ask for and
EPCIS has fields for; they are named as EPCIS names them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from suyuan.trace.checks.custody import Custody
from suyuan.trace.checks.facts import Facts, product_of
from suyuan.trace.checks.finding import MOST_KEYS, Report
from suyuan.trace.checks.receivers import Matched
from suyuan.trace.checks.told import Mark, Told
from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.lineage.statement import holdings, instant

_STEP = 1_000_000
_MOST_DELAYS = 4096
_NO_SHIPMENTS = Matched()


@dataclass(frozen=True, slots=True)
class Completeness:
    """What a party's records have and lack.

    ``complete`` counts the events of which no key data are missing; ``missing`` counts the others by EPCIS
    field. Shipments and receipts are counted by the pieces, units and amounts of lots in them; what is still
    on its way within its time is not due, but counts as sent. Delays are from event to record, in seconds; a
    negative one is a clock ahead of ours. ``unlinked`` names at most 100 of the lots without origin.
    """

    party: str
    events: int
    complete: int
    missing: Mapping[str, int]
    lots: int
    lots_with_origin: int
    sent: int
    sent_matched: int
    received: int
    received_matched: int
    delay_median_s: float
    delay_p95_s: float
    delay_longest_s: float
    unlinked: tuple[str, ...]


@dataclass(slots=True, eq=False)
class Party:
    """The counts of a party in the making. ``delays`` are evenly thinned when they become many."""

    events: int = 0
    complete: int = 0
    missing: Counter[str] = field(default_factory=Counter[str])
    lots: dict[str, Mark] = field(default_factory=dict[str, Mark])
    commissioned: set[str] = field(default_factory=set[str])
    delays: list[float] = field(default_factory=list[float])
    longest: float = float("-inf")
    every: int = 1


class Records:
    """What each party has on record, while a history is told."""

    def __init__(self, facts: Facts, report: Report) -> None:
        self._facts, self._report = facts, report
        self._parties: dict[str, Party] = {}
        self._made: dict[str, bool] = {}  # lots -> whether by a transformation

    def take(self, told: Told, custody: Custody) -> None:
        """The next event, before custody takes it."""
        said = told.said
        party = self._parties.setdefault(said.party, Party())
        lacks = list(missing_data(told, custody))
        party.missing.update(lacks)
        party.complete += not lacks
        _delay(party, (instant(said.record_time) - told.statement.at) / _STEP)
        party.events += 1
        for one in holdings(said):
            if one.is_class:
                self._take_lot(party, one.key, told)
        for _, lot in said.lot_of:
            self._take_lot(party, lot, told)
        self._note_made(said)

    def _take_lot(self, party: Party, lot: str, told: Told) -> None:
        if lot not in party.lots:
            party.lots[lot] = told.mark
            if told.said.action == "ADD":
                party.commissioned.add(lot)

    def _note_made(self, said: Occurrence) -> None:
        if said.type == "ObjectEvent" and said.action == "ADD":
            for one in said.what:
                if one.is_class:
                    self._made.setdefault(one.key, False)
            for _, lot in said.lot_of:
                self._made.setdefault(lot, False)
        for one in said.outputs:
            if one.is_class:
                self._made[one.key] = True
        if said.outputs:
            for _, lot in said.lot_of:
                self._made[lot] = True

    def judge(self) -> None:
        """Tell lots without origin, for each party, and processed lots of which no input is told."""
        for name, party in self._parties.items():
            self._report.examined["origin"] += len(party.lots)
            lost = [lot for lot in party.lots if lot not in self._made]
            if lost:
                self._find("lot-without-origin", name, [(lot, party.lots[lot]) for lot in lost])
            cooked = [
                (lot, told)
                for lot, told in party.lots.items()
                if self._made.get(lot) is False
                and lot in party.commissioned
                and any(recipe.inputs for recipe in self._facts.recipes.get(product_of(lot), ()))
            ]
            for lot, told in cooked:
                self._find("made-from-nothing", name, [(lot, told)])

    def _find(self, code: str, party: str, lots: list[tuple[str, Mark]]) -> None:
        told = [one for _, one in lots]
        self._report.find(
            "made-from-nothing" if code == "made-from-nothing" else "lot-without-origin",
            [lot for lot, _ in lots],
            at=(min(one.at for one in told), max(one.at for one in told)),
            place=told[0].here if len({one.here for one in told}) == 1 else None,
            party=party,
            evidence=[one.evidence for one in told[:MOST_KEYS]],
        )

    def completeness(self, matched: Mapping[str, Matched]) -> tuple[Completeness, ...]:
        """Each party's records, sorted by party; ``matched`` as :class:`.shipments.Shipments` counts."""
        return tuple(
            self._of(name, party, matched.get(name, _NO_SHIPMENTS))
            for name, party in sorted(self._parties.items())
        )

    def _of(self, name: str, party: Party, matched: Matched) -> Completeness:
        unlinked = [lot for lot in party.lots if lot not in self._made]
        delays = sorted(party.delays)
        return Completeness(
            name,
            party.events,
            party.complete,
            dict(sorted(party.missing.items())),
            len(party.lots),
            len(party.lots) - len(unlinked),
            matched.sent,
            matched.sent_matched,
            matched.received,
            matched.received_matched,
            delays[len(delays) // 2],
            delays[min(len(delays) - 1, len(delays) * 95 // 100)],
            party.longest,
            tuple(sorted(unlinked)[:MOST_KEYS]),
        )


def missing_data(told: Told, custody: Custody) -> Iterator[str]:
    """The EPCIS fields without which an event of its kind does not say what has to be on record."""
    said = told.said
    if said.biz_step is None:
        yield "bizStep"
    if said.read_point is None and said.biz_location is None:
        yield "readPoint"
    if any(one.is_class and one.quantity is None for one in holdings(said)):
        yield "quantity"
    if said.type == "TransformationEvent" and said.transformation_id is None:
        if not (said.inputs and said.outputs):
            yield "outputEPCList" if said.inputs else "inputEPCList"
    elif said.type == "ObjectEvent" and said.action == "ADD":
        known = {instance for instance, _ in said.lot_of}
        if any(
            not one.is_class and one.key not in known and _lacks_lot(one.key, custody) for one in said.what
        ):
            yield "lotNumber"
    else:
        yield from _missing_papers(told)


def _missing_papers(told: Told) -> Iterator[str]:
    """What goods on their way need: the other end, and the document that goes with them."""
    step = told.said.biz_step
    if step == "shipping" and not told.said.destinations:
        yield "destinationList"
    if step == "receiving" and not told.sources:
        yield "sourceList"
    if step in ("shipping", "receiving") and not told.documents:
        yield "bizTransactionList"


def _lacks_lot(key: str, custody: Custody) -> bool:
    return key not in custody.lots and product_of(key) != key  # a crate has no product, and no lot


def _delay(party: Party, seconds: float) -> None:
    party.longest = max(party.longest, seconds)
    if party.events % party.every == 0:
        party.delays.append(seconds)
        if len(party.delays) > _MOST_DELAYS:
            party.delays, party.every = party.delays[::2], party.every * 2
