"""The passports of a store, kept after they were first built, and never shown when they may be untrue.

A passport is kept with what it follows from: the things whose events it was read from, the names of which
master data, the register and documents were asked. It is true as long as none of these was told of again
and no decision covers it; else it is built anew, by the same code as ever. See decision 0034.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from threading import Lock

import orjson
from sqlalchemy import Engine

from suyuan.api.passports.asked import Asked
from suyuan.api.passports.bodies import Bodies, Body, Concerning, Kept
from suyuan.api.passports.form import form_of
from suyuan.api.passports.news import News, pieces_of
from suyuan.api.passports.written import OWN, shared, written
from suyuan.api.records import LiveRecords
from suyuan.trace.gs1 import Identifier
from suyuan.trace.recall.passport import Passport
from suyuan.trace.recall.passports import answering, on_record
from suyuan.trace.recall.recall import Case
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.history import newest_sequence
from suyuan.trace.store.jobs import CaptureJob
from suyuan.trace.store.passport_news import Latest, fingerprint, latest
from suyuan.trace.store.passport_rows import (
    Ask,
    Owner,
    Standing,
    asking,
    begin,
    body,
    declare,
    is_of,
    standing,
    store,
)
from suyuan.trace.store.passport_rows import Body as Stored
from suyuan.trace.store.passport_rows import bodies as stored_bodies

AsOf = tuple[int, int, int, int]
"""Decisions, and the master data under which they cover what they do."""

_WAITING = 5_000
_PRODUCTS = 10_000
_UNNAMED = (
    "SELECT coalesce((SELECT 1 FROM object WHERE key = :item),"
    " (SELECT 1 FROM vocabulary WHERE key = :item LIMIT 1), (SELECT 1 FROM label WHERE key = :item)),"
    " (SELECT 1 FROM vocabulary WHERE key = :product LIMIT 1)"
)


@dataclass(frozen=True, slots=True)
class _Decided:
    """The cases as they were read, and all that any of them covers.

    ``moving`` are the things of which an event may move what they cover; None: any event may.
    """

    number: int
    as_of: AsOf
    cases: tuple[Case, ...]
    keys: frozenset[str]
    moving: frozenset[str] | None

    @classmethod
    def of(cls, number: int, as_of: AsOf, cases: tuple[Case, ...]) -> _Decided:
        """Of these cases."""
        keys = frozenset[str]().union(*(case.keys for case in cases))
        carriers = frozenset[str]().union(*(case.carriers for case in cases))
        suspects = {one.key for case in cases if case.stops is not None for one in case.draft.suspects}
        # A suspect that is a place, or that nothing is on record of yet, is named by no key.
        return cls(number, as_of, cases, keys, keys | carriers if suspects <= keys else None)


class Passports:
    """All passports of one store. Safe to use from several threads."""

    def __init__(
        self,
        engine: Engine,
        records: LiveRecords,
        cases: Callable[[], Sequence[Case]],
        *,
        now: Callable[[], datetime],
        zone: tzinfo,
        public_url: str,
    ) -> None:
        self._engine = engine
        self._records = records
        self._cases = cases
        self._now, self._zone, self._public_url = now, zone, public_url
        self._form = form_of(public_url, str(zone))
        self._lock = Lock()
        self._news: News | None = None
        self._declared = 0
        self._bodies = Bodies()
        self._waiting: dict[Owner, Kept] = {}
        self._deciding = Lock()
        self._decided: _Decided | None = None
        self._moved: set[str] | None = set()
        self._described: tuple[tuple[int, int, int], dict[str, bool]] = (0, 0, 0), {}

    # Asking

    def of(self, identifier: Identifier) -> Passport:
        """What is on record of a thing, for :func:`~suyuan.trace.recall.passports.as_of_day`.

        Raises:
            NotFound: nothing is.
        """
        latest_ = self.catch_up()
        identifier = answering(identifier, self._records, self._cases_read())
        owner = owner_of(identifier)
        kept = self.find(owner, latest_)
        if kept is None:
            return self._build(identifier, owner)[0]
        return kept.passport(identifier.serial)

    def catch_up(self) -> Latest:
        """What was told and decided by now, all of it taken in."""
        news = self._following()
        with self._deciding:
            now, moved = news.catch_up(), news.lately()
            self._moved = None if moved is None or self._moved is None else self._moved | moved
            decided = self._decided
            if decided is None or decided.as_of != _as_of(now) or self._is_moved(decided):
                cases = tuple(self._cases()) if now.decisions else ()
                self._decided = _Decided.of(1 if decided is None else decided.number + 1, _as_of(now), cases)
            self._moved = set()
            return now

    def _is_moved(self, decided: _Decided) -> bool:
        """Whether evidence that came since may have moved what cases cover."""
        if not decided.cases or self._moved == set():
            return False
        return self._moved is None or decided.moving is None or not decided.moving.isdisjoint(self._moved)

    def hand_over(self, job: CaptureJob) -> None:
        """What this process just stored."""
        if self._news is not None:
            self._news.hand_over(job)

    def find(self, owner: Owner, now: Latest) -> Kept | None:
        """What is kept for a code if it is true ``now``; some look-ups."""
        kept = self._waiting.get(owner)
        if kept is None:
            with Reading(self._engine) as reading:
                ask = asking(reading)
                kept = self.load(standing(ask, owner), ask)
        if kept is None or not self._is_true(owner, kept, now):
            return None
        return kept

    def at_hand(self, owner: Owner, row: Standing | None, now: Latest, ask: Ask) -> Kept | None:
        """The same where the store has this ``row`` of it; without more than one look-up by key."""
        decided = self._decided
        if decided is None or decided.as_of != _as_of(now):
            return None
        kept = self._waiting.get(owner) or self.load(row, ask)
        if kept is None or kept.body.names_of != now.names or not self._is_untouched(owner, kept, now):
            return None
        return kept if self._is_decided_alike(owner, kept) else None

    def load(self, row: Standing | None, ask: Ask) -> Kept | None:
        """What a row of the store means, true or not; None where another form of the program stored it."""
        if row is None:
            return None
        found = self._bodies.get(row.body)
        if found is None:
            stored = body(ask, row.body)
            found = None if stored is None else Body.of(stored, self._form)
            if found is None:
                return None
            found = self._bodies.put(row.body, found)
        # What stands was not touched until it was declared.
        return Kept(found, max(row.evidence, self._declared))

    def is_unnamed(self, item: Identifier, now: Latest, ask: Ask) -> bool:
        """Whether of an item nothing is on record but its product, as one look-up tells; False if in doubt.

        ``ask`` sees nothing newer than ``now``, or what came since makes no difference.
        """
        names = self._following().names
        if names.version != now.aliases or len(names.spellings(item.key)) > 1:
            return False
        decided = self._decided
        if decided is None or decided.as_of != _as_of(now) or item.lot_key in decided.keys:
            return False  # its lot may tell for it
        product = item.product_key or ""
        found = ask(_UNNAMED, {"item": item.key, "product": product})
        return found is not None and tuple(found) == (None, 1) and self._is_described(product, now)

    def _is_described(self, product: str, now: Latest) -> bool:
        """Whether master data that count tell of a product; asked for after each change of any."""
        if self._described[0] != now.names or len(self._described[1]) > _PRODUCTS:
            self._described = now.names, {}
        described = self._described[1]
        if product not in described:
            described[product] = bool(self._records.attributes([product]))
        return described[product]

    # Whether it is true

    def _is_true(self, owner: Owner, kept: Kept, now: Latest) -> bool:
        return (
            self._is_untouched(owner, kept, now)
            and self._is_told_alike(kept.body, now)
            and self._is_decided_alike(owner, kept)
        )

    def _is_untouched(self, owner: Owner, kept: Kept, now: Latest) -> bool:
        news, found = self._following(), kept.body
        touched = news.touched  # before the floor, which moves before what was touched is forgotten
        if kept.evidence < news.floor:
            return False
        if touched.get(owner.key, 0) > kept.evidence:
            return False
        if found.compared[0] != now.evidence:
            newest = max((touched.get(thing, 0) for thing in found.things), default=0)
            found.compared = now.evidence, newest
        return found.compared[1] <= kept.evidence

    def _is_told_alike(self, found: Body, now: Latest) -> bool:
        if found.names_of == now.names:
            return True
        if found.names_of[2] != now.aliases:
            return False
        with Reading(self._engine) as reading:
            at = latest(reading).names
            is_alike = fingerprint(reading, found.names) == found.told
        if is_alike:
            found.names_of = at
        return is_alike

    def _is_decided_alike(self, owner: Owner, kept: Kept) -> bool:
        return self._concerning(owner, kept.body) == kept.body.cases

    def _concerning(self, owner: Owner, found: Body) -> Concerning | None:
        """What covers a thing, or what it follows from; None where it is not known what was decided."""
        decided = self._decided
        if decided is None:
            return None
        number, concerning = found.covered
        if number != decided.number:
            concerning = _concerning(decided.cases, found.things)
            found.covered = decided.number, concerning
        if decided.keys.isdisjoint(owner):
            return concerning
        return _concerning(decided.cases, (*owner, *found.things))

    def _cases_read(self) -> tuple[Case, ...]:
        """As of the last catching up."""
        return () if self._decided is None else self._decided.cases

    # Building

    def built(self, identifier: Identifier) -> Kept | None:
        """Built now, whatever is kept; None where something moved meanwhile. Raises ``NotFound``."""
        return self._build(identifier, owner_of(identifier))[1]

    def is_of(self, kept: Kept, owner: Owner) -> bool:
        """Whether the same cases cover another item of the same history."""
        return self._is_decided_alike(owner, kept)

    def _build(self, identifier: Identifier, owner: Owner) -> tuple[Passport, Kept | None]:
        """A passport from the records, and kept where nothing moved meanwhile."""
        before = self.catch_up()
        names = self._records.aliases()
        asked = Asked(self._records)
        cases = self._cases_read()
        with self._records.looked_once():
            found = on_record(
                identifier,
                asked,
                cases,
                now=self._now(),
                zone=self._zone,
                public_url=self._public_url,
                first_name=names.key,
            )
        if not self._is_of_record(found, identifier):
            return found, None
        if (kept := self._kept_of(found, asked, owner, before, cases)) is not None:
            with self._lock:
                if owner in self._waiting or len(self._waiting) < _WAITING:
                    self._waiting[owner] = kept
        return found, kept

    def _is_of_record(self, found: Passport, identifier: Identifier) -> bool:
        """Whether a code names nothing but what is on record: of others anybody can make any number."""
        lot = owner_of(identifier).lot
        return found.key == identifier.key and (not lot or lot == self._records.lot_of(found.key))

    def _kept_of(
        self, found: Passport, asked: Asked, owner: Owner, before: Latest, cases: Sequence[Case]
    ) -> Kept | None:
        names = {spelling for name in asked.names for spelling in self._records.aliases().spellings(name)}
        # What only master data tell of is its own; what events name has nothing else of its own.
        common = shared(found) if found.evidence else found
        own = {found.key} if common.serial == OWN else set[str]()
        things, names = asked.things - own, names - own
        with Reading(self._engine) as reading:
            now = latest(reading)
            if now[1:] != before[1:]:
                return None  # what was read may be of before or after
            told = fingerprint(reading, names)
        if found.kind == "product":
            things.add(pieces_of(found.key))
        follows = tuple(sorted(things))
        concerning = _concerning(cases, (*owner, *follows))
        of_it = written(common), common.kind, common.lot
        made = Body(*of_it, follows, tuple(sorted(names)), told, now.names, concerning, now.names[:2])
        name = made.stored(self._form).name
        return Kept(self._bodies.put(name, made), before.evidence)

    # Keeping

    def keep(self) -> int:
        """Store what was built meanwhile; how many that is.

        Where another version of the program keeps its own by now, they stay in memory while there is room.
        """
        with self._lock:
            waiting = dict(self._waiting)
        if not waiting or not self._is_ours():
            return 0
        self.store(waiting.items())
        with self._lock:  # each was here until it was there
            for owner, kept in waiting.items():
                if self._waiting[owner] is kept:
                    del self._waiting[owner]
        return len(waiting)

    def _is_ours(self) -> bool:
        with Reading(self._engine) as reading:
            return is_of(reading, self._form)

    def store(self, rows: Iterable[tuple[Owner, Kept]]) -> None:
        """Store these rows; bodies that are equal once."""
        made: dict[int, tuple[int, Stored]] = {}
        told: dict[Owner, tuple[int, int]] = {}
        for owner, kept in rows:
            found = kept.body
            if id(found) not in made:
                made[id(found)] = len(made), found.stored(self._form)
            place, _ = made[id(found)]
            told[owner] = place, kept.evidence
        with Writing(self._engine) as writing:
            store(writing, self._form, [one for _, one in made.values()], told)

    def declare(self) -> None:
        """Delete from the store what is untrue by now, so that the next process need not compare it."""
        news = self._following()
        now = news.catch_up()
        touched = dict(news.touched)
        with Writing(self._engine) as writing:
            if not is_of(writing, self._form):
                return  # another version of the program has begun meanwhile: what is kept is its own
            if news.floor > self._declared:  # it is not known what was touched before
                begin(writing, self._form, now.evidence, anew=True)
                return
            untrue = [
                name
                for name, depends in stored_bodies(writing)
                if not touched.keys().isdisjoint(orjson.loads(depends)[0])
            ]
            declare(writing, now.evidence, untrue, touched)

    def _following(self) -> News:
        if self._news is None:
            with self._lock:
                if self._news is None:
                    with Writing(self._engine) as writing:
                        self._declared = begin(writing, self._form, newest_sequence(writing))
                    self._news = News(self._engine, self._declared)
        return self._news


def _concerning(cases: Iterable[Case], keys: Collection[str]) -> Concerning:
    products = tuple(key.removesuffix("*") for key in keys if key.endswith("/*"))

    def concerns(case: Case) -> bool:
        if not case.keys.isdisjoint(keys):
            return True
        # The page of a product tells of what stops any of its lots.
        return (
            bool(products) and case.stops is not None and any(key.startswith(products) for key in case.keys)
        )

    return tuple((case.number, len(case.log)) for case in cases if concerns(case))


def _as_of(now: Latest) -> AsOf:
    return (now.decisions, *now.names)


def owner_of(identifier: Identifier) -> Owner:
    """Under what the passport of a code is kept."""
    lot = identifier.lot_key or "" if identifier.kind != "lot" else ""
    return Owner(identifier.key, lot)
