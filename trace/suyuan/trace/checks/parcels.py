"""Amounts of lots on their way: first sent, first received, among the shipments meant for that place.

An amount bears no name. What comes is matched with a shipment of the same amount, else with the oldest ones;
what is left over on both sides is told as too little, too much, never received, never sent, or, where two
leftovers are alike, as perhaps diverted.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from suyuan.trace.checks.custody import Custody, Lot, loosely
from suyuan.trace.checks.finding import Number
from suyuan.trace.checks.ledger import allowed
from suyuan.trace.checks.receivers import ARRIVING, Receivers, Sent
from suyuan.trace.checks.told import RECEIPTS, Mark, Told

_MOST_ELSEWHERE, _MOST_ALIKE = 1000, 100
"""How many that were sent elsewhere, and amounts of one size, are looked through: there may be any number.

Those elsewhere count whether they may come or not, the oldest of each aim first: what is behind so many open
ones of one lot is not found, and what came then is told as sent by nobody.
"""


@dataclass(slots=True, eq=False)
class Parcel:
    """An amount of a lot in a shipment; ``left`` is what nobody received yet, None: nobody said how much."""

    sent: Sent
    lot: Lot
    quantity: float | None
    left: float | None
    received_by: Mark | None = None


@dataclass(slots=True, eq=False)
class Receipt:
    """An amount of a lot that came and was in no shipment; ``quantity`` all that came by that event."""

    mark: Mark
    here: str
    quantity: float
    left: float


class Parcels:
    """Which amounts are on the way."""

    def __init__(self, receivers: Receivers) -> None:
        self._receivers, self._report, self._rules = receivers, receivers.report, receivers.rules
        self._parcels: dict[Lot, dict[str | None, list[Parcel]]] = {}  # by the site that they are sent to
        self._receipts: dict[Lot, dict[str, list[Receipt]]] = {}  # by the site where they came
        self._words: dict[tuple[str, str | None, Lot], list[float]] = {}

    def coming(self, where: str, lot: Lot) -> float:
        """How much of a lot was sent to a site and never received there; without bound if nobody said."""
        meant = self._meant_for(lot, where, "", all_of_it=True)
        return sum(math.inf if one.left is None else one.left for one in meant)

    def send(self, told: Told, sent: Sent, custody: Custody) -> None:
        """The amounts of a shipment set out."""
        for lot, quantity in loosely(told.said.what, custody).items():
            more = self._growth("out", told, lot, quantity, first=told.said.biz_step == "shipping")
            if more is None or more > self._slack(quantity, lot):
                self._receivers.of(told.said.party).sent += 1
                parcel = Parcel(sent, lot, more, more)
                self._parcels.setdefault(lot, {}).setdefault(sent.aim, []).append(parcel)
                self._match_earlier(parcel)

    def take_back(self, told: Told, custody: Custody) -> None:
        """The last shipment of these amounts from here is void."""
        for lot, quantity in custody.amounts(told.said.what).items():
            sent = [one for one in self._waiting(lot) if one.sent.origin == told.here]
            if sent:
                last = max(sent, key=lambda one: one.sent.mark)
                last.left = 0.0 if quantity is None else max(0.0, (last.left or 0.0) - quantity)

    def come(self, told: Told, here: str, custody: Custody) -> None:
        """The amounts that an event tells to have come."""
        said = told.said
        if (
            said.biz_step in RECEIPTS
            and said.type in ("ObjectEvent", "TransactionEvent")
            and (said.action != "ADD")
        ):
            for lot, quantity in loosely(told.said.what, custody).items():
                self._receive(told, here, lot, quantity)

    def judge(self, now: int) -> None:
        """Tell what never came, and what came and nobody had sent."""
        for lot in self._receipts:
            self._judge_receipts(lot)
        for lot in self._parcels:
            for parcel in self._waiting(lot):
                self._judge(lot, parcel, now)

    def _waiting(self, lot: Lot) -> Iterator[Parcel]:
        return chain.from_iterable(self._parcels.get(lot, {}).values())

    # Matching

    def _receive(self, told: Told, here: str, lot: Lot, quantity: float | None) -> None:
        arrives = told.said.biz_step in ARRIVING
        first = told.said.biz_step == "receiving"
        came = self._growth("in", told, lot, quantity, first=first) if arrives else quantity
        if came is not None and came <= self._slack(quantity, lot):
            return
        left, matched = self._match(told, here, lot, came)
        if not arrives:
            return  # a step that may as well be about goods that were here before
        counts = self._receivers.of(told.said.party)
        counts.received += 1
        counts.received_matched += matched
        self._report.examined["shipment"] += 1
        if came is None or left is None:
            self._report.untold("shipment", "no-quantity")
        elif left > self._slack(came, lot):
            there = self._receipts.setdefault(lot, {}).setdefault(here, [])
            there.append(Receipt(told.mark, here, came, left))

    def _match(self, told: Told, here: str, lot: Lot, came: float | None) -> tuple[float | None, bool]:
        """What is left of what came when all that was sent here is taken from it, and whether any was."""
        meant = self._meant_for(lot, here, told.said.party)
        alike = next((one for one in meant if self._alike(one, came)), None)
        if alike is not None:
            self._got(alike, told.mark, here, None)
            return 0.0, True
        if came is None:  # all that was sent to this very site, or else the oldest to its holder
            here_only = [one for one in meant if here in one.sent.sites] or meant[:1]
            for parcel in here_only:
                self._got(parcel, told.mark, here, None)
            return None, bool(here_only)
        left = came
        for parcel in meant:
            if left <= 0:
                break
            some = None if parcel.left is None else min(left, parcel.left)
            left = 0.0 if some is None else left - some
            self._got(parcel, told.mark, here, some)
        return left, bool(meant)

    def _meant_for(self, lot: Lot, here: str, party: str, *, all_of_it: bool = False) -> Sequence[Parcel]:
        """Shipments of a lot to this site; if there are none, or all are wanted, what may be here too."""
        by_aim = self._parcels.get(lot)
        if by_aim is None:
            return ()
        here_only = [one for one in by_aim.get(here, ()) if _may_come(one, here)]
        if here_only and not all_of_it:
            return here_only
        elsewhere = chain.from_iterable(waiting for aim, waiting in by_aim.items() if aim != here)
        others = (
            one
            for one in islice(elsewhere, _MOST_ELSEWHERE)
            if _may_come(one, here) and self._receivers.accepts(one.sent, here, party)
        )
        return [*here_only, *others]

    def _got(self, parcel: Parcel, came: Mark, here: str, quantity: float | None) -> None:
        """So much of a parcel came; None: what there was of it."""
        if parcel.received_by is None:
            self._receivers.arrived(parcel.lot[0], parcel.sent, came, here)
        parcel.received_by = came
        parcel.left = 0.0 if quantity is None or parcel.left is None else parcel.left - quantity
        if parcel.left <= 0:
            self._parcels[parcel.lot][parcel.sent.aim].remove(parcel)

    def _match_earlier(self, parcel: Parcel) -> None:
        """What is sent now may have been received before, by another clock."""
        sent, lot = parcel.sent, parcel.lot
        by_site = self._receipts.get(lot, {})
        since = self._receivers.earliest(sent)
        came = [one for here in (sent.sites or by_site) for one in _since(since, by_site.get(here, ()))]
        for receipt in sorted(came, key=lambda one: (one.mark, one.here)):
            fits = self._receivers.fits(sent, receipt.here, receipt.mark.party)
            if fits is False or receipt.here == sent.origin:
                continue
            some = receipt.left if parcel.left is None else min(receipt.left, parcel.left)
            receipt.left -= some
            self._receivers.note(
                "received-before-shipped", lot[0], receipt.here, (receipt.mark, sent.mark), sent
            )
            self._receivers.of(receipt.mark.party).received_matched += 1
            self._got(parcel, receipt.mark, receipt.here, some)
            if receipt.left <= self._slack(receipt.quantity, lot):
                by_site[receipt.here].remove(receipt)
            if not parcel.left:
                return

    def _growth(self, way: str, told: Told, lot: Lot, quantity: float | None, *, first: bool) -> float | None:
        """What a telling adds to what two words for the same movement told before; None: not known."""
        if quantity is None:
            return None
        sums = self._words.setdefault((way, told.here, lot), [0.0, 0.0])
        before = max(sums)
        sums[0 if first else 1] += quantity
        return max(0.0, max(sums) - before)

    def _alike(self, parcel: Parcel, quantity: float | None) -> bool:
        if parcel.left is None or quantity is None:
            return False
        return abs(parcel.left - quantity) <= self._slack(parcel.left, parcel.lot)

    def _slack(self, whole: float | None, lot: Lot) -> float:
        return allowed(whole or 0.0, lot[1], self._rules)

    # Telling

    def _judge(self, lot: Lot, parcel: Parcel, now: int) -> None:
        self._report.examined["shipment"] += 1
        whole, left, sent, got = parcel.quantity, parcel.left, parcel.sent, parcel.received_by
        late = self._receivers.overdue(sent, now)
        if whole is None or left is None:
            self._report.untold("shipment", "no-quantity")
            if late and got is None:
                self._receivers.note("not-received", lot[0], sent.origin, (sent.mark, sent.mark), sent)
            return
        if not late or left <= self._slack(whole, lot):
            return
        holder, last = self._receivers.facts.holder, got or sent.mark
        place = sent.aim if got is None else got.here
        self._report.find(
            "not-received" if got is None else "received-less",
            [lot[0]],
            at=(sent.mark.at, last.at),
            place=place,
            party=holder(place, min(sent.parties, default=None) if got is None else got.party),
            other_place=sent.origin,
            other_party=sent.mark.party,
            numbers=(
                Number("sent", whole, lot[1]),
                Number("received", whole - left, lot[1]),
                Number("short", left, lot[1]),
            ),
            evidence=(sent.mark.evidence, last.evidence),
        )

    def _judge_receipts(self, lot: Lot) -> None:
        """An amount that came where none was sent, and the same amount that never came where it was sent."""
        lost = [one for one in self._waiting(lot) if one.received_by is None and one.left]
        lost.sort(key=lambda one: (one.left or 0.0, one.sent.mark))
        for receipt in chain.from_iterable(self._receipts[lot].values()):
            low = bisect_left(
                lost, receipt.left - self._slack(receipt.left, lot), key=lambda one: one.left or 0.0
            )
            parcel = next(
                (one for one in lost[low : low + _MOST_ALIKE] if self._is_astray(one, receipt)), None
            )
            if parcel is None:
                self._find_excess(lot, receipt)
            else:
                self._find_astray(lot, parcel.sent, receipt)
                lost.remove(parcel)
                self._parcels[lot][parcel.sent.aim].remove(parcel)

    def _is_astray(self, parcel: Parcel, receipt: Receipt) -> bool:
        return (
            self._alike(parcel, receipt.left)
            and receipt.mark.at >= parcel.sent.mark.at
            and parcel.sent.origin != receipt.here
        )

    def _find_astray(self, lot: Lot, sent: Sent, receipt: Receipt) -> None:
        came = receipt.mark
        self._report.find(
            "diverted",
            [lot[0]],
            at=(sent.mark.at, came.at),
            certainty="possible",  # it may be another amount of the same size
            place=receipt.here,
            party=self._receivers.facts.holder(receipt.here, came.party),
            other_place=sent.aim,
            other_party=sent.mark.party,
            numbers=(Number("sent", receipt.left, lot[1]),),
            evidence=(sent.mark.evidence, came.evidence),
        )

    def _find_excess(self, lot: Lot, receipt: Receipt) -> None:
        sent, at = receipt.quantity - receipt.left, receipt.mark.at
        self._report.find(
            "received-more" if sent > 0 else "received-not-shipped",
            [lot[0]],
            at=(at, at),
            place=receipt.here,
            party=self._receivers.facts.holder(receipt.here, receipt.mark.party),
            numbers=(
                Number("sent", sent, lot[1]),
                Number("received", receipt.quantity, lot[1]),
                Number("over", receipt.left, lot[1]),
            ),
            evidence=(receipt.mark.evidence,),
        )


def _since(at: float, receipts: Sequence[Receipt]) -> Sequence[Receipt]:
    """Those from an instant on; they stand in the order in which they came."""
    return receipts[bisect_left(receipts, at, key=lambda one: one.mark.at) :]


def _may_come(parcel: Parcel, here: str) -> bool:
    return parcel.left != 0.0 and parcel.sent.origin != here
