"""Runs of which a question names single instances stand in pieces, for the time of the question.

What is said of a run is said of each one in it. So the rows that speak of it are read once for each piece, as
the chronicle copies them where it splits a run; in the store it stays whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from suyuan.trace.lineage.compiled.tables import NONE
from suyuan.trace.store.lineage.reading import Columns
from suyuan.trace.store.lineage.world.rows import KINDS

_LAST = np.iinfo(np.int32).max
"""Pieces and their rows are numbered down from here, where the store has none."""
_SPOKEN_OF = {
    "nodes": "number",
    **dict.fromkeys(("eaten", "made", "stays", "members", "output", "input", "visits"), "node"),
    **dict.fromkeys(("contents", "containers"), "child"),
}
"""Where a row tells of what it is. Parents, places, lots and what is named beside amounts are no runs."""
_TABLES = {
    **dict.fromkeys(("eaten", "input"), "consumptions"),
    **dict.fromkeys(("made", "output"), "productions"),
    **dict.fromkeys(("contents", "containers"), "containments"),
    **dict.fromkeys(("stays", "visits"), "episodes"),
}
"""Rows of these have numbers, and may be told of on two lines."""


@dataclass(frozen=True, slots=True)
class Found:
    """Of a key: the node in the store, its first number and how many there are, and that of the key."""

    node: int
    first: int
    count: int
    number: int


@dataclass(frozen=True, slots=True)
class _Piece:
    """Of a run, under a number of its own."""

    node: int
    first: int
    count: int


class Splits:
    """The runs of one question that stand in pieces."""

    def __init__(self) -> None:
        self._pieces: dict[int, list[_Piece]] = {}
        self._runs: dict[int, int] = {}
        self._rows: dict[tuple[str, int], dict[int, int]] = {}
        self._numbered = 0
        self._nodes = np.zeros(0, dtype=np.int32)

    def single(self, named: Iterable[Found]) -> None:
        """Let these keys stand alone. Once, before anything is read."""
        cuts: dict[int, set[int]] = {}
        for one in named:
            if one.count > 1:
                cuts.setdefault(one.node, {one.first, one.first + one.count}).update(
                    (one.number, one.number + 1)
                )
        for node, cut in cuts.items():
            self._pieces[node] = [
                _Piece(self._of_piece(node, number), begin, end - begin)
                for number, (begin, end) in enumerate(pairwise(sorted(cut)))
            ]
        self._nodes = np.array(sorted(self._pieces), dtype=np.int32)

    def _of_piece(self, node: int, number: int) -> int:
        """The first piece keeps the number of the run."""
        if not number:
            return node
        piece = _LAST - len(self._runs)
        self._runs[piece] = node
        return piece

    def holder(self, found: Found) -> int:
        """The node, or the piece of it, that stands for a key."""
        pieces = self._pieces.get(found.node, ())
        return next(
            (one.node for one in pieces if one.first <= found.number < one.first + one.count), found.node
        )

    def stored(self, nodes: list[int]) -> list[int]:
        """The nodes in the store that these stand for."""
        if not self._runs:
            return nodes
        return [self._runs.get(node, node) for node in nodes]

    def split(self, columns: Sequence[str], found: Columns) -> Columns:
        """Columns as if the store held pieces. Of groups, inputs come before draws."""
        return tuple(map(self._split, columns, found)) if self._pieces else found

    def _split(self, name: str, told: bytes) -> bytes:
        if not told:
            return told
        rows: Any = np.frombuffer(told, dtype=KINDS[name])
        if name == "draws":
            speaks = np.isin(
                rows["consumption"], [row for table, row in self._rows if table == "consumptions"]
            )
        elif name in _SPOKEN_OF:
            speaks = np.isin(rows[_SPOKEN_OF[name]], self._nodes)
        else:
            return told
        found, begin = list[Any](), 0
        for place in np.flatnonzero(speaks).tolist():
            found += [rows[begin:place], *self._copies(name, rows[place : place + 1])]
            begin = place + 1
        return b"".join(some.tobytes() for some in (*found, rows[begin:]))

    def _copies(self, name: str, row: Any) -> Iterator[Any]:
        """A row for each piece."""
        if name == "draws":
            consumption = int(row["consumption"][0])
            for copy in (consumption, *self._rows["consumptions", consumption].values()):
                yield _with(row, consumption=copy)
            return
        field = _SPOKEN_OF[name]
        for piece in self._pieces[int(row[field][0])]:
            told: dict[str, Any] = {field: piece.node}
            if name == "nodes":
                inside, here = int(row["inside"][0]), int(row["here"][0])
                told.update(first=piece.first, count=piece.count)
                told.update(inside=self._row("containments", inside, piece.node))
                told.update(here=self._row("episodes", here, piece.node))
            elif name in _TABLES:
                told.update(number=self._row(_TABLES[name], int(row["number"][0]), piece.node))
                if "count" in row.dtype.names:
                    told.update(count=piece.count)
            yield _with(row, **told)

    def _row(self, table: str, row: int, piece: int) -> int:
        """The number of the row that says the same of a piece."""
        if row == NONE or piece not in self._runs:
            return row
        copies = self._rows.setdefault((table, row), {})
        if piece not in copies:
            copies[piece] = _LAST - self._numbered
            self._numbered += 1
        return copies[piece]


def _with(row: Any, **told: Any) -> Any:
    """A copy that says something else."""
    copy = row.copy()
    for name, value in told.items():
        copy[name] = value
    return copy
