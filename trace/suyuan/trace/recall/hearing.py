"""By whose word the checkpoints of goods are: what is looked up to tell that."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from suyuan.trace.epcis.event import Event
from suyuan.trace.gs1 import canonical_key
from suyuan.trace.lineage import Visit, WhereNow, occurrence
from suyuan.trace.lineage.contract import Status
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
        self._answering: dict[str, frozenset[str]] = {}

    def of(
        self, key: str, product: str | None, of_piece: Custody = NOBODY, makers: Collection[str] = ()
    ) -> tuple[Told, Custody]:
        """What was told of ``key``, and who had it.

        Whoever had a piece of it (``of_piece``) may tell of it too. ``makers`` are known to have made it.
        """
        visits = tuple(self._records.journey(key))
        events = dict(self._records.evidence([visit.evidence for visit in visits]))
        self.events.update(events)
        owners = self._owners(product)
        begun = [visit for visit in visits if begins(visit, events, key, self._first_name)]
        known = {*owners, *of_piece.holders, *(self._first_name(key_of(one)) for one in makers)}
        first = begun or (() if of_piece.holders or makers else visits)
        maker = maker_of(first, events, known, self._first_name)
        registered = self._registered(places_named(events.values()))
        first_holders = known | set(() if maker is None else (maker,))
        of = custody(visits, events, first_holders, owner_of=registered.get, first_name=self._first_name)
        of = of.joined(of_piece)
        return told_apart(visits, of, self._first_name), of

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
        return any(self._first_name(canonical_key(epc)) == key for epc in inputs)

    def is_made_by_owner(self, key: str, own: Told, of: Custody, product: str | None) -> bool:
        """Whether those who answer for the product brought it about, or have named who did."""
        owners = self._owners(product)
        begun = [visit for visit in own.heard if begins(visit, self.events, key, self._first_name)]
        if not owners or not begun:
            return True
        theirs = custody(own.heard, self.events, owners, first_name=self._first_name).holders & of.holders
        return any(self._first_name(key_of(visit.party)) in theirs for visit in begun)

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
        return frozenset(self._first_name(key_of(one)) for one in found if one)

    def _registered(self, places: Collection[str]) -> Mapping[str, str]:
        """Whose places are, of those that the register knows: of others anybody may say anything."""
        if not places:
            return {}
        told = self._records.attributes(places)
        of = {place: each["party"] for place, each in told.items() if each.get("party")}
        return {place: party for place, party in of.items() if self._records.entered(place) is not None}
