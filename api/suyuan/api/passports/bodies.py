"""What is kept of passports in memory: bodies, which items with one history share."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

import orjson

from suyuan.api.passports.written import owned, read
from suyuan.trace.recall.passport import Passport
from suyuan.trace.store.passport_rows import Body as Stored

_MOST = 20_000
"""Bodies, some kilobytes each. Rows are not held: each look asks for its own."""
_OPEN = 64
"""Passports that are held as they are read."""
_NEVER = -1

Concerning = tuple[tuple[str, int], ...]
"""The cases that cover a thing or what it follows from: their numbers, and how many steps each has."""


@lru_cache(maxsize=_OPEN)
def _read(content: bytes) -> Passport:
    found: Passport = read(content)
    return found


@dataclass(slots=True, eq=False)
class Body:
    """What items with one history share. ``names_of`` is the state of master data under which it was true.

    Its passport is held as it is written: a thousand small things each would be walked by every collection of
    garbage, a quarter of a second where some thousand lots are looked at.
    """

    content: bytes
    kind: str
    lot: str | None
    things: tuple[str, ...]
    names: tuple[str, ...]
    told: str  # fingerprint of what was told of the names
    names_of: tuple[int, int, int]
    cases: Concerning
    made_under: tuple[int, int]  # master data and register when it was built
    compared: tuple[int, int] = (_NEVER, _NEVER)  # evidence looked at, and the newest that touched it
    covered: tuple[int, Concerning] = (_NEVER, ())  # which reading of the cases it was compared with, and how

    @property
    def passport(self) -> Passport:
        """The passport, read when it is asked for: a page that is made needs it no more."""
        return _read(self.content)

    def stored(self, form: str) -> Stored:
        """Itself, and what it follows from, as they are stored by a program of this form."""
        names_of = (*self.made_under, self.names_of[2])
        depends = orjson.dumps([self.things, self.names, self.told, names_of, self.cases, form])
        return Stored(self.content, depends)

    @classmethod
    def of(cls, stored: Stored, form: str) -> Body | None:
        """A body as it was stored; None where another form of the program stored it: it may mean another."""
        *depends, its = orjson.loads(stored.depends)
        if its != form:
            return None
        things, names, told, (vocabulary, register, aliases), cases = depends
        passport = _read(stored.content)
        return cls(
            stored.content,
            passport.kind,
            passport.lot,
            tuple(things),
            tuple(names),
            told,
            (vocabulary, register, aliases),
            tuple((number, steps) for number, steps in cases),
            (vocabulary, register),
        )


@dataclass(slots=True, eq=False)
class Kept:
    """A passport that is kept: a body, and the newest evidence that it is sure to know."""

    body: Body
    evidence: int

    def passport(self, serial: str | None) -> Passport:
        """The passport of the item of this serial; what no day changes of it."""
        return self.body.passport if serial is None else owned(self.body.passport, serial)


class Bodies:
    """Bodies in memory, by the names that they have in the store. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: OrderedDict[bytes, Body] = OrderedDict()

    def get(self, name: bytes) -> Body | None:
        """The body that the store has, or would have, under a name."""
        return self._known.get(name)

    def put(self, name: bytes, body: Body) -> Body:
        """Have it, or the one that is there already; the oldest go where there are too many."""
        with self._lock:
            known = self._known.setdefault(name, body)
            while len(self._known) > _MOST:
                self._known.popitem(last=False)
            return known
