"""When a key is of interest: certainly and possibly, as maximal intervals (law of tracing §10)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from suyuan.trace.lineage.contract import Certainty
from suyuan.trace.lineage.intervals import Intervals, union, without


@dataclass(frozen=True, slots=True)
class Extent:
    """``possible`` never overlaps ``certain``; ``all`` is both."""

    certain: Intervals
    possible: Intervals
    all: Intervals

    def parts(self) -> Iterator[tuple[Certainty, int, int]]:
        """Every interval with its certainty."""
        for start, end in self.certain:
            yield "certain", start, end
        for start, end in self.possible:
            yield "possible", start, end

    def outside(self, taken: Intervals) -> Extent:
        """What is left of this where ``taken`` is not."""
        certain, possible = without(self.certain, taken), without(self.possible, taken)
        return Extent(certain, possible, union((*certain, *possible)))


Extents = Mapping[str, Extent]


class Gathering:
    """Intervals per key as they come; :meth:`extents` merges them."""

    def __init__(self) -> None:
        self._certain: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        self._possible: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)

    def add(self, key: str, start: int, end: int, *, possible: bool) -> None:
        """``key`` is of interest during [start, end)."""
        (self._possible if possible else self._certain)[key].append((start, end))

    def extent(self, key: str) -> Extent | None:
        """The merged intervals of ``key``, if it has any."""
        certain = union(self._certain.get(key, ()))
        possible = without(union(self._possible.get(key, ())), certain)
        whole = union((*certain, *possible)) if certain and possible else certain or possible
        return Extent(certain, possible, whole) if whole else None

    def extents(self) -> dict[str, Extent]:
        """The merged intervals of every key that has any."""
        keys = {**self._certain, **self._possible}
        return {key: extent for key in keys if (extent := self.extent(key)) is not None}
