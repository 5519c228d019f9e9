"""The records as services ask for them: lineage, evidence and master data of one store, kept up to date."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine

from suyuan.api import master_data
from suyuan.api.authority import authorities, operators
from suyuan.api.following import FollowedLineage
from suyuan.api.settings import Form
from suyuan.trace.epcis.event import Event
from suyuan.trace.gs1 import canonical_key
from suyuan.trace.lineage import Options, Scope, ScopeLine, Suspect, Trace, Tracer, Visit, WhereNow
from suyuan.trace.lineage.contract import Amount
from suyuan.trace.lineage.journey import visit
from suyuan.trace.lineage.kept import Things
from suyuan.trace.lineage.kept.things import Checkpoint
from suyuan.trace.lineage.portions import Portion
from suyuan.trace.lineage.scope import Head
from suyuan.trace.lineage.statement import instant, moment
from suyuan.trace.recall.lost import InSight, Sighted, everything, sighted
from suyuan.trace.recall.names import Attributes, by_local_name
from suyuan.trace.recall.parcels import Parcel, Share, share_of
from suyuan.trace.recall.passport import Entered, Paper
from suyuan.trace.recall.receipt import Stay
from suyuan.trace.register.aliases import Aliases
from suyuan.trace.store import vocabulary
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.history import events_by_key
from suyuan.trace.store.sales import Sale, sales_at

_REMEMBERED = 4096
Answer = TypeVar("Answer")


class LiveRecords:
    """One store's lineage, evidence and master data, always of now.

    Every question first takes in what was stored meanwhile, by this process or another, so that an answer
    always knows everything that was acknowledged before it was asked. One lock: a trace sees one history.
    A key may be asked under any of its names (decision 0007); answers are under the first.
    """

    def __init__(self, engine: Engine, form: Form = "", snapshot: Path | None = None) -> None:
        self._engine = engine
        self.lineage = FollowedLineage(engine, form, snapshot)
        self._ilmd: dict[str, Mapping[str, Any]] = {}

    def follow(self) -> int:
        """See :meth:`FollowedLineage.follow`."""
        return self.lineage.follow()

    def settled(self) -> AbstractContextManager[int]:
        """See :meth:`FollowedLineage.settled`."""
        return self.lineage.settled()

    def looked_once(self) -> AbstractContextManager[object]:
        """Like :meth:`settled` once lineage is in memory; before, each look is one of its own."""
        return self.settled() if self.lineage.stored() is None else nullcontext()

    def state(self) -> tuple[int, ...]:
        """See :meth:`FollowedLineage.state`."""
        return self.lineage.state()

    def _things(self) -> Things:
        """Single things, with all that was acknowledged; for who holds the lock."""
        self.follow()
        return self.lineage.kept.things()

    def aliases(self) -> Aliases:
        """The second names that answers of now know."""
        stored = self.lineage.stored()
        if stored is not None:
            return stored.aliases
        with self.lineage.lock:
            self.follow()
            return self.lineage.aliases

    def is_known(self, key: str) -> bool:
        """Whether any event that counts names the key, or master data describe it."""
        with self.lineage.lock:
            things = self._things()
            key = self.lineage.aliases.key(key)
            if things.is_born(key):
                return True
        return bool(self.attributes([key]))

    def lot_of(self, key: str) -> str | None:
        """The lot of an instance."""
        with self.lineage.lock:
            things = self._things()
            return things.lot_of(self.lineage.aliases.key(key))

    def lots(self, keys: Iterable[str]) -> Mapping[str, str]:
        """The lots of those instances that have one on record."""
        with self.lineage.lock:
            things = self._things()
            return {key: lot for key in keys if (lot := things.lot_of(key)) is not None}

    def lots_of(self, product: str) -> Sequence[str]:
        """The lots of a product that events or their instances name. Linear in the lots of the product."""
        with self.lineage.lock:
            things = self._things()
            return things.lots_of(self.lineage.aliases.key(product))

    def lots_at(
        self, place: str, lots: Collection[str], start: datetime, end: datetime
    ) -> Mapping[str, Stay]:
        """Those of ``lots`` of which anything was at the site of a place in [start, end), and when."""
        with self.lineage.lock:
            things = self._things()
            found = things.lots_at(self.lineage.aliases.key(place), lots, instant(start), instant(end))
        return {lot: (moment(since), moment(until)) for lot, (since, until) in found.items()}

    def sales_at(self, place: str, product: str, start: datetime, end: datetime) -> Sequence[Sale]:
        """See :func:`suyuan.trace.store.sales.sales_at`."""
        names = self.aliases()
        with Reading(self._engine) as reading:
            return [
                sale
                for where in names.spellings(place)
                for what in names.spellings(product)
                for sale in sales_at(reading, where, what, start, end)
            ]

    def pieces(self, lot: str, limit: int) -> Sequence[str]:
        """Instances of a lot, at most ``limit``."""
        with self.lineage.lock:
            things = self._things()
            return list(islice(things.pieces(self.lineage.aliases.key(lot)), limit))

    def making(self, key: str) -> Sequence[str]:
        """The evidence of how a thing came about: it was given its identifier, or it was made."""
        with self.lineage.lock:
            things = self._things()
            key = self.lineage.aliases.key(key)
            told = [statement.occurrence for statement in things.naming(key)]
        return [
            one.evidence
            for one in told
            if (one.type == "ObjectEvent" and one.action == "ADD")
            or any(output.key == key for output in one.outputs)
        ]

    def contents(self, unit: str) -> Sequence[tuple[str, float | None, str | None]]:
        """What is in a unit now, directly: key, amount and unit (None where not known, or pieces)."""
        with self.lineage.lock:
            things = self._things()
            inside = things.contents(self.lineage.aliases.key(unit))
        return [
            (key, None, None) if amount is None else (key, amount.quantity, amount.uom)
            for key, amount in inside
        ]

    def journey(self, key: str) -> Sequence[Visit]:
        """The checkpoints of an object."""
        return self.journeys([key])[key]

    def journeys(self, keys: Iterable[str]) -> Mapping[str, Sequence[Visit]]:
        """The checkpoints of several objects, by key as given."""
        found = self.checkpoints(keys)
        return {key: tuple(visit(*one) for one in told) for key, told in found.items()}

    def checkpoints(self, keys: Iterable[str]) -> Mapping[str, Sequence[Checkpoint]]:
        """The same as statements, with the containers that they name instead."""
        with self.lineage.lock:
            things = self._things()
            named = {key: self.lineage.aliases.key(key) for key in keys}
            found = things.checkpoints(named.values())
        return {key: found[first] for key, first in named.items()}

    def where_now(self, key: str) -> WhereNow:
        """Where an object was last known to be."""
        with self.lineage.lock:
            things = self._things()
            return things.where_now(self.lineage.aliases.key(key))

    def lying(self, lots: Iterable[str]) -> Mapping[str, Sequence[tuple[Head, Portion]]]:
        """The portions of those of ``lots`` that have any, those put last first."""
        with self.lineage.lock:
            things = self._things()
            found = {lot: things.lying(lot) for lot in lots}
        return {lot: portions for lot, portions in found.items() if portions}

    def heard(self, lots: Iterable[str]) -> Mapping[str, Mapping[str | None, str]]:
        """Where those of ``lots`` are only heard of: place -> the evidence that says so."""
        with self.lineage.lock:
            things = self._things()
            found = {
                lot: {head[0]: told.occurrence.evidence for head, told in things.heard(lot)} for lot in lots
            }
        return {lot: places for lot, places in found.items() if places}

    def trace(self, suspects: Sequence[Suspect], options: Options) -> Trace:
        """See ``Tracer.trace``."""

        def asked(tracer: Tracer, names: Aliases) -> Trace:
            return tracer.trace(_named(names, suspects), _supposed(names, options))

        return self.lineage.ask(asked, of_now=options.known_at is None)

    def scope(self, suspects: Sequence[Suspect], options: Options) -> Scope:
        """See ``Tracer.scope``."""

        def asked(tracer: Tracer, names: Aliases) -> Scope:
            return tracer.scope(_named(names, suspects), _supposed(names, options))

        return self.lineage.ask(asked, of_now=options.known_at is None)

    def asked(self, question: Callable[[Things], Answer], known_at: datetime | None = None) -> Answer:
        """What a question of many looks finds in what is on record now, or as it was known at a time.

        Nothing is taken in meanwhile, and nobody else is answered: let it be short.
        """
        with self.lineage.lock:
            self.follow()
            return question(self.lineage.kept.things(known_at))

    def share(self, scope: Scope) -> Share:
        """How the lines of a scope are shared by their keys (:mod:`suyuan.trace.recall.parcels`).

        It may be asked at any time later, also while others tell and ask: each key in a turn of its own.
        """
        known_at = scope.trace.options.known_at
        with self.lineage.lock:
            kept = self.lineage.ready()  # the one that is told of goods under the names of the scope
        told = share_of(lambda: kept.things(known_at), scope)

        def share(key: str, line: ScopeLine) -> Sequence[Parcel]:
            with self.lineage.lock:
                return told(key, line)

        return share

    def consumed(self, key: str, evidence: Iterable[str]) -> Sequence[Amount]:
        """How much of a lot these events consumed, in containers too."""
        asked = set(evidence)
        with self.lineage.lock:
            return [
                amount
                for use in self._things().uses([key])[key]
                if use.by.occurrence.evidence in asked
                for amount in use.amounts
                if amount is not None
            ]

    def sighted(
        self,
        scope: Scope,
        lines: Sequence[ScopeLine],
        now: datetime,
        left: Sequence[str | None] | None = None,
        in_sight: InSight = everything,
    ) -> Sighted:
        """Lines of a scope with what left our sight taken out (:mod:`suyuan.trace.recall.lost`)."""
        share = self.share(scope)
        moving = ((key, line) for line in lines if line.status == "in_transit" for key in line.keys)
        last = (parcel.last for key, line in moving for parcel in share(key, line))
        outside = self._outside({one.evidence for one in last if one is not None})
        return sighted(scope, lines, share=share, outside=outside, now=now, left=left, in_sight=in_sight)

    def _outside(self, evidence: Iterable[str]) -> Callable[[str], str]:
        """Of events that send something: the destination that nothing here knows, or nothing."""
        told = {
            key: [canonical_key(to.id) for to in event.destination_list]
            for key, event in self.evidence(evidence).items()
        }
        named = {to for found in told.values() for to in found}
        described = self.attributes(named)
        with self.lineage.lock:
            things = self.lineage.ready().things()
            known = {to for to in named if to in described or things.is_born(to) or things.is_visited(to)}
        unknown = {key: found[0] for key, found in told.items() if found and not known.intersection(found)}
        return lambda key: unknown.get(key, "")

    def evidence(self, keys: Iterable[str]) -> Mapping[str, Event]:
        """The events of these evidence keys."""
        with Reading(self._engine) as reading:
            return {key: stored.event for key, stored in events_by_key(reading, keys).items()}

    def ilmd(self, evidence: str) -> Mapping[str, Any]:
        """What the event told of the instances and lots that it made. Evidence never changes: remembered."""
        found = self._ilmd.get(evidence)
        if found is None:
            told = self.evidence([evidence]).get(evidence)
            found = {} if told is None else dict(told.ilmd)
            with self.lineage.lock:
                while len(self._ilmd) >= _REMEMBERED:
                    del self._ilmd[next(iter(self._ilmd))]
                self._ilmd[evidence] = found
        return found

    def attributes(self, keys: Iterable[str]) -> Mapping[str, Attributes]:
        """Master data by canonical key, their attributes by local name."""
        stored = self.lineage.stored()
        names = self.lineage.aliases if stored is None else stored.aliases
        with Reading(self._engine) as reading:
            return master_data.attributes(reading, keys, names)

    def registered(self, lot: str) -> Attributes:
        """What the owner of an approved lot tells of it in the register."""
        key = self.aliases().key(lot)
        with Reading(self._engine) as reading:
            return master_data.registered(reading, key)

    def told_by(self, key: str, producer: str) -> str | None:
        """Who answers for a product or lot in the register, where that is not its producer."""
        first = self.aliases().key(key)
        with Reading(self._engine) as reading:
            return master_data.teller(reading, first, producer)

    def operators(self) -> Collection[str]:
        """The parties in whose name those write who run the platform."""
        with Reading(self._engine) as reading:
            return operators(reading)

    def authorities(self) -> Collection[str]:
        """The parties in whose name officers write."""
        with Reading(self._engine) as reading:
            return authorities(reading)

    def entered(self, key: str) -> Entered | None:
        """How an approved entry of the register came to count; None where nobody answers for the key."""
        first = self.aliases().key(key)
        with Reading(self._engine) as reading:
            return master_data.entered(reading, first)

    def papers(self, lot: str, producer: str) -> Sequence[Paper]:
        """The documents of a lot that its owner or this producer provided, without those taken back."""
        with Reading(self._engine) as reading:
            return master_data.papers(reading, lot, producer)

    def places_of(self, party: str) -> Collection[str]:
        """The places that master data give a party, whatever they call it. One pass over master data."""
        names = self.aliases()
        first = names.key(party)
        with Reading(self._engine) as reading:
            told = vocabulary.all_attributes(reading)
        owners = ((place, by_local_name(values).get("party")) for place, values in told.items())
        return [
            names.key(place) for place, owner in owners if owner is not None and names.key(owner) == first
        ]


def _named(names: Aliases, suspects: Sequence[Suspect]) -> Sequence[Suspect]:
    return [replace(suspect, key=names.key(suspect.key)) for suspect in suspects]


def _supposed(names: Aliases, options: Options) -> Options:
    what_if = options.what_if
    crossed = tuple(replace(one, key=names.key(one.key)) for one in what_if.cross_contamination)
    kill = type(what_if.kill)(map(names.key, what_if.kill))
    return replace(options, what_if=replace(what_if, cross_contamination=crossed, kill=kill))
