"""The chronicle: all statements ever told, and the tables that they leave behind, kept live.

Statements come in any order; after each batch the tables are as if all had come in the right one (law of
tracing §1). The class holds the arrays and lets them grow; what happens to them says
:mod:`suyuan.trace.lineage.chronicle.telling`, in machine code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from hashlib import blake2b
from typing import Any

import numpy as np

from suyuan.trace.gs1 import site
from suyuan.trace.lineage.chronicle.appending import lengths, lines_from, numbered
from suyuan.trace.lineage.chronicle.books import (
    COUNTERS,
    DESTINATIONS,
    GROUPS,
    KEY,
    KINDS,
    NEXT,
    NODES,
    OUT,
    PASSING,
    REDONE,
    SHELVES_OF_A_PIECE,
    SITES,
    STATEMENTS,
    WANTED,
    Books,
    roomy,
)
from suyuan.trace.lineage.chronicle.columns import Column, Part, larger
from suyuan.trace.lineage.chronicle.encoding import Batch, encode
from suyuan.trace.lineage.chronicle.events import Events, Shared
from suyuan.trace.lineage.chronicle.names import Name, Names
from suyuan.trace.lineage.chronicle.pieces import born, single
from suyuan.trace.lineage.chronicle.record import recorded
from suyuan.trace.lineage.chronicle.shelves import holder, reseat
from suyuan.trace.lineage.chronicle.telling import go_on, take_back
from suyuan.trace.lineage.chronicle.texts import Texts, Units
from suyuan.trace.lineage.chronicle.turns import Turns
from suyuan.trace.lineage.compiled.machine import Made, readable, rows_of
from suyuan.trace.lineage.compiled.record import Record
from suyuan.trace.lineage.compiled.tables import NONE, nameless
from suyuan.trace.lineage.kinds import kind_by_name
from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.lineage.statement import NEVER, instant

_SMALLEST = 256
_RECENT = 1 << 14
_A_TURN = 256  # statements, which take about a millisecond
_POSITION = ("order", "sequence", "rank", "at")  # the last is compared first
GUESTS = range(256)
"""Nodes without a name: more places than that are seldom asked for under names that nobody told."""


class Chronicle:
    """Lineage under way. One thread at a time may add; who asks of :attr:`books` takes ``turns`` with it.

    Asking changes it, too: what is asked for is split off its run (:meth:`single`), in a turn of telling. So
    whoever keeps something beside the tables needs a lock against askers as well as against who adds.

    Adding costs what is added and, for what comes late, what has to be told again after it: ``redone`` counts
    those statements.
    """

    def __init__(self, size: int = _SMALLEST, *, salt: bytes = b"") -> None:
        """``salt``, up to 64 bytes that strangers do not know, keeps names apart that they choose."""
        self.salt = salt
        self.names = Names(salt=salt)
        self.parties, self.units, self.sites = Texts(salt=salt), Units(salt=salt), Texts(salt=salt)
        self.evidence = Texts(salt=salt)
        """Of each statement its evidence key."""
        self.turns = Turns()
        self._used = np.zeros(COUNTERS, dtype=np.int64)
        self._used[KEY] = _key(salt)
        self._tables: dict[str, Made] = {name: rows_of(kind, size) for name, (kind, _) in KINDS.items()}
        self._declared = Texts(salt=salt)  # the evidence of error declarations
        self._shared = Shared(salt)
        self._events = Events(salt)
        self._places: dict[str, int] = {}  # those asked for lately
        self._room("nodes", len(GUESTS))
        self._room("lives", len(GUESTS))
        self._room("stack", len(GUESTS))
        self._tables["nodes"][: len(GUESTS)] = nameless(len(GUESTS))
        self._used[NODES] = len(GUESTS)

    def __len__(self) -> int:
        return len(self.evidence) + len(self._declared)

    @property
    def redone(self) -> int:
        """How many statements were undone and told again so far."""
        return int(self._used[REDONE])

    @property
    def books(self) -> Books:
        """The tables as they are now; they are changed and replaced as more is told."""
        tables: dict[str, Any] = self._tables
        return readable(Books(used=self._used, prefixes=self.names.rows, **tables))

    def node(self, key: str) -> int:
        """The node that stands for ``key``, NONE where nobody spoke of it."""
        name = self.names.known(key)
        return NONE if name is None else int(holder(self.books, name.prefix, name.number))

    def statement(self, evidence: str) -> int | None:
        """The number of the statement with this evidence key; None where none is known."""
        return self.evidence.get(evidence)

    def record(self) -> Record:
        """What is on record now, for questions: to be asked in a turn (:attr:`turns`). Nothing is copied."""
        return recorded(self, GUESTS)

    def party(self, number: int) -> str:
        """Who captured."""
        return self.parties[number]

    def unit(self, number: int) -> str | None:
        """A unit of measure, None for pieces."""
        return self.units[number]

    def add(self, occurrences: Iterable[Occurrence]) -> None:
        """Take in ``occurrences``, in any order; evidence that is already known is left alone."""
        fresh: dict[str, Occurrence] = {}
        for one in occurrences:
            if one.evidence in fresh or one.evidence in self.evidence or one.evidence in self._declared:
                continue
            if one.declared_wrong_at is None:
                fresh[one.evidence] = one
            else:
                self._declared(one.evidence)
                self._declare(one)
        self._take_in(
            encode(fresh.values(), self.names, self.parties, self.units, self.sites, self._behind())
        )

    def _declare(self, declaration: Occurrence) -> None:
        """Take back what an error declaration points at, now and as of when that was known."""
        if declaration.event_id is None:  # it points at nothing
            return
        known = instant(declaration.record_time)
        for number in self._events.declared(declaration.party, declaration.event_id, known):
            with self.turns.telling():
                self._run(partial(_taken_back, number))

    def _behind(self) -> int:
        """The number of the next statement."""
        return int(self._used[STATEMENTS])

    def _take_in(self, batch: Batch) -> None:
        first = self._behind()
        with self.turns.telling():
            self._append(batch)
            for number, event in enumerate(batch.events, first):
                if event is not None and self._events.told(number, *event):
                    self._tables["stories"]["state"][number] = OUT
        self._tell()

    def _tell(self) -> None:
        """Tell what was appended, in turns that are short enough to wait for."""
        until = self._behind()
        while self._used[NEXT] < until:
            with self.turns.telling():
                self._run(partial(_told, min(until, int(self._used[NEXT]) + _A_TURN)))

    def _append(self, batch: Batch) -> None:
        """Put the rows of a batch behind the others."""
        statements, sayings, mentions, destinations = (
            np.array(told, dtype=KINDS[name][0])
            for name, told in (
                ("statements", batch.statements),
                ("sayings", batch.sayings),
                ("mentions", batch.mentions),
                ("destinations", batch.destinations),
            )
        )
        for number, (place, shared) in enumerate(zip(batch.places, batch.shared, strict=True)):
            if place is not None:
                sayings["place"][number] = self.place(place)
                statements["site"][number] = self.sites(site(place))
            if shared is not None:
                sayings["group"][number] = self._group(self._shared.name(*shared))
        self._append_rows(statements, sayings, np.array(batch.named, dtype=np.int64), mentions, destinations)
        for evidence in batch.evidence:
            self.evidence(evidence)

    def _append_rows(
        self, statements: Made, sayings: Made, named: Made, mentions: Made, destinations: Made
    ) -> None:
        """Put rows behind the others; they are numbered anew where they speak of one another."""
        at_places = mentions[["prefix", "first"]][self.names.rows["is_place"][mentions["prefix"]]]
        for prefix, number in np.unique(at_places).tolist():  # a place, though it is named as a thing
            self.place(self.names.key(prefix, number))
        behind = self._used.copy()
        tables = numbered(behind, statements, sayings, named, mentions, destinations)
        for name, told in tables.items():
            begin = int(behind[KINDS[name][1]])
            self._room(name, begin + len(told))
            self._tables[name][begin : begin + len(told)] = told
            self._used[KINDS[name][1]] = begin + len(told)
        for name in ("heap", "pit"):
            self._room(name, int(self._used[STATEMENTS]) + 1)

    def add_rows(self, statements: Made, sayings: Made, named: Made, mentions: Made) -> None:
        """Take in what is in numbers already; ``named`` counts the mentions of each statement.

        Statements have no evidence keys then. Raises ``ValueError`` where the rows do not fit together.
        """
        if not len(statements) == len(sayings) == len(named) or int(named.sum()) != len(mentions):
            raise ValueError("Statements, sayings and mentions are not of one another.")
        nowhere = np.zeros(0, dtype=KINDS["destinations"][0])
        with self.turns.telling():
            self._append_rows(statements, sayings.copy(), named, mentions.copy(), nowhere)
            self.evidence.skip(len(statements))
        self._tell()

    def sizes(self) -> dict[str, int]:
        """The bytes of each column that are in use."""
        return {
            name.removeprefix("tables."): column.used * column.array.dtype.itemsize
            for name, column in self.columns().items()
        }

    def columns(self) -> dict[str, Column]:
        """Everything that it consists of, under names that say to which part it belongs."""
        found = {"used": Column(self._used, COUNTERS)}
        for name, (_, counter) in KINDS.items():
            table = self._tables[name]
            found[f"tables.{name}"] = Column(table, self._rows_of(name, int(self._used[counter])))
        for part, held in self._parts().items():
            found.update((f"{part}.{name}", column) for name, column in held.columns().items())
        return found

    def take(self, columns: Mapping[str, Column]) -> None:
        """Consist of ``columns`` from now on: of all those of a chronicle with the same salt."""
        self._used = columns["used"].array
        self._tables = {name: columns[f"tables.{name}"].array for name in KINDS}
        for part, held in self._parts().items():
            held.take({name: columns[f"{part}.{name}"] for name in held.columns()})
        self._places.clear()

    def _rows_of(self, name: str, used: int) -> int:
        """How many rows of a table to keep: all seats, and nothing of what is in use only while telling."""
        return len(self._tables[name]) if name == "shelves" else 0 if name in PASSING else used

    def _parts(self) -> dict[str, Part]:
        return {
            "names": self.names,
            "parties": self.parties,
            "units": self.units,
            "sites": self.sites,
            "evidence": self.evidence,
            "declared": self._declared,
            "shared": self._shared,
            "events": self._events,
        }

    def as_known(self, known_at: datetime) -> Chronicle:
        """What was recorded by then (§1.1), told anew: O(all that is known)."""
        by_then = instant(known_at)
        count = int(self._used[STATEMENTS])
        sayings, statements = self._tables["sayings"][:count], self._tables["statements"][:count]
        counts = sayings["known"] <= by_then
        counts[self._events.wrong_by(by_then)] = False
        numbers = np.flatnonzero(counts)
        numbers = numbers[np.lexsort([statements[name][numbers] for name in _POSITION])]
        view = Chronicle(salt=self.salt)
        view.names, view.parties, view.units, view.sites = self.names, self.parties, self.units, self.sites
        view.evidence = self.evidence.chosen(numbers.tolist())
        view._append_rows(*self._copied(numbers, view))
        view._tell()
        return view

    def record_times(self) -> Made:
        """The instants at which what it was told was recorded, in order, each once. O(all that is known)."""
        known = self._tables["sayings"]["known"][: self._used[STATEMENTS]]
        return np.unique(np.concatenate((known, self._events.wrong_since())))

    def _copied(self, numbers: Made, view: Chronicle) -> tuple[Made, Made, Made, Made, Made]:
        """The rows of statements, as they were before they were told."""
        tables, lives = self._tables, self._tables["lives"]
        sayings, stories = tables["sayings"][numbers], tables["stories"][numbers]
        mentions = tables["mentions"][lines_from(stories["first_mention"], stories["mentions"])]
        sent = lengths(
            sayings["first_destination"], tables["destinations"]["next"][: self._used[DESTINATIONS]]
        )
        destinations = tables["destinations"][lines_from(sayings["first_destination"], sent)]
        ends = np.cumsum(sent)
        sayings["first_destination"] = np.where(sent > 0, ends - sent, NONE)
        destinations["next"] = np.arange(1, len(destinations) + 1)
        destinations["next"][ends[sent > 0] - 1] = NONE
        places, of = np.unique(sayings["place"], return_inverse=True)
        known = [
            NONE if place == NONE else view.place(self.names.key(*lives[["prefix", "first"]][place].tolist()))
            for place in places.tolist()
        ]
        sayings["place"] = np.array(known, dtype=np.int32)[of]
        sayings["parent"] = sayings["was"] = NONE
        names = self._shared.names()
        groups = [names.get(number) for number in sayings["group"].tolist()]
        sayings["group"] = [NONE if name is None else view._group(name) for name in groups]
        return tables["statements"][numbers], sayings, stories["mentions"], mentions, destinations

    def in_runs(self, keys: Iterable[str]) -> list[Name]:
        """Those of ``keys`` that share a node with others; to be asked in a turn."""
        nodes: Any = self._tables["nodes"]
        found = [(name, self.node(key)) for key in keys if (name := self.names.known(key)) is not None]
        return [name for name, node in found if node != NONE and nodes["count"][node] > 1]

    def single(self, named: Iterable[Name]) -> None:
        """Let instances be nodes of their own, which changes nothing in meaning. A turn of telling each."""
        for name in named:
            with self.turns.telling():
                self._run(partial(_singled, name))

    def _group(self, name: bytes) -> int:
        """The group of several statements of one party, by what stands for its id."""
        number = self._shared.get(name)
        if number == NONE:
            number = int(self._used[GROUPS])
            self._shared.put(name, number)
            for table in ("groups", "causes"):
                self._room(table, number + 1)
            self._tables["groups"][number] = (NONE, NONE, NONE)
            self._tables["causes"][number] = (NONE,)
            self._used[GROUPS] = number + 1
        return number

    def place(self, key: str) -> int:
        """The node of a place; it is known from now on."""
        node = self._places.get(key)
        if node is not None:
            return node
        name = self.names(key)
        node = int(holder(self.books, name.prefix, name.number))
        if node == NONE:
            self._run(_for_a_node)
            node = int(born(self.books, name.prefix, name.number, 1))
        elif self._tables["nodes"]["count"][node] > 1:  # among things in sequence
            self._run(partial(_singled, name))
            node = int(holder(self.books, name.prefix, name.number))
        if len(self._places) >= _RECENT:
            self._places.clear()
        self._places[key] = node
        row: Any = self._tables["nodes"][node]
        if row["site"] != NONE:
            return node
        number = self.sites(site(key))
        self._room("sites", number + 1)
        if number >= self._used[SITES]:  # a view shares the numbers of sites that it may not know
            self._tables["sites"]["first_visit"][int(self._used[SITES]) : number + 1] = NONE
            self._used[SITES] = number + 1
        row["site"] = number
        if kind_by_name(key) == "other" and row["birth"] == NEVER:
            row["is_place"] = True
        return node

    def _run(self, step: Callable[[Books], bool]) -> None:
        """Let ``step`` work until it is done, with more room whenever it asks for that."""
        while not step(self.books):
            self._grow(int(self._used[WANTED]))

    def _grow(self, wanted: int) -> None:
        """Room for so many more rows in each table that has none, and twice the room at least."""
        for name, (_, counter) in KINDS.items():
            table, used = self._tables[name], int(self._used[counter])
            if name != "shelves":
                self._room(name, used + wanted)
                continue
            seats = 2 * (used + SHELVES_OF_A_PIECE * wanted)
            if seats > len(table):
                before = self.books
                self._tables[name] = rows_of(table.dtype, 1 << seats.bit_length())
                reseat(before, self.books)

    def _room(self, name: str, size: int) -> None:
        """Room for ``size`` rows of a table. The rows before are copied: who reads them reads on."""
        self._tables[name] = larger(self._tables[name], size)


def _key(salt: bytes) -> int:
    """What keeps shelves apart (:mod:`suyuan.trace.lineage.chronicle.shelves`)."""
    return int.from_bytes(blake2b(b"shelves", digest_size=8, key=salt).digest(), "little", signed=True)


def _told(until: int, books: Books) -> bool:
    return go_on(books, until)


def _for_a_node(books: Books) -> bool:
    return roomy(books, 4)


def _taken_back(number: int, books: Books) -> bool:
    return take_back(books, number)


def _singled(name: Name, books: Books) -> bool:
    return single(books, name.prefix, name.number)
