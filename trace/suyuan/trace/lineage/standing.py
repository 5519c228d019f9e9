"""How far a lineage follows the evidence of a store."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from suyuan.trace.lineage.occurrence import Occurrence

Told = tuple[int, Occurrence]
"""An occurrence and its sequence number."""
Since = Callable[[int], Iterable[Told]]
"""What was stored after a sequence number, in sequence."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The last sequence number that is followed, its evidence, and which version of second names is known."""

    followed: int = 0
    evidence: str = ""
    aliases: int = 0
