"""Lines of the tables in memory, written out one after the other."""

from __future__ import annotations

from typing import Any

import numpy as np

from suyuan.trace.lineage.compiled.machine import Made, making
from suyuan.trace.lineage.compiled.tables import NONE


@making
def _lengths(first: Any, following: Any, into: Any) -> None:
    for owner in range(len(first)):
        row = first[owner]
        while row != NONE:
            into[owner] += 1
            row = following[row]


@making
def _rows(first: Any, following: Any, into: Any) -> None:
    count = 0
    for owner in range(len(first)):
        row = first[owner]
        while row != NONE:
            into[count] = row
            count += 1
            row = following[row]


def in_lines(first: Any, following: Any) -> tuple[Made, Made]:
    """The rows of the lines of some owners in their order, and of how many rows the line of each is.

    O(owners and rows of their lines), however long the table is that ``following`` is a column of.
    """
    lengths: Made = np.zeros(len(first), dtype=np.int64)
    heads = np.ascontiguousarray(first)
    _lengths(heads, following, lengths)
    rows: Made = np.zeros(int(lengths.sum()), dtype=np.int32)
    _rows(heads, following, rows)
    return rows, lengths
