"""Weights of what closures hold: bits in, sums out.

Weighted stations and deliveries get a bit each, in blocks: memory stays bounded however many they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

BLOCK = 2048
"""Bits that are swept at once: 256 bytes for each node at most."""
_FEW = 16  # different weights that are counted one by one
_BYTE = 256


@dataclass(frozen=True, slots=True)
class Block:
    """Some weighted things: number of station or delivery -> its bit, and bit by bit the weights."""

    stations: Mapping[int, int]
    deliveries: Mapping[int, int]
    weights: Sequence[float]


def blocks(stations: Mapping[int, float], deliveries: Mapping[int, float]) -> Iterator[Block]:
    """All things whose weight is not zero, by blocks; at least one block."""
    told = [(True, number, weight) for number, weight in stations.items() if weight]
    told += [(False, number, weight) for number, weight in deliveries.items() if weight]
    for start in range(0, max(len(told), 1), BLOCK):
        part = told[start : start + BLOCK]
        yield Block(
            {number: 1 << place for place, (is_station, number, _) in enumerate(part) if is_station},
            {number: 1 << place for place, (is_station, number, _) in enumerate(part) if not is_station},
            [weight for _, _, weight in part],
        )


class Scale:
    """Sums the weights of sets of bits, those above and those below zero apart; what was weighed is kept."""

    def __init__(self, weights: Sequence[float]) -> None:
        self._known: dict[int, tuple[float, float]] = {0: (0.0, 0.0)}
        masks: dict[float, int] = {}
        for place, weight in enumerate(weights):
            masks[weight] = masks.get(weight, 0) | 1 << place
        self._masks = masks if len(masks) <= _FEW else {}
        self._tables = [] if self._masks else _tables(weights)

    def weigh(self, bits: int) -> tuple[float, float]:
        """(sum of weights above zero, sum of the others without their sign)."""
        known = self._known.get(bits)
        if known is None:
            known = self._known[bits] = self._counted(bits) if self._masks else self._looked_up(bits)
        return known

    def _counted(self, bits: int) -> tuple[float, float]:
        above = below = 0.0
        for weight, mask in self._masks.items():
            if weight > 0:
                above += weight * (bits & mask).bit_count()
            else:
                below -= weight * (bits & mask).bit_count()
        return above, below

    def _looked_up(self, bits: int) -> tuple[float, float]:
        above = below = 0.0
        for table, byte in zip(self._tables, bits.to_bytes(len(self._tables), "little"), strict=True):
            more, less = table[byte]
            above += more
            below += less
        return above, below


def _tables(weights: Sequence[float]) -> list[list[tuple[float, float]]]:
    """For each eight weights the two sums of each of their 256 sets."""
    tables: list[list[tuple[float, float]]] = []
    for start in range(0, len(weights), 8):
        sums = [(0.0, 0.0)] * _BYTE
        for byte in range(1, _BYTE):
            lowest = (byte & -byte).bit_length() - 1
            above, below = sums[byte & byte - 1]
            weight = weights[start + lowest] if start + lowest < len(weights) else 0.0
            sums[byte] = (above + max(weight, 0.0), below + max(-weight, 0.0))
        tables.append(sums)
    return tables
