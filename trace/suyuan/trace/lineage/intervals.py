"""Sets of half-open intervals of instants, as sorted tuples that neither overlap nor touch."""

from __future__ import annotations

from collections.abc import Iterable

Intervals = tuple[tuple[int, int], ...]


def union(parts: Iterable[tuple[int, int]]) -> Intervals:
    """The maximal intervals that ``parts`` cover together; empty parts cover nothing.

    >>> union([(5, 7), (1, 3), (3, 4), (9, 9)])
    ((1, 4), (5, 7))
    """
    parts = [part for part in parts if part[0] < part[1]]
    if len(parts) <= 1:
        return tuple(parts)
    merged: list[tuple[int, int]] = []
    for start, end in sorted(parts):
        if merged and start <= merged[-1][1]:
            if end > merged[-1][1]:
                merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return tuple(merged)


def without(whole: Intervals, taken: Intervals) -> Intervals:
    """What is left of ``whole`` outside ``taken``.

    >>> without(((1, 9),), ((2, 3), (8, 12)))
    ((1, 2), (3, 8))
    """
    if not taken:
        return whole
    left: list[tuple[int, int]] = []
    for start, end in whole:
        low = start
        for cut_start, cut_end in taken:
            if cut_end <= low or cut_start >= end:
                continue
            if low < cut_start:
                left.append((low, cut_start))
            low = max(low, cut_end)
        if low < end:
            left.append((low, end))
    return tuple(left)


def meets(intervals: Intervals, start: int, end: int) -> bool:
    """Whether [start, end) has an instant in common with ``intervals``."""
    return any(max(low, start) < min(high, end) for low, high in intervals)


def overlaps(intervals: Intervals, start: int, end: int) -> list[tuple[int, int]]:
    """The parts of [start, end) that ``intervals`` cover."""
    return [(max(low, start), min(high, end)) for low, high in intervals if max(low, start) < min(high, end)]


def holds(intervals: Intervals, at: int) -> bool:
    """Whether ``intervals`` cover the instant ``at``."""
    return any(low <= at < high for low, high in intervals)
