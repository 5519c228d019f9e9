"""By whose word the checkpoints of goods are: what is looked up to tell that."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from suyuan.trace.epcis.event import Event
from suyuan.trace.gs1 import canonical_key
from suyuan.trace.lineage import Visit, WhereNow, occurrence
from suyuan.trace.lineage.contract import Status
from suyuan.trace.lineage.occurrence import Basis
from suyuan.trace.recall.custody import (
    NOBODY,
    Custody,
    Told,
    custody,
    key_of,
    maker_of,
    places_named,
    told_apart,
)
from suyuan.trace.recall.names import Attributes
from suyuan.trace.recall.passport import Entered

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
        """Who answers for a product or lot in the register, where that is not its producer."""
        ...

    def entered(self, key: str) -> Entered | None:
        """How an approved entry of the register came to count; None where nobody answers for the key."""
        ...

    def operators(self) -> Collection[str]:
        """The parties in whose name those write who run the platform."""
        ...


def begins(visit: Visit, events: Mapping[str, Event], key: str, first_name: Callable[[str], str]) -> bool:
    """Whether the thing itself came into being here, and not what it is in."""
    event = events.get(visit.evidence)
    if event is None or visit.through is not None:
        return False
    made = (*event.output_epc_list, *(element.epc_class for element in event.output_quantity_list))
    return (event.type == "ObjectEvent" and event.action == "ADD") or any(
        first_name(canonical_key(spelled)) == key for spelled in made
    )


class Hearing:
    """By whose word things are, with the events that were read for that."""

    def __init__(self, records: Records, first_name: Callable[[str], str] = str) -> None:
        self._records = records
        self._first_name = first_name
        self.events: dict[str, Event] = {}
        self._operators = frozenset(map(self._name, records.operators()))
        self._answering: dict[str, frozenset[str]] = {}
        self._open: list[str] = []  # what is being asked about, each in the next
        self._boxes: dict[tuple[str, frozenset[str]], tuple[Visit, ...]] = {}

    def of(
        self,
        key: str,
        product: str | None,
        of_piece: Custody = NOBODY,
        makers: Collection[str] = (),
        until: datetime | None = None,
    ) -> tuple[Told, Custody]:
        """What was told of ``key``, and who had it.

        Whoever had a piece of it (``of_piece``) may tell of it too, and whoever had it ``until`` there was
        that piece; not those who got other pieces then. ``makers`` are known to have made it.
        """
        known = {*self._operators, *self._owners(product), *of_piece.holders, *map(self._name, makers)}
        visits = tuple(self._records.journey(key))
        told, of = self._by_word(
            key, visits, known, of_piece, is_open=not (of_piece.holders or makers), until=until
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
    ) -> tuple[Told, Custody]:
        """``visits`` by whose word they are; ``is_open``: without a beginning, who told first began it.

        ``until`` is when those got it whose word counts.
        """
        events = self._events_of(visits)
        begun = [visit for visit in visits if begins(visit, events, key, self._first_name)]
        maker = maker_of(begun or (visits if is_open else ()), events, known, self._first_name)
        makers = {*known, *(() if maker is None else (maker,))}
        registered = self._registered(places_named(events.values()))
        way = [visit for visit in visits if until is None or visit.time <= until]
        of = custody(way, events, makers, owner_of=registered.get, first_name=self._first_name)
        of = of.joined(of_piece)
        return told_apart(visits, of, self._first_name), of

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
        told, of = self._by_word(key, own, known, of_piece, until=until)
        for _ in range(_MOST_HANDS):  # who takes it out of a box may be known from what was told of the box
            boxed: Iterator[Visit] = self._in_boxes(key, told, of)
            found = [one for one in boxed if one.evidence not in names_it]
            if found == inside:
                break
            inside = found
            some: list[Visit] = sorted([*own, *inside], key=lambda visit: visit.time)
            told, of = self._by_word(key, some, known, of_piece, until=until)
        return told, of

    def _in_boxes(self, key: str, told: Told, of: Custody) -> Iterator[Visit]:
        """What was told of boxes while ``key`` was in them, by those whose word counts of ``key``."""
        moves = [(visit, *move) for visit in told.heard if (move := self._box_of(key, visit)) is not None]
        for number, (visit, box, is_out) in enumerate(moves):
            if is_out or box in self._open:
                continue  # also of boxes that are said to be in each other
            after = moves[number + 1 :]
            until = next((one.time for one, other, out in after if out or other != box), None)
            for one in self._of_box(key, box, of.holders):
                if one.time < visit.time:
                    continue
                if until is not None and one.time > until:
                    break
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
        if not own.strange:
            return lot
        told = [
            of
            for visit in own.heard
            if (event := self.events.get(visit.evidence)) is not None
            for thing, of in occurrence(event, evidence="", party="", record_time=event.event_time).lot_of
            if self._first_name(thing) == key
        ]
        return lot if lot in told else next(iter(told), None)

    def whereabouts(self, key: str, own: Told) -> WhereNow:
        """Where it is, without what strangers told: they neither sell it nor destroy it.

        Who only says to have taken it over does not destroy it either.
        """
        now = self._records.where_now(key)
        if not own.strange and not own.uncertain:
            return now
        status = self._status(key, own.certain)
        if status is None and self._status(key, own.heard) == "sold":
            status = "sold"
        return replace(now, status=status or "in_stock")

    def _status(self, key: str, visits: Sequence[Visit]) -> Status | None:
        """What became of a thing by the checkpoint that ended it, or else by the last; None: it is there."""
        last = next((visit for visit in visits if self._is_end(key, visit)), visits[-1] if visits else None)
        if last is None:
            return None
        if last.biz_step == "destroying" or last.disposition == "destroyed":
            return "destroyed"
        if last.biz_step == "retail_selling" or last.disposition == "retail_sold":
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

    def is_made_by_owner(self, key: str, own: Told, of: Custody, product: str | None) -> bool:
        """Whether those who answer for the product brought it about, or have named who did.

        Whoever runs the platform may tell it for them, as they may enter the product.
        """
        owners = self._owners(product)
        begun = [visit for visit in own.heard if begins(visit, self.events, key, self._first_name)]
        if not owners or not begun:
            return True
        makers = owners | self._operators
        theirs = custody(own.heard, self.events, makers, first_name=self._first_name).holders & of.holders
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

    def _registered(self, places: Collection[str]) -> Mapping[str, str]:
        """Whose places are, of those that the register knows: of others anybody may say anything."""
        if not places:
            return {}
        told = self._records.attributes(places)
        of = {place: each["party"] for place, each in told.items() if each.get("party")}
        return {place: party for place, party in of.items() if self._records.entered(place) is not None}
