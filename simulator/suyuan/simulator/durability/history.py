"""What was attempted, what was acknowledged and what is stored, held against one another.

The one law: acknowledged is stored, stored was attempted, nothing twice, a station's numbers without gaps and
in their order. Every campaign ends here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import astuple, dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many records broke the law, and in what way; all zero where none did."""

    attempted: int
    acknowledged: int
    stored: int
    lost: int
    doubled: int
    invented: int
    gaps: int
    disordered: int

    @property
    def holds(self) -> bool:
        """Whether the law was kept."""
        return not (self.lost or self.doubled or self.invented or self.gaps or self.disordered)

    def __str__(self) -> str:
        return (
            f"{self.attempted:,} attempted, {self.acknowledged:,} acknowledged, {self.stored:,} stored: "
            f"{self.lost} lost, {self.doubled} doubled, {self.invented} made up, {self.gaps} gaps, "
            f"{self.disordered} out of order"
        )


def judged(
    attempted: Collection[str] | None,
    acknowledged: Collection[str],
    stored: Iterable[tuple[str, int, str]],
) -> Verdict:
    """The verdict on what is ``stored``: station, number and name of each record, in the order of storing.

    ``attempted`` is None where nobody kept it: then nothing counts as made up. Linear.
    """
    names: Counter[str] = Counter()
    numbers: dict[str, list[int]] = {}
    for station, number, name in stored:
        names[name] += 1
        numbers.setdefault(station, []).append(number)
    return Verdict(
        attempted=len(acknowledged if attempted is None else attempted),
        acknowledged=len(acknowledged),
        stored=names.total(),
        lost=sum(name not in names for name in acknowledged),
        doubled=sum(count - 1 for count in names.values()),
        invented=0 if attempted is None else sum(name not in attempted for name in names),
        gaps=sum(_gaps(one) for one in numbers.values()),
        disordered=sum(before > after for one in numbers.values() for before, after in pairwise(one)),
    )


def _gaps(numbers: Iterable[int]) -> int:
    """How many from 1 to the highest are missing."""
    there = set(numbers)
    return max(there) - len(there) if there else 0


def together(verdicts: Iterable[Verdict]) -> Verdict:
    """The sum of several."""
    return Verdict(*map(sum, zip(*map(astuple, verdicts), strict=True)))
