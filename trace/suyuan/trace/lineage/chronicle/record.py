"""The tables of a chronicle as the compiled engine asks them, and what their numbers stand for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from suyuan.trace.lineage.chronicle.books import REPAIRS, SITES, Books
from suyuan.trace.lineage.chronicle.names import Names
from suyuan.trace.lineage.chronicle.shelves import holder
from suyuan.trace.lineage.compiled.record import Record
from suyuan.trace.lineage.compiled.tables import NONE, Tables, Told
from suyuan.trace.lineage.statement import NEVER

if TYPE_CHECKING:
    from suyuan.trace.lineage.chronicle.chronicle import Chronicle


@dataclass(frozen=True, slots=True)
class TableNames:
    """As :class:`suyuan.trace.lineage.compiled.names.Names`, of a chronicle.

    What a node is called stays true; what a key stands for is true until more is told.
    """

    books: Books
    names: Names
    chronicle: Chronicle

    def node(self, key: str) -> int | None:
        """The node of an object or place; of an instance in a run that of the run."""
        name = self.names.known(key)
        node = NONE if name is None else int(holder(self.books, name.prefix, name.number))
        if node == NONE:
            return None
        nodes: Any = self.books.nodes
        return node if nodes["birth"][node] != NEVER or self._visited(int(nodes["site"][node])) else None

    def _visited(self, site: int) -> bool:
        sites: Any = self.books.sites
        return site != NONE and bool(sites["first_visit"][site] != NONE)

    def key(self, node: int, number: int = 0) -> str:
        """The key of a node; of a run that of the instance of this number, counted from 0."""
        lives: Any = self.books.lives
        return self.names.key(int(lives["prefix"][node]), int(lives["first"][node]) + number)

    def site(self, name: str) -> int | None:
        """The number of a site."""
        number = self.chronicle.sites.get(name)
        return None if number is None or number >= self.books.used[SITES] else number

    def party(self, number: int) -> str:
        """Who captured."""
        return self.chronicle.party(number)

    def unit(self, number: int) -> str | None:
        """A unit of measure, None for pieces."""
        return self.chronicle.unit(number)

    def statement(self, evidence: str) -> int | None:
        """The statement of an evidence key."""
        return self.chronicle.statement(evidence)

    def evidence(self, statement: int) -> str:
        """The evidence key of a statement."""
        return self.chronicle.evidence[statement]


def recorded(chronicle: Chronicle, guests: range) -> Record:
    """What a chronicle has on record now. Nothing is copied; some microseconds."""
    books: Any = chronicle.books
    tables = Tables(*(getattr(books, name) for name in Tables._fields))
    told = Told(
        books.sayings,
        books.amounts,
        books.destinations,
        books.goods,
        books.sites,
        books.used[REPAIRS : REPAIRS + 1],
    )
    return Record(tables, told, TableNames(books, chronicle.names, chronicle), guests)
