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
    """The rows of all lines in their order, and of how many rows the line of each owner is.

    O(owners and rows).
    """
    lengths: Made = np.zeros(len(first), dtype=np.int64)
    heads, links = np.ascontiguousarray(first), np.ascontiguousarray(following)
    _lengths(heads, links, lengths)
    rows: Made = np.zeros(int(lengths.sum()), dtype=np.int32)
    _rows(heads, links, rows)
    return rows, lengths
