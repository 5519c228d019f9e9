"""The parts of an answer summed to the lines of a scope (law of tracing §9)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, overload

import numpy as np

from suyuan.trace.lineage.compiled.machine import Made
from suyuan.trace.lineage.compiled.record import Record
from suyuan.trace.lineage.compiled.tables import NONE
from suyuan.trace.lineage.compiled.whereabouts import STATUSES
from suyuan.trace.lineage.contract import ScopeLine
from suyuan.trace.lineage.scope import Head, none_first
from suyuan.trace.lineage.where import Owner


class Keys(Sequence[str]):
    """The sorted keys of nodes, each one of a run. They are written out when they are first asked for."""

    __slots__ = ("_key", "_nodes", "_size", "_written")

    def __init__(self, key: Callable[[int, int], str], nodes: Made, counts: Made) -> None:
        self._key = key
        self._nodes = (nodes, counts)
        self._size = int(counts.sum())
        self._written: tuple[str, ...] | None = None

    def _all(self) -> tuple[str, ...]:
        if self._written is None:
            nodes, counts = (told.tolist() for told in self._nodes)
            rows = zip(nodes, counts, strict=True)
            self._written = tuple(
                sorted(self._key(node, number) for node, count in rows for number in range(count))
            )
        return self._written

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[str, ...]: ...
    def __getitem__(self, at: int | slice) -> str | tuple[str, ...]:
        return self._all()[at]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(other) == len(self) and tuple(other) == self._all()  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - of anything

    def __hash__(self) -> int:
        return hash(self._all())

    def __repr__(self) -> str:
        return f"<{self._size} keys>"


@dataclass(frozen=True, slots=True)
class _Sum:
    """What parts with one head add up to."""

    nodes: Made
    hold: float
    low: float
    expected: float
    high: float

    def __add__(self, other: _Sum) -> _Sum:
        return _Sum(
            np.union1d(self.nodes, other.nodes),
            self.hold + other.hold,
            self.low + other.low,
            self.expected + other.expected,
            self.high + other.high,
        )


def lines_of(
    record: Record,
    key: Callable[[int, int], str],
    parts: Any,
    strangers: Iterable[str],
    owner: Owner,
) -> tuple[ScopeLine, ...]:
    """One line per place, party, status and unit, and one for each lot of which no amount is known.

    ``key`` tells the key of a node, of a run that of one instance; of ``strangers`` nothing is on record.
    O(parts), and as many words as lines.
    """
    nodes: Any = record.tables.nodes
    counts: Made = nodes["count"]
    known, unknown = parts[parts["is_known"]], parts[~parts["is_known"]]
    owners: dict[int, str | None] = {NONE: None}

    def head(place: int, party: int, status: int, uom: int) -> Head:
        if place not in owners:
            owners[place] = owner(key(place, 0))
        told = owners[place] or (None if party == NONE else record.names.party(party))
        where = None if place == NONE else key(place, 0)
        return where, told, STATUSES[status], None if uom == NONE else record.names.unit(uom)

    sums: dict[Head, _Sum] = {}
    for first, found in _sums(known, counts):
        of = head(*(int(first[name]) for name in ("place", "party", "status", "uom")))
        sums[of] = sums[of] + found if of in sums else found
    lines = [_line(of, found, Keys(key, found.nodes, counts[found.nodes])) for of, found in sums.items()]
    for row in unknown:
        place, party, status, _ = head(int(row["place"]), int(row["party"]), int(row["status"]), NONE)
        of_it = (key(int(row["node"]), 0),)
        lines.append(ScopeLine(place, party, status, None, 1, None, 0.0, None, None, of_it))
    return tuple(sorted(_with_strangers(record, lines, strangers), key=none_first))


def _with_strangers(record: Record, lines: list[ScopeLine], strangers: Iterable[str]) -> Iterator[ScopeLine]:
    """The same, and what is somewhere, nobody knows where: pieces in one line, each lot in one of its own."""
    pieces: list[str] = []
    for key in strangers:
        if record.is_class(key):
            yield ScopeLine(None, None, "unaccounted", None, 1, None, 0.0, None, None, (key,))
        else:
            pieces.append(key)
    for line in lines:
        head = (line.place, line.party, line.status, line.uom)
        if head == (None, None, "unaccounted", None) and line.hold is not None:
            yield _more(line, pieces)
            pieces = []
        else:
            yield line
    if pieces:
        yield _more(ScopeLine(None, None, "unaccounted", None, 0, 0.0, 0.0, 0.0, 0.0, ()), pieces)


def _more(line: ScopeLine, pieces: list[str]) -> ScopeLine:
    """A line with so many pieces more."""
    more = float(len(pieces))
    return replace(
        line,
        objects=line.objects + len(pieces),
        hold=(line.hold or 0.0) + more,
        contaminated_min=line.contaminated_min + more,
        contaminated_expected=None
        if line.contaminated_expected is None
        else line.contaminated_expected + more,
        contaminated_max=(line.contaminated_max or 0.0) + more,
        keys=tuple(sorted((*line.keys, *pieces))) if pieces else line.keys,
    )


def _sums(parts: Any, counts: Made) -> Iterator[tuple[Any, _Sum]]:
    """What each place, party, status and unit adds up to, with one part of it."""
    if not len(parts):
        return
    fields = ("place", "party", "status", "uom")
    parts = parts[np.lexsort((parts["node"], *(parts[name] for name in reversed(fields))))]
    differs = np.zeros(len(parts) - 1, dtype=np.bool_)
    for name in fields:
        differs |= parts[name][1:] != parts[name][:-1]
    begin = np.concatenate([[0], np.flatnonzero(differs) + 1])
    times = counts[parts["node"]]
    sums = [np.add.reduceat(parts[name] * times, begin) for name in ("hold", "low", "expected", "high")]
    for number, (first, last) in enumerate(zip(begin, [*begin[1:], len(parts)], strict=True)):
        nodes = np.unique(parts["node"][first:last])
        yield parts[first], _Sum(nodes, *(float(column[number]) for column in sums))


def _line(head: Head, found: _Sum, keys: Keys) -> ScopeLine:
    place, party, status, uom = head
    expected = None if math.isnan(found.expected) else found.expected
    return ScopeLine(place, party, status, uom, len(keys), found.hold, found.low, expected, found.high, keys)
