"""Names of what a question has read: keys of nodes, sites, words, evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from suyuan.trace.lineage.chronicle.names import Spelling, spelled
from suyuan.trace.lineage.compiled.tables import NONE
from suyuan.trace.lineage.statement import NEVER
from suyuan.trace.store.lineage.desk import Trip
from suyuan.trace.store.lineage.making import PARTY, UNIT
from suyuan.trace.store.lineage.splits import Found
from suyuan.trace.store.lineage.world.tables import ITSELF

_PREFIX = "SELECT number FROM lineage_prefix WHERE text = ? AND width = ? AND checked = ?"
_SPELLING = "SELECT text, width, checked FROM lineage_prefix WHERE number = ?"
_NODE = (
    "SELECT node, first, count FROM lineage_name WHERE prefix = ? AND first <= ? ORDER BY first DESC LIMIT 1"
)
_SITE = "SELECT number FROM lineage_site WHERE name = ?"
_STATEMENT = "SELECT number FROM lineage_statement WHERE evidence = ?"
_WORD = "SELECT text FROM lineage_word WHERE kind = ? AND number = ?"


class ReadNames:
    """As :class:`suyuan.trace.lineage.compiled.names.Names`; what is not known yet is read."""

    def __init__(self, trip: Trip) -> None:
        self._trip = trip
        self._nodes: dict[str, int | None] = {}
        self._prefixes: dict[Spelling, int | None] = {}
        self._spellings: dict[int, Spelling] = {}
        self._sites: dict[str, int | None] = {}
        self._visited: set[int] = set()
        self._words: dict[tuple[int, int], str | None] = {}

    def node(self, key: str) -> int | None:
        """The node of an object or place."""
        if key not in self._nodes:
            self._read([key], self._look_up(key))
        return self._nodes[key]

    def resolve(self, keys: Sequence[str]) -> None:
        """Read the nodes of ``keys`` at once, before anything else: each stands alone from then on."""
        found = [self._look_up(key) for key in keys]
        self._trip.splits.single(one for one in found if one is not None)
        self._read(keys, *found)

    def _look_up(self, key: str) -> Found | None:
        spelling, number = spelled(key)
        if spelling not in self._prefixes:
            found = self._trip.hops.one(_PREFIX, spelling.text, spelling.width, spelling.checked)
            self._prefixes[spelling] = None if found is None else int(found[0])
        prefix = self._prefixes[spelling]
        row = None if prefix is None else self._trip.hops.one(_NODE, prefix, number)
        return None if row is None or number >= row[1] + row[2] else Found(row[0], row[1], row[2], number)

    def _read(self, keys: Iterable[str], *named: Found | None) -> None:
        trip = self._trip
        nodes = [None if one is None else trip.node(trip.splits.holder(one)) for one in named]
        trip.read(trip.want_nodes([node for node in nodes if node is not None], ITSELF))
        for key, node in zip(keys, nodes, strict=True):
            self._nodes[key] = node if node is not None and self._is_known(node) else None

    def _is_known(self, node: int) -> bool:
        """Whether anybody named it, or it is a place at whose site anything ever was."""
        nodes: Any = self._trip.desk.tables.nodes
        site = int(nodes["site"][node])
        return bool(nodes["birth"][node] != NEVER) or (site != NONE and self._trip.is_visited(site))

    def key(self, node: int, number: int = 0) -> str:
        """The key of a node; of a run that of the instance of this number."""
        spelling, first = self._called(node)
        key = spelling.key(first + number)
        if not number:
            self._nodes[key] = node
        return key

    def _called(self, node: int) -> tuple[Spelling, int]:
        prefix, first = self._trip.called(node)
        spelling = self._spellings.get(prefix)
        if spelling is None:
            found: Any = self._trip.hops.one(_SPELLING, prefix)
            spelling = self._spellings[prefix] = Spelling(found[0], int(found[1]), checked=bool(found[2]))
        return spelling, first

    def kept(self, nodes: Iterable[int]) -> Callable[[int, int], str]:
        """What tells the keys of ``nodes`` when the question is long forgotten."""
        called = {node: self._called(node) for node in nodes}

        def key(node: int, number: int = 0) -> str:
            spelling, first = called[node]
            return spelling.key(first + number)

        return key

    def site(self, name: str) -> int | None:
        """The number of a site, of which all visits are read."""
        number = self.site_only(name)
        if number is not None:
            self.visit([number])
        return number

    def site_only(self, name: str) -> int | None:
        """The number of a site."""
        if name not in self._sites:
            found = self._trip.hops.one(_SITE, name)
            self._sites[name] = None if found is None else self._trip.site(found[0])
        return self._sites[name]

    def visit(self, sites: Iterable[int]) -> None:
        """Read who was at sites."""
        fresh = sorted(set(sites) - self._visited)
        if fresh:
            self._visited.update(fresh)
            self._trip.read_visits(fresh)

    def party(self, number: int) -> str:
        """Who captured."""
        return str(self._word(PARTY, number))

    def unit(self, number: int) -> str | None:
        """A unit of measure, None for pieces."""
        return self._word(UNIT, number)

    def _word(self, kind: int, number: int) -> str | None:
        if (kind, number) not in self._words:
            found: Any = self._trip.hops.one(_WORD, kind, number)
            self._words[kind, number] = found[0]
        return self._words[kind, number]

    def statement(self, evidence: str) -> int | None:
        """The statement of an evidence key."""
        found = self._trip.hops.one(_STATEMENT, evidence)
        return None if found is None else self._trip.statement(found[0])

    def evidence(self, statement: int) -> str:
        """The evidence key of a statement."""
        return self._trip.evidence_of(statement)
