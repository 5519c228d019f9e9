"""What parties call their events and transformations: which statements are told, or wrong, under which id.

Nobody asks for the text of an id, so that digests stand for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b

import numpy as np

from suyuan.trace.lineage.chronicle.columns import Column, column
from suyuan.trace.lineage.chronicle.texts import Texts
from suyuan.trace.lineage.compiled.machine import Instant, Made, Number, record
from suyuan.trace.lineage.compiled.tables import NONE
from suyuan.trace.lineage.statement import NEVER

_BYTES = 16
_AT_FIRST = 16


class Event:
    """What the error declarations and statements of one event id said."""

    wrong: Instant
    """When that it is wrong became known first; NEVER where nobody declared it."""
    first: Number
    """A statement, NONE where only declarations came so far."""


EVENT = record(Event)


class Events:
    """Every event id that was told, its statements, and since when it is declared wrong (law §1.2)."""

    def __init__(self, salt: bytes) -> None:
        self._names = Texts(salt=salt)
        self._salt = salt
        self._events = column(EVENT, _AT_FIRST)
        self._next = column(np.int32, _AT_FIRST)  # of a statement: another of the same event

    def told(self, statement: int, party: str, event: str) -> bool:
        """A statement is that of an event; True where this is declared wrong."""
        row = self._row(party, event)
        self._next.reach(statement + 1)
        self._next.array[self._next.used : statement] = NONE
        self._next.array[statement] = self._events.array["first"][row]
        self._next.used = statement + 1
        self._events.array["first"][row] = statement
        return bool(self._events.array["wrong"][row] != NEVER)

    def declared(self, party: str, event: str, known: int) -> list[int]:
        """An event is declared wrong, which was recorded at ``known``: its statements."""
        row = self._row(party, event)
        self._events.array["wrong"][row] = min(known, int(self._events.array["wrong"][row]))
        return list(self._statements(row))

    def wrong_by(self, known: int) -> list[int]:
        """The statements of events of which it was recorded by ``known`` that they are wrong. O(events)."""
        wrong = np.flatnonzero(self._events.array["wrong"][: self._events.used] <= known)
        return [statement for row in wrong.tolist() for statement in self._statements(row)]

    def wrong_since(self) -> Made:
        """Of each event that is declared wrong, when that was recorded first. O(events)."""
        wrong = self._events.array["wrong"][: self._events.used]
        known: Made = wrong[wrong != NEVER]
        return known

    def columns(self) -> dict[str, Column]:
        """What it consists of."""
        return {**self._names.columns(), "events": self._events, "next": self._next}

    def take(self, columns: dict[str, Column]) -> None:
        """Consist of ``columns`` from now on: those of events with the same salt."""
        self._names.take(columns)
        self._events, self._next = columns["events"], columns["next"]

    def _row(self, party: str, event: str) -> int:
        row = self._names.number(_pair(party, event, self._salt))
        if row == self._events.used:
            self._events.reach(row + 1)
            self._events.array[row] = (NEVER, NONE)
            self._events.used = row + 1
        return row

    def _statements(self, row: int) -> Iterator[int]:
        statement = int(self._events.array["first"][row])
        while statement != NONE:
            yield statement
            statement = int(self._next.array[statement])


class Shared:
    """Which group the statements of one transformation id of a party are in."""

    def __init__(self, salt: bytes) -> None:
        self._names = Texts(salt=salt)
        self._salt = salt
        self._groups = column(np.int32, _AT_FIRST)

    def get(self, name: bytes) -> int:
        """The group of what has this :meth:`name`, NONE where it has none yet."""
        row = self._names.known(name)
        return NONE if row == NONE else int(self._groups.array[row])

    def put(self, name: bytes, group: int) -> None:
        """It has one now."""
        row = self._names.number(name)
        self._groups.reach(row + 1)
        self._groups.array[row] = group
        self._groups.used = row + 1

    def name(self, party: str, transformation: str) -> bytes:
        """What stands for a transformation id of a party."""
        return _pair(party, transformation, self._salt)

    def names(self) -> dict[int, bytes]:
        """What stands for the id of each group that has one."""
        groups = self._groups.array[: self._groups.used].tolist()
        return {group: self._names.raw(row) for row, group in enumerate(groups)}

    def columns(self) -> dict[str, Column]:
        """What it consists of."""
        return {**self._names.columns(), "groups": self._groups}

    def take(self, columns: dict[str, Column]) -> None:
        """Consist of ``columns`` from now on: those of groups with the same salt."""
        self._names.take(columns)
        self._groups = columns["groups"]


def _pair(party: str, name: str, salt: bytes) -> bytes:
    """A digest of what a party calls something: two that are the same would take 2^64 tries to find."""
    told = f"{len(party)} {party}{name}".encode("utf-8", "surrogatepass")
    return blake2b(told, digest_size=_BYTES, key=salt).digest()
