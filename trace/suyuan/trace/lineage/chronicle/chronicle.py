"""The chronicle: all statements ever told, and the tables that they leave behind, kept live.

Statements come in any order; after each batch the tables are as if all had come in the right one (law of
tracing §1). The class holds the arrays and lets them grow; what happens to them says
:mod:`suyuan.trace.lineage.chronicle.telling`, in machine code.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any

import numpy as np

from suyuan.trace.gs1 import site
from suyuan.trace.lineage.chronicle.appending import lengths, lines_from, numbered
from suyuan.trace.lineage.chronicle.books import (
    COUNTERS,
    DESTINATIONS,
    GROUPS,
    KINDS,
    NEXT,
    NODES,
    OUT,
    REDONE,
    SHELVES_OF_A_PIECE,
    SITES,
    STATEMENTS,
    WANTED,
    Books,
    roomy,
    rows,
)
from suyuan.trace.lineage.chronicle.encoding import Batch, encode
from suyuan.trace.lineage.chronicle.names import Name, Names
from suyuan.trace.lineage.chronicle.pieces import born, single
from suyuan.trace.lineage.chronicle.record import recorded
from suyuan.trace.lineage.chronicle.shelves import holder, reseat
from suyuan.trace.lineage.chronicle.telling import go_on, take_back
from suyuan.trace.lineage.chronicle.turns import Turns
from suyuan.trace.lineage.compiled.machine import Made, readable
from suyuan.trace.lineage.compiled.record import Record
from suyuan.trace.lineage.compiled.sayings import Numbers
from suyuan.trace.lineage.compiled.tables import NONE, nameless
from suyuan.trace.lineage.kinds import kind_by_name
from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.lineage.statement import NEVER, instant

_SMALLEST = 256
_A_TURN = 256  # statements, which take about a millisecond
_POSITION = ("order", "sequence", "rank", "at")  # the last is compared first
GUESTS = range(256)
"""Nodes without a name: more places than that are seldom asked for under names that nobody told."""


class Chronicle:
    """Lineage under way. One thread at a time may add; who asks of :attr:`books` takes ``turns`` with it.

    Adding costs what is added and, for what comes late, what has to be told again after it: ``redone`` counts
    those statements.
    """

    def __init__(self, size: int = _SMALLEST) -> None:
        self.names = Names()
        self.parties, self.units, self.sites = Numbers(), Numbers([None]), Numbers()
        self.evidence: list[str] = []
        self.turns = Turns()
        self._used = np.zeros(COUNTERS, dtype=np.int64)
        self._tables: dict[str, Made] = {name: rows(kind, size) for name, (kind, _) in KINDS.items()}
        self._known: dict[str, int] = {}  # the statement of each evidence key
        self._groups: dict[tuple[str, str], int] = {}
        self._places: dict[str, int] = {}
        self._by_event: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        self._wrong: dict[tuple[str, str], int] = {}  # when that became known first
        self._party_names: list[str] = []
        self._unit_names: list[str] = []
        self._room("nodes", len(GUESTS))
        self._room("lives", len(GUESTS))
        self._tables["nodes"][: len(GUESTS)] = nameless(len(GUESTS))
        self._used[NODES] = len(GUESTS)

    def __len__(self) -> int:
        return len(self._known)

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
        number = self._known.get(evidence, NONE)
        return None if number == NONE else number

    def record(self) -> Record:
        """What is on record now, for questions: to be asked in a turn (:attr:`turns`). Nothing is copied."""
        return recorded(self, GUESTS)

    def party(self, number: int) -> str:
        """Who captured."""
        return _at(self._party_names, self.parties, number)

    def unit(self, number: int) -> str | None:
        """A unit of measure, None for pieces."""
        return None if number == 0 else _at(self._unit_names, self.units, number)

    def add(self, occurrences: Iterable[Occurrence]) -> None:
        """Take in ``occurrences``, in any order; evidence that is already known is left alone."""
        fresh: list[Occurrence] = []
        for one in occurrences:
            if one.evidence in self._known:
                continue
            self._known[one.evidence] = NONE
            if one.declared_wrong_at is None:
                fresh.append(one)
            else:
                self._declare(one)
        self._take_in(encode(fresh, self.names, self.parties, self.units, self.sites, self._behind()))

    def _declare(self, declaration: Occurrence) -> None:
        """Take back what an error declaration points at, now and as of when that was known."""
        event = _event_of(declaration)
        if event is None:
            return
        known = instant(declaration.record_time)
        self._wrong[event] = min(known, self._wrong.get(event, known))
        for number in self._by_event.get(event, ()):
            with self.turns.telling():
                self._run(partial(_taken_back, number))

    def _behind(self) -> int:
        """The number of the next statement."""
        return int(self._used[STATEMENTS])

    def _take_in(self, batch: Batch) -> None:
        first = self._behind()
        with self.turns.telling():
            self._append(batch)
        self._known.update(zip(batch.evidence, range(first, self._behind()), strict=True))
        for number, event in enumerate(batch.events, first):
            if event is not None:
                self._by_event[event].append(number)
                if event in self._wrong:
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
                sayings["group"][number] = self._group(shared)
        self._append_rows(statements, sayings, np.array(batch.named, dtype=np.int64), mentions, destinations)
        self.evidence += batch.evidence

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

        Raises ``ValueError`` where the rows do not fit together.
        """
        if not len(statements) == len(sayings) == len(named) or int(named.sum()) != len(mentions):
            raise ValueError("Statements, sayings and mentions are not of one another.")
        nowhere = np.zeros(0, dtype=KINDS["destinations"][0])
        with self.turns.telling():
            self._append_rows(statements, sayings.copy(), named, mentions.copy(), nowhere)
        self._tell()

    def sizes(self) -> dict[str, int]:
        """The bytes of the rows of each table that are in use; of shelves, of all."""
        return {
            name: table.nbytes
            if name == "shelves"
            else int(self._used[KINDS[name][1]]) * table.dtype.itemsize
            for name, table in self._tables.items()
        }

    def as_known(self, known_at: datetime) -> Chronicle:
        """What was recorded by then (§1.1), told anew: O(all that is known)."""
        by_then = instant(known_at)
        count = int(self._used[STATEMENTS])
        sayings, statements = self._tables["sayings"][:count], self._tables["statements"][:count]
        wrong = [
            number
            for event, known in self._wrong.items()
            if known <= by_then
            for number in self._by_event.get(event, ())
        ]
        counts = sayings["known"] <= by_then
        counts[wrong] = False
        numbers = np.flatnonzero(counts)
        numbers = numbers[np.lexsort([statements[name][numbers] for name in _POSITION])]
        view = Chronicle()
        view.names, view.parties, view.units, view.sites = self.names, self.parties, self.units, self.sites
        view.evidence = [self.evidence[number] for number in numbers.tolist()]
        view._known = {evidence: number for number, evidence in enumerate(view.evidence)}
        view._append_rows(*self._copied(numbers, view))
        view._tell()
        return view

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
        keys = {number: key for key, number in self._groups.items()}
        groups = [keys.get(number) for number in sayings["group"].tolist()]
        sayings["group"] = [NONE if key is None else view._group(key) for key in groups]
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

    def _group(self, key: tuple[str, str]) -> int:
        """The group of several statements of one party."""
        number = self._groups.get(key)
        if number is None:
            number = self._groups[key] = int(self._used[GROUPS])
            for name in ("groups", "causes"):
                self._room(name, number + 1)
            self._tables["groups"][number] = (NONE, NONE, NONE)
            self._tables["causes"][number] = (NONE,)
            self._used[GROUPS] = number + 1
        return number

    def place(self, key: str) -> int:
        """The node of a place; it is known from now on."""
        node = self._places.get(key)
        if node is not None:
            return node
        prefix, number = self.names(key)
        node = int(holder(self.books, prefix, number))
        if node == NONE:
            self._run(_for_a_node)
            node = int(born(self.books, prefix, number, 1))
        self._places[key] = node
        number = self.sites(site(key))
        self._room("sites", number + 1)
        if number >= self._used[SITES]:  # a view shares the numbers of sites that it may not know
            self._tables["sites"]["first_visit"][int(self._used[SITES]) : number + 1] = NONE
            self._used[SITES] = number + 1
        row: Any = self._tables["nodes"][node]
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
                self._tables[name] = rows(table.dtype, 1 << seats.bit_length())
                reseat(before, self.books)

    def _room(self, name: str, size: int) -> None:
        """Room for ``size`` rows of a table. The rows before are copied: who reads them reads on."""
        table = self._tables[name]
        if size > len(table):
            larger = rows(table.dtype, max(size, 2 * len(table)))
            larger[: len(table)] = table
            self._tables[name] = larger


def _at(known: list[str], numbers: Numbers, number: int) -> str:
    """The text that has a number; those of all are kept in ``known``."""
    if number >= len(known):
        known[:] = map(str, numbers.of)
    return known[number]


def _event_of(declaration: Occurrence) -> tuple[str, str] | None:
    """What an error declaration points at; one without event id points at nothing."""
    return None if declaration.event_id is None else (declaration.party, declaration.event_id)


def _told(until: int, books: Books) -> bool:
    return go_on(books, until)


def _for_a_node(books: Books) -> bool:
    return roomy(books, 4)


def _taken_back(number: int, books: Books) -> bool:
    return take_back(books, number)


def _singled(name: Name, books: Books) -> bool:
    return single(books, name.prefix, name.number)
