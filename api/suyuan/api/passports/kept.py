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
from threading import Lock

import orjson
from sqlalchemy import Engine

from suyuan.api.passports.asked import Asked
from suyuan.api.passports.form import form_of
from suyuan.api.passports.news import News, pieces_of
from suyuan.api.passports.written import OWN, owned, read, shared, written
from suyuan.api.records import LiveRecords
from suyuan.trace.gs1 import Identifier
from suyuan.trace.recall.passport import Passport
from suyuan.trace.recall.passports import on_record
from suyuan.trace.recall.recall import Case
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.history import newest_sequence
from suyuan.trace.store.jobs import CaptureJob
from suyuan.trace.store.passport_news import Latest, fingerprint, latest
from suyuan.trace.store.passport_rows import Ask, Owner, asking, begin, body, declare, is_of, standing, store
from suyuan.trace.store.passport_rows import Body as Stored
from suyuan.trace.store.passport_rows import bodies as stored_bodies

_ROWS, _BODIES = 200_000, 20_000
"""How many are in memory at most: some hundred bytes each, and about twelve kilobytes."""
_WAITING = 5_000
_PRODUCTS = 10_000
_NEVER = -1
_UNNAMED = (
    "SELECT coalesce((SELECT 1 FROM object WHERE key = :item),"
    " (SELECT 1 FROM vocabulary WHERE key = :item LIMIT 1), (SELECT 1 FROM label WHERE key = :item)),"
    " (SELECT 1 FROM vocabulary WHERE key = :product LIMIT 1)"
)

Concerning = tuple[tuple[str, int], ...]
"""The cases that cover a thing or what it follows from: their numbers, and how many steps each has."""


@dataclass(slots=True, eq=False)
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

    def stored(self, form: str) -> Stored:
        """Itself, and what it follows from, as they are stored by a program of this form."""
        names_of = (*self.made_under, self.names_of[2])
        depends = orjson.dumps([self.things, self.names, self.told, names_of, self.cases, form])
        return Stored(written(self.passport), depends)

    @classmethod
    def of(cls, stored: Stored, form: str) -> Body | None:
        """A body as it was stored; None where another form of the program stored it: it may mean another."""
        *depends, its = orjson.loads(stored.depends)
        if its != form:
            return None
        things, names, told, (vocabulary, register, aliases), cases = depends
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


class AtHand:
    """Rows and bodies in memory. With a body that is let go its rows go, which would hold it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._rows: OrderedDict[Owner, tuple[bytes, Kept]] = OrderedDict()
        self._bodies: OrderedDict[bytes, tuple[Body, set[Owner]]] = OrderedDict()

    def row(self, owner: Owner) -> Kept | None:
        """What is kept for a code."""
        found = self._rows.get(owner)
        return None if found is None else found[1]

    def body(self, name: bytes) -> Body | None:
        """The body that the store has, or would have, under a name."""
        found = self._bodies.get(name)
        return None if found is None else found[0]

    def put(self, owner: Owner, name: bytes, kept: Kept) -> None:
        """Have it, and its body under this name; the oldest go where there are too many."""
        with self._lock:
            self._drop(owner)
            self._rows[owner] = name, kept
            _, owners = self._bodies.setdefault(name, (kept.body, set()))
            owners.add(owner)
            while len(self._rows) > _ROWS:
                self._drop(next(iter(self._rows)))
            while len(self._bodies) > _BODIES:
                _, (_, owners) = self._bodies.popitem(last=False)
                for one in owners:
                    del self._rows[one]

    def _drop(self, owner: Owner) -> None:
        name, _ = self._rows.pop(owner, (None, None))
        if name is not None:
            self._bodies[name][1].discard(owner)


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
        self._at_hand = AtHand()
        self._waiting: dict[Owner, Kept] = {}
        self._told: tuple[tuple[int, int, int, int], tuple[Case, ...]] | None = None
        self._described: tuple[tuple[int, int, int], dict[str, bool]] = (0, 0, 0), {}

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
        kept = self._at_hand.row(owner)
        if kept is None:
            with Reading(self._engine) as reading:
                kept = self.load(owner, asking(reading))
        if kept is None or not self._is_true(owner, kept, now):
            return None
        return kept

    def at_hand(self, owner: Owner, now: Latest, ask: Ask) -> Kept | None:
        """The same as far as it is known without more than two look-ups by key."""
        kept = self._at_hand.row(owner) or self.load(owner, ask)
        if kept is None or kept.decisions != (now.decisions, now.told, now.register):
            return None
        return kept if kept.body.names_of == now.names and self._is_untouched(owner, kept, now) else None

    def load(self, owner: Owner, ask: Ask) -> Kept | None:
        """What the store keeps for a code, true or not."""
        row = standing(ask, owner)
        if row is None:
            return None
        found = self._at_hand.body(row.body)
        if found is None:
            stored = body(ask, row.body)
            if stored is None:
                return None
            found = Body.of(stored, self._form)
            if found is None:
                return None
        evidence = max(row.evidence, self._declared)  # what stands was not touched until then
        kept = Kept(found, evidence, (row.decisions, *found.made_under))
        self._at_hand.put(owner, row.body, kept)
        return kept

    def is_unnamed(self, item: Identifier, now: Latest, ask: Ask) -> bool:
        """Whether of an item nothing is on record but its product, as one look-up tells; False if in doubt.

        ``ask`` sees nothing newer than ``now``, or what came since makes no difference.
        """
        names = self._following().names
        if names.version != now.aliases or len(names.spellings(item.key)) > 1:
            return False
        if any(item.lot_key in case.keys for case in self._cases_of(now)):
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
            and self._is_decided_alike(owner, kept, now)
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
        """What covers these things."""
        return _concerning(self._cases_of(now), owner, things)

    def _cases_of(self, now: Latest) -> tuple[Case, ...]:
        """Asked for after each decision."""
        as_of = (now.decisions, *now.names)
        if self._told is None or self._told[0] != as_of:
            self._told = as_of, tuple(self._cases()) if now.decisions else ()
        return self._told[1]

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
        if not self._is_of_record(found, identifier):
            return found, None
        if (kept := self._kept_of(found, asked, owner, before, cases)) is not None:
            with self._lock:
                if len(self._waiting) < _WAITING:
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
        concerning = _concerning(cases, owner, follows)
        made = Body(common, follows, tuple(sorted(names)), told, now.names, concerning, now.names[:2])
        name = made.stored(self._form).name
        made = self._at_hand.body(name) or made
        kept = Kept(made, before.evidence, (before.decisions, before.told, before.register))
        self._at_hand.put(owner, name, kept)
        return kept

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
            if id(found) not in made:
                made[id(found)] = len(made), found.stored(self._form)
            place, _ = made[id(found)]
            told[owner] = place, kept.evidence, kept.decisions[0]
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


def _concerning(cases: Iterable[Case], owner: Owner, things: Iterable[str]) -> Concerning:
    keys = (owner.key, owner.lot, *things)
    return tuple((case.number, len(case.log)) for case in cases if not case.keys.isdisjoint(keys))


def owner_of(identifier: Identifier) -> Owner:
    """Under what the passport of a code is kept."""
    lot = identifier.lot_key or "" if identifier.kind != "lot" else ""
    return Owner(identifier.key, lot)
