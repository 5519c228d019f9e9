"""Rows that grow at the end, in memory that may be that of a file."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from suyuan.trace.lineage.compiled.machine import Made, rows_of


class Column:
    """Rows of one kind: ``used`` of them count, behind them is room."""

    __slots__ = ("array", "used")

    def __init__(self, array: Made, used: int = 0) -> None:
        self.array = array
        self.used = used

    def reach(self, size: int) -> bool:
        """Have room for ``size`` rows; True where they were copied. Who reads the rows before reads on."""
        grown = larger(self.array, size)
        moved = grown is not self.array
        self.array = grown
        return moved


class Part(Protocol):
    """What consists of columns, and is whole again once it has them."""

    def columns(self) -> dict[str, Column]:
        """Each by its name; an empty part has columns of the same kinds."""
        ...

    def take(self, columns: dict[str, Column]) -> None:
        """Consist of these from now on."""
        ...


def column(kind: Any, size: int = 16) -> Column:
    """An empty one with room for ``size`` rows."""
    return Column(rows_of(np.dtype(kind), size))


def larger(table: Made, size: int) -> Made:
    """``table``, or a copy with twice the room at least where it has none for ``size`` rows."""
    if size <= len(table):
        return table
    grown = rows_of(table.dtype, max(size, 2 * len(table)))
    grown[: len(table)] = table
    return grown
