"""Tagged things on their way: from the event that sends them to the one that tells them elsewhere.

What was sent in a container may arrive without it, and the other way round; what was seen at somebody else's
may still go on to where it was sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from suyuan.trace.checks.custody import Custody, Sighting, named
from suyuan.trace.checks.receivers import ARRIVING, Receivers, Sent
from suyuan.trace.checks.told import RECEIPTS, Mark, Told
from suyuan.trace.lineage.statement import says_sold

_DELIVERED = frozenset({"receiving", "accepting", "stocking"})
"""Steps of whoever takes goods over; others may be those of a place on the way."""


class Journeys:
    """Which instances are on the way."""

    def __init__(self, receivers: Receivers) -> None:
        self._receivers, self._report = receivers, receivers.report
        self._open: dict[str, Sent] = {}
        self._split: set[str] = set()  # containers sent whole, of which a part came by itself
        self._strays: dict[str, Mark] = {}  # seen at somebody else's on the way
        self._early: dict[str, tuple[Mark, Sighting]] = {}  # received, and nobody had sent it

    def send(self, told: Told, sent: Sent) -> None:
        """What a shipment names sets out."""
        ships = told.said.biz_step == "shipping"
        for one in told.said.what:
            if not one.is_class:
                self._send(one.key, told, sent, ships=ships)

    def take_back(self, told: Told) -> None:
        """A shipment is void."""
        for key in named(told.said):
            self._forget(key)

    def come(self, told: Told, here: str, custody: Custody) -> None:
        """Whatever an event names is there."""
        arrives = told.said.biz_step in ARRIVING
        if not (self._open or arrives):
            return
        recorded = told.said.biz_step in RECEIPTS
        for key in dict.fromkeys(named(told.said)):
            found = False
            if self._can_be_on_the_way(key, custody):
                for one in list(self._on_the_way(key, here, custody, whole=recorded)):
                    found = True
                    self._settle(one, told, here, recorded=recorded)
            if arrives and not found:
                self._check_announced(key, told, here, custody)

    def judge(self, now: int) -> None:
        """Note what never came, and what came from nowhere."""
        for key, sent in self._open.items():
            self._report.examined["shipment"] += 1
            stray = self._strays.get(key)
            if stray is not None:
                here = str(stray.here)
                possible = self._receivers.fits(sent, here, stray.party) is None
                self._receivers.astray(key, here, stray, sent, possible=possible)
            elif self._receivers.overdue(sent, now):
                self._receivers.note("not-received", key, sent.origin, (sent.mark, sent.mark), sent)
        for key, (receipt, last) in self._early.items():
            self._note_unannounced(key, receipt, last)

    def _send(self, key: str, told: Told, sent: Sent, *, ships: bool) -> None:
        before = self._open.get(key)
        if before is not None:
            same = (before.sites, before.parties) == (sent.sites, sent.parties)
            if not ships or same or before.origin == sent.origin:
                return  # the same journey, told of again on the way
            if sent.origin is not None:
                self._settle(key, told, sent.origin, recorded=False)
                if key in self._open:  # from elsewhere to elsewhere: perhaps the order was changed
                    self._receivers.astray(key, sent.origin, sent.mark, before, possible=True)
            self._forget(key)
        early = self._early.pop(key, None)
        if early is not None:
            receipt, last = early
            fits = self._receivers.fits(sent, receipt.here or "", receipt.party)
            if fits is not False and self._receivers.soon(sent, receipt):
                self._receivers.of(sent.mark.party).sent += 1
                self._receivers.of(sent.mark.party).sent_matched += 1
                self._receivers.of(receipt.party).received_matched += 1
                self._receivers.note("received-before-shipped", key, receipt.here, (receipt, sent.mark), sent)
                return
            self._note_unannounced(key, receipt, last)
        self._receivers.of(sent.mark.party).sent += 1
        self._open[key] = sent

    def _forget(self, key: str) -> None:
        self._open.pop(key, None)
        self._strays.pop(key, None)

    def _can_be_on_the_way(self, key: str, custody: Custody) -> bool:
        """What is neither on the way itself nor in anything, nor holds anything, is not; most are such."""
        return bool(self._open) and (
            key in self._open or key in custody.parent or key in custody.inside or key in self._split
        )

    def _on_the_way(self, key: str, here: str, custody: Custody, *, whole: bool) -> Iterator[str]:
        """What of ``key`` is on the way: itself, in what was sent, or what is in it."""
        if key in self._open:
            yield key
            return
        path = [key]
        for above in custody.around(key):
            path.append(above)
            if above in self._open:
                strayed = above in self._strays and self._strays[above].here == here
                if not strayed:
                    self._open_up(path, custody)
                yield above if strayed else key
                return
        if key in self._split or (whole and key in custody.inside):
            yield from [one for one in custody.contents(key) if one in self._open]

    def _open_up(self, path: Sequence[str], custody: Custody) -> None:
        """A part of what was sent as a whole comes by itself: from now on its parts are on the way."""
        for outer in reversed(path[1:]):
            sent = self._open.pop(outer)
            self._split.add(outer)
            for inner in custody.inside.get(outer, ()):
                self._open[inner] = sent

    def _settle(self, key: str, told: Told, here: str, *, recorded: bool) -> None:
        sent = self._open[key]
        self._report.examined["shipment"] += 1
        if here == sent.origin:
            if told.said.biz_step in ARRIVING:
                self._forget(key)  # it came back
            return
        fits = self._receivers.fits(sent, here, told.said.party)
        if fits is True:
            self._forget(key)
            self._receivers.arrived(key, sent, told.mark, here)
            if recorded:
                self._receivers.of(told.said.party).received += 1
                self._receivers.of(told.said.party).received_matched += 1
            else:
                self._receivers.note("receipt-unrecorded", key, here, (sent.mark, told.mark), sent)
        else:
            self._go_astray(key, sent, told, here, possible=fits is None)

    def _go_astray(self, key: str, sent: Sent, told: Told, here: str, *, possible: bool) -> None:
        """At somebody else's: perhaps on the way; what is opened, used or sold there is there for good."""
        stray = self._strays.get(key)
        ends = says_sold(told.said) or told.said.type == "TransformationEvent"
        if ends or (stray is not None and stray.here == here and told.said.biz_step not in RECEIPTS):
            came = told.mark if stray is None else stray
            self._forget(key)
            self._receivers.astray(key, here, came, sent, possible=possible)
        elif told.said.biz_step in _DELIVERED and stray is None:
            self._strays[key] = told.mark

    def _check_announced(self, key: str, told: Told, here: str, custody: Custody) -> None:
        last = custody.last(key)
        self._report.examined["shipment"] += 1
        if last is None:
            self._report.untold("shipment", "no-record")
        elif last.site != here and not last.leaves and not self._same_holder(last, here, told.said.party):
            self._receivers.of(told.said.party).received += 1
            self._early[key] = told.mark, last

    def _same_holder(self, last: Sighting, here: str, party: str) -> bool:
        """Goods move between places of one owner without papers."""
        holder = self._receivers.facts.holder
        return holder(last.site, last.party) == holder(here, party)

    def _note_unannounced(self, key: str, came: Mark, last: Sighting) -> None:
        self._receivers.note("received-not-shipped", key, came.here, (came, came), None, seen=last)
