"""Where one question is worked out: its world, the walk over it, and the hops that bring more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np

from suyuan.trace.lineage.compiled.answer import answer, copied
from suyuan.trace.lineage.compiled.asked import Asked, handed
from suyuan.trace.lineage.compiled.machine import Address, address, handle
from suyuan.trace.lineage.compiled.scratch import FOUND, STEP, STEPS, Rooms
from suyuan.trace.lineage.compiled.tables import NONE, Tables, Told
from suyuan.trace.store.lineage.reading import Columns, Hops
from suyuan.trace.store.lineage.splits import Splits
from suyuan.trace.store.lineage.world.rows import KINDS, LINES, Groups, Pages, Statements, Visits
from suyuan.trace.store.lineage.world.rows import PAGE as TOGETHER
from suyuan.trace.store.lineage.world.tables import (
    AS_PUT_IN,
    AS_PUT_OUT,
    CONTAINERS,
    CONTENTS,
    EATEN,
    ITSELF,
    MADE,
    MEMBERS,
    OF,
    STAYS,
    WANTED_GROUPS,
    WANTED_NODES,
    WANTED_PARTS,
    WANTED_STATEMENTS,
    WHAT,
    WORDS,
    begin,
    empty_world,
    node_here,
    site_here,
    statement_here,
)
from suyuan.trace.store.lineage.world.taking import take_groups, take_nodes, take_statements, take_visits
from suyuan.trace.store.lineage.world.wanting import (
    served,
    want,
    want_goods,
    want_names,
    want_numbers,
    want_told,
)

SMALLEST = 1 << 12
LARGEST = 1 << 22
"""Rows in each table, 800 bytes together."""
_SPARE = 8
"""Rows that are left beside guests, as :mod:`.world.taking` leaves them beside what is taken in."""
_FORWARD = ITSELF | EATEN | CONTENTS | MEMBERS
_BACKWARD = ITSELF | MADE | CONTAINERS
_OUTWARD = ITSELF | CONTAINERS | STAYS


@cache
def _page_columns(what: int) -> tuple[str, ...]:
    return ("nodes", *(name for name, bit in OF.items() if what & bit))


_GROUP_COLUMNS = {
    AS_PUT_OUT: ("output",),
    AS_PUT_IN: ("input", "draws"),
    AS_PUT_OUT | AS_PUT_IN: ("output", "input", "draws"),
}


class TooSmall(Exception):
    """The question needs a larger desk; never seen outside of this package."""


class Tray:
    """Where machine code finds what was read, one table after the other.

    As :func:`suyuan.trace.lineage.compiled.machine.handle`, without an array for each column: making these
    takes longer than reading what is in them.
    """

    def __init__(self) -> None:
        self._told: Any = np.zeros(2 * len(Pages._fields), dtype=np.int64)
        self._words = self._told.data
        self._address = address(self._told)
        self._widen(_TRAY)

    def lay(self, rows: type[Any], columns: Sequence[str], found: Columns) -> Address:
        """A handle of what was found of ``rows``, until something else is laid."""
        if not _COMPILED:
            told = dict(zip(columns, found, strict=True))
            return handle(rows(*(np.frombuffer(told.get(name, b""), KINDS[name]) for name in rows._fields)))
        if (size := sum(map(len, found))) > len(self._bytes):
            self._widen(size)
        words, at = self._words, 0
        words[:] = _NOWHERE
        for name, column in zip(columns, found, strict=True):
            place, end = 2 * _PLACES[name], at + len(column)
            self._bytes[at:end] = column
            words[place], words[place + 1] = self._begin + at, len(column) // _SIZES[name]
            at = end
        return self._address

    def _widen(self, size: int) -> None:
        kept: Any = np.zeros(size, dtype=np.uint8)
        self._bytes, self._begin = kept.data, address(kept)


_TRAY = 1 << 16
"""Bytes of it at first: of most questions each hop brings less."""
_NOWHERE = np.zeros(2 * len(Pages._fields), dtype=np.int64).data
_COMPILED = isinstance(handle(Visits(np.zeros(0, dtype=KINDS["visits"]))), np.ndarray)
_SIZES = {name: kind.itemsize for name, kind in KINDS.items()}
_PLACES = {
    name: place for rows in (Pages, Groups, Statements, Visits) for place, name in enumerate(rows._fields)
}


class Desk:
    """Tables for one question at a time, with ``size`` rows each."""

    def __init__(self, size: int = SMALLEST) -> None:
        self.size = size
        self.world = empty_world(size)
        self._handle = handle(self.world)
        self.address = address(self._handle)
        self.tables = Tables(*(getattr(self.world, name) for name in Tables._fields))
        self.told = Told(*(getattr(self.world, name) for name in Told._fields))
        self.rooms = Rooms(self.tables, size)
        self.tray = Tray()

    def begin(self, hops: Hops, guests: int = 0) -> Trip:
        """A question that reads by ``hops``, with nodes for so many guests.

        Raises :class:`TooSmall` where these leave no room: machine code asks nothing before it writes.
        """
        if guests + _SPARE >= self.size:
            raise TooSmall
        begin(self.address, guests)
        return Trip(self, hops)


class Trip:
    """One question under way. Raises :class:`TooSmall` where the desk is."""

    def __init__(self, desk: Desk, hops: Hops) -> None:
        self.desk = desk
        self.hops = hops
        self.splits = Splits()
        self.evidence: dict[int, str] = {}
        self._at = desk.address
        world: Any = desk.world
        self._world = world
        self._used = memoryview(world.used)  # read as numbers of Python, which numpy takes longer to make

    def node(self, number: int) -> int:
        """The node here of one in the store."""
        self._check()
        return int(node_here(self._at, number))

    def site(self, number: int) -> int:
        """The site here of one in the store."""
        self._check()
        return int(site_here(self._at, number))

    def statement(self, number: int) -> int:
        """The statement here of one in the store."""
        self._check()
        return int(statement_here(self._at, number))

    def _check(self) -> None:
        if max(self._used[:WANTED_NODES]) >= self.desk.size:
            raise TooSmall

    def called(self, node: int) -> tuple[int, int]:
        """The prefix and the number of the first key of a node, which is read if it was not."""
        self.read(self.want_nodes([node], ITSELF))
        name = self._world.node_names[node]
        return int(name["prefix"]), int(name["first"])

    def evidence_of(self, statement: int) -> str:
        """The evidence key of a statement whose words were read."""
        return self.evidence[int(self._world.statement_origins[statement]["number"])]

    def names_in(self, states: Any, steps: Any) -> None:
        """Read whatever an answer names."""
        self.read(want_names(self._at, states, steps))

    def goods_of(self, states: Any) -> None:
        """Read what the ledgers of the lots among ``states`` ask for."""
        nodes: Any = self.desk.tables.nodes
        found = np.unique(states["node"])
        lots = np.ascontiguousarray(found[nodes["goods"][found] != NONE])
        while len(lots) and (wanted := want_goods(self._at, lots)):
            self.read(wanted)

    def answered(
        self,
        asked: Asked,
        *,
        forward: bool,
        edges: bool = True,
        whole: bool = True,
        every_line: bool = False,
        by_site: bool = False,
    ) -> tuple[Any, Any]:
        """As :func:`suyuan.trace.lineage.compiled.answer.answered`, reading until nothing is missing.

        ``every_line`` where contamination passes along containers and places, ``by_site`` where it stops
        at sites.
        """
        touched, beside = (_FORWARD if forward else _BACKWARD), ITSELF
        gone = AS_PUT_OUT if forward else AS_PUT_IN
        if whole or edges:
            touched, beside, gone = touched | _OUTWARD, _OUTWARD, AS_PUT_OUT | AS_PUT_IN
        if every_line:
            touched |= _FORWARD | _BACKWARD
        rooms = self.desk.rooms
        room, supposed = rooms.take(), handed(asked)
        how = address(supposed), asked.depth, forward, edges, whole
        suspects: Any = asked.suspects
        self.read(self.want_nodes(suspects["node"], touched))
        laid = room.lay(suspects)
        while True:
            while (count := answer(rooms.tables, room.address, laid, *how)) == NONE:
                room = rooms.wider(room)
                laid = room.lay(suspects)
            wanted = want(self._at, room.address, touched, beside, gone, whole)
            if by_site:
                wanted = want_told(self._at)
            if not wanted:
                break
            self.read(wanted)
        states = copied(room.found, FOUND, count)
        steps = copied(room.steps, STEP, room.scratch.used[STEPS]) if edges else np.zeros(0, dtype=STEP)
        rooms.give_back(room)
        return states, steps

    def want_nodes(self, nodes: Any, what: int) -> int:
        """List nodes; returns how much is wanted now."""
        return int(want_numbers(self._at, np.ascontiguousarray(nodes, dtype=np.int32), what))

    def read(self, wanted: int) -> None:
        """Read what is on the lists, ``wanted`` rows in all."""
        if not wanted:
            return
        used = self._used
        if used[WANTED_NODES]:
            rows = self._world.wanted_nodes[: used[WANTED_NODES]]
            self._read_nodes(rows["number"].tolist(), used[WHAT])
        if used[WANTED_GROUPS]:
            rows = self._world.wanted_groups[: used[WANTED_GROUPS]]
            self._read_groups(rows["number"].tolist(), used[WHAT + 1])
        if used[WANTED_STATEMENTS]:
            rows = self._world.wanted_statements[: used[WANTED_STATEMENTS]]
            self._read_statements(rows["number"].tolist(), used[WHAT + 2])
        served(self._at)

    def _read_nodes(self, numbers: list[int], what: int) -> None:
        columns = _page_columns(what)
        pages = sorted({node // TOGETHER for node in self.splits.stored(numbers)})
        self._take(take_nodes, Pages, columns, self.hops.bytes_of("lineage_page", columns, pages))
        count = self._used[WANTED_PARTS]
        if count:
            parts = self._world.wanted_parts[:count].copy()
            for line, name in enumerate(LINES):
                nodes = parts["number"][parts["what"] & OF[name] != 0]
                if len(nodes):
                    found = self.hops.parts_of(line, set(self.splits.stored(nodes.tolist())))
                    self._take(take_nodes, Pages, (name,), (found,))

    def _read_groups(self, numbers: list[int], what: int) -> None:
        columns = _GROUP_COLUMNS[what]
        self._take(take_groups, Groups, columns, self.hops.bytes_of("lineage_group", columns, numbers))

    def _read_statements(self, numbers: list[int], what: int) -> None:
        columns = ("statements", "sayings", "named", "sent") if what & WORDS else ("statements",)
        self._take(
            take_statements,
            Statements,
            columns,
            self.hops.bytes_of("lineage_statement", columns, numbers),
        )
        if what & WORDS:
            self.evidence.update(self.hops.words_of(numbers))

    def read_visits(self, sites: Iterable[int]) -> None:
        """Read who was at sites."""
        numbers = [int(self._world.site_origins[site]) for site in sites]
        self._take(
            take_visits, Visits, ("visits",), self.hops.bytes_of("lineage_visit", ("visits",), numbers)
        )

    def is_visited(self, site: int) -> bool:
        """Whether anything ever was at a site."""
        return self.hops.one(_VISITED, int(self._world.site_origins[site])) is not None

    def _take(self, take: Any, rows: type[Any], columns: Sequence[str], found: Columns) -> None:
        if not take(self._at, self.desk.tray.lay(rows, columns, self.splits.split(columns, found))):
            raise TooSmall


_VISITED = "SELECT number FROM lineage_visit WHERE site = ? LIMIT 1"
