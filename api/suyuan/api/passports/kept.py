"""The passports of a store, kept after they were first built, and never shown when they may be untrue.

A passport is kept with what it follows from: the things whose events it was read from, the names of which
master data, the register and documents were asked. It is true as long as none of these was told of again
and no decision covers it; else it is built anew, by the same code as ever. See decision 0034.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from hashlib import sha256
from threading import Lock
from typing import TypeVar
from weakref import WeakValueDictionary

import orjson
from sqlalchemy import Engine

from suyuan.api.passports.asked import Asked
from suyuan.api.passports.form import form_of
from suyuan.api.passports.news import News, pieces_of
from suyuan.api.passports.written import OWN, owned, plain, read, shared, written
from suyuan.api.records import LiveRecords
from suyuan.trace.gs1 import Identifier
from suyuan.trace.recall.passport import Passport
from suyuan.trace.recall.passports import on_record
from suyuan.trace.recall.recall import Case
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.history import newest_sequence
from suyuan.trace.store.jobs import CaptureJob
from suyuan.trace.store.passport_news import Latest, fingerprint, latest
from suyuan.trace.store.passport_rows import Ask, Owner, asking, begin, body, declare, standing, store
from suyuan.trace.store.passport_rows import Body as Stored
from suyuan.trace.store.passport_rows import bodies as stored_bodies

_ROWS, _BODIES = 200_000, 20_000
"""How many are in memory at most: some hundred bytes each, and some kilobytes."""
_WAITING = 5_000
_NEVER = -1
Key = TypeVar("Key")
Value = TypeVar("Value")


Concerning = tuple[tuple[str, int], ...]
"""The cases that cover a thing or what it follows from: their numbers, and how many steps each has."""


@dataclass(slots=True, eq=False, weakref_slot=True)
class Body:
    """What items with one history share. ``names_of`` is the state of master data under which it was true."""

    passport: Passport
    things: tuple[str, ...]
    names: tuple[str, ...]
    told: str  # fingerprint of what was told of the names
    names_of: tuple[int, int, int]
    cases: Concerning
    made_under: tuple[int, int]  # master data and register when it was built
    compared: tuple[int, int] = (_NEVER, _NEVER)  # evidence looked at, and the newest that touched it

    @property
    def depends(self) -> bytes:
        """What it follows from, as it is stored."""
        names_of = (*self.made_under, self.names_of[2])
        told = [self.things, self.names, self.told, names_of, self.cases]
        return orjson.dumps(told)

    @classmethod
    def of(cls, stored: Stored) -> Body:
        """A body as it was stored."""
        things, names, told, (vocabulary, register, aliases), cases = orjson.loads(stored.depends)
        return cls(
            read(stored.content),
            tuple(things),
            tuple(names),
            told,
            (vocabulary, register, aliases),
            tuple((number, steps) for number, steps in cases),
            (vocabulary, register),
        )


@dataclass(slots=True, eq=False)
class Kept:
    """A passport that is kept: a body, and what it is sure to know."""

    body: Body
    evidence: int
    decisions: tuple[int, int, int]  # decisions, and what of master data may move them

    def passport(self, serial: str | None) -> Passport:
        """The passport of the item of this serial; what no day changes of it."""
        return self.body.passport if serial is None else owned(self.body.passport, serial)


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
        self._kept: OrderedDict[Owner, Kept] = OrderedDict()
        self._bodies: OrderedDict[int, Body] = OrderedDict()
        self._waiting: dict[Owner, Kept] = {}
        self._alike: WeakValueDictionary[bytes, Body] = WeakValueDictionary()
        self._told: tuple[tuple[int, int, int, int], tuple[Case, ...]] | None = None

    # Asking

    def of(self, identifier: Identifier) -> Passport:
        """What is on record of a thing, for :func:`~suyuan.trace.recall.passports.as_of_day`.

        Raises:
            NotFound: nothing is.
        """
        latest_, owner = self.catch_up(), owner_of(identifier)
        kept = self.find(owner, latest_)
        if kept is None:
            return self._build(identifier, owner)[0]
        return kept.passport(identifier.serial)

    def catch_up(self) -> Latest:
        """What was told by now, all of it taken in."""
        return self._following().catch_up()

    def hand_over(self, job: CaptureJob) -> None:
        """What this process just stored."""
        if self._news is not None:
            self._news.hand_over(job)

    def find(self, owner: Owner, now: Latest) -> Kept | None:
        """What is kept for a code if it is true ``now``; a look-up or two where it is not in memory."""
        kept = self._kept.get(owner)
        if kept is None:
            with Reading(self._engine) as reading:
                kept = self.load(owner, asking(reading))
        if kept is None or not self._is_true(owner, kept, now):
            return None
        return kept

    def at_hand(self, owner: Owner, now: Latest, ask: Ask) -> Kept | None:
        """The same as far as it is known without more than two look-ups by key."""
        kept = self._kept.get(owner) or self.load(owner, ask)
        if kept is None or kept.decisions != (now.decisions, now.told, now.register):
            return None
        return kept if kept.body.names_of == now.names and self._is_untouched(owner, kept, now) else None

    def load(self, owner: Owner, ask: Ask) -> Kept | None:
        """What the store keeps for a code, true or not."""
        row = standing(ask, owner)
        if row is None:
            return None
        found = self._bodies.get(row.body)
        if found is None:
            stored = body(ask, row.body)
            if stored is None:
                return None
            found = Body.of(stored)
        evidence = max(row.evidence, self._declared)  # what stands was not touched until then
        kept = Kept(found, evidence, (row.decisions, *found.made_under))
        with self._lock:
            _put(self._bodies, row.body, found, _BODIES)
            _put(self._kept, owner, kept, _ROWS)
        return kept

    # Whether it is true

    def _is_true(self, owner: Owner, kept: Kept, now: Latest) -> bool:
        return (
            self._is_untouched(owner, kept, now)
            and self._is_told_alike(kept.body, now)
            and self._is_decided_alike(owner, kept, now)
        )

    def _is_untouched(self, owner: Owner, kept: Kept, now: Latest) -> bool:
        news, found = self._following(), kept.body
        if kept.evidence < news.floor:
            return False
        touched = news.touched
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

    def _is_decided_alike(self, owner: Owner, kept: Kept, now: Latest) -> bool:
        as_of = now.decisions, now.told, now.register
        if kept.decisions == as_of:
            return True
        found = kept.body
        if found.passport.kind == "product" and now.decisions:
            return False  # it tells of cases about any of its lots
        if self._concerning(owner, found.things, now) != found.cases:
            return False
        kept.decisions = as_of
        return True

    def _concerning(self, owner: Owner, things: Iterable[str], now: Latest) -> Concerning:
        """What covers these things; of which cases there are it is asked after each decision."""
        as_of = (now.decisions, *now.names)
        if self._told is None or self._told[0] != as_of:
            self._told = as_of, tuple(self._cases()) if now.decisions else ()
        return _concerning(self._told[1], owner, things)

    # Building

    def built(self, identifier: Identifier) -> Kept | None:
        """Built now, whatever is kept; None where something moved meanwhile. Raises ``NotFound``."""
        return self._build(identifier, owner_of(identifier))[1]

    def is_of(self, kept: Kept, owner: Owner) -> bool:
        """Whether the same cases cover another item of the same history."""
        now = self._following().latest
        return self._concerning(owner, kept.body.things, now) == kept.body.cases

    def _build(self, identifier: Identifier, owner: Owner) -> tuple[Passport, Kept | None]:
        """A passport from the records, and kept where nothing moved meanwhile."""
        before = self.catch_up()
        names = self._records.aliases()
        asked = Asked(self._records)
        cases = tuple(self._cases())
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
        if (kept := self._kept_of(found, asked, identifier, before, cases)) is not None:
            with self._lock:
                _put(self._kept, owner, kept, _ROWS)
                if len(self._waiting) < _WAITING:
                    self._waiting[owner] = kept
        return found, kept

    def _kept_of(
        self, found: Passport, asked: Asked, identifier: Identifier, before: Latest, cases: Sequence[Case]
    ) -> Kept | None:
        names = {spelling for name in asked.names for spelling in self._records.aliases().spellings(name)}
        # What only master data tell of is its own; what events name has nothing else of its own.
        common = shared(found) if found.key == identifier.key and found.evidence else found
        own = {found.key} if common.serial == OWN else set[str]()
        things, names = asked.things - own, names - own
        with Reading(self._engine) as reading:
            now = latest(reading)
            if now[1:] != before[1:]:
                return None  # what was read may be of before or after
            told = fingerprint(reading, names)
        if found.kind in ("lot", "product"):
            things.add(pieces_of(found.key))
        follows = tuple(sorted(things))
        concerning = _concerning(cases, owner_of(identifier), follows)
        made = Body(common, follows, tuple(sorted(names)), told, now.names, concerning, now.names[:2])
        made = self._alike.setdefault(sha256(plain(common) + made.depends).digest(), made)
        return Kept(made, before.evidence, (before.decisions, before.told, before.register))

    # Keeping

    def keep(self) -> int:
        """Store what was built meanwhile; how many that is."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        if waiting:
            self.store(waiting.items())
        return len(waiting)

    def store(self, rows: Iterable[tuple[Owner, Kept]]) -> None:
        """Store these rows; bodies that are equal once."""
        made: dict[int, tuple[int, Stored]] = {}
        told: dict[Owner, tuple[int, int, int]] = {}
        for owner, kept in rows:
            found = kept.body
            place, _ = made.setdefault(id(found), (len(made), Stored(written(found.passport), found.depends)))
            told[owner] = place, kept.evidence, kept.decisions[0]
        with Writing(self._engine) as writing:
            store(writing, self._form, [one for _, one in made.values()], told)

    def declare(self) -> None:
        """Delete from the store what is untrue by now, so that the next process need not compare it."""
        news = self._following()
        now = news.catch_up()
        touched = dict(news.touched)
        with Writing(self._engine) as writing:
            if news.floor > self._declared:  # it is not known what was touched before
                begin(writing, self._form, now.evidence, anew=True)
                return
            untrue = [
                number
                for number, depends in stored_bodies(writing)
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


def _concerning(cases: Iterable[Case], owner: Owner, things: Iterable[str]) -> Concerning:
    keys = (owner.key, owner.lot, *things)
    return tuple((case.number, len(case.log)) for case in cases if not case.keys.isdisjoint(keys))


def owner_of(identifier: Identifier) -> Owner:
    """Under what the passport of a code is kept."""
    lot = identifier.lot_key or "" if identifier.kind != "lot" else ""
    return Owner(identifier.key, lot)


def _put(room: OrderedDict[Key, Value], key: Key, value: Value, most: int) -> None:
    room[key] = value
    while len(room) > most:
        room.popitem(last=False)
