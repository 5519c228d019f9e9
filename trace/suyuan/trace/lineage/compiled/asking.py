"""A question in the words of the contract becomes one in numbers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from suyuan.trace.gs1 import site
from suyuan.trace.lineage.compiled.asked import WINDOW, Asked
from suyuan.trace.lineage.compiled.machine import Made
from suyuan.trace.lineage.compiled.presence import presences
from suyuan.trace.lineage.compiled.record import Record
from suyuan.trace.lineage.compiled.tables import NONE, Tables, nameless
from suyuan.trace.lineage.contract import CrossContamination, Options, Suspect
from suyuan.trace.lineage.question import Window, window


@dataclass(frozen=True, slots=True)
class Asking:
    """``guests`` are the names of places that no statement tells, though others tell of the same site.

    ``strangers`` are the windows of suspects of which nothing is known at all: only they are reported.
    ``places`` are the nodes of which it is told what was present there. ``tables`` are those on record, with
    more nodes where there are very many guests.
    """

    suspects: tuple[Suspect, ...]
    options: Options
    tables: Tables
    asked: Asked
    places: frozenset[int]
    guests: Mapping[int, str]
    strangers: Mapping[str, tuple[Window, ...]]


_Row = tuple[int, int, int]


def asking(record: Record, suspects: Sequence[Suspect], options: Options) -> Asking:
    """The question in the numbers of ``record``.

    Raises ``InvalidInput`` for times without zone or order.
    """
    nodes = _Nodes(record)
    windows: list[_Row] = []
    strangers: dict[str, tuple[Window, ...]] = {}
    for number, suspect in enumerate(suspects):
        span = window(suspect.from_time, suspect.to_time, f"suspects/{number}")
        node = nodes.of(suspect.key)
        if node is None:
            strangers[suspect.key] = (*strangers.get(suspect.key, ()), span)
        else:
            windows.append((span.start, span.end, node))
    crates, floors = _supposed(record, nodes, options.what_if.cross_contamination)
    keys = (*(one.key for one in suspects), *(one.key for one in options.what_if.cross_contamination))
    places = {node for key in keys if record.is_place(key) and (node := nodes.of(key)) is not None}
    kill = options.what_if.kill
    asked = Asked(
        _windows(windows),
        _windows(crates),
        _windows(floors),
        presences(record.tables, record.told, nodes.sites(places)),
        _numbers(record.names.statement(key) for key in kill),
        _numbers(record.names.site(site(key)) for key in kill),
        NONE if options.depth is None else options.depth,
    )
    return Asking(
        tuple(suspects), options, nodes.tables(), asked, frozenset(places), nodes.guests(), strangers
    )


def with_places(record: Record, asking: Asking, reached: Collection[int]) -> Asking:
    """The same question, told also what was present at the places ``reached``."""
    nodes: Any = record.tables.nodes
    more = presences(record.tables, record.told, ((node, int(nodes["site"][node])) for node in reached))
    known: Any = asking.asked.presences
    rows = np.concatenate([known, more])
    told: Any = rows[np.lexsort((rows["node"], rows["place"]))]
    return Asking(
        asking.suspects,
        asking.options,
        asking.tables,
        asking.asked._replace(presences=told),
        asking.places.union(reached),
        asking.guests,
        asking.strangers,
    )


class _Nodes:
    """The nodes of what a question names."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._guests: dict[str, int] = {}

    def guests(self) -> Mapping[int, str]:
        """What was asked of under names that no statement tells."""
        return {number: key for key, number in self._guests.items()}

    def of(self, key: str) -> int | None:
        """The node of ``key``; a place is known also by another name of its site. None if nothing is."""
        known = self._record.names.node(key)
        if known is not None or key in self._guests:
            return self._guests[key] if known is None else known
        if not self._record.is_place(key) or self._record.visited(key) is None:
            return None
        reserved, number = self._record.guests, len(self._guests)
        more = len(self._record.tables.nodes) - len(reserved)
        guest = self._guests[key] = reserved[number] if number < len(reserved) else more + number
        return guest

    def sites(self, places: Iterable[int]) -> Iterator[tuple[int, int]]:
        """Those of ``places`` at whose sites anything ever was, each with its site."""
        nodes: Any = self._record.tables.nodes
        guests = self.guests()
        for node in places:
            if node in guests:
                yield node, self._record.names.site(site(guests[node])) or 0
            elif nodes["site"][node] != NONE:
                yield node, int(nodes["site"][node])

    def tables(self) -> Tables:
        """The tables on record, with a node for each guest."""
        tables = self._record.tables
        short = len(self._guests) - len(self._record.guests)
        if short <= 0:
            return tables
        known: Any = tables.nodes
        wide: Any = np.concatenate([known, nameless(short)])
        return tables._replace(nodes=wide)


def _supposed(
    record: Record, nodes: _Nodes, supposed: Iterable[CrossContamination]
) -> tuple[list[_Row], list[_Row]]:
    """The containers and the places that pass on what was in them."""
    crates: list[_Row] = []
    floors: list[_Row] = []
    for number, one in enumerate(supposed):
        span = window(one.from_time, one.to_time, f"what_if/cross_contamination/{number}")
        node = nodes.of(one.key)
        if node is not None:
            (floors if record.is_place(one.key) else crates).append((span.start, span.end, node))
    return crates, floors


def _windows(rows: list[_Row]) -> Made:
    return np.array(rows, dtype=WINDOW)


def _numbers(found: Iterable[int | None]) -> Made:
    return np.array(sorted({number for number in found if number is not None}), dtype=np.int32)
