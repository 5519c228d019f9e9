"""Tables of lineage read row by row, without machine code: for questions that touch little.

Some tenths of a microsecond for each field; a question of a single thing reads tens of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from suyuan.trace.lineage.compiled.loose import LooseGoods
from suyuan.trace.lineage.compiled.machine import Made
from suyuan.trace.lineage.compiled.record import Record
from suyuan.trace.lineage.compiled.tables import NONE
from suyuan.trace.lineage.compiled.whereabouts import CONSUMED, IN_STOCK, UNACCOUNTED
from suyuan.trace.lineage.contract import Amount

Position = tuple[int, int, int, int, int]
"""As :func:`suyuan.trace.lineage.compiled.tables.before` compares statements."""
Along = tuple[int, int, int]
"""A statement, the container that it names, and how far outward that is."""
Whereabouts = tuple[int, int, int, int]
"""Place, container, who told of it last, and status."""


class Annals(Protocol):
    """Tables of lineage, and what else whoever keeps them knows of statements."""

    @property
    def record(self) -> Record:
        """The tables. They may have room behind the rows that are in use."""
        ...

    @property
    def goods(self) -> LooseGoods:
        """Where loose goods are worked out."""
        ...

    @property
    def statements(self) -> int:
        """How many statements there are, those among them that do not count."""
        ...

    def naming(self, node: int) -> list[int]:
        """The statements that count and name a node, in any order."""
        ...

    def lots_named(self, product: str) -> Iterable[int]:
        """Nodes among which are all lots of a product."""
        ...

    def counting(self, numbers: Made) -> Made:
        """Those of the statements that count."""
        ...

    def site(self, name: str) -> int | None:
        """The number of a site that any statement tells, though nothing was ever there."""
        ...

    def party(self, name: str) -> int | None:
        """The number of a party."""
        ...


class Rows:
    """The tables as they are while one question is asked."""

    def __init__(self, annals: Annals) -> None:
        record = annals.record
        tables: Any = record.tables
        self._nodes, self._containments = tables.nodes, tables.containments
        self._episodes, self._statements = tables.episodes, tables.statements
        self._annals = annals
        self._positions: dict[int, Position] = {}
        self.record = record
        self.names = record.names

    def node(self, key: str) -> int:
        """The node of a key, NONE where nobody named it and nothing was there."""
        node = self.names.node(key)
        return NONE if node is None else node

    def of(self, node: int, field: str) -> Any:
        """A field of a node."""
        return self._nodes[node][field].item()

    def line(self, table: Any, first: int, following: str) -> Iterator[tuple[int, Any]]:
        """The rows of a line, each with its number."""
        while first != NONE:
            row = table[first]
            yield first, row
            first = int(row[following])

    def amount(self, quantity: float, unit: int) -> Amount | None:
        """An amount; None for one that nobody knows."""
        return None if quantity != quantity else Amount(quantity, self.names.unit(unit))  # noqa: PLR0124 - NaN

    def keys(self, node: int) -> Iterator[str]:
        """The keys of a node: of a run several."""
        return (self.names.key(node, number) for number in range(self.of(node, "count")))

    def position(self, statement: int) -> Position:
        """The position of a statement."""
        found = self._positions.get(statement)
        if found is None:
            row = self._statements[statement]
            at, rank, sequence, order = (int(row[name]) for name in ("at", "rank", "sequence", "order"))
            found = self._positions[statement] = at, rank, sequence, order, statement
        return found

    def containers(self, node: int) -> Iterator[tuple[int, Any]]:
        """The containments of a node for any time."""
        for number, row in self.line(self._containments, self.of(node, "first_container"), "next_container"):
            if row["start"] < row["end"]:
                yield number, row

    def along(self, containment: Any) -> Iterator[Along]:
        """As :func:`suyuan.trace.lineage.journey.along`."""
        stack = [(containment, int(containment["by"]), int(containment["ended"]), 1)]
        while stack:
            inside, low, high, depth = stack.pop()
            parent = int(inside["parent"])
            for told in self._annals.naming(parent):
                if self._is_between(told, low, high):
                    yield told, parent, depth
            for _, outer in self.containers(parent):
                since, until = self.later(low, int(outer["by"])), self.earlier(high, int(outer["ended"]))
                if until == NONE or self.position(since) < self.position(until):
                    stack.append((outer, since, until, depth + 1))

    def _is_between(self, told: int, low: int, high: int) -> bool:
        at = self.position(told)
        return self.position(low) < at and (high == NONE or at <= self.position(high))

    def later(self, one: int, other: int) -> int:
        """Which of two statements is the later."""
        return max(one, other, key=self.position)

    def earlier(self, one: int, other: int) -> int:
        """Which of two statements is the earlier; NONE is after all."""
        if NONE in (one, other):
            return max(one, other)
        return min(one, other, key=self.position)

    def last_word(self, node: int) -> int:
        """The last statement that names a node or a container now holding it, NONE where none does."""
        last = NONE
        while True:
            told = self.of(node, "last")
            if told != NONE and (last == NONE or self.position(told) > self.position(last)):
                last = told
            inside = self.of(node, "inside")
            if inside == NONE:
                return last
            node = int(self._containments[inside]["parent"])

    def whereabouts(self, node: int) -> Whereabouts:
        """As :func:`suyuan.trace.lineage.compiled.whereabouts.whereabouts`."""
        inside, outermost = self.of(node, "inside"), node
        container = NONE if inside == NONE else int(self._containments[inside]["parent"])
        while inside != NONE:
            outermost = int(self._containments[inside]["parent"])
            inside = self.of(outermost, "inside")
        here, last = self.of(outermost, "here"), self.last_word(node)
        place = NONE if here == NONE else int(self._episodes[here]["place"])
        party = NONE if last == NONE else int(self._statements[last]["party"])
        return place, container, party, self._status(node, place, last)

    def _status(self, node: int, place: int, last: int) -> int:
        ended = self.of(node, "ended")
        if ended != NONE:
            return CONSUMED if self.of(node, "consumed") else int(self._statements[ended]["fate"])
        fate = NONE if last == NONE else int(self._statements[last]["fate"])
        if fate != NONE:
            return fate
        return UNACCOUNTED if place == NONE else IN_STOCK
