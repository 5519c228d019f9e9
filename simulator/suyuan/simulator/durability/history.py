"""What was attempted, what was acknowledged and what is stored, held against one another.

The one law: acknowledged is stored, stored was attempted, nothing twice, a station's numbers without gaps and
in their order. Every campaign ends here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import astuple, dataclass
from itertools import pairwise
from typing import Any


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many records broke the law, and in what way; all zero where none did.

    ``attempted`` and ``invented`` are None where nobody kept what was attempted: that part is not judged.
    """

    attempted: int | None
    acknowledged: int
    stored: int
    lost: int
    doubled: int
    invented: int | None
    gaps: int
    disordered: int

    @property
    def holds(self) -> bool:
        """Whether the law was kept."""
        return not (self.lost or self.doubled or self.invented or self.gaps or self.disordered)

    def __str__(self) -> str:
        return (
            f"{_told(self.attempted)} attempted, {self.acknowledged:,} acknowledged, {self.stored:,} stored: "
            f"{self.lost} lost, {self.doubled} doubled, {_told(self.invented)} made up, {self.gaps} gaps, "
            f"{self.disordered} out of order"
        )


def judged(
    attempted: Collection[str] | None,
    acknowledged: Collection[str],
    stored: Iterable[tuple[str, int, str]],
) -> Verdict:
    """The verdict on what is ``stored``: station, number and name of each record, in the order of storing.

    ``attempted`` is None where nobody kept it: then what was made up is not told. Linear.
    """
    names: Counter[str] = Counter()
    numbers: dict[str, list[int]] = {}
    for station, number, name in stored:
        names[name] += 1
        numbers.setdefault(station, []).append(number)
    return Verdict(
        attempted=None if attempted is None else len(attempted),
        acknowledged=len(acknowledged),
        stored=names.total(),
        lost=sum(name not in names for name in acknowledged),
        doubled=sum(count - 1 for count in names.values()),
        invented=None if attempted is None else sum(name not in attempted for name in names),
        gaps=sum(_gaps(one) for one in numbers.values()),
        disordered=sum(before > after for one in numbers.values() for before, after in pairwise(one)),
    )


def _gaps(numbers: Iterable[int]) -> int:
    """How many from 1 to the highest are missing."""
    there = set(numbers)
    return max(there) - len(there) if there else 0


def together(verdicts: Iterable[Verdict]) -> Verdict:
    """The sum of several; what one of them does not tell, the sum does not."""
    return Verdict(*map(_sum, zip(*map(astuple, verdicts), strict=True)))


def _sum(counts: tuple[Any, ...]) -> Any:
    return None if None in counts else sum(counts)


def _told(count: int | None) -> str:
    return "–" if count is None else f"{count:,}"
