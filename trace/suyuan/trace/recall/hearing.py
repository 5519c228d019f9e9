"""By whose word the checkpoints of goods are: what is looked up to tell that."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from math import inf
from typing import Protocol

from suyuan.trace.epcis.event import Event
from suyuan.trace.gs1 import IdentifierError, canonical_key, identify
from suyuan.trace.lineage import Visit, WhereNow, occurrence
from suyuan.trace.lineage.contract import Status
from suyuan.trace.lineage.occurrence import Basis
from suyuan.trace.recall.custody import (
    INSPECTS,
    NOBODY,
    NOTHING_TOLD,
    SELLS,
    Custody,
    Told,
    as_place,
    custody,
    first_told,
    key_of,
    maker_of,
    recorded,
    told_apart,
)
from suyuan.trace.recall.hearsay import is_sale
from suyuan.trace.recall.names import Attributes
from suyuan.trace.recall.passport import Entered

_LABORATORY = "laboratory"
_EVER = datetime.min.replace(tzinfo=UTC)
_MOST_HANDS = 20
"""Goods pass no more, in boxes that strangers say they were taken from."""


class Records(Protocol):
    """Where the facts come from: the part of :class:`suyuan.trace.recall.facts.Records` that is asked."""

    def lot_of(self, key: str) -> str | None:
        """The lot of an instance."""
        ...

    def journey(self, key: str) -> Sequence[Visit]:
        """The checkpoints of an object, in order."""
        ...

    def where_now(self, key: str) -> WhereNow:
        """Where it was last known to be."""
        ...

    def evidence(self, keys: Iterable[str]) -> Mapping[str, Event]:
        """The events of these evidence keys."""
        ...

    def attributes(self, keys: Iterable[str]) -> Mapping[str, Attributes]:
        """Master data by canonical key, attributes by local name."""
        ...

    def told_by(self, key: str, producer: str) -> str | None:
        """Who answers for a product or lot in the register, where that is not its producer.

        Of a place whoever runs it, or ran it until it was given up.
        """
        ...

    def entered(self, key: str) -> Entered | None:
        """How an approved entry of the register came to count; None where nobody answers for the key."""
        ...

    def operators(self) -> Collection[str]:
        """The parties in whose name those write who run the platform."""
        ...

    def authorities(self) -> Collection[str]:
        """The parties in whose name officers write."""
        ...


def begins(visit: Visit, events: Mapping[str, Event], key: str, first_name: Callable[[str], str]) -> bool:
    """Whether the thing itself came into being here, and not what it is in; a unit when it is packed."""
    event = events.get(visit.evidence)
    if event is None or visit.through is not None:
        return False
    if event.parent_id is not None and _kind(key) == "unit":
        return event.action == "ADD" and first_name(key_of(event.parent_id)) == key
    made = (*event.output_epc_list, *(element.epc_class for element in event.output_quantity_list))
    return (event.type == "ObjectEvent" and event.action == "ADD") or any(
        first_name(canonical_key(spelled)) == key for spelled in made
    )


def _kind(key: str) -> str:
    try:
        return identify(key).kind
    except IdentifierError:
        return ""


def _as_takers(of: Custody) -> Custody:
    return Custody(takers={**of.takers, **dict.fromkeys(of.holders, _EVER)})


class Hearing:
    """By whose word things are; with the events that were read for that, and whoever told them."""

    def __init__(self, records: Records, first_name: Callable[[str], str] = str) -> None:
        self._records = records
        self._first_name = first_name
        self.events: dict[str, Event] = {}
        self.tellers: set[str] = set()
        self._operators = frozenset(map(self._name, records.operators()))
        self._authorities: frozenset[str] | None = None
        self._answering: dict[str, frozenset[str]] = {}
        self._open: list[str] = []  # what is being asked about, each in the next
        self._boxes: dict[tuple[str, frozenset[str]], tuple[Visit, ...]] = {}
        self._owned_by: dict[str, str | None] = {}

    def of(
        self,
        key: str,
        product: str | None,
        of_piece: Custody = NOBODY,
        makers: Collection[str] = (),
        until: datetime | None = None,
        made_before: float = inf,
        of_lot: Custody = NOBODY,
    ) -> tuple[Told, Custody]:
        """What was told of ``key``, and who had it.

        Whoever had a piece of it (``of_piece``) may tell of it too, and whoever had it ``until`` there was
        that piece; not those who got other pieces then. ``makers`` are known to have made it; others only if
        they said so before ``made_before`` by our clock. Whoever got some of its lot (``of_lot``) may have
        taken it over.
        """
        known = {*self._operators, *self._owners(product), *of_piece.holders, *map(self._name, makers)}
        visits = tuple(self._records.journey(key))
        is_open = not (of_piece.holders or makers)
        of_piece = of_piece.joined(_as_takers(of_lot))
        doubts = bool(self._owners(product)) and _kind(key) == "lot"
        told, of = self._by_word(
            key,
            visits,
            known,
            of_piece,
            is_open=is_open,
            until=until,
            made_before=made_before,
            doubts=doubts,
        )
        if any(self._packs(visit) for visit in told.strange):
            return self._unpacked(key, visits, known | of.holders, of_piece, until)
        return told, of

    def _by_word(
        self,
        key: str,
        visits: Sequence[Visit],
        known: Collection[str],
        of_piece: Custody,
        *,
        is_open: bool = False,
        until: datetime | None = None,
        made_before: float = inf,
        doubts: bool = False,
    ) -> tuple[Told, Custody]:
        """``visits`` by whose word they are; ``is_open``: without a beginning, who told first began it.

        ``until`` is when those got it whose word counts. ``doubts``: of goods of a product that somebody
        answers for, a maker that they do not know accuses nothing.
        """
        events = self._events_of(visits)
        self.tellers.update(visit.party for visit in visits)
        owner_of, of_name = self._owner_of, self._first_name
        begun = [visit for visit in visits if begins(visit, events, key, of_name)]
        begun = [
            visit
            for visit in begun
            if self._name(visit.party) in known or recorded(visit, events) < made_before
        ]
        maker = maker_of(key, begun, events, known, of_name, told=visits, owner_of=owner_of)
        if maker is None and is_open and made_before == inf:
            maker = first_told(key, visits, events)
        makers = set(known)
        doubted: dict[str, datetime] = {}
        if maker is not None and doubts:
            doubted[self._name(maker.party)] = maker.time
        elif maker is not None:
            makers.add(self._name(maker.party))

        def had(some: Sequence[Visit]) -> Custody:
            return custody(some, events, makers, owner_of=owner_of, first_name=of_name, doubted=doubted)

        of = had([visit for visit in visits if until is None or visit.time <= until])
        of = of.joined(of_piece)
        return told_apart(visits, of, of_name, self._inspectors(visits, lambda: had(visits))), of

    def _inspectors(self, visits: Iterable[Visit], given: Callable[[], Custody]) -> Collection[str]:
        """Whose inspections count though they never had the goods: authorities, and laboratories.

        A laboratory is one that is in the register as such, and ``given`` some of these goods by name: what a
        company says there of itself makes it none.
        """
        others = {self._name(visit.party) for visit in visits if visit.biz_step == INSPECTS}
        if not others:
            return ()
        if self._authorities is None:
            self._authorities = frozenset(map(self._name, self._records.authorities()))
        told = dict(self._records.attributes(others))
        roles = {one: attributes.get("roles", "").split("\n") for one, attributes in told.items()}
        tested = [one for one in others if _LABORATORY in roles.get(one, ())]
        labs = {one for one in tested if self._records.entered(one) is not None}
        return (others & self._authorities) | (labs and labs & given().holders)

    def _unpacked(
        self,
        key: str,
        visits: Sequence[Visit],
        known: Collection[str],
        of_piece: Custody,
        until: datetime | None,
    ) -> tuple[Told, Custody]:
        """The same where a stranger says that ``key``, or what it is in, was packed elsewhere.

        Lineage believes that. What was told of boxes is taken from those that holders packed it into instead.
        """
        own = [visit for visit in visits if visit.through is None]
        names_it = {visit.evidence for visit in own}
        inside: list[Visit] = []
        told, of = self._by_word(key, own, known, of_piece, until=until, made_before=0.0)
        for _ in range(_MOST_HANDS):  # who takes it out of a box may be known from what was told of the box
            boxed: Iterator[Visit] = self._in_boxes(key, told, of)
            found = [one for one in boxed if one.evidence not in names_it]
            if found == inside:
                break
            inside = found
            some: list[Visit] = sorted([*own, *inside], key=lambda visit: visit.time)
            told, of = self._by_word(key, some, known, of_piece, until=until, made_before=0.0)
        return told, of

    def _in_boxes(self, key: str, told: Told, of: Custody) -> Iterator[Visit]:
        """What was told of boxes while ``key`` was in them, by those whose word counts of ``key``."""
        seen: set[str] = set()  # one who packs twice is in the box once
        moves = [(visit, *move) for visit in told.heard if (move := self._box_of(key, visit)) is not None]
        for number, (visit, box, is_out) in enumerate(moves):
            if is_out or box in self._open or len(self._open) >= _MOST_HANDS:
                continue  # also of boxes that are said to be in each other
            after = moves[number + 1 :]
            until = next((one.time for one, other, out in after if out or other != box), None)
            for one in self._of_box(key, box, of.holders):
                if one.time < visit.time or one.evidence in seen:
                    continue
                if until is not None and one.time > until:
                    break
                seen.add(one.evidence)
                yield replace(one, basis=Basis.INFERRED, through=one.through or box)
                if self._empties(box, one):
                    break

    def _of_box(self, key: str, box: str, holders: frozenset[str]) -> tuple[Visit, ...]:
        if (box, holders) not in self._boxes:
            self._open.append(key)
            self._boxes[box, holders] = self.of(box, None, makers=holders)[0].heard
            self._open.pop()
        return self._boxes[box, holders]

    def _box_of(self, key: str, visit: Visit) -> tuple[str, bool] | None:
        """The box that a checkpoint puts ``key`` into, or takes it out of; None where it does neither."""
        event = self.events.get(visit.evidence)
        if visit.through is not None or event is None or event.parent_id is None:
            return None
        inside = (*event.child_epcs, *(one.epc_class for one in event.child_quantity_list))
        if key not in {self._name(one) for one in inside}:
            return None
        return self._name(event.parent_id), event.action == "DELETE"

    def _empties(self, box: str, visit: Visit) -> bool:
        """Whether all was taken out of a box: so says who names nothing of it (EPCIS 2.0 §7.4.3)."""
        event = self.events.get(visit.evidence)
        if event is None or event.parent_id is None or self._name(event.parent_id) != box:
            return False
        return event.action == "DELETE" and not event.child_epcs and not event.child_quantity_list

    def _packs(self, visit: Visit) -> bool:
        event = self.events.get(visit.evidence)
        return event is not None and event.parent_id is not None

    def _name(self, spelled: str) -> str:
        return self._first_name(key_of(spelled))

    def _events_of(self, visits: Iterable[Visit]) -> Mapping[str, Event]:
        asked = [visit.evidence for visit in visits]
        self.events.update(self._records.evidence([key for key in asked if key not in self.events]))
        return {key: self.events[key] for key in asked if key in self.events}

    def lot_of(self, key: str, own: Told) -> str | None:
        """The lot of a thing, by those who had it."""
        lot = self._records.lot_of(key)
        if not own.strange and not own.uncertain:
            return lot
        told = [
            of
            for visit in own.certain
            if (event := self.events.get(visit.evidence)) is not None
            for thing, of in occurrence(event, evidence="", party="", record_time=event.event_time).lot_of
            if self._first_name(thing) == key
        ]
        return lot if lot in told else next(iter(told), None)

    def is_told_by(self, told: Told, of: Custody) -> bool:
        """Whether any who had the goods ``of`` are among those who tell of others with certainty."""
        return any(self._name(visit.party) in of.holders for visit in told.certain)

    def whereabouts(self, key: str, own: Told) -> WhereNow:
        """Where it is, without what strangers told: they neither sell it nor destroy it.

        Who only says to have taken it over does not destroy it either.
        """
        now = self._records.where_now(key)
        if not own.strange and not own.uncertain:
            return now
        status = self._status(key, own.certain)
        if status is None and self._is_sold(own):
            status = "sold"
        return replace(now, status=status or "in_stock")

    def _is_sold(self, own: Told) -> bool:
        """Whether a sale stands: who took the goods over takes back no sale of another."""
        sure = {visit.evidence for visit in own.certain}
        later: set[str] = set()
        for visit in reversed(own.heard):
            if is_sale(visit) and visit.party not in later:
                return True
            if visit.evidence in sure:
                return False
            later.add(visit.party)
        return False

    def _status(self, key: str, visits: Sequence[Visit]) -> Status | None:
        """What became of a thing by the checkpoint that ended it, or else by the last; None: it is there."""
        last = next((visit for visit in visits if self._is_end(key, visit)), visits[-1] if visits else None)
        if last is None:
            return None
        if last.biz_step == "destroying" or last.disposition == "destroyed":
            return "destroyed"
        if last.biz_step == SELLS or last.disposition == "retail_sold":
            return "sold"
        return "consumed" if self._is_used_up(key, last) else None

    def _is_end(self, key: str, visit: Visit) -> bool:
        event = None if visit.through is not None else self.events.get(visit.evidence)
        is_deleted = event is not None and event.type == "ObjectEvent" and event.action == "DELETE"
        return is_deleted or self._is_used_up(key, visit)

    def _is_used_up(self, key: str, visit: Visit) -> bool:
        event = None if visit.through is not None else self.events.get(visit.evidence)
        inputs = () if event is None else event.input_epc_list
        return any(self._name(epc) == key for epc in inputs)

    def is_made_by_owner(
        self, key: str, own: Told, of: Custody, product: str | None, of_lot: Told = NOTHING_TOLD
    ) -> bool:
        """Whether those who answer for the product brought it about, or have named who did, on its lot too.

        Whoever runs the platform may tell it for them, as they may enter the product.
        """
        owners = self._owners(product)
        begun = [visit for visit in own.heard if begins(visit, self.events, key, self._first_name)]
        if not owners or not begun:
            return True
        makers = owners | self._operators
        named: set[str] = set()
        for visits in (own.heard, of_lot.heard):
            named |= custody(
                visits, self.events, makers, owner_of=self._owner_of, first_name=self._first_name
            ).holders
        theirs = named & of.holders
        return any(self._name(visit.party) in theirs for visit in begun)

    def _owners(self, product: str | None) -> frozenset[str]:
        """Who answers for a product in the register: its producer, and who entered it."""
        if product is None:
            return frozenset()
        if product not in self._answering:
            self._answering[product] = self._asked_for(product)
        return self._answering[product]

    def _asked_for(self, product: str) -> frozenset[str]:
        if self._records.entered(product) is None:
            return frozenset()
        producer = self._records.attributes([product]).get(product, {}).get("producer", "")
        found = (producer, self._records.told_by(product, producer))
        return frozenset(self._name(one) for one in found if one)

    def _owner_of(self, key: str) -> str | None:
        """Whose a place is, of those that the register knows: of others anybody may say anything.

        Or a GLN that stands for a party: one that a party has is that party's, else it is its place's.
        """
        if key not in self._owned_by:
            self._owned_by[key] = self._registered(key)
        return self._owned_by[key]

    def _registered(self, key: str) -> str | None:
        place = as_place(key)
        if place != key and self._records.entered(key) is not None:
            return key
        return self._records.told_by(place, "")

    def first_told(self, visits: Iterable[Visit]) -> float:
        """When we were told first, by our own clock."""
        return min((recorded(visit, self.events) for visit in visits), default=inf)
